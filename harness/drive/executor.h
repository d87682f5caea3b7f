/*
 * The executor: runs a program against the implementation and the model side by side, and compares
 * after every operation.
 */
#ifndef HARNESS_EXECUTOR_H
#define HARNESS_EXECUTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "harness/contract/call.h"
#include "harness/contract/contract.h"
#include "harness/program/program.h"

/*
 * Runs the program. Returns when the contract was kept; else a report has been printed to stderr and
 * contract_fail() called. Nothing is left of a run, however it ended, when the next one begins.
 */
void executor_run(const struct program *program);
/* Decodes and runs: what every fuzz target's LLVMFuzzerTestOneInput does. */
void executor_run_bytes(const uint8_t *bytes, size_t size);

/*
 * Whether the last run did not get to the program's end for a reason that is nobody's finding, and why: the
 * machine did not boot, or an implementation that is not held to this project's choices (sut.h) chose
 * otherwise, and what it owes from there on is not known.
 */
#define EXECUTOR_WHY 1200u /* two texts of a report, and where */
bool executor_left(char *why, size_t size);

/*
 * How a driver that did what the last program did would have broken its own duties (CONTRACT.md,
 * "The driver's duties"): how often, and first by which operation and clause. 0 when it did not.
 */
uint32_t executor_caller_breaches(uint32_t *first_op, enum contract_clause *clause);

/* What a run has seen of the race at one operation. */
struct executor_race {
    bool ran;
    uint32_t points;
    unsigned switched; /* switches of its schedule that took place */
    bool stuck;        /* nobody could go on */
    uint32_t turns;    /* as many as there were; those that fit have been written */
};
struct schedule_turn;
/* Of the next run; and afterwards. The race's turns (schedule.h) are written to `turns`. */
void executor_watch_race(uint32_t op, struct schedule_turn *turns, uint32_t capacity);
void executor_watched_race(struct executor_race *seen);

/* From now on the actors of a race are threads of the operating system, and its schedule is ignored: what
 * comes of it differs from run to run (threads.h). */
void executor_use_threads(bool use);

/* From the next run on, each race writes to this file: the number of its operation on a line of its own,
 * then a line, indented, for each switch that took place. NULL: not any more. */
void executor_show_races(FILE *to);

/*
 * For measuring: runs the program once, recording its calls into tape (as many as fit; returns how
 * many there are), so that executor_replay() can perform them with neither model nor checks.
 */
size_t executor_record(const struct program *program, struct call *tape, size_t capacity);
void executor_replay(const struct program *program, struct call *tape, size_t count);

#endif
