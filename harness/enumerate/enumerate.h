/*
 * Every program up to a size: in each of some small worlds, all programs of at most so many operations, the
 * shortest first.
 *
 * A program is run from its boot, and what it is gone on with is made in the state that it reaches
 * (operations.h). Where two programs reach the same state (state.h), the first is gone on with alone. With
 * faults, each operation is made once more for each fault point that it passes, with that point failing; a
 * program has one fault at most. With `repeat`, each program without a fault is run as a repetition, too:
 * that finds what an implementation counts and nobody can look at.
 */
#ifndef HARNESS_ENUMERATE_H
#define HARNESS_ENUMERATE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/enumerate/worlds.h"
#include "harness/program/program.h"

#define ENUMERATE_DEPTH  8u     /* with 300 operations in a state more takes longer than anybody waits */
#define ENUMERATE_WORLDS 16384u /* the named ones and their changes are some 8000 */

enum enumerate_end {
    ENUMERATE_RUNNING,
    ENUMERATE_COMPLETE,
    ENUMERATE_FOUND,   /* `program` broke something, or the process dies of it */
    ENUMERATE_STOPPED, /* by `stop`, or for the seconds were over */
    ENUMERATE_FAILED   /* no memory, no file; a message has been printed */
};

struct enumerate_counts {
    uint64_t programs; /* that were run, with this many operations */
    uint64_t states;   /* that they reached, and were not seen before: of those that are gone on with */
};

/* In memory that is shared with whoever looks when the process has died. */
struct enumeration {
    /* What is asked for. */
    const struct small_world *worlds;
    unsigned world_count; /* <= ENUMERATE_WORLDS */
    unsigned odd;         /* operands of an operation that may be odd */
    unsigned repeat;      /* each program is also run so many times in a row; 0: it is not */
    bool faults;
    bool merge;
    bool share;          /* operations that leave the state as it is run one after the other (enumerate.c) */
    unsigned timeout;    /* seconds for one program; 0: any */
    unsigned seconds;    /* of processor time, then it stops; 0: any */
    const char *state;   /* the file in which it keeps where it is; NULL: nowhere */
    unsigned save_every; /* seconds; 0: after each state */
    const volatile sig_atomic_t *stop;
    /* What came of it. */
    enum enumerate_end end;
    struct program program; /* as it runs; when something is found, that which did it */
    unsigned world;         /* which world it is in */
    unsigned outcome;       /* of it (verdict.h) */
    bool sums_up;           /* `program` is of a run that was shared: none of its operations does it alone */
    uint64_t left;          /* programs that were not run, or not judged, to their end (run.h) */
    bool capped;            /* a state had more operations than can be tried */
    bool resumed;           /* it went on where another process was */
    double spent;           /* seconds of processor time, in all processes */
    struct enumerate_counts counts[ENUMERATE_WORLDS][ENUMERATE_DEPTH + 1]; /* by world and length */
};

/* To be run in a child (child.h), for a program may take it down. */
void enumerate_run(struct enumeration *self);

#endif
