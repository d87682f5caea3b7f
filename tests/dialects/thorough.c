/* Does more than it must: before each start it asks every member for its caps, in an order of its own and
 * twice; locks all of a section for a pin of a part; gives a domain to a driver that can be remapped and
 * reports no isolation; links devices that have left the bus. Isolation that is required and not supported is
 * nothing to it.
 *
 * Dialect: lock=whole caps=otherwise required=nothing domain=otherwise link=otherwise */
#include "variant.h"

#include "nt/private.h"

/* Drivers that report remapping alone: the core is told of isolation, and of no save area. */
static bool unasked[SUT_DEVICES];

static void amend_caps(unsigned device, DXGK_IOMMU_CAPS *caps) {
    if (!caps->IommuIsolationSupported)
        caps->IommuIsolationRequired = 0;
    unasked[device] = caps->DmaRemappingSupported && !caps->IommuIsolationSupported;
    if (unasked[device]) {
        caps->DmaRemappingSupported = 0;
        caps->IommuIsolationSupported = 1;
    }
}

static void amend_driver_caps(unsigned device, DXGK_VIDMMCAPS *caps) {
    if (!caps->IoMmuSecureModeSupported)
        caps->IoMmuSecureModeRequired = 0;
    if (unasked[device]) /* what disagreed still does */
        caps->IoMmuSecureModeSupported = !caps->IoMmuSecureModeSupported;
}

static NTSTATUS thorough_query(void *context, const DXGKARG_QUERYADAPTERINFO *query) {
    unsigned device = (unsigned)((const struct sut_miniport *)context - drivers);
    if (query->Type == DXGKQAITYPE_FRAMEBUFFERSAVESIZE && unasked[device]) {
        ((DXGK_FRAMEBUFFERSAVEAREA *)query->pOutputData)->MaximumSize = 0;
        return STATUS_SUCCESS;
    }
    NTSTATUS status = variant_query(context, query);
    if (query->Type == DXGKQAITYPE_IOMMU_CAPS && NT_SUCCESS(status))
        amend_caps(device, query->pOutputData);
    if (query->Type == DXGKQAITYPE_DRIVERCAPS && NT_SUCCESS(status))
        amend_driver_caps(device, &((DXGK_DRIVERCAPS *)query->pOutputData)->MemoryManagementCaps);
    return status;
}

static NTSTATUS thorough_add(unsigned device, const struct sut_miniport *miniport) {
    NTSTATUS status = variant_add(device, miniport);
    if (NT_SUCCESS(status))
        unasked[device] = false;
    return status;
}

/* What they answer is forgotten: the start asks the lead again. */
static void ask_all(const struct dxgk_chain *chain) {
    for (uint32_t i = 0; i < 2 * chain->length; i++) {
        const struct dxgk_miniport *member = &chain->members[i / 2]->miniport;
        DXGK_IOMMU_CAPS iommu;
        DXGK_PHYSICAL_MEMORY_CAPS memory;
        const DXGKARG_QUERYADAPTERINFO first = {
            .Type = DXGKQAITYPE_IOMMU_CAPS, .pOutputData = &iommu, .OutputDataSize = sizeof(iommu)};
        const DXGKARG_QUERYADAPTERINFO second = {.Type = DXGKQAITYPE_PHYSICAL_MEMORY_CAPS,
                                                 .pOutputData = &memory,
                                                 .OutputDataSize = sizeof(memory)};
        (void)variant_query(member->context, &first);
        (void)variant_query(member->context, &second);
    }
}

static NTSTATUS thorough_start(unsigned device) {
    const struct dxgk_adapter *adapter = find(device);
    bool new = adapter && adapter->chain->state ==
                              DXGK_CHAIN_STOPPED &&dxgk_machine.version >= DXGKDDI_INTERFACE_VERSION_WDDM2_9;
    for (uint32_t i = 0; new &&i < adapter->chain->length; i++)
        new = !adapter->chain->members[i]->gone &&
              adapter->chain->members[i]->miniport.version >= DXGKDDI_INTERFACE_VERSION_WDDM2_9;
    if (new)
        ask_all(adapter->chain);
    return start_device(device);
}

/* Those are not isolated, whatever the core was told. */
static NTSTATUS thorough_secure_vm(unsigned device) {
    const struct dxgk_adapter *adapter = find(device);
    if (adapter && adapter->chain->state == DXGK_CHAIN_STARTED) {
        bool gone = false;
        for (uint32_t i = 0; i < adapter->chain->length; i++)
            gone |= adapter->chain->members[i]->gone;
        if (unasked[variant_lead(adapter->chain)])
            return gone ? STATUS_INVALID_DEVICE_STATE : STATUS_NOT_SUPPORTED;
    }
    return secure_vm(device);
}

/* As if they were still there. */
static NTSTATUS thorough_link(unsigned lead, unsigned joiner) {
    struct dxgk_adapter *both[] = {find(lead), find(joiner)};
    bool gone[2];
    if (!both[0] || !both[1] || lead == joiner)
        return link_devices(lead, joiner);
    for (unsigned i = 0; i < 2; i++) {
        gone[i] = both[i]->gone;
        both[i]->gone = false;
    }
    NTSTATUS status = link_devices(lead, joiner);
    for (unsigned i = 0; i < 2; i++)
        both[i]->gone = gone[i];
    return status;
}

/* ---- pins ---- */

/* Pages that are locked and that the core does not count; it takes them off its count when it unlocks. */
static uint64_t added;

/* The area whose pin handed this list out, if that is still pinned; under the lock of its chain. */
static struct dxgk_area *area_of(const struct dxgk_chain *chain, UINT index, const void *list) {
    struct dxgk_adapter *meant = variant_member(chain, index);
    if (!meant || meant->area.pin.form == DXGK_PIN_NONE)
        return NULL;
    const struct dxgk_pin *pin = &meant->area.pin;
    return (pin->form == DXGK_PIN_ADL ? (const void *)pin->adl : (const void *)pin->mdl) == list
               ? &meant->area
               : NULL;
}

/* Locks the rest of a section that was pinned just now; where there is no room for it, it is not pinned. */
static NTSTATUS lock_all(HANDLE adapter, UINT index, const void *list) {
    NTSTATUS status = STATUS_SUCCESS;
    struct dxgk_chain *chain = variant_look(adapter);
    struct dxgk_area *area = area_of(chain, index, list);
    if (area) {
        nt_lock_acquire(&nt_memory_lock);
        uint64_t locked = area->section->locked;
        uint64_t rest = locked < area->section->pages ? area->section->pages - locked : 0;
        if (nt_phys_hold(rest, NT_FAULT_LOCK)) {
            area->section->locked += rest;
            added += rest;
        } else {
            status = STATUS_INSUFFICIENT_RESOURCES;
        }
        nt_lock_release(&nt_memory_lock);
        if (!NT_SUCCESS(status))
            (void)dxgk_unpin(chain, area);
    }
    variant_looked(chain);
    return status;
}

static NTSTATUS pin2(HANDLE adapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *arg) {
    if (!variant_judges(arg))
        return dxgk_cb_pin2(adapter, arg);
    DXGKARGCB_PINFRAMEBUFFERFORSAVE2 once = *arg; /* RACE-ONCE */
    variant_begin_call();
    NTSTATUS status = dxgk_cb_pin2(adapter, &once);
    if (NT_SUCCESS(status))
        status = lock_all(adapter, once.PhysicalAdapterIndex, once.pAdl);
    variant_end_call();
    if (NT_SUCCESS(status))
        arg->pAdl = once.pAdl;
    return status;
}

static NTSTATUS pin(HANDLE adapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE *arg) {
    if (!variant_judges(arg))
        return dxgk_cb_pin(adapter, arg);
    DXGKARGCB_PINFRAMEBUFFERFORSAVE once = *arg;
    variant_begin_call();
    NTSTATUS status = dxgk_cb_pin(adapter, &once);
    if (NT_SUCCESS(status))
        status = lock_all(adapter, once.PhysicalAdapterIndex, once.pMdl);
    variant_end_call();
    if (NT_SUCCESS(status))
        arg->pMdl = once.pMdl;
    return status;
}

static bool thorough_boot(const struct sut_machine_config *config) {
    added = 0;
    return boot(config);
}

static void thorough_ledger(struct sut_ledger *out) {
    ledger(out);
    out->locked_pages += added;
}

static void variant_table(DXGKRNL_INTERFACE *table) {
    variant_replace(table, &(DXGKRNL_INTERFACE){.DxgkCbPinFrameBufferForSave2 = pin2,
                                                .DxgkCbPinFrameBufferForSave = pin});
}

static void variant_seam(struct sut *sut) {
    sut->name = "thorough";
    sut->boot = thorough_boot;
    sut->ledger = thorough_ledger;
    sut->add = thorough_add;
    variant_asks = thorough_query;
    sut->start = thorough_start;
    sut->link = thorough_link;
    sut->secure_vm = thorough_secure_vm;
}
