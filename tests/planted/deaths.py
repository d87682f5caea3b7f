"""What kills the process, what is not the same every time, and a race, in few files: for tests/planted/triage."""
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import checks
from helpers import ROOT, Failed
from plant import Planted, Together, select

# What these do to a driver's callbacks, none of which is a planted bug: by what stands there, what stands there then.
# One dies the first time only, one holds no lock that it releases, and one does not return.
BACKEND = "src/sut/sut_dxgk.c"
DEADLY = {
    r"\A": '#include <stdio.h>\n#include <stdlib.h>\nint pause(void);\n'
           'static void hang(void) { fclose(fopen("hanging", "w")); for (;;) pause(); }\n',
    r"^static NTSTATUS reset_device(.*{\n)":
        r'\g<0>if (remove("flip") != 0 && fclose(fopen("flip", "w")) == 0) abort();' "\n",
    r"^static NTSTATUS power_device(.*{\n)":
        r'\g<0>struct nt_lock gate = {.name = "gate", .rank = NT_LOCK_CHAIN}; nt_lock_release(&gate);' "\n",
    r"\.memory_pressure = dxgk_memory_pressure": ".memory_pressure = hang",
}
BOUNDS = "index # out of bounds for type 'struct dxgk_adapter *[#]' in dxgk_chain_append"


def triage(check, status, *arguments, silent=True):
    """Its output; ends so, and with `silent` it does not complain."""
    done = subprocess.run(["./pinfuzz", "triage", *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          encoding="utf-8", check=False)
    check.holds(done.returncode == status, f"triage: exit status {done.returncode}, not {status}", done.stderr)
    check.holds(not (silent and done.stderr), "it complains", done.stderr)
    return done.stdout


def sarif(check, *rules):
    check.expect(0, "*", [sys.executable, f"{ROOT}/tests/sarif.py", "findings.sarif", *rules])


def whole(check, place, *files):
    """The files are there, and not empty."""
    missing = [file for file in files
               if not os.path.exists(f"{place}/{file}") or not os.path.getsize(f"{place}/{file}")]
    check.holds(not missing, f"half a finding in {place}, without {' '.join(missing)}")


def plant(build, place, *names, edits=None):
    """Makes a directory of a program with those bugs, and with edits of BACKEND, and goes there."""
    place = os.path.abspath(place)
    planted = Planted(Together(select(names), [BACKEND] if edits else []), place)
    text = checks.read(f"{place}/{BACKEND}") if edits else ""
    for there, then in (edits or {}).items():
        text, count = re.subn(there, then, text, flags=re.MULTILINE)
        if count != 1:
            raise Failed(f"{BACKEND} has {count} places like {there}")
    if edits:
        checks.write(f"{place}/{BACKEND}", text)
    planted.link(build, "pinfuzz", "cli")
    os.chdir(place)
    os.mkdir("in")


def without_lengths(said):
    return re.sub(r" \([0-9]+ operations -> [0-9]+\)$", "", said, flags=re.MULTILINE)


def told(check, wanted, said, what):
    check.equal(wanted, without_lengths(said), f"{what} not told as it should be")


def deadly(check, build):
    bug = "any-null-read-before-check"
    plant(build, "deadly", bug, edits=DEADLY)
    for name, program in {"leak-1": "power 0 d3\n", "timeout-1": "cpu_read view=0\npressure\n",
                          "slow-unit-1": "reset 0 begin\n"}.items():
        checks.write(f"in/{name}", program)
    shutil.copy(f"{ROOT}/tests/planted/{bug}/program.txt", "in/crash-1")
    said = triage(check, 1, "in", "-o", "kept", "--timeout", "1", "--jobs", "1", "--candidates", "12",
                  "--sarif", "findings.sarif", silent=False)
    lock = "nt lock violation (RACE-LIVE): actor #, 'gate' (rank #) is released by an actor that does not hold it"
    told(check, f"""\
hang in pressure: 1 file, kept/hang-in-pressure
{lock}: 1 file, kept/race-live-power
signal 11 in unpin: 1 file, kept/signal-11-in-unpin
flaky: in/slow-unit-1: crashed (signal 6): in reset, then kept
4 files: 3 findings in 3, 0 kept, 1 flaky, 0 junk
""", said, "a death is")
    # Deaths are told apart without their numbers; what is kept has them.
    numbered = lock.replace("actor #", "actor 0").replace("rank #", "rank 2")
    for file, line in {"program.txt": f"# {numbered}", "verdict.txt": f"crashed (signal 6): {numbered}"}.items():
        check.equal(line, checks.read(f"kept/race-live-power/{file}").partition("\n")[0],
                    f"{file} of a finding has not its numbers")
    check.says(re.escape(f"The process dies: crashed (signal 6): {numbered}."),
               checks.read("kept/race-live-power/source.c"))
    sarif(check, "hang in pressure", "signal 11 in unpin", lock)
    interrupted(check)
    # What is kept and cannot be read is said.
    checks.write("kept/pin-count-x/program.txt", "pin3\n")
    checks.write("in/empty", "")
    status, said = checks.output(["./pinfuzz", "triage", "in/empty", "-o", "kept"])
    check.holds(status == 2, f"exit status {status} with a faulty text, not 2", said)
    check.says("^kept/pin-count-x/program.txt:1:1: expected ", said)
    os.chdir("..")


def interrupted(check):
    """While a program hangs: it says so, and what else there is was not tried."""
    for place in ("in", "kept"):
        shutil.rmtree(place)
    os.remove("hanging")
    for n in (1, 2, 3):
        checks.write(f"in/timeout-{n}", "pressure\n")
    with subprocess.Popen(["./pinfuzz", "triage", "in", "-o", "kept", "--timeout", "2", "--jobs", "1"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          encoding="utf-8") as process:
        while not os.path.exists("hanging") and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        said, complaints = process.communicate()
    check.equal("3 files: 0 findings in 0, 0 kept, 0 flaky, 0 junk, 3 not tried; interrupted: the same again goes on\n",
                said, "an interruption is not told as it should be")
    check.holds(process.returncode == 130, f"exit status {process.returncode} of an interruption, not 130", complaints)


def unclean(check, build):
    """With the sanitizers a death has a kind, a function and a line."""
    names = "any-index-of-a-member-that-left", "link-one-lead-ninth-link"
    plant(build, "unclean", *names)
    for n, name in enumerate(names, 1):
        shutil.copy(f"{ROOT}/tests/planted/{name}/program.txt", f"in/crash-{n}")
    said = triage(check, 1, "in", "-o", "kept", "--candidates", "4", "--sarif", "findings.sarif")
    told(check, f"""\
heap-use-after-free in dxgk_unpin: 1 file, kept/heap-use-after-free-in-dxgk-unpin
{BOUNDS}: 1 file, kept/index-out-of-bounds-for-type-struct-dxgk-adapter-in-dxgk-chain
2 files: 2 findings in 2, 0 kept, 0 flaky, 0 junk
""", said, "what a sanitizer finds is")
    sarif(check, "heap-use-after-free in dxgk_unpin", BOUNDS)
    for place in ("src/dxgk/pin.c", "src/dxgk/chain.c"):
        check.says(rf'"uri": "[^"]*{re.escape(place)}"', checks.read("findings.sarif"))
    check.says("SUMMARY: AddressSanitizer: heap-use-after-free",
               checks.read("kept/heap-use-after-free-in-dxgk-unpin/verdict.txt"))
    # What cannot be written is told on a line of its own.
    _, said = checks.output(["./pinfuzz", "triage", "in/crash-1", "-o", "/proc/none", "--candidates", "4"])
    check.equal("""\
heap-use-after-free in dxgk_unpin: 1 file, not kept
/proc/none: No such file or directory
1 files: 1 findings in 1, 0 kept, 0 flaky, 0 junk""", said, "a folder that cannot be made is not told as it should be")
    _, said = checks.output(["./pinfuzz", "minimize", "in/crash-1", "-o", "nowhere/x.txt"])
    check.equal("nowhere/x.txt: No such file or directory", said,
                "a file that cannot be made is not told as it should be")
    os.chdir("..")


def racing(check, build):
    """A race is kept like all others, but for a C file, which could not switch where it does."""
    plain, index = f"{build.directory}/pinfuzz", "any-index-truncated-to-a-byte"
    plant(build, "racing", "race-live-lock-kept-by-a-refusal", index)
    checks.output([plain, "bytes", f"{ROOT}/tests/planted/{index}/program.txt", "-o", "in/crash-1"], status=0)
    # The subject here is not traced: a switch counts locks. The fifth is held when the pin comes to be refused.
    checks.output([plain, "bytes", "-", "-o", "in/crash-2"], status=0,
                  input="race ops=2 switch=lock5:1\nstop 0\npin2 lead(0) index=0 CommitSize=1p actor=1\n")
    said = re.sub(r" \([0-9]+ operations -> [0-9]+", " (fewer operations", triage(check, 1, "in", "-o", "kept"))
    check.equal("""\
ANY-INDEX: 1 file, kept/any-index-pin2 (fewer operations)
RACE-LIVE: 1 file, kept/race-live-race (fewer operations; a race has no source.c)
2 files: 2 findings in 2, 0 kept, 0 flaky, 0 junk
""", said, "a race is not told as it should be")
    whole(check, "kept/any-index-pin2", "source.c")
    check.equal("program.txt report.html verdict.txt", " ".join(sorted(os.listdir("kept/race-live-race"))),
                "other files than those of a race")
    _, said = checks.output(["./pinfuzz", "run", "kept/race-live-race/program.txt"], merged=False)
    check.holds(said.endswith(": violated RACE-LIVE"), "the race that is kept is not violated RACE-LIVE", said)
    os.chdir("..")
