/* Line charts over a campaign's time, as SVG in a page. */
#ifndef HARNESS_CHART_H
#define HARNESS_CHART_H

#include <stddef.h>
#include <stdio.h>

#include "harness/campaign/record.h"

/* What tells lines apart beside their names: colours and dashes repeat after these. */
#define CHART_STYLES 4u
/* The colour of the line that is all others together. */
#define CHART_TOGETHER CHART_STYLES

struct chart_line {
    const char *name;
    struct record_point *points; /* times ascend */
    size_t count;
    unsigned colour;
    unsigned dash;
};

struct chart {
    const char *title;
    const char *unit; /* of values, behind a tick's number: "", "/s", "%" */
    const char *says; /* a sentence below the title */
    struct chart_line *lines;
    unsigned line_count;
    double end; /* of the time axis */
    bool from_zero;
    bool steps; /* a value holds until the next point */
    double top; /* a value that is drawn as a line of its own, with its name; NAN: none */
    const char *top_name;
};

/* A <figure>. */
void chart_put(FILE *to, const struct chart *chart);

/* 950, 12.3k, 4.56M; and "42 s", "3 min", "1 h 20 min". */
#define CHART_TEXT 32u
void chart_number(double value, char *text, size_t size);
void chart_time(double seconds, char *text, size_t size);

#endif
