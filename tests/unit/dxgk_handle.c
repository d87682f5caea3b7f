/* Handles: never pointers, never twice, and nothing else is taken for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dxgk/handle.h"

static struct dxgk_adapter *fake(uintptr_t n) {
    return (struct dxgk_adapter *)(n * 64);
}

static void finds_the_adapter_it_was_issued_for(void **state) {
    (void)state;
    struct dxgk_handles handles = {0};
    HANDLE issued[DXGK_HANDLES];
    for (unsigned i = 0; i < DXGK_HANDLES; i++) {
        issued[i] = dxgk_handle_issue(&handles, fake(i + 1));
        assert_non_null(issued[i]);
        assert_int_equal((uintptr_t)issued[i] % 4, 0);
    }
    assert_int_equal(handles.alive, DXGK_HANDLES);
    for (unsigned i = 0; i < DXGK_HANDLES; i++)
        assert_ptr_equal(dxgk_handle_find(&handles, issued[i]), fake(i + 1));
    for (unsigned i = 0; i < DXGK_HANDLES; i++) {
        dxgk_handle_kill(&handles, issued[i]);
        assert_null(dxgk_handle_find(&handles, issued[i]));
    }
    assert_int_equal(handles.alive, 0);
}

static void issues_no_value_twice(void **state) {
    (void)state;
    struct dxgk_handles handles = {0};
    enum {
        ROUNDS = 3000
    };
    static HANDLE seen[ROUNDS];
    for (unsigned i = 0; i < ROUNDS; i++) {
        seen[i] = dxgk_handle_issue(&handles, fake(1));
        for (unsigned j = 0; j < i; j++)
            assert_ptr_not_equal(seen[i], seen[j]);
        dxgk_handle_kill(&handles, seen[i]);
    }
    HANDLE live = dxgk_handle_issue(&handles, fake(2));
    for (unsigned i = 0; i < ROUNDS; i++)
        assert_null(dxgk_handle_find(&handles, seen[i]));
    assert_ptr_equal(dxgk_handle_find(&handles, live), fake(2));
}

static void takes_nothing_else_for_a_handle(void **state) {
    (void)state;
    struct dxgk_handles handles = {0};
    assert_null(dxgk_handle_find(&handles, NULL));
    HANDLE live = dxgk_handle_issue(&handles, fake(1));
    assert_null(dxgk_handle_find(&handles, NULL));
    for (intptr_t delta = -1024; delta <= 1024; delta++)
        if (delta != 0)
            assert_null(dxgk_handle_find(&handles, (HANDLE)((uintptr_t)live + (uintptr_t)delta)));
    for (unsigned bit = 0; bit < 64; bit++) {
        assert_null(dxgk_handle_find(&handles, (HANDLE)((uintptr_t)live ^ (uintptr_t)1 << bit)));
        assert_null(dxgk_handle_find(&handles, (HANDLE)((uintptr_t)1 << bit)));
    }
    assert_null(dxgk_handle_find(&handles, (HANDLE)UINTPTR_MAX));
    assert_null(dxgk_handle_find(&handles, fake(1)));
    assert_null(dxgk_handle_find(&handles, &handles));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_adapter_it_was_issued_for),
        cmocka_unit_test(issues_no_value_twice),
        cmocka_unit_test(takes_nothing_else_for_a_handle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
