/* Operations that run at the same time. */
#ifndef HARNESS_RACES_H
#define HARNESS_RACES_H

#include <stdint.h>

#include "harness/contract/call.h"

/* Runs the race that the operation at `op` begins; returns how many operations behind it that were. */
uint32_t run_race(uint32_t op);
/* From inside a driver's DxgkDdiStopDevice in a race: this release is made, if the race has room for it. */
void race_release(struct call *call);

#endif
