#!/usr/bin/env python3
"""Each C file of harness/, src/ and fuzz/ begins with a comment that says in a sentence what the file is. First shows
that it would notice.

Usage: tests/heads.py. Exit status: 0 all of them do, 1 one does not, 2 usage.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position
from helpers import ROOT  # pylint: disable=wrong-import-position

PLANTED = {
    "bare": '#include "harness/sut.h"\n/* What it is. */\n',
    "empty": "\n",
    "words": "/* helpers */\nint a;\n",
    "good": "/* What pins have in common. */\nint a;\n",
    "long": "/*\n * What pins have in common,\n * and views:\n *\n *     a list\n */\nint a;\n",
}


def wrong(name, text):
    """What is wrong with a file's head: it is no comment, or has no sentence in it: words up to a full stop, or to
    the colon before a list."""
    if not text.startswith("/*"):
        return [f"{name}: does not begin with a comment that says what it is"]
    comment = re.match(r"/\*.*?\*/[^\n]*|", text, re.DOTALL)[0]
    if not re.search(r"[A-Za-z0-9_]+ .*[.:]( |$)", comment.replace("\n", " ")):
        return [f"{name}: its first comment is no sentence"]
    return []


def heads(check):
    said = [line for name, text in PLANTED.items() for line in wrong(name, text)]
    check.holds([line.split(":")[0] for line in said] == ["bare", "empty", "words"],
                "this check cannot fail; of three files without a head it says:", "\n".join(said))
    files = checks.files(ROOT, ("harness", "src", "fuzz"), ".c", ".h")
    check.holds(files, "there are no C files")
    said = [line for file in files for line in wrong(file, checks.read(os.path.join(ROOT, file)))]
    check.holds(not said, "not each file says what it is", "\n".join(said))
    print(f"heads: each of {len(files)} files says what it is")


if __name__ == "__main__":
    checks.paths(0, "tests/heads.py")
    checks.run(heads)
