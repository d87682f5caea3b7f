/* The five callbacks. */
#ifndef HARNESS_CALLBACK_H
#define HARNESS_CALLBACK_H

#include "harness/contract/call.h"
#include "harness/contract/model.h"

/* Fills in a callback's call from the state that the model is in; false when there is none to make. */
bool run_resolve_callback(const struct program_op *op, struct call *call);
/* Whether somebody else's implementation is asked this: not what may stop the system, nor what its dialect
 * grants and nobody knows the meaning of. */
bool callback_is_made(const struct model_answer *answer);
void run_callback(struct call *call);

#endif
