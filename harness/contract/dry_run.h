/*
 * A dry run: the model alone, no implementation. Tells which chains run, what is pinned and mapped and
 * which handles have been issued at some point of a program, so that the mutator can put an operation
 * there that means something.
 *
 * It is a guess: a call that may fail for a shortage succeeds here, an injected fault fails what
 * it names the first of and nothing else, drivers do not call from inside their entry points. Handles and
 * views get made-up values of their own. What a mutator believes can make a mutant pointless, never wrong.
 */
#ifndef HARNESS_DRY_RUN_H
#define HARNESS_DRY_RUN_H

#include "harness/contract/model.h"

/* What the adapters of the world are at boot. */
void dry_run_boot(struct model *model, const struct program *program);
/* One operation more; *op need not be the program's. */
void dry_run_op(struct model *model, const struct program_op *op);
/* Boot and the program's first `ops` operations, as they run until that of number `ops` first comes. */
void dry_run(struct model *model, const struct program *program, uint32_t ops);

#endif
