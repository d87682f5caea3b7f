#!/usr/bin/env bash
# DIALECT-STEADY can fail: an implementation that answers one way and then the other is found, with that clause and
# no other. Usage: tests/dialects/bad/wavers.sh PINFUZZ
set -euo pipefail

pinfuzz=$1
program='irql apc
pin2 lead(0) index=0 CommitSize=1p
unpin lead(0) index=0
pin2 lead(0) index=0 CommitSize=1p'
head -n 3 <<<"$program" | "$pinfuzz" run - | grep -qx -- '-: kept' || {
    echo 'wavers: what it accepts is a choice, and was not kept' >&2
    exit 1
}
got=$("$pinfuzz" run - 2>/dev/null <<<"$program" || true)
[[ $got == '-: violated DIALECT-STEADY' ]] || {
    echo "wavers: expected DIALECT-STEADY, got $got" >&2
    exit 1
}
got=$("$pinfuzz" run - 2>/dev/null <<<$'power 0 d3\npin2 lead(0) index=0 CommitSize=1p' || true)
[[ $got == '-: violated DIALECT-STEADY' ]] || {
    echo "wavers: in D3: expected DIALECT-STEADY, got $got" >&2
    exit 1
}
