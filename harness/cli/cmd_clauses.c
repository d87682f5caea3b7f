/* pinfuzz clauses: the table of clauses, and what programs reach of it. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/campaign/reached.h"
#include "harness/cli/cmd.h"
#include "harness/cli/reach.h"
#include "harness/contract/count.h"
#include "harness/sut.h"
#include "harness/verdict/child.h"

static bool is_reached(enum contract_clause clause) {
    const struct contract_count *count = &contract_counts[clause];
    return count->kept + count->refused + count->faulted != 0;
}

/* ---- situations ---- */

/* Of a clause: those it has to be seen in, and those of them it was; the others cannot be. */
struct tally {
    unsigned all;
    unsigned seen;
};

static enum situation_state state_of(enum contract_clause clause, enum situation situation,
                                     const char **reason) {
    *reason = NULL;
    return reach_is_counted(clause, situation) ? situation_state(clause, situation, reason)
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
            if (state_of(clause, i, &reason) != wanted || count++ >= most)
                continue;
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
    if (unseen > most)
        printf("never: %u more, which --situations tells\n", unseen - most);
    return !counts || !sut_get()->hold_chosen ||
           print_situations(SITUATION_WRONGLY_SEEN, "seen, though it cannot be: ", UINT_MAX) == 0;
}

/* ---- the table ---- */

static void print_counts(enum contract_clause clause) {
    const struct contract_count *count = &contract_counts[clause];
    const struct tally tally = tally_of(clause);
    char situations[24] = "-";
    if (!is_reached(clause)) {
        printf("%-43s  ", reach_is_counted(clause, SITUATION_NONE) ? "UNREACHED" : "(not counted)");
        return;
    }
    if (tally.all)
        snprintf(situations, sizeof(situations), "%u/%u", tally.seen, tally.all);
    printf("%10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10s  ", count->kept, count->refused, count->faulted,
           situations);
}

static void print_table(bool counts) {
    printf("%-16s %-5s ", "CLAUSE", "BASIS");
    if (counts)
        printf("%10s %10s %10s %10s  ", "KEPT", "REFUSED", "FAULTED", "SITUATIONS");
    printf("TITLE [SOURCE]\n");
    for (unsigned i = 0; i < CONTRACT_CLAUSE_COUNT; i++) {
        const struct contract_row *row = &contract_table[i];
        printf("%-16s %-5c ", row->id, row->basis);
        if (counts)
            print_counts(i);
        printf("%s", row->title);
        printf(row->source[0] ? " [%s]\n" : "\n", row->source);
    }
}

static bool print_reached(void) {
    unsigned reached = 0, all = 0;
    struct tally sum = {0, 0};
    for (unsigned i = 0; i < CONTRACT_CLAUSE_COUNT; i++) {
        const struct tally tally = tally_of(i);
        all += reach_is_counted(i, SITUATION_NONE);
        reached += reach_is_counted(i, SITUATION_NONE) && is_reached(i);
        sum.all += tally.all;
        sum.seen += tally.seen;
    }
    if (!reach_is_counted(CLAUSE_DIALECT_STEADY, SITUATION_NONE)) {
        printf(
            "DIALECT-STEADY is not counted: this implementation is held to its choices clause by clause.\n");
    }
    if (!reach_is_counted(CLAUSE_RACE_MEMORY, SITUATION_NONE)) {
        printf("RACE-MEMORY, RACE-ONCE and what races overlap are not counted: this build does not trace "
               "loads and "
               "stores.\n");
    }
    printf("clauses reached: %u of %u\n", reached, all);
    printf("situations reached: %u of %u\n", sum.seen, sum.all);
    return reached == all && sum.seen == sum.all;
}

struct options {
    const char *campaign;
    bool require;
    bool situations;
};

static const struct option option_table[] = {
    {"--campaign", NULL, OPTION_NAME, offsetof(struct options, campaign), 0, 0},
    {"--require", NULL, OPTION_FLAG, offsetof(struct options, require), 0, 0},
    {"--situations", NULL, OPTION_FLAG, offsetof(struct options, situations), 0, 0}};

#define UNSEEN_SHOWN 10u

/* ---- the records of a campaign ---- */

/* The numbers that a campaign knows the files by; it does not know those whose path has no directory. */
struct noted {
    struct reached reached;
    uint32_t *inputs;
};
#define UNKNOWN UINT32_MAX

static void note(void *context, size_t program) {
    struct noted *noted = context;
    if (noted->inputs[program] != UNKNOWN)
        reached_note(&noted->reached, noted->inputs[program]);
}

static bool number_inputs(const struct cmd_files *files, const struct record *record, struct noted *noted) {
    for (size_t i = 0; i < files->count; i++) {
        struct stat status;
        char target[RECORD_NAME];
        const char *path = files->paths[i], *name = strrchr(path, '/'), *from = name;
        bool is_new;
        while (from && from > path && from[-1] != '/')
            from--;
        noted->inputs[i] = UNKNOWN;
        if (!from || from == name || name - from >= RECORD_NAME || !cmd_stat(path, &status))
            continue;
        snprintf(target, sizeof(target), "%.*s", (int)(name - from), from);
        if (!reached_input(&noted->reached, record, target, name + 1, reach_time(&status), &noted->inputs[i],
                           &is_new))
            return false;
    }
    return true;
}

static int reach_in_campaign(const struct cmd_files *files, const char *campaign) {
    struct record record;
    struct noted noted = {.inputs = calloc(files->count + 1, sizeof(*noted.inputs))};
    reached_table *cells = child_shared(sizeof(*cells));
    int result = CMD_BAD_INPUT;
    if (!noted.inputs || !cells || !record_read(campaign, &record)) {
        free(noted.inputs);
        return CMD_BAD_INPUT;
    }
    if (reached_read(campaign, &noted.reached, cells) && number_inputs(files, &record, &noted)) {
        result = reach(files, note, &noted);
        result = reached_write(campaign, &noted.reached) ? result : CMD_BAD_INPUT;
    }
    reached_free(&noted.reached);
    record_free(&record);
    free(noted.inputs);
    return result;
}

/* ---- the command ---- */

static int main_clauses(int argc, char **argv) {
    struct options options = {0};
    struct cmd_files files = {0};
    struct words words;
    int result = CMD_KEPT;
    if (!options_read(&cmd_clauses, argc, argv, &options, &words))
        return CMD_BAD_INPUT;
    bool counts = words.count > 0;
    if (options.require && !counts)
        return cmd_usage(&cmd_clauses, "--require wants a DIR");
    for (int i = 0; i < words.count; i++)
        result = cmd_files_add(&files, words.at[i], LOAD_DETECT) ? result : CMD_BAD_INPUT;
    int reached = options.campaign ? reach_in_campaign(&files, options.campaign) : reach(&files, NULL, NULL);
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
        if (options.require && !right)
            result = CMD_VIOLATED;
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
        "    pinfuzz clauses [--situations] [--require] [--campaign CAMPAIGN] DIR...\n"
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
        "    --campaign CAMPAIGN\n"
        "                   note in the records of a campaign (`pinfuzz campaign`) what inputs TARGET/NAME "
        "reach\n"
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
