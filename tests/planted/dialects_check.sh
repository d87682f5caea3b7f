#!/usr/bin/env bash
# tests/planted/dialects over one bug of each clause; and it can fail: where a bug goes unseen that nothing allows,
# where one is seen that is said to go unseen, and where a line of the list is none. Usage:
# tests/planted/dialects_check.sh [OPTION...], which are passed on
set -euo pipefail

cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unseen=pin-zero-means-everything # a choice that calibration learns with the bug
seen=pin-max-one-page-more

fails() { # STATUS TEXT ARG...: ends so, and says this
    local wanted=$1 text=$2 status=0
    shift 2
    tests/planted/dialects --variant careful --allowed "$scratch/allowed" "$@" >"$scratch/out" 2>&1 || status=$?
    if ((status != wanted)) || ! grep -qF -- "$text" "$scratch/out"; then
        printf 'dialects_check: expected status %s and "%s", got status %s and\n' "$wanted" "$text" "$status"
        cat "$scratch/out"
        exit 1
    fi >&2
}

tests/planted/dialects --sample "$@"
: >"$scratch/allowed"
fails 1 "FAILED  $unseen: learnt, in careful: its program shows nothing" "$@" "$unseen"
printf '%s\n' "learnt $unseen all choice why" "declared $seen careful choice why" >"$scratch/allowed"
fails 0 "careful        learnt      0 of 1 caught" "$@" "$unseen"
fails 1 "FAILED  $seen: declared, in careful: its program shows PIN-MAX" "$@" "$seen"
echo "learnt $unseen carefull choice why" >"$scratch/allowed"
fails 2 "allowed:1: expected some of all careful" "$@" "$seen"
echo "learnt $unseen careful because" >"$scratch/allowed"
fails 2 "allowed:1: expected WAY BUG VARIANT,... choice|elsewhere REASON" "$@" "$seen"
