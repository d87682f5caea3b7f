"""tests/planted/enumerate: which of the planted bugs `pinfuzz enumerate` finds, with how many operations and in what
time, beside the shortest program that is known."""
import argparse
import os
import re
import shutil
import subprocess
import tempfile

from helpers import ROOT, Failed, each, lines_of, measured, number, start
from plant import Build, Planted, select

DESCRIPTION = """\
Plants the bugs named (all serial ones without a NAME; a NAME may be a pattern such as 'link-*') and runs `pinfuzz
enumerate` with each until it finds something. Prints a table, tab separated: how many operations the known program
has and the one that was found, in which world, what it breaks, seconds of processor time."""

# Each takes longer than the one before, more or less.
TRIES = ["-k 1 --changes", "-k 3 one-isolated", "-k 2", "-k 2 --faults one-isolated few-frames one-remapped",
         "-k 1 --odd 2", "-k 2 --repeat 257 one-none", "-k 4 one-isolated", "-k 2 --faults", "-k 2 --changes", "-k 3",
         "-k 3 --faults one-isolated one-remapped few-frames", "-k 4 one-none one-remapped one-late few-frames"]

COLUMNS = "bug clause known found try world said cpu_s".split()



def arguments():
    parser = argparse.ArgumentParser(
        prog="tests/planted/enumerate", description=DESCRIPTION, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit status: 0, 1 with --require when a bug was not found or a shorter program is known, "
               "2 environment.")
    add = parser.add_argument
    add("names", metavar="NAME", nargs="*")
    add("--try", metavar="ARGS", dest="tries", action="append",
        help="arguments of pinfuzz enumerate, in one word; given several times, one after the other until something is "
             f"found ({', '.join(repr(one) for one in TRIES)})")
    add("--seconds", metavar="S", type=number, default=120, help="of processor time for each bug (120)")
    add("--jobs", metavar="N", type=number, default=1, help="bugs at a time (1)")
    add("--plain", metavar="DIR", type=os.path.realpath, default=f"{ROOT}/build/tests/plain",
        help="build without sanitizers (build/tests/plain)")
    add("--asan", metavar="DIR", type=os.path.realpath, default=f"{ROOT}/build/tests/asan",
        help="build with ASan and UBSan, for bugs that nothing else sees (build/tests/asan)")
    add("--require", action="store_true", help="each bug must be found, and by no longer a program")
    return parser.parse_args()


def operations(path):
    """How many there are in a program's text."""
    words = [line.split("#")[0].split() for line in lines_of(path)]
    return sum(1 for line in words if line and line[0] not in ("machine", "adapter"))


def enumerate_with(bug, build, options, work):
    """A row of the table."""
    planted = Planted(bug, work, optimize="-O1")
    pinfuzz = planted.link(build, "pinfuzz", "cli")
    found, told = f"{work}/found.txt", f"{work}/told"
    row = dict(bug=bug.name, clause=bug.clause, known=operations(bug.program), found="-", world="")
    spent = 0.0
    for one in options.tries or TRIES:
        with open(told, "w", encoding="utf-8") as out:
            status, used = measured([pinfuzz, "enumerate", *one.split(), "--seconds", str(options.seconds), "-o", found],
                                    stdout=out, stderr=subprocess.DEVNULL)
        spent += used
        row["cpu_s"] = f"{spent:.2f}"
        if row["found"] == "-":
            row["try"] = one
            row["said"] = {0: "complete", 3: "stopped"}.get(status, f"exit status {status}")
        if status == 1 and (row["found"] == "-" or operations(found) < row["found"]):
            total = next(line for line in lines_of(told) if line.startswith("at most "))
            row["try"], row["found"] = one, operations(found)
            row["said"], row["world"] = re.search(r" s: (.*), by \d+ operations in (.*):$", total).groups()
        # What is longer than is known may be shorter in worlds to come.
        if status not in (0, 1, 3) or status == 1 and row["found"] <= row["known"]:
            break
    return row


def main():
    options = arguments()
    bugs = [bug for bug in select(options.names) if not bug.races]
    builds = {}  # grow is made of what bugs that are no races are linked with

    def build_of(bug):
        return builds["asan" if bug.header("Caught").startswith("asan") else "plain"]

    if any(not bug.header("Caught").startswith("asan") for bug in bugs):
        builds["plain"] = Build(options.plain, ["pinfuzz", "grow"], engine="standalone", sanitize="")
    if any(bug.header("Caught").startswith("asan") for bug in bugs):
        builds["asan"] = Build(options.asan, ["pinfuzz", "grow"], engine="libfuzzer", sanitize="address,undefined")
    os.environ.update(ASAN_OPTIONS="symbolize=0", UBSAN_OPTIONS="symbolize=0")
    missed, longer, count = [], [], 0

    def attempt(bug):
        work = os.path.join(scratch, bug.name)
        try:
            return enumerate_with(bug, build_of(bug), options, work)
        except Failed as failure:
            return dict(bug=bug.name, clause=bug.clause, known=operations(bug.program), found="-", world="",
                        **{"try": ""}, said=" ".join(str(failure).split())[:300], cpu_s="0")
        finally:
            shutil.rmtree(work, ignore_errors=True)

    print("\t".join(COLUMNS))
    with tempfile.TemporaryDirectory() as scratch:
        for row in each(attempt, bugs, options.jobs):
            print("\t".join(str(row[column]) for column in COLUMNS), flush=True)
            count += 1
            if row["found"] == "-":
                missed.append(row["bug"])
            elif row["found"] > row["known"]:
                longer.append(row["bug"])
    print(f"# {count - len(missed)} of {count} found, {len(longer)} by a longer program than is known")
    return 1 if options.require and (missed or longer) else 0


if __name__ == "__main__":
    start(main)
