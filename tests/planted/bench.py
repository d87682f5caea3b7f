"""tests/planted/bench: how soon fuzzing finds the planted bugs. Plants each into a copy of src/, links it with a
fuzz target, and lets that fuzz from an empty corpus until something is found. docs/planted.md has what came of
it."""
import argparse
import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time

from helpers import ROOT, Failed, each, lines_of, measured, number, said, start, stop
from plant import HARNESS, PLACE, Build, Planted, select

DESCRIPTION = """\
Measures processor time and executions until each of the bugs named is found (all without a NAME; a NAME may be a
pattern such as 'link-*'). NAME@TARGET: by that fuzz target, not by the one whose operations its program has."""

CONFIGS = """some of a,b,c,d,e (a). a: the whole harness. b: without state coverage; of races without alias and lock
coverage, too. c: without the operation mutator: libFuzzer's own mutations of the bytes. d: without both, the same
oracle. e: as d, and nothing looks but sanitizers and the implementation's own aborts"""

COLUMNS = "bug clause target config seed budget outcome cpu_s wall_s executions said".split()

# Bytes of a message that go to the table.
SAID_MAX = 60


def configs(text):
    if not re.fullmatch(r"[a-e](,[a-e])*", text):
        raise argparse.ArgumentTypeError("wants some of a,b,c,d,e")
    return text.split(",")


def seconds(text):
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", text) or not float(text):
        raise argparse.ArgumentTypeError("wants seconds")
    return text


def arguments():
    parser = argparse.ArgumentParser(
        prog="tests/planted/bench", description=DESCRIPTION, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="A bug's other runs are left out when its median is settled: most of them have missed it.\n"
               "Exit status: 0, 1 with --require when a bug was not found, 2 environment.")
    add = parser.add_argument
    add("names", metavar="NAME", nargs="*")
    add("--config", metavar="LIST", type=configs, default=["a"], help=CONFIGS)
    add("--seeds", metavar="N", type=number, default=10, help="runs of each bug, with seeds 1 to N (10)")
    add("--budget", metavar="S", type=seconds, default="60", help="seconds of processor time for each run (60)")
    add("--jobs", metavar="N", type=number, default=1, help="runs at a time (1)")
    add("--out", metavar="DIR", type=os.path.realpath, default=f"{ROOT}/build/planted",
        help="results.tsv, a line a run; what it already says is not measured again (build/planted)")
    add("--asan", metavar="DIR", type=os.path.realpath, default=f"{ROOT}/build/tests/asan",
        help="clang build with ASan and UBSan that the rest is linked from (build/tests/asan)")
    add("--require", action="store_true",
        help="a gate: what DIR says is forgotten, and each bug must be found in each run")
    add("--report", action="store_true",
        help="measure nothing: tables of DIR/results.tsv to standard output, as Markdown; DIR/bugs.tsv, medians "
             "of each bug; DIR/planted.svg")
    return parser.parse_args()


# ---- what was measured ----


class Results:
    """results.tsv. A line is written when its run ends."""

    def __init__(self, path):
        self.path = path
        self.lock = threading.Lock()
        self.rows = [dict(zip(COLUMNS, line.split("\t"))) for line in lines_of(path)[1:]]
        if not os.path.exists(path):
            self.write("\t".join(COLUMNS))

    def write(self, line):
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(line + "\n")

    def add(self, row):
        with self.lock:
            self.rows.append(row)
            self.write("\t".join(str(row[column]) for column in COLUMNS))

    def of(self, bug, config):
        return [row for row in self.rows if row["bug"] == bug.name and row["config"] == config]

    def known(self, bug, target, config, seed, budget):
        """The outcome of a run; of none that missed its bug with a smaller budget."""
        for row in self.of(bug, config):
            if row["target"] == target and row["seed"] == str(seed) and (
                    row["outcome"] == "found" or float(row["budget"]) >= float(budget)):
                return row["outcome"]
        return None


def report(options):
    results, bugs = f"{options.out}/results.tsv", f"{options.out}/bugs.tsv"
    if not lines_of(results):
        stop(f"no results in {results}")
    if not shutil.which("gnuplot"):
        stop("no gnuplot (Debian: gnuplot-nox)")
    subprocess.run(["awk", "-v", f"bugs={bugs}", "-f", f"{PLACE}/bench.awk", results], check=True)
    subprocess.run(["gnuplot", "-e", f"bugs='{bugs}'; picture='{options.out}/planted.svg'",
                    f"{PLACE}/bench.gnuplot"], check=True)
    return 0


# ---- one run ----


def link_config(planted, asan, config, target):
    """The target with the bug and without what the configuration leaves out."""
    objects = [one for part in (target, "engine") for one in asan.objects(part)
               if "libfuzzer_mutator" not in one or config in "ab"]
    objects += [one for one in asan.objects("planted_bench") if "bench_no_state" not in one or config in "bde"]
    libraries = ["-fsanitize=fuzzer", "-lrt"]
    if config in "bde":
        libraries += [f"-Wl,--wrap=state_{name}" for name in ("begin", "end", "before", "after")]
    parts = ["no_judge" if part == "judge" and config == "e" else part for part in HARNESS] + ["sanitizers"]
    if target == "pin_race_fuzzer":
        parts.append("trace")
        for built in asan.objects("accesses"):
            if config in "bde":  # its counters where libFuzzer does not look
                built, counted = f"{planted.work}/{config}-{os.path.basename(built)}", built
                said(["objcopy", "--rename-section", "__libfuzzer_extra_counters=uncounted", counted, built],
                     cwd=asan.directory)
            objects.append(built)
    suffix = "_covered_traced" if target == "pin_race_fuzzer" else "_covered"
    # Part by part: what is to be wrapped must not be in one object with its callers.
    objects += [one for part in parts for one in asan.objects(part)] + planted.subject(asan, suffix)
    program = f"{planted.work}/{config}"
    asan.link(objects, program, tuple(libraries))
    return program


def what_was_said(log):
    """In a word or two; nothing when it says nothing."""
    for line in log.splitlines():
        for pattern, text in (
                (r"contract violation: ([A-Z0-9-]+) .*", r"\1"),
                (r".*ERROR: AddressSanitizer: ([A-Za-z-]+).*", r"asan \1"),
                (r".*: runtime error: (.*)", r"ubsan \1"),
                (r".*ERROR: LeakSanitizer: .*", "leak"),
                (r"(nt lock violation).*", r"\1"),
                (r".*ERROR: libFuzzer: (timeout|out-of-memory).*", r"\1"),
                (r".*: Assertion .* failed\.", "assertion"),
                (r".*ERROR: libFuzzer: (.*)", r"\1")):
            match = re.fullmatch(pattern, line)
            if match:
                return match.expand(text)[:SAID_MAX]
    return ""


def fuzz(program, bug, config, target, seed, budget):
    """One run, as a row of the table."""
    longest = re.search(r"^max_len = ([0-9]+)", "\n".join(lines_of(f"{ROOT}/fuzz/{target}.options")), re.MULTILINE)
    place = tempfile.mkdtemp(dir=os.path.dirname(program))
    began = time.monotonic()
    with open(f"{place}.log", "w+", encoding="utf-8", errors="replace") as file:
        # A hang is a finding of libFuzzer's; ten seconds are a million times what an execution takes.
        status, cpu = measured(
            [program, f"-seed={seed}", f"-max_len={longest[1]}", "-timeout=10", "-rss_limit_mb=2560", "-reload=0",
             "-len_control=0", "-print_final_stats=1", f"-artifact_prefix={place}/"],
            cwd=place, env={**os.environ, "PLANTED_CPU_SECONDS": budget}, stdout=file, stderr=file)
        file.seek(0)
        log = file.read()
    wall = time.monotonic() - began
    executions = re.findall(r"^stat::number_of_executed_units: *([0-9]+)", log, re.MULTILINE)
    found = what_was_said(log)
    if status and not (found and executions):
        raise Failed(f"{bug.name}, {config}, seed {seed}: ended with {status} and no finding",
                     "\n".join(log.splitlines()[-20:]), 20)
    return {"bug": bug.name, "clause": bug.clause, "target": target, "config": config, "seed": str(seed),
            "budget": budget, "outcome": "found" if status else "missed", "cpu_s": f"{cpu:.3f}",
            "wall_s": f"{wall:.3f}", "executions": executions[-1] if executions else "", "said": found}


# ---- all of them ----


def measure(options, asan, results, bug, target, config, scratch):
    """The runs of a bug in one configuration that have not been done."""
    planted = program = None
    missed = 0
    for seed in range(1, options.seeds + 1):
        if missed > options.misses:
            break
        outcome = results.known(bug, target, config, seed, options.budget)
        if outcome is None:
            if planted is None:
                planted = Planted(bug, f"{scratch}/{bug.name}.{config}", "-O1")
                program = link_config(planted, asan, config, target)
            row = fuzz(program, bug, config, target, seed, options.budget)
            results.add(row)
            outcome = row["outcome"]
        missed += outcome != "found"
    if planted is not None:
        shutil.rmtree(planted.work)


def tell(results, bug, config):
    """What became of a bug, in a line."""
    rows = results.of(bug, config)
    times = [float(row["cpu_s"]) for row in rows if row["outcome"] == "found"]
    mean = sum(times) / len(times) if times else 0
    return (f"{'passed' if rows and len(times) == len(rows) else 'missed'}  {bug.name:44} {config}  "
            f"found in {len(times)} of {len(rows)} runs, mean {mean:.2f} s")


def measure_all(options, work, forget=False):
    """Measures the bugs, targets and configurations that have not been, and tells of each; then what is known."""
    # What is measured stays under DIR, and so does what is under way.
    os.makedirs(options.out, exist_ok=True)
    with open(f"{options.out}/lock", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            stop(f"{options.out} is in use by another")
        if forget and os.path.exists(f"{options.out}/results.tsv"):
            os.remove(f"{options.out}/results.tsv")
        results = Results(f"{options.out}/results.tsv")
        asan = Build(options.asan, ["fuzzers", "pinfuzz_no_judge", "planted_bench"], engine="libfuzzer",
                     sanitize="address,undefined")
        # The same whatever the environment says, without a symbolizer's start-up time.
        os.environ.update(ASAN_OPTIONS="symbolize=0", UBSAN_OPTIONS="symbolize=0")
        broken = 0
        with tempfile.TemporaryDirectory(prefix="scratch.", dir=options.out) as scratch:

            def attempt(one):
                try:
                    measure(options, asan, results, *one, scratch)
                    return tell(results, one[0], one[2])
                except Failed as failure:
                    return failure

            for line in each(attempt, work, options.jobs):
                broken += isinstance(line, Failed)
                print(line, flush=True)
    if broken:
        stop(f"{broken} could not be measured")
    return results


def main():
    options = arguments()
    if options.report:
        return report(options)
    options.misses = options.seeds // 2  # more of them, and the median is settled
    work = {}
    for pattern in options.names or ["*"]:
        pattern, _, target = pattern.partition("@")
        if target and not os.path.exists(f"{ROOT}/fuzz/{target}.c"):
            stop(f"no fuzz target '{target}'")
        for bug in select([pattern]):  # named twice, measured once
            fuzzer = target or bug.target
            for config in options.config:
                work[bug.name, fuzzer, config] = (bug, fuzzer, config)
    results = measure_all(options, [*work.values()], forget=options.require)
    if not options.require:
        return 0
    missed = sum(row["outcome"] == "missed" for row in results.rows)
    print(f"{len(results.rows) - missed} passed, {missed} failed")
    return 1 if missed else 0


if __name__ == "__main__":
    start(main)
