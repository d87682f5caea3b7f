#!/usr/bin/env python3
"""`pinfuzz report` on the command line: its pages' names, what is in them, their size, its errors. What a browser makes
of pages is tests/planted/pages'.

Usage: tests/report.py PINFUZZ BROKEN. Exit status: 0 all of that holds, 1 it does not.
  BROKEN  pinfuzz with tests/bare/broken.c, in which every second view is forgotten
"""
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position
from checks import read, write  # pylint: disable=wrong-import-position

PINFUZZ, BROKEN = checks.paths(2, "tests/report.py PINFUZZ BROKEN")
PAGE = "map-many-map.html"


def has(check, file, *texts):
    for text in texts:
        check.holds(text in read(file), f"{file} does not have: {text}")


def lacks(check, file, *texts):
    for text in texts:
        check.holds(text not in read(file), f"{file} has: {text}")


def long(operations):
    """A program of that many operations, of which the last breaks something."""
    return ("pin2 lead(0) index=0 CommitSize=3p\nunpin lead(0) index=0\n" * (operations // 2 - 1) +
            "map lead(0) index=0 Size=1p Offset=0\nmap lead(0) index=0 Size=1p Offset=1p\n")


def pages(check, pinfuzz, broken):
    """Pages, and what they are called."""
    broken(0, f"two.txt: violated MAP-MANY: pages/{PAGE}", "report two.txt -o pages")
    has(check, f"pages/{PAGE}", "MAP-MANY", "2 views", "What was called", "pinfuzz run two.txt", "default-src 'none'",
        "int main(void)")
    lacks(check, f"pages/{PAGE}", "http://", "https://", " src=", ' href="/', "<link", "@import", "url(http",
          ' style="', " onclick=")
    broken(0, f"two.txt: *: pages/{PAGE}\nlong.txt: *: pages/map-many-map-2.html", "report two.txt long.txt -o pages")
    has(check, "pages/map-many-map-2.html", "As it was found, 64 operations")
    pinfuzz(0, "kept.txt: kept: report/no-finding.html", "report kept.txt")
    has(check, "report/no-finding.html", "The contract is kept")
    lacks(check, "report/no-finding.html", "alert(1)")
    pinfuzz(0, "*: pages/no-finding.html", "report -o pages two.txt")


def names(check, broken):
    """Names are text."""
    name = "<img src=x onerror=alert(1)>'\"&\n.txt"
    shutil.copy("two.txt", name)
    broken(0, "*", "report -o hostile", name)
    lacks(check, f"hostile/{PAGE}", "<img")
    has(check, f"hostile/{PAGE}", "&lt;img src=x onerror=alert(1)&gt;")


def sizes(check, broken):
    """A page of so many operations has all of them, and weighs no more."""
    for operations, program, most in (64, "long.txt", 300 << 10), (1024, "longest.txt", 3 << 20):
        broken(0, f"*: sizes/{PAGE}", f"report --as-is {program} -o sizes")
        size = os.path.getsize(f"sizes/{PAGE}")
        check.holds(size <= most, f"a page of {operations} operations has {size} bytes, not at most {most}")
        shown = sum("<li data-op=" in line for line in read(f"sizes/{PAGE}").split("\n"))
        check.holds(shown == operations, f"a page of {operations} operations shows {shown} of them")


def errors(check, pinfuzz, broken):
    pinfuzz(2, "*FILE is missing*", "report")
    pinfuzz(2, "*nowhere.txt*", "report nowhere.txt")
    write("wrong.txt", "pin3\n")
    pinfuzz(2, "*wrong.txt:1:1: *kept.txt: kept: *", "report wrong.txt kept.txt")
    pinfuzz(2, "no/pages: *", "report kept.txt -o no/pages")
    pinfuzz(2, "kept.txt: *", "report kept.txt -o kept.txt")
    os.makedirs(f"full/{PAGE}")
    broken(2, f"*full/{PAGE}: *", "report two.txt -o full")
    check.equal(PAGE, "\n".join(os.listdir("full")), "half a page is left")
    pinfuzz(2, "*unknown option '--fast'*", "report --fast kept.txt")


def triage(check, broken):
    write("saved/crash-1.txt", read("long.txt"))
    broken(1, "*MAP-MANY: 1 file, kept/map-many-map *", "triage saved -o kept")
    has(check, "kept/map-many-map/report.html", "pinfuzz run kept/map-many-map/program.txt",
        "As it was found, 64 operations")
    broken(1, "*program.txt: violated MAP-MANY", "run kept")


def report(check):
    pinfuzz, broken = check.program(PINFUZZ), check.program(BROKEN)
    write("two.txt", long(2))
    write("long.txt", long(64))
    write("longest.txt", long(1024))
    write("kept.txt", "# </script><script>alert(1)</script>\npin2 lead(0) index=0 CommitSize=1p\n")
    pages(check, pinfuzz, broken)
    names(check, broken)
    sizes(check, broken)
    errors(check, pinfuzz, broken)
    triage(check, broken)


if __name__ == "__main__":
    checks.run(report)
