/* The words of the text form, shared by its printer and its parser so that they cannot differ. */
#ifndef HARNESS_TEXT_WORDS_H
#define HARNESS_TEXT_WORDS_H

#include "harness/program/program.h"

/* Indexed by the enumerations of program.h and sut.h; the world's words are in world.h. */
extern const char *const text_opcodes[];
extern const char *const text_handles[PROGRAM_HANDLES];
extern const char *const text_forms[PROGRAM_FORMS];
extern const char *const text_views[PROGRAM_VIEWS];
extern const char *const text_faults[SUT_FAULT_KINDS];
extern const char *const text_irqls[PROGRAM_IRQLS];

/* Little-endian access to the argument's bytes; width is 2, 4 or 8. */
uint64_t text_arg_get(const struct program_op *op, unsigned offset, unsigned width);
void text_arg_set(struct program_op *op, unsigned offset, unsigned width, uint64_t value);

#endif
