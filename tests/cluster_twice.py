#!/usr/bin/env python3
"""tests/twice as AFL++'s own compiler builds it, the way clusters use it. That compiler knows nothing of the attributes
that keep code out of coverage, only of a list that CMakeLists.txt makes for it: what the list leaves out, and depends
on earlier inputs, shows here, and as stability below 100 % on a cluster.

Usage: tests/cluster_twice [BUILD-DIRECTORY], which installs what is missing.
Exit status: 0 the same every time, 1 not, 2 environment.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position
import engine  # pylint: disable=wrong-import-position
from helpers import ROOT, stop  # pylint: disable=wrong-import-position

PROGRAMS = {"twice": ("adapter_chain_fuzzer", "pin_args_fuzzer", "pin_unpin_fuzzer"),
            "twice_traced": ("pin_race_fuzzer",)}


def build(place):
    for name in "CFLAGS", "CXXFLAGS", "LDFLAGS":
        os.environ.pop(name, None)
    os.environ.update(LIB_FUZZING_ENGINE="-fsanitize=fuzzer", AFL_QUIET="1")
    engine.build(place, f"{place}/build.log", PROGRAMS, "-DPINFUZZ_ENGINE=external",
                 "-DCMAKE_C_COMPILER=afl-clang-fast", "-DCMAKE_CXX_COMPILER=afl-clang-fast++",
                 "-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DCMAKE_C_FLAGS_RELWITHDEBINFO=-O1 -gline-tables-only")


def twice(check):
    place = os.getcwd()
    build(place)
    for program, targets in PROGRAMS.items():
        status, text = checks.output([f"{place}/{program}", *[f"corpus/{target}" for target in targets]], cwd=ROOT)
        print(text, flush=True)
        check.holds(status == 0, f"{program}: exit status {status}")
    # What must be noticed is noticed.
    for program in PROGRAMS:
        status, text = checks.output([f"{place}/{program}", "--leftover", "corpus/pin_args_fuzzer"], cwd=ROOT)
        check.holds(status and "edges are passed differs at once" in text,
                    f"{program} does not see what leftover.c leaves behind", text)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        stop("usage: tests/cluster_twice [BUILD-DIRECTORY]")
    checks.run(twice, *sys.argv[1:])
