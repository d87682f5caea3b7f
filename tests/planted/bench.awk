# Tables from the runs that tests/planted/bench measured (results.tsv), as Markdown to standard output;
# medians of each bug to the file `bugs`. For any awk.
#
# A run that missed its bug stands for more time and executions than it had: in a median it comes behind all
# that found theirs, and what it had is a bound from below.

BEGIN {
    FS = "\t"
    letters = "abcde"
    title["a"] = "(a) the whole harness"
    title["b"] = "(b) without state coverage"
    title["c"] = "(c) without the operation mutator"
    title["d"] = "(d) without both"
    title["e"] = "(e) as (d), without the oracle"
}

FNR == 1 { next }

{
    key = $4 SUBSEP $1 SUBSEP $5
    # Of two lines for one run the one that found it, else the one with the larger budget.
    if (key in outcome && (outcome[key] == "found" || ($7 == "missed" && $6 + 0 < time[key])))
        next
    outcome[key] = $7
    time[key] = $7 == "found" ? $8 + 0 : $6 + 0
    executions[key] = $10 + 0
    said[key] = $11
    seen[$4] = 1
    if ($5 + 0 > seeds[$4])
        seeds[$4] = $5 + 0
    if (!($1 in clause)) {
        clause[$1] = $2
        target[$1] = $3
        bug[++bugs_seen] = $1
    }
}

function sort(v, n,    i, j, x) {
    for (i = 2; i <= n; i++) {
        x = v[i]
        for (j = i - 1; j > 0 && v[j] > x; j--)
            v[j + 1] = v[j]
        v[j + 1] = x
    }
}

# Of v[1..n], sorted.
function middle(v, n) {
    return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}

# Median of `what` over the runs of one bug: those that found it, then those that missed it. Runs left out
# because half have missed it already would not change it.
function median_of(config, name, what,    i, n, hits, v, w, misses, key) {
    hits = misses = 0
    for (i = 1; i <= seeds[config]; i++) {
        key = config SUBSEP name SUBSEP i
        if (!(key in outcome))
            continue
        if (outcome[key] == "found")
            v[++hits] = what == "time" ? time[key] : executions[key]
        else
            w[++misses] = what == "time" ? time[key] : executions[key]
    }
    sort(v, hits)
    sort(w, misses)
    n = hits + misses
    if (n < seeds[config] && misses > seeds[config] / 2)
        n = seeds[config]
    for (i = 1; i <= misses; i++)
        v[hits + i] = w[i]
    for (i = hits + misses + 1; i <= n; i++)
        v[i] = v[i - 1]
    return middle(v, n)
}

# Fills the medians of one configuration, and counts.
function summarize(config,    b, i, name, key, n, hits) {
    for (b = 1; b <= bugs_seen; b++) {
        name = bug[b]
        n = hits = 0
        for (i = 1; i <= seeds[config]; i++) {
            key = config SUBSEP name SUBSEP i
            if (!(key in outcome))
                continue
            n++
            runs[config]++
            if (outcome[key] == "missed") {
                if (time[key] > most[config])
                    most[config] = time[key]
                if (!least[config] || time[key] < least[config])
                    least[config] = time[key]
                continue
            }
            hits++
            finds[config]++
            if (said[key] == clause[name])
                own[config]++
            else if (said[key] ~ /^[A-Z0-9]+-[A-Z0-9-]+$/)
                other[config]++
            else
                died[config]++
        }
        if (!n)
            continue
        measured[config]++
        every[config] += hits == n
        once[config] += hits > 0
        in_half[config, name] = hits >= seeds[config] / 2 || (n < seeds[config] && hits >= n / 2)
        half[config] += in_half[config, name]
        cpu[config, name] = median_of(config, name, "time")
        executed[config, name] = median_of(config, name, "executions")
        printf "%s\t%s\t%s\t%s\t%d\t%d\t%s\t%.3f\t%d\n", name, clause[name], target[name], config, n, hits,
            in_half[config, name] ? "found" : "missed", cpu[config, name], executed[config, name] >bugs
    }
}

function seconds(x) {
    return sprintf(x < 0.995 ? "%.2f s" : x < 9.95 ? "%.1f s" : "%.0f s", x)
}

# The median over all bugs of a configuration's medians; ">" before it when that bug was missed.
function overall(config, medians,    b, n, v, m, name) {
    n = 0
    for (b = 1; b <= bugs_seen; b++)
        if ((config, bug[b]) in cpu)
            v[++n] = medians == "time" ? (in_half[config, bug[b]] ? cpu[config, bug[b]] : 1e9) \
                                       : (in_half[config, bug[b]] ? executed[config, bug[b]] : 1e12)
    sort(v, n)
    m = middle(v, n)
    if (m >= 1e8)
        return "not found"
    return medians == "time" ? seconds(m) : sprintf("%d", m)
}

function percent(part, whole) {
    return whole ? sprintf("%.0f %%", 100 * part / whole) : "-"
}

# How many times what (d) takes, over the bugs that take (d) more than `from` seconds.
function factors(config, from,    b, name, n, bound, t, e) {
    n = bound = t = e = 0
    for (b = 1; b <= bugs_seen; b++) {
        name = bug[b]
        if (!(("d", name) in cpu) || !((config, name) in cpu) || (in_half["d", name] && cpu["d", name] <= from))
            continue
        n++
        bound += !in_half["d", name]
        missed_too[config] += !in_half[config, name]
        t += log(cpu["d", name] / cpu[config, name])
        e += log(executed["d", name] / executed[config, name])
    }
    if (n)
        printf "| %s | %d | %d | %d | %.1f | %.1f |\n", title[config], n, bound, missed_too[config], exp(t / n),
            exp(e / n)
}

END {
    printf "bug\tclause\ttarget\tconfig\truns\tfound_in\tmedian\tcpu_s\texecutions\n" >bugs
    for (i = 1; i <= length(letters); i++)
        if (seen[c = substr(letters, i, 1)])
            summarize(c)

    print "| configuration | bugs | budget | found in half of the runs | in every run | in any | median time |" \
        " median executions |"
    print "|---|--:|--:|--:|--:|--:|--:|--:|"
    for (i = 1; i <= length(letters); i++) {
        if (!seen[c = substr(letters, i, 1)])
            continue
        limit = !most[c] ? "none ran out" : least[c] == most[c] ? seconds(most[c]) : seconds(least[c]) " to " seconds(most[c])
        printf "| %s | %d | %s | %d (%s) | %d | %d | %s | %s |\n", title[c], measured[c], limit, half[c],
            percent(half[c], measured[c]), every[c], once[c], overall(c, "time"), overall(c, "executions")
    }

    print "\n| what the runs ended with | runs | own clause | another clause | sanitizer, abort or hang | nothing |"
    print "|---|--:|--:|--:|--:|--:|"
    for (i = 1; i <= length(letters); i++)
        if (seen[c = substr(letters, i, 1)])
            printf "| %s | %d | %s | %s | %s | %s |\n", title[c], runs[c], percent(own[c], runs[c]),
                percent(other[c], runs[c]), percent(died[c], runs[c]), percent(runs[c] - finds[c], runs[c])

    if (seen["d"]) {
        print "\n| over bugs that take (d) more than 1 s | bugs | missed by (d) | missed by it, too |" \
            " times faster than (d), in seconds | in executions |"
        print "|---|--:|--:|--:|--:|--:|"
        for (i = 1; i <= 3; i++)
            if (seen[c = substr(letters, i, 1)])
                factors(c, 1)
    }

    if (seen["a"]) {
        print "\n| slowest for (a) | found in | median time | median executions |"
        print "|---|--:|--:|--:|"
        for (shown = 0; shown < 10; shown++) {
            top = ""
            for (b = 1; b <= bugs_seen; b++)
                if (("a", bug[b]) in cpu && !(bug[b] in listed) && (top == "" || cpu["a", bug[b]] > cpu["a", top]))
                    top = bug[b]
            if (top == "")
                break
            listed[top] = 1
            hits = 0
            n = 0
            for (i = 1; i <= seeds["a"]; i++)
                if (("a", top, i) in outcome) {
                    n++
                    hits += outcome["a", top, i] == "found"
                }
            printf "| `%s` | %d of %d | %s | %d |\n", top, hits, n, seconds(cpu["a", top]), executed["a", top]
        }
    }
}
