#!/usr/bin/env bash
# fuzz/run from a newcomer's side: break a line of the implementation, and be told which clause broke,
# with a file that shows it again. And its exit statuses. Usage: tests/fuzz_run.sh [--objects DIR] [SCRATCH-DIRECTORY]
#   --objects DIR  a build of this project whose objects are used where they are the same
set -euo pipefail

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

# At -Werror, for so do the tests' builds compile what is the same here.
campaign=("$root/fuzz/run" --build "$scratch/build" --corpus "$scratch/corpus" -DPINFUZZ_SUT="$scratch/src"
    -DPINFUZZ_WERROR=ON "${as_in[@]}")
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

# What broke is said in a line, without paths and signatures.
cause() {
    printf '%s\n' "$1" '==1== ERROR: libFuzzer: deadly signal' >"$log.said"
    # shellcheck disable=SC2016 # for the shell that is started
    bash -c 'source "$0" && cause_of "$1" 77' "$root/fuzz/engine/findings.sh" "$log.said"
}
names() {
    local got
    got=$(cause "$1")
    printf '%s\n' "$got" >"$log"
    [[ $got == "$2" ]] || fail "'$1' is called '$got' instead of '$2'"
    passed=$((passed + 1))
}
names "t: /a b/src/nt/view.c:12: void nt_free(struct nt_view *, void (*)(int)): Assertion \`v->pages(3) != 0' failed." \
    'failed assertion in nt_free: v->pages(3) != 0'
names "t: src/nt/view.c:12: struct nt_view *nt_view(void): Assertion \`a && \"b: c\"' failed." \
    'failed assertion in nt_view: a && "b: c"'
names "t: src/nt/view.c:12: nt_view: Assertion \`a' failed." 'failed assertion in nt_view: a'
names 'pool: some last words' 'pool: some last words'

# An implementation that rounds odd sizes down instead of refusing them.
mkdir -p "$scratch/src"
cp -R "$root/src/nt" "$root/src/dxgk" "$root/src/sut" "$scratch/src/"
sed -i 's/bytes % NT_PAGE_SIZE == 0/pages != 0/' "$scratch/src/dxgk/pin.c"
! cmp -s "$root/src/dxgk/pin.c" "$scratch/src/dxgk/pin.c" ||
    fail "src/dxgk/pin.c no longer has the line that this test breaks"

expect 1 fuzz --seconds 20 --jobs 1 --target pin_args_fuzzer
says '^FINDING in pin_args_fuzzer: PIN-ALIGN'
if ((taken)); then
    ! grep -q 'Building C object .*/pinfuzz_judge\.dir/' "$scratch/build/logs/build.log" ||
        fail "what $objects has is compiled once more"
    passed=$((passed + 1))
fi
says '^clauses reached: '
says '^situations reached: [0-9]+ of [0-9]+$'
says '^never: ANY-LEAD, handle: map, null$' # of a call that this target does not make
says '^never: [0-9]+ more, all of them in .*/logs/clauses\.log$'
grep -q '^seen: PIN-MAX, index: ' "$scratch/build/logs/clauses.log" || fail 'the log tells no situation that was seen'
# Its page, and what that is made of.
says '^the page of this campaign: .*/build/campaign/campaign\.html$'
has() {
    grep -qE -- "$2" "$scratch/build/campaign/$1" || fail "campaign/$1 has no line like: $2"
    passed=$((passed + 1))
}
tab=$'\t'
has campaign.tsv "^run${tab}seconds${tab}target${tab}engine${tab}worker${tab}executions${tab}"
has campaign.tsv "^1${tab}[0-9.]+${tab}pin_args_fuzzer${tab}libfuzzer${tab}1${tab}[1-9][0-9]*${tab}"
has findings.tsv "^1${tab}[0-9.]+${tab}pin_args_fuzzer${tab}libfuzzer${tab}PIN-ALIGN .*${tab}findings/pin_args_fuzzer/crash-"
has reached.tsv "^pin_args_fuzzer${tab}PIN-MAX${tab}index: .*${tab}seed${tab}-${tab}[a-z]"
has runs.tsv "^1${tab}implementation${tab}$scratch/src\$"
has runs.tsv "^1${tab}ended${tab}finished\$"
has reports.tsv "^findings/pin_args_fuzzer/crash-.*${tab}reports/.*\.html\$"
page=$(sed -n "s/.*${tab}//; 2p" "$scratch/build/campaign/reports.tsv")
has campaign.html "<a href=\"$page\">PIN-ALIGN"
has "$page" 'PIN-ALIGN'
first_campaign=$(readlink "$scratch/build/campaign")
file=$(sed -n 's/^  file   //p' "$log")
text=$(sed -n 's/^  text   //p' "$log")
for shown in "$file" "$text"; do
    expect 1 "$scratch/build/pinfuzz" run "$shown"
    says 'violated PIN-ALIGN'
done

# Seeds that break are no end of a campaign that is to go on, and are back for the next one.
expect 1 ended_when '^#[0-9]{4,}' pin_args_fuzzer.log --keep-going --jobs 1 --target pin_args_fuzzer
says '^pin_args_fuzzer +[0-9]{4,} '
says '^FINDING in pin_args_fuzzer: PIN-ALIGN'
aside() { find "$scratch/corpus/.aside" -type f; }
[[ -n $(aside) ]] || fail 'no seed was set aside'

# One that goes by how often it was called: no input breaks it alone.
cp "$root/src/dxgk/pin.c" "$scratch/src/dxgk/pin.c"
sed -i 's/^    uint64_t pages = bytes >> NT_PAGE_SHIFT;$/    static unsigned calls;\n    if (++calls % 1000 == 0)\n        return false;\n&/' \
    "$scratch/src/dxgk/pin.c"
! cmp -s "$root/src/dxgk/pin.c" "$scratch/src/dxgk/pin.c" ||
    fail "src/dxgk/pin.c no longer has the line that this test breaks"
expect 1 fuzz --seconds 20 --jobs 1 --target pin_args_fuzzer
says '^FINDING in pin_args_fuzzer: [A-Z]' # whichever clause that call is of
says '^  alone  it breaks nothing: '

# And one that does not build.
echo 'not C' >>"$scratch/src/dxgk/pin.c"
expect 2 fuzz --seconds 1
says 'pin\.c:.*error'

# None at all, or nothing to build one from. A relative path begins where the caller is.
in_scratch() { (cd "$scratch" && "$@"); }
mkdir -p "$scratch/empty"
expect 2 in_scratch fuzz -DPINFUZZ_SUT=nowhere
says "there is no $scratch/nowhere"
expect 2 in_scratch fuzz -DPINFUZZ_SUT=empty
says "no C source in $scratch/empty"
expect 2 fuzz -DPINFUZZ_SUT=
says 'PINFUZZ_SUT is empty'

# Interrupted: the targets end with it, and what they did is told. The unbroken core this time.
sed -i '$d' "$scratch/src/dxgk/pin.c"
cp "$root/src/dxgk/pin.c" "$scratch/src/dxgk/pin.c"
expect 130 ended_when '^#[0-9]+[[:space:]]INITED' pin_args_fuzzer.log --jobs 2
says '^clauses reached: '
says '^pin_args_fuzzer +[1-9][0-9]*'
has runs.tsv "^1${tab}ended${tab}interrupted\$"
[[ $(readlink "$scratch/build/campaign") != "$first_campaign" && -e $scratch/build/$first_campaign/campaign.html ]] ||
    fail 'a campaign that came to its end is not there, or not left alone'
interrupted=$(readlink "$scratch/build/campaign")
for process in /proc/[0-9]*; do
    [[ $(readlink "$process/exe") != "$scratch"/build/*_fuzzer ]] || fail 'a target outlives fuzz/run'
done
passed=$((passed + 1))

# Inputs that come in one file: an archive with a directory for each target, or one that its name says is a
# target's, and texts with programs in Base64, here the same.
mkdir -p "$scratch/packed/pin_args_fuzzer" "$scratch/packed/pin_unpin_fuzzer"
program='pin2 lead(0) index=0 CommitSize=3p'
printf '%s\n' "$program" >"$scratch/packed/pin_args_fuzzer/a.txt"
{ printf '\377\376' && printf '%s\n' "$program" "$program" | iconv -f UTF-8 -t UTF-16LE; } \
    >"$scratch/packed/pin_args_fuzzer/b"
printf '%s\n' "$program" 'unpin lead(0) index=0' >"$scratch/packed/pin_unpin_fuzzer/c.txt"
pack() { (cd "$scratch/packed" && rm -f "../$1" && python3 -m zipfile -c "../$1" "${@:2}"); }
pack inputs.zip pin_args_fuzzer pin_unpin_fuzzer
pack pin_args_fuzzer_seed_corpus.zip pin_unpin_fuzzer/c.txt
pack nobody.zip pin_args_fuzzer/a.txt
printf 'PK\3\4' >"$scratch/cut.zip"
"$scratch/build/pinfuzz" bytes "$scratch/packed/pin_args_fuzzer" -o "$scratch/packed/bytes" >"$log"
for file in "$scratch/packed/bytes/"*; do
    printf 'Base64: %s\n' "$(base64 -w 0 "$file")"
done >"$scratch/pin_args_fuzzer.log"
held() { sha1sum <"$scratch/packed/bytes/$1" | sed "s|^\([0-9a-f]*\).*|$scratch/corpus/pin_args_fuzzer/\1|"; }
for file in a b; do
    [[ ! -e $(held $file) ]] || fail "$(held $file) is there before it was taken from an archive"
done
# As it was killed: a line that it was about to write.
printf '1\t99' >>"$scratch/build/campaign/campaign.tsv"
expect 0 fuzz --seconds 1 --jobs 1 --target pin_args_fuzzer --corpus "$scratch/inputs.zip" \
    --corpus "$scratch/pin_args_fuzzer.log" --corpus "$scratch/pin_args_fuzzer_seed_corpus.zip"
[[ $(readlink "$scratch/build/campaign") == "$interrupted" ]] || fail 'an interrupted campaign does not go on'
has runs.tsv "^2${tab}begins${tab}[0-9]*\.[0-9][0-9]\$"
has campaign.tsv "^2${tab}[0-9.]+${tab}pin_args_fuzzer"
has campaign.html ', in 2 runs'
says '^pin_args_fuzzer: 2 inputs from .*/inputs.zip, 2 of them new$'
says '^pin_args_fuzzer: 2 inputs from .*/pin_args_fuzzer.log, 0 of them new$'
says '^pin_args_fuzzer: 1 inputs from .*/pin_args_fuzzer_seed_corpus.zip, 1 of them new$'
for file in a b; do
    expect 0 cmp "$scratch/packed/bytes/$file" "$(held $file)"
done
[[ ! -e $scratch/corpus/.packed ]] || fail 'what was unpacked is left in the corpus'
expect 2 fuzz --seconds 1 --corpus "$scratch/nobody.zip"
says 'of which target the inputs in .*nobody.zip are'
expect 2 fuzz --seconds 1 --corpus "$scratch/cut.zip"
says 'cut.zip: no zip archive'
expect 2 fuzz --seconds 1 --corpus "$scratch/nowhere.zip"
says 'there is no file .*nowhere.zip'

# Both engines at once, the unbroken core still: inputs go both ways.
expect 2 fuzz --engine no_such_engine
both_ways=(ended_when '^[1-9][0-9]* [1-9]' pin_args_fuzzer.trade --engine both --jobs 2 --target pin_args_fuzzer)
expect 130 in_scratch "${both_ways[@]}" -DPINFUZZ_SUT=src
says "the implementation is $scratch/src"
never_says ' afl .* 0 execs '
[[ -z $(aside) ]] || fail 'seeds stay aside'
says '^pin_args_fuzzer libfuzzer +[1-9][0-9]*'
says '^pin_args_fuzzer afl +[1-9][0-9]*'
says '^pin_args_fuzzer: [1-9][0-9]* inputs from libFuzzer to AFL.*; [1-9][0-9]* from AFL.. to libFuzzer'
# And not interrupted: each ends by itself when the time is over.
expect 0 fuzz --engine both --seconds 5 --jobs 2 --target pin_args_fuzzer
says '^no findings'
has campaign.tsv "${tab}pin_args_fuzzer${tab}afl${tab}1${tab}[1-9][0-9]*${tab}[1-9][0-9]*${tab}-${tab}[1-9][0-9]*${tab}[0-9]*${tab}[0-9.]+${tab}"
has campaign.html 'pin_args afl'
# AFL++'s own tools find what they look for.
expect 0 afl-whatsup -s "$scratch/build/afl-out/pin_args_fuzzer"
says 'Fuzzers alive|Dead or remote'

# What was under test in one run is not in the next: without a word it is src/ again.
expect 0 tools_configure "$scratch/build"
expect 0 grep -x PINFUZZ_SUT:STRING=builtin "$scratch/build/CMakeCache.txt"

printf '%d passed, 0 failed\n' "$passed"
