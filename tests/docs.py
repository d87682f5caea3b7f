#!/usr/bin/env python3
"""docs/contract.md and the table of the oracle list the same clauses; its table of structures has each member that a
header asserts an offset of; and each of those of a callback's argument is an operand. Its table of what comes before
what has each step, and names seeds and planted bugs. docs/design.md draws the rooms as tests/includes.py has them.
Shows that it would notice.

Usage: tests/docs.py PINFUZZ. Exit status: 0 all of that holds, 1 something does not, 2 usage.
"""
import collections
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position
from helpers import ROOT  # pylint: disable=wrong-import-position
from includes import ROOMS  # pylint: disable=wrong-import-position

PINFUZZ, = checks.paths(1, "tests/docs.py PINFUZZ")
CONTRACT = checks.read(f"{ROOT}/docs/contract.md")
DESIGN = checks.read(f"{ROOT}/docs/design.md")


def lines_like(expression, text):
    """What a regular expression's groups are in the lines of a text that it begins."""
    return re.findall(f"^{expression}", text, re.MULTILINE)


def pinfuzz(*words):
    return checks.output([PINFUZZ, *words], 0, merged=False)[1]


# ---- clauses ----

def clauses(check):
    documented = sorted(lines_like(r"\| ([A-Z0-9]+-[A-Z0-9-]+) \|", CONTRACT))
    judged = sorted(lines_like(r"([A-Z0-9]+-[A-Z0-9-]+) ", pinfuzz("clauses")))
    check.holds(documented, "no clauses found in docs/contract.md")

    def same(listed):
        check.equal("\n".join(judged), "\n".join(listed),
                    "docs/contract.md (got) and harness/contract/contract.h (wanted) differ in clauses")

    # It must be able to fail before its success says anything.
    check.fails(lambda: same(documented[1:]), "a missing clause goes unnoticed")
    same(documented)


# ---- structures ----

def rows_of(structure, page):
    return lines_like(rf"(\| {structure}(?: \([a-z.]*\))? \|.*)", page)


def asserted(page):
    """Structure, member and offset of each assertion about a structure that the page has a row of."""
    return [(structure, member, int(offset, 0)) for header in checks.files(ROOT, ["src/include/wddm"], ".h")
            for structure, member, offset in lines_like(r"C_ASSERT\(FIELD_OFFSET\((\w+), (\w+)\) == (\w+)\);$",
                                                        checks.read(f"{ROOT}/{header}"))
            if rows_of(structure, page)]


def undocumented(page):
    """What is asserted and not in its structure's row."""
    return [f"no {structure}.{member}, at {offset}" for structure, member, offset in asserted(page)
            if not any(re.search(rf"[ *]{member}[^·|]* {offset} ", row) for row in rows_of(structure, page))]


# ---- operands ----

def without_operand(operands):
    """The members of callbacks' arguments that are none of these operands."""
    members = [f"{structure}.{member} {offset}" for structure, member, offset in asserted(CONTRACT)
               if structure.startswith("DXGKARGCB_")]
    return [f"no operand for {member}" for member in members if member not in operands]


def operands_of_members(check):
    operands = pinfuzz("info", "member").splitlines()
    check.holds(without_operand([line for line in operands if "CommitSize" not in line]),
                "a member that is no operand goes unnoticed")
    wrong = without_operand(operands)
    check.holds(not wrong, "harness/program/operations.def:", "\n".join(wrong))


# ---- what comes before what ----

STEPS = r"\| ([AB][0-9, AB]*|stop) \|"


def wrong_with_statement(seed, bug):
    """What is wrong with a row of the table of statements: a seed or a planted bug that is not there or does not know
    of the other."""
    patch = f"tests/planted/{bug}/bug.patch"
    if not all(os.path.isfile(f"{ROOT}/{file}") for file in (f"corpus/adapter_chain_fuzzer/{seed}.txt", patch)):
        return [f"no seed {seed}, or no planted bug {bug}"]
    line = f"Seed: corpus/adapter_chain_fuzzer/{seed}.txt"
    return [] if line in checks.read(f"{ROOT}/{patch}").splitlines() else [f"{patch} has no {line}"]


def ordered(page):
    """What is wrong with the table of statements; each step has one, and no two name a bug."""
    rows = lines_like(STEPS + r"[^|\n]*\|[^|\n]*\| `([^`\n]*)` \| `([^`\n]*)` \|$", page)
    wrong = [line for _, seed, bug in rows for line in wrong_with_statement(seed, bug)]
    bugs = collections.Counter(bug for _, bug in lines_like(STEPS + r".*\| `([^`\n]*)` \|$", page))
    wrong += [f"twice: {bug}" for bug, times in bugs.items() if times > 1]
    stated = {step for steps, _, _ in rows for step in steps.split(", ")}
    steps = sorted(set(lines_like(r"\| ([AB][0-9]+) \| [^|\n]* \| [^|\n]* \|$", page)))
    if len(steps) < 18:
        wrong.append("fewer than 18 steps")
    return wrong + [f"no statement of step {step}" for step in steps if step not in stated]


# ---- rooms ----

def drawn(page):
    """What the page's arrows and the table of rooms disagree in: each arrow is allowed, and what a room may look into
    can be reached by arrows."""
    wrong = []
    reach = set()
    for line in page.splitlines():
        if "▶" not in line:
            continue
        at = re.split(" *─+▶ *", line.lstrip(" "))
        wrong += [f"there is no room {room}" for room in at if room not in ROOMS]
        wrong += [f"{room} may not look into {other}" for room, other in zip(at, at[1:])
                  if other not in ROOMS.get(room, ())]
        reach.update(zip(at, at[1:]))
    for via in ROOMS:
        reach.update([(room, other) for room in ROOMS for other in ROOMS if {(room, via), (via, other)} <= reach])
    return wrong + [f"no way from {room} to {other}" for room, seen in ROOMS.items() for other in seen
                    if (room, other) not in reach]


def page_holds(check, judge, page, what, *edits):
    """A function, which says what is wrong with a page, finds nothing, and something where one of these edits, each a
    regular expression and what takes its place, was made."""
    wrong = judge(page)
    check.holds(not wrong, f"the {what}:", "\n".join(wrong))
    for edit in edits:
        check.holds(judge(checks.edited(page, *edit)), f"a wrong {what} goes unnoticed: {edit}")


def docs(check):
    clauses(check)
    page_holds(check, undocumented, CONTRACT, "table of structures in docs/contract.md",
               (r" SIZE_T CommitSize 8 ·", ""))
    operands_of_members(check)
    page_holds(check, ordered, CONTRACT, "table of what comes before what in docs/contract.md",
               (r" `init-caps-after-the-start` ", " `init-caps-before-the-start` "), (r"^\| B3 .* `.*\n", ""),
               (r"`order_below_wddm2\.9`", "`order_below_wddm2.8`"),
               (r"`attach-once-until-d3`", "`attach-once-until-a-reset`"),
               (r" `order_below_wddm2\.9` ", " `order_from_wddm2.9_on` "))
    page_holds(check, drawn, DESIGN, "picture of the rooms in docs/design.md",
               (r"judge ──▶ contract", "judge ──▶ mutate"), (r"^cli ──▶ mutate .*", ""),
               (r"──▶ interleave ─*▶", "──▶"), (r"reproduce ──▶ verdict", "verdict ──▶ reproduce"),
               (r"▶ drive", "▶ driver"))


if __name__ == "__main__":
    checks.run(docs)
