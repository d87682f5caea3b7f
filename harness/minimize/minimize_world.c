/* Minimizing the world: fewer adapters, then what they and the machine have that is not plain. */
#include "harness/minimize/minimizer.h"
#include "harness/program/operands.h"
#include "harness/program/world.h"

/* ---- adapters that go ---- */

/* Whoever joined a lead that goes joins the first of them. */
static void leave_chains(struct program *program, uint8_t gone) {
    uint8_t heir = 0;
    for (uint8_t i = 0; i < program->machine.adapters; i++) {
        struct program_adapter *adapter = &program->adapters[i];
        if (adapter->joins != gone + 1u)
            continue;
        adapter->joins = heir;
        heir = heir ? heir : (uint8_t)(i + 1);
    }
}

/* The best without an adapter; its operations go too, or go to adapter 0. */
static void build_without(struct minimizer *m, uint8_t gone, bool with_operations,
                          struct minimizer_origin *origin) {
    struct program *candidate = &m->candidate;
    program_copy(candidate, m->best);
    leave_chains(candidate, gone);
    candidate->machine.adapters--;
    for (uint8_t i = gone; i < candidate->machine.adapters; i++)
        candidate->adapters[i] = candidate->adapters[i + 1];
    for (uint8_t i = 0; i < candidate->machine.adapters; i++) {
        uint8_t joins = candidate->adapters[i].joins;
        candidate->adapters[i].joins = (uint8_t)(joins - (joins > gone + 1));
    }
    for (uint8_t i = 0; i < PROGRAM_ADAPTERS; i++)
        origin->device[i] = i == gone ? REFS_GONE : (uint8_t)(i - (i > gone));
    uint32_t count = 0;
    for (uint32_t i = 0; i < m->best->op_count; i++) {
        struct program_op op = m->best->ops[i];
        bool names = program_names_adapter(op.opcode);
        bool joins = program_has(op.opcode, OPERAND_JOINER);
        bool means = (names && op.adapter == gone) || (joins && op.value == gone);
        if (means && with_operations)
            continue;
        if (names)
            op.adapter = op.adapter == gone ? 0 : (uint8_t)(op.adapter - (op.adapter > gone));
        if (joins)
            op.value -= op.value >= gone && op.value > 0;
        candidate->ops[count] = op;
        origin->op[count++] = i;
    }
    candidate->op_count = count;
}

static bool try_without_adapter(struct minimizer *m, uint8_t gone) {
    static struct minimizer_origin origin;
    for (unsigned way = 0; way < 4; way++) {
        build_without(m, gone, way < 2, &origin);
        if (way % 2 == 0 && !minimizer_refs_mend(m, &origin))
            way++;
        if (minimizer_try(m))
            return true;
    }
    return false;
}

/* Adapter numbers wrap around within the world: says what they mean, so that they can be renumbered. */
static void unwrap(struct minimizer *m) {
    uint8_t count = m->best->machine.adapters;
    program_copy(&m->candidate, m->best);
    for (uint32_t i = 0; i < m->best->op_count; i++) {
        struct program_op *op = &m->candidate.ops[i];
        if (program_names_adapter(op->opcode))
            op->adapter %= count;
        if (program_has(op->opcode, OPERAND_JOINER))
            op->value = (int64_t)((uint64_t)op->value % PROGRAM_ADAPTERS % count);
    }
    (void)minimizer_try(m);
}

static void fewer_adapters(struct minimizer *m) {
    unwrap(m);
    for (uint8_t i = m->best->machine.adapters; i-- > 0 && m->best->machine.adapters > 1;)
        if (i < m->best->machine.adapters)
            (void)try_without_adapter(m, i);
}

/* ---- members ---- */

static void *base_of(struct program *program, bool adapter, uint8_t at) {
    return adapter ? (void *)&program->adapters[at] : (void *)&program->machine;
}

/* What would be out of range becomes plain; and what follows from another member by default follows it, if it
 * is to. Returns whether something did. */
static bool follow(const struct program_machine *from, struct program_machine *machine, bool wanted) {
    bool followed = false;
    for (unsigned i = 0; i < world_machine.count; i++) {
        const struct world_field *field = &world_machine.field[i];
        struct world_range range = world_range(field, machine, 0);
        uint64_t value = world_get(field, machine);
        bool was_plain = value == world_get(field, from) && value == world_range(field, from, 0).plain;
        if ((was_plain && wanted && value != range.plain) || value < range.least) {
            world_set(field, machine, range.plain);
            followed = true;
        }
    }
    return followed;
}

/* A member of the machine or of adapter `at`. */
struct place {
    const struct world_field *field;
    bool adapter;
    uint8_t at;
};

static uint64_t value_at(const struct minimizer *m, const struct place *place) {
    return world_get(place->field, base_of(m->best, place->adapter, place->at));
}

static bool try_value(struct minimizer *m, const struct place *place, uint64_t value) {
    bool followed = true;
    for (unsigned way = 0; way < 2 && followed; way++) {
        program_copy(&m->candidate, m->best);
        world_set(place->field, base_of(&m->candidate, place->adapter, place->at), value);
        followed = follow(&m->best->machine, &m->candidate.machine, way == 0);
        if (minimizer_try(m))
            return true;
    }
    return false;
}

/* Moves a value toward its plain one, as near as the test allows by halving. */
static void shrink_value(struct minimizer *m, const struct place *place, uint64_t plain) {
    uint64_t value = value_at(m, place);
    if (value == plain || try_value(m, place, plain))
        return;
    uint64_t unit = place->field->step;
    uint64_t distance = value > plain ? value - plain : plain - value;
    for (uint64_t step = distance / 2 / unit * unit; step > 0 && !minimizer_over(m);) {
        uint64_t nearer = value > plain ? value - step : value + step;
        if (step < distance && try_value(m, place, nearer)) {
            value = nearer;
            distance -= step;
        } else {
            step = step / 2 / unit * unit;
        }
    }
}

/* Brings single bits to their plain value. */
static void shrink_bits(struct minimizer *m, const struct place *place, uint64_t plain) {
    for (unsigned bit = 0; bit < place->field->list->count; bit++) {
        uint64_t value = value_at(m, place);
        if ((value ^ plain) >> bit & 1)
            (void)try_value(m, place, value ^ UINT64_C(1) << bit);
    }
}

static void shrink_members(struct minimizer *m, const struct world_fields *fields, bool adapter, uint8_t at) {
    for (unsigned i = 0; i < fields->count; i++) {
        const struct place place = {&fields->field[i], adapter, at};
        uint64_t plain = world_range(place.field, &m->best->machine, at).plain;
        if (place.field->kind == WORLD_IS_BITS)
            shrink_bits(m, &place, plain);
        else if (place.field->kind != WORLD_IS_COUNT) /* adapters go one by one */
            shrink_value(m, &place, plain);
    }
}

static void machine(struct minimizer *m) {
    program_copy(&m->candidate, m->best);
    program_default_machine(&m->candidate.machine);
    m->candidate.machine.adapters = m->best->machine.adapters;
    if (!minimizer_try(m))
        shrink_members(m, &world_machine, false, 0);
}

static void adapter(struct minimizer *m, uint8_t at) {
    program_copy(&m->candidate, m->best);
    program_default_adapter(&m->candidate.adapters[at]);
    m->candidate.adapters[at].joins = m->best->adapters[at].joins;
    (void)minimizer_try(m);
    shrink_members(m, &world_adapter, true, at);
}

void minimizer_world(struct minimizer *m) {
    fewer_adapters(m);
    machine(m);
    for (uint8_t i = 0; i < m->best->machine.adapters; i++)
        adapter(m, i);
}
