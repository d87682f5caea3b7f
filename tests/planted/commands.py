"""Used by run.py: what pinfuzz's commands make of a planted bug."""
import glob
import os
import re
import signal
import subprocess
import time

from helpers import ROOT, Failed, lines_of, said, said_until, stop
from plant import BESIDE, IN_LIBRARY, compile_several, precompile, put, share

# What must be undone when a later step fails.
STEPS = ("page lock", "domain map", "array allocation", "section view", "start's second section")

FINDING = "libfinding.so"

# How many operations are put into a program. One that repeats takes as long as hundreds already, and one of which the
# process dies has to run in a process of its own each time.
PUT = 200
PUT_REPEATED = 20
PUT_DYING = 50

# What must show a finding, or exit with 0, in that time: it takes milliseconds.
SECONDS = 60


def operations(path):
    """What a text says happens."""
    return [line for line in lines_of(path) if not re.match(r"\s*(#|machine|adapter|$)", line)]


def without_numbers(text):
    return re.sub("[0-9]+", "#", text)


def minimize(trial, label, built):
    """What grow puts in, minimize takes out."""
    grow = trial.planted.link(trial.builds[label], f"{label}/grow", "grow")
    grown, short = f"{built}/grown", f"{built}/short.txt"
    count = PUT_REPEATED if "repeat" in trial.bug.operations else PUT_DYING if trial.caught else PUT
    status, out, report = said([grow, trial.bug.program, str(count), str(trial.options.seed), grown])
    if status:
        raise Failed(f"{label}: grow: exit status {status}", out + report)
    status, out, report = said([f"{built}/pinfuzz", "minimize", grown, "-o", short])
    if status:
        raise Failed(f"{label}: minimize: exit status {status}", out + report)
    before, after = len(operations(trial.bug.program)), operations(short)
    if len(after) > before:
        raise Failed(f"{label}: minimize: {before} operations and {count} shrink to {len(after)}",
                     out + report + "\n".join(after), 40)


def interrupt(trial, label, built):
    """Ctrl-C while minimizing leaves a program that breaks the same. The process dies of these bugs, so that a
    candidate takes its time, and there is something to interrupt."""
    cut = f"{built}/cut.txt"
    with open(f"{built}/log", "w+", encoding="utf-8", errors="replace") as log:
        with subprocess.Popen([f"{built}/pinfuzz", "minimize", f"{built}/grown", "-o", cut],
                              stdin=subprocess.DEVNULL, stdout=log, stderr=log) as process:
            while process.poll() is None and not (os.path.exists(cut) and os.path.getsize(cut)):
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            status = process.wait()
        log.seek(0)
        report = log.read()
    if status:
        raise Failed(f"{label}: minimize, interrupted: exit status {status}", report)
    _, out, report = said([f"{built}/pinfuzz", "run", cut])
    # The same but for numbers: so minimize takes it, too.
    if without_numbers(trial.text) not in without_numbers(out + report):
        raise Failed(f"{label}: minimize, interrupted, leaves another program", out + report)


def finding_of(build):
    """A program that runs the C file of a finding, which is a library beside it as the subject is; linked once."""
    _, library = build.subject("", "sut")
    place = os.path.dirname(library)
    with build.lock:
        if not os.path.exists(f"{place}/finding"):
            with open(f"{place}/finding.c", "w", encoding="ascii") as file:
                file.write("int main(void) { return 0; }\n")
            status, out, err = said([build.compiler, "-fPIC", "-c", f"{place}/finding.c", "-o", f"{place}/finding.o"])
            wrong = out + err if status else share([f"{place}/finding.o"], f"{place}/{FINDING}", "main", ROOT)
            if wrong:
                stop(f"cannot make {FINDING}: {wrong}")
            build.link(build.objects("sanitizers"), f"{place}/finding", (f"{place}/{FINDING}", library, *BESIDE))
    return f"{place}/finding", library


def write_source(trial):
    """The C file of a finding; of a race there is none, for its schedule counts loads and stores, which no C file can."""
    if trial.bug.races:
        return
    label, built = shown_in(trial)
    status, out, report = said([f"{built}/pinfuzz", "source", trial.bug.program, "-o", f"{built}/finding.c"])
    if status:
        raise Failed(f"{label}: source: exit status {status}", out + report)


def source_command(build):
    return (build.compiler, *build.sanitize, "-std=c11", "-Wall", "-Wextra", "-Werror", *IN_LIBRARY, f"-I{ROOT}",
            f"-I{ROOT}/src/include")


# The C file of a finding: what differs at its top, what all of them have, and the scenario.
FILE = re.compile(r"(?s).*?\n(#define FINDING_CLAUSE [^\n]*\n#define FINDING_EXPECTED [^\n]*\n)(.*)"
                  r"(/\* ---- the scenario ---- \*/\n.*)")
NAMES = ("finding_clause", "finding_expected")
commons = {}  # by build and text of what all have: where it is compiled; None when it cannot be


def common_of(build, text):
    """What all have, compiled, with variables for what differs at the top."""
    with build.lock:
        if (build, text) not in commons:
            place = f"{build.scratch}/common{len(commons)}"
            with open(f"{place}.c", "w", encoding="utf-8") as file:
                file.write("".join(f"extern const char {name}[];\n#define {name.upper()} {name}\n" for name in NAMES) + text)
            went = precompile(source_command(build), f"{place}.c", f"{place}.pch", ROOT)
            commons[build, text] = f"{place}.pch" if went else None
        return commons[build, text]


def compile_scenarios(build, common, scenarios):
    """Compiles files of which only the beginning is compiled: `scenarios` has, by where they are, the rest."""
    sources = {}
    for place, (top, scenario) in scenarios.items():
        sources[place] = f"{place}/scenario.c"
        with open(sources[place], "w", encoding="utf-8") as file:
            file.write("".join(f"#undef {name.upper()}\n" for name in NAMES) + top
                       + "".join(f"const char {name}[] = {name.upper()};\n" for name in NAMES) + scenario)
    compile_several(source_command(build), list(sources.values()), ROOT, ("-include-pch", common))
    for place in sources:
        if os.path.exists(f"{place}/scenario.o"):
            os.rename(f"{place}/scenario.o", f"{place}/finding.o")


def compile_sources(trials):
    """Several by one process, and what all have once: half of the time goes there. One of them is compiled as it is, for
    all have that; source() compiles what is missing then."""
    whole, rest = {}, {}
    for trial in trials:
        label, built = shown_in(trial)
        if trial.bug.races:
            continue
        build = trial.builds[label]
        with open(f"{built}/finding.c", encoding="utf-8") as file:
            parts = FILE.fullmatch(file.read())
        key = build, parts and parts[2]
        if parts and key in rest:
            rest[key][built] = parts[1], parts[3]
        else:
            rest[key] = {}
            whole.setdefault(build, []).append(f"{built}/finding.c")
    for build, files in whole.items():
        compile_several(source_command(build), files, ROOT)
    for (build, text), scenarios in rest.items():
        if scenarios and (common := common_of(build, text)):
            compile_scenarios(build, common, scenarios)


def source(trial, label, built):
    """The C file shows the finding, and nothing where the bug is not."""
    build, finding = trial.builds[label], f"{built}/finding"
    if not os.path.exists(f"{finding}.o"):
        status, out, report = said([*source_command(build), "-c", f"{finding}.c", "-o", f"{finding}.o"])
        if status:
            raise Failed(f"{label}: the source does not compile", out + report, 20)
    wrong = share([f"{finding}.o"], f"{built}/{FINDING}", "main", built)
    if wrong:
        raise Failed(f"{label}: the source does not link", wrong, 20)
    # Beside the subject with the bug, which pinfuzz was started with, and beside the one without.
    program, library = finding_of(build)
    without = f"{built}/without"
    os.mkdir(without)
    for one, place in ((program, built), (program, without), (f"{built}/{FINDING}", without), (library, without)):
        put(one, f"{place}/{os.path.basename(one)}")
    for planted, program in ((True, finding), (False, f"{without}/finding")):
        try:
            status, out, report = said([program], timeout=SECONDS)
        except subprocess.TimeoutExpired:
            raise Failed(f"{label}: the source takes longer than {SECONDS} s") from None
        report = out + report
        if not planted and status:
            raise Failed(f"{label}: the source ends with {status} without the bug", report)
        if planted and trial.caught and (status in (0, 2) or trial.text not in report):
            raise Failed(f"{label}: the source ends with {status}, without '{trial.text}'", report)
        if planted and not trial.caught and (
                status != 1 or f"contract violation: {trial.bug.clause}" not in report.splitlines()):
            raise Failed(f"{label}: the source ends with {status}, without {trial.bug.clause}", report)


def faults(trial, label, built):
    """A program that injects one fault breaks its clause in a sweep that is not told which, and not without a
    fault. A bug with a Sweep: is found in the sweep of the seeds as well."""
    pinfuzz, clause = f"{built}/pinfuzz", trial.bug.clause
    lines = lines_of(trial.bug.program)
    raced = any(line.startswith("race ") for line in lines)  # in which a sweep injects nothing
    if sum("fail_nth" in line for line in lines) == 1 and not raced:
        unfaulted = f"{built}/unfaulted.txt"
        with open(unfaulted, "w", encoding="utf-8") as file:
            file.writelines(re.sub(r" fail_nth=[0-9]*(\([a-z]*\))?", "", line) + "\n" for line in lines)
        _, out, report = said([pinfuzz, "run", unfaulted])
        if not out.endswith(": kept\n"):
            raise Failed(f"{label}: without its fault: {out}", report)
        _, out, report = said([pinfuzz, "faults", unfaulted])
        if not out.startswith(f"{unfaulted}: {'crashed' if trial.caught else f'violated {clause} at'} "):
            raise Failed(f"{label}: faults: {out}", report)
    if trial.bug.header("Sweep"):
        # Seeds of races want the traced core; what is planted here is found in one actor's calls.
        seeds = sorted(path for path in glob.glob(f"{ROOT}/corpus/*/*.txt") if "race" not in path)
        if not said_until([pinfuzz, "faults", *seeds], f": violated {clause} at "):
            raise Failed(f"{label}: the sweep of the seeds does not find it")


def schedules(trial, label, built):
    """A race is found by running every schedule of a small program, which knows nothing of it."""
    pair, worst = trial.bug.header("Pair"), f"{built}/worst.txt"
    if not pair:
        raise Failed("bug.patch of a race wants Pair:")
    status, out, report = said([f"{built}/pinfuzz", "schedules", f"{ROOT}/corpus/pin_race_fuzzer/{pair}.txt",
                                "-o", worst])
    if status != 1:
        raise Failed(f"{label}: schedules: exit status {status} for {pair}", out + report)
    least = int(trial.bug.header("Preemptions") or 0)
    if least:
        status, out, report = said([f"{built}/pinfuzz", "schedules", "--preemptions", str(least - 1),
                                    f"{ROOT}/corpus/pin_race_fuzzer/{pair}.txt"])
        if status != 0:
            raise Failed(f"{label}: schedules: {least - 1} preemptions: exit status {status} for {pair}", out + report)
    status, out, report = said([f"{built}/pinfuzz", "run", worst])
    if status != 1:
        raise Failed(f"{label}: schedules: the program written for {pair} runs with status {status}", out + report)


def shown_in(trial):
    """The build that shows the bug, and where its programs with the bug are."""
    label = "asan" if trial.caught == "asan" else "plain"
    return label, f"{trial.work}/{label}"


def hold(trial):
    """Holds each command to the bug, in the build that shows it."""
    label, built = shown_in(trial)
    minimize(trial, label, built)
    if trial.caught:
        interrupt(trial, label, built)
    if trial.bug.races:
        schedules(trial, label, built)
    else:
        source(trial, label, built)
    faults(trial, label, built)


def swept_steps(found):
    """Prints of each step the bugs that forget it and that the sweep of the seeds found; false when one has
    none."""
    for step in STEPS:
        print(f"rollback of {step:24} {' '.join(found.get(step, [])) or 'NOT FOUND by the sweep of the seeds'}")
    return all(step in found for step in STEPS)
