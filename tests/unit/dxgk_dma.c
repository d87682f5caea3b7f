/* What a GPU can reach, and when. */
#include "unit/dxgk_rig.h"

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

/* Whether the GPU can read there; the buffer is touched only if it can. */
static bool reaches(const struct rig_device *device, uint64_t device_page) {
    uint64_t word = 0xDEAD;
    bool reached = rig_gpu_read(device, device_page, &word);
    if (!reached) {
        assert_int_equal(word, 0xDEAD);
        assert_false(rig_gpu_write(device, device_page, 1));
    }
    return reached;
}

static void only_while_it_can(void **state) {
    (void)state;
    struct rig_device *lead = rig_started(0, 2);
    DXGK_ADL *adl;
    assert_int_equal(rig_pin2(lead, 1, PAGE, false, &adl), STATUS_SUCCESS);
    uint64_t page = adl->Pages[0];
    for (unsigned i = 0; i < 2; i++) {
        struct dxgk_adapter *adapter = rig[i].adapter;
        assert_true(reaches(&rig[i], page));
        dxgk_adapter_power(adapter, false);
        assert_false(reaches(&rig[i], page));
        assert_true(reaches(&rig[1 - i], page));
        dxgk_adapter_reset(adapter, true);
        dxgk_adapter_power(adapter, true);
        assert_false(reaches(&rig[i], page));
        dxgk_adapter_reset(adapter, false);
        assert_true(reaches(&rig[i], page));
    }
    /* Power and reset are the device's, and outlive a start. */
    dxgk_adapter_power(lead->adapter, false);
    assert_int_equal(dxgk_adapter_stop(lead->adapter), STATUS_SUCCESS);
    assert_false(reaches(&rig[1], page));
    assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
    assert_int_equal(rig_pin2(lead, 1, PAGE, false, &adl), STATUS_SUCCESS);
    assert_false(reaches(lead, adl->Pages[0]));
    assert_true(reaches(&rig[1], adl->Pages[0]));
    assert_int_equal(dxgk_adapter_surprise_remove(rig[1].adapter), STATUS_SUCCESS);
    assert_false(reaches(&rig[1], adl->Pages[0]));
}

static void only_its_own_domain(void **state) {
    (void)state;
    struct rig_device *a = rig_started(0, 2);
    struct rig_device *b = rig_started(2, 1);
    struct rig_device *idle = rig_add(3); /* attached to nothing */
    DXGK_ADL *adl_a, *adl_b;
    assert_int_equal(rig_pin2(a, 0, 8 * PAGE, false, &adl_a), STATUS_SUCCESS);
    assert_int_equal(rig_pin2(b, 0, 8 * PAGE, false, &adl_b), STATUS_SUCCESS);
    for (unsigned i = 0; i < 8; i++) {
        assert_true(reaches(&rig[0], adl_a->Pages[i]) && reaches(&rig[1], adl_a->Pages[i]));
        assert_false(reaches(&rig[2], adl_a->Pages[i]) || reaches(idle, adl_a->Pages[i]));
        assert_true(reaches(&rig[2], adl_b->Pages[i]));
        assert_false(reaches(&rig[0], adl_b->Pages[i]) || reaches(&rig[1], adl_b->Pages[i]));
    }
    unsigned mapped = 0;
    for (uint64_t page = 0; page < 8200; page++)
        mapped += reaches(&rig[0], page);
    assert_int_equal(mapped, 8);
    assert_false(reaches(&rig[0], UINT64_MAX / PAGE));
}

/* A driver without isolation on a machine with an IOMMU: no areas; physical memory while it runs, nothing
 * while it does not. */
static void physical_without_a_domain(void **state) {
    (void)state;
    struct rig_device *lead = rig_driver(0);
    lead->caps = 0;
    assert_int_equal(rig_plug(lead), STATUS_SUCCESS);
    for (uint64_t page = 0; page < 8200; page += 7)
        assert_false(reaches(lead, page));
    assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
    DXGK_ADL *adl;
    assert_int_equal(rig_pin2(lead, 0, PAGE, false, &adl), STATUS_INVALID_PARAMETER);
    for (uint64_t page = 0; page < 8200; page += 7)
        assert_int_equal(reaches(lead, page), nt_phys_installed(page));
    assert_int_equal(dxgk_adapter_stop(lead->adapter), STATUS_SUCCESS);
    for (uint64_t page = 0; page < 8200; page += 7)
        assert_false(reaches(lead, page));
}

static void everything_installed_without_an_iommu(void **state) {
    (void)state;
    rig_down();
    rig_boot(RIG_PLAIN);
    struct rig_device *lead = rig_started(0, 1);
    struct rig_device *idle = rig_add(1);
    DXGK_ADL *adl;
    uint64_t word;
    assert_int_equal(rig_pin2(lead, 0, PAGE, false, &adl), STATUS_SUCCESS);
    assert_true(rig_gpu_write(idle, adl->Pages[0], 9));
    assert_true(rig_gpu_read(lead, adl->Pages[0], &word));
    assert_int_equal(word, 9);
    unsigned installed = 0;
    for (uint64_t page = 0; page < 8300; page++) {
        assert_int_equal(reaches(lead, page), nt_phys_installed(page));
        installed += nt_phys_installed(page);
        if (nt_phys_installed(page) && page != adl->Pages[0]) { /* a free frame keeps nothing */
            assert_true(rig_gpu_write(lead, page, 5));
            assert_true(rig_gpu_read(lead, page, &word));
            assert_int_equal(word, 0);
        }
    }
    assert_int_equal(installed, 4096);
}

static void any_bytes_of_a_page(void **state) {
    (void)state;
    rig_down();
    rig_boot(RIG_REMAPPED);
    struct rig_device *lead = rig_started(0, 1);
    DXGK_ADL *adl;
    uint8_t page[4096], expected[4096] = {0}, byte;
    assert_int_equal(rig_pin2(lead, 0, 3 * PAGE, true, &adl), STATUS_SUCCESS);
    uint64_t address = (adl->BasePageNumber + 1) * PAGE;
    assert_true(dxgk_dma(lead->adapter, address, page, sizeof(page), false));
    assert_memory_equal(page, expected, sizeof(page));
    byte = 1;
    assert_true(dxgk_dma(lead->adapter, address, &byte, 1, true));
    byte = 2;
    assert_true(dxgk_dma(lead->adapter, address + 4095, &byte, 1, true));
    expected[0] = 1;
    expected[4095] = 2;
    assert_true(dxgk_dma(lead->adapter, address, page, sizeof(page), false));
    assert_memory_equal(page, expected, sizeof(page));
    memset(page, 0xEE, sizeof(page));
    assert_true(dxgk_dma(lead->adapter, address, page, sizeof(page), true));
    assert_true(dxgk_dma(lead->adapter, address - 1, &byte, 1, false));
    assert_int_equal(byte, 0);
    assert_true(dxgk_dma(lead->adapter, address + 4096, &byte, 1, false));
    assert_int_equal(byte, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_while_it_can, up, down),
        cmocka_unit_test_setup_teardown(only_its_own_domain, up, down),
        cmocka_unit_test_setup_teardown(physical_without_a_domain, up, down),
        cmocka_unit_test_setup_teardown(everything_installed_without_an_iommu, up, down),
        cmocka_unit_test_setup_teardown(any_bytes_of_a_page, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
