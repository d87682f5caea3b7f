#!/usr/bin/env bash
# An implementation that chose otherwise: its dialect is the one it was written to, and every program is judged to
# its end without a finding. Usage: tests/dialects.sh PINFUZZ SOURCE FILE|DIR...
set -euo pipefail

pinfuzz=$1
source=$2
shift 2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# What it was written to, as the comment on top says, and nothing else that differs from the core.
read -ra wanted <<<"$(sed -n 's/^ \* Dialect: \(.*\) \*\/$/\1/p' "$source")"
((${#wanted[@]})) || { echo "dialects: $source does not say what its dialect is" >&2; exit 2; }
[[ ${wanted[0]} != none ]] || wanted=()
printf '%s\n' "${wanted[@]}" | sed '/^$/d' | sort >"$scratch/wanted"
"$pinfuzz" dialect >"$scratch/all"
# A choice that is not the first of its list.
awk '/^[a-z]/ { entry = $1; first = 1 } /^    [* ] / { if (!first && $1 == "*") print entry; first = 0 }' \
    "$scratch/all" | sort >"$scratch/learnt"
diff -u --label "$source" --label 'pinfuzz dialect' "$scratch/wanted" "$scratch/learnt"

# In one process: to fork takes a sanitizer as long as to run most programs. What ends that process is told by runs in
# processes of their own.
status=0
"$pinfuzz" run --no-fork "$@" >"$scratch/verdicts" 2>"$scratch/reports" || status=$?
((!status)) || "$pinfuzz" run "$@" >"$scratch/verdicts" 2>>"$scratch/reports" || true
if grep -v ': kept$' "$scratch/verdicts" >"$scratch/others" || ((status)); then
    cat "$scratch/others" >&2
    head -n 60 "$scratch/reports" >&2
    echo "dialects: $(wc -l <"$scratch/others") of $(wc -l <"$scratch/verdicts") programs have a finding, or were left;" \
        "exit status $status" >&2
    exit 1
fi
# Whoever reads the verdicts is told what they rest on.
told=$(sed -n 's/^judged by its own choices.*: //p' "$scratch/reports")
diff -u --label "$source" --label 'pinfuzz run' "$scratch/wanted" <(tr ' ' '\n' <<<"$told" | sed '/^$/d' | sort)
# And what was not judged, for which choice.
if ! grep -qE '^not judged, of [0-9]+ programs:$' "$scratch/reports" ||
    ! grep -qE '^  ANY-NULL +- +[1-9][0-9]*  calls not made' "$scratch/reports"; then
    echo "dialects: pinfuzz run does not tell what was not judged" >&2
    exit 1
fi
if [[ " ${wanted[*]-} " == *' twice '* ]] && ! grep -qE '^  PIN-TWICE +twice=granted +[1-9]' "$scratch/reports"; then
    echo "dialects: the table of what was not judged does not tell the choice" >&2
    exit 1
fi
echo "dialects: $(wc -l <"$scratch/verdicts") programs kept"
