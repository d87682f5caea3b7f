/* A race, taken down by its points: who runs, who has which lock, where it switched, which two accesses
 * collided. */
#include <string.h>

#include "harness/interleave/accesses.h"
#include "harness/interleave/place.h"
#include "harness/interleave/schedule.h"
#include "harness/judge/race.h"
#include "harness/picture/recording.h"

/* There where accesses are traced. */
#define WEAK __attribute__((weak))
WEAK const struct accesses_conflict *accesses_found(void);
WEAK const char *accesses_lock_name(unsigned lock);
WEAK const char *place_of(uintptr_t pc, char *text, size_t size);

_Static_assert(sizeof(((struct recording_race *)0)->switches) / sizeof(struct recording_switch) ==
                   SCHEDULE_MARKS,
               "each mark of a schedule is a switch here");

static struct recording *recording;
static const struct sut *real;
static const struct sut_hooks *hooks; /* of the race that runs */
static void (*race_begins)(void);

/* ---- while it runs ---- */

/* The call that the actor makes now, as one of the race's: within a stop, what its driver calls. */
static uint8_t call_of(unsigned actor) {
    uint8_t call = UINT8_MAX;
    for (uint32_t i = race.count; i-- > 0;)
        if (race.asked[i].actor == actor && race.calls[i].returned == UINT32_MAX) {
            call = (uint8_t)i;
            if (race.calls[i].within)
                break;
        }
    return call;
}

static void note(enum recording_event_kind kind, unsigned actor, const void *lock, const char *name) {
    struct recording_race *to = &recording->race;
    if (to->event_count < RECORDING_EVENTS)
        to->event[to->event_count] = (struct recording_event){.kind = (uint8_t)kind,
                                                              .actor = (uint8_t)actor,
                                                              .call = call_of(actor),
                                                              .point = schedule.points,
                                                              .lock = name,
                                                              .which = lock};
    to->event_count++;
    to->points = schedule.points;
}

static void acquire(const void *lock, const char *name) {
    note(EVENT_WANTS, schedule.actor, lock, name);
    hooks->acquire(lock, name);
    note(EVENT_HAS, schedule.actor, lock, name);
}

static void release(const void *lock) {
    note(EVENT_RELEASES, schedule.actor, lock, NULL);
    hooks->release(lock);
}

static void fresh(const void *address, size_t size) {
    hooks->fresh(address, size);
}

static void freed(const void *address, size_t size) {
    hooks->freed(address, size);
}

static void violated(const char *what) {
    hooks->violated(what);
}

/* ---- the calls ---- */

static void take_calls(struct recording_step *step) {
    step->inner_count = race.count;
    for (uint32_t i = 0; i < race.count; i++)
        step->inner[i] = (struct recording_call){.op = race.op[i],
                                                 .opcode = race.asked[i].opcode,
                                                 .actor = race.asked[i].actor,
                                                 .device = race.asked[i].device,
                                                 .returned = race.calls[i].returned != UINT32_MAX,
                                                 .status = race.answered[i].status,
                                                 .inside = race.calls[i].within ? "DxgkDdiStopDevice" : NULL,
                                                 .begins = UINT32_MAX};
    const struct recording_race *from = &recording->race;
    for (uint32_t i = 0; i < from->event_count && i < RECORDING_EVENTS; i++) {
        const struct recording_event *event = &from->event[i];
        if (event->call >= race.count)
            continue;
        struct recording_call *call = &step->inner[event->call];
        call->begins = event->point < call->begins ? event->point : call->begins;
        call->ends = event->point;
    }
}

/* ---- the seam ---- */

static void begin(void) {
    if (recording->race.step != UINT32_MAX && recording->race.step + 1 == recording->count &&
        recording->step[recording->race.step].op == run.op)
        return;
    race_begins();
    recording->race = (struct recording_race){.step = recording->count - 1};
}

static void set_hooks(const struct sut_hooks *of_race) {
    static const struct sut_hooks watched = {
        .acquire = acquire, .release = release, .fresh = fresh, .freed = freed, .violated = violated};
    if (of_race)
        begin();
    hooks = of_race;
    real->set_hooks(of_race ? &watched : NULL);
}

static void set_actor(unsigned actor) {
    if (run.racing) {
        begin();
        note(EVENT_RUNS, actor, NULL, NULL);
        take_calls(&recording->step[recording->race.step]); /* the process may die in what follows */
    }
    real->set_actor(actor);
}

const struct sut *recording_watch(struct recording *to, void (*begin_race)(void)) {
    static struct sut watched;
    recording = to;
    race_begins = begin_race;
    real = sut_get();
    watched = *real;
    watched.set_actor = set_actor;
    watched.set_hooks = real->set_hooks ? set_hooks : NULL;
    return &watched;
}

/* ---- when it has ended ---- */

static void put_mark(const struct schedule_mark *mark, struct recording_switch *to) {
    static const char *const doing[] = {[POINT_CALL] = "before a call",
                                        [POINT_ACQUIRE] = "before taking the lock",
                                        [POINT_RELEASE] = "after releasing the lock",
                                        [POINT_LOAD] = "before reading",
                                        [POINT_STORE] = "before writing",
                                        [POINT_BLOCKED] = "waiting for the lock",
                                        [POINT_ENDED] = "all its calls have returned"};
    char place[RECORDING_PLACE / 2] = "an unknown place";
    *to = (struct recording_switch){.from = mark->from,
                                    .to = mark->to,
                                    .point = mark->point,
                                    .planned = mark->kind != POINT_BLOCKED && mark->kind != POINT_ENDED};
    if (mark->pc && place_of)
        (void)place_of(mark->pc, place, sizeof(place));
    if (mark->lock)
        snprintf(to->what, sizeof(to->what), "%s '%s'", doing[mark->kind], mark->lock);
    else if (mark->kind == POINT_LOAD || mark->kind == POINT_STORE)
        snprintf(to->what, sizeof(to->what), "%s %u bytes at %s", doing[mark->kind], mark->size, place);
    else
        snprintf(to->what, sizeof(to->what), "%s", doing[mark->kind]);
}

/* Accesses are counted apart: points of locks and calls come to them. */
static uint32_t point_of(uint32_t accesses) {
    const struct recording_race *from = &recording->race;
    uint32_t count = from->event_count < RECORDING_EVENTS ? from->event_count : RECORDING_EVENTS;
    uint32_t others = 0;
    unsigned begun = 0; /* calls, a bit each */
    for (uint32_t i = 0; i < count && from->event[i].point <= accesses + others; i++) {
        const struct recording_event *event = &from->event[i];
        bool is_new = event->call < 32 && !(begun >> event->call & 1);
        begun |= event->call < 32 ? 1u << event->call : 0;
        others += is_new ? 1 : 0;
        others += event->kind == EVENT_WANTS || event->kind == EVENT_RELEASES ? 1 : 0;
    }
    return accesses + others;
}

/* The nearest point at which the actor ran: what is reckoned may be one or two beside it. */
static uint32_t point_in_run(uint32_t point, unsigned actor) {
    const struct recording_race *from = &recording->race;
    uint32_t best = point, distance = UINT32_MAX, begun = 0;
    unsigned runs = SUT_ACTORS;
    for (uint32_t i = 0; i <= from->event_count && i <= RECORDING_EVENTS; i++) {
        bool ends = i == from->event_count || i == RECORDING_EVENTS;
        if (!ends && from->event[i].kind != EVENT_RUNS)
            continue;
        uint32_t end = ends ? from->points : from->event[i].point;
        uint32_t nearest = point < begun ? begun : point > end ? end : point;
        uint32_t away = nearest > point ? nearest - point : point - nearest;
        if (runs == actor && away < distance) {
            best = nearest;
            distance = away;
        }
        begun = end;
        runs = ends ? runs : from->event[i].actor;
    }
    return best;
}

static void take_side(const struct accesses_side *side, struct recording_access *to) {
    size_t used = 0;
    *to = (struct recording_access){.actor = side->actor,
                                    .write = side->write,
                                    .size = side->size,
                                    .point = point_in_run(point_of(side->point), side->actor)};
    if (place_of)
        (void)place_of(side->pc, to->place, sizeof(to->place));
    for (unsigned i = 0; i < ACCESSES_LOCKS && accesses_lock_name; i++)
        if (side->locks >> i & 1 && accesses_lock_name(i) && used < sizeof(to->locks))
            used += (size_t)snprintf(to->locks + used, sizeof(to->locks) - used, "%s'%s'", used ? " " : "",
                                     accesses_lock_name(i));
}

void recording_race_end(void) {
    struct recording_race *to = &recording->race;
    unsigned marks;
    const struct schedule_mark *mark = schedule_marks(&marks);
    const struct accesses_conflict *conflict = accesses_found ? accesses_found() : NULL;
    struct recording_step *step = &recording->step[to->step];
    to->points = schedule.points;
    to->switch_count = marks;
    for (unsigned i = 0; i < marks; i++)
        put_mark(&mark[i], &to->switches[i]);
    take_calls(step);
    step->end = step->end == END_UNKNOWN ? END_DONE : step->end;
    to->conflict = conflict;
    if (conflict) {
        take_side(&conflict->first, &to->access[0]);
        take_side(&conflict->second, &to->access[1]);
    }
}
