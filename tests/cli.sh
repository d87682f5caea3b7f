#!/usr/bin/env bash
# pinfuzz on the command line: what it prints and how it exits. Usage: tests/cli.sh PINFUZZ
set -euo pipefail

pinfuzz=$(realpath "$1")
root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

checks=0
# expect STATUS OUTPUT COMMAND...: the exit status, and standard output and error together.
expect() {
    local status=$1 output=$2 got got_status=0
    shift 2
    got=$("$@" 2>&1) || got_status=$?
    # shellcheck disable=SC2053 # the output is a pattern
    if [[ $got_status != "$status" || $got != $output ]]; then
        printf 'cli: %s\nexpected exit %s and: %s\ngot exit %s and: %s\n' \
            "$*" "$status" "$output" "$got_status" "$got" >&2
        exit 1
    fi
    checks=$((checks + 1))
}

seed=$root/corpus/pin_unpin_fuzzer/both_forms_mixed.txt
printf 'pin2 lead(0) index=0 CommitSize=1p\n' >good.txt
printf 'pin2 lead(0) index=zero\n' >bad.txt
printf 'machnie\n' >misspelt.txt
mkdir -p tree/sub
cp good.txt tree/a.txt
cp good.txt tree/sub/a.txt
printf 'not a program\n' >tree/README.md
printf 'PIN-COUNT\n' >tree/verdict

# Each page of the manual is there; no line is too wide for a terminal.
expect 0 'NAME*SYNOPSIS*DESCRIPTION*COMMANDS*EXIT STATUS*FILES*EXAMPLES*' "$pinfuzz" --help
for command in run faults minimize schedules enumerate triage report source text bytes clauses campaign; do
    expect 0 "NAME*pinfuzz $command - *SYNOPSIS*DESCRIPTION*EXIT STATUS*EXAMPLES*" "$pinfuzz" help $command
    expect 0 "NAME*pinfuzz $command - *" "$pinfuzz" $command --help
done
expect 0 'NAME*MACHINE*ADAPTERS*CALLBACKS*' "$pinfuzz" help programs
expect 0 'pinfuzz *implementation under test: *' "$pinfuzz" --version
for topic in '' run faults minimize schedules enumerate triage report source text bytes clauses campaign programs; do
    # shellcheck disable=SC2086 # no topic is a topic
    expect 0 '' awk 'length > 110' <("$pinfuzz" help $topic)
done

expect 2 "*a command is missing*" "$pinfuzz"
expect 2 "*no command 'walk'*run *clauses*" "$pinfuzz" walk
expect 2 "*no command 'walk'*" "$pinfuzz" help walk
expect 2 '*FILE is missing*' "$pinfuzz" run
expect 2 "*unknown option '--fast'*" "$pinfuzz" run --fast good.txt
expect 2 '*--repeat wants a number*' "$pinfuzz" run --repeat 0 good.txt
expect 2 '*-o OUT is missing*' "$pinfuzz" bytes good.txt

# Verdicts.
expect 0 "$seed: kept" "$pinfuzz" run "$seed"
expect 0 "$seed: kept (10 runs)" "$pinfuzz" run --repeat 10 "$seed"
expect 0 "$seed: kept" "$pinfuzz" run --no-fork "$seed"
race=$root/corpus/pin_race_fuzzer/pin_beside_pin.txt
expect 0 "$race: kept (5 runs)" "$pinfuzz" run --threads --repeat 5 "$race"
expect 0 'tree/a.txt: kept?tree/sub/a.txt: kept' "$pinfuzz" run tree
expect 2 "bad.txt:1:20: expected a number from 0 to 4294967295, got 'zero'?good.txt: kept" \
    "$pinfuzz" run bad.txt good.txt
expect 2 "misspelt.txt:1:1: expected machine, adapter or an operation *" "$pinfuzz" run misspelt.txt
expect 2 'nowhere: No such file or directory' "$pinfuzz" run nowhere
expect 0 '-: kept' "$pinfuzz" run - <good.txt

# Every fault, one at a time. A program with more fault points than fail_nth can say is swept as far as it
# goes, and says so.
expect 0 "$seed: kept (15 operations, * faults)" "$pinfuzz" faults "$seed"
expect 0 'good.txt: kept (3 operations, [1-9]* faults)?tree/a.txt: kept (*)?tree/sub/a.txt: kept (*)' \
    "$pinfuzz" faults good.txt tree
printf 'machine seed=7\nadapter 0 maximum_size=4M\npin2 lead(0) index=0 CommitSize=MaximumSize\n' >many.txt
expect 0 'many.txt: kept (3 operations, * faults); 1 of them met more *' "$pinfuzz" faults many.txt
expect 2 'bad.txt:1:20: *' "$pinfuzz" faults bad.txt
expect 2 '*FILE is missing*' "$pinfuzz" faults
expect 2 '*-o wants a name*' "$pinfuzz" faults good.txt -o

# Both forms, there and back; any bytes are a program.
expect 0 '' "$pinfuzz" bytes "$seed" -o seed
expect 0 '' diff <("$pinfuzz" text "$seed") <("$pinfuzz" text seed)
expect 0 '' "$pinfuzz" bytes seed -o again
expect 0 '' cmp seed again
expect 0 'seed: kept' "$pinfuzz" run seed
expect 0 'out: 2 programs' "$pinfuzz" bytes tree -o out
expect 0 $'a\nsub-a' ls out
cp good.txt tree/sub-a
expect 2 '*would both become out/sub-a*' "$pinfuzz" bytes tree -o out
head -c 5000 /dev/zero | tr '\0' 'K' >noise
expect 0 'noise: kept' "$pinfuzz" run noise
expect 0 'machine adapters=12*' "$pinfuzz" text --as-bytes noise
: >empty
expect 0 'machine adapters=1' "$pinfuzz" text empty

# Races: every schedule, and where the switches of one take place.
cat >race.txt <<'END'
pin2 lead(0) index=0 CommitSize=1p
race ops=2 switch=3:1
unpin lead(0) index=0
unpin lead(0) index=0 actor=1
END
expect 0 'race.txt: operation 2: 2 schedules of 2 actors, at most 0 preemptions, * points: kept*' \
    "$pinfuzz" schedules --preemptions 0 race.txt
expect 0 'race.txt: operation 2: * schedules of 2 actors, at most 2 preemptions, * points: kept*' \
    "$pinfuzz" schedules --preemptions 2 race.txt
expect 0 'race.txt: operation 2: complete: * inequivalent schedules of 2 actors (*), * points: kept*' \
    "$pinfuzz" schedules race.txt
expect 0 'race.txt: operation 2: 20 random schedules of 2 actors, *: kept; a bug of depth 2 was missed *' \
    "$pinfuzz" schedules --pct 2 --runs 20 race.txt
expect 2 '*expected a race operation, there is none*' "$pinfuzz" schedules good.txt
expect 2 '*FILE is missing*' "$pinfuzz" schedules
expect 2 '*--preemptions wants a number from 0 to 8*' "$pinfuzz" schedules --preemptions 9 race.txt
expect 0 '*race ops=2 switch=3:1*#  point     3: actor 0 *operation 3? -> actor 1 ?by the schedule?*unpin*' \
    "$pinfuzz" text --switches race.txt
"$pinfuzz" text --switches race.txt >shown.txt
expect 0 '' diff <("$pinfuzz" text race.txt) <("$pinfuzz" text shown.txt)
expect 2 '*operation 2 is a race*' "$pinfuzz" source race.txt
expect 2 '*:1:12: expected a switch*' "$pinfuzz" text <(echo 'race ops=2 switch=0:1')

# Nothing to tell apart; tests/planted/triage has what there is to find.
mkdir -p saved/hangs
: >saved/crash-da39
cp seed saved/timeout-1
printf 'Command line used\n' >saved/hangs/README.txt
expect 0 $'junk: saved/crash-da39: empty\njunk: saved/hangs/README.txt:1:1: expected *\nkept: saved/timeout-1
3 files: 0 findings in 0, 1 kept, 0 flaky, 2 junk' "$pinfuzz" triage saved --sarif none.sarif
# The same as text, as fuzz/run leaves it, is no second file; the text of an empty one is all there is.
cp good.txt saved/crash-da39.txt
cp good.txt saved/timeout-1.txt
expect 0 $'*\n4 files: 0 findings in 0, 2 kept, 0 flaky, 2 junk' "$pinfuzz" triage saved
expect 0 $'kept: saved/timeout-1.txt\n1 files: *' "$pinfuzz" triage saved/timeout-1.txt
expect 0 '' python3 "$root/tests/sarif.py" none.sarif
expect 1 '*one result for each finding*' python3 "$root/tests/sarif.py" none.sarif PIN-COUNT
expect 2 'ls: *' ls crashes
expect 2 'nowhere: No such file or directory' "$pinfuzz" triage saved nowhere
expect 2 '*DIR is missing*' "$pinfuzz" triage -n
expect 2 "*--jobs wants a number from 1 to 64*" "$pinfuzz" triage saved --jobs 0
expect 2 "*unknown option '--fast'*" "$pinfuzz" triage --fast saved
expect 2 'nowhere/none.sarif: No such file or directory*' \
    "$pinfuzz" triage seed --sarif nowhere/none.sarif

# What is no program, or none that breaks something.
mkdir nothing
expect 2 'nothing: no programs' "$pinfuzz" run nothing
expect 2 'nothing: no programs?good.txt: kept' "$pinfuzz" run nothing good.txt
expect 2 'nothing: no programs' "$pinfuzz" faults nothing
expect 2 'nothing: no programs*CLAUSE*' "$pinfuzz" clauses nothing
# That a campaign has found nothing is no mistake, nor that a target has no seeds yet.
expect 0 '0 files: 0 findings *' "$pinfuzz" triage nothing
expect 0 'out.new: 0 programs' "$pinfuzz" bytes nothing -o out.new
rmdir out.new
printf '\357\273\277# made by an editor\nmachine\nstop 0\n' >marked.txt
cp marked.txt marked
expect 0 $'machine adapters=1\nstop 0' "$pinfuzz" text marked.txt
expect 0 $'machine adapters=1\nstop 0' "$pinfuzz" text marked
expect 0 'noise: kept (* operations, * faults)*' "$pinfuzz" faults noise
expect 0 'empty: kept (* operations, * faults)' "$pinfuzz" faults empty
for command in minimize source; do
    expect 2 '*FILE is missing*' "$pinfuzz" $command
    expect 2 '*one FILE only*' "$pinfuzz" $command good.txt good.txt -o out.new
    expect 2 'nothing: Is a directory' "$pinfuzz" $command nothing -o out.new
    expect 2 'nowhere: No such file or directory' "$pinfuzz" $command nowhere -o out.new
    expect 2 'bad.txt:1:20: *' "$pinfuzz" $command bad.txt -o out.new
done
for command in run faults 'minimize -o out.new' 'source -o out.new'; do
    # shellcheck disable=SC2086 # a command and its option
    expect 2 '/proc/self/mem: *' "$pinfuzz" $command /proc/self/mem
done
for name in good.txt empty noise; do
    expect 1 "$name: kept: nothing to minimize" "$pinfuzz" minimize $name -o out.new
done
expect 1 '' test -e out.new
expect 2 '*-o OUT is missing*' "$pinfuzz" minimize good.txt
expect 2 '*--candidates wants a number*' "$pinfuzz" minimize good.txt -o out.new --candidates 0
expect 2 'gone/it.c: No such file or directory' "$pinfuzz" source good.txt -o gone/it.c
expect 0 '' "$pinfuzz" source empty -o out.c
expect 0 '*int main(*' cat out.c

# The table.
expect 0 'CLAUSE*PIN-COUNT *RACE-LIVE *' "$pinfuzz" clauses
expect 0 '*UNREACHED*?never: * more, which --situations tells?*clauses reached: * of *?situations reached: * of *' \
    "$pinfuzz" clauses good.txt
expect 1 '*UNREACHED*?clauses reached: * of *?situations reached: * of *' "$pinfuzz" clauses --require good.txt
expect 2 '*--require wants a DIR*' "$pinfuzz" clauses --require
expect 0 '*?clauses reached: * of *?situations reached: * of *' "$pinfuzz" clauses --require "$root/corpus"
expect 0 'CLAUSE*?cannot be: PIN-MAPPED, pin2: contiguous, not remapped (PIN-CONTIG: *)?*PIN-MAPPED, pin2: 1:1, array*' \
    "$pinfuzz" clauses --situations
expect 0 '*?seen: PIN-*?cannot be: PIN-*?never: PIN-*' "$pinfuzz" clauses --situations good.txt

# Each of these seeds is the only one that reaches something, which the table misses without it.
without() {
    local seed=$1 named=$2
    local -a rest
    mapfile -d '' -t rest < <(find "$root"/corpus/*/*.txt ! -name "$seed.txt" -print0)
    expect 1 "*?never: $named?*" "$pinfuzz" clauses --require "${rest[@]}"
}
without page_counts_of_arrays 'PIN-COUNT, array of: 65536 pages'
without pins_meet_each_fault_without_an_iommu 'ANY-ROLLBACK, pin meets: no IOMMU, lock'
without attach_of_a_chain_of_eight 'ATTACH-ALL, devices in the chain: eight'

echo "cli: $checks checks hold"
