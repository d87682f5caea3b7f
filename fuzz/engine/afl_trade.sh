# shellcheck shell=bash disable=SC2154 # fuzz/run's and campaign.sh's variables
# Sourced by run_afl.sh: inputs go from AFL++'s queues to the corpus directory, which libFuzzer reads again
# every second, and from there to AFL++, as the queue of another instance: afl-out/TARGET/libfuzzer.
#
# Inputs in the corpus have the SHA-1 of what they hold for a name: what is there already is not copied, and
# what AFL++ gave is not given back. Nothing is remembered but what the directories say, so that a campaign
# that is killed goes on trading where it ended.

trade_seconds=3
declare -A trade_known=() trade_next=() trade_taken=() trade_given=()

# trade_begin TARGET: what AFL++ was given before.
trade_begin() {
    local target=$1 queue name last=-1
    queue=$build/afl-out/$target/libfuzzer/queue
    mkdir -p "$queue"
    while read -r name; do
        trade_known[$target/${name#*,from:}]=1
        name=${name#id:}
        ((10#${name%%,*} <= last)) || last=$((10#${name%%,*}))
    done < <(find "$queue" -maxdepth 1 -name 'id:*' -printf '%f\n')
    trade_next[$target]=$((last + 1))
    trade_taken[$target]=0
    trade_given[$target]=0
}

# trade_pass TARGET FIRST: one look at both sides. What is there at the first look was there before.
trade_pass() {
    local target=$1 first=$2 out=$build/afl-out/$1 stamp=$build/logs/$1.trade.stamp since=() name id path
    [[ -d $corpus/$target ]] || return 0
    [[ $first == 1 ]] || since=(-newer "$stamp")
    touch "$stamp.next"
    # Another instance's findings and the inputs that AFL++ began with are no findings of AFL++'s.
    while read -r name path; do
        trade_known[$target/$name]=1
        [[ ! -e $corpus/$target/$name ]] || continue
        cp "$path" "$corpus/$target/.$name.part" 2>/dev/null || continue
        mv "$corpus/$target/.$name.part" "$corpus/$target/$name"
        trade_taken[$target]=$((trade_taken[$target] + 1))
    done < <(find "$out"/{main,s[0-9]*}/queue -maxdepth 1 -type f -name 'id:*' \
        ! -name '*,sync:*' ! -name '*,orig:*' "${since[@]}" -print0 2>/dev/null |
        xargs -0 -r sha1sum 2>/dev/null || true)
    while read -r name; do
        [[ -z ${trade_known[$target/$name]-} ]] || continue
        trade_known[$target/$name]=1
        id=$(printf 'id:%06d,from:%s' "${trade_next[$target]}" "$name")
        cp "$corpus/$target/$name" "$out/libfuzzer/.part" 2>/dev/null || continue
        mv "$out/libfuzzer/.part" "$out/libfuzzer/queue/$id"
        trade_next[$target]=$((trade_next[$target] + 1))
        [[ $first == 1 ]] || trade_given[$target]=$((trade_given[$target] + 1))
    done < <(find "$corpus/$target" -maxdepth 1 -type f ! -name '.*' -size +0 "${since[@]}" -printf '%f\n')
    mv "$stamp.next" "$stamp"
    printf '%d %d\n' "${trade_given[$target]}" "${trade_taken[$target]}" >"$build/logs/$target.trade.part"
    mv "$build/logs/$target.trade.part" "$build/logs/$target.trade"
}

# afl_trade: until logs/trade.end is there, then once more. Dies with fuzz/run.
afl_trade() {
    local target ending=0 first=1
    trap '' INT TERM HUP
    trap - EXIT
    for target in "${targets[@]}"; do
        trade_begin "$target"
    done
    while :; do
        [[ ! -e $build/logs/trade.end ]] || ending=1
        for target in "${targets[@]}"; do
            trade_pass "$target" "$first"
        done
        first=0
        ((!ending)) || break
        for ((i = 0; i < trade_seconds * 4; i++)); do
            [[ ! -e $build/logs/trade.end ]] || break
            kill -0 $$ 2>/dev/null || exit 0
            sleep 0.25
        done
    done
}

# afl_told TARGET: what went from where to where, in one line.
afl_told() {
    local given=0 taken=0
    [[ ! -e $build/logs/$1.trade ]] || read -r given taken <"$build/logs/$1.trade"
    if engine_runs libfuzzer; then
        printf '%s: %d inputs from libFuzzer to AFL++, which kept %d; %d from AFL++ to libFuzzer\n' "$1" \
            "$given" "$(afl_stat "$1/afl/1" corpus_imported)" "$taken"
    else
        printf '%s: %d inputs from AFL++ to the corpus\n' "$1" "$taken"
    fi
}
