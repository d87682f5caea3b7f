#!/usr/bin/env python3
"""Each engine is told of the same states of the same executions, in the way that it reads; and once, not twice.

Usage: tests/counters/counters.py SEEDS NOBODY ENGINE...
  SEEDS   a directory of inputs in bytes
  NOBODY  engine.c as an engine that is told nothing: shows that it would be noticed
  ENGINE  engine.c as each of the others
Exit status: 0 all of that holds, 1 it does not.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "suite"))

import checks  # pylint: disable=wrong-import-position

SEEDS, NOBODY, FIRST, *OTHERS = checks.paths(3, "tests/counters/counters.py SEEDS NOBODY ENGINE...", more=True)


def told(check, engine, inputs):
    """What an engine is told of: of each input a line that begins with its number."""
    lines = check.expect(0, "*", [engine, *inputs], merged=False).splitlines()
    check.holds([line.partition(" ")[0] for line in lines] == [str(n) for n in range(1, len(inputs) + 1)],
                f"{os.path.basename(engine)} does not tell a line of each input", "\n".join(lines))
    return lines


def counters(check):
    inputs = sorted(f"{directory}/{file}" for directory, _, files in os.walk(SEEDS) for file in files)
    check.holds(inputs, "no inputs")
    first, nobody = told(check, FIRST, inputs), told(check, NOBODY, inputs)
    check.holds(all(one != other for one, other in zip(first, nobody)), "states that nobody was told of")
    for engine in OTHERS:
        differ = [seed for seed, one, other in zip(inputs, first, told(check, engine, inputs)) if one != other]
        check.holds(not differ, f"{os.path.basename(engine)} is told otherwise than {os.path.basename(FIRST)} of:",
                    "\n".join(differ))


if __name__ == "__main__":
    checks.run(counters)
