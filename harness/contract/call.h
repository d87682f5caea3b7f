/*
 * A call: one operation with its operands resolved against the state the run has reached. Resolving
 * looks at the model, performing only at the implementation, so that a run can be recorded as calls
 * and performed again without a model or a check.
 */
#ifndef HARNESS_CALL_H
#define HARNESS_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/program/program.h"

/* Of a callback: each by the name that operations.def gives it. */
union call_argument {
    uint8_t raw[32];
    PROGRAM_CALLBACKS(PROGRAM_ARGUMENT)
};

struct call {
    uint8_t opcode; /* enum program_opcode */
    uint8_t actor;
    uint8_t device; /* bus operations and DMA: the device; LINK: the lead */
    uint8_t joiner; /* ADD: whose chain its driver names; ANSWERS: whose line it goes by */
    bool flag;      /* POWER: D0; RESET: begin; SCRIBBLE: over the array */
    KIRQL irql;
    bool null_arg;
    bool fired; /* out: an injected fault was met */
    uint8_t fail_kind;
    uint8_t fail_nth;
    uint8_t pin_chain; /* DMA: whose pin */
    uint8_t pin_index;
    uint8_t count;   /* DMA: pages; ADD: of how many links */
    uint16_t offset; /* DMA: byte in the page */
    bool dma_ok;     /* out: no page faulted */
    NTSTATUS status; /* out */
    HANDLE handle;
    const DXGKRNL_INTERFACE *table;      /* whose callback is called */
    const struct sut_miniport *miniport; /* ADD */
    union call_argument arg;             /* in and out */
    uint64_t page; /* DMA: first page of the section; CPU: byte offset in the section; SCRIBBLE: word */
    uint64_t stamp;
    uint64_t address[PROGRAM_DMA_PAGES]; /* DMA: device page numbers; CPU, SCRIBBLE: [0] the address; START in
                                            a race, out: handles */
    uint64_t data[PROGRAM_DMA_PAGES];    /* out: what was read */
};

static inline bool call_is_callback(uint8_t opcode) {
    return program_is_of(PROGRAM_CALLBACK_BITS, opcode);
}
/* Whether faults can be injected: without being told whether one fired, a failure could not be judged. */
bool call_injects(const struct sut *sut);
/* Whether the callback is in the table; performing one that is not is a harness error. */
bool call_is_present(const struct call *call);

#endif
