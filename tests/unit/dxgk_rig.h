/* A machine with devices whose drivers do as told, for the tests of src/dxgk/. */
#ifndef TESTS_UNIT_DXGK_RIG_H
#define TESTS_UNIT_DXGK_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dxgk/domain.h"
#include "dxgk/dxgk.h"
#include "nt/fault.h"
#include "nt/irql.h"
#include "nt/nt.h"
#include "nt/phys.h"
#include "nt/pool.h"
#include "nt/section.h"

#define RIG_DEVICES DXGK_ADAPTERS_MAX
#define PAGE        UINT64_C(4096)

enum rig_iommu {
    RIG_PLAIN,   /* no IOMMU */
    RIG_IOMMU,   /* used as the driver's caps ask */
    RIG_REMAPPED /* remapping always */
};

enum rig_caps {
    SUPPORTED = 1,
    REQUIRED = 2,
    REMAPPING = 4
};

struct rig_device {
    struct dxgk_adapter *adapter;
    const DXGKRNL_INTERFACE *dxgkrnl; /* NULL outside start_device ... stop_device */
    HANDLE handle;                    /* the last it was given */
    DXGKRNL_INTERFACE table;          /* a copy of the last it was given */
    /* what the driver answers */
    ULONG version;
    UINT32 caps;
    uint64_t visible;
    uint64_t sizes[DXGK_CHAIN_MAX]; /* by index, when it is the lead */
    LINKED_DEVICE link;
    unsigned members[DXGK_CHAIN_MAX]; /* of its chain, when it is the lead */
    bool no_aperture2;
    UINT driver_caps_xor; /* bits of MemoryManagementCaps that it has wrong */
    bool reversed;        /* the last index means the first device of the chain, and so on */
    UINT32 range_count;
    DXGK_PHYSICAL_MEMORY_RANGE ranges[DXGK_RESERVED_MAX + 1];
    int more_ranges; /* in the second answer */
    NTSTATUS add_status;
    NTSTATUS link_status;
    NTSTATUS start_status;
    NTSTATUS driver_status;
    NTSTATUS adapter_status;
    NTSTATUS range_status;
    NTSTATUS begin_status;
    NTSTATUS caps_status;
    NTSTATUS memory_status;
    NTSTATUS size_status[DXGK_CHAIN_MAX];
    /* called from inside, when not NULL */
    void (*in_start)(struct rig_device *device);
    void (*in_query)(struct rig_device *device);
    void (*in_stop)(struct rig_device *device);
};

static struct rig_device rig[RIG_DEVICES];
static char rig_log[4096]; /* what was asked of the drivers, in order */
static struct nt_pool_usage rig_pool;
static ULONG rig_version = DXGKDDI_INTERFACE_VERSION_WDDM3_1; /* Dxgkrnl's, of the next boot */
static uint32_t rig_iommu_flags = 7; /* of the next boot: enabled, mapped, attached */

static inline void rig_note(const char *what, const struct rig_device *device, unsigned detail) {
    size_t used = strlen(rig_log);
    snprintf(rig_log + used, sizeof(rig_log) - used, "%s%u", what, (unsigned)(device - rig));
    if (detail != UINT32_MAX) {
        used = strlen(rig_log);
        snprintf(rig_log + used, sizeof(rig_log) - used, "[%u]", detail);
    }
    used = strlen(rig_log);
    snprintf(rig_log + used, sizeof(rig_log) - used, " ");
}

static inline NTSTATUS rig_add_device(void *context) {
    struct rig_device *device = context;
    rig_note("add", device, UINT32_MAX);
    return device->add_status;
}

static inline NTSTATUS rig_link_device(void *context, LINKED_DEVICE *linked) {
    struct rig_device *device = context;
    rig_note("link", device, UINT32_MAX);
    *linked = device->link;
    return device->link_status;
}

static inline NTSTATUS rig_start_device(void *context, const DXGKRNL_INTERFACE *dxgkrnl) {
    struct rig_device *device = context;
    rig_note("start", device, UINT32_MAX);
    device->dxgkrnl = dxgkrnl;
    device->table = *dxgkrnl;
    device->handle = dxgkrnl->DeviceHandle;
    if (device->in_start)
        device->in_start(device);
    if (!NT_SUCCESS(device->start_status))
        device->dxgkrnl = NULL;
    return device->start_status;
}

/* The caps of old, by what the driver says in the new ones. */
static inline NTSTATUS rig_driver_caps(const struct rig_device *device, DXGK_DRIVERCAPS *caps) {
    caps->HighestAcceptableAddress.QuadPart = (LONGLONG)device->visible;
    caps->MemoryManagementCaps.IoMmuSecureModeSupported = (device->caps & SUPPORTED) != 0;
    caps->MemoryManagementCaps.IoMmuSecureModeRequired = (device->caps & REQUIRED) != 0;
    caps->MemoryManagementCaps.MapAperture2Supported = !device->no_aperture2;
    caps->MemoryManagementCaps.Value ^= device->driver_caps_xor;
    return device->driver_status;
}

static inline NTSTATUS rig_ranges(const struct rig_device *device, DXGK_HARDWARERESERVEDRANGES *ranges) {
    UINT32 count = device->range_count;
    for (UINT32 i = 0; ranges->pPhysicalRanges && i < ranges->NumRanges && i < count; i++)
        ranges->pPhysicalRanges[i] = device->ranges[i];
    if (ranges->pPhysicalRanges) {
        assert_int_equal(ranges->NumRanges, count);
        count += (UINT32)device->more_ranges;
    }
    ranges->NumRanges = count;
    return device->range_status;
}

static inline NTSTATUS rig_query(void *context, const DXGKARG_QUERYADAPTERINFO *query) {
    struct rig_device *device = context;
    if (device->in_query)
        device->in_query(device);
    switch (query->Type) {
    case DXGKQAITYPE_DRIVERCAPS:
        rig_note("driver", device, UINT32_MAX);
        assert_int_equal(query->OutputDataSize, sizeof(DXGK_DRIVERCAPS));
        return rig_driver_caps(device, query->pOutputData);
    case DXGKQAITYPE_PHYSICALADAPTERCAPS: {
        assert_int_equal(query->InputDataSize, 4);
        assert_int_equal(query->OutputDataSize, sizeof(DXGK_PHYSICALADAPTERCAPS));
        UINT index = *(const UINT *)query->pInputData;
        rig_note("adapter", device, index);
        assert_true(index < device->link.NumberOfLinksInChain);
        UINT at = device->reversed ? device->link.NumberOfLinksInChain - 1 - index : index;
        ((DXGK_PHYSICALADAPTERCAPS *)query->pOutputData)->DxgkPhysicalAdapterHandle =
            rig[device->members[at]].handle;
        return device->adapter_status;
    }
    case DXGKQAITYPE_HARDWARERESERVEDRANGES:
        rig_note("ranges", device, UINT32_MAX);
        assert_null(query->pInputData);
        assert_int_equal(query->OutputDataSize, sizeof(DXGK_HARDWARERESERVEDRANGES));
        return rig_ranges(device, query->pOutputData);
    case DXGKQAITYPE_IOMMU_CAPS:
        rig_note("caps", device, UINT32_MAX);
        assert_null(query->pInputData);
        assert_int_equal(query->InputDataSize, 0);
        assert_int_equal(query->OutputDataSize, sizeof(DXGK_IOMMU_CAPS));
        ((DXGK_IOMMU_CAPS *)query->pOutputData)->Value = device->caps;
        return device->caps_status;
    case DXGKQAITYPE_PHYSICAL_MEMORY_CAPS:
        rig_note("memory", device, UINT32_MAX);
        assert_int_equal(query->OutputDataSize, sizeof(DXGK_PHYSICAL_MEMORY_CAPS));
        ((DXGK_PHYSICAL_MEMORY_CAPS *)query->pOutputData)->HighestVisibleAddress.QuadPart =
            (LONGLONG)device->visible;
        return device->memory_status;
    case DXGKQAITYPE_FRAMEBUFFERSAVESIZE: {
        assert_int_equal(query->InputDataSize, 4);
        assert_int_equal(query->OutputDataSize, 8);
        UINT index = *(const UINT *)query->pInputData;
        rig_note("size", device, index);
        assert_true(index < DXGK_CHAIN_MAX);
        ((DXGK_FRAMEBUFFERSAVEAREA *)query->pOutputData)->MaximumSize = device->sizes[index];
        return device->size_status[index];
    }
    }
    fail();
    return STATUS_NOT_SUPPORTED;
}

static inline void rig_stop_device(void *context) {
    struct rig_device *device = context;
    rig_note("stop", device, UINT32_MAX);
    if (device->in_stop)
        device->in_stop(device);
    device->dxgkrnl = NULL;
}

static inline NTSTATUS rig_begin(void *context, DXGKARG_BEGINEXCLUSIVEACCESS *argument) {
    struct rig_device *device = context;
    assert_int_equal(argument->Reserved, 0);
    rig_note("begin", device, UINT32_MAX);
    return device->begin_status;
}

static inline NTSTATUS rig_end(void *context, DXGKARG_ENDEXCLUSIVEACCESS *argument) {
    assert_int_equal(argument->Reserved, 0);
    rig_note("end", context, UINT32_MAX);
    return STATUS_SUCCESS;
}

static inline void rig_boot_with(enum rig_iommu iommu, const struct nt_config *config) {
    memset(rig, 0, sizeof(rig));
    rig_log[0] = 0;
    assert_true(nt_boot(config));
    dxgk_boot(&(struct dxgk_config){
        .version = rig_version,
        .iommu_flags = rig_iommu_flags,
        .iommu = iommu != RIG_PLAIN,
        .remap_always = iommu == RIG_REMAPPED,
        .highest_pfn = config->highest_pfn,
    });
    rig_pool = *nt_pool_usage();
    assert_int_equal(rig_pool.bytes, 0);
}

static inline struct nt_config rig_config(void) {
    return (struct nt_config){
        .ram_pages = 4096,
        .highest_pfn = 8191,
        .commit_pages = 65536,
        .pool_bytes = 1 << 20,
        .view_bytes = 4 << 20,
    };
}

static inline void rig_boot(enum rig_iommu iommu) {
    struct nt_config config = rig_config();
    rig_boot_with(iommu, &config);
}

/* Room for anything: 2^52 bytes of RAM, 2^64 bytes of commit, a pool and views to match. */
static inline void rig_boot_vast(enum rig_iommu iommu) {
    rig_boot_with(iommu, &(struct nt_config){
                             .ram_pages = UINT64_C(1) << 40,
                             .highest_pfn = (UINT64_C(1) << 40) - 1,
                             .commit_pages = UINT64_C(1) << 52,
                             .pool_bytes = 1 << 20,
                             .view_bytes = 4 << 20,
                         });
}

/* Not on the bus yet: a driver without a fault, with room for eight areas of 8 pages each. */
static inline struct rig_device *rig_driver(unsigned number) {
    struct rig_device *device = &rig[number];
    memset(device, 0, sizeof(*device));
    device->version = DXGKDDI_INTERFACE_VERSION_WDDM3_0;
    device->caps = SUPPORTED | REMAPPING;
    device->visible = UINT64_MAX;
    for (unsigned i = 0; i < DXGK_CHAIN_MAX; i++)
        device->sizes[i] = 8 * PAGE;
    device->link.NumberOfLinksInChain = 1;
    device->members[0] = number;
    return device;
}

static inline NTSTATUS rig_plug(struct rig_device *device) {
    return dxgk_adapter_add(
        &(struct dxgk_miniport){
            .context = device,
            .version = device->version,
            .add_device = rig_add_device,
            .link_device = rig_link_device,
            .start_device = rig_start_device,
            .query_adapter_info = rig_query,
            .stop_device = rig_stop_device,
            .begin_exclusive = rig_begin,
            .end_exclusive = rig_end,
        },
        &device->adapter);
}

static inline struct rig_device *rig_add(unsigned number) {
    struct rig_device *device = rig_driver(number);
    assert_int_equal(rig_plug(device), STATUS_SUCCESS);
    return device;
}

/* What drivers of a chain that devices [first, first + length) form say of it. */
static inline void rig_links(unsigned first, unsigned length) {
    for (unsigned i = 0; i < length; i++) {
        rig[first + i].link =
            (LINKED_DEVICE){.ChainUid = first + 7, .NumberOfLinksInChain = length, .LeadLink = i == 0};
        for (unsigned k = 0; k < length; k++)
            rig[first + i].members[k] = first + k;
    }
}

/* The drivers of such a chain, not on the bus yet; rig_plug_chain() puts them there, the lead first. */
static inline struct rig_device *rig_chain_drivers(unsigned first, unsigned length) {
    for (unsigned i = 0; i < length; i++)
        rig_driver(first + i);
    rig_links(first, length);
    return &rig[first];
}

static inline void rig_plug_chain(unsigned first, unsigned length) {
    for (unsigned i = 0; i < length; i++)
        assert_int_equal(rig_plug(&rig[first + i]), STATUS_SUCCESS);
}

static inline struct rig_device *rig_chain(unsigned first, unsigned length) {
    struct rig_device *lead = rig_chain_drivers(first, length);
    rig_plug_chain(first, length);
    return lead;
}

static inline struct rig_device *rig_started(unsigned first, unsigned length) {
    struct rig_device *lead = rig_chain(first, length);
    assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_SUCCESS);
    return lead;
}

static inline void rig_remove(struct rig_device *device) {
    assert_int_equal(dxgk_adapter_remove(device->adapter), STATUS_SUCCESS);
    device->adapter = NULL;
}

struct rig_ledger {
    struct dxgk_usage dxgk;
    struct nt_section_usage sections;
    struct nt_pool_usage pool;
    uint64_t commit;
    uint64_t held;
};

static inline struct rig_ledger rig_ledger(void) {
    struct rig_ledger ledger;
    memset(&ledger, 0, sizeof(ledger));
    dxgk_look_usage(&ledger.dxgk);
    ledger.sections = nt_section_usage();
    ledger.pool = *nt_pool_usage();
    ledger.pool.cache_bytes = 0; /* grows with use */
    ledger.commit = nt_commit_charged();
    ledger.held = nt_phys_held();
    return ledger;
}

static inline void rig_assert_same(const struct rig_ledger *a, const struct rig_ledger *b) {
    assert_int_equal(a->dxgk.domain_pages, b->dxgk.domain_pages);
    assert_int_equal(a->dxgk.pins, b->dxgk.pins);
    assert_int_equal(a->dxgk.handles, b->dxgk.handles);
    assert_int_equal(a->sections.views, b->sections.views);
    assert_int_equal(a->sections.view_bytes, b->sections.view_bytes);
    assert_int_equal(a->sections.locked_pages, b->sections.locked_pages);
    assert_int_equal(a->pool.bytes, b->pool.bytes);
    assert_int_equal(a->pool.blocks, b->pool.blocks);
    assert_int_equal(a->commit, b->commit);
    assert_int_equal(a->held, b->held);
}

/* END-ZERO, then the power goes. */
static inline void rig_down(void) {
    for (unsigned i = 0; i < RIG_DEVICES; i++)
        if (rig[i].adapter)
            rig_remove(&rig[i]);
    struct rig_ledger ledger = rig_ledger();
    struct rig_ledger zero;
    memset(&zero, 0, sizeof(zero));
    rig_assert_same(&ledger, &zero);
    assert_int_equal(nt_pool_usage()->cache_bytes, 0);
    dxgk_shutdown();
    nt_shutdown();
}

/* ---- calls with a given handle ---- */

static inline NTSTATUS rig_pin2_as(struct rig_device *lead, HANDLE handle, unsigned index, uint64_t bytes,
                                   bool prefer, DXGK_ADL **adl) {
    *adl = NULL;
    DXGKARGCB_PINFRAMEBUFFERFORSAVE2 pin;
    memset(&pin, 0xA5, sizeof(pin));
    pin.PhysicalAdapterIndex = index;
    pin.CommitSize = bytes;
    pin.Flags.Value = prefer;
    DXGKARGCB_PINFRAMEBUFFERFORSAVE2 before = pin;
    NTSTATUS status = lead->table.DxgkCbPinFrameBufferForSave2(handle, &pin);
    if (NT_SUCCESS(status)) {
        assert_int_equal(pin.pAdl->PageCount * PAGE, bytes);
        assert_int_equal(pin.pAdl->Flags.Reserved, 0);
        *adl = pin.pAdl;
        before.pAdl = pin.pAdl;
    }
    assert_memory_equal(&before, &pin, sizeof(pin));
    return status;
}

static inline NTSTATUS rig_pin2(struct rig_device *lead, unsigned index, uint64_t bytes, bool prefer,
                                DXGK_ADL **adl) {
    return rig_pin2_as(lead, lead->handle, index, bytes, prefer, adl);
}

static inline NTSTATUS rig_pin(struct rig_device *lead, unsigned index, uint64_t bytes, PMDL *mdl) {
    *mdl = NULL;
    DXGKARGCB_PINFRAMEBUFFERFORSAVE pin;
    memset(&pin, 0xA5, sizeof(pin));
    pin.PhysicalAdapterIndex = index;
    pin.CommitSize = bytes;
    DXGKARGCB_PINFRAMEBUFFERFORSAVE before = pin;
    NTSTATUS status = lead->table.DxgkCbPinFrameBufferForSave(lead->handle, &pin);
    if (NT_SUCCESS(status)) {
        assert_int_equal(pin.pMdl->ByteCount, bytes);
        assert_int_equal(pin.pMdl->ByteOffset, 0);
        *mdl = pin.pMdl;
        before.pMdl = pin.pMdl;
    }
    assert_memory_equal(&before, &pin, sizeof(pin));
    return status;
}

static inline NTSTATUS rig_unpin(struct rig_device *lead, unsigned index) {
    DXGKARGCB_UNPINFRAMEBUFFERFORSAVE unpin = {.PhysicalAdapterIndex = index};
    return lead->table.DxgkCbUnpinFrameBufferForSave(lead->handle, &unpin);
}

static inline NTSTATUS rig_map(struct rig_device *lead, unsigned index, uint64_t offset, uint64_t bytes,
                               void **base) {
    *base = NULL;
    DXGKARGCB_MAPFRAMEBUFFERPOINTER map;
    memset(&map, 0xA5, sizeof(map));
    map.PhysicalAdapterIndex = index;
    map.Size = bytes;
    map.Offset = offset;
    DXGKARGCB_MAPFRAMEBUFFERPOINTER before = map;
    NTSTATUS status = lead->table.DxgkCbMapFrameBufferPointer(lead->handle, &map);
    if (NT_SUCCESS(status)) {
        assert_int_equal(map.Offset, offset % (64 << 10));
        assert_int_equal((uintptr_t)map.pBaseAddress % (64 << 10), 0);
        *base = map.pBaseAddress;
        before.pBaseAddress = map.pBaseAddress;
        before.Offset = map.Offset;
    }
    assert_memory_equal(&before, &map, sizeof(map));
    return status;
}

static inline NTSTATUS rig_unmap(struct rig_device *lead, unsigned index, void *base) {
    DXGKARGCB_UNMAPFRAMEBUFFERPOINTER unmap = {.PhysicalAdapterIndex = index, .pBaseAddress = base};
    return lead->table.DxgkCbUnmapFrameBufferPointer(lead->handle, &unmap);
}

static inline uint64_t rig_page_of(const DXGK_ADL *adl, uint64_t page) {
    assert_true(page < adl->PageCount);
    return adl->Flags.Contiguous ? adl->BasePageNumber + page : adl->Pages[page];
}

static inline bool rig_gpu_read(const struct rig_device *device, uint64_t device_page, uint64_t *word) {
    return dxgk_dma(device->adapter, device_page * PAGE + 16, word, sizeof(*word), false);
}

static inline bool rig_gpu_write(const struct rig_device *device, uint64_t device_page, uint64_t word) {
    return dxgk_dma(device->adapter, device_page * PAGE + 16, &word, sizeof(word), true);
}

#endif
