"""Sums up what of src/ was reached, and of harness/, where LCOV (`llvm-cov export -format=lcov`) has it; compares what
of src/ was not with docs/coverage.md.

In docs/coverage.md `file` and `code` in a bullet name lines of that file with this code, `name()` a whole function.
Behind `sometimes:` it is up to the machine whether they are reached: a branch of theirs that is not is not held
against the corpus. An assert() is no branch of the program. Both are counted apart.
"""
import collections
import re

LIST = "docs/coverage.md"


def percent(part, whole):
    return 100 * part / whole if whole else 100


class Ratio:
    def __init__(self):
        self.hit = 0
        self.all = 0

    def add(self, hit):
        self.all += 1
        self.hit += hit

    def __add__(self, other):
        total = Ratio()
        total.hit, total.all = self.hit + other.hit, self.all + other.all
        return total

    def percent(self):
        return percent(self.hit, self.all)


class Listed:
    """The bullets of docs/coverage.md."""

    def __init__(self, path):
        self.lines = {}  # by file and code: the bullet's number
        self.sometimes = set()
        self.used = set()
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                parts = line.split("`")
                if line.startswith("- ") and len(parts) >= 5:
                    self.lines[parts[1], parts[3]] = number
                    if line.startswith("- sometimes: "):
                        self.sometimes.add((parts[1], parts[3]))
        self.used |= self.sometimes

    def has(self, *keys):
        """Whether one of them is listed; the first that is counts as used."""
        for key in keys:
            if key in self.lines:
                self.used.add(key)
                return True
        return False

    def stale(self):
        return [(self.lines[key], *key) for key in self.lines if key not in self.used]


class Source:
    """A file of which the coverage is read."""

    def __init__(self, root, name):
        self.name = name
        with open(f"{root}/{name}", encoding="utf-8") as file:
            self.lines = ["", *(line.strip() for line in file)]
        self.functions = []  # first line, name; in no order
        self.missed = set()
        self.assert_run = 0

    def function(self, at):
        """The one that a line is in, as the list names it."""
        begun = [one for one in self.functions if one[0] <= at]
        return max(begun, key=lambda one: one[0])[1] + "()" if begun else ""

    def follows_assert(self, at):
        """Behind an assert() that held the program goes on, even where clang 14 counts nothing on the next line."""
        return at == self.assert_run + 1 and not re.match(r"[{}]|case |default:", self.lines[at])

    def keys(self, at):
        """By what a line may be listed."""
        return (self.name, self.lines[at]), (self.name, self.function(at))


class Coverage:
    def __init__(self, root, listed):
        self.root = root
        self.listed = listed
        self.source = None
        self.place = None
        self.lines = collections.defaultdict(Ratio)  # by place: src, harness
        self.branches = collections.defaultdict(Ratio)
        self.asserts = Ratio()
        self.machine = Ratio()  # branches that this machine does not reach
        self.unexplained = {}  # by file and line: in words

    def read(self, path):
        readers = {"SF": self.read_file, "FN": self.read_function, "DA": self.read_line, "BRDA": self.read_branch}
        with open(path, encoding="utf-8") as file:
            for record in file:
                kind, _, rest = record.strip().partition(":")
                if kind in readers:
                    readers[kind](rest)

    def read_file(self, rest):
        name = rest.removeprefix(self.root + "/")
        self.source = Source(self.root, name)
        self.place = "src" if name.startswith("src/") else "harness"

    def read_function(self, rest):
        line, name = rest.split(",", 1)
        self.source.functions.append((int(line), name.rpartition(":")[2]))

    def read_line(self, rest):
        at, times = map(int, rest.split(",")[:2])
        source = self.source
        if times and re.fullmatch(r"assert\(.*\);", source.lines[at]):
            source.assert_run = at
        reached = times > 0 or source.follows_assert(at)
        self.lines[self.place].add(reached)
        if not reached:
            source.missed.add(at)
            self.unreached(at, "never run")

    def read_branch(self, rest):
        at, _, _, times = rest.split(",")
        at, taken, source = int(at), times not in ("-", "0"), self.source
        if source.lines[at].startswith("assert("):
            if self.place == "src":
                self.asserts.add(taken)
        elif not taken and self.listed.sometimes & set(source.keys(at)):
            self.machine.add(False)
        else:
            self.branches[self.place].add(taken)
            if not taken and at not in source.missed:
                self.unreached(at, "a branch never taken")

    def unreached(self, at, what):
        source = self.source
        if self.place == "src" and not self.listed.has(*source.keys(at)) and source.lines[at].strip("{}"):
            self.unexplained.setdefault((source.name, at), f"{source.name}:{at}: {what}: {source.lines[at]}")

    def show(self):
        print(f"{'':10} {'lines':>14} {'branches':>18}")
        for place in ("src", "harness"):
            lines, branches = self.lines[place], self.branches[place]
            if not lines.all:
                continue
            print(f"{place + '/':10} {lines.hit:5}/{lines.all:5} {lines.percent():5.2f}% "
                  f"{branches.hit:5}/{branches.all:5} {branches.percent():5.2f}%")
        here = self.branches["src"] + self.machine
        whole = here + self.asserts
        print(f"with {self.machine.all} that this machine does not reach: src/ {here.percent():.2f}%; and the two sides "
              f"of each assert(): {whole.hit}/{whole.all} {whole.percent():.2f}%")
        for text in self.unexplained.values():
            print(f"neither reached nor listed in {LIST}: {text}")
        for number, name, code in self.listed.stale():
            print(f"{LIST}:{number}: reached by now, or gone: {name} {code}")


def sum_up(root, lcov, floors, strict):
    """Prints all of it. Whether src/ is above its floors, percentages of lines and of branches, and with `strict`
    whether no line or branch is neither reached nor listed, and none listed and reached."""
    coverage = Coverage(root, Listed(f"{root}/{LIST}"))
    coverage.read(lcov)
    coverage.show()
    enough = True
    for what, ratio, floor in zip(("lines", "branches"), (coverage.lines["src"], coverage.branches["src"]), floors):
        if ratio.percent() < float(floor):
            print(f"below the floor: {floor}% of the {what} of src/")
            enough = False
    return enough and not (strict and (coverage.unexplained or coverage.listed.stale()))
