/* Adapters on the bus: they come and go, are linked to chains, start and stop. */
#include "tinykrnl.h"

struct device *tk_bus_find(unsigned device) {
    return device < SUT_DEVICES && tk_machine.devices[device].present ? &tk_machine.devices[device] : NULL;
}

/* ---- chains ---- */

static void make_single(struct device *device) {
    device->lead = device;
    device->count = 1;
    device->members[0] = device;
    device->state = STOPPED;
    device->mode = MODE_PHYSICAL;
    for (unsigned i = 0; i < SUT_CHAIN_MAX; i++)
        device->areas[i] = (struct area){.lead = device};
}

NTSTATUS tk_bus_add(unsigned device, const struct sut_miniport *miniport) {
    if (device >= SUT_DEVICES || tk_machine.devices[device].present)
        return STATUS_INVALID_PARAMETER;
    tk_machine.devices[device] = (struct device){.present = true, .powered = true, .miniport = *miniport};
    make_single(&tk_machine.devices[device]);
    return STATUS_SUCCESS;
}

NTSTATUS tk_bus_link(unsigned lead, unsigned joiner) {
    struct device *a = tk_bus_find(lead);
    struct device *b = tk_bus_find(joiner);
    if (!a || !b || a == b)
        return STATUS_INVALID_PARAMETER;
    if (a->gone || b->gone || a->lead != a || b->lead != b || a->state != STOPPED || b->state != STOPPED ||
        b->count != 1 || a->count == SUT_CHAIN_MAX)
        return STATUS_INVALID_DEVICE_STATE;
    a->members[a->count++] = b;
    b->lead = a;
    b->count = 0;
    return STATUS_SUCCESS;
}

/* ---- start ---- */

/* Every member must say the same of the chain, and the lead alone that it leads. */
static NTSTATUS ask_links(const struct device *lead) {
    ULONG chain = 0;
    for (unsigned i = 0; lead->count > 1 && i < lead->count; i++) {
        const struct sut_miniport *driver = &lead->members[i]->miniport;
        LINKED_DEVICE linked = {0};
        NTSTATUS status = driver->link_device(driver->context, &linked);
        if (!NT_SUCCESS(status))
            return status;
        if (i == 0)
            chain = linked.ChainUid;
        if (linked.ChainUid != chain || linked.NumberOfLinksInChain != lead->count ||
            !linked.LeadLink != (i != 0))
            return STATUS_INVALID_DEVICE_STATE;
    }
    return STATUS_SUCCESS;
}

static void set_handle(struct device *device, HANDLE handle) {
    tk_lock();
    device->handle = handle;
    tk_unlock();
}

static NTSTATUS start_member(struct device *device) {
    HANDLE handle = (HANDLE)(tk_machine.last_handle += 4);
    tk_interface_fill(&device->dxgkrnl, device->lead->miniport.version, handle);
    set_handle(device, handle);
    NTSTATUS status = device->miniport.start_device(device->miniport.context, &device->dxgkrnl);
    if (!NT_SUCCESS(status))
        set_handle(device, NULL);
    return status;
}

/* A device that has left the bus is not stopped any more, but its handle dies. */
static void stop_member(struct device *device) {
    if (!device->gone)
        device->miniport.stop_device(device->miniport.context);
    set_handle(device, NULL);
}

/* The lead starts last and stops first. */
static NTSTATUS start_members(struct device *lead, unsigned *started) {
    for (*started = 0; *started < lead->count; ++*started) {
        NTSTATUS status = start_member(lead->members[(*started + 1) % lead->count]);
        if (!NT_SUCCESS(status))
            return status;
    }
    return STATUS_SUCCESS;
}

static void stop_members(struct device *lead, unsigned started) {
    for (; started > 0; started--)
        stop_member(lead->members[started % lead->count]);
}

static NTSTATUS ask(const struct device *lead, DXGK_QUERYADAPTERINFOTYPE type, UINT *index, void *out,
                    UINT size) {
    DXGKARG_QUERYADAPTERINFO query = {.Type = type,
                                      .pInputData = index,
                                      .InputDataSize = index ? sizeof(*index) : 0,
                                      .pOutputData = out,
                                      .OutputDataSize = size};
    return lead->miniport.query_adapter_info(lead->miniport.context, &query);
}

/* How the chain's GPUs will see memory. The lead's answers speak for the chain. */
static NTSTATUS ask_caps(struct device *lead, bool *isolation) {
    DXGK_IOMMU_CAPS caps = {0};
    DXGK_PHYSICAL_MEMORY_CAPS memory = {0};
    NTSTATUS status = ask(lead, DXGKQAITYPE_IOMMU_CAPS, NULL, &caps, sizeof(caps));
    if (NT_SUCCESS(status))
        status = ask(lead, DXGKQAITYPE_PHYSICAL_MEMORY_CAPS, NULL, &memory, sizeof(memory));
    if (!NT_SUCCESS(status))
        return status;

    bool iommu = tk_machine.has.iommu != SUT_IOMMU_NONE;
    uint64_t visible = (uint64_t)memory.HighestVisibleAddress.QuadPart;
    bool all_visible = visible > tk_machine.has.highest_pfn * PAGE_SIZE + (PAGE_SIZE - 1);
    bool can_remap =
        caps.DmaRemappingSupported && lead->miniport.version >= DXGKDDI_INTERFACE_VERSION_WDDM2_9;
    *isolation = caps.IommuIsolationSupported || caps.IommuIsolationRequired;
    if (caps.IommuIsolationRequired && !iommu)
        return STATUS_NOT_SUPPORTED;
    lead->mode = MODE_PHYSICAL;
    if (iommu && *isolation) {
        bool remap = can_remap && (!all_visible || tk_machine.has.iommu == SUT_IOMMU_REMAP_ALWAYS);
        lead->mode = remap ? MODE_REMAPPED : MODE_ISOLATED;
    }
    if (lead->mode != MODE_REMAPPED && !all_visible)
        return STATUS_NOT_SUPPORTED;
    lead->first_page = lead->mode == MODE_REMAPPED; /* logical page 0 looks too much like none */
    lead->end_page = tk_machine.has.ram_pages;
    if (lead->mode == MODE_REMAPPED)
        lead->end_page = visible / PAGE_SIZE + (visible % PAGE_SIZE == PAGE_SIZE - 1);
    return STATUS_SUCCESS;
}

/* What each adapter may ever need is charged now, so that it can always be had later. */
static NTSTATUS create_sections(struct device *lead, const SIZE_T *bytes) {
    uint64_t pages = 0; /* eight sizes of fewer than 2^52 pages: the sum does not wrap */
    for (unsigned i = 0; i < lead->count; i++) {
        if (bytes[i] % PAGE_SIZE != 0)
            return STATUS_INVALID_PARAMETER;
        pages += bytes[i] / PAGE_SIZE;
    }
    if (pages > tk_machine.has.commit_pages - tk_machine.commit_pages)
        return STATUS_COMMITMENT_LIMIT;
    for (unsigned i = 0; i < lead->count; i++) {
        NTSTATUS status = bytes[i] ? tk_section_create(&lead->areas[i], bytes[i]) : STATUS_SUCCESS;
        if (!NT_SUCCESS(status)) {
            while (i > 0)
                tk_section_close(&lead->areas[--i]);
            return status;
        }
    }
    tk_machine.commit_pages += pages;
    lead->commit_pages = pages;
    return STATUS_SUCCESS;
}

static NTSTATUS ask_lead(struct device *lead) {
    SIZE_T bytes[SUT_CHAIN_MAX] = {0};
    bool isolation = false;
    NTSTATUS status = ask_caps(lead, &isolation);
    for (UINT i = 0; NT_SUCCESS(status) && isolation && i < lead->count; i++) {
        DXGK_FRAMEBUFFERSAVEAREA area = {0};
        UINT index = i; /* the driver may scribble over its input */
        status = ask(lead, DXGKQAITYPE_FRAMEBUFFERSAVESIZE, &index, &area, sizeof(area));
        bytes[i] = area.MaximumSize;
    }
    if (!NT_SUCCESS(status))
        return status;
    tk_lock();
    status = create_sections(lead, bytes);
    tk_unlock();
    return status;
}

static void set_state(struct device *lead, enum state state) {
    tk_lock();
    lead->state = state;
    tk_unlock();
}

NTSTATUS tk_bus_start(unsigned device) {
    struct device *found = tk_bus_find(device);
    if (!found)
        return STATUS_INVALID_PARAMETER;
    struct device *lead = found->lead;
    for (unsigned i = 0; i < lead->count; i++)
        if (lead->members[i]->gone)
            return STATUS_INVALID_DEVICE_STATE;
    if (lead->state != STOPPED)
        return STATUS_INVALID_DEVICE_STATE;
    set_state(lead, STARTING);
    unsigned started = 0;
    NTSTATUS status = ask_links(lead);
    if (NT_SUCCESS(status))
        status = start_members(lead, &started);
    if (NT_SUCCESS(status))
        status = ask_lead(lead);
    if (!NT_SUCCESS(status))
        stop_members(lead, started);
    set_state(lead, NT_SUCCESS(status) ? STARTED : STOPPED);
    return status;
}

/* ---- stop ---- */

/* Whatever the driver has left out; without its lead's handle it gets at nothing any more. */
static void take_back(struct device *lead) {
    tk_lock();
    for (unsigned i = 0; i < lead->count; i++) {
        struct area *area = &lead->areas[i];
        if (area->pin.live)
            tk_unpin_pages(area);
        tk_view_unmap(area, NULL);
        tk_section_close(area);
    }
    tk_machine.commit_pages -= lead->commit_pages;
    lead->commit_pages = 0;
    tk_unlock();
}

NTSTATUS tk_bus_stop(unsigned device) {
    struct device *found = tk_bus_find(device);
    if (!found)
        return STATUS_INVALID_PARAMETER;
    struct device *lead = found->lead;
    if (lead->state != STARTED)
        return STATUS_INVALID_DEVICE_STATE;
    set_state(lead, STOPPING);
    stop_member(lead);
    take_back(lead);
    for (unsigned i = lead->count - 1; i > 0; i--)
        stop_member(lead->members[i]);
    set_state(lead, STOPPED);
    return STATUS_SUCCESS;
}

/* Without its lead a chain falls apart; without another member the ones behind that move up. */
NTSTATUS tk_bus_remove(unsigned device) {
    struct device *leaver = tk_bus_find(device);
    if (!leaver)
        return STATUS_INVALID_PARAMETER;
    struct device *lead = leaver->lead;
    if (lead->state == STARTED)
        (void)tk_bus_stop(device);
    if (lead == leaver) {
        for (unsigned i = 1; i < lead->count; i++)
            make_single(lead->members[i]);
    } else {
        unsigned at = 0;
        while (lead->members[at] != leaver)
            at++;
        lead->count--;
        for (; at < lead->count; at++)
            lead->members[at] = lead->members[at + 1];
    }
    *leaver = (struct device){0};
    return STATUS_SUCCESS;
}

/* ---- what happens to one device ---- */

NTSTATUS tk_bus_surprise_remove(unsigned device) {
    struct device *found = tk_bus_find(device);
    if (!found)
        return STATUS_INVALID_PARAMETER;
    if (found->gone)
        return STATUS_INVALID_DEVICE_STATE;
    found->gone = true;
    return STATUS_SUCCESS;
}

NTSTATUS tk_bus_power(unsigned device, bool d0) {
    struct device *found = tk_bus_find(device);
    if (!found)
        return STATUS_INVALID_PARAMETER;
    found->powered = d0;
    return STATUS_SUCCESS;
}

NTSTATUS tk_bus_reset(unsigned device, bool begin) {
    struct device *found = tk_bus_find(device);
    if (!found)
        return STATUS_INVALID_PARAMETER;
    if (found->resetting == begin)
        return STATUS_INVALID_DEVICE_STATE;
    found->resetting = begin;
    return STATUS_SUCCESS;
}
