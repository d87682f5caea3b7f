#include "harness/contract/reach.h"

bool reach_can_dma(const struct model *model, uint8_t device) {
    const struct model_device *d = &model->devices[device];
    if (!d->present || d->gone || d->d3 || d->in_reset)
        return false;
    if (model->program->machine.iommu == SUT_IOMMU_NONE)
        return true;
    const struct model_chain *chain = &model->chains[d->chain];
    return chain->phase == PHASE_STARTED && chain->mode != MODE_PHYSICAL;
}

bool reach_in_chain(const struct model *model, uint8_t chain, uint64_t address) {
    const struct model_chain *c = &model->chains[chain];
    for (uint32_t i = 0; i < c->count; i++) {
        const struct model_pin *pin = &c->areas[i].pin;
        if (!pin->live)
            continue;
        if (pin->contiguous) {
            if (address - pin->base < pin->pages)
                return true;
            continue;
        }
        for (uint64_t k = 0; k < pin->pages; k++)
            if (pin->array[k] == address)
                return true;
    }
    return false;
}
