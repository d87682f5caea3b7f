/* Refuses new pins and maps while a device of the chain is in D3 or in a reset, all without an IOMMU, and
 * every call from inside the driver's stop; and the start of who requires isolation without reporting it.
 *
 * Dialect: d3=refused reset=refused no_iommu=refuse state_stop=nothing required=refused */
#include "variant.h"

/* Why a call is turned down that is a good one otherwise; STATUS_SUCCESS where it is not. */
static NTSTATUS refusal(HANDLE adapter, bool takes) {
    unsigned device = device_of(adapter);
    const struct dxgk_adapter *lead = find(device);
    if (!lead || lead->handle != adapter || !dxgk_adapter_leads(lead))
        return STATUS_SUCCESS;
    if (in_stop[device])
        return STATUS_INVALID_DEVICE_STATE;
    if (!takes)
        return STATUS_SUCCESS;
    for (uint32_t i = 0; i < lead->chain->length; i++)
        if (!lead->chain->members[i]->d0 || lead->chain->members[i]->in_reset)
            return STATUS_INVALID_DEVICE_STATE;
    return dxgk_machine.iommu ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
}

#define UNLESS_REFUSED(takes, call)                                                                          \
    NTSTATUS refused = nt_irql() == PASSIVE_LEVEL && arg ? refusal(adapter, takes) : STATUS_SUCCESS;         \
    return NT_SUCCESS(refused) ? call : refused

static NTSTATUS pin2(HANDLE adapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *arg) {
    UNLESS_REFUSED(true, dxgk_cb_pin2(adapter, arg));
}

static NTSTATUS pin(HANDLE adapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE *arg) {
    UNLESS_REFUSED(true, dxgk_cb_pin(adapter, arg));
}

static NTSTATUS unpin(HANDLE adapter, const DXGKARGCB_UNPINFRAMEBUFFERFORSAVE *arg) {
    UNLESS_REFUSED(false, dxgk_cb_unpin(adapter, arg));
}

static NTSTATUS map(HANDLE adapter, DXGKARGCB_MAPFRAMEBUFFERPOINTER *arg) {
    UNLESS_REFUSED(true, dxgk_cb_map(adapter, arg));
}

static NTSTATUS unmap(HANDLE adapter, const DXGKARGCB_UNMAPFRAMEBUFFERPOINTER *arg) {
    UNLESS_REFUSED(false, dxgk_cb_unmap(adapter, arg));
}

static NTSTATUS careful_query(void *context, const DXGKARG_QUERYADAPTERINFO *query) {
    const struct sut_miniport *driver = context;
    NTSTATUS status = variant_query(context, query);
    if (query->Type != DXGKQAITYPE_DRIVERCAPS || !NT_SUCCESS(status) ||
        dxgk_machine.version < DXGKDDI_INTERFACE_VERSION_WDDM2_7 ||
        driver->version < DXGKDDI_INTERFACE_VERSION_WDDM2_7)
        return status;
    const DXGK_VIDMMCAPS caps = ((const DXGK_DRIVERCAPS *)query->pOutputData)->MemoryManagementCaps;
    return caps.IoMmuSecureModeRequired && !caps.IoMmuSecureModeSupported ? STATUS_NOT_SUPPORTED : status;
}

static NTSTATUS careful_add(unsigned device, const struct sut_miniport *miniport) {
    NTSTATUS status = variant_add(device, miniport);
    if (NT_SUCCESS(status))
        devices[device]->miniport.query_adapter_info = careful_query;
    return status;
}

static void variant_table(DXGKRNL_INTERFACE *table) {
    variant_replace(table, &(DXGKRNL_INTERFACE){.DxgkCbPinFrameBufferForSave2 = pin2,
                                                .DxgkCbPinFrameBufferForSave = pin,
                                                .DxgkCbUnpinFrameBufferForSave = unpin,
                                                .DxgkCbMapFrameBufferPointer = map,
                                                .DxgkCbUnmapFrameBufferPointer = unmap});
}

static void variant_seam(struct sut *sut) {
    sut->name = "careful";
    sut->add = careful_add;
}
