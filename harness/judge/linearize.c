/* Searches for a serial order of concurrent calls that the model agrees with. */
#include "harness/judge/linearize.h"

#include <string.h>

#include "harness/contract/count.h"
#include "harness/contract/resolve.h"

/* The search in progress. Static, for a model is large; one at a time. */
static struct model state;
static struct {
    const struct model *before;
    const struct linearize_call *calls;
    uint32_t count;
    bool exact;
    bool roomy;
    bool fired; /* a fault has hit one of the calls that were under way */
    linearize_final *fits;
    void *context;
    struct linearize_result *result;
    struct linearize_order order;
    uint8_t next[LINEARIZE_CALLS];   /* enum linearize_kind of the next event, or FINISHED */
    uint8_t sorted[LINEARIZE_CALLS]; /* calls by their response */
    uint32_t finished;               /* set of calls */
    uint32_t nodes;
    bool unknown; /* an order gives a call that nobody knows the meaning of */
    bool stuck;   /* the result has a prefix */
} search;

#define FINISHED UINT8_MAX

/* What a search looks at and changes. Bases are only counted. The array of a pin that ended in the block is
 * gone; the model looks for a contiguous run in those unless there is room beyond doubt, and whether there is
 * room is_roomy() has settled before. */
#define PAGES_BEYOND_DOUBT (UINT64_C(1) << 60)

static void copy_model(struct model *to, const struct model *from) {
    uint32_t devices = from->program->machine.adapters;
    to->program = from->program;
    memcpy(to->devices, from->devices, devices * sizeof(to->devices[0]));
    memcpy(to->chains, from->chains, devices * sizeof(to->chains[0]));
    for (uint32_t i = 0; i < devices; i++)
        to->chains[i].visible_pages = PAGES_BEYOND_DOUBT;
    memcpy(to->answers, from->answers, devices * sizeof(to->answers[0]));
    memcpy(to->caps, from->caps, devices * sizeof(to->caps[0]));
    memcpy(to->views, from->views, from->view_count * sizeof(to->views[0]));
    to->view_count = from->view_count;
    memcpy(to->came, from->came, sizeof(to->came));
    to->came_count = from->came_count;
    to->base_count = from->base_count;
    memcpy(to->handles, from->handles, from->handle_count * sizeof(to->handles[0]));
    to->handle_count = from->handle_count;
    memcpy(to->irql, from->irql, sizeof(to->irql));
    to->actor = from->actor;
    to->commit_pages = from->commit_pages;
    to->locked_pages = from->locked_pages;
    to->domain_pages = from->domain_pages;
    to->view_bytes = from->view_bytes;
    to->pins = from->pins;
    to->leaks = from->leaks;
    to->breaches = from->breaches;
    to->handles_alive = from->handles_alive;
    to->ram_estimate = from->ram_estimate;
    to->pool_estimate = from->pool_estimate;
}

const struct model *linearize_model(void) {
    return &state;
}

static bool ends_things(uint8_t opcode) {
    return opcode == OP_STOP || opcode == OP_REMOVE || opcode == OP_SURPRISE_REMOVE;
}

/* A GPU's. It has no event: no answer depends on it, and nothing that the model compares. */
static bool is_access(const struct linearize_call *call) {
    return program_class(call->asked->opcode) == CLASS_ACCESS;
}

bool linearize_overlap(const struct linearize_call *a, const struct linearize_call *b) {
    bool one_caller = (a->within || b->within) && a->asked->actor == b->asked->actor;
    return !one_caller && a->invoked < b->returned && b->invoked < a->returned;
}

/* ---- what the model says, and what becomes of it ---- */

static struct model_answer answer_of(struct model *model, const struct call *call) {
    /* As the way of the executor: each caller has an IRQL of its own, the bus works at PASSIVE_LEVEL. */
    model->actor = call->actor;
    struct model_answer answer = resolve_answer(model, call);
    /* Somebody else's stop is on. */
    if (call->opcode == OP_REMOVE && answer.expect == MUST_SUCCEED &&
        model->chains[model->devices[call->device].chain].phase == PHASE_STOPPING) {
        answer.expect = MUST_FAIL;
        answer.status = STATUS_INVALID_DEVICE_STATE;
    }
    return answer;
}

static bool allows(const struct model_answer *answer, const struct call *answered) {
    if (answered->opcode == OP_PRESSURE || answer->no_effect)
        return true;
    if (answered->opcode == OP_START) {
        struct call hit = *answered;
        hit.fired = search.fired;
        struct legal legal = resolve_legal(answer, &hit);
        legal.failure |= !search.roomy;
        return legal_permits(&legal, answered->status, search.exact);
    }
    if (NT_SUCCESS(answered->status))
        return answer->expect != MUST_FAIL;
    if (answer->expect == MUST_FAIL)
        return !search.exact || answer->any_status || answered->status == answer->status;
    if (!program_takes(answered->opcode) || (search.roomy && answer->expect == MUST_SUCCEED))
        return false;
    return !search.exact || answer->any_status || legal_is_shortage(answered->status);
}

static void apply_dead(struct model *model, uint8_t chain) {
    struct model_chain *c = &model->chains[chain];
    for (uint32_t i = 0; i < c->count; i++)
        model_handle_died(model, c->members[i]);
    model_stopped(model, chain);
    c->phase = PHASE_STOPPING; /* it goes on */
}

static void apply_start(struct model *model, uint8_t chain, const struct call *answered) {
    const struct model_chain *c = &model->chains[chain];
    for (uint32_t i = 0; i < c->count; i++)
        model_handle_issued(model, c->members[i], answered->address[i]);
    model_started(model, chain);
}

void linearize_apply(struct model *model, const struct linearize_call *calls,
                     const struct linearize_event *event) {
    const struct call *asked = calls[event->call].asked;
    const struct call *answered = calls[event->call].answered;
    if (!event->done) {
        model->breaches += call_is_callback(asked->opcode) && model->irql[asked->actor] > PASSIVE_LEVEL;
        return;
    }
    switch ((enum linearize_kind)event->kind) {
    case EVENT_BEGIN:
        model->chains[event->chain].phase = PHASE_STOPPING;
        return;
    case EVENT_DEAD:
        apply_dead(model, event->chain);
        return;
    case EVENT_STOPPED:
        model->chains[event->chain].phase = PHASE_STOPPED;
        return;
    case EVENT_LEAVE:
        model_removed(model, asked->device);
        return;
    case EVENT_CALL:
        break;
    }
    if (asked->opcode == OP_START) {
        apply_start(model, event->chain, answered);
        return;
    }
    if (!call_is_callback(asked->opcode)) {
        resolve_effect(model, asked);
        return;
    }
    resolve_callback_effect(model, event->chain, event->index, asked, answered);
}

static bool changes(const struct linearize_call *calls, const struct linearize_event *event) {
    const struct call *asked = calls[event->call].asked;
    if (!event->done)
        return call_is_callback(asked->opcode) && state.irql[asked->actor] > PASSIVE_LEVEL;
    return asked->opcode != OP_PRESSURE;
}

/* ---- budgets ---- */

/* Pages a call would take at most, and the bytes of its view. 0: it takes none, no state lets it through, or
 * it would not fit an empty machine. Sums of 8 are far below 2^64: a machine has at most 2^40 pages. */
static uint64_t pages_wanted(const struct model *model, const struct call *call, uint64_t *span) {
    const struct program_machine *machine = &model->program->machine;
    uint64_t bytes = call->opcode == OP_PIN2  ? call->arg.pin2.CommitSize
                     : call->opcode == OP_PIN ? call->arg.pin.CommitSize
                     : call->opcode == OP_MAP ? call->arg.map.Size
                                              : 0;
    uint64_t largest = 0;
    *span = 0;
    for (uint32_t i = 0; i < machine->adapters; i++)
        for (uint32_t k = 0; k < model->chains[i].count; k++)
            if (model->chains[i].areas[k].maximum > largest)
                largest = model->chains[i].areas[k].maximum;
    if (call->null_arg || bytes % MODEL_PAGE != 0 || bytes > largest ||
        bytes / MODEL_PAGE > machine->ram_pages)
        return 0;
    if (call->opcode != OP_MAP)
        return bytes / MODEL_PAGE;
    if (bytes == 0 || bytes > machine->view_bytes)
        return 0;
    *span = model_view_charge(call->arg.map.Offset % MODEL_VIEW_ALIGN, bytes);
    return (bytes + call->arg.map.Offset % MODEL_VIEW_ALIGN) / MODEL_PAGE;
}

/* Whether everything that the block asks for could be out at once, beside what is. */
static bool is_roomy(const struct model *model, const struct linearize_call *calls, uint32_t count) {
    const struct program_machine *machine = &model->program->machine;
    uint64_t pages = 0, pool = model->pool_estimate, span = model->view_bytes;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t one_span;
        if (calls[i].asked->opcode == OP_START)
            pool += SUT_CHAIN_MAX * (MODEL_POOL_DEVICE + MODEL_POOL_SECTION);
        uint64_t one = pages_wanted(model, calls[i].asked, &one_span);
        if (!one)
            continue;
        pages += one;
        span += one_span;
        pool +=
            calls[i].asked->opcode == OP_MAP ? MODEL_POOL_VIEW : MODEL_POOL_PIN + one * MODEL_POOL_PIN_PAGE;
    }
    if (pages > machine->ram_pages || model->ram_estimate > machine->ram_pages - pages ||
        pool > machine->pool_bytes || span > machine->view_bytes)
        return false;
    for (uint32_t i = 0; i < machine->adapters; i++) {
        const struct model_chain *c = &model->chains[i];
        if (c->count && c->phase == PHASE_STARTED && c->mode == MODE_REMAPPED &&
            (pages >= c->visible_pages || c->mapped_pages >= c->visible_pages - pages))
            return false; /* logical page 0 is never handed out */
    }
    return true;
}

/* ---- the search ---- */

static void play(const struct linearize_order *order) {
    copy_model(&state, search.before);
    for (uint32_t i = 0; i < order->count; i++)
        linearize_apply(&state, search.calls, &order->events[i]);
}

/* Whether what is made within a stop can have its event now; of other calls, always. */
static bool is_within_reach(uint32_t call) {
    uint8_t stop = search.calls[call].within;
    return !stop || search.next[stop - 1] == EVENT_DEAD;
}

/* Whether all that is made within the stop has had its event. */
static bool is_empty(uint32_t stop) {
    for (uint32_t i = 0; i < search.count; i++)
        if (search.calls[i].within == stop + 1 && !(search.finished >> i & 1))
            return false;
    return true;
}

/* Whether every call that returned before this one was invoked has had its events. */
static bool is_candidate(uint32_t call) {
    if (search.finished >> call & 1 || !is_within_reach(call))
        return false;
    if (search.next[call] == EVENT_DEAD && !is_empty(call))
        return false;
    for (uint32_t i = 0; i < search.count; i++)
        if (!(search.finished >> i & 1) && search.calls[i].returned <= search.calls[call].invoked)
            return false;
    return true;
}

/* The first of a stop's events, where the chain runs and the call got through. */
static bool begins_stop(const struct call *asked, const struct call *answered) {
    if (asked->opcode != OP_STOP && asked->opcode != OP_REMOVE)
        return false;
    const struct model_device *device = &state.devices[asked->device];
    return NT_SUCCESS(answered->status) && device->present &&
           state.chains[device->chain].phase == PHASE_STARTED;
}

/* The next event of a call, if the model allows it now; *wanted says what it allows. */
static bool next_event(uint8_t call, struct linearize_event *event, uint8_t *after,
                       struct model_answer *wanted) {
    const struct call *asked = search.calls[call].asked;
    const struct call *answered = search.calls[call].answered;
    *event = (struct linearize_event){
        .call = call, .kind = search.next[call], .done = true, .chain = state.devices[asked->device].chain};
    switch (search.next[call]) {
    case EVENT_DEAD:
        *after = EVENT_STOPPED;
        return true;
    case EVENT_STOPPED:
        *after = asked->opcode == OP_REMOVE ? EVENT_LEAVE : FINISHED;
        return true;
    default:
        break;
    }
    if (search.next[call] == EVENT_CALL && begins_stop(asked, answered)) {
        event->kind = EVENT_BEGIN;
        *after = EVENT_DEAD;
        return true;
    }
    *after = FINISHED;
    *wanted = answer_of(&state, asked);
    event->done = asked->opcode == OP_PRESSURE || NT_SUCCESS(answered->status);
    event->done = event->done && !wanted->no_effect;
    search.unknown |= model_leaves_open(wanted) && NT_SUCCESS(answered->status);
    if (call_is_callback(asked->opcode) && event->done) {
        event->chain = wanted->chain;
        event->index = wanted->index;
    }
    if (asked->opcode == OP_REMOVE)
        event->kind = event->done ? EVENT_LEAVE : EVENT_CALL;
    return allows(wanted, answered);
}

static void note_stuck(uint8_t culprit, const struct model_answer *wanted) {
    struct linearize_result *result = search.result;
    if (search.stuck && search.order.count <= result->order.count)
        return;
    search.stuck = true;
    result->order = search.order;
    result->culprit = culprit;
    result->wanted = *wanted;
}

/* True when the search is over: an order fits, or the limit is reached. */
static bool extend(void) {
    struct linearize_order *order = &search.order;
    if (search.finished == (1u << search.count) - 1) {
        search.result->orders++;
        if (!search.fits || search.fits(search.context, &state)) {
            search.result->explained = true;
            search.result->order = *order;
            return true;
        }
        note_stuck(LINEARIZE_CALLS, &(struct model_answer){0});
        return false;
    }
    for (uint32_t i = 0; i < search.count; i++) {
        if (!is_access(&search.calls[i]) || !is_candidate(i))
            continue;
        search.finished |= 1u << i; /* wherever it is put, all else is the same */
        bool over = extend();
        search.finished &= ~(1u << i);
        return over;
    }
    for (uint32_t i = 0; i < search.count; i++) {
        uint8_t call = search.sorted[i];
        struct linearize_event event;
        struct model_answer wanted = {0};
        uint8_t after;
        if (!is_candidate(call))
            continue;
        if (!next_event(call, &event, &after, &wanted)) {
            note_stuck(call, &wanted);
            continue;
        }
        if (++search.nodes > LINEARIZE_NODES) {
            search.result->gave_up = true;
            return true;
        }
        uint8_t here = search.next[call];
        bool changed = changes(search.calls, &event);
        linearize_apply(&state, search.calls, &event);
        order->events[order->count++] = event;
        search.next[call] = after;
        if (after == FINISHED)
            search.finished |= 1u << call;
        if (extend())
            return true;
        order->count--;
        search.next[call] = here;
        search.finished &= ~(1u << call);
        if (changed)
            play(order);
    }
    return false;
}

static void sort_by_response(void) {
    for (uint8_t i = 0; i < search.count; i++) {
        uint32_t at = i;
        for (; at > 0 && search.calls[search.sorted[at - 1]].returned > search.calls[i].returned; at--)
            search.sorted[at] = search.sorted[at - 1];
        search.sorted[at] = i;
    }
}

/* ---- whose clause it is ---- */

static uint8_t chain_of(const struct model *model, const struct call *call) {
    if (call_is_callback(call->opcode))
        for (uint32_t i = 0; i < model->program->machine.adapters; i++)
            if (model->devices[i].handle_alive &&
                model->devices[i].handle == (uint64_t)(uintptr_t)call->handle)
                return model->devices[i].chain;
    return model->devices[call->device].chain;
}

static enum contract_clause blame(const struct linearize_result *result) {
    bool serial = true, stops = false;
    for (uint32_t i = 0; i < search.count; i++) {
        const struct call *call = search.calls[i].asked;
        for (uint32_t k = 0; k < i; k++)
            serial &= !linearize_overlap(&search.calls[i], &search.calls[k]);
        if (ends_things(call->opcode))
            stops |=
                result->culprit == LINEARIZE_CALLS ||
                chain_of(search.before, call) == chain_of(search.before, search.calls[result->culprit].asked);
    }
    if (serial && result->culprit != LINEARIZE_CALLS)
        return result->wanted.clause;
    return stops ? CLAUSE_RACE_STOP : CLAUSE_RACE_ATOMIC;
}

void linearize(const struct model *before, const struct linearize_call *calls, uint32_t count, bool exact,
               linearize_final *fits, void *context, struct linearize_result *result) {
    search.before = before;
    search.calls = calls;
    search.count = count < LINEARIZE_CALLS ? count : LINEARIZE_CALLS;
    search.exact = exact;
    search.fired = false;
    for (uint32_t i = 0; i < search.count; i++)
        search.fired |= calls[i].answered->fired;
    search.roomy = !search.fired && is_roomy(before, calls, search.count);
    search.fits = fits;
    search.context = context;
    search.result = result;
    search.order.count = 0;
    search.finished = 0;
    search.nodes = 0;
    search.stuck = false;
    search.unknown = false;
    memset(search.next, EVENT_CALL, sizeof(search.next));
    sort_by_response();
    result->explained = false;
    result->gave_up = false;
    result->orders = 0;
    result->order.count = 0;
    result->culprit = LINEARIZE_CALLS;
    copy_model(&state, before);
    extend();
    if (result->explained)
        return;
    result->gave_up |= search.unknown;
    play(&result->order);
    result->clause = blame(result);
}

void linearize_count(const struct linearize_call *calls, uint32_t count) {
    bool overlapped = false, stopped = false;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (linearize_overlap(&calls[i], &calls[k]) && !is_access(&calls[i]) && !is_access(&calls[k])) {
                overlapped = true;
                stopped |= ends_things(calls[i].asked->opcode) || ends_things(calls[k].asked->opcode);
            }
    contract_kept(CLAUSE_RACE_ATOMIC, overlapped);
    contract_kept(CLAUSE_RACE_STOP, stopped);
}
