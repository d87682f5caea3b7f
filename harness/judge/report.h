/* What must hold, and what a person reads when it does not. */
#ifndef HARNESS_REPORT_H
#define HARNESS_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/contract/contract.h"

/*
 * What must hold, and what is said when it does not:
 *     REQUIRE(adl->PageCount == n, CLAUSE_PIN_COUNT, ("PageCount %u", n), ("%u", adl->PageCount))
 * True when it holds. When not, the report is printed and contract_fail() called.
 * Formatting costs nothing as long as things hold.
 */
#define REQUIRE(holds, clause, expected, got)                                                                \
    (__builtin_expect(!!(holds), 1) ? true : (run_expected expected, run_got got, run_violated(clause)))

/* The same where only a choice is at stake, though the clause may be of another basis: which status says no.
 */
#define REQUIRE_CHOSEN(holds, clause, expected, got)                                                         \
    (__builtin_expect(!!(holds), 1) ? true                                                                   \
                                    : (run_expected expected, run_got got, run_violated_choice(clause)))

void run_expected(const char *format, ...) __attribute__((format(printf, 1, 2), cold));
void run_got(const char *format, ...) __attribute__((format(printf, 1, 2), cold));
/* Always false: what REQUIRE() answers then. */
bool run_violated(enum contract_clause clause) __attribute__((cold));
bool run_violated_choice(enum contract_clause clause) __attribute__((cold));
/* A word of memory for a report: the value, and whose stamp it is. Good for two calls in one report. */
const char *run_name_of(uint64_t value) __attribute__((cold));

#endif
