/*
 * Which situation is it? Told from the model, before what happens is done to it, and entered for whatever is
 * counted of a clause from then on (situation.h). The model, not the implementation, says what is the case,
 * so that an implementation that differs has seen the same situations.
 */
#ifndef HARNESS_SITUATE_H
#define HARNESS_SITUATE_H

#include "harness/contract/call.h"
#include "harness/contract/model.h"
#include "harness/contract/situation.h"

/* What fits into 32 bits, and what comes next. */
#define SITUATE_BYTES_32 (UINT64_C(1) << 32)
#define SITUATE_PAGES_32 (UINT64_C(1) << 32)
#define SITUATE_PAGES_4G (SITUATE_BYTES_32 / MODEL_PAGE)

/* How a chain's GPUs see memory. */
enum situate_way {
    WAY_NO_IOMMU,
    WAY_UNSUPPORTED, /* its driver cannot be isolated: physically, and it has no save areas */
    WAY_EARLY,       /* 1:1, attached before its start */
    WAY_WAITING,     /* 1:1, not attached yet */
    WAY_FORCED,      /* 1:1, attached shortly after its start */
    WAY_LATE,        /* 1:1, attached for a secure VM */
    WAY_REMAPPED,
    SITUATE_WAYS
};
/* As it starts, which is never `late`; and as it is. */
enum situate_way situate_way_of_start(const struct model *model, uint8_t chain);
enum situate_way situate_way(const struct model *model, uint8_t chain);

/* From inside which of a driver's entry points a call is made. */
enum situate_entry {
    SITUATE_OUTSIDE,
    SITUATE_START,
    SITUATE_QUERY,
    SITUATE_STOP
};

/* A callback that is about to be made, and what the model says of it. */
void situate_callback(const struct model *model, const struct call *call, const struct model_answer *answer,
                      enum situate_entry entry);
/* It has been made, or another operation has, and a fault was met; or one that releases did not meet it. */
void situate_fault(const struct model *model, const struct call *call);
/* What is said next is of the live pin of that index. */
void situate_pin(const struct model *model, uint8_t chain, uint8_t index);
/* The same of a pin that has just been made. */
void situate_new_pin(const struct model *model, const struct call *call, uint8_t chain, uint8_t index);
/* Of all pins of the chain. */
void situate_pins(const struct model *model, uint8_t chain);
/* What is said next is of a chain that starts, or has. */
void situate_start(const struct model *model, uint8_t chain);
/* An operation of the bus that has been performed, and of which the model has not been told yet. */
void situate_bus(const struct model *model, const struct call *call);
/* Of two calls of a race, the second was made while the first was under way. */
void situate_race(uint8_t first, uint8_t second);
/* A fault has hit such a call in a race, or another while it was under way. */
void situate_race_fault(uint8_t opcode);

/* Whether a callback was entered as made while a member of its chain was in reset, or surprise removed. */
bool situate_in_reset(uint8_t opcode);
bool situate_gone(uint8_t opcode);

#endif
