#!/usr/bin/env bash
# fuzz/run from a newcomer's side: break a line of the implementation, and be told which clause broke,
# with a file that shows it again. And its exit statuses. Usage: tests/fuzz_run.sh [--objects DIR] [SCRATCH-DIRECTORY]
#   --objects DIR  a build of this project whose objects are used where they are the same
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=campaigns.sh
source "$(dirname "${BASH_SOURCE[0]}")/campaigns.sh"

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

# One whose stop does not wait for calls: a seed shows it under one of its schedules, before any fuzzing.
cp "$root/src/dxgk/pin.c" "$scratch/src/dxgk/pin.c"
patch -d "$scratch" -p1 --quiet <"$root/tests/planted/race-memory-stop-does-not-wait/bug.patch"
rm -rf "$scratch/seeds"
mkdir -p "$scratch/seeds/pin_race_fuzzer"
cp "$root"/corpus/pin_race_fuzzer/{unpin_beside_stop,unpin_beside_unpin}.txt "$scratch/seeds/pin_race_fuzzer/"
expect 1 fuzz --seconds 1 --target pin_race_fuzzer --seeds "$scratch/seeds" --corpus "$scratch/races"
says '^pin_race_fuzzer: 2 seeds with races, 1 of them under every schedule$'
says '^found in pin_race_fuzzer: (RACE-|AddressSanitizer)'
says '^FINDING in pin_race_fuzzer: '
patch -R -d "$scratch" -p1 --quiet <"$root/tests/planted/race-memory-stop-does-not-wait/bug.patch"

# What broke is explored again, and told again; what did not, when the program or the seeds are others.
explores() {
    # shellcheck disable=SC2016 # for the shell that is started
    bash -euc 'source "$0/tools.sh" && source "$0/findings.sh" && source "$0/explore.sh"
        build=$1 seeds=$1/seeds stopping=0
        explore_races race' "$root/fuzz/engine" "$scratch/explored"
}
rm -rf "$scratch/explored"
mkdir -p "$scratch/explored"/{logs,seeds/race,findings/race}
echo one >"$scratch/explored/seeds/race/one.txt"
# shellcheck disable=SC2016 # for that shell
printf '%s\n' '#!/bin/sh' 'printf found >"$5"' 'exit 1' >"$scratch/explored/pinfuzz"
chmod +x "$scratch/explored/pinfuzz"
kept=crash-$(printf found | sha1sum | cut -c 1-40)
for _ in first second; do
    expect 0 explores
    says '^race: 1 seeds with races, 0 of them under every schedule$'
    [[ -s $scratch/explored/findings/race/$kept && ! -e $scratch/explored/logs/race.$kept.log ]] ||
        fail 'what a seed shows is not left to be told'
    touch "$scratch/explored/logs/race.$kept.log"
done
printf '%s\n' '#!/bin/sh' 'exit 1' >"$scratch/explored/pinfuzz"
expect 0 explores
says '^race: a schedule that no input can have breaks one\.txt: see '
printf '%s\n' '#!/bin/sh' 'exit 0' >"$scratch/explored/pinfuzz"
expect 0 explores
says '^race: 1 seeds with races, 1 of them under every schedule$'
expect 0 explores
never_says 'seeds with races'
echo two >"$scratch/explored/seeds/race/two.txt"
expect 0 explores
says '^race: 2 seeds with races, 2 of them under every schedule$'

# And one that does not build.
echo 'not C' >>"$scratch/src/dxgk/pin.c"
expect 2 fuzz --seconds 1
says 'pin\.c:.*error'

# None at all, or nothing to build one from. A relative path begins where the caller is.
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

# What was under test in one run is not in the next: without a word it is src/ again.
expect 0 tools_configure "$scratch/build"
expect 0 grep -x PINFUZZ_SUT:STRING=builtin "$scratch/build/CMakeCache.txt"

printf '%d passed, 0 failed\n' "$passed"
