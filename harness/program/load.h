/* Programs from files, whichever form they are in. */
#ifndef HARNESS_LOAD_H
#define HARNESS_LOAD_H

#include "harness/program/program.h"
#include "harness/program/text.h"

/* A text of PROGRAM_OPS operations takes TEXT_MAX at most; eight times that leaves room for comments. */
#define LOAD_MAX (8u * TEXT_MAX)

enum load_form {
    LOAD_DETECT, /* text when the name ends in .txt or the content is text (text_detect()), else bytes */
    LOAD_TEXT,
    LOAD_BYTES
};

/* Reads a program; path "-" is standard input. On failure (the file cannot be read, is beyond LOAD_MAX,
 * or is faulty text) *error says why in one line. */
bool program_load(const char *path, enum load_form form, struct program *program, struct text_error *error);

/* Writes a program; path "-" is standard output. LOAD_DETECT: text when the name ends in .txt, else the
 * canonical bytes. On failure *error says why in one line. */
bool program_save(const char *path, enum load_form form, const struct program *program,
                  struct text_error *error);

#endif
