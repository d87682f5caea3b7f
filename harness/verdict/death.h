/* Deaths: what a process died of, told by its wait status and by the report of a sanitizer or its last words.
 */
#ifndef HARNESS_DEATH_H
#define HARNESS_DEATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

bool death_is_hang(int status);
/* "hang", "signal 11", "exit status 1". */
void death_name(int status, char *name, size_t capacity);
/* "hung (longer than 60 s)", "crashed (signal 11)", "crashed (exit status 1)". */
void death_print(FILE *file, int status, unsigned timeout);

/* Finds in what was said the kind, and the topmost function that is not the sanitizer's; of an assert() its
 * function and what did not hold: "heap-use-after-free in dxgk_unpin". Numbers are left out, which differ
 * from death to death of one bug, unless `numbers` are wanted. */
void death_read(const char *report, bool numbers, char *what, size_t capacity);
/* That function in the report, which goes on with " FILE:LINE:COLUMN" where there are symbols, and the length
 * of its name; NULL when there is no stack. */
const char *death_find_function(const char *report, size_t *length);

#endif
