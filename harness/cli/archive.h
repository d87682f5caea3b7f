/* Zip archives, read by libzip. */
#ifndef HARNESS_ARCHIVE_H
#define HARNESS_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>

/* A file in an archive. All three are malloc()ed and the caller's. */
struct archive_file {
    char *name;
    char *content; /* NULL where it cannot be read: */
    char *why;
    size_t size;
};

typedef bool archive_wanted(const char *name);

/*
 * Reads those files of an archive whose names are wanted, in the order in which they would be found if they
 * lay unpacked in a directory. `/` is between directories, also where the archive has `\`. A file that is
 * too large, encrypted, damaged, a symbolic link, there twice, or that has a name which leads out of the
 * archive or cannot be printed, has no content and says why. False with *why, malloc()ed, when the archive
 * cannot be read at all, or is more than what ARCHIVE_... in archive.c allows.
 *
 * Weak: it is not there in a build without libzip.
 */
bool archive_read(const char *path, archive_wanted *wanted, struct archive_file **files, size_t *count,
                  char **why) __attribute__((weak));

#endif
