"""What the tests in Python share: processes, several at a time and stopped together; arguments; errors."""
import argparse
import concurrent.futures
import os
import re
import signal
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROCESSORS = len(os.sched_getaffinity(0))


def stop(message):
    """An error of usage or of the environment."""
    print(f"{os.path.basename(sys.argv[0]).removesuffix('.py')}: {message}", file=sys.stderr)
    sys.exit(2)


def number(text):
    """A number from 1, for argparse."""
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text):
        raise argparse.ArgumentTypeError("wants a number from 1")
    return int(text)


class Failed(Exception):
    """What is wrong, and of a report the lines that show it."""

    def __init__(self, message, report="", lines=12):
        shown = [line for line in report.splitlines() if line][:lines]
        super().__init__("\n".join([message] + ["    " + line for line in shown]))


# ---- processes ----

running = set()


def said(command, timeout=None, **options):
    """Runs a command: its exit status, standard output, and standard error. TimeoutExpired after `timeout` s."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, encoding="utf-8", errors="replace",
                          **options) as process:
        running.add(process)
        try:
            out, err = process.communicate(timeout=timeout)
        finally:
            process.kill()  # if it still lives
            running.discard(process)
    return process.returncode, out, err


def said_until(command, text):
    """Whether a line of a command's standard output has the text; the command is ended there, and what it started."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          encoding="utf-8", errors="replace", start_new_session=True) as process:
        running.add(process)
        try:
            return any(text in line for line in process.stdout)
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # not waited for before: the number is its own
            running.discard(process)


def measured(command, **options):
    """Runs a command: its exit status, and the seconds of processor time that it took."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    running.add(process)
    try:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        running.discard(process)
    return process.returncode, used.ru_utime + used.ru_stime


def each(work, items, jobs):
    """What `work` makes of each of them, some at a time, in their order. Interrupted, it leaves nothing running."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        results = [pool.submit(work, item) for item in items]
        try:
            for result in results:
                yield result.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(running):
                process.kill()
            raise


def start(main):
    """Runs a script's main() and exits with what it returns; 130 when interrupted."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)


def lines_of(path):
    """The lines of a file; none of one that is not there."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()
