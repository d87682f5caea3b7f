#!/usr/bin/env bash
# Each C file of harness/, src/ and fuzz/ begins with a comment that says in a sentence what the file is. First shows
# that it would notice. Usage: tests/heads.sh
set -euo pipefail

cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Prints each file that does not begin with a comment, or whose comment has no sentence in it: words up to a full
# stop, or to the colon before a list.
check() {
    awk '
        FNR == 1 { text = ""; open = /^\/\*/ }
        FNR == 1 && !open { print FILENAME ": does not begin with a comment that says what it is" }
        open { text = text " " $0 }
        open && /\*\// {
            open = 0
            if (text !~ /[A-Za-z0-9_]+ .*[.:]( |$)/) print FILENAME ": its first comment is no sentence"
        }' "$@"
}

# planted NAME TEXT
planted() { printf '%b\n' "$2" >"$scratch/$1.c"; }
planted bare '#include "harness/sut.h"\n/* What it is. */'
planted empty ''
planted words '/* helpers */\nint a;'
planted good '/* What pins have in common. */\nint a;'
planted long '/*\n * What pins have in common,\n * and views:\n *\n *     a list\n */\nint a;'
[[ $(cd "$scratch" && check bare.c empty.c words.c good.c long.c | cut -d: -f1 | tr '\n' ' ') == 'bare.c empty.c words.c ' ]] || {
    echo "heads: this check cannot fail; of three files without a head it says:" >&2
    (cd "$scratch" && check bare.c empty.c words.c good.c long.c) >&2
    exit 1
}

mapfile -t files < <(find harness src fuzz -name '*.[ch]' | sort)
check "${files[@]}" >"$scratch/said"
if [[ -s $scratch/said ]]; then
    cat "$scratch/said" >&2
    exit 1
fi
echo "heads: each of ${#files[@]} files says what it is"
