/* Performing a call: the only way from the harness to the callbacks and the bus of an implementation. */
#ifndef HARNESS_PERFORM_H
#define HARNESS_PERFORM_H

#include "harness/contract/call.h"

/* Calls the implementation. Arguments are passed in structures of exactly their size, so that
 * AddressSanitizer sees an implementation that reads or writes beyond. */
void call_perform(const struct sut *sut, struct call *call);
/* The same of a callback while others are under way, without an injected fault: the structure is on this
 * call's own stack. */
void call_perform_beside(struct call *call);
/* Performs a call of the run: what it reaches is counted, and observer, tape and locks are seen to. */
void run_perform(struct call *call);

#endif
