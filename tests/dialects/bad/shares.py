#!/usr/bin/env python3
"""Two live lists that share a page are found without any look inside.

Usage: tests/dialects/bad/shares.py PINFUZZ. Exit status: 0 all of that holds, 1 it does not.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "suite"))

import checks  # pylint: disable=wrong-import-position

PINFUZZ, = checks.paths(1, "tests/dialects/bad/shares.py PINFUZZ")
ONE = "adapter 1 joins=0\npin2 lead(0) index=0 CommitSize=2p\n"


def shares(check):
    check.expect(0, "-: kept", [PINFUZZ, "run", "-"], input=ONE, merged=False)
    check.expect(1, "-: violated PIN-ISOLATED", [PINFUZZ, "run", "-"],
                 input=ONE + "pin2 lead(0) index=1 CommitSize=2p\n", merged=False)


if __name__ == "__main__":
    checks.run(shares)
