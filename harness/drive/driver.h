/* The simulated display miniport. */
#ifndef HARNESS_DRIVER_H
#define HARNESS_DRIVER_H

#include <stdint.h>

void driver_init(uint8_t device);

#endif
