/*
 * Starting a chain. In this order: the chain is whole (STATUS_INVALID_DEVICE_STATE); from WDDM 2.9 on the
 * lead's caps (query.c), the domain with its reserved ranges (reserve.c), the attach; the members start, the
 * lead last (LINK-ORDER); below 2.9 the lead's caps and the domain now; the areas (query.c); commit
 * (STATUS_COMMITMENT_LIMIT); the sections (STATUS_NO_MEMORY); below 2.9 the attach, where the machine
 * forces it. Whatever fails, all before it is undone and the chain can be started again (INIT-ROLLBACK).
 */
#include "dxgk/adapter.h"
#include "dxgk/interface.h"
#include "dxgk/machine.h"
#include "nt/phys.h"
#include "nt/section.h"

/* A member that has left the bus cannot be started. */
static bool all_present(const struct dxgk_chain *chain) {
    for (uint32_t i = 0; i < chain->length; i++)
        if (chain->members[i]->gone)
            return false;
    return true;
}

static bool begin(struct dxgk_chain *chain) {
    nt_lock_acquire(&dxgk_machine.adapters);
    nt_lock_acquire(&chain->lock);
    bool begins = chain->state == DXGK_CHAIN_STOPPED && all_present(chain);
    if (begins)
        chain->state = DXGK_CHAIN_STARTING;
    nt_lock_release(&chain->lock);
    nt_lock_release(&dxgk_machine.adapters);
    return begins;
}

/* LINK-ONE-LEAD: the members agree on a chain of this length, and the lead alone calls itself so. */
static NTSTATUS check_links(const struct dxgk_chain *chain) {
    for (uint32_t i = 0; i < chain->length; i++) {
        const LINKED_DEVICE *linked = &chain->members[i]->linked;
        if (linked->NumberOfLinksInChain != chain->length)
            return STATUS_INVALID_DEVICE_STATE;
        if (chain->length > 1 &&
            (linked->ChainUid != chain->members[0]->linked.ChainUid || !linked->LeadLink != (i != 0)))
            return STATUS_INVALID_DEVICE_STATE;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS start_member(struct dxgk_adapter *member, ULONG version) {
    nt_lock_acquire(&dxgk_machine.adapters);
    member->handle = dxgk_handle_issue(&dxgk_machine.handles, member);
    nt_lock_release(&dxgk_machine.adapters);
    dxgk_interface_build(&member->interface, version, member->handle);
    NTSTATUS status = member->miniport.start_device(member->miniport.context, &member->interface);
    if (!NT_SUCCESS(status))
        dxgk_member_kill_handle(member);
    return status;
}

/* The members in the order of starting: 1, 2, … length - 1, and the lead. *started counts them. */
static NTSTATUS start_members(struct dxgk_chain *chain, ULONG version, uint32_t *started) {
    for (*started = 0; *started < chain->length; ++*started) {
        NTSTATUS status = start_member(chain->members[(*started + 1) % chain->length], version);
        if (!NT_SUCCESS(status))
            return status;
    }
    return STATUS_SUCCESS;
}

/* The last to start is the first to stop: a lead that has started is the last of all. */
static void stop_members(struct dxgk_chain *chain, uint32_t started) {
    for (; started > 0; started--)
        dxgk_member_stop(chain->members[started % chain->length]);
}

/* INIT-DOMAIN: one domain, with the reserved ranges in it before anything is attached (RESV-BEFORE). */
static NTSTATUS make_domain(struct dxgk_chain *chain, const struct dxgk_plan *plan) {
    if (plan->mode == DXGK_MODE_NONE)
        return STATUS_SUCCESS;
    nt_lock_acquire(&dxgk_machine.adapters);
    nt_lock_acquire(&chain->lock);
    dxgk_domain_create(&chain->domain, plan->mode, plan->highest_visible);
    nt_lock_release(&chain->lock);
    nt_lock_release(&dxgk_machine.adapters);
    return dxgk_reserve(chain);
}

/* INIT-COMMIT: one charge for all. A size is below 2^52 pages and there are eight: no sum wraps. */
static bool charge(struct dxgk_chain *chain, const struct dxgk_plan *plan) {
    uint64_t pages = 0;
    for (uint32_t i = 0; i < chain->length; i++)
        pages += plan->pages[i];
    if (pages > 0 && !nt_commit_charge(pages))
        return false;
    chain->commit_pages = pages;
    return true;
}

/* INIT-SECTION. */
static NTSTATUS create_sections(struct dxgk_chain *chain, const struct dxgk_plan *plan) {
    for (uint32_t i = 0; i < chain->length; i++) {
        if (plan->pages[i] == 0)
            continue;
        chain->by_index[i]->area.section = nt_section_create(plan->pages[i]);
        if (!chain->by_index[i]->area.section)
            return STATUS_NO_MEMORY;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS make_areas(struct dxgk_chain *chain, struct dxgk_plan *plan) {
    NTSTATUS status = dxgk_query_areas(chain, plan);
    if (!NT_SUCCESS(status))
        return status;
    nt_lock_acquire(&dxgk_machine.adapters);
    nt_lock_acquire(&chain->lock);
    chain->supported = plan->supported;
    status = charge(chain, plan) ? create_sections(chain, plan) : STATUS_COMMITMENT_LIMIT;
    nt_lock_release(&chain->lock);
    nt_lock_release(&dxgk_machine.adapters);
    return status;
}

/* What is asked and made before the first StartDevice, from WDDM 2.9 on (INIT-CAPS, ATTACH-BEFORE). */
static NTSTATUS prepare(struct dxgk_chain *chain, struct dxgk_plan *plan) {
    NTSTATUS status = dxgk_query_caps(chain, plan);
    if (NT_SUCCESS(status))
        status = make_domain(chain, plan);
    if (NT_SUCCESS(status) && plan->mode != DXGK_MODE_NONE)
        status = dxgk_attach(chain);
    return status;
}

/* Below WDDM 2.9 the machine's setting forces the attach (ATTACH-LATER), or the driver demands it. */
static NTSTATUS attach_late(struct dxgk_chain *chain, const struct dxgk_plan *plan) {
    const uint32_t forced = DXGK_IOMMU_ENABLED | DXGK_IOMMU_MAPPINGS | DXGK_IOMMU_ATTACH;
    bool forces = (dxgk_machine.iommu_flags & forced) == forced;
    if (plan->mode == DXGK_MODE_NONE || !(forces || plan->required))
        return STATUS_SUCCESS;
    NTSTATUS status = dxgk_attach_exclusively(chain);
    bool let_go = !plan->required && (dxgk_machine.iommu_flags & DXGK_IOMMU_ALLOW_FAILURE);
    return let_go ? STATUS_SUCCESS : status; /* ATTACH-FAIL */
}

static NTSTATUS start_all(struct dxgk_chain *chain, struct dxgk_plan *plan, uint32_t *started) {
    bool early = plan->version >= DXGKDDI_INTERFACE_VERSION_WDDM2_9;
    NTSTATUS status = check_links(chain);
    if (NT_SUCCESS(status) && early)
        status = prepare(chain, plan);
    if (NT_SUCCESS(status))
        status = start_members(chain, plan->version, started);
    if (NT_SUCCESS(status) && !early) {
        status = dxgk_query_caps(chain, plan);
        if (NT_SUCCESS(status))
            status = make_domain(chain, plan);
    }
    if (NT_SUCCESS(status))
        status = make_areas(chain, plan);
    if (NT_SUCCESS(status) && !early)
        status = attach_late(chain, plan);
    return status;
}

static void undo(struct dxgk_chain *chain, uint32_t started) {
    stop_members(chain, started);
    nt_lock_acquire(&dxgk_machine.adapters);
    nt_lock_acquire(&chain->lock);
    dxgk_chain_release(chain);
    nt_lock_release(&chain->lock);
    nt_lock_release(&dxgk_machine.adapters);
}

NTSTATUS dxgk_chain_start(struct dxgk_chain *chain) {
    if (!begin(chain))
        return STATUS_INVALID_DEVICE_STATE;
    ULONG version = chain->members[0]->miniport.version;
    struct dxgk_plan plan = {.version = version < dxgk_machine.version ? version : dxgk_machine.version};
    uint32_t started = 0;
    NTSTATUS status = start_all(chain, &plan, &started);
    if (!NT_SUCCESS(status))
        undo(chain, started);
    dxgk_chain_move(chain, DXGK_CHAIN_STARTING, NT_SUCCESS(status) ? DXGK_CHAIN_STARTED : DXGK_CHAIN_STOPPED);
    return status;
}
