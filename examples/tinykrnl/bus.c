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
    device->attached = false;
    for (unsigned i = 0; i < SUT_CHAIN_MAX; i++)
        device->areas[i] = (struct area){.lead = device};
}

static void append(struct device *lead, struct device *joiner) {
    lead->members[lead->count++] = joiner;
    joiner->lead = lead;
    joiner->count = 0;
}

static bool names_chain(const struct device *device, ULONG uid) {
    return device->present && device->linked.NumberOfLinksInChain > 1 && device->linked.ChainUid == uid &&
           device->lead->state == STOPPED;
}

static void take_apart(struct device *lead) {
    for (unsigned i = lead->count; i-- > 0;) /* the lead last: the list is its own */
        make_single(lead->members[i]);
}

/* Devices whose drivers name one chain are one, and whoever calls itself the lead is it. One that has left
 * the bus is by itself until it is removed. */
static void gather(ULONG uid) {
    struct device *lead = NULL;
    for (unsigned i = 0; i < SUT_DEVICES; i++) {
        struct device *device = &tk_machine.devices[i];
        if (!names_chain(device, uid))
            continue;
        take_apart(device->lead); /* with members that do not say that they are linked */
        if (!device->gone && (!lead || (device->linked.LeadLink && !lead->linked.LeadLink)))
            lead = device;
    }
    for (unsigned i = 0; lead && i < SUT_DEVICES; i++) {
        struct device *device = &tk_machine.devices[i];
        if (device != lead && names_chain(device, uid) && !device->gone && lead->count < SUT_CHAIN_MAX)
            append(lead, device);
    }
}

NTSTATUS tk_bus_add(unsigned device, const struct sut_miniport *miniport) {
    if (device >= SUT_DEVICES || tk_machine.devices[device].present)
        return STATUS_INVALID_PARAMETER;
    struct device *fresh = &tk_machine.devices[device];
    LINKED_DEVICE linked = {0};
    NTSTATUS status = miniport->add_device(miniport->context);
    if (NT_SUCCESS(status))
        status = miniport->link_device(miniport->context, &linked);
    if (!NT_SUCCESS(status))
        return status;
    tk_lock();
    *fresh = (struct device){.present = true, .powered = true, .miniport = *miniport, .linked = linked};
    make_single(fresh);
    gather(linked.ChainUid);
    tk_unlock();
    return STATUS_SUCCESS;
}

/* A bridge between two chains: each driver of what they become is asked again. */
NTSTATUS tk_bus_link(unsigned lead, unsigned joiner) {
    struct device *a = tk_bus_find(lead);
    struct device *b = tk_bus_find(joiner);
    LINKED_DEVICE linked[SUT_CHAIN_MAX] = {{0}};
    if (!a || !b || a == b)
        return STATUS_INVALID_PARAMETER;
    if (a->gone || b->gone || a->lead != a || b->lead != b || a->state != STOPPED || b->state != STOPPED ||
        b->count != 1 || a->count == SUT_CHAIN_MAX)
        return STATUS_INVALID_DEVICE_STATE;
    for (unsigned i = 0; i <= a->count; i++) {
        const struct sut_miniport *driver = i < a->count ? &a->members[i]->miniport : &b->miniport;
        NTSTATUS status = driver->link_device(driver->context, &linked[i]);
        if (!NT_SUCCESS(status))
            return status;
    }
    tk_lock();
    append(a, b);
    for (unsigned i = 0; i < a->count; i++)
        a->members[i]->linked = linked[i];
    tk_unlock();
    return STATUS_SUCCESS;
}

/* ---- start ---- */

/* As many as their drivers say, and the lead alone calls itself so. */
static NTSTATUS check_links(const struct device *lead) {
    for (unsigned i = 0; i < lead->count; i++) {
        const LINKED_DEVICE *linked = &lead->members[i]->linked;
        if (linked->NumberOfLinksInChain != lead->count || (lead->count > 1 && !linked->LeadLink != (i != 0)))
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
    tk_interface_fill(&device->dxgkrnl, device->lead->version, handle);
    set_handle(device, handle);
    NTSTATUS status = device->miniport.start_device(device->miniport.context, &device->dxgkrnl);
    if (!NT_SUCCESS(status))
        set_handle(device, NULL);
    return status;
}

/* Of a device that has left the bus, too: its driver still cleans up. */
static void stop_member(struct device *device) {
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

static NTSTATUS make_areas(struct device *lead) {
    SIZE_T bytes[SUT_CHAIN_MAX] = {0};
    NTSTATUS status = tk_ask_areas(lead, bytes);
    if (!NT_SUCCESS(status))
        return status;
    tk_lock();
    status = create_sections(lead, bytes);
    tk_unlock();
    return status;
}

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
    lead->attached = false;
    lead->mode = MODE_PHYSICAL;
    tk_unlock();
}

/* From WDDM 2.9 on a driver is asked, and its chain attached, before it starts; before that, afterwards. */
static NTSTATUS start_chain(struct device *lead, unsigned *started) {
    tk_serve(lead);
    bool early = lead->version >= DXGKDDI_INTERFACE_VERSION_WDDM2_9;
    NTSTATUS status = check_links(lead);
    if (NT_SUCCESS(status) && early)
        status = tk_ask_caps(lead);
    lead->attached = NT_SUCCESS(status) && early && lead->mode != MODE_PHYSICAL;
    if (NT_SUCCESS(status))
        status = start_members(lead, started);
    if (NT_SUCCESS(status) && !early)
        status = tk_ask_caps(lead);
    if (NT_SUCCESS(status))
        status = make_areas(lead);
    if (NT_SUCCESS(status) && !early)
        status = tk_attach_forced(lead);
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
    NTSTATUS status = start_chain(lead, &started);
    if (!NT_SUCCESS(status)) {
        stop_members(lead, started);
        take_back(lead);
    }
    set_state(lead, NT_SUCCESS(status) ? STARTED : STOPPED);
    return status;
}

/* ---- stop ---- */

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
    tk_lock();
    if (lead == leaver) {
        for (unsigned i = 1; i < lead->count; i++) {
            make_single(lead->members[i]);
            lead->members[i]->linked.NumberOfLinksInChain = 1;
        }
    } else {
        unsigned at = 0;
        for (unsigned i = 0; i < lead->count; i++)
            lead->members[i]->linked.NumberOfLinksInChain--;
        while (lead->members[at] != leaver)
            at++;
        lead->count--;
        for (; at < lead->count; at++)
            lead->members[at] = lead->members[at + 1];
    }
    *leaver = (struct device){0};
    tk_unlock();
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

NTSTATUS tk_bus_secure_vm(unsigned device) {
    struct device *found = tk_bus_find(device);
    if (!found)
        return STATUS_INVALID_PARAMETER;
    struct device *lead = found->lead;
    for (unsigned i = 0; i < lead->count; i++)
        if (lead->members[i]->gone)
            return STATUS_INVALID_DEVICE_STATE;
    if (lead->state != STARTED)
        return STATUS_INVALID_DEVICE_STATE;
    if (!lead->isolation || lead->mode == MODE_PHYSICAL)
        return STATUS_NOT_SUPPORTED;
    return lead->attached ? STATUS_SUCCESS : tk_attach(lead);
}
