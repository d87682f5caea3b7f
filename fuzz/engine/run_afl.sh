# shellcheck shell=bash disable=SC2154,SC2034 # fuzz/run's and campaign.sh's variables
# Sourced by fuzz/run: a campaign's AFL++ processes. The first of a target is the main one, with both
# sanitizers and CMPLOG; the others have neither, and are faster: what they find, the main one runs, too.

# The hang that is one: libFuzzer's -timeout. Slower than AFL++ would have it, a busy machine makes, too.
afl_hang_ms=25000
# Above what any input takes; AFL++ measures what to expect and takes this for its limit.
afl_slow_ms=5000

# shellcheck source=afl_trade.sh
source "$engine_place/afl_trade.sh"
engine_words[both]=libfuzzer,afl

afl_about() {
    cat <<'TEXT'
afl        AFL++ with the operation mutator and CMPLOG: of each target a main instance with the
           sanitizers, and secondaries without; its own files are in build/fuzz/afl-out
both       libfuzzer,afl; the summary says how much went either way
TEXT
}

afl_needs() { tools_need afl-fuzz afl++; }

afl_place() { printf '%s' "$build/afl-out/${1%%/*}"; }
afl_name() { [[ $1 == */1 ]] && printf main || printf 's%s' $((${1##*/} - 1)); }

afl_build() {
    local fast=0 target
    build_in "$build/afl" "$build/logs/build-afl.log" "${targets[*]} mutator" -DPINFUZZ_ENGINE=afl \
        -DPINFUZZ_CMPLOG=ON -DPINFUZZ_SANITIZE=address,undefined
    for target in "${targets[@]}"; do
        [[ ${instances[$target]} != */afl/2* ]] || fast=1
    done
    ((!fast)) || build_in "$build/afl-fast" "$build/logs/build-afl-fast.log" "${targets[*]}" -DPINFUZZ_ENGINE=afl
}

# AFL++ reads and writes its own form of a sanitizer's death.
afl_with() {
    local target=$1 fixed=abort_on_error=1:symbolize=0:detect_leaks=0:allocator_may_return_null=1
    local asan ubsan
    shift
    asan=$(sanitizer_options "$target" asan "${ASAN_OPTIONS-}")
    ubsan=$(sanitizer_options "$target" ubsan "${UBSAN_OPTIONS-}")
    # AFL++'s mutator is ours; what else is set here: go on where a killed run ended; a minute, its least,
    # between two looks at what others found; CMPLOG for what it finds itself, for it takes seconds an input
    # and would take hours for a corpus; no questions about the machine.
    exec env ASAN_OPTIONS="${asan:+$asan:}$fixed" UBSAN_OPTIONS="${ubsan:+$ubsan:}halt_on_error=1:$fixed" \
        AFL_CUSTOM_MUTATOR_LIBRARY="$build/afl/libpinfuzz_mutator.so" PINFUZZ_TARGET="$target" \
        AFL_AUTORESUME=1 AFL_IMPORT_FIRST=1 AFL_SYNC_TIME=1 AFL_CMPLOG_ONLY_NEW=1 \
        AFL_HANG_TMOUT=$afl_hang_ms \
        AFL_NO_UI=1 AFL_NO_COLOR=1 AFL_TRY_AFFINITY=1 AFL_SKIP_CPUFREQ=1 AFL_IGNORE_UNKNOWN_ENVS=1 \
        AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_CRASH_README=1 "$@"
}

# What an earlier run of the same instance left: executions, and the last line of its plot.
declare -A afl_before=() afl_plot_before=()

afl_start() {
    local one=$1 time=$2 target=${1%%/*} in out name log role=(-S) where=$build/afl-fast most
    local -a options=()
    out=$(afl_place "$one")
    name=$(afl_name "$one")
    log=$(instance_log "$one")
    if [[ $name == main ]]; then
        role=(-M)
        where=$build/afl
        options+=(-c 0)
    fi
    most=$(max_len_of "$target")
    [[ -z $most ]] || options+=(-G "$most")
    [[ ! -e $root/fuzz/$target.dict ]] || options+=(-x "$root/fuzz/$target.dict")
    # It stops when an input is gone before it is read, as those are that libFuzzer replaces by shorter ones
    # meanwhile: so it reads copies. And it wants one to begin with: the empty program, padded to a byte.
    in=$build/afl-in/$target.$name
    rm -rf "$in"
    mkdir -p "$in" "$out"
    find "$corpus/$target" -maxdepth 1 -type f ! -name '.*' -size +0 -exec cp -t "$in" -- {} + 2>/dev/null || true
    [[ -n $(find "$in" -type f -print -quit) ]] || printf '\0' >"$in/5ba93c9db0cff93f52b521d7420e43f6eda2784f"
    ((time >= 1)) || time=1
    afl_before[$one]=$(afl_stat "$one" execs_done)
    afl_plot_before[$one]=$(afl_plot "$one")
    local -a until=()
    ((keep_going)) || until=(AFL_BENCH_UNTIL_CRASH=1)
    afl_with "$target" "${until[@]}" "${mortal[@]}" afl-fuzz -i "$in" -o "$out" "${role[@]}" "$name" \
        -t "$afl_slow_ms+" -V "$time" "${options[@]}" -- "$where/$target" >"$log" 2>&1 </dev/null &
    pid[$one]=$!
}

afl_ask() {
    kill -INT "$1" 2>/dev/null || true
}

# afl_files INSTANCE: sets place, where its own files are. In this process: figures are read every second.
afl_files() {
    printf -v place '%s/afl-out/%s/' "$build" "${1%%/*}"
    [[ $1 == */1 ]] && place+=main || place+=s$((${1##*/} - 1))
}

# afl_stat INSTANCE NAME: a number from the statistics that AFL++ leaves; 0 when there are none.
afl_stat() {
    local -A stats=()
    afl_stats "$1"
    printf '%s' "${stats[$2]-0}"
}

# afl_stats INSTANCE: sets stats, by name: numbers without their fractions, but for a percentage.
afl_stats() {
    local place name number
    afl_files "$1"
    stats=()
    [[ ! -e $place/fuzzer_stats ]] || while IFS=': ' read -r name number; do
        [[ $number == *% ]] && number=${number%\%} || number=${number%%.*}
        stats[$name]=$number
    done <"$place/fuzzer_stats"
}

# afl_plot INSTANCE: the last line of figures that it wrote.
afl_plot() {
    local place line=
    afl_files "$1"
    [[ ! -e $place/plot_data ]] || line=$(tail -n 1 "$place/plot_data")
    [[ $line != [0-9]*,*,*,*,*,*,*,*,*,*,*,*,* ]] || printf '%s' "$line"
}

# Without a screen AFL++ tells nothing in its first minute, and then every five seconds: until there is a line
# of this run's there are no figures but the inputs, which are counted where they lie.
afl_read() {
    local one=$1 plot place inputs_there
    local -a cells
    local -A stats=()
    executions=0 rate=0 edges=0 inputs=0 told=0
    afl_stats "$one"
    if [[ -n ${pid[$one]-} ]]; then
        afl_files "$one"
        inputs_there=("$place"/queue/id:*)
        [[ ! -e ${inputs_there[0]} ]] || inputs=${#inputs_there[@]}
        plot=$(afl_plot "$one")
        [[ -n $plot && $plot != "${afl_plot_before[$one]-}" ]] || return 0
        told=1
        IFS=', ' read -ra cells <<<"$plot"
        rate=${cells[10]%%.*} executions=${cells[11]} edges=${cells[12]}
    else
        told=1
        executions=${stats[execs_done]-0}
        rate=${stats[execs_per_sec]-0}
        edges=${stats[edges_found]-0}
        inputs=${stats[corpus_count]-0}
    fi
    stability=${stats[stability]--}
    # It goes on counting where a run before this one ended.
    ((executions < ${afl_before[$one]-0})) || executions=$((executions - ${afl_before[$one]-0}))
}

afl_ended() {
    local one=$1 target=${1%%/*} before=${findings_of[${1%%/*}]-0}
    afl_collect "$target" "$(afl_place "$one")/$(afl_name "$one")" 0
    if ((status[$one] != 0 && !stopping)) && [[ -z ${over[$target]-} ]] && ! asked_early "${status[$one]}" INT &&
        ((${findings_of[$target]-0} == before)); then
        broken+=("$one")
    fi
}

# While it runs: only what is two seconds old, for AFL++ may still be writing what is newer.
afl_look() {
    afl_collect "${1%%/*}" "$(afl_place "$1")/$(afl_name "$1")" 2
}

# afl_take_up TARGET: what a killed run left, with more instances perhaps than this one has.
afl_take_up() {
    local place
    for place in "$(afl_place "$1")"/{main,s[0-9]*}; do
        afl_collect "$1" "$place" 0
    done
}

# afl_collect TARGET PLACE SECONDS: moves what an instance saved to findings/, if it is so old.
afl_collect() {
    local target=$1 place=$2 age=$3 kind from file name kept
    for from in "$place"/crashes* "$place"/hangs*; do
        [[ -d $from ]] || continue
        kind=crash
        [[ ${from##*/} != hangs* ]] || kind=timeout
        while IFS= read -r -d '' file; do
            name=$kind-$(sha1sum <"$file" | cut -c 1-40)
            kept=$build/findings/$target/$name
            if [[ ! -e $kept ]]; then
                cp "$file" "$kept.part"
                mv "$kept.part" "$kept"
            fi
            rm -f "$file"
            [[ -e $build/logs/$target.$name.log ]] || replay_finding "$target" "$kept"
        done < <(find "$from" -maxdepth 1 -type f -name 'id:*' ! -newermt "$age seconds ago" -print0)
    done
}
