/*
 * Whose clause is it? Where a deviation is noticed is often not what it breaks: a word that is wrong in a
 * pin can be a page of somebody else, a pin that is refused can be one that a power state must not
 * hinder. Nothing here runs while things hold, so it may take its time.
 */
#include "harness/judge/blame.h"

#include "harness/contract/legal.h"
#include "harness/judge/run.h"

static bool section_lives(uint32_t serial) {
    for (uint32_t i = 0; i < run.program->machine.adapters; i++)
        for (uint32_t k = 0; k < run.model.chains[i].count; k++)
            if (run.model.chains[i].areas[k].serial == serial)
                return true;
    return false;
}

enum contract_clause blame_word(const struct model_area *area, uint64_t at, uint64_t found, bool by_view,
                                enum contract_clause otherwise) {
    uint32_t serial;
    uint64_t page;
    if (contents_is_stamp(found, &serial, &page)) {
        if (serial == area->serial && page != at / MODEL_PAGE)
            return by_view                         ? CLAUSE_MAP_ADDRESS
                   : otherwise == CLAUSE_PIN1_SAME ? otherwise
                                                   : CLAUSE_PIN_MAPPED;
        if (serial != area->serial)
            return section_lives(serial) ? CLAUSE_PIN_ISOLATED : CLAUSE_INIT_CLEAN;
    }
    if (found == 0 || contents_written(area->serial, at))
        return otherwise;
    /* Never written, and not zero: it was there before this section was, unless it is this section's own
     * and has gone astray. */
    serial = contents_owner(found, area->serial);
    if (serial == area->serial)
        return otherwise;
    return serial && section_lives(serial) ? CLAUSE_PIN_ISOLATED : CLAUSE_INIT_CLEAN;
}

/* Whether a page's stamp, which is not where it belongs, is at another sampled page of the pin: then
 * nothing was lost, the pages are led to wrongly, now or when the stamp was written. */
static bool stamp_moved(uint8_t device, const struct model_area *area, uint64_t page) {
    const struct model_pin *pin = &area->pin;
    for (uint32_t i = 0; i < pin->samples; i++) {
        uint64_t value = 0;
        if (pin->sample[i].page != page &&
            run.sut->dma(device, pin->sample[i].address * MODEL_PAGE + CONTENTS_STAMP_OFFSET, &value,
                         sizeof(value), false) &&
            value == contents_stamp(area->serial, page))
            return true;
    }
    return false;
}

enum contract_clause blame_pinned(uint8_t device, const struct model_area *area, uint64_t page,
                                  uint64_t offset, uint64_t found, enum contract_clause otherwise) {
    enum contract_clause clause = blame_word(area, page * MODEL_PAGE + offset, found, false, otherwise);
    bool lost = clause == CLAUSE_PIN_CONTENTS || clause == CLAUSE_PIN1_EQUAL || clause == CLAUSE_MAP_COHERENT;
    if (lost && offset == CONTENTS_STAMP_OFFSET && stamp_moved(device, area, page))
        return area->pin.legacy ? CLAUSE_PIN1_SAME : CLAUSE_PIN_MAPPED;
    return clause;
}

/* Whether a pin was refused, and not for a shortage, in a size that the other form has taken. */
static bool other_form_took(const struct call *call, const struct model_answer *answer) {
    if ((call->opcode != OP_PIN && call->opcode != OP_PIN2) || legal_is_shortage(call->status))
        return false;
    uint64_t size = call->opcode == OP_PIN ? call->arg.pin.CommitSize : call->arg.pin2.CommitSize;
    const struct model_area *area = &run.model.chains[answer->chain].areas[answer->index];
    return area->accepted[call->opcode == OP_PIN2] == size / MODEL_PAGE;
}

enum contract_clause blame_refusal(const struct call *call, const struct model_answer *answer) {
    const struct model_chain *chain = &run.model.chains[answer->chain];
    bool releases = program_gives(call->opcode);
    if (releases && (call->fired || legal_is_shortage(call->status)))
        return CLAUSE_ANY_RELEASE;
    enum contract_clause clause = other_form_took(call, answer) ? CLAUSE_PIN1_EQUAL : answer->clause;
    if (!dialect_held) /* what its statuses mean is not known */
        return clause;
    if (call->status == STATUS_NOT_SUPPORTED && clause != CLAUSE_PIN1_EQUAL)
        return CLAUSE_INIT_REMAP; /* this form is not, in a mode that is not the one in force */
    if (call->status != STATUS_INVALID_DEVICE_STATE)
        return clause;
    if (chain->phase == PHASE_STOPPING)
        return CLAUSE_ANY_STATE;
    for (uint32_t i = 0; i < chain->count; i++) {
        const struct model_device *member = &run.model.devices[chain->members[i]];
        if (member->gone)
            return CLAUSE_STOP_RECLAIM;
        if (member->in_reset)
            clause = CLAUSE_TDR_KEEPS;
        else if (member->d3 && clause != CLAUSE_TDR_KEEPS)
            clause = CLAUSE_ANY_STATE;
    }
    return clause;
}

/* Four that all lie at their own frame's number, among 1024, do so by chance once in 2^40 pins. */
bool blame_shows_frames(uint64_t pages) {
    return pages >= 4 && run.program->machine.highest_pfn >= 1023;
}

bool blame_lists_frames(const struct model_chain *chain, uint8_t index, const struct model_pin *pin) {
    if (!blame_shows_frames(pin->pages) || !run.sut->page)
        return false;
    for (uint64_t i = 0; i < pin->pages && i < MODEL_SAMPLES; i++) {
        struct sut_page page;
        uint64_t address = pin->contiguous ? pin->base + i : pin->array[i];
        if (!run.sut->page(chain->members[0], index, i, &page) || !page.has_frame || page.pfn != address)
            return false;
    }
    return true;
}
