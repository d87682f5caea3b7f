/* Where an enumeration is: the states that it has seen, in order, and how many of them it has gone on with.
 */
#ifndef HARNESS_ENUMERATE_PROGRESS_H
#define HARNESS_ENUMERATE_PROGRESS_H

#include "harness/enumerate/enumerate.h"

/* A program, as what it adds to a shorter one. */
struct progress_node {
    uint64_t number; /* of its state and its world */
    uint32_t parent;
    uint16_t world;
    uint8_t length; /* 0: the world itself */
    bool faulted;   /* an operation of it has a fault */
    struct program_op op;
};

/* 2^28 nodes of about a hundred bytes are what a machine may have memory for. */
#define PROGRESS_MAX (UINT32_C(1) << 28)

struct progress {
    struct progress_node *node;
    uint32_t count;
    uint32_t room;
    uint32_t next;   /* the first that has not been gone on with */
    uint32_t *found; /* a hash table by number: node + 1 */
    uint32_t slots;  /* a power of two, more than twice `count` */
};

/* Whether a state was reached before, by a program without a fault or by any. */
bool progress_seen(const struct progress *progress, uint64_t number, bool faulted);
/* False with a message when there is no memory. */
bool progress_add(struct progress *progress, const struct progress_node *node);

/* Writes all of it and the counts of `self` in place of the file, at once or not at all. */
bool progress_save(const struct progress *progress, const struct enumeration *self);
/* Reads that. True and nothing when there is no such file; false with a message when it is of another
 * enumeration, or of another build. */
bool progress_load(struct progress *progress, struct enumeration *self);

#endif
