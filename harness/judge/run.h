/* What the parts of the executor share: the run in progress. Private to harness/. */
#ifndef HARNESS_RUN_H
#define HARNESS_RUN_H

#include <stdarg.h>
#include <stdio.h>

#include "harness/contract/call.h"
#include "harness/contract/contents.h"
#include "harness/contract/contract.h"
#include "harness/contract/model.h"
#include "harness/sut.h"

/* Operation numbers of what the run does by itself. */
#define RUN_BOOT UINT32_MAX
#define RUN_END  (UINT32_MAX - 1)

/* The driver behind one device. */
struct driver {
    uint8_t device;
    bool has_interface; /* of the last start, alive or not */
    bool called_in_start;
    uint8_t queries; /* of this start: bit 0 IOMMU caps, bit 1 physical memory caps */
    uint8_t sizes;   /* indices asked for in this start */
    DXGKRNL_INTERFACE dxgkrnl;
    struct sut_miniport miniport;
};

/* Why a program was not run, or not judged, to its end. */
enum run_left {
    RUN_NOT_LEFT,
    RUN_LEFT_AT_BOOT,  /* there was no machine */
    RUN_LEFT_BY_CHOICE /* the implementation may have chosen otherwise than a clause of basis C */
};

struct run {
    const struct sut *sut;
    const struct program *program;
    bool booted;
    bool abandoned; /* a clause that is not judged here was broken: the rest cannot be judged */
    enum run_left left;
    enum contract_clause left_clause; /* RUN_LEFT_BY_CHOICE: which one was not kept, and where */
    uint32_t left_op;
    bool unchecked; /* drivers answer, and that is all (executor_replay) */
    bool quiet;     /* a violation is not reported, only failed; stays until it is changed */
    uint32_t op;
    uint32_t race_ops;         /* in a race: how many operations behind op run, too */
    bool racing;               /* actors run: drivers answer, and that is all */
    void (*explain)(FILE *to); /* has more to say in a report; NULL: nobody */
    const char *inside;        /* the driver's entry point a nested call comes from, or NULL */
    struct sut_ledger ledger;  /* as last seen */
    struct model model;
    uint32_t stale_word; /* byte offset in a page, + 1, of a word of a section that ended; 0: none */
    struct driver drivers[SUT_DEVICES];
    uint32_t caller_breaches;
    uint32_t first_breach_op;
    enum contract_clause first_breach;
    struct call *tape;
    size_t tape_capacity;
    size_t tape_count;
    /* Sees each call, those of drivers in their entry points too, before it is performed and after. NULL:
     * nobody looks. Stays until it is changed, and so does what follows. */
    void (*observe)(struct call *call, bool performed);
    const struct sut *subject; /* instead of sut_get()'s: one that looks at what passes; NULL: none */
};

extern struct run run;

/* ---- report.c ---- */

/*
 * What must hold, and what is said when it does not:
 *     REQUIRE(adl->PageCount == n, CLAUSE_PIN_COUNT, ("PageCount %u", n), ("%u", adl->PageCount))
 * True when it holds. When not, the report is printed and contract_fail() called, unless the clause
 * is not judged for this implementation: then the run is abandoned and the value is false.
 * Formatting costs nothing as long as things hold.
 */
#define REQUIRE(holds, clause, expected, got)                                                                \
    (__builtin_expect(!!(holds), 1) ? true : (run_expected expected, run_got got, run_violated(clause)))

void run_expected(const char *format, ...) __attribute__((format(printf, 1, 2), cold));
void run_got(const char *format, ...) __attribute__((format(printf, 1, 2), cold));
/* What the two were told last. */
#define RUN_TEXT_MAX 512u
extern char run_expected_text[RUN_TEXT_MAX], run_got_text[RUN_TEXT_MAX];
/* Always false: what REQUIRE() answers then. */
bool run_violated(enum contract_clause clause) __attribute__((cold));
/* A word of memory for a report: the value, and whose stamp it is. Good for two calls in one report. */
const char *run_name_of(uint64_t value) __attribute__((cold));
/* "operation 3 of 16", or what there is before and behind them. Good until the next call. */
const char *run_where(uint32_t op);
/* The harness itself is wrong. */
_Noreturn void run_harness_bug(const char *what);

static inline void run_count(enum contract_clause clause, bool fired) {
    if (fired)
        contract_counts[clause].faulted++;
    else
        contract_counts[clause].kept++;
}

/* ---- driver.c ---- */
void driver_init(uint8_t device);

/* ---- blame.c ---- */
/* A word at byte `at` of a section is `found`, and should not be: whose bytes are these? */
enum contract_clause blame_word(const struct model_area *area, uint64_t at, uint64_t found, bool by_view,
                                enum contract_clause otherwise);
/* The same, read by the device's DMA in page `page` of what is pinned. */
enum contract_clause blame_pinned(uint8_t device, const struct model_area *area, uint64_t page,
                                  uint64_t offset, uint64_t found, enum contract_clause otherwise);
/* A valid call was refused. */
enum contract_clause blame_refusal(const struct call *call, const struct model_answer *answer);
/* Whether a pin's addresses are the numbers of its frames, and not by chance. */
bool blame_lists_frames(const struct model_chain *chain, uint8_t index, const struct model_pin *pin);

/* ---- check.c ---- */
/* Whether a pin of so many pages can show that memory is not remapped: four that all lie at their own
 * frame's number, among 1024, do so by chance once in 2^40 pins. */
static inline bool check_remap_shows(uint64_t pages) {
    return pages >= 4 && run.program->machine.highest_pfn >= 1023;
}
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
bool check_can_dma(uint8_t device);
bool check_address_in_chain(uint8_t chain, uint64_t address);
void check_pin_birth(const struct call *call, uint8_t chain, uint8_t index);
/* Its two halves, for pins that were born together: all are read before any is tried. False: malformed. */
bool check_pin_read(const struct call *call, uint8_t chain, uint8_t index);
void check_pin_new(const struct call *call, uint8_t chain, uint8_t index);
/* Reads what a live pin's sampled pages must hold; blames clause, or a more telling one. */
void check_pin_alive(uint8_t chain, uint8_t index, uint32_t samples, enum contract_clause clause);
/* Its ends are locked. */
void check_pin_locked(uint8_t chain, uint8_t index, enum contract_clause clause);
/* Around memory pressure: every live pin's sampled pages keep their frames and locks (PIN-LOCKED). */
void check_frames_before(void);
void check_frames_after(void);
/* After the end of a pin, as it was: out of the domain, unlocked, freed. */
void check_pin_gone(uint8_t chain, uint8_t index, const struct model_pin *pin, enum contract_clause clause);
void check_view_birth(const struct model_view *view);
void check_view_alive(const struct model_view *view, enum contract_clause clause);
void check_view_gone(const struct model_view *view, enum contract_clause clause);
void check_started(uint8_t chain, const struct call *start);
/* After a stop, or a start that failed: no member has a domain or a section. */
void check_stopped(uint8_t chain, enum contract_clause clause);
/* The device, whose state has changed, reaches the pins of its chain, or none of them now. */
void check_gpu(uint8_t device, enum contract_clause clause);
/* Every pin and view of the machine. */
void check_everything(enum contract_clause pins, enum contract_clause views);

/* ---- executor.c ---- */
void run_callback(struct call *call);
/* Fills in a callback's call from the state that the model is in; false when there is none to make. */
bool run_resolve_callback(const struct program_op *op, struct call *call);
/* A call that this clause refuses: some are the caller's breach of its own duties. */
void run_note_breach(enum contract_clause clause);
/* ---- executor_bus.c ---- */
void run_bus(struct call *call);

/* ---- executor_race.c ---- */
/* Runs the race that the operation at `op` begins; returns how many operations behind it that were. */
uint32_t run_race(uint32_t op);

/* Performs and records. */
void run_perform(struct call *call);

#endif
