"""tests/bench/run --engine afl: how much of AFL++'s own rate is left with a real target. The empty target and each
real one take turns under the same afl-fuzz options, mutator and seeds, without sanitizers, as fuzz/run's secondaries
are, and with both, as its main instance is.

On a machine with other work the rate says little. Processor time of afl-fuzz, fork server and target together for one
execution says the same whatever else runs, and the ratio of the two is the one to read.
"""
import os
import re
import subprocess
import sys
import tempfile
import time

from helpers import lines_of, stop
from measure import SANITIZED, build, targets, ticks

OPTIONS = {"AFL_NO_UI": "1", "AFL_SKIP_CPUFREQ": "1", "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1",
           "AFL_NO_CRASH_README": "1", "AFL_TRY_AFFINITY": "1", "AFL_IGNORE_UNKNOWN_ENVS": "1",
           "ASAN_OPTIONS": "abort_on_error=1:symbolize=0:detect_leaks=0",
           "UBSAN_OPTIONS": "halt_on_error=1:abort_on_error=1:symbolize=0"}


def measure(program, target, seeds, options):
    """Runs afl-fuzz for some time. Runs a second, microseconds of processor time a run, and the stability."""
    # A new place each time: where thousands of files were just deleted, some file systems look at each of those before
    # they make the next, which was a tenth of all that was measured.
    place = tempfile.mkdtemp(prefix="afl-out.", dir=seeds)
    environment = {**os.environ, **OPTIONS, "PINFUZZ_TARGET": target,
                   "AFL_CUSTOM_MUTATOR_LIBRARY": f"{options.build}/afl/libpinfuzz_mutator.so"}
    spent, log = 0, f"{seeds}/afl.log"
    with open(log, "wb") as out, subprocess.Popen(
            ["afl-fuzz", "-i", f"{seeds}/{target}", "-o", place, "-t", "5000+", "-V", str(options.seconds), "--",
             program], stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment) as process:
        while process.poll() is None:
            spent = max(spent, ticks(process.pid))
            time.sleep(0.2)
    if process.returncode:
        print("\n".join(lines_of(log)[-20:]), file=sys.stderr)
        stop(f"afl-fuzz failed on {program}")
    stats = dict(re.split(" *: *", line, maxsplit=1) for line in lines_of(f"{place}/default/fuzzer_stats"))
    cost = spent / os.sysconf("SC_CLK_TCK") * 1e6 / int(stats["execs_done"])
    return float(stats["execs_per_sec"]), cost, stats["stability"].rstrip("%")


def compare(seeds, options):
    build(options, f"{options.build}/afl", ("fuzzers", "empty", "mutator"), "-DPINFUZZ_ENGINE=afl",
          "-DPINFUZZ_CMPLOG=ON", SANITIZED)
    build(options, f"{options.build}/afl-fast", ("fuzzers", "empty"), "-DPINFUZZ_ENGINE=afl")
    for name, title in ("afl-fast", "AFL++, no sanitizer"), ("afl", "AFL++, ASan and UBSan"):
        print(title)
        print(f"{'target':24} {'runs/s':>10} {'empty/s':>10} {'of empty':>9} {'CPU us/run':>12} {'empty':>12} "
              f"{'of empty':>9} {'stability':>10}")
        for target in targets():
            empty, empty_cost, _ = measure(f"{options.build}/{name}/empty", target, seeds, options)
            rate, cost, stability = measure(f"{options.build}/{name}/{target}", target, seeds, options)
            print(f"{target:24} {rate:10.0f} {empty:10.0f} {100 * rate / empty:8.1f}% {cost:12.1f} {empty_cost:12.1f} "
                  f"{100 * empty_cost / cost:8.1f}% {stability:>9}%", flush=True)
        print()
