"""tests/planted/run: plants each bug kept here into a copy of src/, and demands that its program breaks its
clause and no other, the same way every time, and keeps the contract while the bug is not there. README.md
beside this file describes the format of a bug."""
import argparse
import os
import re
import shutil
import tempfile

import commands
from helpers import PROCESSORS, ROOT, Failed, each, lines_of, number, said, start
from plant import Build, Planted, compile_together, select, some_at_a_time, without_symbolizers

DESCRIPTION = """\
Plants the bugs named (all without a NAME; a NAME may be a pattern such as 'link-*') and says which are caught
as they should be. Build directories that are missing are made, and stale ones built again."""


def arguments():
    parser = argparse.ArgumentParser(
        prog="tests/planted/run", description=DESCRIPTION, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit status: 0 all caught, 1 something was not, 2 environment.")
    add = parser.add_argument
    add("names", metavar="NAME", nargs="*")
    add("--list", action="store_true", help="print a table of the bugs and what is missing of them, and run nothing")
    add("--repeat", metavar="N", type=number, default=100, help="runs of each program in one process (100)")
    add("--jobs", metavar="N", type=number, default=PROCESSORS,
        help="bugs tried at a time (the number of processors)")
    add("--asan", metavar="DIR", type=os.path.realpath, default=f"{ROOT}/build/tests/asan",
        help="clang build with ASan and UBSan (build/tests/asan)")
    add("--plain", metavar="DIR", type=os.path.realpath, default=f"{ROOT}/build/tests/plain",
        help="build without sanitizers (build/tests/plain)")
    add("--commands", action="store_true",
        help="also hold the other commands to each bug: minimize takes back out what was put into its program, "
             "source shows it without the harness, faults finds its injected fault")
    add("--seed", metavar="N", type=number, default=1, help="what is put into programs for --commands (1)")
    add("--each-alone", action="store_true",
        help="the runs in processes of their own, of a fuzz target linked with the bug, from bytes")
    add("--keep", metavar="DIR", type=os.path.realpath,
        help="leave each bug's source, objects and programs in DIR/NAME")
    return parser.parse_args()


# ---- one bug ----


def verdict(pinfuzz, repeat, program):
    """What is said of that many runs in one process, and the reports."""
    _, out, report = said([pinfuzz, "run", "--repeat", str(repeat), program])
    return out.strip().removeprefix(f"{program}: ").removesuffix(f" ({repeat} runs)"), report


def verdicts_apart(pinfuzz, repeat, program):
    """The same of as many runs in processes of their own: a set, of one when they agree."""
    _, out, report = said([pinfuzz, "run", *[program] * repeat])
    return {line.removeprefix(f"{program}: ") for line in out.splitlines()}, report


class Trial:
    """One bug, held to what its headers say. Each step raises Failed."""

    def __init__(self, bug, options, builds, work):
        self.bug = bug
        self.options = options
        self.builds = builds  # by label
        self.work = work
        self.caught, _, self.text = bug.header("Caught").partition(" ")
        self.planted = None

    def check_headers(self):
        bug = self.bug
        if not (bug.clause and bug.header("Kind") and bug.header("Story")):
            raise Failed("bug.patch wants Clause:, Kind: and Story: at its top")
        if not re.match(re.escape(bug.clause.lower()) + "-.", bug.name):
            raise Failed(f"the name of a bug begins with its clause, {bug.clause.lower()}-")
        if not any(lines_of(bug.program)):
            raise Failed("no program.txt")
        if self.caught not in ("", "asan", "both"):
            raise Failed("Caught: wants 'asan TEXT' or 'both TEXT'")

    def labels(self):
        """The builds in which it is seen."""
        return [label for label in self.builds if self.caught in ("", "both", label)]

    def plant(self):
        self.check_headers()
        self.planted = Planted(self.bug, self.work)

    def in_build(self, label):
        """The verdicts in one of the builds."""
        pinfuzz = self.planted.link(self.builds[label], f"{label}/pinfuzz", "cli")
        repeat = self.options.repeat
        wanted = f"violated {self.bug.clause}"
        if self.caught:
            got, report = verdicts_apart(pinfuzz, repeat, self.bug.program)
            heard = sum(self.text in line for line in report.splitlines())
            if heard < repeat or len(got) > 1 or not min(got).startswith("crashed"):
                raise Failed(f"{label}: {' / '.join(sorted(got))}, with '{self.text}' {heard} times in {repeat} runs",
                             report)
            return
        got, report = verdict(pinfuzz, repeat, self.bug.program)
        if re.match("crashed.* after ", got):
            # What a bug has broken may be beyond the repair that a second run in the same process wants.
            apart, report = verdicts_apart(pinfuzz, repeat, self.bug.program)
            got = " / ".join(sorted(apart))
        if got != wanted:
            raise Failed(f"{label}: {got}, not {wanted}", report)
        seed = self.bug.header("Seed")
        if seed:
            got, report = verdict(pinfuzz, 1, f"{ROOT}/{seed}")
            if got != wanted:
                raise Failed(f"{label}: {seed}: {got}, not {wanted}", report)

    def alone(self):
        """What the fuzz target says of the bytes, each time in a new process."""
        bug, asan = self.bug, self.builds["asan"]
        target = self.planted.link_target(asan, f"alone/{bug.target}")
        data = f"{self.work}/alone/input"
        status, out, report = said([f"{asan.directory}/pinfuzz", "bytes", bug.program, "-o", data])
        if status:
            raise Failed("alone: no bytes", out + report)
        wanted = self.text if self.caught else f"contract violation: {bug.clause} ("
        status, out, report = said([f"{asan.directory}/{bug.target}", data])
        if status:
            raise Failed("alone: without the bug", out + report)
        for n in range(self.options.repeat):
            status, out, report = said([target, f"-artifact_prefix={self.work}/alone/", data])
            if not status or wanted not in out + report:
                raise Failed(f"alone: process {n + 1} of {self.options.repeat} ended with {status}, "
                             f"without '{wanted}'", out + report)

    def run(self, unplanted):
        """`unplanted`: by label, what the program does without the bug."""
        if self.options.each_alone:
            self.alone()
            return
        for label in self.builds:
            got, report = unplanted[label]
            if got != "kept":
                raise Failed(f"{label}: without the bug: {got}", report)
            if label in self.labels():
                self.in_build(label)

    def line(self):
        """What was seen."""
        swept = self.bug.header("Sweep")
        return (self.bug.clause + (f", seen by: {self.text}" if self.caught else "")
                + (f", rollback of: {swept}" if swept else ""))


# ---- all of them, a few at a time; told in their order ----


def without(build, bugs):
    """What the build says of each bug's program without the bug, by name."""
    programs = [bug.program for bug in bugs if os.path.exists(bug.program)]
    _, out, report = said([f"{build.directory}/pinfuzz", "run", *programs])
    verdicts = dict(line.rsplit(": ", 1) for line in out.splitlines() if ": " in line)
    return {bug.name: (verdicts.get(bug.program, "no verdict"), report) for bug in bugs}


def clauses():
    return set(re.findall(r'^ *X\([A-Z0-9_]*, "([A-Z0-9-]+)"',
                          "\n".join(lines_of(f"{ROOT}/harness/contract/contract.h")), re.MULTILINE))


def clauses_without(bugs):
    """The clauses that none of the bugs breaks."""
    known = {bug.clause for bug in bugs}
    known.add("DIALECT-STEADY")  # the core's choices are declared; tests/dialects/bad/ breaks it
    return sorted(clauses() - known)


def table(bugs, every):
    """Prints the bugs, and what is missing of them; `every`: of all clauses. Returns the exit status."""
    failed = 0
    for bug in bugs:
        print(f"{bug.name:44} {bug.clause:15} {bug.header('Kind'):10} {bug.header('Story')}")
        try:
            Trial(bug, None, {}, "").check_headers()
        except Failed as failure:
            failed += 1
            print(f"FAILED  {bug.name:44} {failure}")
    missing = clauses_without(bugs) if every else []
    if missing:
        failed += 1
        print(f"FAILED  no bug for {' '.join(missing)}")
    return 1 if failed else 0


def attempt(trials, unplanted):
    """What becomes of some bugs, whose files are compiled together: of each whether it is caught, and a line."""
    options, builds, failures = trials[0].options, trials[0].builds, {}

    def step(work):
        for trial in trials:
            try:
                if trial.bug.name not in failures:
                    work(trial)
            except Failed as failure:
                failures[trial.bug.name] = str(failure)

    def left(label):
        return [trial for trial in trials if trial.bug.name not in failures and label in trial.labels()]

    for trial in trials:
        shutil.rmtree(trial.work, ignore_errors=True)
    step(lambda trial: trial.plant())
    if not options.each_alone:
        for label, build in builds.items():
            compile_together([trial.planted for trial in left(label)], build)
    step(lambda trial: trial.run({label: verdicts[trial.bug.name] for label, verdicts in unplanted.items()}))
    if options.commands:
        step(commands.write_source)
        commands.compile_sources([trial for trial in trials if trial.bug.name not in failures])
        step(commands.hold)
    if not options.keep:
        for trial in trials:
            shutil.rmtree(trial.work, ignore_errors=True)
    return [(trial.bug, trial.bug.name not in failures, failures.get(trial.bug.name, trial.line()))
            for trial in trials]


def attempts(kind, bugs, options, builds):
    """Those of all bugs, as trials of this kind, in their order."""
    # The same report whatever the environment says, without a symbolizer's start-up time, and without the search for
    # leaks at each end, which takes longer than the program: no bug is one that it sees.
    os.environ.update(ASAN_OPTIONS="symbolize=0:detect_leaks=0", UBSAN_OPTIONS="symbolize=0")
    with tempfile.TemporaryDirectory() as scratch:
        without_symbolizers(scratch)
        unplanted = {label: without(build, bugs) for label, build in builds.items()}
        trials = [kind(bug, options, builds, os.path.join(options.keep or scratch, bug.name)) for bug in bugs]
        for some in each(lambda some: attempt(some, unplanted), some_at_a_time(trials, options.jobs), options.jobs):
            for bug, ok, text in some:
                print(f"{'passed' if ok else 'FAILED'}  {bug.name:44} {text}", flush=True)
                yield bug, ok


def main():
    options = arguments()
    bugs = select(options.names)
    if options.list:
        return table(bugs, not options.names)

    targets = ["pinfuzz", "grow"]  # the latter is made of what bugs that are no races are linked with
    builds = {"asan": Build(options.asan, targets + (["fuzzers"] if options.each_alone else []),
                            engine="libfuzzer", sanitize="address,undefined")}
    if not options.each_alone:
        builds["plain"] = Build(options.plain, targets, engine="standalone", sanitize="")

    passed, failed, swept = 0, 0, {}
    for bug, ok in attempts(Trial, bugs, options, builds):
        passed, failed = passed + ok, failed + (not ok)
        if ok:
            swept.setdefault(bug.header("Sweep"), []).append(bug.name)

    # A clause without a bug here is one of which nobody knows whether its check can fail.
    if not options.names:
        missing = clauses_without(bugs)
        if missing:
            failed += 1
            print(f"FAILED  no bug for {' '.join(missing)}")
        if options.commands:
            failed += not commands.swept_steps(swept)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    start(main)
