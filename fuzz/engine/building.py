"""What scripts share that build this project: builds as fuzz/engine/tools.sh makes them, and arguments.

The script of bash that starts them has installed what that takes, and has put the compiler into TOOLS_CLANG.
"""
import argparse
import os
import re
import subprocess
import sys

import engine
from helpers import lines_of, stop

CC = os.environ.get("TOOLS_CLANG", "clang")


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
    return subprocess.run(engine.sourcing(["tools"], script, *words), check=False, **options)


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
    engine.build(place, log, targets, *new, *settings)


def show_end(path, lines=20):
    """The end of a log, where errors go."""
    with open(path, encoding="utf-8", errors="replace") as file:
        print("\n".join(file.read().splitlines()[-lines:]), file=sys.stderr)
