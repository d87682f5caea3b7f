#!/usr/bin/env bash
# Races without a bound on preemptions: those of the table in docs/races.md are explored completely, in as many runs
# as it says, and come to what all of their schedules come to. Usage: tests/schedules.sh PINFUZZ
set -euo pipefail

pinfuzz=$(realpath "${1:?usage: tests/schedules.sh PINFUZZ}")
root=$(cd "$(dirname "$0")/.." && pwd)
seeds=$root/corpus/pin_race_fuzzer
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    echo "schedules: $*" >&2
    exit 1
}

# What the schedules of a seed come to, without how many of them.
outcomes() {
    local seed=$1 end=0
    shift
    "$pinfuzz" schedules "$@" --outcomes "$seeds/$seed.txt" >"$scratch/told" 2>/dev/null || end=$?
    ((end == 0)) || { cat "$scratch/told" && fail "$seed $*: exit status $end"; }
    sed -n 's/^    [0-9]* schedules: //p' "$scratch/told" | sort
}

# ---- the table ----

rows=0
while IFS='|' read -r _ seed _ inequivalent _; do
    seed=${seed//[\` ]/} inequivalent=${inequivalent// /} rows=$((rows + 1))
    end=0
    said=$("$pinfuzz" schedules "$seeds/$seed.txt" 2>/dev/null) || end=$?
    [[ $end == 0 && $said == *": complete: "*": kept" ]] || fail "exit status $end: $said"
    [[ $said == *": complete: $inequivalent inequivalent schedules of "* ]] ||
        fail "docs/races.md says $inequivalent inequivalent schedules (tests/guarantees --races --write): $said"
done < <(sed -n '/^<!-- races: /,/^<!-- end of races/p' "$root/docs/races.md" | grep '^| `')
((rows >= 18)) || fail "docs/races.md has $rows rows in its table of races, not 18 or more"

# ---- outcomes ----

# By orders of locks, of accesses, without reduction, and with two preemptions at any access.
for seed in pin_beside_unpin pin_beside_stop unpin_beside_unpin unmap_beside_unmap two_calls_above_passive; do
    outcomes "$seed" >"$scratch/reduced"
    [[ -s $scratch/reduced ]] || fail "$seed: no outcome"
    for way in --accesses --plain '--preemptions 2'; do
        # shellcheck disable=SC2086 # words
        outcomes "$seed" $way >"$scratch/other"
        diff "$scratch/reduced" "$scratch/other" >&2 || fail "$seed: $way comes to something else"
    done
done
for seed in two_chains_map pin_unpin_stop; do
    outcomes "$seed" >"$scratch/reduced"
    outcomes "$seed" --accesses >"$scratch/other"
    diff "$scratch/reduced" "$scratch/other" >&2 || fail "$seed: --accesses comes to something else"
done
# This comparison can fail: without a preemption there is less.
outcomes two_chains_map --preemptions 0 >"$scratch/other"
! diff -q "$scratch/reduced" "$scratch/other" >/dev/null || fail "outcomes that are missing go unnoticed"

# ---- how far ----

end=0
said=$("$pinfuzz" schedules --runs 5 "$seeds/two_chains.txt" 2>/dev/null) || end=$?
[[ $end == 3 && $said == *": 5 inequivalent schedules of 2 actors (5 runs, "*"kept, and there are more" ]] ||
    fail "--runs 5: exit status $end: $said"
# DMA that is late falls among the accesses of another's step.
end=0
said=$("$pinfuzz" schedules --accesses "$seeds/gpu_reads_while_it_is_pulled_out.txt" 2>/dev/null) || end=$?
[[ $end == 3 && $said != *complete* && $said == *"kept, but a GPU's DMA comes late, "* ]] ||
    fail "--accesses beside DMA: exit status $end: $said"
# Interrupted, it says so. It ignores the signal until it has set itself up for it, so there may be a second one.
"$pinfuzz" schedules "$seeds/four_callers.txt" >"$scratch/told" 2>/dev/null &
for ((tenth = 0; tenth < 300; tenth++)); do
    sleep 0.1
    kill -0 $! 2>/dev/null || break
    ((tenth % 50 != 4)) || kill -INT $!
done
end=0
wait $! || end=$?
said=$(<"$scratch/told")
[[ $end == 3 && $said == *"kept, and there are more" ]] || fail "Ctrl-C: exit status $end: $said"

# ---- at random ----

chance() {
    "$pinfuzz" schedules --pct "$@" "$seeds/two_chains.txt" 2>/dev/null
}
[[ $(chance 2 --runs 50 --seed 7) == "$(chance 2 --runs 50 --seed 7)" ]] || fail "one seed, two chances"
# (1 - 1 / (n k^(d-1)))^runs, of the runs after the first, which measures k; or fewer, where k grew later.
said=$(chance 3 --runs 2000)
awk -v said="$said" 'BEGIN {
    match(said, /[0-9]+ steps/)
    k = substr(said, RSTART) + 0
    match(said, /at most [0-9.e-]+$/)
    told = substr(said, RSTART + 8) + 0
    least = (1 - 1 / (2 * k * k)) ^ 1999
    exit !(k > 10 && told >= least * 0.99 && told < least * 1.2)
}' || fail "another chance: $said"
