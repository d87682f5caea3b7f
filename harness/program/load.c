#include "harness/program/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool fail(struct text_error *error, const char *path, const char *why) {
    error->line = error->column = 0;
    snprintf(error->text, sizeof error->text, "%.400s: %s", path, why);
    return false;
}

static bool is_text_name(const char *path) {
    const char *suffix = strrchr(path, '.');
    return suffix != NULL && strcmp(suffix, ".txt") == 0;
}

static bool is_text(const char *path, enum load_form form, const char *content, size_t size) {
    if (form != LOAD_DETECT) {
        return form == LOAD_TEXT;
    }
    /* A misspelt first word in a text is then an error, not some bytes. */
    return is_text_name(path) || text_detect(content, size);
}

bool program_load(const char *path, enum load_form form, struct program *program, struct text_error *error) {
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "rb");
    if (file == NULL) {
        return fail(error, path, strerror(errno));
    }
    bool ok = false;
    char *content = malloc(LOAD_MAX + 1u);
    size_t size = content != NULL ? fread(content, 1, LOAD_MAX + 1u, file) : 0;
    if (content == NULL || ferror(file)) {
        fail(error, path, strerror(errno));
    } else if (size > LOAD_MAX) {
        fail(error, path, "too large for a program");
    } else if (is_text(path, form, content, size)) {
        ok = text_parse(standard ? "standard input" : path, content, size, program, error);
    } else {
        program_decode(program, (const uint8_t *)content, size);
        ok = true;
    }
    free(content);
    if (!standard) {
        fclose(file);
    }
    return ok;
}

bool program_save(const char *path, enum load_form form, const struct program *program,
                  struct text_error *error) {
    static union {
        char text[TEXT_MAX];
        uint8_t bytes[PROGRAM_BYTES];
    } content;
    bool text = form == LOAD_TEXT || (form == LOAD_DETECT && is_text_name(path));
    size_t size = text ? text_print(program, content.text, sizeof content.text)
                       : program_encode(program, content.bytes);
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdout : fopen(path, "wb");
    if (file == NULL) {
        return fail(error, path, strerror(errno));
    }
    bool ok = fwrite(&content, 1, size, file) == size && fflush(file) == 0;
    if (!ok) {
        fail(error, path, strerror(errno));
    }
    if (!standard && fclose(file) != 0 && ok) {
        ok = fail(error, path, strerror(errno));
    }
    return ok;
}
