"""
NAME
    fuzz/coverage - what of the code the committed corpus reaches

SYNOPSIS
    fuzz/coverage [--build DIR] [--lines PERCENT] [--branches PERCENT] [--strict] [--harness]
    fuzz/coverage [--build DIR] --reaches FILE:LINE
    fuzz/coverage [--build DIR] --clause CLAUSE

DESCRIPTION
    Builds src/ with source coverage, replays corpus/ and crashes/, prints the lines and branches that were
    reached, and writes a report to DIR/html/index.html.

    docs/coverage.md lists what of src/ the corpus does not reach, each with the reason. What is neither
    reached nor listed is named, and so is what is listed and reached.

    With --reaches prints which programs of corpus/ and crashes/ run a line of src/: how often, and the file of
    each, the one that runs it most often first, below the line. With --clause prints the lines of src/ that
    run while a clause (`pinfuzz clauses`) is put to the test: how often, the place and the code; a line that
    runs in every operation is there for every clause.

OPTIONS
    --build DIR         Where to build; default build/coverage.
    --lines PERCENT     Floor for the lines of src/; default 95.
    --branches PERCENT  Floor for the branches of src/; default 90.
    --strict            A line or branch that is neither reached nor listed is a failure, too, and so is
                        one that is listed and reached; and so is one of which --reaches says something else
                        than the report.
    --reaches FILE:LINE Which programs run this line, as in src/nt/lock.c:44.
    --clause CLAUSE     Which lines run in operations in which this clause is put to the test, as in PIN-MAX.
    --harness           The same of harness/, beside src/: what of it replaying runs.
    --objects DIR       A build of this project whose objects are used where they are the same.
    --help              This page.

EXIT STATUS
    0 done; 1 below a floor (or --strict), or no program runs that line; 2 usage or environment.
"""
import glob
import os
import re
import shutil
import subprocess
import sys

import lcov
import reaches
from building import CC, Arguments, build, directory, in_bash, parsed, setting
from helpers import ROOT, lines_of, start, stop

SOURCE_COVERAGE = ("-fprofile-instr-generate", "-fcoverage-mapping")
WRAPPED = ("LLVMFuzzerTestOneInput", "run_callback", "run_bus", "run_race")


# ---- arguments ----


def arguments():
    parser = Arguments(__doc__)
    parser.add_argument("--build", default=f"{ROOT}/build/coverage")
    parser.add_argument("--lines", default="95")
    parser.add_argument("--branches", default="90")
    parser.add_argument("--objects", default="")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--harness", action="store_true")
    for question in ("--reaches", "--clause"):
        parser.add_argument(question, dest="question", type=lambda what, question=question: (question, what))
    given, only_check = parsed(parser)
    question, what = given.question or ("", "")
    if question == "--reaches":
        match = re.fullmatch(r"(.+):[1-9][0-9]*", what)
        if not match:
            stop(f"--reaches wants FILE:LINE, not '{what}'")
        if not (match[1].startswith("src/") and match[1].endswith(".c") and os.path.isfile(f"{ROOT}/{match[1]}")):
            stop(f"--reaches wants a line of a C file of src/, and there is no {match[1]}")
    for floor in (given.lines, given.branches):
        if not re.fullmatch(r"(100|[0-9]{1,2})(\.[0-9]+)?", floor):
            stop(f"a floor is a percentage, not '{floor}'")
    return given, only_check


# ---- the build ----


def llvm(compiler, *names):
    """The paths of those tools of a compiler's own LLVM, which are installed when they are not there: the profile's
    format is the compiler's own."""
    done = in_bash('fuzzing_cc=$1\nshift\ntools_need_llvm "$@"\ntools_install\nfor name; do\n'
                   '    tools_llvm "$name" || tools_fail "no $name of the version of $fuzzing_cc"\ndone',
                   compiler, *names, stdout=subprocess.PIPE, encoding="utf-8")
    if done.returncode:
        sys.exit(2)
    return done.stdout.splitlines()


def library_of_reaches(place, compiler):
    """Which programs run a line is told by counters that reaches.c takes from the same programs. In an archive, which
    the linker looks into for those programs only that have what is wrapped."""
    compiled, library = f"{place}/reaches.o", f"{place}/libreaches.a"
    if subprocess.run([compiler, "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}", f"-I{ROOT}/src/include",
                       "-c", f"{ROOT}/fuzz/engine/reaches.c", "-o", compiled], check=False).returncode:
        stop("fuzz/engine/reaches.c cannot be compiled")
    with open(compiled, "rb") as file:
        wanted = file.read()
    if not os.path.exists(library) or subprocess.run(["ar", "p", library], capture_output=True,
                                                     check=False).stdout != wanted:
        for stale in (library, f"{place}/pinfuzz", *glob.glob(f"{place}/*_fuzzer")):
            if os.path.exists(stale):
                os.remove(stale)  # nobody else links the programs again
        subprocess.run(["ar", "rc", library, compiled], check=True)
    return library


def as_in(place):
    """What has CMake compile and link as it does in that build; nothing without one."""
    found = []
    for line in lines_of(f"{place}/CMakeCache.txt"):
        if match := re.match(r"(CMAKE_(?:C_FLAGS_RELWITHDEBINFO|EXE_LINKER_FLAGS)|PINFUZZ_WERROR):[A-Z]*=(.*)", line):
            found.append(f"-D{match[1]}={match[2]}")
    return found


def build_targets(given, place, library):
    settings = ["-DCMAKE_C_FLAGS_RELWITHDEBINFO=-O1 -DNDEBUG"]
    if given.objects:
        in_bash('tools_take_objects "$1" "$2"', given.objects, place)
        settings = as_in(given.objects)
    everything = " ".join(SOURCE_COVERAGE) if given.harness else ""
    build(place, f"{place}/build.log", ["fuzzers", "pinfuzz"], "-DPINFUZZ_ENGINE=standalone", "-DBUILD_TESTING=OFF",
          *settings, f"-DCMAKE_C_FLAGS={everything}", f"-DPINFUZZ_SUT_FLAGS={';'.join(SOURCE_COVERAGE)};-O0",
          "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
          f"-DCMAKE_EXE_LINKER_FLAGS=-fprofile-instr-generate -Wl,{','.join(f'--wrap={name}' for name in WRAPPED)}",
          f"-DCMAKE_C_STANDARD_LIBRARIES={library}")


# ---- replay: the targets themselves, in this process's directory so that arguments stay short ----


def run(command, log=os.devnull, **environment):
    """Whether a command ends well. What it says goes to a log."""
    with open(log, "wb") as file:
        return subprocess.run(command, stdout=file, stderr=file, env={**os.environ, **environment},
                              check=False).returncode == 0


def convert(place, source, target):
    done = subprocess.run([f"{place}/pinfuzz", "bytes", source, "-o", target], stdout=subprocess.DEVNULL,
                          env={**os.environ, "LLVM_PROFILE_FILE": "/dev/null"}, check=False)
    if done.returncode:
        stop(f"the programs in {source} cannot be converted")


def clause_is_known(place, clause):
    clauses = subprocess.run([f"{place}/pinfuzz", "clauses"], stdout=subprocess.PIPE, encoding="utf-8",
                             env={**os.environ, "LLVM_PROFILE_FILE": "/dev/null"}, check=False).stdout
    return any(line.split()[:1] == [clause] for line in clauses.splitlines())


def replay(place, target, profdata):
    """The corpus of a target, and crashes/: TARGET.profraw, TARGET.reaches, TARGET.log and TARGET.counters."""
    work = os.getcwd()
    program = f"{place}/{target}"
    os.makedirs(target)
    if os.path.isdir(f"{ROOT}/corpus/{target}"):
        convert(place, f"{ROOT}/corpus/{target}", target)
    if not run([program, target, "crashes"], f"{target}.log", LLVM_PROFILE_FILE=f"{work}/{target}.profraw",
               PINFUZZ_REACHES=f"{work}/{target}.reaches"):
        stop(f"{target} ends on an input of its corpus (log: {work}/{target}.log); ctest -L replay says more")
    if not (run([program, f"{work}/none"], PINFUZZ_COUNTERS="1", LLVM_PROFILE_FILE=f"{work}/{target}.names")
            and subprocess.run([profdata, "merge", "-text", f"{target}.names", "-o", f"{target}.counters"],
                               check=False).returncode == 0):
        stop(f"the counters of {target} cannot be told apart")


def empty(path):
    with open(path, "wb"):
        pass


def replay_often(place, target):
    """As long runs do: the arena is trimmed once in 16384 programs."""
    empty("x")
    if not run([f"{place}/{target}", *["x"] * 16384], "often.log", LLVM_PROFILE_FILE=f"{os.getcwd()}/often.profraw"):
        stop(f"{target} ends when it runs an empty input often (log: {os.getcwd()}/often.log)")


# ---- the report ----


def merge(profdata):
    if subprocess.run([profdata, "merge", "-sparse", *sorted(glob.glob("*.profraw")), "-o", "profile"],
                      check=False).returncode:
        stop("the profiles cannot be merged")


def cov(llvm_cov, programs, command, *words, **options):
    objects = [word for program in programs for word in ("-object", program)][1:]
    if subprocess.run([llvm_cov, command, *objects, "-instr-profile=profile", *words], check=False,
                      **options).returncode:
        stop(f"llvm-cov {command} failed")


def exported(llvm_cov, programs, output, *places):
    with open(output, "wb") as file:
        cov(llvm_cov, programs, "export", "-format=lcov", *places, stdout=file)


def main():
    given, only_check = arguments()
    if only_check:
        return 0
    place = directory(given.build)
    compiler = setting(place, "CMAKE_C_COMPILER") or CC
    profdata, llvm_cov = llvm(compiler, "llvm-profdata", "llvm-cov")
    build_targets(given, place, library_of_reaches(place, compiler))
    question = given.question
    if question and question[0] == "--clause" and not clause_is_known(place, question[1]):
        stop(f"there is no clause {question[1]}; build/fuzz/pinfuzz clauses lists them")

    work = f"{place}/replay"
    shutil.rmtree(work, ignore_errors=True)
    if not question:
        shutil.rmtree(f"{place}/html", ignore_errors=True)
    os.makedirs(f"{work}/crashes")
    os.chdir(work)
    convert(place, f"{ROOT}/crashes", "crashes")
    empty("none")
    targets = [os.path.basename(source)[:-2] for source in sorted(glob.glob(f"{ROOT}/fuzz/*_fuzzer.c"))]
    for target in targets:
        replay(place, target, profdata)
    programs = [f"{place}/{target}" for target in targets]
    commands = f"{place}/compile_commands.json"
    if question:
        return reaches.answer(ROOT, commands, work, *question)

    places = [f"{ROOT}/src", f"{ROOT}/harness"][:2 if given.harness else 1]
    status = 0
    if given.strict:
        merge(profdata)
        exported(llvm_cov, programs, "lines.info", f"{ROOT}/src")
        status = reaches.answer(ROOT, commands, work, "--check", "lines.info")
    replay_often(place, targets[-1])
    merge(profdata)
    cov(llvm_cov, programs, "show", "-format=html", "-show-branches=count", f"-output-dir={place}/html", *places,
        stderr=subprocess.DEVNULL)
    exported(llvm_cov, programs, "lcov.info", *places)
    if not lcov.sum_up(ROOT, "lcov.info", (given.lines, given.branches), given.strict):
        status = 1
    print(f"report: {place}/html/index.html")
    return status


if __name__ == "__main__":
    start(main)
