#!/usr/bin/env bash
# Each engine is told of the same states of the same executions, in the way that it reads; and once, not twice.
# Usage: tests/counters/counters.sh SEEDS NOBODY ENGINE...
#   SEEDS   a directory of inputs in bytes
#   NOBODY  engine.c as an engine that is told nothing: shows that it would be noticed
#   ENGINE  engine.c as each of the others
set -euo pipefail

seeds=$1
nobody=$2
shift 2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    echo "counters: $1" >&2
    exit 1
}

# differ_in ENGINE: which inputs it was told something else of than the first.
differ_in() { "$1" "${inputs[@]}" | diff "$scratch/first" - | sed -n 's/^[<>] \([0-9]*\).*/\1/p' | sort -nu; }

mapfile -t inputs < <(find "$seeds" -type f | sort)
((${#inputs[@]})) || fail "no inputs"
"$1" "${inputs[@]}" >"$scratch/first"
[[ $(differ_in "$nobody" | wc -l) == "${#inputs[@]}" ]] || fail "states that nobody was told of"
for engine in "${@:2}"; do
    differ=$(differ_in "$engine")
    [[ ! $differ ]] || fail "${engine##*/} is told otherwise than ${1##*/} of ${inputs[${differ%%$'\n'*} - 1]}"
done
features=$(tr ' ' '\n' <"$scratch/first" | grep -F = | sort -u | wc -l)
echo "counters: $# engines, ${#inputs[@]} inputs, each the same $features features"
