#!/usr/bin/env python3
"""Writes the bytes in the dictionaries from their comments, or says what differs.

fuzz/<target>.dict holds whole records of the byte form (harness/program/program.h), for engines that do not call
the operation mutator: AFL++ without its library, honggfuzz, Centipede. Each record stands below a comment
that says what it is, in the text form; a switch of a race is four bytes of one.

Usage: fuzz/engine/dictionary.py PINFUZZ [--check]
Exit status: 0 all as it should be, 1 something differed (--check), 2 usage, or a comment that is no text.
"""
import difflib
import glob
import os
import re
import subprocess
import sys
import tempfile

FUZZ = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# By what a comment describes: the program that it is part of, and the number of the record that is its own.
PROGRAMS = {
    "machine": ("machine {}\n", 0),
    "adapter": ("machine adapters=3\nadapter 2 {}\n", 3),
    "operation": ("machine adapters=16\n{}\n", 17),
    "switch": ("machine adapters=16\nrace ops=1 switch={}\n", 17),
}
SWITCH = slice(16, 20)  # where in its record it stands


def fail(message):
    print(message, file=sys.stderr)
    sys.exit(2)


def described(line):
    """What a comment describes, and its text; None of another line."""
    match = re.match(rf"# ({'|'.join(PROGRAMS)}): (.*)", line)
    return match and match.groups()


def info(pinfuzz, key):
    try:
        return subprocess.run([pinfuzz, "info", key], stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        return fail(error)


def records(pinfuzz, lines):
    """By (what, text) of each comment that describes something: its bytes, none when it is not the text form."""
    size = int(info(pinfuzz, "record"))
    wanted = sorted({comment for comment in map(described, lines) if comment})
    found = {}
    with tempfile.TemporaryDirectory() as place:
        os.mkdir(f"{place}/text")
        for number, (what, text) in enumerate(wanted):
            with open(f"{place}/text/{number}.txt", "w", encoding="utf-8") as file:
                file.write(PROGRAMS[what][0].format(text))
        # All at once; what is no program is named, and left out.
        subprocess.run([pinfuzz, "bytes", "text", "-o", "bytes"], cwd=place, stdout=subprocess.DEVNULL, check=False)
        for number, (what, text) in enumerate(wanted):
            path = f"{place}/bytes/{number}"
            record = b""
            if os.path.exists(path):
                with open(path, "rb") as file:
                    record = file.read()[size * PROGRAMS[what][1]:][:size]
            found[what, text] = record[SWITCH] if what == "switch" else record
    return found


def rewritten(dictionary, lines, made):
    """The lines as the comments among them say."""
    fresh = []
    below = False  # a comment, for which the bytes are made above
    for line in lines:
        if below and line.startswith('"'):
            below = False
            continue
        fresh.append(line)
        comment = described(line)
        below = bool(comment)
        if comment:
            if not made[comment]:
                fail(f"{dictionary}: not the text form: {line}")
            fresh.append('"' + "".join(f"\\x{byte:02x}" for byte in made[comment]) + '"')
    return fresh


def main():
    words = sys.argv[1:]
    if words[:1] in (["--help"], ["-h"]):
        print(__doc__.rstrip())
        return 0
    if not words or not words[0] or words[0].startswith("-") or words[1:] not in ([], ["--check"]):
        fail("usage: fuzz/engine/dictionary.py PINFUZZ [--check]")
    pinfuzz, check = os.path.abspath(words[0]), words[1:] == ["--check"]

    dictionaries = {}
    for path in sorted(glob.glob(f"{FUZZ}/*.dict")):
        with open(path, encoding="utf-8") as file:
            dictionaries[path] = file.read().splitlines()
    made = records(pinfuzz, [line for lines in dictionaries.values() for line in lines])
    status = 0
    for path, lines in dictionaries.items():
        fresh = rewritten(path, lines, made)
        if not check:
            with open(path, "w", encoding="utf-8") as file:
                file.write("".join(f"{line}\n" for line in fresh))
        elif fresh != lines:
            print("\n".join(difflib.unified_diff(lines, fresh, path, "what its comments say", lineterm="")))
            status = 1

    have = {text.partition(" ")[0] for what, text in made if what == "operation"}
    for word in (line.split()[0] for line in info(pinfuzz, "operation").splitlines()):
        if word not in have:
            print(f"no fuzz/*.dict has an operation '{word}': add a line '# operation: {word} ...' and run this "
                  "without --check", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
