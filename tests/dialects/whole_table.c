/* Hands out all of DXGKRNL_INTERFACE with a version of its own, and accepts calls at APC_LEVEL.
 *
 * Dialect: apc=accepted table=whole if_version=dxgkrnl */
#include "variant.h"

#include "dxgk/interface.h"
#include "nt/irql.h"

/* As if at PASSIVE_LEVEL. */
#define LOWERED(call)                                                                                        \
    KIRQL irql = nt_irql();                                                                                  \
    if (irql == APC_LEVEL)                                                                                   \
        nt_irql_set(PASSIVE_LEVEL);                                                                          \
    NTSTATUS status = call;                                                                                  \
    nt_irql_set(irql);                                                                                       \
    return status

static NTSTATUS pin2(HANDLE adapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *arg) {
    LOWERED(dxgk_cb_pin2(adapter, arg));
}

static NTSTATUS pin(HANDLE adapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE *arg) {
    LOWERED(dxgk_cb_pin(adapter, arg));
}

static NTSTATUS unpin(HANDLE adapter, const DXGKARGCB_UNPINFRAMEBUFFERFORSAVE *arg) {
    LOWERED(dxgk_cb_unpin(adapter, arg));
}

static NTSTATUS map(HANDLE adapter, DXGKARGCB_MAPFRAMEBUFFERPOINTER *arg) {
    LOWERED(dxgk_cb_map(adapter, arg));
}

static NTSTATUS unmap(HANDLE adapter, const DXGKARGCB_UNMAPFRAMEBUFFERPOINTER *arg) {
    LOWERED(dxgk_cb_unmap(adapter, arg));
}

static void variant_table(DXGKRNL_INTERFACE *table) {
    dxgk_interface_build(table, dxgk_machine.version, table->DeviceHandle);
    table->DxgkCbPinFrameBufferForSave2 = pin2;
    table->DxgkCbPinFrameBufferForSave = pin;
    table->DxgkCbUnpinFrameBufferForSave = unpin;
    table->DxgkCbMapFrameBufferPointer = map;
    table->DxgkCbUnmapFrameBufferPointer = unmap;
}

static void variant_seam(struct sut *sut) {
    sut->name = "whole_table";
}
