/*
 * Minimizing by exchange: one operation for several. Taking operations away leaves a program that must
 * remove, add and start an adapter where a stop and a start would do, for neither of the three can go.
 */
#include <string.h>

#include "harness/minimize/minimizer.h"
#include "harness/program/operands.h"

/* Windows of 2 to 4 operations, in programs this short: 3 * 40 windows, times 2 neighbours and the menu
 * below: at most 2 adapters * (3 + 3 * 2 indices) = 18, are 2400 candidates. */
#define EXCHANGE_OPS      40u
#define EXCHANGE_WINDOW   4u
#define EXCHANGE_ADAPTERS 2u
#define EXCHANGE_INDICES  2u
/* One gone and one moved, of so many: 10 * 9 * 8 = 720 candidates. */
#define MOVE_OPS 10u

/* Tries `with` in place of a window of the best. */
static bool try_exchange(struct minimizer *m, uint32_t at, uint32_t window, struct program_op with) {
    struct program *candidate = &m->candidate;
    program_copy(candidate, m->best);
    candidate->ops[at] = with;
    memmove(&candidate->ops[at + 1], &candidate->ops[at + window],
            (candidate->op_count - at - window) * sizeof(candidate->ops[0]));
    candidate->op_count -= window - 1;
    return minimizer_try(m);
}

/* What may stand for several: on an adapter, or on one of its save areas. */
static const struct {
    uint8_t opcode;
    uint8_t size_form;
    int8_t size_delta;
    uint8_t fail_nth;
    uint8_t indices;
} menu[] = {
    {OP_STOP, FORM_RAW, 0, 0, 1},                   /* for a removal and an addition */
    {OP_START, FORM_RAW, 0, 1, 1},                  /* for a start and a stop */
    {OP_UNMAP, FORM_RAW, 0, 0, EXCHANGE_INDICES},   /* for a stop and a start */
    {OP_MAP, FORM_MAXIMUM, 0, 0, EXCHANGE_INDICES}, /* for a pin and its end: the same pages are locked */
    {OP_PIN2, FORM_PAGES, 1, 0, EXCHANGE_INDICES},  /* for a map and its end: they have been in use */
    {OP_CPU_WRITE, FORM_RAW, 0, 0, 1},              /* for a write by DMA and a look at it */
};

static void make_plain(struct program_op *op) {
    for (const struct program_operand *operand = program_operands(op->opcode); operand->name; operand++)
        if (operand->plain)
            program_operand_set(op, operand, operand->plain);
}

/* One more of what stands beside them: among many alike, a start and a stop may be for what another failing
 * start does. */
static bool exchange_for_neighbour(struct minimizer *m, uint32_t at, uint32_t window) {
    const uint32_t beside[] = {at - 1, at + window}; /* the first wraps where there is none */
    for (size_t i = 0; i < sizeof(beside) / sizeof(*beside); i++)
        if (beside[i] < m->best->op_count && program_class(m->best->ops[beside[i]].opcode) != CLASS_ORDER &&
            try_exchange(m, at, window, m->best->ops[beside[i]]))
            return true;
    return false;
}

/* The first of the menu that will do. */
static bool exchange_window(struct minimizer *m, uint32_t at, uint32_t window) {
    for (uint8_t adapter = 0; adapter < m->best->machine.adapters && adapter < EXCHANGE_ADAPTERS; adapter++) {
        for (size_t i = 0; i < sizeof(menu) / sizeof(*menu); i++) {
            for (uint8_t index = 0; index < menu[i].indices; index++) {
                struct program_op op = {.opcode = menu[i].opcode, .adapter = adapter};
                op.size_form = menu[i].size_form;
                op.size_delta = menu[i].size_delta;
                op.fail_nth = menu[i].fail_nth;
                make_plain(&op);
                if (program_has(op.opcode, OPERAND_INDEX))
                    op.arg.unpin.PhysicalAdapterIndex = index;
                if (try_exchange(m, at, window, op))
                    return true;
            }
        }
    }
    return false;
}

/* Takes one operation away and moves another one, earlier or later. */
static bool try_moving(struct minimizer *m, uint32_t gone, uint32_t from, uint32_t to) {
    struct program *candidate = &m->candidate;
    uint32_t count = m->best->op_count - 1;
    program_copy(candidate, m->best);
    memmove(&candidate->ops[gone], &candidate->ops[gone + 1], (count - gone) * sizeof(candidate->ops[0]));
    candidate->op_count = count;
    struct program_op moved = candidate->ops[from];
    memmove(&candidate->ops[from], &candidate->ops[from + 1], (count - 1 - from) * sizeof(moved));
    memmove(&candidate->ops[to + 1], &candidate->ops[to], (count - 1 - to) * sizeof(moved));
    candidate->ops[to] = moved;
    return minimizer_try(m);
}

static bool move_one(struct minimizer *m) {
    uint32_t count = m->best->op_count;
    for (uint32_t gone = 0; gone < count; gone++)
        for (uint32_t from = 0; from + 1 < count; from++)
            for (uint32_t to = 0; to + 1 < count; to++)
                if (to != from && try_moving(m, gone, from, to))
                    return true;
    return false;
}

void minimizer_exchange(struct minimizer *m) {
    for (uint32_t window = EXCHANGE_WINDOW; window >= 2; window--)
        for (uint32_t at = 0;
             m->best->op_count <= EXCHANGE_OPS && at + window <= m->best->op_count && !minimizer_over(m);)
            at += !exchange_for_neighbour(m, at, window) && !exchange_window(m, at, window);
    while (m->best->op_count <= MOVE_OPS && !minimizer_over(m) && move_one(m)) {
    }
}
