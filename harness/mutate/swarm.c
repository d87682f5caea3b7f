/* Draws what a stretch of mutants does without. */
#include "harness/mutate/swarm.h"

#include <stddef.h>

#include "harness/program/program.h"
#include "harness/program/target_operations.h"

/* Without a start there is no pin; a race is what its target is for. */
#define ALWAYS (TARGET_OP(OP_START) | TARGET_OP(OP_RACE) | TARGET_OP(OP_PIN2))

static const struct swarm everything = {.operations = UINT32_MAX,
                                        .scenes = UINT32_MAX,
                                        .faults = UINT32_MAX,
                                        .iommu = SUT_IOMMU_KINDS,
                                        .wrong_in = 6};

/* What is left out gives its share to what is left of its kind: on the whole nothing comes less often. */
static struct swarm draw(struct random *random) {
    struct swarm swarm = everything;
    swarm.operations = (uint32_t)random_next(random) | (uint32_t)random_next(random) | ALWAYS;
    swarm.scenes = (uint32_t)random_next(random);
    swarm.faults = random_one_in(random, 4) ? 0 : (uint32_t)random_next(random);
    if (random_one_in(random, 2))
        swarm.adapters = (uint8_t)random_between(random, 1, random_one_in(random, 2) ? PROGRAM_ADAPTERS : 4);
    if (random_one_in(random, 2))
        swarm.iommu = (uint8_t)random_below(random, SUT_IOMMU_KINDS);
    swarm.wrong_in = random_one_in(random, 2) ? 0 : 3;
    return swarm;
}

static struct swarm swarm;
static uint64_t mutants;
static bool swarming;

void swarm_begin(bool on) {
    swarming = on;
    mutants = 0;
}

const struct swarm *swarm_next(uint64_t seed) {
    if (!swarming)
        return &everything;
    if (mutants % SWARM_STRETCH == 0) {
        struct random random = {.state = seed};
        swarm = mutants / SWARM_STRETCH % 2 ? draw(&random) : everything;
    }
    mutants++;
    return &swarm;
}
