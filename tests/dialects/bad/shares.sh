#!/usr/bin/env bash
# Two live lists that share a page are found without any look inside. Usage: tests/dialects/bad/shares.sh PINFUZZ
set -euo pipefail

pinfuzz=$1
program='adapter 1 joins=0
pin2 lead(0) index=0 CommitSize=2p
pin2 lead(0) index=1 CommitSize=2p'
head -n 2 <<<"$program" | "$pinfuzz" run - | grep -qx -- '-: kept' || {
    echo 'shares: one list alone was not kept' >&2
    exit 1
}
got=$("$pinfuzz" run - 2>/dev/null <<<"$program" || true)
[[ $got == '-: violated PIN-ISOLATED' ]] || {
    echo "shares: expected PIN-ISOLATED, got $got" >&2
    exit 1
}
