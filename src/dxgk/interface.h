/* The table of callbacks that a miniport gets in DxgkDdiStartDevice (ANY-VERSION). */
#ifndef DXGK_INTERFACE_H
#define DXGK_INTERFACE_H

#include "wddm/dispmprt.h"

/* Exactly the callbacks of that version, the rest null; Size ends after the last. A version between
 * two known ones has what the older had, one below all known ones what the oldest had. */
void dxgk_interface_build(DXGKRNL_INTERFACE *table, ULONG version, HANDLE device);

#endif
