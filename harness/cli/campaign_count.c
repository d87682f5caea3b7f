/* Counts what the inputs of a campaign reach while it runs. */
#define _XOPEN_SOURCE 700
#include "harness/cli/campaign_count.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cli/reach.h"
#include "harness/verdict/child.h"

#define PATH_BYTES 4096u
/* Programs of one child: some 50 ms of them, before somebody looks at the clock. */
#define SOME 64u

bool campaign_count_begin(struct campaign_count *count, const char *directory, const char *corpus) {
    *count = (struct campaign_count){.directory = directory, .corpus = corpus};
    reached_table *cells = child_shared(sizeof(*cells));
    return cells && reached_read(directory, &count->reached, cells);
}

size_t campaign_count_waiting(const struct campaign_count *count) {
    return count->count - count->next;
}

/* ---- what is new ---- */

static bool wait_for(struct campaign_count *count, uint32_t input) {
    if (count->next > 0 && count->next == count->count)
        count->next = count->count = 0;
    if ((count->count & (count->count - 1)) == 0) {
        void *more = realloc(count->waiting, (count->count ? 2 * count->count : 1) * sizeof(*count->waiting));
        if (!more) {
            fprintf(stderr, "out of memory\n");
            return false;
        }
        count->waiting = more;
    }
    count->waiting[count->count++] = input;
    return true;
}

static bool look_at(struct campaign_count *count, const struct record *record, const char *target,
                    const char *name) {
    char path[PATH_BYTES];
    struct stat status;
    uint32_t input;
    bool is_new;
    int length = snprintf(path, sizeof(path), "%s/%s/%s", count->corpus, target, name);
    if (name[0] == '.' || length >= (int)sizeof(path))
        return true;
    if (!reached_input(&count->reached, record, target, name, 0, &input, &is_new))
        return false;
    if (!is_new || stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return true; /* known, or gone again: libFuzzer takes away what a shorter one replaces */
    reached_date(&count->reached, record, input, reach_time(&status));
    return wait_for(count, input);
}

static bool look_into(struct campaign_count *count, const struct record *record, const char *target) {
    char path[PATH_BYTES];
    snprintf(path, sizeof(path), "%s/%s", count->corpus, target);
    DIR *directory = opendir(path);
    if (!directory)
        return true; /* a file beside the targets' directories, or one that is gone */
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(directory)) != NULL;)
        ok = look_at(count, record, target, entry->d_name);
    closedir(directory);
    return ok;
}

/* The oldest first: what comes first is then known at once. Seeds are older than all that is found. */
static const struct reached_input *sorted_inputs;
static int by_age(const void *a, const void *b) {
    double d = sorted_inputs[*(const uint32_t *)a].seconds - sorted_inputs[*(const uint32_t *)b].seconds;
    return d > 0 ? 1 : d < 0 ? -1 : 0;
}

bool campaign_count_look(struct campaign_count *count, const struct record *record) {
    DIR *directory = opendir(count->corpus);
    bool ok = true;
    size_t before = count->count;
    for (struct dirent *entry; ok && directory && (entry = readdir(directory)) != NULL;)
        if (entry->d_name[0] != '.' && strlen(entry->d_name) < RECORD_NAME)
            ok = look_into(count, record, entry->d_name);
    if (directory)
        closedir(directory);
    if (count->count != before && campaign_count_waiting(count) > 1) {
        sorted_inputs = count->reached.inputs;
        qsort(count->waiting + count->next, campaign_count_waiting(count), sizeof(*count->waiting), by_age);
    }
    return ok;
}

/* ---- running them ---- */

static void note(void *context, size_t program) {
    struct campaign_count *count = context;
    reached_note(&count->reached, count->waiting[count->next + program]);
}

void campaign_count_some(struct campaign_count *count) {
    size_t some = campaign_count_waiting(count) < SOME ? campaign_count_waiting(count) : SOME;
    char paths[SOME][PATH_BYTES], *list[SOME];
    for (size_t i = 0; i < some; i++) {
        snprintf(paths[i], sizeof(paths[i]), "%s/%s", count->corpus,
                 count->reached.inputs[count->waiting[count->next + i]].path);
        list[i] = paths[i];
    }
    struct cmd_files files = {list, some};
    reach(&files, note, count);
    count->next += some;
    count->written = false;
}

/* ---- writing it down ---- */

static void sums_of(const struct reached *reached, unsigned target, unsigned *clauses, unsigned *situations) {
    *clauses = *situations = 0;
    for (unsigned clause = 0; clause < CONTRACT_CLAUSE_COUNT; clause++) {
        for (unsigned i = 0; i < REACHED_SITUATIONS; i++) {
            const struct reached_cell *cell = &(*reached->cells)[target][clause][i];
            bool any = cell->found != 0 || cell->given != 0;
            *clauses += any && i == SITUATION_NONE;
            *situations += any && i != SITUATION_NONE;
        }
    }
}

bool campaign_count_write(struct campaign_count *count) {
    const struct reached *reached = &count->reached;
    if (count->written)
        return true;
    char path[PATH_BYTES], part[PATH_BYTES];
    snprintf(path, sizeof(path), "%s", record_path(count->directory, ".sums"));
    snprintf(part, sizeof(part), "%s", record_path(count->directory, ".sums.part"));
    FILE *file = fopen(part, "w");
    for (unsigned i = 0; file && i < reached->target_count; i++) {
        unsigned clauses, situations;
        sums_of(reached, i, &clauses, &situations);
        fprintf(file, "%s %u %u\n", reached->targets[i], clauses, situations);
    }
    if (!file || fclose(file) != 0 || rename(part, path) != 0) {
        perror(path);
        return false;
    }
    count->written = true;
    return reached_write(count->directory, reached);
}
