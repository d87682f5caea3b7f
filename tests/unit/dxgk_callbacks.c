/* What the five callbacks share: the order of refusals, handles, IRQL, calls from inside. */
#include "nt/lock.h"
#include "unit/dxgk_rig.h"

enum call {
    PIN2,
    PIN,
    UNPIN,
    MAP,
    UNMAP,
    CALLS
};

/* Fields by which a call is right or wrong, whatever its kind. */
struct how {
    HANDLE handle;
    bool null_argument;
    UINT index;
    uint64_t bytes;
    uint64_t offset;
    UINT flags;
    void *base;
};

static NTSTATUS call(struct rig_device *lead, enum call which, const struct how *how) {
    DXGKARGCB_PINFRAMEBUFFERFORSAVE2 pin2 = {.PhysicalAdapterIndex = how->index, .CommitSize = how->bytes};
    DXGKARGCB_PINFRAMEBUFFERFORSAVE pin = {.PhysicalAdapterIndex = how->index, .CommitSize = how->bytes};
    DXGKARGCB_UNPINFRAMEBUFFERFORSAVE unpin = {.PhysicalAdapterIndex = how->index};
    DXGKARGCB_MAPFRAMEBUFFERPOINTER map = {
        .PhysicalAdapterIndex = how->index, .Size = how->bytes, .Offset = how->offset};
    DXGKARGCB_UNMAPFRAMEBUFFERPOINTER unmap = {.PhysicalAdapterIndex = how->index, .pBaseAddress = how->base};
    pin2.Flags.Value = how->flags;
    bool null = how->null_argument;
    switch (which) {
    case PIN2:
        return lead->table.DxgkCbPinFrameBufferForSave2(how->handle, null ? NULL : &pin2);
    case PIN:
        return lead->table.DxgkCbPinFrameBufferForSave(how->handle, null ? NULL : &pin);
    case UNPIN:
        return lead->table.DxgkCbUnpinFrameBufferForSave(how->handle, null ? NULL : &unpin);
    case MAP:
        return lead->table.DxgkCbMapFrameBufferPointer(how->handle, null ? NULL : &map);
    case UNMAP:
        return lead->table.DxgkCbUnmapFrameBufferPointer(how->handle, null ? NULL : &unmap);
    case CALLS:
        break;
    }
    fail();
    return STATUS_UNSUCCESSFUL;
}

/* Fails so, and changes nothing. */
static void refused(struct rig_device *lead, enum call which, const struct how *how, NTSTATUS status) {
    struct rig_ledger before = rig_ledger();
    assert_int_equal(call(lead, which, how), status);
    struct rig_ledger after = rig_ledger();
    rig_assert_same(&before, &after);
}

static int up(void **state) {
    (void)state;
    rig_boot(RIG_IOMMU);
    return 0;
}

static int down(void **state) {
    (void)state;
    nt_irql_set(PASSIVE_LEVEL);
    rig_down();
    return 0;
}

static struct how valid(const struct rig_device *lead) {
    return (struct how){.handle = lead->handle, .bytes = PAGE};
}

static unsigned hook_calls;
static KIRQL hook_irql;
static void hook(void *context, KIRQL irql) {
    assert_ptr_equal(context, &hook_calls);
    hook_calls++;
    hook_irql = irql;
}

/* Everything is wrong; in each step the first wrong thing is put right, and the next one decides. */
static void the_first_reason_decides(void **state) {
    (void)state;
    for (enum call which = 0; which < CALLS; which++) {
        struct rig_device *lead = rig_started(0, 2);
        HANDLE dead = lead->handle;
        assert_int_equal(dxgk_adapter_stop(lead->adapter), STATUS_SUCCESS);
        assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
        struct how how = {
            .handle = dead, .null_argument = true, .index = 2, .bytes = 1, .offset = 1, .flags = 2};
        nt_irql_set(DISPATCH_LEVEL);
        refused(lead, which, &how, STATUS_INVALID_LEVEL);
        nt_irql_set(PASSIVE_LEVEL);
        refused(lead, which, &how, STATUS_INVALID_PARAMETER);
        how.null_argument = false;
        refused(lead, which, &how, STATUS_INVALID_HANDLE);
        how.handle = rig[1].handle; /* linked, not the lead's */
        refused(lead, which, &how, STATUS_INVALID_HANDLE);
        how.handle = lead->handle;
        refused(lead, which, &how, STATUS_INVALID_PARAMETER);
        how.index = UINT32_MAX;
        refused(lead, which, &how, STATUS_INVALID_PARAMETER);
        how.index = 1;
        refused(lead, which, &how, STATUS_INVALID_PARAMETER);
        rig_remove(&rig[1]);
        rig_remove(&rig[0]);
    }
    struct dxgk_usage usage;
    dxgk_look_usage(&usage);
    assert_int_equal(usage.breaches, CALLS);
}

static void a_breach_is_counted_and_reported(void **state) {
    (void)state;
    struct rig_device *lead = rig_started(0, 1);
    static const KIRQL levels[] = {APC_LEVEL, DISPATCH_LEVEL, HIGH_LEVEL};
    hook_calls = 0;
    dxgk_on_breach(hook, &hook_calls);
    unsigned expected = 0;
    for (unsigned actor = 0; actor < NT_ACTORS; actor++)
        for (size_t i = 0; i < sizeof(levels); i++)
            for (enum call which = 0; which < CALLS; which++) {
                struct how how = valid(lead);
                nt_actor_set(actor);
                nt_irql_set(levels[i]);
                refused(lead, which, &how, STATUS_INVALID_LEVEL);
                nt_irql_set(PASSIVE_LEVEL);
                assert_int_equal(hook_calls, ++expected);
                assert_int_equal(hook_irql, levels[i]);
                assert_int_equal(rig_ledger().dxgk.breaches, expected);
            }
    /* One actor's level is not another's. */
    nt_irql_set(HIGH_LEVEL);
    nt_actor_set(0);
    struct how how = valid(lead);
    assert_int_equal(call(lead, PIN2, &how), STATUS_SUCCESS);
    nt_actor_set(NT_ACTORS - 1);
    nt_irql_set(PASSIVE_LEVEL);
    nt_actor_set(0);
    dxgk_on_breach(NULL, NULL);
    nt_irql_set(APC_LEVEL);
    refused(lead, UNPIN, &how, STATUS_INVALID_LEVEL);
}

static void only_the_leads_live_handle(void **state) {
    (void)state;
    struct rig_device *lead = rig_started(0, 3);
    struct rig_device *other = rig_started(3, 1);
    struct rig_device *removed = rig_started(4, 1);
    HANDLE stale[8];
    unsigned count = 0;
    stale[count++] = rig[1].handle;
    stale[count++] = rig[2].handle;
    stale[count++] = removed->handle;
    stale[count++] = NULL;
    stale[count++] = lead;
    stale[count++] = (HANDLE)UINTPTR_MAX;
    stale[count++] = (HANDLE)((uintptr_t)lead->handle + 1);
    rig_remove(removed);
    stale[count++] = lead->handle;
    assert_int_equal(dxgk_adapter_stop(lead->adapter), STATUS_SUCCESS);
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < count; i++)
            for (enum call which = 0; which < CALLS; which++) {
                struct how how = valid(other);
                how.handle = stale[i];
                refused(other, which, &how, STATUS_INVALID_HANDLE);
            }
        /* Again and again: the slot is used again, the handle is not. */
        if (round % 2 == 0)
            assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
        else
            assert_int_equal(dxgk_adapter_stop(lead->adapter), STATUS_SUCCESS);
    }
    struct how how = valid(other);
    assert_int_equal(call(other, PIN2, &how), STATUS_SUCCESS);
}

/* ---- calls from inside the miniport ---- */

static unsigned inside_calls;
static NTSTATUS inside_expected;
static struct rig_device *inside_lead;

static void every_callback(struct rig_device *device) {
    if (!device->dxgkrnl) /* asked before it has a table to call through */
        return;
    for (enum call which = 0; which < CALLS; which++) {
        struct how how = valid(inside_lead);
        refused(inside_lead, which, &how, inside_expected);
        inside_calls++;
    }
}

static void nothing_works_inside_start(void **state) {
    (void)state;
    struct rig_device *lead = rig_chain(0, 2);
    inside_lead = lead;
    inside_calls = 0;
    inside_expected = STATUS_INVALID_DEVICE_STATE;
    lead->in_start = every_callback;
    lead->in_query = every_callback; /* of two indices, which device and how large */
    assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
    assert_int_equal(inside_calls, 5 * CALLS);

    /* A member that starts before the lead has a handle of its own, which is good for nothing. */
    assert_int_equal(dxgk_adapter_stop(lead->adapter), STATUS_SUCCESS);
    lead->in_start = NULL;
    lead->in_query = NULL;
    inside_lead = &rig[1];
    inside_expected = STATUS_INVALID_HANDLE;
    rig[1].in_start = every_callback;
    assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);

    /* Nor inside the stops of a start that fails. */
    assert_int_equal(dxgk_adapter_stop(lead->adapter), STATUS_SUCCESS);
    inside_lead = lead;
    inside_expected = STATUS_INVALID_DEVICE_STATE;
    rig[1].in_start = NULL;
    lead->in_stop = every_callback;
    lead->size_status[0] = STATUS_UNSUCCESSFUL;
    inside_calls = 0;
    assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_UNSUCCESSFUL);
    assert_int_equal(inside_calls, CALLS);
    lead->in_stop = NULL;
}

static void *inside_base;

static void release_all(struct rig_device *lead) {
    struct how how = valid(lead);
    refused(lead, PIN2, &how, STATUS_INVALID_DEVICE_STATE);
    refused(lead, PIN, &how, STATUS_INVALID_DEVICE_STATE);
    refused(lead, MAP, &how, STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(rig_unpin(lead, 0), STATUS_SUCCESS);
    assert_int_equal(rig_unpin(lead, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(rig_unpin(lead, 1), STATUS_SUCCESS);
    assert_int_equal(rig_unmap(lead, 0, inside_base), STATUS_SUCCESS);
    assert_int_equal(rig_unmap(lead, 0, inside_base), STATUS_INVALID_PARAMETER);
}

static void the_lead_is_through(struct rig_device *member) {
    (void)member;
    inside_expected = STATUS_INVALID_HANDLE;
    every_callback(member);
}

static void an_orderly_driver_releases_in_its_stop(void **state) {
    (void)state;
    struct rig_device *lead = rig_started(0, 2);
    DXGK_ADL *adl;
    PMDL mdl;
    assert_int_equal(rig_pin2(lead, 0, 3 * PAGE, false, &adl), STATUS_SUCCESS);
    assert_int_equal(rig_pin(lead, 1, 2 * PAGE, &mdl), STATUS_SUCCESS);
    assert_int_equal(rig_map(lead, 0, PAGE, PAGE, &inside_base), STATUS_SUCCESS);
    lead->in_stop = release_all;
    inside_lead = lead;
    rig[1].in_stop = the_lead_is_through;
    inside_calls = 0;
    assert_int_equal(dxgk_adapter_stop(lead->adapter), STATUS_SUCCESS);
    assert_int_equal(inside_calls, CALLS);
    assert_int_equal(rig_ledger().dxgk.leaks, 0);
}

/* The bus asked to start, stop, remove or relink from inside a driver's start or stop. */
static void meddle(struct rig_device *device) {
    assert_int_equal(dxgk_adapter_start(device->adapter), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(dxgk_adapter_stop(device->adapter), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(dxgk_adapter_remove(device->adapter), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(dxgk_adapter_link(rig[0].adapter, rig[2].adapter), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(dxgk_adapter_power(device->adapter, false), STATUS_SUCCESS);
    inside_calls++;
}

static void the_bus_cannot_meddle_from_inside(void **state) {
    (void)state;
    struct rig_device *lead = rig_chain(0, 2);
    rig_add(2);
    inside_calls = 0;
    for (unsigned i = 0; i < 2; i++) {
        rig[i].in_start = meddle;
        rig[i].in_stop = meddle;
    }
    assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
    assert_int_equal(dxgk_adapter_stop(lead->adapter), STATUS_SUCCESS);
    assert_int_equal(inside_calls, 4);
}

static jmp_buf stopped;
static ULONG stop_code;

static void stop_here(ULONG code) {
    stop_code = code;
    longjmp(stopped, 1);
}

/* From WDDM 3.2 on, at DISPATCH_LEVEL and above; with no lock held, so that the machine can go down. */
static void a_raised_irql_stops_the_system(void **state) {
    (void)state;
    static const KIRQL levels[] = {APC_LEVEL, DISPATCH_LEVEL, HIGH_LEVEL};
    static volatile unsigned stops;
    rig_down();
    rig_version = DXGKDDI_INTERFACE_VERSION_WDDM3_2;
    rig_boot(RIG_IOMMU);
    rig_version = DXGKDDI_INTERFACE_VERSION_WDDM3_1;
    struct rig_device *lead = rig_started(0, 1);
    dxgk_on_bug_check(stop_here);
    stops = 0;
    for (volatile unsigned i = 0; i < 3; i++)
        for (volatile enum call which = 0; which < CALLS; which++) {
            struct how how = valid(lead);
            nt_irql_set(levels[i]);
            stop_code = 0;
            if (setjmp(stopped) == 0) {
                NTSTATUS status = call(lead, which, &how);
                nt_irql_set(PASSIVE_LEVEL);
                assert_int_equal(status, STATUS_INVALID_LEVEL);
                assert_int_equal(levels[i], APC_LEVEL);
            } else {
                nt_irql_set(PASSIVE_LEVEL);
                assert_int_equal(stop_code, DXGK_BUG_CHECK_IRQL);
                assert_null(nt_lock_held());
                stops++;
            }
        }
    assert_int_equal(stops, 2 * CALLS);
    dxgk_on_bug_check(NULL);
}

static void power_and_reset_hinder_nothing(void **state) {
    (void)state;
    struct rig_device *lead = rig_started(0, 2);
    for (unsigned round = 0; round < 4; round++) {
        assert_int_equal(dxgk_adapter_power(rig[0].adapter, round & 1), STATUS_SUCCESS);
        assert_int_equal(dxgk_adapter_power(rig[1].adapter, round & 2), STATUS_SUCCESS);
        DXGK_ADL *adl;
        void *base;
        assert_int_equal(dxgk_adapter_reset(rig[1].adapter, true), STATUS_SUCCESS);
        assert_int_equal(dxgk_adapter_reset(rig[1].adapter, true), STATUS_INVALID_DEVICE_STATE);
        assert_int_equal(rig_pin2(lead, 1, PAGE, true, &adl), STATUS_SUCCESS);
        assert_int_equal(rig_map(lead, 1, 0, PAGE, &base), STATUS_SUCCESS);
        assert_int_equal(dxgk_adapter_reset(rig[1].adapter, false), STATUS_SUCCESS);
        assert_int_equal(dxgk_adapter_reset(rig[1].adapter, false), STATUS_INVALID_DEVICE_STATE);
        assert_int_equal(rig_unmap(lead, 1, base), STATUS_SUCCESS);
        assert_int_equal(rig_unpin(lead, 1), STATUS_SUCCESS);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_reason_decides, up, down),
        cmocka_unit_test_setup_teardown(a_breach_is_counted_and_reported, up, down),
        cmocka_unit_test_setup_teardown(only_the_leads_live_handle, up, down),
        cmocka_unit_test_setup_teardown(nothing_works_inside_start, up, down),
        cmocka_unit_test_setup_teardown(an_orderly_driver_releases_in_its_stop, up, down),
        cmocka_unit_test_setup_teardown(the_bus_cannot_meddle_from_inside, up, down),
        cmocka_unit_test_setup_teardown(a_raised_irql_stops_the_system, up, down),
        cmocka_unit_test_setup_teardown(power_and_reset_hinder_nothing, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
