/*
 * A worker: a child that runs one program after the other and tells the outcomes, for whoever has
 * thousands to try. A program that breaks a clause costs it nothing; one that kills it costs a new child.
 */
#ifndef HARNESS_WORKER_H
#define HARNESS_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/program/program.h"

struct worker_answer {
    bool died;        /* a crash, or more than the time allowed */
    unsigned outcome; /* else: a clause or VERDICT_KEPT */
    uint32_t ended;   /* the operation in which the run ended; PROGRAM_OPS: in none */
};

/*
 * Runs a program in the worker, which is made when there is none. It may take `timeout` seconds. Nothing is
 * printed. False with a message when there can be no worker.
 */
bool worker_run(const struct program *program, unsigned timeout, struct worker_answer *answer);
void worker_end(void);

#endif
