#!/usr/bin/env python3
"""Each program of tests/dialects/programs is one in which somebody who keeps the documents does something of his own.
It says on top what that is, and

  # Variant: NAME     the implementation of tests/dialects that does so; all: each of them, this project's too
  # Held to: ENTRY    this project's choice of what is behind it, as `pinfuzz dialect` prints it; left out where no
                      entry says it
  # Breaks: CLAUSE    what breaks when NAME is held to this project's choice: so it really does otherwise; nothing:
                      no clause speaks of it

NAME keeps the contract with what it chose learnt, and with that declared; held to ENTRY it breaks CLAUSE.

Usage: tests/dialects/rows.py PINFUZZ PROGRAM... Exit status: 0 all of that holds, 1 it does not.
"""
import glob
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "suite"))

import checks  # pylint: disable=wrong-import-position
from helpers import ROOT, Failed  # pylint: disable=wrong-import-position

PINFUZZ, *PROGRAMS = checks.paths(2, "tests/dialects/rows.py PINFUZZ PROGRAM...", more=True)
VARIANTS = f"{ROOT}/tests/dialects"


def said(program, word):
    """What the comment on top says behind a word; nothing where the word is not there."""
    return "\n".join(re.findall(f"^# {word}: (.*)", checks.read(program), re.MULTILINE))


def judged(program, variant, declared=None):
    environment = {**os.environ, "DIALECT": variant, **({} if declared is None else {"DECLARED": declared})}
    _, told = checks.output([PINFUZZ, "run", program], env=environment, merged=False)
    return told.removeprefix(f"{program}: ")


def row(check, program, variant, entry, clause):
    """One program, of one implementation."""
    def becomes(wanted, how, declared=None):
        got = judged(program, variant, declared)
        check.holds(got == wanted, f"{program}: {variant}, {how}: expected {wanted}, got {got}")

    own = " ".join(re.findall(r"^ \* Dialect: (.*) \*/$", checks.read(f"{VARIANTS}/{variant}.c"), re.MULTILINE))
    own = own.removeprefix("none")
    becomes("kept", "with its choices learnt")
    # What no entry says can't be declared either.
    if clause != "nothing" and entry and f" {entry.rpartition('=')[0]}=" in f" {own}":
        becomes("kept", "with its choices declared", own)
    becomes("kept" if clause == "nothing" else f"violated {clause}",
            f"held to {entry or 'what it did not choose otherwise'}", f"{own} {entry}")


def rows_of(program):
    """The implementations that a program is about."""
    variant, breaks = said(program, "Variant"), said(program, "Breaks")
    if not (said(program, "Row") and variant and breaks):
        raise Failed(f"{program}: expected Row, Variant and Breaks on top")
    if variant == "all":
        return [(os.path.basename(source).removesuffix(".c"), "", breaks) for source in glob.glob(f"{VARIANTS}/*.c")]
    if not os.path.exists(f"{VARIANTS}/{variant}.c"):
        raise Failed(f"{program}: no {VARIANTS}/{variant}.c")
    return [(variant, said(program, "Held to"), breaks)]


def rows(check):
    failures = []
    for program in PROGRAMS:
        try:
            for variant, entry, clause in rows_of(program):
                row(check, program, variant, entry, clause)
        except Failed as failure:  # of each program, so that all are told
            failures.append(str(failure))
    check.holds(not failures, f"{len(failures)} of {len(PROGRAMS)} programs:", "\n".join(failures))


if __name__ == "__main__":
    checks.run(rows)
