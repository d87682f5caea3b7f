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

#include "harness/program/operands.h"

/* What a call takes and gives back, and what the start of one adapter and the stop of two do. */
#define LOCKS_OF_A_CALL  12u
#define LOCKS_OF_A_START 20u
#define LOCKS_OF_A_STOP  40u

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
static void share_out(struct mutation *m, struct program_op *ops, uint32_t count) {
    uint32_t actors = random_one_in(&m->random, 4) ? random_between(&m->random, 2, SUT_ACTORS) : 2;
    uint32_t from = random_below(&m->random, actors);
    for (uint32_t i = 0; i < count; i++)
        ops[i].actor = (uint8_t)((i < actors ? from + i : random_below(&m->random, actors)) % actors);
}

static void fresh_schedule(struct mutation *m, uint32_t at, uint32_t ops) {
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

/* The actor begins, and another goes on at one of the locks on its way. What else there is could only hide
 * the moment. */
static void leave_once(struct mutation *m, uint32_t at, uint8_t actor, uint32_t locks) {
    struct program_race race;
    program_race_get(&m->program->ops[at], &race);
    race.first = actor;
    race.switches = 0;
    add_switch(m, at, &race);
    race.at[0].points = 1 + random_below(&m->random, locks);
    race.at[0].locks = true;
    program_race_set(&m->program->ops[at], &race);
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
            share_out(m, &m->program->ops[at + 1], span);
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
        share_out(m, &m->program->ops[at + 1], span);
        fresh_schedule(m, at, span);
        return true;
    }
    return false;
}

/* A GPU looks on. */
static struct program_op some_dma(struct mutation *m) {
    return mutate_op_sensible(m, random_one_in(&m->random, 4) ? OP_DMA_WRITE : OP_DMA_READ);
}

/* Another chain stops before the race, and starts in it, or fails to: then mostly not for the first time, so
 * that there is a handle in whose place it gets the next. */
static bool some_restart(struct mutation *m, uint32_t *at, uint8_t chain, struct program_op *start) {
    uint8_t other = chain;
    bool fails = random_one_in(&m->random, 2);
    if (!mutation_may(m, OP_START) || !mutation_may(m, OP_STOP))
        return false;
    for (unsigned tries = 0; m->model.devices[other].chain == chain; tries++) {
        if (fails)
            other = (uint8_t)random_below(&m->random, m->program->machine.adapters);
        if (tries == 4 || (!fails && !mutate_pick_chain(m, &other)))
            return false;
    }
    if (fails) {
        m->program->adapters[other].miniport |= PROGRAM_MP_FAIL_START;
        const struct program_op first = {.opcode = OP_START, .adapter = other};
        if (!random_one_in(&m->random, 4))
            mutation_insert(m, (*at)++, &first, 1);
        dry_run(&m->model, m->program, *at);
    } else {
        const struct program_op stop = {.opcode = OP_STOP, .adapter = other};
        mutation_insert(m, (*at)++, &stop, 1);
    }
    *start = (struct program_op){.opcode = OP_START, .adapter = other};
    if (!fails && random_one_in(&m->random, 2))
        mutate_op_fault(m, start);
    return true;
}

static uint8_t some_call(struct mutation *m) {
    static const uint8_t calls[] = {OP_PIN2,  OP_PIN2, OP_UNPIN, OP_UNPIN, OP_MAP,
                                    OP_UNMAP, OP_PIN,  OP_STOP,  OP_STOP,  OP_PRESSURE};
    static const uint8_t rare[] = {OP_REMOVE, OP_SURPRISE_REMOVE, OP_POWER, OP_RESET};
    uint8_t opcode;
    do {
        opcode =
            random_one_in(&m->random, 12) ? RANDOM_PICK(&m->random, rare) : RANDOM_PICK(&m->random, calls);
    } while (!mutation_may(m, opcode));
    return opcode;
}

/* On one save area, mostly; sometimes calls of one kind, which want the same, and sometimes a GPU looks on.
 */
static void some_calls(struct mutation *m, struct program_op *made, uint32_t ops, uint8_t chain) {
    uint8_t index = mutate_pick_index(m, chain);
    bool watched = m->model.pins > 0 && random_one_in(&m->random, 4) && mutation_may(m, OP_DMA_READ) &&
                   mutation_may(m, OP_DMA_WRITE);
    bool alike = random_one_in(&m->random, 4);
    bool apart = alike && random_one_in(&m->random, 2); /* nothing but what all chains share orders them */
    for (uint32_t i = 0; i < ops; i++) {
        uint8_t opcode = alike && i > 0 ? made[0].opcode : some_call(m);
        uint8_t before = chain;
        bool elsewhere = random_one_in(&m->random, 6) || (apart && i > 0);
        for (unsigned tries = 0; elsewhere && chain == before && tries < 3; tries++)
            if (mutate_pick_chain(m, &chain))
                index = mutate_pick_index(m, chain);
        made[i] = mutate_op_on(m, opcode, chain, index);
        if (watched && i > 0 && random_one_in(&m->random, 2))
            made[i] = some_dma(m);
        if (made[i].opcode == OP_UNMAP)
            made[i].view = (uint8_t)random_below(&m->random, m->model.view_count + 2);
    }
}

/* Where there are two. */
static uint8_t another_index(struct mutation *m, uint8_t chain, uint8_t index) {
    uint8_t other = index;
    for (unsigned tries = 0; other == index && tries < 3; tries++)
        other = mutate_pick_index(m, chain);
    return other;
}

/* One call that moves memory or stops devices, and a GPU's DMA to a pin of its chain. */
bool mutate_race_watched(struct mutation *m) {
    static const uint8_t calls[] = {OP_STOP,  OP_STOP,  OP_STOP,   OP_UNPIN,           OP_UNPIN,   OP_UNPIN,
                                    OP_POWER, OP_RESET, OP_REMOVE, OP_SURPRISE_REMOVE, OP_PRESSURE};
    uint8_t chain;
    uint32_t at = m->program->op_count;
    if (mutation_room(m) < 2 + 4)
        return false;
    dry_run(&m->model, m->program, at);
    if (!mutate_pick_chain(m, &chain))
        return false;
    /* What becomes of one member is seldom what becomes of all. */
    for (unsigned tries = 0; m->model.chains[chain].count < 2 && tries < 3; tries++)
        mutate_pick_chain(m, &chain);
    uint8_t index = mutate_pick_index(m, chain);
    uint8_t call = RANDOM_PICK(&m->random, calls);
    uint8_t other = random_one_in(&m->random, 2) ? index : another_index(m, chain, index);
    if (!mutation_may(m, call) || !mutation_may(m, OP_DMA_READ) || !mutation_may(m, OP_DMA_WRITE))
        return false;
    const uint8_t wanted[] = {index, other};
    for (unsigned i = 0; i < (call == OP_UNPIN ? 2 : 1); i++) {
        if (m->model.chains[chain].areas[wanted[i]].pin.live)
            continue;
        if (!mutation_may(m, OP_PIN2))
            return false;
        const struct program_op pin = mutate_op_on(m, OP_PIN2, chain, wanted[i]);
        mutation_insert(m, at++, &pin, 1);
        dry_run(&m->model, m->program, at);
    }
    /* Written first, so that what is read says whose memory it was. */
    struct program_op made[4] = {mutate_op_on(m, OP_DMA_WRITE, chain, index),
                                 {.opcode = OP_RACE},
                                 mutate_op_on(m, call, chain, other)};
    made[3] = made[0];
    made[3].opcode = OP_DMA_READ;
    made[3].actor = 1;
    const struct program_race race = {.ops = 2};
    program_race_set(&made[1], &race);
    mutation_insert(m, at, made, 4);
    leave_once(m, at + 1, 0, locks_of(call));
    return true;
}

/* Two or three calls that have to do with each other, at the end: on one save area, or what happens to its
 * chain. */
bool mutate_race_scene(struct mutation *m) {
    uint8_t chain;
    uint32_t at = m->program->op_count;
    uint32_t ops = random_between(&m->random, 2, random_one_in(&m->random, 4) ? 5 : 3);
    struct program_op made[1 + 5] = {{.opcode = OP_RACE}};
    if (mutation_room(m) < ops + 1 + SUT_ACTORS)
        return false;
    dry_run(&m->model, m->program, at);
    if (!mutate_pick_chain(m, &chain))
        return false;
    bool raised = mutation_may(m, OP_IRQL) && random_one_in(&m->random, 24);
    some_calls(m, &made[1], ops, chain);
    /* What callers above PASSIVE_LEVEL do, they do without a lock. */
    for (uint8_t i = 0; i < SUT_ACTORS && raised; i++) {
        const struct program_op irql = {.opcode = OP_IRQL, .actor = i, .irql = 2};
        mutation_insert(m, at++, &irql, 1);
    }
    /* Where it fails, or where it makes way for what follows. */
    uint32_t left = random_below(&m->random, ops);
    struct program_op *one = &made[1 + left];
    if (program_takes_fault(one->opcode) && random_one_in(&m->random, 2))
        mutate_op_fault(m, one);
    uint32_t restart = random_below(&m->random, ops);
    bool restarts =
        !raised && random_one_in(&m->random, 5) && some_restart(m, &at, chain, &made[1 + restart]);
    if (restarts) {
        /* Beside a handle that is dead, or about to be issued. */
        one = &made[1 + (restart + random_between(&m->random, 1, ops - 1)) % ops];
        if (!program_has(one->opcode, OPERAND_HANDLE) && mutation_may(m, OP_UNPIN))
            *one = mutate_op_on(m, OP_UNPIN, chain, 0);
        if (program_has(one->opcode, OPERAND_HANDLE)) {
            uint32_t issued = m->model.handle_count;
            one->handle = HANDLE_ISSUED;
            /* The dry run issues none in a start that fails: mostly there are one or two of those. */
            one->value = random_one_in(&m->random, 2) ? (int64_t)issued + random_below(&m->random, 3)
                                                      : (int64_t)random_below(&m->random, issued + 2);
        }
    }
    mutation_insert(m, at, made, ops + 1);
    share_out(m, &m->program->ops[at + 1], ops);
    fresh_schedule(m, at, ops);
    if (restarts)
        left = restart;
    if (random_one_in(&m->random, 2)) {
        const struct program_op *leaves = &m->program->ops[at + 1 + left];
        leave_once(m, at, leaves->actor, locks_of(leaves->opcode));
    }
    return true;
}
