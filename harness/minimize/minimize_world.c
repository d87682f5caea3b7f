/* Minimizing the world: fewer adapters, then what they and the machine have that is not plain. */
#include <stddef.h>

#include "harness/minimize/minimizer.h"
#include "harness/program/operands.h"

/* ---- the machine ---- */

/* What follows from the RAM by default follows it. */
static void set_ram(struct program_machine *machine, uint64_t pages) {
    bool highest = machine->highest_pfn == program_default_highest_pfn(machine->ram_pages);
    bool commit = machine->commit_pages == program_default_commit(machine->ram_pages);
    machine->ram_pages = pages;
    if (highest || machine->highest_pfn < pages - 1)
        machine->highest_pfn = program_default_highest_pfn(pages);
    if (commit)
        machine->commit_pages = program_default_commit(pages);
}

static bool try_ram(struct minimizer *m, uint64_t pages) {
    program_copy(&m->candidate, m->best);
    set_ram(&m->candidate.machine, pages);
    return minimizer_try(m);
}

static void shrink_ram(struct minimizer *m) {
    uint64_t pages = m->best->machine.ram_pages;
    const uint64_t plain = PROGRAM_RAM_DEFAULT;
    if (pages == plain || try_ram(m, plain))
        return;
    for (uint64_t step = (pages > plain ? pages - plain : plain - pages) / 2; step > 0;) {
        uint64_t nearer = pages > plain ? pages - step : pages + step;
        if (minimizer_over(m) || (pages > plain ? nearer <= plain : nearer >= plain) || !try_ram(m, nearer))
            step /= 2;
        else
            pages = nearer;
    }
}

#define VIEW_UNIT       (UINT64_C(64) << 10) /* of view space */
#define MACHINE(member) offsetof(struct program, machine.member), sizeof(m->best->machine.member), false

static void machine(struct minimizer *m) {
    struct program_machine plain;
    program_default_machine(&plain);
    plain.adapters = m->best->machine.adapters;
    program_copy(&m->candidate, m->best);
    m->candidate.machine = plain;
    if (minimizer_try(m))
        return;
    minimizer_shrink(m, &(struct minimizer_number){MACHINE(pfn_seed), 0, 1});
    program_copy(&m->candidate, m->best);
    m->candidate.machine.iommu = plain.iommu;
    (void)minimizer_try(m);
    shrink_ram(m);
    uint64_t ram = m->best->machine.ram_pages;
    minimizer_shrink(m,
                     &(struct minimizer_number){MACHINE(highest_pfn), program_default_highest_pfn(ram), 1});
    minimizer_shrink(m, &(struct minimizer_number){MACHINE(commit_pages), program_default_commit(ram), 1});
    minimizer_shrink(m, &(struct minimizer_number){MACHINE(pool_bytes), plain.pool_bytes, 1});
    minimizer_shrink(m, &(struct minimizer_number){MACHINE(view_bytes), plain.view_bytes, VIEW_UNIT});
}

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

/* ---- adapters that stay ---- */

#define ADAPTER(member)                                                                                      \
    offsetof(struct program, adapters) + at * sizeof(struct program_adapter) +                               \
        offsetof(struct program_adapter, member),                                                            \
        sizeof(((struct program_adapter *)0)->member), false

/* Brings single bits to their plain value. */
static void shrink_bits(struct minimizer *m, const struct minimizer_number *number, unsigned end) {
    for (unsigned bit = 1; bit < end; bit <<= 1) {
        uint64_t value = minimizer_get(m->best, number);
        if ((value ^ number->plain) & bit)
            (void)minimizer_try_number(m, number, value ^ bit);
    }
}

static void adapter(struct minimizer *m, uint8_t at) {
    struct program_adapter plain;
    program_default_adapter(&plain);
    plain.joins = m->best->adapters[at].joins;
    program_copy(&m->candidate, m->best);
    m->candidate.adapters[at] = plain;
    (void)minimizer_try(m);

    const struct minimizer_number caps = {ADAPTER(caps), plain.caps, 1};
    const struct minimizer_number miniport = {ADAPTER(miniport), 0, 1};
    minimizer_shrink(m, &(struct minimizer_number){ADAPTER(joins), 0, 1});
    minimizer_shrink(m, &(struct minimizer_number){ADAPTER(stopped), false, 1});
    minimizer_shrink(m, &(struct minimizer_number){ADAPTER(absent), false, 1});
    minimizer_shrink(m, &(struct minimizer_number){ADAPTER(version), 0, 1});
    shrink_bits(m, &caps, PROGRAM_CAPS_ALL + 1);
    shrink_bits(m, &miniport, PROGRAM_MP_ALL + 1);
    minimizer_shrink(m, &(struct minimizer_number){ADAPTER(maximum_size), plain.maximum_size, 1});
    minimizer_shrink(m, &(struct minimizer_number){ADAPTER(highest_visible), plain.highest_visible, 1});
}

void minimizer_world(struct minimizer *m) {
    fewer_adapters(m);
    machine(m);
    for (uint8_t i = 0; i < m->best->machine.adapters; i++)
        adapter(m, i);
}
