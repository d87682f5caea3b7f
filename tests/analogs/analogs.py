"""tests/analogs/run: real bugs of other projects, retold as mistakes in src/. Holds each to its program, or has fuzzing
look for it and prints what it found of each half. README.md beside this file describes the form of an analog."""
import argparse
import os
import re

import bench
import run
from helpers import PROCESSORS, ROOT, Failed, lines_of, number, start, stop
from plant import Build, select

DESCRIPTION = """\
Plants the analogs named (all without a NAME; a NAME may be a pattern such as '0[0-2]*') and demands that each one's
program shows it as its headers say, and keeps the contract without it. With --fuzz each is fuzzed instead, from an
empty corpus, until anything is found."""

GROUPS = ("iommu", "display", "windows", "handles")
WANTED = ("Source", "Group", "Kind", "Clause", "Story", "Here")
HALVES = {"even": (0,), "odd": (1,), "both": (0, 1)}


def percent(text):
    if not re.fullmatch(r"[0-9]{1,2}(\.[0-9])?|100", text):
        raise argparse.ArgumentTypeError("wants a percentage from 0 to 100")
    return float(text)


def arguments():
    parser = argparse.ArgumentParser(
        prog="tests/analogs/run", description=DESCRIPTION, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Only the even half is for working on: the odd one is fuzzed for the figure.\n"
               "Exit status: 0, 1 a check failed (with --fuzz: --require was not met), 2 usage or environment.")
    add = parser.add_argument
    add("names", metavar="NAME", nargs="*")
    add("--list", action="store_true", help="print a table of the analogs and what is wrong with them, and run nothing")
    add("--place", metavar="DIR", type=os.path.realpath, default=f"{ROOT}/tests/analogs",
        help="where the analogs are (tests/analogs)")
    add("--jobs", metavar="N", type=number, help="analogs tried (the number of processors) or fuzzed (1) at a time")
    add("--asan", metavar="DIR", type=os.path.realpath, default=f"{ROOT}/build/tests/asan",
        help="clang build with ASan and UBSan (build/tests/asan)")
    checks = parser.add_argument_group("checking")
    add = checks.add_argument
    add("--plain", metavar="DIR", type=os.path.realpath, default=f"{ROOT}/build/tests/plain",
        help="clang build without sanitizers (build/tests/plain)")
    add("--builds", choices=("both", "asan", "plain"), default="both", help="in which of them (both)")
    add("--repeat", metavar="N", type=number, default=10, help="runs of each program in one process (10)")
    add("--keep", metavar="DIR", type=os.path.realpath,
        help="leave each analog's source, objects and programs in DIR/NAME")
    fuzzing = parser.add_argument_group("fuzzing")
    add = fuzzing.add_argument
    add("--fuzz", action="store_true", help="measure how many of them fuzzing finds, and print a table")
    add("--half", choices=tuple(HALVES), default="both", help="those of an even number, of an odd one, or both (both)")
    add("--seeds", metavar="N", type=number, default=5, help="runs of each, with seeds 1 to N (5)")
    add("--budget", metavar="S", type=bench.seconds, default="60", help="seconds of processor time for each run (60)")
    add("--out", metavar="DIR", type=os.path.realpath, default=f"{ROOT}/build/analogs",
        help="results.tsv, a line a run; what it already says is not measured again (build/analogs)")
    add("--require", metavar="PERCENT", type=percent,
        help="fail when fewer of a half are found in each of the runs")
    return parser.parse_args()


# ---- the form ----


def number_of(analog):
    return int(analog.name[:3])


def half_of(analog):
    return "odd" if number_of(analog) % 2 else "even"


def wrong_lines(analog):
    """What is wrong with the lines above the diff."""
    seen = set()
    for n, line in enumerate(lines_of(analog.patch), 1):
        if not line:
            break
        key, colon, value = line.partition(": ")
        if not colon or key not in (*WANTED, "Caught"):
            yield f"bug.patch:{n}: expected one of {' '.join(WANTED)} Caught, a colon and a text, not '{line}'"
        elif key in seen:
            yield f"bug.patch:{n}: a second {key}:"
        elif not value.strip():
            yield f"bug.patch:{n}: nothing behind {key}:"
        seen.add(key)
    missing = [f"{key}:" for key in WANTED if key not in seen]
    if missing:
        yield f"bug.patch: no {' '.join(missing)} above the first empty line"


def wrong_values(analog, clauses):
    """What is wrong with what the headers say."""
    if analog.header("Group") not in GROUPS:
        yield f"Group: expected one of {' '.join(GROUPS)}, not '{analog.header('Group')}'"
    if not re.fullmatch("CWE-[1-9][0-9]*", analog.header("Kind")):
        yield f"Kind: expected CWE- and a number, not '{analog.header('Kind')}'"
    if " " not in analog.header("Source"):
        yield f"Source: expected a project and which of its bugs, not '{analog.header('Source')}'"
    clause, caught = analog.clause, analog.header("Caught")
    if clause != "-" and clause not in clauses:
        yield f"Clause: expected one of `pinfuzz clauses`, or - for what a Caught: tells, not '{clause}'"
    if (clause == "-") != bool(caught):
        yield "expected a Clause: of the contract, or Clause: - and a Caught:"
    if caught and not re.fullmatch("(asan|both) .+", caught):
        yield f"Caught: expected 'asan TEXT' or 'both TEXT', not '{caught}'"


def wrong(analog, clauses):
    """What is wrong with an analog as it stands."""
    if not re.fullmatch(r"[0-9]{3}(-[a-z0-9]+)+", analog.name):
        return ["expected a name like 007-some-words"]
    extra = sorted(set(os.listdir(analog.place)) - {"bug.patch", "program.txt"})
    return ([f"a file that is none of bug.patch, program.txt: {file}" for file in extra]
            + (list(wrong_lines(analog)) or list(wrong_values(analog, clauses)))
            + ([] if any(lines_of(analog.program)) else ["no program.txt, or nothing in it"]))


def wrong_numbers(analogs):
    """Numbers that two have, and numbers that a group skips: halves by number are halves as long as none is left out."""
    by_number = {}
    for analog in analogs:
        if re.match("[0-9]{3}-", analog.name):
            by_number.setdefault(number_of(analog), []).append(analog)
    for named, several in sorted(by_number.items()):
        if len(several) > 1:
            yield f"number {named:03} twice: {' '.join(one.name for one in several)}"
    for group in GROUPS:
        of_group = sorted(named for named, several in by_number.items() if several[0].header("Group") == group)
        for before, behind in zip(of_group, of_group[1:]):
            if behind != before + 1:
                yield f"a gap in group {group}: {before:03} and then {behind:03}"


class Trial(run.Trial):
    """An analog, held to what its headers say; --each-alone and --commands are for planted bugs."""

    def check_headers(self):
        faults = wrong(self.bug, run.clauses())
        if faults:
            raise Failed("; ".join(faults))

    def line(self):
        return f"{self.bug.clause if not self.caught else self.text:24} {self.bug.header('Source')}"


def check(options, analogs):
    """The exit status of all that is not fuzzing."""
    passed = failed = 0
    if options.list:
        clauses = run.clauses()
        for analog in analogs:
            print(f"{analog.name:44} {analog.header('Group'):8} {analog.clause:15} {analog.header('Kind'):9} "
                  f"{analog.header('Source')}")
            faults = wrong(analog, clauses)
            failed += bool(faults)
            for fault in faults:
                print(f"FAILED  {analog.name:44} {fault}")
    else:
        builds = {}
        if options.builds != "plain":
            builds["asan"] = Build(options.asan, ["pinfuzz"], engine="libfuzzer", sanitize="address,undefined")
        if options.builds != "asan":
            builds["plain"] = Build(options.plain, ["pinfuzz"], engine="standalone", sanitize="")
        for _, ok in run.attempts(Trial, analogs, options, builds):
            passed, failed = passed + ok, failed + (not ok)
    if not options.names:
        for fault in wrong_numbers(analogs):
            failed += 1
            print(f"FAILED  {fault}")
    if not options.list:
        print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


# ---- what fuzzing finds ----


class Found:
    """What became of the runs of some analogs, each with seeds 1 to N and this budget."""

    def __init__(self, analogs, results, options):
        self.seeds = options.seeds
        self.runs = {analog.name: [self.best(analog, results, seed) for seed in range(1, options.seeds + 1)]
                     for analog in analogs}

    @staticmethod
    def best(analog, results, seed):
        """The processor time of a run that found something; infinite where none did."""
        times = [float(row["cpu_s"]) for row in results.of(analog, "a")
                 if row["seed"] == str(seed) and row["target"] == analog.target and row["outcome"] == "found"]
        return min(times, default=float("inf"))

    def in_runs(self, name):
        return sum(time < float("inf") for time in self.runs[name])

    @property
    def always(self):
        return sum(self.in_runs(name) == self.seeds for name in self.runs)

    @property
    def share(self):
        """The percentage found in all runs."""
        return 100 * self.always / len(self.runs)

    def cells(self, budget):
        """A half of a row. The median and the worst of all runs, of which those that miss take longer than any."""
        never = sum(not self.in_runs(name) for name in self.runs)
        times = sorted(time for some in self.runs.values() for time in some)
        if not times:
            return ["0", "", "", "", "", "", ""]
        shown = [f"> {budget}" if time == float("inf") else f"{time:.2f}"
                 for time in (times[(len(times) - 1) // 2], times[-1])]
        return [str(len(self.runs)), str(self.always), str(len(self.runs) - self.always - never), str(never),
                f"{self.share:.1f}", *shown]


def table(options, analogs, results):
    """Prints what was found, the halves beside each other, and what was not. The halves, by name."""
    halves = [half for half in ("even", "odd") if options.half in (half, "both")]

    def found(half, group):
        return Found([one for one in analogs if half_of(one) == half and group in ("all", one.header("Group"))],
                     results, options)

    heads = ["analogs", "in all", "in some", "in none", "% in all", "median s", "worst s"]
    print(f"\nFound in {options.seeds} runs each, of up to {options.budget} s of processor time:\n")
    print("| group | " + " | ".join(f"{half}: {head}" if head == "analogs" else head
                                    for half in halves for head in heads) + " |")
    print("|---|" + "---:|" * len(heads) * len(halves))
    for group in (*GROUPS, "all"):
        print(f"| {group} | " + " | ".join(cell for half in halves
                                           for cell in found(half, group).cells(options.budget)) + " |")
    for half in halves:
        whole = found(half, "all")
        missed = [one for one in analogs if half_of(one) == half and whole.in_runs(one.name) < options.seeds]
        print(f"\nMissed of the {half} half: {len(missed) or 'none'}")
        for one in missed:
            print(f"- {one.name}: found in {whole.in_runs(one.name)} of {options.seeds} runs. {one.header('Here')}")
    return {half: found(half, "all") for half in halves}


def fuzz(options, analogs):
    analogs = [one for one in analogs if number_of(one) % 2 in HALVES[options.half]]
    if not analogs:
        stop(f"none of these is in the {options.half} half")
    options.misses = options.seeds  # each run is made: whether all find it is the question
    results = bench.measure_all(options, [(analog, analog.target, "a") for analog in analogs])
    status = 0
    for half, found in table(options, analogs, results).items():
        if options.require is not None and found.runs and found.share < options.require:
            print(f"FAILED  the {half} half: {found.share:.1f} % found in each run, not {options.require:g} %")
            status = 1
    return status


def main():
    options = arguments()
    options.each_alone = options.commands = False
    options.jobs = options.jobs or (1 if options.fuzz else PROCESSORS)
    if not os.path.isdir(options.place):
        stop(f"no directory {options.place}")
    analogs = select(options.names, options.place)
    if not analogs:
        stop(f"no analogs in {options.place}")
    if not options.fuzz:
        return check(options, analogs)
    for analog in analogs:
        faults = wrong(analog, run.clauses())
        if faults:
            stop(f"{analog.name}: {faults[0]}")
    return fuzz(options, analogs)


if __name__ == "__main__":
    start(main)
