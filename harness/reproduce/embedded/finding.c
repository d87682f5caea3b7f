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

/* The contract is broken, as told above: what was seen. */
HELPER _Noreturn __attribute__((format(printf, 1, 2))) void finding(const char *got, ...) {
    va_list list;
    printf("contract violation: %s\n  expected:  %s\n  got:       ", FINDING_CLAUSE, FINDING_EXPECTED);
    va_start(list, got);
    vprintf(got, list);
    va_end(list);
    printf("\n");
    quit(1);
}

/*
 * What must hold at any time, and what is said when it does not. In the harness the same code counts and
 * reports; here the clause that is told above is the finding, and another one is something else.
 */
#define REQUIRE(holds, clause, expected, got) ((holds) ? true : (say expected, heard got, violated(clause)))

static char expected_text[512];
static char got_text[512];

HELPER __attribute__((format(printf, 1, 2))) void say(const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(expected_text, sizeof expected_text, format, list);
    va_end(list);
}

HELPER __attribute__((format(printf, 1, 2))) void heard(const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(got_text, sizeof got_text, format, list);
    va_end(list);
}

HELPER _Noreturn bool violated(enum contract_clause clause) {
    const char *id = clause_ids[clause];
    printf("contract violation: %s\n  expected:  %s\n  got:       %s\n", id, expected_text, got_text);
    quit(strcmp(id, FINDING_CLAUSE) == 0 ? 1 : 2);
}
