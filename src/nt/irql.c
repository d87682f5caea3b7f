/* The current actor, and the IRQL of each. */
#include "nt/irql.h"

#include "nt/private.h"

static KIRQL irqls[NT_ACTORS];
static _Thread_local unsigned current; /* actors may be threads (harness/interleave/threads.h) */

void nt_irql_boot(void) {
    for (unsigned i = 0; i < NT_ACTORS; i++)
        irqls[i] = PASSIVE_LEVEL;
    current = 0;
}

void nt_actor_set(unsigned actor) {
    current = actor;
}

NT_UNTRACED unsigned nt_actor(void) {
    return current;
}

KIRQL nt_irql(void) {
    return irqls[current];
}

void nt_irql_set(KIRQL irql) {
    irqls[current] = irql;
}
