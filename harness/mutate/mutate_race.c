/*
 * Mutations of races: operations that run concurrently, and the schedule they run under.
 *
 * Points are relative to the last switch (program.h), so moving one switch leaves the others where they are
 * in their actors' work. A call of this project's implementation passes some tens of points when it is
 * refused, some hundreds when it does something. Most of those that matter lie near its locks, at its
 * beginning and its end. So small numbers are more likely than large ones, and every other switch counts
 * the points of locks only.
 */
#include "harness/mutate/mutation.h"

#include <string.h>

/* What a call takes and gives back, and what the start of one adapter and the stop of two do. */
#define LOCKS_OF_A_CALL  12u
#define LOCKS_OF_A_START 20u
#define LOCKS_OF_A_STOP  40u
/* The first of a stop: what its driver releases has begun by then. */
#define LOCKS_OF_A_RELEASE 20u

static uint32_t some_points(struct mutation *m) {
    /* Up to 2, 4, ... 1024, each as likely; rarely as far as the widest pins go. */
    uint32_t bits = random_one_in(&m->random, 16) ? random_between(&m->random, 10, 17)
                                                  : random_between(&m->random, 1, 10);
    return 1 + random_below(&m->random, UINT32_C(1) << bits);
}

static uint32_t near_points(struct mutation *m, const struct program_switch *one) {
    uint32_t reach = one->locks ? 2 : random_one_in(&m->random, 2) ? 4 : 32;
    uint32_t step = 1 + random_below(&m->random, reach);
    if (random_one_in(&m->random, 2))
        return one->points > step ? one->points - step : 1;
    return one->points < PROGRAM_POINTS_MAX - step ? one->points + step : PROGRAM_POINTS_MAX;
}

/* A call takes and gives back ten locks or so, a stop twice as many. */
static struct program_switch some_switch(struct mutation *m, uint8_t actor) {
    if (random_one_in(&m->random, 2))
        return (struct program_switch){some_points(m), actor, false};
    uint32_t bits = random_between(&m->random, 2, 5);
    return (struct program_switch){1 + random_below(&m->random, UINT32_C(1) << bits), actor, true};
}

/* An actor of the race at `at`: of one of its operations. */
static uint8_t some_actor(struct mutation *m, uint32_t at) {
    uint32_t span = program_span(m->program, at);
    return span ? m->program->ops[at + 1 + random_below(&m->random, span)].actor
                : (uint8_t)random_below(&m->random, 2);
}

static void add_switch(struct mutation *m, uint32_t at, struct program_race *race) {
    if (race->switches == PROGRAM_SWITCHES)
        return;
    uint32_t place = random_below(&m->random, race->switches + 1u);
    uint8_t before = place ? race->at[place - 1].actor : race->first;
    uint8_t actor = some_actor(m, at);
    /* A switch to who is running already is none. */
    for (unsigned tries = 0; actor == before && tries < 3; tries++)
        actor = some_actor(m, at);
    memmove(&race->at[place + 1], &race->at[place], (race->switches - place) * sizeof(race->at[0]));
    race->at[place] = some_switch(m, actor);
    race->switches++;
}

static void drop_switch(struct mutation *m, struct program_race *race) {
    if (race->switches == 0)
        return;
    uint32_t place = random_below(&m->random, race->switches);
    race->switches--;
    memmove(&race->at[place], &race->at[place + 1], (race->switches - place) * sizeof(race->at[0]));
}

static void tweak_switch(struct mutation *m, uint32_t at, struct program_race *race) {
    if (race->switches == 0) {
        add_switch(m, at, race);
        return;
    }
    struct program_switch *one = &race->at[random_below(&m->random, race->switches)];
    switch (random_below(&m->random, 6)) {
    case 0:
        one->actor = some_actor(m, at);
        break;
    case 1:
        *one = some_switch(m, one->actor);
        break;
    default:
        one->points = near_points(m, one);
        break;
    }
}

static void tweak_schedule(struct mutation *m, uint32_t at) {
    struct program_op *op = &m->program->ops[at];
    struct program_race race;
    program_race_get(op, &race);
    switch (random_below(&m->random, 8)) {
    case 0:
        race.first = some_actor(m, at);
        break;
    case 1:
        drop_switch(m, &race);
        break;
    case 2:
    case 3:
        add_switch(m, at, &race);
        break;
    default:
        tweak_switch(m, at, &race);
        break;
    }
    program_race_set(op, &race);
}

/* Mostly two, for most races need no more; each has something to do. */
void mutate_race_share_out(struct mutation *m, struct program_op *ops, uint32_t count) {
    uint32_t actors = random_one_in(&m->random, 4) ? random_between(&m->random, 2, SUT_ACTORS) : 2;
    uint32_t from = random_below(&m->random, actors);
    for (uint32_t i = 0; i < count; i++)
        ops[i].actor = (uint8_t)((i < actors ? from + i : random_below(&m->random, actors)) % actors);
}

void mutate_race_draw(struct mutation *m, uint32_t at, uint32_t ops) {
    struct program_race race = {.ops = (uint8_t)ops};
    program_race_set(&m->program->ops[at], &race);
    race.first = some_actor(m, at);
    /* Without one the calls would come one after the other. */
    for (uint32_t switches = random_one_in(&m->random, 8) ? 0 : random_between(&m->random, 1, 3);
         switches > 0; switches--)
        add_switch(m, at, &race);
    program_race_set(&m->program->ops[at], &race);
}

static uint32_t locks_of(uint8_t opcode) {
    return opcode == OP_START                         ? LOCKS_OF_A_START
           : opcode == OP_STOP || opcode == OP_REMOVE ? LOCKS_OF_A_STOP
                                                      : LOCKS_OF_A_CALL;
}

static void leave_once(struct mutation *m, uint32_t at, uint32_t op, uint32_t locks) {
    struct program_race race;
    program_race_get(&m->program->ops[at], &race);
    race.first = m->program->ops[op].actor;
    race.switches = 0;
    add_switch(m, at, &race);
    race.at[0].points = 1 + random_below(&m->random, locks);
    race.at[0].locks = true;
    program_race_set(&m->program->ops[at], &race);
}

void mutate_race_leave_once(struct mutation *m, uint32_t at, uint32_t op) {
    leave_once(m, at, op, locks_of(m->program->ops[op].opcode));
}

void mutate_race_leave_releases(struct mutation *m, uint32_t at, uint32_t stop) {
    leave_once(m, at, stop, LOCKS_OF_A_RELEASE);
}

bool mutate_race_schedule(struct mutation *m) {
    uint32_t count = m->program->op_count;
    uint32_t from = count ? random_below(&m->random, count) : 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = (from + i) % count;
        if (m->program->ops[at].opcode != OP_RACE)
            continue;
        uint32_t span = program_span(m->program, at);
        if (span && random_one_in(&m->random, 8))
            mutate_race_share_out(m, &m->program->ops[at + 1], span);
        else
            tweak_schedule(m, at);
        return true;
    }
    return false;
}

/* Operations that are there already run concurrently. */
bool mutate_race_make(struct mutation *m) {
    uint32_t count = m->program->op_count;
    uint32_t from = count ? random_below(&m->random, count) : 0;
    for (uint32_t i = 0; i < count && mutation_room(m); i++) {
        uint32_t at = (from + i) % count;
        uint32_t span = 0;
        uint32_t wanted = random_between(&m->random, 2, random_one_in(&m->random, 4) ? PROGRAM_RACE_OPS : 3);
        while (span < wanted && at + span < count && program_may_race(m->program->ops[at + span].opcode))
            span++;
        if (span < 2)
            continue;
        const struct program_op race = {.opcode = OP_RACE};
        mutation_insert(m, at, &race, 1);
        mutate_race_share_out(m, &m->program->ops[at + 1], span);
        mutate_race_draw(m, at, span);
        return true;
    }
    return false;
}
