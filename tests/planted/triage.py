"""tests/planted/triage: plants twelve bugs at once, makes 200 files of the kind that fuzzers leave behind, and demands
that `pinfuzz triage` tells them apart: twelve findings, each with its clause and with as many files as were made, and
each file that shows nothing named, with the reason. Then the same in small for what kills the process (deaths.py)."""
import argparse
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import checks
import deaths
import leavings
from helpers import ROOT
from plant import Build, Planted, Together, select

# Of twelve clauses. Their patches touch different lines, and none spoils another one's program.
BUGS = """
    any-index-truncated-to-a-byte
    any-irql-apc-let-through
    any-lead-handle-truncated
    init-visible-equal-is-enough
    link-order-failed-start-unwinds-forwards
    map-align-offset-unchecked
    map-range-last-page-inclusive
    pin-align-rounded-up
    pin-twice-forms-counted-apart
    stop-stale-generation-not-bumped
    tdr-keeps-dma-going
    unmap-gone-dead-base-again""".split()
EACH = leavings.EACH
FILES = len(BUGS) * EACH + 20


def arguments():
    parser = argparse.ArgumentParser(
        prog="tests/planted/triage", allow_abbrev=False, description=__doc__.partition(": ")[2],
        epilog="Exit status: 0 as it should be, 1 not, 2 environment.")
    add = parser.add_argument
    add("--asan", metavar="DIR", type=os.path.realpath, default=f"{ROOT}/build/tests/asan",
        help="clang build with ASan and UBSan (build/tests/asan); made when missing")
    add("--plain", metavar="DIR", type=os.path.realpath, default=f"{ROOT}/build/tests/plain",
        help="build without sanitizers (build/tests/plain); made when missing")
    add("--keep", metavar="DIR", type=os.path.realpath,
        help="leave the files, the findings and the programs with the bugs there")
    return parser.parse_args()


def operations(program):
    """How many lines of a program are no comment."""
    return sum(not line.startswith("#") for line in checks.read(program).splitlines())


def contents(place):
    """What is below a directory: by file a digest."""
    found = {}
    for directory, _, files in os.walk(place):
        for file in files:
            with open(f"{directory}/{file}", "rb") as opened:
                found[f"{directory}/{file}"] = hashlib.sha1(opened.read()).hexdigest()
    return found


def visible(place):
    return sorted(name for name in os.listdir(place) if not name.startswith("."))


def expectation(bugs, others):
    """What must be said of the files, sorted."""
    return "\n".join(sorted([*(f"{bug.clause}: {EACH} files" for bug in bugs), *others,
                             f"{FILES} files: 12 findings in {12 * EACH}, 12 kept, 0 flaky, 8 junk"]))


def told_apart(check, wanted, text, message="it does not say what it should"):
    """Findings without their folders, and the rest, in any order."""
    got = sorted(re.sub(r"^([A-Z0-9-]+: [0-9]+ files),.*", r"\1", line) for line in text.splitlines())
    check.equal(wanted, "\n".join(got), message)


def bugs_together(check, bugs, plain):
    """Plants them here, and sees that each shows beside the others."""
    planted = Planted(Together(bugs), os.getcwd())
    for program, part in (("pinfuzz", "cli"), ("grow", "grow")):
        planted.link(plain, program, part)
    for bug in bugs:
        _, said = checks.output(["./pinfuzz", "run", bug.program], merged=False)
        check.holds(said.endswith(f": violated {bug.clause}"),
                    f"{bug.name} beside the others: not violated {bug.clause}", said)


def dry_run(check, bugs, smallest):
    _, said = checks.output(["./pinfuzz", "triage", "-n", "out"], merged=False)
    wanted = [f"{bug.clause}: {EACH} files, not kept: the smallest is {name}" for bug, name in zip(bugs, smallest)]
    check.equal("\n".join(wanted), "\n".join(line for line in said.splitlines() if "not kept" in line),
                "the smallest of each is another one")
    check.holds(not os.path.exists("crashes"), "a dry run keeps something")


def first_run(check, bugs, wanted):
    said = deaths.triage(check, 1, "out", "--sarif", "findings.sarif")
    told_apart(check, wanted, said)
    deaths.sarif(check, *(bug.clause for bug in bugs))
    # It must be able to fail before its success says anything.
    lines = said.splitlines()
    for what, edited in {
            "a line less": lines[1:], "no total": lines[:-1],
            "no empty files": [line for line in lines if not line.endswith("empty")],
            "another clause": [re.sub("^PIN-TWICE", "PIN-ALIGN", line) for line in lines],
            "a file less": [line.replace(" 15 files", " 14 files", 1) for line in lines]}.items():
        check.fails(lambda text="\n".join(edited): told_apart(check, wanted, text), f"{what} goes unnoticed")


def folders(check, bugs, plain):
    """One for each, whose program breaks that clause, and is small."""
    names = os.listdir("crashes")
    check.holds(len(names) == 12, "not twelve folders", "\n".join(names))
    for bug in bugs:
        found = [f"crashes/{name}" for name in names if name.startswith(f"{bug.clause.lower()}-")]
        check.holds(len(found) == 1, f"{len(found)} folders for {bug.clause}", "\n".join(names))
        place, = found
        deaths.whole(check, place, "program.txt", "verdict.txt", "source.c", "report.html")
        _, said = checks.output(["./pinfuzz", "run", f"{place}/program.txt"], merged=False)
        check.holds(said.endswith(f": violated {bug.clause}"), f"{place}: not violated {bug.clause}", said)
        check.holds(operations(f"{place}/program.txt") <= operations(bug.program),
                    f"{place}: longer than the one that was planted", checks.read(f"{place}/program.txt"))
    status, said = checks.output([f"{plain.directory}/pinfuzz", "run", "crashes"])
    check.holds(status == 0, "the kept programs break something without the bugs", said)


def once_more(check, wanted):
    """All are known, and nothing is touched."""
    before = contents("crashes")
    _, said = checks.output(["./pinfuzz", "triage", "out"], merged=False)
    told_apart(check, wanted, said, "it does not say the same again")
    check.holds(said.count(" files, kept before: crashes/") == 12, "what is kept is not known again", said)
    check.holds(contents("crashes") == before, "what was kept was touched")


def name_taken(check, seed):
    """A finding whose name is taken by one that no longer shows gets a number."""
    shutil.rmtree("crashes")
    for place in ("crashes/pin-twice-pin", "crashes/pin-twice-pin2"):
        os.makedirs(place)
        shutil.copy(seed, f"{place}/program.txt")
    _, said = checks.output(["./pinfuzz", "triage", "out"], merged=False)
    taken = re.search("^PIN-TWICE: .* files, (crashes/pin-twice-pin[^ ]*)-2 ", said, re.MULTILINE)
    check.holds(taken and os.path.exists(f"{taken[1]}-2/program.txt"), "the name was taken", said)
    deaths.whole(check, f"{taken[1]}-2", "program.txt")
    check.equal(checks.read(seed), checks.read(f"{taken[1]}/program.txt"), "a kept program was touched")


def killed_while_it_writes(check):
    """Nothing of the first finding shows."""
    shutil.rmtree("crashes")
    status, said = checks.output(["bash", "-c", "ulimit -f 2 && exec ./pinfuzz triage out"])
    check.holds(status != 0, "a file of 8 KiB went through a limit of 2", said)
    check.holds(not visible("crashes"), "half a finding is there", "\n".join(visible("crashes")))
    check.holds(os.listdir("crashes"), "it was not killed in the middle", said)


def interrupted(check, wanted):
    """Interrupted and killed at some point, then once more: what is there is whole, and in the end all is there."""
    shutil.rmtree("crashes")
    for number, moment in ((signal.SIGINT, 0.03), (signal.SIGKILL, 0.05), (signal.SIGINT, 0.08), (signal.SIGKILL, 0.1),
                           (signal.SIGKILL, 0.15), (signal.SIGINT, 0.2)):
        with subprocess.Popen(["./pinfuzz", "triage", "out"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            time.sleep(moment)
            process.send_signal(number)
        for name in visible("crashes") if os.path.exists("crashes") else ():
            deaths.whole(check, f"crashes/{name}", "program.txt", "verdict.txt", "source.c")
    _, said = checks.output(["./pinfuzz", "triage", "out"], merged=False)
    told_apart(check, wanted, said, "it does not go on from there")
    check.holds(len(visible("crashes")) == 12, "not twelve folders", "\n".join(visible("crashes")))


def main():
    options = arguments()
    plain = Build(options.plain, ["pinfuzz", "grow"], engine="standalone", sanitize="")
    # What a sanitizer says of a death has names of functions that are inlined.
    asan = Build(options.asan, ["pinfuzz"], stacks=True, engine="libfuzzer", sanitize="address,undefined")
    if options.keep:
        shutil.rmtree(options.keep, ignore_errors=True)

    def test(check):
        bugs = select(BUGS)
        bugs_together(check, bugs, plain)
        smallest, others, seeds = leavings.make(bugs, f"{plain.directory}/pinfuzz")
        made = [file for _, _, files in os.walk("out") for file in files]
        check.holds(len(made) == FILES == 200, f"{len(made)} files were made, not 200")
        wanted = expectation(bugs, others)
        dry_run(check, bugs, smallest)
        first_run(check, bugs, wanted)
        folders(check, bugs, plain)
        once_more(check, wanted)
        name_taken(check, seeds[0])
        killed_while_it_writes(check)
        interrupted(check, wanted)
        deaths.deadly(check, plain)
        deaths.unclean(check, asan)
        deaths.racing(check, plain)

    checks.run(test, options.keep)


if __name__ == "__main__":
    sys.exit(main())
