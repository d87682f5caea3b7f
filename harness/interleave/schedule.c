/* The scheduler: counts points, switches actors where the schedule says, and watches locks (RACE-LIVE). */
#include "harness/interleave/schedule.h"

#include <stdarg.h>

#include "harness/interleave/accesses.h"
#include "harness/interleave/fiber.h"

struct schedule schedule;

/* The detector is linked in with what is traced (CMakeLists.txt). */
__attribute__((weak)) void accesses_acquire(unsigned actor, const void *lock, const char *name);
__attribute__((weak)) void accesses_release(unsigned actor, const void *lock);

static struct {
    const struct program_race *race;
    const struct schedule_guide *guide; /* NULL: the race's switches */
    void (*body)(unsigned actor);
    void (*to_actor)(unsigned actor);
    unsigned actors;
    unsigned next;     /* switch of the race */
    unsigned switched; /* those that took place */
    uint32_t locks;    /* points of locks to the next switch; 0: it does not count those alone */
    uint32_t since;    /* points when the last one was due */
    bool stuck;
    bool stopped;
    bool cut;
    bool waited;
    unsigned midway;                /* set of actors that were switched away from between two accesses */
    const void *wanted[SUT_ACTORS]; /* the lock an actor waits for */
    const char *wanted_name[SUT_ACTORS];
    int32_t call[SUT_ACTORS];
    unsigned held_count;
    struct held {
        const void *lock;
        const char *name;
        unsigned owner;
    } held[SCHEDULE_LOCKS];
    unsigned mark_count;
    struct schedule_mark marks[SCHEDULE_MARKS];
    struct schedule_turn *turns;
    uint32_t turn_capacity;
    uint32_t turn_count;
} plan;

static const struct held *find(const void *lock) {
    for (unsigned i = 0; i < plan.held_count; i++)
        if (plan.held[i].lock == lock)
            return &plan.held[i];
    return NULL;
}

static bool can_run(unsigned actor) {
    return (plan.actors >> actor & 1) && !fiber_ended(actor) &&
           (!plan.wanted[actor] || !find(plan.wanted[actor]));
}

/* SUT_ACTORS: nobody. */
static unsigned lowest(void) {
    unsigned actor = 0;
    while (actor < SUT_ACTORS && !can_run(actor))
        actor++;
    return actor;
}

static void note(void) {
    if (!plan.turns)
        return;
    struct schedule_turn turn = {.after = schedule.points, .running = schedule.actor};
    for (unsigned i = 0; i < SUT_ACTORS; i++)
        turn.can_run |= (uint8_t)(can_run(i) << i);
    if (plan.turn_count < plan.turn_capacity)
        plan.turns[plan.turn_count] = turn;
    plan.turn_count++;
}

static void mark(enum schedule_kind kind, unsigned to, unsigned size, uintptr_t pc, const char *lock) {
    if (plan.mark_count == SCHEDULE_MARKS)
        return;
    plan.marks[plan.mark_count++] = (struct schedule_mark){.kind = (uint8_t)kind,
                                                           .from = schedule.actor,
                                                           .to = (uint8_t)to,
                                                           .size = (uint8_t)size,
                                                           .point = schedule.points,
                                                           .since = schedule.points - plan.since,
                                                           .pc = pc,
                                                           .lock = lock,
                                                           .call = plan.call[schedule.actor]};
}

static void become(unsigned actor) {
    schedule.actor = (uint8_t)actor;
    schedule.stack = fiber_stack(actor);
    note();
    /* The implementation is told on the stack of who does not go on: nothing of that is a point. */
    bool running = schedule.running;
    schedule.running = false;
    plan.to_actor(actor);
    schedule.running = running;
}

static void go(unsigned actor) {
    become(actor);
    fiber_go(actor);
}

static void go_at(enum schedule_kind kind, unsigned actor) {
    unsigned self = schedule.actor;
    plan.midway |= (unsigned)(kind == POINT_LOAD || kind == POINT_STORE) << self;
    go(actor);
    plan.midway &= ~(1u << self);
}

bool schedule_settled(void) {
    return !(plan.midway & ~(1u << schedule.actor));
}

static void arm(void) {
    if (plan.guide) {
        schedule.countdown = plan.guide->accesses ? 1 : UINT32_MAX;
        plan.locks = 0;
        return;
    }
    const struct program_switch *next = plan.next < plan.race->switches ? &plan.race->at[plan.next] : NULL;
    schedule.countdown = next && !next->locks ? next->points : UINT32_MAX;
    plan.locks = next && next->locks ? next->points : 0;
}

/* ---- guided ---- */

static unsigned ask_guide(void) {
    unsigned enabled = 0, waiting = 0;
    for (unsigned i = 0; i < SUT_ACTORS; i++) {
        bool there = (plan.actors >> i & 1) && !fiber_ended(i);
        enabled |= (unsigned)can_run(i) << i;
        waiting |= (unsigned)(there && !can_run(i)) << i;
    }
    unsigned next =
        enabled || waiting ? plan.guide->choose(plan.guide->context, enabled, waiting) : SUT_ACTORS;
    plan.stuck = waiting && !enabled;
    plan.cut = enabled && next == SUT_ACTORS;
    return next;
}

static void guided_point(enum schedule_kind kind, const void *object, size_t size, uintptr_t pc,
                         const char *name) {
    plan.guide->arrive(plan.guide->context, kind, object, size);
    unsigned to = ask_guide();
    if (to == SUT_ACTORS)
        fiber_abandon();
    if (to == schedule.actor)
        return;
    mark(kind, to, (unsigned)size, pc, name);
    go_at(kind, to);
}

void schedule_guide(const struct schedule_guide *guide) {
    plan.guide = guide;
}

void schedule_did(enum schedule_deed deed) {
    if (!plan.guide)
        return;
    if (deed == DEED_RETURNED)
        guided_point(POINT_CALL, NULL, 0, 0, NULL);
    plan.guide->did(plan.guide->context, deed, NULL);
}

void schedule_free(const void *address, size_t size) {
    if (plan.guide && plan.guide->accesses && schedule.running)
        guided_point(POINT_STORE, address, size, 0, NULL);
}

/* ---- by the program's switches ---- */

/* What is at stake at a point, where it is a lock's. */
static const char *point_lock;

void schedule_switch(enum schedule_kind kind, const void *address, unsigned size, uintptr_t pc) {
    unsigned to = SUT_ACTORS;
    if (plan.guide) {
        arm();
        guided_point(kind, address, size, pc, NULL);
        return;
    }
    if (plan.next < plan.race->switches) /* else 2^32 points have been passed without one */
        to = plan.race->at[plan.next++].actor;
    arm();
    bool takes_place = to < SUT_ACTORS && to != schedule.actor && can_run(to);
    if (takes_place) {
        mark(kind, to, size, pc, kind == POINT_ACQUIRE || kind == POINT_RELEASE ? point_lock : NULL);
        plan.switched++;
    }
    plan.since = schedule.points;
    if (takes_place)
        go_at(kind, to);
}

void schedule_call(int32_t call) {
    if (!plan.guide) {
        schedule_point(POINT_CALL, 0, 0);
    } else {
        schedule.points++;
        if (plan.call[schedule.actor] >= 0)
            guided_point(POINT_CALL, NULL, 0, 0, NULL);
    }
    plan.call[schedule.actor] = call;
}

static void lock_point(enum schedule_kind kind, const void *lock, const char *name) {
    if (plan.guide) {
        schedule.points++;
        if (kind == POINT_RELEASE)
            plan.guide->did(plan.guide->context, DEED_RELEASED, lock);
        if (kind == POINT_ACQUIRE || plan.guide->releases)
            guided_point(kind, lock, 0, 0, name);
        return;
    }
    point_lock = name;
    if (plan.locks && --plan.locks == 0) {
        schedule.points++;
        schedule_switch(kind, NULL, 0, 0);
    } else {
        schedule_point(kind, 0, 0);
    }
}

void schedule_acquire(const void *lock, const char *name) {
    unsigned self = schedule.actor;
    if (plan.guide) { /* who waits is known before it is asked who goes on, and nobody goes on to wait */
        plan.wanted[self] = lock;
        plan.wanted_name[self] = name;
        plan.waited |= find(lock) != NULL;
    }
    lock_point(POINT_ACQUIRE, lock, name);
    while (find(lock)) {
        plan.wanted[self] = lock;
        plan.wanted_name[self] = name;
        plan.waited = true;
        unsigned next = lowest();
        if (next == SUT_ACTORS) {
            plan.stuck = true;
            fiber_abandon();
        }
        mark(POINT_BLOCKED, next, 0, 0, name);
        go(next);
    }
    plan.wanted[self] = NULL;
    if (plan.held_count < SCHEDULE_LOCKS) /* one more than there can be: not known, so never waited for */
        plan.held[plan.held_count++] = (struct held){lock, name, self};
    note();
    if (accesses_acquire)
        accesses_acquire(self, lock, name);
}

void schedule_release(const void *lock) {
    unsigned i = 0;
    while (i < plan.held_count && plan.held[i].lock != lock)
        i++;
    if (i == plan.held_count)
        return;
    if (accesses_release)
        accesses_release(schedule.actor, lock);
    const char *name = plan.held[i].name;
    plan.held[i] = plan.held[--plan.held_count];
    note();
    lock_point(POINT_RELEASE, lock, name);
}

const char *schedule_holds(void) {
    for (unsigned i = 0; i < plan.held_count; i++)
        if (plan.held[i].owner == schedule.actor)
            return plan.held[i].name;
    return NULL;
}

void schedule_stop(void) {
    plan.stopped = true;
    fiber_abandon();
}

static void run_actor(void *context) {
    (void)context;
    plan.body(schedule.actor);
}

enum schedule_outcome schedule_run(const struct program_race *race, unsigned actors,
                                   void (*body)(unsigned actor), void (*to_actor)(unsigned actor)) {
    plan.race = race;
    plan.body = body;
    plan.to_actor = to_actor;
    plan.actors = actors;
    plan.next = 0;
    plan.switched = 0;
    plan.since = 0;
    plan.stuck = false;
    plan.stopped = false;
    plan.cut = false;
    plan.waited = false;
    plan.midway = 0;
    plan.held_count = 0;
    plan.mark_count = 0;
    plan.turn_count = 0;
    schedule.points = 0;
    arm();
    for (unsigned i = 0; i < SUT_ACTORS; i++) {
        plan.wanted[i] = NULL;
        plan.call[i] = -1;
        if ((actors >> i & 1) && !fiber_begin(i, run_actor, NULL))
            return SCHEDULE_FAILED;
    }
    unsigned next = plan.guide ? ask_guide() : can_run(race->first) ? race->first : lowest();
    while (next < SUT_ACTORS && !plan.stuck && !plan.stopped && !plan.cut) {
        become(next);
        schedule.running = true;
        fiber_go(next); /* back when some actor has ended */
        schedule.running = false;
        if (plan.stuck || plan.stopped || plan.cut)
            break;
        next = plan.guide ? ask_guide() : lowest();
        if (next < SUT_ACTORS)
            mark(POINT_ENDED, next, 0, 0, NULL);
    }
    for (unsigned i = 0; i < SUT_ACTORS; i++)
        plan.stuck |= (actors >> i & 1) && !fiber_ended(i) && !plan.stopped && !plan.cut;
    fiber_end_all();
    return plan.stopped ? SCHEDULE_STOPPED
           : plan.cut   ? SCHEDULE_CUT
           : plan.stuck ? SCHEDULE_STUCK
                        : SCHEDULE_DONE;
}

void schedule_note(struct schedule_turn *turns, uint32_t capacity) {
    plan.turns = turns;
    plan.turn_capacity = capacity;
}

uint32_t schedule_noted(void) {
    return plan.turn_count;
}

bool schedule_waited(void) {
    return plan.waited;
}

unsigned schedule_switched(void) {
    return plan.switched;
}

const struct schedule_mark *schedule_marks(unsigned *count) {
    *count = plan.mark_count;
    return plan.marks;
}

__attribute__((format(printf, 4, 5))) static size_t append(char *text, size_t size, size_t length,
                                                           const char *format, ...) {
    if (length >= size)
        return length;
    va_list list;
    va_start(list, format);
    int more = vsnprintf(text + length, size - length, format, list);
    va_end(list);
    return more > 0 ? length + (size_t)more : length;
}

const char *schedule_stuck(char *text, size_t size) {
    size_t length = 0;
    for (unsigned actor = 0; actor < SUT_ACTORS; actor++) {
        if (!(plan.actors >> actor & 1))
            continue;
        const char *between = ": ";
        bool waits = plan.wanted[actor];
        bool holds = false;
        for (unsigned i = 0; i < plan.held_count; i++)
            holds |= plan.held[i].owner == actor;
        if (!waits && !holds)
            continue;
        length = append(text, size, length, "%sactor %u%s", length ? "; " : "", actor,
                        waits ? "" : " (which has ended)");
        for (unsigned i = 0; i < plan.held_count; i++) {
            if (plan.held[i].owner != actor)
                continue;
            length = append(text, size, length, "%s%s'%s'", between, between[0] == ':' ? "holds " : "",
                            plan.held[i].name);
            between = " ";
        }
        if (waits)
            length = append(text, size, length, "%swaits for '%s'", between[0] == ':' ? ": " : ", ",
                            plan.wanted_name[actor]);
    }
    return text;
}
