#!/usr/bin/env python3
"""Whoever asks for caps too late, or asks a driver that is too old, breaks INIT-CAPS in the programs that whoever does
neither keeps.

Usage: tests/dialects/bad/late.py PINFUZZ. Exit status: 0 all of that holds, 1 it does not.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "suite"))

import checks  # pylint: disable=wrong-import-position
from helpers import ROOT  # pylint: disable=wrong-import-position

PINFUZZ, = checks.paths(1, "tests/dialects/bad/late.py PINFUZZ")


def late(check):
    for program in ("plain_machine", "older_than_iommu_caps", "chain_of_two"):
        check.expect(1, "*: violated INIT-CAPS", [PINFUZZ, "run", f"{ROOT}/tests/dialects/programs/{program}.txt"],
                     merged=False)


if __name__ == "__main__":
    checks.run(late)
