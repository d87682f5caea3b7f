/* Programs from files, whichever form they are in. */
#ifndef HARNESS_LOAD_H
#define HARNESS_LOAD_H

#include "harness/program/program.h"
#include "harness/program/text.h"

/* A text of PROGRAM_OPS operations takes TEXT_MAX at most; eight times that leaves room for comments. */
#define LOAD_MAX (8u * TEXT_MAX)
/* What a file of many programs may hold: as many as triage takes at a time, 2^18, of 2 KiB each, which is
 * three times what a seed takes. */
#define LOAD_MANY_MAX (UINT64_C(512) << 20)

enum load_form {
    LOAD_DETECT, /* what load_kind() says */
    LOAD_TEXT,
    LOAD_BYTES
};

enum load_kind {
    LOAD_IS_BYTES,
    LOAD_IS_TEXT,
    LOAD_IS_BASE64, /* of one program or of several */
    LOAD_IS_REFUSED /* none of these: see *error */
};

/*
 * What a file is, by its name and its content.
 *
 * Bytes are what fuzzers write, and any bytes are a program: whatever is told from them here must be what no
 * fuzzer writes. libFuzzer's inputs come from the mutator, and so are canonical: the first byte is below 16,
 * the second below 3, zeros follow. Nothing that is told by its content begins like that. An engine of bytes
 * may write anything, in principle: so it must hold to something through the whole file.
 *
 *   text      all characters are those of a text, and its first word is a statement's: text_detect()
 *   UTF-16    the byte order mark, whole characters to the end, and such a text or such Base64
 *   Base64    all characters are those of a log, and there is a line with the word `Base64:`. Or there are
 *             lines of Base64 alone, and each stands for canonical bytes, not all of them zero: by accident
 * 128 or 192 or ... letters do that only where some 40 are `A`, at the right places
 *
 * A name ends what a content leaves open. A *.txt is text, or Base64 where the lines are longer than words
 * are; a *.b64 or *.base64 is Base64; and what is packed by its name (*.zip, *.gz, ...) is no program, though
 * a program's bytes may begin like that. LOAD_BYTES is the last word: then nothing is looked at.
 */
enum load_kind load_kind(const char *name, const char *content, size_t size, struct text_error *error);

/* "name: why", and false. */
bool load_fail(struct text_error *error, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Whether the name ends in that, `.zip` or the like, in capitals or not. */
bool load_named(const char *name, const char *suffix);

/* A file's content, malloc()ed, and its size; path "-" is standard input. NULL where it cannot be read or is
 * larger than `max`, and *error says why in one line. */
char *load_read(const char *path, size_t max, size_t *size, struct text_error *error);
/* The program in a content. On failure *error says why. */
bool load_program(const char *name, const char *content, size_t size, enum load_form form,
                  struct program *program, struct text_error *error);
/*
 * Calls take() for each of the programs in a file of Base64 that has more than one, with the number of its
 * line and its bytes, malloc()ed and take()'s to free; NULL where the line is at fault, as *error says.
 * False when the file is no such file, or take() says so.
 */
typedef bool load_take(void *context, unsigned line, uint8_t *bytes, size_t size,
                       const struct text_error *error);
bool load_each(const char *name, const char *content, size_t size, load_take *take, void *context);

/* Both: reads a program from a file of at most LOAD_MAX bytes. */
bool program_load(const char *path, enum load_form form, struct program *program, struct text_error *error);

/* Writes a program; path "-" is standard output. LOAD_DETECT: text when the name ends in .txt, else the
 * canonical bytes. On failure *error says why in one line. */
bool program_save(const char *path, enum load_form form, const struct program *program,
                  struct text_error *error);

#endif
