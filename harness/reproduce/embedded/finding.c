/* How a finding is reported, and what else every such file uses. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/sut.h"

/* Not every scenario needs every function. */
#define HELPER static __attribute__((unused))

/* The implementation. */
static const struct sut *sut;

HELPER _Noreturn void quit(int status) {
    fflush(stdout);
    _Exit(status);
}

/* The contract is broken, as told above: what was seen. Where the process is to die, this is something else.
 */
HELPER _Noreturn __attribute__((format(printf, 1, 2))) void finding(const char *got, ...) {
    va_list list;
    printf("contract violation: %s\n  expected:  %s\n  got:       ", FINDING_CLAUSE, FINDING_EXPECTED);
    va_start(list, got);
    vprintf(got, list);
    va_end(list);
    printf("\n");
    quit(*FINDING_CLAUSE ? 1 : 2);
}

/*
 * What must hold at any time, and what is said when it does not. In the harness the same code counts and
 * reports; here the clause that is told above is the finding, and another one is something else.
 */
#define REQUIRE(holds, clause, expected, got)                                                                \
    ((holds) ? true                                                                                          \
             : (printf("contract violation: %s\n  expected:  ", clause_ids[clause]), printf expected,        \
                printf("\n  got:       "), printf got, violated(clause)))

#define CLAUSE_ID(name, id, ...) id,
static const char *const clause_ids[] = {CONTRACT_CLAUSES(CLAUSE_ID)};

HELPER _Noreturn bool violated(enum contract_clause clause) {
    printf("\n");
    quit(strcmp(clause_ids[clause], FINDING_CLAUSE) == 0 ? 1 : 2);
}
