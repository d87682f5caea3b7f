#!/usr/bin/env bash
# Files that pages and comments name are there: a path from the top (harness/judge/race.c, a pattern, a folder), and in
# C files of this project also a name alone (race.h). Functions that docs/design.md names are there, too. First shows that
# it would notice. Usage: tests/paths.sh
set -euo pipefail
shopt -s nullglob

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

find . \( -name .git -o -name build \) -prune -o -type f -name '*.[ch]' -print | sed 's!.*/!!' | sort -u >"$scratch/names"
mapfile -t pages < <(find README.md CONTRIBUTING.md docs crashes tests examples -maxdepth 3 -name '*.md' | sort)
mapfile -t sources < <(find harness src fuzz examples -name '*.[ch]' -o -name '*.def' -o -name '*.py' | sort)

# A path begins with one of these; behind another word or a slash it is part of something else.
tops='(harness|src|fuzz|tests|cmake|docs|examples)'

# check FILE...: prints "FILE:LINE: there is no PATH" for each.
check() {
    local file line path
    local -a found
    grep -nHoP "(?<![\w/.\$-])$tops/[\w.*/+-]*[\w*/]" "$@" | sort -u >"$scratch/paths" || true
    while IFS=: read -r file line path; do
        # Behind an include the compiler looks; a name in capitals stands for others; fuzz/NAME is a program's, too.
        [[ $path != */[A-Z][A-Z]* ]] || continue
        # shellcheck disable=SC2206 # a pattern is meant
        found=($path)
        [[ -e ${found[0]-} ]] || echo "$file:$line: there is no $path"
    done <"$scratch/paths"
    # Names alone: in comments, which is where the compiler does not look.
    grep -nHP '^\s*(/\*|\*|//)|/\* ' "$@" | grep -P '^[^:]*\.([ch]|def):' |
        grep -oP '^[^:]*:\d+:|(?<![\w/.<*-])[a-z]\w*\.[ch]\b(?!>)' >"$scratch/named" || true
    awk 'NR == FNR { there[$0]; next } /:$/ { at = $0; next } !($0 in there) { print at " there is no " $0 }' \
        "$scratch/names" "$scratch/named"
}

# functions PAGE: prints each function that the page names and no source has.
functions() {
    # shellcheck disable=SC2016 # the backticks are the page's
    grep -oP '`\K[A-Za-z]\w+(?=\(\)`)' "$1" | sort -u | while read -r name; do
        grep -qrw --include='*.[ch]' "$name" harness src fuzz || echo "$1: there is no function $name()"
    done
}

# shellcheck disable=SC2016 # the backticks are the page's
sed 's/`run_op()`/`run_opera()`/' docs/design.md >"$scratch/page.md"
[[ $(functions "$scratch/page.md") == *' run_opera()' ]] || {
    echo "paths: a function that is gone goes unnoticed" >&2
    exit 1
}

cat >"$scratch/planted.c" <<'END_OF_FILE'
/* What harness/judge/check_pin.c sees (check.c, model.c), of src/dxgk/ and tests/changes/NAME. */
/* What harness/judge/check_gone.c sees. */
int planted; /* gone_file.c says why */
/* Private to harness/gone*.c. */
END_OF_FILE
check "$scratch/planted.c" | sed 's/.*: there/there/' >"$scratch/said"
diff - "$scratch/said" >/dev/null <<'END_OF_FILE' || {
there is no harness/judge/check_gone.c
there is no harness/gone*.c
there is no gone_file.c
END_OF_FILE
    echo "paths: this check cannot fail; of a file with three wrong names it says:" >&2
    cat "$scratch/said" >&2
    exit 1
}

{
    check "${pages[@]}" "${sources[@]}"
    functions docs/design.md
} >"$scratch/said"
if [[ -s $scratch/said ]]; then
    cat "$scratch/said" >&2
    exit 1
fi
echo "paths: ${#pages[@]} pages and ${#sources[@]} sources name files that are there"
