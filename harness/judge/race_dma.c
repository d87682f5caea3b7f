/*
 * DMA in a race. A pin is its GPUs' until a call that ends it begins, and nobody's when that has returned: in
 * between it may go through or fault. Where it goes through, it is to the pin's own page.
 */
#include "harness/judge/check.h"
#include "harness/judge/race.h"
#include "harness/judge/report.h"

static const struct race *judged;

/* What has become of the pin, by the time of the DMA. */
enum fate {
    FATE_ALIVE, /* nothing has begun that could end it, or keep this device away from it */
    FATE_OPEN,
    FATE_ENDED
};

/* Whether the call, if it comes to anything, ends the pin or has to do with whether the device does DMA. */
static bool matters(const struct call *call, const struct call *dma) {
    uint8_t opcode = call->opcode;
    if (opcode == OP_UNPIN)
        return call->null_arg || call->arg.unpin.PhysicalAdapterIndex == dma->pin_index;
    if (opcode == OP_STOP || opcode == OP_REMOVE || opcode == OP_SURPRISE_REMOVE)
        return run.model.devices[call->device].chain == dma->pin_chain;
    return (opcode == OP_POWER || opcode == OP_RESET) && call->device == dma->device;
}

/* Whether it is this pin that the call has ended. */
static bool ended(const struct call *call, const struct call *dma) {
    const struct model_device *lead = &run.model.devices[run.model.chains[dma->pin_chain].members[0]];
    if (!NT_SUCCESS(call->status))
        return false;
    return call->opcode == OP_STOP || (call->opcode == OP_UNPIN && !call->null_arg && lead->handle_alive &&
                                       lead->handle == (uint64_t)(uintptr_t)call->handle);
}

static bool is_new_pin(uint32_t call) {
    return judged->asked[call].opcode == OP_PIN || judged->asked[call].opcode == OP_PIN2;
}

/* Whether some pin may have come about by then, at the same addresses perhaps. */
static bool repinned(const struct linearize_call *dma) {
    bool is = false;
    for (uint32_t i = 0; i < judged->count; i++)
        is |= is_new_pin(i) && judged->calls[i].invoked < dma->returned;
    return is;
}

static enum fate fate_of(const struct linearize_call *dma) {
    enum fate fate = FATE_ALIVE;
    for (uint32_t i = 0; i < judged->count; i++) {
        const struct linearize_call *call = &judged->calls[i];
        if (!matters(call->asked, dma->asked) || call->invoked > dma->returned)
            continue;
        if (call->returned < dma->invoked && ended(call->answered, dma->asked) && !repinned(dma))
            return FATE_ENDED;
        fate = FATE_OPEN;
    }
    return fate;
}

/* Whether somebody else's section holds the word, and none of the chain's own. */
static bool is_foreign(uint64_t found, uint8_t chain) {
    for (uint8_t i = 0; i < run.model.chains[chain].count; i++) {
        uint32_t own = run.model.chains[chain].areas[i].serial;
        if (own && contents_owner(found, own) == own)
            return false;
    }
    return contents_owner(found, 0) != 0;
}

static bool judge_word(const struct call *dma, uint32_t page, uint64_t wanted, bool open) {
    const struct model_area *area = &run.model.chains[dma->pin_chain].areas[dma->pin_index];
    uint64_t at = (dma->page + page) * MODEL_PAGE + dma->offset;
    uint64_t found = dma->data[page];
    return REQUIRE(open ? !is_foreign(found, dma->pin_chain) : check_word(area, at, wanted, found),
                   CLAUSE_RACE_REACH,
                   ("DMA reads 0x%llx at section offset 0x%llx%s", (unsigned long long)wanted,
                    (unsigned long long)at, open ? ", or what another pin of the chain holds" : ""),
                   ("%s", run_name_of(found)));
}

static void judge(uint32_t at) {
    const struct linearize_call *dma = &judged->calls[at];
    const struct call *call = dma->answered;
    enum fate fate = fate_of(dma);
    if (!REQUIRE(call->dma_ok || fate != FATE_ALIVE, CLAUSE_RACE_REACH,
                 ("DMA by adapter %u to %u pages of a pin that no call is ending", call->device, call->count),
                 ("a fault")) ||
        !REQUIRE(!call->dma_ok || fate != FATE_ENDED, CLAUSE_RACE_REACH,
                 ("no DMA by adapter %u to a pin that has ended", call->device), ("it went through")))
        return;
    bool open = fate != FATE_ALIVE && repinned(dma);
    for (uint32_t i = 0; call->dma_ok && i < call->count && call->opcode == OP_DMA_READ; i++)
        if (!judge_word(call, i, judged->wanted[at][i], open))
            return;
    situate_pin(&run.model, call->pin_chain, call->pin_index);
    contract_kept(CLAUSE_RACE_REACH, true);
}

void race_judge_dma(const struct race *of) {
    judged = of;
    for (uint32_t i = 0; i < judged->count && !run.abandoned; i++)
        if (program_is_dma(judged->asked[i].opcode))
            judge(i);
}
