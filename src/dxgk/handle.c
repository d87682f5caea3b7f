/* The table of adapter handles. */
#include "dxgk/handle.h"

#include <assert.h>

/*
 * Handle bits: generation from bit 8, slot + 1 in bits 2..7, 0 in bits 0 and 1 as in every Windows
 * handle. A slot's generation would have to pass 2^56 to wrap: no boot starts an adapter that often.
 */
#define SLOT_SHIFT       2u
#define GENERATION_SHIFT 8u
#define SLOT_MASK        0x3Fu

_Static_assert(DXGK_HANDLES < SLOT_MASK, "slot + 1 fits its bits");

static HANDLE make_handle(uint32_t slot, uint64_t generation) {
    return (HANDLE)(uintptr_t)(generation << GENERATION_SHIFT | (uint64_t)(slot + 1) << SLOT_SHIFT);
}

HANDLE dxgk_handle_issue(struct dxgk_handles *handles, struct dxgk_adapter *adapter) {
    uint32_t slot = 0;
    while (handles->slots[slot].adapter) {
        slot++;
        assert(slot < DXGK_HANDLES);
    }
    handles->slots[slot].adapter = adapter;
    handles->alive++;
    return make_handle(slot, ++handles->slots[slot].generation);
}

/* The slot of a live handle, or DXGK_HANDLES. */
static uint32_t find_slot(const struct dxgk_handles *handles, HANDLE handle) {
    uint64_t value = (uintptr_t)handle;
    /* For slot field 0 this wraps and is out of range, too. */
    uint32_t slot = (uint32_t)(value >> SLOT_SHIFT & SLOT_MASK) - 1;
    if (slot >= DXGK_HANDLES || !handles->slots[slot].adapter)
        return DXGK_HANDLES;
    return make_handle(slot, handles->slots[slot].generation) == handle ? slot : DXGK_HANDLES;
}

void dxgk_handle_kill(struct dxgk_handles *handles, HANDLE handle) {
    uint32_t slot = find_slot(handles, handle);
    assert(slot < DXGK_HANDLES);
    handles->slots[slot].adapter = NULL;
    handles->alive--;
}

struct dxgk_adapter *dxgk_handle_find(const struct dxgk_handles *handles, HANDLE handle) {
    uint32_t slot = find_slot(handles, handle);
    return slot < DXGK_HANDLES ? handles->slots[slot].adapter : NULL;
}
