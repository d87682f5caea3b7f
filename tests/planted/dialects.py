"""tests/planted/dialects: plants each bug into each of the implementations of tests/dialects, which are right by the
documents and chose otherwise than src/, and demands that its program still shows it. What the documents allow in
such an implementation is in tests/dialects/allowed, with the reason."""
import argparse
import collections
import glob
import itertools
import os
import re
import shutil
import tempfile

from helpers import PROCESSORS, ROOT, Failed, each, lines_of, number, said, start, stop
from plant import Build, Planted, compile_together, select, some_at_a_time, without_symbolizers

VARIANTS = tuple(sorted(os.path.basename(path)[:-2] for path in glob.glob(f"{ROOT}/tests/dialects/*.c")))
# How the judge knows what an implementation chose: it saw it, or was told it.
WAYS = ("learnt", "declared")
# Why nothing is shown: the documents allow it; the bug is in code that the implementation does not use.
KINDS = ("choice", "elsewhere")
# Of a race, at most: a few tenths of a second.
SCHEDULES = "200"
# Of a hundred bugs of an implementation whose owner declares what it chose, as many have to be caught.
WANTED = 95

DESCRIPTION = """\
Plants the bugs named (all without a NAME; a NAME may be a pattern such as 'link-*') into each implementation of
tests/dialects, and says how many their programs show there: while what the implementation chose is learnt, the bug
with it, and when its owner declares it. A bug that is not shown has to be in tests/dialects/allowed, and one that is
there must not be shown."""


def variant(text):
    if text not in VARIANTS:
        raise argparse.ArgumentTypeError(f"wants one of {', '.join(VARIANTS)}")
    return text


def arguments():
    parser = argparse.ArgumentParser(
        prog="tests/planted/dialects", description=DESCRIPTION, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit status: 0 all caught or allowed, 1 something was not, 2 environment.")
    add = parser.add_argument
    add("names", metavar="NAME", nargs="*")
    add("--variant", metavar="NAME", type=variant, action="append", dest="variants",
        help=f"only in this implementation, once for each; all are {', '.join(VARIANTS)}")
    add("--sample", action="store_true", help="of the bugs named, only the first of each clause")
    add("--verbose", action="store_true", help="a line for each bug: what its program shows where")
    add("--jobs", metavar="N", type=number, default=PROCESSORS,
        help="bugs tried at a time (the number of processors)")
    add("--asan", metavar="DIR", type=os.path.realpath, default=f"{ROOT}/build/tests/asan",
        help="clang build with ASan and UBSan (build/tests/asan), for bugs that a sanitizer sees")
    add("--plain", metavar="DIR", type=os.path.realpath, default=f"{ROOT}/build/tests/plain",
        help="build without sanitizers (build/tests/plain)")
    add("--allowed", metavar="FILE", type=os.path.realpath, default=f"{ROOT}/tests/dialects/allowed",
        help="what may go unseen (tests/dialects/allowed)")
    add("--keep", metavar="DIR", type=os.path.realpath, help="leave each bug's source and program in DIR/NAME")
    return parser.parse_args()


# ---- what is allowed ----


def some_of(word, every, whole):
    """The names in the word, `whole` being all of them; None where one of them is unknown."""
    names = every if word == whole else tuple(word.split(","))
    return names if set(names) <= set(every) else None


def allowed(path, bugs):
    """By bug, variant and way: the kind, and the reason. The file says at its top what its lines are."""
    found = {}
    for at, line in enumerate(lines_of(path), 1):
        if not line or line.startswith("#"):
            continue
        words = line.split(maxsplit=4)
        if len(words) < 5 or words[3] not in KINDS:
            stop(f"{path}:{at}: expected WAY BUG VARIANT,... {'|'.join(KINDS)} REASON")
        way, name, where, kind, reason = words
        ways, variants = some_of(way, WAYS, "always"), some_of(where, VARIANTS, "all")
        if name not in {bug.name for bug in bugs}:
            stop(f"{path}:{at}: no bug is called '{name}'")
        if not ways:
            stop(f"{path}:{at}: expected one of always {' '.join(WAYS)}, not '{way}'")
        if not variants:
            stop(f"{path}:{at}: expected some of all {' '.join(VARIANTS)}, not '{where}'")
        for entry in itertools.product([name], variants, ways):
            if entry in found:
                stop(f"{path}:{at}: {' '.join(entry)} is there twice")
            found[entry] = kind, reason
    return found


# ---- one bug ----


def choices(one):
    """What the implementation chose otherwise than src/, as its comment says."""
    for line in lines_of(f"{ROOT}/tests/dialects/{one}.c"):
        match = re.match(r" \* Dialect: (.*) \*/$", line)
        if match:
            return "" if match[1] == "none" else match[1]
    stop(f"{ROOT}/tests/dialects/{one}.c does not say what its dialect is")
    return None


def run_as(one, way, *command):
    """A command about the implementation `one`: its output, and what it reports."""
    environment = dict(os.environ, DIALECT=one, **({"DECLARED": choices(one)} if way == "declared" else {}))
    return said(command, env=environment)[1:]


def verdicts(pinfuzz, one, way, *programs):
    """By program: what is said of it in the implementation `one`; and the reports."""
    out, report = run_as(one, way, pinfuzz, "run", *programs)
    return dict(line.split(": ", 1) for line in out.splitlines() if ": " in line), report


def raced(pinfuzz, one, way, program):
    """What the race in a program comes to under some other schedule, for its own counts the locks of src/ only, and an
    implementation may take more of them."""
    out, _ = run_as(one, way, pinfuzz, "schedules", "--runs", SCHEDULES, program)
    found = re.search(r": violated (\S+)$", out, re.MULTILINE)
    return found[1] if found else ""


def text_of(bug):
    """What a sanitizer says of it, where one has to."""
    return bug.header("Caught").partition(" ")[2]


def build_of(bug, builds):
    return builds["asan" if text_of(bug) else "plain"]


def shown(planted, builds, variants):
    """By variant and way: the clause, the death, or "" where the program shows nothing."""
    bug, text = planted.bug, text_of(planted.bug)
    pinfuzz = planted.link(build_of(bug, builds), "pinfuzz", "cli", seam="dialects")
    found = {}
    for one, way in itertools.product(variants, WAYS):
        told, report = verdicts(pinfuzz, one, way, bug.program)
        got = told.get(bug.program, "no verdict")
        if text and text in report:
            got = text
        got = "" if got.startswith("kept") else got.removeprefix("violated ")
        found[one, way] = got or (raced(pinfuzz, one, way, bug.program) if bug.races else "")
    return found


def tell(bug, found):
    """Lines for one bug: what shows it, and where if not everywhere."""
    lines = []
    for way in WAYS:
        by = collections.defaultdict(list)
        for one, got in found.items():
            if one[1] == way:
                by[got or "nothing"].append(one[0])
        lines.append(f"{bug.name:44} {way:8} " + "; ".join(
            got + (": " + " ".join(ones) if len(by) > 1 else "") for got, ones in sorted(by.items())))
    return "\n".join(lines)


def main():
    options = arguments()
    variants = options.variants or VARIANTS
    bugs = select(options.names)
    if options.sample:
        bugs = list({bug.clause: bug for bug in reversed(bugs)}.values())[::-1]
    reasons = allowed(options.allowed, select([]))
    targets = ["pinfuzz", "pinfuzz_dialects"]  # the former of what is traced, too
    builds = {"plain": Build(options.plain, targets, engine="standalone", sanitize="")}
    if any(bug.header("Caught") for bug in bugs):
        builds["asan"] = Build(options.asan, targets, engine="libfuzzer", sanitize="address,undefined")
    os.environ.update(ASAN_OPTIONS="symbolize=0:detect_leaks=0", UBSAN_OPTIONS="symbolize=0")
    failures = []

    # Without a bug each keeps the contract.
    programs = [bug.program for bug in bugs]
    for one, way in itertools.product(variants, WAYS):
        told, report = verdicts(f"{options.plain}/pinfuzz_dialects", one, way, *programs)
        for program in programs:
            got = told.get(program, "no verdict")
            if not got.startswith("kept"):
                failures.append(str(Failed(f"{one}, {way}: {program}: {got} without the bug", report)))

    def attempt(some):
        """Of each what shows it, or what is wrong."""
        planted, found = {}, {}

        def step(bug, into, work, *arguments):
            try:
                into[bug] = work(*arguments)
            except Failed as failure:
                found[bug] = str(failure)

        for bug in some:
            work = os.path.join(options.keep or scratch, bug.name)
            shutil.rmtree(work, ignore_errors=True)
            step(bug, planted, Planted, bug, work)
        for build in builds.values():
            compile_together([one for bug, one in planted.items() if build_of(bug, builds) is build], build, "dialects")
        for bug, one in planted.items():
            step(bug, found, shown, one, builds, variants)
            if not options.keep:
                shutil.rmtree(one.work, ignore_errors=True)
        return [(bug, found[bug]) for bug in some]

    caught, own, theirs = (collections.Counter() for _ in range(3))  # by variant and way
    with tempfile.TemporaryDirectory() as scratch:
        without_symbolizers(scratch)
        for bug, found in itertools.chain.from_iterable(
                each(attempt, some_at_a_time(bugs, options.jobs), options.jobs)):
            if isinstance(found, str):
                failures.append(f"{bug.name}: {found}")
                continue
            if options.verbose:
                print(tell(bug, found), flush=True)
            for (one, way), got in found.items():
                kind, reason = reasons.get((bug.name, one, way), ("", ""))
                caught[one, way] += bool(got)
                theirs[one, way] += kind != "elsewhere"
                own[one, way] += got == bug.clause
                if not got and not reason:
                    failures.append(f"{bug.name}: {way}, in {one}: its program shows nothing")
                if got and reason:
                    failures.append(f"{bug.name}: {way}, in {one}: its program shows {got}, and {options.allowed} "
                                    f"says why it does not: {reason}")
    for one, way in itertools.product(variants, WAYS):
        rate = 100 * caught[one, way] / max(theirs[one, way], 1)
        print(f"{one:14} {way:8} {caught[one, way]:4} of {theirs[one, way]} caught ({rate:.1f} %), "
              f"{own[one, way]} by their own clause")
        if way == "declared" and rate < WANTED and not options.names and not options.sample:
            failures.append(f"{one}: fewer than {WANTED} % are caught")
    for failure in failures:
        print(f"FAILED  {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    start(main)
