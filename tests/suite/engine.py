"""What tests in Python take of fuzz/engine/: lines of bash that use its files, and builds as its scripts make them."""
import os
import subprocess

from helpers import PROCESSORS, ROOT, stop

PLACE = os.path.join(ROOT, "fuzz", "engine")


def sourcing(parts, line, *words):
    """A command: a line of bash, after files of fuzz/engine/, with these words as its $1, $2, ..."""
    sources = [f'source "$0/{part}.sh"' for part in parts]
    return ["bash", "-euc", "\n".join(sources + [line]), PLACE, *words]


def build(place, log, programs, *settings):
    """Builds programs in a directory with these settings; ends the script when that fails."""
    configure = sourcing(["tools"], 'tools_configure "$@"', place, *settings)
    make = ["cmake", "--build", place, "--parallel", str(PROCESSORS), "--target", *programs]
    with open(log, "wb") as out:
        for command in configure, make:
            if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False).returncode:
                subprocess.run(sourcing(["tools"], 'tools_show_failure "$1" >&2', log), check=False)
                stop(f"the build failed, see {log}")
