/* Access to memory: DMA to what is pinned, and the CPU's through views. */
#ifndef HARNESS_MEMORY_H
#define HARNESS_MEMORY_H

#include "harness/contract/call.h"

void run_dma(const struct program_op *op, struct call *call);
void run_cpu(const struct program_op *op, struct call *call);
void run_scribble(const struct program_op *op, struct call *call);

#endif
