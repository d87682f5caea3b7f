/*
 * Verdicts: running a program and saying what came of it, here or in a process that may die of it.
 *
 * Here a broken clause is a number and the next program can be run: fast, and the implementation can take
 * the process down. In a child nothing it does reaches us: for crashes, hangs, and what a sanitizer says.
 */
#ifndef HARNESS_VERDICT_H
#define HARNESS_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "harness/contract/contract.h"
#include "harness/judge/run_options.h"
#include "harness/program/program.h"

/* The outcome of a run is a clause that was broken, or: */
#define VERDICT_KEPT CONTRACT_CLAUSE_COUNT
_Static_assert(CONTRACT_CLAUSE_COUNT < 256, "an outcome fits in a byte");

/* Seconds for one program: the largest runs in well under a second, sanitized too. */
#define VERDICT_TIMEOUT     60u
#define VERDICT_TIMEOUT_MAX 86400u

/* "kept" or "violated PIN-COUNT". */
void verdict_print_outcome(FILE *file, unsigned outcome);

/* ---- in this process ---- */

/* Runs the program; returns the outcome. A report is printed unless the options say quiet. */
unsigned verdict_here(const struct program *program, const struct run_options *options);

/* ---- in a child ---- */

/* Zeroed memory that children share with their parent, for as long as the process lives. NULL with a
 * message when there is none. */
void *verdict_shared(size_t size);

/*
 * Calls body(context) in a child, and exit(0) when it returns: LeakSanitizer looks then. The child's
 * standard error goes to `error` (-1: stays). alarm(timeout) is set; the body may set it again; 0: none.
 * Waits, and gives the wait status. False with a message when no child can be made.
 */
bool verdict_child(void (*body)(void *context), void *context, int error, unsigned timeout, int *status);
/* "hung (longer than 60 s)", "crashed (signal 11)", "crashed (exit status 1)". */
void verdict_print_death(FILE *file, int status, unsigned timeout);

/* What a program breaks, as far as it names the bug: a clause, or how a process dies of it. */
struct verdict {
    unsigned outcome; /* when the process lived, or died of a clause */
    bool died;
    int status;     /* then: the wait status */
    char what[160]; /* and what was said: "heap-use-after-free in dxgk_unpin"; without a word "in unpin" */
    char said[160]; /* the same with its numbers, for people to read: two deaths of one bug differ in them */
};
/* Runs the program in a child of its own. False with a message when there can be none. */
bool verdict_of(const struct program *program, unsigned timeout, struct verdict *verdict);
/* The same clause, or the same death of the same kind in the same function. */
bool verdict_same(const struct verdict *a, const struct verdict *b);
/* "violated PIN-COUNT", "crashed (signal 6): heap-use-after-free in dxgk_unpin". */
void verdict_print(FILE *file, const struct verdict *verdict, unsigned timeout);

/* Finds in a report of a sanitizer, or the last words of a process, what goes into verdict.what, or with
 * `numbers` into verdict.said: the kind, and the topmost function that is not the sanitizer's; of an assert()
 * its function and what did not hold. */
void verdict_read_report(const char *report, bool numbers, char *what, size_t capacity);
/* That function in the report, which goes on with " FILE:LINE:COLUMN" where there are symbols, and the length
 * of its name; NULL when there is no stack. */
const char *verdict_find_function(const char *report, size_t *length);

#endif
