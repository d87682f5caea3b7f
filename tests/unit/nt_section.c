/* Sections: pages that read as zero, keep what was written, and leave nothing behind. */
#include "unit/nt_machine.h"

#include <string.h>

static void nothing_is_there_until_touched(void **state) {
    (void)state;
    struct nt_section *section = nt_section_create(100);
    assert_int_equal(nt_section_pages(section), 100);
    assert_null(nt_section_peek(section, 99));
    struct nt_page *page = nt_section_touch(section, 99);
    assert_non_null(page);
    assert_ptr_equal(page->section, section);
    assert_int_equal(page->index, 99);
    assert_ptr_equal(nt_section_peek(section, 99), page);
    assert_ptr_equal(nt_section_touch(section, 99), page);
    assert_null(nt_section_peek(section, 5));
    uint8_t bytes[4096];
    memset(bytes, 0xEE, sizeof(bytes));
    nt_page_copy(page, 0, bytes, sizeof(bytes), false);
    for (size_t i = 0; i < sizeof(bytes); i++)
        assert_int_equal(bytes[i], 0);
    assert_null(page->bytes);
    nt_section_destroy(section);
}

static void copies_reach_exactly_their_bytes(void **state) {
    (void)state;
    struct nt_section *section = nt_section_create(2);
    struct nt_page *page = nt_section_touch(section, 1);
    uint8_t model[4096] = {0}, seen[4096], data[64];
    uint32_t random = 1;
    for (int round = 0; round < 2000; round++) {
        random = random * 1664525 + 1013904223;
        unsigned offset = random >> 20;
        size_t size = (random >> 8 & 63) + 1;
        if (size > 4096 - offset)
            size = 4096 - offset;
        unsigned skew = random & 7; /* the buffer's alignment, too */
        if (size > sizeof(data) - skew)
            size = sizeof(data) - skew;
        for (size_t i = 0; i < sizeof(data); i++)
            data[i] = (uint8_t)(random >> 16 ^ i * 7);
        nt_page_copy(page, offset, data + skew, size, true);
        memcpy(model + offset, data + skew, size);
        memset(seen, 0xEE, sizeof(seen));
        nt_page_copy(page, offset, seen + skew, size, false);
        assert_memory_equal(seen + skew, data + skew, size);
        assert_int_equal(seen[skew + size], 0xEE);
    }
    nt_page_copy(page, 0, seen, sizeof(seen), false);
    assert_memory_equal(seen, model, sizeof(model));
    assert_int_equal(dma_get(section, 0), 0);
    nt_section_destroy(section);
}

static void records_never_move(void **state) {
    (void)state;
    static struct nt_page *records[3000];
    const uint64_t count = sizeof(records) / sizeof(records[0]);
    struct nt_section *section = nt_section_create(UINT64_C(1) << 52);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t page = i * i * i * 7919;
        records[i] = nt_section_touch(section, page);
        assert_non_null(records[i]);
        nt_page_copy(records[i], 8, &page, sizeof(page), true);
    }
    for (uint64_t i = 0; i < count; i++) {
        uint64_t page = i * i * i * 7919, seen;
        assert_ptr_equal(nt_section_peek(section, page), records[i]);
        assert_ptr_equal(nt_section_touch(section, page), records[i]);
        assert_int_equal(records[i]->index, page);
        nt_page_copy(records[i], 8, &seen, sizeof(seen), false);
        assert_int_equal(seen, page);
    }
    assert_true(nt_pool_usage()->cache_bytes > 0);
    nt_section_destroy(section);
    assert_int_equal(nt_pool_usage()->cache_bytes, 0);
    assert_int_equal(nt_pool_usage()->bytes, 0);
}

static void pages_of_an_earlier_life_read_as_zero(void **state) {
    (void)state;
    for (int life = 0; life < 5; life++) {
        struct nt_section *section = nt_section_create(40);
        for (uint64_t page = 0; page < 40; page++) {
            uint8_t bytes[4096];
            struct nt_page *record = nt_section_touch(section, page);
            /* Writing a byte is what gives the page its bytes. */
            nt_page_copy(record, 17, &(uint8_t){1}, 1, true);
            nt_page_copy(record, 0, bytes, sizeof(bytes), false);
            for (unsigned i = 0; i < sizeof(bytes); i++)
                assert_int_equal(bytes[i], i == 17);
            memset(bytes, 0xA5, sizeof(bytes));
            nt_page_copy(record, 0, bytes, sizeof(bytes), true);
        }
        uint8_t *base = map(section, 3, 5);
        memset(base, 0x5A, 8 * NT_PAGE_SIZE);
        assert_true(nt_section_unmap(section, base));
        nt_section_destroy(section);

        section = nt_section_create(40);
        base = map(section, 0, 40);
        for (unsigned i = 0; i < 40 * NT_PAGE_SIZE; i++)
            assert_int_equal(base[i], 0);
        assert_true(nt_section_unmap(section, base));
        nt_section_destroy(section);
    }
}

/* Fills whatever a boot can fill: store pages, views, aliases, large ones that go by system call. */
static void make_a_mess(void) {
    struct nt_section *small = nt_section_create(8);
    struct nt_section *large = nt_section_create(UINT64_C(1) << 34);
    for (uint64_t page = 0; page < 100; page++)
        dma_put(large, page * 1000, UINT64_MAX);
    memset(map(small, 0, 8), 0xFF, 8 * NT_PAGE_SIZE);
    uint8_t *base = map(large, 1000, 100);
    memset(base, 0xFF, 100 * NT_PAGE_SIZE);
    /* A second base at page 1056: it dies, is mapped elsewhere, and is then bridged. */
    map(large, 960, 16);
    void *middle = map(large, 976, 8);
    assert_true(nt_section_unmap(large, middle));
    memset(map(large, 976, 8), 0xFF, 8 * NT_PAGE_SIZE);
    memset(map(large, 960, 20), 0xFF, 20 * NT_PAGE_SIZE);
    assert_true(nt_section_lock(large, 10));
    for (uint64_t page = 0; page < 10; page++)
        pfn_of(large, page);
}

static void a_shutdown_leaves_nothing(void **state) {
    (void)state;
    struct nt_config config = small_machine;
    config.view_bytes = UINT64_C(4) << 20;
    config.ram_pages = 4096;
    config.highest_pfn = 8191;
    uintptr_t bases[2] = {0, 0};
    for (int life = 0; life < 4; life++) {
        nt_shutdown();
        boot(&config);
        assert_int_equal(nt_section_usage().views, 0);
        assert_int_equal(nt_section_usage().view_bytes, 0);
        assert_int_equal(nt_section_usage().locked_pages, 0);
        assert_int_equal(nt_phys_held(), 0);
        assert_int_equal(nt_pool_usage()->bytes, 0);
        assert_int_equal(nt_pool_usage()->cache_bytes, 0);
        /* Fresh pages of the store, as a page that was not zeroed on purpose shows them. */
        struct nt_section *section = nt_section_create(1000);
        for (uint64_t page = 0; page < 200; page++) {
            uint8_t bytes[4096];
            struct nt_page *record = nt_section_touch(section, page);
            nt_page_copy(record, 0, &(uint8_t){0}, 1, true);
            nt_page_copy(record, 0, bytes, sizeof(bytes), false);
            for (unsigned i = 0; i < sizeof(bytes); i++)
                assert_int_equal(bytes[i], 0);
        }
        /* Addresses come in the same order, and show zeros all around. */
        for (int i = 0; i < 6; i++) {
            uint8_t *base = map(section, 200, 700);
            for (unsigned at = 0; at < 708 * NT_PAGE_SIZE; at++)
                assert_int_equal(base[at], 0);
            if (i == 0 || i == 5) {
                if (life > 0)
                    assert_int_equal((uintptr_t)base, bases[i / 5]);
                bases[i / 5] = (uintptr_t)base;
            }
            assert_true(nt_section_unmap(section, base));
        }
        nt_section_destroy(section);
        make_a_mess();
        /* Views, locks and sections are out; it is shutdown that ends them. */
    }
}

static void many_boots_with_the_pages_given_back_between(void **state) {
    (void)state;
    for (int life = 0; life < 40000; life++) {
        nt_shutdown();
        boot(&small_machine);
        struct nt_section *section = nt_section_create(3);
        dma_put(section, 2, UINT64_MAX);
        uint64_t *base = (uint64_t *)map(section, 0, 2);
        assert_int_equal(*base, 0);
        *base = UINT64_MAX;
        assert_true(nt_section_unmap(section, base));
        nt_section_destroy(section);
    }
}

static void locks_are_counted_and_exact(void **state) {
    (void)state;
    struct nt_section *section = nt_section_create(100);
    assert_false(nt_section_lock(section, 65));
    assert_int_equal(nt_section_usage().locked_pages, 0);
    assert_int_equal(nt_phys_held(), 0);
    assert_true(nt_section_lock(section, 64));
    assert_true(nt_section_page_locked(section, 63));
    assert_false(nt_section_page_locked(section, 64));
    assert_int_equal(nt_section_usage().locked_pages, 64);
    nt_section_unlock(section);
    assert_int_equal(nt_section_usage().locked_pages, 0);
    assert_int_equal(nt_phys_held(), 0);
    nt_fault_arm(NT_FAULT_LOCK, 1);
    assert_false(nt_section_lock(section, 1));
    assert_int_equal(nt_section_usage().locked_pages, 0);
    assert_true(nt_section_lock(section, 1));
    nt_section_unlock(section);
    nt_section_destroy(section);
}

static void creation_is_a_pool_matter(void **state) {
    (void)state;
    nt_fault_arm(NT_FAULT_POOL, 1);
    assert_null(nt_section_create(1));
    assert_int_equal(nt_pool_usage()->bytes, 0);
    struct nt_section *sections[1000];
    unsigned count = 0;
    while ((sections[count] = nt_section_create(UINT64_C(1) << 52)))
        count++;
    assert_in_range(count, 16, 999);
    while (count > 0)
        nt_section_destroy(sections[--count]);
    assert_int_equal(nt_pool_usage()->bytes, 0);
    assert_int_equal(nt_pool_usage()->blocks, 0);
}

static void a_section_of_the_largest_size_works_at_its_ends(void **state) {
    (void)state;
    struct nt_config config = small_machine;
    config.ram_pages = UINT64_C(1) << 40;
    config.highest_pfn = (UINT64_C(1) << 40) - 1;
    nt_shutdown();
    boot(&config);
    /* 2^46 bytes, 2^64 - 4096 bytes, and 2^64. */
    const uint64_t sizes[] = {UINT64_C(1) << 34, (UINT64_C(1) << 52) - 1, UINT64_C(1) << 52};
    for (unsigned i = 0; i < 3; i++) {
        struct nt_section *section = nt_section_create(sizes[i]);
        assert_int_equal(nt_section_pages(section), sizes[i]);
        const uint64_t last = sizes[i] - 1;
        dma_put(section, last, 42);
        uint8_t *top = map(section, last, 1);
        uint64_t *word = (uint64_t *)(top + last % 16 * NT_PAGE_SIZE);
        assert_int_equal(*word, 42);
        *word = 43;
        assert_int_equal(dma_get(section, last), 43);
        uint8_t *low = map(section, 0, 1);
        assert_int_equal(*low, 0);
        void *none;
        assert_int_equal(nt_section_map(section, 0, last * NT_PAGE_SIZE, &none),
                         STATUS_INSUFFICIENT_RESOURCES);
        assert_true(nt_section_unmap(section, top));
        assert_true(nt_section_unmap(section, low));
        if (sizes[i] == UINT64_C(1) << 34) {
            assert_true(nt_section_lock(section, sizes[i]));
            assert_true(nt_section_page_locked(section, last));
            nt_section_unlock(section);
        } else {
            assert_false(nt_section_lock(section, sizes[i]));
        }
        nt_section_destroy(section);
    }
}

static void a_section_in_use_outlives_its_destruction(void **state) {
    (void)state;
    struct nt_section *section = nt_section_create(4);
    uint8_t *base = map(section, 0, 4);
    assert_true(nt_section_lock(section, 2));
    nt_section_destroy(section);
    base[5] = 1;
    assert_true(nt_view_accessible(base, 4 * NT_PAGE_SIZE));
    assert_int_equal(nt_section_usage().views, 1);
    assert_int_equal(nt_section_usage().locked_pages, 2);
    nt_shutdown();
    assert_int_equal(nt_pool_usage()->bytes, 0);
    boot(&small_machine);
    assert_false(nt_view_accessible(base, 1));
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, boot_small, shut_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(nothing_is_there_until_touched),
        FRESH(copies_reach_exactly_their_bytes),
        FRESH(records_never_move),
        FRESH(pages_of_an_earlier_life_read_as_zero),
        FRESH(a_shutdown_leaves_nothing),
        FRESH(many_boots_with_the_pages_given_back_between),
        FRESH(locks_are_counted_and_exact),
        FRESH(creation_is_a_pool_matter),
        FRESH(a_section_of_the_largest_size_works_at_its_ends),
        FRESH(a_section_in_use_outlives_its_destruction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
