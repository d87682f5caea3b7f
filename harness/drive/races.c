/*
 * Runs a race: resolve its calls, run the actors, see whether all came to an end and touched memory in order
 * (RACE-LIVE, RACE-MEMORY); what they were answered is judge/race.c's.
 *
 * What an operation means is settled when the race begins: handles, views and sizes are those of then.
 * Only an actor's own maps in the race count as views to it, too: an Unmap behind them may mean one.
 *
 * The bus is one at a time (sut.h): its operations take a lock of the harness, so that they race with
 * callbacks, and wait for one another.
 *
 * What a driver releases inside its own stop are calls of the race, too (release_inside()): they follow those
 * of the program, one by one as they are made.
 */
#include "harness/drive/races.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/contract/contents.h"
#include "harness/contract/resolve.h"
#include "harness/drive/callback.h"
#include "harness/drive/driver.h"
#include "harness/drive/gpu.h"
#include "harness/drive/overwrite.h"
#include "harness/drive/perform.h"
#include "harness/interleave/place.h"
#include "harness/interleave/schedule.h"
#include "harness/interleave/threads.h"
#include "harness/interleave/trace.h"
#include "harness/judge/check.h"
#include "harness/judge/race.h"
#include "harness/judge/report.h"

_Static_assert(PROGRAM_RACE_OPS <= LINEARIZE_CALLS, "each race can be judged");

/* The detector is there where accesses are traced. */
#define WEAK __attribute__((weak))
WEAK void accesses_begin(unsigned actors);
WEAK void accesses_end(void);
WEAK bool accesses_ordered(void);
WEAK bool accesses_overflowed(void);
WEAK void accesses_fresh(const void *address, size_t size);
WEAK enum accesses_outcome accesses_freed(unsigned actor, const void *address, size_t size, uintptr_t pc);
WEAK const struct accesses_conflict *accesses_found(void);
WEAK const char *place_describe(const struct accesses_side *side, char *text, size_t size);
WEAK const char *place_of(uintptr_t pc, char *text, size_t size);

#define NO_CALL UINT8_MAX

/* ---- resolving ---- */

static bool is_bus(uint8_t opcode) {
    return program_class(opcode) == CLASS_BUS && opcode != OP_PRESSURE;
}

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

/* A start of a chain that is stopped, beside calls of others. Its handles are known when the race is over: no
 * call may name one by chance. Nothing else happens to the chain, for the drivers are set up for this start.
 * Of who chose otherwise, one whose end is not for the documents to say is not made. */
static bool resolve_start(uint32_t op, const struct call *start) {
    const struct model_device *device = &run.model.devices[start->device];
    const struct model_caps *caps = &run.model.caps[device->chain];
    if (!device->present || run.model.chains[device->chain].phase != PHASE_STOPPED)
        return false;
    for (uint32_t i = run.op + 1; i <= run.op + run.race_ops; i++) {
        const struct program_op *other = &run.program->ops[i];
        if (call_is_callback(other->opcode) && (other->handle == HANDLE_NEAR || other->handle == HANDLE_RAW))
            return false;
        if (other->fail_nth != 0 && caps->let_go)
            return false;
        if (i != op && is_bus(other->opcode) && other->opcode != OP_POWER && other->opcode != OP_RESET &&
            run.model.devices[resolve_device(&run.model, other->adapter)].chain == device->chain)
            return false;
    }
    const struct model_answer answer = resolve_answer(&run.model, start);
    if (caps->unsure || model_leaves_open(&answer) ||
        (!dialect_held && (answer.expect == MUST_FAIL || (!caps->early && caps->mode != MODE_PHYSICAL))))
        return false;
    driver_assemble(device->chain);
    return true;
}

/* One operation of a race has its fault, the first that names one: there is but one to arm. */
static void resolve_fault(const struct program_op *op, struct call *call) {
    bool taken = run.options->threads || !call_injects(run.sut) ||
                 !(call_is_callback(op->opcode) || op->opcode == OP_START);
    for (uint32_t i = 0; i < race.count; i++)
        taken |= race.asked[i].fail_nth != 0;
    if (taken)
        return;
    call->fail_kind = op->fail_kind;
    call->fail_nth = op->fail_nth;
}

/* False: there is no such call to make. */
static bool resolve(const struct program_op *op, uint32_t at) {
    struct call *call = &race.asked[at];
    *call = (struct call){.opcode = op->opcode,
                          .actor = op->actor,
                          .flag = op->flag,
                          .device = resolve_device(&run.model, op->adapter)};
    race.unmaps[at] = NO_CALL;
    resolve_fault(op, call);
    if (op->opcode == OP_OVERWRITE)
        return overwrite_resolve(op, at);
    if (program_class(op->opcode) == CLASS_ACCESS)
        return gpu_resolve((uint32_t)(op - run.program->ops), at);
    if (op->opcode == OP_START)
        return resolve_start((uint32_t)(op - run.program->ops), call);
    if (!call_is_callback(op->opcode))
        return true;
    if (run.model.irql[op->actor] >= DISPATCH_LEVEL && model_stops_at_dispatch(&run.model))
        return false; /* nobody would know what became of the others */
    if (!run_resolve_callback(op, call))
        return false;
    if (!dialect_held) {
        const struct model_answer answer = resolve_answer(&run.model, call);
        if (run.model.irql[op->actor] > PASSIVE_LEVEL || !callback_is_made(&answer))
            return false;
    }
    resolve_unmap(op, at);
    return true;
}

/* ---- running ---- */

static const char bus_lock[1];

static void note_handles(struct call *start) {
    const struct model_chain *chain = &run.model.chains[run.model.devices[start->device].chain];
    for (uint32_t i = 0; i < chain->count; i++)
        start->address[i] = (uint64_t)(uintptr_t)drivers[chain->members[i]].dxgkrnl.DeviceHandle;
}

/* The fault is the race's: it hits whoever comes to the nth point while the call is under way. Arming is no
 * point. */
static void arm_fault(const struct call *call) {
    bool running = schedule.running;
    if (call->fail_nth == 0)
        return;
    schedule.running = false;
    run.sut->arm_fault((enum sut_fault)call->fail_kind, call->fail_nth);
    schedule.running = running;
}

static void take_fault(struct call *call) {
    bool running = schedule.running;
    if (call->fail_nth == 0)
        return;
    schedule.running = false;
    run.sut->fault_passed(&call->fired);
    run.sut->arm_fault(SUT_FAULT_ANY, 0);
    schedule.running = running;
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
    /* As run_bus() does it. */
    bool lowers = irql != PASSIVE_LEVEL && !call_is_callback(call->opcode);
    if (lowers)
        run.sut->set_irql(PASSIVE_LEVEL);
    arm_fault(call);
    call_perform_beside(run.sut, call);
    take_fault(call);
    if (call->opcode == OP_START)
        note_handles(call);
    if (lowers)
        run.sut->set_irql(irql);
}

/* An actor that has its GPU do something does not wait for it. */
static void act_on_memory(uint32_t at) {
    schedule_did(DEED_BEGAN);
    race.calls[at].invoked = atomic_fetch_add_explicit(&race.clock, 1, memory_order_relaxed);
    if (race.asked[at].opcode == OP_OVERWRITE)
        overwrite_perform(at);
    else
        gpu_perform(at);
    schedule_did(DEED_RETURNED);
}

/* From where the judge takes it for begun to where it has returned. */
static void make(uint32_t at) {
    if (!run.options->threads)
        schedule_did(DEED_BEGAN);
    race.calls[at].invoked = atomic_fetch_add_explicit(&race.clock, 1, memory_order_relaxed);
    perform(at);
    if (!run.options->threads)
        schedule_did(DEED_RETURNED);
    race.calls[at].returned = atomic_fetch_add_explicit(&race.clock, 1, memory_order_relaxed);
}

static void act(unsigned actor) {
    bool on_threads = run.options->threads;
    for (uint32_t i = 0; i < race.planned; i++) {
        if (race.asked[i].actor != actor)
            continue;
        if (!on_threads)
            schedule_call((int32_t)i);
        if (program_class(race.asked[i].opcode) == CLASS_ACCESS) {
            act_on_memory(i);
            continue;
        }
        /* Waiting for the bus is no part of the call: of two power changes the answers do not tell which was
         * the last, their times do. */
        bool bus = is_bus(race.asked[i].opcode);
        if (bus)
            (on_threads ? threads_acquire : schedule_acquire)(bus_lock, "bus");
        if (race.asked[i].opcode == OP_STOP || race.asked[i].opcode == OP_REMOVE)
            race.stopping = (uint8_t)(i + 1); /* the bus is this actor's */
        make(i);
        if (bus) {
            race.stopping = 0;
            (on_threads ? threads_release : schedule_release)(bus_lock);
        }
        if (on_threads)
            continue;
        race.kept = schedule_holds();
        if (race.kept)
            schedule_stop();
    }
}

/*
 * Whether releases in a stop are asked of this implementation while others call: of one that is not held to
 * this project's choices, where it is known to grant them. Without hooks it would be switched in the middle
 * of a stop.
 */
static bool may_release(void) {
    bool granted = dialect_is_learnt(DIALECT_STOPPING) && !DIALECT_IS(STOPPING, NOTHING);
    return run.sut->set_hooks && (dialect_held || granted);
}

/*
 * A history has LINEARIZE_CALLS calls, all in all: 8, less those of the program, less those that a stop of
 * another chain has made, are left for this driver. Nothing else adds calls, and one stop at a time has the
 * bus. What there is no room for Dxgkrnl takes back.
 */
static void release_inside(struct call *call) {
    uint32_t at = race.count;
    if (!race.stopping || at == LINEARIZE_CALLS || !may_release())
        return;
    uint32_t stop = race.stopping - 1u;
    call->actor = race.asked[stop].actor;
    if (run.model.irql[call->actor] != PASSIVE_LEVEL) /* whose bus is at another level than its calls */
        return;
    call->device = run.model.chains[run.model.devices[race.asked[stop].device].chain].members[0];
    race.asked[at] = race.answered[at] = *call;
    race.unmaps[at] = NO_CALL;
    race.calls[at] = (struct linearize_call){.asked = &race.asked[at],
                                             .answered = &race.answered[at],
                                             .returned = UINT32_MAX,
                                             .within = race.stopping};
    race.op[at] = race.op[stop];
    race.count++;
    if (!run.options->threads)
        schedule_call((int32_t)at);
    make(at);
}

static void violated(const char *what) {
    race.violated = what;
    schedule_stop();
}

static void fresh(const void *address, size_t size) {
    if (accesses_fresh)
        accesses_fresh(address, size);
}

/* Before a lock is waited for and behind a release, where others can go on: what was done before can be seen
 * by then. To look is no point. */
static bool looking;

static void look(void) {
    bool running = schedule.running;
    schedule.running = false;
    looking = true;
    check_mapped_now();
    looking = false;
    schedule.running = running;
    gpu_catch_up();
}

static void acquire(const void *lock, const char *name) {
    if (looking) {
        fprintf(stderr, "ledger() takes the lock '%s', which it may not in a race (harness/sut.h)\n", name);
        abort();
    }
    look();
    schedule_acquire(lock, name);
}

static void release(const void *lock) {
    look();
    schedule_release(lock);
}

static void freed(const void *address, size_t size) {
    schedule_free(address, size);
    if (accesses_freed)
        (void)accesses_freed(schedule.actor, address, size, (uintptr_t)__builtin_return_address(0));
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

/* Which calls were made while others were under way. */
static void situate(void) {
    for (uint32_t i = 0; i < race.count; i++)
        if (race.answered[i].fired)
            situate_race_fault(race.answered[i].opcode);
    for (uint32_t i = 0; i < race.count; i++)
        for (uint32_t k = 0; k < race.count; k++)
            if (race.calls[i].invoked < race.calls[k].invoked &&
                linearize_overlap(&race.calls[i], &race.calls[k]))
                situate_race(race.asked[i].opcode, race.asked[k].opcode);
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
    situate();
    run.sut->set_hooks(NULL);
    run.sut->set_actor(run.model.actor);
    return ran ? SCHEDULE_DONE : SCHEDULE_FAILED;
}

/* ANY-IRQL: what the callers have set stays. To ask in a race would be points of its schedule. */
static void check_levels(unsigned actors) {
    for (unsigned actor = 0; actor < SUT_ACTORS && run.sut->irql; actor++) {
        if (!(actors >> actor & 1))
            continue;
        run.sut->set_actor(actor);
        KIRQL irql = run.sut->irql();
        (void)REQUIRE(irql == run.model.irql[actor], CLAUSE_ANY_IRQL,
                      ("actor %u at IRQL %u when its calls have returned, as before them", actor,
                       (unsigned)run.model.irql[actor]),
                      ("%u", (unsigned)irql));
    }
}

static uint64_t reserved_by_starts(void) {
    struct model_range ranges[PROGRAM_RESERVED_MAX];
    uint64_t pages = 0;
    for (uint32_t i = 0; i < race.count; i++) {
        uint8_t chain = run.model.devices[race.asked[i].device].chain;
        uint32_t count = race.asked[i].opcode == OP_START
                             ? model_ranges(run.program, run.model.answers[chain], ranges)
                             : 0;
        while (count > 0)
            pages += ranges[--count].pages;
    }
    return pages;
}

/* A driver that has been started in the race, or not. Its handle is as new as any. */
static void end_starts(void) {
    for (uint32_t i = 0; i < race.count; i++) {
        const struct call *start = &race.answered[i];
        const struct model_chain *chain = &run.model.chains[run.model.devices[start->device].chain];
        if (start->opcode != OP_START)
            continue;
        drivers[chain->members[0]].starting = false;
        bool started = race.calls[i].returned != UINT32_MAX && NT_SUCCESS(start->status);
        for (uint32_t k = 0; started && k < chain->count; k++)
            miniport_check_handle(&drivers[chain->members[k]], run.model.handles, run.model.handle_count);
    }
}

/* The sections of a chain that has started are new. */
static void begin_sections(void) {
    for (uint32_t i = 0; i < race.count; i++) {
        struct model_chain *chain = &run.model.chains[run.model.devices[race.asked[i].device].chain];
        bool started = race.asked[i].opcode == OP_START && chain->phase == PHASE_STARTED;
        for (uint32_t k = 0; started && k < chain->count; k++)
            if (chain->areas[k].maximum)
                chain->areas[k].serial = contents_new_section();
    }
}

static enum schedule_outcome run_actors(void) {
    static const struct sut_hooks hooks = {
        .acquire = acquire, .release = release, .fresh = fresh, .freed = freed, .violated = violated};
    unsigned actors = 0;
    for (uint32_t i = 0; i < race.count; i++)
        actors |= 1u << race.asked[i].actor;
    if (run.options->threads)
        return run_threads(actors);
    if (accesses_begin)
        accesses_begin(SUT_ACTORS);
    if (trace_begin)
        trace_begin();
    check_mapped_begin(reserved_by_starts());
    if (run.sut->set_hooks)
        run.sut->set_hooks(&hooks);
    run.racing = true;
    schedule.inside = run.sut->set_hooks;
    enum schedule_outcome outcome = schedule_run(&race.plan, actors, act, run.sut->set_actor);
    run.racing = false;
    if (run.sut->set_hooks)
        run.sut->set_hooks(NULL);
    if (outcome == SCHEDULE_DONE)
        gpu_end();
    situate();
    if (accesses_end) {
        accesses_end();
        contract_kept(CLAUSE_RACE_MEMORY, accesses_ordered());
    }
    if (outcome == SCHEDULE_DONE)
        check_levels(actors);
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

/* ---- judging ---- */

static bool judge_memory(void) {
    const struct accesses_conflict *conflict = accesses_found ? accesses_found() : NULL;
    char first[320] = "", second[320] = "";
    if (!conflict || !dialect_holds(DIALECT_MEMORY))
        return true;
    if (!run.options->quiet) { /* it may start a symbolizer */
        (void)place_describe(&conflict->first, first, sizeof(first));
        (void)place_describe(&conflict->second, second, sizeof(second));
    }
    return REQUIRE(false, CLAUSE_RACE_MEMORY, ("these two in an order that locks make: %s", first),
                   ("none: %s", second));
}

/* A choice, and not one that cuts a program: others are not asked. */
static bool judge_fetches(void) {
    char once[256] = "", again[256] = "";
    uint32_t read = 0;
    const struct trace_twice *twice = trace_twice ? trace_twice(&read) : NULL;
    contract_kept(CLAUSE_RACE_ONCE, read > 0 && !twice);
    if (!twice || !dialect_held)
        return true;
    if (!run.options->quiet) {
        (void)place_of(twice->once, once, sizeof(once));
        (void)place_of(twice->again, again, sizeof(again));
    }
    return REQUIRE(
        false, CLAUSE_RACE_ONCE,
        ("byte %u of the argument of actor %u read once in a call: %s", twice->byte, twice->actor, once),
        ("again: %s", again));
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
        contract_kept(CLAUSE_RACE_LIVE, true);
    return true;
}

static void show(uint32_t op, FILE *to) {
    fprintf(to, "%u\n", op);
    schedule_print(to, race.op);
    fflush(to); /* before the verdict, of which this process may die */
}

static void note_watched(struct run_watch *watch, enum schedule_outcome outcome) {
    watch->ran = true;
    watch->stuck = outcome != SCHEDULE_DONE;
    watch->points = schedule.points;
    watch->switched = schedule_switched();
    watch->raced = accesses_found && accesses_found();
    watch->overflowed = accesses_overflowed && accesses_overflowed();
    watch->turn_count = schedule_noted();
}

/* A start fills its drivers' tables anew, and perhaps with less, while others call through what they had. */
static void keep_tables(void) {
    static DXGKRNL_INTERFACE tables[PROGRAM_RACE_OPS];
    bool starts = false;
    for (uint32_t i = 0; i < race.count; i++)
        starts |= race.asked[i].opcode == OP_START;
    for (uint32_t i = 0; starts && i < race.count; i++) {
        if (!call_is_callback(race.asked[i].opcode))
            continue;
        tables[i] = *race.asked[i].table;
        race.asked[i].table = race.answered[i].table = &tables[i];
    }
}

uint32_t run_race(uint32_t op) {
    uint32_t span = program_span(run.program, op);
    situation_clear();
    race.count = 0;
    race.clock = 0;
    race.violated = NULL;
    race.kept = NULL;
    race.result = (struct linearize_result){.explained = true};
    program_race_get(&run.program->ops[op], &race.plan);
    run.race_ops = span;
    gpu_begin(op + 1, span);
    overwrite_begin();
    for (uint32_t i = 1; i <= span; i++) {
        if (!resolve(&run.program->ops[op + i], race.count))
            continue;
        race.answered[race.count] = race.asked[race.count];
        race.calls[race.count] =
            (struct linearize_call){&race.asked[race.count], &race.answered[race.count], 0, UINT32_MAX, 0};
        race.op[race.count++] = op + i;
    }
    race.planned = race.count;
    race.stopping = 0;
    race.release = release_inside;
    if (race.count == 0)
        return span;
    keep_tables();
    /* What is there before is as it should be: whatever is wrong afterwards, the race has done. */
    check_everything(CLAUSE_PIN_CONTENTS, CLAUSE_MAP_COHERENT);
    if (run.abandoned)
        return span;
    check_frames_before();
    struct run_watch *watch = run.options->watch && run.options->watch->op == op ? run.options->watch : NULL;
    if (watch) {
        schedule_note(watch->turns, watch->capacity);
        schedule_guide(watch->guide);
    }
    enum schedule_outcome outcome = run_actors();
    schedule_note(NULL, 0);
    schedule_guide(NULL);
    if (outcome == SCHEDULE_FAILED) {
        run.abandoned = true; /* nobody's finding */
        return span;
    }
    if (watch)
        note_watched(watch, outcome);
    if (run.options->races)
        show(op, run.options->races);
    run.explain = explain;
    end_starts();
    if (run.options->threads || (judge_liveness(outcome) && outcome == SCHEDULE_DONE && check_mapped_end() &&
                                 judge_memory() && judge_fetches()))
        race_judge();
    else
        run.abandoned = true; /* whoever is stuck stays so */
    run.explain = NULL;
    begin_sections();
    for (uint32_t i = 0; i < run.program->machine.adapters; i++)
        if (!run.model.devices[i].present)
            miniport_remove(&drivers[i]);
    return span;
}
