#!/usr/bin/env bash
# No circle: files of harness/ and of src/ use each other in one direction only, and so do the rooms of harness/, as
# their symbols show. No file is left out. First shows that it would notice. 
# Usage: tests/circles.sh CC [--without FILE] OBJECT... with objects named as in CMake, .../harness/room/file.c.o; FILE
# is one that cannot be built here.
set -euo pipefail

if ! command -v nm >/dev/null; then
    echo "circles: no nm" >&2
    exit 77
fi
root=$(cd "$(dirname "$0")/.." && pwd)
cc=$1
shift
without=
if [[ $1 == --without ]]; then
    without=$2
    shift 2
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Prints "FILE SYMBOL TYPE" for the symbols of objects. What a file is called is its path from harness/ or src/ on.
symbols() {
    nm -A -P "$@" | sed -nE 's#^[^ ]*/((harness|src)/[^ ]*)\.o: ([^ ]+ [A-Za-z]).*#\1 \3#p'
}

# Prints each file of harness/ and src/ that is not among the objects; fails when there is one. Those of embedded/ are
# in no object: they are text, which reproducers have.
missing() {
    local file status=0
    while read -r file; do
        if [[ $file != "$without" && " $* " != *"/$file.o "* ]]; then
            echo "    $file"
            status=1
        fi
    done < <(cd "$root" && find harness src -name '*.c' ! -path 'harness/reproduce/embedded/*' | sort)
    return $status
}

# Of symbols on standard input: prints "USER SYMBOL DEFINER" for each use of another file's. Some symbols have two
# definers, of which a program links one: those of the judge, for instance.
uses() {
    awk '
        $3 ~ /^[TDBRVWGSC]$/ { definers[$2] = definers[$2] " " $1 }
        $3 ~ /^[Uwv]$/ { user[n] = $1; symbol[n++] = $2 }
        END {
            for (i = 0; i < n; i++)
                for (k = split(definers[symbol[i]], definer, " "); k > 0; k--)
                    if (definer[k] != user[i])
                        print user[i], symbol[i], definer[k]
        }'
}

# Of uses on standard input: the same between rooms.
between_rooms() {
    sed -nE 's|^harness/([a-z_]+)/[^ ]* ([^ ]*) harness/([a-z_]+)/.*|\1 \2 \3|p' | awk '$1 != $3'
}

# Of uses on standard input: fails, and prints them, when some are a circle.
is_straight() {
    local status=0 all
    all=$(cat)
    awk '{ print $1, $3 }' <<<"$all" | sort -u | tsort >/dev/null 2>"$scratch/loop" || status=$?
    if ((status)); then
        sed -n 's/^tsort: \([^ -].*\)$/\1/p' "$scratch/loop" | sort -u >"$scratch/members"
        awk 'NR == FNR { in_loop[$1]; next } $1 in in_loop && $3 in in_loop { print "    " $1 " uses " $2 " of " $3 }' \
            "$scratch/members" - <<<"$all"
    fi
    return $status
}

# Of symbols on standard input: says what is wrong.
check() {
    local status=0
    uses >"$scratch/uses"
    is_straight <"$scratch/uses" || status=1
    between_rooms <"$scratch/uses" | sort -u | is_straight || status=1
    return $status
}

# plant FILE TEXT: an object that is called so.
plant() {
    mkdir -p "$scratch/planted/$(dirname "$1")"
    printf '%s\n' "$2" | "$cc" -x c -c - -o "$scratch/planted/$1.o"
    planted+=("$scratch/planted/$1.o")
}

# refused WHAT EXPECTED: the planted objects, beside the others, are a circle that is told.
refused() {
    symbols "${planted[@]}" | cat "$scratch/symbols" - >"$scratch/more"
    if check <"$scratch/more" >"$scratch/said"; then
        echo "circles: this check cannot fail: $1 was let through" >&2
        exit 1
    elif ! grep -qF "$2" "$scratch/said"; then
        echo "circles: of $1 this was said:" >&2
        cat "$scratch/said" >&2
        exit 1
    fi
}

missing "$@" >"$scratch/said" || {
    cat "$scratch/said"
    echo "circles: of these files no objects were given: see tests/CMakeLists.txt" >&2
    exit 1
}
if missing "${@:2}" >"$scratch/said"; then
    echo "circles: this check cannot fail: $1 may be missing" >&2
    exit 1
fi
symbols "$@" >"$scratch/symbols"
check <"$scratch/symbols" >"$scratch/said" || {
    cat "$scratch/said"
    echo "circles: these files or rooms use each other in a circle" >&2
    exit 1
}
[[ -n $(between_rooms <"$scratch/uses") ]] || {
    echo "circles: no symbols in these objects"
    exit 77 # link-time optimization has them elsewhere
}

planted=()
plant src/nt/planted_a.c 'int planted_b(void); int planted_a(void); int planted_a(void) { return planted_b(); }'
plant src/nt/planted_b.c 'int planted_a(void); int planted_b(void); int planted_b(void) { return planted_a(); }'
refused "a circle of two files" "src/nt/planted_a.c uses planted_b of src/nt/planted_b.c"
planted=()
plant harness/program/planted_c.c 'int planted_d; int planted_c(void); int planted_c(void) { return 0; }'
plant harness/judge/planted_d.c 'extern int planted_d; int *planted_e(void); int *planted_e(void) { return &planted_d; }'
plant harness/judge/planted_f.c 'int planted_f;'
plant harness/program/planted_g.c 'extern int planted_f; int *planted_g(void); int *planted_g(void) { return &planted_f; }'
refused "a circle of rooms" "program uses planted_f of judge"
echo "circles: none among $# files"
