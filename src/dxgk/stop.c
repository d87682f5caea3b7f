/* Stopping a chain, and taking back what is out (STOP-RECLAIM). */
#include "dxgk/adapter.h"
#include "dxgk/machine.h"
#include "nt/phys.h"
#include "nt/section.h"

void dxgk_member_kill_handle(struct dxgk_adapter *member) {
    nt_lock_acquire(&dxgk_machine.adapters);
    dxgk_handle_kill(&dxgk_machine.handles, member->handle);
    member->handle = NULL;
    nt_lock_release(&dxgk_machine.adapters);
}

void dxgk_member_stop(struct dxgk_adapter *member) {
    /* Of a device that is gone, too: its driver still cleans up (STOP-RECLAIM). */
    member->miniport.stop_device(member->miniport.context);
    dxgk_member_kill_handle(member);
}

uint32_t dxgk_chain_reclaim(struct dxgk_chain *chain) {
    uint32_t leaks = 0;
    for (uint32_t i = 0; i < chain->length; i++) {
        struct dxgk_area *area = &chain->members[i]->area;
        if (!area->section)
            continue;
        if (NT_SUCCESS(dxgk_unpin(chain, area)))
            leaks++;
        leaks += nt_section_unmap_all(area->section);
    }
    return leaks;
}

void dxgk_chain_release(struct dxgk_chain *chain) {
    for (uint32_t i = 0; i < chain->length; i++) {
        struct dxgk_adapter *member = chain->members[i];
        if (member->area.section)
            nt_section_destroy(member->area.section);
        member->area.section = NULL;
        member->attached = NULL;
        chain->by_index[i] = NULL;
    }
    if (chain->domain.mode != DXGK_MODE_NONE)
        dxgk_domain_destroy(&chain->domain);
    if (chain->commit_pages > 0)
        nt_commit_return(chain->commit_pages);
    chain->commit_pages = 0;
    chain->supported = false;
}

/* The lead's handle is dead, so no new call can get at the chain; its lock waits for one that has. */
static void take_back(struct dxgk_chain *chain) {
    nt_lock_acquire(&dxgk_machine.adapters);
    nt_lock_acquire(&chain->lock);
    dxgk_machine.leaks += dxgk_chain_reclaim(chain);
    dxgk_chain_release(chain);
    nt_lock_release(&chain->lock);
    nt_lock_release(&dxgk_machine.adapters);
}

NTSTATUS dxgk_chain_stop(struct dxgk_chain *chain) {
    if (!dxgk_chain_move(chain, DXGK_CHAIN_STARTED, DXGK_CHAIN_STOPPING))
        return STATUS_INVALID_DEVICE_STATE;
    dxgk_member_stop(chain->members[0]); /* LINK-ORDER: the lead first */
    take_back(chain);
    for (uint32_t i = chain->length - 1; i > 0; i--)
        dxgk_member_stop(chain->members[i]);
    dxgk_chain_move(chain, DXGK_CHAIN_STOPPING, DXGK_CHAIN_STOPPED);
    return STATUS_SUCCESS;
}

void dxgk_chain_power_off(struct dxgk_chain *chain) {
    for (uint32_t i = 0; i < chain->length; i++)
        if (chain->members[i]->handle)
            dxgk_member_kill_handle(chain->members[i]);
    take_back(chain);
    chain->state = DXGK_CHAIN_STOPPED;
}
