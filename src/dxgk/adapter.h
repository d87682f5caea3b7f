/* Physical adapters. */
#ifndef DXGK_ADAPTER_H
#define DXGK_ADAPTER_H

#include "dxgk/chain.h"
#include "dxgk/pin.h"

struct dxgk_adapter {
    struct dxgk_miniport miniport;
    struct dxgk_chain *chain;     /* the lead's own_chain */
    struct dxgk_chain own_chain;  /* so that leaving a chain needs no memory (ANY-RELEASE) */
    struct dxgk_domain *attached; /* NULL: to none */
    LINKED_DEVICE linked;         /* what its driver says of its chain */
    bool d0;
    bool in_reset;
    bool gone;     /* surprise-removed */
    HANDLE handle; /* NULL when the adapter is not started */
    struct dxgk_area area;
    DXGKRNL_INTERFACE interface; /* valid from start_device until stop_device has returned */
};

static inline bool dxgk_adapter_leads(const struct dxgk_adapter *adapter) {
    return adapter->chain == &adapter->own_chain;
}

#endif
