/*
 * State coverage: what an execution has seen of the contract, where code coverage has long seen all of
 * the code. Each counter is a place that an engine takes for a piece of coverage:
 *
 *   - a clause, and whether it was kept, refused or kept under a fault, once, twice or often;
 *   - a save area's state and an operation with its outcome: {no section, idle, pinned as an array, by
 *     the old form, contiguous} x {viewed or not} x {running, in D3, in reset, gone, inside its stop} x
 *     {physical, isolated, not yet, remapped}, or stopped; x {each opcode} x {done, refused, met a fault};
 *   - how many pins and views were out at once, how many handles issued.
 *
 * libFuzzer takes the counters where they lie: in the section that it calls extra counters, which it
 * clears before each execution. fuzz/engine/afl_state.c hands them to AFL++, counters.c there to others.
 */
#ifndef HARNESS_STATE_COVERAGE_H
#define HARNESS_STATE_COVERAGE_H

#include <stdint.h>

#include "harness/contract/call.h"
#include "harness/contract/model.h"

/* The first event of an operation, by its number: a callback has three outcomes, any other two, and one that
 * is said of others none, for they have theirs. */
#define STATE_BELOW(set, number) __builtin_popcount((set) & ((1u << (number)) - 1))
#define STATE_EVENT(number)                                                                                  \
    (2 * (number) + STATE_BELOW(PROGRAM_CALLBACK_BITS, number) - 2 * STATE_BELOW(PROGRAM_ORDER_BITS, number))

enum state_limits {
    STATE_OUTCOMES = 3,
    /* Without a section 1, and 3 forms viewed or not: the old form is not there when remapped, contiguous
     * only then. Five phases, four modes, and the stopped ones. */
    STATE_PHASES = 5,
    STATE_MODES = 4,
    STATE_AREAS = (1 + 3 * 2) * STATE_PHASES * STATE_MODES + 1, /* 141 */
    STATE_EVENTS = STATE_EVENT(PROGRAM_OPCODES),                /* 45 */
    STATE_DEPTHS = 13,                                          /* 1, 2, 4, ... 4096 and more */
    STATE_AT_CLAUSES = 0,
    STATE_AT_PAIRS = STATE_AT_CLAUSES + CONTRACT_CLAUSE_COUNT * STATE_OUTCOMES,
    STATE_AT_DEPTHS = STATE_AT_PAIRS + STATE_AREAS * STATE_EVENTS,
    /* Under seven thousand: libFuzzer takes 0.08 ns for each in each execution, cleared and read. */
    STATE_COUNTERS = STATE_AT_DEPTHS + 3 * STATE_DEPTHS
};

extern uint8_t state_counters[STATE_COUNTERS];

/* Around an execution. */
void state_begin(void);
void state_end(const struct model *model);

/* Around a call: the state it is made in, then its outcome. */
uint32_t state_before(const struct model *model, const struct call *call);
void state_after(uint32_t before, const struct model *model, const struct call *call);

/* The counters that are not zero, in the order in which they became so; *count of them. */
const uint16_t *state_seen(uint32_t *count);

/* Called at the end of each execution, for an engine that fetches the counters. */
void state_on_end(void (*hook)(void));

#endif
