/* The operations of a fuzz target, as a mask. */
#ifndef HARNESS_TARGET_OPERATIONS_H
#define HARNESS_TARGET_OPERATIONS_H

#include <stdint.h>

#include "harness/program/program.h"

#define TARGET_OP(opcode) (UINT32_C(1) << (opcode))

/* TARGET_OP() bits. Each fuzz target defines it; the mutator linked in with the target keeps to it. */
extern const uint32_t target_operations;

#endif
