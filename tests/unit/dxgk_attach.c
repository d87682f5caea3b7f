/* Domains: when a chain is attached, what is kept, and the reserved ranges in it. */
#include "unit/dxgk_rig.h"

static int down(void **state) {
    (void)state;
    rig_down();
    rig_iommu_flags = 7;
    return 0;
}

#define FIRMWARE 1000u /* its first page; there are 100 */

static void boot(enum rig_iommu iommu, uint32_t flags) {
    struct nt_config config = rig_config();
    config.firmware_first = FIRMWARE;
    config.firmware_pages = 100;
    rig_iommu_flags = flags;
    rig_boot_with(iommu, &config);
}

static struct rig_device *of_version(ULONG version, unsigned length) {
    struct rig_device *lead = rig_chain_drivers(0, length);
    for (unsigned i = 0; i < length; i++)
        rig[i].version = version;
    rig_plug_chain(0, length);
    rig_log[0] = 0;
    return lead;
}

static void reserves(struct rig_device *lead, uint64_t first, uint64_t pages) {
    lead->ranges[lead->range_count].BaseAddress.QuadPart = (LONGLONG)(first * PAGE);
    lead->ranges[lead->range_count++].NumberOfBytes.QuadPart = (LONGLONG)(pages * PAGE);
}

static bool reads_firmware(const struct rig_device *device, uint64_t page) {
    uint64_t word = 0;
    return rig_gpu_read(device, page, &word) && word == page * PAGE + 16;
}

static bool attached(const struct rig_device *device) {
    return dxgk_look_domain(device->adapter) != 0;
}

static void old_drivers_attach_when_the_machine_says(void **state) {
    (void)state;
    static const struct {
        uint32_t flags;
        UINT32 caps;
        bool attached;
    } rows[] = {{7, SUPPORTED, true},  {0, SUPPORTED, false}, {3, SUPPORTED, false}, {5, SUPPORTED, false},
                {6, SUPPORTED, false}, {7, 0, false},         {15, 0, true},         {8, SUPPORTED, false},
                {14, 0, false},        {0, REQUIRED, true}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        boot(RIG_IOMMU, rows[i].flags);
        struct rig_device *lead = rig_chain_drivers(0, 2);
        lead->version = DXGKDDI_INTERFACE_VERSION_WDDM2_7;
        lead->caps = rows[i].caps;
        rig_plug_chain(0, 2);
        rig_log[0] = 0;
        assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
        for (unsigned k = 0; k < 2; k++)
            assert_int_equal(attached(&rig[k]), rows[i].attached);
        assert_int_equal(strstr(rig_log, "begin0 begin1 end1 end0 ") != NULL, rows[i].attached);
        if (i + 1 < sizeof(rows) / sizeof(*rows))
            rig_down();
    }
}

static void new_drivers_are_attached_before_they_start(void **state) {
    (void)state;
    boot(RIG_IOMMU, 0);
    struct rig_device *lead = of_version(DXGKDDI_INTERFACE_VERSION_WDDM3_0, 2);
    assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
    assert_true(attached(&rig[0]) && attached(&rig[1]));
    assert_null(strstr(rig_log, "begin"));
    rig_log[0] = 0;
    assert_int_equal(dxgk_adapter_secure_vm(rig[1].adapter), STATUS_SUCCESS);
    assert_string_equal(rig_log, "");
}

/* What was pinned and viewed before is there after, at the same addresses (ATTACH-KEEPS). */
static void a_secure_vm_attaches_once_and_keeps(void **state) {
    (void)state;
    boot(RIG_IOMMU, 0);
    struct rig_device *lead = of_version(DXGKDDI_INTERFACE_VERSION_WDDM2_4, 2);
    assert_int_equal(dxgk_adapter_secure_vm(lead->adapter), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
    PMDL mdl;
    void *base;
    uint64_t word;
    assert_int_equal(rig_pin(lead, 1, 3 * PAGE, &mdl), STATUS_SUCCESS);
    assert_int_equal(rig_map(lead, 1, 0, PAGE, &base), STATUS_SUCCESS);
    const PFN_NUMBER *frames = MmGetMdlPfnArray(mdl);
    for (unsigned i = 0; i < 3; i++)
        assert_true(rig_gpu_write(&rig[1], frames[i], 70 + i));
    struct rig_ledger before = rig_ledger();
    rig_log[0] = 0;
    assert_int_equal(dxgk_adapter_secure_vm(rig[1].adapter), STATUS_SUCCESS);
    assert_string_equal(rig_log, "begin0 begin1 end1 end0 ");
    assert_int_equal(dxgk_adapter_secure_vm(lead->adapter), STATUS_SUCCESS);
    assert_string_equal(rig_log, "begin0 begin1 end1 end0 ");
    struct rig_ledger after = rig_ledger();
    rig_assert_same(&before, &after);
    unsigned reached = 0;
    for (uint64_t page = 0; page < 8200; page++)
        reached += rig_gpu_read(lead, page, &word);
    assert_int_equal(reached, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_true(rig_gpu_read(lead, frames[i], &word) && word == 70 + i);
    memcpy(&word, (const char *)base + 16, sizeof(word));
    assert_int_equal(word, 70);
}

static void a_vm_needs_isolation(void **state) {
    (void)state;
    boot(RIG_IOMMU, 0x18);
    struct rig_device *lead = rig_driver(0);
    lead->version = DXGKDDI_INTERFACE_VERSION_WDDM2_4;
    lead->caps = 0;
    assert_int_equal(rig_plug(lead), STATUS_SUCCESS);
    assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
    assert_int_equal(dxgk_adapter_secure_vm(lead->adapter), STATUS_NOT_SUPPORTED);
    rig_down();
    boot(RIG_PLAIN, 7);
    lead = of_version(DXGKDDI_INTERFACE_VERSION_WDDM2_4, 1);
    assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
    assert_int_equal(dxgk_adapter_secure_vm(lead->adapter), STATUS_NOT_SUPPORTED);
}

/* By a Begin that fails, and by each member's attach (ATTACH-FAIL, ATTACH-BEGINFAIL). */
static void failing_attaches(void **state) {
    (void)state;
    for (unsigned allowed = 0; allowed < 2; allowed++) {
        boot(RIG_IOMMU, allowed ? 0x17 : 7);
        struct rig_device *lead = of_version(DXGKDDI_INTERFACE_VERSION_WDDM2_4, 2);
        struct rig_ledger before = rig_ledger();
        rig[1].begin_status = STATUS_UNSUCCESSFUL;
        NTSTATUS status = dxgk_adapter_start(lead->adapter);
        assert_int_equal(status, allowed ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL);
        assert_non_null(strstr(rig_log, allowed ? "begin0 begin1 end0 " : "begin0 begin1 end0 stop0 stop1 "));
        assert_false(attached(&rig[0]) || attached(&rig[1]));
        if (allowed) { /* and a VM is refused for the same reason, then not */
            assert_int_equal(dxgk_adapter_secure_vm(lead->adapter), STATUS_UNSUCCESSFUL);
            assert_false(attached(&rig[0]));
            rig[1].begin_status = STATUS_SUCCESS;
            for (uint32_t nth = 1; nth <= 2; nth++) {
                nt_fault_arm(NT_FAULT_ATTACH, nth);
                assert_int_equal(dxgk_adapter_secure_vm(lead->adapter), STATUS_INSUFFICIENT_RESOURCES);
                assert_false(attached(&rig[0]) || attached(&rig[1]));
            }
            nt_fault_arm(NT_FAULT_ANY, 0);
            assert_int_equal(dxgk_adapter_secure_vm(lead->adapter), STATUS_SUCCESS);
            assert_int_equal(dxgk_adapter_stop(lead->adapter), STATUS_SUCCESS);
        }
        struct rig_ledger after = rig_ledger();
        rig_assert_same(&before, &after);
        if (!allowed)
            rig_down();
    }
}

static void reserved_ranges_are_there_at_their_own_addresses(void **state) {
    (void)state;
    static const enum rig_iommu modes[] = {RIG_IOMMU, RIG_REMAPPED};
    for (unsigned i = 0; i < 2; i++) {
        boot(modes[i], 7);
        struct rig_device *lead = rig_chain_drivers(0, 2);
        lead->visible = modes[i] == RIG_REMAPPED ? (FIRMWARE + 20) * PAGE - 1 : UINT64_MAX;
        lead->sizes[0] = lead->sizes[1] = 600 * PAGE;
        reserves(lead, FIRMWARE + 10, 3);
        reserves(lead, FIRMWARE + 14, 10);
        rig_plug_chain(0, 2);
        rig_log[0] = 0;
        assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
        assert_non_null(strstr(rig_log, "driver0 ranges0 ranges0 start1 start0 "));
        assert_int_equal(rig_ledger().dxgk.domain_pages, 13);
        DXGK_ADL *adl;
        assert_int_equal(rig_pin2(lead, 0, 600 * PAGE, true, &adl), STATUS_SUCCESS);
        for (uint64_t page = FIRMWARE; page < FIRMWARE + 100; page++) {
            bool inside = (page >= FIRMWARE + 10 && page < FIRMWARE + 13) ||
                          (page >= FIRMWARE + 14 && page < FIRMWARE + 24);
            assert_int_equal(reads_firmware(&rig[1], page), inside);
        }
        for (uint64_t page = 0; page < 600; page++) {
            uint64_t at = rig_page_of(adl, page);
            assert_false(at >= FIRMWARE + 10 && at < FIRMWARE + 24 && at != FIRMWARE + 13);
        }
        if (modes[i] == RIG_REMAPPED) { /* 1 to 1019, without 3 and 6, less 600 */
            assert_int_equal(rig_pin2(lead, 1, 411 * PAGE, false, &adl), STATUS_INSUFFICIENT_RESOURCES);
            assert_int_equal(rig_pin2(lead, 1, 410 * PAGE, false, &adl), STATUS_SUCCESS);
        }
        assert_int_equal(dxgk_adapter_stop(lead->adapter), STATUS_SUCCESS);
        assert_int_equal(rig_ledger().dxgk.domain_pages, 0);
        if (i == 0)
            rig_down();
    }
}

static void bad_ranges_fail_the_start(void **state) {
    (void)state;
    static const struct {
        uint64_t first;
        uint64_t bytes;
        UINT32 count;
        int more;
    } rows[] = {{FIRMWARE * PAGE, 0, 1, 0},
                {FIRMWARE * PAGE + 1, PAGE, 1, 0},
                {FIRMWARE * PAGE, PAGE + 8, 1, 0},
                {UINT64_MAX - PAGE + 1, 2 * PAGE, 1, 0},
                {(FIRMWARE - 1) * PAGE, 2 * PAGE, 1, 0},
                {(FIRMWARE + 99) * PAGE, 2 * PAGE, 1, 0},
                {0, PAGE, 1, 0},
                {FIRMWARE * PAGE, PAGE, 2, 0}, /* twice the same */
                {FIRMWARE * PAGE, PAGE, 1, 1},
                {FIRMWARE * PAGE, PAGE, 1, -1},
                {FIRMWARE * PAGE, PAGE, DXGK_RESERVED_MAX + 1, 0}};
    boot(RIG_IOMMU, 7);
    struct rig_device *lead = of_version(DXGKDDI_INTERFACE_VERSION_WDDM3_0, 1);
    struct rig_ledger before = rig_ledger();
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        lead->range_count = rows[i].count;
        lead->more_ranges = rows[i].more;
        for (unsigned k = 0; k < rows[i].count; k++) {
            lead->ranges[k].BaseAddress.QuadPart = (LONGLONG)rows[i].first;
            lead->ranges[k].NumberOfBytes.QuadPart = (LONGLONG)rows[i].bytes;
        }
        rig_log[0] = 0;
        assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_INVALID_PARAMETER);
        assert_null(strstr(rig_log, "start"));
        struct rig_ledger after = rig_ledger();
        rig_assert_same(&before, &after);
    }
    lead->more_ranges = 0;
    lead->range_status = STATUS_NOT_SUPPORTED; /* of none */
    assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
    assert_int_equal(rig_ledger().dxgk.domain_pages, 0);
}

/* One point a range, and a block of the pool where they are many. */
static void faults_of_ranges_are_undone(void **state) {
    (void)state;
    boot(RIG_REMAPPED, 7);
    struct rig_device *lead = of_version(DXGKDDI_INTERFACE_VERSION_WDDM3_0, 1);
    for (unsigned i = 0; i < DXGK_RESERVED_MAX; i++)
        reserves(lead, FIRMWARE + 6 * i, 1 + i % 5);
    struct rig_ledger before = rig_ledger();
    bool fired = true;
    uint32_t nth = 0;
    NTSTATUS status = STATUS_UNSUCCESSFUL;
    while (fired) {
        nt_fault_arm(NT_FAULT_ANY, ++nth);
        status = dxgk_adapter_start(lead->adapter);
        (void)nt_fault_passed(&fired);
        nt_fault_arm(NT_FAULT_ANY, 0);
        if (fired) {
            assert_false(NT_SUCCESS(status));
            struct rig_ledger after = rig_ledger();
            rig_assert_same(&before, &after);
        }
    }
    assert_int_equal(status, STATUS_SUCCESS);
    assert_int_equal(nth, 1 + DXGK_RESERVED_MAX + 1 + 1 + 1 + 1); /* block, ranges, attach, commit, section */
}

static void no_frame_is_the_firmwares(void **state) {
    (void)state;
    rig_boot_with(RIG_PLAIN, &(struct nt_config){.ram_pages = 60,
                                                 .highest_pfn = 159,
                                                 .firmware_first = 20,
                                                 .firmware_pages = 100,
                                                 .commit_pages = 100,
                                                 .pool_bytes = 1 << 20,
                                                 .view_bytes = 4 << 20});
    struct rig_device *lead = rig_driver(0);
    lead->sizes[0] = 60 * PAGE;
    assert_int_equal(rig_plug(lead), STATUS_SUCCESS);
    assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
    DXGK_ADL *adl;
    assert_int_equal(rig_pin2(lead, 0, 60 * PAGE, false, &adl), STATUS_SUCCESS);
    bool seen[160] = {false};
    for (unsigned i = 0; i < 60; i++) {
        uint64_t frame = adl->Pages[i];
        assert_true(frame < 160 && (frame < 20 || frame >= 120) && !seen[frame] && nt_phys_installed(frame));
        seen[frame] = true;
    }
    assert_true(nt_phys_firmware(20, 100) && !nt_phys_firmware(19, 2) && !nt_phys_firmware(20, 101));
    assert_true(reads_firmware(lead, 119));
    assert_false(nt_phys_installed(119));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(old_drivers_attach_when_the_machine_says, down),
        cmocka_unit_test_teardown(new_drivers_are_attached_before_they_start, down),
        cmocka_unit_test_teardown(a_secure_vm_attaches_once_and_keeps, down),
        cmocka_unit_test_teardown(a_vm_needs_isolation, down),
        cmocka_unit_test_teardown(failing_attaches, down),
        cmocka_unit_test_teardown(reserved_ranges_are_there_at_their_own_addresses, down),
        cmocka_unit_test_teardown(bad_ranges_fail_the_start, down),
        cmocka_unit_test_teardown(faults_of_ranges_are_undone, down),
        cmocka_unit_test_teardown(no_frame_is_the_firmwares, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
