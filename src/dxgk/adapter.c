#include "dxgk/adapter.h"

#include "dxgk/machine.h"
#include "nt/pool.h"

NTSTATUS dxgk_adapter_add(const struct dxgk_miniport *miniport, struct dxgk_adapter **adapter) {
    nt_lock_acquire(&dxgk_machine.adapters);
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
    if (dxgk_machine.adapter_count < DXGK_ADAPTERS_MAX) {
        struct dxgk_adapter *fresh = nt_pool_alloc(sizeof(*fresh));
        status = fresh ? STATUS_SUCCESS : STATUS_NO_MEMORY;
        if (fresh) {
            fresh->miniport = *miniport;
            fresh->d0 = true;
            dxgk_chain_init(&fresh->own_chain, fresh);
            dxgk_machine.present[dxgk_machine.adapter_count++] = fresh;
            *adapter = fresh;
        }
    }
    nt_lock_release(&dxgk_machine.adapters);
    return status;
}

static bool may_lead(const struct dxgk_adapter *adapter) {
    return !adapter->gone && dxgk_adapter_leads(adapter) && adapter->chain->state == DXGK_CHAIN_STOPPED;
}

NTSTATUS dxgk_adapter_link(struct dxgk_adapter *lead, struct dxgk_adapter *joiner) {
    if (lead == joiner)
        return STATUS_INVALID_PARAMETER;
    nt_lock_acquire(&dxgk_machine.adapters);
    bool fits = may_lead(lead) && may_lead(joiner) && joiner->chain->length == 1 &&
                lead->chain->length < DXGK_CHAIN_MAX;
    if (fits)
        dxgk_chain_append(lead->chain, joiner);
    nt_lock_release(&dxgk_machine.adapters);
    return fits ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_STATE;
}

NTSTATUS dxgk_adapter_start(struct dxgk_adapter *adapter) {
    return dxgk_chain_start(adapter->chain);
}

NTSTATUS dxgk_adapter_stop(struct dxgk_adapter *adapter) {
    return dxgk_chain_stop(adapter->chain);
}

/* The order of the others is kept: it is the order in which they are looked at. */
static void forget(const struct dxgk_adapter *adapter) {
    uint32_t i = 0;
    while (dxgk_machine.present[i] != adapter)
        i++;
    dxgk_machine.adapter_count--;
    for (; i < dxgk_machine.adapter_count; i++)
        dxgk_machine.present[i] = dxgk_machine.present[i + 1];
}

NTSTATUS dxgk_adapter_remove(struct dxgk_adapter *adapter) {
    (void)dxgk_chain_stop(adapter->chain); /* a stopped one answers that it is */
    nt_lock_acquire(&dxgk_machine.adapters);
    bool stopped = adapter->chain->state == DXGK_CHAIN_STOPPED;
    if (stopped) {
        dxgk_chain_leave(adapter);
        forget(adapter);
        nt_pool_free(adapter, sizeof(*adapter));
    }
    nt_lock_release(&dxgk_machine.adapters);
    return stopped ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_STATE;
}

NTSTATUS dxgk_adapter_surprise_remove(struct dxgk_adapter *adapter) {
    nt_lock_acquire(&dxgk_machine.adapters);
    bool was_there = !adapter->gone;
    adapter->gone = true;
    nt_lock_release(&dxgk_machine.adapters);
    return was_there ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_STATE;
}

NTSTATUS dxgk_adapter_power(struct dxgk_adapter *adapter, bool d0) {
    nt_lock_acquire(&dxgk_machine.adapters);
    adapter->d0 = d0;
    nt_lock_release(&dxgk_machine.adapters);
    return STATUS_SUCCESS;
}

NTSTATUS dxgk_adapter_reset(struct dxgk_adapter *adapter, bool begin) {
    nt_lock_acquire(&dxgk_machine.adapters);
    bool turn = adapter->in_reset != begin;
    adapter->in_reset = begin;
    nt_lock_release(&dxgk_machine.adapters);
    return turn ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_STATE;
}
