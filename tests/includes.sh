#!/usr/bin/env bash
# Who may include what: the harness sees the public DDI and the seam, never what is behind it, so that
# another implementation can stand in for src/. First shows that it would notice, on a copy with a bad
# include in it. Usage: tests/includes.sh
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)

# What may stand between the quotes, as a regular expression, for the files below each directory.
rules=(
    'harness      (wddm|harness)/[a-z0-9_/]+\.(h|def)'
    'fuzz         (wddm|harness|fuzz)/[a-z0-9_/]+\.h'
    'src/include  wddm/[a-z0-9_]+\.h'
    'src/nt       (wddm|nt)/[a-z0-9_]+\.h'
    'src/dxgk     (wddm|nt|dxgk)/[a-z0-9_]+\.h'
    'src/sut      ((wddm|nt|dxgk|sut)/[a-z0-9_]+|harness/sut)\.h'
)

# Prints each include below $1 that breaks a rule; fails when there is one.
check() {
    local tree=$1 rule place allowed file line text status=0
    for rule in "${rules[@]}"; do
        read -r place allowed <<<"$rule"
        [[ -d $tree/$place ]] || continue
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
            '^[[:space:]]*#[[:space:]]*(include|import)' "$tree/$place")
    done
    return $status
}

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir -p "$copy/src"
cp -R "$root/harness" "$root/fuzz" "$copy/"
cp -R "$root/src/." "$copy/src/"

# Each of these must be refused, alone, at each place.
proofs=0
for file in harness/judge/planted.c harness/judge/planted.h fuzz/planted_fuzzer.c; do
    for bad in '"nt/lock.h"' '"src/nt/lock.h"' '"../src/nt/lock.h"' '"harness/../src/nt/lock.h"' \
        '<nt/lock.h>' '<src/nt/lock.h>' '"lock.h"' 'HEADER'; do
        printf '#include "wddm/dispmprt.h"\n#include <stddef.h>\n# include %s\n' "$bad" >"$copy/$file"
        refused=$(check "$copy" | grep -c "^$file:3:" || true)
        if [[ $refused != 1 ]]; then
            echo "includes: this check cannot fail: #include $bad in $file was let through" >&2
            exit 1
        fi
        rm "$copy/$file"
        proofs=$((proofs + 1))
    done
done

check "$root" || {
    echo "includes: a file sees what is behind the seam" >&2
    exit 1
}
echo "includes: every rule holds ($proofs planted includes were refused)"
