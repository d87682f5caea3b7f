/* Loads a program from a file, as text or as bytes, and saves it. */
#define _POSIX_C_SOURCE 200809L

#include "harness/program/load.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "harness/program/encoding.h"

bool load_fail(struct text_error *error, const char *name, const char *format, ...) {
    error->line = error->column = 0;
    int used = snprintf(error->text, sizeof(error->text), "%.400s: ", name);
    va_list list;
    va_start(list, format);
    vsnprintf(error->text + used, sizeof(error->text) - (size_t)used, format, list);
    va_end(list);
    return false;
}

bool load_named(const char *name, const char *suffix) {
    size_t length = strlen(name);
    size_t tail = strlen(suffix);
    return length > tail && strcasecmp(name + length - tail, suffix) == 0;
}

/* ---- what a file is ---- */

static bool is_packed(const char *name) {
    static const char *const suffixes[] = {".zip", ".tar", ".tgz", ".gz", ".bz2",
                                           ".xz",  ".zst", ".7z",  ".rar"};
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
        if (load_named(name, suffixes[i]))
            return true;
    return false;
}

/* A content as characters: itself, or what UTF-16 became, which `owned` is to free. */
struct view {
    const char *text;
    size_t size;
    char *owned;
};

static bool is_canonical(const struct base64_item *item) {
    static struct program program;
    static uint8_t canonical[PROGRAM_BYTES];
    size_t size;
    uint8_t *bytes = base64_decode(item, &size);
    bool zero = true;
    for (size_t i = 0; bytes && zero && i < size; i++)
        zero = bytes[i] == 0;
    bool ok = !zero && size <= sizeof(canonical) && size % PROGRAM_RECORD == 0;
    if (ok) {
        program_decode(&program, bytes, size);
        ok = program_encode(&program, canonical) == size && memcmp(canonical, bytes, size) == 0;
    }
    free(bytes);
    return ok;
}

/* No word of a text is that long without a character that Base64 does not have. */
#define WORD_MAX 32u

static bool holds_base64(const char *name, const char *text, size_t size) {
    struct base64_reader reader;
    struct base64_item item;
    enum base64 form = base64_begin(&reader, text, size);
    if (form != BASE64_BARE || load_named(name, ".b64") || load_named(name, ".base64"))
        return form != BASE64_NONE;
    bool named = load_named(name, ".txt");
    while (base64_next(&reader, &item))
        if (named ? item.size < WORD_MAX : !is_canonical(&item))
            return false;
    return true;
}

static enum load_kind kind_of(const char *name, const char *text, size_t size) {
    return text_detect(text, size)          ? LOAD_IS_TEXT
           : holds_base64(name, text, size) ? LOAD_IS_BASE64
           : load_named(name, ".txt")       ? LOAD_IS_TEXT
           : load_named(name, ".b64")       ? LOAD_IS_REFUSED
           : load_named(name, ".base64")    ? LOAD_IS_REFUSED
                                            : LOAD_IS_BYTES;
}

/* Text by its name can be told what is wrong with it; anything else that is no text is bytes. */
static enum load_kind kind_of_unicode(const char *name, enum encoding encoding, struct view *view,
                                      struct text_error *error) {
    bool named = load_named(name, ".txt") || load_named(name, ".b64") || load_named(name, ".base64");
    if (encoding == ENCODING_UTF16) {
        size_t size;
        char *text = encoding_from_utf16(view->text, view->size, &size);
        enum load_kind kind = text ? kind_of(name, text, size) : LOAD_IS_BYTES;
        if (kind == LOAD_IS_TEXT || kind == LOAD_IS_BASE64) {
            *view = (struct view){text, size, text};
            return kind;
        }
        free(text);
    }
    if (!named)
        return LOAD_IS_BYTES;
    load_fail(error, name, "%s: save it as UTF-8",
              encoding == ENCODING_UTF32            ? "UTF-32"
              : encoding == ENCODING_UTF16_UNMARKED ? "UTF-16 without a byte order mark"
                                                    : "UTF-16, but not to its end");
    return LOAD_IS_REFUSED;
}

static enum load_kind look(const char *name, enum load_form form, struct view *view,
                           struct text_error *error) {
    enum encoding encoding = form != LOAD_BYTES ? encoding_of(view->text, view->size) : ENCODING_BYTES;
    if (form != LOAD_DETECT) {
        size_t size;
        char *text = encoding == ENCODING_UTF16 ? encoding_from_utf16(view->text, view->size, &size) : NULL;
        if (text)
            *view = (struct view){text, size, text};
        return form == LOAD_TEXT ? LOAD_IS_TEXT : LOAD_IS_BYTES;
    }
    if (is_packed(name)) {
        load_fail(error, name, "%s",
                  load_named(name, ".zip") ? "an archive in an archive, or where one program is wanted"
                                           : "packed, and not as zip: unpack it first");
        return LOAD_IS_REFUSED;
    }
    if (encoding != ENCODING_BYTES)
        return kind_of_unicode(name, encoding, view, error);
    enum load_kind kind = kind_of(name, view->text, view->size);
    if (kind == LOAD_IS_REFUSED)
        load_fail(error, name, "expected Base64, and nothing else");
    return kind;
}

enum load_kind load_kind(const char *name, const char *content, size_t size, struct text_error *error) {
    struct view view = {content, size, NULL};
    enum load_kind kind = look(name, LOAD_DETECT, &view, error);
    free(view.owned);
    return kind;
}

/* ---- programs in Base64 ---- */

/* NULL, and why. */
static uint8_t *decode(const char *name, const struct base64_item *item, size_t *size,
                       struct text_error *error) {
    uint8_t *bytes = item->valid ? base64_decode(item, size) : NULL;
    if (!item->valid) {
        load_fail(error, name, "expected Base64 behind its mark, whole to the end of the line, got '%.*s'",
                  item->size > 40 ? 40 : (int)item->size, item->at);
    } else if (!bytes) {
        load_fail(error, name, "%s", strerror(errno));
    }
    return bytes;
}

static void name_line(char *line_name, size_t capacity, const char *name, unsigned line) {
    snprintf(line_name, capacity, "%.400s:%u", name, line);
}

static bool load_only(const char *name, const struct view *view, struct program *program,
                      struct text_error *error) {
    struct base64_reader reader;
    struct base64_item item, next;
    char line_name[420];
    base64_begin(&reader, view->text, view->size);
    base64_next(&reader, &item);
    name_line(line_name, sizeof(line_name), name, item.line);
    if (base64_next(&reader, &next))
        return load_fail(error, name, "several programs in Base64; the first is %s", line_name);
    size_t size;
    uint8_t *bytes = decode(line_name, &item, &size, error);
    if (bytes)
        program_decode(program, bytes, size);
    free(bytes);
    return bytes;
}

bool load_each(const char *name, const char *content, size_t size, load_take *take, void *context) {
    struct text_error error;
    struct view view = {content, size, NULL};
    struct base64_reader reader;
    struct base64_item item;
    bool ok = look(name, LOAD_DETECT, &view, &error) == LOAD_IS_BASE64;
    if (ok) {
        base64_begin(&reader, view.text, view.size);
        ok = base64_next(&reader, &item) && base64_next(&reader, &item);
        base64_begin(&reader, view.text, view.size);
    }
    while (ok && base64_next(&reader, &item)) {
        char line_name[420];
        size_t length = 0;
        name_line(line_name, sizeof(line_name), name, item.line);
        uint8_t *bytes = decode(line_name, &item, &length, &error);
        ok = take(context, item.line, bytes, length, &error);
    }
    free(view.owned);
    return ok;
}

/* ---- files ---- */

/* Grown as it goes: a pipe has no size. */
static char *read_all(FILE *file, size_t max, size_t *size) {
    size_t capacity = 0;
    char *content = NULL;
    *size = 0;
    do {
        capacity = capacity == 0 ? 16384 : capacity < max / 2 ? 2 * capacity : max + 1;
        char *grown = realloc(content, capacity);
        if (!grown) {
            free(content);
            return NULL;
        }
        content = grown;
        *size += fread(content + *size, 1, capacity - *size, file);
    } while (*size == capacity && capacity <= max);
    return content;
}

char *load_read(const char *path, size_t max, size_t *size, struct text_error *error) {
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (!file) {
        load_fail(error, path, "%s", strerror(errno));
        return NULL;
    }
    char *content = read_all(file, max, size);
    bool ok = content && !ferror(file);
    if (!ok)
        load_fail(error, path, "%s", strerror(errno));
    else if (*size > max)
        ok = load_fail(error, path, "too large for a program");
    if (file != stdin)
        fclose(file);
    if (!ok)
        free(content);
    return ok ? content : NULL;
}

bool load_program(const char *name, const char *content, size_t size, enum load_form form,
                  struct program *program, struct text_error *error) {
    struct view view = {content, size, NULL};
    enum load_kind kind = look(name, form, &view, error);
    bool ok = kind != LOAD_IS_REFUSED;
    if (kind == LOAD_IS_TEXT) {
        ok = text_parse(strcmp(name, "-") == 0 ? "standard input" : name, view.text, view.size, program,
                        error);
    } else if (kind == LOAD_IS_BASE64) {
        ok = load_only(name, &view, program, error);
    } else if (ok) {
        program_decode(program, (const uint8_t *)content, size);
    }
    free(view.owned);
    return ok;
}

bool program_load(const char *path, enum load_form form, struct program *program, struct text_error *error) {
    size_t size;
    char *content = load_read(path, LOAD_MAX, &size, error);
    bool ok = content && load_program(path, content, size, form, program, error);
    free(content);
    return ok;
}

bool program_save(const char *path, enum load_form form, const struct program *program,
                  struct text_error *error) {
    static uint8_t bytes[PROGRAM_BYTES];
    bool text = form == LOAD_TEXT || (form == LOAD_DETECT && load_named(path, ".txt"));
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdout : fopen(path, "wb");
    if (!file)
        return load_fail(error, path, "%s", strerror(errno));
    if (text)
        text_write(program, file);
    else
        fwrite(bytes, 1, program_encode(program, bytes), file);
    bool ok = fflush(file) == 0 && !ferror(file);
    if (!ok)
        load_fail(error, path, "%s", strerror(errno));
    if (!standard && fclose(file) != 0 && ok)
        ok = load_fail(error, path, "%s", strerror(errno));
    return ok;
}
