# shellcheck shell=bash disable=SC2154 # build, corpus, targets, ... are fuzz/run's
# Sourced by fuzz/run: the processes of a campaign. Each is an instance TARGET/ENGINE/NUMBER; what an
# engine does itself is in run_ENGINE.sh:
#
#   ENGINE_about           prints its name and what it is, for --help
#   ENGINE_build           builds the targets for it
#   ENGINE_start ONE TIME  starts an instance that is to run for so many seconds; sets pid[ONE]
#   ENGINE_ask PID         asks a process to end
#   ENGINE_ended ONE       after its end, with status[ONE]: keeps what it found, or notes it in `broken`
#   ENGINE_read ONE        sets executions, rate, edges and inputs, and told: whether it has said any of them yet;
#                          where it has them also features, and stability in percent
#
# and, if it has use for them:
#
#   ENGINE_needs           notes what has to be installed
#   ENGINE_take_up TARGET  keeps what a killed run found
#   ENGINE_look ONE        looks at a running instance, once a second
#   ENGINE_trade           a process beside the campaign, until logs/trade.end is there
#   ENGINE_told TARGET     prints lines of the summary
#
# tests/engines.py holds the files to this list.

# Restarts of one instance after findings (--keep-going): a bug that every input meets restarts four
# times a second, and its thousandth finding tells no more than its first.
restarts_max=1000

# Which there are, and which run the targets now.
engines_known=()
for one in "$engine_place"/run_*.sh; do
    one=${one##*/run_}
    engines_known+=("${one%.sh}")
done
engines=()
# Words that stand for several, with commas between them.
declare -A engine_words=()
# Whichever engine finds something: this one's build tells what it is. It is the default.
telling=libfuzzer

# engines_named TEXT: sets engines. False when some are unknown, or named twice.
engines_named() {
    local one
    IFS=, read -ra engines <<<"${engine_words[$1]-$1}"
    ((${#engines[@]})) || return 1
    for one in "${engines[@]}"; do
        [[ " ${engines_known[*]} " == *" $one "* ]] || return 1
    done
    [[ -z $(printf '%s\n' "${engines[@]}" | sort | uniq -d) ]]
}

# engine_runs ENGINE: whether it is one of those that run the targets.
engine_runs() { [[ " ${engines[*]} " == *" $1 "* ]]; }

# engine_may ENGINE WHAT ARG...: does it, if that is something that the engine has use for.
engine_may() {
    ! declare -F "$1_$2" >/dev/null || "$1_$2" "${@:3}"
}

# By instance.
declare -A pid=() status=() began=() restarts=()
# By target: its instances; set when it is not to be started again.
declare -A instances=() over=()
broken=()
stopping=0

# Whatever starts with these words dies with fuzz/run, be it by kill -9. If that is dead before the kernel
# was asked, nothing is started: its successor would wait for the lock.
mortal=()
# shellcheck disable=SC2016 # for the shell that is started
! setpriv --pdeathsig KILL true 2>/dev/null ||
    mortal=(setpriv --pdeathsig KILL bash -c '[[ $PPID == "$0" ]] || exit 1; exec "$@"' $$)

# campaign_lock: one campaign at a time in a build directory. Every child inherits the lock, so that it
# is also kept as long as something of a killed campaign lives.
campaign_lock() {
    exec 9>"$build/lock"
    flock -n 9 && return
    echo "another fuzz/run works in $build: waiting a minute for it" >&2
    flock -w 60 9 || fail "another fuzz/run works in $build"
}

# Sanitizer options of a target, what the environment says last, so that it wins.
sanitizer_options() {
    local from_file
    from_file=$(options_of "$root/fuzz/$1.options" "$2" | paste -sd: -)
    printf '%s%s' "${from_file:+$from_file:}" "$3"
}

# build_in DIR LOG TARGETS ARG...: one build of the project; TARGETS is what is built, blanks between.
build_in() {
    local dir=$1 log=$2 what=$3 compiler=()
    shift 3
    [[ -e $dir/CMakeCache.txt ]] || compiler=(-DCMAKE_C_COMPILER="$fuzzing_cc")
    # shellcheck disable=SC2086 # words are meant
    {
        tools_configure "$dir" "${compiler[@]}" "$@" "${defines[@]}" &&
            cmake --build "$dir" --parallel "$(nproc)" --target $what
    } >"$log" 2>&1 9>&- || {
        tools_show_failure "$log" >&2
        fail "the build failed (whole log: $log)"
    }
}

# ---- shares ----

# campaign_plan: how many processes a target gets, and how many targets run at once. Sets at_once, share
# and instances. Jobs that are left over go to the first targets.
campaign_plan() {
    local each least=${#engines[@]} extra=0 target n count list
    each=$((jobs / ${#targets[@]}))
    ((each >= least)) || each=$least
    at_once=$((jobs / each))
    ((at_once >= 1)) || at_once=1
    if ((at_once >= ${#targets[@]})); then
        at_once=${#targets[@]}
        extra=$((jobs - each * at_once))
        ((extra > 0)) || extra=0
    fi
    rounds=$(((${#targets[@]} + at_once - 1) / at_once))
    share=$((seconds / rounds))
    ((share)) || share=1
    for target in "${targets[@]}"; do
        count=$each
        ((extra-- <= 0)) || count=$((each + 1))
        list=
        for ((n = 1; n <= count; n++)); do
            list+=" $target/${engines[(n - 1) % least]}/$(((n - 1) / least + 1))"
        done
        instances[$target]=${list# }
    done
}

instance_target() { printf '%s' "${1%%/*}"; }
instance_engine() { local rest=${1#*/} && printf '%s' "${rest%/*}"; }

# The log of an instance: logs/TARGET.log for the only or first of the default engine, else with a name.
instance_log() {
    local target=${1%%/*} rest=${1#*/}
    case $rest in
    "$telling/1") printf '%s' "$build/logs/$target.log" ;;
    "$telling"/*) printf '%s' "$build/logs/$target.${rest#*/}.log" ;;
    *) printf '%s' "$build/logs/$target.${rest/\//.}.log" ;;
    esac
}

# ---- starting and ending ----

start_instance() {
    local one=$1
    began[$one]=${began[$one]-$SECONDS}
    unset "status[$one]"
    "${engine_of[$one]}_start" "$one" $((began[$one] + share - SECONDS))
}

start_target() {
    local target=$1 one
    for one in ${instances[$target]}; do
        engine_of[$one]=$(instance_engine "$one")
    done
    if ! engine_runs "$telling"; then
        # Others may leave out, without a finding, what crashes before they have begun.
        finder=$telling
        "${telling}_check" "$target"
        if [[ -n ${over[$target]-} ]] || ((stopping)); then
            return 0
        fi
    fi
    for one in ${instances[$target]}; do
        start_instance "$one"
    done
}
declare -A engine_of=()

# A target is done when none of its processes is left.
is_running() {
    local one
    for one in ${instances[$1]}; do
        [[ -z ${pid[$one]-} ]] || return 0
    done
    return 1
}

running_targets() {
    local target count=0
    for target in "${targets[@]}"; do
        ! is_running "$target" || count=$((count + 1))
    done
    echo "$count"
}

# target_found TARGET: it has a finding now. Unless asked to go on, that is its end.
target_found() {
    local one
    ((!keep_going)) || return 0
    over[$1]=1
    for one in ${instances[$1]}; do
        [[ -z ${pid[$one]-} ]] || "${engine_of[$one]}_ask" "${pid[$one]}"
    done
}

# finish INSTANCE: reads the fate of a process that has ended, and starts it again where that is wanted.
finish() {
    local one=$1 target=${1%%/*}
    status[$one]=0
    wait "${pid[$one]}" || status[$one]=$?
    unset "pid[$one]"
    finder=${engine_of[$one]}
    "${engine_of[$one]}_ended" "$one"
    if ((keep_going && !stopping)) && [[ -n ${again[$one]-} ]] &&
        ((began[$one] + share > SECONDS)); then
        restarts[$one]=$((${restarts[$one]-0} + 1))
        if ((restarts[$one] <= restarts_max)); then
            start_instance "$one"
        fi
    fi
    unset "again[$one]"
}
# Set by ENGINE_ended: the instance ended by a finding, and could go on behind it.
declare -A again=()

# set_aside TARGET FILE: an engine that breaks on what it was given never gets behind it. What FILE, its
# finding, came from is no input in this run; the next one begins with all of them, for the bug may be mended.
# An input that is longer than the engine's limit was cut there. False when the corpus has no such input.
set_aside() {
    local target=$1 file=$2 size wanted input
    size=$(stat -c %s "$file")
    ((size)) || return 1
    for wanted in "${size}c" "+${size}c"; do
        while IFS= read -r -d '' input; do
            if cmp -s -n "$size" "$file" "$input"; then
                mkdir -p "$corpus/.aside/$target"
                mv -f "$input" "$corpus/.aside/$target/"
                return 0
            fi
        done < <(find "$corpus/$target" -maxdepth 1 -type f ! -name '.*' -size "$wanted" -print0)
    done
    # Perhaps another process of this target met the same.
    for input in "$corpus/.aside/$target"/*; do
        ! cmp -s -n "$size" "$file" "$input" || return 0
    done
    return 1
}

# take_back TARGET: what runs before this one set aside.
take_back() {
    local input
    for input in "$corpus/.aside/$1"/*; do
        [[ ! -e $input ]] || mv -f "$input" "$corpus/$1/"
    done
}

# stop_campaign: the first time a request, which an engine answers between two executions.
stop_campaign() {
    local one
    stopping=$((stopping + 1))
    for one in "${!pid[@]}"; do
        if ((stopping == 1)); then
            "${engine_of[$one]}_ask" "${pid[$one]}"
        else
            kill -KILL -- "-${pid[$one]}" 2>/dev/null || true
        fi
    done
}

kill_campaign() {
    local one
    for one in "${!pid[@]}"; do
        kill -KILL -- "-${pid[$one]}" 2>/dev/null || true
    done
}

# asked_early STATUS SIGNAL: a process died of the signal that asks it to end, for it did not listen yet: on a slow
# machine its time is over by then.
asked_early() {
    (($1 == 128 + $(kill -l "$2")))
}

# An engine that does not keep to its time is asked to end, and 30 s later not asked.
mind_the_time() {
    local one late
    for one in "${!pid[@]}"; do
        late=$((SECONDS - began[$one] - share))
        if ((late == 2 || late == 10)); then
            "${engine_of[$one]}_ask" "${pid[$one]}"
        elif ((late >= 35)); then
            kill -KILL -- "-${pid[$one]}" 2>/dev/null || true
        fi
    done
}

# ---- what is shown of it ----

# row TARGET ENGINE: sums what the instances say of themselves: executions rate edges inputs; the edges
# of the one that has seen most. Sets told to 0 while those that run have said nothing but their inputs.
row() {
    local one all_executions=0 all_rate=0 most_edges=0 most_inputs=0 any_told=-1
    for one in ${instances[$1]}; do
        [[ ${one#*/} == "$2"/* && -n ${began[$one]-} ]] || continue
        "${2}_read" "$one"
        any_told=$(((any_told > 0) | told))
        all_executions=$((all_executions + executions))
        all_rate=$((all_rate + rate))
        ((edges <= most_edges)) || most_edges=$edges
        ((inputs <= most_inputs)) || most_inputs=$inputs
    done
    executions=$all_executions rate=$all_rate edges=$most_edges inputs=$most_inputs told=$((any_told != 0))
}

# row_name TARGET ENGINE
row_name() {
    ((${#engines[@]} == 1)) && printf '%s' "$1" || printf '%s %s' "$1" "$2"
}

tty=0
[[ -t 1 && ${TERM:-dumb} != dumb ]] && tty=1
drawn=0

# Text for good, above the lines that are refreshed in place.
say() {
    ((!tty || !drawn)) || printf '\e[%dA\e[J' "$drawn"
    drawn=0
    printf '%s\n' "$@"
}

draw() {
    local target kind state name one figures lines=0
    ((!tty || !drawn)) || printf '\e[%dA' "$drawn"
    for target in "${targets[@]}"; do
        for kind in "${engines[@]}"; do
            state=
            for one in ${instances[$target]}; do
                [[ ${one#*/} == "$kind"/* ]] || continue
                if [[ -n ${pid[$one]-} ]]; then
                    state=$(printf '%3ds' $((SECONDS - began[$one])))
                elif [[ -n ${status[$one]-} && -z $state ]]; then
                    state='done'
                fi
            done
            if [[ -z $state ]]; then
                ((tty)) || continue
                state='  - '
            fi
            row "$target" "$kind"
            name=$(row_name "$target" "$kind")
            ((!tty)) || printf '\e[K'
            figures='no figures in the first minute'
            ((!told)) || figures=$(printf '%10d execs %7d/s  %5d edges' "$executions" "$rate" "$edges")
            printf '%-31s %s  %-39s %5d inputs  %d findings\n' "$name" "$state" "$figures" "$inputs" \
                "${findings_of[$target]-0}"
            lines=$((lines + 1))
        done
    done
    drawn=$lines
}
