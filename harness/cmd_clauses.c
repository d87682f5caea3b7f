#include <inttypes.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "harness/cmd.h"
#include "harness/executor.h"

static jmp_buf violation;
static enum contract_clause violated;

static void on_violation(enum contract_clause clause) {
    violated = clause;
    longjmp(violation, 1);
}

/* Runs everything below path. Counts go up; a violation is told, and does not end the rest. */
static int reach(const char *path) {
    struct cmd_files files = {0};
    int result = cmd_files_add(&files, path) ? CMD_KEPT : CMD_BAD_INPUT;
    contract_on_violation(on_violation);
    for (volatile size_t i = 0; i < files.count; i++) {
        if (!cmd_load(files.paths[i], LOAD_DETECT)) {
            result = result == CMD_KEPT ? CMD_BAD_INPUT : result;
        } else if (setjmp(violation) == 0) {
            executor_run(&cmd_program);
        } else {
            fprintf(stderr, "%s: violated %s\n", files.paths[i], contract_table[violated].id);
            result = CMD_VIOLATED;
        }
    }
    contract_on_violation(NULL);
    cmd_files_free(&files);
    return result;
}

static bool is_reached(enum contract_clause clause) {
    const struct contract_count *count = &contract_counts[clause];
    return count->kept + count->refused + count->faulted != 0;
}

static void print_table(bool counts) {
    printf("%-14s %-5s ", "CLAUSE", "BASIS");
    if (counts) {
        printf("%10s %10s %10s  ", "KEPT", "REFUSED", "FAULTED");
    }
    printf("TITLE [SOURCE]\n");
    for (unsigned i = 0; i < CONTRACT_CLAUSE_COUNT; i++) {
        const struct contract_row *row = &contract_table[i];
        const struct contract_count *count = &contract_counts[i];
        printf("%-14s %-5c ", row->id, row->basis);
        if (counts && is_reached(i)) {
            printf("%10" PRIu64 " %10" PRIu64 " %10" PRIu64 "  ", count->kept, count->refused,
                   count->faulted);
        } else if (counts) {
            printf("%-32s  ", contract_single_actor(i) ? "UNREACHED" : "(not counted)");
        }
        printf("%s", row->title);
        printf(row->source[0] ? " [%s]\n" : "\n", row->source);
    }
}

static bool print_reached(void) {
    unsigned reached = 0, all = 0;
    for (unsigned i = 0; i < CONTRACT_CLAUSE_COUNT; i++) {
        all += contract_single_actor(i);
        reached += contract_single_actor(i) && is_reached(i);
    }
    printf("The RACE clauses are not counted: they need callers that run at once, not in turn.\n");
    printf("clauses reached: %u of %u\n", reached, all);
    return reached == all;
}

static int main_clauses(int argc, char **argv) {
    bool require = false;
    bool counts = false;
    int result = CMD_KEPT;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--require") == 0) {
            require = true;
        } else if (argv[i][0] == '-') {
            return cmd_usage(&cmd_clauses, "unknown option '%s'", argv[i]);
        } else {
            counts = true;
        }
    }
    if (require && !counts) {
        return cmd_usage(&cmd_clauses, "--require wants a DIR");
    }
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-') {
            int reached = reach(argv[i]);
            result = result == CMD_VIOLATED || reached == CMD_KEPT ? result : reached;
        }
    }
    print_table(counts);
    if (counts && !print_reached() && require) {
        result = CMD_VIOLATED;
    }
    return result;
}

const struct cmd cmd_clauses = {
    .name = "clauses",
    .summary = "list the clauses of the contract, and which of them programs reach",
    .main = main_clauses,
    .help = "NAME\n"
            "    pinfuzz clauses - list the clauses of the contract, and which of them programs reach\n"
            "\n"
            "SYNOPSIS\n"
            "    pinfuzz clauses\n"
            "    pinfuzz clauses [--require] DIR...\n"
            "\n"
            "DESCRIPTION\n"
            "    Prints a line for each clause: its id, its basis, its title and the documents it rests on.\n"
            "    The basis is D for documented, I for following from something documented, C for chosen by\n"
            "    this project; where the driver's duty and the refusal differ, the one an implementation is\n"
            "    held to.\n"
            "\n"
            "    With DIRs, or files, runs every program below them, text or bytes, and prints how often\n"
            "    each clause was put to the test: KEPT where something was granted and found right, REFUSED\n"
            "    where a refusal was due and came, FAULTED where it was kept under an injected fault. A\n"
            "    clause that was never put to the test is marked UNREACHED. The last line is\n"
            "\n"
            "        clauses reached: N of M\n"
            "\n"
            "    where M counts all clauses but RACE-ATOMIC, RACE-STOP and RACE-LIVE.\n"
            "\n"
            "OPTIONS\n"
            "    --require   exit with 1 when a counted clause is unreached\n"
            "\n"
            "EXIT STATUS\n"
            "    0 done; 1 a program broke a clause, or --require was not met; 2 a program cannot be read\n"
            "\n"
            "EXAMPLES\n"
            "    pinfuzz clauses --require corpus\n",
};
