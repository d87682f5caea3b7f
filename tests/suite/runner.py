"""Runs stages, as many at a time as there are processors, and tells what became of each.

A stage is a command in a process group of its own, with a log of its own. Most keep several processors busy
for a while, and wait for their last process then: so two of them run at a time. Those that mostly wait run
beside them, and one that measures runs alone. Nothing that a stage starts outlives the run: whoever is left
behind becomes a child of this process, and is killed.
"""
import ctypes
import dataclasses
import os
import re
import signal
import subprocess
import time

# So long may a stage take to end when it is asked to.
PATIENCE = 10.0
# Stages at a time that wait, and as many that do not: each may start a process a processor.
AT_ONCE = 2


@dataclasses.dataclass
class Stage:
    name: str  # a word: for the command line, and the name of its log
    title: str
    command: list  # words
    needs: tuple = ()  # names of stages that must have passed
    waits: bool = False  # it mostly waits
    alone: bool = False  # wants the machine for itself
    tail: int = 0  # lines of its log to show when it passed
    slow: bool = False  # left out by --quick
    apart: bool = False  # runs where it is named alone: in tests/compilers


@dataclasses.dataclass
class Outcome:
    word: str  # passed, FAILED, NOT RUN
    wall: float = 0.0
    cpu: float = 0.0
    passed: int = 0
    failed: int = 0


class Interrupted(Exception):
    pass


def count(text, ok):
    """Checks passed and failed, as a log counts them: CTest's closing line, or `N passed, N failed`; else one
    a stage. A stage that failed has a failure, whatever its log counted."""
    ctest = re.findall(r"([0-9]+) tests failed out of ([0-9]+)", text)
    own = re.findall(r"^([0-9]+) passed, ([0-9]+) failed", text, re.MULTILINE)
    if ctest:
        failed, total = map(int, ctest[-1])
        passed = total - failed
    elif own:
        passed, failed = map(int, own[-1])
    else:
        passed, failed = (1, 0) if ok else (0, 1)
    if not ok and not failed:
        failed = 1
    return passed, failed


# ---- processes ----


def adopt_orphans():
    """Makes this process the parent of what its descendants leave behind: prctl(PR_SET_CHILD_SUBREAPER)."""
    ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0)


def descendants():
    """Process numbers of all that this process has started, and what that has started, and so on."""
    children = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as file:
                # Behind the command's name, which may hold blanks and brackets: state, then parent.
                parent = int(file.read().rpartition(")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            continue  # it has ended meanwhile
        children.setdefault(parent, []).append(int(entry))
    found, waiting = [], [os.getpid()]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def reap(wait):
    """The next child that has ended, as (pid, ok, seconds of processor); None when there is none (yet)."""
    try:
        pid, status, used = os.wait4(-1, 0 if wait else os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, status == 0, used.ru_utime + used.ru_stime) if pid else None


def end_all(groups):
    """Asks the groups to end; what is left after a while, or is in none of them, is killed."""
    for group in groups:
        try:
            os.killpg(group, signal.SIGTERM)
        except ProcessLookupError:
            pass
    until = time.monotonic() + (PATIENCE if groups else 0)
    while time.monotonic() < until and descendants():
        if not reap(wait=False):
            time.sleep(0.05)
    while True:
        left = descendants()
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if not left:
            return
        while reap(wait=False):
            pass
        time.sleep(0.01)


# ---- the run ----


class Runner:
    def __init__(self, stages, logs, show_failure, skipped=None):
        self.stages = stages
        self.logs = logs
        self.show_failure = show_failure  # prints of a log what a person wants of it
        self.skipped = skipped  # what cannot be checked here, in a line
        self.outcomes = {}  # by name
        self.running = {}  # by process number: stage, began
        self.waiting = list(stages)

    def log_of(self, stage):
        return os.path.join(self.logs, stage.name + ".log")

    def may_start(self, stage):
        if any(need not in self.outcomes for need in stage.needs):
            return False
        running = [other for other, _ in self.running.values()]
        if stage.alone or any(other.alone for other in running):
            return not running
        return sum(other.waits == stage.waits for other in running) < AT_ONCE

    def start(self, stage):
        with open(self.log_of(stage), "wb") as log:
            process = subprocess.Popen(stage.command, stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=subprocess.STDOUT, start_new_session=True)
        # It is this module that waits for it.
        process.returncode = 0
        self.running[process.pid] = stage, time.monotonic()

    def start_what_may(self):
        for stage in list(self.waiting):
            missing = [need for need in stage.needs
                       if need in self.outcomes and self.outcomes[need].word != "passed"]
            if missing:
                self.waiting.remove(stage)
                self.outcomes[stage.name] = Outcome("NOT RUN", failed=1)
                print(f"== {stage.title}: not run, for {missing[0]} did not pass", flush=True)
            elif self.may_start(stage):
                self.waiting.remove(stage)
                self.start(stage)

    def finish(self, stage, began, ok, cpu):
        wall = time.monotonic() - began
        log = self.log_of(stage)
        with open(log, encoding="utf-8", errors="replace") as file:
            text = file.read()
        passed, failed = count(text, ok)
        ok = ok and not failed
        outcome = Outcome("passed" if ok else "FAILED", wall, cpu, passed, failed)
        self.outcomes[stage.name] = outcome
        print(f"== {stage.title}: {outcome.word} after {wall:.1f} s ({cpu:.1f} s of processor)", flush=True)
        if ok:
            if stage.tail:
                print("\n".join(text.splitlines()[-stage.tail:]), flush=True)
        else:
            self.show_failure(log)
            print(f"== {stage.title}: the whole log is {os.path.relpath(log)}", flush=True)

    def run(self):
        """True when all passed. Raises Interrupted."""
        adopt_orphans()
        os.makedirs(self.logs, exist_ok=True)

        def interrupted(number, _):
            raise Interrupted(number)

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, interrupted)
        try:
            self.start_what_may()
            while self.running:
                pid, ok, cpu = reap(wait=True)
                if pid in self.running:
                    self.finish(*self.running.pop(pid), ok, cpu)
                    self.start_what_may()
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            end_all(self.running)
        return self.summary()

    def summary(self):
        print()
        passed = failed = 0
        for stage in self.stages:
            outcome = self.outcomes[stage.name]
            passed += outcome.passed
            failed += outcome.failed
            print(f"{outcome.word:7}  {outcome.wall:6.1f} s  {outcome.cpu:6.1f} s of processor  "
                  f"{outcome.passed + outcome.failed:3} checks  {stage.name}: {stage.title}")
        if self.skipped:
            print(f"skipped  {self.skipped}")
        print(f"\n{passed} passed, {failed} failed", flush=True)
        return not failed
