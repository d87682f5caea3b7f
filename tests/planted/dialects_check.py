#!/usr/bin/env python3
"""tests/planted/dialects over one bug of each clause; and it can fail: where a bug goes unseen that nothing allows,
where one is seen that is said to go unseen, and where a line of the list is none.

Usage: tests/planted/dialects_check.py [OPTION...], which are passed on. Exit status: 0 all of that holds, 1 it does
not.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "suite"))

import checks  # pylint: disable=wrong-import-position
from helpers import ROOT  # pylint: disable=wrong-import-position

PROGRAM = f"{ROOT}/tests/planted/dialects"
OPTIONS = sys.argv[1:]
BEGAN = os.getcwd()  # what paths in the options start from
UNSEEN = "pin-zero-means-everything"  # a choice that calibration learns with the bug
SEEN = "pin-max-one-page-more"


def dialects(check):
    def ends(status, text, bug, *allowed):
        """Where that is allowed it ends so, and says this."""
        checks.write("allowed", "".join(f"{line}\n" for line in allowed))
        command = [PROGRAM, "--variant", "careful", "--allowed", os.path.abspath("allowed"), *OPTIONS, bug]
        got, said = checks.output(command, cwd=BEGAN)
        check.holds(got == status and text in said,
                    f"expected status {status} and '{text}', got status {got} and", said)

    # What it says is for whoever reads the log.
    sample = subprocess.run([PROGRAM, "--sample", *OPTIONS], stdin=subprocess.DEVNULL, cwd=BEGAN, check=False)
    check.holds(sample.returncode == 0, f"the sample: exit status {sample.returncode}")
    ends(1, f"FAILED  {UNSEEN}: learnt, in careful: its program shows nothing", UNSEEN)
    allowed = f"learnt {UNSEEN} all choice why", f"declared {SEEN} careful choice why"
    ends(0, "careful        learnt      0 of 1 caught", UNSEEN, *allowed)
    ends(1, f"FAILED  {SEEN}: declared, in careful: its program shows PIN-MAX", SEEN, *allowed)
    ends(2, "allowed:1: expected some of all careful", SEEN, f"learnt {UNSEEN} carefull choice why")
    ends(2, "allowed:1: expected WAY BUG VARIANT,... choice|elsewhere REASON", SEEN, f"learnt {UNSEEN} careful because")


if __name__ == "__main__":
    checks.run(dialects)
