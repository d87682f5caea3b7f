# shellcheck shell=bash
# Sourced by tests/planted/run: what pinfuzz's commands make of a bug. The functions work on `name`, in
# `work`, with the bug planted and pinfuzz linked with it, and end with fail at what is wrong.

# What a text says happens, one operation a line.
operations() {
    grep -vE '^[[:space:]]*(#|machine|adapter|$)' "$1"
}

# try_minimize DIR LABEL: what grow puts in, minimize takes out.
try_minimize() {
    local dir=$1 label=$2 built=$work/$2 before after
    link_planted "$dir" "$label/grow" grow
    "$built/grow" program.txt 200 "$seed" "$built/grown" >"$work/log" 2>&1 ||
        fail "$label: grow: exit status $?" "$work/log"
    "$built/pinfuzz" minimize "$built/grown" -o "$built/short.txt" >"$work/log" 2>&1 ||
        fail "$label: minimize: exit status $?" "$work/log"
    before=$(operations program.txt | wc -l)
    after=$(operations "$built/short.txt" | wc -l)
    ((after <= before)) || {
        operations "$built/short.txt" >>"$work/log"
        fail "$label: minimize: $before operations and 200 shrink to $after" "$work/log" 40
    }
}

# try_interrupt LABEL: Ctrl-C while minimizing leaves a program that breaks the same. The process dies of these
# bugs, so that a candidate takes its time, and there is something to interrupt.
try_interrupt() {
    local built=$work/$1 pid status=0
    "$built/pinfuzz" minimize "$built/grown" -o "$built/cut.txt" >"$work/log" 2>&1 &
    pid=$!
    while [[ ! -s $built/cut.txt ]] && kill -0 "$pid" 2>/dev/null; do
        sleep 0.02
    done
    kill -INT "$pid" 2>/dev/null || true
    wait "$pid" || status=$?
    ((!status)) || fail "$1: minimize, interrupted: exit status $status" "$work/log"
    "$built/pinfuzz" run "$built/cut.txt" >"$work/report" 2>&1 || true
    grep -qF -- "$said" "$work/report" || fail "$1: minimize, interrupted, leaves another program" "$work/report"
}

# A program made of the C file in $work/LABEL, from the objects of DIR.
link_finding() {
    link_with "$1" "$2" '' sanitizers -- -std=c11 -Wall -Wextra -Werror -I"$tools_root" \
        -I"$tools_root/src/include" "$work/${2%/*}/finding.c"
}

# try_source DIR LABEL: the C file shows the finding, and nothing where the bug is not.
try_source() {
    local dir=$1 label=$2 status=0
    "$work/$label/pinfuzz" source program.txt -o "$work/$label/finding.c" >"$work/log" 2>&1 ||
        fail "$label: source: exit status $?" "$work/log"
    link_finding "$dir" "$label/finding"
    # In braces, so that what the shell says of a process that dies goes the same way.
    { timeout 60 "$work/$label/finding" || status=$?; } >"$work/report" 2>&1
    if [[ -n $caught ]]; then
        if ((status == 0 || status == 2)) || ! grep -qF -- "$said" "$work/report"; then
            fail "$label: the source ends with $status, without '$said'" "$work/report"
        fi
    elif ((status != 1)) || ! grep -qxF "contract violation: $clause" "$work/report"; then
        fail "$label: the source ends with $status, without $clause" "$work/report"
    fi
    (
        changed=() # the subject as it is
        link_finding "$dir" "$label/clean"
    )
    timeout 60 "$work/$label/clean" >"$work/report" 2>&1 ||
        fail "$label: the source ends with $? without the bug" "$work/report"
}

# try_faults LABEL: a program that injects one fault breaks its clause in a sweep that is not told which, and
# not without a fault. A bug with a Sweep: is found in the sweep of the seeds as well.
try_faults() {
    local label=$1 pinfuzz=$work/$1/pinfuzz got
    if (($(grep -c fail_nth program.txt) == 1)); then
        sed 's/ fail_nth=[0-9]*\(([a-z]*)\)\{0,1\}//' program.txt >"$work/$label/unfaulted.txt"
        got=$("$pinfuzz" run "$work/$label/unfaulted.txt" 2>"$work/report") || true
        [[ $got == *": kept" ]] || fail "$label: without its fault: $got" "$work/report"
        got=$("$pinfuzz" faults "$work/$label/unfaulted.txt" 2>"$work/report") || true
        got=${got#"$work/$label/unfaulted.txt: "}
        [[ $got == "violated $clause at "* ]] || fail "$label: faults: $got" "$work/report"
    fi
    [[ -n $swept ]] || return 0
    # Seeds of races want the traced core; what is planted here is found in one actor's calls.
    got=$(find "$tools_root/corpus" -name grown -prune -o -path '*race*' -prune -o -name '*.txt' -print0 |
        sort -z | xargs -0 "$pinfuzz" faults 2>/dev/null) || true
    grep -qF ": violated $clause at " <<<"$got" || fail "$label: the sweep of the seeds does not find it"
}

# try_schedules LABEL: a race is found by running every schedule of a small program, which knows nothing of it.
try_schedules() {
    local label=$1 built=$work/$1 pair status=0
    pair=$(header "$name" Pair)
    [[ -n $pair ]] || fail "bug.patch of a race wants Pair:"
    "$built/pinfuzz" schedules "$tools_root/corpus/pin_race_fuzzer/$pair.txt" -o "$built/worst.txt" \
        >"$work/log" 2>&1 || status=$?
    ((status == 1)) || fail "$label: schedules: exit status $status for $pair" "$work/log"
    status=0
    "$built/pinfuzz" run "$built/worst.txt" >"$work/log" 2>&1 || status=$?
    ((status == 1)) || fail "$label: schedules: the program written for $pair runs with status $status" "$work/log"
}

# swept_steps: what must be undone when a later step fails, and the bugs that forget it which the sweep of
# the seeds found; false when one is missing.
swept_steps() {
    local step one ok=0
    for step in 'page lock' 'domain map' 'array allocation' 'section view' "start's second section"; do
        local found=()
        for one in "${names[@]}"; do
            [[ $(header "$one" Sweep) != "$step" || $(<"$scratch/$one.done") != 0 ]] || found+=("$one")
        done
        printf 'rollback of %-24s %s\n' "$step" "${found[*]:-NOT FOUND by the sweep of the seeds}"
        ((${#found[@]})) || ok=1
    done
    return "$ok"
}

try_commands() {
    local dir=$plain label=plain
    if [[ $caught == asan ]]; then
        dir=$asan
        label=asan
    fi
    try_minimize "$dir" "$label"
    [[ -z $caught ]] || try_interrupt "$label"
    if races; then
        try_schedules "$label"
    else
        try_source "$dir" "$label" # a race's schedule counts loads and stores, which no C file can
    fi
    try_faults "$label"
}
