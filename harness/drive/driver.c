/* The simulated display miniport: answers as its adapter's record in the program says, watches how it
 * is called, and misbehaves where told to. */
#include "harness/drive/driver.h"

#include <string.h>

#include "harness/drive/callback.h"
#include "harness/judge/report.h"
#include "harness/judge/run.h"

static const struct program_adapter *settings(const struct driver *driver) {
    return &run.program->adapters[driver->device];
}

static struct model_device *device_of(const struct driver *driver) {
    return &run.model.devices[driver->device];
}

static struct model_chain *chain_of(const struct driver *driver) {
    return &run.model.chains[device_of(driver)->chain];
}

static NTSTATUS link_device(void *context, LINKED_DEVICE *linked) {
    const struct driver *driver = context;
    uint16_t miniport = settings(driver)->miniport;
    bool lead = device_of(driver)->position == 0;
    linked->ChainUid = device_of(driver)->chain + 1u;
    linked->NumberOfLinksInChain = chain_of(driver)->count + ((miniport & PROGRAM_MP_LINK_COUNT) ? 1u : 0u);
    linked->LeadLink = (lead || (miniport & PROGRAM_MP_CLAIM_LEAD)) && !(miniport & PROGRAM_MP_DENY_LEAD);
    return STATUS_SUCCESS;
}

/* ---- calls a driver makes from inside its own entry points ---- */

static struct call own_call(const struct driver *driver, uint8_t opcode) {
    struct call call = {.opcode = opcode,
                        .actor = run.model.actor,
                        .table = &driver->dxgkrnl,
                        .handle = (HANDLE)(uintptr_t)device_of(driver)->handle};
    if (opcode == OP_PIN2)
        call.arg.pin2.CommitSize = MODEL_PAGE;
    else if (opcode == OP_PIN)
        call.arg.pin.CommitSize = MODEL_PAGE;
    else if (opcode == OP_MAP)
        call.arg.map.Size = MODEL_PAGE;
    return call;
}

static void call_each(const struct driver *driver, const uint8_t *opcodes, size_t count, const char *inside) {
    run.inside = inside;
    for (size_t i = 0; i < count && !run.abandoned; i++) {
        struct call call = own_call(driver, opcodes[i]);
        if (call_is_present(&call))
            run_callback(&call);
    }
    run.inside = NULL;
}

static void call_in_start(const struct driver *driver, const char *inside) {
    static const uint8_t all[] = {OP_PIN2, OP_PIN, OP_UNPIN, OP_MAP, OP_UNMAP};
    if (settings(driver)->miniport & PROGRAM_MP_CALL_IN_START)
        call_each(driver, all, sizeof(all), inside);
}

/* What an orderly driver does in its stop: gives back all it holds. */
static void release_everything(const struct driver *driver) {
    const struct model_chain *chain = chain_of(driver);
    run.inside = "DxgkDdiStopDevice";
    for (uint8_t i = 0; i < chain->count; i++) {
        struct call call = own_call(driver, OP_UNPIN);
        call.arg.unpin.PhysicalAdapterIndex = i;
        if (chain->areas[i].pin.live && call_is_present(&call))
            run_callback(&call);
    }
    for (uint32_t i = run.model.view_count; i-- > 0 && !run.abandoned;) {
        const struct model_view *view = &run.model.views[i];
        struct call call = own_call(driver, OP_UNMAP);
        call.arg.unmap.PhysicalAdapterIndex = view->index;
        call.arg.unmap.pBaseAddress = (PVOID)(uintptr_t)view->base;
        if (view->chain == device_of(driver)->chain && call_is_present(&call))
            run_callback(&call);
    }
    run.inside = NULL;
}

/* ---- start ---- */

static bool is_set(const DXGKRNL_INTERFACE *dxgkrnl, size_t at) {
    void *slot;
    memcpy(&slot, (const char *)dxgkrnl + at, sizeof(slot));
    return slot != NULL;
}

/* Whether the slots at [from, end) are all set, or all null. Without a way out of the loop, so that it takes
 * several slots at a time: a program starts its chains often. */
static bool all_slots(const DXGKRNL_INTERFACE *dxgkrnl, size_t from, size_t end, bool set) {
    bool all = true;
    for (size_t at = from; at < end; at += sizeof(void *))
        all &= is_set(dxgkrnl, at) == set;
    return all;
}

/* ANY-VERSION */
static void check_interface(const struct driver *driver, const DXGKRNL_INTERFACE *dxgkrnl) {
    uint8_t version = run.program->adapters[device_of(driver)->chain].version;
    size_t size = program_version_size(version);
    ULONG value = program_version_value(version);
    if (!REQUIRE(dxgkrnl->Version == value && dxgkrnl->Size == size, CLAUSE_ANY_VERSION,
                 ("Version 0x%x, Size 0x%zx", value, size),
                 ("Version 0x%x, Size 0x%x", dxgkrnl->Version, dxgkrnl->Size)))
        return;
    /* The slots behind Size are looked at too: src/ hands out whole tables, "the rest null". Somebody
     * else's may end at Size. */
    size_t end = run.sut->hold_chosen ? sizeof(*dxgkrnl) : size;
    if (all_slots(dxgkrnl, FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbEvalAcpiMethod), size, true) &&
        all_slots(dxgkrnl, size, end, false)) {
        contract_counts[CLAUSE_ANY_VERSION].kept++;
        return;
    }
    for (size_t at = FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbEvalAcpiMethod); at < end; at += sizeof(void *)) {
        bool set = is_set(dxgkrnl, at);
        if (!REQUIRE(set == (at < size), CLAUSE_ANY_VERSION,
                     ("the slot at 0x%zx %s", at, at < size ? "set" : "null"),
                     ("%s", set ? "a pointer" : "null")))
            return;
    }
}

static void check_new_handle(uint8_t device, uint64_t handle) {
    if (!run.sut->hold_chosen)
        return;
    bool issued = handle == 0;
    for (uint32_t i = 0; i < run.model.handle_count; i++)
        issued |= run.model.handles[i] == handle;
    REQUIRE(!issued, CLAUSE_STOP_STALE, ("a handle of adapter %u that was never issued before", device),
            ("0x%llx", (unsigned long long)handle));
}

/* As far as the table goes, which may be no further than its Size. */
static void copy_interface(struct driver *driver, const DXGKRNL_INTERFACE *dxgkrnl) {
    size_t size = dxgkrnl->Size < sizeof(*dxgkrnl) ? dxgkrnl->Size : sizeof(*dxgkrnl);
    memset((char *)&driver->dxgkrnl + size, 0, sizeof(*dxgkrnl) - size);
    memcpy(&driver->dxgkrnl, dxgkrnl, size);
}

static NTSTATUS start_device(void *context, const DXGKRNL_INTERFACE *dxgkrnl) {
    struct driver *driver = context;
    driver->has_interface = true;
    if (run.unchecked) {
        copy_interface(driver, dxgkrnl);
        return (settings(driver)->miniport & PROGRAM_MP_FAIL_START) ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
    }
    struct model_device *device = device_of(driver);
    struct model_chain *chain = chain_of(driver);
    uint64_t handle = (uint64_t)(uintptr_t)dxgkrnl->DeviceHandle;

    REQUIRE(chain->phase == PHASE_STARTING && !device->started, CLAUSE_LINK_ORDER,
            ("adapter %u started once in a start that is under way", driver->device),
            ("DxgkDdiStartDevice %s", device->started ? "a second time" : "outside of a start"));
    check_interface(driver, dxgkrnl);
    if (run.abandoned)
        return STATUS_UNSUCCESSFUL;
    copy_interface(driver, dxgkrnl);
    check_new_handle(driver->device, handle);
    model_handle_issued(&run.model, driver->device, handle);
    device->started = true;
    driver->queries = 0;
    driver->sizes = 0;
    for (uint32_t i = 1; device->position == 0 && i < chain->count; i++)
        REQUIRE(run.model.devices[chain->members[i]].started, CLAUSE_LINK_ORDER,
                ("the lead started after every other member"),
                ("adapter %u not yet started", chain->members[i]));
    if (chain->count > 1 && device->position == 0)
        contract_counts[CLAUSE_LINK_ORDER].kept++;

    call_in_start(driver, "DxgkDdiStartDevice");
    if (settings(driver)->miniport & PROGRAM_MP_FAIL_START) {
        device->started = false;
        model_handle_died(&run.model, driver->device);
        return STATUS_UNSUCCESSFUL;
    }
    return STATUS_SUCCESS;
}

/* ---- queries ---- */

static const char *query_name(DXGK_QUERYADAPTERINFOTYPE type) {
    switch (type) {
    case DXGKQAITYPE_FRAMEBUFFERSAVESIZE:
        return "DXGKQAITYPE_FRAMEBUFFERSAVESIZE";
    case DXGKQAITYPE_PHYSICAL_MEMORY_CAPS:
        return "DXGKQAITYPE_PHYSICAL_MEMORY_CAPS";
    case DXGKQAITYPE_IOMMU_CAPS:
        return "DXGKQAITYPE_IOMMU_CAPS";
    default:
        return "another type";
    }
}

static void check_query(struct driver *driver, const DXGKARG_QUERYADAPTERINFO *query, size_t output_size) {
    const struct model_chain *chain = chain_of(driver);
    REQUIRE(
        query->OutputDataSize == output_size && query->pOutputData && device_of(driver)->position == 0 &&
            device_of(driver)->started && chain->phase == PHASE_STARTING,
        CLAUSE_INIT_QUERY,
        ("%s with %zu bytes of output, asked of the lead in its start", query_name(query->Type), output_size),
        ("%u bytes, physical adapter %u", query->OutputDataSize, device_of(driver)->position));
}

static NTSTATUS query_save_size(struct driver *driver, const DXGKARG_QUERYADAPTERINFO *query) {
    const struct model_chain *chain = chain_of(driver);
    UINT index = 0;
    if (query->pInputData && query->InputDataSize == sizeof(index))
        memcpy(&index, query->pInputData, sizeof(index));
    if (!run.unchecked) {
        check_query(driver, query, sizeof(DXGK_FRAMEBUFFERSAVEAREA));
        bool asked = query->pInputData && query->InputDataSize == sizeof(index) && index < chain->count &&
                     !(driver->sizes >> index & 1) && driver->queries == 3 &&
                     model_has_areas(&run.model, device_of(driver)->chain);
        if (!REQUIRE(
                asked, CLAUSE_INIT_QUERY,
                ("4 bytes of input, an index below %u, once each, after the caps, with isolation support",
                 chain->count),
                ("%u bytes, index %u, indices asked before 0x%x, caps 0x%x", query->InputDataSize, index,
                 driver->sizes, driver->queries)) ||
            !asked)
            return STATUS_UNSUCCESSFUL;
        driver->sizes |= (uint8_t)(1u << index);
    }
    const struct program_adapter *member = &run.program->adapters[chain->members[index]];
    if (member->miniport & PROGRAM_MP_FAIL_SAVE_SIZE)
        return STATUS_UNSUCCESSFUL;
    DXGK_FRAMEBUFFERSAVEAREA area = {.MaximumSize = member->maximum_size};
    memcpy(query->pOutputData, &area, sizeof(area));
    return STATUS_SUCCESS;
}

static NTSTATUS query_adapter_info(void *context, const DXGKARG_QUERYADAPTERINFO *query) {
    struct driver *driver = context;
    uint16_t miniport = settings(driver)->miniport;
    if (!run.unchecked)
        call_in_start(driver, "DxgkDdiQueryAdapterInfo");
    if (run.abandoned)
        return STATUS_UNSUCCESSFUL;
    switch (query->Type) {
    case DXGKQAITYPE_IOMMU_CAPS: {
        DXGK_IOMMU_CAPS caps = {.Value = settings(driver)->caps};
        if (!run.unchecked)
            check_query(driver, query, sizeof(caps));
        driver->queries |= 1;
        if (miniport & PROGRAM_MP_FAIL_IOMMU_CAPS)
            return STATUS_UNSUCCESSFUL;
        memcpy(query->pOutputData, &caps, sizeof(caps));
        return STATUS_SUCCESS;
    }
    case DXGKQAITYPE_PHYSICAL_MEMORY_CAPS: {
        DXGK_PHYSICAL_MEMORY_CAPS caps = {.HighestVisibleAddress.QuadPart =
                                              (LONGLONG)settings(driver)->highest_visible};
        if (!run.unchecked)
            check_query(driver, query, sizeof(caps));
        driver->queries |= 2;
        if (miniport & PROGRAM_MP_FAIL_PHYSICAL_CAPS)
            return STATUS_UNSUCCESSFUL;
        memcpy(query->pOutputData, &caps, sizeof(caps));
        return STATUS_SUCCESS;
    }
    case DXGKQAITYPE_FRAMEBUFFERSAVESIZE:
        return query_save_size(driver, query);
    default: /* an implementation may ask for more than this contract speaks of */
        return STATUS_NOT_SUPPORTED;
    }
}

/* ---- stop ---- */

static void stop_device(void *context) {
    static const uint8_t new_ones[] = {OP_PIN2, OP_PIN, OP_MAP};
    struct driver *driver = context;
    struct model_device *device = device_of(driver);
    struct model_chain *chain = chain_of(driver);
    if (run.abandoned)
        return;
    if (run.unchecked) /* what it released is on the tape of the run that was recorded */
        return;
    if (run.racing) { /* an actor's stack is no place to judge */
        device->started = false;
        return;
    }
    REQUIRE(device->started && !device->gone, device->gone ? CLAUSE_STOP_RECLAIM : CLAUSE_LINK_ORDER,
            ("DxgkDdiStopDevice of a started adapter that is there"),
            ("adapter %u is %s", driver->device, device->gone ? "surprise removed" : "not started"));
    const struct model_device *lead = &run.model.devices[chain->members[0]];
    REQUIRE(device->position == 0 || !lead->started || lead->gone, CLAUSE_LINK_ORDER,
            ("the lead stopped before adapter %u", driver->device),
            ("the lead, adapter %u, still runs", chain->members[0]));
    if (chain->phase == PHASE_STOPPING && device->position == 0) {
        if (settings(driver)->miniport & PROGRAM_MP_CALL_IN_STOP)
            call_each(driver, new_ones, sizeof(new_ones), "DxgkDdiStopDevice");
        if (settings(driver)->miniport & PROGRAM_MP_RELEASE_IN_STOP)
            release_everything(driver);
    }
    device->started = false;
    model_handle_died(&run.model, driver->device);
}

void driver_init(uint8_t device) {
    struct driver *driver = &run.drivers[device];
    driver->device = device;
    driver->has_interface = false;
    driver->miniport = (struct sut_miniport){
        .context = driver,
        .version = program_version_value(run.program->adapters[device].version),
        .link_device = link_device,
        .start_device = start_device,
        .query_adapter_info = query_adapter_info,
        .stop_device = stop_device,
    };
}
