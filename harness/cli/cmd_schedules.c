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
#include "harness/interleave/trace.h"
#include "harness/program/text.h"
#include "harness/verdict/child.h"
#include "harness/verdict/death.h"
#include "harness/verdict/schedules.h"

#define PREEMPTIONS 2u
/* Beyond, a race is no small one any more: at 50 microseconds each, more than an hour. */
#define LIMIT UINT64_C(100000000)

struct options {
    const char *out;
    enum load_form form;
    unsigned preemptions;
    unsigned timeout;
    bool all;
};

struct sweep {
    struct schedules schedules;
    struct program_op running; /* the race as it runs */
    struct program_op first;   /* the first that broke something */
    unsigned outcome;          /* VERDICT_KEPT: none did */
    uint64_t broken;           /* how many */
    bool done;
    bool all;
};

static struct sweep *sweep;

static bool seen(struct schedules *self, unsigned outcome) {
    const struct program_op *race = &self->program->ops[self->op];
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

/* Prints one line; true when the contract was kept under all of them. */
static bool sweep_race(const struct options *options, const char *path, struct program *program, uint32_t op,
                       int *status) {
    struct program_op asked = program->ops[op];
    *sweep = (struct sweep){.schedules = {.op = op, .preemptions = options->preemptions, .limit = LIMIT},
                            .outcome = VERDICT_KEPT,
                            .all = options->all};
    if (!child_run(run_sweep, program, -1, options->timeout, status)) {
        *status = -1;
        return false;
    }
    const struct schedules *s = &sweep->schedules;
    printf("%s: operation %u: %" PRIu64 " schedules of %u actors, at most %u preemptions, %u points: ", path,
           op + 1, s->count, s->actors, options->preemptions, s->points);
    bool kept = *status == 0 && sweep->outcome == VERDICT_KEPT;
    program->ops[op] = asked;
    if (*status != 0) {
        death_print(stdout, *status, options->timeout);
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
        text_print_op(&program->ops[op], text, sizeof text);
        printf("    %s\n", text);
    }
    fflush(stdout);
    *status = 0;
    return kept;
}

static int sweep_file(const struct options *options, const char *path) {
    static struct program program;
    int status = 0;
    unsigned races = 0;
    if (!cmd_load(path, options->form, &program)) {
        return CMD_BAD_INPUT;
    }
    if (sweep == NULL && (sweep = child_shared(sizeof *sweep)) == NULL) {
        return CMD_BAD_INPUT;
    }
    for (uint32_t op = 0; op < program.op_count; op++) {
        if (program.ops[op].opcode != OP_RACE) {
            continue;
        }
        races++;
        if (sweep_race(options, path, &program, op, &status)) {
            continue;
        }
        if (status != 0) {
            return CMD_BAD_INPUT;
        }
        bool saved = options->out == NULL || cmd_save(options->out, LOAD_DETECT, &program);
        return saved ? CMD_VIOLATED : CMD_BAD_INPUT;
    }
    if (races == 0) {
        fprintf(stderr, "%s: expected a race operation, there is none\n", path);
        return CMD_BAD_INPUT;
    }
    if (&trace_linked == NULL) {
        fprintf(stderr, "This build does not trace loads and stores: points are calls and locks only.\n");
    }
    return CMD_KEPT;
}

static const struct option option_table[] = {
    {"-o", NULL, OPTION_NAME, offsetof(struct options, out), 0, 0},
    {"--timeout", NULL, OPTION_COUNT, offsetof(struct options, timeout), 0, VERDICT_TIMEOUT_MAX},
    {"--preemptions", NULL, OPTION_COUNT, offsetof(struct options, preemptions), 0, PROGRAM_SWITCHES},
    {"--all", NULL, OPTION_FLAG, offsetof(struct options, all), 0, 0},
    OPTION_FORMS(struct options, form),
};

static int main_schedules(int argc, char **argv) {
    struct options options = {.preemptions = PREEMPTIONS};
    struct words words;
    return options_read(&cmd_schedules, argc, argv, &options, &words) ? sweep_file(&options, words.at[0])
                                                                      : CMD_BAD_INPUT;
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
        "    Runs the program in FILE (`-`: standard input) once for each schedule of its race with at most\n"
        "    N preemptions, with each actor as the first. The schedule in the file is ignored. A preemption\n"
        "    takes the processor from an actor that could continue; a switch away from an actor that waits\n"
        "    for a lock or has ended is not counted. If there are several races, each is explored in turn\n"
        "    while the others keep their schedules.\n"
        "\n"
        "    Prints a line for each race:\n"
        "\n"
        "        FILE: operation 2: 40602 schedules of 2 actors, at most 2 preemptions, 201 points: kept\n"
        "\n"
        "    or the clause that was broken, and the race with the first schedule that broke it.\n"
        "\n"
        "    With p points and two actors, this takes about 2 * p^N / N! runs.\n"
        "\n"
        "OPTIONS\n"
        "    --preemptions N   0 to 8; default: 2, which is enough for most races\n"
        "    -o OUT            write the program with the first schedule that broke a clause; as text if\n"
        "                      the name ends in .txt, otherwise as bytes\n"
        "    --all             continue after the first, and print how many broke a clause\n"
        "    --timeout S       give up after S seconds; 0, the default: never\n"
        "    --as-text, --as-bytes\n"
        "                      read FILE as text, or as bytes, whatever it looks like\n"
        "\n"
        "EXIT STATUS\n"
        "    0 the contract was kept under each schedule; 1 it was broken, or the implementation crashed or\n"
        "    hung; 2 the program cannot be read or has no race, or OUT cannot be written\n"
        "\n"
        "EXAMPLES\n"
        "    pinfuzz schedules corpus/pin_race_fuzzer/pin_beside_unpin.txt\n"
        "    pinfuzz schedules --preemptions 3 short.txt -o worst.txt\n",
};
