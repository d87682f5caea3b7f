/* The operations of operations.def: their numbers, classes and properties. */
#ifndef HARNESS_OPERATIONS_H
#define HARNESS_OPERATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/program/operations.def"

/* Row by row, X(name, number, word, ...). */
#define PROGRAM_OPERATIONS(X)                                                                                \
    PROGRAM_CALLBACKS(X)                                                                                     \
    PROGRAM_ACCESSES(X)                                                                                      \
    PROGRAM_BUS(X)                                                                                           \
    PROGRAM_SELF(X)                                                                                          \
    PROGRAM_ORDER(X)

enum program_opcode {
#define PROGRAM_OP(name, number, ...) OP_##name = (number),
    PROGRAM_OPERATIONS(PROGRAM_OP)
#undef PROGRAM_OP
};
#define OP_NONE UINT8_MAX

/* ---- sets of operations: bit OP_x ---- */

#define PROGRAM_BIT(name, number, ...) | 1 << (number)
/* Where the row has this word. */
#define PROGRAM_IF_RACES(name, number, word, race, ...) PROGRAM_IF_RACES_##race(number)
#define PROGRAM_IF_RACES_RACES(number)                  | 1 << (number)
#define PROGRAM_IF_RACES_ALONE(number)
#define PROGRAM_IF_TAKES(name, number, word, race, needs, ...) PROGRAM_IF_TAKES_##needs(number)
#define PROGRAM_IF_TAKES_TAKES(number)                         | 1 << (number)
#define PROGRAM_IF_TAKES_GIVES(number)
#define PROGRAM_IF_TAKES_KEEPS(number)
#define PROGRAM_IF_GIVES(name, number, word, race, needs, ...) PROGRAM_IF_GIVES_##needs(number)
#define PROGRAM_IF_GIVES_TAKES(number)
#define PROGRAM_IF_GIVES_GIVES(number) | 1 << (number)
#define PROGRAM_IF_GIVES_KEEPS(number)
#define PROGRAM_ONE_MORE(...) +1

enum program_sets {
    PROGRAM_OPCODES = PROGRAM_OPERATIONS(PROGRAM_ONE_MORE),
    PROGRAM_ALL_BITS = 0 PROGRAM_OPERATIONS(PROGRAM_BIT),
    PROGRAM_CALLBACK_BITS = 0 PROGRAM_CALLBACKS(PROGRAM_BIT),
    PROGRAM_ACCESS_BITS = 0 PROGRAM_ACCESSES(PROGRAM_BIT),
    PROGRAM_BUS_BITS = 0 PROGRAM_BUS(PROGRAM_BIT),
    PROGRAM_ORDER_BITS = 0 PROGRAM_ORDER(PROGRAM_BIT),
    PROGRAM_RACES_BITS = 0 PROGRAM_OPERATIONS(PROGRAM_IF_RACES),
    PROGRAM_TAKES_BITS = 0 PROGRAM_OPERATIONS(PROGRAM_IF_TAKES),
    PROGRAM_GIVES_BITS = 0 PROGRAM_OPERATIONS(PROGRAM_IF_GIVES)
};
_Static_assert(PROGRAM_OPCODES < 32, "a set of operations fits in an int");
_Static_assert(PROGRAM_ALL_BITS == (INT64_C(1) << PROGRAM_OPCODES) - 1,
               "each number from 0 on has one operation");

static inline bool program_is_of(uint32_t set, uint8_t opcode) {
    return (set >> opcode & 1) != 0;
}

/* Whether fail_nth is heeded: by what calls the implementation and says what came of it. In a race, by the
 * first callback or start that names one (drive/races.c). */
static inline bool program_takes_fault(uint8_t opcode) {
    return program_is_of(PROGRAM_CALLBACK_BITS | PROGRAM_BUS_BITS, opcode);
}

/* Whether it is a GPU's. */
static inline bool program_is_dma(uint8_t opcode) {
    return opcode == OP_DMA_READ || opcode == OP_DMA_WRITE;
}

/* What can be in a race: callbacks, what happens to a machine at any time, a GPU's DMA, and what a driver
 * does to the argument of another of its calls. What a CPU does through a view, new devices and links, and
 * what an actor does to itself alone (IRQL) cannot. */
static inline bool program_may_race(uint8_t opcode) {
    return program_is_of(PROGRAM_RACES_BITS, opcode);
}

/* Whether it takes what may run out. */
static inline bool program_takes(uint8_t opcode) {
    return program_is_of(PROGRAM_TAKES_BITS, opcode);
}

/* Whether it gives back, which never fails for a shortage. */
static inline bool program_gives(uint8_t opcode) {
    return program_is_of(PROGRAM_GIVES_BITS, opcode);
}

/* The operation that may undo it; OP_NONE. */
uint8_t program_undone_by(uint8_t opcode);

/* ---- classes ---- */

enum program_class {
    CLASS_CALLBACK,
    CLASS_ACCESS,
    CLASS_BUS,
    CLASS_SELF,
    CLASS_ORDER
};
extern const uint8_t program_classes[PROGRAM_OPCODES];
static inline enum program_class program_class(uint8_t opcode) {
    return (enum program_class)program_classes[opcode];
}

/*
 * The operations of a class, for a switch over them alone. A switch over operations has one of these types,
 * or enum program_opcode, and no `default:`, so that the compiler names what a new operation misses
 * (tests/switches.py).
 */
enum program_callback {
#define PROGRAM_OP(name, number, ...) CALLBACK_##name = (number),
    PROGRAM_CALLBACKS(PROGRAM_OP)
#undef PROGRAM_OP
};
enum program_access {
#define PROGRAM_OP(name, number, ...) ACCESS_##name = (number),
    PROGRAM_ACCESSES(PROGRAM_OP)
#undef PROGRAM_OP
};
enum program_bus {
#define PROGRAM_OP(name, number, ...) BUS_##name = (number),
    PROGRAM_BUS(PROGRAM_OP)
#undef PROGRAM_OP
};
enum program_self {
#define PROGRAM_OP(name, number, ...) SELF_##name = (number),
    PROGRAM_SELF(PROGRAM_OP)
#undef PROGRAM_OP
};

/* ---- words of members ---- */

#define PROGRAM_WORD(name, ...) name,
enum program_handle {
    PROGRAM_HANDLE_WORDS(PROGRAM_WORD) PROGRAM_HANDLES
};
enum program_form {
    PROGRAM_FORM_WORDS(PROGRAM_WORD) PROGRAM_FORMS
};
enum program_view {
    PROGRAM_VIEW_WORDS(PROGRAM_WORD) PROGRAM_VIEWS
};
enum program_irql {
    PROGRAM_IRQL_WORDS(PROGRAM_WORD) PROGRAM_IRQLS
};
#undef PROGRAM_WORD

#endif
