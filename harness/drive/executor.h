/*
 * The executor: runs a program against the implementation and the model side by side, and compares
 * after every operation.
 */
#ifndef HARNESS_EXECUTOR_H
#define HARNESS_EXECUTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/contract/call.h"
#include "harness/judge/run_options.h"
#include "harness/program/program.h"

/*
 * Runs the program. Returns when the contract was kept; else a report has been printed to stderr and
 * contract_fail() called. Nothing is left of a run, however it ended, when the next one begins.
 */
void executor_run(const struct program *program);
/* The same, not as every target does it. The options are read until the run has ended. */
void executor_run_with(const struct program *program, const struct run_options *options);
/* Decodes and runs: what every fuzz target's LLVMFuzzerTestOneInput does. */
void executor_run_bytes(const uint8_t *bytes, size_t size);

/*
 * For measuring: runs the program once, recording its calls into tape (as many as fit; returns how
 * many there are), so that executor_replay() can perform them with neither model nor checks.
 */
size_t executor_record(const struct program *program, struct call *tape, size_t capacity);
void executor_replay(const struct program *program, struct call *tape, size_t count);

#endif
