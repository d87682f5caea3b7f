#!/usr/bin/env python3
"""The page of a campaign in a headless Chromium: it loads nothing, the console says nothing, names in charts neither
overlap nor stick out, a clause opens by the keyboard, and the page can be read in both colour schemes, at two widths.
That of a campaign which runs is read again, what was open stays open, and a reader can stop that.

Usage: tests/campaign_page.py PINFUZZ [--keep DIR]: with --keep leaves pictures there. Exit status: 0 all of that holds,
1 it does not, 77 there is no Chromium here.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "suite"))

from browser import Browser, Missing, programs  # pylint: disable=wrong-import-position

WIDTHS = (1280, 420)
PATIENCE = 60  # seconds until a page is read again, on a machine that has other things to do


class Failed(Exception):
    """The page is not as it should be."""


def demand(holds, message):
    if not holds:
        raise Failed(message)


# Of each chart: names that overlap, and those that are not in the picture.
NAMES = """
const wrong = [];
for (const svg of document.querySelectorAll("svg")) {
  const all = svg.getBoundingClientRect();
  const names = [...svg.querySelectorAll(".name")].map((text) => [text.textContent, text.getBoundingClientRect()]);
  for (const [text, box] of names) {
    if (box.right > all.right + 1 || box.top < all.top - 1 || box.bottom > all.bottom + 1) wrong.push(`${text} sticks out`);
  }
  names.sort((a, b) => a[1].top - b[1].top);
  for (let i = 1; i < names.length; i++) {
    const [above, below] = [names[i - 1][1], names[i][1]];
    if (below.top < above.bottom - 0.25 * above.height) wrong.push(`${names[i - 1][0]} overlaps ${names[i][0]}`);
  }
}
return wrong;
"""


def check(browser):
    with open(f"{ROOT}/tests/suite/audit.js", encoding="utf-8") as file:
        audit = file.read()
    demand(not browser.run("return performance.getEntriesByType('resource').map((entry) => entry.name)"), "it loads something")
    for width in WIDTHS:
        browser.resize(width, 900)
        for scheme in ("light", "dark"):
            browser.scheme(scheme)
            wrong = browser.run(audit) + browser.run(NAMES)
            demand(not wrong, f"{width} wide, {scheme}: " + "; ".join(wrong[:5]))
        wide = browser.run("return document.documentElement.scrollWidth")
        demand(wide <= width, f"the page is {wide} wide in a window of {width}")
    said = browser.said()
    demand(not said, "the console says: " + "; ".join(said))


def recorded(browser, pinfuzz, scratch, keep):
    place = f"{scratch}/recorded"
    shutil.copytree(f"{ROOT}/tests/campaign", place)
    subprocess.run([pinfuzz, "campaign", place], check=True)
    browser.open(f"{place}/campaign.html")
    check(browser)

    browser.resize(1280, 900)
    browser.run("document.querySelector('#ANY-NULL summary').focus()")
    closed = browser.run("return document.querySelector('#ANY-NULL table').checkVisibility()")
    browser.press("Enter")
    shown = browser.run("return document.querySelector('#ANY-NULL table').innerText.replace(/\\s+/g, ' ')")
    demand(not closed and browser.run("return document.getElementById('ANY-NULL').open"), "a key does not open a clause")
    for text in ("call: pin2 found after 12 s by pin_args", "call: pin by seeds only null_argument",
                 "call: map found after 90 s by pin_args"):
        demand(text in shown, f"a clause does not show {text}: {shown}")
    check(browser)
    only_missing(browser)
    if keep:
        for width in WIDTHS:
            for scheme in ("light", "dark"):
                browser.resize(width, 900)
                browser.scheme(scheme)
                browser.picture(f"{keep}/campaign.{width}.{scheme}.png", 2400)
    notices(browser, f"{place}/campaign.html", scratch)


def only_missing(browser):
    """A button hides what fuzzing has found, and shows it again; the list above names what is missing."""
    shows = """return [...document.querySelectorAll("#ANY-NULL tbody tr")].filter((row) => row.checkVisibility())
                 .map((row) => row.cells[0].innerText.trim())"""
    every = browser.run(shows)
    browser.run("document.querySelector('#filter button').click()")
    left = browser.run(shows)
    check(browser)
    browser.run("document.querySelector('#filter button').click()")
    demand(len(every) == 5 and [text.split()[-1] for text in left] == ["pin", "unpin", "unmap"], f"{every}, then {left}")
    demand(browser.run(shows) == every, "what was found stays hidden")


def notices(browser, page, scratch):
    """Each of these edits of a good page is noticed."""
    with open(page, encoding="utf-8") as file:
        good = file.read()
    for what, old, new in (("a script that came with a text", "<main>", "<main><img src=x onerror=alert(1)>"),
                           ("a button without a name", "</main>", "<button></button></main>"),
                           ("a drawing without one", 'role="img" ', 'role="img" data-was-'),
                           ("a name that sticks out", '<text class="name" x="', '<text class="name" x="9'),
                           ("names that overlap", r'(class="name" x="[\d.]+") y="[\d.]+"', r'\1 y="99"')):
        demand(re.search(old, good), f"the page has no {old}")
        with open(f"{scratch}/bad.html", "w", encoding="utf-8") as file:
            file.write(re.sub(old, new, good))
        browser.open(f"{scratch}/bad.html")
        try:
            check(browser)
        except Failed:
            continue
        raise Failed(f"this check cannot fail: {what} goes unnoticed")
    browser.said()


def wait_for(holds, what):
    until = time.monotonic() + PATIENCE
    while not holds():
        demand(time.monotonic() < until, what)
        time.sleep(0.5)


def running(browser, pinfuzz, scratch):
    place, corpus = f"{scratch}/running", f"{scratch}/corpus"
    shutil.copytree(f"{ROOT}/tests/campaign", place)
    os.makedirs(f"{corpus}/pin_args_fuzzer")
    page = f"{place}/campaign.html"
    watcher = subprocess.Popen([pinfuzz, "campaign", "--share", "1000", "--watch", corpus, place])
    try:
        wait_for(lambda: os.path.exists(page), "there is no page of a campaign that runs")
        browser.open(page)
        check(browser)
        browser.run("document.getElementById('PIN-MAX').open = true; window.before = 1")
        wait_for(lambda: browser.run("return !window.before"), "the page is not read again")
        demand(browser.run("return document.getElementById('PIN-MAX').open"), "what was open is closed")
        browser.run("document.querySelector('#refresh button').click(); window.before = 1")
        seconds = browser.run("return Number(document.getElementById('refresh').dataset.seconds)")
        time.sleep(seconds + 1.5)
        demand(browser.run("return window.before === 1"), "the page is read again though it was stopped")
        said = browser.said()
        demand(not said, "the console says: " + "; ".join(said))
    finally:
        watcher.kill()
        watcher.wait()


def main():
    keep = ""
    if len(sys.argv) == 4 and sys.argv[2] == "--keep":
        keep = sys.argv[3]
        os.makedirs(keep, exist_ok=True)
    elif len(sys.argv) != 2:
        sys.exit(__doc__)
    pinfuzz = os.path.abspath(sys.argv[1])
    try:
        programs()
    except Missing as missing:
        print(f"campaign_page: skipped: {missing}")
        return 77
    with tempfile.TemporaryDirectory() as scratch, Browser() as browser:
        try:
            recorded(browser, pinfuzz, scratch, keep)
            running(browser, pinfuzz, scratch)
        except Failed as problem:
            print(f"campaign_page: {problem}", file=sys.stderr)
            return 1
    print("campaign_page: read at two widths in both schemes, opened by a key, read again and stopped; 5 wrong pages noticed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
