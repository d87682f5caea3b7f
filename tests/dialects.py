#!/usr/bin/env python3
"""An implementation that chose otherwise: its dialect is the one it was written to, and every program is judged to
its end without a finding.

Usage: tests/dialects.py PINFUZZ SOURCE FILE|DIR..., with $DIALECT. Exit status: 0 all of that holds, 1 it does not, 2
the source does not say what its dialect is.
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position
from helpers import stop  # pylint: disable=wrong-import-position

PINFUZZ, SOURCE, *PROGRAMS = checks.paths(3, "tests/dialects.py PINFUZZ SOURCE FILE|DIR...", more=True)


def written_to(source):
    """What differs from the core, and nothing else, as the comment on top of a source says."""
    named = re.search(r"^ \* Dialect: (.*) \*/$", checks.read(source), re.MULTILINE)
    if not named or not named[1].split():
        stop(f"{source} does not say what its dialect is")
    return sorted([] if named[1] == "none" else named[1].split())


def otherwise(listed):
    """Of what `pinfuzz dialect` lists each choice that is not the first of its entry."""
    entry, first = "", False
    for line in listed.splitlines():
        if re.match("[a-z]", line):
            entry, first = line.split()[0], True
        elif re.match("    [* ] ", line):
            if not first and line.split()[0] == "*":
                yield entry
            first = False


def judged():
    """All programs: the exit status, the verdicts, and what is said besides. In one process: to fork takes a sanitizer
    as long as to run most programs. What ends that process is told by runs in processes of their own."""
    reports = ""
    for how in (["--no-fork"], []):
        done = subprocess.run([PINFUZZ, "run", *how, *PROGRAMS], stdin=subprocess.DEVNULL, capture_output=True,
                              encoding="utf-8", errors="replace", check=False)
        reports += done.stderr
        if done.returncode == 0:
            break
    return done.returncode, done.stdout.splitlines(), reports


def dialects(check):
    wanted = written_to(SOURCE)
    listed = check.expect(0, "*", [PINFUZZ, "dialect"], merged=False)
    check.equal("\n".join(wanted), "\n".join(sorted(otherwise(listed))),
                f"{SOURCE}: another dialect than pinfuzz lists")

    status, verdicts, reports = judged()
    others = [line for line in verdicts if not line.endswith(": kept")]
    check.holds(verdicts and not others and status == 0,
                f"{len(others)} of {len(verdicts)} programs have a finding, or were left; exit status {status}",
                "\n".join([*others[:15], reports]))
    # Whoever reads the verdicts is told what they rest on.
    told = " ".join(re.findall("^judged by its own choices.*: (.*)", reports, re.MULTILINE)).split()
    check.equal("\n".join(wanted), "\n".join(sorted(told)), f"{SOURCE}: another dialect than pinfuzz run tells")
    # And what was not judged, for which choice.
    check.says("^not judged, of [0-9]+ programs:$", reports)
    check.says("^  ANY-NULL +- +[1-9][0-9]*  calls not made", reports)
    if "twice=granted" in wanted:
        check.says("^  PIN-TWICE +twice=granted +[1-9]", reports)


if __name__ == "__main__":
    checks.run(dialects)
