# shellcheck shell=bash disable=SC2154 # fuzz/run's and campaign.sh's variables
# Sourced by fuzz/run: what a campaign records of itself, in campaigns/WHEN/ of the build directory, of which
# campaign/ is the last. docs/campaign.md describes the tables; `pinfuzz campaign` makes a page of them.
#
# Lines are appended, each at once, and never changed: whatever a campaign is killed by, the next run goes on
# behind what is there. Figures come from the engines' own logs and files, by ENGINE_read.

record_place=
# The run's number in the campaign; microseconds since 1970 at which it began; hundredths of a second on the
# campaign's clock at which it began, and at which something was recorded last.
record_run=1 record_began=0 record_begins=0 record_last=0
record_next=0
# By instance: its end is recorded.
declare -A record_over=()

record_columns=(run seconds target engine worker executions edges features corpus speed stability clauses
    situations findings)

# record_line TABLE CELL...: appends a row. What would end a cell or the line becomes a blank.
record_line() {
    local table=$1 IFS=$'\t' cells
    shift
    cells=("${@//[$'\t\n\r']/ }")
    printf '%s\n' "${cells[*]}" >>"$record_place/$table.tsv"
}

# record_clock: sets record_last to the time by the campaign's clock, which never goes back.
record_clock() {
    local now=${EPOCHREALTIME/[.,]/}
    now=$((record_begins + (now - record_began) / 10000))
    ((now <= record_last)) || record_last=$now
}

# record_seconds HUNDREDTHS: sets seconds_text, as in 12.34.
record_seconds() { printf -v seconds_text '%d.%02d' $(($1 / 100)) $(($1 % 100)); }

# record_goes_on PLACE: whether there is a campaign that did not come to its end, with this implementation.
record_goes_on() {
    [[ -s $1/runs.tsv ]] && awk -F '\t' -v subject="$tools_subject" '
        $2 == "implementation" { same = $3 == subject }
        $2 == "started" { ended = 0 }
        $2 == "ended" { ended = $3 == "finished" }
        END { exit !(same && !ended) }' "$1/runs.tsv"
}

# record_mend FILE COLUMN...: a table with its head, and without a last line that was cut off.
record_mend() {
    local file=$1 IFS=$'\t'
    shift
    if [[ -s $file && -n $(tail -c 1 "$file") ]]; then
        sed '$d' "$file" >"$file.part"
        mv "$file.part" "$file"
    fi
    [[ -s $file ]] || printf '%s\n' "$*" >"$file"
}

# record_begin: a new campaign, or one more run of the last.
record_begin() {
    local last
    record_place=$(readlink -f "$build/campaign" || true)
    if [[ -n $record_place ]] && record_goes_on "$record_place"; then
        record_run=$(($(awk -F '\t' 'NR > 1 { run = $1 } END { print run + 0 }' "$record_place/runs.tsv") + 1))
    else
        printf -v record_place '%s/campaigns/%(%Y%m%d-%H%M%S)T' "$build" -1
        last=$record_place
        for ((i = 2; ; i++)); do
            [[ -e $record_place ]] || break
            record_place=$last-$i # another one in this second
        done
    fi
    tools_directory "$record_place" >/dev/null
    record_mend "$record_place/runs.tsv" run key value
    record_mend "$record_place/campaign.tsv" "${record_columns[@]}"
    record_mend "$record_place/findings.tsv" run seconds target engine cause file
    last=$(awk -F '\t' 'NR > 1 { last = $2 } END { printf "%d", last * 100 + 0.5 }' "$record_place/campaign.tsv")
    record_begins=$last record_last=$last
    ln -sfn "campaigns/${record_place##*/}" "$build/campaign.part"
    mv -T "$build/campaign.part" "$build/campaign"
    record_began=${EPOCHREALTIME/[.,]/}
    record_seconds "$record_begins"
    record_line runs "$record_run" begins "$seconds_text"
    record_line runs "$record_run" asked $((share * rounds))
    record_line runs "$record_run" jobs "$jobs"
    record_line runs "$record_run" engines "$(IFS=, && echo "${engines[*]}")"
    record_line runs "$record_run" implementation "$tools_subject"
    record_line runs "$record_run" started "${record_began:0:-6}.${record_began: -6}"
    # Leaks are looked for at the end of each of its children, which takes longer than what they do.
    ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS-} "${mortal[@]}" nice "$build/pinfuzz" campaign \
        --watch "$corpus" "$record_place" >"$build/logs/campaign.log" 2>&1 </dev/null &
    record_watcher=$!
}
record_watcher=

# record_sample: a row for each instance that runs, and a last one when it has ended. What `pinfuzz campaign`
# has counted of a target's inputs so far stands in .sums.
record_sample() {
    local target one name seconds_text clauses situations
    local -A sums=()
    local executions rate edges inputs told features stability
    [[ ! -e $record_place/.sums ]] || while read -r name clauses situations; do
        sums[$name]="$clauses $situations"
    done <"$record_place/.sums"
    record_clock
    record_seconds "$record_last"
    for target in "${targets[@]}"; do
        read -r clauses situations <<<"${sums[$target]-- -}"
        for one in ${instances[$target]}; do
            [[ -n ${began[$one]-} && -z ${record_over[$one]-} ]] || continue
            [[ -n ${pid[$one]-} ]] || record_over[$one]=1
            features=- stability=-
            "${engine_of[$one]}_read" "$one"
            # An engine that has just begun, or broke while it did, says 0 of what it does not know yet.
            ((told && executions)) || executions=-
            ((told && rate)) || rate=-
            ((told && edges)) || edges=- features=-
            record_line campaign "$record_run" "$seconds_text" "$target" "${engine_of[$one]}" "${one##*/}" \
                "$executions" "$edges" "$features" "$inputs" "$rate" "$stability" "$clauses" "$situations" \
                "${findings_of[$target]-0}"
        done
    done
    # Every three seconds at first, then each hundredth of the time gone, up to half a minute. To read what a
    # process says takes some 5 ms, that is at most a fifth of a percent of what it has taken meanwhile.
    record_next=$(((record_last - record_begins) / 10000))
    ((record_next >= 3)) || record_next=3
    ((record_next <= 30)) || record_next=30
    record_next=$((SECONDS + record_next))
}

# record_finding TARGET FILE CAUSE: one that is about to be told. `finder` is the engine that found it.
record_finding() {
    local seconds_text
    record_clock
    record_seconds "$record_last"
    record_line findings "$record_run" "$seconds_text" "$1" "${finder:--}" "$3" "${2#"$build/"}"
}

# record_stop: ends the process that counts; what it was about to write is written anew at the end.
record_stop() {
    [[ $record_watcher ]] || return 0
    kill -KILL "$record_watcher" 2>/dev/null || true
    wait "$record_watcher" 2>/dev/null || true
    record_watcher=
}

# record_end: the last figures, and how the run ended. The page comes when everything is counted.
record_end() {
    record_stop
    record_sample
    record_line runs "$record_run" ended "$( ((stopping)) && echo interrupted || echo finished)"
}

# record_reports: a page for each finding that has an input, and reports.tsv, which says where it is.
record_reports() {
    local file line inputs=()
    for file in "${found_files[@]}"; do
        [[ $file == *.log ]] || inputs+=("$file")
    done
    ((${#inputs[@]})) && "$build/pinfuzz" help report >/dev/null 2>&1 || return 0
    "$build/pinfuzz" report -o "$record_place/reports" "${inputs[@]}" >"$record_place/.reports" \
        2>>"$build/logs/campaign.log" </dev/null || true
    record_mend "$record_place/reports.tsv" file page
    for file in "${inputs[@]}"; do
        line=$(grep -F -m 1 -- "$file: " "$record_place/.reports") || continue
        record_line reports "${file#"$build/"}" "reports/${line##*/}"
    done
}

# record_page: the page of all of it, for good, and a word of where it is.
record_page() {
    if "$build/pinfuzz" campaign "$record_place" 2>>"$build/logs/campaign.log"; then
        echo "the page of this campaign: ${build#"$PWD/"}/campaign/campaign.html"
    else
        echo "there is no page of this campaign, see ${build#"$PWD/"}/logs/campaign.log"
    fi
}
