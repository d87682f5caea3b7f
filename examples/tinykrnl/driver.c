/* What the driver of a chain's lead is asked, and what follows from its answers. */
#include <string.h>

#include "tinykrnl.h"

void tk_serve(struct device *lead) {
    ULONG own = lead->miniport.version;
    lead->version = own < tk_machine.has.dxgkrnl_version ? own : tk_machine.has.dxgkrnl_version;
}

static NTSTATUS ask(const struct device *lead, DXGK_QUERYADAPTERINFOTYPE type, UINT *index, void *out,
                    UINT size) {
    DXGKARG_QUERYADAPTERINFO query = {.Type = type,
                                      .pInputData = index,
                                      .InputDataSize = index ? sizeof(*index) : 0,
                                      .pOutputData = out,
                                      .OutputDataSize = size};
    return lead->miniport.query_adapter_info(lead->miniport.context, &query);
}

/* ---- how the chain's GPUs will see memory ---- */

/* Whole pages of the firmware's: what the OS has is nobody's to reserve. */
static bool read_range(const DXGK_PHYSICAL_MEMORY_RANGE *given, struct range *range) {
    uint64_t address = (uint64_t)given->BaseAddress.QuadPart;
    uint64_t bytes = (uint64_t)given->NumberOfBytes.QuadPart;
    range->first = address / PAGE_SIZE;
    range->count = bytes / PAGE_SIZE;
    return bytes != 0 && address % PAGE_SIZE == 0 && bytes % PAGE_SIZE == 0 &&
           range->first >= tk_machine.has.firmware_first && range->count <= tk_machine.has.firmware_pages &&
           range->first - tk_machine.has.firmware_first <= tk_machine.has.firmware_pages - range->count;
}

/* How many, then which. A driver that does not know has none. */
static NTSTATUS ask_reserved(struct device *lead) {
    DXGK_PHYSICAL_MEMORY_RANGE given[RESERVED_MAX];
    DXGK_HARDWARERESERVEDRANGES ranges = {0};
    if (!NT_SUCCESS(ask(lead, DXGKQAITYPE_HARDWARERESERVEDRANGES, NULL, &ranges, sizeof(ranges))) ||
        ranges.NumRanges == 0)
        return STATUS_SUCCESS;
    UINT32 count = ranges.NumRanges;
    memset(given, 0, sizeof(given));
    ranges.pPhysicalRanges = given;
    if (count > RESERVED_MAX)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ask(lead, DXGKQAITYPE_HARDWARERESERVEDRANGES, NULL, &ranges, sizeof(ranges));
    if (!NT_SUCCESS(status))
        return status;
    if (ranges.NumRanges != count)
        return STATUS_INVALID_PARAMETER;
    for (UINT32 i = 0; i < count; i++)
        if (!read_range(&given[i], &lead->ranges[i]))
            return STATUS_INVALID_PARAMETER;
    lead->reserved = count;
    return STATUS_SUCCESS;
}

struct caps {
    DXGK_PHYSICAL_MEMORY_CAPS memory; /* these two from WDDM 2.9 on */
    DXGK_IOMMU_CAPS iommu;
    DXGK_DRIVERCAPS driver;
};

static NTSTATUS read_caps(const struct device *lead, struct caps *caps) {
    NTSTATUS status = STATUS_SUCCESS;
    if (lead->version >= DXGKDDI_INTERFACE_VERSION_WDDM2_9) {
        status = ask(lead, DXGKQAITYPE_IOMMU_CAPS, NULL, &caps->iommu, sizeof(caps->iommu));
        if (NT_SUCCESS(status))
            status = ask(lead, DXGKQAITYPE_PHYSICAL_MEMORY_CAPS, NULL, &caps->memory, sizeof(caps->memory));
    }
    if (NT_SUCCESS(status))
        status = ask(lead, DXGKQAITYPE_DRIVERCAPS, NULL, &caps->driver, sizeof(caps->driver));
    return status;
}

static NTSTATUS choose_mode(struct device *lead, bool can_remap, uint64_t visible) {
    const uint32_t bypass = 0x01 | 0x08; /* IOMMUFlags: whatever the driver says */
    bool iommu = tk_machine.has.iommu != SUT_IOMMU_NONE;
    bool all_visible = visible > tk_machine.has.highest_pfn * PAGE_SIZE + (PAGE_SIZE - 1);
    bool old = lead->version >= DXGKDDI_INTERFACE_VERSION_WDDM2_4 &&
               lead->version < DXGKDDI_INTERFACE_VERSION_WDDM2_9;
    bool bypassed = old && (tk_machine.has.iommu_flags & bypass) == bypass;
    if (lead->required && !iommu)
        return STATUS_NOT_SUPPORTED;
    lead->mode = MODE_PHYSICAL;
    if (iommu && (lead->isolation || bypassed)) {
        bool remap =
            lead->isolation && can_remap && (!all_visible || tk_machine.has.iommu == SUT_IOMMU_REMAP_ALWAYS);
        lead->mode = remap ? MODE_REMAPPED : MODE_ISOLATED;
    }
    if (lead->mode != MODE_REMAPPED && !all_visible)
        return STATUS_NOT_SUPPORTED;
    lead->first_page = lead->mode == MODE_REMAPPED; /* logical page 0 looks too much like none */
    lead->end_page = tk_machine.has.highest_pfn + 1;
    if (lead->mode == MODE_REMAPPED)
        lead->end_page = visible / PAGE_SIZE + (visible % PAGE_SIZE == PAGE_SIZE - 1);
    return STATUS_SUCCESS;
}

/* The lead's answers speak for the chain. */
NTSTATUS tk_ask_caps(struct device *lead) {
    struct caps caps = {0};
    NTSTATUS status = read_caps(lead, &caps);
    if (!NT_SUCCESS(status))
        return status;
    const DXGK_VIDMMCAPS *said = &caps.driver.MemoryManagementCaps;
    bool supported = lead->version >= DXGKDDI_INTERFACE_VERSION_WDDM2_4 && said->IoMmuSecureModeSupported;
    bool can_remap = false;
    uint64_t visible = (uint64_t)caps.driver.HighestAcceptableAddress.QuadPart;
    lead->reserved = 0;
    lead->required = lead->version >= DXGKDDI_INTERFACE_VERSION_WDDM2_7 && said->IoMmuSecureModeRequired;
    if (lead->version >= DXGKDDI_INTERFACE_VERSION_WDDM2_9) {
        if (caps.iommu.IommuIsolationSupported != supported ||
            caps.iommu.IommuIsolationRequired != lead->required)
            return STATUS_INVALID_PARAMETER;
        visible = (uint64_t)caps.memory.HighestVisibleAddress.QuadPart;
        can_remap = caps.iommu.DmaRemappingSupported && said->MapAperture2Supported;
    }
    lead->isolation = supported || lead->required;
    tk_lock();
    status = choose_mode(lead, can_remap, visible);
    tk_unlock();
    return NT_SUCCESS(status) && lead->mode != MODE_PHYSICAL ? ask_reserved(lead) : status;
}

/* ---- areas ---- */

/* An index means the device whose handle the driver answers; here all of a chain's areas are the lead's, so
 * it is enough that it is one of the chain, and no other index. */
static bool is_member(const struct device *lead, HANDLE handle, const HANDLE *before, unsigned count) {
    bool found = false;
    for (unsigned i = 0; i < lead->count; i++)
        found |= lead->members[i]->handle == handle;
    for (unsigned i = 0; i < count; i++)
        found &= before[i] != handle;
    return found;
}

NTSTATUS tk_ask_areas(const struct device *lead, SIZE_T *bytes) {
    HANDLE handles[SUT_CHAIN_MAX];
    for (UINT i = 0; lead->isolation && i < lead->count; i++) {
        DXGK_PHYSICALADAPTERCAPS adapter = {0};
        DXGK_FRAMEBUFFERSAVEAREA area = {0};
        UINT index = i; /* the driver may scribble over its input */
        NTSTATUS status = ask(lead, DXGKQAITYPE_PHYSICALADAPTERCAPS, &index, &adapter, sizeof(adapter));
        index = i;
        if (NT_SUCCESS(status))
            status = ask(lead, DXGKQAITYPE_FRAMEBUFFERSAVESIZE, &index, &area, sizeof(area));
        if (!NT_SUCCESS(status))
            return status;
        handles[i] = adapter.DxgkPhysicalAdapterHandle;
        if (!is_member(lead, handles[i], handles, i))
            return STATUS_INVALID_PARAMETER;
        bytes[i] = area.MaximumSize;
    }
    return STATUS_SUCCESS;
}

/* ---- the attachment ---- */

/* Nothing works on the GPUs while their addresses begin to mean something else. */
NTSTATUS tk_attach(struct device *lead) {
    NTSTATUS status = STATUS_SUCCESS;
    unsigned begun = 0;
    for (; NT_SUCCESS(status) && begun < lead->count; begun += NT_SUCCESS(status)) {
        DXGKARG_BEGINEXCLUSIVEACCESS begin = {0};
        const struct sut_miniport *driver = &lead->members[begun]->miniport;
        status = driver->begin_exclusive(driver->context, &begin);
    }
    lead->attached = NT_SUCCESS(status);
    while (begun > 0) {
        DXGKARG_ENDEXCLUSIVEACCESS end = {0};
        const struct sut_miniport *driver = &lead->members[--begun]->miniport;
        (void)driver->end_exclusive(driver->context, &end);
    }
    return status;
}

NTSTATUS tk_attach_forced(struct device *lead) {
    const uint32_t force = 0x01 | 0x02 | 0x04, allow_failure = 0x10; /* IOMMUFlags */
    bool forced = (tk_machine.has.iommu_flags & force) == force;
    if (lead->mode == MODE_PHYSICAL || !(forced || lead->required))
        return STATUS_SUCCESS;
    NTSTATUS status = tk_attach(lead);
    return !lead->required && (tk_machine.has.iommu_flags & allow_failure) ? STATUS_SUCCESS : status;
}
