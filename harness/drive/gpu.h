/* What GPUs do while calls are under way. */
#ifndef HARNESS_GPU_H
#define HARNESS_GPU_H

#include <stdbool.h>
#include <stdint.h>

/* A race begins, with these operations of the program; nothing is under way. */
void gpu_begin(uint32_t first, uint32_t count);
/* What the DMA `at` of the race reaches, as of now. False: it is not made. */
bool gpu_resolve(uint32_t op, uint32_t at);
/* The actor that runs has its GPU do it: now, or when that can be. */
void gpu_perform(uint32_t at);
/* What waits is done, if it can be now: where an actor can be switched. */
void gpu_catch_up(void);
/* The race is over. */
void gpu_end(void);

#endif
