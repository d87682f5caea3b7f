/* Judges a race: race.h. */
#include "harness/judge/race.h"

#include <string.h>

#include "harness/judge/check.h"
#include "harness/judge/report.h"
#include "harness/judge/run.h"
#include "harness/judge/state_coverage.h"

struct race race;

/* ---- committing ---- */

/* What was there before the race and ended in it. */
static struct {
    uint32_t pins;
    struct {
        uint8_t chain;
        uint8_t index;
        struct model_pin pin;
    } pin[SUT_DEVICES];
    uint32_t views;
    struct model_view view[PROGRAM_RACE_OPS];
    uint32_t stops;  /* chains that stopped */
    uint32_t starts; /* calls that started one, or failed to */
    bool pressed;
    /* Call + 1 that made the pin an area has: its like is looked at when all is over. */
    uint8_t made[SUT_DEVICES][SUT_CHAIN_MAX];
} ended;

static void note_pin_end(uint8_t chain, uint8_t index) {
    const struct model_pin *pin = &run.model.chains[chain].areas[index].pin;
    if (pin->live && !ended.made[chain][index] && ended.pins < SUT_DEVICES) {
        ended.pin[ended.pins].chain = chain;
        ended.pin[ended.pins].index = index;
        ended.pin[ended.pins++].pin = *pin;
    }
    ended.made[chain][index] = 0;
}

static void note_view_end(const struct model_view *view) {
    if (ended.views < PROGRAM_RACE_OPS)
        ended.view[ended.views++] = *view;
}

static void note_chain_end(uint8_t chain) {
    for (uint8_t i = 0; i < run.model.chains[chain].count; i++)
        note_pin_end(chain, i);
    for (uint32_t i = 0; i < run.model.view_count; i++)
        if (run.model.views[i].chain == chain)
            note_view_end(&run.model.views[i]);
}

static void commit(const struct linearize_event *event) {
    const struct call *asked = &race.asked[event->call];
    const struct call *answered = &race.answered[event->call];
    bool first = event->kind == EVENT_CALL || event->kind == EVENT_BEGIN;
    uint32_t state = 0;
    run.model.actor = asked->actor;
    if (first)
        state = state_before(&run.model, asked);
    if (event->kind == EVENT_DEAD)
        note_chain_end(event->chain);
    if (event->kind == EVENT_STOPPED)
        ended.stops |= 1u << event->chain;
    if (event->kind == EVENT_CALL && event->done && asked->opcode == OP_UNPIN)
        note_pin_end(event->chain, event->index);
    if (event->kind == EVENT_CALL && event->done && asked->opcode == OP_UNMAP) {
        int view = model_find_view(&run.model, event->chain, event->index,
                                   (uint64_t)(uintptr_t)asked->arg.unmap.pBaseAddress);
        if (view >= 0)
            note_view_end(&run.model.views[view]);
    }
    linearize_apply(&run.model, race.calls, event);
    if (asked->opcode == OP_START)
        ended.starts |= 1u << event->call;
    if (event->kind == EVENT_CALL && event->done && (asked->opcode == OP_PIN2 || asked->opcode == OP_PIN))
        ended.made[event->chain][event->index] = (uint8_t)(event->call + 1);
    if (event->kind == EVENT_CALL && !event->done && call_is_callback(asked->opcode)) {
        check_argument(&asked->arg, answered);
        contract_refused(CLAUSE_ANY_ROLLBACK, true);
        if (answered->fired)
            contract_faulted(CLAUSE_ANY_ROLLBACK, true);
    }
    if (first)
        state_after(state, &run.model, answered);
}

/* Pins that the race made: read all of them, then try each. */
static void check_new_pins(void) {
    for (uint8_t chain = 0; chain < run.program->machine.adapters; chain++)
        for (uint8_t i = 0; i < run.model.chains[chain].count; i++)
            if (ended.made[chain][i])
                model_unpinned(&run.model, chain, i);
    if (ended.pressed) /* those that were there all the time */
        check_frames_after();
    for (unsigned pass = 0; pass < 2; pass++) {
        for (uint8_t chain = 0; chain < run.program->machine.adapters; chain++) {
            for (uint8_t i = 0; i < run.model.chains[chain].count && !run.abandoned; i++) {
                if (!ended.made[chain][i])
                    continue;
                const struct call *call = &race.answered[ended.made[chain][i] - 1];
                if (pass == 0 && check_pin_read(call, chain, i))
                    run.model.chains[chain].areas[i].pin.pool_blocks = MODEL_POOL_UNKNOWN;
                else if (pass == 1)
                    check_pin_new(call, chain, i);
            }
        }
    }
}

static void check_new_views(void) {
    for (uint32_t i = 0; i < race.count && !run.abandoned; i++) {
        const struct call *call = &race.answered[i];
        if (call->opcode != OP_MAP || !NT_SUCCESS(call->status))
            continue;
        uint64_t base = (uint64_t)(uintptr_t)call->arg.map.pBaseAddress;
        for (uint32_t k = 0; k < run.model.view_count && !run.abandoned; k++) {
            const struct model_view *view = &run.model.views[k];
            if (view->base == base && view->offset == race.asked[i].arg.map.Offset)
                check_view_birth(view);
        }
    }
}

/* Of what a call that got through did to views: their base; 0: nothing. */
static uint64_t base_touched(uint32_t call) {
    const struct call *answered = &race.answered[call];
    if (!NT_SUCCESS(answered->status))
        return 0;
    return answered->opcode == OP_MAP     ? (uint64_t)(uintptr_t)answered->arg.map.pBaseAddress
           : answered->opcode == OP_UNMAP ? (uint64_t)(uintptr_t)answered->arg.unmap.pBaseAddress
                                          : 0;
}

/* Whether all views that have this base, or had it when the race began, reach equally far. */
static bool reach_alike(uint64_t base) {
    uint64_t span = 0;
    if (ended.views == PROGRAM_RACE_OPS) /* and perhaps more */
        return false;
    for (uint32_t i = 0; i < race.count; i++) {
        uint64_t one = race.answered[i].arg.map.Offset + race.asked[i].arg.map.Size;
        if (race.answered[i].opcode != OP_MAP || base_touched(i) != base)
            continue;
        if (span && span != one)
            return false;
        span = one;
    }
    for (uint32_t i = 0; i < run.model.view_count + ended.views; i++) {
        const struct model_view *view =
            i < run.model.view_count ? &run.model.views[i] : &ended.view[i - run.model.view_count];
        uint64_t one = view->offset - view->first + view->size;
        if (view->base == base && span && span != one)
            return false;
        if (view->base == base)
            span = one;
    }
    return true;
}

/*
 * Of two views with one base, Unmap ends the one mapped last. Where a map overlapped another, or an unmap, of
 * its base, several orders may explain the answers, and what the next Unmap ends cannot be told: unless all
 * views of the base are alike, or none is left.
 */
static bool leaves_views_open(void) {
    for (uint32_t i = 0; i < race.count; i++) {
        uint64_t base = base_touched(i);
        if (!base || race.answered[i].opcode != OP_MAP || !model_base_covered(&run.model, base))
            continue;
        for (uint32_t k = 0; k < race.count; k++)
            if (k != i && base_touched(k) == base && linearize_overlap(&race.calls[i], &race.calls[k]) &&
                !reach_alike(base))
                return true;
    }
    return false;
}

/* Whether a live pin has been given the memory of one that ended: nothing can be said of that one then. */
static bool is_reused(const void *descriptor) {
    for (uint8_t chain = 0; chain < run.program->machine.adapters; chain++)
        for (uint8_t i = 0; i < run.model.chains[chain].count; i++)
            if (run.model.chains[chain].areas[i].pin.live &&
                run.model.chains[chain].areas[i].pin.descriptor == descriptor)
                return true;
    return false;
}

/* A pin that was there before and ended: out of the domain, unlocked, freed; but for what another has now. */
static void check_end(uint32_t i, enum contract_clause clause) {
    const struct model_chain *chain = &run.model.chains[ended.pin[i].chain];
    const struct model_pin *pin = &ended.pin[i].pin;
    if (chain->count <= ended.pin[i].index || is_reused(pin->descriptor))
        return;
    if (!chain->areas[ended.pin[i].index].pin.live)
        check_pin_gone(ended.pin[i].chain, ended.pin[i].index, pin, clause);
    else
        REQUIRE(!run.sut->descriptor_alive || !run.sut->descriptor_alive(pin->descriptor), clause,
                ("the descriptor of the ended pin freed"), ("it is alive"));
}

static void check_all(enum contract_clause clause) {
    const struct ledger_blame blame = {clause, clause, clause, clause, clause, clause};
    check_new_pins();
    check_new_views();
    for (uint32_t i = 0; i < ended.pins && !run.abandoned; i++)
        check_end(i, clause);
    for (uint32_t i = 0; i < ended.views && !run.abandoned; i++)
        check_view_gone(&ended.view[i], clause);
    for (uint8_t chain = 0; chain < run.program->machine.adapters && !run.abandoned; chain++)
        if (ended.stops >> chain & 1)
            check_stopped(chain, clause);
    for (uint32_t i = 0; i < race.count && !run.abandoned; i++) {
        const struct call *start = &race.answered[i];
        uint8_t chain = run.model.devices[start->device].chain;
        if (!(ended.starts >> i & 1))
            continue;
        if (NT_SUCCESS(start->status))
            check_started(chain, start);
        else
            check_stopped(chain, CLAUSE_INIT_ROLLBACK);
    }
    check_everything(clause, clause);
    check_ledger(&blame);
}

/* ---- judging ---- */

/* Whether the CPU gets at both ends of a view just as the model says; of one that has ended, unless another
 * covers what it had. */
static bool view_fits(const struct model *after, const struct model_view *view, bool alive) {
    uint64_t first = view->base + (view->offset - view->first);
    const uint64_t ends[] = {view->base, first, first + view->size - 1};
    for (unsigned i = 0; i < 3; i++) {
        bool wanted = alive || model_base_covered(after, ends[i]);
        if (run.sut->cpu_accessible((const void *)(uintptr_t)ends[i], 1) != wanted)
            return false;
    }
    return true;
}

static bool views_fit(const struct model *after) {
    for (uint32_t i = 0; i < after->view_count; i++)
        if (!view_fits(after, &after->views[i], true))
            return false;
    for (uint32_t i = 0; i < run.model.view_count; i++)
        if (!view_fits(after, &run.model.views[i], false))
            return false;
    for (uint32_t i = 0; i < race.count; i++) {
        const struct call *map = &race.answered[i];
        uint64_t asked = race.asked[i].arg.map.Offset;
        if (map->opcode != OP_MAP || !NT_SUCCESS(map->status))
            continue;
        const struct model_view view = {.base = (uint64_t)(uintptr_t)map->arg.map.pBaseAddress,
                                        .first = asked - map->arg.map.Offset,
                                        .offset = asked,
                                        .size = map->arg.map.Size};
        if (!view_fits(after, &view, false))
            return false;
    }
    return true;
}

/* linearize_final: which of two pins is alive shows in the descriptors, how many are in the ledger. */
static bool fits(void *context, const struct model *after) {
    struct sut_ledger ledger;
    (void)context;
    if (run.sut->ledger) {
        run.sut->ledger(&ledger);
        if (!linearize_ledger_fits(after, &ledger))
            return false;
    }
    for (uint8_t chain = 0; chain < run.program->machine.adapters && run.sut->descriptor_alive; chain++) {
        const struct model_chain *c = &after->chains[chain];
        for (uint8_t i = 0; i < c->count; i++)
            if (c->areas[i].pin.live && !run.sut->descriptor_alive(c->areas[i].pin.descriptor))
                return false;
    }
    return !run.sut->cpu_accessible || views_fit(after);
}

void race_judge(void) {
    struct linearize_result *result = &race.result;
    bool stops = false;
    race_explain(&race, run.sut->hold_chosen, fits);
    if (result->gave_up) { /* not to be judged, nor what comes after */
        run.abandoned = true;
        run.open = true;
        return;
    }
    /* A choice of somebody else's is no clause of theirs; nor is a call that fails, for others are under way.
     */
    bool by_choice = !dialect_holds(DIALECT_SERIAL) &&
                     (result->wanted.by_dialect || contract_table[result->clause].basis == 'C' ||
                      result->wanted.expect != MUST_FAIL);
    if (!REQUIRE(result->explained, by_choice ? CLAUSE_RACE_ATOMIC : result->clause,
                 ("answers, and a state, that some serial order has%s",
                  race.overwritten.made ? ", of the argument before it was written over or after" : ""),
                 ("what no order explains")))
        return;
    linearize_count(race.calls, race.count);
    race_judge_dma(&race);
    if (run.abandoned)
        return;
    memset(&ended, 0, sizeof(ended));
    for (uint32_t i = 0; i < race.count; i++) {
        stops |= race.asked[i].opcode == OP_STOP || race.asked[i].opcode == OP_REMOVE ||
                 race.asked[i].opcode == OP_SURPRISE_REMOVE;
        ended.pressed |= race.asked[i].opcode == OP_PRESSURE;
    }
    uint8_t actor = run.model.actor; /* the implementation's, too */
    for (uint32_t i = 0; i < result->order.count && !run.abandoned; i++)
        commit(&result->order.events[i]);
    run.model.actor = actor;
    run.open = !run.abandoned && leaves_views_open();
    run.abandoned |= run.open;
    if (!run.abandoned)
        check_all(stops ? CLAUSE_RACE_STOP : CLAUSE_RACE_ATOMIC);
}
