/* Logical adapters: chains of physical ones. */
#ifndef DXGK_CHAIN_H
#define DXGK_CHAIN_H

#include "dxgk/domain.h"
#include "dxgk/dxgk.h"
#include "nt/lock.h"

enum dxgk_chain_state {
    DXGK_CHAIN_STOPPED,
    DXGK_CHAIN_STARTING, /* every callback fails (ANY-STATE) */
    DXGK_CHAIN_STARTED,
    DXGK_CHAIN_STOPPING /* releases work until the lead's handle is dead */
};

/* Every adapter has one of these; that of the lead is in use. */
struct dxgk_chain {
    struct nt_lock lock;
    enum dxgk_chain_state state;
    uint32_t length;
    struct dxgk_adapter *members[DXGK_CHAIN_MAX]; /* by PhysicalAdapterIndex; the lead is 0 */
    struct dxgk_domain domain;
    uint64_t commit_pages; /* charged for the areas */
};

/* A stopped chain of this one adapter. */
void dxgk_chain_init(struct dxgk_chain *chain, struct dxgk_adapter *only);
/* Both are stopped; under the adapters' lock. */
void dxgk_chain_append(struct dxgk_chain *chain, struct dxgk_adapter *joiner);
/* The adapter leaves its stopped chain, which dissolves when it leads it; under the adapters' lock. */
void dxgk_chain_leave(struct dxgk_adapter *adapter);
/* From one state to another, or false when it is not in `from`. */
bool dxgk_chain_move(struct dxgk_chain *chain, enum dxgk_chain_state from, enum dxgk_chain_state to);

NTSTATUS dxgk_chain_start(struct dxgk_chain *chain);
NTSTATUS dxgk_chain_stop(struct dxgk_chain *chain);
/* Takes back all that a start gave, without calling anybody, from whatever state it is in. */
void dxgk_chain_power_off(struct dxgk_chain *chain);

/* ---- between start.c, query.c and stop.c ---- */

/* What the miniports answered. */
struct dxgk_plan {
    enum dxgk_mode mode;
    uint64_t highest_visible;
    uint64_t pages[DXGK_CHAIN_MAX]; /* of each index's section */
};

/* Asks the lead and checks its answers in the contract's order: caps, STATUS_NOT_SUPPORTED for
 * isolation that cannot be had or memory that cannot be seen, sizes, STATUS_INVALID_PARAMETER for
 * their alignment. A query's own failure is returned as it is. */
NTSTATUS dxgk_chain_query(const struct dxgk_chain *chain, struct dxgk_plan *plan);

/* Takes the areas' pins and views back; returns how many there were. */
uint32_t dxgk_chain_reclaim(struct dxgk_chain *chain);
/* Sections, commit, attachments, domain: whatever of them there is. Nothing is pinned or mapped. */
void dxgk_chain_release(struct dxgk_chain *chain);
/* Calls stop_device, unless the device is gone, and lets the handle die. */
void dxgk_member_stop(struct dxgk_adapter *member);
void dxgk_member_kill_handle(struct dxgk_adapter *member);

#endif
