/* Keeps which clauses a campaign has seen in which situations. */
#define _XOPEN_SOURCE 700
#include "harness/campaign/reached.h"

#include <math.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/campaign/tsv.h"
#include "harness/contract/count.h"

static const char *const columns[] = {"target", "clause", "situation", "by", "seconds", "input", NULL};
enum {
    TARGET,
    CLAUSE,
    SITUATION,
    BY,
    SECONDS,
    INPUT
};
static const char *const by_words[] = {
    [REACHED_FOUND] = "found", [REACHED_EARLIER] = "earlier", [REACHED_SEED] = "seed"};

/* ---- inputs ---- */

static int by_path(const void *a, const void *b) {
    return strcmp(((const struct reached_input *)a)->path, ((const struct reached_input *)b)->path);
}

static bool no_room(void) {
    fprintf(stderr, "out of memory\n");
    return false;
}

static bool target_of(struct reached *reached, const char *name, unsigned *target) {
    for (*target = 0; *target < reached->target_count; ++*target)
        if (strcmp(reached->targets[*target], name) == 0)
            return true;
    if (*target == REACHED_TARGETS) {
        fprintf(stderr, "%s: more than %u targets\n", name, REACHED_TARGETS);
        return false;
    }
    reached->targets[*target] = malloc(strlen(name) + 1);
    if (!reached->targets[*target])
        return no_room();
    strcpy(reached->targets[*target], name);
    reached->target_count++;
    return true;
}

/* In the tree stands each input's own block, for the list of them moves when it grows. */
struct node {
    struct reached_input key;
    uint32_t number;
};

static bool find_or_add(struct reached *reached, const char *target, const char *name, uint32_t *input,
                        bool *is_new) {
    size_t size = strlen(target) + 1 + strlen(name) + 1;
    struct node *node = malloc(sizeof(*node) + size);
    if (!node)
        return no_room();
    node->key.path = (char *)(node + 1);
    snprintf(node->key.path, size, "%s/%s", target, name);
    struct node **known = tsearch(node, &reached->tree, by_path);
    *is_new = known && *known == node;
    if (!*is_new) {
        if (known)
            *input = (*known)->number;
        free(node);
        return known || no_room();
    }
    size_t count = reached->input_count;
    if ((count & (count - 1)) == 0) {
        void *more = realloc(reached->inputs, (count ? 2 * count : 1) * sizeof(*reached->inputs));
        if (!more)
            return no_room();
        reached->inputs = more;
    }
    if (!target_of(reached, target, &node->key.target))
        return false;
    *input = node->number = (uint32_t)count;
    reached->inputs[reached->input_count++] = node->key;
    return true;
}

/* As engines name what they find: 40 digits of its SHA-1. */
static bool is_sum(const char *name) {
    return strlen(name) == 40 && name[strspn(name, "0123456789abcdef")] == 0;
}

bool reached_input(struct reached *reached, const struct record *record, const char *target, const char *name,
                   double time, uint32_t *input, bool *is_new) {
    if (!find_or_add(reached, target, name, input, is_new))
        return false;
    if (*is_new)
        reached_date(reached, record, *input, time);
    return true;
}

void reached_date(struct reached *reached, const struct record *record, uint32_t input, double time) {
    struct reached_input *it = &reached->inputs[input];
    it->seconds = record_clock(record, time);
    it->by = !is_sum(strrchr(it->path, '/') + 1) ? REACHED_SEED
             : it->seconds < 0                   ? REACHED_EARLIER
                                                 : REACHED_FOUND;
}

/* ---- cells ---- */

bool reached_has(unsigned clause, unsigned situation) {
    return (contract_table[clause].axes >> situation_table[situation].axis & 1) != 0;
}

static bool is_earlier(const struct reached *reached, uint32_t a, uint32_t b) {
    return b == 0 || reached->inputs[a - 1].seconds < reached->inputs[b - 1].seconds;
}

static void enter(struct reached *reached, unsigned clause, unsigned situation, uint32_t number) {
    const struct reached_input *input = &reached->inputs[number - 1];
    struct reached_cell *cell = &(*reached->cells)[input->target][clause][situation];
    if (input->by == REACHED_FOUND)
        cell->found = is_earlier(reached, number, cell->found) ? number : cell->found;
    else if (cell->given == 0 || input->by > reached->inputs[cell->given - 1].by)
        cell->given = number; /* better a seed: it has a name that says something */
}

void reached_note(struct reached *reached, uint32_t input) {
    for (unsigned clause = 0; clause < CONTRACT_CLAUSE_COUNT; clause++) {
        const struct contract_count *count = &contract_counts[clause];
        if (count->kept + count->refused + count->faulted != 0)
            enter(reached, clause, SITUATION_NONE, input + 1);
        for (unsigned i = 1; i < REACHED_SITUATIONS; i++)
            if (situation_holds(&contract_seen[clause], (enum situation)i) && reached_has(clause, i))
                enter(reached, clause, i, input + 1);
    }
}

struct reached_first reached_first(const struct reached *reached, unsigned clause, unsigned situation) {
    struct reached_first first = {NULL, NULL};
    for (unsigned target = 0; target < reached->target_count; target++) {
        const struct reached_cell *cell = &(*reached->cells)[target][clause][situation];
        const struct reached_input *found = cell->found ? &reached->inputs[cell->found - 1] : NULL;
        const struct reached_input *given = cell->given ? &reached->inputs[cell->given - 1] : NULL;
        if (found && (!first.found || found->seconds < first.found->seconds))
            first.found = found;
        if (given && (!first.given || given->by > first.given->by))
            first.given = given;
    }
    return first;
}

/* ---- the file ---- */

/* "pin2: 1:1, array", as `pinfuzz clauses --situations` has it; "-": the clause itself. */
static void name_situation(unsigned situation, char *name, size_t size) {
    const struct situation_row *row = &situation_table[situation];
    if (situation == SITUATION_NONE)
        snprintf(name, size, "-");
    else
        snprintf(name, size, "%s: %s", situation_axes[row->axis], row->word);
}

static bool read_clause(struct tsv *tsv, unsigned *clause) {
    for (*clause = 0; *clause < CONTRACT_CLAUSE_COUNT; ++*clause)
        if (strcmp(contract_table[*clause].id, tsv->cells[CLAUSE]) == 0)
            return true;
    return tsv_expected(tsv, CLAUSE, "a clause that `pinfuzz clauses` lists");
}

static bool read_situation(struct tsv *tsv, unsigned clause, unsigned *situation) {
    char name[256];
    for (*situation = 0; *situation < REACHED_SITUATIONS; ++*situation) {
        if (*situation != SITUATION_NONE && !reached_has(clause, *situation))
            continue;
        name_situation(*situation, name, sizeof(name));
        if (strcmp(name, tsv->cells[SITUATION]) == 0)
            return true;
    }
    return tsv_expected(tsv, SITUATION,
                        "a situation of that clause, as `pinfuzz clauses --situations` has it");
}

static bool read_by(struct tsv *tsv, enum reached_by *by) {
    for (*by = REACHED_FOUND; *by <= REACHED_SEED; ++*by)
        if (strcmp(by_words[*by], tsv->cells[BY]) == 0)
            return true;
    return tsv_expected(tsv, BY, "found, earlier or seed");
}

static bool read_row(struct tsv *tsv, struct reached *reached) {
    unsigned clause, situation;
    enum reached_by by;
    double seconds;
    uint32_t input;
    bool is_new;
    if (!read_clause(tsv, &clause) || !read_situation(tsv, clause, &situation) || !read_by(tsv, &by) ||
        !tsv_number(tsv, SECONDS, &seconds))
        return false;
    if ((by == REACHED_FOUND) == isnan(seconds))
        return tsv_expected(tsv, SECONDS, "a number for what was found, and - for all else");
    if (!find_or_add(reached, tsv->cells[TARGET], tsv->cells[INPUT], &input, &is_new))
        return false;
    reached->inputs[input].by = by;
    reached->inputs[input].seconds = seconds;
    enter(reached, clause, situation, input + 1);
    return true;
}

bool reached_read(const char *directory, struct reached *reached, reached_table *cells) {
    *reached = (struct reached){.cells = cells};
    struct tsv tsv;
    const char *path = record_path(directory, "reached.tsv");
    if (access(path, F_OK) != 0)
        return true; /* nothing was counted yet */
    if (!tsv_open(&tsv, path, columns))
        return false;
    bool ok = true;
    while (ok && tsv_next(&tsv))
        ok = read_row(&tsv, reached);
    return tsv_close(&tsv) && ok;
}

static void write_cell(FILE *file, const struct reached *reached, unsigned clause, unsigned situation,
                       uint32_t number) {
    char name[256];
    if (number == 0)
        return;
    const struct reached_input *input = &reached->inputs[number - 1];
    const char *target = reached->targets[input->target];
    name_situation(situation, name, sizeof(name));
    fprintf(file, "%s\t%s\t%s\t%s\t", target, contract_table[clause].id, name, by_words[input->by]);
    if (input->by == REACHED_FOUND)
        fprintf(file, "%.2f", input->seconds);
    else
        fputc('-', file);
    fputc('\t', file);
    for (const char *name_at = input->path + strlen(target) + 1; *name_at != 0; name_at++) {
        fputc((unsigned char)*name_at < ' ' ? '?' : *name_at,
              file); /* a tab or the end of a line in a name */
    }
    fputc('\n', file);
}

static void write_rows(FILE *file, const struct reached *reached) {
    for (unsigned i = 0; columns[i]; i++)
        fprintf(file, i ? "\t%s" : "%s", columns[i]);
    fputc('\n', file);
    for (unsigned target = 0; target < reached->target_count; target++) {
        for (unsigned clause = 0; clause < CONTRACT_CLAUSE_COUNT; clause++) {
            for (unsigned i = 0; i < REACHED_SITUATIONS; i++) {
                const struct reached_cell *cell = &(*reached->cells)[target][clause][i];
                write_cell(file, reached, clause, i, cell->found);
                write_cell(file, reached, clause, i, cell->given);
            }
        }
    }
}

bool reached_write(const char *directory, const struct reached *reached) {
    char part[4096], path[4096];
    snprintf(path, sizeof(path), "%s", record_path(directory, "reached.tsv"));
    snprintf(part, sizeof(part), "%s", record_path(directory, ".reached.tsv.part"));
    FILE *file = fopen(part, "w");
    if (!file) {
        perror(part);
        return false;
    }
    write_rows(file, reached);
    bool ok = fflush(file) == 0 && ferror(file) == 0;
    if (fclose(file) != 0 || !ok || rename(part, path) != 0) {
        perror(path);
        return false;
    }
    return true;
}

void reached_free(struct reached *reached) {
    while (reached->tree) {
        struct node *node = *(struct node **)reached->tree;
        tdelete(node, &reached->tree, by_path);
        free(node);
    }
    for (unsigned i = 0; i < reached->target_count; i++)
        free(reached->targets[i]);
    free(reached->inputs);
    *reached = (struct reached){0};
}
