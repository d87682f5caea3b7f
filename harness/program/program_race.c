/* Races in a program: their switches, and which operations are theirs. */
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
    memset(op->arg.raw, 0, sizeof op->arg.raw);
    for (unsigned i = 0; i < race->switches; i++) {
        uint32_t points = race->at[i].points;
        uint8_t bytes[4] = {(uint8_t)points, (uint8_t)(points >> 8), (uint8_t)(points >> 16),
                            (uint8_t)(race->at[i].actor + (race->at[i].locks ? SUT_ACTORS : 0))};
        memcpy(op->arg.race[i], bytes, sizeof bytes);
    }
}

uint32_t program_race_span(const struct program *program, uint32_t at) {
    uint32_t wanted = 1u + program->ops[at].view % PROGRAM_RACE_OPS;
    uint32_t span = 0;
    while (span < wanted && at + 1 + span < program->op_count &&
           program_may_race(program->ops[at + 1 + span].opcode)) {
        span++;
    }
    return span;
}

/* The last race before `at` within whose reach it lies, or op_count. There is but one: a race in another's
 * span ends that. */
static uint32_t race_around(const struct program *program, uint32_t at) {
    for (uint32_t back = 1; back <= PROGRAM_RACE_OPS && back <= at; back++) {
        if (program->ops[at - back].opcode == OP_RACE) {
            uint32_t ops = 1u + program->ops[at - back].view % PROGRAM_RACE_OPS;
            return ops >= back ? at - back : program->op_count;
        }
    }
    return program->op_count;
}

void program_race_grow(struct program *program, uint32_t at, uint32_t count) {
    uint32_t race = race_around(program, at);
    if (race == program->op_count || at == program->op_count) {
        return;
    }
    uint32_t ops = 1u + program->ops[race].view % PROGRAM_RACE_OPS;
    ops = count < PROGRAM_RACE_OPS - ops ? ops + count : PROGRAM_RACE_OPS;
    program->ops[race].view = (uint8_t)(ops - 1);
}

void program_race_shrink(struct program *program, uint32_t at, uint32_t count) {
    uint32_t race = race_around(program, at);
    if (race == program->op_count) {
        return;
    }
    uint32_t ops = 1u + program->ops[race].view % PROGRAM_RACE_OPS;
    uint32_t behind = race + ops + 1 - at; /* of its own from `at` on */
    uint32_t lost = count < behind ? count : behind;
    program->ops[race].view = (uint8_t)(ops > lost ? ops - lost - 1 : 0);
}
