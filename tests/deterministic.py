#!/usr/bin/env python3
"""The same bytes have the same coverage, process after process, and one seed leads to one campaign. That they have it
within one process says tests/twice.

Usage: tests/deterministic.py TARGET SEEDS. TARGET is built with libFuzzer, SEEDS holds bytes. Exit status: 0 all
of that holds, 1 it does not.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position

TARGET, SEEDS = checks.paths(2, "tests/deterministic.py TARGET SEEDS")


def look(check, place):
    """What libFuzzer has seen of each input, and where a short campaign with a fixed seed ends. Nothing is read again
    from the directory (-reload=0): that goes by the clock."""
    for name in ("merged", "new"):
        os.makedirs(f"{place}/{name}")
    check.expect(0, "*", [TARGET, "-merge=1", f"-merge_control_file={place}/control", f"{place}/merged", SEEDS])
    seen = [line for line in checks.read(f"{place}/control").splitlines() if re.match("(FT|COV) ", line)]
    check.holds(seen, "libFuzzer has seen nothing of the inputs", checks.read(f"{place}/control"))
    log = check.expect(0, "*", [TARGET, "-seed=1337", "-runs=2000", "-reload=0", "-max_len=4096", f"{place}/new",
                                SEEDS])
    ends = re.findall(r"^#2000\s+DONE +(cov: [0-9]+ ft: [0-9]+ corp: [^ ]+)", log, re.MULTILINE)
    check.holds(ends, "a campaign does not say where it ends", log)
    return seen + ends


def deterministic(check):
    first, second = ("\n".join(line[:200] for line in look(check, place)) for place in ("first", "second"))
    check.equal(first, second, f"two runs of {os.path.basename(TARGET)} over the same bytes differ")


if __name__ == "__main__":
    checks.run(deterministic)
