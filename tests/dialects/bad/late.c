/* Asks a driver for IOMMU_CAPS when its device has started, of whatever version it is. */
#include "dialects/variant.h"

static NTSTATUS late_start(unsigned device) {
    NTSTATUS status = start_device(device);
    const struct dxgk_adapter *adapter = find(device);
    DXGK_IOMMU_CAPS caps;
    const DXGKARG_QUERYADAPTERINFO query = {
        .Type = DXGKQAITYPE_IOMMU_CAPS, .pOutputData = &caps, .OutputDataSize = sizeof(caps)};
    if (NT_SUCCESS(status))
        (void)variant_query(adapter->miniport.context, &query);
    return status;
}

static void variant_table(DXGKRNL_INTERFACE *table) {
    (void)table;
}

static void variant_seam(struct sut *sut) {
    sut->name = "late";
    sut->start = late_start;
}
