/*
 * All programs run in one child process, which keeps the counts where its parent sees them. When a
 * program crashes it, the next child goes on behind that program.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "harness/cli/cmd.h"
#include "harness/cli/left.h"
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

static void save_counts(struct progress *progress) {
    memcpy(progress->counts, contract_counts, sizeof contract_counts);
    memcpy(progress->seen, contract_seen, sizeof contract_seen);
}

static void load_counts(const struct progress *progress) {
    memcpy(contract_counts, progress->counts, sizeof contract_counts);
    memcpy(contract_seen, progress->seen, sizeof contract_seen);
}

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
    load_counts(progress);
    for (; progress->done < files->count; progress->done++) {
        const char *path = files->paths[progress->done];
        if (!cmd_load(path, LOAD_DETECT, &program)) {
            progress->result = progress->result == CMD_KEPT ? CMD_BAD_INPUT : progress->result;
            continue;
        }
        unsigned outcome = verdict_here(&program, NULL);
        char why[RUN_WHY];
        left_note(&progress->all);
        if (outcome == VERDICT_KEPT && run_left_early(why, sizeof why) && progress->left++ == 0) {
            memcpy(progress->why, why, sizeof why);
        }
        if (outcome != VERDICT_KEPT) {
            fprintf(stderr, "%s: ", path);
            verdict_print_outcome(stderr, outcome);
            fprintf(stderr, "\n");
            progress->result = CMD_VIOLATED;
        }
        save_counts(progress);
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
    situation_wanted = true;
    if (walk.progress == NULL) {
        return CMD_BAD_INPUT;
    }
    int result = run_in_children(&walk) ? walk.progress->result : CMD_BAD_INPUT;
    if (walk.progress->left) {
        fprintf(stderr, "%zu of %zu programs were not judged to their end, the first of them %s\n",
                walk.progress->left, files->count, walk.progress->why);
    }
    left_print(stderr, &walk.progress->all, files->count);
    load_counts(walk.progress);
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
    return (clause != CLAUSE_RACE_MEMORY && clause != CLAUSE_RACE_ONCE) || &trace_linked != NULL;
}

/* ---- situations ---- */

/* Of a clause: those it has to be seen in, and those of them it was; the others cannot be. */
struct tally {
    unsigned all;
    unsigned seen;
};

/* Without traced accesses a race switches at calls and locks only, and its file means other places. */
static bool is_traced(enum situation situation) {
    enum situation_axis axis = situation_table[situation].axis;
    uint64_t raced = AXES(CALLS) | AXES(BESIDE) | AXES(STOPPED) | AXES(PULLED);
    return !(raced >> axis & 1) || &trace_linked != NULL;
}

static enum situation_state state_of(enum contract_clause clause, enum situation situation,
                                     const char **reason) {
    *reason = NULL;
    return is_counted(clause) && is_traced(situation) ? situation_state(clause, situation, reason)
                                                      : SITUATION_FOREIGN;
}

static struct tally tally_of(enum contract_clause clause) {
    struct tally tally = {0, 0};
    const char *reason;
    for (unsigned i = 0; i < SITUATIONS; i++) {
        enum situation_state state = state_of(clause, i, &reason);
        tally.all += state == SITUATION_SEEN || state == SITUATION_UNSEEN;
        tally.seen += state == SITUATION_SEEN;
    }
    return tally;
}

/* Those that are in this state, behind what is said of it; at most `most` of them. Returns how many there
 * are. */
static unsigned print_situations(enum situation_state wanted, const char *how, unsigned most) {
    const char *reason;
    unsigned count = 0;
    for (unsigned clause = 0; clause < CONTRACT_CLAUSE_COUNT; clause++) {
        for (unsigned i = 0; i < SITUATIONS; i++) {
            if (state_of(clause, i, &reason) != wanted || count++ >= most) {
                continue;
            }
            const struct situation_row *row = &situation_table[i];
            printf("%s%s, %s: %s", how, contract_table[clause].id, situation_axes[row->axis], row->word);
            printf(reason ? " (%s)\n" : "\n", reason);
        }
    }
    return count;
}

/* False when one was seen that cannot be. Somebody else's implementation may have chosen otherwise. */
static bool print_all_situations(bool counts, unsigned most) {
    unsigned unseen = print_situations(SITUATION_UNSEEN, counts ? "never: " : "", most);
    if (unseen > most) {
        printf("never: %u more, which --situations tells\n", unseen - most);
    }
    return !counts || !sut_get()->hold_chosen ||
           print_situations(SITUATION_WRONGLY_SEEN, "seen, though it cannot be: ", UINT_MAX) == 0;
}

/* ---- the table ---- */

static void print_counts(enum contract_clause clause) {
    const struct contract_count *count = &contract_counts[clause];
    const struct tally tally = tally_of(clause);
    char situations[24] = "-";
    if (!is_reached(clause)) {
        printf("%-43s  ", is_counted(clause) ? "UNREACHED" : "(not counted)");
        return;
    }
    if (tally.all) {
        snprintf(situations, sizeof situations, "%u/%u", tally.seen, tally.all);
    }
    printf("%10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10s  ", count->kept, count->refused, count->faulted,
           situations);
}

static void print_table(bool counts) {
    printf("%-16s %-5s ", "CLAUSE", "BASIS");
    if (counts) {
        printf("%10s %10s %10s %10s  ", "KEPT", "REFUSED", "FAULTED", "SITUATIONS");
    }
    printf("TITLE [SOURCE]\n");
    for (unsigned i = 0; i < CONTRACT_CLAUSE_COUNT; i++) {
        const struct contract_row *row = &contract_table[i];
        printf("%-16s %-5c ", row->id, row->basis);
        if (counts) {
            print_counts(i);
        }
        printf("%s", row->title);
        printf(row->source[0] ? " [%s]\n" : "\n", row->source);
    }
}

static bool print_reached(void) {
    unsigned reached = 0, all = 0;
    struct tally sum = {0, 0};
    for (unsigned i = 0; i < CONTRACT_CLAUSE_COUNT; i++) {
        const struct tally tally = tally_of(i);
        all += is_counted(i);
        reached += is_counted(i) && is_reached(i);
        sum.all += tally.all;
        sum.seen += tally.seen;
    }
    if (!is_counted(CLAUSE_DIALECT_STEADY)) {
        printf(
            "DIALECT-STEADY is not counted: this implementation is held to its choices clause by clause.\n");
    }
    if (!is_counted(CLAUSE_RACE_MEMORY)) {
        printf("RACE-MEMORY, RACE-ONCE and what races overlap are not counted: this build does not trace "
               "loads and "
               "stores.\n");
    }
    printf("clauses reached: %u of %u\n", reached, all);
    printf("situations reached: %u of %u\n", sum.seen, sum.all);
    return reached == all && sum.seen == sum.all;
}

struct options {
    bool require;
    bool situations;
};

static const struct option option_table[] = {
    {"--require", NULL, OPTION_FLAG, offsetof(struct options, require), 0, 0},
    {"--situations", NULL, OPTION_FLAG, offsetof(struct options, situations), 0, 0}};

#define UNSEEN_SHOWN 10u

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
    if (options.situations) {
        print_situations(SITUATION_SEEN, "seen: ", UINT_MAX);
        print_situations(SITUATION_CANNOT_BE, "cannot be: ", UINT_MAX);
    }
    if (counts || options.situations) {
        bool all = options.situations || options.require;
        bool right = print_all_situations(counts, all ? UINT_MAX : UNSEEN_SHOWN);
        right &= !counts || print_reached();
        if (options.require && !right) {
            result = CMD_VIOLATED;
        }
    }
    return result;
}

const struct cmd cmd_clauses = {
    .name = "clauses",
    .summary = "list the clauses of the contract, and which of them programs reach",
    .main = main_clauses,
    CMD_OPTIONS(option_table),
    .help =
        "NAME\n"
        "    pinfuzz clauses - list the clauses of the contract, and which of them programs reach\n"
        "\n"
        "SYNOPSIS\n"
        "    pinfuzz clauses [--situations]\n"
        "    pinfuzz clauses [--situations] [--require] DIR...\n"
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
        "    clause that was never tested is marked UNREACHED.\n"
        "\n"
        "    A clause that held once may not hold elsewhere, so each has a list of situations that it has\n"
        "    to be seen in: with and without an IOMMU, by either form of a pin, with a fault of each kind,\n"
        "    and so on. SITUATIONS counts those that it was seen in. The first ten that are missing stand\n"
        "    below the table. The last lines are\n"
        "\n"
        "        clauses reached: N of M\n"
        "        situations reached: N of M\n"
        "\n"
        "    where M counts all clauses, except RACE-MEMORY and RACE-ONCE if the compiler cannot trace\n"
        "    loads and stores (gcc), and all situations that can be; without traced loads and stores, none "
        "of\n"
        "    races.\n"
        "\n"
        "OPTIONS\n"
        "    --require      tell each situation that is missing, and exit with 1 when there is one, or a\n"
        "                   clause that is unreached\n"
        "    --situations   tell every situation of every clause: whether the clause was seen in it, or\n"
        "                   why it cannot be\n"
        "\n"
        "EXIT STATUS\n"
        "    0 done; 1 a program broke a clause or crashed, or --require was not met; 2 otherwise, if a\n"
        "    program could not be read\n"
        "\n"
        "EXAMPLES\n"
        "    pinfuzz clauses --require corpus\n",
};
