/* The five callbacks, as miniports call them. */
#ifndef DXGK_CALLBACKS_H
#define DXGK_CALLBACKS_H

#include "wddm/dispmprt.h"

DXGKCB_PINFRAMEBUFFERFORSAVE2 dxgk_cb_pin2;
DXGKCB_PINFRAMEBUFFERFORSAVE dxgk_cb_pin;
DXGKCB_UNPINFRAMEBUFFERFORSAVE dxgk_cb_unpin;
DXGKCB_MAPFRAMEBUFFERPOINTER dxgk_cb_map;
DXGKCB_UNMAPFRAMEBUFFERPOINTER dxgk_cb_unmap;

#endif
