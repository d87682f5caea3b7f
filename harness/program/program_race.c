/* Races in a program: their switches. */
#include "harness/program/program.h"

#include <string.h>

void program_race_get(const struct program_op *op, struct program_race *race) {
    race->ops = (uint8_t)(1 + op->view % PROGRAM_RACE_OPS);
    race->first = op->actor;
    race->switches = 0;
    for (unsigned i = 0; i < PROGRAM_SWITCHES; i++) {
        const uint8_t *bytes = op->arg.race[i];
        uint32_t points = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16;
        if (points != 0) {
            race->at[race->switches++] =
                (struct program_switch){points, bytes[3] % SUT_ACTORS, (bytes[3] / SUT_ACTORS & 1) != 0};
        }
    }
}

void program_race_set(struct program_op *op, const struct program_race *race) {
    op->view = (uint8_t)(race->ops - 1);
    op->actor = race->first;
    memset(op->arg.raw, 0, sizeof(op->arg.raw));
    for (unsigned i = 0; i < race->switches; i++) {
        uint32_t points = race->at[i].points;
        uint8_t bytes[4] = {(uint8_t)points, (uint8_t)(points >> 8), (uint8_t)(points >> 16),
                            (uint8_t)(race->at[i].actor + (race->at[i].locks ? SUT_ACTORS : 0))};
        memcpy(op->arg.race[i], bytes, sizeof(bytes));
    }
}
