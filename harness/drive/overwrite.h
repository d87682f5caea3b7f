/* Arguments that another thread of the driver writes over while a call is under way. */
#ifndef HARNESS_OVERWRITE_H
#define HARNESS_OVERWRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/program/program.h"

/* A race begins; nothing is under way. */
void overwrite_begin(void);
/* What `at` of the race will write. False: it is not made. */
bool overwrite_resolve(const struct program_op *op, uint32_t at);
/* The actor that runs writes it. What came of it is in race.overwritten. */
void overwrite_perform(uint32_t at);

#endif
