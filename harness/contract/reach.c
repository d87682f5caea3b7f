/* What a GPU reaches, told from the model. */
#include "harness/contract/reach.h"

static bool is_awake(const struct model_device *d) {
    return d->present && !d->gone && !d->d3 && !d->in_reset;
}

/* Its handle is alive: it has been started, and not been stopped yet. */
bool reach_can_dma(const struct model *model, uint8_t device) {
    const struct model_device *d = &model->devices[device];
    return is_awake(d) && model->chains[d->chain].phase == PHASE_STARTED;
}

bool reach_is_physical(const struct model *model, uint8_t device) {
    const struct model_device *d = &model->devices[device];
    return reach_can_dma(model, device) && !model->chains[d->chain].attached;
}

bool reach_is_open(const struct model *model, uint8_t device) {
    return model->program->machine.iommu == SUT_IOMMU_NONE && is_awake(&model->devices[device]) &&
           !reach_can_dma(model, device);
}

bool reach_in_chain(const struct model *model, uint8_t chain, uint64_t address) {
    const struct model_chain *c = &model->chains[chain];
    for (uint32_t i = 0; i < c->reserved; i++)
        if (address - c->reserve[i].first < c->reserve[i].pages)
            return true;
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
