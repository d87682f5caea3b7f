/* What lies in archives and in files of Base64, for cmd_files.c. It stays until the process ends. */
#ifndef HARNESS_MEMBERS_H
#define HARNESS_MEMBERS_H

#include "harness/cli/archive.h"
#include "harness/program/load.h"

struct member {
    char *path; /* "seeds.zip:inner/name", "lines.b64:3" */
    char *content;
    size_t size;
    char *why; /* it has no content: what is wrong with it, "path: why" */
    enum load_form form;
};

/* NULL where no file was looked into that has it. */
const struct member *member_find(const char *path);

/* Of a path that ends in .zip. */
bool member_is_archive(const char *path);

/*
 * Looks into a file, and calls add() with the path of each member in it: an archive's wanted ones, and below
 * each of these, or in the file itself, the programs of a list in Base64. MEMBERS_NONE: it is neither an
 * archive nor such a list, and nothing was called. MEMBERS_FAILED: with a message, or add() said so.
 */
enum members {
    MEMBERS_NONE,
    MEMBERS_ADDED,
    MEMBERS_FAILED
};
typedef bool member_add(void *context, const char *path);
enum members members_of(const char *path, archive_wanted *wanted, member_add *add, void *context);

#endif
