"""tests/changes/run: makes each change kept here in a copy of the tree, and demands that it touches no more files
than it says, builds, and passes its tests; and that with any one of its files left out, the compiler or a test
fails and names what is missing. README.md beside this file describes the format of a change."""
import argparse
import fnmatch
import json
import os
import re
import shutil
import tempfile
import time

import engine
from helpers import PROCESSORS, ROOT, Failed, lines_of, said, start, stop

PLACE = os.path.join(ROOT, "tests", "changes")

# What a tree has of ROOT.
PARTS = ("CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "cmake", "corpus", "crashes", "docs",
         "examples", "fuzz", "harness", "src", "tests")

# Lines of a log that are shown.
SHOWN = 20

NOTHING = "nothing fails"

NINJA = shutil.which("ninja") is not None


def arguments():
    parser = argparse.ArgumentParser(
        prog="tests/changes/run", allow_abbrev=False,
        description="Makes the changes named (all without a NAME; a NAME may be a pattern such as 'pin2-*').",
        epilog="Exit status: 0 all are as they say, 1 one is not, 2 environment.")
    add = parser.add_argument
    add("names", metavar="NAME", nargs="*")
    add("--list", action="store_true", help="print a table of the changes, and make none")
    add("--quick", action="store_true", help="only count the files of each change and apply it")
    add("--keep", metavar="DIR", type=os.path.realpath, help="leave the copies and the builds in DIR, as the last "
        "change left them")
    return parser.parse_args()


class Change:
    def __init__(self, name):
        self.name = name
        self.patch = f"{PLACE}/{name}/change.patch"
        self.headers, self.files = {}, set()
        for line in lines_of(self.patch):
            file = re.match(r"(?:---|\+\+\+) [ab]/([^ \t]*)", line)
            header = re.match(r"([A-Z][a-z]+): *(.*)", line)
            if file:
                self.files.add(file[1])
            elif header and not self.files:
                self.headers.setdefault(header[1], header[2])
        self.files = sorted(self.files)

    def header(self, key):
        return self.headers.get(key, "")

    @property
    def targets(self):
        return self.header("Build").split()

    def count(self):
        """How many files it touches, in words."""
        for key in ("Change", "Build", "Tests", "Names"):
            if not self.header(key):
                raise Failed(f"change.patch wants {key}: at its top")
        if not self.files:
            raise Failed("changes nothing")
        harness = [file for file in self.files if file.startswith("harness/")]
        for files, key, where in ((self.files, "Files", ""), (harness, "Harness", " of harness/")):
            limit = self.header(key)
            if not limit.isdecimal():
                raise Failed("change.patch wants Files: and Harness: at its top")
            if len(files) > int(limit):
                raise Failed(f"touches {len(files)} files{where}, more than {limit}: {' '.join(files)}")
        return f"{len(self.files)} files, {len(harness)} of harness/"


def select(patterns):
    names = sorted(name for name in os.listdir(PLACE) if os.path.isdir(f"{PLACE}/{name}")
                   and not name.startswith(("_", ".")))
    chosen = [name for name in names if not patterns or any(
        fnmatch.fnmatch(name, pattern.rstrip("/").rpartition("/")[2]) for pattern in patterns)]
    if not chosen:
        stop(f"there is no change{''.join(' called ' + pattern for pattern in patterns)} in {PLACE}")
    return [Change(name) for name in chosen]


class Trees:
    """A tree that is changed, and its build. Both are brought back to what they were from copies, with the dates
    of all files: so a build compiles what a change, or a file that is left out, makes it compile, and no more."""

    def __init__(self, work):
        self.work = work
        self.before, self.after, self.tree, self.build = (f"{work}/{name}"
                                                          for name in ("before", "after", "tree", "build"))
        self.log = ""
        self.took = {}  # by test, seconds
        os.makedirs(self.before)
        for part in PARTS:
            self.copy(f"{ROOT}/{part}", f"{self.before}/{part}")
        self.copy(self.before, self.tree)

    @staticmethod
    def copy(source, target):
        """All of it, with its dates, in place of what is there."""
        shutil.rmtree(target, ignore_errors=True)
        status, _, err = said(["cp", "-a", source, target])
        if status:
            stop(f"cannot copy {source}: {err}")

    def apply(self, change):
        status, out, err = said(["patch", "-d", self.tree, "-p1", "--fuzz=0", "--force",
                                 "--no-backup-if-mismatch", "-i", change.patch])
        if status:
            raise Failed("does not apply", out + err)

    def put(self, file, tree, dated):
        """That tree's file, or that it has none; with a new date, or with the one it has."""
        target = f"{self.tree}/{file}"
        if os.path.exists(target):
            os.remove(target)
        if os.path.exists(f"{tree}/{file}"):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            (shutil.copy2 if dated else shutil.copyfile)(f"{tree}/{file}", target)

    def step(self, *command):
        """Whether it goes well; what it says is the log."""
        status, out, err = said(command)
        self.log = out + err
        return status == 0

    def compile_changed(self, files):
        """The sources among them alone: what is missing mostly shows there, before all is compiled that a header or
        a table is in."""
        known = {entry["file"] for entry in json.loads("\n".join(lines_of(f"{self.build}/compile_commands.json")))}
        objects = [f"{self.tree}/{file}^" for file in files if f"{self.tree}/{file}" in known]
        return not (NINJA and objects) or self.step("ninja", "-C", self.build, *objects)

    def compile(self, targets):
        return self.step("cmake", "--build", self.build, "--parallel", str(PROCESSORS), "--target", *targets)

    def configure(self, *arguments):
        # Debug information and the optimizer say nothing of what is missing.
        generator = ["-G", "Ninja"] if NINJA else []
        return self.step("cmake", "-S", self.tree, "-B", self.build, *generator, "-DCMAKE_C_COMPILER=gcc",
                         "-DPINFUZZ_ENGINE=standalone", "-DPINFUZZ_WERROR=ON", "-DCMAKE_BUILD_TYPE=Plain", *arguments)

    def test(self, test):
        began = time.monotonic()
        ok = self.step("ctest", "--test-dir", self.build, "--output-on-failure", "--no-tests=error", "-R",
                       f"^({test})$")
        self.took.setdefault(test, time.monotonic() - began)
        return ok

    def shown(self):
        """The end of the log, without what went well."""
        with open(f"{self.work}/log", "w", encoding="utf-8") as file:
            file.write(self.log)
        return engine.failure_in(f"{self.work}/log")


def unnoticed(trees, change, file):
    """What is wrong when all goes well without this file, or what fails does not name what is missing."""
    trees.put(file, trees.before, dated=False)
    wrong = NOTHING

    def says_it():
        return re.search(change.header("Names"), trees.shown())

    unsaid = f"what fails does not say '{change.header('Names')}'"
    others = [one for one in change.files if one != file]
    if not (trees.compile_changed(others) and trees.compile(change.targets)):
        wrong = None if says_it() else unsaid
    else:
        # Until one says it, the quickest first.
        for test in sorted(change.header("Tests").split(), key=lambda test: trees.took.get(test, 0)):
            if not trees.test(test):
                wrong = None if says_it() else unsaid
                if wrong is None:
                    break
    trees.put(file, trees.after, dated=True)
    trees.copy(f"{trees.work}/built", trees.build)
    return wrong


def end_of(text):
    return "\n".join(text.splitlines()[-SHOWN:])


def attempt(trees, change):
    """Holds the change to what it says; in words. The tree and its build are those of before when it begins."""
    counted = change.count()
    trees.apply(change)
    arguments = change.header("Configure").split()
    if (arguments and not trees.configure(*arguments)) or not trees.compile(change.targets):
        raise Failed("does not build", end_of(trees.shown()), SHOWN)
    trees.copy(trees.tree, trees.after)
    trees.copy(trees.build, f"{trees.work}/built")
    # All is well with it, also without a file that nothing needs: of that this must be told.
    nobody = "docs/nobody.md"
    with open(f"{trees.after}/{nobody}", "w", encoding="utf-8") as file:
        file.write("nobody reads this\n")
    wrong = unnoticed(trees, change, nobody)
    if wrong != NOTHING:
        raise Failed("does not pass" if wrong else "a file that nothing needs is missed", end_of(trees.shown()), SHOWN)
    os.remove(f"{trees.tree}/{nobody}")
    for file in change.files:
        wrong = unnoticed(trees, change, file)
        if wrong:
            raise Failed(f"without {file}: {wrong}", end_of(trees.shown()), SHOWN)
    return f"{counted}; without any one of them something says so"


def check_count():
    """That a file too many is noticed: it must be able to fail before its success says anything."""
    change = select([])[0]
    change.headers["Files"] = str(len(change.files) - 1)
    try:
        change.count()
    except Failed:
        return
    stop("a file too many goes unnoticed")


def main():
    options = arguments()
    changes = select(options.names)
    if options.list:
        for change in changes:
            print(f"{change.name:20} {change.header('Files'):>2} files, {change.header('Harness')} of harness/  "
                  f"{change.header('Change')}")
        return 0
    check_count()
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        work = options.keep or scratch
        shutil.rmtree(work, ignore_errors=True)
        trees = Trees(work)
        if not options.quick:
            # A change compiles nearly all of the tree: there is nothing to gain by compiling it without one.
            if not trees.configure():
                print(end_of(trees.shown()))
                stop("the tree cannot be configured as it is")
            trees.copy(trees.build, f"{work}/unchanged")
        for change in changes:
            try:
                if options.quick:
                    text = change.count()
                    trees.apply(change)
                else:
                    text = attempt(trees, change)
            except Failed as failure:
                failed += 1
                print(f"FAILED  {change.name:20} {failure}", flush=True)
            else:
                print(f"passed  {change.name:20} {text}", flush=True)
            trees.copy(trees.before, trees.tree)
            if not options.quick:
                trees.copy(f"{work}/unchanged", trees.build)
    print(f"{len(changes) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    start(main)
