/* Children: whatever may die, or hang, is run in a process of its own. */
#ifndef HARNESS_CHILD_H
#define HARNESS_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Zeroed memory that children share with their parent, for as long as the process lives. NULL with a
 * message when there is none. */
void *child_shared(size_t size);

/*
 * Calls body(context) in a child, and exit(0) when it returns: LeakSanitizer looks then. The child's
 * standard error goes to `error` (-1: stays). alarm(timeout) is set; the body may set it again; 0: none.
 * Waits, and gives the wait status. False with a message when no child can be made.
 */
bool child_run(void (*body)(void *context), void *context, int error, unsigned timeout, int *status);

/* Its parts, for children that live longer. fork() with nothing left in a buffer to be said twice; -1 with a
 * message when no child can be made. */
pid_t child_fork(void);
int child_wait(pid_t child);

/* ---- in a child ---- */

/* Nobody wants to read the rest of what goes to standard error. */
void child_hush(void);
/* Ends it here, unless the outcome (verdict.h) of its last run is that the contract was kept: a run that was
 * left in the middle leaks, and that is not its finding. */
void child_end(unsigned outcome);

#endif
