/*
 * A file's schedules are run in a child process, which keeps its place where the parent sees it: after a
 * crash the parent can still say which schedule did it, and write the program.
 */
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/cmd.h"
#include "harness/cli/outcomes.h"
#include "harness/cli/sweep.h"
#include "harness/interleave/explore.h"
#include "harness/interleave/trace.h"
#include "harness/program/text.h"
#include "harness/verdict/child.h"
#include "harness/verdict/death.h"
#include "harness/verdict/schedules.h"

/* Beyond, a race is no small one any more: at 50 microseconds each, more than an hour. */
#define LIMIT UINT64_C(100000000)

struct sweep {
    struct schedules schedules;
    struct program_op running; /* the race as it runs */
    struct program_op first;   /* the first that broke something */
    unsigned outcome;          /* VERDICT_KEPT: none did */
    uint64_t broken;           /* how many */
    bool done;
    bool all;
    bool want_outcomes;
    struct outcomes outcomes;
};

static struct sweep *sweep;

/* Random schedules, unless another number is asked for: some seconds. */
#define RUNS 10000u

static bool seen(struct schedules *self, unsigned outcome) {
    const struct program_op *race = &self->program->ops[self->op];
    if (sweep->want_outcomes)
        outcomes_note(&sweep->outcomes, outcome);
    if (outcome != VERDICT_KEPT) {
        if (sweep->broken++ == 0) {
            sweep->first = *race;
            sweep->outcome = outcome;
        }
        return sweep->all;
    }
    return true;
}

static void run_sweep(void *context) {
    sweep->schedules.seen = seen;
    sweep->schedules.program = context;
    sweep->schedules.running = &sweep->running;
    sweep->done = schedules_run(&sweep->schedules);
    fflush(stdout);
    _exit(0); /* runs that were left in the middle leak, and that is not their finding */
}

static int sweep_bounded(const struct sweep_options *options, const char *path, struct program *program,
                         uint32_t op) {
    int status;
    struct program_op asked = program->ops[op];
    if (!sweep && (sweep = child_shared(sizeof(*sweep))) == NULL)
        return CMD_BAD_INPUT;
    memset(sweep, 0, sizeof(*sweep));
    sweep->schedules = (struct schedules){.op = op, .preemptions = options->preemptions, .limit = LIMIT};
    sweep->schedules.done = options->outcomes ? outcomes_done : NULL;
    sweep->outcome = VERDICT_KEPT;
    sweep->all = options->all;
    sweep->want_outcomes = options->outcomes;
    if (!child_run(run_sweep, program, -1, options->timeout, &status))
        return CMD_BAD_INPUT;
    const struct schedules *s = &sweep->schedules;
    printf("%s: operation %u: %" PRIu64 " schedules of %u actors, at most %u preemptions, %u points: ", path,
           op + 1, s->count, s->actors, options->preemptions, s->points);
    bool kept = status == 0 && sweep->outcome == VERDICT_KEPT;
    program->ops[op] = asked;
    if (status != 0) {
        death_print(stdout, status, options->timeout);
        printf(" under the next\n");
        program->ops[op] = sweep->running;
    } else if (!kept) {
        verdict_print_outcome(stdout, sweep->outcome);
        printf(options->all ? " and others, under %" PRIu64 " of them\n" : "\n", sweep->broken);
        program->ops[op] = sweep->first;
    } else {
        printf(sweep->done ? "kept\n" : "kept, and there are more\n");
    }
    if (!kept) {
        char text[TEXT_LINE_MAX];
        text_print_op(&program->ops[op], text, sizeof(text));
        printf("    %s\n", text);
    }
    if (options->outcomes)
        outcomes_print(&sweep->outcomes);
    fflush(stdout);
    return !kept ? CMD_VIOLATED : sweep->done ? CMD_KEPT : CMD_INCOMPLETE;
}

static int sweep_file(const struct sweep_options *options, const char *path) {
    static struct program program;
    int end = CMD_KEPT;
    unsigned races = 0;
    if (!cmd_load(path, options->form, &program))
        return CMD_BAD_INPUT;
    for (uint32_t op = 0; op < program.op_count; op++) {
        if (program.ops[op].opcode != OP_RACE)
            continue;
        races++;
        bool shown = true;
        int one = options->preemptions == SWEEP_BOUNDLESS
                      ? sweep_explored(options, path, &program, op, &shown)
                      : sweep_bounded(options, path, &program, op);
        if (one == CMD_VIOLATED && shown && options->out && !cmd_save(options->out, LOAD_DETECT, &program))
            return CMD_BAD_INPUT;
        if (one == CMD_VIOLATED || one == CMD_BAD_INPUT)
            return one;
        end = one == CMD_INCOMPLETE ? one : end;
    }
    if (races == 0) {
        fprintf(stderr, "%s: expected a race operation, there is none\n", path);
        return CMD_BAD_INPUT;
    }
    if (&trace_linked == NULL) {
        fprintf(stderr, "This build does not trace loads and stores: points are calls and locks only, and "
                        "data races go unnoticed.\n");
    }
    return end;
}

#define MEMBER(member) offsetof(struct sweep_options, member)
static const struct option option_table[] = {
    {"-o", NULL, OPTION_NAME, MEMBER(out), 0, 0},
    {"--timeout", NULL, OPTION_COUNT, MEMBER(timeout), 0, VERDICT_TIMEOUT_MAX},
    {"--preemptions", NULL, OPTION_COUNT, MEMBER(preemptions), 0, PROGRAM_SWITCHES},
    {"--pct", NULL, OPTION_COUNT, MEMBER(depth), 1, EXPLORE_DEPTH_MAX},
    {"--runs", NULL, OPTION_COUNT, MEMBER(runs), 1, UINT32_MAX},
    {"--seconds", NULL, OPTION_COUNT, MEMBER(seconds), 1, UINT32_MAX},
    {"--seed", NULL, OPTION_COUNT, MEMBER(seed), 0, UINT32_MAX},
    {"--accesses", NULL, OPTION_FLAG, MEMBER(accesses), 0, 0},
    {"--plain", NULL, OPTION_FLAG, MEMBER(plain), 0, 0},
    {"--outcomes", NULL, OPTION_FLAG, MEMBER(outcomes), 0, 0},
    {"--all", NULL, OPTION_FLAG, MEMBER(all), 0, 0},
    OPTION_FORMS(struct sweep_options, form),
};

static int main_schedules(int argc, char **argv) {
    struct sweep_options options = {.preemptions = SWEEP_BOUNDLESS};
    struct words words;
    if (!options_read(&cmd_schedules, argc, argv, &options, &words))
        return CMD_BAD_INPUT;
    if (options.depth > 0 && options.runs == 0)
        options.runs = RUNS;
    return sweep_file(&options, words.at[0]);
}

const struct cmd cmd_schedules = {
    .name = "schedules",
    .summary = "run a race under every schedule there is",
    .main = main_schedules,
    CMD_OPTIONS(option_table),
    .takes = "FILE",
    .takes_one = true,
    .help =
        "NAME\n"
        "    pinfuzz schedules - run a race under every schedule there is\n"
        "\n"
        "SYNOPSIS\n"
        "    pinfuzz schedules [OPTION...] FILE\n"
        "\n"
        "DESCRIPTION\n"
        "    Runs the program in FILE (`-`: standard input) under all schedules of its race, with no bound "
        "on\n"
        "    preemptions: of schedules that differ only in the order of what does not depend on each other,\n"
        "    one is run. The schedule in the file is ignored. If there are several races, each is explored "
        "in\n"
        "    turn while the others keep their schedules.\n"
        "\n"
        "    What depends on each other is taking the same lock, and the end of a call and the beginning of\n"
        "    another actor's. The order of loads and stores does not matter as long as locks order all that\n"
        "    conflict, and each run is looked at for one that does not (RACE-MEMORY). If a run shows a data\n"
        "    race and that is no finding, for the implementation is not held to that clause, the "
        "exploration\n"
        "    begins again as with --accesses. A build that does not trace loads and stores cannot look.\n"
        "\n"
        "    Prints a line for each race:\n"
        "\n"
        "        FILE: operation 2: complete: 7 inequivalent schedules of 2 actors (7 runs, 0 blocked by "
        "sleep\n"
        "        sets), 478 points: kept\n"
        "\n"
        "    A blocked run was left as soon as all that could follow had been run before. Without "
        "`complete`,\n"
        "    there are more schedules than were run. Otherwise prints the clause that was broken, and the\n"
        "    race with the first schedule that broke it, with as few switches as were found to show the "
        "same;\n"
        "    if more than 8 are needed, no program can have them, and the points of the switches are "
        "printed.\n"
        "\n"
        "    With --preemptions, runs every schedule of at most N preemptions, with each actor as the first. "
        "A\n"
        "    preemption takes the processor from an actor that could continue; a switch away from an actor\n"
        "    that waits for a lock or has ended is not counted. With p points and two actors, this takes\n"
        "    about 2 * p^N / N! runs.\n"
        "\n"
        "    With --pct, runs random schedules (probabilistic concurrency testing): actors have random\n"
        "    priorities, which change at D - 1 random steps. A bug of depth D is one that needs D steps in "
        "a\n"
        "    certain order. With n actors and k steps, a run shows it with a probability of at least\n"
        "    1 / (n * k^(D-1)). Prints with which probability all of the runs have missed it, at most:\n"
        "\n"
        "        FILE: operation 1: 10000 random schedules of 2 actors, 18 steps, 452 points: kept; a bug "
        "of\n"
        "        depth 3 was missed with a probability of at most 2e-07\n"
        "\n"
        "OPTIONS\n"
        "    --preemptions N   only schedules of at most N preemptions, 0 to 8; each of them\n"
        "    --pct D           random schedules, for bugs of depth D, 1 to 9\n"
        "    --seed S          of the random schedules; default: 0. The same seed makes the same schedules\n"
        "    --runs N          at most N runs; default: any number, and 10000 with --pct\n"
        "    --seconds S       stop after S seconds of processor time\n"
        "    --accesses        switch at loads and stores, too; beside DMA, that is never complete\n"
        "    --plain           run every schedule, also those that come to the same: to compare with\n"
        "    --outcomes        also print what the schedules come to: the verdict, what each call returned,\n"
        "                      and a number for the state at the program's end\n"
        "    -o OUT            write the program with the first schedule that broke a clause, if a program\n"
        "                      can have it; as text if the name ends in .txt, otherwise as bytes\n"
        "    --all             continue after the first, and print how many broke a clause\n"
        "    --timeout S       give up after S seconds; 0, the default: never\n"
        "    --as-text, --as-bytes\n"
        "                      read FILE as text, or as bytes, whatever it looks like\n"
        "\n"
        "EXIT STATUS\n"
        "    0   the contract was kept under each schedule, or each random one\n"
        "    1   it was broken, or the implementation crashed or hung\n"
        "    2   the program cannot be read or has no race, or OUT cannot be written\n"
        "    3   stopped before the end (Ctrl-C, SIGTERM, --runs, --seconds), and nothing found so far\n"
        "\n"
        "EXAMPLES\n"
        "    pinfuzz schedules corpus/pin_race_fuzzer/pin_beside_unpin.txt\n"
        "    pinfuzz schedules --preemptions 3 short.txt -o worst.txt\n"
        "    pinfuzz schedules --pct 3 --runs 100000 long.txt\n",
};
