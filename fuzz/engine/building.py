"""What scripts share that build this project: builds as fuzz/engine/tools.sh makes them, and arguments.

The script of bash that starts them has installed what that takes, and has put the compiler into TOOLS_CLANG.
"""
import argparse
import os
import re
import subprocess
import sys

from helpers import PROCESSORS, ROOT, lines_of, stop

CC = os.environ.get("TOOLS_CLANG", "clang")
TOOLS = os.path.join(ROOT, "fuzz", "engine", "tools.sh")


class Arguments(argparse.ArgumentParser):
    """Of a script whose manual page is its own; one line says what is wrong with them."""

    def __init__(self, manual):
        super().__init__(add_help=False, allow_abbrev=False, description=manual)
        self.add_argument("--help", "-h", action="help")

    def format_help(self):
        return self.description.lstrip("\n")

    def error(self, message):
        stop(f"{message} (--help tells more)")


def parsed(parser):
    """The arguments of the script; with --check in front of them that is all there is to do."""
    words = sys.argv[1:]
    only_check = words[:1] == ["--check"]
    given = parser.parse_intermixed_args(words[1:] if only_check else words)
    return given, only_check


def in_bash(script, *words, **options):
    """Runs some lines of bash, after tools.sh, with $1, $2, ...; the process, when it has ended."""
    name = os.path.basename(sys.argv[0]).removesuffix(".py")
    script = f'set -euo pipefail\nsource "{TOOLS}"\n{script}'
    return subprocess.run(["bash", "-c", script, name, *words], check=False, **options)


def directory(path):
    """Makes it, if need be; its absolute path."""
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        stop(f"cannot make the directory {path}: {error.strerror}")
    if not os.access(path, os.W_OK):
        stop(f"cannot write to the directory {path}")
    return os.path.abspath(path)


def setting(place, name):
    """What CMake was told of a setting in that build; nothing without one."""
    for line in lines_of(f"{place}/CMakeCache.txt"):
        if match := re.match(rf"{name}:[A-Z]*=(.*)", line):
            return match[1]
    return None


def build(place, log, targets, *settings):
    """Brings targets up to date, in a build of this project that has these settings. A new one has the compiler."""
    new = [] if os.path.exists(f"{place}/CMakeCache.txt") else [f"-DCMAKE_C_COMPILER={CC}"]
    with open(log, "wb") as file:
        done = in_bash('dir=$1 jobs=$2 targets=$3\nshift 3\ntools_configure "$dir" "$@"\n'
                       'cmake --build "$dir" --parallel "$jobs" --target $targets',
                       place, str(PROCESSORS), " ".join(targets), *new, *settings, stdout=file, stderr=file)
    if done.returncode:
        in_bash('tools_show_failure "$1" >&2', log)
        stop(f"the build failed (whole log: {log})")


def show_end(path, lines=20):
    """The end of a log, where errors go."""
    with open(path, encoding="utf-8", errors="replace") as file:
        print("\n".join(file.read().splitlines()[-lines:]), file=sys.stderr)
