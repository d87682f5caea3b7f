/* trace_linked: whether the implementation in this program is compiled with traced loads and stores. */
#ifndef HARNESS_TRACE_H
#define HARNESS_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Weak: in a program whose implementation is not traced its address is null. */
extern const bool trace_linked __attribute__((weak));

/*
 * Arguments are their callers': what is read of one a second time may be another value by then (RACE-ONCE).
 * They are on their actors' stacks, so that reading them is no point of the schedule. What a library function
 * reads is not seen, and counts for nothing: a copy of it all is what an implementation may well begin with.
 */
struct trace_twice {
    uint8_t actor;
    uint8_t byte;   /* offset of the first that was */
    uintptr_t once; /* return addresses of the calls that reported the two reads */
    uintptr_t again;
};
#define TRACE_ARGUMENT_MAX 32u /* bytes */

/* A race begins. */
void trace_begin(void) __attribute__((weak));
/* The actor that runs passes this argument to a callback; NULL: that has returned. Outside of a race,
 * nothing. */
void trace_argument(const void *argument, size_t size) __attribute__((weak));
/* The first byte of this race that was read twice in one call; NULL: there is none. *read: how many bytes
 * were. */
const struct trace_twice *trace_twice(uint32_t *read) __attribute__((weak));

#endif
