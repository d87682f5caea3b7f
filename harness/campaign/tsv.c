/* Reads the tables of a campaign, and says where one is not as expected. */
#define _XOPEN_SOURCE 700
#include "harness/campaign/tsv.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static unsigned columns_of(const struct tsv *tsv) {
    unsigned count = 0;
    while (tsv->columns[count])
        count++;
    return count;
}

/* Reads a line and cuts it. Returns how many cells it has; 0 at the end. */
static unsigned cut(struct tsv *tsv) {
    ssize_t length = getline(&tsv->text, &tsv->capacity, tsv->file);
    if (length <= 0 || tsv->text[length - 1] != '\n')
        return 0;
    tsv->line++;
    tsv->text[length - 1] = 0;
    unsigned count = 0;
    for (char *cell = tsv->text; cell; count++) {
        char *tab = strchr(cell, '\t');
        if (tab)
            *tab++ = 0;
        if (count < TSV_COLUMNS)
            tsv->cells[count] = cell;
        cell = tab;
    }
    return count;
}

static bool fail_at(struct tsv *tsv) {
    fprintf(stderr, "%s:%u: ", tsv->path, tsv->line);
    tsv->failed = true;
    return false;
}

static void check_header(struct tsv *tsv) {
    unsigned count = cut(tsv);
    if (count == 0)
        return;
    bool same = count == columns_of(tsv);
    for (unsigned i = 0; same && i < count; i++)
        same = strcmp(tsv->cells[i], tsv->columns[i]) == 0;
    if (same)
        return;
    fail_at(tsv);
    fprintf(stderr, "expected the columns");
    for (unsigned i = 0; tsv->columns[i]; i++)
        fprintf(stderr, " %s", tsv->columns[i]);
    fprintf(stderr, ", not");
    for (unsigned i = 0; i < count && i < TSV_COLUMNS; i++)
        fprintf(stderr, " '%s'", tsv->cells[i]);
    fprintf(stderr, "\n");
}

bool tsv_open(struct tsv *tsv, const char *path, const char *const *columns) {
    *tsv = (struct tsv){.path = path, .columns = columns};
    tsv->file = fopen(path, "r");
    if (!tsv->file) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    check_header(tsv);
    return !tsv->failed || tsv_close(tsv);
}

bool tsv_next(struct tsv *tsv) {
    unsigned wanted = columns_of(tsv), count = tsv->failed ? 0 : cut(tsv);
    if (count != 0 && count != wanted) {
        fail_at(tsv);
        fprintf(stderr, "expected %u cells with tabs between them, not %u\n", wanted, count);
    }
    return count == wanted;
}

bool tsv_expected(struct tsv *tsv, unsigned column, const char *what) {
    fail_at(tsv);
    fprintf(stderr, "%s: expected %s, not '%s'\n", tsv->columns[column], what, tsv->cells[column]);
    return false;
}

bool tsv_number(struct tsv *tsv, unsigned column, double *value) {
    const char *cell = tsv->cells[column];
    char *end;
    if (strcmp(cell, "-") == 0) {
        *value = NAN;
        return true;
    }
    *value = strtod(cell, &end);
    /* Neither blanks nor "inf" nor "0x1": what programs of all kinds read alike. */
    if (*end != 0 || cell[strspn(cell, "0123456789.")] != 0 || *cell == 0 || *value > 1e18)
        return tsv_expected(tsv, column, "a number from 0 to 10^18 or -");
    return true;
}

bool tsv_close(struct tsv *tsv) {
    if (tsv->file)
        fclose(tsv->file);
    free(tsv->text);
    tsv->file = NULL;
    tsv->text = NULL;
    return !tsv->failed;
}
