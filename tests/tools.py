#!/usr/bin/env python3
"""What fuzz/engine/tools.sh decides by the machine it is on: which compiler, which of its tools, what is installed,
and what to do where sanitizers of an old clang crash. Other machines are played by commands of the same names in a
directory of their own.

Usage: tests/tools.py. Exit status: 0 all of that holds, 1 something does not, 2 usage.
"""
import os
import platform
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position
from helpers import ROOT  # pylint: disable=wrong-import-position


def play(**commands):
    """Makes the commands of the other machine, each with its shell text; _ in a name is -. There are no others."""
    shutil.rmtree("bin", ignore_errors=True)
    os.mkdir("bin")
    for name, text in commands.items():
        name = f"bin/{name.replace('_', '-')}"
        checks.write(name, f"#!/bin/bash\n{text}\n")
        os.chmod(name, 0o755)


def asks(text, *arguments, **environment):
    """The output of a script that sources tools.sh and goes on with this text, and its exit status, in one line."""
    checks.write("script", f'set -euo pipefail\nsource "{ROOT}/fuzz/engine/tools.sh"\n{text}\n')
    environment = {**os.environ, **environment, "PATH": f"{os.getcwd()}/bin:{os.environ['PATH']}"}
    status, said = checks.output(["bash", "script", *arguments], env=environment)
    return " ".join([*said.splitlines(), f"status {status}"])


def answers(check, what, wanted, got):
    """All of an answer matches a regular expression."""
    check.holds(re.fullmatch(wanted, got, re.DOTALL), f'{what}: "{got}" instead of "{wanted}"')


def compilers(check):
    play(clang_13="exit 1", clang_97="exit 1", too_old='case "$*" in *-E*) echo 13 ;; esac')
    answers(check, "the newest first", "clang-19 clang clang-97 status 0",
            asks('CC=; tools_clangs | sed -n "1,3p"'))
    answers(check, "the caller's before all", "mine status 0", asks("tools_clangs | sed -n 1p", CC="mine"))
    answers(check, "not an old one", "status [01]",
            asks("[[ $(tools_fuzzing_compiler) != too-old ]]", CC="too-old"))


def tools_of_the_same_version(check):
    """For each compiler that is here."""
    play()
    for compiler in ("clang", *(f"clang-{major}" for major in range(14, 41))):
        if shutil.which(compiler):
            answers(check, f"the llvm-cov of {compiler}", r"(none|LLVM version .*\.) status 0", asks("""
                tools_llvm llvm-cov >/dev/null || { echo none; exit; }
                major=$(tools_clang_major "$fuzzing_cc")
                "$(tools_llvm llvm-cov)" --version | grep -o "LLVM version $major\\." | head -n 1""",
                                                                         fuzzing_cc=compiler))
    answers(check, "no other version for it", "status 1",
            asks("tools_clang_major() { echo 97; }\ntools_llvm llvm-cov", fuzzing_cc="clang-97"))


def installing(check):
    sudo = 'while [[ $1 == -* ]]; do shift; done; exec "$@"'
    play(sudo=sudo, apt_get="mkdir busy 2>/dev/null || { echo two at once; exit; }; sleep 0.2; rmdir busy")
    answers(check, "one at a time", "status 0", asks("tools_apt update & tools_apt update & wait"))
    play(sudo=sudo, apt_get="""while [[ $1 == -* ]]; do shift; done
        case "$*" in update | *second*) exit 0 ;; *) exit 100 ;; esac""")
    answers(check, "the first that can be had", "got status 0", asks("tools_wish first second third && echo got"))
    answers(check, "none is no error", "none status 0", asks("tools_wish first third || echo none"))
    answers(check, "what is needed and missing", "installing first script: cannot install first status 2",
            asks("tools_packages=(first); tools_install"))


def addresses(check):
    """Addresses with more random bits than sanitizers of an old clang bear."""
    play()
    checks.write("bits", "32\n")
    where = "tools_random_bits=bits; read -r now </proc/self/personality; "
    shown = 'echo "$((16#$now >> 18 & 1)) $*"'
    if platform.system() == "Linux" and subprocess.run(["setarch", "-R", "true"], stderr=subprocess.DEVNULL,
                                                       check=False).returncode == 0:
        answers(check, "clang 14 among 32 bits", "clang 14 and 32 random bits .* 1 a b c status 0",
                asks(f"{where}tools_addresses 14; {shown}", "a", "b c"))
        answers(check, "clang 19 among 32 bits", ". a status 0", asks(f"{where}tools_addresses 19; {shown}", "a"))
    play(setarch="exit 1")
    answers(check, "where it may not be asked for", ".*as root: sysctl vm.mmap_rnd_bits=28 status 2",
            asks(f"{where}echo 00000000 >none; tools_addresses 14"))
    checks.write("bits", "28\n")
    answers(check, "clang 14 among 28 bits", "same status 0", asks(f"{where}tools_addresses 14; echo same"))
    os.remove("bits")
    answers(check, "a kernel that does not say", "same status 0", asks(f"{where}tools_addresses 14; echo same"))


def tools(check):
    compilers(check)
    tools_of_the_same_version(check)
    installing(check)
    addresses(check)
    # It must be able to fail before its success says anything.
    check.fails(lambda: answers(check, "a wrong answer", "status 1", "status 0"), "a wrong answer goes unnoticed")


if __name__ == "__main__":
    checks.paths(0, "tests/tools.py")
    checks.run(tools)
