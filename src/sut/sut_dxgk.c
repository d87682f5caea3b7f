/* This project's own implementation, src/, behind the harness's seam. */
#include "harness/sut.h"

#include "dxgk/dxgk.h"
#include "nt/fault.h"
#include "nt/irql.h"
#include "nt/lock.h"
#include "nt/nt.h"
#include "nt/phys.h"
#include "nt/pool.h"
#include "nt/section.h"

_Static_assert(SUT_DEVICES <= DXGK_ADAPTERS_MAX, "every device can be an adapter");
_Static_assert(SUT_CHAIN_MAX == DXGK_CHAIN_MAX, "both sides mean the same longest chain");
_Static_assert(SUT_ACTORS <= NT_ACTORS, "every actor has an IRQL");
#define FAULT(name)                                                                                          \
    _Static_assert((int)SUT_FAULT_##name == (int)NT_FAULT_##name, "SUT_FAULT_" #name " is passed through");
NT_FAULTS(FAULT)
_Static_assert((int)SUT_FAULT_KINDS == (int)NT_FAULT_KINDS, "src/nt/fault.h has every SUT_FAULT_*");

/* The bus: what sits at each ordinal. */
static struct dxgk_adapter *devices[SUT_DEVICES];

/* A member that is added to nt_config has to be passed on here. */
_Static_assert(sizeof(struct nt_config) == 7 * sizeof(uint64_t) + 2 * sizeof(uint32_t),
               "boot() sets each member of nt_config");

static bool boot(const struct sut_machine_config *config) {
    if (config->ram_pages == 0 || config->highest_pfn < config->firmware_pages ||
        config->highest_pfn - config->firmware_pages < config->ram_pages - 1 ||
        (config->firmware_pages > 0 &&
         (config->firmware_first == 0 ||
          config->firmware_first > config->highest_pfn + 1 - config->firmware_pages)))
        return false;
    bool booted = nt_boot(&(struct nt_config){
        .ram_pages = config->ram_pages,
        .highest_pfn = config->highest_pfn,
        .firmware_first = config->firmware_first,
        .firmware_pages = config->firmware_pages,
        .commit_pages = config->commit_pages,
        .pool_bytes = config->pool_bytes,
        .view_bytes = config->view_bytes,
        .pfn_seed = config->pfn_seed,
    });
    if (!booted)
        return false;
    dxgk_boot(&(struct dxgk_config){
        .version = config->dxgkrnl_version,
        .iommu_flags = config->iommu_flags,
        .iommu = config->iommu != SUT_IOMMU_NONE,
        .remap_always = config->iommu == SUT_IOMMU_REMAP_ALWAYS,
        .highest_pfn = config->highest_pfn,
    });
    return true;
}

static NTSTATUS remove_device(unsigned device);

static void shutdown(void) {
    nt_fault_arm(NT_FAULT_ANY, 0);
    for (unsigned device = 0; device < SUT_DEVICES; device++) {
        if (devices[device])
            (void)remove_device(device);
        devices[device] = NULL; /* one that cannot be removed goes when the power does */
    }
    dxgk_shutdown();
    nt_shutdown();
}

/* NULL: nothing there. */
static struct dxgk_adapter *find(unsigned device) {
    return device < SUT_DEVICES ? devices[device] : NULL;
}

static NTSTATUS add_device(unsigned device, const struct sut_miniport *miniport) {
    if (device >= SUT_DEVICES || devices[device])
        return STATUS_INVALID_PARAMETER;
    struct dxgk_miniport registered = {
        .context = miniport->context,
        .version = miniport->version,
        .add_device = miniport->add_device,
        .link_device = miniport->link_device,
        .start_device = miniport->start_device,
        .query_adapter_info = miniport->query_adapter_info,
        .stop_device = miniport->stop_device,
        .begin_exclusive = miniport->begin_exclusive,
        .end_exclusive = miniport->end_exclusive,
    };
    return dxgk_adapter_add(&registered, &devices[device]);
}

static NTSTATUS link_devices(unsigned lead, unsigned joiner) {
    struct dxgk_adapter *first = find(lead);
    struct dxgk_adapter *second = find(joiner);
    return first && second ? dxgk_adapter_link(first, second) : STATUS_INVALID_PARAMETER;
}

static NTSTATUS start_device(unsigned device) {
    struct dxgk_adapter *adapter = find(device);
    return adapter ? dxgk_adapter_start(adapter) : STATUS_INVALID_PARAMETER;
}

static NTSTATUS stop_device(unsigned device) {
    struct dxgk_adapter *adapter = find(device);
    return adapter ? dxgk_adapter_stop(adapter) : STATUS_INVALID_PARAMETER;
}

static NTSTATUS remove_device(unsigned device) {
    struct dxgk_adapter *adapter = find(device);
    NTSTATUS status = adapter ? dxgk_adapter_remove(adapter) : STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(status))
        devices[device] = NULL;
    return status;
}

static NTSTATUS surprise_remove_device(unsigned device) {
    struct dxgk_adapter *adapter = find(device);
    return adapter ? dxgk_adapter_surprise_remove(adapter) : STATUS_INVALID_PARAMETER;
}

static NTSTATUS power_device(unsigned device, bool d0) {
    struct dxgk_adapter *adapter = find(device);
    return adapter ? dxgk_adapter_power(adapter, d0) : STATUS_INVALID_PARAMETER;
}

static NTSTATUS reset_device(unsigned device, bool begin) {
    struct dxgk_adapter *adapter = find(device);
    return adapter ? dxgk_adapter_reset(adapter, begin) : STATUS_INVALID_PARAMETER;
}

static NTSTATUS secure_vm(unsigned device) {
    struct dxgk_adapter *adapter = find(device);
    return adapter ? dxgk_adapter_secure_vm(adapter) : STATUS_INVALID_PARAMETER;
}

static void set_irql(KIRQL irql) {
    nt_irql_set(irql);
}

static bool dma(unsigned device, uint64_t address, void *buffer, size_t size, bool write) {
    struct dxgk_adapter *adapter = find(device);
    return adapter && dxgk_dma(adapter, address, buffer, size, write);
}

static uint64_t domain(unsigned device) {
    const struct dxgk_adapter *adapter = find(device);
    return adapter ? dxgk_look_domain(adapter) : 0;
}

static uint64_t domain_pages(unsigned device) {
    const struct dxgk_adapter *adapter = find(device);
    return adapter ? dxgk_look_domain_pages(adapter) : 0;
}

static bool page(unsigned lead, unsigned index, uint64_t number, struct sut_page *out) {
    const struct dxgk_adapter *adapter = find(lead);
    const struct nt_section *section = adapter ? dxgk_look_section(adapter, index) : NULL;
    if (!section || number >= nt_section_pages(section))
        return false;
    const struct nt_page *seen = nt_section_peek(section, number);
    out->has_frame = seen && nt_phys_pfn(seen, &out->pfn);
    if (!out->has_frame)
        out->pfn = 0;
    out->locked = nt_section_page_locked(section, number);
    out->views = seen ? seen->views : 0;
    return true;
}

static void ledger(struct sut_ledger *out) {
    struct dxgk_usage dxgk;
    dxgk_look_usage(&dxgk);
    struct nt_section_usage sections = nt_section_usage();
    const struct nt_pool_usage *pool = nt_pool_usage();
    *out = (struct sut_ledger){
        .commit_pages = nt_commit_charged(),
        .locked_pages = sections.locked_pages,
        .domain_pages = dxgk.domain_pages,
        .view_bytes = sections.view_bytes,
        .pins = dxgk.pins,
        .views = (uint32_t)sections.views,
        .handles = dxgk.handles,
        .pool_bytes = pool->bytes,
        .pool_blocks = pool->blocks,
        .cache_bytes = pool->cache_bytes,
        .leaks = dxgk.leaks,
        .breaches = dxgk.breaches,
    };
}

static bool cpu_accessible(const void *address, size_t size) {
    return nt_view_accessible(address, size);
}

static void arm_fault(enum sut_fault kind, uint32_t nth) {
    nt_fault_arm((enum nt_fault_kind)kind, nth);
}

static void set_hooks(const struct sut_hooks *hooks) {
    static struct nt_hooks passed;
    if (hooks)
        passed = (struct nt_hooks){.acquire = hooks->acquire,
                                   .release = hooks->release,
                                   .fresh = hooks->fresh,
                                   .freed = hooks->freed,
                                   .violated = hooks->violated};
    nt_hooks_set(hooks ? &passed : NULL);
}

const struct sut *sut_get(void) {
    static const struct sut sut = {
        .name = "dxgk",
        .hold_chosen = true,
        .boot = boot,
        .shutdown = shutdown,
        .add = add_device,
        .link = link_devices,
        .start = start_device,
        .stop = stop_device,
        .remove = remove_device,
        .surprise_remove = surprise_remove_device,
        .power = power_device,
        .reset = reset_device,
        .secure_vm = secure_vm,
        .set_actor = nt_actor_set,
        .set_irql = set_irql,
        .memory_pressure = dxgk_memory_pressure,
        .dma = dma,
        .domain = domain,
        .page = page,
        .ledger = ledger,
        .domain_pages = domain_pages,
        .descriptor_alive = dxgk_look_descriptor,
        .cpu_accessible = cpu_accessible,
        .arm_fault = arm_fault,
        .fault_passed = nt_fault_passed,
        .set_hooks = set_hooks,
        .lock_held = nt_lock_held,
        .irql = nt_irql,
        .set_bug_check = dxgk_on_bug_check,
    };
    return &sut;
}
