#!/usr/bin/env python3
"""What is said of an implementation that is not held to this project's choices and makes others: how far it
was judged, and that it was not to the end.

Usage: tests/contrary.py PINFUZZ, built with bare/contrary.c. Exit status: 0 all of that holds, 1 it does not.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position

PINFUZZ, = checks.paths(1, "tests/contrary.py PINFUZZ")


def contrary(check):
    checks.write("no_boot.txt", "machine iommu=none\npin2 lead(0) index=0 CommitSize=1p\n")
    checks.write("to_the_end.txt", "adapter 0 absent\nirql high\nirql passive\n")
    checks.write("no_start.txt", "pin2 lead(0) index=0 CommitSize=1p\n")
    check.expect(1, "no_boot.txt: kept, but not run, for the machine did not boot\n"
                 "no_start.txt: violated INIT-ROLLBACK\n"
                 "to_the_end.txt: kept",
                 [PINFUZZ, "run", "no_boot.txt", "no_start.txt", "to_the_end.txt"], merged=False)
    check.says("^1 of 3 programs were not judged to their end, the first of them not run",
               checks.output([PINFUZZ, "clauses", "."])[1])


if __name__ == "__main__":
    checks.run(contrary)
