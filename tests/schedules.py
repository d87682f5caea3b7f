#!/usr/bin/env python3
"""Races without a bound on preemptions: those of the table in docs/races.md are explored completely, in as many runs
as it says, and come to what all of their schedules come to.

Usage: tests/schedules.py PINFUZZ. Exit status: 0 all of that holds, 1 it does not.
"""
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position
from checks import output, printed, read  # pylint: disable=wrong-import-position
from helpers import ROOT  # pylint: disable=wrong-import-position

PINFUZZ, = checks.paths(1, "tests/schedules.py PINFUZZ")
SEEDS = f"{ROOT}/corpus/pin_race_fuzzer"


def command(seed, words=""):
    return [PINFUZZ, "schedules", *words.split(), f"{SEEDS}/{seed}.txt"]


def outcomes(seed, words=""):
    """What the schedules of a seed come to, without how many of them."""
    told = printed(command(seed, f"{words} --outcomes"))
    return "\n".join(sorted(re.findall(r"^    [0-9]* schedules: (.*)", told, re.MULTILINE)))


def table(check):
    document = re.search(r"^<!-- races: .*?^<!-- end of races", read(f"{ROOT}/docs/races.md"), re.MULTILINE | re.DOTALL)
    rows = [row.split("|") for row in document[0].splitlines() if row.startswith("| `")]
    for _, seed, _, inequivalent, *_ in rows:
        said = check.expect(0, "*: complete: *: kept", command(seed.strip("` ")), merged=False)
        check.holds(f": complete: {inequivalent.strip()} inequivalent schedules of " in said,
                    f"docs/races.md says {inequivalent.strip()} inequivalent schedules "
                    "(tests/guarantees --races --write)", said)
    check.holds(len(rows) >= 18, f"docs/races.md has {len(rows)} rows in its table of races, not 18 or more")


def ways(check):
    """By orders of locks, of accesses, without reduction, and with two preemptions at any access."""
    for seed in ("pin_beside_unpin", "pin_beside_stop", "unpin_beside_unpin", "unmap_beside_unmap",
                 "two_calls_above_passive"):
        reduced = outcomes(seed)
        check.holds(reduced, f"{seed}: no outcome")
        for way in "--accesses", "--plain", "--preemptions 2":
            check.equal(reduced, outcomes(seed, way), f"{seed}: {way} comes to something else")
    reduced = {seed: outcomes(seed) for seed in ("two_chains_map", "pin_unpin_stop")}
    for seed, wanted in reduced.items():
        check.holds(wanted, f"{seed}: no outcome")
        check.equal(wanted, outcomes(seed, "--accesses"), f"{seed}: --accesses comes to something else")
    # Without a preemption there is less.
    less = outcomes("two_chains_map", "--preemptions 0")
    check.fails(lambda: check.equal(reduced["two_chains_map"], less, ""), "outcomes that are missing")


def how_far(check):
    check.expect(3, "*: 5 inequivalent schedules of 2 actors (5 runs, *kept, and there are more",
                 command("two_chains", "--runs 5"), merged=False)
    # DMA that is late falls among the accesses of another's step.
    said = check.expect(3, "*kept, but a GPU's DMA comes late, *",
                        command("gpu_reads_while_it_is_pulled_out", "--accesses"), merged=False)
    check.never_says("complete", said)
    # Interrupted, it says so. It ignores the signal until it has set itself up for it, so there may be a second one.
    with checks.background(command("four_callers"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                           encoding="utf-8") as process:
        for wait in [0.5, 5, 5, 5, 5, 5, None]:
            try:
                said, _ = process.communicate(timeout=wait)
                break
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGINT)
    check.holds(process.returncode == 3 and said.rstrip("\n").endswith("kept, and there are more"),
                f"Ctrl-C: exit status {process.returncode}", said)


def at_random(check):
    def chance(words):
        return output(command("two_chains", f"--pct {words}"), merged=False)[1]

    check.equal(chance("2 --runs 50 --seed 7"), chance("2 --runs 50 --seed 7"), "one seed, two chances")
    # (1 - 1 / (n k^(d-1)))^runs, of the runs after the first, which measures k; or fewer, where k grew later.
    said = chance("3 --runs 2000")
    steps, told = re.search(r"([0-9]+) steps", said), re.search(r"at most ([0-9.e-]+)$", said)
    check.holds(steps and told, "no chance is told", said)
    least = (1 - 1 / (2 * int(steps[1]) ** 2)) ** 1999
    check.holds(int(steps[1]) > 10 and least * 0.99 <= float(told[1]) < least * 1.2, "another chance", said)


def schedules(check):
    table(check)
    ways(check)
    how_far(check)
    at_random(check)


if __name__ == "__main__":
    checks.run(schedules)
