/*
 * The enumeration runs in a child process, which keeps what it does where the parent sees it: after a crash
 * the parent can still say which program did it, and write it.
 */
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/cmd.h"
#include "harness/enumerate/changes.h"
#include "harness/enumerate/enumerate.h"
#include "harness/enumerate/operations.h"
#include "harness/program/text.h"
#include "harness/verdict/child.h"
#include "harness/verdict/shrink.h"

#define DEPTH      3u
#define SAVE_EVERY 5u

struct options {
    const char *out;
    const char *state;
    enum load_form form;
    unsigned depth;
    unsigned odd;
    unsigned repeat;
    unsigned seconds;
    unsigned save_every;
    unsigned timeout;
    bool faults;
    bool apart;
    bool alone;
    bool changes;
    bool list;
};

/* Shared with the child. */
static struct shared {
    struct enumeration enumeration;
    volatile sig_atomic_t stop;
} * shared;

/* 17 MiB: not static, for at the end of each process LeakSanitizer goes through all that is. */
static struct small_world *worlds; /* [ENUMERATE_WORLDS] */
static unsigned world_count;       /* changed ones among them, */
static unsigned given_count;       /* which come last */

/* ---- worlds ---- */

static bool add_named(const char *name) {
    const char *says, *found;
    for (unsigned i = 0; (found = small_world_name(i, &says)) != NULL; i++) {
        if (!name || strcmp(name, found) == 0) {
            small_world_get(i, &worlds[world_count++]);
            if (name)
                return true;
        }
    }
    return !name;
}

/* A name of the list, or a program's file. */
static bool add_world(const char *word, enum load_form form) {
    static struct program program;
    if (world_count == ENUMERATE_WORLDS) {
        cmd_usage(&cmd_enumerate, "expected at most %u worlds", ENUMERATE_WORLDS);
        return false;
    }
    if (form == LOAD_DETECT && add_named(word))
        return true;
    if (strchr(word, '/') == NULL && strchr(word, '.') == NULL && access(word, F_OK) != 0) {
        cmd_usage(&cmd_enumerate, "expected a named world (--list) or a file, got '%s'", word);
        return false;
    }
    if (!cmd_load(word, form, &program))
        return false;
    small_world_of(&program, word, &worlds[world_count++]);
    return true;
}

/* Each world that was given, as many operations as asked for, and its changes. */
static bool set_depths(const struct options *options) {
    given_count = world_count;
    for (unsigned i = 0; i < given_count; i++) {
        worlds[i].depth = options->depth;
        if (options->changes) {
            unsigned room = ENUMERATE_WORLDS - world_count;
            unsigned count = changes_of(&worlds[i], worlds + world_count, room);
            if (count > room) {
                cmd_usage(&cmd_enumerate, "these are more than %u changed worlds: give fewer",
                          ENUMERATE_WORLDS);
                return false;
            }
            world_count += count;
        }
    }
    return true;
}

static int list_worlds(void) {
    const char *name, *says;
    static struct program program;
    struct small_world world;
    for (unsigned i = 0; (name = small_world_name(i, &says)) != NULL; i++) {
        printf("# %s: %s\n", name, says);
        small_world_get(i, &world);
        small_world_begin(&world, &program);
        text_write(&program, stdout);
    }
    return CMD_KEPT;
}

/* ---- what came of it ---- */

/* Of the worlds from `first` on, and of programs of so many operations; of any, where that is beyond all. */
#define ANY_LENGTH (ENUMERATE_DEPTH + 1)
static struct enumerate_counts sum_up(const struct enumeration *e, unsigned first, unsigned end,
                                      unsigned length) {
    struct enumerate_counts sum = {0, 0};
    for (unsigned w = first; w < end; w++) {
        for (unsigned k = 0; k <= ENUMERATE_DEPTH; k++) {
            if (length == ANY_LENGTH || length == k) {
                sum.programs += e->counts[w][k].programs;
                sum.states += e->counts[w][k].states;
            }
        }
    }
    return sum;
}

static void print_sum(struct enumerate_counts sum) {
    printf("%" PRIu64 " programs, %" PRIu64 " states\n", sum.programs, sum.states);
}

static void print_counts(const struct enumeration *e) {
    for (unsigned w = 0; w < given_count; w++) {
        printf("%s: ", e->worlds[w].name);
        print_sum(sum_up(e, w, w + 1, ANY_LENGTH));
    }
    if (given_count < e->world_count) {
        printf("%u worlds with a change: ", e->world_count - given_count);
        print_sum(sum_up(e, given_count, e->world_count, ANY_LENGTH));
    }
    for (unsigned k = 0; k <= ENUMERATE_DEPTH; k++) {
        struct enumerate_counts sum = sum_up(e, 0, e->world_count, k);
        if (sum.programs > 0) {
            printf("of %u operations: ", k);
            print_sum(sum);
        }
    }
}

static void print_total(const struct enumeration *e, const struct options *options) {
    struct enumerate_counts sum = sum_up(e, 0, e->world_count, ANY_LENGTH);
    printf("at most %u operations%s%s%s, %u worlds, %" PRIu64 " programs, %" PRIu64 " states, %.1f s: ",
           options->depth, options->faults ? ", at most one fault" : "",
           options->repeat ? ", also repeated" : "", options->apart ? "" : ", states merged", e->world_count,
           sum.programs, sum.states, e->spent);
    if (e->left > 0)
        printf("%" PRIu64 " programs not judged to their end, ", e->left);
}

/* The program that broke something, as it does alone. */
static int print_finding(const struct enumeration *e, const struct options *options, bool died) {
    static struct program found;
    struct verdict alone;
    program_copy(&found, &e->program);
    if (!verdict_of(&found, options->timeout, &alone))
        return CMD_BAD_INPUT;
    bool shows = alone.died || alone.outcome != VERDICT_KEPT;
    if (shows)
        verdict_print(stdout, &alone, options->timeout);
    else if (died)
        printf("the process died");
    else
        verdict_print_outcome(stdout, e->outcome);
    printf(", by %u operations in %s%s:\n", found.op_count, e->worlds[e->world].name,
           shows ? "" : ", but not when the program is run alone");
    text_write(&found, stdout);
    fflush(stdout);
    const char *report = shows ? verdict_report(&found, options->timeout) : NULL;
    if (report)
        fputs(report, stderr);
    return !options->out || cmd_save(options->out, LOAD_DETECT, &found) ? CMD_VIOLATED : CMD_BAD_INPUT;
}

static int print_end(const struct options *options, int status) {
    const struct enumeration *e = &shared->enumeration;
    bool died = status != 0;
    if (e->end == ENUMERATE_FAILED)
        return CMD_BAD_INPUT;
    if (e->end == ENUMERATE_COMPLETE)
        print_counts(e);
    print_total(e, options);
    if (died || e->end == ENUMERATE_FOUND)
        return print_finding(e, options, died);
    if (e->end == ENUMERATE_STOPPED) {
        printf("stopped, nothing found so far\n");
        return CMD_INCOMPLETE;
    }
    printf(e->capped ? "nothing found; of some states not all operations or faults were tried\n"
                     : "complete, nothing found\n");
    return e->capped ? CMD_INCOMPLETE : CMD_KEPT;
}

/* ---- the command ---- */

static void on_interrupt(int signal) {
    (void)signal;
    shared->stop = 1;
}

static void run_child(void *context) {
    enumerate_run(context);
    fflush(NULL);
    _exit(0); /* runs that were left in the middle leak, and that is not their finding */
}

/* One run for several operations does not tell what a fault or a repetition of one of them does. */
static bool shares(const struct options *options) {
    return !options->apart && !options->alone && !options->faults && options->repeat == 0;
}

/* In memory of its own. */
static bool enumerate_once(const struct options *options, bool share, int *status) {
    if ((shared = child_shared(sizeof(*shared))) == NULL)
        return false;
    shared->enumeration = (struct enumeration){.worlds = worlds,
                                               .world_count = world_count,
                                               .odd = options->odd,
                                               .repeat = options->repeat,
                                               .faults = options->faults,
                                               .merge = !options->apart,
                                               .share = share,
                                               .timeout = options->timeout,
                                               .seconds = options->seconds,
                                               .state = share || !shares(options) ? options->state : NULL,
                                               .save_every = options->save_every,
                                               .stop = &shared->stop};
    /* The second one kills. */
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return child_run(run_child, &shared->enumeration, -1, 0, status);
}

/* What was found in a run that operations share, as small as it can be made. */
static void make_small(struct enumeration *e, const struct options *options) {
    static struct program small;
    struct verdict alone;
    program_copy(&small, &e->program);
    if (verdict_of(&small, options->timeout, &alone) && (alone.died || alone.outcome != VERDICT_KEPT)) {
        shrink(&small, &alone, 0, options->timeout, &shared->stop);
        program_copy(&e->program, &small);
    }
}

/* What several operations do together, or whatever took the process down while they shared a run, is looked
 * for once more with each in a run of its own, which may find something shorter. */
static int enumerate(const struct options *options) {
    int status, again;
    if (!enumerate_once(options, shares(options), &status))
        return CMD_BAD_INPUT;
    struct enumeration *first = &shared->enumeration;
    if (!first->share || (status == 0 && !first->sums_up))
        return print_end(options, status);
    make_small(first, options);
    for (unsigned i = 0; i < world_count && first->sums_up; i++)
        if (worlds[i].depth >= first->program.op_count)
            worlds[i].depth = first->program.op_count - 1;
    struct shared *before = shared;
    if (!enumerate_once(options, false, &again))
        return CMD_BAD_INPUT;
    shared->enumeration.spent += first->spent;
    if (again != 0 || shared->enumeration.end == ENUMERATE_FOUND ||
        shared->enumeration.end == ENUMERATE_FAILED)
        return print_end(options, again);
    first->spent = shared->enumeration.spent;
    shared = before;
    return print_end(options, status);
}

static const struct option option_table[] = {
    {"--operations", "-k", OPTION_COUNT, offsetof(struct options, depth), 0, ENUMERATE_DEPTH},
    {"--odd", NULL, OPTION_COUNT, offsetof(struct options, odd), 0, OPERATIONS_ODD},
    {"--repeat", NULL, OPTION_COUNT, offsetof(struct options, repeat), 2, PROGRAM_REPEAT_TIMES},
    {"--faults", NULL, OPTION_FLAG, offsetof(struct options, faults), 0, 0},
    {"--changes", NULL, OPTION_FLAG, offsetof(struct options, changes), 0, 0},
    {"--no-merge", NULL, OPTION_FLAG, offsetof(struct options, apart), 0, 0},
    {"--apart", NULL, OPTION_FLAG, offsetof(struct options, alone), 0, 0},
    {"--state", NULL, OPTION_NAME, offsetof(struct options, state), 0, 0},
    {"--save-every", NULL, OPTION_COUNT, offsetof(struct options, save_every), 0, 86400},
    {"--seconds", NULL, OPTION_COUNT, offsetof(struct options, seconds), 1, UINT32_MAX},
    {"--timeout", NULL, OPTION_COUNT, offsetof(struct options, timeout), 0, VERDICT_TIMEOUT_MAX},
    {"--list", NULL, OPTION_FLAG, offsetof(struct options, list), 0, 0},
    {"-o", NULL, OPTION_NAME, offsetof(struct options, out), 0, 0},
    OPTION_FORMS(struct options, form),
};

static int main_enumerate(int argc, char **argv) {
    struct options options = {
        .depth = DEPTH, .odd = 1, .save_every = SAVE_EVERY, .timeout = VERDICT_TIMEOUT, .form = LOAD_DETECT};
    struct words words;
    if (!options_read(&cmd_enumerate, argc, argv, &options, &words))
        return CMD_BAD_INPUT;
    if (options.list)
        return list_worlds();
    worlds = child_shared(ENUMERATE_WORLDS * sizeof(*worlds));
    if (!worlds)
        return CMD_BAD_INPUT;
    for (int i = 0; i < words.count; i++)
        if (!add_world(words.at[i], options.form))
            return CMD_BAD_INPUT;
    if (words.count == 0)
        add_named(NULL);
    return set_depths(&options) ? enumerate(&options) : CMD_BAD_INPUT;
}

const struct cmd cmd_enumerate = {
    .name = "enumerate",
    .summary = "run every program up to a size in small worlds",
    .main = main_enumerate,
    CMD_OPTIONS(option_table),
    .help =
        "NAME\n"
        "    pinfuzz enumerate - run every program up to a size in small worlds\n"
        "\n"
        "SYNOPSIS\n"
        "    pinfuzz enumerate [OPTION...] [WORLD...]\n"
        "\n"
        "DESCRIPTION\n"
        "    Runs every program of at most K operations in each WORLD, the shortest first, and ends at the\n"
        "    first one that breaks a clause, crashes or hangs: there is no shorter one. A WORLD is one of\n"
        "    the named worlds (--list), or a FILE, the machine and the adapters of which are used and the\n"
        "    operations are not. Default: all named worlds.\n"
        "\n"
        "    The operations are all there are, but for races (`pinfuzz schedules`) and `repeat`, which\n"
        "    stands for a longer program. Their operands are the boundaries of the state that the program\n"
        "    before them has reached: each adapter, each handle ever issued and the numbers next to it,\n"
        "    each index and the one behind the last, each form of a size and one less and one more of it,\n"
        "    each view and pin there is. Some of these fit, such as a size from one page to MaximumSize;\n"
        "    others are odd. Operands that fit are tried in every combination, and with at most N odd\n"
        "    ones an operation (--odd). Two operations that come to the same call in a state are tried\n"
        "    once. Actor 1 makes one operand odd: actors are alike, but for their IRQL.\n"
        "\n"
        "    A program whose state was reached before is not continued. A state is that of the model, and\n"
        "    everything that the oracle can look at: the ledger, the frames, locks and views of each page,\n"
        "    domains, the words that sections hold. This rests on an assumption: that an implementation\n"
        "    remembers nothing else that matters. With --no-merge every program is continued.\n"
        "\n"
        "    If nothing is found, prints a line for each world and for each length, and the total:\n"
        "\n"
        "        at most 3 operations, states merged, 12 worlds, P programs, S states, T s: complete,\n"
        "        nothing found\n"
        "\n"
        "    where the states are those that were continued, and T is processor time. It also says how many\n"
        "    programs were not judged to their end, if there were any, because an implementation made other\n"
        "    choices (`pinfuzz help run`). Otherwise prints the program, and its report to stderr.\n"
        "\n"
        "OPTIONS\n"
        "    -k K, --operations K\n"
        "                   at most K operations, 0 to 8; default: 3\n"
        "    --odd N        at most N odd operands in an operation, 0 to 3; default: 1\n"
        "    --changes      also in each WORLD with one member of the machine or of an adapter changed to a\n"
        "                   boundary of its range. A change counts as an operation: the programs there have\n"
        "                   at most K - 1\n"
        "    --faults       run each program also with each fault that it can meet, one at a time (FAULTS\n"
        "                   in `pinfuzz help programs`); boot has none, but `start` and `add` have\n"
        "    --repeat N     run each program without a fault also N times in a row, as `repeat` has it:\n"
        "                   for what an implementation counts, and nobody can look at\n"
        "    --no-merge     continue every program, also where its state was reached before\n"
        "    --apart        boot for each program. Otherwise, operations that leave the state as it is run\n"
        "                   one after the other, which rests on the same assumption, and takes half of\n"
        "                   the time. What they break together is reported as small as it can be made\n"
        "                   (`pinfuzz help minimize`), if no program of at most K operations breaks\n"
        "                   something alone that is smaller\n"
        "    --state FILE   keep the state of the enumeration in FILE, and continue from there if FILE is\n"
        "                   there. It is replaced at once, every few seconds and at the end: after Ctrl-C\n"
        "                   or kill -9, the same command continues, and its totals are the same\n"
        "    --save-every S replace FILE every S seconds; 0: after each state; default: 5\n"
        "    --seconds S    stop after S seconds of processor time\n"
        "    --timeout S    one run of a program may take S seconds; 0: no limit; default: 60\n"
        "    --list         print the named worlds, and run nothing\n"
        "    -o OUT         write the program that broke something to OUT: as text if the name ends in\n"
        "                   .txt, otherwise as bytes\n"
        "    --as-text, --as-bytes\n"
        "                   read every WORLD as a file, as text or as bytes, whatever it looks like\n"
        "\n"
        "EXIT STATUS\n"
        "    0   complete, and nothing found\n"
        "    1   a program broke a clause, crashed or hung\n"
        "    2   the command line, a WORLD or the FILE of --state has an error, or OUT cannot be written\n"
        "    3   stopped before the end (Ctrl-C, SIGTERM, --seconds), and nothing found so far\n"
        "\n"
        "EXAMPLES\n"
        "    pinfuzz enumerate -k 2\n"
        "    pinfuzz enumerate -k 4 --state long.state two-remapped -o shortest.txt\n",
};
