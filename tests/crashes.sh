#!/usr/bin/env bash
# Each folder of crashes/ is what crashes/README.md says. Usage: tests/crashes.sh PINFUZZ
set -euo pipefail

pinfuzz=$(realpath "${1:?usage: tests/crashes.sh PINFUZZ}")
root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$pinfuzz" clauses | sed -nE 's/^([A-Z0-9]+-[A-Z0-9-]+) .*/\L\1/p' >"$scratch/clauses"

# check DIR: prints what is not as it should be.
check() {
    local place name clause file found
    for place in "$1"/*; do
        name=${place##*/}
        [[ $name != README.md ]] || continue
        [[ -d $place ]] || {
            echo "$name: no folder"
            continue
        }
        [[ $name =~ ^[a-z0-9]+(-[a-z0-9]+)+$ ]] || echo "$name: a folder's name is words with dashes"
        found=0
        while read -r clause; do
            [[ $name != "$clause"-* ]] || found=1
        done <"$scratch/clauses"
        # What a process said before it died names a folder as well, if the verdict is kept beside it.
        ((found)) || [[ $name == *-in-* ]] || grep -qs '^\(crashed\|hung\) (' "$place/verdict.txt" ||
            echo "$name: begins with no clause, and names no function"
        for file in "$place"/* "$place"/.[!.]*; do
            case ${file##*/} in
            program.txt | verdict.txt | source.c | report.html | '.[!.]*') ;;
            *) echo "$name/${file##*/}: is none of program.txt, verdict.txt, source.c, report.html" ;;
            esac
        done
        [[ -s $place/program.txt ]] || {
            echo "$name: no program.txt"
            continue
        }
        [[ $(head -c 2 "$place/program.txt") == '# ' ]] || echo "$name/program.txt: no story on top"
        "$pinfuzz" text "$place/program.txt" >"$scratch/text" 2>&1 || cat "$scratch/text"
    done
}

# It must be able to fail before its success says anything.
mkdir -p "$scratch/planted"/{pin-count-high-bits,some-last-words,crash,Pin-Count-x,pin-twice-two,tdr-keeps-x,segv-in-dxgk-pin}
for place in "$scratch/planted"/*; do
    printf '# Told.\npin2 lead(0) index=0 CommitSize=1p\n' >"$place/program.txt"
done
tail -n 1 "$scratch/planted/crash/program.txt" >"$scratch/planted/pin-twice-two/program.txt"
printf '# Told.\npin3\n' >"$scratch/planted/tdr-keeps-x/program.txt"
: >"$scratch/planted/pin-count-high-bits/crash-01"
: >"$scratch/planted/note"
echo 'crashed (signal 6): some last words' >"$scratch/planted/some-last-words/verdict.txt"
refused=$(check "$scratch/planted" | wc -l)
if ((refused != 8)); then
    check "$scratch/planted" >&2
    echo "crashes: this check cannot fail: of 8 faults it sees $refused" >&2
    exit 1
fi

check "$root/crashes" >"$scratch/wrong"
if [[ -s $scratch/wrong ]]; then
    cat "$scratch/wrong" >&2
    exit 1
fi
echo "crashes: every folder is as it should be ($refused planted faults were refused)"
