#!/usr/bin/env python3
"""tests/analogs/run can fail: on analogs made of planted bugs, each with another fault. And what its --fuzz finds,
misses and remembers is in its table.

Usage: tests/analogs/check.py. Exit status: 0 all of that holds, 1 it does not.
"""
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "suite"))

import checks  # pylint: disable=wrong-import-position
from helpers import ROOT, Failed  # pylint: disable=wrong-import-position

# A bug that changes nothing.
NOTHING = """
--- a/src/nt/mdl.c
+++ b/src/nt/mdl.c
@@ -1,4 +1,4 @@
-/* Allocates and frees memory descriptor lists. */
+/* Allocates and frees memory descriptor lists, as ever. */
 #include "nt/mdl.h"
 
 #include "nt/nt.h"
"""
# Edits of a header, and why `run --list` fails then.
HEADERS = [
    ("007-zero", "^Story:.*\n", "", "FAILED  007-zero                                     bug.patch: no Story:"),
    ("007-zero", "^Source:.*\n", "", "bug.patch: no Source: above the first empty line"),
    ("007-zero", "^Here:", "Heer:", "bug.patch:6: expected one of Source Group Kind Clause Story Here Caught"),
    ("007-zero", "^Story: .*", "Story: ", "bug.patch:5: nothing behind Story:"),
    ("007-zero", "^Story: .*", "Kind: CWE-1", "bug.patch:5: a second Kind:"),
    ("007-zero", "^Source: .*", "Source: linux", "Source: expected a project and which of its bugs, not 'linux'"),
    ("007-zero", "^Group: .*", "Group: pool", "Group: expected one of iommu display windows handles, not 'pool'"),
    ("007-zero", "^Kind: .*", "Kind: CVE-2024-1", "Kind: expected CWE- and a number, not 'CVE-2024-1'"),
    ("007-zero", "^Clause: .*", "Clause: PIN-NAUGHT", "not 'PIN-NAUGHT'"),
    ("007-zero", "^Clause: .*", "Clause: -", "expected a Clause: of the contract, or Clause: - and a Caught:"),
    ("008-flags", "^Clause: .*", "Clause: ANY-NULL", "or Clause: - and a Caught:"),
    ("008-flags", "^Caught: .*", "Caught: msan use", "Caught: expected 'asan TEXT' or 'both TEXT'"),
]


def ends(check, status, text, *arguments):
    """So does `run ARGUMENT...` here, and it says the text. Gives what it said."""
    command = [f"{ROOT}/tests/analogs/run", "--place", os.path.abspath("place"), *arguments]
    got, said = checks.output(command)
    check.holds(got == status and text in said,
                f"{checks.shown(arguments)}: ends with {got}, not {status}, or does not say '{text}'", said)
    return said


def analog(name, bug, group):
    """The planted bug as an analog."""
    planted = f"{ROOT}/tests/planted/{bug}"
    patch = checks.read(f"{planted}/bug.patch")
    caught = re.search("^Caught: .*\n", patch, re.MULTILINE)
    clause = "-" if caught else re.search("^Clause: (.*)", patch, re.MULTILINE)[1]
    os.makedirs(f"place/{name}")
    shutil.copy(f"{planted}/program.txt", f"place/{name}")
    checks.write(f"place/{name}/bug.patch",
                 f"Source: planted {bug}\nGroup: {group}\nKind: CWE-20\nClause: {clause}\nStory: as planted\n"
                 f"Here: as planted\n{caught[0] if caught else ''}{patch[patch.index(chr(10) * 2) + 1:]}")


def fresh():
    """Three that are as they should be."""
    shutil.rmtree("place", ignore_errors=True)
    analog("007-zero", "pin-zero-means-everything", "iommu")
    analog("008-flags", "any-null-read-before-check", "iommu")
    analog("030-twice", "unpin-nothing-is-a-success", "display")


def edit(name, there, then, flags=re.MULTILINE):
    """Changes what is there in a patch."""
    text, count = re.subn(there, then, checks.read(f"place/{name}/bug.patch"), flags=flags)
    if not count:
        raise Failed(f"{name} has nothing like {there}", text)
    checks.write(f"place/{name}/bug.patch", text)


def form(check):
    fresh()
    ends(check, 0, "planted pin-zero-means-everything", "--list")
    for name, there, then, text in HEADERS:
        fresh()
        edit(name, there, then)
        ends(check, 1, text, "--list")
    fresh()
    checks.write("place/007-zero/program.txt", "")
    ends(check, 1, "no program.txt, or nothing in it", "--list")
    fresh()
    checks.write("place/007-zero/crash", "")
    ends(check, 1, "a file that is none of bug.patch, program.txt: crash", "--list")
    fresh()
    os.rename("place/007-zero", "place/07-zero")
    ends(check, 1, "expected a name like 007-some-words", "--list")
    fresh()
    os.rename("place/008-flags", "place/009-flags")
    ends(check, 1, "FAILED  a gap in group iommu: 007 and then 009", "--list")
    ends(check, 0, "", "--list", "0*")
    os.rename("place/009-flags", "place/007-flags")
    ends(check, 1, "FAILED  number 007 twice: 007-flags 007-zero", "--list")
    ends(check, 2, "no bug is called '100*'", "--list", "100*")


def programs(check):
    fresh()
    ends(check, 0, "3 passed, 0 failed")
    # A program that shows nothing, one that shows another clause, and a patch that does not apply.
    checks.write("place/007-zero/program.txt", "pin2 lead(0) index=0 CommitSize=1p\nunpin lead(0) index=0\n")
    shutil.rmtree("place/008-flags")
    analog("008-flags", "unpin-gone-adl-never-freed", "iommu")
    edit("008-flags", "^Clause: .*", "Clause: PIN-MAX")
    edit("030-twice", "^-(.*[a-z])", r"-\1 and more")
    said = ends(check, 1, "0 passed, 3 failed")
    check.says("^FAILED  007-zero  *asan: kept, not violated PIN-ZERO", said)
    check.says("^FAILED  008-flags  *asan: violated UNPIN-GONE, not violated PIN-MAX", said)
    check.says("^FAILED  030-twice  *does not apply", said)
    fresh()
    edit("030-twice", r"^(\+.*);$", r"\1")
    ends(check, 1, "FAILED  030-twice                                    does not compile", "030-twice")


def fuzzing(check):
    fresh()
    analog("009-nothing", "pin-zero-means-everything", "iommu")
    edit("009-nothing", "^\n.*", lambda _: NOTHING, re.MULTILINE | re.DOTALL)
    results = os.path.abspath("fuzzed/results.tsv")
    fuzz = "--fuzz", "--seeds", "2", "--budget", "5", "--out", os.path.dirname(results)
    said = ends(check, 0, "- 009-nothing: found in 0 of 2 runs. as planted", *fuzz)
    check.says(r"^\| iommu \| 1 \| 1 \| 0 \| 0 \| 100\.0 \| [0-9.]* \| [0-9.]* \| 2 \| 1 \| 0 \| 1 \| 50\.0 \| "
               r"[0-9.]* \| > 5 \|$", said)
    check.says(r"^\| all \| 2 \| 2 \| 0 \| 0 \| 100\.0 \|", said)
    check.says("^Missed of the even half: none$", said)
    before = checks.read(results)
    check.holds(before.count("\n") == 9, "four analogs in two runs are no eight lines", before)
    ends(check, 1, "FAILED  the odd half: 50.0 % found in each run, not 95 %", *fuzz, "--require", "95")
    check.equal(before, checks.read(results), "what is known is measured again")
    said = ends(check, 0, "Missed of the even half: none", *fuzz, "--require", "95", "--half", "even")
    check.never_says("odd", said)
    edit("008-flags", "^Kind:.*\n", "")
    ends(check, 2, "008-flags: bug.patch: no Kind:", *fuzz)


def analogs(check):
    form(check)
    programs(check)
    fuzzing(check)


if __name__ == "__main__":
    checks.run(analogs)
