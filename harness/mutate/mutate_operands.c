/* Operations and their operands: ones that make sense where they stand, and strange ones. */
#include <string.h>

#include "harness/contract/resolve.h"
#include "harness/mutate/mutation.h"
#include "harness/program/operands.h"
#include "harness/program/world.h"

#define PAGE MODEL_PAGE

/* ---- where ---- */

bool mutate_pick_chain(struct mutation *m, uint8_t *chain) {
    uint8_t all[SUT_DEVICES], started[SUT_DEVICES];
    uint32_t all_count = 0, started_count = 0;
    for (uint8_t i = 0; i < m->program->machine.adapters; i++) {
        if (m->model.chains[i].count == 0)
            continue;
        all[all_count++] = i;
        if (m->model.chains[i].phase == PHASE_STARTED)
            started[started_count++] = i;
    }
    if (all_count == 0)
        return false;
    if (started_count && !random_one_in(&m->random, 8))
        *chain = started[random_below(&m->random, started_count)];
    else
        *chain = all[random_below(&m->random, all_count)];
    return true;
}

uint8_t mutate_pick_index(struct mutation *m, uint8_t chain) {
    return (uint8_t)random_below(&m->random, m->model.chains[chain].count);
}

uint8_t mutate_another_chain(struct mutation *m, uint8_t chain) {
    uint8_t other = chain;
    for (unsigned tries = 0; other == chain && tries < 3; tries++)
        mutate_pick_chain(m, &other);
    return other;
}

uint8_t mutate_another_index(struct mutation *m, uint8_t chain, uint8_t index) {
    uint8_t other = index;
    for (unsigned tries = 0; other == index && tries < 3; tries++)
        other = mutate_pick_index(m, chain);
    return other;
}

/* ---- operations that do something ---- */

static struct program_op blank(uint8_t opcode, uint8_t adapter) {
    return (struct program_op){.opcode = opcode, .adapter = adapter};
}

static uint64_t pages_of(const struct mutation *m, uint8_t chain, uint8_t index) {
    return m->model.chains[chain].areas[index].maximum / PAGE;
}

/* A delta in pages, below `pages` and what fits in the field. */
static int8_t some_pages(struct mutation *m, uint64_t pages) {
    uint32_t limit = pages < 127 ? (uint32_t)pages : 127;
    return (int8_t)random_below(&m->random, limit);
}

/* From here on forms, with deltas of a byte, reach the ends of an area, and nothing in between. */
#define FAR_PAGES UINT64_C(4096)

/* A page below `pages` where a width of some computation ends, or any. */
static uint64_t far_page(struct mutation *m, uint64_t pages) {
    uint64_t page = UINT64_C(1) << random_below(&m->random, 52);
    switch (random_below(&m->random, 4)) {
    case 0:
        page = random_next(&m->random);
        break;
    case 1: /* 2 GiB, 4 GiB: where 32 bits of bytes end, with or without a sign */
        page = UINT64_C(1) << random_between(&m->random, 19, 20);
        break;
    default:
        break;
    }
    page += random_below(&m->random, 5) - UINT64_C(2);
    return page % pages;
}

uint64_t mutate_free_pages(const struct mutation *m, uint8_t chain) {
    const struct model_chain *c = &m->model.chains[chain];
    uint64_t frames = m->program->machine.ram_pages;
    frames -= m->model.ram_estimate < frames ? m->model.ram_estimate : frames;
    if (c->mode != MODE_REMAPPED || c->visible_pages == 0)
        return frames;
    uint64_t logical = c->visible_pages - 1;
    logical -= c->mapped_pages < logical ? c->mapped_pages : logical;
    return logical < frames ? logical : frames;
}

static void valid_pin_size(struct mutation *m, struct program_op *op, uint8_t chain, uint64_t pages) {
    uint64_t left = mutate_free_pages(m, chain);
    if (left < pages && left < 126 && random_one_in(&m->random, 2)) {
        op->size_form = FORM_PAGES;
        op->size_delta = (int8_t)(left + (random_one_in(&m->random, 3) ? 1 : 0));
        return;
    }
    if (pages >= FAR_PAGES && random_one_in(&m->random, 3)) {
        op->size_form = FORM_RAW;
        op->arg.pin2.CommitSize = (far_page(m, pages) + 1) * PAGE;
        return;
    }
    switch (random_below(&m->random, 8)) {
    case 0:
        op->size_form = FORM_PAGES;
        op->size_delta = (int8_t)(1 + some_pages(m, pages));
        break;
    case 1:
        op->size_form = FORM_MAXIMUM;
        op->size_delta = (int8_t)-some_pages(m, pages);
        break;
    case 2:
        op->size_form = FORM_HALF;
        op->size_delta = (int8_t)random_below(&m->random, 2);
        break;
    default:
        op->size_form = FORM_MAXIMUM;
        break;
    }
}

static void valid_map_range(struct mutation *m, struct program_op *op, uint64_t pages) {
    /* From a page on, up to the end at most: near either end of a large section. */
    uint64_t offset = (uint64_t)some_pages(m, pages);
    uint64_t left = pages - offset;
    op->offset_form = FORM_PAGES;
    op->offset_delta = (int8_t)offset;
    if (pages >= FAR_PAGES && random_one_in(&m->random, 2)) {
        offset = far_page(m, pages);
        left = pages - offset;
        op->offset_form = FORM_RAW;
        op->arg.map.Offset = offset * PAGE;
    } else if (pages > 16 && random_one_in(&m->random, 3)) { /* around the alignment of views */
        uint32_t limit = pages > 112 ? 112 : (uint32_t)pages;
        offset = random_below(&m->random, limit / 16) * 16 + random_between(&m->random, 14, 18);
        offset = offset < pages ? offset : pages - 1;
        op->offset_delta = (int8_t)offset;
        left = pages - offset;
    } else if (pages > 127 && random_one_in(&m->random, 2)) {
        left = 1 + (uint64_t)some_pages(m, 126);
        op->offset_form = FORM_MAXIMUM;
        op->offset_delta = (int8_t)(0 - (int)left);
    }
    op->size_form = FORM_PAGES;
    op->size_delta =
        random_one_in(&m->random, 4) && left < 127 ? (int8_t)left : (int8_t)(1 + some_pages(m, left));
    if (random_one_in(&m->random, 16)) { /* all of it: for most worlds a lot */
        op->offset_form = FORM_RAW;
        op->size_form = FORM_MAXIMUM;
        op->size_delta = 0;
        op->offset_delta = 0;
    }
}

static uint64_t some_stamp(struct mutation *m) {
    return random_next(&m->random) >> random_below(&m->random, 64);
}

/* Pins are numbered by chain and index. */
static uint8_t pin_number(const struct mutation *m, uint8_t chain, uint8_t index) {
    uint8_t number = 0;
    for (uint8_t i = 0; i <= chain; i++)
        for (uint8_t k = 0; k < m->model.chains[i].count; k++)
            if (m->model.chains[i].areas[k].pin.live && (i < chain || k < index))
                number++;
    return number;
}

/* One of the chain's GPUs, or any. */
static uint8_t some_gpu(struct mutation *m, uint8_t chain) {
    const struct model_chain *c = &m->model.chains[chain];
    uint8_t gpu = c->members[random_below(&m->random, c->count)];
    return random_one_in(&m->random, 8) ? (uint8_t)random_below(&m->random, m->program->machine.adapters)
                                        : gpu;
}

static uint64_t some_page(struct mutation *m, uint64_t pages) {
    uint64_t places[] = {0, 0, pages - 1, pages / 2, random_next(&m->random), UINT64_C(1) << 20};
    return RANDOM_PICK(&m->random, places);
}

static bool find_view(struct mutation *m, uint8_t chain, uint8_t index, uint32_t *view) {
    uint32_t count = m->model.view_count;
    uint32_t from = random_below(&m->random, count);
    for (uint32_t i = 0; i < count; i++) {
        *view = (from + i) % count;
        if (m->model.views[*view].chain == chain && m->model.views[*view].index == index)
            return *view <= UINT8_MAX;
    }
    return false;
}

/* An operand for an operation on one save area, so that it does something. */
static void make_operand(struct mutation *m, struct program_op *op, const struct program_operand *operand,
                         uint8_t chain, uint8_t index) {
    const struct model_chain *c = &m->model.chains[chain];
    uint64_t pages = pages_of(m, chain, index);
    uint32_t view;
    switch ((enum operand_kind)operand->kind) {
    case OPERAND_INDEX:
        op->arg.unpin.PhysicalAdapterIndex = index;
        break;
    case OPERAND_SIZE:
        if (program_has(op->opcode, OPERAND_OFFSET))
            valid_map_range(m, op, pages);
        else
            valid_pin_size(m, op, chain, pages);
        break;
    case OPERAND_FLAGS:
        op->arg.pin2.Flags.PreferContiguous = random_one_in(&m->random, 2);
        break;
    case OPERAND_BASE:
        if (find_view(m, chain, index, &view))
            op->view = (uint8_t)view;
        break;
    case OPERAND_VIEW:
        op->view = find_view(m, chain, index, &view) ? (uint8_t)view : (uint8_t)random_below(&m->random, 4);
        break;
    case OPERAND_GPU:
        op->adapter = some_gpu(m, chain);
        break;
    case OPERAND_PIN:
        op->view = pin_number(m, chain, index);
        break;
    case OPERAND_PAGE:
        program_operand_set(op, operand, some_page(m, c->areas[index].pin.pages));
        break;
    case OPERAND_IN_PAGE:
        if (random_one_in(&m->random, 4))
            program_operand_set(op, operand, random_below(&m->random, 512) * 8);
        break;
    case OPERAND_COUNT:
        program_operand_set(
            op, operand, random_one_in(&m->random, 2) ? PROGRAM_DMA_PAGES - 1 : random_below(&m->random, 4));
        break;
    case OPERAND_IN_VIEW:
        if (random_one_in(&m->random, 2))
            break;
        program_operand_set(op, operand, some_stamp(m));
        break;
    case OPERAND_STAMP:
        program_operand_set(op, operand, some_stamp(m));
        break;
    case OPERAND_NUMBER:
        if (random_one_in(&m->random, 4))
            program_operand_set(op, operand, some_stamp(m));
        break;
    case OPERAND_ADAPTER:
        op->adapter = c->members[index];
        break;
    case OPERAND_D_STATE: /* the way it is not */
        op->flag = m->model.devices[op->adapter].d3;
        break;
    case OPERAND_TDR:
        op->flag = !m->model.devices[op->adapter].in_reset;
        break;
    case OPERAND_LEVEL:
        op->irql =
            m->model.irql[0] > PASSIVE_LEVEL ? 0 : (uint8_t)random_between(&m->random, 1, PROGRAM_IRQLS - 1);
        break;
    case OPERAND_JOINER:
        op->value = (int64_t)random_below(&m->random, m->program->machine.adapters);
        break;
    case OPERAND_HANDLE: /* the lead's, by the chain's number: as they are */
    case OPERAND_CHAIN:
    case OPERAND_ABSENT:
    case OPERAND_OFFSET: /* made with the size */
    case OPERAND_OUT:
    case OPERAND_IDLE:
    case OPERAND_SPAN:
    case OPERAND_TIMES:
    case OPERAND_SCHEDULE:
    case OPERAND_KINDS:
        break;
    }
}

struct program_op mutate_op_on(struct mutation *m, uint8_t opcode, uint8_t chain, uint8_t index) {
    struct program_op op = blank(opcode, chain);
    for (const struct program_operand *operand = program_operands(opcode); operand->name; operand++)
        make_operand(m, &op, operand, chain, index);
    return op;
}

/* An area that the operation can do something to, if a few looks find one. */
static bool suits(const struct mutation *m, uint8_t opcode, uint8_t chain, uint8_t index) {
    const struct model_area *area = &m->model.chains[chain].areas[index];
    if (program_has(opcode, OPERAND_PIN) || opcode == OP_UNPIN)
        return area->pin.live;
    if (opcode == OP_MAP)
        return area->serial != 0;
    return !program_has(opcode, OPERAND_SIZE) || (area->serial && !area->pin.live);
}

/* An adapter that is away, or whose chain is stopped. */
static uint8_t some_idle_adapter(struct mutation *m, bool absent) {
    const struct model *model = &m->model;
    uint8_t count = m->program->machine.adapters;
    uint8_t adapter = (uint8_t)random_below(&m->random, count);
    for (unsigned tries = 0; tries < 4; tries++) {
        const struct model_device *d = &model->devices[adapter];
        if (absent ? !d->present : d->present && model->chains[d->chain].phase == PHASE_STOPPED)
            break;
        adapter = (uint8_t)random_below(&m->random, count);
    }
    return adapter;
}

struct program_op mutate_op_sensible(struct mutation *m, uint8_t opcode) {
    const struct model *model = &m->model;
    uint8_t chain, index;
    if (program_has(opcode, OPERAND_ABSENT) || opcode == OP_START)
        return blank(opcode, some_idle_adapter(m, opcode != OP_START));
    struct program_op op = blank(opcode, (uint8_t)random_below(&m->random, m->program->machine.adapters));
    if ((program_has(opcode, OPERAND_BASE) || program_has(opcode, OPERAND_VIEW)) && model->view_count) {
        const struct model_view *view = &model->views[random_below(&m->random, model->view_count)];
        return mutate_op_on(m, opcode, view->chain, view->index);
    }
    if (!mutate_pick_chain(m, &chain))
        return op;
    index = mutate_pick_index(m, chain);
    for (unsigned tries = 0; tries < 4 && !suits(m, opcode, chain, index); tries++) {
        mutate_pick_chain(m, &chain);
        index = mutate_pick_index(m, chain);
    }
    if (program_has(opcode, OPERAND_PIN) && !suits(m, opcode, chain, index))
        return op;
    return mutate_op_on(m, opcode, chain, index);
}

/* ---- strange ones ---- */

/* Numbers at which widths, page counts and sums end. */
static uint64_t edge_number(struct mutation *m) {
    uint64_t bit = UINT64_C(1) << random_below(&m->random, 64);
    switch (random_below(&m->random, 4)) {
    case 0:
        return bit;
    case 1:
        return bit - 1;
    case 2:
        return bit - PAGE;
    default:
        return bit + PAGE;
    }
}

static uint64_t edge_size(struct mutation *m, uint64_t maximum) {
    switch (random_below(&m->random, 8)) {
    case 0:
        return 0;
    case 1:
        return maximum | UINT64_C(1) << random_below(&m->random, 64); /* the same, if the top is cut off */
    case 2:
        return m->program->adapters[random_below(&m->random, m->program->machine.adapters)].maximum_size;
    case 3:
        return maximum + random_below(&m->random, 2 * (uint32_t)PAGE) - PAGE;
    case 4:
        return random_below(&m->random, 3 * (uint32_t)PAGE);
    case 5:
        return UINT64_MAX - random_below(&m->random, 3 * (uint32_t)PAGE);
    default:
        return edge_number(m);
    }
}

static void tweak_form(struct mutation *m, struct program_op *op, const struct program_operand *operand) {
    static const int8_t deltas[] = {0, 0, 1, -1, 1, -1, 2, -2, 15, 16, 17, -16, 127, -128};
    static const uint8_t forms[] = {FORM_MAXIMUM, FORM_MAXIMUM, FORM_MAXIMUM_BYTES, FORM_HALF,
                                    FORM_PAGES,   FORM_COUNT32, FORM_MDL_LIMIT,     FORM_TOP};
    bool size = operand->kind == OPERAND_SIZE;
    uint8_t *form = size ? &op->size_form : &op->offset_form;
    int8_t *delta = size ? &op->size_delta : &op->offset_delta;
    if (random_one_in(&m->random, 4)) {
        uint8_t device = op->adapter % m->program->machine.adapters;
        *form = FORM_RAW;
        program_operand_set(
            op, operand,
            edge_size(m, resolve_maximum(&m->model, device, op->arg.unpin.PhysicalAdapterIndex)));
        return;
    }
    if (!random_one_in(&m->random, 3))
        *form = RANDOM_PICK(&m->random, forms);
    *delta = RANDOM_PICK(&m->random, deltas);
}

/* Neither is aligned, their sum is. */
static void tweak_both(struct mutation *m, struct program_op *op) {
    uint64_t moved = random_one_in(&m->random, 2) ? 1 : random_below(&m->random, (uint32_t)PAGE);
    op->size_form = FORM_RAW;
    op->offset_form = FORM_RAW;
    op->arg.map.Size = random_between(&m->random, 0, 2) * PAGE + moved;
    op->arg.map.Offset = random_between(&m->random, 1, 3) * PAGE - moved;
}

static void tweak_index(struct mutation *m, struct program_op *op) {
    uint8_t device = op->adapter % m->program->machine.adapters;
    const struct model_chain *chain = &m->model.chains[m->model.devices[device].chain];
    UINT count = chain->count;
    UINT index = op->arg.unpin.PhysicalAdapterIndex;
    switch (random_below(&m->random, 6)) {
    case 0:
        index = count;
        break;
    case 1:
        index = random_below(&m->random, SUT_CHAIN_MAX + 1);
        break;
    case 2:
        index ^= UINT32_C(1) << random_below(&m->random, 32);
        break;
    case 3:
        index = UINT32_MAX - random_below(&m->random, 2);
        break;
    default:
        index = random_below(&m->random, count + 1);
        break;
    }
    op->arg.unpin.PhysicalAdapterIndex = index;
}

static void tweak_handle(struct mutation *m, struct program_op *op) {
    uint32_t issued = m->model.handle_count;
    op->value = 0;
    switch (random_below(&m->random, 8)) {
    case 0:
        op->handle = HANDLE_OWN; /* of a linked adapter, if there is one */
        op->adapter = (uint8_t)random_below(&m->random, m->program->machine.adapters);
        break;
    case 1:
        op->handle = HANDLE_NULL;
        break;
    case 2:
        op->handle = HANDLE_RAW;
        op->value = (int64_t)(edge_number(m) << 24) >> 24; /* the 40 bits that there are */
        break;
    case 3:
        op->handle = HANDLE_NEAR;
        op->value = (int64_t)random_below(&m->random, 33) - 16;
        if (random_one_in(&m->random, 2))
            op->value = INT64_C(1) << random_below(&m->random, 39);
        break;
    case 4:
        op->handle = HANDLE_LEAD; /* the lead of another chain, maybe */
        op->adapter = (uint8_t)random_below(&m->random, m->program->machine.adapters);
        break;
    default: /* live or dead, old or new */
        op->handle = HANDLE_ISSUED;
        op->value = (int64_t)random_below(&m->random, issued ? issued : 4);
        break;
    }
}

static void tweak_flags(struct mutation *m, struct program_op *op) {
    if (random_one_in(&m->random, 3))
        op->arg.pin2.Flags.PreferContiguous ^= 1;
    else if (random_one_in(&m->random, 8))
        op->arg.pin2.Flags.Value = (UINT)random_next(&m->random);
    else
        op->arg.pin2.Flags.Value ^= UINT32_C(1) << random_below(&m->random, 32);
}

static void tweak_base(struct mutation *m, struct program_op *op) {
    static const int8_t deltas[] = {1, -1, 15, 16, -16, 2, 127, -128};
    switch (random_below(&m->random, 6)) {
    case 0: /* inside a live view, or beside it */
        op->view_form = VIEW_LIVE;
        op->offset_delta = RANDOM_PICK(&m->random, deltas);
        break;
    case 1:
        op->view_form = VIEW_LIVE;
        op->offset_delta = 0;
        op->view = (uint8_t)random_below(&m->random, m->model.view_count + 1);
        break;
    case 2:
        op->view_form = VIEW_RAW;
        op->arg.unmap.pBaseAddress = (PVOID)(uintptr_t)edge_number(m);
        break;
    case 3: /* another adapter's or index's view */
        tweak_index(m, op);
        break;
    default: /* one that has ended */
        op->view_form = VIEW_ISSUED;
        op->offset_delta = random_one_in(&m->random, 4) ? RANDOM_PICK(&m->random, deltas) : 0;
        op->view = (uint8_t)random_below(&m->random, m->model.base_count + 1);
        break;
    }
}

static uint32_t fault_weight(const struct mutation *m, uint8_t kind, enum world_fault_use use) {
    return m->swarm->faults & UINT32_C(1) << kind ? world_faults[kind].weight[use] : 0;
}

/* SUT_FAULT_KINDS: none. */
static uint8_t some_fault(struct mutation *m, enum world_fault_use use) {
    uint32_t weights = 0;
    for (uint8_t kind = 0; kind < SUT_FAULT_KINDS; kind++)
        weights += fault_weight(m, kind, use);
    if (weights == 0)
        return SUT_FAULT_KINDS;
    uint32_t pick = random_below(&m->random, weights);
    uint8_t kind = 0;
    for (; pick >= fault_weight(m, kind, use); kind++)
        pick -= fault_weight(m, kind, use);
    return kind;
}

void mutate_op_fault(struct mutation *m, struct program_op *op) {
    uint8_t kind = some_fault(m, op->opcode == OP_MAP     ? WORLD_FAULT_MAP
                                 : op->opcode == OP_START ? WORLD_FAULT_START
                                                          : WORLD_FAULT_PIN);
    if (kind == SUT_FAULT_KINDS)
        return;
    op->fail_kind = kind;
    /* A start passes some fault points for each member; a pin and a map a handful. */
    uint32_t likely = op->opcode == OP_START ? 24 : 6;
    op->fail_nth = (uint8_t)(1 + random_below(&m->random, random_one_in(&m->random, 3) ? likely : 3));
}

uint32_t mutate_some_times(struct mutation *m) {
    switch (random_below(&m->random, 4)) {
    case 0:
        return random_between(&m->random, 255, 258);
    case 1:
        return (UINT32_C(1) << random_between(&m->random, 2, 12)) + random_below(&m->random, 3) - 1;
    case 2:
        return random_between(&m->random, 2, random_one_in(&m->random, 8) ? PROGRAM_REPEAT_TIMES : 64);
    default:
        return random_between(&m->random, 2, 16);
    }
}

static void tweak_any(struct mutation *m, struct program_op *op) {
    switch (random_below(&m->random, 8)) {
    case 0:
        op->null_arg = !op->null_arg;
        break;
    case 1:
        op->actor = (uint8_t)random_below(&m->random, SUT_ACTORS);
        break;
    case 2: /* padding and out members are the caller's too */
        op->arg.raw[random_below(&m->random, sizeof(op->arg.raw))] ^=
            (uint8_t)(1u << random_below(&m->random, 8));
        break;
    case 3:
        op->adapter = (uint8_t)random_below(&m->random, m->program->machine.adapters);
        break;
    default:
        mutate_op_fault(m, op);
        break;
    }
}

static void tweak_operand(struct mutation *m, struct program_op *op, const struct program_operand *operand) {
    uint8_t adapters = m->program->machine.adapters;
    switch ((enum operand_kind)operand->kind) {
    case OPERAND_HANDLE:
        tweak_handle(m, op);
        break;
    case OPERAND_INDEX:
        tweak_index(m, op);
        break;
    case OPERAND_SIZE:
        if (program_has(op->opcode, OPERAND_OFFSET) && random_one_in(&m->random, 4))
            tweak_both(m, op);
        else
            tweak_form(m, op, operand);
        break;
    case OPERAND_OFFSET:
        tweak_form(m, op, operand);
        break;
    case OPERAND_FLAGS:
        tweak_flags(m, op);
        break;
    case OPERAND_BASE:
        tweak_base(m, op);
        break;
    case OPERAND_CHAIN:
    case OPERAND_ADAPTER:
    case OPERAND_ABSENT:
    case OPERAND_GPU:
        op->adapter = (uint8_t)random_below(&m->random, adapters);
        break;
    case OPERAND_JOINER:
        op->value = (int64_t)random_below(&m->random, adapters);
        break;
    case OPERAND_D_STATE:
    case OPERAND_TDR:
        op->flag = !op->flag;
        break;
    case OPERAND_LEVEL:
        op->irql = (uint8_t)random_below(&m->random, PROGRAM_IRQLS);
        op->actor = random_one_in(&m->random, 4) ? (uint8_t)random_below(&m->random, SUT_ACTORS) : 0;
        break;
    case OPERAND_VIEW:
        op->view = (uint8_t)random_below(&m->random, m->model.view_count + 1);
        break;
    case OPERAND_PIN:
        op->view = (uint8_t)random_below(&m->random, m->model.pins + 1);
        break;
    case OPERAND_PAGE:
        program_operand_set(op, operand,
                            random_one_in(&m->random, 2) ? edge_number(m) : random_below(&m->random, 32));
        break;
    case OPERAND_IN_PAGE:
        program_operand_set(op, operand, random_next(&m->random));
        break;
    case OPERAND_IN_VIEW:
    case OPERAND_NUMBER:
        program_operand_set(op, operand, edge_number(m) + random_below(&m->random, (uint32_t)PAGE));
        break;
    case OPERAND_COUNT:
        program_operand_set(op, operand, random_below(&m->random, PROGRAM_DMA_PAGES));
        break;
    case OPERAND_SPAN:
        if (random_one_in(&m->random, 4))
            program_span_set(op, 1 + random_below(&m->random, PROGRAM_REPEAT_OPS));
        break;
    case OPERAND_TIMES:
        op->arg.repeat.times = (uint16_t)(mutate_some_times(m) - 1);
        break;
    case OPERAND_OUT:
    case OPERAND_STAMP:
    case OPERAND_IDLE:
    case OPERAND_SCHEDULE: /* mutate_race.c */
    case OPERAND_KINDS:
        break;
    }
}

/* One of its operands, or of what every operation has. */
#define SHARES                                  16u
#define SHARE(kind, name, member, plain, share) +(share)
#define SHARES_FIT(name, ...)                                                                                \
    _Static_assert(0 PROGRAM_OPERANDS_##name(SHARE) + 3 == SHARES, "the shares of " #name " add up");
PROGRAM_CALLBACKS(SHARES_FIT)

static void tweak_callback(struct mutation *m, struct program_op *op) {
    uint32_t what = random_below(&m->random, SHARES);
    for (const struct program_operand *operand = program_operands(op->opcode); operand->name; operand++) {
        if (what < operand->share) {
            tweak_operand(m, op, operand);
            return;
        }
        what -= operand->share;
    }
    tweak_any(m, op);
}

void mutate_op_tweak(struct mutation *m, struct program_op *op) {
    const struct program_operand *operand = program_operands(op->opcode);
    if (call_is_callback(op->opcode)) {
        tweak_callback(m, op);
        return;
    }
    /* What takes nothing passes no fault points in this project's implementation; it may in another. */
    if (program_takes_fault(op->opcode) && random_one_in(&m->random, program_takes(op->opcode) ? 2 : 16)) {
        mutate_op_fault(m, op);
        return;
    }
    if (!operand->name || operand->kind == OPERAND_SCHEDULE)
        op->actor = (uint8_t)random_below(&m->random, SUT_ACTORS);
    for (; operand->name; operand++)
        tweak_operand(m, op, operand);
}

void mutate_op_repair(struct mutation *m, struct program_op *op) {
    struct program_op good = mutate_op_sensible(m, op->opcode);
    op->handle = HANDLE_LEAD;
    op->value = program_has(op->opcode, OPERAND_JOINER) ? op->value : 0;
    op->null_arg = false;
    op->fail_nth = 0;
    op->fail_kind = 0;
    if (call_is_callback(op->opcode))
        *op = good;
}
