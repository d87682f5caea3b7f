#!/usr/bin/env bash
# Races of an implementation that is declared to have one thread run their calls one after another; and what calls come
# to that are made at the same time is left to an owner who does not declare it, or declares that it is something else.
# Usage: tests/at_once.sh PINFUZZ CORPUS, the former built with bare/at_once.c
set -euo pipefail

pinfuzz=$1
races=$2/pin_race_fuzzer
two='adapter 1 joins=0
race ops=2 switch=lock2:1
pin2 lead(0) index=0 CommitSize=2p
pin2 lead(0) index=1 CommitSize=2p actor=1'

fail() {
    echo "at_once: $1" >&2
    exit 1
}

# ends WORD WANTED [DECLARED]: of two that are under way at once, so
ends() {
    local got
    got=$(AT_ONCE=$1 ${3+env DECLARED="$3"} "$pinfuzz" run - <<<"$two" 2>/dev/null) || true
    [[ $got == "-: $2"* ]] || fail "$1, declared ${3-nothing}: expected $2, got ${got#-: }"
}

[[ $(AT_ONCE=never "$pinfuzz" info one_thread) == 1 && $(AT_ONCE=dies "$pinfuzz" info one_thread) == 0 ]] ||
    fail 'pinfuzz info one_thread does not say what is declared'
ends dies 'crashed (signal 6)'
ends never kept
AT_ONCE=never "$pinfuzz" run "$races" 2>/dev/null | grep -v ': kept$' >&2 && fail 'one thread, and a race was not kept'
ends busy 'kept, but judged up to operation 1 of 3'
ends busy 'violated' ''
ends busy 'kept, but judged up to operation 1 of 3' serial=otherwise
