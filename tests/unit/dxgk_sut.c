/* src/ behind the seam: everything the harness can ask of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/program/world.h"
#include "harness/sut.h"

#undef stop /* cmocka 2's */

static const struct sut *sut;
static DXGKRNL_INTERFACE tables[SUT_DEVICES];
static jmp_buf *way_out;

static bool linked_up; /* devices 0 and 1 */

static NTSTATUS add_device(void *context) {
    (void)context;
    return STATUS_SUCCESS;
}

static NTSTATUS link_device(void *context, LINKED_DEVICE *linked) {
    ULONG device = (ULONG)((DXGKRNL_INTERFACE *)context - tables);
    bool one = linked_up && device < 2;
    *linked = (LINKED_DEVICE){.ChainUid = one ? 1 : device + 1,
                              .NumberOfLinksInChain = one ? 2 : 1,
                              .LeadLink = !one || device == 0};
    return STATUS_SUCCESS;
}

static void link_first_two(void) {
    linked_up = true;
    assert_int_equal(sut->link(0, 1), STATUS_SUCCESS);
    linked_up = false;
}

static NTSTATUS start_device(void *context, const DXGKRNL_INTERFACE *dxgkrnl) {
    memcpy(context, dxgkrnl, sizeof(*dxgkrnl));
    return STATUS_SUCCESS;
}

static NTSTATUS query(void *context, const DXGKARG_QUERYADAPTERINFO *arg) {
    const DXGKRNL_INTERFACE *own = context;
    if (arg->Type == DXGKQAITYPE_IOMMU_CAPS)
        ((DXGK_IOMMU_CAPS *)arg->pOutputData)->Value = 5;
    else if (arg->Type == DXGKQAITYPE_PHYSICAL_MEMORY_CAPS)
        ((DXGK_PHYSICAL_MEMORY_CAPS *)arg->pOutputData)->HighestVisibleAddress.QuadPart = -1;
    else if (arg->Type == DXGKQAITYPE_DRIVERCAPS)
        ((DXGK_DRIVERCAPS *)arg->pOutputData)->MemoryManagementCaps.IoMmuSecureModeSupported = 1;
    else if (arg->Type == DXGKQAITYPE_PHYSICALADAPTERCAPS)
        ((DXGK_PHYSICALADAPTERCAPS *)arg->pOutputData)->DxgkPhysicalAdapterHandle =
            own[*(const UINT *)arg->pInputData].DeviceHandle;
    else if (arg->Type == DXGKQAITYPE_HARDWARERESERVEDRANGES)
        ((DXGK_HARDWARERESERVEDRANGES *)arg->pOutputData)->NumRanges = 0;
    else
        ((DXGK_FRAMEBUFFERSAVEAREA *)arg->pOutputData)->MaximumSize = 8 * 4096;
    return STATUS_SUCCESS;
}

static void stop_device(void *context) {
    (void)context;
    if (way_out)
        longjmp(*way_out, 1);
}

static const struct sut_machine_config plain = {
    .ram_pages = 64,
    .highest_pfn = 127,
    .commit_pages = 64,
    .pool_bytes = 64 << 10,
    .view_bytes = 1 << 20,
    .iommu = SUT_IOMMU_PRESENT,
    .dxgkrnl_version = DXGKDDI_INTERFACE_VERSION_WDDM3_1,
};

static void add(unsigned device) {
    assert_int_equal(sut->add(device,
                              &(struct sut_miniport){
                                  .context = &tables[device],
                                  .version = DXGKDDI_INTERFACE_VERSION_WDDM3_0,
                                  .add_device = add_device,
                                  .link_device = link_device,
                                  .start_device = start_device,
                                  .query_adapter_info = query,
                                  .stop_device = stop_device,
                              }),
                     STATUS_SUCCESS);
}

static struct sut_ledger ledger(void) {
    struct sut_ledger out;
    memset(&out, 0xA5, sizeof(out));
    sut->ledger(&out);
    return out;
}

static void assert_all_zero(const struct sut_ledger *l) {
    assert_int_equal(l->commit_pages | l->locked_pages | l->domain_pages | l->view_bytes, 0);
    assert_int_equal(l->pins | l->views | l->handles, 0);
    assert_int_equal(l->pool_bytes | l->pool_blocks | l->cache_bytes, 0);
}

static void everything_is_there(void **state) {
    (void)state;
    sut = sut_get();
    assert_non_null(sut->name);
    assert_true(sut->hold_chosen);
    assert_true(sut->boot && sut->shutdown && sut->add && sut->link && sut->start && sut->stop &&
                sut->remove);
    assert_true(sut->surprise_remove && sut->power && sut->reset);
    assert_true(sut->set_actor && sut->set_irql && sut->memory_pressure);
    assert_true(sut->dma && sut->domain && sut->page && sut->ledger && sut->domain_pages);
    assert_true(sut->descriptor_alive && sut->cpu_accessible && sut->arm_fault && sut->fault_passed);
}

static void impossible_machines_do_not_boot(void **state) {
    (void)state;
    struct sut_machine_config config = plain;
    config.ram_pages = 0;
    assert_false(sut->boot(&config));
    config.ram_pages = 129;
    assert_false(sut->boot(&config));
}

static void absent_devices_are_refused(void **state) {
    (void)state;
    assert_true(sut->boot(&plain));
    add(0);
    const struct sut_miniport miniport = {0};
    assert_int_equal(sut->add(0, &miniport), STATUS_INVALID_PARAMETER);
    assert_int_equal(sut->add(SUT_DEVICES, &miniport), STATUS_INVALID_PARAMETER);
    for (unsigned i = 0; i < 2; i++) {
        unsigned device = i ? SUT_DEVICES : 5;
        uint64_t word;
        struct sut_page page;
        assert_int_equal(sut->link(0, device), STATUS_INVALID_PARAMETER);
        assert_int_equal(sut->link(device, 0), STATUS_INVALID_PARAMETER);
        assert_int_equal(sut->start(device), STATUS_INVALID_PARAMETER);
        assert_int_equal(sut->stop(device), STATUS_INVALID_PARAMETER);
        assert_int_equal(sut->remove(device), STATUS_INVALID_PARAMETER);
        assert_int_equal(sut->surprise_remove(device), STATUS_INVALID_PARAMETER);
        assert_int_equal(sut->power(device, true), STATUS_INVALID_PARAMETER);
        assert_int_equal(sut->reset(device, true), STATUS_INVALID_PARAMETER);
        assert_int_equal(sut->secure_vm(device), STATUS_INVALID_PARAMETER);
        assert_false(sut->dma(device, 0, &word, sizeof(word), false));
        assert_int_equal(sut->domain(device), 0);
        assert_int_equal(sut->domain_pages(device), 0);
        assert_false(sut->page(device, 0, 0, &page));
    }
    sut->shutdown();
}

/* A whole life; what is left at the end is taken back by shutdown. */
static void a_life(void **state) {
    (void)state;
    for (unsigned life = 0; life < 3; life++) {
        assert_true(sut->boot(&plain));
        struct sut_ledger l = ledger();
        assert_all_zero(&l);
        assert_int_equal(l.leaks | l.breaches, 0);
        add(0);
        add(1);
        add(2);
        link_first_two();
        assert_int_equal(sut->start(1), STATUS_SUCCESS);
        assert_int_equal(sut->start(2), STATUS_SUCCESS);
        assert_int_equal(ledger().handles, 3);
        assert_int_equal(ledger().commit_pages, 24);
        assert_int_equal(sut->domain(0), sut->domain(1));
        assert_int_not_equal(sut->domain(0), sut->domain(2));
        assert_int_not_equal(sut->domain(0), 0);

        HANDLE lead = tables[0].DeviceHandle;
        /* The same in each life: nothing of the last one shows. */
        static HANDLE first_lead;
        first_lead = life == 0 ? lead : first_lead;
        assert_ptr_equal(lead, first_lead);

        DXGKARGCB_PINFRAMEBUFFERFORSAVE2 pin = {.PhysicalAdapterIndex = 1, .CommitSize = 3 * 4096};
        struct sut_page page;
        bool fired;
        assert_true(sut->page(0, 1, 0, &page));
        assert_false(page.has_frame || page.locked || page.views);
        assert_false(sut->page(0, 1, 8, &page) || sut->page(0, 2, 0, &page) || sut->page(1, 0, 0, &page));
        sut->arm_fault(SUT_FAULT_LOCK, 1);
        assert_int_equal(tables[0].DxgkCbPinFrameBufferForSave2(lead, &pin), STATUS_INSUFFICIENT_RESOURCES);
        assert_int_equal(sut->fault_passed(&fired), 1);
        assert_true(fired);
        assert_int_equal(tables[0].DxgkCbPinFrameBufferForSave2(lead, &pin), STATUS_SUCCESS);
        sut->arm_fault(SUT_FAULT_ANY, 0);
        assert_true(sut->descriptor_alive(pin.pAdl));
        assert_false(sut->descriptor_alive(&pin));
        assert_int_equal(sut->domain_pages(1), 3);
        assert_int_equal(sut->domain_pages(2), 0);
        assert_true(sut->page(0, 1, 2, &page));
        assert_true(page.has_frame && page.locked && !page.views);
        assert_int_equal(page.pfn, pin.pAdl->Pages[2]);
        assert_true(sut->page(0, 1, 3, &page));
        assert_false(page.locked);

        uint64_t word = 4711;
        assert_true(sut->dma(1, pin.pAdl->Pages[2] * 4096, &word, sizeof(word), true));
        DXGKARGCB_MAPFRAMEBUFFERPOINTER map = {.PhysicalAdapterIndex = 1, .Size = 4096, .Offset = 2 * 4096};
        assert_int_equal(tables[0].DxgkCbMapFrameBufferPointer(lead, &map), STATUS_SUCCESS);
        const char *at = (const char *)map.pBaseAddress + map.Offset;
        assert_memory_equal(at, &word, sizeof(word));
        assert_true(sut->cpu_accessible(at, 4096));
        assert_false(sut->cpu_accessible(at, 4097));
        assert_true(sut->page(0, 1, 2, &page));
        assert_int_equal(page.views, 1);
        sut->memory_pressure();
        assert_true(sut->page(0, 1, 2, &page));
        assert_int_equal(page.pfn, pin.pAdl->Pages[2]);

        sut->set_actor(1);
        sut->set_irql(APC_LEVEL);
        assert_int_equal(tables[0].DxgkCbPinFrameBufferForSave2(lead, &pin), STATUS_INVALID_LEVEL);
        sut->set_actor(0);
        l = ledger();
        assert_int_equal(l.breaches, 1);
        assert_int_equal(l.pins, 1);
        assert_int_equal(l.views, 1);
        assert_int_equal(l.view_bytes, 64 << 10);
        assert_int_equal(l.locked_pages, 3);
        assert_int_equal(l.domain_pages, 3);
        if (life == 1) {
            for (unsigned device = 0; device < 3; device++)
                assert_int_equal(sut->remove(device), STATUS_SUCCESS);
            l = ledger();
            assert_all_zero(&l);
            assert_int_equal(l.leaks, 2);
        }
        sut->shutdown();
    }
}

/* A kind that nothing asks for cannot run out. */
static void every_kind_of_fault_has_a_point(void **state) {
    (void)state;
    for (unsigned kind = 0; kind < SUT_FAULT_KINDS; kind++) {
        bool fired;
        assert_true(sut->boot(&plain));
        sut->arm_fault((enum sut_fault)kind, 0);
        add(0);
        assert_int_equal(sut->start(0), STATUS_SUCCESS);
        HANDLE lead = tables[0].DeviceHandle;
        DXGKARGCB_PINFRAMEBUFFERFORSAVE2 pin2 = {.CommitSize = 4096};
        assert_int_equal(tables[0].DxgkCbPinFrameBufferForSave2(lead, &pin2), STATUS_SUCCESS);
        DXGKARGCB_UNPINFRAMEBUFFERFORSAVE unpin = {0};
        assert_int_equal(tables[0].DxgkCbUnpinFrameBufferForSave(lead, &unpin), STATUS_SUCCESS);
        DXGKARGCB_PINFRAMEBUFFERFORSAVE pin = {.CommitSize = 4096};
        assert_int_equal(tables[0].DxgkCbPinFrameBufferForSave(lead, &pin), STATUS_SUCCESS);
        DXGKARGCB_MAPFRAMEBUFFERPOINTER map = {.Size = 4096};
        assert_int_equal(tables[0].DxgkCbMapFrameBufferPointer(lead, &map), STATUS_SUCCESS);
        if (sut->fault_passed(&fired) == 0 || fired)
            fail_msg("no point of src/ asks for %s", world_faults[kind].name);
        sut->shutdown();
    }
}

/* A driver that never comes back from its stop: the machine can be shut down all the same. */
static void shutdown_from_the_middle_of_a_stop(void **state) {
    (void)state;
    assert_true(sut->boot(&plain));
    add(0);
    add(1);
    link_first_two();
    assert_int_equal(sut->start(0), STATUS_SUCCESS);
    DXGKARGCB_PINFRAMEBUFFERFORSAVE2 pin = {.PhysicalAdapterIndex = 1, .CommitSize = 3 * 4096};
    assert_int_equal(tables[0].DxgkCbPinFrameBufferForSave2(tables[0].DeviceHandle, &pin), STATUS_SUCCESS);
    jmp_buf here;
    way_out = &here;
    if (setjmp(here) == 0) {
        sut->stop(0);
        fail();
    }
    way_out = NULL;
    sut->shutdown();
    assert_true(sut->boot(&plain));
    struct sut_ledger l = ledger();
    assert_all_zero(&l);
    sut->shutdown();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_there),
        cmocka_unit_test(impossible_machines_do_not_boot),
        cmocka_unit_test(absent_devices_are_refused),
        cmocka_unit_test(a_life),
        cmocka_unit_test(every_kind_of_fault_has_a_point),
        cmocka_unit_test(shutdown_from_the_middle_of_a_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
