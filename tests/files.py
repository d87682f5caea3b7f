#!/usr/bin/env python3
"""Files as people have them: Base64, UTF-16, what fuzzers leave behind. Each is read as the same programs in a
directory are, by an implementation in which programs differ in what they break; or is refused with a sentence that
says what it is. Each comparison is made with a changed program, too, and must fail then.

Usage: tests/files.py PINFUZZ, built with bare/broken.c. Exit status: 0 all of that holds, 1 it does not.
"""
import base64
import glob
import hashlib
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

# pylint: disable=wrong-import-position
import checks
from checks import output, printed, read, write
from same import (as_line, base64_of, content, counts, groups, like, no_leaks, programs, same, sorted_verdicts, story,
                  text, utf16, utf16_big, verdicts)

PINFUZZ, = checks.paths(1, "tests/files.py PINFUZZ")
FIRST = "seeds/both_forms_mixed"
TEXT = "seeds/surprise_removal_while_mapped.txt"


# ---- Base64 ----


def as_bare(word):
    return f"{word}\n"


def as_log(word):
    """As libFuzzer's output stands in the log of a CI system."""
    return ("#2\tINITED cov: 3\n\033[1martifact_prefix=; Test unit written to crash\033[0m\n"
            f"2024-11-26T14:01:02.0000000Z Base64: {word}\r\nstat::number_of_executed_units: 1\n")


def in_base64(check):
    for form in as_line, as_bare, as_log:
        name = form.__name__.removeprefix("as_")
        for directory, file in ("bytes", f"{name}.txt"), ("changed_bytes", f"changed_{name}.txt"):
            # In the order in which a directory is read.
            write(file, "".join(form(base64_of(program)) for program in sorted(glob.glob(f"{directory}/*"))))
        same(check, verdicts, "bytes", f"{name}.txt", f"changed_{name}.txt")
    # The name says it of the first, the mark of the second, the programs themselves of the third.
    for copy, file in (("bare.b64", "bare.txt"), ("line", "line.txt"), ("bare", "bare.txt"),
                       ("changed_bare", "changed_bare.txt")):
        shutil.copy(file, copy)
    for form in "bare.b64", "line", "bare":
        for saying in verdicts, counts, groups:
            same(check, saying, "bytes", form, "changed_bare")
    printed([PINFUZZ, "bytes", "bare", "-o", "again"])
    wanted = [content(file) for file in sorted(glob.glob("bytes/*"))]
    check.holds(wanted == [content(f"again/{at + 1}") for at in range(len(wanted))], "there and back, bytes are others")


def one_of_base64(check, pinfuzz):
    """One by itself is that program, for each command; one of several has its line for a name."""
    program = content(FIRST.replace("seeds/", "bytes/"))
    word = base64.b64encode(program).decode()
    write("one", as_line(word))
    write("bare_one", as_bare(word))
    write("wrapped", "".join(f"{word[at:at + 76]}\n" for at in range(0, len(word), 76)))
    write("wrapped.b64", "".join(f"{word[at:at + 64]}\n" for at in range(0, len(word), 64)))
    like(check, FIRST, "one", "bare_one", "wrapped", "wrapped.b64", "line:1", "bare.b64:1")
    check.equal(text(FIRST), text("-", input=read("one")), "Base64 on standard input is another program")
    pinfuzz(2, "line: several programs in Base64; the first is line:1", "text line")
    pinfuzz(2, "line:99: No such file or directory", "text line:99")
    pinfuzz(1, "*line:1: violated *", "faults line:1")
    write("nothing.txt", "")
    write("nothing", as_line(""))
    like(check, "nothing.txt", "nothing")
    # Refused, where a name or the mark says what was meant.
    write("bad", "Base64: AAAA!\n")
    pinfuzz(2, "bad:1: expected Base64 behind its mark, whole to the end of the line, got 'AAAA!'", "run bad")
    write("bad", "# Kept.\nBase64: AAA\nBase64: AAAA\n")
    pinfuzz(2, "bad:2: expected Base64 behind its mark, *got 'AAA'?bad:3: kept", "run bad")
    write("bad.b64", "AAAA\nAAA\n")
    pinfuzz(2, "bad.b64: expected Base64, and nothing else", "run bad.b64")
    # A misspelt word is no Base64.
    write("misspelt.txt", "machines\n")
    pinfuzz(2, "misspelt.txt:1:1: expected machine, adapter or an operation *, got 'machines'", "run misspelt.txt")


# ---- UTF-16 ----


def in_utf16(check, pinfuzz):
    for encode in utf16, utf16_big:
        name = encode.__name__
        changed = f"changed_{name}"
        write(name, encode(story(TEXT)))
        write(f"{name}.txt", encode(story(TEXT)))
        write(changed, encode("machine\n"))
        for file in name, f"{name}.txt":
            for saying in verdicts, counts, groups:
                same(check, saying, TEXT, file, changed)
            like(check, TEXT, file)
            with open(file, "rb") as stdin:
                check.equal(text(TEXT), text("-", stdin=stdin), f"{file} on standard input is another program")
            check.equal(*(printed([PINFUZZ, "bytes", one, "-o", "-"]) for one in (TEXT, file)), f"bytes of {file}")
    # Columns are those that the editor shows.
    write("bad.txt", utf16("machine\nstop 0 # \xf6\nstop \xf6\n"))
    pinfuzz(2, "bad.txt:3:6: expected a number from 0 to 15, got *", "run bad.txt")
    # Base64 in a log that PowerShell wrote.
    write("log16", utf16(read("log.txt")))
    same(check, verdicts, "bytes", "log16", "changed_bare")
    plain = utf16("machine\n")
    for encoded, refused in ((plain[2:], "UTF-16 without a byte order mark"),
                             (plain[:-1], "UTF-16, but not to its end"),
                             (b"\xff\xfe\0\0" + "machine\n".encode("utf-32-le"), "UTF-32")):
        write("bad.txt", encoded)
        pinfuzz(2, f"bad.txt: {refused}: save it as UTF-8", "run bad.txt")


def bytes_stay(check, pinfuzz):
    """What is bytes stays bytes (tests/unit/load_test.c tries more)."""
    write("letters", "A" * 192)
    write("letters2", "K" * 192)
    write("marked", b"\xff\xfem\0a\0c\0h\0i\0n\0\1\0")
    write("mark", b"\xff\xfe")
    write("short", "QUJDREVGR0g=\n")
    write("letters.gz", "A" * 192)
    write("packed", "PK\3\4" + "A" * 192)
    for file in "letters", "letters2", "marked", "mark", "short", "packed":
        check.equal(text(file), text(file, "--as-bytes"), f"{file} is not taken for bytes")
    for file in "line", "bare", "utf16", "letters.gz":
        check.holds(output([PINFUZZ, "text", file])[1] != text(file, "--as-bytes").rstrip("\n"), f"{file} is bytes")
        pinfuzz(0, f"{file}: kept", f"run --as-bytes {file}")
    pinfuzz(2, "letters.gz: packed, and not as zip: unpack it first", "run letters.gz")


# ---- what fuzzers leave behind, and where ----


def entries(directory):
    """Every path in it, with what a write would change."""
    found = [os.path.join(place, name) for place, inner, files in os.walk(directory) for name in [*inner, *files]]
    return sorted((path, state.st_size, state.st_mode, state.st_mtime_ns)
                  for path in [directory, *found] for state in [os.lstat(path)])


def left_behind(check, pinfuzz):
    output_of_afl = "left/a f l/default"
    for at, file in enumerate(sorted(glob.glob("bytes/*"))):
        digest = hashlib.sha1(content(file)).hexdigest()
        name = (f"{output_of_afl}/queue/id:{at:06},sync:main,src:{at:06},+cov",
                f"{output_of_afl}/crashes/id:{at:06},sig:06,src:000000,op:havoc,rep:2",
                f"left/cluster/clusterfuzz-testcase-minimized-pin_unpin_fuzzer-51{at}",
                f"left/\xfcber/crash-{digest}")[at % 4]
        write(name, content(file))
        write(f"{output_of_afl}/queue/.state/deterministic_done/{os.path.basename(name)}", "")
    same(check, sorted_verdicts, "bytes", "left", "changed_bytes")
    write(f"{output_of_afl}/crashes/README.txt",
          "Command line used to find this crash:\n\nafl-fuzz -i in -o out -- ./target\n")
    pinfuzz(1, f"*junk: {output_of_afl}/crashes/README.txt:1:1: expected *, 1 junk", "triage -n -o none left")
    # Trees that cannot be written to, links to files and directories; one that leads nowhere, and a ring.
    for path, _, mode, _ in entries("left"):
        os.chmod(path, mode & 0o555)
    before = entries("left")
    os.mkdir("links")
    os.symlink(os.path.abspath("left"), "links/tree")
    os.symlink(os.path.abspath(TEXT), "links/story.txt")
    same(check, sorted_verdicts, "bytes", "links/tree", "changed_bytes")
    pinfuzz(1, "*links/story.txt: violated *", "run links/story.txt")
    pinfuzz(1, "*links/story.txt: violated *", "run links")
    check.holds(entries("left") == before, "something was written into left")
    os.symlink("nowhere", "links/lost")
    os.symlink(".", "links/ring")
    pinfuzz(1, "*links/lost: No such file or directory*", "run links")
    # Line ends and marks of editors.
    write("crlf.txt", read(TEXT).replace("\n", "\r\n"))
    write("marked.txt", "\ufeff" + read("crlf.txt"))
    write("a b.TXT", read(TEXT))
    like(check, TEXT, "crlf.txt", "marked.txt", "a b.TXT")


def files(check):
    pinfuzz = check.program(PINFUZZ)
    programs(check)
    in_base64(check)
    one_of_base64(check, pinfuzz)
    in_utf16(check, pinfuzz)
    bytes_stay(check, pinfuzz)
    left_behind(check, pinfuzz)
    no_leaks(check, TEXT, "utf16_big.txt", "line.txt")


if __name__ == "__main__":
    checks.run(files)
