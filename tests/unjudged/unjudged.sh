#!/usr/bin/env bash
# The harness without its judge makes the calls that it makes with it, and finds nothing.
# Usage: tests/unjudged/unjudged.sh JUDGED UNJUDGED FILE|DIR...
set -euo pipefail

judged=$1
unjudged=$2
shift 2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    echo "unjudged: $1" >&2
    exit 1
}

[[ $("$judged" --broken) == "violated PIN-MAPPED" ]] || fail "the judge lets a pin pass that no DMA reaches"
[[ $("$unjudged" --broken) == kept ]] || fail "somebody is held to something without a judge"

mapfile -d '' -t programs < <(find "$@" -name '*.txt' ! -name verdict.txt -print0 | sort -z)
((${#programs[@]})) || fail "no programs"
"$judged" "${programs[@]}" >"$scratch/judged"
"$unjudged" "${programs[@]}" >"$scratch/unjudged"
diff "$scratch/judged" "$scratch/unjudged" >&2 || fail "the calls differ"
grep -qv ': 0 calls' "$scratch/judged" || fail "no calls"
echo "unjudged: the same calls in ${#programs[@]} programs"
