/* The current actor, and the IRQL of each. */
#include "nt/irql.h"

#include "nt/private.h"

static KIRQL irqls[NT_ACTORS];
_Thread_local unsigned nt_current_actor; /* actors may be threads (harness/interleave/threads.h) */

void nt_irql_boot(void) {
    for (unsigned i = 0; i < NT_ACTORS; i++)
        irqls[i] = PASSIVE_LEVEL;
    nt_current_actor = 0;
}

void nt_actor_set(unsigned actor) {
    nt_current_actor = actor;
}

NT_UNCOVERED KIRQL nt_irql(void) {
    return irqls[nt_current_actor];
}

void nt_irql_set(KIRQL irql) {
    irqls[nt_current_actor] = irql;
}
