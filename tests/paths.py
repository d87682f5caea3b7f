#!/usr/bin/env python3
"""Files that pages and comments name are there: a path from the top (harness/judge/race.c, a pattern, a folder), and in
C files of this project also a name alone (race.h). Functions that docs/design.md names are there, too. Shows that it
would notice.

Usage: tests/paths.py. Exit status: 0 all of them are there, 1 one is not, 2 usage.
"""
import glob
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position
from helpers import ROOT  # pylint: disable=wrong-import-position

# A path begins with one of these; behind another word or a slash it is part of something else.
PATH = re.compile(r"(?<![\w/.$-])(?:harness|src|fuzz|tests|cmake|docs|examples)/[\w.*/+-]*[\w*/]", re.ASCII)
# Names alone are looked for in comments, which is where the compiler does not look.
COMMENT = re.compile(r"\s*(/\*|\*|//)|.*/\* ")
NAME = re.compile(r"(?<![\w/.<*-])[a-z]\w*\.[ch]\b(?!>)", re.ASCII)

PLANTED = """\
/* What harness/judge/check_pin.c sees (check.c, model.c), of src/dxgk/ and tests/changes/NAME. */
/* What harness/judge/check_gone.c sees. */
int planted; /* gone_file.c says why */
/* Private to harness/gone*.c. */
"""
SAID = ["planted.c:2: there is no harness/judge/check_gone.c", "planted.c:3: there is no gone_file.c",
        "planted.c:4: there is no harness/gone*.c"]


def names():
    """The names of all C files."""
    found = set()
    for _, directories, files in os.walk("."):
        directories[:] = [name for name in directories if name not in (".git", "build")]
        found.update(name for name in files if name.endswith((".c", ".h")))
    return found


def is_there(path):
    """Whether a path names something; one with a name in capitals stands for others."""
    return re.search("/[A-Z][A-Z]", path) or glob.glob(path)


def wrong_in(file, text, there):
    """What a file's text names and is not there."""
    wrong = []
    for number, line in enumerate(text.splitlines(), 1):
        gone = [path for path in PATH.findall(line) if not is_there(path)]
        if file.endswith((".c", ".h", ".def")) and COMMENT.match(line):
            gone += [name for name in NAME.findall(line) if name not in there]
        wrong += [f"{file}:{number}: there is no {name}" for name in dict.fromkeys(gone)]
    return wrong


def functions_gone(page, words):
    """Each function that a page names and no source has."""
    return [f"docs/design.md: there is no function {name}()"
            for name in sorted(set(re.findall(r"`([A-Za-z]\w+)\(\)`", page))) if name not in words]


def paths(check):
    os.chdir(ROOT)
    there = names()
    design = checks.read("docs/design.md")
    words = {word for file in checks.files(".", ("harness", "src", "fuzz"), ".c", ".h")
             for word in re.findall(r"\w+", checks.read(file))}
    pages = ["README.md", "CONTRIBUTING.md",
             *sorted(page for top in ("docs", "crashes", "tests", "examples") for depth in ("", "*/", "*/*/")
                     for page in glob.glob(f"{top}/{depth}*.md"))]
    sources = checks.files(".", ("harness", "src", "fuzz", "examples"), ".c", ".h", ".def", ".py")
    check.holds(len(pages) > 2 and sources, "there are no pages, or no sources")
    wrong = [line for file in pages + sources for line in wrong_in(file, checks.read(file), there)]
    wrong += functions_gone(design, words)
    check.holds(not wrong, "not all files and functions that are named are there:", "\n".join(wrong))
    check.holds(functions_gone(checks.edited(design, r"`run_op\(\)`", "`run_opera()`"), words)
                == ["docs/design.md: there is no function run_opera()"], "a function that is gone goes unnoticed")
    check.equal("\n".join(SAID), "\n".join(wrong_in("planted.c", PLANTED, there)),
                "this check cannot fail; of a file with three wrong names it says")
    print(f"paths: {len(pages)} pages and {len(sources)} sources name files that are there")


if __name__ == "__main__":
    checks.paths(0, "tests/paths.py")
    checks.run(paths)
