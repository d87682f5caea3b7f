/* What a GPU reaches, as the contract has it. */
#ifndef HARNESS_REACH_H
#define HARNESS_REACH_H

#include "harness/contract/model.h"

/* Whether the device can do DMA at all now. */
bool reach_can_dma(const struct model *model, uint8_t device);
/* Whether that is to physical memory: nothing translates its addresses. */
bool reach_is_physical(const struct model *model, uint8_t device);
/* What a device does that is there and is not started, nobody has said where there is no IOMMU. */
bool reach_is_open(const struct model *model, uint8_t device);
/* Whether a live pin, or a reserved range, of the chain has the device page. */
bool reach_in_chain(const struct model *model, uint8_t chain, uint64_t address);

#endif
