"""What campaigns leave behind, made for tests/planted/triage: crash files of planted bugs under the names that
libFuzzer, AFL++ and ClusterFuzz give, programs that break nothing, junk, and empty files."""
import hashlib
import os

import checks
from helpers import PROCESSORS, ROOT, Failed, each

LIBFUZZER = "out/findings/pin_unpin_fuzzer"
AFL = "out/afl/default"
CLUSTER = "out/clusterfuzz"
EACH = 15  # files of each bug
QUIET = [*(f"{LIBFUZZER}/{kind}-0123" for kind in ("crash", "leak", "timeout", "oom", "slow-unit")),
         f"{AFL}/crashes/id:000900,sig:06,src:000001",
         *(f"{AFL}/hangs/id:00000{n},src:000003,time:10,execs:12,op:havoc,rep:2" for n in range(3)),
         *(f"{CLUSTER}/clusterfuzz-testcase-pin_args_fuzzer-{n}" for n in (1, 2))]
NO_PROGRAM = "text, but no program"


def first(path, count):
    with open(f"{ROOT}/{path}", "rb") as file:
        return file.read(count)


# What is no program, and what is said of it.
JUNK = [
    (f"{LIBFUZZER}/crash-da39", b"", ": empty"),
    (f"{AFL}/hangs/id:000004", b"", ": empty"),
    (f"{AFL}/crashes/README.txt", "Command line used to find this crash:\n\nafl-fuzz -i in -o out\n",
     ":1:1: expected machine, adapter or an operation (pin2, unpin, map, ...), got 'Command'"),
    (f"{AFL}/fuzzer_stats", "start_time : 1700000000\nexecs_done : 12345\n", f": {NO_PROGRAM}"),
    (f"{LIBFUZZER}/fuzz-0.log", "INFO: Running with entropic power schedule\n", f": {NO_PROGRAM}"),
    (f"{LIBFUZZER}/crash-core", bytes(8000000), ": too large for a program"),
    (f"{CLUSTER}/edited.txt", "pin2 lead(0) index=zero\n", ":1:20: expected a number from 0 to 4294967295, got 'zero'"),
]


def name(serial, n, grown):
    """What an engine would call the file number n of a bug, which is number `serial` of all."""
    if n < 5 or n == 14:
        with open(grown, "rb") as file:
            made = hashlib.sha1(file.read()).hexdigest()
        return f"{LIBFUZZER}/crash-{made}" + (".txt" if n == 14 else "")
    if n < 10:
        # Whatever follows the operation that broke it does not matter.
        with open(grown, "ab") as file:
            file.write(first("README.md", 37 * n))
        return (f"{AFL}/crashes/id:{serial:06},sig:06,src:{n:06},time:{serial * 77},execs:{serial * 1234},"
                f"op:havoc,rep:{n}")
    if n < 13:
        return f"{CLUSTER}/clusterfuzz-testcase-minimized-pin_unpin_fuzzer-57120000{serial}"
    return f"{CLUSTER}/fuzz-0-pin_unpin_fuzzer-{serial}"


def of_bugs(bugs):
    """Makes those of the bugs; of each its smallest one, which is the first, for that has the fewest operations."""
    def grow(item):
        at, n = item
        grown = f"grown/{at}-{n}" + (".txt" if n == EACH - 1 else "")
        status, said = checks.output(["./grow", bugs[at].program, 1 + 2 * n, 100 * at + n, grown])
        if status:
            raise Failed(f"{bugs[at].name} does not grow", said)
        return grown

    items = [(at, n) for at in range(len(bugs)) for n in range(EACH)]
    smallest = []
    for serial, ((_, n), grown) in enumerate(zip(items, each(grow, items, PROCESSORS)), 1):
        left = name(serial, n, grown)
        os.rename(grown, left)
        if n == 0:
            smallest.append(left)
    return smallest


def make(bugs, pinfuzz):
    """Makes all: EACH of each bug, and 20 that show nothing. Of each bug the smallest; what is to be said of those that
    show nothing; and the seeds that they are made of. `pinfuzz` has no bug, ./pinfuzz has all."""
    for place in (LIBFUZZER, f"{AFL}/crashes", f"{AFL}/hangs", CLUSTER, "grown"):
        os.makedirs(place)
    smallest = of_bugs(bugs)
    seeds = [line.removesuffix(": kept") for line in
             checks.output(["./pinfuzz", "run", f"{ROOT}/corpus/pin_args_fuzzer"], merged=False)[1].splitlines()
             if line.endswith(": kept")]
    if len(seeds) <= len(QUIET):
        raise Failed("too few seeds break nothing beside the bugs")
    for seed, left in zip(seeds, QUIET):
        checks.output([pinfuzz, "bytes", seed, "-o", left], status=0)
    # No text, and a program that breaks nothing.
    checks.write(f"{CLUSTER}/noise", bytes(byte - 96 if 97 <= byte <= 122 else byte for byte in first("LICENSE", 40)))
    for left, content, _ in JUNK:
        checks.write(left, content)
    os.mkfifo(f"{CLUSTER}/pipe")
    said = [*(f"kept: {left}" for left in (*QUIET, f"{CLUSTER}/noise")),
            *(f"junk: {left}{why}" for left, _, why in JUNK), f"junk: {CLUSTER}/pipe: no file, but a device or a pipe"]
    return smallest, said, seeds[len(QUIET):]
