/* The oracle's looks: what can an operation have changed, and is it as the model says? check.c says when. */
#ifndef HARNESS_CHECK_H
#define HARNESS_CHECK_H

#include "harness/contract/call.h"
#include "harness/contract/model.h"

/* Which clause a deviating count in the ledger belongs to, after one kind of operation. */
struct ledger_blame {
    enum contract_clause commit;
    enum contract_clause pins_more; /* pins, locked or domain pages: more than there should be */
    enum contract_clause pins_less;
    enum contract_clause views_more;
    enum contract_clause views_less;
    enum contract_clause other; /* handles, leaks, breaches */
};
void check_ledger(const struct ledger_blame *blame);
/* A failed call: the ledger as the model has it, and the pool as it was. */
void check_rollback(enum contract_clause clause);
/* The argument of a call that failed is as it was, as far as the dialect has it. */
void check_argument(const union call_argument *before, const struct call *call);
/* A failed call from inside a driver's entry point: what that comes from is not over, so the ledger is as it
 * was before the call. */
void check_nothing_changed(const struct sut_ledger *before);
/* Whether a word of a section, at this byte of it, may be `found` where the model has `wanted`. */
bool check_other_word(const struct model_area *area, uint64_t at, uint64_t found);
static inline bool check_word(const struct model_area *area, uint64_t at, uint64_t wanted, uint64_t found) {
    return found == wanted || check_other_word(area, at, found);
}
void check_pin_birth(const struct call *call, uint8_t chain, uint8_t index);
/* Its two halves, for pins that were born together: all are read before any is tried. False: malformed. */
bool check_pin_read(const struct call *call, uint8_t chain, uint8_t index);
void check_pin_new(const struct call *call, uint8_t chain, uint8_t index);
/* Without DMA: the new pin's pages are on no other live list. */
void check_lists(uint8_t chain, uint8_t index);
/* Reads what a live pin's sampled pages must hold; blames clause, or a more telling one. */
void check_pin_alive(uint8_t chain, uint8_t index, uint32_t samples, enum contract_clause clause);
/* Its ends are locked. */
void check_pin_locked(uint8_t chain, uint8_t index, enum contract_clause clause);
/* Around memory pressure: every live pin's sampled pages keep their frames and locks (PIN-LOCKED). */
void check_frames_before(void);
void check_frames_after(void);
/* RACE-MAPPED: a race begins, in which so many pages of firmware's memory may be mapped; a lock is wanted or
 * was released in it; what was seen. */
void check_mapped_begin(uint64_t reserved);
void check_mapped_now(void);
bool check_mapped_end(void);
/* After the end of a pin, as it was: out of the domain, unlocked, freed. */
void check_pin_gone(uint8_t chain, uint8_t index, const struct model_pin *pin, enum contract_clause clause);
void check_view_birth(const struct model_view *view);
void check_view_alive(const struct model_view *view, enum contract_clause clause);
void check_view_gone(const struct model_view *view, enum contract_clause clause);
void check_started(uint8_t chain, const struct call *start);
/* Attached or not, as the model says, after something that was to change it, or not. */
void check_attached(uint8_t chain, enum contract_clause clause);
/* What reserved ranges lead to, if the chain is attached: RESV-*. */
void check_reserved(uint8_t chain);
/* After a start that took a reserved range of the OS's: what the driver named reaches none of its pages. */
void check_overlap(uint8_t chain);
/* PIN-EXACT, of every live pin of the chain. */
void check_edges(uint8_t chain);
/* After a stop, or a start that failed: no member has a domain or a section. */
void check_stopped(uint8_t chain, enum contract_clause clause);
/* The device, whose state has changed, reaches the pins of its chain, or none of them now. */
void check_gpu(uint8_t device, enum contract_clause clause);
/* Every pin and view of the machine. */
void check_everything(enum contract_clause pins, enum contract_clause views);

#endif
