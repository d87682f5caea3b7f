/* The options of a command: a table, which one parser reads for all. */
#ifndef HARNESS_OPTIONS_H
#define HARNESS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/program/load.h"

struct cmd;

enum option_kind {
    OPTION_FLAG,  /* sets a bool */
    OPTION_NAME,  /* takes the next word: const char * */
    OPTION_COUNT, /* takes a number from min to max: unsigned */
    OPTION_FORM   /* sets an enum load_form to min */
};

struct option {
    const char *word;
    const char *other; /* the same, shorter; NULL: there is no such */
    enum option_kind kind;
    size_t member; /* offsetof() in what the command's options are kept in */
    unsigned min, max;
};

#define OPTION_FORMS(type, member)                                                                           \
    {"--as-text", NULL, OPTION_FORM, offsetof(type, member), LOAD_TEXT, 0}, {                                \
        "--as-bytes", NULL, OPTION_FORM, offsetof(type, member), LOAD_BYTES, 0                               \
    }

/* What stands on a command line beside options. */
struct words {
    char **at;
    int count;
};

/*
 * Reads a command line by the command's table into *values. What is no option, or stands behind "--", is a
 * word: these are gathered at the beginning of argv. False with a message when something is wrong, or when
 * the command wants a word and there is none, or one only and there are more.
 */
bool options_read(const struct cmd *cmd, int argc, char **argv, void *values, struct words *words);

#endif
