/* The DMA domain: three ways to map, against a naive page table; faults; fragmentation; the limit. */
#include "unit/dxgk_rig.h"

#include "dxgk/domain.h"

static struct nt_section *const section_a = (struct nt_section *)64;
static struct nt_section *const section_b = (struct nt_section *)128;

static int up(void **state) {
    (void)state;
    rig_boot(RIG_IOMMU);
    return 0;
}

static int down(void **state) {
    (void)state;
    rig_down();
    return 0;
}

static uint64_t seed = 88172645463325252u;
static uint64_t next_random(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void limit_is_inclusive(void **state) {
    (void)state;
    static const struct {
        uint64_t visible, limit;
    } rows[] = {
        {0, 0},
        {4094, 0},
        {4095, 1},
        {8190, 1},
        {8191, 2},
        {UINT64_MAX, UINT64_C(1) << 52},
        {UINT64_MAX - 1, (UINT64_C(1) << 52) - 1},
        {(UINT64_C(1) << 63) - 1, UINT64_C(1) << 51},
        {UINT64_C(1) << 63, UINT64_C(1) << 51},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct dxgk_domain domain = {0};
        dxgk_domain_create(&domain, DXGK_MODE_REMAPPED, rows[i].visible);
        assert_int_equal(domain.limit, rows[i].limit);
        uint64_t first;
        bool room = rows[i].limit > 1;
        assert_int_equal(dxgk_domain_find(&domain, 1, &first), room);
        if (room)
            assert_int_equal(first, rows[i].limit - 1);
        struct dxgk_mapping mapping = {0};
        DXGK_PAGE_NUMBER number;
        NTSTATUS status = dxgk_domain_map_scattered(&domain, &mapping, section_a, 1, &number);
        assert_int_equal(status, room ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES);
        if (room)
            dxgk_domain_unmap(&domain, &mapping);
        dxgk_domain_destroy(&domain);
    }
}

static void ids_are_never_used_twice(void **state) {
    (void)state;
    uint64_t last = 0;
    for (unsigned i = 0; i < 100; i++) {
        struct dxgk_domain domain = {0};
        dxgk_domain_create(&domain, DXGK_MODE_ISOLATED, 0);
        assert_true(domain.id > last);
        last = domain.id;
        dxgk_domain_destroy(&domain);
    }
}

static void longest_run_is_one_range(void **state) {
    (void)state;
    struct dxgk_domain domain = {0};
    struct dxgk_mapping mapping = {0};
    struct dxgk_target target;
    uint64_t first;
    dxgk_domain_create(&domain, DXGK_MODE_REMAPPED, UINT64_MAX);
    assert_true(dxgk_domain_find(&domain, UINT32_MAX, &first));
    assert_int_equal(dxgk_domain_map_run(&domain, &mapping, section_a, UINT32_MAX, first), STATUS_SUCCESS);
    assert_int_equal(nt_pool_usage()->bytes, 0);
    assert_int_equal(domain.mapped, UINT32_MAX);
    assert_true(dxgk_domain_translate(&domain, first + UINT32_MAX - 1, &target));
    assert_int_equal(target.page, UINT32_MAX - 1);
    assert_ptr_equal(target.section, section_a);
    assert_false(dxgk_domain_translate(&domain, first - 1, &target));
    assert_false(dxgk_domain_translate(&domain, first + UINT32_MAX, &target));
    dxgk_domain_unmap(&domain, &mapping);
    assert_false(dxgk_domain_translate(&domain, first, &target));
    dxgk_domain_destroy(&domain);
}

static void scattering_is_a_shuffle(void **state) {
    (void)state;
    for (uint32_t pages = 1; pages <= 300; pages++) {
        struct dxgk_domain domain = {0};
        struct dxgk_mapping mapping = {0};
        struct dxgk_target target;
        DXGK_PAGE_NUMBER numbers[300];
        bool ascending = true;
        dxgk_domain_create(&domain, DXGK_MODE_REMAPPED, 1000 * PAGE - 1);
        assert_int_equal(dxgk_domain_map_scattered(&domain, &mapping, section_a, pages, numbers),
                         STATUS_SUCCESS);
        assert_int_equal(domain.mapped, pages);
        for (uint32_t i = 0; i < pages; i++) {
            assert_in_range(numbers[i], 1, 999);
            assert_true(dxgk_domain_translate(&domain, numbers[i], &target));
            assert_int_equal(target.page, i); /* so no number comes twice */
            ascending = ascending && (i == 0 || numbers[i] == numbers[i - 1] + 1);
        }
        assert_int_equal(ascending, pages == 1);
        dxgk_domain_unmap(&domain, &mapping);
        dxgk_domain_destroy(&domain);
    }
}

static void frames_merge_into_runs(void **state) {
    (void)state;
    static const PFN_NUMBER frames[] = {7, 8, 9, 20, 19, 18, 30, 31, 0, 1, UINT64_C(1) << 51, 50, 52};
    enum {
        COUNT = sizeof(frames) / sizeof(*frames)
    };
    struct dxgk_domain domain = {0};
    struct dxgk_mapping mapping = {0}, single = {0};
    struct dxgk_target target;
    dxgk_domain_create(&domain, DXGK_MODE_ISOLATED, 0);
    assert_int_equal(dxgk_domain_map_frames(&domain, &mapping, section_a, COUNT, frames), STATUS_SUCCESS);
    assert_int_equal(mapping.count, 9); /* one more than it keeps itself */
    assert_int_equal(nt_pool_usage()->bytes, 9 * sizeof(struct dxgk_range));
    assert_int_equal(domain.mapped, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_true(dxgk_domain_translate(&domain, frames[i], &target));
        assert_int_equal(target.page, i);
    }
    static const uint64_t others[] = {2, 6, 10, 17, 21, 29, 32, 51, (UINT64_C(1) << 51) - 1, UINT64_MAX};
    for (unsigned i = 0; i < sizeof(others) / sizeof(*others); i++)
        assert_false(dxgk_domain_translate(&domain, others[i], &target));
    const PFN_NUMBER run[] = {10, 11, 12};
    assert_int_equal(dxgk_domain_map_frames(&domain, &single, section_b, 3, run), STATUS_SUCCESS);
    assert_int_equal(nt_pool_usage()->bytes, 9 * sizeof(struct dxgk_range));
    assert_true(dxgk_domain_translate(&domain, 11, &target));
    assert_ptr_equal(target.section, section_b);
    assert_int_equal(target.page, 1);
    dxgk_domain_unmap(&domain, &mapping);
    assert_true(dxgk_domain_translate(&domain, 10, &target));
    assert_false(dxgk_domain_translate(&domain, 9, &target));
    dxgk_domain_unmap(&domain, &single);
    assert_int_equal(nt_pool_usage()->bytes, 0);
    dxgk_domain_destroy(&domain);
}

/* Every other page taken: an array still gets all the rest, a run gets nothing. */
static void single_free_pages_suffice_for_an_array(void **state) {
    (void)state;
    enum {
        PAGES = 64
    }; /* device pages 1..63 */
    struct dxgk_domain domain = {0};
    struct dxgk_mapping odd[PAGES] = {{0}}, rest = {0};
    struct dxgk_target target;
    DXGK_PAGE_NUMBER numbers[PAGES];
    uint64_t first;
    dxgk_domain_create(&domain, DXGK_MODE_REMAPPED, PAGES * PAGE - 1);
    for (unsigned page = 1; page < PAGES; page += 2)
        assert_int_equal(dxgk_domain_map_run(&domain, &odd[page], section_a, 1, page), STATUS_SUCCESS);
    assert_false(dxgk_domain_find(&domain, 2, &first));
    assert_true(dxgk_domain_find(&domain, 1, &first));
    assert_int_equal(dxgk_domain_map_scattered(&domain, &rest, section_b, 32, numbers),
                     STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(nt_pool_usage()->bytes, 0);
    assert_int_equal(dxgk_domain_map_scattered(&domain, &rest, section_b, 31, numbers), STATUS_SUCCESS);
    assert_int_equal(rest.count, 31);
    assert_int_equal(nt_pool_usage()->bytes, 31 * sizeof(struct dxgk_extent));
    for (unsigned i = 0; i < 31; i++) {
        assert_int_equal(numbers[i] % 2, 0);
        assert_in_range(numbers[i], 2, 62);
        assert_true(dxgk_domain_translate(&domain, numbers[i], &target));
        assert_int_equal(target.page, i);
        assert_ptr_equal(target.section, section_b);
    }
    assert_false(dxgk_domain_find(&domain, 1, &first));
    assert_false(dxgk_domain_translate(&domain, 0, &target));
    assert_false(dxgk_domain_translate(&domain, PAGES, &target));
    dxgk_domain_unmap(&domain, &rest);
    for (unsigned page = 1; page < PAGES; page += 2)
        dxgk_domain_unmap(&domain, &odd[page]);
    assert_int_equal(nt_pool_usage()->bytes, 0);
    dxgk_domain_destroy(&domain);
}

/* Each range is a fault point, and so is the block for many of them; none leaves anything behind. */
static void faults_leave_nothing(void **state) {
    (void)state;
    enum {
        FREE = 2 * (DXGK_FEW_EXTENTS + 1)
    };
    PFN_NUMBER frames[DXGK_FEW_RANGES + 1];
    struct dxgk_domain isolated = {0}, remapped = {0};
    struct dxgk_mapping mapping = {0}, wedges[DXGK_FEW_EXTENTS] = {{0}};
    struct dxgk_target target;
    DXGK_PAGE_NUMBER numbers[FREE];
    bool fired;
    for (unsigned i = 0; i <= DXGK_FEW_RANGES; i++)
        frames[i] = 40 - 2 * i;
    dxgk_domain_create(&isolated, DXGK_MODE_ISOLATED, 0);
    for (uint32_t pages = DXGK_FEW_RANGES; pages <= DXGK_FEW_RANGES + 1; pages++) {
        bool block = pages > DXGK_FEW_RANGES;
        for (uint32_t nth = 1; nth <= pages + block; nth++) {
            nt_fault_arm(NT_FAULT_ANY, nth);
            NTSTATUS status = dxgk_domain_map_frames(&isolated, &mapping, section_a, pages, frames);
            assert_int_equal(status, block && nth == 1 ? STATUS_NO_MEMORY : STATUS_INSUFFICIENT_RESOURCES);
            assert_int_equal(nt_fault_passed(&fired), nth);
            assert_true(fired);
            assert_int_equal(isolated.mapped, 0);
            assert_int_equal(nt_pool_usage()->blocks, 0);
            for (unsigned page = 0; page < 50; page++)
                assert_false(dxgk_domain_translate(&isolated, page, &target));
        }
        nt_fault_arm(NT_FAULT_ANY, 0);
        assert_int_equal(dxgk_domain_map_frames(&isolated, &mapping, section_a, pages, frames),
                         STATUS_SUCCESS);
        assert_int_equal(nt_pool_usage()->blocks, block);
        nt_fault_arm(NT_FAULT_ANY, 1);
        dxgk_domain_unmap(&isolated, &mapping);
        assert_int_equal(nt_fault_passed(&fired), 0);
    }
    nt_fault_arm(NT_FAULT_ANY, 0);
    dxgk_domain_destroy(&isolated);

    /* Two free pages, a wedge of one, two free pages, … */
    dxgk_domain_create(&remapped, DXGK_MODE_REMAPPED, (FREE + DXGK_FEW_EXTENTS + 1) * PAGE - 1);
    for (unsigned i = 0; i < DXGK_FEW_EXTENTS; i++)
        assert_int_equal(dxgk_domain_map_run(&remapped, &wedges[i], section_b, 1, 3 * (i + 1)),
                         STATUS_SUCCESS);
    for (uint32_t pages = FREE - 2; pages <= FREE; pages += 2) {
        bool block = pages == FREE;
        for (uint32_t nth = 1; nth <= pages / 2 + block; nth++) {
            nt_fault_arm(NT_FAULT_ANY, nth);
            NTSTATUS status = dxgk_domain_map_scattered(&remapped, &mapping, section_a, pages, numbers);
            assert_int_equal(status, block && nth == 1 ? STATUS_NO_MEMORY : STATUS_INSUFFICIENT_RESOURCES);
            assert_int_equal(remapped.mapped, DXGK_FEW_EXTENTS);
            assert_int_equal(nt_pool_usage()->blocks, 0);
        }
        nt_fault_arm(NT_FAULT_ANY, 0);
        assert_int_equal(dxgk_domain_map_scattered(&remapped, &mapping, section_a, pages, numbers),
                         STATUS_SUCCESS);
        assert_int_equal(nt_pool_usage()->blocks, block);
        for (unsigned i = 0; i < pages; i++)
            assert_true(numbers[i] % 3 != 0 && dxgk_domain_translate(&remapped, numbers[i], &target));
        dxgk_domain_unmap(&remapped, &mapping);
    }
    nt_fault_arm(NT_FAULT_DOMAIN, 1);
    assert_int_equal(dxgk_domain_map_run(&remapped, &mapping, section_a, 2, 4),
                     STATUS_INSUFFICIENT_RESOURCES);
    nt_fault_arm(NT_FAULT_ANY, 0);
    assert_false(dxgk_domain_translate(&remapped, 4, &target));
    for (unsigned i = 0; i < DXGK_FEW_EXTENTS; i++)
        dxgk_domain_unmap(&remapped, &wedges[i]);
    dxgk_domain_destroy(&remapped);
}

/* The page table: of each page below limit the owner + 1, whose section is 64 times that, and the place. */
static void assert_reaches(const struct dxgk_domain *domain, unsigned limit, const int *owner,
                           const uint64_t *place) {
    for (unsigned i = 0; i < limit + 1; i++) {
        struct dxgk_target target;
        bool reached = dxgk_domain_translate(domain, i, &target);
        assert_int_equal(reached, i < limit && owner[i] != 0);
        if (reached) {
            assert_int_equal((uintptr_t)target.section, 64 * (unsigned)owner[i]);
            assert_int_equal(target.page, place[i]);
        }
    }
}

/* Random pins of both forms in a small domain, beside a page table. */
static void agrees_with_a_page_table(void **state) {
    (void)state;
    enum {
        LIMIT = 200,
        PINS = 12,
        MAX = 60
    };
    struct dxgk_domain domain = {0};
    struct dxgk_mapping mappings[PINS] = {{0}};
    uint32_t pages[PINS] = {0};
    int owner[LIMIT] = {0}; /* pin + 1 */
    uint64_t place[LIMIT] = {0};
    uint64_t mapped = 0;
    unsigned most_ranges = 0;
    dxgk_domain_create(&domain, DXGK_MODE_REMAPPED, LIMIT * PAGE - 1);
    for (unsigned step = 0; step < 20000; step++) {
        unsigned pin = (unsigned)(next_random() % PINS);
        if (pages[pin]) {
            dxgk_domain_unmap(&domain, &mappings[pin]);
            for (unsigned i = 0; i < LIMIT; i++)
                if (owner[i] == (int)pin + 1)
                    owner[i] = 0;
            mapped -= pages[pin];
            pages[pin] = 0;
        } else {
            uint32_t count = 1 + (uint32_t)(next_random() % MAX);
            struct nt_section *section = (struct nt_section *)(uintptr_t)(64 * (pin + 1));
            DXGK_PAGE_NUMBER numbers[MAX];
            uint64_t longest = 0, run = 0, first;
            for (unsigned i = 1; i < LIMIT; i++) {
                run = owner[i] ? 0 : run + 1;
                longest = run > longest ? run : longest;
            }
            bool found = dxgk_domain_find(&domain, count, &first);
            assert_int_equal(found, longest >= count);
            NTSTATUS status;
            if (found && next_random() % 2) {
                status = dxgk_domain_map_run(&domain, &mappings[pin], section, count, first);
                for (uint32_t i = 0; i < count; i++)
                    numbers[i] = first + i;
            } else {
                status = dxgk_domain_map_scattered(&domain, &mappings[pin], section, count, numbers);
            }
            if (mapped + count > LIMIT - 1) {
                assert_int_equal(status, STATUS_INSUFFICIENT_RESOURCES);
                continue;
            }
            assert_int_equal(status, STATUS_SUCCESS);
            for (uint32_t i = 0; i < count; i++) {
                assert_in_range(numbers[i], 1, LIMIT - 1);
                assert_int_equal(owner[numbers[i]], 0);
                owner[numbers[i]] = (int)pin + 1;
                place[numbers[i]] = i;
            }
            pages[pin] = count;
            mapped += count;
            most_ranges = mappings[pin].count > most_ranges ? (unsigned)mappings[pin].count : most_ranges;
        }
        assert_int_equal(domain.mapped, mapped);
        assert_reaches(&domain, LIMIT, owner, place);
    }
    assert_true(most_ranges >= 4); /* it was fragmented */
    for (unsigned pin = 0; pin < PINS; pin++)
        if (pages[pin])
            dxgk_domain_unmap(&domain, &mappings[pin]);
    dxgk_domain_destroy(&domain);
}

/* The same 1:1, where pins of few ranges come one by one and arrays of many as a whole. */
static void agrees_with_a_page_table_of_frames(void **state) {
    (void)state;
    enum {
        FRAMES = 256, /* of which 77 i mod 256 is a shuffle */
        PINS = 8,
        MAX = 40
    };
    struct dxgk_domain domain = {0};
    struct dxgk_mapping mappings[PINS] = {{0}};
    uint32_t pages[PINS] = {0};
    int owner[FRAMES] = {0}; /* pin + 1 */
    uint64_t place[FRAMES] = {0};
    uint64_t mapped = 0;
    unsigned few = 0, many = 0;
    dxgk_domain_create(&domain, DXGK_MODE_ISOLATED, 0);
    for (unsigned step = 0; step < 4000; step++) {
        unsigned pin = (unsigned)(next_random() % PINS);
        if (pages[pin]) {
            dxgk_domain_unmap(&domain, &mappings[pin]);
            for (unsigned i = 0; i < FRAMES; i++)
                owner[i] = owner[i] == (int)pin + 1 ? 0 : owner[i];
            mapped -= pages[pin];
            pages[pin] = 0;
        } else {
            PFN_NUMBER frames[MAX];
            uint32_t count = 0, wanted = 1 + (uint32_t)(next_random() % MAX);
            unsigned from = (unsigned)(next_random() % FRAMES);
            for (unsigned i = 0; i < FRAMES && count < wanted; i++) {
                unsigned frame = (from + i) * 77 % FRAMES;
                if (!owner[frame] && next_random() % 4) {
                    owner[frame] = (int)pin + 1;
                    place[frame] = count;
                    frames[count++] = frame;
                }
            }
            if (count == 0)
                continue;
            struct nt_section *section = (struct nt_section *)(uintptr_t)(64 * (pin + 1));
            assert_int_equal(dxgk_domain_map_frames(&domain, &mappings[pin], section, count, frames),
                             STATUS_SUCCESS);
            pages[pin] = count;
            mapped += count;
            few += mappings[pin].count <= DXGK_FEW_RANGES;
            many += mappings[pin].count > DXGK_FEW_RANGES;
        }
        assert_int_equal(domain.mapped, mapped);
        assert_reaches(&domain, FRAMES, owner, place);
    }
    assert_true(few > 100 && many > 100);
    for (unsigned pin = 0; pin < PINS; pin++)
        if (pages[pin])
            dxgk_domain_unmap(&domain, &mappings[pin]);
    dxgk_domain_destroy(&domain);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(limit_is_inclusive, up, down),
        cmocka_unit_test_setup_teardown(ids_are_never_used_twice, up, down),
        cmocka_unit_test_setup_teardown(longest_run_is_one_range, up, down),
        cmocka_unit_test_setup_teardown(scattering_is_a_shuffle, up, down),
        cmocka_unit_test_setup_teardown(frames_merge_into_runs, up, down),
        cmocka_unit_test_setup_teardown(single_free_pages_suffice_for_an_array, up, down),
        cmocka_unit_test_setup_teardown(faults_leave_nothing, up, down),
        cmocka_unit_test_setup_teardown(agrees_with_a_page_table, up, down),
        cmocka_unit_test_setup_teardown(agrees_with_a_page_table_of_frames, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
