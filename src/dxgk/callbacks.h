/* The callbacks that are here, as miniports call them. */
#ifndef DXGK_CALLBACKS_H
#define DXGK_CALLBACKS_H

#include "wddm/dispmprt.h"

/* CALLBACK(slot in DXGKRNL_INTERFACE, type, function). */
#define DXGK_CALLBACKS(CALLBACK)                                                                             \
    CALLBACK(DxgkCbPinFrameBufferForSave2, DXGKCB_PINFRAMEBUFFERFORSAVE2, dxgk_cb_pin2)                      \
    CALLBACK(DxgkCbPinFrameBufferForSave, DXGKCB_PINFRAMEBUFFERFORSAVE, dxgk_cb_pin)                         \
    CALLBACK(DxgkCbUnpinFrameBufferForSave, DXGKCB_UNPINFRAMEBUFFERFORSAVE, dxgk_cb_unpin)                   \
    CALLBACK(DxgkCbMapFrameBufferPointer, DXGKCB_MAPFRAMEBUFFERPOINTER, dxgk_cb_map)                         \
    CALLBACK(DxgkCbUnmapFrameBufferPointer, DXGKCB_UNMAPFRAMEBUFFERPOINTER, dxgk_cb_unmap)

#define DXGK_DECLARE(slot, type, function) type function;
DXGK_CALLBACKS(DXGK_DECLARE)
#undef DXGK_DECLARE

#endif
