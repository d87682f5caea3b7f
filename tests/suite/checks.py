"""What tests of commands share: a scratch directory, commands and what they must say, and the count of checks.

A test is a function that is given Checks; run() calls it in a scratch directory and says how it ended:

    def test(check):
        check.expect(0, "*: kept", [PINFUZZ, "run", "good.txt"])

    if __name__ == "__main__":
        checks.run(test)

The first check that does not hold ends the test.
"""
import contextlib
import difflib
import fnmatch
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from helpers import Failed, start


def ran(command, status=None, merged=True, timeout=None, **options):
    """Runs a command and gives its exit status and its output, byte for byte; of both streams, in the order in which
    they were written, or of standard output alone. `input` is text for its standard input, which is else empty.
    Failed when it ends with another than the `status` wanted."""
    if "input" in options:
        options["input"] = options["input"].encode("utf-8", "surrogateescape")
    else:
        options.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT if merged else subprocess.PIPE, timeout=timeout, check=False,
                          **options)
    told = done.stdout.decode("utf-8", "surrogateescape")
    if status is not None and done.returncode != status:
        errors = "" if merged else done.stderr.decode("utf-8", "surrogateescape")
        raise Failed(f"{shown(command)}: exit status {done.returncode} instead of {status}", told + errors)
    return done.returncode, told


def output(command, status=None, **options):
    """Likewise, without the line ends at its end."""
    got, told = ran(command, status, **options)
    return got, told.rstrip("\n")


def printed(command, status=0, **options):
    """What a command that succeeds prints on standard output, byte for byte."""
    return ran(command, status, merged=False, **options)[1]


@contextlib.contextmanager
def background(command, **options):
    """A command that runs meanwhile, as a shell has one: it ignores Ctrl-C until it has set itself up for it. In the
    end it is killed if it still lives. Options are Popen's."""
    with subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                          preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN), **options) as process:
        try:
            yield process
        finally:
            process.kill()


def shown(command):
    """A command as a person reads it, without directories of the machine."""
    return " ".join(os.path.basename(str(word)) if os.path.isabs(str(word)) else str(word) for word in command)


def differences(wanted, got):
    """The lines in which two texts differ; none when they are equal."""
    lines = difflib.unified_diff(wanted.splitlines(), got.splitlines(), "wanted", "got", lineterm="", n=0)
    return "\n".join(lines)


def read(path):
    """A file's text."""
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        return file.read()


def write(path, content):
    """Makes a file with that text, or those bytes; the directories above it are made."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    content = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    with open(path, "wb") as file:
        file.write(content)


class Checks:
    """What has held so far. Each method below is one check, and raises Failed when it does not hold."""

    def __init__(self):
        self.held = 0

    def holds(self, condition, message, report=""):
        """The condition. `report` is what shows why not."""
        if not condition:
            raise Failed(message, report, 40)
        self.held += 1

    def program(self, path):
        """expect() of one program, whose arguments are the words of a text, and others as they are:
        pinfuzz(0, "*: kept", "run --repeat 10", SEED)."""
        def expect(status, pattern, words="", *others, **options):
            return self.expect(status, pattern, [path, *words.split(), *others], **options)
        return expect

    def expect(self, status, pattern, command, **options):
        """A command's exit status, and what it prints: a pattern as a shell has them (`*`, `?`, `[...]`), for all of
        it. Gives what it printed. Options are output()'s."""
        got, text = output(command, **options)
        self.holds(got == status and fnmatch.fnmatchcase(text, pattern),
                   f"{shown(command)}\nexpected exit {status} and: {pattern}\ngot exit {got} and:", text)
        return text

    def says(self, expression, text):
        """A text has a line that matches a regular expression."""
        self.holds(re.search(expression, text, re.MULTILINE), f"there is no line like: {expression}", text)

    def never_says(self, expression, text):
        """A text has none."""
        self.holds(not re.search(expression, text, re.MULTILINE), f"there is a line like: {expression}", text)

    def equal(self, wanted, got, message):
        """Two texts are equal."""
        self.holds(wanted == got, f"{message}:", differences(wanted, got) or "only line ends differ")

    def fails(self, check, message):
        """A check, called here, fails: one that cannot says nothing."""
        try:
            check()
        except Failed:
            self.held += 1
            return
        raise Failed(f"this check cannot fail: {message}")


@contextlib.contextmanager
def scratch(keep=None):
    """A new directory, which is the working directory meanwhile, and is removed, even where it cannot be written to;
    `keep` is one to be used and left."""
    began = os.getcwd()
    place = os.path.abspath(keep) if keep else tempfile.mkdtemp()
    os.makedirs(place, exist_ok=True)
    os.chdir(place)
    try:
        yield place
    finally:
        os.chdir(began)
        if not keep:
            for directory, _, _ in os.walk(place):
                os.chmod(directory, 0o700)
            shutil.rmtree(place)


def run(test, keep=None):
    """Runs test(checks) in a scratch directory, and ends the script: 0 all holds, 1 something does not, 130
    interrupted. The test's own exit ends it, too: 77 where it cannot be run, 2 for a wrong use."""
    name = os.path.basename(sys.argv[0]).removesuffix(".py")

    def main():
        checks = Checks()
        try:
            with scratch(keep):
                test(checks)
        except Failed as failure:
            print(f"{name}: {failure}", file=sys.stderr)
            print(f"{checks.held} passed, 1 failed")
            return 1
        print(f"{checks.held} passed, 0 failed")
        return 0

    start(main)


def paths(count, usage, more=False):
    """The arguments of a script that wants so many paths, or with `more` at least so many, as whole ones; else its
    usage, and exit status 2."""
    if len(sys.argv) != count + 1 and not (more and len(sys.argv) > count):
        print(f"usage: {usage}", file=sys.stderr)
        sys.exit(2)
    return [os.path.realpath(argument) for argument in sys.argv[1:]]


def files(root, tops, *ends):
    """The files below some directories of root whose names end so (".c"), as paths from root, in order."""
    return sorted(path.relative_to(root).as_posix() for top in tops for path in pathlib.Path(root, top).rglob("*")
                  if path.suffix in ends and path.is_file())


def edited(text, expression, replacement):
    """A text with what matches a regular expression, line by line, replaced; Failed when nothing does."""
    new = re.sub(expression, replacement, text, flags=re.MULTILINE)
    if new == text:
        raise Failed(f"replacing {expression} changes nothing")
    return new
