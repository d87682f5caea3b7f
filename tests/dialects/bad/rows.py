#!/usr/bin/env python3
"""tests/dialects/rows.py can fail: where a program says something else of an implementation than is so.

Usage: tests/dialects/bad/rows.py PINFUZZ. Exit status: 0 all of that holds, 1 it does not.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "suite"))

import checks  # pylint: disable=wrong-import-position
from helpers import ROOT  # pylint: disable=wrong-import-position

PINFUZZ, = checks.paths(1, "tests/dialects/bad/rows.py PINFUZZ")
PROGRAM = f"{ROOT}/tests/dialects/programs/pin_of_a_part.txt"


def rows(check):
    command = [sys.executable, f"{ROOT}/tests/dialects/rows.py", PINFUZZ]
    text = checks.read(PROGRAM)

    def says(wanted, *changes):
        """Of the program changed so, this is said, and nothing else."""
        changed = text
        for line, other in changes:
            check.holds(changed.count(line) == 1, f"{PROGRAM}: no {line}", changed)
            changed = changed.replace(line, other)
        checks.write("program.txt", changed)
        said = check.expect(1, f"rows: *{wanted}*", [*command, "program.txt"])
        check.holds(sum("program.txt: " in line for line in said.splitlines()) == 1, "more is said than that", said)

    check.expect(0, "* passed, 0 failed", [*command, PROGRAM])
    says("expected Row, Variant and Breaks on top", ("# Breaks: PIN-LOCKED\n", ""))
    says("thoroughly.c", ("# Variant: thorough", "# Variant: thoroughly"))
    says("expected violated PIN-EXACT, got violated PIN-LOCKED", ("# Breaks: PIN-LOCKED", "# Breaks: PIN-EXACT"))
    says("expected violated PIN-LOCKED, got kept", ("# Variant: thorough", "# Variant: zeroes"),
         ("# Held to: lock=part\n", "\n"))


if __name__ == "__main__":
    checks.run(rows)
