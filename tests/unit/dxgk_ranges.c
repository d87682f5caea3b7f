/* The ordered set of ranges beside a naive bitmap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dxgk/ranges.h"

enum {
    PAGES = 512,
    NODES = 256
};

static struct dxgk_extent nodes[NODES];
static int owner[PAGES]; /* node + 1 */
static uint64_t seed;

static uint64_t next_random(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static bool naive_gap(uint64_t floor, uint64_t ceiling, uint64_t want, struct dxgk_gap *gap) {
    uint64_t end = ceiling;
    while (end > floor) {
        if (owner[end - 1]) {
            end--;
            continue;
        }
        uint64_t first = end;
        while (first > floor && !owner[first - 1])
            first--;
        if (end - first >= want) {
            gap->first = first;
            gap->pages = end - first;
            return true;
        }
        end = first;
    }
    return false;
}

static unsigned check_node(const struct dxgk_range *node, bool gaps) {
    if (!node)
        return 0;
    unsigned left = check_node(node->left, gaps);
    unsigned right = check_node(node->right, gaps);
    if (node->left)
        assert_true(node->left->first + node->left->pages <= node->first);
    if (node->right)
        assert_true(node->first + node->pages <= node->right->first);
    if (gaps) {
        const struct dxgk_extent *extent = (const struct dxgk_extent *)node;
        uint64_t longest = 0;
        for (uint64_t i = extent->low, run = 0; i < extent->high; i++) {
            run = owner[i] ? 0 : run + 1;
            longest = run > longest ? run : longest;
        }
        assert_int_equal(extent->gap, longest);
        assert_true(owner[extent->low] && owner[extent->high - 1]);
    }
    return 1 + (left > right ? left : right);
}

static void compare(struct dxgk_ranges *ranges) {
    for (uint64_t page = 0; page < PAGES; page++) {
        const struct dxgk_range *range = dxgk_ranges_find(ranges, page);
        if (owner[page])
            assert_ptr_equal(range, &nodes[owner[page] - 1].range);
        else
            assert_null(range);
    }
    assert_null(dxgk_ranges_find(ranges, PAGES));
    assert_null(dxgk_ranges_find(ranges, UINT64_MAX));
    check_node(ranges->root, ranges->gaps);
    if (!ranges->gaps)
        return;
    for (unsigned i = 0; i < 40; i++) {
        uint64_t ceiling = i == 0 ? PAGES : 1 + next_random() % PAGES;
        uint64_t want = i < 2 ? 1 : 1 + next_random() % 12;
        struct dxgk_gap expected = {0}, got = {0};
        bool there = naive_gap(1, ceiling, want, &expected);
        assert_int_equal(dxgk_ranges_gap_below(ranges, 1, ceiling, want, &got), there);
        assert_int_equal(got.first, expected.first);
        assert_int_equal(got.pages, expected.pages);
    }
}

static void agrees_with_a_bitmap(bool gaps, uint64_t with_seed) {
    struct dxgk_ranges ranges = {.gaps = gaps};
    bool used[NODES] = {false};
    for (unsigned i = 0; i < PAGES; i++)
        owner[i] = 0;
    seed = with_seed;
    for (unsigned step = 0; step < 3000; step++) {
        unsigned n = (unsigned)(next_random() % NODES);
        if (used[n]) {
            dxgk_ranges_remove(&ranges, &nodes[n].range);
            for (uint64_t i = 0; i < nodes[n].range.pages; i++)
                owner[nodes[n].range.first + i] = 0;
            used[n] = false;
        } else {
            uint64_t first = 1 + next_random() % (PAGES - 1);
            uint64_t pages = 1 + next_random() % 5;
            bool free = first + pages <= PAGES;
            for (uint64_t i = 0; free && i < pages; i++)
                free = !owner[first + i];
            if (!free)
                continue;
            nodes[n].range = (struct dxgk_range){.first = first, .pages = (uint32_t)pages};
            dxgk_ranges_insert(&ranges, &nodes[n].range);
            for (uint64_t i = 0; i < pages; i++)
                owner[first + i] = (int)n + 1;
            used[n] = true;
        }
        if (step % 16 == 0)
            compare(&ranges);
    }
    for (unsigned n = 0; n < NODES; n++)
        if (used[n])
            dxgk_ranges_remove(&ranges, &nodes[n].range);
    assert_null(ranges.root);
}

static bool same_tree(const struct dxgk_range *a, const struct dxgk_range *b) {
    if (!a || !b)
        return a == b;
    return a->first == b->first && same_tree(a->left, b->left) && same_tree(a->right, b->right);
}

/* Arrays that come and go as a whole leave the tree that single ranges do: its shape is its contents'. */
static void arrays_are_many_ranges(void **state) {
    (void)state;
    enum {
        ARRAYS = 4,
        EACH = 100
    };
    static struct dxgk_range arrays[ARRAYS][EACH], singles[ARRAYS][EACH];
    static char tags[ARRAYS]; /* stand for mappings, into which nobody looks */
    struct dxgk_ranges ranges = {0}, plain = {0};
    unsigned there[ARRAYS] = {0};
    seed = 4;
    for (unsigned step = 0; step < 2000; step++) {
        unsigned which = (unsigned)(next_random() % ARRAYS);
        struct dxgk_mapping *mapping = (struct dxgk_mapping *)&tags[which];
        if (there[which]) {
            dxgk_ranges_remove_mapping(&ranges, mapping);
            for (unsigned i = 0; i < there[which]; i++)
                dxgk_ranges_remove(&plain, &singles[which][i]);
            there[which] = 0;
        } else {
            unsigned count = 1 + (unsigned)(next_random() % EACH);
            unsigned stride = 1 + (unsigned)(next_random() % EACH) * 2; /* odd, so that none comes twice */
            bool far = next_random() % 2;                               /* pages of more than four bytes */
            for (unsigned i = 0; i < count; i++) {
                uint64_t first = 1 + ((uint64_t)i * stride % 128 * ARRAYS + which) * 3;
                first = far ? first << 38 | first : first;
                arrays[which][i] =
                    (struct dxgk_range){.first = first, .pages = 1 + i % 3, .page = i, .mapping = mapping};
                singles[which][i] = arrays[which][i];
                dxgk_ranges_insert(&plain, &singles[which][i]);
            }
            dxgk_ranges_insert_array(&ranges, arrays[which], count);
            there[which] = count;
        }
        assert_true(same_tree(ranges.root, plain.root));
        check_node(ranges.root, false);
        for (unsigned i = 0; i < there[which]; i++)
            assert_ptr_equal(dxgk_ranges_find(&ranges, arrays[which][i].first + i % 3), &arrays[which][i]);
    }
}

static void agrees_without_gaps(void **state) {
    (void)state;
    agrees_with_a_bitmap(false, 1);
}

static void agrees_with_gaps(void **state) {
    (void)state;
    agrees_with_a_bitmap(true, 2);
    agrees_with_a_bitmap(true, 3);
}

/* 2^16 ranges in ascending order, which a plain search tree would make a list of. */
static void stays_shallow(void **state) {
    (void)state;
    enum {
        MANY = 1 << 16
    };
    struct dxgk_range *many = calloc(MANY, sizeof(*many));
    assert_non_null(many);
    struct dxgk_ranges ranges = {0};
    for (uint64_t i = 0; i < MANY; i++) {
        many[i].first = i * 3;
        many[i].pages = 2;
        dxgk_ranges_insert(&ranges, &many[i]);
    }
    /* Expected depth of a treap: below 3 log2 n; twice that leaves room for chance. */
    assert_in_range(check_node(ranges.root, false), 16, 96);
    for (uint64_t i = 0; i < MANY; i++) {
        assert_ptr_equal(dxgk_ranges_find(&ranges, i * 3 + 1), &many[i]);
        assert_null(dxgk_ranges_find(&ranges, i * 3 + 2));
    }
    for (uint64_t i = 0; i < MANY; i++)
        dxgk_ranges_remove(&ranges, &many[i]);
    assert_null(ranges.root);
    free(many);
}

static void reaches_the_last_device_page(void **state) {
    (void)state;
    const uint64_t end = UINT64_C(1) << 52;
    struct dxgk_ranges ranges = {.gaps = true};
    struct dxgk_gap gap;
    assert_true(dxgk_ranges_gap_below(&ranges, 1, end, UINT32_MAX, &gap));
    assert_int_equal(gap.first, 1);
    assert_int_equal(gap.pages, end - 1);
    nodes[0].range = (struct dxgk_range){.first = end - UINT32_MAX, .pages = UINT32_MAX};
    dxgk_ranges_insert(&ranges, &nodes[0].range);
    assert_ptr_equal(dxgk_ranges_find(&ranges, end - 1), &nodes[0].range);
    assert_ptr_equal(dxgk_ranges_find(&ranges, end - UINT32_MAX), &nodes[0].range);
    assert_null(dxgk_ranges_find(&ranges, end));
    assert_null(dxgk_ranges_find(&ranges, end - UINT32_MAX - 1));
    assert_true(dxgk_ranges_gap_below(&ranges, 1, end, 1, &gap));
    assert_int_equal(gap.first + gap.pages, end - UINT32_MAX);
    dxgk_ranges_remove(&ranges, &nodes[0].range);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_are_many_ranges),
        cmocka_unit_test(agrees_without_gaps),
        cmocka_unit_test(agrees_with_gaps),
        cmocka_unit_test(stays_shallow),
        cmocka_unit_test(reaches_the_last_device_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
