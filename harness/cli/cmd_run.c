/*
 * Each file runs in a child process, so that an implementation that crashes or hangs on one does not
 * end the others. The child tells the outcome of each run through a pipe before it dies of it: a
 * violation aborts the process, as it does in a fuzz target, unless more runs are to follow.
 */
#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "harness/cli/cmd.h"
#include "harness/cli/left.h"
#include "harness/drive/executor.h"
#include "harness/judge/run.h"
#include "harness/verdict/child.h"
#include "harness/verdict/death.h"
#include "harness/verdict/verdict.h"

#define REPEAT_MAX 1000000u

struct options {
    enum load_form form;
    bool no_fork;
    bool verbose;
    bool threads;
    unsigned repeat;
    unsigned timeout;
};

/* What is known of all runs of one file; a child writes it where its parent sees it. */
struct runs {
    unsigned runs;
    unsigned first; /* outcome of the first run */
    unsigned last;
    unsigned other; /* the first outcome that differs, and the run it came from; 0: none did */
    unsigned other_run;
    bool died;
    int status;         /* of the child, when it died otherwise than of a clause */
    char left[RUN_WHY]; /* why the last run was not judged to its end; "": it was */
    struct left all;    /* of all files */
};

static struct runs *runs;

static struct {
    struct program program;
    bool forked;
    bool last;
    const char *path;
    jmp_buf next;
} running;

static void note(unsigned outcome) {
    runs->last = outcome;
    if (runs->runs++ == 0) {
        runs->first = outcome;
        left_note(&runs->all);
    } else if (outcome != runs->first && runs->other_run == 0) {
        runs->other = outcome;
        runs->other_run = runs->runs;
    }
}

static void on_violation(enum contract_clause clause) {
    note(clause);
    if (!running.last)
        longjmp(running.next, 1);
    if (!running.forked) { /* nobody else is left to say it */
        printf("%s: ", running.path);
        verdict_print_outcome(stdout, clause);
        printf("\n");
        fflush(stdout);
    }
}

static void run_all(void *context) {
    const struct options *options = context;
    contract_on_violation(on_violation);
    const struct run_options how = {.threads = options->threads};
    for (volatile unsigned i = 0; i < options->repeat; i++) {
        running.last = i + 1 == options->repeat;
        if (setjmp(running.next) == 0) {
            executor_run_with(&running.program, &how);
            if (!run_left_early(runs->left, sizeof(runs->left)))
                runs->left[0] = 0;
            note(VERDICT_KEPT);
        }
        if (i == 0 && running.forked && !options->verbose && !options->threads && options->repeat > 1) {
            /* One report is enough; the others must be the same. */
            child_hush();
        }
    }
    contract_on_violation(NULL);
}

/* One line; true when the contract was kept. */
static bool print_verdict(const struct options *options, const char *path) {
    printf("%s: ", path);
    bool kept = false;
    if (runs->died) {
        death_print(stdout, runs->status, options->timeout);
        if (options->repeat > 1)
            printf(" after %u of %u runs", runs->runs, options->repeat);
    } else if (runs->other_run != 0) {
        printf("unstable: run 1 ");
        verdict_print_outcome(stdout, runs->first);
        printf(", run %u ", runs->other_run);
        verdict_print_outcome(stdout, runs->other);
    } else {
        kept = runs->first == VERDICT_KEPT;
        verdict_print_outcome(stdout, runs->first);
        if (options->repeat > 1)
            printf(" (%u runs)", options->repeat);
        if (kept && runs->left[0])
            printf(", but %s", runs->left);
    }
    printf("\n");
    fflush(stdout);
    return kept;
}

static int run_file(struct options *options, const char *path) {
    if (!cmd_load(path, options->form, &running.program))
        return CMD_BAD_INPUT;
    if (!runs && (runs = child_shared(sizeof(*runs))) == NULL)
        return CMD_BAD_INPUT;
    memset(runs, 0, offsetof(struct runs, all));
    running.path = path;
    running.forked = !options->no_fork;
    if (options->no_fork) {
        run_all(options);
    } else if (!child_run(run_all, options, -1, options->timeout, &runs->status)) {
        return CMD_BAD_INPUT;
    } else {
        /* A violation in the last run ends the process by its own doing. */
        bool by_clause = runs->runs == options->repeat && runs->last != VERDICT_KEPT;
        runs->died = !by_clause && runs->status != 0;
    }
    return print_verdict(options, path) ? CMD_KEPT : CMD_VIOLATED;
}

static const struct option option_table[] = {
    {"--no-fork", NULL, OPTION_FLAG, offsetof(struct options, no_fork), 0, 0},
    {"--verbose", "-v", OPTION_FLAG, offsetof(struct options, verbose), 0, 0},
    {"--threads", NULL, OPTION_FLAG, offsetof(struct options, threads), 0, 0},
    {"--repeat", NULL, OPTION_COUNT, offsetof(struct options, repeat), 1, REPEAT_MAX},
    {"--timeout", NULL, OPTION_COUNT, offsetof(struct options, timeout), 0, VERDICT_TIMEOUT_MAX},
    OPTION_FORMS(struct options, form),
};

static int main_run(int argc, char **argv) {
    struct options options = {.form = LOAD_DETECT, .repeat = 1, .timeout = VERDICT_TIMEOUT};
    struct cmd_files files = {0};
    struct words words;
    int result = CMD_KEPT;
    if (!options_read(&cmd_run, argc, argv, &options, &words))
        return CMD_BAD_INPUT;
    for (int i = 0; i < words.count; i++)
        result = cmd_files_add(&files, words.at[i], options.form) ? result : CMD_BAD_INPUT;
    for (size_t i = 0; i < files.count; i++) {
        int one = run_file(&options, files.paths[i]);
        result = one == CMD_VIOLATED || result == CMD_KEPT ? one : result;
    }
    /* Where it chose as this project does there is nothing to say. */
    if (runs && runs->all.chosen[0])
        fprintf(stderr, "judged by its own choices, see `pinfuzz dialect`: %s\n", runs->all.chosen);
    if (runs && files.count > 1)
        left_print(stderr, &runs->all, files.count);
    cmd_files_free(&files);
    return result;
}

const struct cmd cmd_run = {
    .name = "run",
    .summary = "run programs and say whether the contract was kept",
    .main = main_run,
    CMD_OPTIONS(option_table),
    .takes = "FILE",
    .help =
        "NAME\n"
        "    pinfuzz run - run programs and say whether the contract was kept\n"
        "\n"
        "SYNOPSIS\n"
        "    pinfuzz run [OPTION...] FILE|DIR...\n"
        "\n"
        "DESCRIPTION\n"
        "    Runs the program in each FILE (text or bytes; `-`: standard input), and each one below each\n"
        "    DIR, against the implementation that is linked in, and prints one line for each:\n"
        "\n"
        "        FILE: kept\n"
        "        FILE: kept, but judged up to operation 1 of 3, which went another way than RACE-ATOMIC\n"
        "              (expected ...; got ...)\n"
        "        FILE: violated PIN-COUNT\n"
        "        FILE: crashed (signal 11)\n"
        "        FILE: hung (longer than 60 s)\n"
        "        FILE: unstable: run 1 kept, run 7 violated PIN-COUNT\n"
        "\n"
        "    The report of a violation goes to stderr: the clause, the expected and the actual result, the\n"
        "    operation, who broke the clause, and the program so far. Each file runs in a process of its\n"
        "    own; a violation ends that process, as it would end a fuzz target.\n"
        "\n"
        "    Where the contract leaves a choice, an implementation is judged by what it chose (`pinfuzz\n"
        "    help dialect`); the choices that are not this project's are named at the end, and in reports.\n"
        "    Below them, after several programs, a table tells what was not judged: by which clause, for\n"
        "    which choice, and of how many programs.\n"
        "    What concurrent calls may come to has no such choices: one that goes another way than a clause\n"
        "    of basis C about races, and is no deadlock, is not judged on from there, unless hold_chosen\n"
        "    (harness/sut.h) is set.\n"
        "    One that boots no machine is reported in the same way.\n"
        "\n"
        "    Below a DIR, hidden files, *.md, *.c, *.html, and files called `verdict` or `verdict.txt` are\n"
        "    skipped.\n"
        "    A zip archive, or a file with several programs in Base64, is read like a directory:\n"
        "    `pinfuzz help programs` says what a program is.\n"
        "\n"
        "OPTIONS\n"
        "    --repeat N     run each program N times in one process, and require the same verdict each\n"
        "                   time. Only the first run prints its report.\n"
        "    -v, --verbose  with --repeat: every run prints its report\n"
        "    --threads      run the actors of a race on threads of the operating system and ignore its\n"
        "                   schedule; for a build with ThreadSanitizer, which then sees data races.\n"
        "                   Runs differ from each other: use a --repeat of thousands.\n"
        "    --timeout S    a program may take S seconds, all repetitions together; 0: no limit;\n"
        "                   default: 60\n"
        "    --no-fork      run in this process, for a debugger or a profiler. The first violation ends\n"
        "                   it; there is no timeout.\n"
        "    --as-text, --as-bytes\n"
        "                   read every FILE as text, or as bytes, whatever it looks like\n"
        "\n"
        "EXIT STATUS\n"
        "    0   all programs kept the contract\n"
        "    1   a program broke a clause, crashed, hung or was unstable\n"
        "    2   otherwise, if a program could not be read; the others were run\n"
        "\n"
        "EXAMPLES\n"
        "    pinfuzz run corpus crashes\n"
        "    pinfuzz run --repeat 100 crash-3f1c\n",
};
