/*
 * References: the third live view, the fifth handle ever issued, the second live pin, an index in a chain.
 * A dry run of the best says which operation, or which device's start at boot, made the thing that is
 * meant; a dry run of the candidate says which number it has there. Both are guesses, which at worst cost
 * a candidate.
 */
#include <string.h>

#include "harness/contract/call.h"
#include "harness/contract/dry_run.h"
#include "harness/contract/resolve.h"
#include "harness/minimize/minimizer.h"
#include "harness/program/operands.h"

#define BOOT    UINT32_MAX /* made by no operation */
#define UNKNOWN (UINT32_MAX - 1)

/* What an operation of the best refers to. */
struct reference {
    uint32_t view_maker; /* the operation; UNKNOWN: no view */
    uint32_t handle_maker;
    uint8_t handle_device;
    bool handle_null;     /* the handle of an adapter that has none now */
    uint8_t pin_device;   /* whose area is pinned; REFS_GONE: no pin */
    uint8_t index_device; /* whom PhysicalAdapterIndex means; REFS_GONE: nobody */
};

static const struct reference nothing = {.view_maker = UNKNOWN,
                                         .handle_maker = UNKNOWN,
                                         .handle_device = REFS_GONE,
                                         .pin_device = REFS_GONE,
                                         .index_device = REFS_GONE};
static struct reference references[PROGRAM_OPS]; /* in its first pass, where it is repeated */
static bool known;

void minimizer_refs_reset(void) {
    known = false;
}

/* ---- what is made when: of one dry run ---- */

struct makers {
    uint32_t base[MODEL_VIEWS]; /* by order of issue, as model.bases and model.handles are */
    uint32_t bases;
    struct {
        uint32_t op;
        uint8_t device;
    } handle[MODEL_HANDLES];
    uint32_t handles;
};

static struct model model;
static struct makers makers;

static void note_makers(uint32_t op) {
    for (; makers.bases < model.base_count; makers.bases++)
        makers.base[makers.bases] = op;
    for (; makers.handles < model.handle_count; makers.handles++) {
        makers.handle[makers.handles].op = op;
        makers.handle[makers.handles].device = REFS_GONE;
        for (uint8_t i = 0; i < model.program->machine.adapters; i++)
            if (model.devices[i].handle == model.handles[makers.handles])
                makers.handle[makers.handles].device = i;
    }
}

static void begin(const struct program *program) {
    dry_run_boot(&model, program);
    makers.bases = 0;
    makers.handles = 0;
    note_makers(BOOT);
}

/* The order of issue of a view's base: the latest of that value. */
static uint32_t base_number(uint64_t base) {
    uint32_t number = model.base_count;
    while (number > 0 && model.bases[number - 1] != base)
        number--;
    return number - 1;
}

static bool uses_view(const struct program_op *op) {
    return program_has(op->opcode, OPERAND_VIEW) ||
           (program_has(op->opcode, OPERAND_BASE) && op->view_form != VIEW_RAW);
}

static bool of_all_views(const struct program_op *op) {
    return program_has(op->opcode, OPERAND_BASE) && op->view_form == VIEW_ISSUED;
}

static bool uses_pin(const struct program_op *op) {
    return program_has(op->opcode, OPERAND_PIN);
}

/* The device whose area is the nth live pin's, and the number of live pins before a device's area. */
static uint8_t pin_device(uint32_t nth) {
    for (uint32_t i = 0; i < model.program->machine.adapters; i++)
        for (uint32_t k = 0; k < model.chains[i].count; k++)
            if (model.chains[i].areas[k].pin.live && nth-- == 0)
                return model.chains[i].members[k];
    return REFS_GONE;
}

static bool pin_number(uint8_t device, uint32_t *nth) {
    *nth = 0;
    for (uint32_t i = 0; i < model.program->machine.adapters; i++) {
        for (uint32_t k = 0; k < model.chains[i].count; k++) {
            if (!model.chains[i].areas[k].pin.live)
                continue;
            if (model.chains[i].members[k] == device)
                return true;
            ++*nth;
        }
    }
    return false;
}

/* The chain a callback's index is in; NULL: none. */
static const struct model_chain *callback_chain(const struct program_op *op) {
    const struct model_device *device = &model.devices[resolve_device(&model, op->adapter)];
    return call_is_callback(op->opcode) && device->present ? &model.chains[device->chain] : NULL;
}

/* A handle that is null without saying so. */
static bool names_null(const struct program_op *op) {
    struct call call;
    if (!call_is_callback(op->opcode) || (op->handle != HANDLE_LEAD && op->handle != HANDLE_OWN))
        return false;
    resolve_operands(&model, op, &call);
    return !call.handle;
}

/* ---- the best ---- */

static struct reference refer(const struct program_op *op) {
    struct reference r = nothing;
    const struct model_chain *chain = callback_chain(op);
    if (uses_view(op) && of_all_views(op) && model.base_count)
        r.view_maker = makers.base[op->view % model.base_count];
    else if (uses_view(op) && !of_all_views(op) && model.view_count)
        r.view_maker = makers.base[base_number(model.views[op->view % model.view_count].base)];
    if (call_is_callback(op->opcode) && op->handle == HANDLE_ISSUED && model.handle_count) {
        uint32_t number = (uint32_t)((uint64_t)op->value % model.handle_count);
        r.handle_maker = makers.handle[number].op;
        r.handle_device = makers.handle[number].device;
    }
    r.handle_null = names_null(op);
    if (uses_pin(op) && model.pins)
        r.pin_device = pin_device(op->view % model.pins);
    if (chain && op->arg.unpin.PhysicalAdapterIndex < chain->count)
        r.index_device = chain->members[op->arg.unpin.PhysicalAdapterIndex];
    return r;
}

static void learn(const struct program *program) {
    struct program_walk walk = {0};
    uint32_t i;
    begin(program);
    while (program_walk_on(&walk, program, &i)) {
        if (walk.pass == 0)
            references[i] = refer(&program->ops[i]);
        dry_run_op(&model, &program->ops[i]);
        note_makers(i);
    }
    known = true;
}

/* ---- the candidate ---- */

/* Operations of the candidate that make what an operation of the best made; note_makers() is told numbers
 * of the best's. */
static bool mend_view(struct program_op *op, uint32_t maker) {
    uint32_t number = makers.bases;
    while (number > 0 && makers.base[number - 1] != maker)
        number--;
    if (number == 0)
        return false;
    number--;
    if (!of_all_views(op)) {
        uint64_t base = model.bases[number];
        for (number = 0; number < model.view_count && model.views[number].base != base;)
            number++;
        if (number == model.view_count)
            return false;
    }
    bool changes = number <= UINT8_MAX && op->view != number;
    op->view = changes ? (uint8_t)number : op->view;
    return changes;
}

static bool mend_handle(struct program_op *op, uint32_t maker, uint8_t device) {
    for (uint32_t i = 0; i < makers.handles; i++) {
        if (makers.handle[i].op == maker && makers.handle[i].device == device) {
            bool changes = op->value != (int64_t)i;
            op->value = (int64_t)i;
            return changes;
        }
    }
    return false;
}

static bool mend_null(struct program_op *op) {
    if (names_null(op))
        return false;
    op->handle = HANDLE_NULL;
    return true;
}

static bool mend_pin(struct program_op *op, uint8_t device) {
    uint32_t nth;
    if (!pin_number(device, &nth) || op->view == nth)
        return false;
    op->view = (uint8_t)nth;
    return true;
}

static bool mend_index(struct program_op *op, uint8_t device) {
    const struct model_chain *chain = callback_chain(op);
    for (uint32_t i = 0; chain && i < chain->count; i++) {
        if (chain->members[i] == device && op->arg.unpin.PhysicalAdapterIndex != i) {
            op->arg.unpin.PhysicalAdapterIndex = i;
            return true;
        }
    }
    return false;
}

bool minimizer_refs_mend(struct minimizer *m, const struct minimizer_origin *origin) {
    bool changed = false;
    if (!known)
        learn(m->best);
    begin(&m->candidate);
    struct program_walk walk = {0};
    uint32_t i;
    while (program_walk_on(&walk, &m->candidate, &i)) {
        struct program_op *op = &m->candidate.ops[i];
        const struct reference *r = walk.pass == 0 ? &references[origin->op[i]] : &nothing;
        if (r->view_maker != UNKNOWN)
            changed |= mend_view(op, r->view_maker);
        if (r->handle_maker != UNKNOWN && r->handle_device != REFS_GONE)
            changed |= mend_handle(op, r->handle_maker, origin->device[r->handle_device]);
        if (r->handle_null)
            changed |= mend_null(op);
        if (r->pin_device != REFS_GONE)
            changed |= mend_pin(op, origin->device[r->pin_device]);
        if (r->index_device != REFS_GONE)
            changed |= mend_index(op, origin->device[r->index_device]);
        dry_run_op(&model, op);
        note_makers(origin->op[i]);
    }
    return changed;
}
