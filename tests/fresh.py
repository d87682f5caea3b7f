#!/usr/bin/env python3
"""tests/fresh: README's two commands, as they stand there, on machines that have nothing: what a script forgets to
install, or expects of a compiler, does not show where it is there already. --help has its usage and exit statuses."""
import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "suite"))

from checks import read  # pylint: disable=wrong-import-position
from helpers import ROOT, Failed, number, said, start, stop  # pylint: disable=wrong-import-position

DESCRIPTION = """\
Makes a minimal root of each Debian suite with debootstrap (bookworm, trixie, sid, ...), puts a clean clone of
HEAD there, and runs the two commands of README's section "Two commands" in it. SUITE+clangN is a root that has
clang N and its compiler-rt beforehand, and nothing else. Roots as debootstrap makes them are kept below
build/fresh, and so are the logs. Wants root."""

PLACE = f"{ROOT}/build/fresh"
LOGS = f"{PLACE}/logs"
# Nothing of this environment gets into a root but the way to the network.
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NETWORK = "http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY".split()
ROW = "{:18} {:12} {:>6} {:>8}  {}"


def suite(text):
    if not re.fullmatch(r"[a-z]+(\+clang[1-9][0-9])?", text):
        raise argparse.ArgumentTypeError(f"there is no suite '{text}'")
    return text


def arguments():
    parser = argparse.ArgumentParser(
        prog="tests/fresh", description=DESCRIPTION, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit status: 0 both commands succeed everywhere, 1 one does not, 2 usage or environment.")
    add = parser.add_argument
    add("suites", metavar="SUITE", nargs="+", type=suite)
    add("--quick", action="store_true", help="tests/run --quick")
    add("--seconds", metavar="N", type=number, help="fuzz/run --seconds N")
    add("--keep", action="store_true", help="leave the roots in build/fresh, to look at")
    return parser.parse_args()


def two_commands():
    """The lines of the block below that headline, without the comments behind them."""
    section = re.search(r"^## Two commands\n[\s\S]*?^```.*\n([\s\S]*?)^```", read(f"{ROOT}/README.md"), re.M)
    lines = section[1].splitlines() if section else []
    commands = [line for line in (re.sub(r"[ \t]+#.*", "", line) for line in lines) if line.strip()]
    if len(commands) != 2:
        stop(f"README.md has {len(commands)} commands below 'Two commands', not two")
    return commands


# ---- a root ----


def logged(log, *command):
    """Runs a command, output to the log: its exit status."""
    with open(log, "ab") as file:
        return said(command, stdout=file, stderr=subprocess.STDOUT)[0]


def mirror():
    """Where this machine has its packages from; nothing when it does not say."""
    _, out, _ = said(["apt-get", "indextargets", "--format", "$(REPO_URI)"])
    return sorted({line for line in out.splitlines() if re.search("/debian/?$", line)})[:1]


def settle(root):
    """The machine's own way to the network."""
    shutil.copy("/etc/resolv.conf", f"{root}/etc/resolv.conf")
    for path in "/etc/apt/apt.conf", "/etc/apt/apt.conf.d", "/etc/apt/auth.conf", "/etc/apt/auth.conf.d":
        if os.path.isdir(path):
            shutil.copytree(path, root + path, symlinks=True, dirs_exist_ok=True)
        elif os.path.exists(path):
            shutil.copy(path, root + path)


def make_root(name, root, log):
    """Whether there is one, as debootstrap makes it; the second time from a tarball."""
    tarball = f"{PLACE}/{name}.tar"
    if os.path.exists(tarball):
        os.makedirs(root)
        if logged(log, "tar", "-C", root, "-xf", tarball):
            return False
        settle(root)
        return True
    if logged(log, "debootstrap", "--variant=minbase", name, root, *mirror()):
        return False
    settle(root)
    for package in glob.glob(f"{root}/var/cache/apt/archives/*.deb"):
        os.remove(package)
    if logged(log, "tar", "-C", root, "-cf", f"{PLACE}/{name}.part", "."):
        return False
    os.rename(f"{PLACE}/{name}.part", tarball)
    return True


def inside(root, text, log):
    """The exit status of a shell there, in processes and mounts of its own."""
    mounted = ('mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" && mount -t sysfs -o ro sysfs "$0/sys" &&'
               ' exec chroot "$0" "$@"')
    kept = [f"{name}={os.environ[name]}" for name in NETWORK if name in os.environ]
    return logged(log, "unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", mounted, root,
                  "/usr/bin/env", "-i", PATH, "HOME=/root", *kept, "bash", "-c", f"cd /pinfuzz && {text}")


def remove(root):
    """Removes a root, and nothing that may still be mounted in it."""
    said(["rm", "-rf", "--one-file-system", root])


# ---- one machine ----


def new_log(name):
    """An empty log of that name."""
    path = f"{LOGS}/{name}.log"
    with open(path, "wb"):
        return path


def tail(log, lines):
    print("\n".join(read(log).splitlines()[-lines:]), flush=True)


def prepare(machine, root):
    """Makes the root, with a clone in it and with the compiler that it has beforehand. Failed when it cannot."""
    name, _, compiler = machine.partition("+clang")
    log = new_log(f"{machine}.root")
    remove(root)
    if not make_root(name, root, log):
        tail(log, 20)
        raise Failed("debootstrap makes no root of it")
    clone = f"{root}/pinfuzz"
    _, head, _ = said(["git", "-C", ROOT, "rev-parse", "HEAD"])
    if (logged(log, "git", "-c", "safe.directory=*", "clone", "-q", "--no-hardlinks", ROOT, clone)
            or logged(log, "git", "-C", clone, "checkout", "-q", "--detach", head.strip())):
        tail(log, 20)
        raise Failed("cannot clone HEAD there")
    # It must be able to fail, and be fresh, before its success says anything.
    log = new_log(f"{machine}.root")
    if (not inside(root, "false", log)
            or inside(root, "! command -v cmake && ! command -v cc && ! compgen -c clang", log)):
        raise Failed(f"not fresh: {' '.join(read(log).split())}")
    if compiler and inside(root, "apt-get -q update && apt-get -q install -y --no-install-recommends "
                           f"clang-{compiler} libclang-rt-{compiler}-dev", log):
        tail(log, 20)
        raise Failed(f"cannot install clang-{compiler}")


def attempt(machine, root, command, options):
    """Runs a command, and prints what it ended with: its exit status, and a row."""
    log = new_log(f"{machine}.{command.replace('/', '-')}")
    if command.startswith("fuzz/run") and options.seconds:
        command += f" --seconds {options.seconds}"
    elif command.startswith("tests/run") and options.quick:
        command += " --quick"
    began = time.monotonic()
    status = inside(root, command, log)
    print(f"-- {machine}: {command}: exit status {status}")
    tail(log, 25)
    last = [line for line in read(log).splitlines() if line][-1:] or [""]
    return status, ROW.format(machine, command, status, f"{time.monotonic() - began:.0f} s", last[0][:60])


def main():
    options = arguments()
    os.makedirs(LOGS, exist_ok=True)
    commands = two_commands()
    if said(["git", "-C", ROOT, "status", "--porcelain"])[1]:
        print("What is not committed is not tried.")
    rows, worst = [ROW.format("machine", "command", "status", "time", "its last line")], 0
    for machine in options.suites:
        print(f"== {machine}", flush=True)
        root = f"{PLACE}/{machine}"
        try:
            prepare(machine, root)
        except Failed as failure:
            rows.append(ROW.format(machine, "-", "-", "-", str(failure)))
            worst = 2
            continue
        for command in commands:
            status, row = attempt(machine, root, command, options)
            rows.append(row)
            worst = worst or (1 if status else 0)
        if not options.keep:
            remove(root)
    print("", *rows, sep="\n")
    return worst


if __name__ == "__main__":
    start(main)
