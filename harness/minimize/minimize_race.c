/* Minimizing races: fewer switches first, then none that comes later than it must, then what came before
 * them. */
#include "harness/minimize/minimizer.h"

#include <string.h>

static bool try_race(struct minimizer *m, uint32_t at, const struct program_race *race) {
    program_copy(&m->candidate, m->best);
    program_race_set(&m->candidate.ops[at], race);
    return minimizer_try(m);
}

static void drop(struct program_race *race, unsigned place) {
    race->switches--;
    memmove(&race->at[place], &race->at[place + 1], (race->switches - place) * sizeof(race->at[0]));
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

/* What happened before a race decides how many points its calls have: without it, a switch is looked for
 * near where it was. At most 11 operations * 8 switches * 2 * 16 = 2816 candidates. */
#define DRIFT_OPS    12u
#define DRIFT_POINTS 16u

static bool try_drift(struct minimizer *m, uint32_t at, uint32_t gone, unsigned place, uint32_t points) {
    struct program *candidate = &m->candidate;
    struct program_race race;
    if (points == 0 || points > PROGRAM_POINTS_MAX)
        return false;
    program_copy(candidate, m->best);
    program_race_get(&candidate->ops[at], &race);
    race.at[place].points = points;
    program_race_set(&candidate->ops[at], &race);
    program_span_shrink(candidate, gone, 1);
    candidate->op_count--;
    memmove(&candidate->ops[gone], &candidate->ops[gone + 1],
            (candidate->op_count - gone) * sizeof(candidate->ops[0]));
    return minimizer_try(m);
}

/* True when there is a new best. */
static bool less_before(struct minimizer *m, uint32_t at) {
    struct program_race race;
    program_race_get(&m->best->ops[at], &race);
    for (uint32_t gone = at; m->best->op_count <= DRIFT_OPS && gone-- > 0;)
        for (unsigned place = 0; place < race.switches; place++)
            for (uint32_t by = 1; by <= DRIFT_POINTS; by++)
                if (try_drift(m, at, gone, place, race.at[place].points - by) ||
                    try_drift(m, at, gone, place, race.at[place].points + by))
                    return true;
    return false;
}

void minimizer_races(struct minimizer *m) {
    for (uint32_t at = 0; at < m->best->op_count && !minimizer_over(m); at++) {
        uint32_t count = m->best->op_count;
        if (m->best->ops[at].opcode != OP_RACE)
            continue;
        fewer_switches(m, at);
        if (m->best->op_count != count)
            continue; /* the end has come sooner, and this may be another operation */
        earlier_switches(m, at);
        if (m->best->op_count == count && less_before(m, at))
            break; /* the operations have moved; the passes are repeated */
    }
}
