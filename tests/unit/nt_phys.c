/* Commit, frames and their PFNs, pressure. */
#include "unit/nt_machine.h"

#include <stdlib.h>
#include <string.h>

static void commit_is_exact_and_never_wraps(void **state) {
    (void)state;
    assert_true(nt_commit_charge(999));
    assert_false(nt_commit_charge(2));
    assert_false(nt_commit_charge(UINT64_MAX));
    assert_false(nt_commit_charge(UINT64_MAX - 998));
    assert_int_equal(nt_commit_charged(), 999);
    assert_true(nt_commit_charge(1));
    assert_false(nt_commit_charge(1));
    assert_true(nt_commit_charge(0));
    nt_commit_return(1000);
    assert_int_equal(nt_commit_charged(), 0);
    nt_fault_arm(NT_FAULT_COMMIT, 1);
    assert_false(nt_commit_charge(1));
    assert_int_equal(nt_commit_charged(), 0);
    assert_true(nt_commit_charge(1));
    nt_commit_return(1);
}

static void commit_reaches_the_whole_address_space(void **state) {
    (void)state;
    struct nt_config config = small_machine;
    config.commit_pages = UINT64_C(1) << 52;
    nt_shutdown();
    boot(&config);
    assert_true(nt_commit_charge((UINT64_C(1) << 52) - 1));
    assert_false(nt_commit_charge(2));
    assert_true(nt_commit_charge(1));
    assert_false(nt_commit_charge(UINT64_MAX));
    nt_commit_return(UINT64_C(1) << 52);
    assert_int_equal(nt_commit_charged(), 0);
}

static void holds_are_exact_and_never_wrap(void **state) {
    (void)state;
    assert_true(nt_phys_hold(63, NT_FAULT_LOCK));
    assert_false(nt_phys_hold(2, NT_FAULT_LOCK));
    assert_false(nt_phys_hold(UINT64_MAX, NT_FAULT_LOCK));
    assert_true(nt_phys_hold(1, NT_FAULT_VIEW));
    assert_int_equal(nt_phys_held(), 64);
    nt_phys_unhold(64);
    nt_fault_arm(NT_FAULT_VIEW, 1);
    assert_true(nt_phys_hold(1, NT_FAULT_LOCK));
    assert_false(nt_phys_hold(1, NT_FAULT_VIEW));
    assert_int_equal(nt_phys_held(), 1);
    nt_phys_unhold(1);
}

/* On a machine of `ram` frames below `highest`: each frame has its own PFN, in range, and the PFN
 * leads back to the page. Returns how many PFNs follow the one before them, and how many are larger. */
static void take_every_frame(uint64_t ram, uint64_t highest, uint32_t seed, unsigned *following,
                             unsigned *rising) {
    struct nt_config config = small_machine;
    config.ram_pages = ram;
    config.highest_pfn = highest;
    config.pfn_seed = seed;
    nt_shutdown();
    boot(&config);
    struct nt_section *section = nt_section_create(ram);
    assert_non_null(section);
    assert_true(nt_section_lock(section, ram));
    bool *seen = calloc(highest + 1, sizeof(*seen));
    assert_non_null(seen);
    *following = *rising = 0;
    uint64_t before = UINT64_MAX;
    for (uint64_t page = 0; page < ram; page++) {
        uint64_t pfn = pfn_of(section, page);
        assert_in_range(pfn, 0, highest);
        assert_false(seen[pfn]);
        seen[pfn] = true;
        assert_true(nt_phys_installed(pfn));
        assert_ptr_equal(nt_phys_page(pfn), nt_section_peek(section, page));
        assert_int_equal(pfn_of(section, page), pfn);
        *following += page > 0 && pfn == before + 1;
        *rising += page > 0 && pfn > before;
        before = pfn;
    }
    for (uint64_t pfn = 0; pfn <= highest; pfn++) {
        assert_int_equal(nt_phys_installed(pfn), seen[pfn]);
        if (!seen[pfn])
            assert_null(nt_phys_page(pfn));
    }
    assert_false(nt_phys_installed(highest + 1));
    assert_null(nt_phys_page(highest + 1));
    free(seen);
    nt_section_unlock(section);
    nt_section_destroy(section);
    assert_int_equal(nt_pool_usage()->cache_bytes, 0);
}

static void pfns_are_a_bijection_of_any_range(void **state) {
    (void)state;
    unsigned following, rising;
    for (uint64_t ram = 1; ram <= 70; ram++) {
        for (uint32_t seed = 0; seed < 3; seed++) {
            take_every_frame(ram, ram - 1, seed, &following, &rising);
            take_every_frame(ram, 2 * ram, seed, &following, &rising);
            take_every_frame(ram, 3 * ram + 17, seed, &following, &rising);
        }
    }
}

static void pfns_are_neither_contiguous_nor_in_order(void **state) {
    (void)state;
    unsigned following, rising;
    for (uint32_t seed = 0; seed < 20; seed++) {
        take_every_frame(4096, 8192, seed, &following, &rising);
        assert_in_range(following, 0, 64);
        assert_in_range(rising, 4096 / 4, 4096 * 3 / 4);
        take_every_frame(1000, 999, seed, &following, &rising);
        assert_in_range(following, 0, 64);
        assert_in_range(rising, 1000 / 4, 1000 * 3 / 4);
    }
}

static void the_seed_picks_the_order(void **state) {
    (void)state;
    uint64_t pfns[2][8];
    struct nt_config config = small_machine;
    for (uint32_t round = 0; round < 4; round++) {
        config.pfn_seed = round / 2;
        nt_shutdown();
        boot(&config);
        struct nt_section *section = nt_section_create(8);
        assert_true(nt_section_lock(section, 8));
        for (uint64_t page = 0; page < 8; page++)
            pfns[round % 2][page] = pfn_of(section, page);
        if (round % 2)
            assert_memory_equal(pfns[0], pfns[1], sizeof(pfns[0]));
        if (round == 2)
            assert_memory_not_equal(pfns[0], pfns[1], sizeof(pfns[0]));
        nt_section_unlock(section);
        nt_section_destroy(section);
    }
}

static void a_machine_can_be_huge(void **state) {
    (void)state;
    struct nt_config config = small_machine;
    config.ram_pages = UINT64_C(1) << 40;
    config.highest_pfn = (UINT64_C(1) << 40) - 1;
    nt_shutdown();
    boot(&config);
    struct nt_section *section = nt_section_create(UINT64_C(1) << 40);
    assert_true(nt_section_lock(section, UINT64_C(1) << 40));
    assert_false(nt_phys_hold(1, NT_FAULT_LOCK));
    for (uint64_t page = 0; page < UINT64_C(1) << 40; page += UINT64_C(1) << 30) {
        uint64_t pfn = pfn_of(section, page);
        assert_true(pfn <= config.highest_pfn);
        assert_int_equal(nt_phys_page(pfn)->index, page);
    }
    assert_true(nt_phys_installed(config.highest_pfn));
    nt_section_unlock(section);
    nt_section_destroy(section);
}

static void pressure_moves_pfns_and_keeps_bytes(void **state) {
    (void)state;
    struct nt_section *section = nt_section_create(20);
    uint64_t before[20];
    assert_true(nt_section_lock(section, 20));
    for (uint64_t page = 0; page < 20; page++) {
        dma_put(section, page, 1000 + page);
        before[page] = pfn_of(section, page);
    }
    /* Six rounds of 20: RAM has 64 frames, so that from the fourth on old ones come back. */
    for (int round = 0; round < 6; round++) {
        nt_section_unlock(section);
        nt_phys_pressure();
        for (uint64_t page = 0; page < 20; page++) {
            uint64_t pfn;
            assert_false(nt_phys_pfn(nt_section_peek(section, page), &pfn));
            assert_null(nt_phys_page(before[page]));
            assert_true(nt_phys_installed(before[page]));
        }
        assert_true(nt_section_lock(section, 20));
        for (uint64_t page = 0; page < 20; page++) {
            uint64_t pfn = pfn_of(section, page);
            assert_int_not_equal(pfn, before[page]);
            assert_int_equal(dma_get(section, page), 1000 + page);
            before[page] = pfn;
        }
    }
    nt_section_unlock(section);
    nt_section_destroy(section);
}

/* Exactly as many frames as pages: each free frame is one that some page of these lost. */
static void pages_come_back_elsewhere_even_when_ram_is_full(void **state) {
    (void)state;
    for (uint64_t ram = 2; ram <= 9; ram++) {
        struct nt_config config = small_machine;
        config.ram_pages = ram;
        nt_shutdown();
        boot(&config);
        struct nt_section *section = nt_section_create(ram);
        for (int round = 0; round < 5; round++) {
            uint64_t lost[16];
            assert_true(nt_section_lock(section, ram));
            for (uint64_t page = 0; page < ram; page++)
                lost[page] = pfn_of(section, page);
            nt_section_unlock(section);
            nt_phys_pressure();
            assert_true(nt_section_lock(section, ram));
            /* Only the page that comes last can find nothing but its own old frame. */
            for (uint64_t page = 0; page + 1 < ram; page++)
                assert_int_not_equal(pfn_of(section, page), lost[page]);
            nt_section_unlock(section);
        }
        nt_section_destroy(section);
    }
}

static void locked_and_viewed_pages_stay(void **state) {
    (void)state;
    struct nt_section *section = nt_section_create(40);
    uint8_t *base = map(section, 20, 10); /* covers 16..29 */
    assert_true(nt_section_lock(section, 4));
    uint64_t pfns[40];
    for (uint64_t page = 0; page < 4; page++)
        pfns[page] = pfn_of(section, page);
    for (uint64_t page = 16; page < 30; page++)
        pfns[page] = pfn_of(section, page);
    nt_phys_pressure();
    for (uint64_t page = 0; page < 40; page++) {
        uint64_t pfn;
        const struct nt_page *record = nt_section_peek(section, page);
        bool kept = record && nt_phys_pfn(record, &pfn);
        assert_int_equal(kept, page < 4 || (page >= 16 && page < 30));
        if (kept)
            assert_int_equal(pfn, pfns[page]);
        assert_int_equal(nt_section_page_locked(section, page), page < 4);
    }
    nt_section_unlock(section);
    nt_phys_pressure();
    assert_null(nt_phys_page(pfns[0]));
    assert_non_null(nt_phys_page(pfns[16]));
    assert_true(nt_section_unmap(section, base));
    nt_phys_pressure();
    assert_null(nt_phys_page(pfns[16]));
    nt_section_destroy(section);
}

static void a_full_machine_takes_frames_that_nothing_holds(void **state) {
    (void)state;
    struct nt_section *old = nt_section_create(64);
    struct nt_section *fresh = nt_section_create(64);
    assert_true(nt_section_lock(old, 64));
    for (uint64_t page = 0; page < 64; page++) {
        dma_put(old, page, page + 1);
        pfn_of(old, page);
    }
    assert_false(nt_section_lock(fresh, 1));
    nt_section_unlock(old);
    assert_true(nt_section_lock(old, 10));
    assert_true(nt_section_lock(fresh, 54));
    uint64_t kept[10];
    for (uint64_t page = 0; page < 10; page++)
        kept[page] = pfn_of(old, page);
    for (uint64_t page = 0; page < 54; page++) {
        uint64_t pfn = pfn_of(fresh, page);
        for (int i = 0; i < 10; i++)
            assert_int_not_equal(pfn, kept[i]);
    }
    for (uint64_t page = 0; page < 64; page++) {
        uint64_t pfn;
        assert_int_equal(nt_phys_pfn(nt_section_peek(old, page), &pfn), page < 10);
        assert_int_equal(dma_get(old, page), page + 1);
    }
    nt_section_unlock(old);
    nt_section_unlock(fresh);
    nt_section_destroy(old);
    nt_section_destroy(fresh);
}

static void frames_of_a_destroyed_section_are_free(void **state) {
    (void)state;
    struct nt_section *keeper = nt_section_create(1);
    struct nt_section *section = nt_section_create(64);
    assert_true(nt_section_lock(section, 64));
    uint64_t pfn = 0;
    for (uint64_t page = 0; page < 64; page++)
        pfn = pfn_of(section, page);
    nt_section_unlock(section);
    nt_section_destroy(section);
    assert_null(nt_phys_page(pfn));
    assert_true(nt_phys_installed(pfn));
    assert_true(nt_section_lock(keeper, 1));
    pfn = pfn_of(keeper, 0);
    assert_ptr_equal(nt_phys_page(pfn), nt_section_peek(keeper, 0));
    nt_section_unlock(keeper);
    nt_section_destroy(keeper);
    assert_int_equal(nt_phys_held(), 0);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, boot_small, shut_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(commit_is_exact_and_never_wraps),
        FRESH(commit_reaches_the_whole_address_space),
        FRESH(holds_are_exact_and_never_wrap),
        FRESH(pfns_are_a_bijection_of_any_range),
        FRESH(pfns_are_neither_contiguous_nor_in_order),
        FRESH(the_seed_picks_the_order),
        FRESH(a_machine_can_be_huge),
        FRESH(pressure_moves_pfns_and_keeps_bytes),
        FRESH(pages_come_back_elsewhere_even_when_ram_is_full),
        FRESH(locked_and_viewed_pages_stay),
        FRESH(a_full_machine_takes_frames_that_nothing_holds),
        FRESH(frames_of_a_destroyed_section_are_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
