/*
 * The way in: checks that the five share, in the contract's order, and the chain's lock. What a
 * caller's structure says is read once (RACE-ONCE), and its out members are written on success only
 * (ANY-ROLLBACK).
 */
#include "dxgk/callbacks.h"

#include "dxgk/adapter.h"
#include "dxgk/machine.h"

enum kind {
    TAKES,   /* new pins and maps */
    RELEASES /* works from inside the lead's stop, too (ANY-STATE) */
};

/* ANY-IRQL: at that level no lock may be taken and nothing pageable touched. */
static NTSTATUS breach(KIRQL irql) {
    if (irql >= DISPATCH_LEVEL && dxgk_machine.version >= DXGKDDI_INTERFACE_VERSION_WDDM3_2)
        dxgk_bug_check(DXGK_BUG_CHECK_IRQL);
    dxgk_machine.breaches[nt_actor()]++;
    if (dxgk_machine.breach_hook)
        dxgk_machine.breach_hook(dxgk_machine.breach_context, irql);
    return STATUS_INVALID_LEVEL;
}

/* On success *chain is the handle's, and its lock is held. */
static NTSTATUS enter(HANDLE handle, const void *argument, enum kind kind, struct dxgk_chain **chain) {
    KIRQL irql = nt_irql();
    if (irql > PASSIVE_LEVEL)
        return breach(irql);
    if (!argument)
        return STATUS_INVALID_PARAMETER;

    nt_lock_acquire(&dxgk_machine.adapters);
    struct dxgk_adapter *adapter = dxgk_handle_find(&dxgk_machine.handles, handle);
    if (!adapter || !dxgk_adapter_leads(adapter)) {
        nt_lock_release(&dxgk_machine.adapters);
        return STATUS_INVALID_HANDLE;
    }
    *chain = adapter->chain;
    nt_lock_acquire(&(*chain)->lock);
    nt_lock_release(&dxgk_machine.adapters);

    enum dxgk_chain_state state = (*chain)->state;
    if (state == DXGK_CHAIN_STARTED || (kind == RELEASES && state == DXGK_CHAIN_STOPPING))
        return STATUS_SUCCESS;
    nt_lock_release(&(*chain)->lock);
    return STATUS_INVALID_DEVICE_STATE;
}

static NTSTATUS leave(struct dxgk_chain *chain, NTSTATUS status) {
    nt_lock_release(&chain->lock);
    return status;
}

/* ANY-INDEX. */
static struct dxgk_area *area_of(const struct dxgk_chain *chain, UINT index) {
    struct dxgk_adapter *meant = index < chain->length ? chain->by_index[index] : NULL;
    return meant ? &meant->area : NULL;
}

NTSTATUS dxgk_cb_pin2(HANDLE hAdapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *pPin) {
    struct dxgk_chain *chain;
    NTSTATUS status = enter(hAdapter, pPin, TAKES, &chain);
    if (!NT_SUCCESS(status))
        return status;
    struct dxgk_area *area = area_of(chain, pPin->PhysicalAdapterIndex);
    UINT flags = pPin->Flags.Value;
    DXGK_ADL *adl;
    if (!area || flags > 1) /* PIN-RESERVED: bits 1 to 31 */
        return leave(chain, STATUS_INVALID_PARAMETER);
    status = dxgk_pin_adl(chain, area, pPin->CommitSize, flags == 1, &adl);
    if (NT_SUCCESS(status))
        pPin->pAdl = adl;
    return leave(chain, status);
}

NTSTATUS dxgk_cb_pin(HANDLE hAdapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE *pPin) {
    struct dxgk_chain *chain;
    NTSTATUS status = enter(hAdapter, pPin, TAKES, &chain);
    if (!NT_SUCCESS(status))
        return status;
    struct dxgk_area *area = area_of(chain, pPin->PhysicalAdapterIndex);
    PMDL mdl;
    if (!area)
        return leave(chain, STATUS_INVALID_PARAMETER);
    status = dxgk_pin_mdl(chain, area, pPin->CommitSize, &mdl);
    if (NT_SUCCESS(status))
        pPin->pMdl = mdl;
    return leave(chain, status);
}

NTSTATUS dxgk_cb_unpin(HANDLE hAdapter, const DXGKARGCB_UNPINFRAMEBUFFERFORSAVE *pUnpin) {
    struct dxgk_chain *chain;
    NTSTATUS status = enter(hAdapter, pUnpin, RELEASES, &chain);
    if (!NT_SUCCESS(status))
        return status;
    struct dxgk_area *area = area_of(chain, pUnpin->PhysicalAdapterIndex);
    return leave(chain, area ? dxgk_unpin(chain, area) : STATUS_INVALID_PARAMETER);
}

NTSTATUS dxgk_cb_map(HANDLE hAdapter, DXGKARGCB_MAPFRAMEBUFFERPOINTER *pMap) {
    struct dxgk_chain *chain;
    NTSTATUS status = enter(hAdapter, pMap, TAKES, &chain);
    if (!NT_SUCCESS(status))
        return status;
    struct dxgk_area *area = area_of(chain, pMap->PhysicalAdapterIndex);
    void *base;
    uint64_t base_offset;
    if (!area)
        return leave(chain, STATUS_INVALID_PARAMETER);
    status = dxgk_map(area, pMap->Offset, pMap->Size, &base, &base_offset);
    if (NT_SUCCESS(status)) {
        pMap->pBaseAddress = base;
        pMap->Offset = base_offset;
    }
    return leave(chain, status);
}

NTSTATUS dxgk_cb_unmap(HANDLE hAdapter, const DXGKARGCB_UNMAPFRAMEBUFFERPOINTER *pUnmap) {
    struct dxgk_chain *chain;
    NTSTATUS status = enter(hAdapter, pUnmap, RELEASES, &chain);
    if (!NT_SUCCESS(status))
        return status;
    struct dxgk_area *area = area_of(chain, pUnmap->PhysicalAdapterIndex);
    return leave(chain, area ? dxgk_unmap(area, pUnmap->pBaseAddress) : STATUS_INVALID_PARAMETER);
}
