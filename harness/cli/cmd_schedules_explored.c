/*
 * `pinfuzz schedules` without a bound on preemptions. The exploration is in memory that its child process
 * shares with this one: after a crash, this one still knows the schedule that did it.
 */
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/cmd.h"
#include "harness/cli/outcomes.h"
#include "harness/cli/sweep.h"
#include "harness/program/text.h"
#include "harness/verdict/child.h"
#include "harness/verdict/death.h"
#include "harness/verdict/exploration.h"

/* Ways to say a schedule as a program that are tried (explore_program()). */
#define WAYS (2 * SUT_ACTORS + 1)

static struct shared {
    struct exploration exploration;
    volatile sig_atomic_t stop;
    bool all;
    unsigned verdict; /* the first that was not VERDICT_KEPT */
    uint64_t broken;  /* how often there was one */
    unsigned ways;
    struct way {
        struct program_race race;
        uint32_t switches;
    } way[WAYS]; /* of the first */
    bool want_outcomes;
    struct outcomes outcomes;
} * shared;

/* ---- in the child ---- */

static void find_ways(struct exploration *exploration) {
    struct way *way = shared->way;
    program_race_get(&exploration->program->ops[exploration->op], &way->race);
    shared->ways = 0;
    while (shared->ways < WAYS) {
        way[shared->ways].race.ops = way->race.ops;
        if (!explore_program(&exploration->explore, exploration->passed, shared->ways,
                             &way[shared->ways].race, &way[shared->ways].switches))
            return;
        shared->ways++;
    }
}

static bool seen(struct exploration *self, unsigned outcome) {
    if (self->schedules == 1) /* the first, or the first of those with accesses */
        shared->outcomes.count = 0;
    if (shared->want_outcomes)
        outcomes_note(&shared->outcomes, outcome);
    if (outcome == VERDICT_KEPT)
        return true;
    if (shared->broken++ == 0) {
        shared->verdict = outcome;
        find_ways(self);
    }
    return shared->all;
}

static void run_exploration(void *context) {
    (void)context;
    exploration_run(&shared->exploration);
    fflush(stdout);
    _exit(0); /* runs that were left in the middle leak, and that is not their finding */
}

/* ---- what came of it ---- */

static void on_interrupt(int signal) {
    (void)signal;
    shared->stop = 1;
}

/* The schedule as a program: the one of fewest switches that shows the same. False: there is none. */
static bool find_program(const struct sweep_options *options, struct program *program, uint32_t op,
                         bool died) {
    const struct program_op asked = program->ops[op];
    for (uint32_t switches = 0; switches <= PROGRAM_SWITCHES; switches++) {
        for (unsigned i = 0; i < shared->ways; i++) {
            struct verdict verdict;
            if (shared->way[i].switches != switches)
                continue;
            program_race_set(&program->ops[op], &shared->way[i].race);
            if (verdict_of(program, options->timeout, &verdict) &&
                (died ? verdict.died : !verdict.died && verdict.outcome == shared->verdict))
                return true;
        }
    }
    program->ops[op] = asked;
    return false;
}

static void print_steps(const struct explore *explore) {
    if (explore->count == 0) {
        printf("    before this race, or in its first step\n");
        return;
    }
    printf("    no program of %u switches has this schedule:", PROGRAM_SWITCHES);
    for (uint32_t i = 0; i < explore->count; i++) {
        if (i == 0 || explore->steps[i].actor != explore->steps[i - 1].actor) {
            printf("%s actor %u from point %" PRIu32 " on", i > 0 ? "," : "", explore->steps[i].actor,
                   explore->steps[i].begun);
        }
    }
    putchar('\n');
}

static void print_counts(const struct sweep_options *options) {
    const struct exploration *e = &shared->exploration;
    if (options->depth > 0) {
        printf("%" PRIu64 " random schedules of %u actors, %" PRIu32 " steps, %" PRIu32 " points: ", e->runs,
               e->actors, explore_assumed(&e->explore), e->points);
        return;
    }
    printf("%s%" PRIu64 " %sschedules of %u actors (%" PRIu64 " runs, %" PRIu64
           " blocked by sleep sets), %" PRIu32 " points%s%s: ",
           e->complete ? "complete: " : "", e->schedules, options->plain ? "" : "inequivalent ", e->actors,
           e->runs, e->runs - e->schedules, e->points, e->explore.accesses ? ", accesses among them" : "",
           e->explore.accesses && !options->accesses ? ", for there is a data race" : "");
}

static int print_kept(const struct sweep_options *options) {
    const struct exploration *e = &shared->exploration;
    if (e->strayed) {
        printf("a run did not do what it had done before: something outlives a run\n");
        return CMD_INCOMPLETE;
    }
    if (options->depth > 0) {
        printf("kept; a bug of depth %u was missed with a probability of at most %.2g\n", options->depth,
               exploration_missed(e));
        return CMD_KEPT;
    }
    printf(e->complete     ? "kept\n"
           : e->overflowed ? "kept, but some accesses or steps are beyond the limits\n"
           : e->overwrites ? "kept, but an argument is not written over between all of its loads\n"
           : e->late       ? "kept, but a GPU's DMA comes late, among the accesses of another's step\n"
                           : "kept, and there are more\n");
    return e->complete ? CMD_KEPT : CMD_INCOMPLETE;
}

static int print_found(const struct sweep_options *options, struct program *program, uint32_t op, int status,
                       bool *shown) {
    char text[TEXT_LINE_MAX];
    if (status != 0) {
        death_print(stdout, status, options->timeout);
        printf(" under the last\n");
        shared->exploration.program = program;
        find_ways(&shared->exploration);
    } else {
        verdict_print_outcome(stdout, shared->verdict);
        printf(options->all ? " and others, under %" PRIu64 " of them\n" : "\n", shared->broken);
    }
    *shown = find_program(options, program, op, status != 0);
    if (!*shown) {
        print_steps(&shared->exploration.explore);
        return CMD_VIOLATED;
    }
    text_print_op(&program->ops[op], text, sizeof(text));
    printf("    %s\n", text);
    return CMD_VIOLATED;
}

int sweep_explored(const struct sweep_options *options, const char *path, struct program *program,
                   uint32_t op, bool *shown) {
    int status;
    if (!shared && (shared = child_shared(sizeof(*shared))) == NULL)
        return CMD_BAD_INPUT;
    memset(shared, 0, sizeof(*shared));
    struct exploration *e = &shared->exploration;
    e->explore.way = options->depth > 0 ? EXPLORE_RANDOM : options->plain ? EXPLORE_PLAIN : EXPLORE_REDUCED;
    e->explore.accesses = options->accesses;
    e->explore.depth = options->depth;
    e->explore.random.state = options->seed;
    e->program = program;
    e->op = op;
    e->most = options->runs;
    e->seconds = options->seconds;
    e->stop = &shared->stop;
    e->seen = seen;
    e->done = options->outcomes ? outcomes_done : NULL;
    shared->all = options->all;
    shared->verdict = VERDICT_KEPT;
    shared->want_outcomes = options->outcomes;
    /* The second one kills. */
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (!child_run(run_exploration, NULL, -1, options->timeout, &status))
        return CMD_BAD_INPUT;
    printf("%s: operation %u: ", path, op + 1);
    print_counts(options);
    int found = status != 0 || shared->broken > 0 ? print_found(options, program, op, status, shown)
                                                  : print_kept(options);
    if (options->outcomes)
        outcomes_print(&shared->outcomes);
    fflush(stdout);
    return found;
}
