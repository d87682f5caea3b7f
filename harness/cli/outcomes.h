/* What the schedules of a race come to: how many come to the same, as far as anybody can tell. */
#ifndef HARNESS_OUTCOMES_H
#define HARNESS_OUTCOMES_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/program/program.h"

/* Different ones of a race that are kept: a few tens are usual. */
#define OUTCOMES 1024u

/* Children may write it where their parent sees it; all zero before the first. */
struct outcomes {
    uint32_t count;
    bool full; /* there were more */
    struct {
        struct outcome {
            uint32_t verdict;
            uint32_t calls;
            uint8_t opcode[PROGRAM_RACE_OPS]; /* those of the program first */
            int32_t status[PROGRAM_RACE_OPS];
            uint64_t state; /* at the program's end; 0: it did not get there */
        } outcome;
        uint64_t schedules;
    } of[OUTCOMES];
};

/* For run_options.done. */
void outcomes_done(void);
/* The run that has just ended, in this process, with that outcome (verdict.h). */
void outcomes_note(struct outcomes *self, unsigned verdict);
/* A line for each. */
void outcomes_print(const struct outcomes *self);

#endif
