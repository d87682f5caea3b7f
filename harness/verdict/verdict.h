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

/* What a verdict is known by: "PIN-COUNT", "heap-use-after-free in dxgk_unpin", "signal 11 in unpin". */
void verdict_key(const struct verdict *verdict, char *key, size_t capacity);

/* Runs the program in a child once more, and gives what that reports, of a clause or a death, as far as it
 * fits: good until the next verdict. NULL with a message when there can be no child. */
#define VERDICT_REPORT_MAX (UINT32_C(64) << 10)
const char *verdict_report(const struct program *program, unsigned timeout);

#endif
