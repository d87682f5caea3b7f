/*
 * Reproducers: what a program does, as one C file that a person can read, and that a compiler makes into a
 * process which does the same, given an implementation behind the seam (sut.h) and the public headers, and no
 * harness. It holds the files that play the drivers and the bus as they stand, and then the scenario, which
 * is written down while the program runs.
 */
#ifndef HARNESS_REPRODUCE_H
#define HARNESS_REPRODUCE_H

#include <stdio.h>

#include "harness/judge/run.h"
#include "harness/verdict/verdict.h"

enum reproducer_end {
    REPRODUCER_KEPT,
    REPRODUCER_DIED,
    REPRODUCER_SHOWS, /* what breaks the contract */
    REPRODUCER_HIDES  /* it broke, and cannot be seen from outside the harness */
};

struct reproducer {
    enum reproducer_end end;
    bool too_long;   /* what is told is not all */
    unsigned clause; /* SHOWS, HIDES; else VERDICT_KEPT */
    uint32_t op;     /* in which it ended */
    char expected[RUN_TEXT_MAX];
    char got[RUN_TEXT_MAX];
};

/* The first operation that is a race, or op_count. A schedule counts loads and stores, at which a C file of
 * its own cannot switch: of a program that has one there is no reproducer. */
uint32_t reproducer_race(const struct program *program);

/* Runs the program in a child and writes down what happens. NULL with a message when there can be no child.
 * What it points to is the next call's to overwrite. */
const struct reproducer *reproducer_of(const struct program *program, unsigned timeout);
/* The same without what the process says, for who has that from another run. */
const struct reproducer *reproducer_quietly(const struct program *program, unsigned timeout);

/*
 * Writes the file of the last reproducer_of(). The process that is made of it exits with 0 when everything
 * goes as the contract says, with 1 when what it ends with is seen again, and with 2 when something else
 * differs before that; where the program died, it dies. `name` is for the comment.
 */
void reproducer_write(FILE *file, const char *name, const struct program *program,
                      const struct verdict *verdict);

#endif
