/*
 * A race in the making: what its calls asked and were answered. Between running it
 * (drive/races.c) and judging it.
 */
#ifndef HARNESS_RACE_H
#define HARNESS_RACE_H

#include <stdatomic.h>

#include "harness/judge/linearize.h"
#include "harness/judge/run.h"

struct race {
    uint32_t count;
    uint32_t planned;              /* of them by the program; those behind were made from inside a stop */
    uint32_t op[PROGRAM_RACE_OPS]; /* of the program */
    struct call asked[PROGRAM_RACE_OPS];
    struct call answered[PROGRAM_RACE_OPS];
    struct linearize_call calls[PROGRAM_RACE_OPS];
    /* An Unmap of what the same actor maps in this race: the call that maps it; and how many pages off. */
    uint8_t unmaps[PROGRAM_RACE_OPS];
    uint64_t unmap_delta[PROGRAM_RACE_OPS];
    /* DMA: the section life that the pin is of, and what was there when it took place. */
    uint32_t serial[PROGRAM_RACE_OPS];
    uint64_t wanted[PROGRAM_RACE_OPS][PROGRAM_DMA_PAGES];
    uint8_t stopping; /* + 1: the stop or removal that is under way; 0: none */
    /* From inside a driver's DxgkDdiStopDevice: this release is made, if the race has room for it. */
    void (*release)(struct call *call);
    /* A call's argument that was written over while it was under way. */
    struct race_overwritten {
        bool made;
        uint8_t call;
        uint8_t at, width; /* bytes of the argument */
        uint64_t was, is;
    } overwritten;
    _Atomic uint32_t clock; /* of calls' beginnings and ends; orders nothing */
    const char *violated;   /* what the implementation said of its locks */
    const char *kept;       /* the lock an actor still held when its call had returned */
    struct linearize_result result;
    struct program_race plan;
};

extern struct race race;

/* What its answers and the state it left say: looks for the serial order that explains them (RACE-ATOMIC,
 * RACE-STOP), commits that to the model, then looks at everything as after any operation. */
void race_judge(void);
/* Parts of that: the order, whichever of two arguments a call has read, to its result (exact, fits: as of
 * linearize()); and, before the order is committed, what DMA reached. */
void race_explain(struct race *of, bool exact, linearize_final *fits);
void race_judge_dma(const struct race *of);

#endif
