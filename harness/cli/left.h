/* What of programs was not judged, by clause and by the choice that the implementation made where it has one.
 */
#ifndef HARNESS_LEFT_H
#define HARNESS_LEFT_H

#include <stddef.h>
#include <stdio.h>

#include "harness/contract/contract.h"
#include "harness/contract/dialect.h"

/* Of many programs; all zero before the first. Children may write it where their parent sees it. */
struct left {
    unsigned rest[CONTRACT_CLAUSE_COUNT];  /* programs that were judged no further than there */
    unsigned calls[CONTRACT_CLAUSE_COUNT]; /* programs of which calls were not made */
    unsigned races;                        /* programs that were judged no further than a race */
    char chosen[DIALECT_TEXT];             /* the implementation's choices that are not this project's */
};

/* The run that has just ended, in this process. */
void left_note(struct left *left);
/* A table; nothing where nothing was left. */
void left_print(FILE *to, const struct left *left, size_t programs);

#endif
