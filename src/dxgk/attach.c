/* Attaching a chain to its domain: before it starts, after, or for a secure VM. */
#include "dxgk/adapter.h"
#include "dxgk/machine.h"
#include "nt/fault.h"

NTSTATUS dxgk_attach(struct dxgk_chain *chain) {
    nt_lock_acquire(&dxgk_machine.adapters);
    nt_lock_acquire(&chain->lock);
    uint32_t attached = 0;
    for (; attached < chain->length && !nt_fault(NT_FAULT_ATTACH); attached++)
        chain->members[attached]->attached = &chain->domain;
    bool all = attached == chain->length; /* ATTACH-ALL */
    while (!all && attached > 0)
        chain->members[--attached]->attached = NULL;
    nt_lock_release(&chain->lock);
    nt_lock_release(&dxgk_machine.adapters);
    return all ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* ATTACH-PAIR: of the first `begun` members, the last first. What an End returns changes nothing. */
static void end(const struct dxgk_chain *chain, uint32_t begun) {
    while (begun > 0) {
        const struct dxgk_miniport *miniport = &chain->members[--begun]->miniport;
        DXGKARG_ENDEXCLUSIVEACCESS argument = {0};
        (void)miniport->end_exclusive(miniport->context, &argument);
    }
}

NTSTATUS dxgk_attach_exclusively(struct dxgk_chain *chain) {
    NTSTATUS status = STATUS_SUCCESS;
    uint32_t begun = 0;
    while (begun < chain->length) {
        const struct dxgk_miniport *miniport = &chain->members[begun]->miniport;
        DXGKARG_BEGINEXCLUSIVEACCESS argument = {0};
        status = miniport->begin_exclusive(miniport->context, &argument);
        if (!NT_SUCCESS(status))
            break; /* ATTACH-BEGINFAIL */
        begun++;
    }
    if (NT_SUCCESS(status))
        status = dxgk_attach(chain);
    end(chain, begun);
    return status;
}

NTSTATUS dxgk_adapter_secure_vm(struct dxgk_adapter *adapter) {
    struct dxgk_chain *chain = adapter->chain;
    nt_lock_acquire(&dxgk_machine.adapters);
    nt_lock_acquire(&chain->lock);
    bool started = chain->state == DXGK_CHAIN_STARTED;
    for (uint32_t i = 0; i < chain->length; i++)
        started = started && !chain->members[i]->gone;
    bool isolates = chain->supported && chain->domain.mode != DXGK_MODE_NONE;
    bool attached = chain->members[0]->attached != NULL; /* ATTACH-ONCE */
    nt_lock_release(&chain->lock);
    nt_lock_release(&dxgk_machine.adapters);
    if (!started)
        return STATUS_INVALID_DEVICE_STATE;
    if (!isolates)
        return STATUS_NOT_SUPPORTED;
    return attached ? STATUS_SUCCESS : dxgk_attach_exclusively(chain);
}
