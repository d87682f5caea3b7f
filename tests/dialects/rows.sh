#!/usr/bin/env bash
# Each program of tests/dialects/programs is one in which somebody who keeps the documents does something of his own. It
# says on top what that is, and
#
#   # Variant: NAME     the implementation of tests/dialects that does so; all: each of them, this project's too
#   # Held to: ENTRY    this project's choice of what is behind it, as `pinfuzz dialect` prints it; left out where no
#                       entry says it
#   # Breaks: CLAUSE    what breaks when NAME is held to this project's choice: so it really does otherwise; nothing:
#                       no clause speaks of it
#
# NAME keeps the contract with what it chose learnt, and with that declared; held to ENTRY it breaks CLAUSE. Usage:
# tests/dialects/rows.sh PINFUZZ PROGRAM...
set -euo pipefail

pinfuzz=$1
shift
tests=$(dirname "$0")
failures=0

fail() { # PROGRAM, WHAT
    echo "rows: $1: $2" >&2
    failures=$((failures + 1))
}

# What the comment on top says behind a word; nothing where the word is not there.
said() { # PROGRAM, WORD
    sed -n "s/^# $2: //p" "$1"
}

verdict() { # PROGRAM, NAME [DECLARED]
    local told
    told=$(DIALECT=$2 ${3+env DECLARED="$3"} "$pinfuzz" run "$1" 2>/dev/null) || true
    echo "${told#"$1: "}"
}

check() { # PROGRAM, NAME, ENTRY, CLAUSE
    local own
    own=$(sed -n 's/^ \* Dialect: \(.*\) \*\/$/\1/p' "$tests/$2.c")
    own=${own/#none/}
    [[ $(verdict "$1" "$2") == kept ]] || fail "$1" "$2: $(verdict "$1" "$2"), with its choices learnt"
    # What no entry says can't be declared either.
    [[ $4 == nothing || -z $3 || " $own " != *" ${3%=*}="* || $(verdict "$1" "$2" "$own") == kept ]] ||
        fail "$1" "$2: $(verdict "$1" "$2" "$own"), with its choices declared"
    local wanted="violated $4"
    [[ $4 != nothing ]] || wanted=kept
    [[ $(verdict "$1" "$2" "$own $3") == "$wanted" ]] ||
        fail "$1" "$2, held to ${3:-what it did not choose otherwise}: expected $wanted, got $(verdict "$1" "$2" "$own $3")"
}

for program; do
    variant=$(said "$program" Variant)
    breaks=$(said "$program" Breaks)
    if [[ -z $(said "$program" Row) || -z $variant || -z $breaks ]]; then
        fail "$program" 'expected Row, Variant and Breaks on top'
    elif [[ $variant == all ]]; then
        for source in "$tests"/*.c; do
            check "$program" "$(basename "$source" .c)" '' "$breaks"
        done
    elif [[ ! -e $tests/$variant.c ]]; then
        fail "$program" "no $tests/$variant.c"
    else
        check "$program" "$variant" "$(said "$program" 'Held to')" "$breaks"
    fi
done
((failures == 0)) || exit 1
echo "rows: $# programs, each kept by who does otherwise"
