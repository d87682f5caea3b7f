/*
 * The linearizability oracle: the outcomes of concurrent calls must be those of some serial order that
 * respects who had finished before whom (RACE-ATOMIC, RACE-STOP), decided against the reference model.
 *
 * A call is one atomic event somewhere in its interval, but for a stop and a removal, which are several:
 *   STOP    begin (new pins and maps fail from here on, releases work) - dead (the chain's handles are;
 *           what is out is taken back and counted) - stopped
 *   REMOVE  the three of a stop where the chain runs, then leave
 * and a stop or removal that the state forbids is one event that fails. So is a start: nobody knows its
 * handles before the race is over, and its chain has no other bus operation in it. Answered, it has those
 * handles in `address`, in the order of the members.
 *
 * What the driver releases inside its DxgkDdiStopDevice are calls within the stop, of the same actor. Each is
 * one event between the stop's `begin` and its `dead`: it is a candidate when `dead` is what comes next of
 * the stop, which has to wait for it. The model judges it there, where releases work.
 *
 * The search takes the events in the order of the calls' responses first, which explains nearly every
 * history, and then depth first. An event is a candidate when each call that returned before this one
 * was invoked has had all of its events; it is placed when the model, in the state reached, allows the
 * answer that was seen; and undone by playing what remains of the order once more from the state before.
 *
 * How much that can be: n calls of k actors have n! / ((n/k)!)^k orders that keep each actor's own:
 * 8 calls of 2 actors 8!/(4! 4!) = 70, of 4 actors 8!/(2!)^4 = 2520. A stop splits into 3 events and a
 * removal into 4; one of them beside 7 calls of other actors (3 x 2 and 1): at most
 * (7 + 4)!/(4! 2! 2! 2! 1!) = 207 900 if nothing refused an order, yet the first event of a stop makes
 * most calls fail, so that an answer fits one side of it. LINEARIZE_NODES bounds the search whatever
 * happens. Calls within a stop are some of the 8, one after another, and in one order with its events: with k
 * of the 7 there, (7 + 4)!/((4 + k)! ...) are left, which is no more (41 580 for k = 1).
 *
 * Shortages: while calls overlap, one that fails in the end may hold for a moment what another wants. So
 * a shortage is a legal answer in a whole block, as soon as all of its pins and maps together would not
 * fit the budgets by the model's clumsy accounting, or an injected fault has hit; else it is not.
 */
#ifndef HARNESS_LINEARIZE_H
#define HARNESS_LINEARIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "harness/contract/call.h"
#include "harness/contract/model.h"

enum linearize_limits {
    LINEARIZE_CALLS = 8, /* RACE_OPS: sixteen would be 63 063 000 orders */
    LINEARIZE_EVENTS = LINEARIZE_CALLS * 4,
    /* Events placed in one search, of about 1 us each with what is played again: a quarter of a second.
     * The 2520 orders of 4 actors have 6 900. */
    LINEARIZE_NODES = 1 << 18
};

/* One call of the block, as recorded. Operations: PIN2 PIN UNPIN MAP UNMAP START STOP REMOVE SURPRISE_REMOVE
 * POWER RESET PRESSURE; and DMA_READ DMA_WRITE, which are no part of any order (race_dma.c). */
struct linearize_call {
    const struct call *asked;    /* as resolved, before it was performed; its actor and device count */
    const struct call *answered; /* the same with status and out members */
    uint32_t invoked;            /* points in time: any counter that rises at each of them */
    uint32_t returned;           /* > invoked; UINT32_MAX: never (then nothing is said about the block) */
    uint8_t within;              /* + 1: the stop or removal whose driver makes it in its stop; 0: none */
};

/* Whether neither had returned when the other was invoked; and they are not a stop and what its driver
 * calls within, which are one actor's. */
bool linearize_overlap(const struct linearize_call *a, const struct linearize_call *b);

enum linearize_kind {
    EVENT_CALL,    /* all of it: whatever the opcode does, or its failure */
    EVENT_BEGIN,   /* STOP, REMOVE */
    EVENT_DEAD,    /* */
    EVENT_STOPPED, /* */
    EVENT_LEAVE    /* REMOVE: the device is off the bus */
};

struct linearize_event {
    uint8_t call;
    uint8_t kind;  /* enum linearize_kind */
    bool done;     /* false: the call failed, and changed nothing */
    uint8_t chain; /* what it was about, when done */
    uint8_t index;
};

struct linearize_order {
    uint32_t count;
    struct linearize_event events[LINEARIZE_EVENTS];
};

/* An order and the state it ends in; or, when there is none, how far the best one came. */
struct linearize_result {
    bool explained;
    bool gave_up; /* LINEARIZE_NODES were not enough: no verdict */
    struct linearize_order order;
    /* Not explained: the order is the longest prefix that could be, and this call's answer does not fit
     * behind it; LINEARIZE_CALLS: all the answers fit, but no final state did. */
    uint8_t culprit;
    struct model_answer wanted;  /* of the culprit, there */
    enum contract_clause clause; /* RACE-STOP or RACE-ATOMIC; or the culprit's own when it overlaps nobody */
    uint32_t orders;             /* complete orders whose final state was looked at */
};

/*
 * Whether the implementation's final state is this model's (ledger, which descriptors live). Called for
 * each order that explains all answers, until one fits. The pins that the block made are provisional
 * there: pages and descriptor are right, `contiguous` and the samples say nothing and `array` is NULL.
 */
typedef bool linearize_final(void *context, const struct model *after);

/*
 * Looks for an order. `before` is the model when the block began; it is not changed. exact: statuses are
 * compared too (sut->hold_chosen), not only success and failure. fits NULL: any final state will do.
 * count <= LINEARIZE_CALLS.
 */
void linearize(const struct model *before, const struct linearize_call *calls, uint32_t count, bool exact,
               linearize_final *fits, void *context, struct linearize_result *result);

/* The state after the result's order (explained) or its prefix; good until the next linearize(). */
const struct model *linearize_model(void);

/* Counts RACE-ATOMIC as kept when calls overlapped, and RACE-STOP when one of those was a stop or removal.
 * For a block that was explained. */
void linearize_count(const struct linearize_call *calls, uint32_t count);

/* One event's effect on a model: for committing an order step by step, in the executor's own model. Pins
 * and views are provisional as above; the executor replaces those that are alive at the end by what its
 * checks read (model_unpinned() and check_pin_birth()). */
void linearize_apply(struct model *model, const struct linearize_call *calls,
                     const struct linearize_event *event);

/* Whether the ledger shows what the model says: pins, locked, mapped and viewed pages, views, commit,
 * handles, leaks, breaches. For a linearize_final. The second form says what does not ("2 pins, not 1"). */
bool linearize_ledger_fits(const struct model *model, const struct sut_ledger *ledger);
const char *linearize_ledger_tells(const struct model *model, const struct sut_ledger *ledger, char *text,
                                   size_t size);

/*
 * The history for a report: each call with its actor, interval and answer, in the order in which they were
 * invoked; the prefix that could be explained, and what the next call should have answered there.
 */
void linearize_explain(const struct linearize_call *calls, uint32_t count,
                       const struct linearize_result *result, FILE *to);

#endif
