/*
 * Every schedule of a race with at most so many preemptions: the race is run under each, from none on. A
 * preemption is a switch that the schedule makes; an actor that waits or has ended gives way by itself and
 * costs none.
 *
 * With p points in a run there are about a * p^k / k! schedules of k preemptions of two actors (a: who
 * begins), and as many times (a - 1)^k more of a actors. Each takes a run: some ten microseconds. Two
 * callbacks that do something pass 200 to 800 points: 40 000 to 640 000 schedules of two preemptions.
 */
#ifndef HARNESS_SCHEDULES_H
#define HARNESS_SCHEDULES_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/program/program.h"

struct schedules {
    struct program *program; /* its race's schedule is changed */
    uint32_t op;             /* which operation is the race */
    unsigned preemptions;    /* <= PROGRAM_SWITCHES */
    uint64_t limit;          /* of schedules */
    void (*done)(void);      /* run_options.done; NULL: nobody */
    /* Called behind each run with its outcome (verdict.h); false: enough. */
    bool (*seen)(struct schedules *self, unsigned outcome);
    struct program_op *running; /* a copy of the race as it is run; NULL: nobody wants it */
    uint64_t count;  /* out, and while it runs: schedules that were run and are unlike one another */
    uint32_t points; /* out: of the longest run */
    unsigned actors; /* out */
};

/* False: ended by seen() or the limit. */
bool schedules_run(struct schedules *self);

#endif
