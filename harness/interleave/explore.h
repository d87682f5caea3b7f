/*
 * All schedules of a race, but for those that come to the same: stateless exploration with dynamic
 * partial-order reduction by source sets and sleep sets (Abdulla, Aronis, Jonsson and Sagonas, 2014). The
 * race is run again and again, each time guided to another schedule, without a bound on preemptions; or at
 * random, with a known chance of missing a bug (PCT: Burckhardt, Kothari, Musuvathi and Nagarakatte, 2010).
 *
 * A step is what an actor does from one point to the next. Two steps of two actors depend on each other where
 *   - both begin by taking the same lock;
 *   - both end a call, or one ends one and the other begins one: the judge goes by the order of these;
 *   - both begin with an access, to a common byte, and one of them writes, where accesses are points;
 *   - in one a device reaches memory, and the other begins by taking a lock or behind the release of one, or
 *     begins or ends a call.
 *
 * Schedules that differ in the order of independent steps alone are equivalent, and of each class one is run.
 *
 * Without accesses as points, that is enough if no run has a data race (accesses.h), and whoever explores has
 * to look. For two conflicting accesses are ordered by locks then; so each read sees the same write, each
 * actor does the same, and the state that is left is the same, in all schedules with the same orders of locks
 * and calls. And a data race is not missed by that: take the shortest beginning of any schedule whose last
 * access races with an earlier one. Up to there it has no race, so some explored run takes locks in the same
 * orders, and both accesses are in it, unordered, whatever time lies between them: the detector goes by the
 * order of locks.
 *
 * What is explored is sequential consistency. Where no schedule has a data race, weaker memory models allow
 * no other outcomes: compilers and processors keep to that, as long as locks are theirs.
 *
 * An actor that waits for a lock cannot be chosen. A release needs no point of its own, as nobody can have
 * the lock before it; it is an edge of the order that a step of the next owner comes behind. Not so where
 * there are devices, which wait for no lock: they may come between it and the next that is taken.
 */
#ifndef HARNESS_EXPLORE_H
#define HARNESS_EXPLORE_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/interleave/schedule.h"
#include "harness/program/random.h"

/* Steps of a run: a call takes some ten locks, and eight calls touch memory some thousand times. A run with
 * more is cut. */
#define EXPLORE_STEPS 16384u
/* Of PCT: as many priority changes as a program's schedule has switches. */
#define EXPLORE_DEPTH_MAX (PROGRAM_SWITCHES + 1)

enum explore_way {
    EXPLORE_REDUCED, /* one schedule of each class */
    EXPLORE_PLAIN,   /* every choice at every point: for comparison */
    EXPLORE_RANDOM   /* PCT */
};

/* A step, and the state before it. Sets have a bit for each actor. */
struct explore_step {
    const void *object; /* what it begins with: a lock or memory */
    uint32_t size;
    uint32_t begun;             /* points that had been passed */
    uint32_t clock[SUT_ACTORS]; /* how many steps of each actor come before it, its own included */
    uint8_t kind;               /* enum schedule_kind, of what it begins with */
    uint8_t calls;              /* EXPLORE_BEGAN, EXPLORE_RETURNED, EXPLORE_REACHED */
    uint8_t actor;
    uint8_t enabled;
    uint8_t backtrack;            /* to be tried, or tried */
    uint8_t asleep;               /* tried, here or before: what comes of them is known */
    uint8_t calls_of[SUT_ACTORS]; /* of those that are asleep: `calls` of their step */
};
enum {
    EXPLORE_BEGAN = 1,
    EXPLORE_RETURNED = 2,
    EXPLORE_REACHED = 4 /* a device has reached memory */
};

struct explore {
    /* In: */
    enum explore_way way;
    bool accesses;  /* loads and stores are points, too */
    bool devices;   /* some come past all locks: where one has been released is a point, too */
    unsigned depth; /* EXPLORE_RANDOM: of the bugs that are looked for, 1..EXPLORE_DEPTH_MAX */
    struct random random;
    /* Out, of the last run: */
    uint32_t count;  /* steps */
    bool blocked;    /* cut, for all that could go on were asleep: another run shows what comes of it */
    bool overflowed; /* or for it has more than EXPLORE_STEPS */
    bool strayed;    /* cut: the same choices did not lead to the same state. Some state outlives a run. */
    struct explore_step steps[EXPLORE_STEPS];
    /* The rest is its own. */
    uint32_t replayed; /* steps whose actors are given */
    uint32_t longest;  /* EXPLORE_RANDOM: steps of the longest run */
    uint32_t changes[EXPLORE_DEPTH_MAX];
    uint32_t priority[SUT_ACTORS];
    struct explore_point {
        const void *object;
        uint32_t size;
        uint8_t kind;
    } at[SUT_ACTORS]; /* where the actors are */
    unsigned waiting; /* sets: at a lock that is held; all that have not ended */
    unsigned going;
    uint32_t release_count;
    struct {
        const void *lock;
        uint32_t step;
    } releases[EXPLORE_STEPS];
};

/* Before the first run. */
void explore_begin(struct explore *self);
/* Before each run: guides it. */
struct schedule_guide explore_guide(struct explore *self);
/* After each: whether there is another to be run. */
bool explore_next(struct explore *self);

/*
 * EXPLORE_RANDOM: the number of steps k that the last run was made for. A bug of depth d, which needs d
 * things to happen in order, shows in such a run of n actors with a chance of at least 1 / (n k^(d-1)), if no
 * run has more steps than k. Runs that were made before k became what it is do not count.
 */
uint32_t explore_assumed(const struct explore *self);

/*
 * The last run as a race's schedule, with as few switches as a simple search finds in an equivalent schedule.
 * Whether it shows the same must be seen by running it: where an actor ends, a program cannot say who
 * goes on. variant: 0, 1, ... of several to try. False: there is no such variant; `switches` of race is how
 * many it takes, and those beyond PROGRAM_SWITCHES are lost. points: what the run has passed in all.
 */
bool explore_program(struct explore *self, uint32_t points, unsigned variant, struct program_race *race,
                     uint32_t *switches);

#endif
