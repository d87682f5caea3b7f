/* Pinning: both forms in all three modes; sizes up to 2^64; undone at every fault point. */
#include "unit/dxgk_rig.h"

#include "nt/mdl.h"

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

static void restart_machine(enum rig_iommu iommu) {
    rig_down();
    rig_boot(iommu);
}

static const enum rig_iommu every_mode[] = {RIG_PLAIN, RIG_IOMMU, RIG_REMAPPED};
#define MODES (sizeof(every_mode) / sizeof(*every_mode))

static void same_as(const struct rig_ledger *before) {
    struct rig_ledger after = rig_ledger();
    rig_assert_same(before, &after);
}

/* Every GPU of the chain reaches every page, and the domain maps no more. */
static void covers(struct rig_device *lead, unsigned members, unsigned index, const DXGK_ADL *adl,
                   uint64_t stamp) {
    uint64_t word;
    for (uint64_t i = 0; i < adl->PageCount; i++) {
        uint64_t device_page = rig_page_of(adl, i);
        assert_true(rig_gpu_write(&lead[i % members], device_page, stamp + i));
        for (unsigned m = 0; m < members; m++) {
            assert_true(rig_gpu_read(&lead[m], device_page, &word));
            assert_int_equal(word, stamp + i);
        }
        void *base;
        assert_int_equal(rig_map(lead, index, i * PAGE, PAGE, &base), STATUS_SUCCESS);
        memcpy(&word, (char *)base + i * PAGE % (64 << 10) + 16, sizeof(word));
        assert_int_equal(word, stamp + i);
        assert_int_equal(rig_unmap(lead, index, base), STATUS_SUCCESS);
    }
}

static void both_forms_in_every_mode(void **state) {
    (void)state;
    for (size_t mode = 0; mode < MODES; mode++) {
        restart_machine(every_mode[mode]);
        bool remapped = every_mode[mode] == RIG_REMAPPED;
        bool iommu = every_mode[mode] != RIG_PLAIN;
        struct rig_device *lead = rig_started(0, 2);
        struct rig_ledger idle = rig_ledger();
        for (unsigned prefer = 0; prefer < 2; prefer++)
            for (unsigned pages = 1; pages <= 8; pages++) {
                DXGK_ADL *adl;
                uint64_t word;
                assert_int_equal(rig_pin2(lead, 1, pages * PAGE, prefer, &adl), STATUS_SUCCESS);
                assert_int_equal(adl->Flags.Value, remapped && prefer);
                struct rig_ledger pinned = rig_ledger();
                assert_int_equal(pinned.sections.locked_pages, pages);
                assert_int_equal(pinned.dxgk.domain_pages, iommu ? pages : 0);
                assert_int_equal(dxgk_look_domain_pages(lead->adapter), iommu ? pages : 0);
                assert_int_equal(pinned.dxgk.pins, 1);
                assert_true(dxgk_look_descriptor(adl));
                covers(lead, 2, 1, adl, 1000 * pages);
                uint64_t first = rig_page_of(adl, 0);
                assert_int_equal(rig_unpin(lead, 1), STATUS_SUCCESS);
                assert_false(dxgk_look_descriptor(adl));
                assert_int_equal(rig_gpu_read(lead, first, &word), !iommu);
                same_as(&idle);
            }
        PMDL mdl;
        assert_int_equal(rig_pin(lead, 1, 8 * PAGE, &mdl), remapped ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS);
        if (!remapped) {
            assert_true(dxgk_look_descriptor(mdl));
            for (unsigned i = 0; i < 8; i++) {
                uint64_t word;
                assert_true(rig_gpu_read(lead, MmGetMdlPfnArray(mdl)[i], &word));
                assert_int_equal(word, 8000 + i); /* PIN-CONTENTS, PIN1-EQUAL */
            }
            assert_int_equal(rig_unpin(lead, 1), STATUS_SUCCESS);
        }
        same_as(&idle);
    }
}

static void pinning_twice_fails_and_keeps_the_first(void **state) {
    (void)state;
    struct rig_device *lead = rig_started(0, 1);
    DXGK_ADL *adl, *second;
    PMDL mdl;
    assert_int_equal(rig_pin2(lead, 0, 4 * PAGE, false, &adl), STATUS_SUCCESS);
    struct rig_ledger pinned = rig_ledger();
    assert_int_equal(rig_pin2(lead, 0, 4 * PAGE, false, &second), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(rig_pin2(lead, 0, PAGE, true, &second), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(rig_pin(lead, 0, PAGE, &mdl), STATUS_INVALID_DEVICE_STATE);
    /* what is wrong in itself is told first */
    assert_int_equal(rig_pin2(lead, 0, 0, false, &second), STATUS_INVALID_PARAMETER);
    assert_int_equal(rig_pin2(lead, 0, 9 * PAGE, false, &second), STATUS_INVALID_PARAMETER);
    same_as(&pinned);
    covers(lead, 1, 0, adl, 5);
    assert_int_equal(rig_unpin(lead, 0), STATUS_SUCCESS);
    assert_int_equal(rig_pin(lead, 0, PAGE, &mdl), STATUS_SUCCESS);
    assert_int_equal(rig_pin2(lead, 0, PAGE, false, &adl), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(rig_unpin(lead, 0), STATUS_SUCCESS);
    assert_int_equal(rig_unpin(lead, 0), STATUS_INVALID_PARAMETER);
}

static void what_is_wrong_is_refused(void **state) {
    (void)state;
    for (size_t mode = 0; mode < MODES; mode++) {
        restart_machine(every_mode[mode]);
        struct rig_device *lead = rig_chain(0, 3);
        lead->sizes[0] = 6 * PAGE;
        lead->sizes[1] = 0; /* the shared layout: index 1 is no alias of index 0 */
        lead->sizes[2] = 2 * PAGE;
        assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
        struct rig_ledger idle = rig_ledger();
        static const struct {
            unsigned index;
            uint64_t bytes;
        } rows[] = {
            {0, 0},
            {0, 1},
            {0, PAGE - 1},
            {0, PAGE + 1},
            {0, 6 * PAGE + 1},
            {0, 7 * PAGE},
            {0, UINT64_MAX},
            {0, UINT64_MAX - 4095},
            {0, UINT64_C(1) << 32},
            {0, (UINT64_C(1) << 32) + PAGE},
            {0, UINT64_C(1) << 44},
            {0, (UINT64_C(1) << 44) + PAGE},
            {0, UINT64_C(1) << 63},
            {0, (UINT64_C(1) << 63) + PAGE},
            {1, PAGE},
            {1, 0},
            {2, 3 * PAGE},
            {3, PAGE},
            {8, PAGE},
            {UINT32_MAX, PAGE},
        };
        DXGK_ADL *adl;
        PMDL mdl;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
            for (unsigned prefer = 0; prefer < 2; prefer++)
                assert_int_equal(rig_pin2(lead, rows[i].index, rows[i].bytes, prefer, &adl),
                                 STATUS_INVALID_PARAMETER);
            assert_int_equal(rig_pin(lead, rows[i].index, rows[i].bytes, &mdl), STATUS_INVALID_PARAMETER);
            same_as(&idle);
        }
        for (unsigned bit = 1; bit < 32; bit++) {
            DXGKARGCB_PINFRAMEBUFFERFORSAVE2 pin = {.CommitSize = PAGE};
            pin.Flags.Value = 1u << bit | (bit & 1);
            assert_int_equal(lead->table.DxgkCbPinFrameBufferForSave2(lead->handle, &pin),
                             STATUS_INVALID_PARAMETER);
            assert_null(pin.pAdl);
        }
        assert_int_equal(rig_unpin(lead, 1), STATUS_INVALID_PARAMETER);
        assert_int_equal(rig_unpin(lead, 3), STATUS_INVALID_PARAMETER);
        same_as(&idle);
        assert_int_equal(rig_pin2(lead, 0, 6 * PAGE, false, &adl), STATUS_SUCCESS);
        covers(lead, 3, 0, adl, 9);
    }
}

/* ---- huge sizes, on a section of 2^46 bytes (PIN-COUNT) ---- */

#define HUGE_SECTION (UINT64_C(1) << 46)
#define COUNT_LIMIT  ((UINT64_C(1) << 44) - PAGE) /* 2^32 - 1 pages */

static struct rig_device *vast(enum rig_iommu iommu) {
    rig_down();
    rig_boot_vast(iommu);
    struct rig_device *lead = rig_chain(0, 2);
    lead->sizes[0] = HUGE_SECTION;
    lead->sizes[1] = HUGE_SECTION;
    assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
    assert_int_equal(nt_commit_charged(), 2 * (HUGE_SECTION / PAGE));
    return lead;
}

static void a_count_that_fits_is_exact(void **state) {
    (void)state;
    struct rig_device *lead = vast(RIG_REMAPPED);
    struct rig_ledger idle = rig_ledger();
    static const uint64_t sizes[] = {
        UINT64_C(1) << 32,          (UINT64_C(1) << 32) + PAGE, UINT64_C(1) << 43,
        (UINT64_C(1) << 43) + PAGE, COUNT_LIMIT - PAGE,         COUNT_LIMIT,
    };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        DXGK_ADL *adl, *other;
        uint64_t pages = sizes[i] / PAGE, word;
        assert_int_equal(rig_pin2(lead, 0, sizes[i], true, &adl), STATUS_SUCCESS);
        assert_int_equal(adl->Flags.Value, 1);
        assert_int_equal(adl->PageCount, pages);
        assert_int_equal(rig_ledger().sections.locked_pages, pages);
        assert_int_equal(rig_ledger().dxgk.domain_pages, pages);
        assert_int_equal(rig_ledger().pool.bytes, idle.pool.bytes + sizeof(DXGK_ADL));
        assert_true(adl->BasePageNumber >= 1 && adl->BasePageNumber + pages <= UINT64_C(1) << 52);
        /* Its first, its last, and not one more. */
        assert_true(rig_gpu_write(lead, adl->BasePageNumber, 11));
        assert_true(rig_gpu_write(lead, adl->BasePageNumber + pages - 1, 22));
        assert_true(rig_gpu_write(lead, adl->BasePageNumber + pages / 2, 33));
        assert_false(rig_gpu_read(lead, adl->BasePageNumber - 1, &word));
        if (adl->BasePageNumber + pages < UINT64_C(1) << 52)
            assert_false(rig_gpu_read(lead, adl->BasePageNumber + pages, &word));
        void *base;
        assert_int_equal(rig_map(lead, 0, sizes[i] - PAGE, PAGE, &base), STATUS_SUCCESS);
        memcpy(&word, (char *)base + (sizes[i] - PAGE) % (64 << 10) + 16, sizeof(word));
        assert_int_equal(word, 22);
        assert_int_equal(rig_unmap(lead, 0, base), STATUS_SUCCESS);
        /* A second of that size fits beside it. */
        assert_int_equal(rig_pin2(lead, 1, sizes[i], true, &other), STATUS_SUCCESS);
        assert_true(other->BasePageNumber + pages <= adl->BasePageNumber ||
                    adl->BasePageNumber + pages <= other->BasePageNumber);
        uint64_t gone = adl->BasePageNumber;
        assert_int_equal(rig_unpin(lead, 0), STATUS_SUCCESS);
        assert_false(rig_gpu_read(lead, gone, &word));
        assert_false(rig_gpu_read(lead, gone + pages - 1, &word));
        assert_true(rig_gpu_read(lead, other->BasePageNumber + pages - 1, &word));
        assert_int_equal(rig_unpin(lead, 1), STATUS_SUCCESS);
        same_as(&idle);
    }
}

static void a_count_that_does_not_fit_is_refused(void **state) {
    (void)state;
    static const uint64_t sizes[] = {
        UINT64_C(1) << 44, /* 2^32 pages: 0 in 32 bits */
        (UINT64_C(1) << 44) + PAGE,
        UINT64_C(1) << 45,
        (UINT64_C(1) << 45) + 5 * PAGE,
        HUGE_SECTION - PAGE,
        HUGE_SECTION,
        HUGE_SECTION + PAGE,
        UINT64_C(1) << 63,
        (UINT64_C(1) << 63) + PAGE,
        UINT64_MAX - 4095,
    };
    for (size_t mode = 0; mode < MODES; mode++) {
        struct rig_device *lead = vast(every_mode[mode]);
        struct rig_ledger idle = rig_ledger();
        for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
            DXGK_ADL *adl;
            PMDL mdl;
            for (unsigned prefer = 0; prefer < 2; prefer++)
                assert_int_equal(rig_pin2(lead, 0, sizes[i], prefer, &adl), STATUS_INVALID_PARAMETER);
            assert_int_equal(rig_pin(lead, 0, sizes[i], &mdl), STATUS_INVALID_PARAMETER);
            same_as(&idle);
        }
        /* What the count can say, but an array in this pool cannot. */
        DXGK_ADL *adl;
        assert_int_equal(rig_pin2(lead, 0, COUNT_LIMIT, false, &adl), STATUS_NO_MEMORY);
        same_as(&idle);
    }
}

static void an_mdl_ends_at_its_limit(void **state) {
    (void)state;
    rig_down();
    struct nt_config config = {
        .ram_pages = UINT64_C(1) << 21,
        .highest_pfn = (UINT64_C(1) << 21) - 1,
        .commit_pages = UINT64_C(1) << 21,
        .pool_bytes = UINT64_C(1) << 30,
        .view_bytes = 4 << 20,
    };
    rig_boot_with(RIG_PLAIN, &config);
    struct rig_device *lead = rig_chain(0, 1);
    lead->sizes[0] = (UINT64_C(4) << 30) + PAGE;
    assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
    struct rig_ledger idle = rig_ledger();
    PMDL mdl;
    assert_int_equal(rig_pin(lead, 0, UINT64_C(4) << 30, &mdl), STATUS_INVALID_PARAMETER);
    assert_int_equal(rig_pin(lead, 0, (UINT64_C(4) << 30) + PAGE, &mdl), STATUS_INVALID_PARAMETER);
    assert_int_equal(rig_pin(lead, 0, NT_MDL_MAX_BYTES, &mdl), STATUS_SUCCESS);
    assert_int_equal(mdl->ByteCount, UINT32_MAX - 4095);
    uint64_t word;
    PFN_NUMBER last = MmGetMdlPfnArray(mdl)[NT_MDL_MAX_BYTES / PAGE - 1];
    assert_true(rig_gpu_write(lead, last, 77));
    assert_int_equal(rig_unpin(lead, 0), STATUS_SUCCESS);
    same_as(&idle);
    DXGK_ADL *adl; /* PIN1-EQUAL to the limit, and what lies beyond is for Pin2 alone */
    assert_int_equal(rig_pin2(lead, 0, (UINT64_C(4) << 30) + PAGE, true, &adl), STATUS_SUCCESS);
    assert_int_equal(adl->PageCount, (1 << 20) + 1);
    assert_true(rig_gpu_read(lead, rig_page_of(adl, NT_MDL_MAX_BYTES / PAGE - 1), &word));
    assert_int_equal(word, 77);
}

/* ---- shortages ---- */

static void every_fault_of_a_pin_is_undone(void **state) {
    (void)state;
    for (size_t mode = 0; mode < MODES; mode++)
        for (unsigned form = 0; form < 3; form++) { /* array, contiguous, MDL */
            restart_machine(every_mode[mode]);
            if (every_mode[mode] == RIG_REMAPPED && form == 2)
                continue;
            struct rig_device *lead = rig_chain_drivers(0, 2);
            lead->visible = every_mode[mode] == RIG_REMAPPED ? 30 * PAGE - 1 : UINT64_MAX; /* pages 1 to 29 */
            lead->sizes[1] = 24 * PAGE; /* more ranges than a pin keeps itself */
            rig_plug_chain(0, 2);
            assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
            DXGK_ADL *adl;
            PMDL mdl;
            assert_int_equal(rig_pin2(lead, 0, 5 * PAGE, true, &adl), STATUS_SUCCESS);
            struct rig_ledger before = rig_ledger();
            bool fired = true;
            uint32_t nth = 0;
            NTSTATUS status = STATUS_UNSUCCESSFUL;
            while (fired) {
                nt_fault_arm(NT_FAULT_ANY, ++nth);
                status = form == 2 ? rig_pin(lead, 1, 24 * PAGE, &mdl)
                                   : rig_pin2(lead, 1, 24 * PAGE, form == 1, &adl);
                nt_fault_passed(&fired);
                nt_fault_arm(NT_FAULT_ANY, 0);
                if (!fired)
                    break;
                if (nth == 1) /* the frames, then the descriptor */
                    assert_int_equal(status, STATUS_INSUFFICIENT_RESOURCES);
                else if (nth == 2)
                    assert_int_equal(status, STATUS_NO_MEMORY);
                else
                    assert_true(status == STATUS_NO_MEMORY || status == STATUS_INSUFFICIENT_RESOURCES);
                same_as(&before);
                assert_false(dxgk_look_descriptor(NULL));
            }
            assert_int_equal(status, STATUS_SUCCESS);
            assert_true(nth >= 3); /* the lock and the descriptor, at least */
            /* Releasing passes no fault point at all (ANY-RELEASE). */
            nt_fault_arm(NT_FAULT_ANY, 1);
            assert_int_equal(rig_unpin(lead, 1), STATUS_SUCCESS);
            assert_int_equal(nt_fault_passed(&fired), 0);
            nt_fault_arm(NT_FAULT_ANY, 0);
            same_as(&before);
        }
}

static void logical_space_runs_out(void **state) {
    (void)state;
    struct rig_device *lead = rig_chain_drivers(0, 3);
    lead->visible = 9 * PAGE + 4094; /* page 9 is not visible whole: 1 to 8 */
    rig_plug_chain(0, 3);
    assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
    DXGK_ADL *a, *b, *c;
    assert_int_equal(rig_pin2(lead, 0, 8 * PAGE, true, &a), STATUS_SUCCESS);
    assert_int_equal(a->BasePageNumber, 1);
    struct rig_ledger full = rig_ledger();
    assert_int_equal(rig_pin2(lead, 1, PAGE, false, &b), STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(rig_pin2(lead, 1, PAGE, true, &b), STATUS_INSUFFICIENT_RESOURCES);
    same_as(&full);
    assert_int_equal(rig_unpin(lead, 0), STATUS_SUCCESS);
    /* 1..8: a takes 6 to 8, b 4 and 5, a goes: 3 + 3 free, no run of 5. */
    assert_int_equal(rig_pin2(lead, 0, 3 * PAGE, true, &a), STATUS_SUCCESS);
    assert_int_equal(rig_pin2(lead, 1, 2 * PAGE, true, &b), STATUS_SUCCESS);
    assert_int_equal(rig_unpin(lead, 0), STATUS_SUCCESS);
    assert_int_equal(rig_pin2(lead, 2, 5 * PAGE, true, &c), STATUS_SUCCESS);
    assert_int_equal(c->Flags.Contiguous, 0);
    covers(lead, 3, 2, c, 1);
    covers(lead, 3, 1, b, 100);
    for (unsigned i = 0; i < 5; i++)
        assert_in_range(c->Pages[i], 1, 8);
    assert_int_equal(rig_pin2(lead, 0, 2 * PAGE, false, &a), STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(rig_pin2(lead, 0, PAGE, true, &a), STATUS_SUCCESS);
    assert_int_equal(a->Flags.Contiguous, 1);
}

static void ram_and_pool_run_out(void **state) {
    (void)state;
    rig_down();
    struct nt_config config = rig_config();
    config.ram_pages = 10;
    config.highest_pfn = 100;
    config.pool_bytes = 24 << 10;
    rig_boot_with(RIG_IOMMU, &config);
    struct rig_device *lead = rig_started(0, 2);
    DXGK_ADL *adl;
    PMDL mdl;
    assert_int_equal(rig_pin2(lead, 0, 8 * PAGE, false, &adl), STATUS_SUCCESS);
    struct rig_ledger before = rig_ledger();
    assert_int_equal(rig_pin2(lead, 1, 3 * PAGE, false, &adl), STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(rig_pin(lead, 1, 3 * PAGE, &mdl), STATUS_INSUFFICIENT_RESOURCES);
    same_as(&before);
    uint64_t left = (24 << 10) - nt_pool_usage()->bytes;
    void *filler = nt_pool_alloc(left - 16);
    assert_non_null(filler);
    before = rig_ledger();
    assert_int_equal(rig_pin2(lead, 1, 2 * PAGE, false, &adl), STATUS_NO_MEMORY);
    assert_int_equal(rig_pin(lead, 1, 2 * PAGE, &mdl), STATUS_NO_MEMORY);
    same_as(&before);
    nt_pool_free(filler, left - 16);
    assert_int_equal(rig_pin2(lead, 1, 2 * PAGE, false, &adl), STATUS_SUCCESS);
}

static void pressure_leaves_pins_alone(void **state) {
    (void)state;
    struct rig_device *lead = rig_started(0, 2);
    DXGK_ADL *adl;
    assert_int_equal(rig_pin2(lead, 0, 5 * PAGE, false, &adl), STATUS_SUCCESS);
    covers(lead, 2, 0, adl, 70);
    DXGK_PAGE_NUMBER pages[5];
    memcpy(pages, adl->Pages, sizeof(pages));
    dxgk_memory_pressure();
    uint64_t word;
    for (unsigned i = 0; i < 5; i++) {
        uint64_t pfn;
        assert_true(nt_phys_pfn(nt_section_peek(dxgk_look_section(lead->adapter, 0), i), &pfn));
        assert_int_equal(pfn, pages[i]);
        assert_true(rig_gpu_read(&lead[1], pages[i], &word));
        assert_int_equal(word, 70 + i);
    }
    assert_int_equal(rig_unpin(lead, 0), STATUS_SUCCESS);
    dxgk_memory_pressure();
    assert_int_equal(rig_pin2(lead, 0, 5 * PAGE, false, &adl), STATUS_SUCCESS);
    bool moved = false;
    for (unsigned i = 0; i < 5; i++) {
        assert_true(rig_gpu_read(lead, adl->Pages[i], &word));
        assert_int_equal(word, 70 + i);
        moved = moved || adl->Pages[i] != pages[i];
    }
    assert_true(moved);
}

/* Restart: the section is a new one, and clean (INIT-CLEAN). */
static void a_restart_forgets(void **state) {
    (void)state;
    struct rig_device *lead = rig_started(0, 1);
    DXGK_ADL *adl;
    uint64_t word;
    assert_int_equal(rig_pin2(lead, 0, 8 * PAGE, false, &adl), STATUS_SUCCESS);
    covers(lead, 1, 0, adl, 1);
    assert_int_equal(dxgk_adapter_stop(lead->adapter), STATUS_SUCCESS);
    assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
    assert_int_equal(rig_pin2(lead, 0, 8 * PAGE, false, &adl), STATUS_SUCCESS);
    for (unsigned i = 0; i < 8; i++) {
        assert_true(rig_gpu_read(lead, adl->Pages[i], &word));
        assert_int_equal(word, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_forms_in_every_mode, up, down),
        cmocka_unit_test_setup_teardown(pinning_twice_fails_and_keeps_the_first, up, down),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_refused, up, down),
        cmocka_unit_test_setup_teardown(a_count_that_fits_is_exact, up, down),
        cmocka_unit_test_setup_teardown(a_count_that_does_not_fit_is_refused, up, down),
        cmocka_unit_test_setup_teardown(an_mdl_ends_at_its_limit, up, down),
        cmocka_unit_test_setup_teardown(every_fault_of_a_pin_is_undone, up, down),
        cmocka_unit_test_setup_teardown(logical_space_runs_out, up, down),
        cmocka_unit_test_setup_teardown(ram_and_pool_run_out, up, down),
        cmocka_unit_test_setup_teardown(pressure_leaves_pins_alone, up, down),
        cmocka_unit_test_setup_teardown(a_restart_forgets, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
