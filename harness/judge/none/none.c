/*
 * The judge that holds nobody to anything, to be linked instead of the others (report.c, blame.c, check*.c,
 * race.c): only sanitizers, the implementation's own aborts and crashes are left to see a bug. This is what
 * the oracle is measured against.
 *
 * The model stays, to say what an operation's operands are just now: it is told of what the implementation
 * granted and the contract allows. So operations mean what they mean with the oracle, and a driver of this
 * kind uses what it is given: the ends of a page list, DMA, memory behind a view.
 */
#include "harness/judge/blame.h"
#include "harness/judge/check.h"
#include "harness/judge/descriptor.h"
#include "harness/judge/race.h"
#include "harness/judge/report.h"
#include "harness/judge/run.h"

void run_expected(const char *format, ...) {
    (void)format;
}

void run_got(const char *format, ...) {
    (void)format;
}

/* As if it held: the run goes on. */
bool run_violated(enum contract_clause clause) {
    (void)clause;
    return true;
}

bool run_violated_choice(enum contract_clause clause) {
    (void)clause;
    return true;
}

void check_nothing_changed(const struct sut_ledger *before) {
    (void)before;
}

void check_argument(const union call_argument *before, const struct call *call) {
    (void)before;
    (void)call;
}

/* ---- what the model is told of ---- */

static void pinned(const struct call *call, uint8_t chain, uint8_t index) {
    bool legacy = call->opcode == OP_PIN;
    const void *descriptor = legacy ? (const void *)call->arg.pin.pMdl : call->arg.pin2.pAdl;
    const struct descriptor told = descriptor_read(descriptor, legacy);
    const struct model_pin pin = {.legacy = legacy,
                                  .pages = told.pages,
                                  .contiguous = told.contiguous,
                                  .base = told.base,
                                  .descriptor = descriptor,
                                  .array = told.array};
    if (pin.pages == 0)
        return;
    if (!pin.contiguous) {
        (void)*(volatile const DXGK_PAGE_NUMBER *)&pin.array[0];
        (void)*(volatile const DXGK_PAGE_NUMBER *)&pin.array[pin.pages - 1];
    }
    model_pinned(&run.model, chain, index, &pin);
}

void check_pin_birth(const struct call *call, uint8_t chain, uint8_t index) {
    pinned(call, chain, index);
}

/* The pins of a race are provisional (linearize.h) until their descriptors are read. */
static void read_new_pin(const struct call *call) {
    const void *descriptor = call->opcode == OP_PIN ? (const void *)call->arg.pin.pMdl : call->arg.pin2.pAdl;
    if ((call->opcode != OP_PIN && call->opcode != OP_PIN2) || !NT_SUCCESS(call->status))
        return;
    for (uint8_t chain = 0; chain < run.program->machine.adapters; chain++) {
        for (uint8_t i = 0; i < run.model.chains[chain].count; i++) {
            const struct model_pin *pin = &run.model.chains[chain].areas[i].pin;
            if (pin->live && pin->descriptor == descriptor) {
                model_unpinned(&run.model, chain, i);
                pinned(call, chain, i);
                return;
            }
        }
    }
}

/* Some order that explains the answers, whatever state it ends in. Where there is none the model cannot
 * follow, and the program ends here. */
void race_judge(void) {
    uint8_t actor = run.model.actor;
    race_explain(&race, false, NULL);
    run.abandoned = !race.result.explained;
    for (uint32_t i = 0; i < race.result.order.count && !run.abandoned; i++) {
        run.model.actor = race.asked[race.result.order.events[i].call].actor;
        linearize_apply(&run.model, race.calls, &race.result.order.events[i]);
    }
    run.model.actor = actor;
    for (uint32_t i = 0; i < race.count && !run.abandoned; i++)
        read_new_pin(&race.answered[i]);
}

struct race race;

/* ---- what nobody looks at ---- */

void check_ledger(const struct ledger_blame *blame) {
    (void)blame;
}

void check_rollback(enum contract_clause clause) {
    (void)clause;
}

void check_pin_alive(uint8_t chain, uint8_t index, uint32_t samples, enum contract_clause clause) {
    (void)chain, (void)index, (void)samples, (void)clause;
}

void check_pin_locked(uint8_t chain, uint8_t index, enum contract_clause clause) {
    (void)chain, (void)index, (void)clause;
}

void check_pin_gone(uint8_t chain, uint8_t index, const struct model_pin *pin, enum contract_clause clause) {
    (void)chain, (void)index, (void)pin, (void)clause;
}

void check_frames_before(void) {}

void check_frames_after(void) {}

void check_mapped_begin(uint64_t reserved) {
    (void)reserved;
}

void check_mapped_now(void) {}

bool check_mapped_end(void) {
    return true;
}

void check_view_birth(const struct model_view *view) {
    (void)view;
}

void check_view_alive(const struct model_view *view, enum contract_clause clause) {
    (void)view, (void)clause;
}

void check_view_gone(const struct model_view *view, enum contract_clause clause) {
    (void)view, (void)clause;
}

void check_started(uint8_t chain, const struct call *start) {
    (void)chain, (void)start;
}

void check_stopped(uint8_t chain, enum contract_clause clause) {
    (void)chain, (void)clause;
}

void check_attached(uint8_t chain, enum contract_clause clause) {
    (void)chain, (void)clause;
}

void check_reserved(uint8_t chain) {
    (void)chain;
}

void check_overlap(uint8_t chain) {
    (void)chain;
}

void check_edges(uint8_t chain) {
    (void)chain;
}

void check_gpu(uint8_t device, enum contract_clause clause) {
    (void)device, (void)clause;
}

void check_everything(enum contract_clause pins, enum contract_clause views) {
    (void)pins, (void)views;
}

enum contract_clause blame_word(const struct model_area *area, uint64_t at, uint64_t found, bool by_view,
                                enum contract_clause otherwise) {
    (void)area, (void)at, (void)found, (void)by_view;
    return otherwise;
}

enum contract_clause blame_refusal(const struct call *call, const struct model_answer *answer) {
    (void)call;
    return answer->clause;
}
