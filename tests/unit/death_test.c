/* What a death is called: the same for the same bug, whoever built it where, and whatever the addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/verdict/death.h"

static void reads(const char *report, const char *expected) {
    char what[160];
    death_read(report, false, what, sizeof(what));
    assert_string_equal(what, expected);
}

/* The same as people are to read it. */
static void shows(const char *report, const char *expected) {
    char said[160];
    death_read(report, true, said, sizeof(said));
    assert_string_equal(said, expected);
}

static void reads_sanitizers(void **state) {
    (void)state;
    reads("=====\n==123==ERROR: AddressSanitizer: heap-use-after-free on address 0x51a000000768 at pc 0x55\n"
          "READ of size 4 at 0x51a0 thread T0\n"
          "    #0 0x55c3 in __asan_memcpy (/a/b+0x1) (BuildId: 1)\n"
          "    #1 0x55c4 in dxgk_unpin /here/src/dxgk/pin.c:124:14\n"
          "    #2 0x55c5 in dxgk_cb_unpin /here/src/dxgk/callbacks.c:96:32\n",
          "heap-use-after-free in dxgk_unpin");
    reads("==9==ERROR: AddressSanitizer: SEGV on unknown address 0x000000000000 (pc 0x55 bp 0x1 sp 0x2 T0)\n"
          "    #0 0x5 in dxgk_pin pin.c:1\n",
          "SEGV in dxgk_pin");
    reads("/here/chain.c:19:5: runtime error: index 8 out of bounds for type 'int [8]'\n"
          "    #0 0x5 in dxgk_chain_append /here/chain.c:19:5\n",
          "index # out of bounds for type 'int [#]' in dxgk_chain_append");
    reads("==7==ERROR: LeakSanitizer: detected memory leaks\n\nDirect leak of 8 byte(s):\n"
          "    #0 0x5 in malloc (/x+0x5)\n    #1 0x5 in nt_pool_alloc pool.c:23\n",
          "detected memory leaks in nt_pool_alloc");
    reads("WARNING: ThreadSanitizer: data race (pid=4711)\n  Write of size 4:\n    #0 0x1 in dxgk_unpin "
          "pin.c:3\n",
          "data race in dxgk_unpin");
    /* Without symbols: an offset does not change from run to run, an address would. */
    reads("==9==ERROR: AddressSanitizer: SEGV on unknown address\n    #0 0x55d5  (/bin/x+0x1234) (BuildId: "
          "5)\n",
          "SEGV in +0x1234");
}

static void reads_assertions(void **state) {
    (void)state;
    /* As clang has it compiled, and as gcc. */
    reads("pinfuzz: /home/me/src/domain.c:56: _Bool take(const struct domain *, uint64_t): "
          "Assertion `count > 0 && mapping->count == 0' failed.\n",
          "failed assertion in take: count > 0 && mapping->count == 0");
    reads("a line before\nx: y.c:7: take: Assertion `n' failed.\n", "failed assertion in take: n");
    reads("x: y.c:7: take: Assertion `cut", "failed assertion in take: cut");
    /* A sanitizer's word goes first. */
    reads("x: y.c:7: take: Assertion `n' failed.\n==1==ERROR: AddressSanitizer: ABRT on unknown address 0x1\n"
          "    #0 0x1 in raise r.c:1\n    #1 0x1 in abort a.c:1\n    #2 0x1 in take y.c:7\n",
          "ABRT in take");
}

static void reads_last_words(void **state) {
    (void)state;
    reads("", "");
    reads("nt lock violation (RACE-LIVE): actor 3, 'chain' (rank 2) is wanted\nmore\n",
          "nt lock violation (RACE-LIVE): actor #, 'chain' (rank #) is wanted");
    reads("freed twice: 0x7f001234\n", "freed twice: #");
    shows("nt lock violation (RACE-LIVE): actor 3, 'chain' (rank 2) is wanted\nmore\n",
          "nt lock violation (RACE-LIVE): actor 3, 'chain' (rank 2) is wanted");
    shows("==9==ERROR: AddressSanitizer: SEGV on unknown address 0x10 (pc 0x55)\n    #0 0x5 in take9 y.c:1\n",
          "SEGV in take9");
}

/* What is longer is cut off, and nothing beyond is written. */
static void keeps_to_its_room(void **state) {
    (void)state;
    static const char *const reports[] = {"a long last word", "x: y.c:7: take: Assertion `n' failed.",
                                          "runtime error: division by zero\n #0 0x1 in take y.c:7"};
    char what[16];
    for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++)
        for (size_t capacity = 1; capacity < sizeof(what); capacity++) {
            memset(what, 'x', sizeof(what));
            death_read(reports[i], capacity % 2, what, capacity);
            assert_true(strlen(what) < capacity);
            assert_int_equal(what[capacity], 'x');
        }
}

static void finds_the_place(void **state) {
    (void)state;
    size_t length;
    const char *at = death_find_function("runtime error: x\n    #0 0x5 in take /here/y.c:7:3\n", &length);
    assert_non_null(at);
    assert_int_equal(length, 4);
    assert_memory_equal(at, "take /here/y.c:7:3\n", 19);
    assert_null(death_find_function("no stack\n", &length));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_sanitizers), cmocka_unit_test(reads_assertions),
        cmocka_unit_test(reads_last_words), cmocka_unit_test(keeps_to_its_room),
        cmocka_unit_test(finds_the_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
