"""What the measurements share: the builds, the targets and their seeds, and processor time."""
import contextlib
import glob
import os

import engine
from helpers import ROOT, said, stop

CC = os.environ.get("TOOLS_CLANG", "clang")
SANITIZED = "-DPINFUZZ_SANITIZE=address,undefined"


def targets():
    return sorted(os.path.basename(source).removesuffix(".c") for source in glob.glob(f"{ROOT}/fuzz/*_fuzzer.c"))


def build(options, place, programs, *settings):
    engine.build(place, f"{options.build}/build.log", programs, f"-DCMAKE_C_COMPILER={CC}", "-DBUILD_TESTING=ON",
                 *settings)


def convert(pinfuzz, text, output):
    """Makes bytes of programs."""
    status, out, err = said([pinfuzz, "bytes", text, "-o", output])
    if status:
        stop(f"no bytes of {text}: {out}{err}")


def ticks(process):
    """Processor time of a process and its descendants, in clock ticks, those included that are gone and waited for
    (after a timeout, for one)."""
    spent = 0
    with contextlib.suppress(OSError):
        with open(f"/proc/{process}/stat", encoding="ascii", errors="replace") as file:
            # Behind the command's name, which may hold blanks: from the 12th field on utime, stime, cutime, cstime.
            spent += sum(map(int, file.read().rpartition(") ")[2].split()[11:15]))
        with open(f"/proc/{process}/task/{process}/children", encoding="ascii") as file:
            spent += sum(map(ticks, file.read().split()))
    return spent
