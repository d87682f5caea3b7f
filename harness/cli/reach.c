/*
 * Counts what programs reach. All of them run in one child process, which keeps the counts where its parent
 * sees them. When a program crashes it, the next child goes on behind that program.
 */
#define _XOPEN_SOURCE 700
#include "harness/cli/reach.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/left.h"
#include "harness/contract/count.h"
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
    struct left all; /* of all programs */
    struct contract_count counts[CONTRACT_CLAUSE_COUNT];
    struct situation_set seen[CONTRACT_CLAUSE_COUNT];
};

static void forget_counts(void) {
    memset(contract_counts, 0, sizeof(contract_counts));
    memset(contract_seen, 0, sizeof(contract_seen));
}

static void add_counts(struct progress *progress) {
    for (unsigned i = 0; i < CONTRACT_CLAUSE_COUNT; i++) {
        progress->counts[i].kept += contract_counts[i].kept;
        progress->counts[i].refused += contract_counts[i].refused;
        progress->counts[i].faulted += contract_counts[i].faulted;
        for (unsigned k = 0; k < SITUATION_WORDS; k++)
            progress->seen[i].word[k] |= contract_seen[i].word[k];
    }
}

static void load_counts(const struct progress *progress) {
    memcpy(contract_counts, progress->counts, sizeof(contract_counts));
    memcpy(contract_seen, progress->seen, sizeof(contract_seen));
}

/* What a child goes through: the programs, and how far it has come, which its parent sees. */
struct walk {
    const struct cmd_files *files;
    reach_note *note;
    void *context;
    struct progress *progress;
};

/* Runs the programs from progress->done on; a violation is told, and does not end the rest. */
static void run_rest(void *context) {
    struct walk *walk = context;
    const struct cmd_files *files = walk->files;
    struct progress *progress = walk->progress;
    static struct program program;
    for (; progress->done < files->count; progress->done++) {
        const char *path = files->paths[progress->done];
        if (!cmd_load(path, LOAD_DETECT, &program)) {
            progress->result = progress->result == CMD_KEPT ? CMD_BAD_INPUT : progress->result;
            continue;
        }
        forget_counts();
        alarm(VERDICT_TIMEOUT); /* one that hangs counts as one that crashes */
        unsigned outcome = verdict_here(&program, NULL);
        char why[RUN_WHY];
        left_note(&progress->all);
        if (outcome == VERDICT_KEPT && run_left_early(why, sizeof(why)) && progress->left++ == 0)
            memcpy(progress->why, why, sizeof(why));
        if (outcome != VERDICT_KEPT) {
            fprintf(stderr, "%s: ", path);
            verdict_print_outcome(stderr, outcome);
            fprintf(stderr, "\n");
            progress->result = CMD_VIOLATED;
        }
        add_counts(progress);
        if (walk->note)
            walk->note(walk->context, progress->done);
    }
}

/* False when no child can be made. */
static bool run_in_children(struct walk *walk) {
    struct progress *progress = walk->progress;
    while (progress->done < walk->files->count) {
        int status;
        if (!child_run(run_rest, walk, -1, 0, &status))
            return false;
        if (progress->done < walk->files->count) {
            fprintf(stderr, "%s: crashed\n", walk->files->paths[progress->done++]);
            progress->result = CMD_VIOLATED;
        } else if (status != 0) { /* after all of them: LeakSanitizer's word */
            progress->result = CMD_VIOLATED;
        }
    }
    return true;
}

int reach(const struct cmd_files *files, reach_note *note, void *context) {
    static struct progress *progress; /* such memory stays as long as the process */
    progress = progress ? progress : child_shared(sizeof(*progress));
    struct walk walk = {files, note, context, progress};
    situation_wanted = true;
    if (!progress)
        return CMD_BAD_INPUT;
    memset(progress, 0, sizeof(*progress));
    int result = run_in_children(&walk) ? progress->result : CMD_BAD_INPUT;
    if (progress->left) {
        fprintf(stderr, "%zu of %zu programs were not judged to their end, the first of them %s\n",
                progress->left, files->count, progress->why);
    }
    left_print(stderr, &progress->all, files->count);
    load_counts(progress);
    return result;
}

/* Without traced loads and stores (harness/interleave/trace.h) nobody sees a race of two of them; choices
 * that are all declared are clauses of their own. */
static bool is_clause_counted(unsigned clause) {
    if (clause == CLAUSE_DIALECT_STEADY)
        return !sut_get()->hold_chosen;
    return (clause != CLAUSE_RACE_MEMORY && clause != CLAUSE_RACE_ONCE) || &trace_linked != NULL;
}

/* Without traced accesses a race switches at calls and locks only, and its file means other places. */
static bool is_traced(unsigned situation) {
    enum situation_axis axis = situation_table[situation].axis;
    uint64_t raced = AXES(CALLS) | AXES(BESIDE) | AXES(STOPPED) | AXES(PULLED);
    return !(raced >> axis & 1) || &trace_linked != NULL;
}

bool reach_is_counted(unsigned clause, unsigned situation) {
    return is_clause_counted(clause) && (situation == SITUATION_NONE || is_traced(situation));
}

double reach_time(const struct stat *status) {
    return (double)status->st_mtim.tv_sec + 1e-9 * (double)status->st_mtim.tv_nsec;
}
