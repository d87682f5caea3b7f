#!/usr/bin/env python3
"""pinfuzz enumerate: nothing is found where nothing is, the same whenever and however often it is interrupted; what is
broken is found by a program that nothing shorter breaks.

Usage: tests/enumerate.py PINFUZZ BROKEN. Exit status: 0 all of that holds, 1 it does not.
  BROKEN  pinfuzz with an implementation that has bugs (tests/bare/broken.c)
"""
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position
from checks import background, printed, read, write  # pylint: disable=wrong-import-position

PINFUZZ, BROKEN = checks.paths(2, "tests/enumerate.py PINFUZZ BROKEN")
WORLDS = "one-remapped two-late"


def enumerated(words):
    return printed([PINFUZZ, "enumerate", *words.split()])


def timeless(text):
    """What is printed but for the time, which differs."""
    return re.sub(r"(?m), [0-9.]* s: ", ": ", text)


def totals(words):
    return timeless(enumerated(words))


def programs(words):
    """How many there are."""
    return int(re.search(r"^at most .* ([0-9]+) programs, ", enumerated(words), re.MULTILINE)[1])


def complete(check):
    """It is complete, twice the same; and with faults, changes and odd operands there is more of it. Gives what it
    says of two worlds."""
    whole = totals(f"-k 2 {WORLDS}")
    check.says("complete, nothing found$", whole)
    check.equal(whole, totals(f"-k 2 {WORLDS}"), "a second time it says something else")
    plain = programs("-k 1 one-remapped")
    for more in "--faults", "--changes", "--odd 2", "--repeat 2":
        check.holds(programs(f"-k 1 {more} one-remapped") > plain, f"{more} adds no program")
    check.holds(programs("-k 1 --odd 0 one-remapped") < plain, "--odd 0 leaves nothing out")
    # Nothing is lost where states are not merged, and each length has the same programs up to where merging begins.
    check.holds(programs("-k 2 --no-merge one-late") > programs("-k 2 one-late"), "--no-merge adds no program")
    check.says("complete, nothing found$", enumerated("-k 2 --odd 0 --no-merge one-late"))
    # Operations that share a run reach what they reach apart.
    check.equal(whole, totals(f"-k 2 --apart {WORLDS}"), "--apart says something else")
    check.equal(totals("-k 1 --no-merge"), re.sub("(?m), states merged", "", totals("-k 1")),
                "of one operation, states that are merged make a difference")
    # A world from a file is the one of that name; its operations do not matter.
    world = re.search(r"^# two-late:(.|\n(?!#))*", enumerated("--list"), re.MULTILINE)
    write("late.txt", f"{world[0]}\npressure\n")
    wanted = [line for line in whole.splitlines() if line.startswith("two-late:")]
    got = [line.replace("late.txt:", "two-late:") for line in totals("-k 2 late.txt").splitlines()
           if line.startswith("late.txt:")]
    check.holds(wanted and wanted == got, f"a world from a file is another one: {wanted}, {got}")
    return whole


def until_it_has(state, process):
    """Waits for its state, which a slow start leaves it without for long."""
    while not os.path.exists(state) and process.poll() is None:
        time.sleep(0.01)


def killed(check, whole):
    """Killed at any moment, it goes on, and says the same in the end."""
    kills = 0
    for round_ in range(1, 401):
        with open("part", "wb") as part, background(
                [PINFUZZ, "enumerate", "-k", "2", "--state", "state", "--save-every", "0", *WORLDS.split()],
                stdout=part) as process:
            until_it_has("state", process)
            time.sleep(round_ % 7 / 100)
            if kills < 5 and process.poll() is None:
                process.kill()
                kills += process.wait() == -signal.SIGKILL
                continue
            process.wait()
        check.holds(process.returncode == 0, f"resumed, it ends with {process.returncode}")
        if kills >= 3:
            break
        os.remove("state")  # it was too fast to be killed
    check.holds(kills >= 3, f"killed {kills} times only")
    check.equal(whole, timeless(read("part")), f"killed {kills} times, it says something else")
    print(f"killed {kills} times")


def resumed(check, pinfuzz, broken, whole):
    """What is complete stays complete, and is of this question only."""
    check.equal(whole, totals(f"-k 2 --state state {WORLDS}"), "complete, it is not so again")
    for program, question in ((pinfuzz, f"-k 1 --state state {WORLDS}"), (pinfuzz, "-k 2 --state state two-late"),
                              (pinfuzz, f"-k 2 --repeat 2 --state state {WORLDS}"),
                              (broken, f"-k 2 --state state {WORLDS}")):
        program(2, "*state: expected the state of this enumeration*", f"enumerate {question}")
    with open("state", "rb") as state:
        write("half", state.read(2000))
    pinfuzz(2, "*half: it is damaged*", f"enumerate -k 2 --state half {WORLDS}")
    pinfuzz(2, "*late.txt: expected the state of an enumeration*", "enumerate --state late.txt one-late")
    pinfuzz(2, "*nowhere/state.*: *", "enumerate -k 1 --state nowhere/state one-late")


def stopped(check, pinfuzz):
    """Interrupted or out of time, it says that this is not all."""
    with background([PINFUZZ, "enumerate", "-k", "8", "--state", "long"], stdout=subprocess.PIPE,
                    encoding="utf-8") as process:
        until_it_has("long", process)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate()
    check.holds(process.returncode == 3, f"interrupted: exit status {process.returncode}", said)
    check.says("stopped, nothing found so far$", said)
    pinfuzz(3, "*: stopped, nothing found so far", "enumerate -k 8 --seconds 1 one-late")


def found(pinfuzz, broken):
    """What is broken is found, by the shortest program, which breaks the same when it is run; and dies the same."""
    # A repetition is the program that was found.
    broken(1, "*, also repeated, *: violated MAP-MANY, by 2 operations in one-none:*repeat ops=1 times=2*",
           "enumerate -k 1 --repeat 2")
    broken(1, "*: violated PIN-MAPPED, by 1 operations in one-remapped:*contract violation: PIN-MAPPED*",
           "enumerate -k 3 -o found.txt")
    broken(1, "*found.txt: violated PIN-MAPPED", "run found.txt")
    pinfuzz(0, "found.txt: kept", "run found.txt")
    broken(1, "*: violated MAP-MANY, by 2 operations in one-none:*", "enumerate -k 3 one-none")
    broken(1, "*: violated MAP-MANY, by 2 operations in one-none:*", "enumerate -k 3 --apart one-none")
    # What operations break together that share a run, and none of them alone: as small as it can be made.
    write("counts.txt", "machine iommu=none pool=300K\nadapter 0 maximum_size=3p\n")
    broken(1, "at most 1 operations*: violated ANY-ROLLBACK, by 19 operations in counts.txt:*",
           "enumerate -k 1 -o found.txt counts.txt")
    broken(1, "*found.txt: violated ANY-ROLLBACK", "run found.txt")
    broken(0, "*: complete, nothing found", "enumerate -k 1 --apart counts.txt")


def enumerate_(check):
    pinfuzz, broken = check.program(PINFUZZ), check.program(BROKEN)
    whole = complete(check)
    killed(check, whole)
    resumed(check, pinfuzz, broken, whole)
    stopped(check, pinfuzz)
    found(pinfuzz, broken)
    pinfuzz(2, "*expected a named world (--list) or a file, got 'one-nought'*", "enumerate one-nought")
    pinfuzz(2, "*nothing.txt*", "enumerate nothing.txt")
    pinfuzz(2, "*-k wants a number from 0 to 8*", "enumerate -k 9")


if __name__ == "__main__":
    checks.run(enumerate_)
