#!/usr/bin/env python3
"""Kills a campaign at moments drawn from a seed, with kill -9: of everything, or of fuzz/run alone, whose processes
must then die with it. The subject has bugs planted, so that there is always something to lose.

After each kill: nothing of the campaign lives on; each finding that was ever printed is on disk, and breaks again what
it was said to break; each input that the corpus and AFL++'s queues held before the round is still in one of them. A
last run, undisturbed, leaves no finding without its text and its log.

Exit status: 0 nothing lost, 1 something was, 2 usage or environment.
"""
import contextlib
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import campaigns  # pylint: disable=wrong-import-position
import checks  # pylint: disable=wrong-import-position
from helpers import ROOT, Failed, number  # pylint: disable=wrong-import-position

TARGET = "pin_unpin_fuzzer"
FINDINGS = f"build/findings/{TARGET}"
# Bugs of which byte and operation mutation each find some within seconds.
PLANTED = "map-range-sum-wraps", "pin-twice-forms-counted-apart", "link-order-lead-stops-last"


def arguments():
    parser = campaigns.arguments(__doc__)
    add = parser.add_argument
    add("--rounds", metavar="N", type=number, default=20, help="how often (20)")
    add("--longest", metavar="S", type=number, default=12,
        help="seconds into a campaign; a start takes one or two (12)")
    add("--seed", metavar="N", type=int, default=1, help="what the moments are drawn from (1)")
    add("--engine", metavar="NAME", default="both", help="libfuzzer, afl, or both (both)")
    return parser.parse_args()


def said():
    """What the campaign said."""
    return checks.read("log")


def end_of_log():
    return "\n".join(said().splitlines()[-40:])


# ---- the campaign: a core with bugs, and the seeds that do not meet them ----


def forget():
    """Leaves nothing of campaigns before."""
    for old in "corpus", "build/findings", "build/logs", "build/afl-out":
        shutil.rmtree(old, ignore_errors=True)


def run(command, seconds):
    """Runs the campaign for some time. Its exit status."""
    with open("log", "wb") as log:
        return subprocess.run([*command, "--seconds", str(seconds)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                              check=False).returncode


def prepare(options):
    """fuzz/run over the bugs, with seeds of which none meets them."""
    place = os.getcwd()
    for old in "src", "seeds":
        shutil.rmtree(old, ignore_errors=True)
    forget()
    campaigns.copy_subject(place)
    os.makedirs(f"seeds/{TARGET}")
    for bug in PLANTED:
        checks.output(["patch", "-d", place, "-p1", "--fuzz=0", "--force", "--no-backup-if-mismatch",
                       "-i", f"{ROOT}/tests/planted/{bug}/bug.patch"], 0)
    command = [*campaigns.fuzz_run(place, options.objects), "--engine", options.engine, "--keep-going",
               "--target", TARGET, "--jobs", "2", "--seeds", f"{place}/seeds"]
    if run(command, 1) not in (0, 1):
        raise Failed("the campaign does not run", end_of_log(), 40)
    forget()
    return command


def take_seeds(check):
    """Those of the corpus that break nothing of what is planted."""
    files = [entry.path for entry in os.scandir(f"{ROOT}/corpus/{TARGET}") if entry.is_file()]
    kept = [file for file in files if checks.output(["build/pinfuzz", "run", file])[0] == 0]
    for file in kept:
        shutil.copy(file, f"seeds/{TARGET}")
    check.holds(kept, "every seed meets a planted bug")
    check.holds(len(kept) < len(files), "no seed meets a planted bug")


# ---- killing ----


def family(process):
    """A process and all that descend from it."""
    found = [process]
    with contextlib.suppress(OSError):
        for child in checks.read(f"/proc/{process}/task/{process}/children").split():
            found += family(int(child))
    return found


def kill(processes):
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def wait_for(condition, seconds):
    """Whether it holds at last."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def run_and_kill(command, draw, longest, found):
    """Kills a campaign at some moment, once it has told a finding if nothing is `found` yet. Says what was killed."""
    with open("log", "wb") as log, subprocess.Popen([*command, "--seconds", "600"], stdin=subprocess.DEVNULL,
                                                    stdout=log, stderr=log) as process:
        try:
            # Three kills in four hit the campaign, the others also what comes before it.
            if not found:
                wait_for(lambda: re.search("^found in ", said(), re.MULTILINE), 300)
            elif draw.randrange(4):
                wait_for(lambda: re.search("targets, .* at once", said()), 120)
            time.sleep(draw.uniform(0, longest))
            how = draw.choice(("everything", "fuzz/run"))
            kill(family(process.pid) if how == "everything" else [process.pid])
        except BaseException:
            kill(family(process.pid))
            raise
    return how


# ---- what must not be lost ----


def sha1(path):
    with open(path, "rb") as file:
        return hashlib.sha1(file.read()).hexdigest()


def inputs():
    """The files of corpus and queues."""
    for directory in f"corpus/{TARGET}", f"corpus/.aside/{TARGET}":
        for entry in os.scandir(directory) if os.path.isdir(directory) else ():
            if entry.is_file() and not entry.name.startswith("."):
                yield entry.path
    for directory, _, files in os.walk(f"build/afl-out/{TARGET}"):
        if "/crashes" not in directory and "/hangs" not in directory:
            yield from (f"{directory}/{file}" for file in files if file.startswith("id:"))


def held():
    """Contents of corpus and queues, by SHA-1. What an engine was killed while writing is no input yet: it is empty,
    or not what its name says."""
    found = set()
    for path in inputs():
        content, name = sha1(path), os.path.basename(path)
        if os.path.getsize(path) and (name == content or not re.fullmatch("[0-9a-f]{40}", name)):
            found.add(content)
    return found


def printed():
    """Clause and file of each finding that the campaign told."""
    return set(re.findall(r"^found in [a-z_]*: ([A-Z0-9-]+) .*\((.*)\)$", said(), re.MULTILINE))


def check_findings(check, findings, when):
    """Each printed one replays, as what it was printed."""
    for clause, file in sorted(findings):
        check.holds(os.path.exists(file), f"{when}: {file} was printed and is not there")
        check.holds(file.rpartition("-")[2] == sha1(file), f"{when}: {file} is not whole")
        _, verdict = checks.output(["build/pinfuzz", "run", file], merged=False)
        check.holds(verdict.endswith(f"violated {clause}"), f"{when}: {file} was printed as {clause} and is: {verdict}")


def check_files(check):
    """Each finding on disk has its log and its text. How many there are."""
    files = [f"{FINDINGS}/{name}" for name in os.listdir(FINDINGS) if not name.endswith((".txt", ".part"))]
    for file in files:
        log = f"build/logs/{TARGET}.{os.path.basename(file)}.log"
        check.holds(os.path.exists(log) and os.path.getsize(log), f"{file} has no log")
        check.holds(not os.path.getsize(file) or (os.path.exists(f"{file}.txt") and os.path.getsize(f"{file}.txt")),
                    f"{file} has no text")
    return len(files)


def killed(check, options):
    command = prepare(options)
    take_seeds(check)
    draw, findings, build = random.Random(options.seed), set(), os.path.abspath("build")
    for n in range(1, options.rounds + 1):
        before = held()
        how = run_and_kill(command, draw, options.longest, findings)
        wait_for(lambda: not campaigns.living(build), 10)
        alive = campaigns.living(build)
        kill(map(int, alive))
        check.holds(not alive, f"round {n}: alive after the kill of {how}: {alive}", end_of_log())
        findings |= printed()
        check_findings(check, findings, f"round {n}")
        now = held()
        lost = sorted(before - now)
        check.holds(not lost, f"round {n}: {len(lost)} inputs are lost, the first is {''.join(lost[:1])}", end_of_log())
        print(f"round {n}: killed {how}; {len(findings)} findings printed so far, {len(now)} inputs held", flush=True)
    check.holds(findings, "no finding in all rounds: nothing was tried")

    check.holds(run(command, 4) in (0, 1), "the last run ended with another status", end_of_log())
    findings |= printed()
    on_disk = check_files(check)
    check_findings(check, findings, "the last run")
    print(f"{on_disk} findings on disk, {len({clause for clause, _ in findings})} causes printed in all")


if __name__ == "__main__":
    asked = arguments()
    checks.run(lambda check: killed(check, asked), asked.scratch)
