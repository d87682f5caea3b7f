/* Adapters come, are linked, lose power, and go. */
#include "dxgk/adapter.h"

#include "dxgk/machine.h"
#include "nt/pool.h"

/* The order of the others is kept: it is the order in which they are looked at. Who looks meanwhile, in a
 * race, misses none of them, and may meet one twice in a row. */
static void forget(const struct dxgk_adapter *adapter) {
    uint32_t i = 0;
    while (dxgk_machine.present[i] != adapter)
        i++;
    for (; i + 1 < dxgk_machine.adapter_count; i++)
        dxgk_machine.present[i] = dxgk_machine.present[i + 1];
    dxgk_machine.adapter_count--;
}

static NTSTATUS make(const struct dxgk_miniport *miniport, struct dxgk_adapter **adapter) {
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

/* A1, A2: what the driver's AddDevice and LinkDevice say of a device. */
static NTSTATUS introduce(struct dxgk_adapter *adapter) {
    const struct dxgk_miniport *miniport = &adapter->miniport;
    LINKED_DEVICE linked = {0};
    NTSTATUS status = miniport->add_device(miniport->context);
    if (NT_SUCCESS(status))
        status = miniport->link_device(miniport->context, &linked);
    nt_lock_acquire(&dxgk_machine.adapters);
    if (NT_SUCCESS(status)) {
        adapter->linked = linked;
        dxgk_chain_gather(adapter);
    } else {
        forget(adapter);
    }
    nt_lock_release(&dxgk_machine.adapters);
    return status;
}

NTSTATUS dxgk_adapter_add(const struct dxgk_miniport *miniport, struct dxgk_adapter **adapter) {
    struct dxgk_adapter *fresh;
    NTSTATUS status = make(miniport, &fresh);
    if (!NT_SUCCESS(status))
        return status;
    status = introduce(fresh);
    if (NT_SUCCESS(status))
        *adapter = fresh;
    else
        nt_pool_free(fresh, sizeof(*fresh));
    return status;
}

static bool may_lead(const struct dxgk_adapter *adapter) {
    return !adapter->gone && dxgk_adapter_leads(adapter) && adapter->chain->state == DXGK_CHAIN_STOPPED;
}

static bool may_link(const struct dxgk_adapter *lead, const struct dxgk_adapter *joiner) {
    return may_lead(lead) && may_lead(joiner) && joiner->chain->length == 1 &&
           lead->chain->length < DXGK_CHAIN_MAX;
}

NTSTATUS dxgk_adapter_link(struct dxgk_adapter *lead, struct dxgk_adapter *joiner) {
    LINKED_DEVICE linked[DXGK_CHAIN_MAX] = {{0}};
    if (lead == joiner)
        return STATUS_INVALID_PARAMETER;
    nt_lock_acquire(&dxgk_machine.adapters);
    bool fits = may_link(lead, joiner);
    nt_lock_release(&dxgk_machine.adapters);
    if (!fits)
        return STATUS_INVALID_DEVICE_STATE;
    /* The bus does one thing at a time: nothing changes while they are asked. */
    uint32_t length = lead->chain->length;
    for (uint32_t i = 0; i <= length; i++) {
        const struct dxgk_adapter *member = i < length ? lead->chain->members[i] : joiner;
        NTSTATUS status = member->miniport.link_device(member->miniport.context, &linked[i]);
        if (!NT_SUCCESS(status))
            return status;
    }
    nt_lock_acquire(&dxgk_machine.adapters);
    dxgk_chain_append(lead->chain, joiner);
    for (uint32_t i = 0; i <= length; i++)
        lead->chain->members[i]->linked = linked[i];
    nt_lock_release(&dxgk_machine.adapters);
    return STATUS_SUCCESS;
}

NTSTATUS dxgk_adapter_start(struct dxgk_adapter *adapter) {
    return dxgk_chain_start(adapter->chain);
}

NTSTATUS dxgk_adapter_stop(struct dxgk_adapter *adapter) {
    return dxgk_chain_stop(adapter->chain);
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
