/* Text that grows in a buffer of fixed size: the child process that runs a program writes, its parent reads.
 */
#ifndef HARNESS_PUT_H
#define HARNESS_PUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct put {
    char *text; /* always ended by a null character */
    size_t capacity;
    size_t used;
    bool full; /* something is missing */
};

/* Empties it. */
void put_begin(struct put *to, char *text, size_t capacity);
void put(struct put *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A number as one would write it: small ones decimal, others hexadecimal. */
void put_number(struct put *to, uint64_t value);
/* " + 0x40", " - 0x40"; nothing for 0. */
void put_delta(struct put *to, int64_t delta);
/* As a C string. */
void put_string(struct put *to, const char *text);

#endif
