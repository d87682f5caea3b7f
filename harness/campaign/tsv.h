/* Tables as a campaign keeps them: a line of columns' names, then lines of cells, tabs between them. */
#ifndef HARNESS_TSV_H
#define HARNESS_TSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TSV_COLUMNS 16u

struct tsv {
    const char *path;
    const char *const *columns; /* NULL ends them */
    FILE *file;
    char *text; /* the line, cut into cells */
    size_t capacity;
    unsigned line; /* from 1 */
    char *cells[TSV_COLUMNS];
    bool failed;
};

/* False with a message when there is no such file, or its first line names other columns. One without even a
 * whole first line has no rows: it was killed as it began. */
bool tsv_open(struct tsv *tsv, const char *path, const char *const *columns);
/* The next row. A last line that does not end is no row: whoever appends to the file was killed, or is about
 * to go on. False at the end, and with a message and `failed` set when a row has other cells than columns. */
bool tsv_next(struct tsv *tsv);
/* A number; NAN for "-", which says that it is not known. False with a message when it is neither. */
bool tsv_number(struct tsv *tsv, unsigned column, double *value);
/* "FILE:LINE: column: expected WHAT, not 'CELL'", and the table has failed. Returns false. */
bool tsv_expected(struct tsv *tsv, unsigned column, const char *what);
/* False when it has failed. */
bool tsv_close(struct tsv *tsv);

#endif
