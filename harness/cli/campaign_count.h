/* What the inputs of a campaign reach, counted while it runs: some at a time, the oldest first. */
#ifndef HARNESS_CAMPAIGN_COUNT_H
#define HARNESS_CAMPAIGN_COUNT_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/campaign/reached.h"

struct campaign_count {
    const char *directory;
    const char *corpus;
    struct reached reached;
    uint32_t *waiting; /* inputs that were not run yet, from `next` on */
    size_t next, count;
    bool written; /* what is known by now */
};

/* False with a message when what was counted before cannot be read. */
bool campaign_count_begin(struct campaign_count *count, const char *directory, const char *corpus);
/* Finds what is new in CORPUS/TARGET/, for each target: where nothing waits, for it looks at each file. */
bool campaign_count_look(struct campaign_count *count, const struct record *record);
size_t campaign_count_waiting(const struct campaign_count *count);
/* Runs some of those that wait. */
void campaign_count_some(struct campaign_count *count);
/* Writes down what is known: reached.tsv, and for fuzz/run the sums of each target. */
bool campaign_count_write(struct campaign_count *count);

#endif
