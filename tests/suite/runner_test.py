"""tests/run itself: what its stages come to, and that nothing it starts outlives it.

Usage: runner_test.py; prints `N passed, N failed`. `runner_test.py --run DIR NAME...` is what it starts: a run
of the stages below, with their logs in DIR.
"""
import contextlib
import io
import os
import signal
import subprocess
import sys
import tempfile
import time

import runner
import stages
from runner import Stage

TABLE = [
    Stage("one", "a stage that passes", ["sh", "-c", "echo first; echo second; echo third"], tail=2),
    Stage("two", "a stage that counts", ["sh", "-c", "sleep 0.3; echo 5 passed, 0 failed"], ("one",)),
    Stage("bad", "a stage that fails", ["sh", "-c", "echo why; exit 3"]),
    Stage("behind", "one that wants that", ["true"], ("bad",)),
    Stage("further", "one that wants that in turn", ["true"], ("behind",)),
    Stage("lies", "one that counts a failure, and exits with 0", ["echo", "3 passed, 1 failed"], slow=True),
    Stage("killed", "one that dies of a signal", ["sh", "-c", "kill -9 $$"]),
    Stage("alone", "one that wants the machine for itself", ["sleep", "0.2"], alone=True),
    Stage("leaves", "one that leaves a process behind", ["sh", "-c", "setsid sleep 1000 & echo $! >left"]),
    Stage("long", "one that takes long, in groups of its own",
          ["bash", "-c", "set -m; sleep 1000 & echo $! >long; setsid sleep 1000 & echo $! >longer; wait"]),
    Stage("stubborn", "one that does not want to end",
          ["bash", "-c", "trap '' TERM INT; echo $$ >stubborn; sleep 1000"]),
]


def run_here(place, names):
    """For the process that this test starts."""
    os.chdir(place)
    runner.PATIENCE = 1.0
    return stages.main(names, TABLE, place)


class Checks:
    passed = 0
    failed = 0

    def expect(self, what, got, wanted):
        if got == wanted:
            self.passed += 1
        else:
            self.failed += 1
            print(f"runner: {what}: {got!r} instead of {wanted!r}")


def start(place, *names):
    return subprocess.Popen([sys.executable, __file__, "--run", place, *names], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, encoding="utf-8")


def outcome(place, *names):
    """The exit status and what is printed, of a run to its end."""
    process = start(place, *names)
    printed = process.communicate()[0]
    return process.returncode, printed


def alive(file):
    """Whether the process whose number is in the file lives."""
    with open(file, encoding="ascii") as lines:
        return os.path.exists(f"/proc/{int(lines.read())}")


def check_counts(checks):
    checks.expect("CTest counts", runner.count("100% tests passed, 0 tests failed out of 7\n", True), (7, 0))
    checks.expect("CTest's failures", runner.count("71% tests passed, 2 tests failed out of 7\n", False), (5, 2))
    checks.expect("a script's own count", runner.count("x\n12 passed, 3 failed\n", False), (12, 3))
    checks.expect("no count", runner.count("whatever\n", True), (1, 0))
    checks.expect("a failure that no log counts", runner.count("12 passed, 0 failed\n", False), (12, 1))
    checks.expect("a failure without a count", runner.count("", False), (0, 1))


def check_runs(checks, place):
    status, printed = outcome(place, "one", "two", "alone")
    checks.expect("all pass", (status, printed.splitlines()[-1]), (0, "7 passed, 0 failed"))
    checks.expect("the end of a log", "second\nthird\n" in printed and "first" not in printed, True)
    status, printed = outcome(place, "two")
    checks.expect("with what it needs", (status, printed.splitlines()[-1]), (0, "6 passed, 0 failed"))
    status, printed = outcome(place, "one", "further")
    checks.expect("one fails", (status, printed.splitlines()[-1]), (1, "1 passed, 3 failed"))
    checks.expect("its log is shown", "\nwhy\n" in printed, True)
    checks.expect("what wants it is not run", printed.count("NOT RUN"), 2)
    for name, last in (("lies", "3 passed, 1 failed"), ("killed", "0 passed, 1 failed")):
        status, printed = outcome(place, name)
        checks.expect(f"{name} fails", (status, printed.splitlines()[-1]), (1, last))
    checks.expect("left behind", (outcome(place, "leaves")[0], alive(f"{place}/left")), (0, False))


def check_interrupted(checks, place):
    for number in (signal.SIGINT, signal.SIGTERM):
        process = start(place, "long", "stubborn")
        files = [f"{place}/{name}" for name in ("long", "longer", "stubborn")]
        while not all(os.path.exists(file) and os.path.getsize(file) for file in files):
            time.sleep(0.05)
        process.send_signal(number)
        printed = process.communicate()[0]
        checks.expect("interrupted", (process.returncode, printed.splitlines()[-1]), (130, "interrupted"))
        checks.expect("nobody outlives it", [alive(file) for file in files], [False] * 3)
        for file in files:
            os.remove(file)


def check_words(checks, place):
    def status(*words):
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
            try:
                return stages.main(list(words), TABLE, place), out.getvalue()
            except SystemExit as stopped:
                return stopped.code, out.getvalue()

    checks.expect("an unknown stage", status("three")[0], 2)
    checks.expect("an unknown option", status("--fast")[0], 2)
    checks.expect("--list names each", [line.split()[0] for line in status("--list")[1].splitlines()],
                  [stage.name for stage in TABLE])
    checks.expect("--check runs nothing", status("--check", "bad")[0], 0)
    checks.expect("a pattern", [stage.name for stage in stages.chosen(TABLE, ["l*"], False)],
                  ["lies", "leaves", "long"])
    checks.expect("--quick", [stage.name for stage in stages.chosen(TABLE, [], True) if stage.slow], [])
    names = [stage.name for stage in stages.stages()]
    checks.expect("stages have names of their own", len(set(names)), len(names))
    checks.expect("and need what stands before them",
                  [stage.name for at, stage in enumerate(stages.stages()) if set(stage.needs) - set(names[:at])], [])


def main():
    if sys.argv[1:2] == ["--run"]:
        return run_here(sys.argv[2], sys.argv[3:])
    checks = Checks()
    with tempfile.TemporaryDirectory() as place:
        check_counts(checks)
        check_runs(checks, place)
        check_interrupted(checks, place)
        check_words(checks, place)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
