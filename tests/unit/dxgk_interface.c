/* ANY-VERSION: each version's table, slot by slot. */
#include "unit/dxgk_rig.h"

#include "dxgk/callbacks.h"
#include "dxgk/interface.h"

static void holds_exactly_its_slots(void **state) {
    (void)state;
    static const struct {
        ULONG version;
        size_t size;
    } rows[] = {
#define VERSION(name) {DXGKDDI_INTERFACE_VERSION_##name, DXGKRNL_INTERFACE_SIZE_##name}
        VERSION(WDDM2_3),
        VERSION(WDDM2_4),
        VERSION(WDDM2_5),
        VERSION(WDDM2_6),
        VERSION(WDDM2_7),
        VERSION(WDDM2_8),
        VERSION(WDDM2_9),
        VERSION(WDDM3_0),
        VERSION(WDDM3_1),
        VERSION(WDDM3_2),
        {DXGKDDI_INTERFACE_VERSION_WDDM2_4 - 1, 0x170},
        {DXGKDDI_INTERFACE_VERSION_WDDM2_9 - 1, 0x1E8},
        {DXGKDDI_INTERFACE_VERSION_WDDM3_1 + 1, 0x240},
        {0, 0x170},
        {UINT32_MAX, sizeof(DXGKRNL_INTERFACE)},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        DXGKRNL_INTERFACE table;
        memset(&table, 0xA5, sizeof(table));
        dxgk_interface_build(&table, rows[i].version, (HANDLE)0x104);
        assert_int_equal(table.Size, rows[i].size);
        assert_int_equal(table.Version, rows[i].version);
        assert_ptr_equal(table.DeviceHandle, (HANDLE)0x104);
        for (size_t at = 0x10; at < sizeof(table); at += sizeof(void *)) {
            uintptr_t slot;
            memcpy(&slot, (const char *)&table + at, sizeof(slot));
            assert_int_equal(slot != 0, at < rows[i].size);
        }
    }
}

static void holds_the_five_where_they_belong(void **state) {
    (void)state;
    DXGKRNL_INTERFACE table;
    dxgk_interface_build(&table, DXGKDDI_INTERFACE_VERSION_WDDM2_9, (HANDLE)4);
    assert_true(table.DxgkCbPinFrameBufferForSave == dxgk_cb_pin);
    assert_true(table.DxgkCbPinFrameBufferForSave2 == dxgk_cb_pin2);
    assert_true(table.DxgkCbUnpinFrameBufferForSave == dxgk_cb_unpin);
    assert_true(table.DxgkCbMapFrameBufferPointer == dxgk_cb_map);
    assert_true(table.DxgkCbUnmapFrameBufferPointer == dxgk_cb_unmap);
}

/* A chain of members with versions of their own: the lead's speaks for all. */
static void members_get_the_leads_version(void **state) {
    (void)state;
    rig_boot(RIG_IOMMU);
    struct rig_device *lead = rig_chain_drivers(0, 2);
    struct rig_device *other = &rig[1];
    lead->version = DXGKDDI_INTERFACE_VERSION_WDDM2_4;
    other->version = DXGKDDI_INTERFACE_VERSION_WDDM3_1;
    rig_plug_chain(0, 2);
    assert_int_equal(dxgk_adapter_start(other->adapter), STATUS_SUCCESS);
    assert_int_equal(other->table.Version, DXGKDDI_INTERFACE_VERSION_WDDM2_4);
    assert_int_equal(other->table.Size, 0x1C8);
    assert_null(other->table.DxgkCbPinFrameBufferForSave2);
    assert_int_equal(lead->table.Version, DXGKDDI_INTERFACE_VERSION_WDDM2_4);
    assert_ptr_not_equal(lead->handle, other->handle);
    rig_down();
}

static void callbacks_that_are_not_here_say_so(void **state) {
    (void)state;
    DXGKRNL_INTERFACE table;
    dxgk_interface_build(&table, DXGKDDI_INTERFACE_VERSION_WDDM3_1, (HANDLE)4);
    typedef NTSTATUS without_arguments(void);
    without_arguments *allocate_adl = (without_arguments *)table.DxgkCbAllocateAdl;
    assert_int_equal(allocate_adl(), STATUS_NOT_SUPPORTED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_exactly_its_slots),
        cmocka_unit_test(holds_the_five_where_they_belong),
        cmocka_unit_test(members_get_the_leads_version),
        cmocka_unit_test(callbacks_that_are_not_here_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
