/*
 * Fibers: as many stacks as there are actors, on the one thread that there is. Going from one to another
 * costs a dozen instructions and no system call, and the sanitizers that watch stacks are told.
 *
 * The stacks are mapped once, with a page that faults below each.
 */
#ifndef HARNESS_FIBER_H
#define HARNESS_FIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/sut.h"

#define FIBERS SUT_ACTORS
/* A callback of this core needs under 4 KiB, sanitized under 16; the report of a sanitizer, which is
 * written on the stack it happens on, some tens. What is not touched costs nothing. */
#define FIBER_STACK ((size_t)512 << 10)

/* Makes the fiber begin, when it is next gone to, with body(context). body may return: the fiber has ended
 * then and goes to where fiber_leave() would. False with a message when there is no memory for stacks. */
bool fiber_begin(unsigned fiber, void (*body)(void *context), void *context);
/* From the main stack or from a fiber: goes on with that fiber, which has begun and not ended. */
void fiber_go(unsigned fiber);
/* From a fiber: goes on with the main stack, behind its fiber_go(). */
void fiber_leave(void);
/* The same for good: what is on the fiber's stack is lost, and it has ended. */
_Noreturn void fiber_abandon(void);
/* From the main stack: ends all that have not, in that way. */
void fiber_end_all(void);
bool fiber_ended(unsigned fiber);
/* The stack of a fiber: [low, low + FIBER_STACK). */
uintptr_t fiber_stack(unsigned fiber);

#endif
