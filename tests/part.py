#!/usr/bin/env python3
"""The harness as a part of another project's build, in three ways: below another project (tests/part, gcc, make), as an
installed package (examples/tinykrnl, clang), and by -DPINFUZZ_SUT=. In each it finds the bug that tinykrnl can have
planted, and is silent without it.

Usage: tests/part.sh [SCRATCH-DIRECTORY], which is emptied before, and left. Exit status: 0 all of that holds, 1 it does
not, 2 environment.
"""
import fnmatch
import glob
import os
import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position
from helpers import PROCESSORS, ROOT  # pylint: disable=wrong-import-position

CC = os.environ.get("TOOLS_CLANG", "clang")
GENERATOR = ["-G", "Ninja"] if shutil.which("ninja") else []
# What a checkout has, without the tests.
SOURCES = "CMakeLists.txt LICENSE README.md cmake corpus docs examples fuzz harness src".split()


def expect(check, status, *command):
    """A command's exit status; gives what it printed. When it is another one, shows the end of that, without the steps of
    a build that went well and the linker's command lines."""
    got, text = checks.output(command)
    wrong = [line for line in text.splitlines() if line and not re.match(r"\[ *\d+[/%][^]]*\] |-- |: && ", line)]
    check.holds(got == status, f"exit status {got} instead of {status}: {checks.shown(command)}",
                "\n".join(wrong[-40:]))
    return text


def inside(directory):
    return [directory, *Path(directory).rglob("*")]


def writable(directory, may):
    """Lets all that is in it be written to, or nothing."""
    for path in inside(directory):
        mode = os.stat(path).st_mode
        os.chmod(path, mode | 0o200 if may else mode & ~0o222)


def listing(directory):
    """What is in it: names, sizes, times."""
    stated = [(path, os.lstat(path)) for path in inside(directory)]
    return "".join(sorted(f"{path} {status.st_size} {status.st_mtime_ns}\n" for path, status in stated))


def below(check, source):
    """Below another project."""
    habits = os.path.abspath("habits")

    def configure(status, *words):
        return expect(check, status, "cmake", "-S", f"{ROOT}/tests/part", "-B", habits, "-G", "Unix Makefiles",
                      f"-DPINFUZZ_SOURCE={source}", "-DCMAKE_CXX_COMPILER=g++", "-DPINFUZZ_WERROR=ON", *words)

    # What changed in that project would be noticed.
    check.says("new: BUILD_TESTING=spoilt", configure(1, "-DSPOIL=BUILD_TESTING"))
    check.says("changed: CMAKE_C_STANDARD=spoilt", configure(1, "-DSPOIL=CMAKE_C_STANDARD"))
    shutil.rmtree(habits)
    configure(0)
    expect(check, 0, "cmake", "--build", habits)
    check.says("tinykrnl in C[+][+]", expect(check, 0, f"{habits}/mine/pinfuzz", "--version"))
    check.says("^100% tests passed, 0 tests failed out of 8", expect(check, 0, "ctest", "--test-dir", habits))
    for beside in "pin_args_fuzzer.dict", "pin_args_fuzzer.options", "pin_args_fuzzer_seed_corpus.zip":
        path = f"{habits}/mine/{beside}"
        check.holds(os.path.exists(path) and os.path.getsize(path), f"there is no {beside} beside its target")

    # Of what it did not ask for nothing is built; what it asks for, is.
    def core():
        return fnmatch.filter(map(str, inside(f"{habits}/_deps")), "*src/nt*.o")

    check.holds(not core(), "what was not asked for is built")
    expect(check, 0, "cmake", "--build", habits, "--target", "pinfuzz_nt")
    check.holds(core(), "what is asked for is not built")

    configure(0, "-DBUG=ON")
    expect(check, 0, "cmake", "--build", habits)
    check.says("^contract violation: MAP-ADDRESS ",
               expect(check, 8, "ctest", "--test-dir", habits, "--output-on-failure"))


def configure_build(check, source, *words):
    """The harness by itself."""
    expect(check, 0, "cmake", "-S", source, "-B", "build", *GENERATOR, f"-DCMAKE_C_COMPILER={CC}",
           "-DCMAKE_BUILD_TYPE=Plain", "-DPINFUZZ_ENGINE=standalone", "-DBUILD_TESTING=OFF", *words)


def install(check, source):
    """Makes the package. Its path."""
    scratch = os.getcwd()
    configure_build(check, source)
    expect(check, 0, "cmake", "--build", "build", "--target", "pinfuzz", "mutator")
    expect(check, 0, "cmake", "--install", "build", "--prefix", f"{scratch}/made here")
    # A package may be moved.
    prefix = f"{scratch}/the prefix"
    os.rename("made here", prefix)
    expect(check, 0, f"{prefix}/bin/pinfuzz", "run", f"{prefix}/share/pinfuzz/corpus/pin_args_fuzzer")
    knows = [str(path) for path in inside(f"{prefix}/share") if os.path.isfile(path) and scratch in checks.read(path)]
    check.holds(not knows, "a file of the package knows where it was made", "\n".join(knows))
    return prefix


def installed(check, prefix):
    """A project that uses the package. Its path."""
    theirs = os.path.abspath("tinykrnl")
    shutil.copytree(f"{prefix}/share/pinfuzz/examples/tinykrnl", theirs)
    writable(theirs, True)

    def configure(*words):
        expect(check, 0, "cmake", "-S", theirs, "-B", f"{theirs}/build", *GENERATOR, f"-DCMAKE_C_COMPILER={CC}",
               f"-DCMAKE_PREFIX_PATH={prefix}", *words)

    configure()
    expect(check, 0, "cmake", "--build", f"{theirs}/build")
    check.says("^100% tests passed, 0 tests failed out of 8",
               expect(check, 0, "ctest", "--test-dir", f"{theirs}/build"))
    target = f"{theirs}/build/fuzz/pin_unpin_fuzzer"
    expect(check, 0, target, "-seed=1", "-runs=20000", "-artifact_prefix=./")

    # From nothing, within a time that holds on a slow machine; mostly it takes a second.
    clauses = "(MAP-ADDRESS|MAP-COHERENT|PIN-MAPPED)"
    configure("-DTINYKRNL_BUG=ON")
    expect(check, 0, "cmake", "--build", f"{theirs}/build", "--target", "fuzz_pin_unpin_fuzzer", "fuzz_pinfuzz")
    check.says(f"^contract violation: {clauses} ",
               expect(check, 77, target, "-seed=1", "-max_total_time=60", "-error_exitcode=77", "-artifact_prefix=./"))
    crashes = glob.glob("crash-*")
    check.holds(crashes, "the finding was not kept")
    check.says(f"violated {clauses}$", expect(check, 1, f"{theirs}/build/fuzz/pinfuzz", "run", *crashes))
    return theirs


def refused(check, prefix):
    """What is asked for wrongly is told."""
    checks.write("asks/CMakeLists.txt", "cmake_minimum_required(VERSION 3.16)\nproject(asks LANGUAGES NONE)\n"
                                        "find_package(pinfuzz 0.1 REQUIRED)\npinfuzz_add_fuzzers(${WHAT})\n")
    for what, told in (("SUT;mine", "NAME wants a name"), ("NAME;fuzz", "SUT wants the library"),
                       ("NAME;fuzz;SUT;nowhere", "'nowhere'"), ("LIBRARY;mine", "what is 'LIBRARY;mine'")):
        check.says(told, expect(check, 1, "cmake", "-S", "asks", "-B", "asks/build", f"-DCMAKE_PREFIX_PATH={prefix}",
                                f"-DWHAT={what}"))


def by_sut(check, source, theirs):
    """By PINFUZZ_SUT."""
    shutil.rmtree(f"{theirs}/build")
    configure_build(check, source, f"-DPINFUZZ_SUT={theirs}")
    expect(check, 0, "cmake", "--build", "build", "--target", "pinfuzz")
    check.says(": kept$", expect(check, 0, "build/pinfuzz", "run", f"{source}/corpus"))
    checks.write(f"{theirs}/memory.c", "#define TINYKRNL_BUG\n" + checks.read(f"{theirs}/memory.c"))
    expect(check, 0, "cmake", "--build", "build", "--target", "pinfuzz")
    check.says(": violated MAP-ADDRESS$", expect(check, 1, "build/pinfuzz", "run", f"{source}/corpus"))


def part(check):
    for name in "CC", "CXX":
        os.environ.pop(name, None)
    os.environ["CMAKE_BUILD_PARALLEL_LEVEL"] = str(PROCESSORS)
    # Where nobody may write, and with a blank in its name.
    source = os.path.abspath("the sources")
    for name in SOURCES:
        if os.path.isdir(f"{ROOT}/{name}"):
            shutil.copytree(f"{ROOT}/{name}", f"{source}/{name}", symlinks=True)
        else:
            os.makedirs(source, exist_ok=True)
            shutil.copy2(f"{ROOT}/{name}", source)
    writable(source, False)
    before = listing(source)
    below(check, source)
    prefix = install(check, source)
    theirs = installed(check, prefix)
    refused(check, prefix)
    by_sut(check, source, theirs)
    check.equal(before, listing(source), "the sources were changed")


if __name__ == "__main__":
    keep = sys.argv[1] if len(sys.argv) > 1 else None
    if keep and os.path.exists(keep):
        writable(keep, True)
        shutil.rmtree(keep)
    checks.run(part, keep)
