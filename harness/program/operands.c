/* Tables of operands. */
#include "harness/program/operands.h"

#define OPERAND(kind, name, member, plain, share)                                                            \
    {(name),                                                                                                 \
     #member,                                                                                                \
     OPERAND_##kind,                                                                                         \
     (share),                                                                                                \
     (uint8_t)sizeof(((struct program_op *)0)->member),                                                      \
     (uint16_t)offsetof(struct program_op, member),                                                          \
     (plain)},
#define OPERANDS(name, ...)                                                                                  \
    static const struct program_operand operands_##name[] = {PROGRAM_OPERANDS_##name(OPERAND){0}};
PROGRAM_OPERATIONS(OPERANDS)

const struct program_operand *program_operands(uint8_t opcode) {
#define OPERANDS_OF(name, ...) [OP_##name] = operands_##name,
    static const struct program_operand *const operands[PROGRAM_OPCODES] = {PROGRAM_OPERATIONS(OPERANDS_OF)};
    return operands[opcode];
}

uint32_t program_operand_kinds(uint8_t opcode) {
#define KIND_BIT(kind, ...)  | OPERAND_BIT(OPERAND_##kind)
#define KIND_BITS(name, ...) [OP_##name] = UINT32_C(0) PROGRAM_OPERANDS_##name(KIND_BIT),
    static const uint32_t kinds[PROGRAM_OPCODES] = {PROGRAM_OPERATIONS(KIND_BITS)};
    return kinds[opcode];
}

bool program_names_adapter(uint8_t opcode) {
    return (program_operand_kinds(opcode) &
            (OPERAND_BIT(OPERAND_HANDLE) | OPERAND_BIT(OPERAND_CHAIN) | OPERAND_BIT(OPERAND_ADAPTER) |
             OPERAND_BIT(OPERAND_ABSENT) | OPERAND_BIT(OPERAND_GPU))) != 0;
}

/* ---- numbers ---- */

uint64_t program_operand_get(const struct program_op *op, const struct program_operand *operand) {
    const uint8_t *at = (const uint8_t *)op + operand->offset;
    uint64_t value = 0;
    for (unsigned i = 0; i < operand->width; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

void program_operand_set(struct program_op *op, const struct program_operand *operand, uint64_t value) {
    uint8_t *at = (uint8_t *)op + operand->offset;
    for (unsigned i = 0; i < operand->width; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

unsigned program_written(uint8_t opcode) {
#define WRITTEN(name, member)                                                                                \
    if (opcode == OP_##name)                                                                                 \
        written |= 1u << ((offsetof(struct program_op, member) - offsetof(struct program_op, arg)) / 8);
    unsigned written = 0;
    PROGRAM_WRITTEN(WRITTEN)
    return written;
}
