/*
 * Each file runs in a child process, so that an implementation that crashes or hangs on one does not
 * end the others. The child tells the outcome of each run through a pipe before it dies of it: a
 * violation aborts the process, as it does in a fuzz target, unless more runs are to follow.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/cmd.h"
#include "harness/executor.h"

/* The outcome of one run is a clause that was broken, or: */
#define OUTCOME_KEPT CONTRACT_CLAUSE_COUNT

#define REPEAT_MAX      1000000u
#define TIMEOUT_DEFAULT 60u /* the largest program runs in well under a second, sanitized too */
#define TIMEOUT_MAX     86400u

struct options {
    enum load_form form;
    bool fork;
    bool verbose;
    unsigned repeat;
    unsigned timeout;
};

/* What is known of all runs of one file. */
struct verdict {
    unsigned runs;
    unsigned first; /* outcome of the first run */
    unsigned last;
    unsigned other; /* the first outcome that differs, and the run it came from; 0: none did */
    unsigned other_run;
    bool died;
    int status; /* of the child, when it died otherwise than of a clause */
};

static struct {
    int pipe; /* where outcomes go; -1: to the verdict of this process */
    bool last;
    const char *path;
    jmp_buf next;
} running;

static struct verdict verdict;

static void note(unsigned outcome) {
    verdict.last = outcome;
    if (verdict.runs++ == 0) {
        verdict.first = outcome;
    } else if (outcome != verdict.first && verdict.other_run == 0) {
        verdict.other = outcome;
        verdict.other_run = verdict.runs;
    }
}

static void tell(unsigned outcome) {
    unsigned char byte = (unsigned char)outcome;
    if (running.pipe < 0) {
        note(outcome);
    } else {
        while (write(running.pipe, &byte, 1) < 0 && errno == EINTR) {
        }
    }
}
_Static_assert(CONTRACT_CLAUSE_COUNT < 256, "an outcome is one byte");

static void print_outcome(unsigned outcome) {
    if (outcome == OUTCOME_KEPT) {
        printf("kept");
    } else {
        printf("violated %s", contract_table[outcome].id);
    }
}

static void on_violation(enum contract_clause clause) {
    tell(clause);
    if (!running.last) {
        longjmp(running.next, 1);
    }
    if (running.pipe < 0) { /* nobody else is left to say it */
        printf("%s: ", running.path);
        print_outcome(clause);
        printf("\n");
        fflush(stdout);
    }
}

static void run_all(const struct options *options) {
    contract_on_violation(on_violation);
    for (volatile unsigned i = 0; i < options->repeat; i++) {
        running.last = i + 1 == options->repeat;
        if (setjmp(running.next) == 0) {
            executor_run(&cmd_program);
            tell(OUTCOME_KEPT);
        }
        if (i == 0 && options->fork && !options->verbose && options->repeat > 1) {
            /* One report is enough; the others must be the same. */
            int null = open("/dev/null", O_WRONLY);
            dup2(null, STDERR_FILENO);
            close(null);
        }
    }
    contract_on_violation(NULL);
}

static bool run_child(const struct options *options) {
    int ends[2];
    fflush(NULL);
    if (pipe(ends) != 0) {
        perror("pinfuzz run: pipe");
        return false;
    }
    pid_t child = fork();
    if (child < 0) {
        perror("pinfuzz run: fork");
        close(ends[0]);
        close(ends[1]);
        return false;
    }
    if (child == 0) {
        close(ends[0]);
        running.pipe = ends[1];
        alarm(options->timeout);
        run_all(options);
        exit(0); /* not _exit(): LeakSanitizer looks now */
    }
    close(ends[1]);
    unsigned char outcomes[256];
    for (ssize_t got; (got = read(ends[0], outcomes, sizeof outcomes)) != 0;) {
        if (got < 0 && errno != EINTR) {
            break;
        }
        for (ssize_t i = 0; i < got; i++) {
            note(outcomes[i]);
        }
    }
    close(ends[0]);
    while (waitpid(child, &verdict.status, 0) < 0 && errno == EINTR) {
    }
    /* A violation in the last run ends the process by its own doing. */
    bool by_clause = verdict.runs == options->repeat && verdict.last != OUTCOME_KEPT;
    verdict.died = !by_clause && verdict.status != 0;
    return true;
}

static void print_death(const struct options *options) {
    if (WIFSIGNALED(verdict.status) && WTERMSIG(verdict.status) == SIGALRM) {
        printf("hung (longer than %u s)", options->timeout);
    } else if (WIFSIGNALED(verdict.status)) {
        printf("crashed (signal %d)", WTERMSIG(verdict.status));
    } else {
        printf("crashed (exit status %d)", WEXITSTATUS(verdict.status));
    }
}

/* One line; true when the contract was kept. */
static bool print_verdict(const struct options *options, const char *path) {
    printf("%s: ", path);
    bool kept = false;
    if (verdict.died) {
        print_death(options);
        if (options->repeat > 1) {
            printf(" after %u of %u runs", verdict.runs, options->repeat);
        }
    } else if (verdict.other_run != 0) {
        printf("unstable: run 1 ");
        print_outcome(verdict.first);
        printf(", run %u ", verdict.other_run);
        print_outcome(verdict.other);
    } else {
        kept = verdict.first == OUTCOME_KEPT;
        print_outcome(verdict.first);
        if (options->repeat > 1) {
            printf(" (%u runs)", options->repeat);
        }
    }
    printf("\n");
    fflush(stdout);
    return kept;
}

static int run_file(const struct options *options, const char *path) {
    if (!cmd_load(path, options->form)) {
        return CMD_BAD_INPUT;
    }
    verdict = (struct verdict){0};
    running.path = path;
    running.pipe = -1;
    if (!options->fork) {
        run_all(options);
    } else if (!run_child(options)) {
        return CMD_BAD_INPUT;
    }
    return print_verdict(options, path) ? CMD_KEPT : CMD_VIOLATED;
}

static bool parse_count(const char *text, unsigned min, unsigned max, unsigned *count) {
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != 0 || errno != 0 || value < min || value > max) {
        return false;
    }
    *count = (unsigned)value;
    return true;
}

static int main_run(int argc, char **argv) {
    struct options options = {.form = LOAD_DETECT, .fork = true, .repeat = 1, .timeout = TIMEOUT_DEFAULT};
    struct cmd_files files = {0};
    int result = CMD_KEPT;
    bool names_only = false;
    bool any = false;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        bool repeat = strcmp(word, "--repeat") == 0;
        if (names_only || word[0] != '-' || word[1] == 0) {
            any = true;
            if (!cmd_files_add(&files, word)) {
                result = CMD_BAD_INPUT;
            }
        } else if (strcmp(word, "--") == 0) {
            names_only = true;
        } else if (strcmp(word, "--no-fork") == 0) {
            options.fork = false;
        } else if (strcmp(word, "-v") == 0 || strcmp(word, "--verbose") == 0) {
            options.verbose = true;
        } else if (strcmp(word, "--as-text") == 0) {
            options.form = LOAD_TEXT;
        } else if (strcmp(word, "--as-bytes") == 0) {
            options.form = LOAD_BYTES;
        } else if (repeat || strcmp(word, "--timeout") == 0) {
            unsigned max = repeat ? REPEAT_MAX : TIMEOUT_MAX;
            unsigned *count = repeat ? &options.repeat : &options.timeout;
            if (++i == argc || !parse_count(argv[i], repeat, max, count)) {
                cmd_files_free(&files);
                return cmd_usage(&cmd_run, "%s wants a number from %u to %u", word, repeat ? 1u : 0u, max);
            }
        } else {
            cmd_files_free(&files);
            return cmd_usage(&cmd_run, "unknown option '%s'", word);
        }
    }
    if (!any) {
        return cmd_usage(&cmd_run, "FILE is missing");
    }
    for (size_t i = 0; i < files.count; i++) {
        int one = run_file(&options, files.paths[i]);
        result = one == CMD_VIOLATED || result == CMD_KEPT ? one : result;
    }
    cmd_files_free(&files);
    return result;
}

const struct cmd cmd_run = {
    .name = "run",
    .summary = "run programs and say whether the contract was kept",
    .main = main_run,
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
        "        FILE: violated PIN-COUNT\n"
        "        FILE: crashed (signal 11)\n"
        "        FILE: hung (longer than 60 s)\n"
        "        FILE: unstable: run 1 kept, run 7 violated PIN-COUNT\n"
        "\n"
        "    A violation's report goes to stderr: the clause, what was expected and what came, the\n"
        "    operation, who broke it, and the program so far. Each file runs in a process of its own,\n"
        "    which a violation ends as it would end a fuzz target.\n"
        "\n"
        "    Below a DIR hidden files, *.md and files called `verdict` are passed over.\n"
        "\n"
        "OPTIONS\n"
        "    --repeat N     run each program N times in one process, and demand the same verdict each\n"
        "                   time. Only the first run prints its report.\n"
        "    -v, --verbose  with --repeat: let every run print its report\n"
        "    --timeout S    a program may take S seconds, all repetitions together; 0: for ever.\n"
        "                   60 when not given.\n"
        "    --no-fork      run in this process, for a debugger or a profiler. The first violation ends\n"
        "                   it; there is no timeout.\n"
        "    --as-text, --as-bytes\n"
        "                   take every FILE for text, or for bytes, whatever it looks like\n"
        "\n"
        "EXIT STATUS\n"
        "    0   all kept\n"
        "    1   a program broke a clause, crashed, hung or was unstable\n"
        "    2   else, a program could not be read; the others were run\n"
        "\n"
        "EXAMPLES\n"
        "    pinfuzz run corpus crashes\n"
        "    pinfuzz run --repeat 100 crash-3f1c\n",
};
