#!/usr/bin/env python3
"""Each folder of crashes/ is what crashes/README.md says. First shows that it would notice.

Usage: tests/crashes.py PINFUZZ. Exit status: 0 all of them are, 1 one is not, 2 usage.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position
from helpers import ROOT  # pylint: disable=wrong-import-position

PINFUZZ, = checks.paths(1, "tests/crashes.py PINFUZZ")
# What is said of the planted folders, which have eight faults.
SAID = """\
Pin-Count-x: a folder's name is words with dashes
Pin-Count-x: begins with no clause, and names no function
crash: a folder's name is words with dashes
crash: begins with no clause, and names no function
note: no folder
pin-count-high-bits/crash-01: is none of program.txt, verdict.txt, source.c, report.html
pin-twice-two/program.txt: no story on top
planted/tdr-keeps-x/program.txt:2:1: expected machine, adapter or an operation (pin2, unpin, map, ...), got 'pin3'"""
FILES = ("program.txt", "verdict.txt", "source.c", "report.html")


def names_its_bug(place, clauses):
    """Whether a folder's name begins with a clause, or names a function; what a process said before it died names a
    folder as well, if the verdict is kept beside it."""
    name = os.path.basename(place)
    verdict = f"{place}/verdict.txt"
    return (any(name.startswith(f"{clause}-") for clause in clauses) or "-in-" in name
            or os.path.exists(verdict) and re.search(r"^(crashed|hung) \(", checks.read(verdict), re.MULTILINE))


def wrong_in(place, clauses):
    """What is not as it should be in a folder."""
    name = os.path.basename(place)
    if not os.path.isdir(place):
        return [f"{name}: no folder"]
    wrong = []
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", name):
        wrong.append(f"{name}: a folder's name is words with dashes")
    if not names_its_bug(place, clauses):
        wrong.append(f"{name}: begins with no clause, and names no function")
    wrong += [f"{name}/{file}: is none of {', '.join(FILES)}" for file in sorted(os.listdir(place))
              if file not in FILES]
    program = f"{place}/program.txt"
    if not os.path.exists(program) or not os.path.getsize(program):
        return wrong + [f"{name}: no program.txt"]
    if not checks.read(program).startswith("# "):
        wrong.append(f"{name}/program.txt: no story on top")
    status, text = checks.output([PINFUZZ, "text", program])
    return wrong + ([text] if status else [])


def plant():
    """Folders with those faults in them, and some that have none."""
    for name in ("pin-count-high-bits", "some-last-words", "crash", "Pin-Count-x", "pin-twice-two", "tdr-keeps-x",
                 "segv-in-dxgk-pin"):
        checks.write(f"planted/{name}/program.txt", "# Told.\npin2 lead(0) index=0 CommitSize=1p\n")
    checks.write("planted/pin-twice-two/program.txt", "pin2 lead(0) index=0 CommitSize=1p\n")
    checks.write("planted/tdr-keeps-x/program.txt", "# Told.\npin3\n")
    checks.write("planted/pin-count-high-bits/crash-01", "")
    checks.write("planted/note", "")
    checks.write("planted/some-last-words/verdict.txt", "crashed (signal 6): some last words\n")


def crashes(check):
    clauses = [clause.lower() for clause in re.findall(r"^([A-Z0-9]+-[A-Z0-9-]+) ",
                                                       checks.output([PINFUZZ, "clauses"], 0)[1], re.MULTILINE)]
    # It must be able to fail before its success says anything.
    plant()
    said = [line for name in sorted(os.listdir("planted")) for line in wrong_in(f"planted/{name}", clauses)]
    check.equal(SAID, "\n".join(said), "this check cannot fail: of the planted folders it says")
    said = [line for name in sorted(os.listdir(f"{ROOT}/crashes")) if name != "README.md"
            for line in wrong_in(f"{ROOT}/crashes/{name}", clauses)]
    check.holds(not said, "crashes/ is not as it should be", "\n".join(said))


if __name__ == "__main__":
    checks.run(crashes)
