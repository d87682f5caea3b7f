#!/usr/bin/env bash
# What is said of an implementation that is not held to this project's choices and makes others: how far it
# was judged, and that it was not to the end. Usage: tests/contrary.sh PINFUZZ, built with bare/contrary.c
set -euo pipefail

pinfuzz=$(realpath "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

printf 'machine iommu=none\npin2 lead(0) index=0 CommitSize=1p\n' >no_boot.txt
printf 'adapter 0 absent\nirql high\nirql passive\n' >to_the_end.txt
printf 'pin2 lead(0) index=0 CommitSize=1p\n' >no_start.txt

expected="no_boot.txt: kept, but not run, for the machine did not boot
no_start.txt: violated INIT-ROLLBACK
to_the_end.txt: kept"
got=$("$pinfuzz" run no_boot.txt no_start.txt to_the_end.txt 2>/dev/null || true)
[[ $got == "$expected" ]] || {
    printf 'contrary: pinfuzz run: expected\n%s\ngot\n%s\n' "$expected" "$got" >&2
    exit 1
}
{ "$pinfuzz" clauses . 2>&1 >/dev/null || true; } | grep -q '^1 of 3 programs were not judged to their end, the first of them not run' || {
    echo 'contrary: pinfuzz clauses does not say that one of three was not judged to their end' >&2
    exit 1
}
