"""What Python takes of fuzz/engine/*.sh: lines of bash that use these files, and builds as its scripts make them."""
import os
import shlex
import subprocess
import sys

from helpers import PROCESSORS, ROOT, said, stop

PLACE = os.path.join(ROOT, "fuzz", "engine")


def sourcing(parts, line, *words):
    """A command: a line of bash, after files of fuzz/engine/, with these words as its $1, $2, ..."""
    sources = [f"source {shlex.quote(f'{PLACE}/{part}.sh')}" for part in parts]
    name = os.path.basename(sys.argv[0]).removesuffix(".py")
    return ["bash", "-euo", "pipefail", "-c", "\n".join(sources + [line]), name, *words]


def failure_in(log):
    """The end of a log of a build or of tests, without what went well."""
    return said(sourcing(["tools"], 'tools_show_failure "$1"', log))[1]


def build(place, log, programs, *settings):
    """Builds programs in a directory with these settings; ends the script when that fails."""
    configure = sourcing(["tools"], 'tools_configure "$@"', place, *settings)
    make = ["cmake", "--build", place, "--parallel", str(PROCESSORS), "--target", *programs]
    with open(log, "wb") as out:
        for command in configure, make:
            if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False).returncode:
                print(failure_in(log), end="", file=sys.stderr)
                stop(f"the build failed, see {log}")
