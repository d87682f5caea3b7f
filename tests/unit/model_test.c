/* The reference model where a program against src/ cannot take it: what others may do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/contract/model.h"

/* A chain of one with eight visible pages and an array pin of these. */
static bool fits(uint64_t first, uint64_t second, uint64_t wanted) {
    static struct model model;
    const uint64_t array[] = {first, second};
    model = (struct model){0};
    struct model_chain *chain = &model.chains[0];
    chain->mode = MODE_REMAPPED;
    chain->count = 1;
    chain->visible_pages = 8;
    chain->mapped_pages = 2;
    chain->areas[0].pin = (struct model_pin){.live = true, .pages = 2, .array = array};
    return model_contiguous_free(&model, 0, wanted);
}

static void finds_the_longest_gap(void **state) {
    (void)state;
    assert_true(fits(1, 4, 3));
    assert_false(fits(1, 4, 4));
    assert_true(fits(1, 2, 5));
    assert_false(fits(1, 2, 6));
    assert_true(fits(6, 7, 5));
    assert_true(fits(3, 7, 3));
    assert_false(fits(3, 7, 4));
}

/* src/ never hands out logical page 0; that is a choice. */
static void page_0_may_be_taken(void **state) {
    (void)state;
    assert_true(fits(0, 4, 3));
    assert_false(fits(0, 4, 4));
    assert_true(fits(0, 1, 5));
    assert_false(fits(0, 7, 7));
}

int main(void) {
    dialect_ours();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_longest_gap),
        cmocka_unit_test(page_0_may_be_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
