"""tests/threads: a second opinion on races: the seeds of pin_race_fuzzer on real threads, under ThreadSanitizer.
Nothing may be found; with a race planted into src/ it must be."""
import argparse
import glob
import os
import re
import tempfile

from helpers import ROOT, Failed, number, said, start
from plant import Build, Planted, select

# A race that threads meet in a moment.
PLANTED = "race-memory-torn-base-and-offset"

DESCRIPTION = """\
Runs the seeds of pin_race_fuzzer on real threads under ThreadSanitizer, and then a planted race. With NAMEs
(patterns such as 'race-*') those planted races instead, and prints what was seen of each: no failure when nothing
was, for what real threads do is chance."""


def arguments():
    parser = argparse.ArgumentParser(
        prog="tests/threads", description=DESCRIPTION, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit status: 0 as it should be, 1 not, 2 environment.")
    add = parser.add_argument
    add("names", metavar="NAME", nargs="*")
    add("--repeat", metavar="N", type=number, default=300, help="runs of each program (300)")
    add("--seconds", metavar="S", type=number, default=120, help="that each may take (120)")
    add("--tsan", metavar="DIR", type=os.path.realpath, default=f"{ROOT}/build/tests/tsan",
        help="clang build with ThreadSanitizer (build/tests/tsan); made when missing")
    return parser.parse_args()


def main():
    options = arguments()
    tsan = Build(options.tsan, ["pinfuzz"], engine="standalone", sanitize="thread")
    # The first report ends the process.
    os.environ["TSAN_OPTIONS"] = "halt_on_error=1:exitcode=66"

    def threaded(pinfuzz, programs):
        return said([pinfuzz, "run", "--threads", "--repeat", str(options.repeat), "--timeout", str(options.seconds),
                     *programs])

    def seen_of(bug, scratch):
        """What becomes of a bug's program with the bug."""
        pinfuzz = Planted(bug, f"{scratch}/{bug.name}").link(tsan, "tsan/pinfuzz", "cli")
        _, out, report = threaded(pinfuzz, [bug.program])
        summary = re.search(r"^SUMMARY: ThreadSanitizer: ([a-z -]*[a-z])", report, re.MULTILINE)
        return out.strip().rpartition("program.txt: ")[2] + (f", {summary[1]}" if summary else "")

    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        if not options.names:
            status, out, report = threaded(f"{tsan.directory}/pinfuzz",
                                           sorted(glob.glob(f"{ROOT}/corpus/pin_race_fuzzer/*.txt")))
            print(out, end="", flush=True)
            if status:
                failed = True
                print("\n".join(report.splitlines()[:40]))
        for bug in select(options.names or [PLANTED]):
            try:
                seen = seen_of(bug, scratch)
            except Failed as failure:
                failed, seen = True, str(failure)
            print(f"{bug.name:44} {seen}", flush=True)
            # It must be able to fail before its success says anything.
            if not options.names and not seen.endswith(", data race"):
                print("threads: ThreadSanitizer does not see a race that is there")
                failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    start(main)
