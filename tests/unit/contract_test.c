/*
 * The names that crash triage sees. A violation's crash state has three lines: the message and the
 * innermost frame, both the name of the clause's own function, and its caller, which all clauses share
 * (crash_stack_test.c). What triage makes of them is in alike.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/contract/contract.h"
#include "unit/alike.h"

#define STATE_LINES 3

static const char *name_of(unsigned clause) {
    return contract_table[clause].function;
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
    for (unsigned i = 0; i < CONTRACT_CLAUSE_COUNT; i++) {
        const char *name = name_of(i);
        assert_true(strlen(name) > 0 && strlen(name) <= NAME_MAX_LENGTH);
        assert_int_equal(strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"),
                         strlen(name));
        if (passed_over(name))
            print_error("%s: triage passes it over\n", name);
        assert_false(passed_over(name));
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
