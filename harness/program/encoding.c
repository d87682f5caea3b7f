/* Telling UTF-16 and Base64, and reading them. */
#include "harness/program/encoding.h"

#include <stdlib.h>
#include <string.h>

#include "harness/program/text.h"

/* ---- Unicode ---- */

enum encoding encoding_of(const char *content, size_t size) {
    if (size >= 4 && (memcmp(content, "\xff\xfe\0\0", 4) == 0 || memcmp(content, "\0\0\xfe\xff", 4) == 0))
        return ENCODING_UTF32;
    if (size >= 2 && (memcmp(content, "\xff\xfe", 2) == 0 || memcmp(content, "\xfe\xff", 2) == 0))
        return ENCODING_UTF16;
    return size >= 2 && (content[0] == 0) != (content[1] == 0) ? ENCODING_UTF16_UNMARKED : ENCODING_BYTES;
}

/* Six bits a byte behind the first one, whose high bits say how many follow. */
static size_t put_utf8(char *to, uint32_t code) {
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    size_t bytes = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = bytes - 1; i > 0; i--) {
        to[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    to[0] = (char)(0xf0u << (4 - bytes) | code);
    return bytes;
}

char *encoding_from_utf16(const char *content, size_t size, size_t *length) {
    const unsigned char *bytes = (const unsigned char *)content;
    size_t high = bytes[0] == 0xfe ? 0 : 1; /* which of the two bytes has the upper eight bits */
    /* Two bytes become three at most, four become four. */
    char *text = size % 2 == 0 ? malloc(size / 2 * 3 + 1) : NULL;
    size_t used = 0;
    for (size_t i = 2; text && i < size; i += 2) {
        uint32_t unit = (uint32_t)bytes[i + high] << 8 | bytes[i + 1 - high];
        if (unit >= 0xd800 && unit < 0xe000) {
            i += 2;
            uint32_t low = i < size ? (uint32_t)bytes[i + high] << 8 | bytes[i + 1 - high] : 0;
            if (unit >= 0xdc00 || low < 0xdc00 || low >= 0xe000) {
                free(text);
                return NULL;
            }
            unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        }
        used += put_utf8(text + used, unit);
    }
    *length = used;
    return text;
}

/* ---- Base64 ---- */

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The six bits of a character, or 64. */
static unsigned sextet(char c) {
    return c >= 'A' && c <= 'Z'   ? (unsigned)(c - 'A')
           : c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 26
           : c >= '0' && c <= '9' ? (unsigned)(c - '0') + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : 64;
}

struct line {
    const char *at;
    const char *end;
};

/* The next line, without the blanks around it. */
static bool next_line(const char **at, const char *end, struct line *line) {
    if (*at >= end)
        return false;
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));
    *line = (struct line){*at, newline ? newline : end};
    *at = newline ? newline + 1 : end;
    while (line->at < line->end && is_blank(*line->at))
        line->at++;
    while (line->end > line->at && is_blank(line->end[-1]))
        line->end--;
    return true;
}

static bool is_passed_over(const struct line *line) {
    return line->at == line->end || *line->at == '#';
}

/* What follows the word `Base64:` in a line; NULL: it is not there. */
static const char *behind_mark(const struct line *line) {
    static const char mark[] = "Base64:";
    const size_t length = sizeof(mark) - 1;
    if (is_passed_over(line))
        return NULL;
    for (const char *at = line->at; (size_t)(line->end - at) >= length; at++) {
        at = memchr(at, mark[0], (size_t)(line->end - at) - length + 1);
        if (!at)
            return NULL;
        if (memcmp(at, mark, length) == 0 && (at == line->at || is_blank(at[-1])) &&
            (at + length == line->end || is_blank(at[length]))) {
            at += length;
            while (at < line->end && is_blank(*at))
                at++;
            return at;
        }
    }
    return NULL;
}

/* Characters of Base64, then up to two `=`: how many of both; 0 where anything else is in between. */
static size_t count_characters(const char *at, const char *end, bool *padded) {
    const char *c = at;
    while (c < end && sextet(*c) < 64)
        c++;
    *padded = c < end;
    for (unsigned i = 0; i < 2 && c < end && *c == '='; i++)
        c++;
    return c == end ? (size_t)(end - at) : 0;
}

static bool is_whole(const char *at, const char *end) {
    bool padded;
    size_t count = count_characters(at, end, &padded);
    return at == end || (count > 0 && count % 4 == 0);
}

/* Nothing that no log has: control characters but white space, and the escapes that colour it. */
static bool is_log(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && !is_blank((char)c) && c != 0x1b) || c == 0x7f)
            return false;
    }
    return true;
}

/* Whether all lines are Base64, and whether one by one or as one. */
static bool look_at_lines(const char *at, const char *end, bool *wrapped) {
    size_t lines = 0, first = 0, last = 0, total = 0;
    bool equal = true, each = true, padded = false;
    struct line line;
    while (next_line(&at, end, &line)) {
        if (is_passed_over(&line)) {
            equal = equal && (lines == 0 || line.at == line.end); /* no comment between them */
            continue;
        }
        /* Of what is wrapped, all lines before this one are full. */
        equal = equal && last == first && !padded;
        last = count_characters(line.at, line.end, &padded);
        if (last == 0)
            return false;
        each = each && last % 4 == 0;
        first = lines++ == 0 ? last : first;
        total += last;
    }
    *wrapped = lines > 1 && equal && last <= first && first < BASE64_SHORTEST && total % 4 == 0;
    return lines > 0 && (each || *wrapped);
}

enum base64 base64_begin(struct base64_reader *reader, const char *text, size_t size) {
    size_t mark = text_mark(text, size);
    *reader = (struct base64_reader){.at = text + mark, .end = text + size};
    if (!is_log(text, size))
        return BASE64_NONE;
    struct line line;
    for (const char *at = reader->at; next_line(&at, reader->end, &line);)
        if (behind_mark(&line))
            return reader->form = BASE64_MARKED;
    if (look_at_lines(reader->at, reader->end, &reader->wrapped))
        reader->form = BASE64_BARE;
    return reader->form;
}

/* The rest of the lines, of which the first is `line`. */
static void take_wrapped(struct base64_reader *reader, struct line line, struct base64_item *item) {
    item->at = line.at;
    const char *end = line.end;
    while (next_line(&reader->at, reader->end, &line))
        end = line.at < line.end ? line.end : end;
    item->size = (size_t)(end - item->at);
}

bool base64_next(struct base64_reader *reader, struct base64_item *item) {
    struct line line;
    while (reader->form != BASE64_NONE && next_line(&reader->at, reader->end, &line)) {
        reader->line++;
        const char *begin = reader->form == BASE64_MARKED ? behind_mark(&line)
                            : is_passed_over(&line)       ? NULL
                                                          : line.at;
        if (!begin)
            continue;
        struct base64_item found = {begin, (size_t)(line.end - begin), reader->line, true};
        if (reader->wrapped)
            take_wrapped(reader, line, &found);
        else
            found.valid = is_whole(begin, line.end);
        bool again = reader->last.at && reader->last.size == found.size &&
                     memcmp(reader->last.at, found.at, found.size) == 0;
        reader->last = found;
        if (!again) {
            *item = found;
            return true;
        }
    }
    return false;
}

uint8_t *base64_decode(const struct base64_item *item, size_t *size) {
    uint8_t *bytes = malloc(item->size / 4 * 3 + 3);
    uint32_t bits = 0;
    unsigned held = 0;
    *size = 0;
    for (size_t i = 0; bytes && i < item->size; i++) {
        unsigned value = sextet(item->at[i]);
        if (value < 64) { /* not `=`, white space */
            bits = bits << 6 | value;
            held += 6;
            if (held >= 8) {
                held -= 8;
                bytes[(*size)++] = (uint8_t)(bits >> held);
            }
        }
    }
    return bytes;
}
