/* Reads what a campaign has recorded of itself. */
#define _XOPEN_SOURCE 700
#include "harness/campaign/record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/campaign/tsv.h"

const char *record_path(const char *directory, const char *name) {
    static char path[4096];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return path;
}

/* Room for one more of `count` things of this size: it doubles at powers of two. */
static bool grow(void **at, size_t count, size_t size) {
    if ((count & (count - 1)) != 0)
        return true;
    void *more = realloc(*at, (count ? 2 * count : 1) * size);
    if (!more) {
        fprintf(stderr, "out of memory\n");
        return false;
    }
    *at = more;
    return true;
}

static void put_word(char *word, size_t size, const char *cell) {
    snprintf(word, size, "%s", cell);
}

/* A whole number from 1 to `most`. */
static bool read_ordinal(struct tsv *tsv, unsigned column, unsigned most, unsigned *number) {
    double value;
    if (!tsv_number(tsv, column, &value))
        return false;
    if (!(value >= 1 && value <= most) || (double)(unsigned)value < value)
        return tsv_expected(tsv, column, "a whole number from 1");
    *number = (unsigned)value;
    return true;
}

/* ---- runs.tsv ---- */

static const char *const run_columns[] = {"run", "key", "value", NULL};
enum {
    RUN,
    RUN_KEY,
    RUN_VALUE
};

static struct record_run *run_of(struct record *record, unsigned number) {
    while (record->run_count < number) {
        if (!grow((void **)&record->runs, record->run_count, sizeof(*record->runs)))
            return NULL;
        record->runs[record->run_count++] = (struct record_run){.started = NAN, .asked = NAN, .jobs = NAN};
    }
    return &record->runs[number - 1];
}

/* Keys that are not known are somebody's notes. */
static bool take_run(struct tsv *tsv, struct record *record) {
    unsigned number;
    if (!read_ordinal(tsv, RUN, RECORD_RUNS, &number))
        return false;
    struct record_run *run = run_of(record, number);
    if (!run)
        return false;
    const struct {
        const char *key;
        double *number;
        char *word;
        size_t size;
    } keys[] = {{"started", &run->started, NULL, 0},
                {"begins", &run->begins, NULL, 0},
                {"asked", &run->asked, NULL, 0},
                {"jobs", &run->jobs, NULL, 0},
                {"engines", NULL, run->engines, sizeof(run->engines)},
                {"implementation", NULL, run->subject, sizeof(run->subject)},
                {"ended", NULL, run->ended, sizeof(run->ended)}};
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        if (strcmp(tsv->cells[RUN_KEY], keys[i].key) == 0) {
            if (keys[i].number)
                return tsv_number(tsv, RUN_VALUE, keys[i].number);
            put_word(keys[i].word, keys[i].size, tsv->cells[RUN_VALUE]);
        }
    }
    return true;
}

/* ---- campaign.tsv ---- */

static const char *const sample_columns[] = {"run",        "seconds", "target",     "engine",   "worker",
                                             "executions", "edges",   "features",   "corpus",   "speed",
                                             "stability",  "clauses", "situations", "findings", NULL};
enum {
    SAMPLE_RUN,
    SAMPLE_SECONDS,
    SAMPLE_TARGET,
    SAMPLE_ENGINE,
    SAMPLE_WORKER,
    SAMPLE_VALUES
};
_Static_assert(sizeof(sample_columns) / sizeof(*sample_columns) == SAMPLE_VALUES + RECORD_VALUES + 1,
               "a column for each value");

static bool line_of(struct tsv *tsv, struct record *record, unsigned *line) {
    const char *target = tsv->cells[SAMPLE_TARGET], *engine = tsv->cells[SAMPLE_ENGINE];
    for (*line = 0; *line < record->line_count; ++*line)
        if (strcmp(record->lines[*line].target, target) == 0 &&
            strcmp(record->lines[*line].engine, engine) == 0)
            return true;
    if (record->line_count == RECORD_LINES)
        return tsv_expected(tsv, SAMPLE_TARGET, "at most 64 targets under each engine in all");
    if (strlen(target) >= RECORD_NAME || *target == 0)
        return tsv_expected(tsv, SAMPLE_TARGET, "a name of 1 to 63 bytes");
    if (strlen(engine) >= RECORD_NAME || *engine == 0)
        return tsv_expected(tsv, SAMPLE_ENGINE, "a name of 1 to 63 bytes");
    put_word(record->lines[*line].target, RECORD_NAME, target);
    put_word(record->lines[*line].engine, RECORD_NAME, engine);
    record->line_count++;
    return true;
}

static bool take_sample(struct tsv *tsv, struct record *record) {
    struct record_sample sample;
    if (!read_ordinal(tsv, SAMPLE_RUN, RECORD_RUNS, &sample.run) ||
        !tsv_number(tsv, SAMPLE_SECONDS, &sample.seconds) ||
        !read_ordinal(tsv, SAMPLE_WORKER, RECORD_WORKERS, &sample.worker) ||
        !line_of(tsv, record, &sample.line))
        return false;
    if (isnan(sample.seconds) || sample.seconds < record->end)
        return tsv_expected(tsv, SAMPLE_SECONDS, "what is not before the line above");
    record->end = sample.seconds;
    for (unsigned i = 0; i < RECORD_VALUES; i++)
        if (!tsv_number(tsv, SAMPLE_VALUES + i, &sample.value[i]))
            return false;
    if (!grow((void **)&record->samples, record->sample_count, sizeof(sample)))
        return false;
    record->samples[record->sample_count++] = sample;
    return true;
}

/* ---- findings.tsv ---- */

static const char *const finding_columns[] = {"run", "seconds", "target", "engine", "cause", "file", NULL};
enum {
    FINDING_RUN,
    FINDING_SECONDS,
    FINDING_TARGET,
    FINDING_ENGINE,
    FINDING_CAUSE,
    FINDING_FILE
};

static char *copy(const char *text) {
    size_t size = strlen(text) + 1;
    char *made = malloc(size);
    return made ? memcpy(made, text, size) : NULL;
}

static bool take_finding(struct tsv *tsv, struct record *record) {
    unsigned run;
    struct record_finding finding;
    if (!read_ordinal(tsv, FINDING_RUN, RECORD_RUNS, &run) ||
        !tsv_number(tsv, FINDING_SECONDS, &finding.seconds) ||
        !grow((void **)&record->findings, record->finding_count, sizeof(finding)))
        return false;
    finding.target = copy(tsv->cells[FINDING_TARGET]);
    finding.engine = copy(tsv->cells[FINDING_ENGINE]);
    finding.cause = copy(tsv->cells[FINDING_CAUSE]);
    finding.file = copy(tsv->cells[FINDING_FILE]);
    finding.report = NULL;
    record->findings[record->finding_count++] = finding;
    return finding.target && finding.engine && finding.cause && finding.file;
}

/* ---- reports.tsv ---- */

static const char *const report_columns[] = {"file", "page", NULL};
enum {
    REPORT_FILE,
    REPORT_PAGE
};

static bool take_report(struct tsv *tsv, struct record *record) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/";
    const char *page = tsv->cells[REPORT_PAGE];
    if (*page == 0 || *page == '/' || page[strspn(page, plain)] != 0)
        return tsv_expected(tsv, REPORT_PAGE, "a path from here, of letters, digits and ._-/");
    for (size_t i = 0; i < record->finding_count; i++) {
        struct record_finding *finding = &record->findings[i];
        if (strcmp(finding->file, tsv->cells[REPORT_FILE]) == 0) {
            free(finding->report);
            finding->report = copy(page);
        }
    }
    return true;
}

/* ---- all of them ---- */

static bool read_table(const char *directory, const char *name, const char *const *columns,
                       struct record *record, bool (*take)(struct tsv *, struct record *)) {
    struct tsv tsv;
    if (!tsv_open(&tsv, record_path(directory, name), columns))
        return false;
    bool ok = true;
    while (ok && tsv_next(&tsv))
        ok = take(&tsv, record);
    return tsv_close(&tsv) && ok;
}

bool record_read(const char *directory, struct record *record) {
    *record = (struct record){0};
    if (read_table(directory, "runs.tsv", run_columns, record, take_run) &&
        read_table(directory, "campaign.tsv", sample_columns, record, take_sample) &&
        read_table(directory, "findings.tsv", finding_columns, record, take_finding) &&
        (access(record_path(directory, "reports.tsv"), F_OK) != 0 ||
         read_table(directory, "reports.tsv", report_columns, record, take_report)))
        return true;
    fprintf(stderr, "%s: expected what fuzz/run records of a campaign\n", directory);
    record_free(record);
    return false;
}

void record_free(struct record *record) {
    for (size_t i = 0; i < record->finding_count; i++) {
        free(record->findings[i].target);
        free(record->findings[i].engine);
        free(record->findings[i].cause);
        free(record->findings[i].file);
        free(record->findings[i].report);
    }
    free(record->runs);
    free(record->samples);
    free(record->findings);
    *record = (struct record){0};
}

size_t record_spoken(const char *target) {
    static const char end[] = "_fuzzer";
    size_t length = strlen(target), cut = sizeof(end) - 1;
    return length > cut && strcmp(target + length - cut, end) == 0 ? length - cut : length;
}

double record_clock(const struct record *record, double time) {
    double seconds = -1;
    for (unsigned i = 0; i < record->run_count; i++) {
        const struct record_run *run = &record->runs[i];
        if (run->started <= time) {
            seconds = run->begins + (time - run->started);
            /* What came between two runs came at the end of the first. */
            if (i + 1 < record->run_count && seconds > record->runs[i + 1].begins)
                seconds = record->runs[i + 1].begins;
        }
    }
    return seconds;
}
