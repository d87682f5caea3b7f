/*
 * Mutation of programs: what an engine does instead of turning bits.
 *
 * Byte mutation keeps a program valid, for every byte string is one, but it seldom makes a program that
 * gets anywhere: a pin wants a started chain, a view its base, a boundary the world's MaximumSize. Here
 * whole operations and sequences come and go, arguments move to the boundaries of this program's own
 * world, and the world changes with them.
 *
 * Everything is decided by the seed. Nothing is allocated. What comes out is canonical (program.h) and
 * has no operation that the target does not run.
 */
#ifndef HARNESS_MUTATE_H
#define HARNESS_MUTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/program/program.h"

/* A target runs the operations of a mask: TARGET_OP() bits. */
#define MUTATE_ALL_OPERATIONS ((uint32_t)PROGRAM_ALL_BITS)

/* An engine's own byte mutator, as LLVMFuzzerMutate: changes data in place, returns the new size; 0 when
 * it could do nothing. */
typedef size_t mutate_bytes(uint8_t *data, size_t size, size_t max_size);

/*
 * Mutates the input data[0..size), in place; returns the new size, at most max_size, which is how much
 * room data has. Some mutants are made by `bytes` (NULL: by a simple one that is here), and brought
 * back into canonical form. Returns 0, the empty program, when max_size holds no program.
 */
size_t mutate_input(uint8_t *data, size_t size, size_t max_size, uint64_t seed, uint32_t operations,
                    mutate_bytes *bytes);

/* Crosses two inputs: operations of both, in their order, on the world of either. Writes to out, which
 * has room for max_size bytes and may overlap neither; returns the size. */
size_t mutate_cross(const uint8_t *data, size_t size, const uint8_t *other, size_t other_size, uint8_t *out,
                    size_t max_size, uint64_t seed, uint32_t operations);

/* Whether stretches of mutants do without something (swarm.h), from the next one on; not until it is said.
 * Then mutants are decided by their seeds and by how many there were before. */
void mutate_swarm(bool on);

/* Names of what the last mutant was made by, joined with "+": "scene+tweak+world". Valid until the next
 * mutation. */
const char *mutate_described(void);

#endif
