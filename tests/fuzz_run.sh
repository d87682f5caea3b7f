#!/usr/bin/env bash
# fuzz/run from a newcomer's side: break a line of the implementation, and be told which clause broke,
# with a file that shows it again. And its exit statuses. Usage: tests/fuzz_run.sh [SCRATCH-DIRECTORY]
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
if (($#)); then
    scratch=$1
else
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
fi
rm -rf "$scratch/src" "$scratch/corpus" "$scratch/build/findings"
mkdir -p "$scratch"
scratch=$(cd "$scratch" && pwd)
log=$scratch/fuzz-run.log
passed=0

fail() {
    cat "$log" >&2
    printf 'fuzz_run: %s\n' "$*" >&2
    printf '%d passed, 1 failed\n' "$passed"
    exit 1
}

# expect STATUS COMMAND...: runs it, output to the log.
expect() {
    local wanted=$1 status=0
    shift
    "$@" >"$log" 2>&1 </dev/null || status=$?
    ((status == wanted)) || fail "exit status $status instead of $wanted: $*"
    passed=$((passed + 1))
}

# says PATTERN: the log has a line that matches.
says() {
    grep -qE -- "$1" "$log" || fail "the output has no line like: $1"
    passed=$((passed + 1))
}

# never_says PATTERN: it has none.
never_says() {
    ! grep -qE -- "$1" "$log" || fail "the output has a line like: $1"
    passed=$((passed + 1))
}

fuzz() {
    "$root/fuzz/run" --build "$scratch/build" --corpus "$scratch/corpus" -DPINFUZZ_SUT="$scratch/src" "$@"
}

expect 2 fuzz --seconds
expect 2 fuzz --seconds 0
expect 2 fuzz --target no_such_fuzzer
says 'pin_args_fuzzer'
expect 2 fuzz --no-such-option
expect 0 fuzz --help
says 'EXIT STATUS'
expect 2 fuzz --jobs "$(($(nproc) * 4 + 1))"
says 'four a processor'

# What cannot be made is no finding.
for place in /proc/none "$root/README.md"; do
    expect 2 fuzz --corpus "$place"
    says "cannot make the directory $place"
    expect 2 "$root/fuzz/run" --build "$place"
    says "cannot make the directory $place"
done

# An implementation that rounds odd sizes down instead of refusing them.
mkdir -p "$scratch/src"
cp -R "$root/src/nt" "$root/src/dxgk" "$root/src/sut" "$scratch/src/"
sed -i 's/bytes % NT_PAGE_SIZE == 0/pages != 0/' "$scratch/src/dxgk/pin.c"
! cmp -s "$root/src/dxgk/pin.c" "$scratch/src/dxgk/pin.c" ||
    fail "src/dxgk/pin.c no longer has the line that this test breaks"

expect 1 fuzz --seconds 20 --jobs 1 --target pin_args_fuzzer
says '^FINDING in pin_args_fuzzer: PIN-ALIGN'
says '^clauses reached: '
file=$(sed -n 's/^  file   //p' "$log")
text=$(sed -n 's/^  text   //p' "$log")
for shown in "$file" "$text"; do
    expect 1 "$scratch/build/pinfuzz" run "$shown"
    says 'violated PIN-ALIGN'
done

# Seeds that break are no end of a campaign that is to go on, and are back for the next one.
expect 1 fuzz --keep-going --seconds 20 --jobs 1 --target pin_args_fuzzer
says '^pin_args_fuzzer +[0-9]{4,} '
says '^FINDING in pin_args_fuzzer: PIN-ALIGN'
aside() { find "$scratch/corpus/.aside" -type f; }
[[ -n $(aside) ]] || fail 'no seed was set aside'

# And one that does not build.
echo 'not C' >>"$scratch/src/dxgk/pin.c"
expect 2 fuzz --seconds 1
says 'pin\.c:.*error'

# None at all, or nothing to build one from. A relative path begins where the caller is.
in_scratch() { (cd "$scratch" && fuzz "$@"); }
mkdir -p "$scratch/empty"
expect 2 in_scratch -DPINFUZZ_SUT=nowhere
says "there is no $scratch/nowhere"
expect 2 in_scratch -DPINFUZZ_SUT=empty
says "no C source in $scratch/empty"
expect 2 fuzz -DPINFUZZ_SUT=
says 'PINFUZZ_SUT is empty'

# Interrupted: the targets end with it, and what they did is told. The unbroken core this time.
sed -i '$d' "$scratch/src/dxgk/pin.c"
cp "$root/src/dxgk/pin.c" "$scratch/src/dxgk/pin.c"
interrupted() {
    local runner
    # Not through fuzz(): a signal is for the script itself, not for a shell around it.
    "$root/fuzz/run" --build "$scratch/build" --corpus "$scratch/corpus" -DPINFUZZ_SUT="$scratch/src" \
        --seconds 600 --jobs 2 &
    runner=$!
    # Until a target has begun; a slow machine builds for minutes.
    for ((i = 0; i < 1200; i++)); do
        ! grep -q 'targets, .* at once' "$log" || break
        sleep 0.5
    done
    sleep 4
    kill -TERM "$runner"
    wait "$runner"
}
expect 130 interrupted
says '^clauses reached: '
says '^pin_args_fuzzer +[1-9][0-9]*'
for process in /proc/[0-9]*; do
    [[ $(readlink "$process/exe") != "$scratch"/build/*_fuzzer ]] || fail 'a target outlives fuzz/run'
done
passed=$((passed + 1))

# Both engines at once, the unbroken core still: inputs go both ways.
expect 2 fuzz --engine no_such_engine
expect 0 in_scratch --engine both --seconds 40 --jobs 2 --target pin_args_fuzzer -DPINFUZZ_SUT=src
says "the implementation is $scratch/src"
never_says ' afl .* 0 execs '
[[ -z $(aside) ]] || fail 'seeds stay aside'
says '^pin_args_fuzzer libfuzzer +[1-9][0-9]*'
says '^pin_args_fuzzer afl +[1-9][0-9]*'
says '^pin_args_fuzzer: [1-9][0-9]* inputs from libFuzzer to AFL.*; [1-9][0-9]* from AFL.. to libFuzzer'

# What was under test in one run is not in the next: without a word it is src/ again.
# shellcheck source-path=SCRIPTDIR source=../fuzz/engine/tools.sh
source "$root/fuzz/engine/tools.sh"
expect 0 tools_configure "$scratch/build"
expect 0 grep -x PINFUZZ_SUT:STRING=builtin "$scratch/build/CMakeCache.txt"

printf '%d passed, 0 failed\n' "$passed"
