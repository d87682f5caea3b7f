/* Minimizing races: fewer switches first, then none that comes later than it must, then fewer actors. */
#include "harness/minimizer.h"

#include <string.h>

static bool try_race(struct minimizer *m, uint32_t at, const struct program_race *race) {
    program_copy(&m->candidate, m->best);
    program_race_set(&m->candidate.ops[at], race);
    return minimizer_try(m);
}

static void drop(struct program_race *race, unsigned place) {
    race->switches--;
    memmove(&race->at[place], &race->at[place + 1], (race->switches - place) * sizeof race->at[0]);
}

/* None at all, then each in turn: alone, and with its points given to the next one, which then stays where
 * it is in the whole. */
static void fewer_switches(struct minimizer *m, uint32_t at) {
    struct program_race race, less;
    program_race_get(&m->best->ops[at], &race);
    less = race;
    less.switches = 0;
    if (race.switches == 0 || try_race(m, at, &less))
        return;
    for (unsigned i = race.switches; i-- > 0 && !minimizer_over(m);) {
        program_race_get(&m->best->ops[at], &race);
        less = race;
        drop(&less, i);
        bool gone = try_race(m, at, &less);
        if (!gone && i < less.switches && less.at[i].locks == race.at[i].locks) {
            less.at[i].points += race.at[i].points;
            gone = less.at[i].points <= PROGRAM_POINTS_MAX && try_race(m, at, &less);
        }
    }
}

/* Each by halving towards its earliest. */
static void earlier_switches(struct minimizer *m, uint32_t at) {
    struct program_race race;
    program_race_get(&m->best->ops[at], &race);
    for (unsigned i = 0; i < race.switches && !minimizer_over(m); i++) {
        for (uint32_t step = race.at[i].points / 2; step > 0;) {
            struct program_race sooner = race;
            sooner.at[i].points -= step;
            if (sooner.at[i].points && try_race(m, at, &sooner))
                race = sooner;
            else
                step /= 2;
            step = step < race.at[i].points ? step : race.at[i].points / 2;
        }
    }
}

void minimizer_races(struct minimizer *m) {
    for (uint32_t at = 0; at < m->best->op_count && !minimizer_over(m); at++) {
        uint32_t count = m->best->op_count;
        if (m->best->ops[at].opcode != OP_RACE)
            continue;
        fewer_switches(m, at);
        if (m->best->op_count == count) /* else the end has come sooner, and this may be another operation */
            earlier_switches(m, at);
    }
}
