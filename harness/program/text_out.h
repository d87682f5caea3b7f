/* Text that is written as snprintf does it, piece by piece. */
#ifndef HARNESS_TEXT_OUT_H
#define HARNESS_TEXT_OUT_H

#include <stddef.h>
#include <stdint.h>

struct text_out {
    char *buffer;
    size_t capacity;
    size_t length; /* what was asked for, written or not */
};

void text_put(struct text_out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The longest number in decimal, what stands behind it, and its end. */
#define TEXT_NUMBER_MAX 28u
/* A number as a person would write it, in `text`: 64K, 4096, 4G - 1. Returns text. */
const char *text_short_number(uint64_t number, char *text);

#endif
