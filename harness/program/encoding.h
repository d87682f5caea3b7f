/*
 * Files as people have them: a text that a Windows editor saved as UTF-16, and programs in Base64, as
 * libFuzzer prints them. Here content is looked at, and nothing else; load.c decides what a file is.
 */
#ifndef HARNESS_ENCODING_H
#define HARNESS_ENCODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Unicode ---- */

enum encoding {
    ENCODING_BYTES, /* no mark that says otherwise: UTF-8, or no text at all */
    ENCODING_UTF16, /* its byte order mark comes first */
    ENCODING_UTF32,
    ENCODING_UTF16_UNMARKED /* no mark, but one of the first two bytes is 0 and the other is not */
};
enum encoding encoding_of(const char *content, size_t size);

/* The same text in UTF-8, malloc()ed, and its length. NULL where a byte or half of a surrogate pair is left
 * over, or memory ends. */
char *encoding_from_utf16(const char *content, size_t size, size_t *length);

/* ---- Base64 ---- */

/* The characters of the shortest canonical program, two records of 48 bytes: 128. Of their 96 bytes none is
 * left over for `=`, nor of any other canonical program's. */
#define BASE64_SHORTEST 128u

enum base64 {
    BASE64_NONE,
    BASE64_MARKED, /* `Base64: ...`, as libFuzzer prints it, among whatever lines */
    BASE64_BARE    /* Base64 in each line, and nothing else */
};

struct base64_item {
    const char *at; /* white space may be inside */
    size_t size;
    unsigned line; /* from 1 */
    bool valid;    /* false, of MARKED alone: behind the mark something else stands */
};
/* Goes through the programs in a text, one base64_next() for each. */
struct base64_reader {
    const char *at;
    const char *end;
    unsigned line;
    enum base64 form;
    bool wrapped; /* of BARE: all lines are one program */
    struct base64_item last;
};

/*
 * What a text has of Base64. It is MARKED when some line has the word `Base64:` and does not begin with `#`:
 * what follows to the end of that line is a program, and all other lines are passed over. BARE: each line
 * that is not blank and does not begin with `#` is a program; or all together are one, where lines are as
 * `base64` and `openssl` wrap them: equally long, but for the last, and shorter than the shortest canonical
 * program.
 */
enum base64 base64_begin(struct base64_reader *reader, const char *text, size_t size);
/* False when there are no more. A program that is the same as the one before it is passed over. */
bool base64_next(struct base64_reader *reader, struct base64_item *item);
/* The bytes of a valid item, malloc()ed. NULL when memory ends. */
uint8_t *base64_decode(const struct base64_item *item, size_t *size);

#endif
