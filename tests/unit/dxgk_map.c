/* Mapping parts of an area for the CPU. */
#include "unit/dxgk_rig.h"

#define GRANULE (UINT64_C(64) << 10)

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

static struct rig_device *sized(uint64_t pages) {
    struct rig_device *lead = rig_chain(0, 3);
    lead->sizes[0] = pages * PAGE;
    lead->sizes[1] = 0;
    lead->sizes[2] = 40 * PAGE;
    assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
    return lead;
}

static void what_is_wrong_is_refused(void **state) {
    (void)state;
    struct rig_device *lead = sized(20);
    struct rig_ledger idle = rig_ledger();
    static const struct {
        unsigned index;
        uint64_t offset, bytes;
    } rows[] = {
        {0, 0, 0},
        {0, 20 * PAGE, 0},
        {0, 1, PAGE},
        {0, PAGE, 1},
        {0, PAGE - 1, PAGE},
        {0, 0, PAGE + 1},
        {0, 0, 21 * PAGE},
        {0, 20 * PAGE, PAGE},
        {0, 19 * PAGE, 2 * PAGE},
        {0, PAGE, UINT64_MAX - 4095},     /* the sum is 0 */
        {0, UINT64_MAX - 4095, PAGE},     /* likewise */
        {0, UINT64_MAX - 4095, 2 * PAGE}, /* the sum is a page */
        {0, UINT64_C(1) << 63, UINT64_C(1) << 63},
        {0, UINT64_C(1) << 32, PAGE},
        {0, 0, UINT64_C(1) << 32},
        {0, 0, (UINT64_C(1) << 32) + PAGE},
        {0, (UINT64_C(1) << 44) + PAGE, PAGE},
        {1, 0, PAGE},
        {3, 0, PAGE},
        {UINT32_MAX, 0, PAGE},
    };
    void *base;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        assert_int_equal(rig_map(lead, rows[i].index, rows[i].offset, rows[i].bytes, &base),
                         STATUS_INVALID_PARAMETER);
        struct rig_ledger after = rig_ledger();
        rig_assert_same(&idle, &after);
    }
    assert_int_equal(rig_unmap(lead, 0, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(rig_unmap(lead, 1, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(rig_unmap(lead, 0, &idle), STATUS_INVALID_PARAMETER);
}

/* A byte for each page, through views that start and end anywhere. */
static void base_plus_offset_is_the_byte(void **state) {
    (void)state;
    struct rig_device *lead = sized(40);
    void *base;
    assert_int_equal(rig_map(lead, 0, 0, 40 * PAGE, &base), STATUS_SUCCESS);
    for (uint64_t i = 0; i < 40; i++)
        ((uint8_t *)base)[i * PAGE] = (uint8_t)(i + 1);
    assert_int_equal(rig_unmap(lead, 0, base), STATUS_SUCCESS);
    for (uint64_t first = 0; first < 40; first += 3)
        for (uint64_t pages = 1; first + pages <= 40; pages += 5) {
            assert_int_equal(rig_map(lead, 0, first * PAGE, pages * PAGE, &base), STATUS_SUCCESS);
            const uint8_t *bytes = (const uint8_t *)base + first * PAGE % GRANULE;
            for (uint64_t i = 0; i < pages; i++)
                assert_int_equal(bytes[i * PAGE], first + i + 1);
            assert_int_equal(rig_unmap(lead, 0, base), STATUS_SUCCESS);
            assert_false(nt_view_accessible(bytes, 1));
        }
}

static void many_at_once_each_with_its_own_unmap(void **state) {
    (void)state;
    struct rig_device *lead = sized(40);
    struct rig_ledger idle = rig_ledger();
    void *a, *b, *c, *d;
    assert_int_equal(rig_map(lead, 0, 0, 40 * PAGE, &a), STATUS_SUCCESS);
    assert_int_equal(rig_map(lead, 0, 2 * PAGE, PAGE, &b), STATUS_SUCCESS);
    assert_int_equal(rig_map(lead, 0, 17 * PAGE, 4 * PAGE, &c), STATUS_SUCCESS);
    assert_int_equal(rig_map(lead, 2, 2 * PAGE, PAGE, &d), STATUS_SUCCESS);
    assert_int_equal(rig_ledger().sections.views, 4);
    ((uint8_t *)b)[2 * PAGE] = 7;
    assert_int_equal(((uint8_t *)a)[2 * PAGE], 7);
    ((uint8_t *)a)[17 * PAGE] = 8;
    assert_int_equal(((uint8_t *)c)[PAGE], 8);
    assert_int_equal(((uint8_t *)d)[2 * PAGE], 0);
    /* Not its own, not a base, not this index's. */
    assert_int_equal(rig_unmap(lead, 0, (char *)a + PAGE), STATUS_INVALID_PARAMETER);
    assert_int_equal(rig_unmap(lead, 0, (char *)c + PAGE), STATUS_INVALID_PARAMETER);
    assert_int_equal(rig_unmap(lead, 2, c), STATUS_INVALID_PARAMETER);
    assert_int_equal(rig_unmap(lead, 0, d), STATUS_INVALID_PARAMETER);
    assert_int_equal(rig_unmap(lead, 0, b), STATUS_SUCCESS);
    assert_int_equal(((uint8_t *)a)[2 * PAGE], 7);
    assert_int_equal(rig_unmap(lead, 0, a), STATUS_SUCCESS);
    assert_int_equal(((uint8_t *)c)[PAGE], 8);
    assert_int_equal(rig_unmap(lead, 0, c), STATUS_SUCCESS);
    assert_int_equal(rig_unmap(lead, 0, c), STATUS_INVALID_PARAMETER);
    assert_int_equal(rig_unmap(lead, 0, a), STATUS_INVALID_PARAMETER);
    assert_int_equal(rig_unmap(lead, 2, d), STATUS_SUCCESS);
    struct rig_ledger after = rig_ledger();
    rig_assert_same(&idle, &after);
}

/* Views and pins of one area see the same bytes, whoever comes first, and end apart. */
static void views_and_pins_do_not_mind_each_other(void **state) {
    (void)state;
    struct rig_device *lead = sized(8);
    DXGK_ADL *adl;
    void *base;
    uint64_t word;
    assert_int_equal(rig_map(lead, 0, 0, 8 * PAGE, &base), STATUS_SUCCESS);
    assert_int_equal(rig_pin2(lead, 0, 4 * PAGE, false, &adl), STATUS_SUCCESS);
    assert_true(rig_gpu_write(lead, adl->Pages[3], 31));
    memcpy(&word, (char *)base + 3 * PAGE + 16, sizeof(word));
    assert_int_equal(word, 31);
    word = 13;
    memcpy((char *)base + PAGE + 16, &word, sizeof(word));
    assert_true(rig_gpu_read(&lead[2], adl->Pages[1], &word));
    assert_int_equal(word, 13);
    assert_int_equal(rig_unpin(lead, 0), STATUS_SUCCESS);
    memcpy(&word, (char *)base + 3 * PAGE + 16, sizeof(word));
    assert_int_equal(word, 31);
    assert_int_equal(rig_pin2(lead, 0, 8 * PAGE, true, &adl), STATUS_SUCCESS);
    assert_int_equal(rig_unmap(lead, 0, base), STATUS_SUCCESS);
    assert_true(rig_gpu_read(lead, rig_page_of(adl, 3), &word));
    assert_int_equal(word, 31);
}

static void every_fault_of_a_map_is_undone(void **state) {
    (void)state;
    struct rig_device *lead = sized(40);
    void *other, *base = NULL;
    assert_int_equal(rig_map(lead, 0, 0, PAGE, &other), STATUS_SUCCESS);
    struct rig_ledger before = rig_ledger();
    bool fired = true;
    uint32_t nth = 0;
    while (fired) {
        nt_fault_arm(NT_FAULT_ANY, ++nth);
        NTSTATUS status = rig_map(lead, 0, 20 * PAGE, 10 * PAGE, &base);
        nt_fault_passed(&fired);
        nt_fault_arm(NT_FAULT_ANY, 0);
        if (!fired) {
            assert_int_equal(status, STATUS_SUCCESS);
            break;
        }
        assert_true(status == STATUS_NO_MEMORY || status == STATUS_INSUFFICIENT_RESOURCES);
        struct rig_ledger after = rig_ledger();
        rig_assert_same(&before, &after);
    }
    assert_true(nth >= 2);
    nt_fault_arm(NT_FAULT_ANY, 1);
    assert_int_equal(rig_unmap(lead, 0, base), STATUS_SUCCESS);
    assert_int_equal(nt_fault_passed(&fired), 0);
}

static void a_chunked_save_in_a_small_machine(void **state) {
    (void)state;
    rig_down();
    struct nt_config config = rig_config();
    config.ram_pages = 4;
    config.highest_pfn = 50;
    config.view_bytes = GRANULE;
    rig_boot_with(RIG_IOMMU, &config);
    struct rig_device *lead = rig_chain(0, 1);
    lead->sizes[0] = 64 * PAGE;
    assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
    DXGK_ADL *adl;
    void *base;
    assert_int_equal(rig_pin2(lead, 0, 64 * PAGE, true, &adl), STATUS_INSUFFICIENT_RESOURCES);
    for (uint64_t round = 0; round < 2; round++)
        for (uint64_t granule = 0; granule < 4; granule++) {
            assert_int_equal(rig_map(lead, 0, granule * GRANULE, PAGE, &base), STATUS_SUCCESS);
            void *second;
            assert_int_equal(rig_map(lead, 0, granule * GRANULE, PAGE, &second),
                             STATUS_INSUFFICIENT_RESOURCES);
            if (round == 0)
                memset(base, (int)granule + 1, PAGE);
            else
                assert_int_equal(((uint8_t *)base)[100], granule + 1);
            assert_int_equal(rig_unmap(lead, 0, base), STATUS_SUCCESS);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_wrong_is_refused, up, down),
        cmocka_unit_test_setup_teardown(base_plus_offset_is_the_byte, up, down),
        cmocka_unit_test_setup_teardown(many_at_once_each_with_its_own_unmap, up, down),
        cmocka_unit_test_setup_teardown(views_and_pins_do_not_mind_each_other, up, down),
        cmocka_unit_test_setup_teardown(every_fault_of_a_map_is_undone, up, down),
        cmocka_unit_test_setup_teardown(a_chunked_save_in_a_small_machine, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
