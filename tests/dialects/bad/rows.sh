#!/usr/bin/env bash
# tests/dialects/rows.sh can fail: where a program says something else of an implementation than is so. Usage:
# tests/dialects/bad/rows.sh PINFUZZ
set -euo pipefail

rows=$(dirname "$0")/../rows.sh
program=$(dirname "$0")/../programs/pin_of_a_part.txt
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

says() { # TEXT, SED SCRIPT: of the program changed so, this is said, and nothing else
    sed "$2" "$program" >"$scratch/program.txt"
    if "$rows" "$pinfuzz" "$scratch/program.txt" 2>"$scratch/said" || [[ $(wc -l <"$scratch/said") != 1 ]] ||
        ! grep -qF -- "$1" "$scratch/said"; then
        printf 'rows: expected "%s" alone, got\n' "$1" >&2
        cat "$scratch/said" >&2
        exit 1
    fi
}

pinfuzz=$1
"$rows" "$pinfuzz" "$program" >"$scratch/said"
says 'expected Row, Variant and Breaks on top' '/^# Breaks/d'
says "thoroughly.c" 's/^# Variant: .*/&ly/'
says 'expected violated PIN-EXACT, got violated PIN-LOCKED' 's/^# Breaks: .*/# Breaks: PIN-EXACT/'
says 'expected violated PIN-LOCKED, got kept' 's/^# Variant: .*/# Variant: zeroes/; s/^# Held to: .*//'
