#!/usr/bin/env python3
"""A switch over operations, their classes or the kinds of their operands says so by its type and has no `default:`, so
that the compiler names what misses a new one. First shows that it would notice.

Usage: tests/switches.py. Exit status: 0 all of that holds, 1 it does not.
"""
import glob
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position
from helpers import ROOT  # pylint: disable=wrong-import-position

OVER_OPCODE = re.compile(r"switch \(.*opcode")
TYPED = re.compile(r"\(\(enum program_[a-z]+\)|\(program_class\(")
OVER_OPERATIONS = re.compile(r"switch \(\(enum (program_(opcode|callback|access|bus|self)|operand_kind)\)"
                             r"|switch \(program_class\(")
BAD = ("(call->opcode) {\n    case OP_PIN:\n", "((enum program_bus)call->opcode) {\n    default:\n",
       "(program_class(opcode)) {\n    case CLASS_BUS:\n    default:\n",
       "((enum operand_kind)operand->kind) {\n    default:\n")
# Another switch is inside, and one behind.
GOOD = """\
void f(void) {
    switch ((enum program_bus)opcode) {
    case BUS_STOP:
        switch (x) {
        default:
            break;
        }
    }
    switch (x) {
    default:
    }
}
"""


def wrong(path):
    """Each switch in a file that breaks the rule."""
    named = path.removeprefix(f"{ROOT}/")
    depth = None  # of the switch over operations that a line is in
    for n, line in enumerate(checks.read(path).splitlines(), 1):
        indent = len(line) - len(line.lstrip(" "))
        if OVER_OPCODE.search(line) and not TYPED.search(line):
            yield f"{named}:{n}: a switch over an opcode wants the type of its operations"
        if OVER_OPERATIONS.search(line):
            depth = indent
        if depth is not None and re.match(" *default:", line) and indent == depth:
            yield f"{named}:{n}: a switch over operations has no default"
        if depth is not None and re.match(" *}", line) and indent <= depth:
            depth = None


def hold(check, paths):
    faults = [fault for path in paths for fault in wrong(path)]
    check.holds(not faults, "switches over operations that no compiler looks at:", "\n".join(faults))


def switches(check):
    for bad in BAD:
        checks.write("planted.c", f"void f(void) {{\n    switch {bad}        break;\n    }}\n}}\n")
        check.fails(lambda: hold(check, ["planted.c"]), f"{bad} was let through")
    checks.write("planted.c", GOOD)
    hold(check, ["planted.c"])
    files = sorted(path for place in ("harness", "fuzz", "tests")
                   for path in glob.glob(f"{ROOT}/{place}/**/*.[ch]", recursive=True))
    check.holds(files, "no files")
    for path in files:
        hold(check, [path])


if __name__ == "__main__":
    checks.run(switches)
