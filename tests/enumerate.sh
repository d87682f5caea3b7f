#!/usr/bin/env bash
# pinfuzz enumerate: nothing is found where nothing is, the same whenever and however often it is interrupted; what is
# broken is found by a program that nothing shorter breaks. Usage: tests/enumerate.sh PINFUZZ BROKEN
# BROKEN: pinfuzz with an implementation that has bugs (tests/bare/broken.c).
set -euo pipefail

pinfuzz=$(realpath "$1")
broken=$(realpath "$2")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

checks=0
fail() {
    echo "enumerate: $*" >&2
    exit 1
}
# expect STATUS OUTPUT COMMAND...: the exit status, and standard output and error together.
expect() {
    local status=$1 output=$2 got got_status=0
    shift 2
    got=$("$@" 2>&1) || got_status=$?
    # shellcheck disable=SC2053 # the output is a pattern
    [[ $got_status == "$status" && $got == $output ]] ||
        fail "$*"$'\n'"expected exit $status and: $output"$'\n'"got exit $got_status and: $got"
    checks=$((checks + 1))
}
# totals COMMAND...: what is printed but for the time, which differs.
totals() { "$@" | sed 's/, [0-9.]* s: /: /'; }

# Complete, twice the same; and with faults, changes and odd operands there is more of it.
totals "$pinfuzz" enumerate -k 2 one-remapped two-late >whole
grep -q 'complete, nothing found$' whole || fail "not complete: $(cat whole)"
totals "$pinfuzz" enumerate -k 2 one-remapped two-late | cmp - whole || fail 'a second time it says something else'
programs() { "$pinfuzz" enumerate "$@" | sed -n 's/^at most .* \([0-9]*\) programs, .*/\1/p'; }
plain=$(programs -k 1 one-remapped)
for more in --faults --changes '--odd 2' '--repeat 2'; do
    # shellcheck disable=SC2086 # two words
    (($(programs -k 1 $more one-remapped) > plain)) || fail "$more adds no program"
done
(($(programs -k 1 --odd 0 one-remapped) < plain)) || fail '--odd 0 leaves nothing out'
# Nothing is lost where states are not merged, and each length has the same programs up to where merging begins.
(($(programs -k 2 --no-merge one-late) > $(programs -k 2 one-late))) || fail '--no-merge adds no program'
"$pinfuzz" enumerate -k 2 --odd 0 --no-merge one-late | grep -q 'complete, nothing found$' || fail 'not complete'

# Operations that share a run reach what they reach apart.
totals "$pinfuzz" enumerate -k 2 --apart one-remapped two-late | cmp - whole || fail '--apart says something else'
totals "$pinfuzz" enumerate -k 1 | sed 's/, states merged//' | cmp - <(totals "$pinfuzz" enumerate -k 1 --no-merge) ||
    fail 'of one operation, states that are merged make a difference'

# A world from a file is the one of that name; its operations do not matter.
"$pinfuzz" enumerate --list | awk '/^#/ { on = $2 == "two-late:" } on' >late.txt
echo 'pressure' >>late.txt
"$pinfuzz" enumerate -k 2 late.txt | sed -n 's/^late.txt:/two-late:/p' | cmp - <(grep '^two-late:' whole) ||
    fail 'a world from a file is another one'

# Killed at any moment, it goes on, and says the same in the end.
kills=0
for round in {1..400}; do
    "$pinfuzz" enumerate -k 2 --state state --save-every 0 one-remapped two-late >part &
    child=$!
    sleep "0.0$((round % 7 + 2))"
    if ((kills < 5)) && [[ -e state ]] && kill -9 $child 2>/dev/null; then
        wait $child 2>/dev/null || kills=$((kills + 1))
        continue
    fi
    wait $child || fail "resumed, it ends with $?"
    ((kills >= 3)) && break
    rm -f state # it was too fast to be killed
done
((kills >= 3)) || fail "killed $kills times only"
sed 's/, [0-9.]* s: /: /' part | cmp - whole || fail "killed $kills times, it says something else: $(cat part)"
# What is complete stays complete, and is of this question only.
totals "$pinfuzz" enumerate -k 2 --state state one-remapped two-late | cmp - whole || fail 'complete, it is not so again'
expect 2 '*state: expected the state of this enumeration*' "$pinfuzz" enumerate -k 1 --state state one-remapped two-late
expect 2 '*state: expected the state of this enumeration*' "$pinfuzz" enumerate -k 2 --state state two-late
expect 2 '*state: expected the state of this enumeration*' \
    "$pinfuzz" enumerate -k 2 --repeat 2 --state state one-remapped two-late
expect 2 '*state: expected the state of this enumeration*' "$broken" enumerate -k 2 --state state one-remapped two-late
head -c 2000 state >half
expect 2 '*half: it is damaged*' "$pinfuzz" enumerate -k 2 --state half one-remapped two-late
expect 2 '*late.txt: expected the state of an enumeration*' "$pinfuzz" enumerate --state late.txt one-late
expect 2 '*nowhere/state.*: *' "$pinfuzz" enumerate -k 1 --state nowhere/state one-late

# A repetition is the program that was found.
expect 1 '*, also repeated, *: violated MAP-MANY, by 2 operations in one-none:*repeat ops=1 times=2*' \
    "$broken" enumerate -k 1 --repeat 2

# Interrupted or out of time, it says that this is not all.
"$pinfuzz" enumerate -k 8 --state long >part &
child=$!
until [[ -e long ]]; do sleep 0.05; done
kill -INT $child 2>/dev/null || true
kill -TERM $child
status=0
wait $child || status=$?
if [[ $status != 3 ]] || ! grep -q 'stopped, nothing found so far$' part; then
    fail "interrupted: exit $status, $(cat part)"
fi
expect 3 '*: stopped, nothing found so far' "$pinfuzz" enumerate -k 8 --seconds 1 one-late

# What is broken is found, by the shortest program, which breaks the same when it is run; and dies the same.
expect 1 '*: violated PIN-MAPPED, by 1 operations in one-remapped:*contract violation: PIN-MAPPED*' \
    "$broken" enumerate -k 3 -o found.txt
expect 1 '*found.txt: violated PIN-MAPPED' "$broken" run found.txt
expect 0 'found.txt: kept' "$pinfuzz" run found.txt
expect 1 '*: violated MAP-MANY, by 2 operations in one-none:*' "$broken" enumerate -k 3 one-none
expect 1 '*: violated MAP-MANY, by 2 operations in one-none:*' "$broken" enumerate -k 3 --apart one-none
# What operations break together that share a run, and none of them alone: as small as it can be made.
printf 'machine iommu=none pool=300K\nadapter 0 maximum_size=3p\n' >counts.txt
expect 1 'at most 1 operations*: violated ANY-ROLLBACK, by 19 operations in counts.txt:*' \
    "$broken" enumerate -k 1 -o found.txt counts.txt
expect 1 '*found.txt: violated ANY-ROLLBACK' "$broken" run found.txt
expect 0 '*: complete, nothing found' "$broken" enumerate -k 1 --apart counts.txt
expect 2 "*expected a named world (--list) or a file, got 'one-nought'*" "$pinfuzz" enumerate one-nought
expect 2 '*nothing.txt*' "$pinfuzz" enumerate nothing.txt
expect 2 '*-k wants a number from 0 to 8*' "$pinfuzz" enumerate -k 9

echo "enumerate: $checks command lines, killed $kills times"
