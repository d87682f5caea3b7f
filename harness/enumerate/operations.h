/*
 * The operations that an enumeration tries in a state: every operation of the table with operands from the
 * boundaries of that state.
 *
 * Some values of an operand fit: a handle of a running chain, an index of it, a size from one page to
 * MaximumSize, a view that is live. Others are odd: a dead handle, an index behind the last, a byte too many.
 * Operands that fit are tried in every combination, odd ones as many at a time as are asked for. Two
 * operations that come to the same call in this state are tried once.
 */
#ifndef HARNESS_ENUMERATE_OPERATIONS_H
#define HARNESS_ENUMERATE_OPERATIONS_H

#include "harness/contract/model.h"
#include "harness/program/program.h"

/* In the worlds of worlds.c there are under 1500 with one odd operand, and three times that with two. */
#define OPERATIONS_MAX 16384u
#define OPERATIONS_ODD 3u /* at most */

#define OPERATIONS_SLOTS (OPERATIONS_MAX * 2u) /* a power of two */

struct operations {
    uint32_t count;
    bool capped; /* there are more */
    struct program_op op[OPERATIONS_MAX];
    uint64_t key[OPERATIONS_MAX];     /* of the call that each comes to */
    uint16_t found[OPERATIONS_SLOTS]; /* a hash table by key: operation + 1 */
};
_Static_assert(OPERATIONS_MAX <= UINT16_MAX, "an operation's number fits");

/* To be called while the run is in that state: what a driver would call is asked of it. `first`: no operation
 * comes before, and whoever makes it is called actor 0. */
void operations_make(struct operations *made, const struct model *model, unsigned odd, bool first);

#endif
