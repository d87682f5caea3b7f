/*
 * Adapter handles. A handle says which slot of a table it is and which use of that slot; it is
 * never a pointer, so a stale, foreign or made-up one is refused without touching anything
 * (ANY-LEAD), and no value is issued twice within a boot (STOP-STALE).
 */
#ifndef DXGK_HANDLE_H
#define DXGK_HANDLE_H

#include "dxgk/dxgk.h"

/* One for each physical adapter that is between its start and its stop. */
#define DXGK_HANDLES DXGK_ADAPTERS_MAX

struct dxgk_handle_slot {
    struct dxgk_adapter *adapter; /* NULL: free */
    uint64_t generation;          /* uses of the slot since boot, the present one included */
};

struct dxgk_handles {
    struct dxgk_handle_slot slots[DXGK_HANDLES];
    uint32_t alive;
};

/* Never NULL; cannot fail, for there are as many slots as adapters and each holds one handle. */
HANDLE dxgk_handle_issue(struct dxgk_handles *handles, struct dxgk_adapter *adapter);
void dxgk_handle_kill(struct dxgk_handles *handles, HANDLE handle);
/* The adapter of a live handle; NULL for every other value. */
struct dxgk_adapter *dxgk_handle_find(const struct dxgk_handles *handles, HANDLE handle);

#endif
