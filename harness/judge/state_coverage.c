/* Counts what an execution has seen of the contract. */
#include "harness/judge/state_coverage.h"

#include <string.h>

#include "harness/contract/count.h"

/* The runtime of libFuzzer finds the section by its name; elsewhere the name means nothing. The sanitizers
 * leave sections of this kind as they are. */
__attribute__((section("__libfuzzer_extra_counters"))) uint8_t state_counters[STATE_COUNTERS];

static uint16_t seen[STATE_COUNTERS];
static uint32_t seen_count;
_Static_assert(STATE_COUNTERS <= UINT16_MAX, "a counter's number fits");

/* What had been counted when this execution began: the counts are of the whole process. */
static struct contract_count counted[CONTRACT_CLAUSE_COUNT];

/* The most that was out at once in this execution. */
static uint32_t most_pins;
static uint32_t most_views;

static void (*end_hook)(void);

static void mark(uint32_t at, uint8_t value) {
    if (state_counters[at] == 0)
        seen[seen_count++] = (uint16_t)at;
    state_counters[at] = value;
}

const uint16_t *state_seen(uint32_t *count) {
    *count = seen_count;
    return seen;
}

void state_on_end(void (*hook)(void)) {
    end_hook = hook;
}

void state_begin(void) {
    /* An engine may have cleared them; what is left of the last execution is not of this one. */
    for (uint32_t i = 0; i < seen_count; i++)
        state_counters[seen[i]] = 0;
    seen_count = 0;
    most_pins = 0;
    most_views = 0;
    memcpy(counted, contract_counts, sizeof(counted));
}

/* libFuzzer tells 1, 2, 3, 4 to 7, ... apart; here three steps are enough to ask for more of the same. */
static void mark_clause(uint32_t at, uint64_t count) {
    if (count)
        mark(at, count == 1 ? 1 : count < 8 ? 2 : 4);
}

static void mark_depth(uint32_t at, uint32_t count) {
    for (uint32_t depth = 0; depth < STATE_DEPTHS && count >> depth; depth++)
        mark(STATE_AT_DEPTHS + at * STATE_DEPTHS + depth, 1);
}

void state_end(const struct model *model) {
    for (uint32_t i = 0; i < CONTRACT_CLAUSE_COUNT; i++) {
        const struct contract_count *now = &contract_counts[i];
        uint32_t at = STATE_AT_CLAUSES + i * STATE_OUTCOMES;
        mark_clause(at, now->kept - counted[i].kept);
        mark_clause(at + 1, now->refused - counted[i].refused);
        mark_clause(at + 2, now->faulted - counted[i].faulted);
    }
    mark_depth(0, most_pins);
    mark_depth(1, most_views);
    mark_depth(2, model->handle_count);
    if (end_hook)
        end_hook();
}

/* ---- a call ---- */

/* The save area a call is about; false when it names none. */
static bool area_of(const struct model *model, const struct call *call, uint8_t *chain, uint8_t *index) {
    const struct model_device *device = &model->devices[call->device];
    *chain = device->chain;
    switch (program_class(call->opcode)) {
    case CLASS_ACCESS:
        *chain = call->pin_chain;
        *index = call->pin_index;
        return true;
    case CLASS_CALLBACK:
        if (!device->present || call->arg.unpin.PhysicalAdapterIndex >= model->chains[*chain].count)
            return false;
        *index = (uint8_t)call->arg.unpin.PhysicalAdapterIndex;
        return true;
    case CLASS_BUS:
    case CLASS_SELF:
    case CLASS_ORDER:
        break;
    }
    *index = device->position;
    return device->present;
}

static uint32_t phase_of(const struct model_chain *chain, const struct model_device *device) {
    if (chain->phase != PHASE_STARTED)
        return 4;
    return device->gone ? 3 : device->in_reset ? 2 : device->d3 ? 1 : 0;
}

static bool is_viewed(const struct model *model, uint8_t chain, uint8_t index) {
    for (uint32_t i = 0; i < model->view_count; i++)
        if (model->views[i].chain == chain && model->views[i].index == index)
            return true;
    return false;
}

uint32_t state_before(const struct model *model, const struct call *call) {
    uint8_t chain, index;
    if (!area_of(model, call, &chain, &index))
        return STATE_AREAS - 1;
    const struct model_chain *c = &model->chains[chain];
    /* What an area was in its last life, no one can tell now. */
    if (c->phase == PHASE_STOPPED || c->phase == PHASE_STARTING)
        return STATE_AREAS - 1;
    const struct model_area *area = &c->areas[index];
    uint32_t form = 0;
    if (area->serial) {
        uint32_t pinned = !area->pin.live ? 0 : area->pin.legacy || area->pin.contiguous ? 2 : 1;
        form = 1 + 2 * pinned + is_viewed(model, chain, index);
    }
    uint32_t mode = c->mode == MODE_ISOLATED && !c->attached ? STATE_MODES - 1 : c->mode;
    return (form * STATE_MODES + mode) * STATE_PHASES + phase_of(c, &model->devices[c->members[index]]);
}

static uint32_t outcome_of(const struct call *call) {
    switch (program_class(call->opcode)) {
    case CLASS_CALLBACK:
        return call->fired ? 2 : !NT_SUCCESS(call->status);
    case CLASS_BUS: /* one that meets a fault counts as refused */
        return call->fired || !NT_SUCCESS(call->status);
    case CLASS_ACCESS:
        return program_is_dma(call->opcode) && !call->dma_ok;
    case CLASS_SELF:
    case CLASS_ORDER:
        break;
    }
    return 0;
}

void state_after(uint32_t before, const struct model *model, const struct call *call) {
#define FIRST_EVENT(name, ...) [OP_##name] = STATE_EVENT(OP_##name),
    static const uint8_t first[PROGRAM_OPCODES] = {PROGRAM_OPERATIONS(FIRST_EVENT)};
    uint32_t event = first[call->opcode] + outcome_of(call);
    mark(STATE_AT_PAIRS + before * STATE_EVENTS + event, 1);
    most_pins = model->pins > most_pins ? model->pins : most_pins;
    most_views = model->view_count > most_views ? model->view_count : most_views;
}
