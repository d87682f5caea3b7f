/* The dry run: each operation is answered by the model and done to the model alone. */
#include "harness/contract/dry_run.h"

#include "harness/contract/resolve.h"

/* Handles and view bases nobody takes for null or for one another, whatever is added to them. */
#define HANDLES_FROM UINT64_C(0x100000)
#define BASES_FROM   (UINT64_C(1) << 40)
#define BASES_APART  (UINT64_C(1) << 32)

/* ---- the bus ---- */

static void start(struct model *model, uint8_t device) {
    uint8_t lead = model->devices[device].chain;
    struct model_chain *chain = &model->chains[lead];
    if (model->handle_count + chain->count > MODEL_HANDLES)
        return; /* the mutator's scenes are not held to what a program may be */
    for (uint32_t i = 1; i <= chain->count; i++) /* the lead comes last (LINK-ORDER) */
        model_handle_issued(model, chain->members[i % chain->count], HANDLES_FROM + model->handle_count);
    model_started(model, lead);
    for (uint32_t i = 0; i < chain->count; i++)
        chain->areas[i].serial = chain->areas[i].maximum != 0;
}

static void stop(struct model *model, uint8_t device) {
    uint8_t lead = model->devices[device].chain;
    struct model_chain *chain = &model->chains[lead];
    if (chain->phase != PHASE_STARTED)
        return;
    for (uint32_t i = 0; i < chain->count; i++)
        model_handle_died(model, chain->members[i]);
    model_stopped(model, lead);
}

static void bus(struct model *model, const struct call *call) {
    if (resolve_answer(model, call).expect == MUST_FAIL)
        return;
    if (call->opcode == OP_START)
        start(model, call->device);
    if (call->opcode == OP_STOP || call->opcode == OP_REMOVE)
        stop(model, call->device);
    if (call->opcode == OP_REMOVE)
        model_removed(model, call->device);
    resolve_effect(model, call);
}

void dry_run_boot(struct model *model, const struct program *program) {
    uint8_t count = program->machine.adapters;
    struct resolve_chains chains;
    bool stopped[SUT_DEVICES] = {false};
    model_reset(model, program);
    resolve_chains(program, &chains);
    for (uint8_t i = 0; i < count; i++) {
        uint8_t lead = chains.lead[i];
        stopped[lead] |= program->adapters[i].stopped;
        if (!program->adapters[i].absent)
            bus(model,
                &(struct call){.opcode = OP_ADD, .device = i, .joiner = lead, .count = chains.count[lead]});
    }
    for (uint8_t i = 0; i < count; i++)
        if (model->devices[i].present && model->devices[i].position == 0 && !stopped[chains.lead[i]])
            bus(model, &(struct call){.opcode = OP_START, .device = i});
}

/* ---- callbacks ---- */

/* What an implementation might have answered to a map. */
static bool invent_view(const struct model *model, struct call *map) {
    map->arg.map.pBaseAddress = (PVOID)(uintptr_t)(BASES_FROM + model->base_count * BASES_APART);
    map->arg.map.Offset %= MODEL_VIEW_ALIGN;
    return model->view_count < MODEL_VIEWS && model->base_count < MODEL_VIEWS;
}

static void callback(struct model *model, const struct program_op *op) {
    struct call call = {.opcode = op->opcode};
    resolve_operands(model, op, &call);
    if (call.null_arg)
        return;
    const struct model_answer answer = resolve_answer(model, &call);
    struct call answered = call;
    if (answer.expect == MUST_FAIL || (op->opcode == OP_MAP && !invent_view(model, &answered)))
        return;
    resolve_callback_effect(model, answer.chain, answer.index, &call, &answered);
}

static void bus_op(struct model *model, const struct program_op *op) {
    struct call call = {.opcode = op->opcode};
    resolve_bus(model, op, &call);
    bus(model, &call);
}

static void self(struct model *model, const struct program_op *op) {
    switch ((enum program_self)op->opcode) {
    case SELF_IRQL:
        model->irql[op->actor] = resolve_irql(op);
        break;
    case SELF_ANSWERS:
        (void)model_answers(model, resolve_device(model, op->adapter), resolve_joiner(model, op));
        break;
    }
}

void dry_run_op(struct model *model, const struct program_op *op) {
    model->actor = op->actor;
    if (op->fail_nth == 1 && program_takes_fault(op->opcode) && program_takes(op->opcode))
        return;
    switch (program_class(op->opcode)) {
    case CLASS_CALLBACK:
        callback(model, op);
        break;
    case CLASS_BUS:
        bus_op(model, op);
        break;
    case CLASS_SELF:
        self(model, op);
        break;
    case CLASS_ACCESS: /* the model's contents are no guess's concern */
    case CLASS_ORDER:
        break;
    }
}

void dry_run(struct model *model, const struct program *program, uint32_t ops) {
    struct program_walk walk = {0};
    uint32_t at;
    dry_run_boot(model, program);
    while (program_walk_on(&walk, program, &at) && at < ops)
        dry_run_op(model, &program->ops[at]);
}
