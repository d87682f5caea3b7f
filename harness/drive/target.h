/* What a fuzz target is made of: the operations it runs. */
#ifndef HARNESS_TARGET_H
#define HARNESS_TARGET_H

#include <stddef.h>
#include <stdint.h>

#include "harness/program/target_operations.h"

/* What an input that is not run returns: -1, as libFuzzer has it. Another number for an engine that ends the
 * process for that. */
extern int target_rejected;

/*
 * Runs one input with the operations of this target. An input with any other operation is not run and
 * target_rejected is returned, so that it enters no corpus: what a target runs, `pinfuzz run` and every other
 * target run in the same way, and a crash file means the same wherever it is opened.
 */
int target_run(const uint8_t *data, size_t size, uint32_t operations);

#endif
