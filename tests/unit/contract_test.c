/*
 * The names that crash triage sees, and the stack that it sees them in. A violation's crash state has three
 * lines: the message and the innermost frame, both the name of the clause's own function, and its caller,
 * which all clauses share. Triage takes two findings for one when two of the lines are equal, or when the
 * lines are alike by more than 0.8 on average, each pair by 1 - (edits from one to the other) / (characters
 * of both).
 */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* ---- the stack ---- */

/* Of every sanitizer's runtime. */
void __sanitizer_print_stack_trace(void) __attribute__((weak));

static sigjmp_buf aborted;

static void on_abort(int signal) {
    (void)signal;
    __sanitizer_print_stack_trace();
    siglongjmp(aborted, 1);
}

/* Fails the clause, with what that prints in `file`. Apart, for its variables would not survive the jump. */
static __attribute__((noinline)) void fail_clause(unsigned clause) {
    if (sigsetjmp(aborted, 1) == 0)
        contract_fail((enum contract_clause)clause);
}

static size_t fail_into(FILE *file, unsigned clause, char *said, size_t capacity) {
    int error = dup(STDERR_FILENO);
    rewind(file);
    assert_int_equal(ftruncate(fileno(file), 0), 0);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    fail_clause(clause);
    fflush(stderr);
    dup2(error, STDERR_FILENO);
    close(error);
    rewind(file);
    size_t size = fread(said, 1, capacity - 1, file);
    said[size] = 0;
    return size;
}

/* The function in the frame that begins at or behind `at`; *next is behind it. */
static void frame(const char *at, const char **next, char *name, size_t capacity) {
    const char *in = strstr(at, " in ");
    assert_non_null(in);
    size_t length = strcspn(in + 4, " \n(");
    snprintf(name, capacity, "%.*s", (int)length, in + 4);
    *next = in + 4 + length;
}

/* Behind a frame that triage skips come the clause's own function and the one caller. A jump in place of a
 * call, or one body for two functions, would show here. */
static void stack_shows_the_clause(void **state) {
    (void)state;
    static char said[65536];
    char wanted[128], name[128];
    FILE *file = tmpfile();
    struct sigaction action = {.sa_handler = on_abort}, before;
    assert_non_null(file);
    if (!__sanitizer_print_stack_trace) {
        fclose(file);
        skip(); /* nothing here can print one */
    }
    sigaction(SIGABRT, &action, &before);
    bool symbols = true;
    for (unsigned i = 0; i < CONTRACT_CLAUSE_COUNT && symbols; i++) {
        fail_into(file, i, said, sizeof(said));
        snprintf(wanted, sizeof(wanted), "ASSERTION FAILED: %s\n", name_of(i));
        assert_non_null(strstr(said, wanted));
        const char *at = strstr(said, " in contract_assert_failed");
        symbols = at != NULL;
        if (symbols) {
            frame(at + 1, &at, name, sizeof(name));
            assert_string_equal(name, name_of(i));
            frame(at, &at, name, sizeof(name));
            assert_string_equal(name, "contract_fail");
        }
    }
    sigaction(SIGABRT, &before, NULL);
    fclose(file);
    if (!symbols)
        skip(); /* no symbolizer */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_edits),
        cmocka_unit_test(names_are_names),
        cmocka_unit_test(every_clause_has_its_own),
        cmocka_unit_test(triage_keeps_them_apart),
        cmocka_unit_test(stack_shows_the_clause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
