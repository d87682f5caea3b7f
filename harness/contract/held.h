/* What is demanded of an implementation although only a choice promises it: its owner has declared these
 * choices (dialect.h). `pinfuzz source` puts this header as it stands into each file it writes. */
#ifndef HARNESS_HELD_H
#define HARNESS_HELD_H

#include <stdbool.h>

struct held {
    bool table;     /* DXGKRNL_INTERFACE ends where the driver's version ends, and is null behind that */
    bool version;   /* its Version is that version */
    bool handles;   /* no handle is issued twice within a boot */
    bool adl_flags; /* reserved bits of an ADL are zero */
    bool views;     /* views begin at 64 KiB boundaries */
    bool caps;      /* asked of the lead, in one order, once */
    bool order;     /* the members behind the lead start in link order and stop in reverse */
};

extern struct held held;

#endif
