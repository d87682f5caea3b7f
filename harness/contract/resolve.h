/*
 * Resolving: what the operands of a callback are, given the state a run has reached. An operation
 * says "the third handle ever issued" or "MaximumSize and a page"; the model knows which values those
 * are just now.
 */
#ifndef HARNESS_RESOLVE_H
#define HARNESS_RESOLVE_H

#include "harness/contract/call.h"
#include "harness/contract/legal.h"
#include "harness/contract/model.h"

/* The device an adapter number of a program means: there may be fewer than it says. */
uint8_t resolve_device(const struct model *model, uint8_t adapter);

/* The other adapter that an operation names. */
uint8_t resolve_joiner(const struct model *model, const struct program_op *op);

/* What the drivers of a world answer to DxgkDdiLinkDevice at boot: each device's lead, and the members of
 * each lead's chain, itself the first. A device that is absent at boot is alone. */
struct resolve_chains {
    uint8_t lead[PROGRAM_ADAPTERS];
    uint8_t count[PROGRAM_ADAPTERS]; /* of a lead */
    uint8_t member[PROGRAM_ADAPTERS][SUT_CHAIN_MAX];
};
void resolve_chains(const struct program *program, struct resolve_chains *chains);
/* Of a bus operation of a program, but for opcode and fault. */
void resolve_bus(const struct model *model, const struct program_op *op, struct call *call);

/* That an actor goes to. */
KIRQL resolve_irql(const struct program_op *op);

/* MaximumSize of the save area that an argument's index means: in the device's chain, or the device's
 * own where there is no such index. In bytes. */
uint64_t resolve_maximum(const struct model *model, uint8_t device, UINT index);

/* Fills device, handle, null_arg and arg of a callback's call. */
void resolve_operands(const struct model *model, const struct program_op *op, struct call *call);

/* Fills in DMA to a live pin, or an access through a live view, but for opcode and fault; false when there is
 * none. */
bool resolve_dma(const struct model *m, const struct program_op *op, struct call *call);
bool resolve_cpu(const struct model *m, const struct program_op *op, struct call *call);
/* Fills in a write over a live pin's descriptor: its header's Nth word, or (flag) the Nth entry of its array.
 * Of longer arrays the header alone, for who follows the pin has to remember what the entries were. */
#define RESOLVE_SCRIBBLED 64u
bool resolve_scribble(const struct model *m, const struct program_op *op, struct call *call);

/* What the model says a callback or a bus operation must answer. */
struct model_answer resolve_answer(const struct model *model, const struct call *call);
/* The statuses that follow from the answer, for a call that has been performed: a fault may have been met. */
struct legal resolve_legal(const struct model_answer *answer, const struct call *call);

/* What becomes of the model when this callback has succeeded, as it was called and as it came back, for the
 * save area that the answer names. */
void resolve_callback_effect(struct model *model, uint8_t chain, uint8_t index, const struct call *asked,
                             const struct call *answered);
/* What becomes of the model when this ADD, LINK, SURPRISE_REMOVE, POWER, RESET or SECURE_VM has succeeded. */
void resolve_effect(struct model *model, const struct call *call);

#endif
