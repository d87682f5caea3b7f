/*
 * The operands of operations, and the members of an operation's record, as tables (operations.def). For the
 * text form, the mutator and the minimizer, which go through an operation operand by operand. What runs
 * programs needs no more of it than which operation has a size (program_span.c).
 */
#ifndef HARNESS_OPERANDS_H
#define HARNESS_OPERANDS_H

#include <stddef.h>

#include "harness/program/program.h"

/* What an operand is: a switch over kinds has no `default:`. */
enum operand_kind {
    OPERAND_HANDLE,   /* handle, adapter, value: lead(0) */
    OPERAND_CHAIN,    /* adapter: one that stands for its chain */
    OPERAND_ADAPTER,  /* adapter: itself, wherever it is in its chain */
    OPERAND_ABSENT,   /* adapter: one that is not on the bus */
    OPERAND_GPU,      /* adapter: whose GPU does it */
    OPERAND_JOINER,   /* value: an adapter that joins a chain */
    OPERAND_D_STATE,  /* flag: d3, d0 */
    OPERAND_TDR,      /* flag: end, begin */
    OPERAND_LEVEL,    /* irql */
    OPERAND_INDEX,    /* of a save area in its chain */
    OPERAND_SIZE,     /* by size_form and size_delta, or as it stands */
    OPERAND_OFFSET,   /* by offset_form and offset_delta, or as it stands */
    OPERAND_FLAGS,    /* PreferContiguous, and Reserved */
    OPERAND_OUT,      /* a member that the callback sets: what is in it before */
    OPERAND_BASE,     /* view, view_form, offset_delta: a view's base; raw: what the structure says */
    OPERAND_VIEW,     /* view: the Kth live one */
    OPERAND_PIN,      /* view: the Kth live pin */
    OPERAND_PAGE,     /* of a pin, modulo its pages */
    OPERAND_IN_PAGE,  /* bytes, modulo a page */
    OPERAND_IN_VIEW,  /* bytes, modulo a view */
    OPERAND_COUNT,    /* shown plus one */
    OPERAND_STAMP,    /* what is written */
    OPERAND_NUMBER,   /* any */
    OPERAND_IDLE,     /* kept, and means nothing */
    OPERAND_SCHEDULE, /* view, actor, the argument: a race (program_race_get) */
    OPERAND_SPAN,     /* how many of the next operations; shown plus one */
    OPERAND_TIMES,    /* how often; shown plus one */
    OPERAND_KINDS
};

struct program_operand {
    const char *name;   /* "": it stands in its place without one */
    const char *member; /* as C has it: "arg.pin2.CommitSize" */
    uint8_t kind;       /* enum operand_kind */
    uint8_t share;
    uint8_t width; /* of the member */
    uint16_t offset;
    uint64_t plain;
};

/* An operation's, ended by one whose name is NULL. */
const struct program_operand *program_operands(uint8_t opcode);
/* Bits of the kinds an operation has; its operand of a kind. */
#define OPERAND_BIT(kind) (UINT32_C(1) << (kind))
_Static_assert(OPERAND_KINDS <= 32, "a set of kinds fits in 32 bits");
uint32_t program_operand_kinds(uint8_t opcode);
/* Whether an operation has an operand of this kind. */
static inline bool program_has(uint8_t opcode, enum operand_kind kind) {
    return (program_operand_kinds(opcode) & OPERAND_BIT(kind)) != 0;
}
/* Whether `adapter` means one: it is an operand, or a part of one. */
bool program_names_adapter(uint8_t opcode);

/* A member's number, little endian in the argument; `width` bytes. */
uint64_t program_operand_get(const struct program_op *op, const struct program_operand *operand);
void program_operand_set(struct program_op *op, const struct program_operand *operand, uint64_t value);
/* The members of the argument that a callback writes when it succeeds: a bit for each 8 bytes. */
unsigned program_written(uint8_t opcode);
/* Where in the argument an operand's bytes are. */
static inline unsigned program_operand_at(const struct program_operand *operand) {
    return (unsigned)(operand->offset - offsetof(struct program_op, arg));
}

#endif
