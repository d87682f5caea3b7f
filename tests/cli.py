#!/usr/bin/env python3
"""pinfuzz on the command line: what it prints and how it exits.

Usage: tests/cli.py PINFUZZ. Exit status: 0 all of that holds, 1 it does not.
"""
import glob
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position
from checks import printed, read, write  # pylint: disable=wrong-import-position
from helpers import ROOT  # pylint: disable=wrong-import-position

PINFUZZ, = checks.paths(1, "tests/cli.py PINFUZZ")
SEED = f"{ROOT}/corpus/pin_unpin_fuzzer/both_forms_mixed.txt"
RACE = f"{ROOT}/corpus/pin_race_fuzzer/pin_beside_pin.txt"
COMMANDS = "run faults minimize schedules enumerate triage report source text bytes clauses campaign".split()


def text(*arguments):
    return printed([PINFUZZ, "text", *arguments])


def manual(check, pinfuzz):
    """Each page of the manual is there; no line is too wide for a terminal."""
    pages = [pinfuzz(0, "NAME*SYNOPSIS*DESCRIPTION*COMMANDS*EXIT STATUS*FILES*EXAMPLES*", "--help"),
             printed([PINFUZZ, "help"])]
    for command in COMMANDS:
        pages.append(pinfuzz(0, f"NAME*pinfuzz {command} - *SYNOPSIS*DESCRIPTION*EXIT STATUS*EXAMPLES*",
                             f"help {command}"))
        pinfuzz(0, f"NAME*pinfuzz {command} - *", f"{command} --help")
    pages.append(pinfuzz(0, "NAME*MACHINE*ADAPTERS*CALLBACKS*", "help programs"))
    pinfuzz(0, "pinfuzz *implementation under test: *", "--version")
    for page in pages:
        wide = [line for line in page.split("\n") if len(line) > 110]
        check.holds(page and not wide, "a page of the manual has lines of more than 110 columns", "\n".join(wide))


def usage(pinfuzz):
    pinfuzz(2, "*a command is missing*")
    pinfuzz(2, "*no command 'walk'*run *clauses*", "walk")
    pinfuzz(2, "*no command 'walk'*", "help walk")
    pinfuzz(2, "*FILE is missing*", "run")
    pinfuzz(2, "*unknown option '--fast'*", "run --fast good.txt")
    pinfuzz(2, "*--repeat wants a number*", "run --repeat 0 good.txt")
    pinfuzz(2, "*-o OUT is missing*", "bytes good.txt")


def verdicts(pinfuzz):
    pinfuzz(0, f"{SEED}: kept", "run", SEED)
    pinfuzz(0, f"{SEED}: kept (10 runs)", "run --repeat 10", SEED)
    pinfuzz(0, f"{SEED}: kept", "run --no-fork", SEED)
    pinfuzz(0, f"{RACE}: kept (5 runs)", "run --threads --repeat 5", RACE)
    pinfuzz(0, "tree/a.txt: kept?tree/sub/a.txt: kept", "run tree")
    pinfuzz(2, "bad.txt:1:20: expected a number from 0 to 4294967295, got 'zero'?good.txt: kept",
            "run bad.txt good.txt")
    pinfuzz(2, "misspelt.txt:1:1: expected machine, adapter or an operation *", "run misspelt.txt")
    pinfuzz(2, "nowhere: No such file or directory", "run nowhere")
    pinfuzz(0, "-: kept", "run -", input=read("good.txt"))


def faults(pinfuzz):
    """Every fault, one at a time. A program with more fault points than fail_nth can say is swept as far as it goes,
    and says so."""
    pinfuzz(0, f"{SEED}: kept (15 operations, * faults)", "faults", SEED)
    pinfuzz(0, "good.txt: kept (3 operations, [1-9]* faults)?tree/a.txt: kept (*)?tree/sub/a.txt: kept (*)",
            "faults good.txt tree")
    write("many.txt", "machine seed=7\nadapter 0 maximum_size=4M\npin2 lead(0) index=0 CommitSize=MaximumSize\n")
    pinfuzz(0, "many.txt: kept (3 operations, * faults); 1 of them met more *", "faults many.txt")
    pinfuzz(2, "bad.txt:1:20: *", "faults bad.txt")
    pinfuzz(2, "*FILE is missing*", "faults")
    pinfuzz(2, "*-o wants a name*", "faults good.txt -o")


def forms(check, pinfuzz):
    """Both forms, there and back; any bytes are a program."""
    pinfuzz(0, "", "bytes -o seed", SEED)
    check.equal(text(SEED), text("seed"), "as bytes and back, a seed is another")
    pinfuzz(0, "", "bytes seed -o again")
    check.equal(read("seed"), read("again"), "the bytes of bytes are others")
    pinfuzz(0, "seed: kept", "run seed")
    pinfuzz(0, "out: 2 programs", "bytes tree -o out")
    check.equal("a\nsub-a", "\n".join(sorted(os.listdir("out"))), "a tree as bytes has other names")
    shutil.copy("good.txt", "tree/sub-a")
    pinfuzz(2, "*would both become out/sub-a*", "bytes tree -o out")
    write("noise", "K" * 5000)
    pinfuzz(0, "noise: kept", "run noise")
    pinfuzz(0, "machine adapters=12*", "text --as-bytes noise")
    write("empty", "")
    pinfuzz(0, "machine adapters=1", "text empty")


def races(check, pinfuzz):
    """Every schedule, and where the switches of one take place."""
    write("race.txt", "pin2 lead(0) index=0 CommitSize=1p\nrace ops=2 switch=3:1\n"
          "unpin lead(0) index=0\nunpin lead(0) index=0 actor=1\n")
    pinfuzz(0, "race.txt: operation 2: 2 schedules of 2 actors, at most 0 preemptions, * points: kept*",
            "schedules --preemptions 0 race.txt")
    pinfuzz(0, "race.txt: operation 2: * schedules of 2 actors, at most 2 preemptions, * points: kept*",
            "schedules --preemptions 2 race.txt")
    pinfuzz(0, "race.txt: operation 2: complete: * inequivalent schedules of 2 actors (*), * points: kept*",
            "schedules race.txt")
    pinfuzz(0, "race.txt: operation 2: 20 random schedules of 2 actors, *: kept; a bug of depth 2 was missed *",
            "schedules --pct 2 --runs 20 race.txt")
    pinfuzz(2, "*expected a race operation, there is none*", "schedules good.txt")
    pinfuzz(2, "*FILE is missing*", "schedules")
    pinfuzz(2, "*--preemptions wants a number from 0 to 8*", "schedules --preemptions 9 race.txt")
    pinfuzz(0, "*race ops=2 switch=3:1*#  point     3: actor 0 *operation 3? -> actor 1 ?by the schedule?*unpin*",
            "text --switches race.txt")
    write("shown.txt", text("--switches", "race.txt"))
    check.equal(text("race.txt"), text("shown.txt"), "where switches are shown, the program is another")
    pinfuzz(2, "*operation 2 is a race*", "source race.txt")
    reader, writer = os.pipe()
    with open(reader, "rb"), open(writer, "wb") as pipe:
        pipe.write(b"race ops=2 switch=0:1\n")
        pipe.close()
        pinfuzz(2, "*:1:12: expected a switch*", f"text /dev/fd/{reader}", pass_fds=(reader,))


def triage(check, pinfuzz):
    """Nothing to tell apart; tests/planted/triage has what there is to find."""
    write("saved/crash-da39", "")
    shutil.copy("seed", "saved/timeout-1")
    write("saved/hangs/README.txt", "Command line used\n")
    pinfuzz(0, "junk: saved/crash-da39: empty\njunk: saved/hangs/README.txt:1:1: expected *\nkept: saved/timeout-1\n"
            "3 files: 0 findings in 0, 1 kept, 0 flaky, 2 junk", "triage saved --sarif none.sarif")
    # The same as text, as fuzz/run leaves it, is no second file; the text of an empty one is all there is.
    shutil.copy("good.txt", "saved/crash-da39.txt")
    shutil.copy("good.txt", "saved/timeout-1.txt")
    pinfuzz(0, "*\n4 files: 0 findings in 0, 2 kept, 0 flaky, 2 junk", "triage saved")
    pinfuzz(0, "kept: saved/timeout-1.txt\n1 files: *", "triage saved/timeout-1.txt")
    sarif = [sys.executable, f"{ROOT}/tests/sarif.py", "none.sarif"]
    check.expect(0, "", sarif)
    check.expect(1, "*one result for each finding*", [*sarif, "PIN-COUNT"])
    check.holds(not os.path.lexists("crashes"), "without a finding there is a directory of them")
    pinfuzz(2, "nowhere: No such file or directory", "triage saved nowhere")
    pinfuzz(2, "*DIR is missing*", "triage -n")
    pinfuzz(2, "*--jobs wants a number from 1 to 64*", "triage saved --jobs 0")
    pinfuzz(2, "*unknown option '--fast'*", "triage --fast saved")
    pinfuzz(2, "nowhere/none.sarif: No such file or directory*", "triage seed --sarif nowhere/none.sarif")


def no_programs(check, pinfuzz):
    """What is no program, or none that breaks something."""
    os.mkdir("nothing")
    pinfuzz(2, "nothing: no programs", "run nothing")
    pinfuzz(2, "nothing: no programs?good.txt: kept", "run nothing good.txt")
    pinfuzz(2, "nothing: no programs", "faults nothing")
    pinfuzz(2, "nothing: no programs*CLAUSE*", "clauses nothing")
    # That a campaign has found nothing is no mistake, nor that a target has no seeds yet.
    pinfuzz(0, "0 files: 0 findings *", "triage nothing")
    pinfuzz(0, "out.new: 0 programs", "bytes nothing -o out.new")
    os.rmdir("out.new")
    for name in "marked.txt", "marked":
        write(name, "\ufeff# made by an editor\nmachine\nstop 0\n")
        pinfuzz(0, "machine adapters=1\nstop 0", f"text {name}")
    pinfuzz(0, "noise: kept (* operations, * faults)*", "faults noise")
    pinfuzz(0, "empty: kept (* operations, * faults)", "faults empty")
    for command in "minimize", "source":
        pinfuzz(2, "*FILE is missing*", command)
        pinfuzz(2, "*one FILE only*", f"{command} good.txt good.txt -o out.new")
        pinfuzz(2, "nothing: Is a directory", f"{command} nothing -o out.new")
        pinfuzz(2, "nowhere: No such file or directory", f"{command} nowhere -o out.new")
        pinfuzz(2, "bad.txt:1:20: *", f"{command} bad.txt -o out.new")
    for command in "run", "faults", "minimize -o out.new", "source -o out.new":
        pinfuzz(2, "/proc/self/mem: *", f"{command} /proc/self/mem")
    for name in "good.txt", "empty", "noise":
        pinfuzz(1, f"{name}: kept: nothing to minimize", f"minimize {name} -o out.new")
    check.holds(not os.path.lexists("out.new"), "there is a file of a program that was not minimized")
    pinfuzz(2, "*-o OUT is missing*", "minimize good.txt")
    pinfuzz(2, "*--candidates wants a number*", "minimize good.txt -o out.new --candidates 0")
    pinfuzz(2, "gone/it.c: No such file or directory", "source good.txt -o gone/it.c")
    pinfuzz(0, "", "source empty -o out.c")
    check.says(r"int main\(", read("out.c"))


def table(pinfuzz):
    """The table of clauses and situations."""
    pinfuzz(0, "CLAUSE*PIN-COUNT *RACE-LIVE *", "clauses")
    pinfuzz(0, "*UNREACHED*?never: * more, which --situations tells?*"
            "clauses reached: * of *?situations reached: * of *", "clauses good.txt")
    pinfuzz(1, "*UNREACHED*?clauses reached: * of *?situations reached: * of *", "clauses --require good.txt")
    pinfuzz(2, "*--require wants a DIR*", "clauses --require")
    pinfuzz(0, "*?clauses reached: * of *?situations reached: * of *", "clauses --require", f"{ROOT}/corpus")
    pinfuzz(0, "CLAUSE*?cannot be: PIN-MAPPED, pin2: contiguous, not remapped (PIN-CONTIG: *)?*"
            "PIN-MAPPED, pin2: 1:1, array*", "clauses --situations")
    pinfuzz(0, "*?seen: PIN-*?cannot be: PIN-*?never: PIN-*", "clauses --situations good.txt")
    # Each of these seeds is the only one that reaches something, which the table misses without it.
    for seed, named in (("page_counts_of_arrays", "PIN-COUNT, array of: 65536 pages"),
                        ("pins_meet_each_fault_without_an_iommu", "ANY-ROLLBACK, pin meets: no IOMMU, lock"),
                        ("attach_of_a_chain_of_eight", "ATTACH-ALL, devices in the chain: eight")):
        rest = [file for file in glob.glob(f"{ROOT}/corpus/*/*.txt") if os.path.basename(file) != f"{seed}.txt"]
        pinfuzz(1, f"*?never: {named}?*", "clauses --require", *rest)


def cli(check):
    pinfuzz = check.program(PINFUZZ)
    write("good.txt", "pin2 lead(0) index=0 CommitSize=1p\n")
    write("bad.txt", "pin2 lead(0) index=zero\n")
    write("misspelt.txt", "machnie\n")
    write("tree/a.txt", read("good.txt"))
    write("tree/sub/a.txt", read("good.txt"))
    write("tree/README.md", "not a program\n")
    write("tree/verdict", "PIN-COUNT\n")
    manual(check, pinfuzz)
    usage(pinfuzz)
    verdicts(pinfuzz)
    faults(pinfuzz)
    forms(check, pinfuzz)
    races(check, pinfuzz)
    triage(check, pinfuzz)
    no_programs(check, pinfuzz)
    table(pinfuzz)


if __name__ == "__main__":
    checks.run(cli)
