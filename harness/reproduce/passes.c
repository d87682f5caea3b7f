/* Repetitions, as they are told. */
#include "harness/reproduce/passes.h"

#include <stdlib.h>
#include <string.h>

void passes_begin(struct passes *passes, const struct put *to, uint32_t end) {
    *passes = (struct passes){.open = true, .end = end, .first = to->used, .last = to->used};
}

static void put_loop(struct passes *passes, struct put *to) {
    size_t size = to->used - passes->first + 1;
    char *text = passes->alike > 1 ? malloc(size) : NULL;
    if (!text)
        return;
    memcpy(text, to->text + passes->first, size);
    to->used = passes->first;
    put(to, "    for (unsigned pass = 0; pass < %u; pass++) {\n", passes->alike);
    const char *line = text;
    for (const char *last = text + (passes->last - passes->first); line < last;) {
        int length = (int)strcspn(line, "\n");
        put(to, "    %.*s\n", length, line);
        line += length + 1;
    }
    put(to, "    }\n");
    passes->last = to->used;
    put(to, "%s", line);
    free(text);
}

void passes_next(struct passes *passes, struct put *to) {
    size_t length = passes->last - passes->first;
    const char *text = to->text + passes->first;
    if (passes->alike && to->used - passes->last == length && memcmp(text, text + length, length) == 0) {
        to->used = passes->last;
        to->text[to->used] = 0;
        passes->alike++;
        return;
    }
    if (passes->alike)
        put_loop(passes, to);
    passes->first = passes->last;
    passes->last = to->used;
    passes->alike = 1;
}

void passes_end(struct passes *passes, struct put *to) {
    if (!passes->open)
        return;
    passes_next(passes, to);
    put_loop(passes, to);
    passes->open = false;
}
