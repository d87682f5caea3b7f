/* The table of clauses, and a function for each that a broken one fails in. */
#include "harness/contract/contract.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness/contract/count.h"

struct contract_count contract_counts[CONTRACT_CLAUSE_COUNT];
struct situation_set contract_seen[CONTRACT_CLAUSE_COUNT];

static void (*violation_hook)(enum contract_clause clause);

/* Triage skips frames whose name contains "assert" and takes the clause's own function instead. */
static __attribute__((noinline)) void contract_assert_failed(const char *function) {
    fflush(stdout);
    fprintf(stderr, "ASSERTION FAILED: %s\n", function);
    fflush(stderr);
    abort();
}

/* The barrier after the call keeps it from becoming a jump, and the name in it keeps identical-code
 * folding from merging the functions. */
#define X(name, id, basis, basis_text, function, title, source, axes)                                        \
    static __attribute__((noinline)) void function(void) {                                                   \
        contract_assert_failed(#function);                                                                   \
        __asm__ volatile("" ::"r"(#function) : "memory");                                                    \
    }
CONTRACT_CLAUSES(X)
#undef X

const struct contract_row contract_table[CONTRACT_CLAUSE_COUNT] = {
#define X(name, id, basis, basis_text, function, title, source, axes)                                        \
    {id, basis, basis_text, #function, title, source, axes, function},
    CONTRACT_CLAUSES(X)
#undef X
};

void contract_on_violation(void (*hook)(enum contract_clause clause)) {
    violation_hook = hook;
}

void contract_fail(enum contract_clause clause) {
    if (violation_hook)
        violation_hook(clause);
    contract_table[clause].fail();
    abort();
}
