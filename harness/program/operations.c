/* Properties of operations that are looked up. */
#include "harness/program/operations.h"

uint8_t program_undone_by(uint8_t opcode) {
#define UNDONE_BY(name, number, word, race, needs, undone_by, ...) [OP_##name] = OP_##undone_by,
    static const uint8_t undone_by[PROGRAM_OPCODES] = {PROGRAM_OPERATIONS(UNDONE_BY)};
    return undone_by[opcode];
}

#define CALLBACK(name, ...) [OP_##name] = CLASS_CALLBACK,
#define ACCESS(name, ...)   [OP_##name] = CLASS_ACCESS,
#define BUS(name, ...)      [OP_##name] = CLASS_BUS,
#define SELF(name, ...)     [OP_##name] = CLASS_SELF,
#define ORDER(name, ...)    [OP_##name] = CLASS_ORDER,
const uint8_t program_classes[PROGRAM_OPCODES] = {PROGRAM_CALLBACKS(CALLBACK) PROGRAM_ACCESSES(
    ACCESS) PROGRAM_BUS(BUS) PROGRAM_SELF(SELF) PROGRAM_ORDER(ORDER)};
