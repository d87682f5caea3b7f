/*
 * Which functions crash triage passes over, and how alike two names are to it: 1 - (edits from one to the
 * other) / (characters of both). Triage takes two crashes for one when two lines of their states are equal,
 * or when the lines are alike by more than 0.8 on average.
 */
#ifndef UNIT_ALIKE_H
#define UNIT_ALIKE_H

#include <stdbool.h>
#include <string.h>

#define ALIKE 0.8
/* Functions of C libraries, sanitizers and kernels, by how their names begin. Those of whole words and of C++
 * are left out: no function here is called so. */
static inline bool passed_over(const char *name) {
    static const char *const begins[] = {
        "__",          "abort",  "alloc::",    "asan_",    "calloc", "check_memory_region",
        "common_exit", "delete", "exit_",      "free",     "dump_",  "g_log",
        "kasan_",      "main",   "malloc",     "memcmp",   "memcpy", "memmove",
        "memset",      "new",    "object_err", "operator", "print_", "realloc",
        "rust_",       "scanf",  "show_stack", "strcmp",   "strcpy", "strdup",
        "strlen",      "strncpy"};
    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
        if (strncmp(name, begins[i], strlen(begins[i])) == 0)
            return true;
    return strstr(name, "assert") || strstr(name, "logger") || strstr(name, "libpthread");
}

/* Longer ones would be cut off somewhere in a report. */
#define NAME_MAX_LENGTH 40u

/* The fewest insertions, deletions and replacements of one character that make b of a. row[j] is that
 * number for the part of a seen so far and the first j characters of b. */
static inline unsigned edits(const char *a, const char *b) {
    unsigned row[NAME_MAX_LENGTH + 1];
    unsigned columns = (unsigned)strlen(b);
    for (unsigned j = 0; j <= columns; j++)
        row[j] = j;
    for (unsigned i = 0; a[i]; i++) {
        unsigned corner = row[0]; /* of the row above, one to the left */
        row[0] = i + 1;
        for (unsigned j = 1; j <= columns; j++) {
            unsigned fewest = corner + (a[i] != b[j - 1]);
            corner = row[j];
            if (row[j] + 1 < fewest)
                fewest = row[j] + 1;
            if (row[j - 1] + 1 < fewest)
                fewest = row[j - 1] + 1;
            row[j] = fewest;
        }
    }
    return row[columns];
}

static inline double alike(const char *a, const char *b) {
    double characters = (double)(strlen(a) + strlen(b));
    return (characters - edits(a, b)) / characters;
}

#endif
