#!/usr/bin/env bash
# docs/contract.md and the table of the oracle list the same clauses, with the same basis first; its table of
# structures has each member that a header asserts an offset of; and each of those of a callback's argument is an
# operand. Its table of what comes before what has each step, and names seeds and planted bugs. docs/design.md draws the
# rooms as tests/includes.sh has them.
# Usage: tests/docs.sh PINFUZZ
set -euo pipefail

pinfuzz=${1:?usage: tests/docs.sh PINFUZZ}
root=$(cd "$(dirname "$0")/.." && pwd)
contract=$root/docs/contract.md

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# ---- clauses ----

sed -nE 's/^\| ([A-Z0-9]+-[A-Z0-9-]+) \|.*/\1/p' "$contract" | sort >"$scratch/documented"
"$pinfuzz" clauses | sed -nE 's/^([A-Z0-9]+-[A-Z0-9-]+) .*/\1/p' | sort >"$scratch/judged"

[[ -s $scratch/documented ]] || { echo "docs: no clauses found in $contract" >&2; exit 1; }
# It must be able to fail before its success says anything.
if sed 1d "$scratch/documented" | diff -q - "$scratch/judged" >/dev/null; then
    echo "docs: a missing clause goes unnoticed" >&2
    exit 1
fi
diff -u --label docs/contract.md --label harness/contract/contract.h "$scratch/documented" "$scratch/judged"

# ---- structures ----

# Prints `STRUCTURE MEMBER OFFSET` for each assertion about a structure that the page has a row of.
asserted() {
    sed -nE 's/^C_ASSERT\(FIELD_OFFSET\((\w+), (\w+)\) == (\w+)\);$/\1 \2 \3/p' "$root"/src/include/wddm/*.h |
        while read -r structure member offset; do
            grep -qE "^\| $structure( \([a-z.]*\))? \|" "$1" && echo "$structure $member $((offset))"
        done
}

# undocumented PAGE: prints what is asserted and not in its structure's row.
undocumented() {
    local structure member offset
    while read -r structure member offset; do
        grep -E "^\| $structure( \([a-z.]*\))? \|" "$1" | grep -qE "[ *]${member}[^·|]* $offset " ||
            echo "$structure.$member, at $offset"
    done < <(asserted "$1")
}

sed 's/ SIZE_T CommitSize 8 ·//' "$contract" >"$scratch/page"
if [[ -z $(undocumented "$scratch/page") ]]; then
    echo "docs: a missing member goes unnoticed" >&2
    exit 1
fi
missing=$(undocumented "$contract")
[[ -z $missing ]] || { printf 'docs/contract.md, the ABI facts: no %s\n' "$missing" >&2; exit 1; }

# ---- operands ----

asserted "$contract" | sed -nE 's/^(DXGKARGCB_\w+) (\w+) ([0-9]+)$/\1.\2 \3/p' | sort >"$scratch/members"
"$pinfuzz" info member | sort >"$scratch/operands"
if [[ -z $(grep -v CommitSize "$scratch/operands" | comm -23 "$scratch/members" -) ]]; then
    echo "docs: a member that is no operand goes unnoticed" >&2
    exit 1
fi
missing=$(comm -23 "$scratch/members" "$scratch/operands")
[[ -z $missing ]] || { printf 'harness/program/operations.def: no operand for %s\n' "$missing" >&2; exit 1; }

# ---- what comes before what ----

# statements PAGE: prints the steps that rows name, and a `!` and what is wrong with a row of the table of statements:
# a seed or a planted bug that is not there or does not know of the other, a bug that two rows name.
# shellcheck disable=SC2016 # the page's backticks
statements() {
    local steps seed bug
    while IFS='|' read -r steps seed bug; do
        printf '%s\n' "${steps//, /$'\n'}"
        if [[ ! -f $root/corpus/adapter_chain_fuzzer/$seed.txt || ! -f $root/tests/planted/$bug/bug.patch ]]; then
            echo "! no seed $seed, or no planted bug $bug"
        elif ! grep -qx "Seed: corpus/adapter_chain_fuzzer/$seed.txt" "$root/tests/planted/$bug/bug.patch"; then
            echo "! tests/planted/$bug/bug.patch has no Seed: corpus/adapter_chain_fuzzer/$seed.txt"
        fi
    done < <(sed -nE 's/^\| ([AB][0-9, AB]*|stop) \|[^|]*\|[^|]*\| `([^`]*)` \| `([^`]*)` \|$/\1|\2|\3/p' "$1")
    sed -nE 's/^\| ([AB][0-9, AB]*|stop) \|.*\| `([^`]*)` \|$/\2/p' "$1" | sort | uniq -d | sed 's/^/! twice: /'
}

# ordered PAGE: prints what is wrong with the table of statements; each step has one.
ordered() {
    statements "$1" | sort -u >"$scratch/stated"
    grep '^!' "$scratch/stated" || true
    sed -nE 's/^\| ([AB][0-9]+) \| [^|]* \| [^|]* \|$/\1/p' "$1" | sort -u >"$scratch/steps"
    [[ $(wc -l <"$scratch/steps") -ge 18 ]] || echo "! fewer than 18 steps"
    comm -23 "$scratch/steps" "$scratch/stated" | sed 's/^/! no statement of step /'
}

# holds FUNCTION PAGE WHAT WRONG...: FUNCTION, which prints what is wrong with a page, finds nothing in PAGE, and
# something where one of these edits was made.
holds() {
    local judge=$1 page=$2 what=$3 wrong
    shift 3
    for wrong; do
        sed "$wrong" "$page" >"$scratch/page"
        [[ -n $("$judge" "$scratch/page") ]] || { echo "docs: a wrong $what goes unnoticed: $wrong" >&2; exit 1; }
    done
    wrong=$("$judge" "$page")
    [[ -z $wrong ]] || { printf '%s, the %s: %s\n' "${page#"$root/"}" "$what" "${wrong//'! '/}" >&2; exit 1; }
}

# shellcheck disable=SC2016 # the page's backticks
holds ordered "$contract" 'table of what comes before what' \
    '/ `init-caps-after-the-start` /s/init-caps-after/init-caps-before/' '/^| B3 .* `/d' \
    's/`order_below_wddm2.9`/`order_below_wddm2.8`/' 's/`attach-once-until-d3`/`attach-once-until-a-reset`/' \
    's/ `order_below_wddm2.9` / `order_from_wddm2.9_on` /'

# ---- rooms ----

"$root/tests/includes.sh" --rooms >"$scratch/rooms"

# drawn PAGE: prints what the page's arrows and the table of rooms disagree in: each arrow is allowed, and what a room
# may look into can be reached by arrows.
drawn() {
    awk '
        NR == FNR { for (i = 2; i <= NF; i++) may[$1, $i] = 1; rooms[$1] = 1; next }
        /▶/ {
            n = split($0, at, / *(─)+▶ */)
            for (i = 1; i <= n; i++) {
                sub(/^ +/, "", at[i])
                if (!(at[i] in rooms)) print "there is no room " at[i]
            }
            for (i = 1; i < n; i++) {
                reach[at[i], at[i + 1]] = 1
                if (!((at[i], at[i + 1]) in may)) print at[i] " may not look into " at[i + 1]
            }
        }
        END {
            for (via in rooms) for (from in rooms) for (to in rooms)
                if ((from, via) in reach && (via, to) in reach) reach[from, to] = 1
            for (pair in may) if (!(pair in reach)) { split(pair, room, SUBSEP); print "no way from " room[1] " to " room[2] }
        }' "$scratch/rooms" "$1"
}

holds drawn "$root/docs/design.md" 'picture of the rooms' 's/judge ──▶ contract/judge ──▶ mutate/' \
    's/^cli ──▶ mutate .*//' 's/──▶ interleave ─*▶/──▶/' 's/reproduce ──▶ verdict/verdict ──▶ reproduce/' \
    's/▶ drive/▶ driver/'
