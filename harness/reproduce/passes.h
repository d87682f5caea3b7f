/*
 * Passes of a repetition, in the text of what happens: those that read alike become a loop. Several from
 * `first` on have been told once; from `last` on stands the one that is under way.
 */
#ifndef HARNESS_PASSES_H
#define HARNESS_PASSES_H

#include "harness/reproduce/put.h"

struct passes {
    bool open;
    uint32_t end; /* the operation behind those that are repeated */
    uint32_t pass;
    uint32_t alike;
    size_t first, last;
};

/* The first one begins here. */
void passes_begin(struct passes *passes, const struct put *to, uint32_t end);
/* One has been told; there is another. */
void passes_next(struct passes *passes, struct put *to);
/* Likewise, and there is none. Nothing where none is open. */
void passes_end(struct passes *passes, struct put *to);

#endif
