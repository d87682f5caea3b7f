/* The machine comes up and goes down. */
#include "dxgk/machine.h"

#include <assert.h>

#include "dxgk/adapter.h"
#include "dxgk/chain.h"
#include "nt/nt.h"
#include "nt/phys.h"
#include "nt/pool.h"

void dxgk_boot(const struct dxgk_config *config) {
    assert(dxgk_machine.adapter_count == 0);
    nt_lock_init(&dxgk_machine.adapters, "adapters", NT_LOCK_ADAPTERS);
    dxgk_machine.version = config->version;
    dxgk_machine.iommu = config->iommu;
    dxgk_machine.iommu_flags = config->iommu_flags;
    dxgk_machine.remap_always = config->iommu && config->remap_always;
    dxgk_machine.highest_address = config->highest_pfn << NT_PAGE_SHIFT | (NT_PAGE_SIZE - 1);
}

void dxgk_shutdown(void) {
    for (uint32_t i = 0; i < dxgk_machine.adapter_count; i++)
        dxgk_chain_power_off(&dxgk_machine.present[i]->own_chain);
    for (uint32_t i = 0; i < dxgk_machine.adapter_count; i++)
        nt_pool_free(dxgk_machine.present[i], sizeof(struct dxgk_adapter));
    dxgk_machine = (struct dxgk_machine){0};
}

void dxgk_on_breach(dxgk_breach_hook *hook, void *context) {
    dxgk_machine.breach_hook = hook;
    dxgk_machine.breach_context = context;
}

void dxgk_memory_pressure(void) {
    nt_phys_pressure();
}
