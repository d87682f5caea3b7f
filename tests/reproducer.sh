#!/usr/bin/env bash
# The commands that stand in a reproducer and in the manual build it. Usage: tests/reproducer.sh PINFUZZ
set -euo pipefail

pinfuzz=$(realpath "$1")
root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

# kept COMMAND: builds the reproducer and runs it, and nothing is broken.
kept() {
    local said
    said=$(sh -c "$1" 2>&1) && [[ $said == kept ]] && return
    printf 'reproducer: %s\nexpected exit 0 and: kept\ngot: %s\n' "$1" "$said" >&2
    exit 1
}

printf 'pin2 lead(0) index=0 CommitSize=1p\n' >good.txt
"$pinfuzz" source good.txt -o finding.c
command=$(sed -n 's/^ \*     cc /cc /p' finding.c)
command=${command//ROOT/$root}
kept "${command/THIS.c/finding.c}"
command=$("$pinfuzz" help source | sed -n 's/^        cc /cc /p')
ln -s "$root/src" "$root/harness" .
kept "${command/find src/find -L src}"
