#!/usr/bin/env python3
"""tests/guarantees: what is complete up to which bound, and what is only not found in so many executions: for the
implementation as it is now, as Markdown. --help has its usage and exit statuses."""
import argparse
import glob
import os
import re
import resource
import sys
import tempfile

from checks import output, read, write
from helpers import ROOT, said, start, stop
from plant import Build

DESCRIPTION = """\
Says what is complete up to which bound, and what is only not found in so many executions: for the implementation as it
is now, as Markdown."""

# What is enumerated: options, then what they mean.
BOUNDS = (
    ("-k 4", "four operations"),
    ("-k 3 --faults", "three, with every single fault"),
    ("-k 3 --odd 2 one-remapped one-late", "three, of which each may have two odd operands"),
    ("-k 3 --changes one-remapped one-late", "two, in these worlds with one member changed"),
    ("-k 2 --changes", "one, in each world with one member changed"),
    ("-k 2 --repeat 257", "two, also 257 times in a row"),
    ("-k 2 --no-merge", "two, without the assumption"),
)
SHORT_BOUNDS = (
    ("-k 2 --faults", "two operations, with every single fault"),
    ("-k 2 --changes one-remapped one-late", "one, in these worlds with one member changed"),
    ("-k 1 --odd 2 --no-merge", "one with two odd operands, without the assumption"),
    ("-k 2 --repeat 17 one-isolated one-remapped", "two, also 17 times in a row"),
)

# Races of corpus/pin_race_fuzzer that are explored: of two callers, then of three.
RACES = """
    pin_beside_pin pin_beside_unpin pin_beside_stop map_beside_unmap pin_beside_pressure unpin_beside_pressure
    two_chains gpu_reads_while_it_is_pulled_out
    unpin_beside_unpin unpin_beside_stop unmap_beside_unmap two_chains_map two_calls_above_passive
    unpin_beside_pin_and_unpin pin_beside_map_and_stop
    pin_unpin_stop map_unmap_stop pin_map_removal pin_stop_power pin_unpin_pressure two_pins_pressure pin_pin_unpin
    map_map_unmap""".split()


def arguments():
    parser = argparse.ArgumentParser(
        prog="tests/guarantees", description=DESCRIPTION, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit status: 0 all complete and nothing found, 1 something was, or is not complete, 2 environment.")
    some = parser.add_mutually_exclusive_group()
    some.add_argument("--short", action="store_true",
                      help="what takes seconds, of enumerations and of races without a bound alone")
    some.add_argument("--races", action="store_true", help="of races alone")
    add = parser.add_argument
    add("--pinfuzz", metavar="FILE", type=os.path.realpath,
        help="this program, instead of one that is built in build/guarantees")
    add("--untraced", metavar="FILE", type=os.path.realpath,
        help="for what has no race: the same with a core that is not traced, in half of the time (the same program)")
    add("--states", metavar="DIR", type=os.path.realpath,
        help="enumerations keep there where they are: interrupted, the same command goes on")
    add("--fuzzers", metavar="DIR", type=os.path.realpath,
        help="the fuzz targets in DIR, N executions each, from the seeds (none)")
    add("--runs", metavar="N", type=int, default=200000, help="executions of each (200000)")
    add("--write", action="store_true",
        help="put it into docs/guarantees.md, and what it says of races into docs/races.md")
    options = parser.parse_args()
    if options.states:
        os.makedirs(options.states, exist_ok=True)
    if not options.pinfuzz:
        build = Build(f"{ROOT}/build/guarantees", ["pinfuzz", "pinfuzz_untraced"], engine="standalone").directory
        options.pinfuzz, options.untraced = f"{build}/pinfuzz", options.untraced or f"{build}/pinfuzz_untraced"
    options.untraced = options.untraced or options.pinfuzz
    return options


def show(report):
    """What says why it is no guarantee."""
    print(report, file=sys.stderr, flush=True)


def enumerated(options):
    """The table of enumerations, and the exit status that it is to have."""
    rows = ["| `pinfuzz enumerate` | programs of at most | worlds | programs run | states continued | processor time |"
            " |", "|---|---|---:|---:|---:|---:|---|"]
    status = 0
    for words, means in SHORT_BOUNDS if options.short else BOUNDS:
        state = ["--state", f"{options.states}/{words.replace(' ', '_')}"] if options.states else []
        code, told = output([options.untraced, "enumerate", *words.split(), *state])
        total = re.search(r"^at most .*, (\d+) worlds, (\d+) programs, (\d+) states, ([\d.]+) s: (.*)$", told, re.M)
        if total:
            rows.append("| `{}` | {} | {} | {} | {} | {} s | {} |".format(words, means, *total.groups()))
        if code or not total:
            status = code or 1
            show(told)
    return rows, status


def swept(pinfuzz, *words):
    """`pinfuzz schedules`: what it says, how many schedules, the seconds, and its exit status where it finds something
    or does not come to an end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    code, told, errors = said([pinfuzz, "schedules", *words])
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    schedules = re.search(r"operation \d+: (?:complete: )?(\d+) ", told)
    if code or not schedules:
        code = code or 1
        show(told + errors)
    return told.strip(), int(schedules[1]) if schedules else 0, seconds, code


def raced(options):
    """The table of races, and the exit status that it is to have."""
    rows = ["| race | actors | inequivalent schedules | runs | processor time | |", "|---|---:|---:|---:|---:|---|"]
    if not options.short:
        rows = ["| race | actors | inequivalent schedules | runs | processor time | with two preemptions |"
                " processor time | reduction |", "|---|---:|---:|---:|---:|---:|---:|---:|"]
    status = 0
    for race in RACES:
        file = f"corpus/pin_race_fuzzer/{race}.txt"
        text, runs, seconds, code = swept(options.pinfuzz, file)
        whole = re.search(r": complete: (\d+) inequivalent schedules of (\d) actors \((\d+) runs, ", text)
        count, actors, times = whole.groups() if whole else ("incomplete", "?", "?")
        row = f"| `{race}` | {actors} | {count} | {times} | {seconds:.2f} s |"
        status = code or status or (0 if whole else 1)
        if options.short:
            row += f" complete, {text.rpartition(': ')[2]} |"
        else:
            _, schedules, seconds, code = swept(options.pinfuzz, "--preemptions", "2", file)
            row += f" {schedules} | {seconds:.2f} s | {schedules // max(runs, 1)} |"
            status = code or status
        rows.append(row)
    return rows, status


def fuzzed(options, scratch):
    """The table of fuzz targets, and whether one found something. The rule of three: where n independent draws show
    nothing, a draw shows something with a chance of at most 3 / n, with a confidence of 95 %."""
    rows = ["", "| target | executions without a finding | chance of a finding in one more, at most |",
            "|---|---:|---:|"]
    status = 0
    for target in sorted(glob.glob(f"{options.fuzzers}/*_fuzzer")):
        if not os.access(target, os.X_OK):
            continue
        name = os.path.basename(target)
        os.mkdir(f"{scratch}/{name}")
        code, log = output([target, f"-runs={options.runs}", "-seed=1", f"-artifact_prefix={scratch}/",
                            f"{scratch}/{name}", f"{options.fuzzers}/seeds/{name}"])
        if code:
            status = 1
            show("\n".join(log.splitlines()[-40:]))
            rows.append(f"| `{name}` | found something | |")
        else:
            rows.append(f"| `{name}` | {options.runs} | {3 / options.runs:.1e} |")
    return rows, status


def commit():
    """Of what it is said."""
    _, head, _ = said(["git", "rev-parse", "--short=12", "HEAD"])
    changed = said(["git", "diff", "--quiet", "HEAD"])[0]
    return f"At commit {head.strip() or '?'}{', with changes' if changed else ''}:"


def put(rows, begin, end, path):
    """Puts the rows between two marks of a page, in place of what is there."""
    text = "\n" + "\n".join(rows) + "\n\n"
    page, places = re.subn(rf"^({begin}.*\n)[\s\S]*?(?=^{end})", lambda mark: mark[1] + text, read(path), flags=re.M)
    if places != 1:
        stop(f"{path} has {places} places for it")
    write(path, page)


def main():
    options = arguments()
    os.chdir(ROOT)
    races, status = raced(options)
    page = []
    if not options.races:
        rows, code = enumerated(options)
        page, status = [commit(), "", *rows], code or status
        if options.fuzzers:
            with tempfile.TemporaryDirectory() as scratch:
                rows, code = fuzzed(options, scratch)
            page, status = page + rows, code or status
    print("\n".join([*page, "", *races] if page else races))
    if options.write:
        put(races, "<!-- races: ", "<!-- end of races", "docs/races.md")
        if not options.races:
            put(page, "<!-- what `tests/guarantees", "<!-- end of what", "docs/guarantees.md")
    return status


if __name__ == "__main__":
    start(main)
