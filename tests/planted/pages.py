"""tests/planted/pages: the pages of planted bugs in a browser. Plants each, has `pinfuzz report` make its page, and opens
that in a headless Chromium: what it shows is what the verdict says, the arrow keys step through it, nothing is loaded,
the console says nothing, and it can be read by keyboard, by screen reader and in both colour schemes."""
import argparse
import functools
import json
import os
import re
import shutil
import tarfile
import tempfile

from browser import Browser, Missing, programs
from helpers import ROOT, Failed, said, start, stop
from plant import Build, Planted, select

# One of each kind: a clause, a fault, a sanitizer's, races, a boot that goes wrong, what only the end shows.
KINDS = ("pin-exact-end-inclusive", "any-rollback-first-extents-stay", "pin-pages-scratch-array-freed",
         "race-memory-unpin-forgets-after-leaving", "race-atomic-pin-checks-then-waits", "init-caps-after-the-start",
         "stop-stale-handle-outlives-the-stop")
# With hostile names and sources; of the second the page shows lines of sources.
HOSTILE_KINDS = KINDS[0], "race-memory-unpin-forgets-after-leaving"
WIDTHS = (1280, 420)
HOSTILE = "<img src=x onerror=alert(1)>'\"&amp; $(touch x) -.txt"


def arguments():
    parser = argparse.ArgumentParser(
        prog="tests/planted/pages", allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Opens the pages of the bugs named (a NAME may be a pattern such as '*', which is all of them; "
        "without one: a few of each kind) in a headless Chromium.",
        epilog="Exit status: 0 as they should be, or there is no Chromium here; 1 some page is not, 2 environment.")
    add = parser.add_argument
    add("names", metavar="NAME", nargs="*")
    add("--asan", metavar="DIR", type=os.path.realpath, default=f"{ROOT}/build/tests/asan",
        help="clang build with ASan and UBSan (build/tests/asan)")
    add("--engine", default="libfuzzer", help="that build's PINFUZZ_ENGINE (libfuzzer)")
    add("--axe", metavar="FILE", nargs="?", const="npm",
        help="let axe-core look, too: its axe.min.js; without a FILE npm fetches it, where there is one")
    add("--require", action="store_true", help="it is an error that there is no Chromium here")
    add("--keep", metavar="DIR", type=os.path.realpath, help="leave pages and pictures of them in DIR")
    return parser.parse_args()


# ---- what the page has to show ----


class Verdict:
    """What `pinfuzz run` says of a program: its line, and the lines of its report."""

    def __init__(self, pinfuzz, program):
        _, out, report = said([pinfuzz, "run", program])
        self.line = out.strip().splitlines()[-1].removeprefix(f"{program}: ")
        self.report = {key: text for key, text in re.findall(r"^  (expected|got|operation): +(.*)$", report, re.M)}


def sarif(pinfuzz, program, work):
    """The finding as JSON for code scanning has it."""
    said([pinfuzz, "triage", "-n", "-o", f"{work}/none", "--sarif", f"{work}/sarif.json", program])
    with open(f"{work}/sarif.json", encoding="utf-8") as file:
        return json.load(file)["runs"][0]["results"][0]


def demand(holds, message):
    if not holds:
        raise Failed(message)


def check_texts(browser, verdict, finding):
    page = browser.run("return document.querySelector('main').innerText.replace(/\\s+/g, ' ')")
    key = finding["ruleId"]
    shown = browser.run("return document.querySelector('header').innerText")
    words = key.split(" in ")[0]
    # A death has its numbers on the page, and none in its key.
    demand(all(part in shown for part in words.split("#")), f"the head does not say {key}: {shown}")
    for what, text in verdict.report.items():
        if what == "operation":
            text = re.sub(r"^\d+ of \d+: |, pass \d+|, in the driver's .*", "", text)
            text = {"bringing the machine up": "while the machine is brought up",
                    "taking the machine down": "while the machine is taken down"}.get(text, text)
        elif key == "RACE-MEMORY":
            # The page says it in a sentence of its own; where, and with which locks, are the same.
            text = text[text.index(" at "):]
        else:
            text = re.sub(r"actor(?!=)", "caller", text)
        demand(re.sub(r"\s+", " ", text) in page, f"the page does not say what was {what}: {text}")


# ---- stepping ----

STATE = """
const range = document.getElementById("step");
return {at: Number(range.value), most: Number(range.max), says: range.getAttribute("aria-valuetext"),
        head: document.querySelector("#state h3").textContent, x: Number(document.getElementById("cursor").getAttribute("x")),
        column: Number(document.getElementById("drawing").dataset.column),
        shown: document.getElementById("state").innerText};
"""


def check_state(state, data, at):
    step = data["steps"][at]
    demand(state["at"] == at, f"step {at} is not the one that is shown, but {state['at']}")
    demand(step["text"] in state["head"] and step["n"] in state["head"], f"step {at} is called {state['head']}")
    demand(step["text"] in state["says"], f"a screen reader is told of step {at}: {state['says']}")
    demand(state["x"] == at * state["column"], f"the mark is not at step {at}")
    demand(step["got"] in state["shown"], f"step {at} does not show what came: {step['got']}")


def check_stepping(browser, data):
    last = len(data["steps"]) - 1
    broken = data["broken"] if data["broken"] >= 0 else 0
    state = browser.run(STATE)
    check_state(state, data, broken)
    demand(state["most"] == last, f"{state['most'] + 1} steps, not {last + 1}")
    browser.press("Home")
    for at in range(last + 1):
        check_state(browser.run(STATE), data, at)
        browser.press("Right")
    check_state(browser.run(STATE), data, last)  # there is nothing behind it
    browser.press("Left")
    check_state(browser.run(STATE), data, max(last - 1, 0))
    browser.press("Home", "End")
    check_state(browser.run(STATE), data, last)
    # From the slider's own keys, and by its buttons.
    browser.run("document.getElementById('step').focus()")
    browser.press("Home")
    check_state(browser.run(STATE), data, 0)
    browser.run("document.getElementById('next').click()")
    check_state(browser.run(STATE), data, min(1, last))
    if data["broken"] >= 0:
        browser.run("document.getElementById('to-broken').click()")
        check_state(browser.run(STATE), data, broken)


# ---- the page as such ----


def check_page(browser, axe):
    loaded = browser.run("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    demand(not loaded, f"the page loads {loaded}")
    demand(not browser.run("return document.querySelector('img, iframe, object, embed, link')"), "the page has an element in it "
           "that loads something")
    with open(f"{ROOT}/tests/suite/audit.js", encoding="utf-8") as file:
        audit = file.read()
    for width in WIDTHS:
        browser.resize(width, 900)
        for scheme in ("light", "dark"):
            browser.scheme(scheme)
            wrong = browser.run(audit)
            demand(not wrong, f"{width} wide, {scheme}: " + "; ".join(wrong[:5]))
        wide = browser.run("return document.documentElement.scrollWidth")
        demand(wide <= width, f"the page is {wide} wide in a window of {width}")
    if axe:
        with open(axe, encoding="utf-8") as file:
            browser.command("Runtime.evaluate", expression=file.read())
        found = browser.command("Runtime.evaluate", awaitPromise=True, returnByValue=True, expression="""
            axe.run().then((result) => result.violations.map((one) =>
              `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 100)).join(" | ")}`))""")["result"]
        demand("value" in found, f"axe-core: {found}")
        demand(not found["value"], "axe-core: " + "; ".join(found["value"]))


def check_console(browser):
    lines = browser.said()
    demand(not lines, "the console says: " + "; ".join(lines))


def open_page(browser, page):
    browser.said()
    browser.resize(1280, 900)
    browser.scheme("light")
    browser.open(page)
    return json.loads(browser.run("return document.getElementById('data').textContent"))


def report(pinfuzz, program, out, *options):
    os.makedirs(out, exist_ok=True)
    status, said_, err = said([pinfuzz, "report", "-o", out, *options, program])
    if status:
        raise Failed(f"pinfuzz report: exit status {status}", said_ + err)
    page = said_.strip().splitlines()[-1].rpartition(": ")[2]
    if not os.path.exists(page):
        raise Failed(f"pinfuzz report: no page {page}", said_ + err)
    return page


def picture(browser, options, name):
    if not options.keep:
        return
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            browser.resize(width, 900)
            browser.scheme(scheme)
            browser.picture(f"{options.keep}/{name}.{width}.{scheme}.png")


# ---- what must be noticed ----


def check_failing(browser, page, verdict, finding, work):
    """Each of these edits of a good page is noticed; of that of KINDS[0], for some are of its texts."""
    with open(page, encoding="utf-8") as file:
        good = file.read()
    expected = verdict.report["got"]

    def texts(data):
        check_texts(browser, verdict, finding)

    def stepping(data):
        check_stepping(browser, data)

    def as_such(data):
        check_page(browser, None)
        check_console(browser)

    for what, old, new, check in (
            ("what came", expected, "nothing", texts),
            ("a step that is missing from the slider", ' max="', ' max="1', stepping),
            ("a script from outside", "<main>", "<main><img src=x onerror=alert(1)>", as_such),
            ("an image", "</main>", "<img alt='' src='data:,'></main>", as_such),
            ("a button without a name", "</main>", "<button></button></main>", as_such),
            ("a script that the page does not name", "</main>", "<script>document.title = ''</script></main>", as_such),
            ("what is too wide", "</main>", "<svg role=img aria-label=x width=2000 height=9></svg></main>", as_such)):
        demand(old in good, f"the page has no {old}")
        bad = f"{work}/bad.html"
        with open(bad, "w", encoding="utf-8") as file:
            file.write(good.replace(old, new))
        data = open_page(browser, bad)
        try:
            check(data)
        except Failed:
            continue
        raise Failed(f"this check cannot fail: {what} goes unnoticed")


def check_hostile(browser, pinfuzz, bug, work):
    """Names of files, and lines of sources, are text."""
    place = f"{work}/</script><b>bold"
    os.makedirs(place, exist_ok=True)
    program = f"{place}/{HOSTILE}"
    shutil.copy(bug.program, program)
    sources = f"{work}/sources"
    shutil.copytree(f"{ROOT}/src", f"{sources}/src")
    for directory, _, names in os.walk(sources):
        for name in names:
            path = f"{directory}/{name}"
            with open(path, encoding="utf-8") as file:
                lines = file.read().count("\n") + 40
            with open(path, "w", encoding="utf-8") as file:
                file.write("</pre></script><img src=x onerror=alert(2)><svg onload=alert(3)>\u202e\n" * lines)
    page = report(pinfuzz, program, f"{work}/hostile", "--as-is", "--sources", sources)
    data = open_page(browser, page)
    check_stepping(browser, data)
    text = browser.run("return document.body.textContent")
    demand(HOSTILE in text, "the name of the file is not shown as it is")
    demand(not bug.races or "<svg onload=alert(3)>\\u202e" in text, "the lines of the sources are not shown as they are")
    demand(not browser.run("return document.querySelector('b.bold, main b img, img')"), "markup in a name is markup")
    check_page(browser, None)
    check_console(browser)
    # The command that the page gives runs that file.
    command = browser.run("return document.getElementById('run').textContent").removeprefix("pinfuzz ")
    status, out, _ = said(["sh", "-c", f'"$0" {command}', pinfuzz], cwd=work)
    demand(status == 1 and out.startswith(program), f"the command on the page does not run the file: {command}: {out}")


# ---- one bug ----


def try_bug(browser, bug, build, options, work):
    planted = Planted(bug, work)
    pinfuzz = planted.link(build, "pinfuzz", "cli")
    page = report(pinfuzz, bug.program, f"{work}/as-is", "--as-is", "--sources", work)
    verdict, finding = Verdict(pinfuzz, bug.program), sarif(pinfuzz, bug.program, work)
    data = open_page(browser, page)
    check_texts(browser, verdict, finding)
    check_stepping(browser, data)
    check_page(browser, options.axe)
    check_console(browser)
    picture(browser, options, bug.name)
    if options.keep:
        shutil.copy(page, f"{options.keep}/{bug.name}.html")
    if bug.name == KINDS[0]:
        check_failing(browser, page, verdict, finding, work)
    if bug.name in HOSTILE_KINDS:
        check_hostile(browser, pinfuzz, bug, work)
    return f"{finding['ruleId']}, {len(data['steps'])} steps, {os.path.getsize(page) // 1024} KiB"


def try_dialect(browser, options, work):
    """An implementation that chose otherwise, and does not keep to it: the page says what it chose."""
    pinfuzz = f"{options.asan}/dialect_late"
    program = f"{work}/program.txt"
    with open(program, "w", encoding="ascii") as file:
        file.write("machine\npin2 lead(0) index=0 CommitSize=1p\n")
    page = report(pinfuzz, program, f"{work}/as-is", "--as-is")
    verdict, finding = Verdict(pinfuzz, program), sarif(pinfuzz, program, work)
    data = open_page(browser, page)
    check_texts(browser, verdict, finding)
    shown = browser.run("return document.querySelector('main').innerText.replace(/\\s+/g, ' ')")
    demand("It chose caps=otherwise" in shown, "the page does not say what the implementation chose")
    check_stepping(browser, data)
    check_page(browser, options.axe)
    check_console(browser)
    picture(browser, options, "dialect")
    return f"{finding['ruleId']}, {len(data['steps'])} steps"


def fetch_axe(work):
    """The path of axe-core's script, fetched by npm; None where there is none. It is too large to keep here."""
    if not shutil.which("npm"):
        print("pages: axe-core skipped, no npm")
        return None
    status, out, err = said(["npm", "pack", "axe-core@4"], cwd=work)
    if status:
        stop(f"npm cannot fetch axe-core: {err.strip().splitlines()[-1:]}")
    with tarfile.open(f"{work}/{out.split()[-1]}") as package:
        script = package.extractfile("package/axe.min.js").read()
    with open(f"{work}/axe.js", "wb") as file:
        file.write(script)
    return f"{work}/axe.js"


def main():
    options = arguments()
    try:
        programs()
    except Missing as missing:
        print(f"pages: skipped, {missing}")
        return 2 if options.require else 0
    bugs = select(options.names or KINDS)
    if options.keep:
        os.makedirs(options.keep, exist_ok=True)
    build = Build(options.asan, ["pinfuzz", "grow", "dialect_late"], stacks=True, engine=options.engine, sanitize="address,undefined")
    failed = 0
    with Browser() as browser, tempfile.TemporaryDirectory() as fetched:
        if options.axe == "npm":
            options.axe = fetch_axe(fetched)
        tries = [(bug.name, functools.partial(try_bug, browser, bug, build, options)) for bug in bugs]
        if not options.names or "*" in options.names:
            tries.append(("another dialect", functools.partial(try_dialect, browser, options)))
        for name, attempt in tries:
            with tempfile.TemporaryDirectory() as work:
                try:
                    print(f"ok   {name}: {attempt(work)}", flush=True)
                except Failed as wrong:
                    failed += 1
                    print(f"FAIL {name}: {wrong}", flush=True)
    print(f"pages: {len(tries) - failed} of {len(tries)} as they should be")
    return 1 if failed else 0


if __name__ == "__main__":
    start(main)
