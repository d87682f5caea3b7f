/* Processor time that processes have taken. */
#ifndef HARNESS_PROCESSOR_H
#define HARNESS_PROCESSOR_H

#include <sys/types.h>

/* Seconds of this process and of its children that have ended. */
double processor_own(void);
/* Of a process, its children that have ended, and those that live (without this one). Negative: the system
 * does not say. */
double processor_family(pid_t parent);

#endif
