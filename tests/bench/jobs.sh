# shellcheck shell=bash disable=SC2154 # tests/bench/run's variables
# Sourced by tests/bench/run --jobs: what a second libFuzzer process on the same corpus adds. By the clock
# where two cores are free; by CPU time wherever else: executions in a second of it, twice those of one
# process when the two do not get in each other's way.

# jobs_measure TARGET N: sets runs (of all), wall (s) and cpu (ticks of all).
jobs_measure() {
    local target=$1 count=$2 place=$seeds/jobs n pids=() job now began
    local -A spent=()
    rm -rf "$place"
    cp -R "$seeds/$target" "$place"
    began=$(date +%s%N)
    for ((n = 1; n <= count; n++)); do
        "$out/$target" -reload=1 -print_final_stats=1 -max_total_time="$bench_seconds" "$place" \
            >"$seeds/jobs.$n.log" 2>&1 </dev/null &
        pids+=($!)
    done
    while kill -0 "${pids[@]}" 2>/dev/null; do
        for job in "${pids[@]}"; do
            now=$(ticks "$job")
            ((now <= ${spent[$job]-0})) || spent[$job]=$now
        done
        sleep 0.2
    done
    wait "${pids[@]}" || tools_fail "$target failed"
    wall=$((($(date +%s%N) - began) / 1000000))
    runs=0
    cpu=0
    for ((n = 1; n <= count; n++)); do
        runs=$((runs + $(sed -n 's/^stat::number_of_executed_units: *//p' "$seeds/jobs.$n.log")))
    done
    for job in "${pids[@]}"; do
        cpu=$((cpu + ${spent[$job]}))
    done
}

jobs_bench() {
    local source target one
    printf '%-24s %12s %12s %10s %14s\n' target 'runs/s, one' 'runs/s, two' 'two/one' 'two/one by CPU'
    for source in "$tools_root"/fuzz/*_fuzzer.c; do
        target=$(basename "$source" .c)
        jobs_measure "$target" 1
        one="$runs $wall $cpu"
        jobs_measure "$target" 2
        awk -v name="$target" -v r="$runs" -v w="$wall" -v c="$cpu" -v one="$one" 'BEGIN {
            split(one, o, " ")
            printf "%-24s %12.0f %12.0f %10.2f %14.2f\n", name, o[1] / o[2] * 1e3, r / w * 1e3,
                (r / w) / (o[1] / o[2]), 2 * (r / c) / (o[1] / o[3]) }'
    done
}
