/*
 * Sources: a story as one C file that a person can read, and that a compiler makes into a program which
 * does the same, given an implementation behind the seam (sut.h) and the public headers, and no harness.
 */
#ifndef HARNESS_SOURCE_H
#define HARNESS_SOURCE_H

#include <stdio.h>

#include "harness/reproduce/story.h"

/* The first operation that is a race, or op_count. A schedule counts loads and stores, at which a C file of
 * its own cannot switch: source_write() takes no program that has one. */
uint32_t source_race(const struct program *program);

/*
 * Writes the file. The program that is made of it exits with 0 when everything goes as the contract says,
 * with 1 when what the story ends with is seen again, and with 2 when something else differs before that;
 * where the process died, it dies. `name` is for the comment.
 */
void source_write(FILE *file, const char *name, const struct program *program, const struct story *story,
                  const struct verdict *verdict);

#endif
