#!/usr/bin/env python3
"""tests/verdicts: the same files mean the same on each machine: pinfuzz and the fuzz targets, built by each compiler
and for each processor and C library that can be had, say the same of each program of corpus/ and crashes/. --help has
its usage and exit statuses."""
import argparse
import glob
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time

import engine
from checks import differences, output, read, write
from helpers import PROCESSORS, ROOT, Failed, each, said, start, stop
from plant import Build, Planted, select

DESCRIPTION = """\
Compares with the first MACHINE what each other one says of the corpus and of the kept crashes:
  bytes     what each text becomes
  verdicts  each line of `pinfuzz run`
  clauses   how often each clause was put to the test, over all programs without races; and over the races
  switches  where each race is switched: number of the point, what kind, how many bytes
and runs each fuzz target over its seeds. MACHINEs: clang-N, gcc, musl (gcc), aarch64 (gcc), aarch64-clang, the
last two under QEMU where the processor is another. Without any: clang-19, clang-14, the plain clang if it is
another, and then the others. What cannot be installed is left out, which is said.
A gcc cannot trace loads and stores, so that races are switched at calls and locks only, and the numbers of points
in a file mean other places: of races verdicts are compared, but neither their clauses nor their switches."""

PROCESSOR = os.uname().machine
LIBRARIES = "/usr/aarch64-linux-gnu"
# A bug by which the first machine says other verdicts, and other counts of clauses.
PLANTED = "unpin-nothing-is-a-success"


def machine_name(text):
    if not re.fullmatch(r"clang-[1-9][0-9]|gcc|musl|aarch64|aarch64-clang", text):
        raise argparse.ArgumentTypeError(f"there is no machine '{text}'")
    return text


def arguments():
    parser = argparse.ArgumentParser(
        prog="tests/verdicts", description=DESCRIPTION, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit status: 0 the same everywhere, 1 not, 2 usage or environment.")
    add = parser.add_argument
    add("machines", metavar="MACHINE", nargs="*", type=machine_name)
    add("--quick", action="store_true",
        help="under QEMU only the programs that were written, without those that campaigns added")
    add("--build", metavar="DIR", type=os.path.realpath, default=f"{ROOT}/build/verdicts",
        help="where to build (build/verdicts)")
    options = parser.parse_args()
    try:
        os.makedirs(options.build, exist_ok=True)
    except OSError as error:
        stop(f"cannot make the directory {options.build}: {error.strerror}")
    if not os.access(options.build, os.W_OK):
        stop(f"cannot write to the directory {options.build}")
    if not options.machines:
        own = clang_major("clang")
        options.machines = ["clang-19", "clang-14", *([f"clang-{own}"] if own not in ("", "14", "19") else []),
                            "gcc", "musl", "aarch64", "aarch64-clang"]
    return options


# ---- machines ----


def clang_major(compiler):
    """19 for clang 19; nothing when it is no clang."""
    if not shutil.which(compiler):
        return ""
    _, told = output([compiler, "-E", "-P", "-x", "c", "-"], merged=False, input="__clang_major__")
    return told if told.isdigit() else ""


def cross_clang(machines):
    """The first compiler of this list that is a clang."""
    return next((one for one in [*machines, "clang"] if one.startswith("clang") and shutil.which(one)), "")


def emulated(machine):
    return machine.startswith("aarch64") and PROCESSOR != "aarch64"


def has(machine, machines):
    """Whether its compiler is there, and what runs its programs."""
    if not machine.startswith("aarch64"):
        return shutil.which("musl-gcc" if machine == "musl" else machine)
    compiler = shutil.which("aarch64-linux-gnu-gcc") if machine == "aarch64" else clang_major(cross_clang(machines))
    return (compiler and os.path.exists(f"{LIBRARIES}/lib/libc.so.6")
            and (not emulated(machine) or shutil.which("qemu-aarch64")))


def packages(machine):
    """The Debian packages of a machine."""
    if machine.startswith("aarch64"):
        return "gcc-aarch64-linux-gnu libc6-dev-arm64-cross" + (" qemu-user" if emulated(machine) else "")
    return "musl-tools" if machine == "musl" else machine


def present(machines):
    """Those of the machines that are there, or can be had."""
    found = []
    for machine in machines:
        if not has(machine, machines):
            said(engine.sourcing(["tools"], 'tools_wish "$1"', packages(machine)))
        if has(machine, machines):
            found.append(machine)
        else:
            print(f"{machine:14} left out: no {packages(machine)} to be had here", flush=True)
    return found


def compiler_arguments(machine, machines):
    if machine == "aarch64-clang":
        compiler = [cross_clang(machines), "-DCMAKE_C_COMPILER_TARGET=aarch64-linux-gnu"]
    else:
        compiler = [{"musl": "musl-gcc", "aarch64": "aarch64-linux-gnu-gcc"}.get(machine, machine)]
    target = ["-DCMAKE_SYSTEM_NAME=Linux", "-DCMAKE_SYSTEM_PROCESSOR=aarch64"] if machine.startswith("aarch64") else []
    return [f"-DCMAKE_C_COMPILER={compiler[0]}", *compiler[1:], *target]


def traces(machine):
    return "clang" in machine


# ---- what a machine says ----


class Machine:
    """A build for a machine, and what it says."""

    def __init__(self, name, build):
        self.name = name
        self.place = f"{build}/{name}"
        self.told = {}  # by set of programs, and `bytes`: by look, the text

    def said(self, program, *arguments):
        """Runs a program of the build: here, or under QEMU. That kept a word for each page of address space until
        version 8: with less of it the core reserves less, and as much as it needs."""
        run = ["prlimit", f"--as={60 << 30}", "qemu-aarch64", "-L", LIBRARIES] if emulated(self.name) else []
        return said([*run, f"{self.place}/{program}", *arguments])

    def make(self, machines):
        """Builds it."""
        command = [f"{ROOT}/tests/suite/build", self.place, "pinfuzz,fuzzers", "-DPINFUZZ_ENGINE=standalone",
                   "-DBUILD_TESTING=OFF", *compiler_arguments(self.name, machines)]
        log = f"{self.place}.log"
        with open(log, "wb") as file:
            if said(command, stdout=file, stderr=subprocess.STDOUT)[0] == 0:
                return
        raise Failed(f"does not build ({log})", engine.failure_in(log), 200)

    def replay(self):
        """Makes bytes of the corpus, and runs each fuzz target over them."""
        place = f"{self.place}.bytes"
        shutil.rmtree(place, ignore_errors=True)
        os.mkdir(place)
        for target in sorted(map(os.path.basename, glob.glob("corpus/*_fuzzer"))):
            for program, *words in (("pinfuzz", "bytes", f"corpus/{target}", "-o", f"{place}/{target}"),
                                    (target, "-runs=0", f"{place}/{target}")):
                status, out, err = self.said(program, *words)
                if status or re.search("^Rejected ", out + err, re.M) and program == target:
                    raise Failed("a fuzz target ends on its seeds", "\n".join((out + err).splitlines()[-20:]), 20)
        made = {os.path.relpath(path, place): hashlib.sha256(open(path, "rb").read()).hexdigest()
                for path in glob.glob(f"{place}/**", recursive=True) if os.path.isfile(path)}
        self.told["bytes"] = {"bytes": "".join(f"{path} {digest}\n" for path, digest in sorted(made.items()))}

    def verdicts(self, programs):
        """A verdict that is not `kept` is no failure."""
        status, out, err = self.said("pinfuzz", "run", *programs)
        if status not in (0, 1):
            print(err, flush=True)
        return out.splitlines()

    def clauses(self, programs):
        """RACE-MEMORY and RACE-ONCE, and what overlaps in races, are counted where accesses are traced only."""
        _, out, err = self.said("pinfuzz", "clauses", *programs)
        untold = re.compile(r"RACE-(MEMORY|ONCE)[ ,]|(clauses|situations) reached: |never: ")
        return "".join(f"{line}\n" for line in (err + out).splitlines() if not untold.match(line))

    def switches(self, race):
        """Functions and lines are what a symbolizer says, and there may be none."""
        status, out, err = self.said("pinfuzz", "text", "--switches", race)
        if status:
            raise Failed(f"{race}: `pinfuzz text --switches` ends with exit status {status}", out + err)
        points = [re.sub(r" at [^ ]* [^ ]* \(", " (", line, count=1) for line in out.splitlines()
                  if re.match("# *point", line)]
        return "".join(f"{line}\n" for line in [race, *err.splitlines(), *points])

    def say(self, name, programs, races):
        """Puts what it says of that set of programs in `told`, and beside the build, to look at."""
        parts = [programs[at::PROCESSORS] for at in range(PROCESSORS) if programs[at::PROCESSORS]]
        lines = [line for some in each(self.verdicts, parts, PROCESSORS) for line in some]
        told = {"verdicts": "".join(f"{line}\n" for line in sorted(lines)),
                "clauses": self.clauses([one for one in programs if one not in races])}
        if traces(self.name):
            raced = [one for one in programs if one in races]
            told["clauses.races"] = self.clauses(raced)
            told["switches"] = "".join(each(self.switches, raced, PROCESSORS))
        self.told[name] = told
        shutil.rmtree(f"{self.place}.{name}", ignore_errors=True)
        for look, text in told.items():
            write(f"{self.place}.{name}/{look}", text)

    def differs(self, first, name):
        """Where both say it: by look, in which lines."""
        looks = [(part, look) for part in ("bytes", name) for look in self.told.get(part, ())
                 if look in first.told.get(part, ())]
        return {look: differences(first.told[part][look], self.told[part][look]) for part, look in looks}


def sees_a_difference(first, build, sets, races):
    """Whether the first machine with a bug planted says other verdicts, and other counts of clauses."""
    work = f"{build}/planted"
    shutil.rmtree(work, ignore_errors=True)
    bug, = select([PLANTED])
    try:
        Planted(bug, work).link(Build(first.place, ["pinfuzz"], engine="standalone"), "by/pinfuzz", "cli")
        planted = Machine("planted/by", build)
        planted.say("written", sets["written"], races)
    except Failed as failure:
        print(failure, flush=True)
        return False
    found = planted.differs(first, "written")
    return ".txt: violated " in found["verdicts"] and bool(found["clauses"])


# ---- all of them ----
def programs():
    """By name, the sets of programs: all, and those that were written by hand; and which are races."""
    every = sorted(path for top in ("corpus", "crashes") for path in glob.glob(f"{top}/**/*.txt", recursive=True)
                   if os.path.basename(path) != "verdict.txt")
    sets = {"all": every, "written": [path for path in every if "/grown/" not in path]}
    races = {path for path in every if re.search("^race ", read(path), re.M)}
    if not sets["written"] or not races:
        stop("there are no programs in corpus and crashes, or no races")
    return sets, races


def main():
    options = arguments()
    os.chdir(ROOT)
    sets, races = programs()
    machines = present(options.machines)
    if len(machines) < 2:
        stop("one machine is nothing to compare")
    first, passed, failed = None, 0, 0
    for name in machines:
        began = time.monotonic()
        machine = Machine(name, options.build)
        # The programs that it is compared by, the first one says, too.
        some = "written" if options.quick and (emulated(name) or emulated(machines[0])) else "all"
        try:
            machine.make(machines)
            machine.replay()
            machine.say(some, sets[some], races)
            if not first and some != "written":
                machine.say("written", sets["written"], races)
        except Failed as failure:
            print(f"{name:14} {failure}", flush=True)
            failed += 1
            if not first:
                break
            continue
        if not first:
            first = machine
            # It must be able to fail before its success says anything.
            if not sees_a_difference(first, options.build, sets, races):
                print("verdicts: a bug in one of them goes unnoticed", flush=True)
                failed += 1
        else:
            for look, lines in machine.differs(first, some).items():
                if lines:
                    print(f"{name}: other {look} than {first.name}:", *lines.splitlines()[2:22], sep="\n")
                passed, failed = passed + (not lines), failed + bool(lines)
        less = "" if traces(name) else ", of races verdicts alone"
        print(f"{name:14} {machine.told[some]['verdicts'].count(chr(10))} programs{less}, "
              f"{time.monotonic() - began:.0f} s", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    start(main)
