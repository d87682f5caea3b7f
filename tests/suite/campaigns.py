"""What tests of whole campaigns share: fuzz/run over a subject of their own, and ways to ask what came of it.

    def test(campaign):
        campaign.fuzz(1, "--seconds", "20")
        campaign.says("^FINDING in ")

    if __name__ == "__main__":
        campaigns.run(test, campaigns.arguments(__doc__).parse_args())
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import time

import checks
import engine
from helpers import ROOT, Failed


def arguments(about):
    """What each such test takes."""
    parser = argparse.ArgumentParser(description=about, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", metavar="DIR", type=os.path.realpath, default="",
                        help="a build of this project whose objects are used where they are the same")
    parser.add_argument("scratch", metavar="SCRATCH-DIRECTORY", type=os.path.realpath, nargs="?",
                        help="is kept, and what is built there is used again; default: one that is removed")
    return parser


def fuzz_run(place, objects):
    """fuzz/run, which is to fuzz what is in src/ of a directory, build below it, and begin with the objects of another
    build, if any. Without this project's tests, and the implementation without optimization: what is not there need
    not be made."""
    build = f"{place}/build"
    _, settings = checks.output(engine.sourcing(["tools"], """
        tools_take_objects "$1" "$2"
        tools_take_objects "$1" "$2/afl"
        tools_as_in "$1"
        printf '%s\\n' "${as_in[@]}" """, objects, build), 0)
    return [f"{ROOT}/fuzz/run", "--build", build, "--corpus", f"{place}/corpus", f"-DPINFUZZ_SUT={place}/src",
            "-DBUILD_TESTING=OFF", "-DPINFUZZ_SUT_FLAGS=-O0", *filter(None, settings.splitlines())]


def copy_subject(place):
    """What is fuzzed: a copy of the implementation, without the harness."""
    for part in ("nt", "dxgk", "sut"):
        shutil.copytree(f"{ROOT}/src/{part}", f"{place}/src/{part}")


def has_line(file, pattern):
    """Whether a file is there and has a line that matches."""
    return os.path.exists(file) and bool(re.search(pattern, checks.read(file), re.MULTILINE))


def living(build):
    """What runs of a build, by its process number: its programs, and afl-fuzz at work in it."""
    found = {}
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            program = os.readlink(f"/proc/{process}/exe")
            if program.startswith(f"{build}/") or (
                    program.endswith("/afl-fuzz") and f"{build}/" in checks.read(f"/proc/{process}/cmdline")):
                found[process] = program
        except OSError:
            continue  # it has ended meanwhile, or has no program
    return found


class Campaign:
    """Campaigns over one copy of the implementation, below the working directory. `log` is what the last command said.
    Each method that does not return something else is one check."""

    def __init__(self, check, objects):
        self.check = check
        self.place = os.getcwd()
        self.build = f"{self.place}/build"
        self.log = ""
        for old in ("src", "corpus", "build/findings"):
            shutil.rmtree(old, ignore_errors=True)
        # Whether the first build here is to find its harness compiled.
        self.taken = (bool(objects) and os.path.exists(f"{objects}/.ninja_log")
                      and not os.path.exists("build/CMakeCache.txt"))
        self.command = fuzz_run(self.place, objects)
        copy_subject(self.place)

    def holds(self, condition, message):
        self.check.holds(condition, message)

    def expect(self, status, command, until=None, name=None, **options):
        """A command's exit status. It is interrupted as soon as `until` holds; `name` is what it is called."""
        said = f"{self.place}/fuzz-run.log"
        with open(said, "wb") as out, subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                                       **{"cwd": ROOT, **options}) as process:
            try:
                while until and process.poll() is None and not until():
                    time.sleep(0.1)
                if until:
                    process.terminate()
                process.wait()
            except BaseException:
                process.terminate()
                raise
        self.log = checks.read(said)
        self.holds(process.returncode == status,
                   f"exit status {process.returncode} instead of {status}: {name or checks.shown(command)}")

    def fuzz(self, status, *words, **options):
        """The exit status of fuzz/run with these arguments."""
        self.expect(status, [*self.command, *words], name=checks.shown(["fuzz/run", *words]), **options)

    def interrupted(self, status, pattern, file, *words, **options):
        """Its exit status when it is interrupted as soon as a file below logs/ has a line that matches. Ten minutes are
        for a machine that builds for most of them."""
        file = f"{self.build}/logs/{file}"
        if os.path.exists(file):
            os.remove(file)
        self.fuzz(status, "--seconds", "600", *words, until=lambda: has_line(file, pattern), **options)

    def says(self, pattern):
        """The last command has said a line that matches."""
        self.holds(re.search(pattern, self.log, re.MULTILINE), f"the output has no line like: {pattern}")

    def never_says(self, pattern):
        """It has said none."""
        self.holds(not re.search(pattern, self.log, re.MULTILINE), f"the output has a line like: {pattern}")

    def has(self, file, pattern):
        """That file of the campaign has a line that matches."""
        self.holds(has_line(f"{self.build}/campaign/{file}", pattern), f"campaign/{file} has no line like: {pattern}")

    def aside(self):
        """Whether seeds are set aside, for they break something."""
        return any(files for _, _, files in os.walk(f"{self.place}/corpus/.aside"))


def run(test, options):
    """Runs test(campaign), and ends the script as checks.run() does. What fails is told with all that the last command
    said."""

    def tested(check):
        campaign = Campaign(check, options.objects)
        try:
            test(campaign)
        except Failed:
            print(campaign.log, end="", file=sys.stderr)
            raise

    checks.run(tested, options.scratch)
