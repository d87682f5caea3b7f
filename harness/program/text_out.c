/* Writes text into a buffer of fixed size, and numbers in their shortest form. */
#include "harness/program/text_out.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void text_put(struct text_out *out, const char *format, ...) {
    size_t room = out->length < out->capacity ? out->capacity - out->length : 0;
    va_list list;
    va_start(list, format);
    int length = vsnprintf(room ? out->buffer + out->length : NULL, room, format, list);
    va_end(list);
    out->length += length > 0 ? (size_t)length : 0;
}

/* Smaller numbers are read more easily whole: 4096. */
#define SHORT_FROM (UINT64_C(16) << 10)

const char *text_short_number(uint64_t number, char *text) {
    static const char suffixes[] = "KMGTP";
    unsigned thousands = 0;
    uint64_t less = number % 1024 == 1023; /* the last of a range that is a power of two long */
    number += less;
    while ((number >= SHORT_FROM || thousands > 0) && number % 1024 == 0) {
        number /= 1024;
        thousands++;
    }
    snprintf(text, TEXT_NUMBER_MAX, "%" PRIu64 "%.*s%s", number, thousands > 0,
             &suffixes[thousands - (thousands > 0)], less ? " - 1" : "");
    return text;
}
