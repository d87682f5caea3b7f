/* Reads the tokens, words and numbers of a line, and says what is wrong with them. */
#include "harness/program/text_scan.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- errors ---- */

unsigned text_column(const struct text_parser *parser, const char *at) {
    unsigned column = 1;
    for (const char *c = parser->start; c < at; c++)
        column += ((unsigned char)*c & 0xc0) != 0x80;
    return column;
}

bool text_fail(struct text_parser *parser, struct text_span got, const char *format, ...) {
    struct text_error *error = parser->error;
    error->line = parser->line;
    error->column = text_column(parser, got.at);
    char expected[TEXT_EXPECTED_MAX];
    va_list list;
    va_start(list, format);
    vsnprintf(expected, sizeof(expected), format, list);
    va_end(list);
    char shown[44] = "end of line";
    if (got.at < got.end) {
        int length = got.end - got.at > 40 ? 40 : (int)(got.end - got.at);
        snprintf(shown, sizeof(shown), "'%.*s'", length, got.at);
    }
    snprintf(error->text, sizeof(error->text), "%.300s:%u:%u: expected %s, got %s", parser->name, error->line,
             error->column, expected, shown);
    return false;
}

bool text_claim(struct text_parser *parser, struct text_span token, uint64_t bits) {
    if (parser->claimed & bits)
        return text_fail(parser, token, "each member once");
    parser->claimed |= bits;
    return true;
}

/* ---- words ---- */

struct text_span text_next_token(struct text_parser *parser) {
    while (parser->at < parser->end && isspace((unsigned char)*parser->at))
        parser->at++;
    struct text_span token = {parser->at, parser->at};
    while (token.end < parser->end && !isspace((unsigned char)*token.end))
        token.end++;
    parser->at = token.end;
    return token;
}

bool text_is(struct text_span token, const char *word) {
    size_t length = strlen(word);
    return (size_t)(token.end - token.at) == length && memcmp(token.at, word, length) == 0;
}

bool text_take(struct text_span *token, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(token->end - token->at) < length || memcmp(token->at, word, length) != 0)
        return false;
    token->at += length;
    return true;
}

bool text_split(struct text_span token, struct text_span *key, struct text_span *value) {
    const char *equals = memchr(token.at, '=', (size_t)(token.end - token.at));
    if (!equals)
        return false;
    *key = (struct text_span){token.at, equals};
    *value = (struct text_span){equals + 1, token.end};
    return true;
}

bool text_call(struct text_span token, struct text_span *word, struct text_span *inner) {
    const char *open = memchr(token.at, '(', (size_t)(token.end - token.at));
    if (!open || token.end[-1] != ')')
        return false;
    *word = (struct text_span){token.at, open};
    *inner = (struct text_span){open + 1, token.end - 1};
    return true;
}

static void list_words(char *list, size_t size, const char *const *words, unsigned count) {
    size_t length = 0;
    list[0] = 0;
    for (unsigned i = 0; i < count && length < size; i++)
        length += (size_t)snprintf(list + length, size - length, "%s%s", i ? "|" : "", words[i]);
}

bool text_find(struct text_span token, const char *const *words, unsigned count, uint8_t *found) {
    for (unsigned i = 0; i < count; i++) {
        if (text_is(token, words[i])) {
            *found = (uint8_t)i;
            return true;
        }
    }
    return false;
}

bool text_word(struct text_parser *parser, struct text_span token, const char *const *words, unsigned count,
               uint8_t *found) {
    if (text_find(token, words, count, found))
        return true;
    char list[TEXT_EXPECTED_MAX];
    list_words(list, sizeof(list), words, count);
    return text_fail(parser, token, "%s", list);
}

bool text_bits(struct text_parser *parser, struct text_span token, const char *const *words, unsigned count,
               unsigned *bits) {
    *bits = 0;
    if (text_is(token, "none"))
        return true;
    while (true) {
        const char *comma = memchr(token.at, ',', (size_t)(token.end - token.at));
        struct text_span word = {token.at, comma ? comma : token.end};
        uint8_t bit;
        if (!text_word(parser, word, words, count, &bit))
            return false;
        *bits |= 1u << bit;
        if (!comma)
            return true;
        token.at = comma + 1;
    }
}

/* ---- numbers ---- */

bool text_take_digits(struct text_span *token, uint64_t *value) {
    struct text_span digits = *token;
    unsigned base = text_take(&digits, "0x") || text_take(&digits, "0X") ? 16 : 10;
    const char *first = digits.at;
    *value = 0;
    for (; digits.at < digits.end; digits.at++) {
        unsigned char c = (unsigned char)*digits.at;
        unsigned digit = isdigit(c) ? c - (unsigned)'0' : (c | 32u) - (unsigned)'a' + 10u;
        if ((!isdigit(c) && base == 10) || !isxdigit(c))
            break;
        if (*value > (UINT64_MAX - digit) / base)
            return false;
        *value = *value * base + digit;
    }
    if (digits.at == first)
        return false;
    *token = digits;
    return true;
}

bool text_take_number(struct text_span *token, enum text_unit unit, uint64_t *value) {
    static const char suffixes[] = "KMGTP";
    struct text_span rest = *token;
    if (!text_take_digits(&rest, value))
        return false;
    unsigned shift = 0;
    if (rest.at < rest.end) {
        const char *suffix = memchr(suffixes, *rest.at, sizeof(suffixes) - 1);
        if (suffix)
            shift = 10u * (unsigned)(suffix - suffixes + 1);
        else if (*rest.at == 'p' && unit == TEXT_BYTES)
            shift = 12;
        rest.at += shift != 0;
    }
    if (*value > UINT64_MAX >> shift)
        return false;
    *value <<= shift;
    *token = rest;
    return true;
}

bool text_number(struct text_parser *parser, struct text_span token, enum text_unit unit, uint64_t min,
                 uint64_t max, uint64_t *value) {
    struct text_span rest = token;
    if (text_take_number(&rest, unit, value) && rest.at == rest.end && *value >= min && *value <= max)
        return true;
    return text_fail(parser, token, "a number from %" PRIu64 " to %" PRIu64, min, max);
}

bool text_byte(struct text_parser *parser, struct text_span token, unsigned max, uint8_t *byte) {
    uint64_t value;
    if (!text_number(parser, token, TEXT_PLAIN, 0, max, &value))
        return false;
    *byte = (uint8_t)value;
    return true;
}

bool text_signed(struct text_parser *parser, struct text_span token, int64_t min, int64_t max,
                 int64_t *value) {
    struct text_span rest = token;
    bool minus = text_take(&rest, "-");
    if (!minus)
        text_take(&rest, "+");
    uint64_t magnitude;
    if (text_take_number(&rest, TEXT_BYTES, &magnitude) && rest.at == rest.end &&
        magnitude <= (minus ? (uint64_t)-min : (uint64_t)max)) {
        *value = minus ? -(int64_t)magnitude : (int64_t)magnitude;
        return true;
    }
    return text_fail(parser, token, "a number from %" PRId64 " to %" PRId64, min, max);
}

bool text_take_delta(struct text_span *token, char unit, int8_t *delta, bool *given) {
    struct text_span rest = *token;
    *given = false;
    bool minus = text_take(&rest, "-");
    if (!minus && !text_take(&rest, "+"))
        return true;
    uint64_t magnitude;
    if (!text_take_digits(&rest, &magnitude) || magnitude > (minus ? 128u : 127u) || rest.at == rest.end ||
        *rest.at != unit)
        return false;
    *delta = (int8_t)(minus ? -(int)magnitude : (int)magnitude);
    rest.at++;
    *token = rest;
    *given = true;
    return true;
}
