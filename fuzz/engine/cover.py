"""Chooses programs that cover what a fuzzing campaign has covered, in as little text as possible.

CONTROL is the control file of `TARGET -merge=1 -set_cover_merge=1`: it lists, for each input, all the
features that libFuzzer saw of it. A feature is eight times a counter's number plus how often it counted
(eight classes). Counters up to EDGES are the edges of the program; then come those of harness/judge/state_coverage.h, of
which the first CLAUSES are clauses kept, refused, or kept under a fault. A record of the byte form has RECORD
bytes (`pinfuzz info record`).

Inputs in a directory called `seeds` are covered anyway, and never chosen. First come inputs for each edge
and clause that the seeds lack, whatever that takes; then those with the most new features for their text,
up to SIZE bytes of estimated text in all. That an edge was passed 128 times or more is no such feature: it
tells of pins and views of that many pages, which take milliseconds, and so does all that is made of them.
Inputs in a directory called PREFERRED pass for three quarters of their size, so that a corpus made anew
differs from the one before only where that pays.
"""
import heapq
import os

# Of a program's text, by least squares over 150 programs: each record takes 43 bytes, and 4.7 for each of
# its bytes that is not zero.
RECORD_TEXT = 43
BYTE_TEXT = 4.7


def text_size(path, record):
    with open(path, "rb") as file:
        data = file.read()
    return RECORD_TEXT * (len(data) / record) + BYTE_TEXT * (len(data) - data.count(0)) + 1


def read_control(path):
    """The inputs' paths, and for each its set of features: none when it never got to its end."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    count = int(lines[0])
    paths = lines[2 : 2 + count]
    features = [frozenset()] * count
    for line in lines[2 + count :]:
        words = line.split()
        if words and words[0] == "FT":
            features[int(words[1])] = frozenset(map(int, words[2:]))
    return paths, features


def choose(candidates, wanted, covered, room):
    """Adds the candidate with the most of `wanted` still missing for its cost, until none adds anything
    or none of the rest fits. Candidates are (path, features, cost, size)."""
    heap = []
    for number, (_, features, cost, _) in enumerate(candidates):
        gain = len(wanted(features) - covered)
        if gain:
            heap.append((-gain / cost, number))
    heapq.heapify(heap)
    chosen = []
    while heap:
        _, number = heapq.heappop(heap)
        path, features, cost, size = candidates[number]
        gain = len(wanted(features) - covered)
        if not gain or size > room:
            continue
        # A gain only falls as others are chosen: the best that is still what it was is the best.
        if heap and -gain / cost > heap[0][0]:
            heapq.heappush(heap, (-gain / cost, number))
            continue
        chosen.append(candidates[number])
        covered |= wanted(features)
        room -= size
    return chosen


def cover(control, record, edges, clauses, size, preferred):
    """The path of each chosen input, the best first. Prints what all inputs, the seeds, and seeds and chosen ones
    together cover: `inputs N edges N clauses N features N`."""

    def musts(features):
        return {feature // 8 for feature in features if feature < 8 * (edges + clauses)}

    def worth(features):
        return {feature for feature in features if feature % 8 < 7 or feature >= 8 * edges}

    def report(name, inputs, features):
        must = musts(features)
        covered = sum(counter < edges for counter in must)
        print(f"{name:8} inputs {inputs:6} edges {covered:5} clauses {len(must) - covered:4} "
              f"features {len(features):6}")

    paths, features = read_control(control)
    seeds, candidates, everything = [], [], set()
    for path, seen in sorted(zip(paths, features)):
        everything |= seen
        place = os.path.basename(os.path.dirname(path))
        if place == "seeds":
            seeds.append(seen)
        elif seen:
            length = text_size(path, record)
            candidates.append((path, seen, length * (0.75 if place == preferred else 1), length))
    by_seeds = frozenset().union(*seeds)

    first = choose(candidates, musts, musts(by_seeds), float("inf"))
    covered = set(by_seeds).union(*(seen for _, seen, _, _ in first))
    room = size - sum(length for _, _, _, length in first)
    chosen = first + choose(candidates, worth, worth(covered), room)

    # What was chosen early may have become superfluous.
    kept = list(chosen)
    for entry in chosen:
        others = set(by_seeds).union(*(seen for _, seen, _, _ in kept if seen is not entry[1]))
        if worth(entry[1]) <= worth(others) and musts(entry[1]) <= musts(others):
            kept = [other for other in kept if other is not entry]

    report("all", len(paths), everything)
    report("seeds", len(seeds), by_seeds)
    report("chosen", len(kept), by_seeds.union(*(seen for _, seen, _, _ in kept)))
    return [path for path, _, _, _ in kept]
