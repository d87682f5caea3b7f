#!/usr/bin/env bash
# Who may include what. The harness sees the public DDI and the seam, never what is behind it, so that another
# implementation can stand in for src/. Its rooms see those that they stand on, never those that stand on them.
# First shows that it would notice, on a copy with a bad include in it. Usage: tests/includes.sh [--rooms]
#   --rooms  prints each room with those that it may look into, and checks nothing
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)

# The rooms of harness/, each with those that it may look into, beside the public DDI and the seam.
rooms=(
    'program'
    'contract    program'
    'interleave  program'
    'judge       contract program'
    'drive       judge interleave contract program'
    'mutate      contract program'
    'minimize    contract program'
    'verdict     drive judge interleave minimize contract program'
    'enumerate   verdict drive judge contract program'
    'reproduce   verdict drive judge contract program'
    'page'
    'picture     page reproduce verdict drive judge interleave contract program'
    'campaign    page contract program'
    'cli         campaign picture page reproduce enumerate verdict minimize mutate drive judge interleave contract program'
)
if [[ ${1-} == --rooms ]]; then
    printf '%s\n' "${rooms[@]}"
    exit 0
fi

# What may stand between the quotes, as a regular expression, for the files below each directory.
rules=(
    'harness      (wddm|harness)/[a-z0-9_/]+\.(h|def)'
    'fuzz         (wddm|harness|fuzz)/[a-z0-9_/]+\.h'
    'src/include  wddm/[a-z0-9_]+\.h'
    'src/nt       (wddm|nt)/[a-z0-9_]+\.h'
    'src/dxgk     (wddm|nt|dxgk)/[a-z0-9_]+\.h'
    'src/sut      ((wddm|nt|dxgk|sut)/[a-z0-9_]+|harness/sut)\.h'
    'examples     (wddm/[a-z0-9_]+|harness/sut|[a-z0-9_]+)\.h'
)
for line in "${rooms[@]}"; do
    read -ra seen <<<"$line"
    rules+=("harness/${seen[0]} (wddm/[a-z0-9_]+|harness/sut|harness/($(IFS='|' && echo "${seen[*]}"))/[a-z0-9_]+)\.(h|def)")
done

# Prints each include below $1, or in the file $2 there, that breaks a rule; fails when there is one.
check() {
    local tree=$1 only=${2-} rule place allowed file line text status=0
    for rule in "${rules[@]}"; do
        read -r place allowed <<<"$rule"
        [[ -d $tree/$place && ${only:-$place/} == "$place/"* ]] || continue
        while IFS=: read -r file line text; do
            # Angle brackets are for the system's headers: a path of ours in them is no way round.
            if [[ $text =~ ^[[:space:]]*#[[:space:]]*include[[:space:]]*\"($allowed)\" ]]; then
                continue
            elif [[ $text =~ ^[[:space:]]*#[[:space:]]*include[[:space:]]*\<([a-z0-9_/]+\.h)\> ]] &&
                [[ ! -e $tree/${BASH_REMATCH[1]} && ! -e $tree/src/${BASH_REMATCH[1]} &&
                    ! -e $tree/src/include/${BASH_REMATCH[1]} ]]; then
                continue
            fi
            echo "${file#"$tree"/}:$line: $place may not have: $text"
            status=1
        done < <(grep -rnE --include='*.[ch]' --include='*.cc' --include='*.inc' --include='*.def' \
            '^[[:space:]]*#[[:space:]]*(include|import)' "$tree/${only:-$place}" /dev/null)
    done
    return $status
}

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir -p "$copy/src"
cp -R "$root/harness" "$root/fuzz" "$root/examples" "$copy/"
cp -R "$root/src/." "$copy/src/"

# try FILE INCLUDE: must be refused.
proofs=0
try() {
    printf '#include "wddm/dispmprt.h"\n#include <stddef.h>\n# include %s\n' "$2" >"$copy/$1"
    if check "$copy" "$1" >"$copy/said" || ! grep -q "^$1:3:" "$copy/said"; then
        echo "includes: this check cannot fail: #include $2 in $1 was let through" >&2
        exit 1
    fi
    rm "$copy/$1"
    proofs=$((proofs + 1))
}

for file in harness/judge/planted.c harness/judge/planted.h fuzz/planted_fuzzer.c; do
    for bad in '"nt/lock.h"' '"src/nt/lock.h"' '"../src/nt/lock.h"' '"harness/../src/nt/lock.h"' \
        '<nt/lock.h>' '<src/nt/lock.h>' '"lock.h"' 'HEADER'; do
        try "$file" "$bad"
    done
done
# An example is another project, and sees only the seam.
for bad in '"harness/judge/run.h"' '"nt/lock.h"' '<nt/lock.h>'; do
    try examples/tinykrnl/planted.c "$bad"
done
# Each room with each room that it may not look into.
for line in "${rooms[@]}"; do
    read -ra seen <<<"$line"
    for other in "${rooms[@]}"; do
        [[ " $line " == *" ${other%% *} "* ]] || try "harness/${seen[0]}/planted.c" "\"harness/${other%% *}/planted.h\""
    done
done
# A room that nobody has told of here would see all of them.
for place in "$root"/harness/*/; do
    place=$(basename "$place")
    grep -q "^$place\b" < <(printf '%s\n' "${rooms[@]}") || {
        echo "includes: harness/$place is no room: say in $0 what it may look into" >&2
        exit 1
    }
done

check "$root" || {
    echo "includes: a file sees what it may not" >&2
    exit 1
}
echo "includes: every rule holds ($proofs planted includes were refused)"
