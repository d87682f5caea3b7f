#!/usr/bin/env bash
# What tests of whole campaigns have in common: they source this with their own arguments, and have fuzz(), which fuzzes
# a copy of the implementation below $scratch, and ways to ask what came of it.
#   [--objects DIR] [SCRATCH-DIRECTORY]
#   --objects DIR  a build of this project whose objects are used where they are the same

# shellcheck disable=SC2034 # variables for who sources this
# shellcheck source-path=SCRIPTDIR source=../fuzz/engine/tools.sh
source "$(dirname "${BASH_SOURCE[0]}")/../fuzz/engine/tools.sh"
root=$tools_root
objects=
if [[ ${1-} == --objects ]]; then
    objects=${2?--objects wants a directory}
    shift 2
fi
if (($#)); then
    scratch=$1
else
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
fi
rm -rf "$scratch/src" "$scratch/corpus" "$scratch/build/findings"
mkdir -p "$scratch"
scratch=$(cd "$scratch" && pwd)
# Whether the first build here is to find its harness compiled.
taken=0
[[ ! -e ${objects:+$objects/.ninja_log} || -e $scratch/build/CMakeCache.txt ]] || taken=1
for place in "$scratch/build" "$scratch/build/afl"; do
    tools_take_objects "$objects" "$place"
done
tools_as_in "$objects"
log=$scratch/fuzz-run.log
passed=0

fail() {
    cat "$log" >&2
    printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2
    printf '%d passed, 1 failed\n' "$passed"
    exit 1
}

# shellcheck source-path=SCRIPTDIR source=expect.sh
source "$(dirname "${BASH_SOURCE[0]}")/expect.sh"

# Without this project's tests, and the implementation without optimization: what is not there need not be made.
campaign=("$root/fuzz/run" --build "$scratch/build" --corpus "$scratch/corpus" -DPINFUZZ_SUT="$scratch/src"
    -DBUILD_TESTING=OFF -DPINFUZZ_SUT_FLAGS=-O0 "${as_in[@]}")
fuzz() {
    "${campaign[@]}" "$@"
}

# ended_when PATTERN FILE ARG...: fuzz/run with these arguments, interrupted when FILE, below logs/, has a line
# that matches. Ten minutes are for a machine that builds for most of them.
ended_when() {
    local pattern=$1 file=$scratch/build/logs/$2 runner
    shift 2
    rm -f "$file"
    # Not through fuzz(): a signal is for the script itself, not for a shell around it.
    "${campaign[@]}" --seconds 600 "$@" &
    runner=$!
    while ! grep -qE "$pattern" "$file" 2>/dev/null && kill -0 "$runner" 2>/dev/null; do
        sleep 0.1
    done
    kill -TERM "$runner" 2>/dev/null || true
    wait "$runner"
}

# has FILE PATTERN: that file of the campaign has a line that matches.
has() {
    grep -qE -- "$2" "$scratch/build/campaign/$1" || fail "campaign/$1 has no line like: $2"
    passed=$((passed + 1))
}
tab=$'\t'

# in_scratch COMMAND...: a relative path begins where the caller is.
in_scratch() { (cd "$scratch" && "$@"); }

# aside: seeds that are set aside, for they break something.
aside() { find "$scratch/corpus/.aside" -type f; }

# What is fuzzed.
mkdir -p "$scratch/src"
cp -R "$root/src/nt" "$root/src/dxgk" "$root/src/sut" "$scratch/src/"
