/*
 * The run in progress: what the executor and the judge share. The executor begins it, with its options, and
 * nothing else changes those; what a run has come to can be asked until the next one begins.
 */
#ifndef HARNESS_RUN_H
#define HARNESS_RUN_H

#include <setjmp.h>
#include <stdio.h>

#include "harness/contract/call.h"
#include "harness/contract/contents.h"
#include "harness/contract/contract.h"
#include "harness/contract/count.h"
#include "harness/contract/model.h"
#include "harness/contract/situate.h"
#include "harness/judge/run_options.h"
#include "harness/sut.h"

/* Operation numbers of what the run does by itself. */
#define RUN_BOOT UINT32_MAX
#define RUN_END  (UINT32_MAX - 1)

/* Why a program was not run, or not judged, to its end. */
enum run_left {
    RUN_NOT_LEFT,
    RUN_LEFT_AT_BOOT,  /* there was no machine */
    RUN_LEFT_BY_CHOICE /* the implementation may have chosen otherwise than a clause of basis C */
};

struct run {
    const struct run_options *options;
    const struct sut *sut;
    const struct program *program;
    bool booted;
    bool abandoned; /* a clause that is not judged here was broken: the rest cannot be judged */
    enum run_left left;
    enum contract_clause left_clause; /* RUN_LEFT_BY_CHOICE: which one was not kept, and where */
    uint32_t left_op;
    bool open; /* a race's answers have several explanations, and what comes after it depends on which */
    bool
        unmade[CONTRACT_CLAUSE_COUNT]; /* a call was not made: what it comes to is left open by that clause */
    bool unchecked;                    /* drivers answer, and that is all (executor_replay) */
    uint32_t op;
    uint32_t race_ops;         /* in a race: how many operations behind op run, too */
    struct program_walk walk;  /* through the program: how often op has run before */
    bool racing;               /* actors run: drivers answer, and release in their stops */
    void (*explain)(FILE *to); /* has more to say in a report; NULL: nobody */
    const char *inside;        /* the driver's entry point a nested call comes from, or NULL */
    enum situate_entry entry;  /* the same */
    struct sut_ledger ledger;  /* as last seen */
    struct model model;
    jmp_buf bug_check;   /* where a program goes on from when the system has stopped */
    bool stops;          /* the call that is under way does that */
    uint32_t stale_word; /* byte offset in a page, + 1, of a word of a section that ended; 0: none */
    uint32_t caller_breaches;
    uint32_t first_breach_op;
    enum contract_clause first_breach;
};

extern struct run run;

/* Boots the machine of the program. Nothing is left of the run before, however it ended; options NULL: all
 * zero. False when there is no machine. */
bool run_boot(const struct program *program, const struct run_options *options);
void run_shut_down(void);

/* A call that this clause refuses: some are the caller's breach of its own duties. */
void run_note_breach(enum contract_clause clause);

static inline void run_count(enum contract_clause clause, bool fired) {
    if (fired)
        contract_faulted(clause, true);
    else
        contract_kept(clause, true);
}

/* What REQUIRE() (report.h) was told last. */
#define RUN_TEXT_MAX 512u
extern char run_expected_text[RUN_TEXT_MAX], run_got_text[RUN_TEXT_MAX];

/* ---- what a run has come to ---- */

/* "operation 3 of 16", or what there is before and behind them. Good until the next call. */
const char *run_where(uint32_t op);
/* How many operations behind the one that runs are repeated with it, and have run before. */
static inline uint32_t run_repeated(void) {
    return run.walk.pass > 0 ? run.walk.end - 1 - run.op : 0;
}
/* The operation that the run ended in; false when it was none: boot, the end. */
bool run_last_op(uint32_t *op);
/*
 * Whether the run did not get to the program's end for a reason that is nobody's finding, and why: the
 * machine did not boot, or an implementation that is not held to this project's choices (sut.h) chose
 * otherwise, and what it owes from there on is not known.
 */
#define RUN_WHY 1200u /* two texts of a report, and where */
bool run_left_early(char *why, size_t size);
/*
 * How a driver that did what the program did would have broken its own duties (docs/contract.md, "The
 * driver's duties"): how often, and first by which operation and clause. 0 when it did not.
 */
uint32_t run_caller_breaches(uint32_t *first_op, enum contract_clause *clause);

#endif
