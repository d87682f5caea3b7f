/*
 * Runs a race: resolve its calls, run the actors, find the serial order that explains what they were
 * answered (linearize.h), commit that to the model, then look at everything as after any operation.
 *
 * What an operation means is settled when the race begins: handles, views and sizes are those of then.
 * Only an actor's own maps in the race count as views to it, too: an Unmap behind them may mean one.
 *
 * The bus is one at a time (sut.h): its operations take a lock of the harness, so that they race with
 * callbacks, and wait for one another.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/executor.h"
#include "harness/linearize.h"
#include "harness/race.h"
#include "harness/resolve.h"
#include "harness/run.h"
#include "harness/schedule.h"
#include "harness/state.h"
#include "harness/threads.h"
#include "harness/trace.h"

_Static_assert(PROGRAM_RACE_OPS <= LINEARIZE_CALLS, "each race can be judged");

/* The detector is there where accesses are traced. */
#define WEAK __attribute__((weak))
WEAK void race_begin(unsigned actors);
WEAK void race_end(void);
WEAK void race_fresh(const void *address, size_t size);
WEAK enum race_outcome race_freed(unsigned actor, const void *address, size_t size, uintptr_t pc);
WEAK const struct race_conflict *race_found(void);
WEAK const char *race_describe(const struct race_side *side, char *text, size_t size);

#define NO_CALL UINT8_MAX

static struct {
    uint32_t count;
    uint32_t op[PROGRAM_RACE_OPS]; /* of the program */
    struct call asked[PROGRAM_RACE_OPS];
    struct call answered[PROGRAM_RACE_OPS];
    struct linearize_call calls[PROGRAM_RACE_OPS];
    /* An Unmap of what the same actor maps in this race: the call that maps it; and how many pages off. */
    uint8_t unmaps[PROGRAM_RACE_OPS];
    uint64_t unmap_delta[PROGRAM_RACE_OPS];
    _Atomic uint32_t clock; /* of calls' beginnings and ends; orders nothing */
    const char *violated;   /* what the implementation said of its locks */
    const char *kept;       /* the lock an actor still held when its call had returned */
    struct linearize_result result;
    struct program_race plan;
} race;

/* ---- resolving ---- */

/* The views an Unmap can mean are the live ones, then those its actor maps before it in this race. */
static void resolve_unmap(const struct program_op *op, uint32_t at) {
    uint8_t own[PROGRAM_RACE_OPS];
    uint32_t count = 0;
    if (op->opcode != OP_UNMAP || op->view_form != VIEW_LIVE)
        return;
    for (uint32_t i = 0; i < at; i++)
        if (race.asked[i].opcode == OP_MAP && race.asked[i].actor == op->actor)
            own[count++] = (uint8_t)i;
    if (count == 0)
        return;
    uint32_t wanted = op->view % (run.model.view_count + count);
    uint64_t delta = (uint64_t)(int64_t)op->offset_delta * MODEL_PAGE;
    if (wanted >= run.model.view_count) {
        race.unmaps[at] = own[wanted - run.model.view_count];
        race.unmap_delta[at] = delta;
    } else {
        race.asked[at].arg.unmap.pBaseAddress = (PVOID)(uintptr_t)(run.model.views[wanted].base + delta);
    }
}

/* False: there is no such call to make. */
static bool resolve(const struct program_op *op, uint32_t at) {
    struct call *call = &race.asked[at];
    *call = (struct call){.opcode = op->opcode,
                          .actor = op->actor,
                          .flag = op->flag,
                          .device = resolve_device(&run.model, op->adapter)};
    race.unmaps[at] = NO_CALL;
    if (!call_is_callback(op->opcode))
        return true;
    if (run.model.irql[op->actor] > PASSIVE_LEVEL && !run.sut->hold_chosen)
        return false;
    if (!run_resolve_callback(op, call))
        return false;
    resolve_unmap(op, at);
    return true;
}

/* ---- running ---- */

static const char bus_lock[1];

/* Instead of fibers under the schedule: executor_use_threads(). */
static bool on_threads;

void executor_use_threads(bool use) {
    on_threads = use;
}

static bool is_bus(uint8_t opcode) {
    return !call_is_callback(opcode) && opcode != OP_PRESSURE;
}

/* As call_perform() does it, with structures of this actor's own. */
static void perform_callback(struct call *call) {
#define WITH_ARGUMENT(type, function)                                                                        \
    do {                                                                                                     \
        type object;                                                                                         \
        memcpy(&object, call->arg.raw, sizeof(object));                                                      \
        call->status = call->table->function(call->handle, call->null_arg ? NULL : &object);                 \
        memcpy(call->arg.raw, &object, sizeof(object));                                                      \
    } while (0)
    switch (call->opcode) {
    case OP_PIN2:
        WITH_ARGUMENT(DXGKARGCB_PINFRAMEBUFFERFORSAVE2, DxgkCbPinFrameBufferForSave2);
        break;
    case OP_PIN:
        WITH_ARGUMENT(DXGKARGCB_PINFRAMEBUFFERFORSAVE, DxgkCbPinFrameBufferForSave);
        break;
    case OP_UNPIN:
        WITH_ARGUMENT(DXGKARGCB_UNPINFRAMEBUFFERFORSAVE, DxgkCbUnpinFrameBufferForSave);
        break;
    case OP_MAP:
        WITH_ARGUMENT(DXGKARGCB_MAPFRAMEBUFFERPOINTER, DxgkCbMapFrameBufferPointer);
        break;
    default:
        WITH_ARGUMENT(DXGKARGCB_UNMAPFRAMEBUFFERPOINTER, DxgkCbUnmapFrameBufferPointer);
        break;
    }
#undef WITH_ARGUMENT
}

static void perform(uint32_t at) {
    struct call *call = &race.answered[at];
    KIRQL irql = run.model.irql[call->actor];
    if (race.unmaps[at] != NO_CALL) {
        /* What the map gave, or null where it failed. */
        const struct call *map = &race.answered[race.unmaps[at]];
        uint64_t base = NT_SUCCESS(map->status) ? (uint64_t)(uintptr_t)map->arg.map.pBaseAddress : 0;
        call->arg.unmap.pBaseAddress = (PVOID)(uintptr_t)(base + race.unmap_delta[at]);
        race.asked[at].arg.unmap.pBaseAddress = call->arg.unmap.pBaseAddress;
    }
    if (call_is_callback(call->opcode)) {
        perform_callback(call);
        return;
    }
    /* As run_bus() does it. */
    if (irql != PASSIVE_LEVEL)
        run.sut->set_irql(PASSIVE_LEVEL);
    call_perform(run.sut, call);
    if (irql != PASSIVE_LEVEL)
        run.sut->set_irql(irql);
}

static void act(unsigned actor) {
    for (uint32_t i = 0; i < race.count; i++) {
        if (race.asked[i].actor != actor)
            continue;
        if (!on_threads)
            schedule_call((int32_t)i);
        /* Waiting for the bus is no part of the call: of two power changes the answers do not tell which was
         * the last, their times do. */
        bool bus = is_bus(race.asked[i].opcode);
        if (bus)
            (on_threads ? threads_acquire : schedule_acquire)(bus_lock, "bus");
        race.calls[i].invoked = atomic_fetch_add_explicit(&race.clock, 1, memory_order_relaxed);
        perform(i);
        race.calls[i].returned = atomic_fetch_add_explicit(&race.clock, 1, memory_order_relaxed);
        if (bus)
            (on_threads ? threads_release : schedule_release)(bus_lock);
        if (on_threads)
            continue;
        race.kept = schedule_holds();
        if (race.kept)
            schedule_stop();
    }
}

static void violated(const char *what) {
    race.violated = what;
    schedule_stop();
}

static void fresh(const void *address, size_t size) {
    if (race_fresh)
        race_fresh(address, size);
}

static void freed(const void *address, size_t size) {
    if (race_freed)
        (void)race_freed(schedule.actor, address, size, (uintptr_t)__builtin_return_address(0));
}

/* No way to end a thread in the middle: the process ends. */
static _Noreturn void violated_on_thread(const char *what) {
    fprintf(stderr, "nt lock violation (RACE-LIVE): %s\n", what);
    abort();
}

static void nothing_known(const void *address, size_t size) {
    (void)address;
    (void)size;
}

static enum schedule_outcome run_threads(unsigned actors) {
    static const struct sut_hooks hooks = {.acquire = threads_acquire,
                                           .release = threads_release,
                                           .fresh = nothing_known,
                                           .freed = nothing_known,
                                           .violated = violated_on_thread};
    if (!run.sut->set_hooks)
        return SCHEDULE_FAILED;
    run.sut->set_hooks(&hooks);
    run.racing = true;
    bool ran = threads_run(actors, act, run.sut->set_actor);
    run.racing = false;
    run.sut->set_hooks(NULL);
    run.sut->set_actor(run.model.actor);
    return ran ? SCHEDULE_DONE : SCHEDULE_FAILED;
}

static enum schedule_outcome run_actors(void) {
    static const struct sut_hooks hooks = {.acquire = schedule_acquire,
                                           .release = schedule_release,
                                           .fresh = fresh,
                                           .freed = freed,
                                           .violated = violated};
    unsigned actors = 0;
    for (uint32_t i = 0; i < race.count; i++)
        actors |= 1u << race.asked[i].actor;
    if (on_threads)
        return run_threads(actors);
    if (race_begin)
        race_begin(SUT_ACTORS);
    if (run.sut->set_hooks)
        run.sut->set_hooks(&hooks);
    run.racing = true;
    enum schedule_outcome outcome = schedule_run(&race.plan, actors, act, run.sut->set_actor);
    run.racing = false;
    if (run.sut->set_hooks)
        run.sut->set_hooks(NULL);
    if (race_end)
        race_end();
    run.sut->set_actor(run.model.actor);
    return outcome;
}

/* ---- the report ---- */

static void explain(FILE *to) {
    linearize_explain(race.calls, race.count, &race.result, to);
    fprintf(to, "  schedule: %u points%s\n", schedule.points,
            &trace_linked ? "" : ", of locks and calls: loads and stores are not traced in this build");
    schedule_print(to, race.op);
}

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
    uint32_t stops; /* chains that stopped */
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
    if (event->kind == EVENT_CALL && event->done && (asked->opcode == OP_PIN2 || asked->opcode == OP_PIN))
        ended.made[event->chain][event->index] = (uint8_t)(event->call + 1);
    if (event->kind == EVENT_CALL && !event->done && call_is_callback(asked->opcode)) {
        REQUIRE(memcmp(answered->arg.raw, asked->arg.raw, sizeof(asked->arg.raw)) == 0, CLAUSE_ANY_ROLLBACK,
                ("the argument structure as it was"), ("changed by a call that failed"));
        contract_counts[CLAUSE_ANY_ROLLBACK].refused++;
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

static bool same_view(const struct model_view *view, const struct call *asked, const struct call *answered) {
    return view->base == (uint64_t)(uintptr_t)answered->arg.map.pBaseAddress &&
           view->offset == asked->arg.map.Offset && view->size == asked->arg.map.Size;
}

/* Of two maps that were given one base, Unmap ends the one mapped last; here nobody can tell yet. */
static void tie_views(void) {
    for (uint32_t i = 0; i < race.count; i++) {
        const struct call *one = &race.answered[i];
        bool tied = false;
        if (one->opcode != OP_MAP || !NT_SUCCESS(one->status))
            continue;
        for (uint32_t k = 0; k < race.count; k++) {
            const struct call *other = &race.answered[k];
            tied |= k != i && other->opcode == OP_MAP && NT_SUCCESS(other->status) &&
                    other->arg.map.pBaseAddress == one->arg.map.pBaseAddress;
        }
        for (uint32_t k = 0; k < run.model.view_count && tied; k++)
            if (same_view(&run.model.views[k], &race.asked[i], one))
                run.model.views[k].tied = run.op + 1;
    }
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

static bool judge_memory(void) {
    const struct race_conflict *conflict = race_found ? race_found() : NULL;
    char first[320] = "", second[320] = "";
    if (!conflict)
        return true;
    if (!run.quiet) { /* it may start a symbolizer */
        (void)race_describe(&conflict->first, first, sizeof(first));
        (void)race_describe(&conflict->second, second, sizeof(second));
    }
    return REQUIRE(false, CLAUSE_RACE_MEMORY, ("these two in an order that locks make: %s", first),
                   ("none: %s", second));
}

static bool judge_liveness(enum schedule_outcome outcome) {
    char text[RUN_TEXT_MAX];
    if (outcome == SCHEDULE_STUCK)
        return REQUIRE(false, CLAUSE_RACE_LIVE, ("somebody who can go on"),
                       ("%s", schedule_stuck(text, sizeof(text))));
    if (outcome == SCHEDULE_STOPPED && race.violated)
        return REQUIRE(false, CLAUSE_RACE_LIVE, ("locks taken in one order by all"), ("%s", race.violated));
    if (outcome == SCHEDULE_STOPPED)
        return REQUIRE(false, CLAUSE_RACE_LIVE, ("no lock held when a call has returned"),
                       ("actor %u still holds '%s'", schedule.actor, race.kept));
    if (schedule_waited())
        contract_counts[CLAUSE_RACE_LIVE].kept++;
    return outcome == SCHEDULE_DONE;
}

/* A race before may have left it open which of two views was mapped last; this one may say. */
static void try_other_ties(void) {
    static struct linearize_result other;
    struct model_view *views = run.model.views;
    for (uint32_t i = 0; i < run.model.view_count; i++) {
        for (uint32_t k = i + 1; k < run.model.view_count && views[i].tied; k++) {
            if (views[k].tied != views[i].tied || views[k].base != views[i].base)
                continue;
            struct model_view first = views[i];
            views[i] = views[k];
            views[k] = first;
            linearize(&run.model, race.calls, race.count, run.sut->hold_chosen, fits, NULL, &other);
            if (other.explained) {
                race.result = other;
                return;
            }
            views[k] = views[i];
            views[i] = first;
        }
    }
}

static void judge(void) {
    struct linearize_result *result = &race.result;
    bool stops = false;
    linearize(&run.model, race.calls, race.count, run.sut->hold_chosen, fits, NULL, result);
    if (!result->explained && !result->gave_up)
        try_other_ties();
    if (result->gave_up) { /* not to be judged, nor what comes after */
        run.abandoned = true;
        return;
    }
    if (!REQUIRE(result->explained, result->clause, ("answers, and a state, that some serial order has"),
                 ("what no order explains")))
        return;
    linearize_count(race.calls, race.count);
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
    tie_views();
    check_all(stops ? CLAUSE_RACE_STOP : CLAUSE_RACE_ATOMIC);
}

static uint32_t watched_op = UINT32_MAX;
static struct executor_race watched;

static struct schedule_turn *watched_turns;
static uint32_t watched_capacity;

void executor_watch_race(uint32_t op, struct schedule_turn *turns, uint32_t capacity) {
    watched_op = op;
    watched_turns = turns;
    watched_capacity = capacity;
    watched = (struct executor_race){0};
}

void executor_watched_race(struct executor_race *seen) {
    *seen = watched;
    watched_op = UINT32_MAX;
}

static FILE *shown;

void executor_show_races(FILE *to) {
    shown = to;
}

static void show(uint32_t op) {
    fprintf(shown, "%u\n", op);
    schedule_print(shown, race.op);
    fflush(shown); /* before the verdict, of which this process may die */
}

uint32_t run_race(uint32_t op) {
    uint32_t span = program_race_span(run.program, op);
    race.count = 0;
    race.clock = 0;
    race.violated = NULL;
    race.kept = NULL;
    race.result = (struct linearize_result){.explained = true};
    program_race_get(&run.program->ops[op], &race.plan);
    run.race_ops = span;
    for (uint32_t i = 1; i <= span; i++) {
        if (!resolve(&run.program->ops[op + i], race.count))
            continue;
        race.answered[race.count] = race.asked[race.count];
        race.calls[race.count] =
            (struct linearize_call){&race.asked[race.count], &race.answered[race.count], 0, UINT32_MAX};
        race.op[race.count++] = op + i;
    }
    if (race.count == 0)
        return span;
    /* What is there before is as it should be: whatever is wrong afterwards, the race has done. */
    check_everything(CLAUSE_PIN_CONTENTS, CLAUSE_MAP_COHERENT);
    if (run.abandoned)
        return span;
    check_frames_before();
    if (op == watched_op)
        schedule_note(watched_turns, watched_capacity);
    enum schedule_outcome outcome = run_actors();
    schedule_note(NULL, 0);
    if (outcome == SCHEDULE_FAILED) {
        run.abandoned = true; /* nobody's finding */
        return span;
    }
    if (op == watched_op)
        watched = (struct executor_race){true, schedule.points, schedule_switched(), outcome != SCHEDULE_DONE,
                                         schedule_noted()};
    if (shown)
        show(op);
    run.explain = explain;
    if (on_threads || (judge_liveness(outcome) && judge_memory()))
        judge();
    run.explain = NULL;
    return span;
}
