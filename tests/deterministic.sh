#!/usr/bin/env bash
# The same bytes have the same coverage, process after process, and one seed leads to one campaign. That they
# have it within one process says tests/twice.
# Usage: tests/deterministic.sh TARGET SEEDS     (TARGET is built with libFuzzer, SEEDS holds bytes)
set -euo pipefail

target=${1:?usage: tests/deterministic.sh TARGET SEEDS}
seeds=${2:?usage: tests/deterministic.sh TARGET SEEDS}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# What libFuzzer has seen of each input, and where a short campaign with a fixed seed ends. Nothing is read
# again from the directory (-reload=0): that goes by the clock.
look() {
    mkdir "$scratch/$1" "$scratch/$1/merged" "$scratch/$1/new"
    "$target" -merge=1 -merge_control_file="$scratch/$1/control" "$scratch/$1/merged" "$seeds" \
        >"$scratch/$1/log" 2>&1
    grep -E '^(FT|COV) ' "$scratch/$1/control" >"$scratch/$1/seen"
    "$target" -seed=1337 -runs=2000 -reload=0 -max_len=4096 "$scratch/$1/new" "$seeds" >"$scratch/$1/log" 2>&1
    sed -nE 's/^#2000\s+DONE +(cov: [0-9]+ ft: [0-9]+ corp: [^ ]+).*/\1/p' "$scratch/$1/log" |
        grep . >>"$scratch/$1/seen"
}

look first
look second
diff -u "$scratch/first/seen" "$scratch/second/seen" | cut -c1-200 ||
    { echo "deterministic: two runs of $target over the same bytes differ" >&2; exit 1; }
