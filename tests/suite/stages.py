"""The stages of tests/run, which installs what they need and starts this.

Usage: stages.py [--check] [--quick] [--list] [NAME...]; `--check` only looks at the arguments, and lists.
"""
import fnmatch
import functools
import os
import shutil
import subprocess
import sys

import engine
import runner
from runner import Stage

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.environ.get("TESTS_BUILD") or os.path.join(ROOT, "build", "tests")
CC = os.environ.get("TOOLS_CLANG", "clang")
PROCESSORS = len(os.sched_getaffinity(0))


@functools.lru_cache
def faster_linker(compiler):
    """lld, where there is one: dozens of programs are linked, each in a third of the time."""
    if not shutil.which(compiler):  # it is yet to be installed
        return []
    probe = subprocess.run([compiler, "-fuse-ld=lld", "-Wl,--version"], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=False)
    return [] if probe.returncode else ["-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld"]


# As clusters compile: in three fifths of the time that the default takes. gcc's build optimizes as the default does, for
# its warnings depend on it.
CLUSTER = "-DCMAKE_C_FLAGS_RELWITHDEBINFO=-O1 -gline-tables-only -DNDEBUG"
NO_DEBUG = "-DCMAKE_C_FLAGS_RELWITHDEBINFO=-O2 -DNDEBUG"


def build(name, targets, compiler, engine, *arguments):
    return ["tests/suite/build", f"{OUT}/{name}", targets, f"-DCMAKE_C_COMPILER={compiler}",
            f"-DPINFUZZ_ENGINE={engine}", f"-DPython3_EXECUTABLE={sys.executable}", *faster_linker(compiler), *arguments]


def check(name, *arguments):
    return ["ctest", "--test-dir", f"{OUT}/{name}", "--output-on-failure", "--no-tests=error",
            "--parallel", str(PROCESSORS), *arguments]


def script(*lines):
    return ["bash", "-euc", "\n".join(lines)]


def bench(out, *arguments):
    return ["tests/planted/bench", "--require", "--seeds", "1", "--budget", "60", "--jobs", str(PROCESSORS),
            "--asan", f"{OUT}/asan", "--out", f"{OUT}/{out}", *arguments]


def sample(name):
    with open(f"{ROOT}/tests/planted/{name}", encoding="ascii") as file:
        return [line.strip() for line in file if not line.startswith("#")]


def stages():
    # In about this order: the long ones first, so that at the end nothing long is left for one processor alone.
    return [
        Stage("suite", "tests/run itself", [sys.executable, f"{ROOT}/tests/suite/runner_test.py"], waits=True),
        Stage("build-asan", "build clang asan ubsan",
              build("asan", "all,grow,planted_bench", CC, "libfuzzer", "-DPINFUZZ_SANITIZE=address,undefined", CLUSTER)),
        Stage("build-plain", "build clang plain", build("plain", "command_tests,grow", CC, "standalone", CLUSTER)),
        Stage("planted", "planted bugs: minimize, source, faults", ["tests/planted/run", "--commands"],
              ("build-asan", "build-plain"), tail=6, slow=True),
        Stage("test-asan", "tests clang asan ubsan", check("asan", "--label-exclude", "^(style|command)$"), ("build-asan",)),
        Stage("fuzz-run", "fuzz run end to end", ["tests/fuzz_run.py", "--objects", f"{OUT}/asan", f"{OUT}/fuzz_run"],
              ("build-asan",), waits=True, slow=True),
        Stage("kill", "campaigns killed",
              ["tests/kill.py", "--rounds", "3", "--longest", "8", "--objects", f"{OUT}/asan", f"{OUT}/kill"],
              ("build-asan",), tail=2, waits=True, slow=True),
        Stage("part", "a part of another build", ["tests/part.sh", f"{OUT}/part"], tail=1, slow=True),
        Stage("build-gcc", "build gcc", build("gcc", "all", "gcc", "standalone", NO_DEBUG), apart=True),
        Stage("coverage", "coverage", ["fuzz/coverage", "--strict", "--build", f"{OUT}/coverage", "--objects", f"{OUT}/plain"],
              ("build-plain",), tail=8),
        Stage("threads", "races on real threads",
              script('"$0" "$@"', f'tests/threads --tsan "{OUT}/tsan"')
              + build("tsan", "pinfuzz", CC, "standalone", "-DPINFUZZ_SANITIZE=thread", CLUSTER), tail=2, slow=True,
              apart=True),
        Stage("cluster", "twice the same, as clusters build for AFL++",
              ["tests/cluster_twice", f"{OUT}/cluster"], tail=3, slow=True, apart=True),
        # tests/CMakeLists.txt says why which tree runs which.
        Stage("test-plain", "style, and the command line", check("plain", "--label-regex", "^(style|command)$"),
              ("build-plain",)),
        # One of each clause; all of them are the nightly's.
        Stage("planted-dialects", "planted bugs in other implementations", ["tests/planted/dialects_check.py"],
              ("build-asan", "build-plain"), tail=17, slow=True),
        # From nothing, within a time that holds on a slow machine; mostly it takes a tenth of a second.
        Stage("planted-fuzz", "planted bugs found by fuzzing", bench("planted", *sample("sample")), ("build-asan",),
              tail=1, slow=True),
        # That each shows what it says, not what fuzzing finds of them. Their form is looked at with the style.
        Stage("analogs", "real bugs retold", script("tests/analogs/check.py", "tests/analogs/run"),
              ("build-asan", "build-plain"), tail=1, slow=True, apart=True),
        Stage("triage", "triage of 200 files", ["tests/planted/triage"], ("build-asan", "build-plain"), tail=1,
              slow=True),
        Stage("test-gcc", "tests gcc", check("gcc", "--label-exclude", "^(style|command)$"), ("build-gcc",), apart=True),
        Stage("both-engines", "both engines at once, end to end",
              ["tests/both_engines.py", "--objects", f"{OUT}/asan", f"{OUT}/both_engines"], ("build-asan",), waits=True,
              slow=True, apart=True),
        # With each the tree is compiled nearly whole. The largest is made in tests/compilers, all of them at night; here
        # it is counted what they touch, and that they apply.
        Stage("changes", "changes: how many files each touches", ["tests/changes/run", "--quick"], tail=10),
        Stage("changes-made", "changes: the largest is made", ["tests/changes/run", "callback-pair"], tail=2, slow=True,
              apart=True),
        Stage("names", "names of crashes in races", ["tests/planted/names", "--builds", "both", "race-*"],
              ("build-asan",), tail=2, slow=True),
        Stage("pages", "pages of findings in a browser", ["tests/planted/pages"], ("build-asan",), tail=1, slow=True),
        Stage("guarantees", "what is complete up to which bound",
              ["tests/guarantees", "--short", "--pinfuzz", f"{OUT}/plain/pinfuzz", "--untraced",
               f"{OUT}/plain/pinfuzz_untraced"], ("build-plain",), tail=3),
        # Without sanitizers; some dozen bugs of different kinds, within a second or two each.
        Stage("planted-enumerate", "planted bugs found by enumeration",
              ["tests/planted/enumerate", "--require", "--jobs", str(PROCESSORS), "--try=-k 2",
               "--try=-k 2 --repeat 17 one-none", *sample("enumerated")],
              ("build-plain",), tail=1, slow=True),
        # Two that are found at once: the configurations of the benchmark still link and run.
        Stage("planted-parts", "a planted bug found without each part",
              script('"$0" "$@" --config a,b,c,d,e any-null-read-before-check',
                     '"$0" "$@" --config a,b race-memory-handle-found-without-a-lock')
              + bench("planted-configurations"), ("build-asan",), slow=True),
        # From the seeds alone: what a run finds does not depend on the runs before it. Findings are told
        # apart and minimized, each with its program, its verdict and its C.
        Stage("fuzz", "short fuzz",
              script(f'rm -rf "{OUT}/corpus"', "status=0",
                     f'fuzz/run --seconds 12 --build "{OUT}/asan" --corpus "{OUT}/corpus" || status=$?',
                     "if ((status == 1)); then",
                     f'    "{OUT}/asan/pinfuzz" triage -o "{OUT}/findings" --sarif "{OUT}/findings.sarif" '
                     f'"{OUT}/asan/findings" || true',
                     "fi", 'exit "$status"'), ("build-asan",), alone=True, tail=7, slow=True),
    ]


def fail(message):
    print(f"run: {message}", file=sys.stderr)
    sys.exit(2)


def chosen(table, patterns, quick):
    """The stages named, and what they need."""
    if not patterns:
        return [stage for stage in table if not stage.apart and not (quick and stage.slow)]
    wanted = set()
    for pattern in patterns:
        names = fnmatch.filter([stage.name for stage in table], pattern)
        if not names:
            fail(f"no stage is called '{pattern}'; --list says what there is")
        wanted.update(names)
    # What a stage needs stands before it.
    for stage in reversed(table):
        if stage.name in wanted:
            wanted.update(stage.needs)
    return [stage for stage in table if stage.name in wanted]


def show_list(table):
    for stage in table:
        needs = f" (after {', '.join(stage.needs)})" if stage.needs else ""
        when = ", by name" if stage.apart else "" if stage.slow else ", --quick"
        print(f"{stage.name:14} {stage.title}{needs}{when}")


def show_failure(log):
    print(engine.failure_in(log), end="", flush=True)


def main(words, table, out):
    """`words` are those of the command line; logs are kept below `out`. An exit status."""
    patterns = [word for word in words if not word.startswith("-")]
    options = [word for word in words if word.startswith("-")]
    for option in options:
        if option not in ("--check", "--quick", "--list"):
            fail("usage: tests/run [--quick] [--list] [NAME...]")
    if patterns and "--quick" in options:
        fail("--quick is for all stages, not for some")
    todo = chosen(table, patterns, "--quick" in options)
    if "--list" in options:
        show_list(table)
        return 0
    if "--check" in options:
        return 0
    try:
        ok = runner.Runner(todo, f"{out}/logs", show_failure, os.environ.get("TESTS_SKIPPED")).run()
    except runner.Interrupted:
        print("\ninterrupted", flush=True)
        return 130
    return 0 if ok else 1


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(sys.argv[1:], stages(), OUT))
