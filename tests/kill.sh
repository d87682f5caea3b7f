#!/usr/bin/env bash
# Kills a campaign at moments drawn from a seed, with kill -9: of everything, or of fuzz/run alone, whose
# processes must then die with it. The subject has bugs planted, so that there is always something to lose.
#
# After each kill: nothing of the campaign lives on; each finding that was ever printed is on disk, and
# breaks again what it was said to break; each input that the corpus and AFL++'s queues held before the
# round is still in one of them. A last run, undisturbed, leaves no finding without its text and its log.
#
# Usage: tests/kill.sh [--rounds N] [--longest S] [--seed N] [--engine libfuzzer|afl|both] [--objects DIR]
#                      [SCRATCH-DIRECTORY]
#   --longest S    seconds into a campaign; a start takes one or two
#   --objects DIR  a build of this project whose objects are used where they are the same
# Default: 20 rounds of up to 12 s, of both engines. Exit status: 0 nothing lost, 1 something was, 2 environment.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../fuzz/engine/tools.sh
source "$(dirname "${BASH_SOURCE[0]}")/../fuzz/engine/tools.sh"

rounds=20
longest=12
seed=1
engine=both
objects=
scratch=
while (($#)); do
    case $1 in
    --rounds | --longest | --seed | --engine | --objects)
        (($# > 1)) || tools_fail "$1 wants a value"
        declare "${1#--}=$2"
        shift
        ;;
    -*) tools_fail "usage: tests/kill.sh [--rounds N] [--longest S] [--seed N] [--engine NAME] [--objects DIR] [SCRATCH-DIRECTORY]" ;;
    *) scratch=$1 ;;
    esac
    shift
done
[[ $rounds =~ ^[1-9][0-9]{0,3}$ ]] || tools_fail "--rounds wants a number from 1"
[[ $longest =~ ^[1-9][0-9]{0,2}$ ]] || tools_fail "--longest wants a number from 1"
[[ $seed =~ ^[0-9]{1,5}$ ]] || tools_fail "--seed wants a number"
RANDOM=$seed

remove=
if [[ -z $scratch ]]; then
    scratch=$(mktemp -d)
    remove=$scratch
fi
mkdir -p "$scratch"
scratch=$(cd "$scratch" && pwd)
tree=$scratch/tree
seeds=$scratch/seeds
build=$scratch/build
corpus=$scratch/corpus
target=pin_unpin_fuzzer
# Bugs of which byte and operation mutation each find some within seconds.
planted=(map-range-sum-wraps pin-twice-forms-counted-apart link-order-lead-stops-last)

passed=0
fail() {
    [[ ! -e $scratch/log ]] || tail -n 40 "$scratch/log" >&2
    printf 'kill: round %s: %s\n' "${round-0}" "$*" >&2
    printf '%d passed, 1 failed\n' "$passed"
    exit 1
}

# ---- the campaign: a core with bugs, and the seeds that do not meet them ----

rm -rf "$tree" "$corpus" "$seeds" "$build/findings" "$build/logs" "$build/afl-out"
mkdir -p "$tree" "$corpus" "$seeds/$target"
cp -R "$tools_root/src" "$tree/"
for bug in "${planted[@]}"; do
    patch -d "$tree" -p1 --fuzz=0 --force --no-backup-if-mismatch \
        <"$tools_root/tests/planted/$bug/bug.patch" >"$scratch/log" 2>&1 || fail "$bug does not apply"
done
for place in "$build" "$build/afl"; do
    tools_take_objects "$objects" "$place"
done
tools_as_in "$objects"

campaign=("$tools_root/fuzz/run" --engine "$engine" --keep-going --target "$target" --jobs 2 --build "$build"
    --corpus "$corpus" --seeds "$seeds" -DPINFUZZ_SUT="$tree/src" -DBUILD_TESTING=OFF
    -DPINFUZZ_SUT_FLAGS=-O0 "${as_in[@]}")
"${campaign[@]}" --seconds 1 >"$scratch/log" 2>&1 </dev/null || (($? == 1)) || fail "the campaign does not run"
rm -rf "$corpus" "$build/findings" "$build/logs" "$build/afl-out"
kept=0
for file in "$tools_root/corpus/$target"/*; do
    if [[ -f $file ]] && "$build/pinfuzz" run "$file" >/dev/null 2>&1; then
        cp "$file" "$seeds/$target/"
        kept=$((kept + 1))
    fi
done
((kept)) || fail "every seed meets a planted bug"
((kept < $(find "$tools_root/corpus/$target" -type f | wc -l))) || fail "no seed meets a planted bug"

# ---- killing ----

# family PID: it and all that descend from it.
family() {
    local child
    echo "$1"
    for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
        family "$child"
    done
}
trap 'kill -KILL $(family "${campaign_pid:-$BASHPID}" | grep -vx "$BASHPID") 2>/dev/null || true
    [[ -z $remove ]] || rm -rf "$remove"' EXIT

# Whatever runs a program of the build, or is afl-fuzz at work in it.
living() {
    local process
    for process in /proc/[0-9]*; do
        if [[ $(readlink "$process/exe" 2>/dev/null) == "$build"/* ]] ||
            { [[ $(readlink "$process/exe" 2>/dev/null) == */afl-fuzz ]] &&
                grep -qF "$build/" "$process/cmdline" 2>/dev/null; }; then
            echo "${process#/proc/}"
        fi
    done
}

# Contents of corpus and queues, by SHA-1. What an engine was killed while writing is no input yet: it is
# empty, or not what its name says.
held() {
    {
        find "$corpus/$target" "$corpus/.aside/$target" -maxdepth 1 -type f -size +0 ! -name '.*' -print0 || true
        find "$build/afl-out/$target" -type f -size +0 -path "*/$target/*/id:*" ! -path "*/$target/*/crashes*" \
            ! -path "*/$target/*/hangs*" -print0 || true
    } 2>/dev/null | { xargs -0 -r sha1sum 2>/dev/null || true; } |
        sed -E '/^[0-9a-f]{40} .*\/[0-9a-f]{40}$/{/^([0-9a-f]{40}) .*\/\1$/!d}' | cut -c 1-40 | sort -u
}

# check_findings: each printed one replays, as what it was printed.
check_findings() {
    local clause file verdict
    while read -r clause file; do
        [[ -e $file ]] || fail "$file was printed and is not there"
        [[ ${file##*-} == "$(sha1sum <"$file" | cut -c 1-40)" ]] || fail "$file is not whole"
        verdict=$("$build/pinfuzz" run "$file" 2>/dev/null) || true
        [[ $verdict == *"violated $clause" ]] || fail "$file was printed as $clause and is: $verdict"
        passed=$((passed + 1))
    done < <(sort -u "$scratch/printed")
}

: >"$scratch/printed"
: >"$scratch/held"
for ((round = 1; round <= rounds; round++)); do
    held >"$scratch/held"
    "${campaign[@]}" --seconds 600 >"$scratch/log" 2>&1 </dev/null &
    campaign_pid=$!
    # Three kills in four hit the campaign, the others also what comes before it.
    if ((RANDOM % 4)); then
        for ((i = 0; i < 1200; i++)); do
            ! grep -q 'targets, .* at once' "$scratch/log" || break
            sleep 0.1
        done
    fi
    sleep "$((RANDOM % longest)).$((RANDOM % 10))"
    how='everything'
    if ((RANDOM % 2)); then
        mapfile -t victims < <(family "$campaign_pid")
        kill -KILL "${victims[@]}" 2>/dev/null || true
    else
        how='fuzz/run'
        kill -KILL "$campaign_pid"
    fi
    { wait "$campaign_pid" || true; } 2>/dev/null
    for ((i = 0; i < 100; i++)); do
        [[ -n $(living) ]] || break
        sleep 0.1
    done
    [[ -z $(living) ]] || fail "alive after the kill of $how: $(living | paste -sd ' ')"
    sed -nE 's/^found in [a-z_]*: ([A-Z0-9-]+) .*\((.*)\)$/\1 \2/p' "$scratch/log" >>"$scratch/printed"
    check_findings
    held >"$scratch/held.now"
    lost=$(comm -23 "$scratch/held" "$scratch/held.now")
    [[ -z $lost ]] || fail "$(wc -l <<<"$lost") inputs are lost, the first is $(head -n 1 <<<"$lost")"
    passed=$((passed + 1))
    printf 'round %d: killed %s; %d findings printed so far, %d inputs held\n' "$round" "$how" \
        "$(sort -u "$scratch/printed" | wc -l)" "$(wc -l <"$scratch/held.now")"
done
round=last
[[ -s $scratch/printed ]] || fail "no finding in all rounds: nothing was tried"

"${campaign[@]}" --seconds 4 >"$scratch/log" 2>&1 </dev/null || (($? == 1)) || fail "the last run ended with another status"
for file in "$build/findings/$target"/*; do
    [[ $file != *.txt && $file != *.part ]] || continue
    [[ -s $build/logs/$target.${file##*/}.log ]] || fail "$file has no log"
    [[ ! -s $file || -s $file.txt ]] || fail "$file has no text"
done
sed -nE 's/^found in [a-z_]*: ([A-Z0-9-]+) .*\((.*)\)$/\1 \2/p' "$scratch/log" >>"$scratch/printed"
check_findings
printf '%d findings on disk, %d causes printed in all\n' \
    "$(find "$build/findings/$target" -type f ! -name '*.txt' | wc -l)" \
    "$(cut -d ' ' -f 1 "$scratch/printed" | sort -u | wc -l)"
printf '%d passed, 0 failed\n' "$passed"
