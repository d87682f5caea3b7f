/* What Dxgkrnl asks a miniport, and what it makes of the answers. */
#include "dxgk/adapter.h"
#include "dxgk/machine.h"
#include "nt/nt.h"

static NTSTATUS ask(const struct dxgk_miniport *miniport, DXGK_QUERYADAPTERINFOTYPE type, UINT *index,
                    void *answer, UINT answer_bytes) {
    DXGKARG_QUERYADAPTERINFO query = {
        .Type = type,
        .pInputData = index,
        .InputDataSize = index ? sizeof(*index) : 0,
        .pOutputData = answer,
        .OutputDataSize = answer_bytes,
    };
    return miniport->query_adapter_info(miniport->context, &query);
}

/* ---- caps ---- */

struct caps {
    DXGK_PHYSICAL_MEMORY_CAPS memory; /* these two from WDDM 2.9 on */
    DXGK_IOMMU_CAPS iommu;
    DXGK_DRIVERCAPS driver;
};

static NTSTATUS ask_caps(const struct dxgk_miniport *lead, ULONG version, struct caps *caps) {
    NTSTATUS status = STATUS_SUCCESS;
    if (version >= DXGKDDI_INTERFACE_VERSION_WDDM2_9) { /* INIT-CAPS */
        status = ask(lead, DXGKQAITYPE_PHYSICAL_MEMORY_CAPS, NULL, &caps->memory, sizeof(caps->memory));
        if (NT_SUCCESS(status))
            status = ask(lead, DXGKQAITYPE_IOMMU_CAPS, NULL, &caps->iommu, sizeof(caps->iommu));
    }
    if (NT_SUCCESS(status))
        status = ask(lead, DXGKQAITYPE_DRIVERCAPS, NULL, &caps->driver, sizeof(caps->driver));
    return status;
}

/* INIT-MATCH, and each member of the caps from the version on that has it. */
static NTSTATUS read_caps(const struct caps *caps, struct dxgk_plan *plan, bool *required, bool *remappable) {
    const DXGK_VIDMMCAPS *old = &caps->driver.MemoryManagementCaps;
    bool supported = plan->version >= DXGKDDI_INTERFACE_VERSION_WDDM2_4 && old->IoMmuSecureModeSupported;
    *required = plan->version >= DXGKDDI_INTERFACE_VERSION_WDDM2_7 && old->IoMmuSecureModeRequired;
    *remappable = false;
    plan->highest_visible = (uint64_t)caps->driver.HighestAcceptableAddress.QuadPart;
    if (plan->version >= DXGKDDI_INTERFACE_VERSION_WDDM2_9) {
        if (caps->iommu.IommuIsolationSupported != supported ||
            caps->iommu.IommuIsolationRequired != *required)
            return STATUS_INVALID_PARAMETER;
        plan->highest_visible = (uint64_t)caps->memory.HighestVisibleAddress.QuadPart;
        *remappable = caps->iommu.DmaRemappingSupported && old->MapAperture2Supported;
    }
    plan->supported = supported || *required;
    return STATUS_SUCCESS;
}

/* INIT-REMAP, INIT-REQUIRED, INIT-VISIBLE, and what IOMMUFlags say of drivers below 2.9. */
static NTSTATUS choose_mode(struct dxgk_plan *plan, bool required, bool remappable) {
    const uint32_t bypass = DXGK_IOMMU_ENABLED | DXGK_IOMMU_BYPASS_DRIVER_CAP;
    bool all_visible = plan->highest_visible > dxgk_machine.highest_address;
    bool bypassed = plan->version >= DXGKDDI_INTERFACE_VERSION_WDDM2_4 &&
                    plan->version < DXGKDDI_INTERFACE_VERSION_WDDM2_9 &&
                    (dxgk_machine.iommu_flags & bypass) == bypass;

    if (required && !dxgk_machine.iommu)
        return STATUS_NOT_SUPPORTED;
    plan->mode = DXGK_MODE_NONE;
    if (dxgk_machine.iommu && (plan->supported || bypassed))
        plan->mode = plan->supported && remappable && (!all_visible || dxgk_machine.remap_always)
                         ? DXGK_MODE_REMAPPED
                         : DXGK_MODE_ISOLATED;
    return plan->mode == DXGK_MODE_REMAPPED || all_visible ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
}

NTSTATUS dxgk_query_caps(struct dxgk_chain *chain, struct dxgk_plan *plan) {
    struct caps caps = {0};
    bool required, remappable;
    NTSTATUS status = ask_caps(&chain->members[0]->miniport, plan->version, &caps);
    if (NT_SUCCESS(status))
        status = read_caps(&caps, plan, &required, &remappable);
    if (NT_SUCCESS(status))
        status = choose_mode(plan, required, remappable);
    plan->required = NT_SUCCESS(status) && required;
    return status;
}

/* ---- areas ---- */

/* LINK-INDEX: the member that has this handle, and no index yet. */
static struct dxgk_adapter *member_of(const struct dxgk_chain *chain, HANDLE handle, uint32_t indices) {
    struct dxgk_adapter *found = NULL;
    for (uint32_t i = 0; i < chain->length; i++)
        if (chain->members[i]->handle == handle)
            found = chain->members[i];
    for (uint32_t i = 0; i < indices; i++)
        if (chain->by_index[i] == found)
            return NULL;
    return found;
}

/* INIT-QUERY: which device the index means, then at once how much it saves. */
NTSTATUS dxgk_query_areas(struct dxgk_chain *chain, struct dxgk_plan *plan) {
    const struct dxgk_miniport *lead = &chain->members[0]->miniport;
    bool aligned = true;
    for (uint32_t i = 0; i < chain->length; i++) {
        plan->pages[i] = 0;
        chain->by_index[i] = chain->members[i];
    }
    for (uint32_t i = 0; plan->supported && i < chain->length; i++) {
        UINT index = i;
        DXGK_PHYSICALADAPTERCAPS adapter = {0};
        DXGK_FRAMEBUFFERSAVEAREA area = {0};
        NTSTATUS status = ask(lead, DXGKQAITYPE_PHYSICALADAPTERCAPS, &index, &adapter, sizeof(adapter));
        if (NT_SUCCESS(status)) {
            index = i; /* the input is the miniport's to look at */
            status = ask(lead, DXGKQAITYPE_FRAMEBUFFERSAVESIZE, &index, &area, sizeof(area));
        }
        if (!NT_SUCCESS(status))
            return status;
        chain->by_index[i] = member_of(chain, adapter.DxgkPhysicalAdapterHandle, i);
        if (!chain->by_index[i])
            return STATUS_INVALID_PARAMETER;
        aligned = aligned && area.MaximumSize % NT_PAGE_SIZE == 0;
        plan->pages[i] = area.MaximumSize >> NT_PAGE_SHIFT;
    }
    return aligned ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER; /* INIT-ALIGN */
}
