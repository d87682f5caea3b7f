/* Operations and their operands: ones that make sense where they stand, and strange ones. */
#include <string.h>

#include "harness/contract/resolve.h"
#include "harness/mutate/mutation.h"
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

/* DMA to a pin of this area, or of any other: pins are numbered by chain and index. */
static void dma_operands(struct mutation *m, struct program_op *op, uint8_t chain, uint8_t index) {
    uint8_t ordinal = 0;
    for (uint8_t i = 0; i <= chain; i++)
        for (uint8_t k = 0; k < m->model.chains[i].count; k++)
            if (m->model.chains[i].areas[k].pin.live && (i < chain || k < index))
                ordinal++;
    const struct model_chain *c = &m->model.chains[chain];
    op->view = ordinal;
    op->adapter = c->members[random_below(&m->random, c->count)];
    if (random_one_in(&m->random, 8))
        op->adapter = (uint8_t)random_below(&m->random, m->program->machine.adapters);
    uint64_t pages = c->areas[index].pin.pages;
    uint64_t places[] = {0, 0, pages - 1, pages / 2, random_next(&m->random), UINT64_C(1) << 20};
    op->arg.dma.page = RANDOM_PICK(&m->random, places);
    op->arg.dma.count =
        random_one_in(&m->random, 2) ? PROGRAM_DMA_PAGES - 1 : (uint16_t)random_below(&m->random, 4);
    op->arg.dma.offset = random_one_in(&m->random, 4) ? (uint16_t)(random_below(&m->random, 512) * 8) : 0;
    op->arg.dma.stamp = some_stamp(m);
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

struct program_op mutate_op_on(struct mutation *m, uint8_t opcode, uint8_t chain, uint8_t index) {
    const struct model_chain *c = &m->model.chains[chain];
    struct program_op op = blank(opcode, chain);
    uint64_t pages = pages_of(m, chain, index);
    uint32_t view;
    switch (opcode) {
    case OP_PIN2:
        op.arg.pin2.PhysicalAdapterIndex = index;
        op.arg.pin2.Flags.PreferContiguous = random_one_in(&m->random, 2);
        valid_pin_size(m, &op, chain, pages);
        break;
    case OP_PIN:
        op.arg.pin.PhysicalAdapterIndex = index;
        valid_pin_size(m, &op, chain, pages);
        break;
    case OP_UNPIN:
        op.arg.unpin.PhysicalAdapterIndex = index;
        break;
    case OP_MAP:
        op.arg.map.PhysicalAdapterIndex = index;
        valid_map_range(m, &op, pages);
        break;
    case OP_UNMAP:
        op.arg.unmap.PhysicalAdapterIndex = index;
        if (find_view(m, chain, index, &view))
            op.view = (uint8_t)view;
        break;
    case OP_DMA_WRITE:
    case OP_DMA_READ:
        dma_operands(m, &op, chain, index);
        break;
    case OP_CPU_WRITE:
    case OP_CPU_READ:
        op.view = find_view(m, chain, index, &view) ? (uint8_t)view : (uint8_t)random_below(&m->random, 4);
        op.arg.cpu.offset =
            random_one_in(&m->random, 2) ? 0 : random_next(&m->random) >> random_below(&m->random, 64);
        op.arg.cpu.stamp = some_stamp(m);
        break;
    case OP_POWER: /* the way it is not */
        op.adapter = c->members[index];
        op.flag = m->model.devices[op.adapter].d3;
        break;
    case OP_RESET:
        op.adapter = c->members[index];
        op.flag = !m->model.devices[op.adapter].in_reset;
        break;
    case OP_IRQL:
        op.irql =
            m->model.irql[0] > PASSIVE_LEVEL ? 0 : (uint8_t)random_between(&m->random, 1, PROGRAM_IRQLS - 1);
        break;
    case OP_LINK:
        op.value = (int64_t)random_below(&m->random, m->program->machine.adapters);
        break;
    case OP_REMOVE:
    case OP_SURPRISE_REMOVE:
        op.adapter = c->members[index];
        break;
    default:
        break;
    }
    return op;
}

/* An area that the operation can do something to, if a few looks find one. */
static bool suits(const struct mutation *m, uint8_t opcode, uint8_t chain, uint8_t index) {
    const struct model_area *area = &m->model.chains[chain].areas[index];
    switch (opcode) {
    case OP_PIN2:
    case OP_PIN:
        return area->serial && !area->pin.live;
    case OP_UNPIN:
    case OP_DMA_WRITE:
    case OP_DMA_READ:
        return area->pin.live;
    case OP_MAP:
        return area->serial != 0;
    default:
        return true;
    }
}

struct program_op mutate_op_sensible(struct mutation *m, uint8_t opcode) {
    const struct model *model = &m->model;
    uint8_t count = m->program->machine.adapters;
    uint8_t chain, index;
    struct program_op op = blank(opcode, (uint8_t)random_below(&m->random, count));
    if (opcode == OP_ADD || opcode == OP_START) { /* of what is away, of what is stopped */
        for (unsigned tries = 0; tries < 4; tries++) {
            const struct model_device *d = &model->devices[op.adapter];
            if (opcode == OP_ADD ? !d->present : d->present && model->chains[d->chain].phase == PHASE_STOPPED)
                break;
            op.adapter = (uint8_t)random_below(&m->random, count);
        }
        return op;
    }
    if ((opcode == OP_UNMAP || opcode == OP_CPU_WRITE || opcode == OP_CPU_READ) && model->view_count) {
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
    if ((opcode == OP_DMA_WRITE || opcode == OP_DMA_READ) && !suits(m, opcode, chain, index))
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

static void tweak_form(struct mutation *m, uint8_t *form, int8_t *delta, uint64_t *raw, uint64_t maximum) {
    static const int8_t deltas[] = {0, 0, 1, -1, 1, -1, 2, -2, 15, 16, 17, -16, 127, -128};
    static const uint8_t forms[] = {FORM_MAXIMUM, FORM_MAXIMUM, FORM_MAXIMUM_BYTES, FORM_HALF,
                                    FORM_PAGES,   FORM_COUNT32, FORM_MDL_LIMIT,     FORM_TOP};
    if (random_one_in(&m->random, 4)) {
        *form = FORM_RAW;
        *raw = edge_size(m, maximum);
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
        op->handle = HANDLE_LEAD; /* somebody else's */
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

static uint8_t some_fault(struct mutation *m, enum world_fault_use use) {
    uint32_t weights = 0;
    for (uint8_t kind = 0; kind < SUT_FAULT_KINDS; kind++)
        weights += world_faults[kind].weight[use];
    uint32_t pick = random_below(&m->random, weights);
    uint8_t kind = 0;
    for (; pick >= world_faults[kind].weight[use]; kind++)
        pick -= world_faults[kind].weight[use];
    return kind;
}

void mutate_op_fault(struct mutation *m, struct program_op *op) {
    op->fail_kind = some_fault(m, op->opcode == OP_MAP     ? WORLD_FAULT_MAP
                                  : op->opcode == OP_START ? WORLD_FAULT_START
                                                           : WORLD_FAULT_PIN);
    /* A start passes some fault points for each member; a pin and a map a handful. */
    uint32_t likely = op->opcode == OP_START ? 24 : 6;
    op->fail_nth = (uint8_t)(1 + random_below(&m->random, random_one_in(&m->random, 3) ? likely : 3));
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

static void tweak_callback(struct mutation *m, struct program_op *op) {
    bool pins = op->opcode == OP_PIN2 || op->opcode == OP_PIN;
    uint8_t device = op->adapter % m->program->machine.adapters;
    uint64_t maximum = resolve_maximum(&m->model, device, op->arg.pin2.PhysicalAdapterIndex);
    uint32_t what = random_below(&m->random, 16);
    if (what < 3) {
        tweak_handle(m, op);
    } else if (what < 5) {
        tweak_index(m, op);
    } else if (what < 8) {
        tweak_any(m, op);
    } else if (pins) {
        if (op->opcode == OP_PIN2 && what < 11)
            tweak_flags(m, op);
        else
            tweak_form(m, &op->size_form, &op->size_delta, &op->arg.pin2.CommitSize, maximum);
    } else if (op->opcode == OP_MAP) {
        if (what < 9)
            tweak_both(m, op);
        else if (what < 12)
            tweak_form(m, &op->size_form, &op->size_delta, &op->arg.map.Size, maximum);
        else
            tweak_form(m, &op->offset_form, &op->offset_delta, &op->arg.map.Offset, maximum);
    } else if (op->opcode == OP_UNMAP) {
        tweak_base(m, op);
    } else {
        tweak_index(m, op);
    }
}

void mutate_op_tweak(struct mutation *m, struct program_op *op) {
    uint8_t adapters = m->program->machine.adapters;
    switch (op->opcode) {
    case OP_PIN2:
    case OP_PIN:
    case OP_UNPIN:
    case OP_MAP:
    case OP_UNMAP:
        tweak_callback(m, op);
        break;
    case OP_DMA_WRITE:
    case OP_DMA_READ:
        op->adapter = (uint8_t)random_below(&m->random, adapters);
        op->view = (uint8_t)random_below(&m->random, m->model.pins + 1);
        op->arg.dma.page = random_one_in(&m->random, 2) ? edge_number(m) : random_below(&m->random, 32);
        op->arg.dma.offset = (uint16_t)random_next(&m->random);
        op->arg.dma.count = (uint16_t)random_below(&m->random, PROGRAM_DMA_PAGES);
        break;
    case OP_CPU_WRITE:
    case OP_CPU_READ:
        op->view = (uint8_t)random_below(&m->random, m->model.view_count + 1);
        op->arg.cpu.offset = edge_number(m) + random_below(&m->random, (uint32_t)PAGE);
        break;
    case OP_POWER:
    case OP_RESET:
        op->flag = !op->flag;
        op->adapter = (uint8_t)random_below(&m->random, adapters);
        break;
    case OP_IRQL:
        op->irql = (uint8_t)random_below(&m->random, PROGRAM_IRQLS);
        op->actor = random_one_in(&m->random, 4) ? (uint8_t)random_below(&m->random, SUT_ACTORS) : 0;
        break;
    case OP_LINK:
        op->adapter = (uint8_t)random_below(&m->random, adapters);
        op->value = (int64_t)random_below(&m->random, adapters);
        break;
    case OP_START:
        if (random_one_in(&m->random, 2)) {
            mutate_op_fault(m, op);
            break;
        }
        op->adapter = (uint8_t)random_below(&m->random, adapters);
        break;
    default:
        op->adapter = (uint8_t)random_below(&m->random, adapters);
        break;
    }
}

void mutate_op_repair(struct mutation *m, struct program_op *op) {
    struct program_op good = mutate_op_sensible(m, op->opcode);
    bool pins = op->opcode == OP_PIN2 || op->opcode == OP_PIN;
    op->handle = HANDLE_LEAD;
    op->value = op->opcode == OP_LINK ? op->value : 0;
    op->null_arg = false;
    op->fail_nth = 0;
    op->fail_kind = 0;
    if (pins || op->opcode == OP_MAP || op->opcode == OP_UNPIN || op->opcode == OP_UNMAP)
        *op = good;
}
