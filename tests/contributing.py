#!/usr/bin/env python3
"""CONTRIBUTING.md: every file that a recipe lists exists. Where tests/changes/ has a patch of the kind, the recipe
lists the files that the patch touches and no others; each patch has a recipe. Shows that it would notice.

Usage: tests/contributing.py. Exit status: 0 all of that holds, 1 something does not, 2 usage.
"""
import fnmatch
import glob
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position
from helpers import ROOT  # pylint: disable=wrong-import-position

# What must be refused, each for the reason that is expected: an edit of the page.
PLANTED = [
    ("there is no harness/sutt.h", r"`harness/sut\.h` \|", "`harness/sutt.h` |"),
    ("does not list harness/program/faults.def, which tests/changes/fault-kind touches",
     r"^\| `harness/program/faults.*\n", ""),
    ("lists harness/judge/run.c, which tests/changes/fault-kind does not touch",
     r"^\| `src/nt/fault\.h` \|", "| `src/nt/fault.h` or `harness/judge/run.c` |"),
    ("tests/changes/fault-kind: no recipe has it", r"^Patch: .*fault-kind.*\n", ""),
    ("there is no tests/changes/nothing/change.patch", "^Patch: .*fault-kind", "Patch: `tests/changes/nothing"),
    ("no recipes", "^## .*\n", ""),
]


def recipes(page):
    """Each recipe's name, the files that it lists, as patterns, and its patch, if it has one."""
    found = []
    for part in re.split("^## ", page, flags=re.MULTILINE)[1:]:
        cells = re.findall(r"^\| (`[^|\n]*)", part, re.MULTILINE)
        patch = re.search("^Patch: `(.*)`$", part, re.MULTILINE)
        if cells or patch:
            found.append((part.split("\n")[0], [name for cell in cells for name in re.findall("`([^`]+)`", cell)],
                          patch and patch[1]))
    return found


def wrong_with_patch(patterns, patch):
    """What is wrong when these are held to the files of the patch."""
    if not os.path.exists(f"{patch}/change.patch"):
        return [f"there is no {patch}/change.patch"]
    text = checks.read(f"{patch}/change.patch")
    files = sorted(set(re.findall(r"^(?:---|\+\+\+) [ab]/([^ \t\n]*)", text, re.MULTILINE)))
    return ([f"does not list {file}, which {patch} touches" for file in files
             if not any(fnmatch.fnmatchcase(file, pattern) for pattern in patterns)]
            + [f"lists {pattern}, which {patch} does not touch" for pattern in patterns
               if not fnmatch.filter(files, pattern)])


def wrong_in(page):
    """What is wrong in the page."""
    listed = recipes(page)
    wrong = [] if listed else ["no recipes"]
    for recipe, patterns, patch in listed:
        wrong += [f"{recipe}: there is no {pattern}" for pattern in patterns if not glob.glob(pattern)]
        if patch:
            wrong += [f"{recipe}: {line}" for line in wrong_with_patch(patterns, patch)]
    patches = [patch for _, _, patch in listed]
    return wrong + [f"{place}: no recipe has it as its patch"
                    for place in map(os.path.dirname, sorted(glob.glob("tests/changes/*/change.patch")))
                    if place not in patches]


def contributing(check):
    os.chdir(ROOT)
    page = checks.read("CONTRIBUTING.md")
    said = wrong_in(page)
    check.holds(not said, "CONTRIBUTING.md:", "\n".join(said))
    for expected, expression, replacement in PLANTED:
        said = "\n".join(wrong_in(checks.edited(page, expression, replacement)))
        check.holds(expected in said, f"this check cannot fail: it does not say '{expected}' but:", said)
    print(f"contributing: {len(recipes(page))} recipes list what is there")


if __name__ == "__main__":
    checks.paths(0, "tests/contributing.py")
    checks.run(contributing)
