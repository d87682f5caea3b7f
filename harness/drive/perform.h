/* Performing a call: the only way from the harness to the callbacks and the bus of an implementation. */
#ifndef HARNESS_PERFORM_H
#define HARNESS_PERFORM_H

#include "harness/contract/call.h"

/* Of each actor: the callback that it has under way, and the argument that it has handed over. NULL: none. */
extern struct passed {
    const struct call *call;
    void *argument;
} call_passed[SUT_ACTORS];

/* Calls the implementation. Arguments are passed in structures of exactly their size, so that
 * AddressSanitizer sees an implementation that reads or writes beyond. */
void call_perform(const struct sut *sut, struct call *call);
/* The same of what can be in a race, while others are under way: a callback's structure is on this call's own
 * stack, and no fault is injected: to arm one, and to ask for it, must be no points (races.c). */
void call_perform_beside(const struct sut *sut, struct call *call);
/* Performs a call of the run: what it reaches is counted, and observer, tape and locks are seen to. */
void run_perform(struct call *call);

#endif
