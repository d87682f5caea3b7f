#!/usr/bin/env python3
"""The harness without its judge makes the calls that it makes with it, and finds nothing.

Usage: tests/unjudged/unjudged.py JUDGED UNJUDGED FILE|DIR... Exit status: 0 all of that holds, 1 it does not.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "suite"))

import checks  # pylint: disable=wrong-import-position

JUDGED, UNJUDGED, *PLACES = checks.paths(3, "tests/unjudged/unjudged.py JUDGED UNJUDGED FILE|DIR...", more=True)


def programs(places):
    """The files, and those below the directories, that are programs."""
    files = [*(place for place in places if os.path.isfile(place)),
             *(f"{directory}/{file}" for place in places for directory, _, files in os.walk(place) for file in files)]
    return sorted(file for file in files if file.endswith(".txt") and os.path.basename(file) != "verdict.txt")


def unjudged(check):
    check.holds(checks.output([JUDGED, "--broken"])[1] == "violated PIN-MAPPED",
                "the judge lets a pin pass that no DMA reaches")
    check.holds(checks.output([UNJUDGED, "--broken"])[1] == "kept", "somebody is held to something without a judge")
    named = programs(PLACES)
    check.holds(named, "no programs")
    with_judge, without = (check.expect(0, "*", [program, *named], merged=False) for program in (JUDGED, UNJUDGED))
    check.equal(with_judge, without, "the calls differ")
    check.holds(any(": 0 calls" not in line for line in with_judge.splitlines()), "no calls", with_judge)


if __name__ == "__main__":
    checks.run(unjudged)
