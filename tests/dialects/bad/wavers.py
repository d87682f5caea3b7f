#!/usr/bin/env python3
"""DIALECT-STEADY can fail: an implementation that answers one way and then the other is found, with that clause and no
other.

Usage: tests/dialects/bad/wavers.py PINFUZZ. Exit status: 0 all of that holds, 1 it does not.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "suite"))

import checks  # pylint: disable=wrong-import-position

PINFUZZ, = checks.paths(1, "tests/dialects/bad/wavers.py PINFUZZ")
PIN = "pin2 lead(0) index=0 CommitSize=1p\n"
ACCEPTED = f"irql apc\n{PIN}unpin lead(0) index=0\n"


def wavers(check):
    # What it accepts is a choice.
    check.expect(0, "-: kept", [PINFUZZ, "run", "-"], input=ACCEPTED, merged=False)
    for program in (ACCEPTED + PIN, f"power 0 d3\n{PIN}"):
        check.expect(1, "-: violated DIALECT-STEADY", [PINFUZZ, "run", "-"], input=program, merged=False)


if __name__ == "__main__":
    checks.run(wavers)
