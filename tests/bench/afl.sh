# shellcheck shell=bash disable=SC2154 # tests/bench/run's variables
# Sourced by tests/bench/run --engine afl: how much of AFL++'s own rate is left with a real target. The
# empty target and each real one take turns under the same afl-fuzz options, mutator and seeds, without
# sanitizers, as fuzz/run's secondaries are, and with both, as its main instance is.
#
# On a machine with other work the rate says little. CPU time of afl-fuzz, fork server and target together
# for one execution says the same whatever else runs, and the ratio of the two is the one to read.

afl_options=(AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_CRASH_README=1
    AFL_TRY_AFFINITY=1 AFL_IGNORE_UNKNOWN_ENVS=1 ASAN_OPTIONS=abort_on_error=1:symbolize=0:detect_leaks=0
    UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:symbolize=0)

# afl_measure PROGRAM TARGET: runs afl-fuzz for bench_seconds; sets runs, rate (runs a second), cost (us of CPU
# time a run) and stability.
afl_measure() {
    local program=$1 target=$2 place spent=0 now job
    # A new one each time: where thousands of files were just deleted, some file systems look at each of those
    # before they make the next, which was a tenth of all that was measured.
    place=$(mktemp -d "$seeds/afl-out.XXXXXX")
    env "${afl_options[@]}" AFL_CUSTOM_MUTATOR_LIBRARY="$out/afl/libpinfuzz_mutator.so" \
        PINFUZZ_TARGET="$target" afl-fuzz -i "$seeds/$target" -o "$place" -t 5000+ -V "$bench_seconds" \
        -- "$program" >"$seeds/afl.log" 2>&1 </dev/null &
    job=$!
    while kill -0 "$job" 2>/dev/null; do
        now=$(ticks "$job")
        ((now <= spent)) || spent=$now
        sleep 0.2
    done
    wait "$job" || { tail -n 20 "$seeds/afl.log" >&2 && tools_fail "afl-fuzz failed on $program"; }
    stat() { sed -n "s/^$1 *: *\([0-9.]*\).*/\1/p" "$place/default/fuzzer_stats"; }
    runs=$(stat execs_done)
    rate=$(stat execs_per_sec)
    stability=$(stat stability)
    cost=$(awk -v t="$spent" -v hz="$(getconf CLK_TCK)" -v n="$runs" 'BEGIN { printf "%.2f", t / hz * 1e6 / n }')
}

afl_bench() {
    local name dir target source row
    for name in afl-fast afl; do
        dir=$out/$name
        if [[ $name == afl ]]; then
            echo 'AFL++, ASan and UBSan'
        else
            echo 'AFL++, no sanitizer'
        fi
        printf '%-24s %10s %10s %9s %12s %12s %9s %10s\n' target 'runs/s' 'empty/s' 'of empty' 'CPU us/run' \
            'empty' 'of empty' stability
        for source in "$tools_root"/fuzz/*_fuzzer.c; do
            target=$(basename "$source" .c)
            afl_measure "$dir/empty" "$target"
            row="$rate $cost"
            afl_measure "$dir/$target" "$target"
            awk -v name="$target" -v r="$rate" -v c="$cost" -v s="$stability" -v empty="$row" 'BEGIN {
                split(empty, e, " ")
                printf "%-24s %10.0f %10.0f %8.1f%% %12.1f %12.1f %8.1f%% %9s%%\n", name, r, e[1], 100 * r / e[1],
                    c, e[2], 100 * e[2] / c, s }'
        done
        echo
    done
}
