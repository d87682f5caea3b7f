"""The planted bugs: which there are, and how one is planted into copies of files of src/, compiled, and linked with
the objects of a build."""
import atexit
import fnmatch
import functools
import glob
import json
import os
import re
import shlex
import shutil
import tempfile
import threading

from helpers import ROOT, Failed, lines_of, said, stop

PLACE = os.path.join(ROOT, "tests", "planted")
CC = os.environ.get("TOOLS_CLANG", "clang")
# The rooms of the harness; beside them a program has cli, or a fuzz target.
HARNESS = ("interleave", "program", "contract", "judge", "drive", "mutate", "minimize", "verdict", "enumerate",
           "reproduce", "page", "picture")


# ---- the bugs ----


class Bug:
    def __init__(self, name):
        self.name = name
        self.place = os.path.join(PLACE, name)
        self.program = os.path.join(self.place, "program.txt")
        self.patch = os.path.join(self.place, "bug.patch")
        self.headers = {}
        self.files = []
        for line in lines_of(self.patch):
            if line.startswith("+++ b/"):
                self.files.append(line[6:].split("\t")[0].strip())
            header = re.match(r"([A-Z][a-z]+): *(.*)", line)
            if header and not self.files:
                self.headers.setdefault(header[1], header[2])
        self.operations = {line.split()[0] for line in lines_of(self.program) if line.split()}

    def header(self, key):
        return self.headers.get(key, "")

    @property
    def clause(self):
        return self.header("Clause")

    @property
    def races(self):
        return "race" in self.operations

    @property
    def target(self):
        """The fuzz target that runs the operations of its program; another one turns it down."""
        if self.races:
            return "pin_race_fuzzer"
        return "adapter_chain_fuzzer" if self.operations & {"link", "add"} else "pin_unpin_fuzzer"


def select(patterns):
    """The bugs that the patterns name; all without one."""
    names = sorted(entry for entry in os.listdir(PLACE) if os.path.isdir(os.path.join(PLACE, entry))
                   and not entry.startswith(("_", ".")))
    chosen = []
    for pattern in patterns or ["*"]:
        found = fnmatch.filter(names, pattern.rstrip("/").rpartition("planted/")[2])
        if not found:
            stop(f"no bug is called '{pattern}'")
        chosen += found
    return [Bug(name) for name in chosen]


# ---- a build, whose objects the rest of a program is linked from ----


class Build:
    def __init__(self, directory, targets, stacks=False, **wanted):
        """Brings the targets up to date, in a build that has the `wanted` settings. With `stacks`, what is planted
        tells in stacks which functions were inlined; else it is linked in half of the time."""
        self.directory = directory
        self.stacks = stacks
        settings = [f"-DPINFUZZ_{key.upper()}={value}" for key, value in wanted.items()]
        new = [] if os.path.exists(f"{directory}/CMakeCache.txt") else [f"-DCMAKE_C_COMPILER={CC}", *settings]
        status, out, err = said([f"{ROOT}/tests/suite/build", directory, ",".join(targets), *new])
        if status:
            print("\n".join((out + err).splitlines()[-40:]))
            stop(f"cannot build {directory}")
        self.cache = {}
        for line in lines_of(f"{directory}/CMakeCache.txt"):
            entry = re.match(r"(\w+):\w+=(.*)", line)
            if entry:
                self.cache[entry[1]] = entry[2]
        if self.cache["CMAKE_HOME_DIRECTORY"] != ROOT:
            stop(f"{directory} builds other sources")
        for key, value in dict(sut="builtin", **wanted).items():
            if self.cache[f"PINFUZZ_{key.upper()}"] != value:
                stop(f"{directory} is not built with PINFUZZ_{key.upper()}={value}")
        self.commands = {}  # by object: what it is compiled with, and where
        with open(f"{directory}/compile_commands.json", encoding="utf-8") as file:
            for entry in json.load(file):
                words = shlex.split(entry["command"])
                built = os.path.join(entry["directory"], words[words.index("-o") + 1])
                self.commands[os.path.relpath(built, directory)] = words, entry["directory"]
        self.compiler = self.cache["CMAKE_C_COMPILER"]
        self.sanitize = [f"-fsanitize={self.cache['PINFUZZ_SANITIZE']}"] if self.cache["PINFUZZ_SANITIZE"] else []
        # lld takes half of the time that ld takes.
        lld = said([self.compiler, "-fuse-ld=lld", "-Wl,--version"])[0] == 0
        self.strip = [] if stacks else ["--strip-debug"]
        self.link_flags = [*self.sanitize, "-pthread", *[f"-Wl,{flag}" for flag in self.strip],
                           *(["-fuse-ld=lld", "-Wl,--threads=1"] if lld else [])]
        self.linkers = {}
        self.parts = {}
        self.wholes = {}
        self.lock = threading.Lock()
        self.scratch = tempfile.mkdtemp()
        atexit.register(shutil.rmtree, self.scratch, ignore_errors=True)

    def objects(self, part):
        """The objects of a part, from the build's directory on."""
        if part not in self.parts:
            mark = re.compile(rf"(^|/)CMakeFiles/(pinfuzz_)?{part}\.dir/")
            self.parts[part] = sorted(built for built in self.commands if mark.search(built))
        return self.parts[part]

    def linker(self, libraries):
        """The linker's own command, as the compiler would start it, with a place for objects and output."""
        if libraries not in self.linkers:
            anything = self.objects("sanitizers")[0]
            _, _, told = said([self.compiler, "-###", *self.link_flags, anything, *libraries, "-o", "OUTPUT"],
                              cwd=self.directory)
            words = shlex.split(told.splitlines()[-1])
            at = words.index(anything)
            self.linkers[libraries] = words[:at], words[at + 1:]
        return self.linkers[libraries]

    def whole(self, parts):
        """All objects of the parts, in one, so that not each program's linker reads a hundred."""
        with self.lock:
            if parts not in self.wholes:
                output = f"{self.scratch}/{len(self.wholes)}.o"
                objects = [one for part in parts for one in self.objects(part)]
                status, out, err = said([self.linker(())[0][0], "-r", *self.strip, "-o", output, *objects],
                                        cwd=self.directory)
                if status:
                    stop(f"cannot link {' '.join(parts)}: {out}{err}")
                self.wholes[parts] = output
        return self.wholes[parts]

    def link(self, objects, output, libraries=()):
        before, after = self.linker(libraries)
        after = [output if word == "OUTPUT" else word for word in after]
        before = [output if word == "OUTPUT" else word for word in before]
        status, out, err = said(before + objects + after, cwd=self.directory)
        if status:
            raise Failed("does not link", out + err, 20)


@functools.lru_cache
def includes():
    """By file of src/ and tests/dialects: which files it includes."""
    found = {}
    for path in glob.glob(f"{ROOT}/src/**/*.[ch]", recursive=True) + glob.glob(f"{ROOT}/tests/dialects/*.[ch]"):
        places = f"{ROOT}/src", os.path.dirname(path)
        named = [match[1] for line in lines_of(path) if (match := re.match(r'#include "(.*)"', line))]
        found[os.path.relpath(path, ROOT)] = {os.path.relpath(f"{place}/{name}", ROOT)
                                              for name in named for place in places}
    return found


def with_includers(files):
    """The files, and what includes one of them, and so on."""
    changed, waiting = set(), list(files)
    while waiting:
        file = waiting.pop()
        if file not in changed:
            changed.add(file)
            waiting += [other for other, included in includes().items() if file in included]
    return changed


# ---- one bug, in copies of the files that it is in ----


class Planted:
    def __init__(self, bug, work, optimize="-O0"):
        self.bug = bug
        self.optimize = optimize  # but for traced objects, where nothing is
        self.work = work
        for file in bug.files:
            if not re.fullmatch(r"src/(nt|dxgk|sut)/[a-z0-9_]+\.[ch]", file):
                raise Failed(f"changes what is not the subject: {file}")
            os.makedirs(os.path.dirname(f"{work}/{file}"), exist_ok=True)
            if os.path.exists(f"{ROOT}/{file}"):
                shutil.copy(f"{ROOT}/{file}", f"{work}/{file}")
        if not bug.files:
            raise Failed("changes nothing")
        status, out, err = said(["patch", "-d", work, "-p1", "--fuzz=0", "--force", "--no-backup-if-mismatch",
                                 "-i", bug.patch])
        if status:
            raise Failed("does not apply", out + err)
        self.changed = with_includers(bug.files)
        self.compiled = {}

    def compile(self, build, built):
        """The object that stands for `built`, an object of the build, here: compiled as the build does it."""
        key = build.directory, built
        if key not in self.compiled:
            output = f"{self.work}/{len(self.compiled)}.o"
            words, directory = build.commands[built]
            copies = {f"{ROOT}/{file}": f"{self.work}/{file}" for file in self.bug.files}
            command = [copies.get(word, word) for word in words]
            command[command.index("-o") + 1] = output
            command[1:1] = [f"-I{self.work}/src"]  # before src/, for headers that the bug is in
            if "_traced.dir/" not in built:
                command.append(self.optimize)
            status, out, err = said(command + ["-g1" if build.stacks else "-g0", "-Werror"], cwd=directory)
            if status:
                raise Failed("does not compile", out + err, 20)
            self.compiled[key] = output
        return self.compiled[key]

    def subject(self, build, suffix, planted=True, seam="sut"):
        """The subject's objects, with the bug. Of its parts those with the suffix, where there are such; `seam` is
        what stands between it and the harness."""
        objects = []
        for part in ("nt", "dxgk", seam):
            for built in build.objects(part + suffix) or build.objects(part):
                source = built.removesuffix(".o").rpartition(".dir/")[2]
                source = source if source.startswith("src/") else f"tests/{source}"
                objects.append(self.compile(build, built) if planted and source in self.changed else built)
        return objects

    def link(self, build, program, parts, covered=False, libraries=(), seam="sut"):
        """Links a program with the bug, traced where the bug is a race, from the rooms of the harness and these
        parts. Its path."""
        suffix = ("_covered" if covered else "") + ("_traced" if self.bug.races else "")
        parts = [*parts, *HARNESS, "sanitizers"] + (["accesses", "trace"] if self.bug.races else [])
        output = f"{self.work}/{program}"
        os.makedirs(os.path.dirname(output), exist_ok=True)
        build.link(self.subject(build, suffix, seam=seam) + [build.whole(tuple(parts))], output, libraries)
        return output
