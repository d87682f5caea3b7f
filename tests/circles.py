#!/usr/bin/env python3
"""No circle: files of harness/ and of src/ use each other in one direction only, and so do the rooms of harness/, as
their symbols show. No file is left out. Shows that it would notice.

Usage: tests/circles.py CC [--without FILE] OBJECT... with objects named as in CMake, .../harness/room/file.c.o; FILE is
one that cannot be built here.
Exit status: 0 there is none, 1 there is one or a file is missing, 2 usage, 77 nothing here shows symbols.
"""
import argparse
import collections
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position
from helpers import ROOT  # pylint: disable=wrong-import-position

# Planted: files with their text, and what is said of the circle that they make.
FILES = ({
    "src/nt/planted_a.c": "int planted_b(void); int planted_a(void); int planted_a(void) { return planted_b(); }",
    "src/nt/planted_b.c": "int planted_a(void); int planted_b(void); int planted_b(void) { return planted_a(); }",
}, "src/nt/planted_a.c uses planted_b of src/nt/planted_b.c")
ROOMS = ({
    "harness/program/planted_c.c": "int planted_d; int planted_c(void); int planted_c(void) { return 0; }",
    "harness/judge/planted_d.c":
        "extern int planted_d; int *planted_e(void); int *planted_e(void) { return &planted_d; }",
    "harness/judge/planted_f.c": "int planted_f;",
    "harness/program/planted_g.c":
        "extern int planted_f; int *planted_g(void); int *planted_g(void) { return &planted_f; }",
}, "program uses planted_f of judge")


def skip(reason):
    print(f"circles: {reason}", file=sys.stderr)
    sys.exit(77)


def missing(objects, without):
    """Each file of harness/ and src/ that is not among the objects. Those of embedded/ are in no object: they are text,
    which reproducers have."""
    return [file for file in checks.files(ROOT, ("harness", "src"), ".c")
            if file != without and not file.startswith("harness/reproduce/embedded/")
            and not any(one.endswith(f"/{file}.o") for one in objects)]


def symbols(objects):
    """File, symbol and type for the symbols of objects. What a file is called is its path from harness/ or src/ on."""
    said = checks.output(["nm", "-A", "-P", *objects], 0, merged=False)[1]
    return re.findall(r"^[^ \n]*/((?:harness|src)/[^ \n]*)\.o: ([^ \n]+) ([A-Za-z])", said, re.MULTILINE)


def uses(table):
    """User, symbol and definer for each use of another file's. Some symbols have two definers, of which a program links
    one: those of the judge, for instance."""
    definers = collections.defaultdict(list)
    for file, symbol, kind in table:
        if kind in "TDBRVWGSC":
            definers[symbol].append(file)
    return [(file, symbol, definer) for file, symbol, kind in table if kind in "Uwv"
            for definer in definers[symbol] if definer != file]


def between_rooms(used):
    """Of uses: the same between rooms."""
    room = re.compile("harness/([a-z_]+)/")
    pairs = [(room.match(user), symbol, room.match(definer)) for user, symbol, definer in used]
    return sorted({(user[1], symbol, definer[1]) for user, symbol, definer in pairs
                   if user and definer and user[1] != definer[1]})


def circles_of(used):
    """Those uses that are a circle, or between two: what is left when nobody is there any more who uses nobody or whom
    nobody uses."""
    before = None
    while used != before:
        before = used
        users, definers = {user for user, _, _ in used}, {definer for _, _, definer in used}
        used = [(user, symbol, definer) for user, symbol, definer in used if user in definers and definer in users]
    return [f"{user} uses {symbol} of {definer}" for user, symbol, definer in used]


def wrong_in(table):
    """What is wrong in symbols."""
    used = uses(table)
    return circles_of(used) + circles_of(between_rooms(used))


def planted_symbols(compiler, texts):
    """The symbols of objects made of these files."""
    objects = []
    for file, text in texts.items():
        objects.append(os.path.abspath(f"planted/{file}.o"))
        os.makedirs(os.path.dirname(objects[-1]), exist_ok=True)
        checks.output([compiler, "-x", "c", "-c", "-", "-o", objects[-1]], 0, input=text + "\n")
    return symbols(objects)


def test(arguments, check):
    left_out = missing(arguments.objects, arguments.without)
    check.holds(not left_out, "of these files no objects were given: see tests/CMakeLists.txt", "\n".join(left_out))
    check.holds(missing(arguments.objects[1:], arguments.without),
                f"this check cannot fail: {arguments.objects[0]} may be missing")
    table = symbols(arguments.objects)
    said = wrong_in(table)
    check.holds(not said, "these files or rooms use each other in a circle:", "\n".join(said))
    if not between_rooms(uses(table)):
        skip("no symbols in these objects")  # link-time optimization has them elsewhere
    for texts, expected in (FILES, ROOMS):
        said = "\n".join(wrong_in(table + planted_symbols(arguments.compiler, texts)))
        check.holds(expected in said, f"this check cannot fail: where {expected}, it says:", said)


def main():
    parser = argparse.ArgumentParser(prog="tests/circles.py")
    parser.add_argument("compiler", metavar="CC")
    parser.add_argument("--without", metavar="FILE")
    parser.add_argument("objects", metavar="OBJECT", nargs="+", type=os.path.abspath)
    arguments = parser.parse_args()
    if not shutil.which("nm"):
        skip("no nm")
    checks.run(lambda check: test(arguments, check))


if __name__ == "__main__":
    main()
