/* The files that each reproducer has as they stand: made by embedded.cmake when the harness is built. */
#ifndef HARNESS_EMBEDDED_H
#define HARNESS_EMBEDDED_H

extern const char *const reproduce_embedded[]; /* lines; NULL ends them */

#endif
