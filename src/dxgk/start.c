/*
 * Starting a chain. In this order: the chain is whole (STATUS_INVALID_DEVICE_STATE, or what a
 * link_device returned); the members start, the lead last (LINK-ORDER); the lead is asked (query.c);
 * commit (STATUS_COMMITMENT_LIMIT); the domain (STATUS_INSUFFICIENT_RESOURCES); the sections
 * (STATUS_NO_MEMORY). Whatever fails, all before it is undone and the chain can be started again
 * (INIT-ROLLBACK).
 */
#include "dxgk/adapter.h"
#include "dxgk/interface.h"
#include "dxgk/machine.h"
#include "nt/fault.h"
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
    LINKED_DEVICE linked[DXGK_CHAIN_MAX] = {{0}};
    if (chain->length == 1)
        return STATUS_SUCCESS;
    for (uint32_t i = 1; i <= chain->length; i++) {
        uint32_t index = i % chain->length; /* the lead, 0, last */
        const struct dxgk_miniport *miniport = &chain->members[index]->miniport;
        NTSTATUS status = miniport->link_device(miniport->context, &linked[index]);
        if (!NT_SUCCESS(status))
            return status;
    }
    for (uint32_t i = 0; i < chain->length; i++)
        if (linked[i].ChainUid != linked[0].ChainUid || linked[i].NumberOfLinksInChain != chain->length ||
            !linked[i].LeadLink != (i != 0))
            return STATUS_INVALID_DEVICE_STATE;
    return STATUS_SUCCESS;
}

static NTSTATUS start_member(struct dxgk_chain *chain, struct dxgk_adapter *member) {
    nt_lock_acquire(&dxgk_machine.adapters);
    member->handle = dxgk_handle_issue(&dxgk_machine.handles, member);
    nt_lock_release(&dxgk_machine.adapters);
    dxgk_interface_build(&member->interface, chain->members[0]->miniport.version, member->handle);
    NTSTATUS status = member->miniport.start_device(member->miniport.context, &member->interface);
    if (!NT_SUCCESS(status))
        dxgk_member_kill_handle(member);
    return status;
}

/* The members in the order of starting: 1, 2, … length - 1, and the lead. *started counts them. */
static NTSTATUS start_members(struct dxgk_chain *chain, uint32_t *started) {
    for (*started = 0; *started < chain->length; ++*started) {
        NTSTATUS status = start_member(chain, chain->members[(*started + 1) % chain->length]);
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

/* INIT-DOMAIN: one domain, every member attached. */
static NTSTATUS attach(struct dxgk_chain *chain, const struct dxgk_plan *plan) {
    if (plan->mode == DXGK_MODE_NONE)
        return STATUS_SUCCESS;
    dxgk_domain_create(&chain->domain, plan->mode, plan->highest_visible);
    for (uint32_t i = 0; i < chain->length; i++) {
        if (nt_fault(NT_FAULT_ATTACH))
            return STATUS_INSUFFICIENT_RESOURCES;
        chain->members[i]->attached = &chain->domain;
    }
    return STATUS_SUCCESS;
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
        chain->members[i]->area.section = nt_section_create(plan->pages[i]);
        if (!chain->members[i]->area.section)
            return STATUS_NO_MEMORY;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS acquire(struct dxgk_chain *chain, const struct dxgk_plan *plan) {
    nt_lock_acquire(&dxgk_machine.adapters);
    nt_lock_acquire(&chain->lock);
    NTSTATUS status = STATUS_COMMITMENT_LIMIT;
    if (charge(chain, plan)) {
        status = attach(chain, plan);
        if (NT_SUCCESS(status))
            status = create_sections(chain, plan);
        if (!NT_SUCCESS(status))
            dxgk_chain_release(chain);
    }
    nt_lock_release(&chain->lock);
    nt_lock_release(&dxgk_machine.adapters);
    return status;
}

NTSTATUS dxgk_chain_start(struct dxgk_chain *chain) {
    if (!begin(chain))
        return STATUS_INVALID_DEVICE_STATE;
    struct dxgk_plan plan;
    uint32_t started = 0;
    NTSTATUS status = check_links(chain);
    if (NT_SUCCESS(status))
        status = start_members(chain, &started);
    if (NT_SUCCESS(status))
        status = dxgk_chain_query(chain, &plan);
    if (NT_SUCCESS(status))
        status = acquire(chain, &plan);
    if (!NT_SUCCESS(status))
        stop_members(chain, started);
    dxgk_chain_move(chain, DXGK_CHAIN_STARTING, NT_SUCCESS(status) ? DXGK_CHAIN_STARTED : DXGK_CHAIN_STOPPED);
    return status;
}
