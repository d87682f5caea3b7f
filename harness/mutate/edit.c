/* Cutting and pasting: operations that go into a program, and out of it. */
#include <string.h>

#include "harness/mutate/mutation.h"

uint32_t mutation_room(const struct mutation *m) {
    return m->max_ops > m->program->op_count ? m->max_ops - m->program->op_count : 0;
}

/* Makes room for count operations at `at`; returns how many there is room for. */
static uint32_t open_gap(struct mutation *m, uint32_t at, uint32_t count) {
    struct program *p = m->program;
    count = count < mutation_room(m) ? count : mutation_room(m);
    program_span_grow(p, at, count);
    memmove(&p->ops[at + count], &p->ops[at], (p->op_count - at) * sizeof(p->ops[0]));
    p->op_count += count;
    return count;
}

void mutation_cut(struct mutation *m, uint32_t at, uint32_t count) {
    struct program *p = m->program;
    program_span_shrink(p, at, count);
    memmove(&p->ops[at], &p->ops[at + count], (p->op_count - at - count) * sizeof(p->ops[0]));
    p->op_count -= count;
}

void mutation_insert(struct mutation *m, uint32_t at, const struct program_op *ops, uint32_t count) {
    count = open_gap(m, at, count);
    memcpy(&m->program->ops[at], ops, count * sizeof(ops[0]));
}
