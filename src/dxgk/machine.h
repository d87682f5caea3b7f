/* What all of Dxgkrnl shares: one machine, as there is one kernel. */
#ifndef DXGK_MACHINE_H
#define DXGK_MACHINE_H

#include "dxgk/dxgk.h"
#include "dxgk/handle.h"
#include "nt/irql.h"
#include "nt/lock.h"

/*
 * Locks, in the order in which they are taken; none is held while a miniport runs.
 *   adapters  which adapters there are, how they are linked, which handles live, what state devices
 *             and domains are in
 *   chain     (one each, chain.h) the chain's state, its domain, its areas with their pins and views
 * Sections, frames, commit and pool have locks of their own, behind these.
 * A callback takes its chain's lock before it lets go of `adapters`. Whoever changes a chain's state
 * takes both, so that a call either has the chain until it is done, or finds the new state
 * (RACE-STOP); the chain cannot go away in between.
 */
struct dxgk_machine {
    struct nt_lock adapters;
    ULONG version;
    bool iommu;
    bool remap_always;
    uint32_t iommu_flags;
    uint64_t highest_address; /* last byte of the highest installed frame */
    struct dxgk_adapter *present[DXGK_ADAPTERS_MAX];
    uint32_t adapter_count;
    struct dxgk_handles handles;
    uint64_t domains; /* created since boot */
    uint32_t leaks;
    /* One counter for each actor: no lock may be taken at the level that these calls come from. */
    uint32_t breaches[NT_ACTORS];
    dxgk_breach_hook *breach_hook;
    void *breach_context;
};

extern struct dxgk_machine dxgk_machine;

/* Stops the system: does not return. No lock is held. */
_Noreturn void dxgk_bug_check(ULONG code);

#endif
