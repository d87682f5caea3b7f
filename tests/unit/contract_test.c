/*
 * The names that crash triage sees. A violation's crash state has three lines: the message and the
 * innermost frame, both the name of the clause's own function, and its caller, which all clauses share.
 * Triage takes two findings for one when two of the lines are equal, or when the lines are alike by more
 * than 0.8 on average, each pair by 1 - (edits from one to the other) / (characters of both).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/contract.h"

#define STATE_LINES 3
#define ALIKE       0.8
/* Longer ones would be cut off somewhere in a report. */
#define NAME_MAX_LENGTH 40u

static const char *name_of(unsigned clause) {
    return contract_table[clause].function;
}

/* The fewest insertions, deletions and replacements of one character that make b of a. row[j] is that
 * number for the part of a seen so far and the first j characters of b. */
static unsigned edits(const char *a, const char *b) {
    unsigned row[NAME_MAX_LENGTH + 1];
    unsigned columns = (unsigned)strlen(b);
    for (unsigned j = 0; j <= columns; j++)
        row[j] = j;
    for (unsigned i = 0; a[i]; i++) {
        unsigned corner = row[0]; /* of the row above, one to the left */
        row[0] = i + 1;
        for (unsigned j = 1; j <= columns; j++) {
            unsigned fewest = corner + (a[i] != b[j - 1]);
            corner = row[j];
            if (row[j] + 1 < fewest)
                fewest = row[j] + 1;
            if (row[j - 1] + 1 < fewest)
                fewest = row[j - 1] + 1;
            row[j] = fewest;
        }
    }
    return row[columns];
}

static double alike(const char *a, const char *b) {
    double characters = (double)(strlen(a) + strlen(b));
    return (characters - edits(a, b)) / characters;
}

static void counts_edits(void **state) {
    (void)state;
    assert_int_equal(edits("", ""), 0);
    assert_int_equal(edits("pin", ""), 3);
    assert_int_equal(edits("", "pin"), 3);
    assert_int_equal(edits("unpin", "pin"), 2);
    assert_int_equal(edits("pinned", "spilled"), 3);
    assert_int_equal(edits("same", "same"), 0);
    assert_true(alike("same", "same") == 1.0);
    assert_true(alike("abcd", "wxyz") == 0.5);
}

static void names_are_names(void **state) {
    (void)state;
    /* Triage passes frames over that begin with these, and those that have "assert" in them. */
    static const char *const skipped[] = {"free", "new", "delete", "main", "malloc"};
    for (unsigned i = 0; i < CONTRACT_CLAUSE_COUNT; i++) {
        const char *name = name_of(i);
        assert_true(strlen(name) > 0 && strlen(name) <= NAME_MAX_LENGTH);
        assert_int_equal(strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"),
                         strlen(name));
        for (size_t k = 0; k < sizeof(skipped) / sizeof(skipped[0]); k++)
            assert_int_not_equal(strncmp(name, skipped[k], strlen(skipped[k])), 0);
        assert_null(strstr(name, "assert"));
        assert_null(strstr(name, "ASSERT"));
    }
}

static void every_clause_has_its_own(void **state) {
    (void)state;
    for (unsigned i = 0; i < CONTRACT_CLAUSE_COUNT; i++)
        for (unsigned k = 0; k < i; k++) {
            assert_string_not_equal(contract_table[i].id, contract_table[k].id);
            assert_string_not_equal(name_of(i), name_of(k));
            /* Folded into one function, two clauses would have one frame. */
            assert_true(contract_table[i].fail != contract_table[k].fail);
        }
}

static void triage_keeps_them_apart(void **state) {
    (void)state;
    for (unsigned i = 0; i < CONTRACT_CLAUSE_COUNT; i++)
        for (unsigned k = 0; k < i; k++) {
            double message = alike(name_of(i), name_of(k));
            double function = message;
            double caller = 1.0;
            double mean = (message + function + caller) / STATE_LINES;
            if (mean > ALIKE)
                print_error("%s and %s are alike by %.3f\n", name_of(i), name_of(k), mean);
            assert_true(mean <= ALIKE);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_edits),
        cmocka_unit_test(names_are_names),
        cmocka_unit_test(every_clause_has_its_own),
        cmocka_unit_test(triage_keeps_them_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
