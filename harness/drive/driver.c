/* The simulated miniports in the harness: their settings are those of the program, and what they call in
 * their entry points is judged as everything else. */
#include "harness/drive/driver.h"

#include <string.h>

#include "harness/drive/callback.h"
#include "harness/judge/race.h"
#include "harness/judge/run.h"
#include "harness/program/operands.h"

static const struct model_device *device_of(const struct miniport *driver) {
    return &run.model.devices[driver->number];
}

static bool is_judged(void) {
    /* A race's actors have stacks that are no place to judge, and what they call is judged when all is over.
     * What a driver released in a run that is replayed is on its tape. */
    return !run.abandoned && !run.unchecked && !run.racing;
}

static bool is_gone(const struct miniport *driver) {
    return device_of(driver)->gone;
}

static void got_handle(struct miniport *driver) {
    contract_kept(CLAUSE_ANY_VERSION, true);
    miniport_check_handle(driver, run.model.handles, run.model.handle_count);
    model_handle_issued(&run.model, (uint8_t)driver->number,
                        (uint64_t)(uintptr_t)driver->dxgkrnl.DeviceHandle);
}

static void lost_handle(struct miniport *driver) {
    model_handle_died(&run.model, (uint8_t)driver->number);
}

/* ---- calls a driver makes from inside its own entry points ---- */

static struct call own_call(const struct miniport *driver, uint8_t opcode) {
    struct call call = {.opcode = opcode,
                        .actor = run.model.actor,
                        .table = &driver->dxgkrnl,
                        .handle = (HANDLE)(uintptr_t)device_of(driver)->handle};
    const SIZE_T page = MODEL_PAGE;
    for (const struct program_operand *operand = program_operands(opcode); operand->name; operand++)
        if (operand->kind == OPERAND_SIZE)
            memcpy(call.arg.raw + program_operand_at(operand), &page, sizeof(page));
    return call;
}

/* Each callback of this set of operations. On its own, as the next: every call of a miniport's comes by, and
 * would clear the frame of theirs. */
static __attribute__((noinline)) void call_each(const struct miniport *driver, uint32_t set,
                                                enum situate_entry entry) {
#define OPCODE(name, ...) OP_##name,
    static const uint8_t callbacks[] = {PROGRAM_CALLBACKS(OPCODE)};
    static const char *const names[] = {NULL, "DxgkDdiStartDevice", "DxgkDdiQueryAdapterInfo",
                                        "DxgkDdiStopDevice"};
    if (!driver->has_interface)
        return;
    run.inside = names[entry];
    run.entry = entry;
    for (size_t i = 0; i < sizeof(callbacks) && !run.abandoned; i++) {
        if (!program_is_of(set, callbacks[i]))
            continue;
        struct call call = own_call(driver, callbacks[i]);
        if (run.sut->ledger) /* what Dxgkrnl has taken by now in this start, or given back in this stop */
            run.sut->ledger(&run.ledger);
        if (call_is_present(&call))
            run_callback(&call);
    }
    run.inside = NULL;
    run.entry = SITUATE_OUTSIDE;
}

/* What an orderly driver does in its stop: gives back all it holds. */
static __attribute__((noinline)) void release_all(const struct miniport *driver,
                                                  void (*make)(struct call *call)) {
    const struct model_chain *chain = &run.model.chains[device_of(driver)->chain];
    for (uint8_t i = 0; i < chain->count; i++) {
        struct call call = own_call(driver, OP_UNPIN);
        call.arg.unpin.PhysicalAdapterIndex = i;
        if (chain->areas[i].pin.live && call_is_present(&call))
            make(&call);
    }
    for (uint32_t i = run.model.view_count; i-- > 0 && !run.abandoned;) {
        const struct model_view *view = &run.model.views[i];
        struct call call = own_call(driver, OP_UNMAP);
        call.arg.unmap.PhysicalAdapterIndex = view->index;
        call.arg.unmap.pBaseAddress = (PVOID)(uintptr_t)view->base;
        if (view->chain == device_of(driver)->chain && call_is_present(&call))
            make(&call);
    }
}

static void release_everything(const struct miniport *driver) {
    run.inside = "DxgkDdiStopDevice";
    run.entry = SITUATE_STOP;
    if (run.sut->ledger)
        run.sut->ledger(&run.ledger);
    release_all(driver, run_callback);
    run.inside = NULL;
    run.entry = SITUATE_OUTSIDE;
}

/* The model stands still while actors race: what was out when they began is given back, and the chain runs.
 */
static void stops_unjudged(struct miniport *driver) {
    const struct model_chain *chain = &run.model.chains[device_of(driver)->chain];
    if (run.racing && driver->settings.wrong & PROGRAM_MP_RELEASE_IN_STOP &&
        device_of(driver)->position == 0 && chain->phase == PHASE_STARTED)
        release_all(driver, race.release);
}

static void acts(struct miniport *driver, enum miniport_entry entry) {
    unsigned wrong = driver->settings.wrong;
    if (entry == MINIPORT_QUERY && !(wrong & PROGRAM_MP_CALL_IN_START)) /* which comes most often */
        return;
    const struct model_chain *chain = &run.model.chains[device_of(driver)->chain];
    bool lead = device_of(driver)->position == 0;
    if (entry == MINIPORT_START && lead && chain->count > 1)
        contract_kept(CLAUSE_LINK_ORDER, true);
    if ((entry == MINIPORT_START || entry == MINIPORT_QUERY) && wrong & PROGRAM_MP_CALL_IN_START) {
        call_each(driver, PROGRAM_CALLBACK_BITS, entry == MINIPORT_START ? SITUATE_START : SITUATE_QUERY);
        situate_start(&run.model, device_of(driver)->chain);
    }
    if (entry != MINIPORT_STOP || !lead || chain->phase != PHASE_STOPPING)
        return;
    if (wrong & PROGRAM_MP_CALL_IN_STOP)
        call_each(driver, PROGRAM_TAKES_BITS, SITUATE_STOP);
    if (wrong & PROGRAM_MP_RELEASE_IN_STOP)
        release_everything(driver);
}

void driver_init(uint8_t device) {
    static const struct miniport_bus bus = {is_judged,   is_gone, got_handle,
                                            lost_handle, acts,    stops_unjudged};
    miniport_bus = &bus;
    driver_settings(run.program, device, device, &run.model.caps[device], &drivers[device].settings);
    miniport_init(&drivers[device], device);
}

void driver_join(uint8_t chain) {
    const struct model_chain *c = &run.model.chains[chain];
    miniport_join(drivers, c->members, c->count);
}

void driver_join_to(uint8_t lead, uint8_t joiner) {
    const struct model_chain *c = &run.model.chains[lead];
    uint8_t members[SUT_CHAIN_MAX + 1];
    memcpy(members, c->members, c->count);
    members[c->count] = joiner;
    miniport_join(drivers, members, c->count + 1u);
}

void driver_assemble(uint8_t chain) {
    const struct model_chain *c = &run.model.chains[chain];
    miniport_assemble(drivers, c->members, c->count);
}
