/*
 * A race under one schedule of each class of equivalent ones, or under random ones
 * (harness/interleave/explore.h).
 *
 * Loads and stores are points only if that is asked for, or when a run has shown a data race that is no
 * finding here, because the implementation is not held to RACE-MEMORY: orders of locks do not say everything
 * then, and the exploration begins anew.
 */
#ifndef HARNESS_EXPLORATION_H
#define HARNESS_EXPLORATION_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/interleave/explore.h"
#include "harness/program/program.h"

struct exploration {
    struct explore explore; /* way, accesses, depth and random: in */
    struct program *program;
    uint32_t op;                 /* which operation is the race */
    uint64_t most;               /* runs; 0: any number */
    unsigned seconds;            /* of processor time; 0: any */
    void (*done)(void);          /* run_options.done; NULL: nobody */
    volatile sig_atomic_t *stop; /* not zero: no other run */
    /* Called behind each run that was not cut, with its outcome (verdict.h); false: enough. */
    bool (*seen)(struct exploration *self, unsigned outcome);
    /* Out, and while it runs: */
    uint64_t runs;
    uint64_t schedules; /* runs that were not cut: no two of them equivalent, unless the way is random */
    uint64_t counted;   /* at random: those that the chance speaks of */
    uint32_t points;    /* of the longest run */
    uint32_t passed;    /* of the last one */
    unsigned actors;
    bool complete;
    bool raced;      /* some run had a data race */
    bool overflowed; /* in some run not all accesses could be looked at, or it was too long */
    bool overwrites; /* an argument is: its loads are no steps that depend on that */
    bool late;       /* accesses are points, and DMA falls among those of whoever is running */
    bool strayed;    /* a run did not do again what another had done: something outlives a run */
};

void exploration_run(struct exploration *self);

/* At random: at most how likely it is that a bug of that depth has been missed. */
double exploration_missed(const struct exploration *self);

#endif
