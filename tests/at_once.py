#!/usr/bin/env python3
"""Races of an implementation that is declared to have one thread run their calls one after another; and what calls
come to that are made at the same time is left to an owner who does not declare it, or declares that it is something
else.

Usage: tests/at_once.py PINFUZZ CORPUS, the former built with bare/at_once.c. Exit status: 0 all of that holds, 1 it
does not.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position

PINFUZZ, CORPUS = checks.paths(2, "tests/at_once.py PINFUZZ CORPUS")
TWO = """\
adapter 1 joins=0
race ops=2 switch=lock2:1
pin2 lead(0) index=0 CommitSize=2p
pin2 lead(0) index=1 CommitSize=2p actor=1
"""


def as_one(word, declared=None):
    """The environment of an implementation that is as the word says when two are under way at once."""
    return {**os.environ, "AT_ONCE": word, **({} if declared is None else {"DECLARED": declared})}


def at_once(check):
    def ends(status, word, wanted, declared=None):
        check.expect(status, f"-: {wanted}*", [PINFUZZ, "run", "-"], input=TWO, env=as_one(word, declared),
                     merged=False)

    for word, said in (("never", "1"), ("dies", "0")):
        check.expect(0, said, [PINFUZZ, "info", "one_thread"], env=as_one(word))
    ends(1, "dies", "crashed (signal 6)")
    ends(0, "never", "kept")
    races = checks.output([PINFUZZ, "run", f"{CORPUS}/pin_race_fuzzer"], env=as_one("never"), merged=False)[1]
    check.says(": kept$", races)
    others = [line for line in races.splitlines() if not line.endswith(": kept")]
    check.holds(not others, "one thread, and a race was not kept", "\n".join(others))
    ends(0, "busy", "kept, but judged up to operation 1 of 3")
    ends(1, "busy", "violated", "")
    ends(0, "busy", "kept, but judged up to operation 1 of 3", "serial=otherwise")


if __name__ == "__main__":
    checks.run(at_once)
