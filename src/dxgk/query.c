/* What Dxgkrnl asks a miniport at start, and what it makes of the answers. */
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

/* INIT-REMAP, INIT-REQUIRED, INIT-VISIBLE. */
static NTSTATUS choose_mode(const struct dxgk_miniport *lead, DXGK_IOMMU_CAPS caps, uint64_t visible,
                            enum dxgk_mode *mode) {
    bool supported = caps.IommuIsolationSupported || caps.IommuIsolationRequired;
    bool remappable =
        supported && caps.DmaRemappingSupported && lead->version >= DXGKDDI_INTERFACE_VERSION_WDDM2_9;
    bool all_visible = visible > dxgk_machine.highest_address;

    if (caps.IommuIsolationRequired && !dxgk_machine.iommu)
        return STATUS_NOT_SUPPORTED;
    *mode = DXGK_MODE_NONE;
    if (dxgk_machine.iommu && supported)
        *mode = remappable && (!all_visible || dxgk_machine.remap_always) ? DXGK_MODE_REMAPPED
                                                                          : DXGK_MODE_ISOLATED;
    return *mode == DXGK_MODE_REMAPPED || all_visible ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
}

/* INIT-QUERY: each index once, then INIT-ALIGN. */
static NTSTATUS ask_sizes(const struct dxgk_miniport *lead, uint32_t length, uint64_t *pages) {
    bool aligned = true;
    for (uint32_t i = 0; i < length; i++) {
        UINT index = i;
        DXGK_FRAMEBUFFERSAVEAREA area = {0};
        NTSTATUS status = ask(lead, DXGKQAITYPE_FRAMEBUFFERSAVESIZE, &index, &area, sizeof(area));
        if (!NT_SUCCESS(status))
            return status;
        aligned = aligned && area.MaximumSize % NT_PAGE_SIZE == 0;
        pages[i] = area.MaximumSize >> NT_PAGE_SHIFT;
    }
    return aligned ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS dxgk_chain_query(const struct dxgk_chain *chain, struct dxgk_plan *plan) {
    const struct dxgk_miniport *lead = &chain->members[0]->miniport;
    DXGK_IOMMU_CAPS iommu = {0};
    DXGK_PHYSICAL_MEMORY_CAPS memory = {0};
    NTSTATUS status = ask(lead, DXGKQAITYPE_IOMMU_CAPS, NULL, &iommu, sizeof(iommu));
    if (NT_SUCCESS(status))
        status = ask(lead, DXGKQAITYPE_PHYSICAL_MEMORY_CAPS, NULL, &memory, sizeof(memory));
    if (!NT_SUCCESS(status))
        return status;

    plan->highest_visible = (uint64_t)memory.HighestVisibleAddress.QuadPart;
    status = choose_mode(lead, iommu, plan->highest_visible, &plan->mode);
    if (!NT_SUCCESS(status))
        return status;

    for (uint32_t i = 0; i < chain->length; i++)
        plan->pages[i] = 0;
    if (iommu.IommuIsolationSupported || iommu.IommuIsolationRequired)
        status = ask_sizes(lead, chain->length, plan->pages);
    return status;
}
