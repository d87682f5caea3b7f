/* The calling actor and its IRQL. A kernel keeps both per processor; here one actor runs at a time. */
#ifndef NT_IRQL_H
#define NT_IRQL_H

#include "nt/nt.h"
#include "wddm/wdm.h"

#define NT_ACTORS 8u

NT_OWN void nt_actor_set(unsigned actor); /* actor < NT_ACTORS */
/* Inline, for every lock asks. */
extern _Thread_local unsigned nt_current_actor;
static inline NT_UNTRACED unsigned nt_actor(void) {
    return nt_current_actor;
}
NT_OWN KIRQL nt_irql(void); /* of the calling actor; PASSIVE_LEVEL after boot */
NT_OWN void nt_irql_set(KIRQL irql);

#endif
