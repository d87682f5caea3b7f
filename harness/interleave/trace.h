/* trace_linked: whether the implementation in this program is compiled with traced loads and stores. */
#ifndef HARNESS_TRACE_H
#define HARNESS_TRACE_H

#include <stdbool.h>

/* Weak: in a program whose implementation is not traced its address is null. */
extern const bool trace_linked __attribute__((weak));

#endif
