/* The page of a campaign: its figures, its findings, charts over time, and each clause with its situations.
 */
#ifndef HARNESS_CAMPAIGN_PAGE_H
#define HARNESS_CAMPAIGN_PAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/campaign/reached.h"
#include "harness/campaign/record.h"

struct campaign_page {
    const struct record *record;
    const struct reached *reached;
    /* Whether a clause, or a clause in a situation, is counted where this was built; NULL: all are. */
    bool (*is_counted)(unsigned clause, unsigned situation);
    bool links;     /* it lies beside the records, and so do the reports of findings */
    bool running;   /* it is read again while the campaign runs */
    size_t waiting; /* inputs of which nobody knows yet what they reach */
};

void campaign_page(FILE *to, const struct campaign_page *page);

/* ---- grid.c ---- */

/* How a clause, or a clause in a situation, was reached. */
enum grid_state {
    GRID_FOREIGN, /* not counted, or no situation of that clause */
    GRID_CANNOT_BE,
    GRID_NEVER,
    GRID_GIVEN, /* by seeds only, or by what was there before */
    GRID_FOUND, /* by an input that a fuzzer found, and by a seed, too */
    GRID_NEW,   /* and by no seed */
    GRID_WRONG  /* reached, though situations.def says that it cannot be */
};
enum grid_state grid_state(const struct campaign_page *page, unsigned clause, unsigned situation);
/* Of those that are counted: how many there are in each state, of clauses or of clauses in situations. */
struct grid_tally {
    unsigned all, never, given, found, wrong; /* of which all does not count the last */
    unsigned unseeded;                        /* of what was found: by no seed */
};
struct grid_tally grid_tally(const struct campaign_page *page, bool situations);
/* The section of the page. */
void grid_put(FILE *to, const struct campaign_page *page);

/* ---- lines.c ---- */

/* The section with the charts. */
void lines_put(FILE *to, const struct campaign_page *page);

#endif
