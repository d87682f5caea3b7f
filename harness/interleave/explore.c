/* Source sets, sleep sets, and random priorities: who is to go on at each point of a run, and the next run.
 */
#include "harness/interleave/explore.h"

#include <string.h>

typedef uint32_t clock_of[SUT_ACTORS];

_Static_assert(SUT_ACTORS <= 8, "a set of actors fits in a byte");

static bool has(unsigned set, unsigned actor) {
    return set >> actor & 1;
}

static unsigned lowest_of(unsigned set) {
    unsigned actor = 0;
    while (!has(set, actor))
        actor++;
    return actor;
}

static uint8_t bit(unsigned actor) {
    return (uint8_t)(1u << actor);
}

/* ---- what depends on what ---- */

static bool is_access(const struct explore_step *step) {
    return step->kind == POINT_LOAD || step->kind == POINT_STORE;
}

static bool is_lock(const struct explore_step *step) {
    return step->kind == POINT_ACQUIRE || step->kind == POINT_RELEASE;
}

static bool conflict(const struct explore_step *a, const struct explore_step *b) {
    uintptr_t first = (uintptr_t)a->object, second = (uintptr_t)b->object;
    if ((a->calls & EXPLORE_RETURNED && b->calls) || (b->calls & EXPLORE_RETURNED && a->calls))
        return true;
    if ((a->calls & EXPLORE_REACHED && (b->calls || is_lock(b))) ||
        (b->calls & EXPLORE_REACHED && (a->calls || is_lock(a))))
        return true;
    if (a->kind == POINT_ACQUIRE && b->kind == POINT_ACQUIRE)
        return first == second;
    return is_access(a) && is_access(b) && (a->kind == POINT_STORE || b->kind == POINT_STORE) &&
           first < second + b->size && second < first + a->size;
}

/* Of two steps that have clocks. */
static bool before(const struct explore_step *a, const struct explore_step *b) {
    return b->clock[a->actor] >= a->clock[a->actor];
}

static void join(clock_of into, const clock_of from) {
    for (unsigned i = 0; i < SUT_ACTORS; i++)
        into[i] = from[i] > into[i] ? from[i] : into[i];
}

/* ---- a run: who goes on ---- */

/* Asleep before the last step and independent of it. */
static uint8_t still_asleep(const struct explore *self) {
    uint8_t asleep = 0;
    if (self->count == 0)
        return 0;
    const struct explore_step *last = &self->steps[self->count - 1];
    for (unsigned actor = 0; actor < SUT_ACTORS; actor++) {
        if (!has(last->asleep, actor) || actor == last->actor)
            continue;
        const struct explore_step slept = {.object = self->at[actor].object,
                                           .size = self->at[actor].size,
                                           .kind = self->at[actor].kind,
                                           .calls = last->calls_of[actor]};
        if (!conflict(last, &slept))
            asleep |= bit(actor);
    }
    return asleep;
}

static unsigned by_priority(struct explore *self, unsigned enabled) {
    for (;;) {
        unsigned best = SUT_ACTORS;
        for (unsigned i = 0; i < SUT_ACTORS; i++)
            if (has(enabled, i) && (best == SUT_ACTORS || self->priority[i] > self->priority[best]))
                best = i;
        unsigned change = 0;
        while (change + 1 < self->depth && self->changes[change] != self->count + 1) /* steps count from 1 */
            change++;
        if (change + 1 >= self->depth)
            return best;
        self->changes[change] = 0;
        self->priority[best] = change + 1; /* below all that there were to begin with */
    }
}

/* A state that no run has been in. SUT_ACTORS: nobody goes on. */
static unsigned choose_anew(struct explore *self, unsigned enabled) {
    struct explore_step *step = &self->steps[self->count];
    step->enabled = (uint8_t)enabled;
    step->asleep = self->way == EXPLORE_REDUCED ? still_asleep(self) : 0;
    if (self->count > 0)
        memcpy(step->calls_of, step[-1].calls_of, sizeof(step->calls_of));
    unsigned awake = enabled & ~(unsigned)step->asleep;
    if (!awake) {
        self->blocked = true;
        return SUT_ACTORS;
    }
    unsigned last = self->count > 0 ? step[-1].actor : SUT_ACTORS;
    unsigned actor = self->way == EXPLORE_RANDOM             ? by_priority(self, enabled)
                     : last < SUT_ACTORS && has(awake, last) ? last
                                                             : lowest_of(awake);
    step->backtrack = self->way == EXPLORE_PLAIN ? step->enabled : bit(actor);
    return actor;
}

static unsigned choose(void *context, unsigned enabled, unsigned waiting) {
    struct explore *self = context;
    self->waiting = waiting;
    self->going = enabled | waiting;
    if (!enabled)
        return SUT_ACTORS;
    if (self->count == EXPLORE_STEPS) {
        self->overflowed = true;
        return SUT_ACTORS;
    }
    struct explore_step *step = &self->steps[self->count];
    unsigned actor = step->actor;
    if (self->count >= self->replayed) {
        actor = choose_anew(self, enabled);
    } else if (step->enabled != enabled) {
        self->strayed = true;
        actor = SUT_ACTORS;
    }
    if (actor == SUT_ACTORS)
        return actor;
    step->object = self->at[actor].object;
    step->size = self->at[actor].size;
    step->kind = self->at[actor].kind;
    step->begun = schedule.points;
    step->calls = 0;
    step->actor = (uint8_t)actor;
    self->count++;
    return actor;
}

static void arrive(void *context, enum schedule_kind kind, const void *object, size_t size) {
    struct explore *self = context;
    self->at[schedule.actor] = (struct explore_point){object, (uint32_t)size, (uint8_t)kind};
}

static void did(void *context, enum schedule_deed deed, const void *object) {
    struct explore *self = context;
    struct explore_step *step = &self->steps[self->count - 1];
    switch (deed) {
    case DEED_BEGAN:
        step->calls |= EXPLORE_BEGAN;
        break;
    case DEED_RETURNED:
        step->calls |= EXPLORE_RETURNED;
        break;
    case DEED_REACHED:
        step->calls |= EXPLORE_REACHED;
        break;
    case DEED_RELEASED:
        if (self->release_count < EXPLORE_STEPS) {
            self->releases[self->release_count].lock = object;
            self->releases[self->release_count++].step = self->count - 1;
        }
        break;
    }
}

/* PCT: an order of the actors, and the steps before which whoever is to go on falls behind all others. */
static void draw(struct explore *self) {
    for (unsigned i = 0; i < SUT_ACTORS; i++) {
        unsigned other = random_below(&self->random, i + 1);
        self->priority[i] = self->priority[other];
        self->priority[other] = self->depth + i;
    }
    for (unsigned i = 0; i + 1 < self->depth; i++)
        self->changes[i] = 1 + random_below(&self->random, self->longest);
}

void explore_begin(struct explore *self) {
    self->replayed = 0;
    self->longest = 0;
    self->count = 0;
}

struct schedule_guide explore_guide(struct explore *self) {
    self->count = 0;
    self->release_count = 0;
    self->blocked = false;
    self->overflowed = false;
    self->strayed = false;
    self->waiting = 0;
    self->going = 0;
    for (unsigned i = 0; i < SUT_ACTORS; i++)
        self->at[i] = (struct explore_point){NULL, 0, POINT_CALL};
    if (self->way == EXPLORE_RANDOM)
        draw(self);
    return (struct schedule_guide){self, self->accesses, self->devices, arrive, did, choose};
}

/* ---- after a run: clocks, and what else must be tried ---- */

#define NO_STEP UINT32_MAX

/* The last step of the actor before step `end`. */
static uint32_t last_of(const struct explore *self, unsigned actor, uint32_t end) {
    while (end-- > 0)
        if (self->steps[end].actor == actor)
            return end;
    return NO_STEP;
}

/* A critical section of another actor, the last on this lock before step `at`. */
struct section {
    uint32_t taken;    /* step */
    uint32_t released; /* NO_STEP: not yet */
};

static bool last_section(const struct explore *self, const struct explore_step *step, uint32_t at,
                         struct section *section) {
    if (step->kind != POINT_ACQUIRE)
        return false;
    uint32_t i = at;
    while (i-- > 0)
        if (self->steps[i].kind == POINT_ACQUIRE && self->steps[i].object == step->object)
            break;
    if (i == NO_STEP || self->steps[i].actor == step->actor)
        return false;
    *section = (struct section){i, NO_STEP};
    for (uint32_t r = 0; r < self->release_count && section->released == NO_STEP; r++)
        if (self->releases[r].lock == step->object && self->releases[r].step >= i)
            section->released = self->releases[r].step;
    return true;
}

/*
 * What might have been instead: step `late`, by way of what it needs, before step `early`. v is what lies
 * between and does not come after `early`, then `late`. Who can begin v goes on at early's state instead,
 * unless one of them has been tried there. A step that was never made may begin or end a call, for all that
 * is known.
 */
static void reverse(struct explore *self, uint32_t early, const struct explore_step *late, uint32_t at,
                    const clock_of past, uint32_t released) {
    struct explore_step *node = &self->steps[early];
    unsigned initials = 0, seen = 0;
    bool late_begins = true;
    for (uint32_t i = early + 1; i < at; i++) {
        const struct explore_step *step = &self->steps[i];
        if (before(node, step))
            continue;
        late_begins = late_begins && step->actor != late->actor &&
                      past[step->actor] < step->clock[step->actor] && !conflict(step, late) &&
                      !(step->calls && at == self->count) && i != released;
        if (has(seen, step->actor))
            continue;
        seen |= bit(step->actor);
        bool begins = true;
        for (uint32_t k = early + 1; k < i && begins; k++)
            begins = before(node, &self->steps[k]) || !before(&self->steps[k], step);
        initials |= begins ? bit(step->actor) : 0u;
    }
    initials |= late_begins ? bit(late->actor) : 0u;
    initials &= node->enabled;
    if (!initials) /* cannot be; to try all is never wrong */
        node->backtrack |= node->enabled;
    else if (!(initials & (node->backtrack | node->asleep)))
        node->backtrack |= bit(has(initials, late->actor) ? late->actor : lowest_of(initials));
}

/*
 * Gives the step its clock, and reverses its races: with those that it depends on, directly and through
 * nothing else. A step that takes a lock cannot come within another's critical section, only before the whole
 * of it: its race there is with the step that took the lock, and what is in the section, or comes before its
 * end by way of others, is out of the question.
 */
static void look_back(struct explore *self, struct explore_step *step, uint32_t at) {
    static uint32_t races[EXPLORE_STEPS];
    uint32_t count = 0;
    clock_of past = {0};
    struct section section;
    uint32_t last = last_of(self, step->actor, at);
    if (last != NO_STEP)
        memcpy(past, self->steps[last].clock, sizeof(past));
    bool locked = last_section(self, step, at, &section);
    uint32_t released = locked ? section.released : NO_STEP;
    unsigned owner = locked ? self->steps[section.taken].actor : SUT_ACTORS;
    memcpy(step->clock, past, sizeof(past));
    for (uint32_t i = 0; i < at; i++) {
        const struct explore_step *other = &self->steps[i];
        if (other->actor == step->actor || other->clock[other->actor] <= past[other->actor] ||
            !conflict(other, step))
            continue;
        join(step->clock, other->clock);
        bool within = locked && i != section.taken &&
                      (released == NO_STEP ? other->actor == owner && i > section.taken
                                           : i == released || before(other, &self->steps[released]));
        if (!within)
            races[count++] = i;
    }
    if (released != NO_STEP)
        join(step->clock, self->steps[released].clock);
    step->clock[step->actor]++;
    for (uint32_t i = 0; i < count && self->way == EXPLORE_REDUCED; i++) {
        bool direct = true;
        for (uint32_t k = i + 1; k < count && direct; k++)
            direct = !before(&self->steps[races[i]], &self->steps[races[k]]);
        if (direct)
            reverse(self, races[i], step, at, past, released);
    }
}

/* Steps of earlier runs have their clocks, but for the last of them, in which this run differs. */
static void analyze(struct explore *self) {
    for (uint32_t i = self->replayed > 0 ? self->replayed - 1 : 0; i < self->count; i++)
        look_back(self, &self->steps[i], i);
    /* Who waits for ever could have come first; so could who waits where the run was cut, for what shows that
     * elsewhere has the rest in another order. */
    for (unsigned actor = 0; actor < SUT_ACTORS; actor++) {
        struct explore_step never = {.object = self->at[actor].object,
                                     .size = self->at[actor].size,
                                     .kind = self->at[actor].kind,
                                     .actor = (uint8_t)actor};
        if (has(self->waiting, actor))
            look_back(self, &never, self->count);
    }
}

static bool next_at_random(struct explore *self) {
    if (self->count > self->longest)
        self->longest = self->count;
    return true;
}

bool explore_next(struct explore *self) {
    if (self->way == EXPLORE_RANDOM)
        return next_at_random(self);
    analyze(self);
    for (uint32_t i = self->count; i-- > 0;) {
        struct explore_step *step = &self->steps[i];
        step->asleep |= bit(step->actor);
        step->calls_of[step->actor] = step->calls;
        unsigned rest = step->backtrack & ~(unsigned)step->asleep;
        if (!rest)
            continue;
        step->actor = (uint8_t)lowest_of(rest);
        self->replayed = i + 1;
        return true;
    }
    return false;
}

uint32_t explore_assumed(const struct explore *self) {
    return self->longest;
}

/* ---- a run as a program ---- */

/* Steps of the last run in an order that is equivalent to it: the actor that runs goes on as long as nothing
 * forbids it, the others are asked from below or from above. False: `first` cannot be the first. */
static bool order_with_few_switches(const struct explore *self, unsigned first, bool from_above,
                                    uint32_t *order) {
    uint32_t done[SUT_ACTORS] = {0};
    unsigned current = first;
    for (uint32_t placed = 0; placed < self->count;) {
        uint32_t found = NO_STEP;
        for (unsigned tries = 0; tries <= SUT_ACTORS && found == NO_STEP; tries++) {
            unsigned actor = tries == 0 ? current : from_above ? SUT_ACTORS - tries : tries - 1;
            uint32_t next = 0, nth = 0;
            while (next < self->count && (self->steps[next].actor != actor || nth++ < done[actor]))
                next++;
            bool ready = next < self->count;
            for (unsigned other = 0; other < SUT_ACTORS && ready; other++)
                ready = other == actor || done[other] >= self->steps[next].clock[other];
            if (ready)
                found = next;
            else if (placed == 0)
                return false;
        }
        if (found == NO_STEP)
            return false;
        current = self->steps[found].actor;
        done[current]++;
        order[placed++] = found;
    }
    return true;
}

bool explore_program(struct explore *self, uint32_t points, unsigned variant, struct program_race *race,
                     uint32_t *switches) {
    static uint32_t order[EXPLORE_STEPS];
    unsigned first = variant / 2;
    if (first > SUT_ACTORS || self->count == 0)
        return false;
    analyze(self);
    if (first == SUT_ACTORS || !order_with_few_switches(self, first, variant % 2 != 0, order))
        for (uint32_t i = 0; i < self->count; i++)
            order[i] = i;
    uint32_t passed = 0, last = 0;
    race->first = self->steps[order[0]].actor;
    race->switches = 0;
    *switches = 0;
    for (uint32_t i = 0; i < self->count; i++) {
        const struct explore_step *step = &self->steps[order[i]];
        const struct explore_step *previous = i > 0 ? &self->steps[order[i - 1]] : step;
        bool ended = last_of(self, previous->actor, self->count) == order[i > 0 ? i - 1 : 0] &&
                     !has(self->going, previous->actor);
        if (step->actor != previous->actor && !ended) {
            if (race->switches < PROGRAM_SWITCHES && passed > last)
                race->at[race->switches++] = (struct program_switch){passed - last, step->actor, false};
            else /* too many, or one that is where another is */
                *switches = PROGRAM_SWITCHES;
            (*switches)++;
            last = passed;
        }
        uint32_t end = order[i] + 1 < self->count ? self->steps[order[i] + 1].begun : points;
        passed += end - step->begun;
    }
    return true;
}
