/*
 * What live lists tell of each other. An implementation that offers no look inside (sut.h: dma, page) still
 * hands out numbers: two pins that are live at once, and see memory in the same way, have no page in common.
 *
 * Where there is DMA it tells more, and this is not looked at. Each sampled page of the new list is searched
 * for in all of the others: programs with two long lists are few.
 */
#include "harness/judge/check.h"

#include "harness/judge/report.h"
#include "harness/judge/run.h"

#define ULL unsigned long long

static bool lists(const struct model_pin *pin, uint64_t address) {
    if (pin->contiguous)
        return address - pin->base < pin->pages;
    for (uint64_t i = 0; i < pin->pages; i++)
        if (pin->array[i] == address)
            return true;
    return false;
}

/* Whether numbers of the two chains are numbers of the same memory: logical ones are a chain's own. */
static bool compares(const struct model_chain *a, const struct model_chain *b) {
    return a == b || (a->mode != MODE_REMAPPED && b->mode != MODE_REMAPPED);
}

static void compare(const struct model_pin *fresh, const struct model_pin *other, uint8_t device) {
    for (uint32_t i = 0; i < fresh->samples && !run.abandoned; i++)
        REQUIRE(!lists(other, fresh->sample[i].address), CLAUSE_PIN_ISOLATED,
                ("page %llu of the new list on no other live list", (ULL)fresh->sample[i].page),
                ("page 0x%llx, which a pin of adapter %u's chain lists, too", (ULL)fresh->sample[i].address,
                 device));
}

void check_lists(uint8_t chain, uint8_t index) {
    const struct model_chain *own = &run.model.chains[chain];
    const struct model_pin *fresh = &own->areas[index].pin;
    if (run.sut->dma)
        return;
    for (uint8_t i = 0; i < run.program->machine.adapters; i++) {
        const struct model_chain *other = &run.model.chains[i];
        for (uint8_t k = 0; k < other->count && compares(own, other); k++)
            if (other->areas[k].pin.live && &other->areas[k].pin != fresh)
                compare(fresh, &other->areas[k].pin, i);
    }
}
