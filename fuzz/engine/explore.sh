# shellcheck shell=bash disable=SC2154 # fuzz/run's and campaign.sh's variables
# Sourced by fuzz/run: what the campaign of a target with races begins with, each written seed under every schedule of
# its races. Fuzzing comes upon a schedule by chance; of a short race all are run in a few hundredths of a second.

# Inequivalent schedules of a seed, at most: all there are of nine seeds in ten, and a tenth of a second for the others.
explored_runs=500

# explore_races TARGET: leaves what breaks the contract in findings/, for take_up(). What has broken nothing is
# explored again only when the build or the seeds are others.
explore_races() {
    local target=$1 mark=$build/logs/$1.explored log=$build/logs/$1.explore.log found=$build/findings/$1
    local seed code part kept now explored=0 whole=0 bad=0
    [[ $target == *race* ]] || return 0
    now=$(cat "$build/pinfuzz" "$seeds/$target"/*.txt 2>/dev/null | sha1sum)
    [[ $(cat "$mark" 2>/dev/null) != "$now" ]] || return 0
    mkdir -p "$found"
    part=$found/explored.part
    : >"$log"
    for seed in "$seeds/$target"/*.txt; do
        [[ -e $seed ]] || continue
        code=0
        rm -f "$part"
        ASAN_OPTIONS=symbolize=0:${ASAN_OPTIONS-} patiently "$build/pinfuzz" schedules --runs "$explored_runs" -o "$part" \
            "$seed" >>"$log" 2>&1 </dev/null || code=$?
        ((!stopping)) || return 0
        ((code == 2)) || explored=$((explored + 1)) # 2: it has no race
        ((code)) || whole=$((whole + 1))
        ((code != 1)) || bad=1
        if [[ -s $part ]]; then
            kept=crash-$(sha1sum <"$part" | cut -c 1-40)
            rm -f "$build/logs/$target.$kept.log" # told once more when it was found before
            mv "$part" "$found/$kept"
        elif ((code == 1)); then
            echo "$target: a schedule that no input can have breaks ${seed##*/}: see ${log#"$PWD/"}"
        fi
    done
    rm -f "$part"
    ((bad)) || echo "$now" >"$mark"
    ((!explored)) || echo "$target: $explored seeds with races, $whole of them under every schedule"
}
