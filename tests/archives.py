#!/usr/bin/env python3
"""Zip archives: each is read as the same programs in a directory are, by an implementation in which programs differ in
what they break; of broken, hostile and odd ones (suite/zips.py) all is told, and whatever else is in them is run. Each
comparison is made with a changed program, too, and must fail then.

Usage: tests/archives.py PINFUZZ PINFUZZ-WITHOUT-LIBZIP [--no-libzip]
  PINFUZZ      built with bare/broken.c
  --no-libzip  it has no libzip, either
Exit status: 0 all of that holds, 1 it does not.
"""
import glob
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

# pylint: disable=wrong-import-position
import checks
import zips
from checks import output, printed, read, write
from same import (as_line, base64_of, clauses, content, like, no_leaks, programs, run, same, story, triage, utf16,
                  utf16_big, verdicts)

LIBZIP = sys.argv[3:] != ["--no-libzip"]
if not LIBZIP:
    sys.argv.pop()
PINFUZZ, WITHOUT = checks.paths(2, "tests/archives.py PINFUZZ PINFUZZ-WITHOUT-LIBZIP [--no-libzip]")
INNER = "surprise_removal_while_mapped.txt"
TEXT = f"seeds/{INNER}"
BYTES = f"bytes/{INNER.removesuffix('.txt')}"


def pack(*directories):
    """DIRECTORY.zip with what is in it, of each."""
    for directory in directories:
        shutil.make_archive(directory, "zip", directory)


def run_lines(*paths):
    """The lines of standard output of `run`."""
    return output([PINFUZZ, "run", *paths], merged=False)[1].splitlines()


def as_a_directory(check, pinfuzz, seeds):
    pack("seeds", "changed", "bytes", "changed_bytes")
    for saying in run, clauses, triage:
        same(check, saying, "seeds", "seeds.zip", "changed.zip")
    same(check, verdicts, "bytes", "bytes.zip", "changed_bytes.zip")
    # As another program packs them.
    printed(["cmake", "-E", "tar", "cf", "../dotted.zip", "--format=zip", "."], cwd="seeds")
    same(check, run, "seeds", "dotted.zip", "changed.zip")
    # In a directory, named itself, several at once.
    os.makedirs("in/a b")
    shutil.copy("seeds.zip", "in/a b/SEEDS.ZIP")
    pinfuzz(1, "*in/a b/SEEDS.ZIP:*", "run in")
    for lines, count in ([line for line in run_lines("in") if "in/a b/SEEDS.ZIP:" in line], len(seeds)), \
                        ([line for line in run_lines("seeds.zip", "seeds.zip") if ":" in line], 2 * len(seeds)):
        check.holds(len(lines) == count, f"{len(lines)} programs are run, not {count}", "\n".join(lines))
    deeper = [re.sub("^seeds.zip:", "seeds/", line) for line in run_lines("seeds.zip:deeper")]
    check.holds(deeper and deeper == run_lines("seeds/deeper"), "a directory of an archive is another",
                "\n".join(deeper))
    # Bytes of them, flat.
    printed([PINFUZZ, "bytes", "seeds.zip", "-o", "unpacked"])
    check.holds(sorted(os.listdir("unpacked")) == sorted(os.listdir("bytes")), "unpacked, there are others",
                "\n".join(sorted(os.listdir("unpacked"))))
    for file in os.listdir("bytes"):
        check.holds(content(f"unpacked/{file}") == content(f"bytes/{file}"), f"unpacked, {file} is another")
    pinfuzz(0, "deeper: [1-9]* programs", "bytes seeds.zip:deeper -o deeper")
    for file in os.listdir("deeper"):
        check.holds(content(f"deeper/{file}") == content(f"bytes/deeper-{file}"), f"unpacked, deeper/{file} is another")


def inside(check, pinfuzz, seeds):
    """What a verdict names is a file for every command."""
    named, first = f"seeds.zip:{INNER}", seeds[0].removeprefix("seeds/")
    like(check, TEXT, named)
    pinfuzz(1, f"*{named}: violated *", f"run {named}")
    pinfuzz(0, f"{named}: violated * -> *", f"minimize {named} -o small.txt")
    pinfuzz(1, "*: 1 file, kept/*", f"triage -o kept {named}")
    check.says(f"^# From {named}$", "".join(read(file) for file in glob.glob("kept/*/program.txt")))
    pinfuzz(1, "*: 1 file, kept before: kept/*", f"triage -o kept {named}")
    pinfuzz(0, "*int main(*", f"source seeds.zip:{first}")
    pinfuzz(2, "seeds.zip:nothing: No such file or directory", "run seeds.zip:nothing")
    pinfuzz(2, "seeds.zip:nothing: No such file or directory", "triage seeds.zip:nothing")
    pinfuzz(2, "nowhere.zip: No such file or directory", "run nowhere.zip")
    pinfuzz(2, "nowhere.zip:a: No such file or directory", "run nowhere.zip:a")
    pinfuzz(2, f"seeds.zip: {len(seeds)} programs, where one is wanted; the first is seeds.zip:*", "text seeds.zip")
    # An archive with one program stands for it.
    write(f"single/{INNER}", read(TEXT))
    pack("single")
    like(check, TEXT, "single.zip")


def forms_inside(check, pinfuzz):
    # FILE and FILE.txt are one for triage, inside as outside; what is empty, or prose, is junk there, too.
    for directory, copies in ("pairs", ["crash-1", "crash-2"]), ("fewer", ["crash-1"]):
        write(f"{directory}/crash-1.txt", read(TEXT))
        for name in copies:
            write(f"{directory}/{name}", content(BYTES))
        write(f"{directory}/crash-3", "")
        write(f"{directory}/README", "Command line used\n")
    pack("pairs", "fewer")
    same(check, triage, "pairs", "pairs.zip", "fewer.zip")
    # Base64, and texts in UTF-16, inside.
    for directory, source in ("inside", "bytes"), ("fewer_inside", "changed_bytes"):
        write(f"{directory}/line.txt", "".join(as_line(base64_of(file)) for file in sorted(glob.glob(f"{source}/*"))))
        write(f"{directory}/utf16", utf16(story(TEXT)))
        write(f"{directory}/utf16_big.txt", utf16_big(story(TEXT)))
    pack("inside", "fewer_inside")
    for saying in run, triage:
        same(check, saying, "inside", "inside.zip", "fewer_inside.zip")
    pinfuzz(1, "*inside.zip:line.txt:1: violated *", "run inside.zip:line.txt:1")


def hostile(check, pinfuzz):
    """Hostile and broken ones; whatever else is in them is run. Nothing is written by their names."""
    def archive(name, *lines):
        pinfuzz(2, "\n".join(line.replace("@", f"{name}.zip") for line in lines), f"run {name}.zip")

    archive("names", "@:/root.txt: a name that leads out of the archive",
            "@:../up.txt: a name that leads out of the archive",
            "@:a/../../b.txt: a name that leads out of the archive",
            "@:c*[?].txt: a name with control characters",
            "@:dir/win.txt: kept", "@:good.txt: kept", "@:g*t/a b.txt: kept")
    os.makedirs("written/here")
    pinfuzz(2, "*", "bytes names.zip -o written/here/out")
    written = "\n".join(sorted(os.listdir("written/here/out")))
    check.equal("dir-win\ngood\ng\xfct-a b", written, "other files are written")
    check.holds(os.listdir("written") == ["here"], f"written outside: {os.listdir('written')}")
    archive("twice", "@:a.txt: kept", "@:a.txt#1: there twice in the archive", "@:a.txt#2: there twice in the archive")
    archive("link", "@:good.txt: kept", "@:link: a symbolic link: pack what it leads to")
    for name in "bomb", "giant":
        archive(name, "@:big: too large for a program", "@:good.txt: kept")
    archive("sum", "@: 516 MiB unpacked; more than 512 are too many in an archive")
    archive("many", "@: 262145 files; more than 262144 are too many in an archive")
    for name, damage in (("less", "damaged: more than the 695 bytes that the archive says*"),
                         ("more", "damaged: less than the 705 bytes that the archive says*"),
                         ("checksum", "damaged: CRC error*"), ("method", "*"),
                         ("locked", "encrypted: unpack it with its password first*")):
        archive(name, f"@:bad.txt: {damage}", "@:good.txt: kept")
    for name in "head", "tail", "end", "text":
        archive(name, "@: no zip archive, or not whole (*)")
    archive("zero", "@: no zip archive: empty")
    archive("empty", "@: no programs")
    archive("nested", "@:good.txt: kept", "@:inner.zip: an archive in an archive, or where one program is wanted")
    write("huge.zip", b"")
    os.truncate("huge.zip", 129 << 20)
    archive("huge", "@: 129 MiB; more than 128 are too many for an archive")
    pinfuzz(0, "order.zip:a/z.txt: kept\norder.zip:a-b.txt: kept\norder.zip:a.txt: kept\norder.zip:b.txt: kept",
            "run order.zip")
    # What cannot be read is told by triage, and the rest goes on.
    pinfuzz(2, "text.zip: no zip archive*\njunk: locked.zip:bad.txt: encrypted: *\nkept: locked.zip:good.txt\n"
            "2 files: 0 findings in 0, 1 kept, 0 flaky, 1 junk", "triage -n -o none text.zip locked.zip")
    # --as-bytes is the last word.
    pinfuzz(0, "seeds.zip: kept", "run --as-bytes seeds.zip")


def archives(check):
    pinfuzz = check.program(PINFUZZ)
    zips.make()
    check.expect(2, "names.zip: this pinfuzz was built without libzip, *libzip-dev*", [WITHOUT, "run", "names.zip"])
    if not LIBZIP:
        print("none is read, for there is no libzip")
        return
    seeds = programs(check)
    as_a_directory(check, pinfuzz, seeds)
    inside(check, pinfuzz, seeds)
    forms_inside(check, pinfuzz)
    hostile(check, pinfuzz)
    no_leaks(check, "order.zip", "text.zip", "locked.zip", "names.zip")


if __name__ == "__main__":
    checks.run(archives)
