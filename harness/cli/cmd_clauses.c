/*
 * All programs run in one child process, which keeps the counts where its parent sees them. When a
 * program crashes it, the next child goes on behind that program.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/cli/cmd.h"
#include "harness/interleave/trace.h"
#include "harness/judge/run.h"
#include "harness/sut.h"
#include "harness/verdict/child.h"
#include "harness/verdict/verdict.h"

struct progress {
    size_t done; /* programs that need not be run any more */
    int result;
    size_t left; /* programs that were not judged to their end, and why the first was not */
    char why[RUN_WHY];
    struct contract_count counts[CONTRACT_CLAUSE_COUNT];
};

/* What a child goes through: the programs, and how far it has come, which its parent sees. */
struct walk {
    const struct cmd_files *files;
    struct progress *progress;
};

/* Runs the programs from progress->done on; a violation is told, and does not end the rest. */
static void run_rest(void *context) {
    const struct cmd_files *files = ((struct walk *)context)->files;
    struct progress *progress = ((struct walk *)context)->progress;
    static struct program program;
    memcpy(contract_counts, progress->counts, sizeof contract_counts);
    for (; progress->done < files->count; progress->done++) {
        const char *path = files->paths[progress->done];
        if (!cmd_load(path, LOAD_DETECT, &program)) {
            progress->result = progress->result == CMD_KEPT ? CMD_BAD_INPUT : progress->result;
            continue;
        }
        unsigned outcome = verdict_here(&program, NULL);
        char why[RUN_WHY];
        if (outcome == VERDICT_KEPT && run_left_early(why, sizeof why) && progress->left++ == 0) {
            memcpy(progress->why, why, sizeof why);
        }
        if (outcome != VERDICT_KEPT) {
            fprintf(stderr, "%s: ", path);
            verdict_print_outcome(stderr, outcome);
            fprintf(stderr, "\n");
            progress->result = CMD_VIOLATED;
        }
        memcpy(progress->counts, contract_counts, sizeof progress->counts);
    }
}

/* False when no child can be made. */
static bool run_in_children(struct walk *walk) {
    struct progress *progress = walk->progress;
    while (progress->done < walk->files->count) {
        int status;
        if (!child_run(run_rest, walk, -1, 0, &status)) {
            return false;
        }
        if (progress->done < walk->files->count) {
            fprintf(stderr, "%s: crashed\n", walk->files->paths[progress->done++]);
            progress->result = CMD_VIOLATED;
        } else if (status != 0) { /* after all of them: LeakSanitizer's word */
            progress->result = CMD_VIOLATED;
        }
    }
    return true;
}

static int reach(const struct cmd_files *files) {
    struct walk walk = {files, child_shared(sizeof *walk.progress)};
    if (walk.progress == NULL) {
        return CMD_BAD_INPUT;
    }
    int result = run_in_children(&walk) ? walk.progress->result : CMD_BAD_INPUT;
    if (walk.progress->left) {
        fprintf(stderr, "%zu of %zu programs were not judged to their end, the first of them %s\n",
                walk.progress->left, files->count, walk.progress->why);
    }
    memcpy(contract_counts, walk.progress->counts, sizeof contract_counts);
    return result;
}

static bool is_reached(enum contract_clause clause) {
    const struct contract_count *count = &contract_counts[clause];
    return count->kept + count->refused + count->faulted != 0;
}

/* Without traced loads and stores (harness/interleave/trace.h) nobody sees a race of two of them; choices
 * that are all declared are clauses of their own. */
static bool is_counted(enum contract_clause clause) {
    if (clause == CLAUSE_DIALECT_STEADY)
        return !sut_get()->hold_chosen;
    return clause != CLAUSE_RACE_MEMORY || &trace_linked != NULL;
}

static void print_table(bool counts) {
    printf("%-16s %-5s ", "CLAUSE", "BASIS");
    if (counts) {
        printf("%10s %10s %10s  ", "KEPT", "REFUSED", "FAULTED");
    }
    printf("TITLE [SOURCE]\n");
    for (unsigned i = 0; i < CONTRACT_CLAUSE_COUNT; i++) {
        const struct contract_row *row = &contract_table[i];
        const struct contract_count *count = &contract_counts[i];
        printf("%-16s %-5c ", row->id, row->basis);
        if (counts && is_reached(i)) {
            printf("%10" PRIu64 " %10" PRIu64 " %10" PRIu64 "  ", count->kept, count->refused,
                   count->faulted);
        } else if (counts) {
            printf("%-32s  ", is_counted(i) ? "UNREACHED" : "(not counted)");
        }
        printf("%s", row->title);
        printf(row->source[0] ? " [%s]\n" : "\n", row->source);
    }
}

static bool print_reached(void) {
    unsigned reached = 0, all = 0;
    for (unsigned i = 0; i < CONTRACT_CLAUSE_COUNT; i++) {
        all += is_counted(i);
        reached += is_counted(i) && is_reached(i);
    }
    if (!is_counted(CLAUSE_DIALECT_STEADY)) {
        printf(
            "DIALECT-STEADY is not counted: this implementation is held to its choices clause by clause.\n");
    }
    if (!is_counted(CLAUSE_RACE_MEMORY)) {
        printf("RACE-MEMORY is not counted: this build does not trace loads and stores.\n");
    }
    printf("clauses reached: %u of %u\n", reached, all);
    return reached == all;
}

struct options {
    bool require;
};

static const struct option option_table[] = {
    {"--require", NULL, OPTION_FLAG, offsetof(struct options, require), 0, 0}};

static int main_clauses(int argc, char **argv) {
    struct options options = {0};
    struct cmd_files files = {0};
    struct words words;
    int result = CMD_KEPT;
    if (!options_read(&cmd_clauses, argc, argv, &options, &words)) {
        return CMD_BAD_INPUT;
    }
    bool counts = words.count > 0;
    if (options.require && !counts) {
        return cmd_usage(&cmd_clauses, "--require wants a DIR");
    }
    for (int i = 0; i < words.count; i++) {
        result = cmd_files_add(&files, words.at[i], LOAD_DETECT) ? result : CMD_BAD_INPUT;
    }
    int reached = reach(&files);
    result = reached == CMD_KEPT ? result : reached;
    cmd_files_free(&files);
    print_table(counts);
    if (counts && !print_reached() && options.require) {
        result = CMD_VIOLATED;
    }
    return result;
}

const struct cmd cmd_clauses = {
    .name = "clauses",
    .summary = "list the clauses of the contract, and which of them programs reach",
    .main = main_clauses,
    CMD_OPTIONS(option_table),
    .help = "NAME\n"
            "    pinfuzz clauses - list the clauses of the contract, and which of them programs reach\n"
            "\n"
            "SYNOPSIS\n"
            "    pinfuzz clauses\n"
            "    pinfuzz clauses [--require] DIR...\n"
            "\n"
            "DESCRIPTION\n"
            "    Prints a line for each clause: its id, its basis, its title and its sources. The basis is\n"
            "    D for documented, I for following from something documented, C for chosen by this project.\n"
            "    If the driver's duty and the refusal have a different basis, it is the one that an\n"
            "    implementation is held to.\n"
            "\n"
            "    Given DIRs or files, runs every program below them, text or bytes, and prints how often\n"
            "    each clause was tested: KEPT counts calls that were granted and found right, REFUSED calls\n"
            "    that had to fail and did, FAULTED calls that kept the clause under an injected fault. A\n"
            "    clause that was never tested is marked UNREACHED. The last line is\n"
            "\n"
            "        clauses reached: N of M\n"
            "\n"
            "    where M counts all clauses, except RACE-MEMORY if the compiler cannot trace loads and\n"
            "    stores (gcc).\n"
            "\n"
            "OPTIONS\n"
            "    --require   exit with 1 when a counted clause is unreached\n"
            "\n"
            "EXIT STATUS\n"
            "    0 done; 1 a program broke a clause or crashed, or --require was not met; 2 otherwise, if a\n"
            "    program could not be read\n"
            "\n"
            "EXAMPLES\n"
            "    pinfuzz clauses --require corpus\n",
};
