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
           "reproduce", "page", "picture", "campaign")
# The subject as a library, how what is in it is compiled, and how a program is linked that finds it beside itself.
SUBJECT = "libsubject.so"
IN_LIBRARY = ("-fPIC",)
BESIDE = "-Wl,-rpath,$ORIGIN", "-rdynamic"


# ---- the bugs ----


class Bug:
    def __init__(self, name, place=PLACE):
        self.name = name
        self.place = os.path.join(place, name)
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

    @property
    def bugs(self):
        return [self]

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


class Together:
    """Several bugs, planted at once as one that is no race; `files` are changed besides, by whoever plants it."""

    def __init__(self, bugs, files=()):
        self.bugs = bugs
        self.files = sorted({*files, *(file for bug in bugs for file in bug.files)})
        self.races = False


def select(patterns, place=PLACE):
    """The bugs of a directory that the patterns name; all without one."""
    names = sorted(entry for entry in os.listdir(place) if os.path.isdir(os.path.join(place, entry))
                   and not entry.startswith(("_", ".")))
    chosen = []
    for pattern in patterns or ["*"]:
        found = fnmatch.filter(names, pattern.rstrip("/").rpartition("/")[2])
        if not found:
            stop(f"no bug is called '{pattern}'")
        chosen += found
    return [Bug(name, place) for name in dict.fromkeys(chosen)]  # named twice, planted once


# What programs here ask where an access is: a race is told with its places, which nobody reads. Each of these takes
# longer to start than most programs run, and finds nothing in a library without its names.
SYMBOLIZERS = ("llvm-symbolizer-19", "llvm-symbolizer", "addr2line")


def without_symbolizers(directory):
    """Has the processes that are started from now on be told at once what says nothing."""
    os.mkdir(f"{directory}/symbolizers")
    for name in SYMBOLIZERS:
        path = f"{directory}/symbolizers/{name}"
        with open(path, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\nprintf 'somewhere\\nnowhere.c:1\\n'\n")
        os.chmod(path, 0o755)
    os.environ["PATH"] = f"{directory}/symbolizers:{os.environ['PATH']}"


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
        self.subjects = {}
        self.programs = {}
        self.lock = threading.Lock()
        self.scratch = tempfile.mkdtemp()
        atexit.register(shutil.rmtree, self.scratch, ignore_errors=True)

    def objects(self, part):
        """The objects of a part, from the build's directory on."""
        if part not in self.parts:
            mark = re.compile(rf"(^|/)CMakeFiles/(pinfuzz_)?{part}\.dir/")
            self.parts[part] = sorted(built for built in self.commands if mark.search(built))
        return self.parts[part]

    def members(self, suffix, seam="sut"):
        """The subject's objects: of its parts those with the suffix, where there are such; `seam` is what stands between
        it and the harness."""
        return [built for part in ("nt", "dxgk", seam) for built in self.objects(part + suffix) or self.objects(part)]

    def linker(self, libraries):
        """The linker's own command, as the compiler would start it, with a place for objects and output."""
        if libraries not in self.linkers:
            anything = self.objects("sanitizers")[0]
            _, _, told = said([self.compiler, "-###", *self.link_flags, anything, *libraries, "-o", "OUTPUT"],
                              cwd=self.directory)
            words = [word.replace("\\$", "$") for word in shlex.split(told.splitlines()[-1])]
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

    # What differs from bug to bug is in a library beside the program: so a bug takes one link of some small objects, and
    # not one for each program of the whole harness. For libraries ld takes half of the time that lld takes to start.

    def subject(self, suffix, seam):
        """The subject's objects without a bug, by the object of the build that each stands for; and the library."""
        with self.lock:
            if (suffix, seam) not in self.subjects:
                objects = {built: built for built in self.members(suffix, seam)}
                place = f"{self.scratch}/subject{len(self.subjects)}"
                os.mkdir(place)
                while wrong := share(list(objects.values()), f"{place}/{SUBJECT}", "sut_get", self.directory,
                                     self.strip):
                    # Compiled for a program, at a fixed place in it: compiled once more for a library.
                    named = [built for built in objects if objects[built] == built and built in wrong]
                    if not named:
                        stop(f"cannot link {SUBJECT}: {wrong}")
                    for built in named:
                        objects[built] = f"{place}/{len(os.listdir(place))}.o"
                        words, directory = self.commands[built]
                        words = [*words, *IN_LIBRARY, *([] if self.stacks else ["-g0"])]
                        words[words.index("-o") + 1] = objects[built]
                        status, out, err = said(words, cwd=directory)
                        if status:
                            stop(f"cannot compile {built}: {out}{err}")
                self.subjects[suffix, seam] = objects, f"{place}/{SUBJECT}"
        return self.subjects[suffix, seam]

    def program(self, name, parts, suffix, seam):
        """A program of these parts, without a bug."""
        _, library = self.subject(suffix, seam)
        whole = self.whole(parts)
        with self.lock:
            if (parts, suffix, seam) not in self.programs:
                output = f"{os.path.dirname(library)}/{name}"
                self.link([whole], output, (library, *BESIDE))
                self.programs[parts, suffix, seam] = output
        return self.programs[parts, suffix, seam]

    def link(self, objects, output, libraries=()):
        before, after = self.linker(libraries)
        after = [output if word == "OUTPUT" else word for word in after]
        before = [output if word == "OUTPUT" else word for word in before]
        status, out, err = said(before + objects + after, cwd=self.directory)
        if status:
            raise Failed("does not link", out + err, 20)


def share(objects, output, name, directory, strip=("--strip-debug",)):
    """Links a library, of which only `name` is seen from outside. What is wrong, if anything."""
    script = f"{output}.seen"
    with open(script, "w", encoding="ascii") as file:
        file.write(f"{{ global: {name}; local: *; }};\n")
    status, out, err = said(["ld", "-shared", *strip, f"--version-script={script}",
                             f"-soname={os.path.basename(output)}", "-o", output, *objects], cwd=directory)
    return out + err + "?" if status else ""


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
        for one in bug.bugs:
            status, out, err = said(["patch", "-d", work, "-p1", "--fuzz=0", "--force", "--no-backup-if-mismatch",
                                     "-i", one.patch])
            if status:
                raise Failed("does not apply" if one is bug else f"{one.name} does not apply beside the others",
                             out + err)
        self.changed = with_includers(bug.files)
        # What includes a header that the bug is in is copied, too, so that all of it is compiled together.
        self.copied = {*bug.files, *(file for file in self.changed if re.fullmatch(r"src/.*\.c", file))}
        for file in self.copied.difference(bug.files):
            os.makedirs(os.path.dirname(f"{work}/{file}"), exist_ok=True)
            put(f"{ROOT}/{file}", f"{work}/{file}")
        self.compiled = {}

    def command(self, build, built, flags):
        """What an object of the build is compiled with, for what stands for it here; without -o and its source."""
        words, _ = build.commands[built]
        words, at = list(words), words.index("-o")
        del words[at:at + 2]
        words.remove(self.source(build, built, copied=False))
        words.remove("-c")
        if any(file.endswith(".h") for file in self.bug.files):
            words[1:1] = [f"-I{self.work}/src"]  # before src/, for headers that the bug is in
        if "_traced.dir/" not in built:
            words.append(self.optimize)
        return words + ["-g1" if build.stacks else "-g0", "-Werror", *flags]

    def source(self, build, built, copied=True):
        """What an object is compiled from: the copy, if there is one."""
        words, _ = build.commands[built]
        source = words[words.index("-c") + 1]
        file = os.path.relpath(source, ROOT)
        return f"{self.work}/{file}" if copied and file in self.copied else source

    def compile(self, build, built, *flags):
        """The object that stands for `built`, an object of the build, here: compiled as the build does it."""
        key = build.directory, built, flags
        if key not in self.compiled:
            output = f"{self.work}/{len(self.compiled)}.o"
            status, out, err = said([*self.command(build, built, flags), "-c", self.source(build, built), "-o", output],
                                    cwd=build.commands[built][1])
            if status:
                raise Failed("does not compile", out + err, 20)
            self.compiled[key] = output
        return self.compiled[key]

    def has(self, built):
        """Whether the bug is in what that object is compiled from."""
        source = built.removesuffix(".o").rpartition(".dir/")[2]
        return (source if source.startswith("src/") else f"tests/{source}") in self.changed

    def subject(self, build, suffix):
        """The subject's objects, with the bug."""
        return [self.compile(build, built) if self.has(built) else built for built in build.members(suffix)]

    def link(self, build, program, part, seam="sut"):
        """Puts a program with the bug, traced where the bug is a race, into the work: the rooms of the harness and this
        part, and beside it the subject. Its path."""
        suffix = "_traced" if self.bug.races else ""
        parts = (part, *HARNESS, "sanitizers") + (("accesses", "trace") if self.bug.races else ())
        output = f"{self.work}/{program}"
        library = f"{os.path.dirname(output)}/{SUBJECT}"
        os.makedirs(os.path.dirname(output), exist_ok=True)
        put(build.program(os.path.basename(program), parts, suffix, seam), output)
        if not os.path.exists(library):
            objects, _ = build.subject(suffix, seam)
            compile_together([self], build, seam)
            wrong = share([self.compile(build, built, *IN_LIBRARY) if self.has(built) else stands
                           for built, stands in objects.items()], library, "sut_get", build.directory, build.strip)
            if wrong:
                raise Failed("does not link", wrong, 20)
        return output

    def link_target(self, build, program):
        """The same of the bug's fuzz target, in one piece as fuzz targets are: its coverage is the engine's."""
        suffix = "_covered" + ("_traced" if self.bug.races else "")
        parts = (self.bug.target, "engine", *HARNESS, "sanitizers") + (("accesses", "trace") if self.bug.races else ())
        output = f"{self.work}/{program}"
        os.makedirs(os.path.dirname(output), exist_ok=True)
        build.link(self.subject(build, suffix) + [build.whole(parts)], output, ("-fsanitize=fuzzer",))
        return output


compilations = {}  # by command and directory


def compilation(command, source, directory):
    """The compiler's own command, as it would start it for the source, up to that; None when it does not say."""
    # It takes places of headers as they stand: those of one bug are no reason to ask again.
    places = [word for word in command if re.match("-I.", word)]
    command = [word for word in command if word not in places]
    key = tuple(command), directory
    if key not in compilations:
        _, _, told = said([*command, "-###", "-c", source, "-o", "OUTPUT"], cwd=directory)
        words = shlex.split(told.splitlines()[-1])
        compilations[key] = None
        if "-cc1" in words and words[-1] == source:
            # Without a name for it the output has the source's, with another ending.
            for option in ("-o", "-main-file-name"):
                del words[words.index(option):words.index(option) + 2]
            compilations[key] = words[:-1]
    return compilations[key] and compilations[key] + places


def precompile(command, header, output, directory):
    """Compiles what sources compiled by that command begin with; whether it went well."""
    words = compilation(command, header, directory)
    if not words or "-emit-obj" not in words:
        return False
    words = ["-emit-pch" if word == "-emit-obj" else word for word in words]
    words[words.index("-x") + 1] = "c-header"
    return said([*words, "-o", output, header], cwd=directory)[0] == 0


def compile_several(command, sources, directory, begin=()):
    """Compiles them by one process, for clang takes as long to start as to compile one: each to an object beside it, named
    as it is. When that does not work nothing is left, and whoever compiles one alone is told why. `begin`: words of the
    compiler's own for what they begin with."""
    words = compilation(command, sources[0], directory)
    if words and said([*words, *begin, *sources], cwd=directory)[0]:
        for source in sources:
            if os.path.exists(source.removesuffix(".c") + ".o"):
                os.remove(source.removesuffix(".c") + ".o")


# Bugs at a time, whose files are compiled together.
TOGETHER = 24


def some_at_a_time(bugs, jobs):
    """The bugs, or what is made of them, in lists of so many as are compiled together."""
    together = max(1, min(TOGETHER, len(bugs) // jobs))
    return [bugs[at:at + together] for at in range(0, len(bugs), together)]


def compile_together(planted, build, seam="sut", covered="", flags=IN_LIBRARY):
    """Compiles what compile() will be asked for, as far as it is copied."""
    groups = {}
    for one in planted:
        for built in build.members(covered + ("_traced" if one.bug.races else ""), seam):
            source = one.source(build, built)
            if source.startswith(f"{one.work}/") and (build.directory, built, flags) not in one.compiled:
                command = tuple(one.command(build, built, flags))
                groups.setdefault((command, build.commands[built][1]), []).append((one, built, source))
    for (command, directory), members in groups.items():
        compile_several(command, [source for _, _, source in members], directory)
        for one, built, source in members:
            made, output = source.removesuffix(".c") + ".o", f"{one.work}/{len(one.compiled)}.o"
            if os.path.exists(made):
                os.rename(made, output)
                one.compiled[build.directory, built, flags] = output


def put(program, output):
    """The same file at another place, where there is a way."""
    try:
        os.link(program, output)
    except OSError:
        shutil.copy(program, output)
