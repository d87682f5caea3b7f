/* What a GPU does by DMA, the CPU through a view, and a driver to the descriptor of a pin. */
#include "harness/drive/memory.h"

#include <string.h>

#include "harness/contract/dialect.h"
#include "harness/contract/reach.h"
#include "harness/contract/resolve.h"
#include "harness/drive/perform.h"
#include "harness/judge/blame.h"
#include "harness/judge/report.h"
#include "harness/judge/run.h"

static void compare_dma(struct call *call) {
    struct model_chain *chain = &run.model.chains[call->pin_chain];
    struct model_area *area = &chain->areas[call->pin_index];
    situation_clear();
    situate_pin(&run.model, call->pin_chain, call->pin_index);
    const struct model_device *gpu = &run.model.devices[call->device];
    bool able = reach_can_dma(&run.model, call->device);
    bool write = call->opcode == OP_DMA_WRITE;
    bool mine = gpu->present && gpu->chain == call->pin_chain;
    bool physical = reach_is_physical(&run.model, call->device);
    /* Whether a chain was attached by choice, or has a domain by choice, shows in the look at domains alone.
     */
    const struct model_chain *own = &run.model.chains[gpu->chain];
    bool unseen =
        physical && (own->mode != MODE_PHYSICAL || !own->supported) && !run.sut->domain && !dialect_held;
    if (reach_is_open(&run.model, call->device) ||
        (!mine && (unseen || (physical && chain->mode == MODE_REMAPPED))))
        return; /* whatever that is, it is none of the pin's pages */
    if (!mine && !physical && run.program->machine.iommu != SUT_IOMMU_NONE) {
        /* What a foreign GPU writes where it may is its own affair; here it must not get through. */
        if (able && reach_in_chain(&run.model, gpu->chain, call->address[0]))
            return;
        call->opcode = OP_DMA_READ;
        call->count = 1;
        run_perform(call);
        REQUIRE(!call->dma_ok, CLAUSE_PIN_ISOLATED,
                ("DMA by adapter %u to a page of another chain faults", call->device), ("it went through"));
        contract_refused(CLAUSE_PIN_ISOLATED, true);
        return;
    }
    run_perform(call);
    if (!able) {
        REQUIRE(!call->dma_ok,
                gpu->in_reset ? CLAUSE_TDR_KEEPS
                : gpu->d3     ? CLAUSE_ANY_STATE
                              : CLAUSE_STOP_RECLAIM,
                ("no DMA by adapter %u now", call->device), ("it went through"));
        if (gpu->in_reset)
            contract_refused(CLAUSE_TDR_KEEPS, true);
        return;
    }
    enum contract_clause mapped = area->pin.legacy ? CLAUSE_PIN1_SAME : CLAUSE_PIN_MAPPED;
    if (!REQUIRE(call->dma_ok, mapped,
                 ("DMA by adapter %u to %u pages of the pin", call->device, call->count), ("a fault")))
        return;
    for (uint32_t i = 0; i < call->count; i++) {
        uint64_t at = (call->page + i) * MODEL_PAGE + call->offset;
        if (write) {
            contract_kept(mapped, true);
            contents_write(area->serial, at, call->stamp + i);
            area->last_word = at + 1;
            area->cpu_wrote = false;
            continue;
        }
        uint64_t wanted = contents_read(area->serial, at);
        if (!REQUIRE(call->data[i] == wanted, blame_word(area, at, call->data[i], false, CLAUSE_MAP_COHERENT),
                     ("DMA reads 0x%llx at section offset 0x%llx", (unsigned long long)wanted,
                      (unsigned long long)at),
                     ("0x%llx", (unsigned long long)call->data[i])))
            return;
    }
}

static void compare_cpu(struct call *call) {
    struct model_area *area = &run.model.chains[call->pin_chain].areas[call->pin_index];
    situation_clear();
    situate_pin(&run.model, call->pin_chain, call->pin_index);
    if (!REQUIRE(!run.sut->cpu_accessible ||
                     run.sut->cpu_accessible((const void *)(uintptr_t)call->address[0], 8),
                 CLAUSE_MAP_MANY,
                 ("CPU access through a live view, section offset 0x%llx", (unsigned long long)call->page),
                 ("a fault")))
        return;
    run_perform(call);
    if (call->opcode == OP_CPU_WRITE) {
        contents_write(area->serial, call->page, call->stamp);
        area->last_word = call->page + 1;
        area->cpu_wrote = true;
        return;
    }
    uint64_t wanted = contents_read(area->serial, call->page);
    REQUIRE(call->data[0] == wanted, blame_word(area, call->page, call->data[0], true, CLAUSE_MAP_COHERENT),
            ("the CPU reads 0x%llx at section offset 0x%llx", (unsigned long long)wanted,
             (unsigned long long)call->page),
            ("0x%llx", (unsigned long long)call->data[0]));
    contract_kept(CLAUSE_MAP_COHERENT, true);
}

void run_dma(const struct program_op *op, struct call *call) {
    if (run.sut->dma && resolve_dma(&run.model, op, call))
        compare_dma(call);
}

void run_cpu(const struct program_op *op, struct call *call) {
    if (resolve_cpu(&run.model, op, call))
        compare_cpu(call);
}

/* The driver remembers what the array said, for its GPU, and so does who follows the pin. */
static void keep_array(uint8_t device, struct model_pin *pin) {
    static DXGK_PAGE_NUMBER kept[SUT_DEVICES][RESOLVE_SCRIBBLED];
    if (pin->place)
        return;
    memcpy(kept[device], pin->array, pin->pages * sizeof(kept[device][0]));
    pin->place = pin->array;
    pin->array = kept[device];
}

/* Who chose otherwise may give back what the descriptor names, as the documents let it: only an
 * implementation that is held to this project's choices has this done to it. */
void run_scribble(const struct program_op *op, struct call *call) {
    if (!run.sut->hold_chosen || !resolve_scribble(&run.model, op, call))
        return;
    struct model_chain *chain = &run.model.chains[call->pin_chain];
    struct model_pin *pin = &chain->areas[call->pin_index].pin;
    if (call->flag)
        keep_array(chain->members[call->pin_index], pin);
    run_note_breach(CLAUSE_PIN_PAGES);
    run_perform(call);
    pin->scribbled = true;
}
