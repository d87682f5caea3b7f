/*
 * The text form of a program: what people read, write and keep in corpus/ and crashes/.
 *
 *     # a comment, to the end of the line
 *     machine adapters=2 iommu=remap_always ram=4096
 *     adapter 1 joins=0 maximum_size=64K caps=supported,remap
 *     pin2 lead(0) index=1 CommitSize=MaximumSize-1p PreferContiguous fail_nth=3(lock)
 *     unpin lead(0) index=1
 *
 * One statement a line: at most one `machine`, then at most one `adapter` for each, then operations.
 * A member that is left out has its plain value, the one that zero bytes decode to. Text and
 * program convert both ways without loss: members that an operation does not use, and bytes of the
 * argument structure that no member shows (`pad4=`), are printed too when they are not zero.
 *
 * The manual is `pinfuzz help programs` (text_help.c): of operations it says what their rows in
 * operations.def say, of the world what those of world.def say.
 */
#ifndef HARNESS_TEXT_H
#define HARNESS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "harness/program/program.h"

/* The longest line that is printed, with its end: an operation whose 15 members and 32 argument bytes
 * are all set needs under 400 characters; text_world.c adds up a machine's line and an adapter's. */
#define TEXT_LINE_MAX 768u
/* The machine's line and the adapters'. */
#define TEXT_WORLD_MAX ((1u + PROGRAM_ADAPTERS) * TEXT_LINE_MAX)
/* A printed program, whole. */
#define TEXT_MAX ((1u + PROGRAM_ADAPTERS + PROGRAM_OPS) * TEXT_LINE_MAX)

struct text_error {
    unsigned line; /* from 1 */
    unsigned column;
    char text[1024]; /* "name:line:column: expected X, got 'Y'" */
};

/* The bytes of the mark that some editors put before a text (the BOM of UTF-8): 3 or 0. */
size_t text_mark(const char *text, size_t size);

/* Reads a whole text, with its mark or without. name is for the message only. On failure *program is
 * unspecified and *error says why. */
bool text_parse(const char *name, const char *text, size_t size, struct program *program,
                struct text_error *error);

/* The three printers work as snprintf does: at most `capacity` bytes are written, a final NUL
 * included, and the full length without it is returned. Nothing is allocated. */
size_t text_print(const struct program *program, char *buffer, size_t capacity);
/* The machine line and the adapter lines. */
size_t text_print_world(const struct program *program, char *buffer, size_t capacity);
/* One operation, one line, without the line's end; under TEXT_LINE_MAX. */
size_t text_print_op(const struct program_op *op, char *buffer, size_t capacity);

/* Writes the whole text, a line at a time. Whether all of it was written, ferror() tells. */
void text_write(const struct program *program, FILE *file);

/* Whether a file's content is text. Bytes are text when all of them are printable (UTF-8 passes) or
 * white space, and the first word outside comments is a statement's. Byte form can hardly meet that: its
 * canonical records hold zeros. An empty content, or comments alone, is no text. */
bool text_detect(const char *content, size_t size);

/* The manual page: `pinfuzz help programs`. Every word that is printed stands there. */
const char *text_help(void);

#endif
