#!/usr/bin/env python3
"""Every C file is as clang-format 14 leaves it. Versions to 22 leave most code alike: where there is no 14, what they
object to may be theirs, and fails nobody.

Usage: tests/format.py [--fix | --tool]
  --fix   formats the files
  --tool  prints the clang-format that is used
Exit status: 0 well formatted, 1 not, 2 usage, 77 no clang-format that could tell.
"""
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position
from helpers import ROOT, start  # pylint: disable=wrong-import-position


def skip(reason):
    print(f"format: skipped, {reason}", file=sys.stderr)
    sys.exit(77)


def version(tool):
    """Its major version; 0 of what says none."""
    said = re.search(r"version ([0-9]+)\.", checks.output([tool, "--version"], merged=False)[1])
    return int(said[1]) if said else 0


def clang_format():
    """The clang-format that is used."""
    for tool in ("clang-format-14", "clang-format", *(f"clang-format-{major}" for major in range(15, 23))):
        if shutil.which(tool) and 14 <= version(tool) <= 22:
            return tool
    return skip("no clang-format of version 14 to 22 (Debian: clang-format)")


def c_files():
    return checks.files(ROOT, ("src", "harness", "fuzz", "tests", "examples"), ".c", ".h")


def formatted(check):
    tool = clang_format()
    # It must be able to fail before its success says anything.
    status, _ = checks.output([tool, "--dry-run", "-Werror", "--assume-filename=src/f.c"], cwd=ROOT,
                              input="int  f( void ){return 0 ;}\n")
    check.holds(status, f"{tool} finds nothing wrong with a badly formatted line")
    files = c_files()
    status, said = checks.output([tool, "--dry-run", "-Werror", "--ferror-limit=1", *files], cwd=ROOT)
    if status and version(tool) != 14:
        print(said, file=sys.stderr)
        skip(f"{tool} puts some of this otherwise; version 14 decides")
    check.holds(status == 0, "tests/format.py --fix puts this right", said)
    print(f"format: {len(files)} files are as {tool} leaves them")


def fix():
    checks.output([clang_format(), "-i", *c_files()], 0, cwd=ROOT)


if __name__ == "__main__":
    if sys.argv[1:] == ["--tool"]:
        print(clang_format())
    elif sys.argv[1:] == ["--fix"]:
        start(fix)
    else:
        checks.paths(0, "tests/format.py [--fix | --tool]")
        checks.run(formatted)
