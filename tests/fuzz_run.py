#!/usr/bin/env python3
"""fuzz/run from a newcomer's side: break a line of the implementation, and be told which clause broke, with a file
that shows it again. And its exit statuses.

Exit status: 0 all of that holds, 1 it does not, 2 usage or environment.
"""
import base64
import hashlib
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import campaigns  # pylint: disable=wrong-import-position
import checks  # pylint: disable=wrong-import-position
import engine  # pylint: disable=wrong-import-position
from helpers import PROCESSORS, ROOT  # pylint: disable=wrong-import-position

SUBJECT = "src/dxgk/pin.c"
STOP_DOES_NOT_WAIT = f"{ROOT}/tests/planted/race-memory-stop-does-not-wait/bug.patch"
PIN_ARGS = "--jobs", "1", "--target", "pin_args_fuzzer"
PROGRAM = "pin2 lead(0) index=0 CommitSize=3p\n"


def sha1(content):
    return hashlib.sha1(content).hexdigest()


def content_of(path):
    with open(path, "rb") as file:
        return file.read()


def restore():
    """The subject without what a test has broken in it."""
    shutil.copy(f"{ROOT}/{SUBJECT}", SUBJECT)


def break_line(campaign, old, new):
    text = checks.read(f"{ROOT}/{SUBJECT}")
    campaign.holds(old in text, f"{SUBJECT} no longer has the line that this test breaks")
    checks.write(SUBJECT, text.replace(old, new))


# ---- what is said without fuzzing ----


def wrong_uses(campaign):
    campaign.fuzz(2, "--seconds")
    campaign.fuzz(2, "--seconds", "0")
    campaign.fuzz(2, "--target", "no_such_fuzzer")
    campaign.says("pin_args_fuzzer")
    campaign.fuzz(2, "--no-such-option")
    campaign.fuzz(0, "--help")
    campaign.says("EXIT STATUS")
    campaign.fuzz(2, "--jobs", str(PROCESSORS * 4 + 1))
    campaign.says("four a processor")
    # What cannot be made is no finding.
    for place in "/proc/none", f"{ROOT}/README.md":
        campaign.fuzz(2, "--corpus", place)
        campaign.says(f"cannot make the directory {place}")
        campaign.expect(2, [f"{ROOT}/fuzz/run", "--build", place])
        campaign.says(f"cannot make the directory {place}")


def causes(campaign):
    """What broke is said in a line, without paths and signatures."""
    for said, cause in (
            ("t: /a b/src/nt/view.c:12: void nt_free(struct nt_view *, void (*)(int)): "
             "Assertion `v->pages(3) != 0' failed.", "failed assertion in nt_free: v->pages(3) != 0"),
            ("t: src/nt/view.c:12: struct nt_view *nt_view(void): Assertion `a && \"b: c\"' failed.",
             "failed assertion in nt_view: a && \"b: c\""),
            ("t: src/nt/view.c:12: nt_view: Assertion `a' failed.", "failed assertion in nt_view: a"),
            ("pool: some last words", "pool: some last words")):
        checks.write("said", f"{said}\n==1== ERROR: libFuzzer: deadly signal\n")
        _, got = checks.output(engine.sourcing(["findings"], 'cause_of "$1" 77', f"{campaign.place}/said"))
        campaign.holds(got == cause, f"'{said}' is called '{got}' instead of '{cause}'")


# ---- subjects that are broken ----


def clause_broken(campaign):
    """An implementation that rounds odd sizes down instead of refusing them."""
    break_line(campaign, "bytes % NT_PAGE_SIZE == 0", "pages != 0")
    campaign.fuzz(1, "--seconds", "20", *PIN_ARGS)
    campaign.says("^FINDING in pin_args_fuzzer: PIN-ALIGN")
    if campaign.taken:
        campaign.holds(not campaigns.has_line("build/logs/build.log", r"Building C object .*/pinfuzz_judge\.dir/"),
                       "what --objects has is compiled once more")
    campaign.says("^clauses reached: ")
    campaign.says("^situations reached: [0-9]+ of [0-9]+$")
    campaign.says("^never: ANY-LEAD, handle: map, null$")  # of a call that this target does not make
    campaign.says(r"^never: [0-9]+ more, all of them in .*/logs/clauses\.log$")
    campaign.holds(campaigns.has_line("build/logs/clauses.log", "^seen: PIN-MAX, index: "),
                   "the log tells no situation that was seen")
    told(campaign)
    shown = re.findall("^  (?:file|text)   (.*)", campaign.log, re.MULTILINE)
    campaign.holds(len(shown) == 2, "a finding is not told with its file and its text")
    for file in shown:
        campaign.expect(1, [f"{campaign.build}/pinfuzz", "run", file])
        campaign.says("violated PIN-ALIGN")


def told(campaign):
    """The page of a campaign with a finding, and what that is made of."""
    campaign.says(r"^the page of this campaign: .*/build/campaign/campaign\.html$")
    campaign.has("campaign.tsv", "^run\tseconds\ttarget\tengine\tworker\texecutions\t")
    campaign.has("campaign.tsv", "^1\t[0-9.]+\tpin_args_fuzzer\tlibfuzzer\t1\t[1-9][0-9]*\t")
    campaign.has("findings.tsv",
                 "^1\t[0-9.]+\tpin_args_fuzzer\tlibfuzzer\tPIN-ALIGN .*\tfindings/pin_args_fuzzer/crash-")
    campaign.has("reached.tsv", "^pin_args_fuzzer\tPIN-MAX\tindex: .*\tseed\t-\t[a-z]")
    campaign.has("runs.tsv", f"^1\timplementation\t{re.escape(campaign.place)}/src$")
    campaign.has("runs.tsv", "^1\tended\tfinished$")
    campaign.has("reports.tsv", r"^findings/pin_args_fuzzer/crash-.*\treports/.*\.html$")
    page = checks.read("build/campaign/reports.tsv").splitlines()[1].split("\t")[-1]
    campaign.has("campaign.html", f'<a href="{re.escape(page)}">PIN-ALIGN')
    campaign.has(page, "PIN-ALIGN")


def goes_on(campaign):
    """Seeds that break are no end of a campaign that is to go on, and are back for the next one."""
    campaign.interrupted(1, "^#[0-9]{4,}", "pin_args_fuzzer.log", "--keep-going", *PIN_ARGS)
    campaign.says("^pin_args_fuzzer +[0-9]{4,} ")
    campaign.says("^FINDING in pin_args_fuzzer: PIN-ALIGN")
    campaign.holds(campaign.aside(), "no seed was set aside")


def broken_by_no_input_alone(campaign):
    """One that goes by how often it was called."""
    line = "\n    uint64_t pages = bytes >> NT_PAGE_SHIFT;\n"
    break_line(campaign, line,
               "\n    static unsigned calls;\n    if (++calls % 1000 == 0)\n        return false;" + line)
    campaign.fuzz(1, "--seconds", "20", *PIN_ARGS)
    campaign.says("^FINDING in pin_args_fuzzer: [A-Z]")  # whichever clause that call is of
    campaign.says("^  alone  it breaks nothing: ")


def race_broken(campaign):
    """One whose stop does not wait for calls: a seed shows it under one of its schedules, before any fuzzing."""
    restore()
    planting = ["patch", "-d", campaign.place, "-p1", "--quiet", "-i", STOP_DOES_NOT_WAIT]
    checks.output(planting, 0)
    shutil.rmtree("seeds", ignore_errors=True)
    os.makedirs("seeds/pin_race_fuzzer")
    for seed in "unpin_beside_stop", "unpin_beside_unpin":
        shutil.copy(f"{ROOT}/corpus/pin_race_fuzzer/{seed}.txt", "seeds/pin_race_fuzzer/")
    campaign.fuzz(1, "--seconds", "1", "--target", "pin_race_fuzzer", "--seeds", f"{campaign.place}/seeds",
                  "--corpus", f"{campaign.place}/races")
    campaign.says("^pin_race_fuzzer: 2 seeds with races, 1 of them under every schedule$")
    campaign.says("^found in pin_race_fuzzer: (RACE-|AddressSanitizer)")
    campaign.says("^FINDING in pin_race_fuzzer: ")
    checks.output([*planting, "-R"], 0)


def explored_again(campaign):
    """What broke is explored again, and told again; what did not, when the program or the seeds are others."""
    place = f"{campaign.place}/explored"
    explore = engine.sourcing(["tools", "findings", "explore"],
                              "build=$1 seeds=$1/seeds stopping=0\nexplore_races race", place)
    shutil.rmtree(place, ignore_errors=True)
    for directory in "logs", "seeds/race", "findings/race":
        os.makedirs(f"{place}/{directory}")

    def pinfuzz(*lines):
        checks.write(f"{place}/pinfuzz", "\n".join(["#!/bin/sh", *lines, ""]))
        os.chmod(f"{place}/pinfuzz", 0o755)

    checks.write(f"{place}/seeds/race/one.txt", "one\n")
    pinfuzz('printf found >"$5"', "exit 1")
    kept = f"crash-{sha1(b'found')}"
    found, log = f"{place}/findings/race/{kept}", f"{place}/logs/race.{kept}.log"
    for _ in "first", "second":
        campaign.expect(0, explore)
        campaign.says("^race: 1 seeds with races, 0 of them under every schedule$")
        campaign.holds(os.path.exists(found) and os.path.getsize(found) and not os.path.exists(log),
                       "what a seed shows is not left to be told")
        checks.write(log, "")
    pinfuzz("exit 1")
    campaign.expect(0, explore)
    campaign.says(r"^race: a schedule that no input can have breaks one\.txt: see ")
    pinfuzz("exit 0")
    campaign.expect(0, explore)
    campaign.says("^race: 1 seeds with races, 1 of them under every schedule$")
    campaign.expect(0, explore)
    campaign.never_says("seeds with races")
    checks.write(f"{place}/seeds/race/two.txt", "two\n")
    campaign.expect(0, explore)
    campaign.says("^race: 2 seeds with races, 2 of them under every schedule$")


def no_subject(campaign):
    """One that does not build; none at all, or nothing to build one from. A relative path begins where the caller
    is."""
    checks.write(SUBJECT, checks.read(SUBJECT) + "not C\n")
    campaign.fuzz(2, "--seconds", "1")
    campaign.says(r"pin\.c:.*error")
    os.makedirs("empty", exist_ok=True)
    campaign.fuzz(2, "-DPINFUZZ_SUT=nowhere", cwd=campaign.place)
    campaign.says(f"there is no {re.escape(campaign.place)}/nowhere")
    campaign.fuzz(2, "-DPINFUZZ_SUT=empty", cwd=campaign.place)
    campaign.says(f"no C source in {re.escape(campaign.place)}/empty")
    campaign.fuzz(2, "-DPINFUZZ_SUT=")
    campaign.says("PINFUZZ_SUT is empty")


# ---- the subject as it is ----


def ended_by_a_signal(campaign, first):
    """Interrupted: the targets end with it, and what they did is told. `first` is a campaign that came to its end."""
    campaign.interrupted(130, r"^#[0-9]+\sINITED", "pin_args_fuzzer.log", "--jobs", "2")
    campaign.says("^clauses reached: ")
    campaign.says("^pin_args_fuzzer +[1-9][0-9]*")
    campaign.has("runs.tsv", "^1\tended\tinterrupted$")
    campaign.holds(os.readlink("build/campaign") != first and os.path.exists(f"build/{first}/campaign.html"),
                   "a campaign that came to its end is not there, or not left alone")
    campaign.holds(not any(program.endswith("_fuzzer") for program in campaigns.living(campaign.build).values()),
                   "a target outlives fuzz/run")


def pack(campaign):
    """Inputs that come in one file: an archive with a directory for each target, or one that its name says is a
    target's, and texts with programs in Base64, here the same. Gives the inputs of pin_args_fuzzer, by the file of the
    corpus that each belongs in."""
    shutil.rmtree("packed", ignore_errors=True)
    checks.write("packed/pin_args_fuzzer/a.txt", PROGRAM)
    checks.write("packed/pin_args_fuzzer/b", b"\xff\xfe" + (PROGRAM * 2).encode("utf-16-le"))
    checks.write("packed/pin_unpin_fuzzer/c.txt", PROGRAM + "unpin lead(0) index=0\n")
    for archive, *members in (("inputs.zip", "pin_args_fuzzer", "pin_unpin_fuzzer"),
                              ("pin_args_fuzzer_seed_corpus.zip", "pin_unpin_fuzzer/c.txt"),
                              ("nobody.zip", "pin_args_fuzzer/a.txt")):
        checks.output([sys.executable, "-m", "zipfile", "-c", f"../{archive}", *members], 0, cwd="packed")
    checks.write("cut.zip", "PK\3\4")
    checks.output([f"{campaign.build}/pinfuzz", "bytes", "packed/pin_args_fuzzer", "-o", "packed/bytes"], 0)
    inputs = {name: content_of(f"packed/bytes/{name}") for name in sorted(os.listdir("packed/bytes"))}
    checks.write("pin_args_fuzzer.log",
                 "".join(f"Base64: {base64.b64encode(content).decode()}\n" for content in inputs.values()))
    return {f"corpus/pin_args_fuzzer/{sha1(inputs[name])}": inputs[name] for name in ("a", "b")}


def packed_inputs(campaign):
    belongs = pack(campaign)
    interrupted = os.readlink("build/campaign")
    for path in belongs:
        campaign.holds(not os.path.exists(path), f"{path} is there before it was taken from an archive")
    # As it was killed: a line that it was about to write.
    with open("build/campaign/campaign.tsv", "a", encoding="ascii") as table:
        table.write("1\t99")
    packed = ("inputs.zip", "pin_args_fuzzer.log", "pin_args_fuzzer_seed_corpus.zip")
    campaign.fuzz(0, "--seconds", "1", *PIN_ARGS,
                  *[word for name in packed for word in ("--corpus", f"{campaign.place}/{name}")])
    campaign.holds(os.readlink("build/campaign") == interrupted, "an interrupted campaign does not go on")
    campaign.has("runs.tsv", r"^2\tbegins\t[0-9]*\.[0-9][0-9]$")
    campaign.has("campaign.tsv", "^2\t[0-9.]+\tpin_args_fuzzer")
    campaign.has("campaign.html", ", in 2 runs")
    campaign.says("^pin_args_fuzzer: 2 inputs from .*/inputs.zip, 2 of them new$")
    campaign.says("^pin_args_fuzzer: 2 inputs from .*/pin_args_fuzzer.log, 0 of them new$")
    campaign.says("^pin_args_fuzzer: 1 inputs from .*/pin_args_fuzzer_seed_corpus.zip, 1 of them new$")
    for path, content in belongs.items():
        campaign.holds(os.path.exists(path) and content_of(path) == content, f"{path} is not what was packed")
    campaign.holds(not os.path.exists("corpus/.packed"), "what was unpacked is left in the corpus")
    for name, message in (("nobody.zip", "of which target the inputs in .*nobody.zip are"),
                          ("cut.zip", "cut.zip: no zip archive"), ("nowhere.zip", "there is no file .*nowhere.zip")):
        campaign.fuzz(2, "--seconds", "1", "--corpus", f"{campaign.place}/{name}")
        campaign.says(message)


def fuzz_run(campaign):
    wrong_uses(campaign)
    causes(campaign)
    clause_broken(campaign)
    first = os.readlink("build/campaign")
    goes_on(campaign)
    broken_by_no_input_alone(campaign)
    race_broken(campaign)
    explored_again(campaign)
    no_subject(campaign)
    restore()
    ended_by_a_signal(campaign, first)
    packed_inputs(campaign)
    # What was under test in one run is not in the next: without a word it is src/ again.
    campaign.expect(0, engine.sourcing(["tools"], 'tools_configure "$1"', campaign.build))
    campaign.holds(campaigns.has_line("build/CMakeCache.txt", "^PINFUZZ_SUT:STRING=builtin$"),
                   "what was under test in one run is in the next")


if __name__ == "__main__":
    campaigns.run(fuzz_run, campaigns.arguments(__doc__).parse_args())
