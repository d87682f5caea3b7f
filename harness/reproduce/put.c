/* Appends text to a buffer, and C literals: numbers, strings, names in capitals. */
#include "harness/reproduce/put.h"

#include <stdarg.h>
#include <stdio.h>

void put_begin(struct put *to, char *text, size_t capacity) {
    *to = (struct put){.text = text, .capacity = capacity};
    text[0] = 0;
}

void put(struct put *to, const char *format, ...) {
    va_list list;
    size_t room = to->capacity - to->used;
    va_start(list, format);
    int length = vsnprintf(to->text + to->used, room, format, list);
    va_end(list);
    if (length < 0 || (size_t)length >= room) {
        to->full = true;
        to->text[to->used] = 0;
        return;
    }
    to->used += (size_t)length;
}

void put_number(struct put *to, uint64_t value) {
    const char *format = value < 10 ? "%llu" : value >> 32 ? "UINT64_C(0x%llx)" : "0x%llx";
    put(to, format, (unsigned long long)value);
}

void put_delta(struct put *to, int64_t delta) {
    if (delta == 0)
        return;
    put(to, delta < 0 ? " - " : " + ");
    put_number(to, delta < 0 ? 0 - (uint64_t)delta : (uint64_t)delta);
}

void put_string(struct put *to, const char *text) {
    put(to, "\"");
    for (; *text; text++)
        put(to, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    put(to, "\"");
}
