/* Looks from outside: what is out right now, read off the structures themselves. */
#include "dxgk/adapter.h"
#include "dxgk/machine.h"
#include "nt/nt.h"

NT_UNCOVERED void dxgk_look_usage(struct dxgk_usage *usage) {
    *usage = (struct dxgk_usage){.handles = dxgk_machine.handles.alive, .leaks = dxgk_machine.leaks};
    for (uint32_t i = 0; i < dxgk_machine.adapter_count; i++) {
        const struct dxgk_adapter *adapter = dxgk_machine.present[i];
        if (i > 0 && adapter == dxgk_machine.present[i - 1])
            continue; /* another is being forgotten, and this one moves to its place */
        usage->pins += adapter->area.pin.form != DXGK_PIN_NONE;
        usage->domain_pages += adapter->own_chain.domain.mapped + adapter->own_chain.domain.reserved;
    }
    for (uint32_t i = 0; i < NT_ACTORS; i++)
        usage->breaches += dxgk_machine.breaches[i];
}

NT_UNCOVERED uint64_t dxgk_look_domain(const struct dxgk_adapter *adapter) {
    return adapter->attached ? adapter->attached->id : 0;
}

NT_UNCOVERED uint64_t dxgk_look_domain_pages(const struct dxgk_adapter *adapter) {
    return adapter->chain->domain.mapped + adapter->chain->domain.reserved;
}

NT_UNCOVERED const struct nt_section *dxgk_look_section(const struct dxgk_adapter *lead, unsigned index) {
    const struct dxgk_chain *chain = lead->chain;
    return dxgk_adapter_leads(lead) && index < chain->length && chain->by_index[index]
               ? chain->by_index[index]->area.section
               : NULL;
}

NT_UNCOVERED bool dxgk_look_descriptor(const void *descriptor) {
    for (uint32_t i = 0; i < dxgk_machine.adapter_count; i++) {
        const struct dxgk_pin *pin = &dxgk_machine.present[i]->area.pin;
        if ((pin->form == DXGK_PIN_ADL && pin->adl == descriptor) ||
            (pin->form == DXGK_PIN_MDL && pin->mdl == descriptor))
            return true;
    }
    return false;
}
