/* Runs a race under one schedule after another, those with fewer preemptions first. */
#include "harness/verdict/schedules.h"

#include "harness/interleave/schedule.h"
#include "harness/verdict/verdict.h"

/* Turns of a run: two for each lock operation and for each switch. The widest calls take some hundred locks;
 * of a race with more, the last turn is taken to go on. */
#define TURNS 4096u

/* A run, and where another switch would take place in it. */
struct level {
    struct program_race race;
    uint32_t points;
    uint32_t turn_count;
    struct schedule_turn turns[TURNS];
};

/* Runs the program under the level's schedule. False: enough. */
static bool run_level(struct schedules *self, struct level *level) {
    struct run_watch watch = {.op = self->op, .turns = level->turns, .capacity = TURNS};
    const struct run_options options = {.quiet = true, .watch = &watch, .done = self->done};
    program_race_set(&self->program->ops[self->op], &level->race);
    if (self->running)
        *self->running = self->program->ops[self->op];
    unsigned outcome = verdict_here(self->program, &options);
    level->points = watch.points;
    level->turn_count = watch.turn_count < TURNS ? watch.turn_count : TURNS;
    self->points = level->points > self->points ? level->points : self->points;
    self->count++;
    return self->seen(self, outcome) && self->count < self->limit;
}

/* One more switch behind those that the level has: at each point, to each who could go on there. */
static bool extend(struct schedules *self, struct level *level) {
    uint32_t used = 0;
    uint32_t turn = 0;
    struct level *next = level + 1;
    for (unsigned i = 0; i < level->race.switches; i++)
        used += level->race.at[i].points;
    for (uint32_t point = used + 1; point <= level->points; point++) {
        while (turn + 1 < level->turn_count && level->turns[turn + 1].after < point)
            turn++;
        for (uint8_t actor = 0; actor < SUT_ACTORS; actor++) {
            if (actor == level->turns[turn].running || !(level->turns[turn].can_run >> actor & 1))
                continue;
            next->race = level->race;
            next->race.at[next->race.switches++] = (struct program_switch){point - used, actor, false};
            if (!run_level(self, next) || (next->race.switches < self->preemptions && !extend(self, next)))
                return false;
        }
    }
    return true;
}

bool schedules_run(struct schedules *self) {
    static struct level levels[PROGRAM_SWITCHES + 1];
    uint32_t span = program_span(self->program, self->op);
    unsigned actors = 0;
    self->count = 0;
    self->points = 0;
    self->actors = 0;
    for (uint32_t i = 1; i <= span; i++)
        actors |= 1u << self->program->ops[self->op + i].actor;
    for (uint8_t first = 0; first < SUT_ACTORS; first++)
        self->actors += actors >> first & 1;
    for (uint8_t first = 0; first < SUT_ACTORS; first++) {
        if (!(actors >> first & 1))
            continue;
        program_race_get(&self->program->ops[self->op], &levels[0].race);
        levels[0].race.first = first;
        levels[0].race.switches = 0;
        if (!run_level(self, &levels[0]) || (self->preemptions && !extend(self, &levels[0])))
            return false;
    }
    return true;
}
