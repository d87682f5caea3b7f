#!/usr/bin/env python3
"""The workflows are YAML, and name only what there is: scripts with their options, commands of pinfuzz with theirs,
directories that the scripts leave behind, sanitizers that the project builds with, inputs that the actions have. Nobody
runs them before they are pushed. Shows that it would notice.

Usage: tests/workflows.py PINFUZZ. Exit status: 0 every rule holds, 1 one does not, 2 usage.
"""
import ast
import fnmatch
import functools
import glob
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position
from helpers import ROOT  # pylint: disable=wrong-import-position

PINFUZZ, = checks.paths(1, "tests/workflows.py PINFUZZ")

# Inputs of the actions used, each with `with:` keys that it takes.
INPUTS = {
    "actions/checkout": "ref fetch-depth",
    "actions/upload-artifact": "name path if-no-files-found retention-days",
    "actions/cache/restore": "path key restore-keys",
    "actions/cache/save": "path key",
    "github/codeql-action/upload-sarif": "sarif_file checkout_path category",
    "google/clusterfuzzlite/actions/build_fuzzers":
        "language sanitizer github-token upload-build keep-unaffected-fuzz-targets bad-build-check storage-repo "
        "storage-repo-branch",
    "google/clusterfuzzlite/actions/run_fuzzers":
        "language sanitizer github-token fuzz-seconds mode output-sarif parallel-fuzzing minimize-crashes "
        "report-timeouts report-ooms storage-repo storage-repo-branch",
}

# What makes the directories below build/; of some the workflow itself.
MAKERS = {
    "tests": ("tests/run", "tests/suite/stages.py"),
    "fuzz": ("fuzz/run", "fuzz/engine/record.sh"),
    "coverage": ("fuzz/engine/coverage.py",),
    "fresh": ("tests/fresh.py",),
    "compilers": ("tests/compilers",),
    "dialects": ("tests/dialects/fuzz", "fuzz/run"),
}

# Mistakes that must be refused: the workflow, a regular expression, and what takes its place.
PLANTED = [
    ("gate.yml", "run: tests/run", "run: tests/runs"),
    ("gate.yml", "run: tests/run", "run: tests/run --fast"),
    ("gate.yml", "build/tests/findings$", "build/tests/foundlings"),
    ("gate.yml", "checkout@v4", "checkout"),
    ("gate.yml", "category:", "categories:"),
    ("nightly.yml", "pinfuzz faults", "pinfuzz fault"),
    ("nightly.yml", "--sarif", "--serif"),
    ("nightly.yml", "crashes$", "crash"),
    ("nightly.yml", "--strict", "--stricter"),
    ("cflite_pr.yml", "- memory", "- thread"),
    ("cflite_cron.yml", "mode: prune", "mode: trim"),
    ("cflite_batch.yml", "parallel-fuzzing", "parallel"),
]
NO_YAML = ("cflite_build.yml", "^jobs:", "jobs")


@functools.lru_cache
def sanitizers():
    """Those that the project builds with, and `coverage`."""
    listed = re.search(r"^sanitizers:\n((?: .*\n)*)", checks.read(".clusterfuzzlite/project.yaml"), re.MULTILINE)
    return ["coverage", *re.findall(r"^ *- *(.*)$", listed[1], re.MULTILINE)]


def is_left(path):
    """Whether some script makes this path below build/."""
    _, first, rest, *_ = [*path.split("/"), ""]
    if first in ("findings", "findings.sarif"):
        return True
    word = rf"(?:^|[^A-Za-z0-9_.-]){re.escape(rest or first)}(?:[^A-Za-z0-9_.-]|$)"
    return any(re.search(word, checks.read(maker), re.MULTILINE) for maker in MAKERS.get(first, ()))


@functools.lru_cache
def script_manual(script):
    """A script's manual page, or the comment on top."""
    status, said = checks.output([f"./{script}", "--help"], merged=False)
    if status == 0:
        return said
    text = checks.read(script)
    if script.endswith(".py"):
        return ast.get_docstring(ast.parse(text)) or ""
    return re.split("^set ", text, maxsplit=1, flags=re.MULTILINE)[0]


@functools.lru_cache
def command_manual(command):
    """The manual page of a command of pinfuzz; nothing where there is none."""
    status, said = checks.output([PINFUZZ, "help", command], merged=False)
    return None if status else said


def wrong_words(words):
    """What is wrong with the words of a command, or of a `path:`."""
    script = manual = ""
    for word in words:
        if word.startswith("build/"):
            if not is_left(word):
                yield f"nothing makes {word}"
            if fnmatch.fnmatchcase(word, "build/*/pinfuzz"):
                script = "pinfuzz"
        elif word.startswith(("fuzz/", "tests/", ".clusterfuzzlite/")):
            if os.path.isfile(word) and os.access(word, os.X_OK):
                script, manual = word, script_manual(word)
            else:
                yield f"there is no program {word}"
        elif word.startswith(("corpus", "crashes", "docs/")):
            if not glob.glob(word):
                yield f"there is no {word}"
        elif word.startswith("-"):
            if script and word not in manual:
                yield f"{script} has no option {word}"
        elif re.match("[a-z]", word):
            if script == "pinfuzz":
                if command_manual(word) is None:
                    yield f"pinfuzz has no command {word}"
                script, manual = f"pinfuzz {word}", command_manual(word) or manual
            elif script.startswith("pinfuzz ") and not glob.glob(word):
                yield f"there is no {word}"
        elif word in ("||", "&&", ";"):
            script = manual = ""


def wrong_sanitizer(value):
    if value not in sanitizers():
        yield f"the project does not build with the sanitizer {value}"


def action_of(value):
    """The name of an action, without its version."""
    return value.rsplit("@", 1)[0]


def wrong_value(key, value):
    """What is wrong with the value of a key, whatever is around it."""
    if key in ("run", "path") and value != "|":
        yield from wrong_words(value.split())
    elif key == "uses":
        if not re.search(r"@v[0-9]+$", value):
            yield f"{value} has no version"
        if action_of(value) not in INPUTS:
            yield f"nobody has looked at the inputs of {action_of(value)}"
    elif key == "sanitizer" and value and not value.startswith("$"):
        yield from wrong_sanitizer(value)
    elif key == "mode" and value not in ("code-change", "batch", "prune", "coverage"):
        yield f"ClusterFuzzLite has no mode {value}"


def is_input(key, indent):
    """Whether a key stands below `with:`, ten columns in."""
    return indent == 10 and key not in ("if", "id", "run", "with", "jobs", "steps", "on", "env", "uses")


def wrong_lines(text):
    """What is wrong in the lines of a workflow."""
    action = ""
    block = None  # how far in the key stands whose value is the lines below
    in_list = False  # of sanitizers
    for line in text.splitlines():
        space, dash, value = re.fullmatch(r"( *)(- )?(.*)", line).groups()
        indent = len(space + (dash or ""))
        if not value or value.startswith("#"):
            continue
        if block is not None and indent > block:
            yield from wrong_words(value.split())
            continue
        block = None
        if in_list and dash and ":" not in value:
            yield from wrong_sanitizer(value)
            continue
        in_list = False
        pair = re.match(r"([A-Za-z_-]+): *(.*)", value)
        if not pair:
            continue
        key, value = pair.groups()
        yield from wrong_value(key, value)
        if key in ("run", "path") and value == "|":
            block = indent
        elif key == "uses":
            action = action_of(value)
        in_list = key == "sanitizer" and not value
        if is_input(key, indent) and action in INPUTS and key not in INPUTS[action].split():
            yield f"{action} takes no input {key}"


def reads_yaml():
    """Whether there is something here that reads YAML."""
    return bool(shutil.which("perl")) and checks.output(["perl", "-MCPAN::Meta::YAML", "-e", "1"])[0] == 0


def is_workflow(text):
    """Whether it reads a text as YAML with what a workflow has."""
    command = "local $/; my $y = CPAN::Meta::YAML->read_string(<STDIN>); exit !($y && $y->[0]{jobs} && $y->[0]{on})"
    return checks.output(["perl", "-CI", "-MCPAN::Meta::YAML", "-e", command], input=text)[0] == 0


def wrong_in(text, yaml):
    """What is wrong with a workflow."""
    return ([] if not yaml or is_workflow(text) else ["not a workflow in YAML"]) + list(wrong_lines(text))


def wrong_owner(text, others):
    """What an owner has to put in stands in one place, on a host that there cannot be: all of it, or none any more.
    `others` are the files that have none of it, with their texts."""
    wrong = []
    lines = len(re.findall(r"^(?:homepage|main_repo|primary_contact): .*owner\.invalid", text, re.MULTILINE))
    if lines and (lines != 3 or not re.search("^# OWNER: ", text, re.MULTILINE)):
        wrong.append(f"the owner's lines: {lines} of 3 are open, or nothing says so")
    return wrong + [f"the owner's lines are not all here: {name}: {line}" for name, other in others.items()
                    for line in other.splitlines() if re.search(r"owner\.invalid|OWNER", line)]


def workflows(check):
    os.chdir(ROOT)
    yaml = reads_yaml()
    for needed in ("Dockerfile", "build.sh", "project.yaml"):
        check.holds(os.path.exists(f".clusterfuzzlite/{needed}"), f".clusterfuzzlite/{needed}: missing")
    texts = {os.path.basename(file): checks.read(file) for file in sorted(glob.glob(".github/workflows/*.yml"))}
    wrong = [f"{name}: {line}" for name, text in texts.items() for line in wrong_in(text, yaml)]
    check.holds(texts and not wrong, "a workflow names what there is not", "\n".join(wrong))
    project = checks.read(".clusterfuzzlite/project.yaml")
    others = texts | {name: checks.read(f".clusterfuzzlite/{name}") for name in ("Dockerfile", "build.sh")}
    wrong = wrong_owner(project, others)
    check.holds(not wrong, ".clusterfuzzlite/project.yaml", "\n".join(wrong))
    # It must be able to fail before its success says anything.
    mine = checks.edited(project, "^homepage: .*", 'homepage: "https://owner.example/pinfuzz"')
    check.holds(wrong_owner(mine, others), "an owner who put in one line of three goes unnoticed")
    for name, expression, replacement in PLANTED + [NO_YAML] * yaml:
        check.holds(wrong_in(checks.edited(texts[name], expression, replacement), yaml),
                    f"'{replacement}' in place of '{expression}' in {name} goes unnoticed")


if __name__ == "__main__":
    checks.run(workflows)
