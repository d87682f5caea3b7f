/*
 * What the parser of programs reads lines with. A function that returns bool and takes the parser has
 * put an error into it when it returns false; one without it has merely not found what it looked for.
 */
#ifndef HARNESS_TEXT_SCAN_H
#define HARNESS_TEXT_SCAN_H

#include "harness/program/text.h"

/* A stretch of the current line. */
struct text_span {
    const char *at;
    const char *end;
};

struct text_parser {
    const char *name;
    const char *start; /* of the current line */
    const char *at;    /* in the current line */
    const char *end;   /* of the current line, or of what comes before its comment */
    unsigned line;
    struct program *program;
    struct text_error *error;
    uint64_t claimed; /* bits for what the current statement has given */
};

/* What can stand behind "expected", whole: the longest is a list of all words of a row of world.def. */
#define TEXT_EXPECTED_MAX 512u

/* "name:line:column: expected <format>, got '<got>'"; always false. An empty span is the line's end. */
bool text_fail(struct text_parser *parser, struct text_span got, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The column in characters, not bytes, so that editors agree. */
unsigned text_column(const struct text_parser *parser, const char *at);
/* Each of these bits may be claimed once in a statement. */
bool text_claim(struct text_parser *parser, struct text_span token, uint64_t bits);

/* ---- words ---- */

/* The next word of the line; empty at its end. */
struct text_span text_next_token(struct text_parser *parser);
bool text_is(struct text_span token, const char *word);
/* Takes word off the front when it is there. */
bool text_take(struct text_span *token, const char *word);
/* Splits key=value; false when there is no '='. */
bool text_split(struct text_span token, struct text_span *key, struct text_span *value);
/* word(inner): true when the token has that shape. */
bool text_call(struct text_span token, struct text_span *word, struct text_span *inner);
bool text_find(struct text_span token, const char *const *words, unsigned count, uint8_t *found);
/* One of the words; its number. */
bool text_word(struct text_parser *parser, struct text_span token, const char *const *words, unsigned count,
               uint8_t *found);
/* `none`, or words with commas between them; a bit for each. */
bool text_bits(struct text_parser *parser, struct text_span token, const char *const *words, unsigned count,
               unsigned *bits);

/* ---- numbers ---- */

enum text_unit {
    TEXT_PLAIN, /* K M G T P multiply */
    TEXT_BYTES  /* p too: pages */
};

/* Takes digits off the front: decimal or 0x. False when there are none or they do not fit. */
bool text_take_digits(struct text_span *token, uint64_t *value);
/* The same with a suffix. */
bool text_take_number(struct text_span *token, enum text_unit unit, uint64_t *value);
/* Takes an optional +N or -N with its unit off the front. False when there is a sign and no such number
 * behind it; *given says whether there was one. */
bool text_take_delta(struct text_span *token, char unit, int8_t *delta, bool *given);
/* The whole token is a number from min to max. */
bool text_number(struct text_parser *parser, struct text_span token, enum text_unit unit, uint64_t min,
                 uint64_t max, uint64_t *value);
bool text_byte(struct text_parser *parser, struct text_span token, unsigned max, uint8_t *byte);
bool text_signed(struct text_parser *parser, struct text_span token, int64_t min, int64_t max,
                 int64_t *value);

/* ---- text_parse_op.c ---- */

/* The rest of the line is this operation; it is added to the program. */
bool text_parse_op(struct text_parser *parser, struct text_span statement, uint8_t opcode);

#endif
