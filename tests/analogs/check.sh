#!/usr/bin/env bash
# tests/analogs/run can fail: on analogs made of planted bugs, each with another fault. And what its --fuzz finds, misses
# and remembers is in its table. Usage: tests/analogs/check.sh
set -euo pipefail

cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
place=$scratch/place

fail() {
    printf 'analogs: %s\n' "$1"
    cat "$scratch/out"
    exit 1
} >&2

# ends STATUS TEXT ARG...: so does `run ARG...` there, and it says TEXT; anything where that is empty.
ends() {
    local wanted=$1 text=$2 status=0
    shift 2
    tests/analogs/run --place "$place" "$@" >"$scratch/out" 2>&1 || status=$?
    ((status == wanted)) || fail "'$*' ends with $status, not $wanted"
    grep -qF -- "$text" "$scratch/out" || fail "'$*' does not say '$text'"
}

# analog NAME BUG GROUP: the planted bug as an analog.
analog() {
    local from=tests/planted/$2 to=$place/$1 clause caught
    caught=$(sed -n 's/^Caught: //p' "$from/bug.patch")
    clause=$(sed -n 's/^Clause: //p' "$from/bug.patch")
    [[ -z $caught ]] || clause=-
    mkdir -p "$to"
    cp "$from/program.txt" "$to"
    {
        printf '%s\n' "Source: planted $2" "Group: $3" "Kind: CWE-20" "Clause: $clause" "Story: as planted" \
            "Here: as planted"
        [[ -z $caught ]] || echo "Caught: $caught"
        sed -n '/^$/,$p' "$from/bug.patch"
    } >"$to/bug.patch"
}

# fresh: three that are as they should be.
fresh() {
    rm -rf "$place"
    analog 007-zero pin-zero-means-everything iommu
    analog 008-flags any-null-read-before-check iommu
    analog 030-twice unpin-nothing-is-a-success display
}

# changed NAME/FILE SCRIPT TEXT: with this edit of a file `run --list` fails, and says why.
changed() {
    fresh
    sed -i "$2" "$place/$1"
    ends 1 "$3" --list
}

# ---- the form ----

fresh
ends 0 'planted pin-zero-means-everything' --list
changed 007-zero/bug.patch '/^Story:/d' 'FAILED  007-zero                                     bug.patch: no Story:'
changed 007-zero/bug.patch '/^Source:/d' 'bug.patch: no Source: above the first empty line'
changed 007-zero/bug.patch 's/^Here:/Heer:/' "bug.patch:6: expected one of Source Group Kind Clause Story Here Caught"
changed 007-zero/bug.patch 's/^Story: .*/Story: /' 'bug.patch:5: nothing behind Story:'
changed 007-zero/bug.patch 's/^Story: .*/Kind: CWE-1/' 'bug.patch:5: a second Kind:'
changed 007-zero/bug.patch 's/^Source: .*/Source: linux/' "Source: expected a project and which of its bugs, not 'linux'"
changed 007-zero/bug.patch 's/^Group: .*/Group: pool/' "Group: expected one of iommu display windows handles, not 'pool'"
changed 007-zero/bug.patch 's/^Kind: .*/Kind: CVE-2024-1/' "Kind: expected CWE- and a number, not 'CVE-2024-1'"
changed 007-zero/bug.patch 's/^Clause: .*/Clause: PIN-NAUGHT/' "not 'PIN-NAUGHT'"
changed 007-zero/bug.patch 's/^Clause: .*/Clause: -/' 'expected a Clause: of the contract, or Clause: - and a Caught:'
changed 008-flags/bug.patch 's/^Clause: .*/Clause: ANY-NULL/' 'or Clause: - and a Caught:'
changed 008-flags/bug.patch 's/^Caught: .*/Caught: msan use/' "Caught: expected 'asan TEXT' or 'both TEXT'"
changed 007-zero/program.txt d 'no program.txt, or nothing in it'
fresh
: >"$place/007-zero/crash"
ends 1 'a file that is none of bug.patch, program.txt: crash' --list
fresh
mv "$place/007-zero" "$place/07-zero"
ends 1 'expected a name like 007-some-words' --list
fresh
mv "$place/008-flags" "$place/009-flags"
ends 1 'FAILED  a gap in group iommu: 007 and then 009' --list
ends 0 '' --list '0*'
mv "$place/009-flags" "$place/007-flags"
ends 1 'FAILED  number 007 twice: 007-flags 007-zero' --list
ends 2 "no bug is called '100*'" --list '100*'

# ---- the programs ----

fresh
ends 0 '3 passed, 0 failed'
printf 'pin2 lead(0) index=0 CommitSize=1p\nunpin lead(0) index=0\n' >"$place/007-zero/program.txt"
analog 008-flags unpin-gone-adl-never-freed iommu
sed -i 's/^Clause: .*/Clause: PIN-MAX/' "$place/008-flags/bug.patch"
sed -i 's/^-\(.*[a-z]\)/-\1 and more/' "$place/030-twice/bug.patch"
ends 1 '0 passed, 3 failed'
grep -q '^FAILED  007-zero  *asan: kept, not violated PIN-ZERO' "$scratch/out" || fail 'a program that shows nothing'
grep -q '^FAILED  008-flags  *asan: violated UNPIN-GONE, not violated PIN-MAX' "$scratch/out" || fail 'another clause'
grep -q '^FAILED  030-twice  *does not apply' "$scratch/out" || fail 'a patch that does not apply'
fresh
sed -i 's/^\(+.*\);$/\1/' "$place/030-twice/bug.patch"
ends 1 'FAILED  030-twice                                    does not compile' 030-twice

# ---- fuzzing ----

fresh
analog 009-nothing pin-zero-means-everything iommu
sed -i '/^$/,$d' "$place/009-nothing/bug.patch"
cat >>"$place/009-nothing/bug.patch" <<'END_OF_FILE'

--- a/src/nt/mdl.c
+++ b/src/nt/mdl.c
@@ -1,4 +1,4 @@
-/* Allocates and frees memory descriptor lists. */
+/* Allocates and frees memory descriptor lists, as ever. */
 #include "nt/mdl.h"
 
 #include "nt/nt.h"
END_OF_FILE
fuzz=(--fuzz --seeds 2 --budget 1 --out "$scratch/out.d")
ends 0 '- 009-nothing: found in 0 of 2 runs. as planted' "${fuzz[@]}"
grep -q '^| iommu | 1 | 1 | 0 | 0 | 100\.0 | [0-9.]* | [0-9.]* | 2 | 1 | 0 | 1 | 50\.0 | [0-9.]* | > 1 |$' "$scratch/out" ||
    fail 'the table has another row of iommu'
grep -q '^| all | 2 | 2 | 0 | 0 | 100\.0 |' "$scratch/out" || fail 'the table has another last row'
grep -qx 'Missed of the even half: none' "$scratch/out" || fail 'something of the even half is missed'
[[ $(wc -l <"$scratch/out.d/results.tsv") -eq 9 ]] || fail 'four analogs in two runs are no eight lines'
cp "$scratch/out.d/results.tsv" "$scratch/before"
ends 1 'FAILED  the odd half: 50.0 % found in each run, not 95 %' "${fuzz[@]}" --require 95
cmp -s "$scratch/before" "$scratch/out.d/results.tsv" || fail 'what is known is measured again'
ends 0 'Missed of the even half: none' "${fuzz[@]}" --require 95 --half even
! grep -q 'odd' "$scratch/out" || fail 'of one half the other is told'
sed -i '/^Kind:/d' "$place/008-flags/bug.patch"
ends 2 '008-flags: bug.patch: no Kind:' "${fuzz[@]}"
echo 'analogs: each check can fail'
