# shellcheck shell=bash disable=SC2154 # fuzz/run's and campaign.sh's variables
# Sourced by fuzz/run: findings, from wherever an engine left them to findings/TARGET/KIND-SHA1, the same
# as text beside it, and a log in logs/TARGET.KIND-SHA1.log.
#
# Nothing here may be lost when the whole campaign is killed at any instant. So a file appears under its
# name only when it is complete (a copy is renamed into place), the log is the last of the three, and what
# has no log yet is taken up by the next run. A finding is told when all three are there.

# In the order in which they were told; by file: its target, and what broke.
found_files=()
declare -A found_target=() found_cause=() findings_of=() told_cause=()
unconfirmed=0
# The engine whose findings are being looked at; none: they are of an earlier run.
finder=

# Symbolized logs for one cause; more are logged without names of functions, which takes a tenth of the time.
symbolized_max=5

# patiently COMMAND...: runs it, in the background, so that a signal is answered meanwhile.
patiently() {
    local job code=0
    "$@" &
    job=$!
    while :; do
        code=0
        wait "$job" || code=$?
        kill -0 "$job" 2>/dev/null || break
    done
    return "$code"
}

# cause_of LOG STATUS: what broke, in one line: the clause; or what the process said before it died of a
# signal, in the words of pinfuzz where that is a failed assertion; or the sanitizer's summary.
cause_of() {
    local line
    # PROGRAM: FILE:LINE: FUNCTION or its whole declaration: Assertion `EXPRESSION' failed.
    local assertion="^.*:[0-9]+: ([^(]*[ *])?([A-Za-z0-9_]+)(\(.*\))?: Assertion \`(.*)' failed"
    line=$(grep -am1 -oE '(contract violation|harness error): .*' "$1") ||
        line=$(grep -am1 -B1 'ERROR: libFuzzer: deadly signal' "$1" | head -n 1 | grep -vE '^(#|INFO|==)') ||
        line=$(grep -am1 -o 'SUMMARY: .*' "$1") ||
        line=$(grep -am1 -o 'ERROR: .*' "$1") || line="exit status $2"
    if [[ $line =~ $assertion ]]; then
        line="failed assertion in ${BASH_REMATCH[2]}: ${BASH_REMATCH[4]}"
    fi
    line=${line#contract violation: }
    printf '%s' "${line#SUMMARY: }"
}

# tell_finding TARGET FILE CAUSE: counts it, and tells the first of each cause.
tell_finding() {
    local target=$1 file=$2 cause=$3
    record_finding "$target" "$file" "$cause"
    findings_of[$target]=$((${findings_of[$target]-0} + 1))
    told_cause[$target/$cause]=$((${told_cause[$target/$cause]-0} + 1))
    if ((told_cause[$target/$cause] == 1)); then
        found_files+=("$file")
        found_target[$file]=$target
        found_cause[$file]=$cause
        say "found in $target: $cause (${file#"$PWD/"})"
    fi
    target_found "$target"
}

# keep_finding TARGET FILE LOG STATUS: FILE lies in findings/ already; LOG says how it ended.
keep_finding() {
    local target=$1 file=$2 log=$3 kept
    kept=$build/logs/$target.${file##*/}.log
    if "$build/pinfuzz" text "$file" >"$file.txt.part" 2>/dev/null; then
        mv "$file.txt.part" "$file.txt"
    else
        rm -f "$file.txt.part"
    fi
    cp "$log" "$kept.part"
    mv "$kept.part" "$kept"
    tell_finding "$target" "$file" "$(cause_of "$kept" "$4")"
}

# replay_finding TARGET FILE: runs it again where the message is, and keeps it.
replay_finding() {
    local target=$1 file=$2 log=$build/logs/$1.again.log code=0 cause
    ASAN_OPTIONS=symbolize=0:${ASAN_OPTIONS-} UBSAN_OPTIONS=symbolize=0:${UBSAN_OPTIONS-} \
        "${telling}_replay" "$target" "$file" >"$log" 2>&1 </dev/null || code=$?
    if ((!code)); then
        unconfirmed=$((unconfirmed + 1))
        mv "$log" "$build/logs/$target.${file##*/}.log"
        say "not seen again in $target: ${file#"$PWD/"}"
        return 0
    fi
    cause=$(cause_of "$log" "$code")
    ((${told_cause[$target/$cause]-0} >= symbolized_max)) ||
        "${telling}_replay" "$target" "$file" >"$log" 2>&1 </dev/null || true
    keep_finding "$target" "$file" "$log" "$code"
}

# repeats TARGET FILE: whether it breaks something in a process of its own, too.
repeats() {
    ! ASAN_OPTIONS=symbolize=0:${ASAN_OPTIONS-} UBSAN_OPTIONS=symbolize=0:${UBSAN_OPTIONS-} \
        "${telling}_replay" "$1" "$2" >"$build/logs/$1.again.log" 2>&1 </dev/null
}

# take_up TARGET: what an earlier run found and was killed before it could tell.
take_up() {
    local target=$1 file
    for file in "$build/findings/$target"/{crash,leak,timeout,oom}-*; do
        [[ -e $file && $file != *.txt && $file != *.part ]] || continue
        [[ -e $build/logs/$target.${file##*/}.log ]] || replay_finding "$target" "$file"
    done
}
