/*
 * What a campaign has recorded of itself, in its directory. fuzz/run appends to these tables and never
 * changes a line, so that nothing is lost when it is killed; docs/campaign.md describes their columns.
 *
 *   runs.tsv      when each run began, what it ran, how it ended
 *   campaign.tsv  the engines' figures, every few seconds
 *   findings.tsv  what was found, when
 *   reports.tsv   the page of a finding, where there is one
 *   reached.tsv   which clauses were seen in which situations (reached.h)
 */
#ifndef HARNESS_RECORD_H
#define HARNESS_RECORD_H

#include <stdbool.h>
#include <stddef.h>

/* A finding's cells are of any length; names of targets and engines are words of people. */
#define RECORD_NAME 64u
/* A target under one engine, of which charts have a line. */
#define RECORD_LINES 64u
/* Of one target under one engine. */
#define RECORD_WORKERS 1024u
/* A campaign that is interrupted goes on in another run. */
#define RECORD_RUNS 4096u

enum record_value {
    RECORD_EXECUTIONS,
    RECORD_EDGES,
    RECORD_FEATURES,
    RECORD_CORPUS,
    RECORD_SPEED,
    RECORD_STABILITY,
    RECORD_CLAUSES,
    RECORD_SITUATIONS,
    RECORD_FINDINGS,
    RECORD_VALUES
};

struct record_sample {
    unsigned run;
    unsigned line;
    unsigned worker;
    double seconds;
    double value[RECORD_VALUES]; /* NAN: not known */
};

struct record_line {
    char target[RECORD_NAME];
    char engine[RECORD_NAME];
};

struct record_run {
    double started; /* seconds since 1970 */
    double begins;  /* seconds on the campaign's clock, which stands still between runs */
    double asked;   /* seconds that it was to take */
    double jobs;
    char engines[RECORD_NAME];
    char subject[256];       /* the implementation */
    char ended[RECORD_NAME]; /* "finished", "interrupted"; empty: not, or it was killed */
};

struct record_finding {
    double seconds;
    char *target, *engine, *cause, *file;
    char *report; /* a page beside that of the campaign; NULL: none */
};

struct record {
    struct record_run *runs; /* of number 1 and on */
    unsigned run_count;
    struct record_line lines[RECORD_LINES];
    unsigned line_count;
    struct record_sample *samples; /* in the order in which they were made */
    size_t sample_count;
    struct record_finding *findings;
    size_t finding_count;
    double end; /* seconds of the last thing recorded */
};

/* Reads the tables. False with a message when there are none or one is not as it should be. */
bool record_read(const char *directory, struct record *record);
void record_free(struct record *record);

/* Seconds on the campaign's clock of a time by the machine's: that of the last run which began before it.
 * Negative when none did. */
double record_clock(const struct record *record, double time);

/* How much of a target's name people say: all but "_fuzzer". */
size_t record_spoken(const char *target);

/* DIRECTORY/NAME in a buffer of this function. */
const char *record_path(const char *directory, const char *name);

/* A line of a chart: how a value went, of all workers together. Executions and speeds are sums, stability is
 * the worst, all else is what the best one has. Returns how many points there are, at most as many as there
 * are samples. */
struct record_point {
    double seconds;
    double value;
};
size_t record_series(const struct record *record, unsigned line, enum record_value value,
                     struct record_point *points);

#endif
