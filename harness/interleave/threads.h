/*
 * A second opinion on races: the same actors on threads of the operating system, under whatever schedule
 * comes about. With ThreadSanitizer in the build it judges the accesses; nothing here orders two actors
 * beyond what their locks do, so that it sees what there is to see.
 */
#ifndef HARNESS_THREADS_H
#define HARNESS_THREADS_H

#include <stdbool.h>

/* Runs body(actor) for each actor in the set (bit i: actor i) on a thread of its own, all at once, until all
 * have returned; to_actor is called first on each. False: no threads to be had, nothing was run. */
bool threads_run(unsigned actors, void (*body)(unsigned actor), void (*to_actor)(unsigned actor));

/* Locks by address, each a mutex. Two actors that wait for each other do so for ever. */
void threads_acquire(const void *lock, const char *name);
void threads_release(const void *lock);

#endif
