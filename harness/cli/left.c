/* What of programs was not judged: counted after each, told as a table. */
#include "harness/cli/left.h"

#include <string.h>

#include "harness/judge/run.h"

void left_note(struct left *left) {
    for (unsigned i = 0; i < CONTRACT_CLAUSE_COUNT; i++)
        left->calls[i] += run.unmade[i];
    if (run.left == RUN_LEFT_BY_CHOICE)
        left->rest[run.left_clause]++;
    left->races += run.open;
    dialect_differences(left->chosen);
}

/* Its choice that the clause leaves, "word=choice", when it is not this project's; else "-". */
static void choice_of(const struct left *left, enum contract_clause clause, char text[static 32]) {
    strcpy(text, "-");
    for (unsigned i = 0; i < DIALECTS; i++) {
        size_t length = strlen(dialect_table[i].word);
        for (const char *at = left->chosen; *at; at += strspn(at, " ")) {
            if (dialect_table[i].clause == clause && strncmp(at, dialect_table[i].word, length) == 0 &&
                at[length] == '=')
                snprintf(text, 32, "%.*s", (int)strcspn(at, " "), at);
            at += strcspn(at, " ");
        }
    }
}

static void print_row(FILE *to, const struct left *left, enum contract_clause clause, unsigned programs,
                      const char *what) {
    char choice[32];
    if (programs != 0) {
        choice_of(left, clause, choice);
        fprintf(to, "  %-16s %-24s %8u  %s\n", contract_table[clause].id, choice, programs, what);
    }
}

void left_print(FILE *to, const struct left *left, size_t programs) {
    unsigned rows = left->races;
    for (unsigned i = 0; i < CONTRACT_CLAUSE_COUNT; i++)
        rows += left->rest[i] + left->calls[i];
    if (rows == 0)
        return;
    fprintf(to, "not judged, of %zu programs:\n", programs);
    fprintf(to, "  %-16s %-24s %8s  %s\n", "CLAUSE", "CHOICE", "PROGRAMS", "WHAT");
    for (unsigned i = 0; i < CONTRACT_CLAUSE_COUNT; i++) {
        print_row(to, left, i, left->rest[i], "the rest, for it went another way");
        print_row(to, left, i, left->calls[i], "calls not made: what they come to is a choice");
    }
    print_row(to, left, CLAUSE_RACE_ATOMIC, left->races,
              "the rest, for several orders explain the answers of a race");
}
