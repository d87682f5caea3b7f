/*
 * Swarm testing (Groce and others, 2012): what is always possible crowds out what needs something else to be
 * absent. A program with an unpin after each pin never uses up what there is; one in which chains come and go
 * has no long life. So every other stretch of mutants does without some operations, scenes, kinds of faults
 * and of worlds, drawn anew for each; the first does without nothing. A mutant may still have what its
 * parents had.
 *
 * Decided by the seeds and the number of mutants before: the same seeds in the same order make the same
 * mutants. Whoever makes the mutator's face to an engine turns it on, but where PINFUZZ_SWARM=0 is in the
 * environment.
 */
#ifndef HARNESS_SWARM_H
#define HARNESS_SWARM_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/program/random.h"

/* Mutants in a stretch: a twentieth of a second, and some generations of what is kept. */
#define SWARM_STRETCH 512u

/* What a stretch does with: bits, of operations (TARGET_OP), of scenes and kinds of faults in their order. */
struct swarm {
    uint32_t operations;
    uint32_t scenes;
    uint32_t faults;  /* 0: no call fails by one */
    uint8_t adapters; /* of a new world; 0: any number */
    uint8_t iommu;    /* likewise; SUT_IOMMU_KINDS: any */
    uint8_t wrong_in; /* one in so many new worlds has a driver that does something wrong; 0: none */
};

/* Begins at the first stretch; without `on` there is only that. */
void swarm_begin(bool on);
/* Another mutant, of this seed: what it does with. */
const struct swarm *swarm_next(uint64_t seed);

#endif
