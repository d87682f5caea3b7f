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
    struct dxgk_adapter *members[DXGK_CHAIN_MAX];  /* the lead, then the others as they came */
    struct dxgk_adapter *by_index[DXGK_CHAIN_MAX]; /* by PhysicalAdapterIndex, once started (LINK-INDEX) */
    struct dxgk_domain domain;
    bool supported;        /* its driver reports isolation */
    uint64_t commit_pages; /* charged for the areas */
};

/* A stopped chain of this one adapter. */
void dxgk_chain_init(struct dxgk_chain *chain, struct dxgk_adapter *only);
/* Both are stopped; under the adapters' lock. */
void dxgk_chain_append(struct dxgk_chain *chain, struct dxgk_adapter *joiner);
/* The stopped adapters that name this one's ChainUid become one chain, the lead at its head, as far as it
 * has room; under the adapters' lock. */
void dxgk_chain_gather(const struct dxgk_adapter *adapter);
/* The adapter leaves its stopped chain, which dissolves when it leads it; under the adapters' lock. */
void dxgk_chain_leave(struct dxgk_adapter *adapter);
/* From one state to another, or false when it is not in `from`. */
bool dxgk_chain_move(struct dxgk_chain *chain, enum dxgk_chain_state from, enum dxgk_chain_state to);

NTSTATUS dxgk_chain_start(struct dxgk_chain *chain);
NTSTATUS dxgk_chain_stop(struct dxgk_chain *chain);
/* Takes back all that a start gave, without calling anybody, from whatever state it is in. */
void dxgk_chain_power_off(struct dxgk_chain *chain);

/* ---- between start.c, query.c, reserve.c, attach.c and stop.c ---- */

/* What the miniports answered, and what follows. */
struct dxgk_plan {
    ULONG version;  /* of the lead's driver or of Dxgkrnl, whichever is older */
    bool supported; /* isolation; so there are save areas */
    bool required;
    enum dxgk_mode mode;
    uint64_t highest_visible;
    uint64_t pages[DXGK_CHAIN_MAX]; /* of each index's section */
};

/* Asks the lead for its caps, as its version has them. Statuses, in this order: a query's own failure,
 * STATUS_INVALID_PARAMETER where answers disagree (INIT-MATCH), STATUS_NOT_SUPPORTED for isolation that
 * cannot be had or memory that cannot be seen. */
NTSTATUS dxgk_query_caps(struct dxgk_chain *chain, struct dxgk_plan *plan);
/* Asks the lead which device each index means, and how much it may save. Statuses: a query's own failure,
 * STATUS_INVALID_PARAMETER for a handle that is no member's of its own, or a size that is not of pages. */
NTSTATUS dxgk_query_areas(struct dxgk_chain *chain, struct dxgk_plan *plan);
/* Asks for reserved ranges and maps them in the chain's domain. STATUS_INVALID_PARAMETER for ranges that
 * touch memory of the OS or one another, are odd, or change (RESV-OVERLAP, RESV-EXACT, RESV-PAIR), or a
 * shortage. A miniport that does not answer has none. */
NTSTATUS dxgk_reserve(struct dxgk_chain *chain);

/* Attaches every member to the chain's domain, or none: STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS dxgk_attach(struct dxgk_chain *chain);
/* The same between BeginExclusiveAccess and EndExclusiveAccess of every member (ATTACH-PAIR). Also what a
 * Begin returned that failed. */
NTSTATUS dxgk_attach_exclusively(struct dxgk_chain *chain);

/* Takes the areas' pins and views back; returns how many there were. */
uint32_t dxgk_chain_reclaim(struct dxgk_chain *chain);
/* Sections, commit, attachments, domain: whatever of them there is. Nothing is pinned or mapped. */
void dxgk_chain_release(struct dxgk_chain *chain);
/* Calls stop_device and lets the handle die. */
void dxgk_member_stop(struct dxgk_adapter *member);
void dxgk_member_kill_handle(struct dxgk_adapter *member);

#endif
