/* Goes through the programs breadth first: each state with every operation, and the states that come of it.
 */
#define _XOPEN_SOURCE 700 /* setitimer() */

#include "harness/enumerate/enumerate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "harness/contract/call.h"
#include "harness/enumerate/mix.h"
#include "harness/enumerate/operations.h"
#include "harness/enumerate/progress.h"
#include "harness/enumerate/state.h"
#include "harness/judge/run.h"
#include "harness/verdict/verdict.h"

/* The largest fail_nth that a program can say. */
#define NTH_MAX UINT8_MAX
/* Operations that share a run at most. */
#define SHARED_MAX 64u
/* Between two saves, beside the seconds that were asked for: so many times as long as a save takes. */
#define SAVE_FACTOR 20.0

static struct enumeration *self;
static struct progress progress;
static struct operations operations;

/* ---- time ---- */

/* Two system calls a program, to set an alarm and to take it back, would be a tenth of its time: a clock
 * looks each second whether it is still the same that runs. */
static volatile sig_atomic_t runs; /* which one it is */
static volatile sig_atomic_t running;
static sig_atomic_t seen_running;
static unsigned ticks;

static void look(int number) {
    ticks = running && runs == seen_running ? ticks + 1 : 0;
    seen_running = runs;
    if (ticks < self->timeout)
        return;
    signal(number, SIG_DFL);
    raise(number);
}

static void watch_time(void) {
    const struct itimerval second = {{1, 0}, {1, 0}};
    const struct sigaction action = {.sa_handler = look, .sa_flags = SA_RESTART};
    if (self->timeout == 0)
        return;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &second, NULL);
}

/* ---- one run ---- */

/* What was seen of it. */
static struct {
    bool reached; /* its end, with the state below */
    uint64_t number;
    bool first; /* operations are made for the world itself */
    bool fired; /* the fault of its last operation */
} seen;

/* A state from which several operations are tried in one run. */
static struct {
    uint32_t length; /* of the program that reaches it */
    uint64_t number;
    uint32_t same; /* operations behind that program which have left it as it was */
} shared;

static void take_number(void) {
    seen.reached = true;
    seen.number = mix(state_number(), self->world);
}

static void take_operations(void) {
    operations_make(&operations, &run.model, self->odd, seen.first);
}

/* The run ends with the operation that changes the state: the walk ends where the program does. */
static void watch_state(void) {
    if (run.op < shared.length)
        return;
    if (mix(state_number(), self->world) == shared.number)
        shared.same++;
    else
        self->program.op_count = run.op + 1;
}

static void watch_fault(struct call *call, bool performed) {
    if (performed && !run.inside && run.op + 1 == self->program.op_count)
        seen.fired = call->fired;
}

/* False: something was found. */
static bool run_program(void (*done)(void), void (*step)(void), bool fault) {
    const struct run_options options = {
        .quiet = true, .observe = fault ? watch_fault : NULL, .step = step, .done = done};
    seen.reached = false;
    seen.fired = false;
    runs = runs == SIG_ATOMIC_MAX ? 0 : runs + 1;
    running = 1;
    self->outcome = verdict_here(&self->program, &options);
    running = 0;
    if (self->outcome == VERDICT_KEPT)
        return true;
    self->end = ENUMERATE_FOUND;
    return false;
}

/* ---- programs ---- */

static struct enumerate_counts *counts(unsigned length) {
    return &self->counts[self->world][length];
}

_Static_assert(ENUMERATE_DEPTH <= PROGRAM_REPEAT_OPS, "a program can be repeated as a whole");

/* The program as it stands, all of it repeated. */
static bool try_repeated(void) {
    struct program *program = &self->program;
    const uint32_t length = program->op_count;
    memmove(program->ops + 1, program->ops, length * sizeof(program->ops[0]));
    program->ops[0] = (struct program_op){.opcode = OP_REPEAT};
    program->ops[0].arg.repeat.times = (uint16_t)(self->repeat - 1);
    program_span_set(&program->ops[0], length);
    program->op_count = length + 1;
    if (!run_program(NULL, NULL, false))
        return false;
    counts(length)->programs++;
    self->left += run.left != RUN_NOT_LEFT;
    memmove(program->ops, program->ops + 1, length * sizeof(program->ops[0]));
    program->op_count = length;
    return true;
}

/* The state that was just reached, by the program `node` and one more operation. */
static bool keep(uint32_t node, bool faulted) {
    uint32_t length = self->program.op_count;
    const struct progress_node added = {.number = seen.number,
                                        .parent = node,
                                        .world = (uint16_t)self->world,
                                        .length = (uint8_t)length,
                                        .faulted = faulted,
                                        .op =
                                            length ? self->program.ops[length - 1] : (struct program_op){0}};
    counts(length)->states++;
    if (!progress_add(&progress, &added))
        self->end = ENUMERATE_FAILED;
    return self->end == ENUMERATE_RUNNING;
}

/* The program as it stands has been run: keeps what it reaches. */
static bool count(uint32_t node, bool faulted) {
    uint32_t length = self->program.op_count;
    bool goes_on = length < self->worlds[self->world].depth;
    counts(length)->programs++;
    self->left += run.left != RUN_NOT_LEFT;
    return !goes_on || !seen.reached || (self->merge && progress_seen(&progress, seen.number, faulted)) ||
           keep(node, faulted);
}

/* Runs the program as it stands, `node` without its last operation, and keeps what it reaches. */
static bool try(uint32_t node, bool faulted) {
    uint32_t length = self->program.op_count;
    bool goes_on = length < self->worlds[self->world].depth;
    bool fault = length > 0 && self->program.ops[length - 1].fail_nth != 0;
    if (!run_program(goes_on ? take_number : NULL, NULL, fault))
        return false;
    if (fault && !seen.fired)
        return true; /* there is no such fault: it is the program without it */
    return count(node, faulted) && (!self->repeat || length == 0 || faulted || try_repeated());
}

/* With each fault point of the last operation failing. */
static bool try_faults(uint32_t node) {
    struct program_op *op = &self->program.ops[self->program.op_count - 1];
    bool more = program_takes_fault(op->opcode) && call_injects(sut_get());
    for (unsigned nth = 1; more && nth <= NTH_MAX; nth++) {
        op->fail_nth = (uint8_t)nth;
        if (!try(node, true))
            return false;
        more = seen.fired;
        self->capped |= more && nth == NTH_MAX;
    }
    return true;
}

static void load_program(uint32_t node) {
    const struct progress_node *at = &progress.node[node];
    self->world = at->world;
    small_world_begin(&self->worlds[at->world], &self->program);
    self->program.op_count = at->length;
    for (; at->length > 0; at = &progress.node[at->parent])
        self->program.ops[at->length - 1] = at->op;
}

/* One operation after the other from node's state, each in a run of its own. */
static bool try_apart(uint32_t node, uint32_t length, bool faulted) {
    self->program.op_count = length + 1;
    for (uint32_t i = 0; i < operations.count; i++) {
        self->program.ops[length] = operations.op[i];
        if (!try(node, faulted) || (self->faults && !faulted && !try_faults(node)))
            return false;
    }
    return true;
}

/*
 * Most operations are refused, or look at something, and leave the state as it is. What comes next may as
 * well run behind them as behind the program that reached the state: that is what merging assumes. So boot,
 * program and end are needed once for as many operations as leave the state alone and one that does not.
 */
static bool try_shared(uint32_t node, uint32_t length) {
    for (uint32_t i = 0; i < operations.count;) {
        uint32_t batch = operations.count - i < SHARED_MAX ? operations.count - i : SHARED_MAX;
        memcpy(self->program.ops + length, operations.op + i, batch * sizeof(operations.op[0]));
        self->program.op_count = length + batch;
        shared.same = 0;
        if (!run_program(take_number, watch_state, false))
            return false;
        counts(length + 1)->programs += shared.same;
        i += shared.same;
        if (shared.same == batch) {
            self->left += run.left != RUN_NOT_LEFT;
            continue;
        }
        self->program.ops[length] = operations.op[i++];
        self->program.op_count = length + 1;
        if (!count(node, false))
            return false;
    }
    return true;
}

/* Something was found in a run that was shared: which operation does it is told by trying them apart. Where
 * none does it alone, the run does it as a whole, by what no state tells. */
static void tell_apart(uint32_t node, uint32_t length) {
    static struct program whole;
    const unsigned outcome = self->outcome;
    program_copy(&whole, &self->program);
    self->end = ENUMERATE_RUNNING;
    if (!try_apart(node, length, false))
        return;
    program_copy(&self->program, &whole);
    self->outcome = outcome;
    self->sums_up = true;
    self->end = ENUMERATE_FOUND;
}

static bool expand(uint32_t node) {
    load_program(node);
    const struct progress_node at = progress.node[node];
    const uint64_t left = self->left;
    seen.first = at.length == 0;
    if (!run_program(take_operations, NULL, at.faulted))
        return false; /* it was kept before: another time it is not */
    self->capped |= operations.capped;
    if (!self->share)
        return try_apart(node, at.length, at.faulted);
    const uint64_t programs = counts(at.length + 1u)->programs;
    shared.length = at.length;
    shared.number = at.number;
    if (try_shared(node, at.length))
        return true;
    counts(at.length + 1u)->programs = programs;
    self->left = left;
    if (self->end == ENUMERATE_FOUND)
        tell_apart(node, at.length);
    return false;
}

static bool begin(void) {
    for (self->world = 0; self->world < self->world_count; self->world++) {
        small_world_begin(&self->worlds[self->world], &self->program);
        if (!try(0, false))
            return false;
    }
    return true;
}

/* ---- all of them ---- */

static double seconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* At the end, and when it is time: what is told never depends on when that is. */
static void save(bool now) {
    static double next;
    double began = seconds(CLOCK_MONOTONIC);
    if (!self->state || (!now && began < next))
        return;
    if (!progress_save(&progress, self))
        self->end = ENUMERATE_FAILED;
    next = began + self->save_every +
           (self->save_every > 0 ? SAVE_FACTOR * (seconds(CLOCK_MONOTONIC) - began) : 0);
}

static bool is_over(double used) {
    return *self->stop || (self->seconds && used > self->seconds);
}

void enumerate_run(struct enumeration *enumeration) {
    const pid_t parent = getppid();
    self = enumeration;
    self->end = ENUMERATE_RUNNING;
    if (self->state && !progress_load(&progress, self)) {
        self->end = ENUMERATE_FAILED;
        return;
    }
    watch_time();
    double before = self->spent;
    bool goes_on = self->resumed || begin();
    while (goes_on && progress.next < progress.count) {
        goes_on = expand(progress.next);
        if (getppid() != parent)
            _exit(2); /* nobody waits for this any more; what has been saved is gone on with */
        self->spent = before + seconds(CLOCK_PROCESS_CPUTIME_ID);
        if (!goes_on)
            break;
        progress.next++;
        if (is_over(self->spent - before))
            self->end = ENUMERATE_STOPPED;
        save(self->end == ENUMERATE_STOPPED);
        goes_on = self->end == ENUMERATE_RUNNING;
    }
    if (self->end == ENUMERATE_RUNNING) {
        self->end = ENUMERATE_COMPLETE;
        self->spent = before + seconds(CLOCK_PROCESS_CPUTIME_ID);
        save(true);
    }
}
