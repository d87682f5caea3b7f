#!/usr/bin/env python3
"""Who may include what. The harness sees the public DDI and the seam, never what is behind it, so that another
implementation can stand in for src/. Its rooms see those that they stand on, never those that stand on them. First
shows that it would notice.

Usage: tests/includes.py. Exit status: 0 every rule holds, 1 one does not, 2 usage.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position
from helpers import ROOT  # pylint: disable=wrong-import-position

# The rooms of harness/, each with those that it may look into, beside the public DDI and the seam.
ROOMS = {line.split()[0]: line.split()[1:] for line in """\
program
contract    program
interleave  program
judge       contract program
drive       judge interleave contract program
mutate      contract program
minimize    contract program
verdict     drive judge interleave minimize contract program
enumerate   verdict drive judge contract program
reproduce   verdict drive judge contract program
page
picture     page reproduce verdict drive judge interleave contract program
campaign    page contract program
cli         campaign picture page reproduce enumerate verdict minimize mutate drive judge interleave contract program
""".splitlines()}

# What may stand between the quotes, as a regular expression, for the files below each directory.
RULES = {
    "harness": r"(wddm|harness)/[a-z0-9_/]+\.(h|def)",
    "fuzz": r"(wddm|harness|fuzz)/[a-z0-9_/]+\.h",
    "src/include": r"wddm/[a-z0-9_]+\.h",
    "src/nt": r"(wddm|nt)/[a-z0-9_]+\.h",
    "src/dxgk": r"(wddm|nt|dxgk)/[a-z0-9_]+\.h",
    "src/sut": r"((wddm|nt|dxgk|sut)/[a-z0-9_]+|harness/sut)\.h",
    "examples": r"(wddm/[a-z0-9_]+|harness/sut|[a-z0-9_]+)\.h",
    **{f"harness/{room}": rf"(wddm/[a-z0-9_]+|harness/sut|harness/({'|'.join([room, *seen])})/[a-z0-9_]+)\.(h|def)"
       for room, seen in ROOMS.items()},
}

INCLUDE = re.compile(r"\s*#\s*(include|import)")


def may_include(line, allowed):
    """Whether a line includes what a rule allows, or a header of the system's: angle brackets are for those, and a
    path of ours in them is no way round."""
    if re.match(rf'\s*#\s*include\s*"({allowed})"', line):
        return True
    system = re.match(r"\s*#\s*include\s*<([a-z0-9_/]+\.h)>", line)
    return bool(system) and not any(os.path.exists(os.path.join(ROOT, place, system[1]))
                                    for place in ("", "src", "src/include"))


def wrong_in(file, text):
    """Each include in a file's text that breaks a rule."""
    return [f"{file}:{number}: {place} may not have: {line}"
            for place, allowed in RULES.items() if file.startswith(f"{place}/")
            for number, line in enumerate(text.split("\n"), 1)
            if INCLUDE.match(line) and not may_include(line, allowed)]


def wrong_below(root):
    """The same of all files below a directory."""
    files = checks.files(root, ("harness", "fuzz", "src", "examples"), ".c", ".h", ".cc", ".inc", ".def")
    return [line for file in files for line in wrong_in(file, checks.read(os.path.join(root, file)))]


def planted():
    """Includes that must be refused, each with the file that would have it."""
    for file in ("harness/judge/planted.c", "harness/judge/planted.h", "fuzz/planted_fuzzer.c"):
        for bad in ('"nt/lock.h"', '"src/nt/lock.h"', '"../src/nt/lock.h"', '"harness/../src/nt/lock.h"',
                    "<nt/lock.h>", "<src/nt/lock.h>", '"lock.h"', "HEADER"):
            yield file, bad
    # An example is another project, and sees only the seam.
    for bad in ('"harness/judge/run.h"', '"nt/lock.h"', "<nt/lock.h>"):
        yield "examples/tinykrnl/planted.c", bad
    # Each room with each room that it may not look into.
    for room, seen in ROOMS.items():
        for other in ROOMS:
            if other not in (room, *seen):
                yield f"harness/{room}/planted.c", f'"harness/{other}/planted.h"'


def includes(check):
    for file, bad in planted():
        said = wrong_in(file, f'#include "wddm/dispmprt.h"\n#include <stddef.h>\n# include {bad}\n')
        check.holds(said and all(line.startswith(f"{file}:3:") for line in said),
                    f"this check cannot fail: of #include {bad} in {file} it says:", "\n".join(said))
    for end in ("c", "h", "cc", "inc", "def"):
        checks.write(f"harness/judge/planted.{end}", '#include "nt/lock.h"\n')
        check.holds(any(f"planted.{end}:1:" in line for line in wrong_below(".")),
                    f"this check cannot fail: files that end in .{end} are not looked at")
    # A room that nobody has told of here would see all of them.
    for place in os.scandir(f"{ROOT}/harness"):
        if place.is_dir():
            check.holds(place.name in ROOMS,
                        f"harness/{place.name} is no room: say in tests/includes.py what it may look into")
    said = wrong_below(ROOT)
    check.holds(not said, "a file sees what it may not", "\n".join(said))


if __name__ == "__main__":
    checks.paths(0, "tests/includes.py")
    checks.run(includes)
