"""tests/planted/names: what crash triage calls the planted bugs. Plants each, has a fuzz target die of it under
each sanitizer and under none, and demands one name everywhere, that of its clause, and another one for each
clause. A name is what ClusterFuzz takes: the message, the innermost function that it does not pass over, and that
one's caller. How unlike two names have to be is tests/unit/contract_test.c's to say."""
import argparse
import itertools
import os
import re
import shutil
import subprocess
import tempfile

from helpers import PROCESSORS, ROOT, Failed, each, number, said, start
from plant import Build, Planted, compile_together, select, some_at_a_time

BUILDS = {"both": "address,undefined", "address": "address", "undefined": "undefined", "none": ""}

# What must die of its input, in that time: it takes a tenth of a second.
SECONDS = 120

# Functions that are passed over, as in tests/unit/alike.h.
PASSED_OVER = re.compile(
    r"(raise$|gsignal|__|fuzzer::|abort|calloc|c?free|malloc|realloc|_int_|new|delete|main|operator"
    r"|mem(cmp|cpy|move|set)|str(cmp|cpy|dup|len|ncpy)"
    r"|print_|exit_|dump_|check_memory_region|object_err)|.*(assert|logger)")


def builds(text):
    names = text.split(",")
    if not set(names) <= set(BUILDS):
        raise argparse.ArgumentTypeError("wants some of both,address,undefined,none")
    return names


def arguments():
    parser = argparse.ArgumentParser(
        prog="tests/planted/names", description="Says by which name triage knows each bug (all without a NAME; a NAME "
        "may be a pattern such as 'race-*').", allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="What an implementation is killed by differs from sanitizer to sanitizer: of a bug with a `Caught:`\n"
               "only the logs that have its text must agree. Build directories that are missing are made, stale\n"
               "ones built again. Exit status: 0 as it should be, 1 some name is not, 2 environment.")
    add = parser.add_argument
    add("names", metavar="NAME", nargs="*")
    add("--builds", metavar="LIST", type=builds, default=list(BUILDS),
        help="some of both,address,undefined,none (all): ASan and UBSan, one of them, no sanitizer; each with "
             "libFuzzer, in build/tests/asan and build/names/{address,undefined,none}")
    add("--jobs", metavar="N", type=number, default=PROCESSORS, help="bugs tried at a time (the number of processors)")
    add("--keep", metavar="DIR", type=os.path.realpath,
        help="leave each crash log in DIR/NAME.BUILD, for a parser of your own")
    return parser.parse_args()


def name_of(log):
    """The three parts of a name; None of a log without a death."""
    message, functions, died, seen = None, [], False, False
    for line in log.splitlines():
        if message is None and line.startswith("ASSERTION FAILED: "):
            message = line.split()[2]
        died = died or "runtime error: " in line or "ERROR: " in line
        frame = re.match(r" *#[0-9]+ 0x[0-9a-f]+ in ([^ (]*)", line)
        if died and frame:
            seen = True
            if not PASSED_OVER.match(frame[1]) and len(functions) < 2:
                functions.append(frame[1])
        elif seen and not re.match(" *#", line):
            break
    return (message or "-", *functions) if died else None


class Trial:
    def __init__(self, bug, options, built, work):
        self.bug = bug
        self.options = options
        self.built = built  # builds, by name
        self.work = work
        self.text = bug.header("Caught").partition(" ")[2]
        self.planted = None

    def plant(self):
        self.planted = Planted(self.bug, self.work, "-O1")

    def log(self, name, data):
        """What the fuzz target of a build says of the bug's program."""
        program = self.planted.link_target(self.built[name], f"{name}/{self.bug.target}")
        try:
            _, out, _ = said([program, f"-artifact_prefix={self.work}/", data], cwd=self.work, timeout=SECONDS,
                             stderr=subprocess.STDOUT)
        except subprocess.TimeoutExpired:
            raise Failed(f"{name}: longer than {SECONDS} s") from None
        if self.options.keep:
            with open(f"{self.options.keep}/{self.bug.name}.{name}", "w", encoding="utf-8") as file:
                file.write(out)
        return out

    def name(self):
        """The one name in all builds; None when no sanitizer shows it."""
        data, wanted = f"{self.work}/input", None
        pinfuzz = f"{next(iter(self.built.values())).directory}/pinfuzz"
        status, out, report = said([pinfuzz, "bytes", self.bug.program, "-o", data])
        if status:
            raise Failed("no bytes", out + report)
        for name in self.built:
            log = self.log(name, data)
            if self.text and self.text not in log:
                continue
            got = name_of(log)
            if got is None or len(got) != 3:
                raise Failed(f"{name}: no name", log, 40)
            if not self.text:
                self.check_clause(name, got, log)
            if wanted not in (None, got):
                raise Failed(f"{name}: '{' '.join(got)}', before that '{' '.join(wanted)}'", log, 60)
            wanted = got
        # A build without the sanitizer that sees it shows nothing.
        if wanted is None and "both" in self.built:
            raise Failed(f"no log has '{self.text}'", log, 40)
        return wanted

    def check_clause(self, name, got, log):
        if f"contract violation: {self.bug.clause} (" not in log:
            raise Failed(f"{name}: not violated {self.bug.clause}", log, 40)
        if got[0] != got[1] or got[2] != "contract_fail":
            raise Failed(f"{name}: '{' '.join(got)}' is no clause's name", log, 60)


def main():
    options = arguments()
    bugs = select(options.names)
    if options.keep:
        os.makedirs(options.keep, exist_ok=True)
    built = {}
    for name in options.builds:
        directory = f"{ROOT}/build/" + ("tests/asan" if name == "both" else f"names/{name}")
        built[name] = Build(directory, ["pinfuzz", "fuzzers"], stacks=True, engine="libfuzzer", sanitize=BUILDS[name])
    passed = failed = 0
    clause_of, name_of_clause = {}, {}

    def attempt(some):
        """Of each its name, or what is wrong."""
        trials = [Trial(bug, options, built, f"{scratch}/{bug.name}") for bug in some]
        wrong = {}

        def step(work, trial):
            try:
                return None if trial in wrong else work(trial)
            except Failed as failure:
                wrong[trial] = str(failure)
                return None

        for trial in trials:
            step(Trial.plant, trial)
        for build in built.values():
            compile_together([trial.planted for trial in trials if trial not in wrong], build, covered="_covered", flags=())
        names = [step(Trial.name, trial) for trial in trials]
        for trial in trials:
            shutil.rmtree(trial.work, ignore_errors=True)
        return [(trial.bug, name, wrong.get(trial)) for trial, name in zip(trials, names)]

    with tempfile.TemporaryDirectory() as scratch:
        for bug, name, wrong in itertools.chain.from_iterable(
                each(attempt, some_at_a_time(bugs, options.jobs), options.jobs)):
            text = wrong or f"{bug.clause}: {' '.join(name) if name else 'not seen'}"
            # One name, one clause, and the other way round.
            if name and not bug.header("Caught"):
                if clause_of.get(name, bug.clause) != bug.clause:
                    wrong = f"{text}, as {clause_of[name]}"
                elif name_of_clause.get(bug.clause, name) != name:
                    wrong = f"{text}, as {' '.join(name_of_clause[bug.clause])}"
                else:
                    clause_of[name], name_of_clause[bug.clause] = bug.clause, name
            passed, failed = passed + (not wrong), failed + bool(wrong)
            print(f"{'FAILED' if wrong else 'passed'}  {bug.name:44} {wrong or text}", flush=True)
    print(f"{len(clause_of)} names of {len(name_of_clause)} clauses\n{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    start(main)
