"""
NAME
    fuzz/corpus - take the best of what campaigns found into the committed corpus

SYNOPSIS
    fuzz/corpus [--target NAME]... [--size KIB] [--build DIR] [--dry-run] [-DNAME=VALUE]... [DIR]...

DESCRIPTION
    corpus/<target>/*.txt are seeds that people wrote, each named for what it shows. They are never
    touched. corpus/<target>/grown/*.txt are programs that campaigns found, each named by a hash of its
    text. This makes grown/ anew, from the programs that are there and from what lies in each DIR:

      - every edge of the code and every clause's {kept, refused, kept under a fault} that anything here
        reaches and no seed does, is reached by some program of grown/;
      - beyond that it takes those programs that add the most of libFuzzer's features (how often an edge
        was taken, states of save areas and what happened in them) for their size, up to --size.

    A DIR is what fuzz/run leaves (a directory for each target), a directory of one target's inputs (with
    a single --target), or what afl-fuzz writes (its instances' queues are taken). Default: what fuzz/run
    keeps, build/fuzz/corpus and build/fuzz/afl-out. Inputs may be bytes or text; a zip archive, or a file
    of Base64, is as good as a DIR (fuzz/run --help says whose inputs they are).

    Programs are committed as text: a change of the byte form does not invalidate them, and a review can
    read them. Every program that is taken was run and broke no clause; those that did are listed.

OPTIONS
    --target NAME  Only this target; may be given several times. Default: all.
    --size KIB     Text of grown/ for each target; default 100. Edges and clauses go beyond it if need be.
    --build DIR    Where to build; default build/fuzz, as of fuzz/run.
    --dry-run      Say what would come of it; change nothing below corpus/.
    -DNAME=VALUE   Goes to CMake.
    --help         This page.

SIGNALS
    grown/ is replaced whole, at the end, or not at all.

EXIT STATUS
    0 done; 1 an input broke a clause, crashed or hung: it is named, and left out; 2 usage or environment.
"""
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys

import cover
from building import Arguments, build, directory, in_bash, parsed, show_end
from checks import output
from helpers import ROOT, lines_of, start, stop

PROGRAM_MAX = 1048576  # more bytes than any program has
KEPT = re.compile(r": kept( |$)")


# ---- arguments ----


def define(option):
    """-DNAME=VALUE for CMake. Relative paths of an implementation are the caller's; CMake would take them for those of
    the project."""
    name, equals, value = option.partition("=")
    if equals and re.fullmatch("PINFUZZ_SUT(_INCLUDES)?", name.partition(":")[0]):
        value = ";".join(item if item in ("", "builtin") else os.path.abspath(item) for item in value.split(";"))
    return f"-D{name}{equals}{value}"


def is_packed(path):
    """Whether it is inputs in one file, by its name."""
    if not re.search(r"\.(zip|b64|base64|log|txt)$", path.lower()) or os.path.isdir(path):
        return False
    if not os.path.isfile(path):
        stop(f"there is no file {path}")
    return True


def arguments():
    known = [os.path.basename(source)[:-2] for source in sorted(glob.glob(f"{ROOT}/fuzz/*_fuzzer.c"))]
    parser = Arguments(__doc__)
    parser.add_argument("--target", action="append", dest="targets")
    parser.add_argument("--size", default="100")
    parser.add_argument("--build", default=f"{ROOT}/build/fuzz")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("-D", action="append", default=[], type=define, dest="defines")
    parser.add_argument("places", nargs="*")
    given, only_check = parsed(parser)
    if not re.fullmatch("[1-9][0-9]{0,5}", given.size):
        stop(f"--size wants a number of KiB from 1, not '{given.size}'")
    for target in given.targets or []:
        if target not in known:
            stop(f"no target '{target}'; there are: {' '.join(known)}")
    given.known, given.targets = known, given.targets or known
    if not given.places:
        given.places = [place for place in (f"{given.build}/corpus", f"{given.build}/afl-out") if os.path.isdir(place)]
    for place in given.places:
        if not is_packed(place) and not os.path.isdir(place):
            stop(f"no directory {place}")
    return given, only_check


# ---- the inputs ----


def files_of(place):
    """The files of a directory itself."""
    return sorted(entry.path for entry in os.scandir(place) if entry.is_file(follow_symlinks=False))


def unpacked(given, file, out):
    """The directory with a directory of each target that a packed file has inputs of."""
    lines = """
        source "$tools_root/fuzz/engine/import.sh"
        build=$1
        read -ra known <<<"$2"
        read -ra targets <<<"$3"
        unpack_inputs "$4" "$5"
    """
    if in_bash(lines, given.build, " ".join(given.known), " ".join(given.targets), file, out).returncode:
        sys.exit(2)
    return out


def queues_of(place):
    """What afl-fuzz -o PLACE makes; what other instances gave one, it has in a queue of its own."""
    found = []
    for path, below, _ in os.walk(place):
        if os.path.basename(path) == "queue":
            found.append(path)
        if os.path.relpath(path, place).count("/") >= 2:
            below.clear()  # queues are in the third at most
    return sorted(found)


def inputs_of(place, target, only_target):
    """The directories below a place that hold inputs of a target."""
    if os.path.isdir(f"{place}/{target}"):
        place = f"{place}/{target}"
    elif not only_target:
        return []  # of which target these are, nobody says
    return queues_of(place) or ([place] if files_of(place) else [])


def to_bytes(pinfuzz, source, out, most):
    """Canonical bytes of the programs in a directory. A file that is no program is named, and passed over; what is
    longer than `most` bytes is cut off there, as libFuzzer does when it loads it."""
    os.makedirs(out, exist_ok=True)
    if subprocess.run([pinfuzz, "bytes", source, "-o", out], stdout=subprocess.DEVNULL, check=False).returncode:
        print("passed over: what is named above", file=sys.stderr, flush=True)
    for path, _, names in os.walk(out):
        for name in names:
            if os.path.getsize(f"{path}/{name}") > most:
                os.truncate(f"{path}/{name}", most)


def pools_of(given, target, work, most):
    """The seeds as bytes, in WORK/seeds, and directories with what else there is to choose from."""
    pinfuzz, committed = f"{given.build}/pinfuzz", f"{ROOT}/corpus/{target}"
    os.makedirs(f"{work}/text/seeds")
    for seed in glob.glob(f"{glob.escape(committed)}/*.txt"):
        shutil.copy(seed, f"{work}/text/seeds")
    to_bytes(pinfuzz, f"{work}/text/seeds", f"{work}/seeds", most)
    pools = []
    if os.path.isdir(f"{committed}/grown"):
        pools.append(f"{work}/committed")
        to_bytes(pinfuzz, f"{committed}/grown", pools[-1], most)
    found = [one for place in given.places for one in inputs_of(place, target, len(given.targets) == 1)]
    for number, place in enumerate(found):
        pools.append(f"{work}/found{number}")
        to_bytes(pinfuzz, place, pools[-1], most)
    return pools


# ---- the choice ----


def said(pinfuzz, *words):
    done = subprocess.run([pinfuzz, *words], stdout=subprocess.PIPE, check=False)
    if done.returncode:
        stop(f"pinfuzz {' '.join(words)} ends with {done.returncode}")
    return done.stdout


def features(given, target, work, pools, most):
    """Every feature of every input, in WORK/control. An input that crashes or hangs is passed over, and has none. How
    many edges the target has."""
    log = f"{work}/merge.log"
    with open(log, "wb") as file:
        done = subprocess.run(
            [f"{given.build}/{target}", "-merge=1", "-set_cover_merge=1", f"-merge_control_file={work}/control",
             "-timeout=25", "-rss_limit_mb=2560", f"-max_len={most}", f"-artifact_prefix={work}/bad-", f"{work}/new",
             f"{work}/seeds", *pools], stdin=subprocess.DEVNULL, stdout=file, stderr=file, check=False)
    if done.returncode:
        show_end(log)
        stop(f"{target} cannot be merged (whole log: {log})")
    if not any(line.startswith("FT ") for line in lines_of(f"{work}/control")):
        stop(f"{target} ran no input (log: {log})")
    with open(log, encoding="utf-8", errors="replace") as file:
        edges = re.search(r"^INFO: Loaded \d+ modules +\((\d+) inline 8-bit counters\)", file.read(), re.MULTILINE)
    if not edges:
        stop(f"{target} does not say how many edges it has (log: {log})")
    return int(edges[1])


def choose(given, target, work, edges):
    """Makes WORK/grown of the best inputs."""
    pinfuzz = f"{given.build}/pinfuzz"
    listed = said(pinfuzz, "clauses").decode()
    # A counter for each clause and outcome: harness/judge/state_coverage.h.
    clauses = len(re.findall(r"^[A-Z0-9]+-[A-Z0-9-]+ ", listed, re.MULTILINE)) * 3
    print(target)
    try:
        chosen = cover.cover(f"{work}/control", int(said(pinfuzz, "info", "record")), edges, clauses,
                             int(given.size) * 1024, "committed")
    except (OSError, ValueError, IndexError) as error:
        stop(f"no choice among the inputs of {target}: {error}")
    # By hash, so that the same program has the same name whenever it is found.
    for path in chosen:
        text = said(pinfuzz, "text", "--as-bytes", path)
        with open(f"{work}/grown/{hashlib.sha256(text).hexdigest()[:12]}.txt", "wb") as file:
            file.write(text)


def leave_out(given, target, work):
    """Runs WORK/grown, and takes out what breaks a clause. Whether something did, or crashed or hung before."""
    # Twice each: what is committed is kept, and is so always.
    status, verdicts = 0, ""
    if files_of(f"{work}/grown"):
        status, verdicts = output([f"{given.build}/pinfuzz", "run", "--repeat", "2", f"{work}/grown"])
    broken = [line for line in verdicts.splitlines() if status and not KEPT.search(line)]
    for line in broken:
        match = re.match(r"(.*/grown/[0-9a-f]{12}\.txt): ", line)
        if match and os.path.exists(match[1]):
            os.remove(match[1])
    bad = sorted(glob.glob(f"{glob.escape(work)}/bad-*"))
    if status or bad:
        print(f"{target}: inputs that break a clause, crash or hang, left out:")
        print("\n".join(broken[:20] + bad))
    return bool(status or bad)


def grow(given, target, work):
    """Makes WORK/grown, and tells what is in it. Whether all inputs kept every clause."""
    limit = in_bash('max_len_of "$1"', target, stdout=subprocess.PIPE, encoding="utf-8").stdout.strip()
    most = int(limit or PROGRAM_MAX)
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(f"{work}/new")
    os.makedirs(f"{work}/grown")
    pools = pools_of(given, target, work, most)
    edges = features(given, target, work, pools, most)
    choose(given, target, work, edges)
    bad = leave_out(given, target, work)
    grown = files_of(f"{work}/grown")
    print(f"         {len(grown)} programs, {(sum(map(os.path.getsize, grown)) + 1023) // 1024} KiB of text in "
          f"corpus/{target}/grown", flush=True)
    return not bad


def replace(target, work):
    """Whole, or not at all."""
    grown = f"{ROOT}/corpus/{target}/grown"
    if os.path.isdir(grown):
        shutil.move(grown, f"{work}/replaced")
    if files_of(f"{work}/grown"):
        shutil.move(f"{work}/grown", grown)


def main():
    given, only_check = arguments()
    if only_check:
        return 0
    given.build = directory(given.build)
    log = f"{directory(f'{given.build}/logs')}/corpus-build.log"
    build(given.build, log, ["fuzzers", "pinfuzz"], "-DPINFUZZ_ENGINE=libfuzzer",
          "-DPINFUZZ_SANITIZE=address,undefined", *given.defines)
    given.places = [unpacked(given, place, f"{given.build}/corpus-work/packed/{number}") if is_packed(place)
                    else os.path.abspath(place) for number, place in enumerate(given.places)]
    status = 0
    for target in given.targets:
        work = f"{given.build}/corpus-work/{target}"
        if not grow(given, target, work):
            status = 1
        if not given.dry_run:
            replace(target, work)
    return status


if __name__ == "__main__":
    start(main)
