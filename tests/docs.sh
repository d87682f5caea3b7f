#!/usr/bin/env bash
# docs/contract.md and the table of the oracle list the same clauses, with the same basis first.
# Usage: tests/docs.sh PINFUZZ
set -euo pipefail

pinfuzz=${1:?usage: tests/docs.sh PINFUZZ}
contract=$(dirname "$0")/../docs/contract.md

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
sed -nE 's/^\| ([A-Z0-9]+-[A-Z0-9-]+) \|.*/\1/p' "$contract" | sort >"$scratch/documented"
"$pinfuzz" clauses | sed -nE 's/^([A-Z0-9]+-[A-Z0-9-]+) .*/\1/p' | sort >"$scratch/judged"

[[ -s $scratch/documented ]] || { echo "docs: no clauses found in $contract" >&2; exit 1; }
# It must be able to fail before its success says anything.
if sed 1d "$scratch/documented" | diff -q - "$scratch/judged" >/dev/null; then
    echo "docs: a missing clause goes unnoticed" >&2
    exit 1
fi
diff -u --label docs/contract.md --label harness/contract/contract.h "$scratch/documented" "$scratch/judged"
