/* Whose clause a deviation breaks, when where it is noticed does not say. */
#ifndef HARNESS_BLAME_H
#define HARNESS_BLAME_H

#include "harness/contract/call.h"
#include "harness/contract/model.h"

/* A word at byte `at` of a section is `found`, and should not be: whose bytes are these? */
enum contract_clause blame_word(const struct model_area *area, uint64_t at, uint64_t found, bool by_view,
                                enum contract_clause otherwise);
/* The same, read by the device's DMA in page `page` of what is pinned. */
enum contract_clause blame_pinned(uint8_t device, const struct model_area *area, uint64_t page,
                                  uint64_t offset, uint64_t found, enum contract_clause otherwise);
/* A valid call was refused. */
enum contract_clause blame_refusal(const struct call *call, const struct model_answer *answer);
/* Whether a pin's addresses are the numbers of its frames, and not by chance. */
bool blame_lists_frames(const struct model_chain *chain, uint8_t index, const struct model_pin *pin);
/* Whether a pin of so many pages can show that memory is not remapped. */
bool blame_shows_frames(uint64_t pages);

#endif
