/* The words of the text form, shared by its printer and its parser so that they cannot differ. */
#ifndef HARNESS_TEXT_WORDS_H
#define HARNESS_TEXT_WORDS_H

#include "harness/program/program.h"

/* Indexed by the enumerations of program.h and sut.h; the world's words are in world.h. */
extern const char *const text_opcodes[PROGRAM_OPCODES];
extern const char *const text_handles[PROGRAM_HANDLES];
extern const char *const text_forms[PROGRAM_FORMS];
extern const char *const text_views[PROGRAM_VIEWS];
extern const char *const text_faults[SUT_FAULT_KINDS];
extern const char *const text_irqls[PROGRAM_IRQLS];

/* What follows the opcode without a name. */
enum text_operands {
    TEXT_NO_OPERAND,
    TEXT_HANDLE,      /* lead(0) */
    TEXT_ADAPTER,     /* 0 */
    TEXT_ADAPTER_D,   /* 0 d3 */
    TEXT_ADAPTER_TDR, /* 0 begin */
    TEXT_LINK,        /* 0 1 */
    TEXT_IRQL         /* dispatch */
};
extern const enum text_operands text_operands[PROGRAM_OPCODES];

enum text_field_kind {
    TEXT_NUMBER,
    TEXT_HEX,
    TEXT_SIZE,   /* by size_form */
    TEXT_OFFSET, /* by offset_form */
    TEXT_FLAGS,  /* DXGKARGCB_PINFRAMEBUFFERFORSAVE2.Flags: two names of its own */
    TEXT_COUNT   /* shown plus one */
};

/* A member of the argument structure. */
struct text_field {
    const char *name; /* NULL ends the list */
    uint8_t kind;     /* enum text_field_kind */
    uint8_t offset;   /* in program_op.arg */
    uint8_t width;
    bool always; /* shown even when zero */
};
const struct text_field *text_fields(uint8_t opcode);

/* Whether `view` belongs to what the opcode does. */
bool text_has_view(uint8_t opcode);

/* Little-endian access to the argument's bytes; width is 2, 4 or 8. */
uint64_t text_arg_get(const struct program_op *op, unsigned offset, unsigned width);
void text_arg_set(struct program_op *op, unsigned offset, unsigned width, uint64_t value);

#endif
