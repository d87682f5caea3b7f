#!/usr/bin/env python3
"""Each engine that fuzz/run starts has all that a campaign asks of one, a file of CMake and a preset; each engine of
CMake is started by fuzz/run, or says that it is not; and nothing else of fuzz/run knows engines by their names.
Shows that it would notice.

Usage: tests/engines.py. Exit status: 0 all of that holds, 1 something does not, 2 usage.
"""
import glob
import os
import re
import shutil
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

import checks  # pylint: disable=wrong-import-position
from helpers import ROOT  # pylint: disable=wrong-import-position

# Of fuzz/run what is there for any engine.
FOR_ANY = ("run", *(f"engine/{part}.sh" for part in ("campaign", "findings", "import", "record")))

# What must be refused, each for the reason that is expected: an edit of a file, which None removes.
PLANTED = [
    ("run_afl.sh: no afl_read()", "fuzz/engine/run_afl.sh", (r"^afl_read\(\)", "afl_reads()")),
    ("run_afl.sh: there is no cmake/engine/afl.cmake", "cmake/engine/afl.cmake", None),
    ("cmake/engine/afl.cmake: there is no fuzz/engine/run_afl.sh", "fuzz/engine/run_afl.sh", None),
    ("CMakePresets.json: no preset for afl", "CMakePresets.json",
     ('"PINFUZZ_ENGINE": "afl"', '"PINFUZZ_ENGINE": "lfa"')),
    ("by its name: fuzz/engine/campaign.sh", "fuzz/engine/campaign.sh",
     (r"^campaign_plan\(\) \{", "campaign_plan() {\n    [[ $engine != afl ]] || least=2")),
]


def asked(check):
    """What campaign.sh says that an engine has, but for what it may leave out."""
    told = re.split("^(?:set|# and, if)", checks.read(f"{ROOT}/fuzz/engine/campaign.sh"), maxsplit=1,
                    flags=re.MULTILINE)[0]
    functions = re.findall("^#   ENGINE_([a-z_]*) ", told, re.MULTILINE)
    check.holds(len(functions) > 3, "campaign.sh does not say what an engine has")
    return functions


def functions_of(tree, engine):
    """The functions that there are where a campaign and an engine are sourced."""
    command = 'engine_place=$1 && source "$1/campaign.sh" && source "$1/run_$2.sh" && declare -F'
    status, said = checks.output(["bash", "-c", command, "engines", f"{tree}/fuzz/engine", engine], merged=False)
    return re.findall("^declare -f (.*)$", said, re.MULTILINE) if status == 0 else []


def wrong_with_engine(tree, engine, functions):
    """What is missing of an engine that fuzz/run starts."""
    there = functions_of(tree, engine)
    yield from (f"run_{engine}.sh: no {engine}_{function}()" for function in functions
                if f"{engine}_{function}" not in there)
    if not os.path.exists(f"{tree}/cmake/engine/{engine}.cmake"):
        yield f"run_{engine}.sh: there is no cmake/engine/{engine}.cmake"
    if (f'"PINFUZZ_ENGINE": "{engine}"' not in checks.read(f"{tree}/CMakePresets.json")
            and f"set(engine_default {engine})" not in checks.read(f"{tree}/cmake/options.cmake")):
        yield f"CMakePresets.json: no preset for {engine}"


def named(tree, engines):
    """Each line of fuzz/run that knows an engine by its name."""
    name = re.compile(rf"(?:^|[^A-Za-z0-9])(?:{'|'.join(engines)})(?:_|[^A-Za-z0-9]|$)")
    return [f"by its name: fuzz/{file}:{number}:{line}" for file in FOR_ANY
            for number, line in enumerate(checks.read(f"{tree}/fuzz/{file}").splitlines(), 1)
            if name.search(line) and not re.match(" *#|telling=", line)]


# What a process of an engine dies of that is asked to end.
ASKED = {"libfuzzer": signal.SIGUSR1, "afl": signal.SIGINT}


def called_broken(engine, died_of):
    """Whether a campaign says that an engine is broken, of which a process died of that signal without a finding."""
    command = """build=. engine_place=$1
        for part in tools findings campaign "run_$2"; do source "$1/$part.sh"; done
        instance_log() { echo /dev/null; }
        afl_collect() { :; }
        status[one_fuzzer/1]=$((128 + $3))
        "$2_ended" one_fuzzer/1
        echo "broken: ${#broken[@]}" """
    said = checks.output(["bash", "-euc", command, "engines", f"{ROOT}/fuzz/engine", engine, str(int(died_of))], 0)[1]
    return said == "broken: 1"


def stems(pattern):
    """The names that stand for the star in a pattern, in order."""
    before, after = pattern.split("*")
    return sorted(path[len(before):-len(after)] for path in glob.glob(pattern))


def wrong_in(tree, functions):
    """What is wrong in a tree."""
    engines = stems(f"{tree}/fuzz/engine/run_*.sh")
    wrong = [line for engine in engines for line in wrong_with_engine(tree, engine, functions)]
    wrong += [f"cmake/engine/{engine}.cmake: there is no fuzz/engine/run_{engine}.sh"
              for engine in stems(f"{tree}/cmake/engine/*.cmake") if engine not in engines
              and not re.search("^#.* fuzz/run does not start it", checks.read(f"{tree}/cmake/engine/{engine}.cmake"),
                                re.MULTILINE)]
    return wrong + named(tree, engines)


def plant(file, edit):
    """A copy of what is looked at, with that edit."""
    tree = os.path.abspath("tree")
    shutil.rmtree(tree, ignore_errors=True)
    for part in ("fuzz", "cmake"):
        shutil.copytree(f"{ROOT}/{part}", f"{tree}/{part}")
    shutil.copy(f"{ROOT}/CMakePresets.json", tree)
    if edit:
        checks.write(f"{tree}/{file}", checks.edited(checks.read(f"{tree}/{file}"), *edit))
    else:
        os.remove(f"{tree}/{file}")
    return tree


def engines_have_all(check):
    functions = asked(check)
    said = wrong_in(ROOT, functions)
    check.holds(not said, "an engine has not all that is asked, or is known by its name:", "\n".join(said))
    for expected, file, edit in PLANTED:
        said = "\n".join(wrong_in(plant(file, edit), functions))
        check.holds(expected in said, f"this check cannot fail: it does not say '{expected}' but:", said)
    for engine, asked_by in ASKED.items():
        # On a slow machine the time of a short campaign is over before a process listens.
        check.holds(not called_broken(engine, asked_by), f"{engine} is called broken when it is asked before it listens")
        check.holds(called_broken(engine, signal.SIGSEGV), f"{engine} that dies by itself is not called broken")
    print(f"engines: {len(stems(f'{ROOT}/fuzz/engine/run_*.sh'))} engines have all that is asked of them")


if __name__ == "__main__":
    checks.paths(0, "tests/engines.py")
    checks.run(engines_have_all)
