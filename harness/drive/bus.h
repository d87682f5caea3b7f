/* The bus: power, links, start, stop, removal, memory pressure. */
#ifndef HARNESS_BUS_H
#define HARNESS_BUS_H

#include "harness/contract/call.h"

void run_bus(struct call *call);

#endif
