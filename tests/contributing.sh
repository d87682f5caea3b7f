#!/usr/bin/env bash
# CONTRIBUTING.md: every file that a recipe lists exists. Where tests/changes/ has a patch of the kind, the recipe lists
# the files that the patch touches and no others; each patch has a recipe. First shows that it would notice.
# Usage: tests/contributing.sh
set -euo pipefail
shopt -s nullglob

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# recipes PAGE: prints "RECIPE|PATTERN" for each file that a recipe lists, and "RECIPE|=PATCH" for its patch.
recipes() {
    awk '
        /^## / { recipe = substr($0, 4) }
        recipe && /^Patch: `.*`$/ { print recipe "|=" substr($0, 9, length($0) - 9) }
        recipe && /^\| `/ {
            split($0, cell, "|")
            while (match(cell[2], /`[^`]+`/)) {
                print recipe "|" substr(cell[2], RSTART + 1, RLENGTH - 2)
                cell[2] = substr(cell[2], RSTART + RLENGTH)
            }
        }' "$1"
}

# is_listed FILE: whether one of `patterns` is that file.
is_listed() {
    local pattern
    for pattern in "${patterns[@]}"; do
        # shellcheck disable=SC2053 # a pattern is meant
        [[ $1 != $pattern ]] || return 0
    done
    return 1
}

# check_patch RECIPE PATCH: `patterns` against the files of the patch.
check_patch() {
    local file pattern found
    local -a files
    [[ -e $2/change.patch ]] || {
        echo "$1: there is no $2/change.patch"
        return
    }
    mapfile -t files < <(sed -nE 's!^(---|\+\+\+) [ab]/([^ \t]*).*!\2!p' "$2/change.patch" | sort -u)
    for file in "${files[@]}"; do
        is_listed "$file" || echo "$1: does not list $file, which $2 touches"
    done
    for pattern in "${patterns[@]}"; do
        found=0
        for file in "${files[@]}"; do
            # shellcheck disable=SC2053 # a pattern is meant
            [[ $file != $pattern ]] || found=1
        done
        ((found)) || echo "$1: lists $pattern, which $2 does not touch"
    done
}

# check PAGE: prints what is wrong.
check() {
    local recipe pattern patch
    local -a names patterns matches
    local -A patches=()
    recipes "$1" >"$scratch/recipes"
    mapfile -t names < <(cut -d'|' -f1 "$scratch/recipes" | uniq)
    for recipe in "${names[@]}"; do
        mapfile -t patterns < <(sed -n "s/^$recipe|\([^=]\)/\1/p" "$scratch/recipes")
        patch=$(sed -n "s/^$recipe|=//p" "$scratch/recipes")
        for pattern in "${patterns[@]}"; do
            # shellcheck disable=SC2206 # a pattern is meant
            matches=($pattern)
            [[ -e ${matches[0]-} ]] || echo "$recipe: there is no $pattern"
        done
        if [[ $patch ]]; then
            patches[$patch]=1
            check_patch "$recipe" "$patch"
        fi
    done
    for patch in tests/changes/*/change.patch; do
        [[ ${patches[${patch%/change.patch}]-} ]] || echo "${patch%/change.patch}: no recipe has it as its patch"
    done
    ((${#names[@]})) || echo "no recipes"
}

# refused EXPECTED COMMAND...: the page as that leaves it must be refused, for the reason that is expected.
proofs=0
refused() {
    local expected=$1
    shift
    "$@" CONTRIBUTING.md >"$scratch/page.md"
    check "$scratch/page.md" >"$scratch/said"
    if ! grep -qF -- "$expected" "$scratch/said"; then
        echo "contributing: this check cannot fail: after $* it does not say '$expected'" >&2
        exit 1
    fi
    proofs=$((proofs + 1))
}
# shellcheck disable=SC2016 # the backticks are the page's
refused 'there is no harness/sutt.h' sed 's!`harness/sut\.h` |!`harness/sutt.h` |!'
refused 'does not list harness/program/faults.def, which tests/changes/fault-kind touches' sed '/^| `harness\/program\/faults/d'
# shellcheck disable=SC2016
refused 'lists harness/judge/run.c, which tests/changes/fault-kind does not touch' \
    sed 's!^| `src/nt/fault\.h` |!| `src/nt/fault.h` or `harness/judge/run.c` |!'
refused 'tests/changes/fault-kind: no recipe has it' sed '/^Patch: .*fault-kind/d'
# shellcheck disable=SC2016
refused 'there is no tests/changes/nothing/change.patch' sed 's!^Patch: .*fault-kind!Patch: `tests/changes/nothing!'
refused 'no recipes' sed '/^## /d'

check CONTRIBUTING.md >"$scratch/said"
if [[ -s $scratch/said ]]; then
    sed 's/^/CONTRIBUTING.md: /' "$scratch/said" >&2
    exit 1
fi
echo "contributing: $(cut -d'|' -f1 "$scratch/recipes" | sort -u | wc -l) recipes list what is there ($proofs planted faults were refused)"
