"""What is said of programs in files, for tests of the forms that such files have: that the same is said of one form as
of another, and something else of a changed program; and the programs, of which some break something.

PINFUZZ is the first argument of such a test, built with bare/broken.c.
"""
import base64
import functools
import glob
import os
import re
import shutil
import sys

from checks import output, printed, read, write
from helpers import ROOT, said

PINFUZZ = os.path.realpath(sys.argv[1]) if sys.argv[1:] else ""
# A process reads at its end all that it has for leaks, which takes longer than the program that it ran. They are
# looked for once, by no_leaks().
OPTIONS = os.environ.get("ASAN_OPTIONS", "")
os.environ["ASAN_OPTIONS"] = f"{OPTIONS}:detect_leaks=0".lstrip(":")


# ---- what is said of them, and that it is the same ----


@functools.lru_cache(maxsize=None)
def told(command, path):
    """All that `run`, `clauses` or `triage` says of a path, without the path itself, and its exit status."""
    options = ["-n", "-v", "-o", "none"] if command == "triage" else []
    status, out, err = said([PINFUZZ, command, *options, path])
    # On standard error run tells long stories, and clauses which program broke what.
    if command != "run":
        out += "".join(f"{line}\n" for line in err.splitlines() if re.search(": (violated|crashed)", line))
    return re.sub(f"{re.escape(path)}[/:]", "", out) + f"status {status}"


def run(path):
    return told("run", path)


def clauses(path):
    return told("clauses", path)


def triage(path):
    return told("triage", path)


def verdicts(path):
    """What `run` says, without any names: programs in Base64 have none."""
    return re.sub("(?m)^.*: (kept|violated|crashed)", r"\1", run(path))


def sorted_verdicts(path):
    return "\n".join(sorted(verdicts(path).splitlines()))


def counts(path):
    """Likewise what `clauses` counts."""
    return "\n".join(line for line in clauses(path).splitlines() if ": violated " not in line)


def groups(path):
    """Likewise how many files `triage` puts together."""
    *lines, status = triage(path).splitlines()
    return "\n".join([re.sub("^([A-Z0-9-]+: [0-9]+ files?),.*", r"\1", line) for line in lines
                      if re.search("^[A-Z0-9-]+: [0-9]+ files?,| files: ", line)] + [status])


def same(check, saying, wanted, got, changed):
    """The same is said of one path as of another, and something else of a changed one."""
    check.equal(saying(wanted), saying(got), f"{saying.__name__}: {got} is not as {wanted}")
    check.fails(lambda: check.equal(saying(wanted), saying(changed), ""),
                f"{saying.__name__}: {changed} is as {wanted}")


def text(path, *options, **more):
    return printed([PINFUZZ, "text", *options, path], **more)


def like(check, wanted, *files):
    """As text, each file is the program that another one is."""
    for file in files:
        check.equal(text(wanted), text(file), f"as text, {file} is not as {wanted}")


def content(path):
    with open(path, "rb") as file:
        return file.read()


def no_leaks(check, *files):
    """With each kind of file, and each complaint, there is once a look for leaks."""
    told_of = output([PINFUZZ, "run", *files], env={**os.environ, "ASAN_OPTIONS": OPTIONS})[1]
    check.never_says("LeakSanitizer", told_of)


# ---- forms ----


def as_line(word):
    return f"Base64: {word}\n"


def base64_of(file):
    return base64.b64encode(content(file)).decode()


def utf16(string):
    return b"\xff\xfe" + string.encode("utf-16-le")


def utf16_big(string):
    return b"\xfe\xff" + string.encode("utf-16-be")


def story(path):
    """A text as an editor of Windows leaves it."""
    return "# Gr\xf6\xdfe, \U0001f4be\r\n" + read(path).replace("\n", "\r\n")


# ---- the programs, in directories; in `changed` one is another ----


def programs(check):
    for source, pattern, place in (("pin_unpin_fuzzer", "[bcmoprs]*.txt", "seeds"),
                                   ("adapter_chain_fuzzer", "[mr]*.txt", "seeds/deeper")):
        os.makedirs(place)
        for file in glob.glob(f"{ROOT}/corpus/{source}/{pattern}"):
            shutil.copy(file, place)
    for file in glob.glob("seeds/[a-d]*.txt"):
        printed([PINFUZZ, "bytes", file, "-o", file.removesuffix(".txt")])
        os.remove(file)
    shutil.copytree("seeds", "changed")
    # The first that breaks something breaks nothing any more.
    broken = next(file for file in sorted(glob.glob("seeds/*"))
                  if os.path.isfile(file) and output([PINFUZZ, "run", file])[0])
    write(broken.replace("seeds/", "changed/"), "machine\n")
    printed([PINFUZZ, "bytes", "seeds", "-o", "bytes"])
    printed([PINFUZZ, "bytes", "changed", "-o", "changed_bytes"])
    seeds = sorted(os.path.join(place, file) for place, _, files in os.walk("seeds") for file in files)
    check.holds(len(os.listdir("bytes")) == len(seeds) > 15, "too few programs")
    return seeds
