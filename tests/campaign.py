#!/usr/bin/env python3
"""The page of a campaign: made of a small recorded one, it shows what is in the tables and shows it as text;
tables that are not as they should be are told by file and line; a campaign that has just begun and one that was
killed while it wrote have a page, too; while a campaign runs, inputs are counted and the page is made anew.

Usage: tests/campaign.py PINFUZZ. Exit status: 0 all of that holds, 1 it does not.
"""
import html.parser
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RECORDED = os.path.join(ROOT, "tests", "campaign")
HOSTILE = '"><img src=x onerror=alert(1)>'
SECONDS = 30  # what the slowest machine takes to count a few seeds

passed = 0


def insist(holds, what):
    if not holds:
        raise AssertionError(what)


def demand(holds, what):
    global passed
    insist(holds, what)
    passed += 1


class Page(html.parser.HTMLParser):
    """What a browser would make of a page: its elements, and the text that is shown."""

    def __init__(self, path):
        super().__init__(convert_charrefs=True)
        self.elements = []  # (name, attributes)
        self.shown = []
        self.hidden = []  # names of open elements whose text is not shown
        with open(path, encoding="utf-8") as file:
            self.source = file.read()
        self.feed(self.source)
        self.close()
        self.text = re.sub(r"\s+", " ", "".join(self.shown))

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.hidden.append(tag)

    def handle_endtag(self, tag):
        if self.hidden and self.hidden[-1] == tag:
            self.hidden.pop()

    def handle_data(self, data):
        if not self.hidden:
            self.shown.append(data)

    def named(self, name):
        return [attributes for tag, attributes in self.elements if tag == name]

    def titles(self, start):
        """Of marks: the class of each whose title begins so."""
        return [one["class"] for one in self.named("i") if one.get("title", "").startswith(start)]


def check_contained(page):
    """Nothing is loaded, and no text has become an element, an attribute or a script."""
    insist(len(page.named("script")) == 2, "a page has two scripts: what all pages share, and its own")
    insist(len(page.named("style")) == 2, "and two style sheets")
    for tag, attributes in page.elements:
        insist(tag not in ("img", "iframe", "object", "embed", "link", "form", "b2"), f"no <{tag}>")
        insist(not any(name.startswith("on") or name == "style" for name in attributes), f"an attribute of <{tag}>")
        for name in ("src", "href", "xlink:href", "action"):
            insist(re.fullmatch(r"#[\w-]+|reports/[\w.-]+", attributes.get(name, "#x")), f"{name} of <{tag}>")
    insist(any("default-src 'none'" in one.get("content", "") for one in page.named("meta")), "a security policy")


def check_structure(page):
    """Names for what has a role; each id once, each reference to one; figures with a text."""
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    insist(len(ids) == len(set(ids)), "each id once")
    for _, attributes in page.elements:
        for name in ("aria-labelledby", "for"):
            insist(attributes.get(name, ids[0]) in ids, f"{name} names an element")
        insist(attributes.get("role") not in ("img", "region") or attributes.get("aria-label")
               or attributes.get("aria-labelledby"), "a name for a role")
    insist(len(page.named("main")) == 1 and len(page.named("h1")) == 1, "one main part, one title")
    insist(all(one.get("scope") for one in page.named("th")), "a heading says of what it is one")


def expect(status, said, *command, **more):
    done = subprocess.run([PINFUZZ, *command], capture_output=True, text=True, check=False, **more)
    demand(done.returncode == status, f"exit status {done.returncode} instead of {status}: {command}: {done.stderr}")
    demand(re.search(said, done.stderr), f"{command} says: {done.stderr}")


def copy_of(scratch, name):
    place = os.path.join(scratch, name)
    shutil.copytree(RECORDED, place)
    return place


def edit(place, table, change):
    path = os.path.join(place, table)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    changed = change(text)
    demand(changed != text, f"a change to {table}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(changed)


# ---- a recorded campaign ----

def recorded(scratch):
    place = copy_of(scratch, "recorded")
    expect(0, "^$", "campaign", place)
    page = Page(os.path.join(place, "campaign.html"))
    check_contained(page)
    check_structure(page)
    demand(not any("refresh" in one.get("http-equiv", "") for one in page.named("meta")), "read once")

    # Figures: executions of the workers and of both runs; the best edges, the worst stability.
    for shown in ("Finished after 100 s", "in 2 runs", "118k", "Findings4 listed below",
                  "pin_args libfuzzer 97.5k", "pin_args afl 20.0k", "pin_args libfuzzer 545 (+45)",
                  "pin_args afl 610", "98.2%", "180"):
        demand(shown in page.text, f"the page shows {shown}: {page.text[:2500]}")
    demand("a key that nobody knows" not in page.text, "notes are passed over")

    # A line comes to each value when it was reached, however many came at once: ANY-NULL's two situations by
    # pin_args, after 12 and 90 of 100 s, and its clauses after 4, 12 and 75 s.
    for count, times in ((2, (12, 90)), (3, (3.5, 12, 75))):
        steps = [(float(x), float(y)) for x, y in re.findall(r"H([\d.]+)V([\d.]+)", next(
            attributes["d"] for attributes in page.named("path")
            if "line colour0" in attributes.get("class", "") and attributes["d"].count("V") == count + 1))]
        left, right = 58, steps[-1][0]
        demand(all(abs(x - left - (right - left) * at / 100) < 0.1 for (x, _), at in zip(steps, times)),
               f"steps after {times} s: {steps}")
        demand([round((steps[0][1] - y) / (steps[0][1] - steps[1][1])) for _, y in steps[:count]] == list(range(count)),
               f"steps of one: {steps}")

    # What breaks the same once, with the first file, and a link where there is a page.
    demand(page.text.count("PIN-MAX (CommitSize is at most") == 1, "one row for two findings")
    demand("libfuzzer36 s2findings/pin_args_fuzzer/crash-1" in page.text, "the first of two")
    demand([one["href"] for one in page.named("a") if "reports" in one["href"]] == ["reports/pin-max-pin2.html"],
           "a link to a report")

    # Clauses and situations: what reached them first.
    null = "call: pin2, found after 12 s by pin_args, also by seeds"
    demand(page.titles(null) == ["found"], "found first by one, and by a seed")
    demand(page.titles("call: pin, by seeds only") == ["given"], "by a seed only")
    demand(page.titles("call: unpin, by inputs of earlier campaigns only") == ["given"], "by an earlier input only")
    demand(page.titles("call: map, found after 90 s by pin_args, by no seed") == ["new"], "by no seed")
    demand(len(page.titles("call: unmap, never")) >= 1, "never")
    demand(len(page.titles("unmap beside a fault of: pool, never")) >= 1, "never, of another clause")
    demand("found after 75 s by pin_args" in page.text and "found after 3.5 s by pin_args" in page.text, "clauses")
    demand(re.search(r"Clauses3 of \d+ found by fuzzing, 2 of them by no seed; 2 by seeds only, \d+ never", page.text),
           "sums of clauses")
    demand(re.search(r"Situations2 of \d+ found by fuzzing, 1 of them by no seed; 2 by seeds only, \d+ never", page.text),
           "of situations")
    demand(re.search(r"What fuzzing has not found: 4 reached by seeds only \(s\), \d+ never", page.text), "what is missing")
    demand(re.search(r"ANY-NULL s call: pin, by seeds only, s call: unpin, by seeds only, ○ call: unmap, never", page.text),
           "names of what is missing")
    demand("2 situations found by fuzzing, + 2 by seeds only, of 5" in page.text, "sums of a clause")

    # Text of others is text.
    for text in ('<script>alert("cause")</script>', HOSTILE, "<svg onload=alert(2)>", '<b>mine</b> & "yours"',
                 "</td></table><style>*{display:none}</style>", "crash-\\u202etxt.exe"):
        demand(text in page.text, f"shown as text: {text}")
    demand("\u202e" not in page.source, "no mark that turns the direction of writing")

    # The same elsewhere has no links, for the reports are not there.
    other = os.path.join(scratch, "other.html")
    expect(0, "^$", "campaign", "-o", other, place)
    demand(not [one for one in Page(other).named("a") if "reports" in one["href"]], "no links elsewhere")


def notices(scratch):
    """The checks above would notice a page in which texts are no texts."""
    for bad in ('<script>1</script>', '<b onclick="1">', '<img>', '<a href="http://x/">', '<p style="color:red">'):
        path = os.path.join(scratch, "bad.html")
        with open(os.path.join(scratch, "recorded", "campaign.html"), encoding="utf-8") as file:
            page = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(page.replace("<main>", "<main>" + bad))
        try:
            check_contained(Page(path))
        except AssertionError:
            continue
        demand(False, f"this check cannot fail: {bad} goes unnoticed")


# ---- what is not as it should be ----

def broken(scratch):
    cases = (
        ("campaign.tsv", lambda text: text.replace("stability", "stable", 1),
         r"campaign\.tsv:1: expected the columns run seconds .* stability .*, not 'run' .* 'stable'"),
        ("campaign.tsv", lambda text: text.replace("\tfindings\n", "\tfindings\tmore\n", 1),
         r"campaign\.tsv:1: expected the columns .*'more'"),
        ("campaign.tsv", lambda text: text.replace("20000", "20k"),
         r"campaign\.tsv:4: executions: expected a number .*, not '20k'"),
        ("campaign.tsv", lambda text: text.replace("\t520\t", "\t"),
         r"campaign\.tsv:4: expected 14 cells with tabs between them, not 13"),
        ("campaign.tsv", lambda text: text.replace("42.00", "39.99"),
         r"campaign\.tsv:8: seconds: expected what is not before the line above, not '39\.99'"),
        ("campaign.tsv", lambda text: text.replace("afl\t2\t", "afl\t0\t"),
         r"campaign\.tsv:6: worker: expected a whole number from 1, not '0'"),
        ("runs.tsv", lambda text: text.replace("1\tasked", "one\tasked"), r"runs\.tsv:3: run: expected .*not 'one'"),
        ("findings.tsv", lambda text: text.replace("35.50", "inf"), r"findings\.tsv:2: seconds: .*'inf'"),
        ("reports.tsv", lambda text: text.replace("reports/", "javascript:"), r"reports\.tsv:2: page: .*'javascript:"),
        ("reached.tsv", lambda text: text.replace("PIN-ZERO", "PIN-NIL"),
         r"reached\.tsv:4: clause: expected a clause that `pinfuzz clauses` lists, not 'PIN-NIL'"),
        ("reached.tsv", lambda text: text.replace("call: map", "call: mop"), r"reached\.tsv:12: situation: .*mop'"),
        ("reached.tsv", lambda text: text.replace("\tearlier\t", "\tlater\t", 1), r"reached\.tsv:6: by: .*'later'"),
        ("reached.tsv", lambda text: text.replace("\tfound\t3.50", "\tfound\t-"), r"reached\.tsv:2: seconds: .*'-'"),
    )
    for number, (table, change, said) in enumerate(cases):
        place = copy_of(scratch, f"broken{number}")
        page = os.path.join(place, "campaign.html")
        with open(page, "w", encoding="utf-8") as file:
            file.write("as it was")
        edit(place, table, change)
        expect(2, said, "campaign", place)
        with open(page, encoding="utf-8") as file:
            demand(file.read() == "as it was", "no page in place of the one before")
    expect(2, r"nowhere/runs\.tsv: No such file", "campaign", os.path.join(scratch, "nowhere"))
    expect(2, "DIR is missing", "campaign")
    expect(2, r"nodir/page\.html\.part: No such file", "campaign", "-o", os.path.join(scratch, "nodir", "page.html"),
           os.path.join(scratch, "recorded"))


def torn(scratch):
    """A campaign that was killed while it wrote, and some that had hardly begun."""
    place = copy_of(scratch, "torn")
    for table, text in (("campaign.tsv", "2\t102.0"), ("findings.tsv", "2"), ("runs.tsv", "3\tbegi")):
        edit(place, table, lambda before, text=text: before + text)
    expect(0, "^$", "campaign", place)
    with open(os.path.join(place, "campaign.html"), encoding="utf-8") as file:
        page = file.read()
    with open(os.path.join(scratch, "recorded", "campaign.html"), encoding="utf-8") as file:
        demand(page == file.read(), "the page of all that is whole")

    for name, keep in (("heads", lambda text: text.split("\n", 1)[0] + "\n"), ("nothing", lambda text: ""),
                       ("half", lambda text: text[:5])):
        place = copy_of(scratch, name)
        for table in ("campaign.tsv", "findings.tsv", "runs.tsv"):
            edit(place, table, keep)
        for table in ("reached.tsv", "reports.tsv"):
            os.remove(os.path.join(place, table))
        expect(0, "^$", "campaign", place)
        page = Page(os.path.join(place, "campaign.html"))
        check_contained(page)
        check_structure(page)
        for shown in ("Not ended", "None.", "No figures yet"):
            demand(shown in page.text, f"{name}: the page shows {shown}")

    place = copy_of(scratch, "killed")
    edit(place, "runs.tsv", lambda text: text.replace("2\tended\tfinished\n", ""))
    expect(0, "^$", "campaign", place)
    demand("Not ended: killed, or still running; the last figures are from second 100" in
           Page(os.path.join(place, "campaign.html")).text, "a run without an end")


# ---- while it runs ----

def wait_for(holds, what):
    until = time.monotonic() + SECONDS
    while not holds():
        demand(time.monotonic() < until, f"within {SECONDS} s: {what}")
        time.sleep(0.3)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def running(scratch):
    now = time.time()
    place = copy_of(scratch, "running")
    os.remove(os.path.join(place, "reached.tsv"))
    edit(place, "runs.tsv", lambda text: text.split("2\tbegins")[0].replace("\tended\tinterrupted", "\tnote\tnone")
         .replace("1795727637", str(int(now) - 100)))
    edit(place, "campaign.tsv", lambda text: "".join(text.splitlines(True)[:6]))
    corpus = os.path.join(scratch, "corpus")
    target = os.path.join(corpus, "pin_args_fuzzer")
    os.makedirs(target)
    with open(os.path.join(target, "a_seed"), "w", encoding="utf-8") as file:
        file.write("pin2 lead(0) index=0 CommitSize=MaximumSize+1p\n")
    found = os.path.join(target, "0123456789abcdef0123456789abcdef01234567")
    with open(found, "w", encoding="utf-8") as file:
        file.write("pin2 lead(0) index=0 CommitSize=0\n")
    # Found ten seconds ago, 90 s after the beginning.
    os.utime(found, (now - 10, now - 10))
    # Its parent is a shell, which is killed: it must not go on alone.
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
    shell = subprocess.Popen(["sh", "-c", '"$0" campaign --share 1000 --watch "$1" "$2" & echo $!; wait', PINFUZZ, corpus, place],
                             stdout=subprocess.PIPE, text=True, env=environment)
    try:
        pid = int(shell.stdout.readline())
        reached = os.path.join(place, "reached.tsv")

        def rows():
            if not os.path.exists(reached):
                return []
            with open(reached, encoding="utf-8") as file:
                return [line.rstrip("\n").split("\t") for line in file][1:]
        wait_for(lambda: any(row[1] == "PIN-ZERO" for row in rows()), "what the input reaches is written down")
        by_seed = [row for row in rows() if row[1] == "PIN-MAX" and row[2] == "-"]
        demand(by_seed == [["pin_args_fuzzer", "PIN-MAX", "-", "seed", "-", "a_seed"]], f"by a seed: {by_seed}")
        by_found = [row for row in rows() if row[1] == "PIN-ZERO" and row[2] == "-"]
        demand(by_found[0][3] == "found" and 85 < float(by_found[0][4]) < 95, f"found after 90 s: {by_found}")
        path = os.path.join(place, "campaign.html")

        def shown():
            if not os.path.exists(path):
                return None
            with open(path, encoding="utf-8") as file:
                return re.search(r"found after (89|9[0-2]) s by pin_args", file.read())
        wait_for(shown, "the page shows when it was found")
        page = Page(path)
        check_contained(page)
        demand("Running for 20 s of 60 s" in page.text, "it runs")
        demand(any("refresh" in one.get("http-equiv", "") for one in page.named("meta")), "read again")
        with open(os.path.join(place, ".sums"), encoding="utf-8") as file:
            demand(re.fullmatch(r"pin_args_fuzzer [1-9]\d* [1-9]\d*\n", file.read()), "sums for fuzz/run")
        # What comes later, and what is no program's business.
        with open(os.path.join(target, "another_seed"), "w", encoding="utf-8") as file:
            file.write("pin2 lead(0) index=0 CommitSize=3\n")
        wait_for(lambda: any(row[1] == "PIN-ALIGN" for row in rows()), "what came later")
        shell.send_signal(signal.SIGKILL)
        shell.wait()
        wait_for(lambda: not alive(pid), "the end of a process whose parent is gone")
    finally:
        shell.kill()
        shell.wait()
    # And at the end once more, all of it: the same rows.
    before = sorted(rows())
    subprocess.run([PINFUZZ, "clauses", "--campaign", place, corpus], capture_output=True, check=True)
    demand(sorted(rows()) == before, "counted again at the end, nothing changes")


def main():
    global PINFUZZ
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    PINFUZZ = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        try:
            recorded(scratch)
            notices(scratch)
            broken(scratch)
            torn(scratch)
            running(scratch)
        except AssertionError as problem:
            print(f"campaign: {problem}", file=sys.stderr)
            print(f"{passed} passed, 1 failed")
            return 1
    print(f"{passed} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
