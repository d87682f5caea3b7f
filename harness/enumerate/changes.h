/* Worlds beside a world: with one member of the machine or of an adapter changed, to a boundary of its range.
 */
#ifndef HARNESS_ENUMERATE_CHANGES_H
#define HARNESS_ENUMERATE_CHANGES_H

#include "harness/enumerate/worlds.h"

/* Writes them behind each other, as many as there is `room` for; returns how many there are. Each is there
 * once, and none of them is the world itself. A change counts as an operation: their depth is one less. */
unsigned changes_of(const struct small_world *world, struct small_world *changed, unsigned room);

#endif
