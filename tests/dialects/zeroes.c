/* Zeroes the out members of a call that fails, ignores reserved bits, and lets an Unpin of nothing succeed.
 *
 * Dialect: out_on_fail=zeroed reserved=ignored unpin_none=succeeds */
#include "variant.h"

static NTSTATUS pin2(HANDLE adapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *arg) {
    if (!arg)
        return dxgk_cb_pin2(adapter, arg);
    DXGKARGCB_PINFRAMEBUFFERFORSAVE2 clear = *arg;
    clear.Flags.Reserved = 0;
    NTSTATUS status = dxgk_cb_pin2(adapter, &clear);
    arg->pAdl = NT_SUCCESS(status) ? clear.pAdl : NULL;
    return status;
}

static NTSTATUS pin(HANDLE adapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE *arg) {
    NTSTATUS status = dxgk_cb_pin(adapter, arg);
    if (arg && !NT_SUCCESS(status))
        arg->pMdl = NULL;
    return status;
}

/* An index that there is, with a handle that is good; the rest the core refuses. */
static bool has_index(HANDLE adapter, UINT index) {
    struct dxgk_chain *chain = variant_look(adapter);
    bool has = chain && index < chain->length;
    variant_looked(chain);
    return has;
}

static NTSTATUS unpin(HANDLE adapter, const DXGKARGCB_UNPINFRAMEBUFFERFORSAVE *arg) {
    if (!variant_judges(arg))
        return dxgk_cb_unpin(adapter, arg);
    const DXGKARGCB_UNPINFRAMEBUFFERFORSAVE once = *arg; /* RACE-ONCE */
    bool has = has_index(adapter, once.PhysicalAdapterIndex);
    NTSTATUS status = dxgk_cb_unpin(adapter, &once);
    return status == STATUS_INVALID_PARAMETER && has ? STATUS_SUCCESS : status;
}

static NTSTATUS map(HANDLE adapter, DXGKARGCB_MAPFRAMEBUFFERPOINTER *arg) {
    NTSTATUS status = dxgk_cb_map(adapter, arg);
    if (arg && !NT_SUCCESS(status))
        arg->pBaseAddress = NULL;
    return status;
}

static void variant_table(DXGKRNL_INTERFACE *table) {
    variant_replace(table, &(DXGKRNL_INTERFACE){.DxgkCbPinFrameBufferForSave2 = pin2,
                                                .DxgkCbPinFrameBufferForSave = pin,
                                                .DxgkCbUnpinFrameBufferForSave = unpin,
                                                .DxgkCbMapFrameBufferPointer = map});
}

static void variant_seam(struct sut *sut) {
    sut->name = "zeroes";
}
