/* Runs a race as often as its exploration wants. */
#define _POSIX_C_SOURCE 200809L

#include "harness/verdict/exploration.h"

#include <time.h>

#include "harness/verdict/verdict.h"

static double processor_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* False: enough. */
static bool run_once(struct exploration *self) {
    const struct schedule_guide guide = explore_guide(&self->explore);
    struct run_watch watch = {.op = self->op, .guide = &guide};
    const struct run_options options = {.quiet = true, .watch = &watch, .done = self->done};
    self->runs++;
    unsigned outcome = verdict_here(self->program, &options);
    self->passed = watch.points;
    self->points = watch.points > self->points ? watch.points : self->points;
    self->raced |= watch.raced;
    self->overflowed |= watch.overflowed || self->explore.overflowed;
    self->strayed |= self->explore.strayed;
    if (self->explore.blocked)
        return true;
    self->schedules++;
    return self->seen(self, outcome);
}

static bool is_time_up(const struct exploration *self) {
    return (self->stop && *self->stop) || (self->most && self->runs >= self->most) ||
           (self->seconds && self->runs % 16 == 0 && processor_time() >= self->seconds);
}

static void begin(struct exploration *self) {
    explore_begin(&self->explore);
    self->runs = 0;
    self->schedules = 0;
    self->counted = 0;
    self->complete = false;
}

void exploration_run(struct exploration *self) {
    uint32_t span = program_span(self->program, self->op);
    unsigned actors = 0;
    bool dma = false;
    for (uint32_t i = 1; i <= span; i++) {
        actors |= 1u << self->program->ops[self->op + i].actor;
        dma |= program_is_dma(self->program->ops[self->op + i].opcode);
        self->overwrites |= self->program->ops[self->op + i].opcode == OP_OVERWRITE;
    }
    self->explore.devices = dma;
    for (unsigned i = 0; i < SUT_ACTORS; i++)
        self->actors += actors >> i & 1;
    begin(self);
    for (;;) {
        uint32_t assumed = explore_assumed(&self->explore);
        if (!run_once(self) || self->strayed)
            return;
        if (self->raced && !self->explore.accesses) {
            self->explore.accesses = true;
            begin(self);
            continue;
        }
        if (!explore_next(&self->explore)) {
            self->late = self->explore.accesses && dma;
            self->complete = !self->overflowed && !self->late && !self->overwrites;
            return;
        }
        self->counted = explore_assumed(&self->explore) == assumed ? self->counted + 1 : 0;
        if (is_time_up(self))
            return;
    }
}

double exploration_missed(const struct exploration *self) {
    double hit = 1.0 / self->actors;
    double missed = 1;
    for (unsigned i = 1; i < self->explore.depth; i++)
        hit /= explore_assumed(&self->explore);
    /* (1 - hit)^counted, by squaring: no library of functions for one power. */
    double power = 1 - hit;
    for (uint64_t left = self->counted; left > 0; left >>= 1, power *= power)
        missed *= left & 1 ? power : 1;
    return missed;
}
