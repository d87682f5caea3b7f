#!/usr/bin/env bash
# `pinfuzz report` on the command line: its pages' names, what is in them, their size, its errors. What a browser makes of
# pages is tests/planted/pages'. Usage: tests/report.sh PINFUZZ BROKEN
#   BROKEN  pinfuzz with tests/bare/broken.c, in which every second view is forgotten
set -euo pipefail

pinfuzz=$(realpath "${1:?usage: tests/report.sh PINFUZZ BROKEN}")
broken=$(realpath "${2:?usage: tests/report.sh PINFUZZ BROKEN}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
checks=0

fail() {
    printf 'report: %s\n' "$1" >&2
    exit 1
}

# expect STATUS PATTERN COMMAND...: its exit status, and what it says, on both streams.
expect() {
    local wanted=$1 pattern=$2 status=0 out
    shift 2
    out=$("$@" 2>&1 </dev/null) || status=$?
    # shellcheck disable=SC2053 # a pattern is meant
    [[ $status == "$wanted" && $out == $pattern ]] || fail "$* ends with $status, not $wanted, and says: $out"
    checks=$((checks + 1))
}

# has FILE TEXT; lacks FILE TEXT
has() {
    grep -qF -- "$2" "$1" || fail "$1 does not have: $2"
    checks=$((checks + 1))
}
lacks() {
    ! grep -qF -- "$2" "$1" || fail "$1 has: $2"
    checks=$((checks + 1))
}

# long OPS: a program of that many operations, of which the last breaks something.
long() {
    local i
    for ((i = 0; i < $1 / 2 - 1; i++)); do
        printf 'pin2 lead(0) index=0 CommitSize=3p\nunpin lead(0) index=0\n'
    done
    printf 'map lead(0) index=0 Size=1p Offset=0\nmap lead(0) index=0 Size=1p Offset=1p\n'
}

long 2 >two.txt
long 64 >long.txt
long 1024 >longest.txt
printf '# </script><script>alert(1)</script>\npin2 lead(0) index=0 CommitSize=1p\n' >kept.txt

# ---- pages, and what they are called ----

expect 0 'two.txt: violated MAP-MANY: pages/map-many-map.html' "$broken" report two.txt -o pages
for text in 'MAP-MANY' '2 views' 'What was called' 'pinfuzz run two.txt' "default-src 'none'" 'int main(void)'; do
    has pages/map-many-map.html "$text"
done
for text in 'http://' 'https://' ' src=' ' href="/' '<link' '@import' 'url(http' ' style="' ' onclick='; do
    lacks pages/map-many-map.html "$text"
done
expect 0 $'two.txt: *: pages/map-many-map.html\nlong.txt: *: pages/map-many-map-2.html' "$broken" report two.txt long.txt -o pages
has pages/map-many-map-2.html 'As it was found, 64 operations'
expect 0 'kept.txt: kept: report/no-finding.html' "$pinfuzz" report kept.txt
has report/no-finding.html 'The contract is kept'
lacks report/no-finding.html 'alert(1)'
expect 0 '*: pages/no-finding.html' "$pinfuzz" report -o pages two.txt

# ---- names are text ----

name=$'<img src=x onerror=alert(1)>\'"&\n.txt'
cp two.txt "$name"
expect 0 '*' "$broken" report "$name" -o hostile
lacks hostile/map-many-map.html '<img'
has hostile/map-many-map.html '&lt;img src=x onerror=alert(1)&gt;'

# ---- sizes ----

# page OPS FILE BYTES: with that many operations it weighs no more.
page() {
    local size
    expect 0 "*: sizes/map-many-map.html" "$broken" report --as-is "$2" -o sizes
    size=$(stat -c %s sizes/map-many-map.html)
    ((size <= $3)) || fail "a page of $1 operations has $size bytes, not at most $3"
    [[ $(grep -c '<li data-op=' sizes/map-many-map.html) == "$1" ]] || fail "a page of $1 operations has not all of them"
    checks=$((checks + 2))
}
page 64 long.txt $((300 * 1024))
page 1024 longest.txt $((3 * 1024 * 1024))

# ---- errors ----

expect 2 '*FILE is missing*' "$pinfuzz" report
expect 2 '*nowhere.txt*' "$pinfuzz" report nowhere.txt
printf 'pin3\n' >wrong.txt
expect 2 $'*wrong.txt:1:1: *kept.txt: kept: *' "$pinfuzz" report wrong.txt kept.txt
expect 2 'no/pages: *' "$pinfuzz" report kept.txt -o no/pages
expect 2 'kept.txt: *' "$pinfuzz" report kept.txt -o kept.txt
mkdir -p full/map-many-map.html
expect 2 '*full/map-many-map.html: *' "$broken" report two.txt -o full
[[ $(ls full) == map-many-map.html ]] || fail "half a page is left: $(ls full)"
expect 2 "*unknown option '--fast'*" "$pinfuzz" report --fast kept.txt

# ---- triage ----

mkdir saved
cp long.txt saved/crash-1.txt
expect 1 '*MAP-MANY: 1 file, kept/map-many-map *' "$broken" triage saved -o kept
has kept/map-many-map/report.html 'pinfuzz run kept/map-many-map/program.txt'
has kept/map-many-map/report.html 'As it was found, 64 operations'
expect 1 '*program.txt: violated MAP-MANY' "$broken" run kept
echo "report: $checks checks hold"
