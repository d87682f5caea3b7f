#!/usr/bin/env python3
"""The commands that stand in a reproducer and in the manual build it.

Usage: tests/reproducer.py PINFUZZ. Exit status: 0 they do, and nothing is broken; 1 they do not.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position
from checks import printed, read, write  # pylint: disable=wrong-import-position
from helpers import ROOT  # pylint: disable=wrong-import-position

PINFUZZ, = checks.paths(1, "tests/reproducer.py PINFUZZ")


def commands(margin, text):
    """The lines of a text that start the compiler."""
    return "\n".join(re.findall(f"^{margin}(cc .*)", text, re.MULTILINE))


def reproducer(check):
    def kept(command):
        check.expect(0, "kept", ["sh", "-c", command])

    write("good.txt", "pin2 lead(0) index=0 CommitSize=1p\n")
    printed([PINFUZZ, "source", "good.txt", "-o", "finding.c"])
    kept(commands(r" \*     ", read("finding.c")).replace("ROOT", ROOT).replace("THIS.c", "finding.c", 1))
    os.symlink(f"{ROOT}/src", "src")
    os.symlink(f"{ROOT}/harness", "harness")
    kept(commands("        ", printed([PINFUZZ, "help", "source"])).replace("find src", "find -L src", 1))


if __name__ == "__main__":
    checks.run(reproducer)
