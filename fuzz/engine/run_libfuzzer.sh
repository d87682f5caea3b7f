# shellcheck shell=bash disable=SC2154,SC2034 # fuzz/run's and campaign.sh's variables
# Sourced by fuzz/run: a campaign's libFuzzer processes. Its build also tells what broke of what others find.

libfuzzer_about() { echo 'libfuzzer  libFuzzer with the operation mutator, the default'; }

libfuzzer_build() {
    build_in "$build" "$build/logs/build.log" "${targets[*]} pinfuzz" -DPINFUZZ_ENGINE=libfuzzer \
        -DPINFUZZ_SANITIZE=address,undefined
}

# libfuzzer_arguments TARGET: sets arguments. The last of two equal flags wins: what stands before a
# target's own options are defaults; limits are those of ClusterFuzz.
libfuzzer_arguments() {
    local option settings
    arguments=(-timeout=25 -rss_limit_mb=2560)
    settings=$(options_of "$root/fuzz/$1.options" libfuzzer)
    while read -r option; do
        if [[ $option == dict=* ]]; then
            continue # named below: the file stands beside the target
        elif [[ -n $option ]]; then
            arguments+=("-$option")
        fi
    done <<<"$settings"
    [[ ! -e $root/fuzz/$1.dict ]] || arguments+=("-dict=$root/fuzz/$1.dict")
}

# libfuzzer_with TARGET COMMAND...: with the sanitizer options of the target.
libfuzzer_with() {
    local target=$1
    shift
    exec env ASAN_OPTIONS="$(sanitizer_options "$target" asan "${ASAN_OPTIONS-}")" \
        UBSAN_OPTIONS="$(sanitizer_options "$target" ubsan "${UBSAN_OPTIONS-}")" "$@"
}

declare -A executions_before=()

libfuzzer_start() {
    local one=$1 time=$2 target=${1%%/*} reload=0 log arguments
    log=$(instance_log "$one")
    libfuzzer_arguments "$target"
    # Where nobody else writes to the corpus, there is nothing to read again.
    [[ ${instances[$target]} != *' '* ]] || reload=1
    ((time >= 1)) || time=1
    libfuzzer_with "$target" "${mortal[@]}" "$build/$target" -reload="$reload" "${arguments[@]}" \
        -print_final_stats=1 -max_total_time="$time" -artifact_prefix="$build/findings/$target/" \
        "$corpus/$target" >"$log" 2>&1 </dev/null &
    pid[$one]=$!
}

libfuzzer_ask() {
    kill -USR1 "$1" 2>/dev/null || true
}

# libfuzzer_log LOG: sets executions, rate, edges, inputs, features from the last line that has them.
libfuzzer_log() {
    local -a lines
    local i executed average IFS=$'\n'
    executions=0 rate=0 edges=0 inputs=0 features=0
    [[ -e $1 ]] || return 0
    # Cut here, for from a pipe this shell reads each byte by itself.
    set -f
    # shellcheck disable=SC2207 # that is how
    lines=($(tail -n 200 "$1"))
    set +f
    for ((i = ${#lines[@]} - 1; i >= 0; i--)); do
        case ${lines[i]} in
        'stat::number_of_executed_units:'*) executed=${lines[i]##* } ;;
        'stat::average_exec_per_sec:'*) average=${lines[i]##* } ;;
        '#'[0-9]*' cov: '*)
            [[ ${lines[i]} =~ ^#([0-9]+).*' cov: '([0-9]+)' ft: '([0-9]+)' corp: '([0-9]+) ]] || continue
            executions=${BASH_REMATCH[1]} edges=${BASH_REMATCH[2]} features=${BASH_REMATCH[3]}
            inputs=${BASH_REMATCH[4]}
            [[ ! ${lines[i]} =~ ' exec/s: '([0-9]+) ]] || rate=${BASH_REMATCH[1]}
            break
            ;;
        esac
    done
    executions=${executed-$executions} rate=${average-$rate}
}

declare -A libfuzzer_logs=()

libfuzzer_read() {
    # Asked every second or so: a process less each time.
    [[ ${libfuzzer_logs[$1]-} ]] || libfuzzer_logs[$1]=$(instance_log "$1")
    libfuzzer_log "${libfuzzer_logs[$1]}"
    told=1
    executions=$((executions + ${executions_before[$1]-0}))
}

# The input a finding left behind, if any. Slow units are no findings: they take over ten seconds, and
# a busy machine makes them.
libfuzzer_artifact() {
    sed -n 's/.*Test unit written to //p' "$1" | grep -v '/slow-unit-' | tail -n 1 || true
}

libfuzzer_ended() {
    local one=$1 target=${1%%/*} log artifact kept
    log=$(instance_log "$one")
    artifact=$(libfuzzer_artifact "$log")
    if [[ -n $artifact ]]; then
        if ((keep_going)); then
            # Behind what it was given it goes on by itself.
            if grep -q '^#[0-9]*[[:space:]]INITED' "$log" || set_aside "$target" "$artifact"; then
                again[$one]=1
            else
                say "$target cannot go on: it breaks before its first input"
            fi
            libfuzzer_log "$log"
            executions_before[$one]=$((${executions_before[$one]-0} + executions))
        fi
        keep_finding "$target" "$artifact" "$log" "${status[$one]}"
    elif ((status[$one] == 0 || stopping)) || [[ -n ${over[$target]-} ]] || asked_early "${status[$one]}" USR1; then
        return 0
    elif grep -aq '^SUMMARY: ' "$log"; then
        # Seen only when the process ended, as a leak may be: there is no single input to blame.
        kept=$build/logs/$target.at-exit.log
        cp "$log" "$kept"
        tell_finding "$target" "$kept" "$(cause_of "$log" "${status[$one]}")"
    else
        broken+=("$one")
    fi
}

# libfuzzer_check TARGET: runs the corpus once, and keeps what breaks in it.
libfuzzer_check() {
    local target=$1 log=$build/logs/$1.check.log code=0 arguments artifact
    libfuzzer_arguments "$target"
    patiently libfuzzer_with "$target" "${mortal[@]}" "$build/$target" "${arguments[@]}" -runs=0 \
        -artifact_prefix="$build/findings/$target/" "$corpus/$target" >"$log" 2>&1 </dev/null || code=$?
    artifact=$(libfuzzer_artifact "$log")
    [[ -z $artifact ]] || keep_finding "$target" "$artifact" "$log" "$code"
}

# libfuzzer_replay TARGET FILE: runs a finding again. Two timeouts of libFuzzer's: a hang is told by it, not by us.
libfuzzer_replay() {
    local arguments
    libfuzzer_arguments "$1"
    patiently libfuzzer_with "$1" "${mortal[@]}" timeout -k 5 60 "$build/$1" "${arguments[@]}" "$2"
}
