/*
 * The executor: runs a program against the implementation and the model side by side, and compares
 * after every operation.
 */
#ifndef HARNESS_EXECUTOR_H
#define HARNESS_EXECUTOR_H

#include <stddef.h>
#include <stdint.h>

#include "harness/call.h"
#include "harness/contract.h"
#include "harness/program.h"

/*
 * Runs the program. Returns when the contract was kept; else a report has been printed to stderr and
 * contract_fail() called. Nothing is left of a run, however it ended, when the next one begins.
 */
void executor_run(const struct program *program);
/* Decodes and runs: what every fuzz target's LLVMFuzzerTestOneInput does. */
void executor_run_bytes(const uint8_t *bytes, size_t size);

/*
 * How a driver that did what the last program did would have broken its own duties (CONTRACT.md,
 * "The driver's duties"): how often, and first by which operation and clause. 0 when it did not.
 */
uint32_t executor_caller_breaches(uint32_t *first_op, enum contract_clause *clause);

/*
 * For measuring: runs the program once, recording its calls into tape (as many as fit; returns how
 * many there are), so that executor_replay() can perform them with neither model nor checks.
 */
size_t executor_record(const struct program *program, struct call *tape, size_t capacity);
void executor_replay(const struct program *program, struct call *tape, size_t count);

#endif
