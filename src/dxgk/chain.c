/* The members of a chain: they join, leave and move. */
#include "dxgk/chain.h"

#include <assert.h>

#include "dxgk/adapter.h"
#include "dxgk/machine.h"

void dxgk_chain_init(struct dxgk_chain *chain, struct dxgk_adapter *only) {
    nt_lock_init(&chain->lock, "chain", NT_LOCK_CHAIN);
    chain->state = DXGK_CHAIN_STOPPED;
    chain->length = 1;
    chain->members[0] = only;
    only->chain = chain;
}

/* Each of its members is a chain of its own again. */
static void take_apart(struct dxgk_chain *chain) {
    for (uint32_t i = chain->length; i-- > 0;) /* the lead last: the list is in its own chain */
        dxgk_chain_init(&chain->members[i]->own_chain, chain->members[i]);
}

static bool is_named(const struct dxgk_adapter *adapter, ULONG uid) {
    return adapter->linked.NumberOfLinksInChain > 1 && adapter->linked.ChainUid == uid &&
           adapter->chain->state == DXGK_CHAIN_STOPPED;
}

static bool gathers(const struct dxgk_adapter *adapter, ULONG uid) {
    return is_named(adapter, uid) && !adapter->gone;
}

void dxgk_chain_gather(const struct dxgk_adapter *adapter) {
    struct dxgk_adapter *head = NULL;
    for (uint32_t i = 0; i < dxgk_machine.adapter_count; i++) {
        struct dxgk_adapter *member = dxgk_machine.present[i];
        if (!is_named(member, adapter->linked.ChainUid))
            continue;
        /* Also of one that is gone, and with members that do not say of themselves that they are linked. */
        take_apart(member->chain);
        if (member->gone)
            continue;
        if (!head || (member->linked.LeadLink && !head->linked.LeadLink))
            head = member;
    }
    for (uint32_t i = 0; head && i < dxgk_machine.adapter_count; i++) {
        struct dxgk_adapter *member = dxgk_machine.present[i];
        if (member != head && gathers(member, adapter->linked.ChainUid) &&
            head->own_chain.length < DXGK_CHAIN_MAX)
            dxgk_chain_append(&head->own_chain, member);
    }
}

void dxgk_chain_append(struct dxgk_chain *chain, struct dxgk_adapter *joiner) {
    assert(chain->length < DXGK_CHAIN_MAX && dxgk_adapter_leads(joiner) && joiner->own_chain.length == 1);
    joiner->own_chain.length = 0;
    chain->members[chain->length++] = joiner;
    joiner->chain = chain;
}

void dxgk_chain_leave(struct dxgk_adapter *adapter) {
    struct dxgk_chain *chain = adapter->chain;
    assert(chain->state == DXGK_CHAIN_STOPPED);
    if (dxgk_adapter_leads(adapter)) {
        for (uint32_t i = 1; i < chain->length; i++) {
            dxgk_chain_init(&chain->members[i]->own_chain, chain->members[i]);
            chain->members[i]->linked = (LINKED_DEVICE){.NumberOfLinksInChain = 1};
        }
    } else {
        for (uint32_t k = 0; k < chain->length; k++) /* as many links as are left */
            chain->members[k]->linked.NumberOfLinksInChain--;
        uint32_t i = 1;
        while (chain->members[i] != adapter)
            i++;
        chain->length--;
        for (; i < chain->length; i++)
            chain->members[i] = chain->members[i + 1];
    }
    dxgk_chain_init(&adapter->own_chain, adapter);
}

bool dxgk_chain_move(struct dxgk_chain *chain, enum dxgk_chain_state from, enum dxgk_chain_state to) {
    nt_lock_acquire(&dxgk_machine.adapters);
    nt_lock_acquire(&chain->lock);
    bool moves = chain->state == from;
    if (moves)
        chain->state = to;
    nt_lock_release(&chain->lock);
    nt_lock_release(&dxgk_machine.adapters);
    return moves;
}
