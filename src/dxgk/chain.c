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
        for (uint32_t i = 1; i < chain->length; i++)
            dxgk_chain_init(&chain->members[i]->own_chain, chain->members[i]);
    } else {
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
