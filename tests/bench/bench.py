"""tests/bench/run: how fast is it? Prints, from one run: executions a second of each target on the median of its
written seeds beside an empty target, and its longest seed; the harness over the subject alone; the time of an operation
in programs of 16 and of 1024; a contiguous pin of 64 KiB and of 16 TiB; a program with races over the same one without.

Machines are noisy: read the ratios. Exit status: 0, 1 when races cost more than three times what the same program costs
without, 2 when something cannot be built or run.
"""
import argparse
import glob
import os
import re
import statistics
import subprocess
import tempfile

import afl
import jobs
from helpers import ROOT, number, said, start, stop
from measure import SANITIZED, build, convert, targets


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--engine", choices=("libfuzzer", "afl"), default="libfuzzer",
                      help="afl: each target under afl-fuzz beside an empty one instead: executions a second, "
                           "processor time of one")
    what.add_argument("--jobs", action="store_true", help="two libFuzzer processes on one corpus beside one instead")
    parser.add_argument("--seconds", metavar="N", type=number, default=15,
                        help="how long those two run each program (15)")
    parser.add_argument("--build", metavar="DIR", type=os.path.realpath, default=f"{ROOT}/build/bench",
                        help="default build/bench; built with ASan and UBSan, on one core")
    return parser.parse_args()


def replay(program, runs, file):
    """Microseconds for one of so many executions of a file, as libFuzzer counts them."""
    _, out, err = said([program, f"-runs={runs}", file])
    told = re.search("^Executed .* in ([0-9]+) ms$", out + err, re.MULTILINE)
    if not told:
        stop(f"{os.path.basename(program)} failed on {file}")
    return int(told[1]) * 1000 / runs


# For each seed about half a second, guessed from 60 executions, so that no seed takes more than its share: the longest
# takes 6 ms an execution with the sanitizers, 6000 times that would be half a minute. At most 6000: 0.1 s of the
# shortest, of which libFuzzer's milliseconds are 1 %.
PROBE, MOST, HALF_SECOND = 60, 6000, 500000


def timed(program, file):
    once = replay(program, PROBE, file)
    return replay(program, max(PROBE, min(MOST, int(HALF_SECOND / max(once, 1)))), file)


def row(name, target, files, options):
    """The seeds take turns with the empty target, file by file. The median, for a sum would say how long the few long
    seeds are; and the longest beside it."""
    took = []
    empty = []
    for file in files:
        empty.append(replay(f"{options.build}/empty", 20000, file))
        took.append((timed(f"{options.build}/{target}", file), os.path.basename(file)))
    median, longest = statistics.median(each for each, _ in took), max(took)
    share = 100 * statistics.median(empty) / median
    print(f"{name:30} {1e6 / median:12.0f} {1e6 / statistics.median(empty):12.0f} {share:8.1f}%"
          f" {longest[0]:12.0f} us {longest[1]}", flush=True)


def compare(seeds, options):
    """Returns the exit status."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core, for what is started from now on, too
    print(f"{'target':30} {'runs/s':>12} {'empty/s':>12} {'of empty':>9} {'longest seed':>15}")
    for target in targets():
        # The written ones: the hundreds of grown ones would take a quarter of an hour and say the same.
        written = sorted(file for file in glob.glob(f"{seeds}/{target}/*")
                         if not os.path.basename(file).startswith("grown-"))
        row(f"{target}, seeds", target, written, options)
    convert(f"{options.build}/pinfuzz", f"{ROOT}/tests/bench/mix16.txt", f"{seeds}/mix16")
    row("the mix of 16", "pin_unpin_fuzzer", [f"{seeds}/mix16"] * 3, options)
    print(flush=True)
    status = subprocess.run([f"{options.build}/bench", f"{ROOT}/tests/bench"], check=False).returncode
    if status:
        stop(f"bench failed with {status}")
    status = subprocess.run([f"{options.build}/bench_race", f"{ROOT}/tests/bench/race16.txt"], check=False).returncode
    if status not in (0, 1):
        stop(f"bench_race failed with {status}")
    if status:
        print("\ntoo slow: a program with races takes more than 3 times what it takes without")
    return status


def main():
    options = arguments()
    os.makedirs(options.build, exist_ok=True)
    build(options, options.build, ("pinfuzz", "fuzzers", "bench", "bench_race", "empty"), SANITIZED)
    with tempfile.TemporaryDirectory() as seeds:
        for target in targets():
            convert(f"{options.build}/pinfuzz", f"{ROOT}/corpus/{target}", f"{seeds}/{target}")
        if options.jobs or options.engine == "afl":
            (jobs if options.jobs else afl).compare(seeds, options)
            return 0
        return compare(seeds, options)


if __name__ == "__main__":
    start(main)
