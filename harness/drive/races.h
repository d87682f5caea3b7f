/* Operations that run at the same time. */
#ifndef HARNESS_RACES_H
#define HARNESS_RACES_H

#include <stdint.h>

/* Runs the race that the operation at `op` begins; returns how many operations behind it that were. */
uint32_t run_race(uint32_t op);

#endif
