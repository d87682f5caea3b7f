/* Shrinking: a program gets smaller and keeps its verdict. */
#ifndef HARNESS_SHRINK_H
#define HARNESS_SHRINK_H

#include <signal.h>

#include "harness/minimize/minimize.h"
#include "harness/verdict/verdict.h"

/*
 * minimize() to the smallest program that has the verdict `wanted`. `limit` candidates at most; 0: 300000,
 * or 20000 where the process dies, for each then takes a process of its own. A candidate may take `timeout`
 * seconds. Ends when *stop is set, and sets it when there can be no process.
 */
struct minimize_result shrink(struct program *program, const struct verdict *wanted, uint32_t limit,
                              unsigned timeout, volatile sig_atomic_t *stop);

#endif
