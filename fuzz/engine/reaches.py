"""Which programs of the corpus run a line, and which lines run while a clause is put to the test.

COMMANDS is the compile_commands.json of a build with coverage. WORK holds, of each target, TARGET.reaches
(fuzz/engine/reaches.c), TARGET.log with a line "Running: PATH" for each input in the same order, and
TARGET.counters, a profile as text in which counter number n has counted to n + 1.

How often a line ran is the most of the code regions on it and around it, each a sum or difference of counters,
as the compiler says when asked (-dump-coverage-mapping). --check compares which lines run at all with what
`llvm-cov export -format=lcov` says of the same programs.
"""
import collections
import json
import os
import re
import shlex
import subprocess

from helpers import stop

REGION = re.compile(r"  (Gap,)?File 0, (\d+):(\d+) -> (\d+):(\d+) = (.+?)(?: \(HasCodeBefore = [01]\))?$")

Region = collections.namedtuple("Region", "begin end terms gap")


def terms_of(text):
    """{counter: times} of an expression: "((#0 + #1) - #2)"; "0" has none."""
    terms = collections.Counter()
    signs, sign = [1], 1
    for token in re.findall(r"#\d+|[-+()]|\d+", text):
        if token == "(":
            signs.append(signs[-1] * sign)
            sign = 1
        elif token == ")":
            signs.pop()
            sign = 1
        elif token in "+-":
            sign = 1 if token == "+" else -1
        elif token.startswith("#"):
            terms[int(token[1:])] += signs[-1] * sign
    return terms


class Source:
    """A file of src/: its functions with their regions."""

    def __init__(self, root, commands, name):
        self.name = name
        with open(f"{root}/{name}", encoding="utf-8") as file:
            self.lines = ["", *file.read().split("\n")]
        self.functions = {}
        for line in self.mapping(root, commands):
            if not line.startswith(" ") and line.endswith(":"):
                regions = self.functions.setdefault(re.split("[:;]", line[:-1])[-1], [])
            elif match := REGION.match(line):
                gap, *place, terms = match.groups()
                begin_line, begin, end_line, end = map(int, place)
                if (begin_line, begin) == (end_line, end):
                    continue  # behind a return, say; there is nothing in it
                regions.append(Region((begin_line, begin), (end_line, end), terms_of(terms), bool(gap)))
        # An inline function of a header has lines of that.
        self.functions = {function: regions for function, regions in self.functions.items()
                          if regions and self.has(function, min(region.begin for region in regions)[0])}

    def mapping(self, root, commands):
        for entry in commands:
            if os.path.realpath(os.path.join(entry["directory"], entry["file"])) == os.path.realpath(f"{root}/{self.name}"):
                words = shlex.split(entry["command"])
                words[words.index("-o") + 1] = "/dev/null"
                words[-1:] = [words[-1], "-Xclang", "-dump-coverage-mapping"]
                done = subprocess.run(words, cwd=entry["directory"], capture_output=True, text=True, check=False)
                if done.returncode:
                    stop(f"{self.name} cannot be compiled again:\n{done.stderr}")
                return done.stdout.splitlines()
        stop(f"{self.name} is no file of this build")
        return []

    def has(self, function, line):
        return any(re.search(rf"\b{function}\(", text) for text in self.lines[max(1, line - 8):line + 1])

    def regions_on(self, regions, line):
        """Those that begin on the line, and the innermost around its beginning, be it a gap between two."""
        on = [region for region in regions if region.begin[0] == line and not region.gap]
        around = [region for region in regions if region.begin < (line, 1) < region.end]
        return on + sorted(around, key=lambda region: (region.begin, [-x for x in region.end]))[-1:]

    def times(self, regions, line, counts):
        """How often a line ran; None when it has no code."""
        text = self.lines[line].strip() if line < len(self.lines) else ""
        if not text or text.startswith(("/*", "*", "//")) or text in "{}":
            return None
        here = self.regions_on(regions, line)
        return max((sum(counts.get(counter, 0) * times for counter, times in region.terms.items()) for region in here),
                   default=None)


class Target:
    """The inputs of a target, and what counters they moved."""

    def __init__(self, work, name):
        self.work, self.name = work, name
        self.first = {}  # by the file of a static function (none of others) and its name: where its counters begin
        with open(f"{work}/{name}.counters", encoding="utf-8") as file:
            lines = file.read().split("\n")
        for number, line in enumerate(lines):
            if line == "# Counter Values:":
                *file_of, function = re.split("[:;]", lines[number - 5])
                place = (os.path.basename(file_of[-1]) if file_of else None, function)
                size = int(lines[number - 1])
                self.first.setdefault(place, []).append((int(lines[number + 1]) - 1, size))

    def inputs(self):
        with open(f"{self.work}/{self.name}.log", encoding="utf-8", errors="replace") as file:
            return [line.removeprefix("Running: ").rstrip("\n") for line in file if line.startswith("Running: ")]

    def moved(self, start):
        """Of each line that starts so: what follows it, and its counters."""
        with open(f"{self.work}/{self.name}.reaches", encoding="utf-8") as file:
            for line in file:
                if line.startswith(start):
                    words = line.split()
                    yield [word for word in words if ":" not in word], dict(
                        tuple(map(int, word.split(":"))) for word in words if ":" in word)

    def of_function(self, name, function, counts):
        """The counters of a function of this file, by their numbers in it."""
        sums = collections.Counter()
        for first, size in self.first.get((os.path.basename(name), function), self.first.get((None, function), [])):
            for number in range(size):
                if first + number in counts:
                    sums[number] += counts[first + number]
        return sums


def targets_of(work):
    return [Target(work, name.removesuffix(".reaches")) for name in sorted(os.listdir(work)) if name.endswith(".reaches")]


def source_of(root, target, path):
    """corpus/TARGET/a.txt, or grown/, of TARGET/a in the working directory of the replay."""
    place, _, name = path.partition("/")
    base = "crashes" if place == "crashes" else f"corpus/{target}"
    for tried in (f"{base}/{name}.txt", f"{base}/{name.replace('-', '/', 1)}.txt", f"{base}/{name.replace('-', '/', 1)}"):
        if os.path.exists(f"{root}/{tried}"):
            return tried
    crash = re.sub(r"-program$", "/program.txt", name)
    return f"crashes/{crash}" if os.path.exists(f"{root}/crashes/{crash}") else path


def reaches(root, commands, work, place):
    match = re.fullmatch(r"(.+):(\d+)", place)
    if not match:
        stop(f"--reaches wants FILE:LINE, not '{place}'")
    name, line = os.path.normpath(match[1]), int(match[2])
    if not os.path.isfile(f"{root}/{name}"):
        stop(f"there is no file {name}")
    source = Source(root, commands, name)
    if not 0 < line < len(source.lines):
        stop(f"{name} has no line {line}; its last is {len(source.lines) - 1}")
    function = next((function for function, regions in source.functions.items()
                     if regions[0].begin[0] <= line <= regions[0].end[0]), None)
    if function is None or source.times(source.functions[function], line, {}) is None:
        stop(f"{name}:{line} has no code: {source.lines[line].strip()}")
    print(f"{name}:{line}: {source.lines[line].strip()}")
    found = collections.Counter()
    for target in targets_of(work):
        for path, (_, counts) in zip(target.inputs(), target.moved("input")):
            times = source.times(source.functions[function], line, target.of_function(name, function, counts))
            if times:
                found[source_of(root, target.name, path)] += times
    for path, times in sorted(found.items(), key=lambda one: (-one[1], one[0])):
        print(f"{times:12} {path}")
    print(f"{len(found)} programs run it" if found else "no program runs it")
    return 0 if found else 1


def clause(root, commands, work, wanted):
    totals = [(target, counts) for target in targets_of(work) for words, counts in target.moved("clause ")
              if words[1] == wanted]
    if not totals:
        stop(f"no program of the corpus puts a clause {wanted} to the test; `pinfuzz clauses` lists them")
    count = 0
    for name, line, code, times in each_line(root, commands, totals):
        if times:
            print(f"{times:12} {name}:{line}: {code}")
            count += 1
    print(f"{count} lines of src/ run while {wanted} is put to the test")
    return 0


def each_line(root, commands, totals):
    """(file, line, code, times) of each line of src/ with code: how often it ran in all of `totals`."""
    files = {os.path.relpath(os.path.realpath(os.path.join(entry["directory"], entry["file"])), root)
             for entry in commands}
    for name in sorted(name for name in files if name.startswith("src/")):
        source = Source(root, commands, name)
        for function, regions in source.functions.items():
            counts = [target.of_function(name, function, counts) for target, counts in totals]
            for line in range(regions[0].begin[0], regions[0].end[0] + 1):
                times = [source.times(regions, line, one) for one in counts]
                if times and times[0] is not None:
                    yield name, line, source.lines[line].strip(), sum(times)


def check(root, commands, work, lcov):
    """Which lines run, against the report's."""
    reported, name = {}, None
    with open(lcov, encoding="utf-8") as file:
        for record in file:
            kind, _, rest = record.strip().partition(":")
            if kind == "SF":
                name = os.path.relpath(rest, root)
            elif kind == "DA":
                line, times = map(int, rest.split(",")[:2])
                reported[name, line] = times > 0
    totals = []
    for target in targets_of(work):
        sums = collections.Counter()
        for _, counts in target.moved("input"):
            sums.update(counts)
        totals.append((target, sums))
    compared = differ = 0
    for name, line, code, times in each_line(root, commands, totals):
        if (name, line) in reported:
            compared += 1
            if reported[name, line] != (times > 0):
                differ += 1
                print(f"{name}:{line}: the report says that it {'runs' if reported[name, line] else 'never runs'}, "
                      f"--reaches that it runs {times} times: {code}")
    if compared < 1000 or len(set(reported.values())) < 2:
        stop(f"only {compared} lines of src/ could be compared, or all of them run")
    if not differ:
        print(f"{compared} lines of src/: --reaches says of each what the report says")
    return 1 if differ else 0


QUESTIONS = {"--reaches": reaches, "--clause": clause, "--check": check}


def answer(root, commands, work, question, what):
    """Prints the answer to "--reaches", "FILE:LINE", or "--clause", CLAUSE, or "--check", LCOV. Exit status: 0, 1 when
    no program runs the line or they differ, 2 when there is no such file, line or clause."""
    with open(commands, encoding="utf-8") as file:
        commands = json.load(file)
    return QUESTIONS[question](root, commands, work, what)
