/* Refuses new pins and maps while a device of the chain is in D3 or in a reset, all without an IOMMU, and
 * every call from inside the driver's stop; and the start of who requires isolation without reporting it.
 *
 * Dialect: d3=refused reset=refused no_iommu=refuse state_stop=nothing required=refused */
#include "variant.h"

/* Why a call is turned down that is a good one otherwise; STATUS_SUCCESS where it is not. */
static NTSTATUS refusal(HANDLE adapter, bool takes) {
    struct dxgk_chain *chain = variant_look(adapter);
    if (!chain)
        return STATUS_SUCCESS;
    bool not_now = chain->state == DXGK_CHAIN_STOPPING;
    for (uint32_t i = 0; takes && i < chain->length; i++)
        not_now |= !chain->members[i]->d0 || chain->members[i]->in_reset;
    variant_looked(chain);
    if (not_now)
        return STATUS_INVALID_DEVICE_STATE;
    return takes && !dxgk_machine.iommu ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS;
}

#define UNLESS_REFUSED(takes, call)                                                                          \
    if (!variant_judges(arg))                                                                                \
        return call;                                                                                         \
    variant_begin_call();                                                                                    \
    NTSTATUS status = refusal(adapter, takes);                                                               \
    if (NT_SUCCESS(status))                                                                                  \
        status = call;                                                                                       \
    variant_end_call();                                                                                      \
    return status

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

/* Not in the middle of a callback that looks at it. */
static NTSTATUS careful_power(unsigned device, bool d0) {
    variant_begin_call();
    NTSTATUS status = power_device(device, d0);
    variant_end_call();
    return status;
}

static NTSTATUS careful_reset(unsigned device, bool begin) {
    variant_begin_call();
    NTSTATUS status = reset_device(device, begin);
    variant_end_call();
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
    sut->power = careful_power;
    sut->reset = careful_reset;
    variant_asks = careful_query;
}
