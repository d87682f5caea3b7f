/* The small worlds of an enumeration: named ones, and those of program files. */
#ifndef HARNESS_ENUMERATE_WORLDS_H
#define HARNESS_ENUMERATE_WORLDS_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/program/program.h"

struct small_world {
    char name[64];
    struct program_machine machine;
    struct program_adapter adapters[PROGRAM_ADAPTERS];
    uint32_t depth; /* its programs have at most so many operations */
};

/* The named worlds, in their order; NULL: there are no more. `says` is a line of the manual. */
const char *small_world_name(unsigned i, const char **says);

/* The ith of the named worlds; false: there are no more. */
bool small_world_get(unsigned i, struct small_world *world);
/* A program's, without its operations. */
void small_world_of(const struct program *program, const char *name, struct small_world *world);

/* The program with no operation in this world. */
void small_world_begin(const struct small_world *world, struct program *program);

#endif
