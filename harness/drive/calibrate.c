/*
 * Learning a dialect: what an implementation answers where several answers are right.
 *
 * Each question is put in a situation in which nothing else could be the reason for the answer. Where the
 * situation does not come about (no machine, no start, no pin) the question stays open, and the model takes
 * this project's choice; the programs will say what is wrong.
 */
#include "harness/drive/calibrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/contract/call.h"
#include "harness/contract/dialect.h"
#include "harness/contract/model.h"
#include "harness/drive/driver.h"

/* Of DXGK_IOMMU_CAPS. */
#define CAPS_SUPPORTED 1
#define CAPS_REQUIRED  2
#define CAPS_REMAPPING 4

#define SAVED (32 * MODEL_PAGE) /* of a device that saves something: two views of 64 KiB */

static const struct sut *sut;
static struct miniport devices[3];               /* most questions are put with the first alone */
static bool two_releases_in_stop, a_pin_in_stop; /* tried from inside the driver's stop: what worked */
static bool tries_in_stop;
static struct {
    unsigned number; /* of the device that was asked */
    DXGK_QUERYADAPTERINFOTYPE type;
} asked[4]; /* for caps, in a start; as many as are owed, and one more */
static unsigned questions;

/* ---- calls ---- */

static NTSTATUS pin2(uint64_t bytes, UINT flags, DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *arg) {
    memset(arg, 0, sizeof(*arg));
    arg->CommitSize = bytes;
    arg->Flags.Value = flags;
    return devices[0].dxgkrnl.DxgkCbPinFrameBufferForSave2(devices[0].dxgkrnl.DeviceHandle, arg);
}

static NTSTATUS pin1(uint64_t bytes) {
    DXGKARGCB_PINFRAMEBUFFERFORSAVE arg = {.CommitSize = bytes};
    return devices[0].dxgkrnl.DxgkCbPinFrameBufferForSave(devices[0].dxgkrnl.DeviceHandle, &arg);
}

static NTSTATUS unpin(void) {
    const DXGKARGCB_UNPINFRAMEBUFFERFORSAVE arg = {.PhysicalAdapterIndex = 0};
    return devices[0].dxgkrnl.DxgkCbUnpinFrameBufferForSave(devices[0].dxgkrnl.DeviceHandle, &arg);
}

static NTSTATUS map(uint64_t offset, uint64_t bytes, DXGKARGCB_MAPFRAMEBUFFERPOINTER *arg) {
    memset(arg, 0, sizeof(*arg));
    arg->Offset = offset;
    arg->Size = bytes;
    return devices[0].dxgkrnl.DxgkCbMapFrameBufferPointer(devices[0].dxgkrnl.DeviceHandle, arg);
}

static NTSTATUS unmap(PVOID base) {
    const DXGKARGCB_UNMAPFRAMEBUFFERPOINTER arg = {.pBaseAddress = base};
    return devices[0].dxgkrnl.DxgkCbUnmapFrameBufferPointer(devices[0].dxgkrnl.DeviceHandle, &arg);
}

static bool pins(void) {
    DXGKARGCB_PINFRAMEBUFFERFORSAVE2 arg;
    if (!NT_SUCCESS(pin2(MODEL_PAGE, 0, &arg)))
        return false;
    (void)unpin();
    return true;
}

/* ---- the machine ---- */

static bool never(void) {
    return false;
}

static bool is_here(const struct miniport *self) {
    (void)self;
    return false;
}

static void nothing(struct miniport *self) {
    (void)self;
}

/* Of miniports that are not judged none is called but their stop, by way of stop_device() below. */
static void acts(struct miniport *self, enum miniport_entry entry) {
    (void)self;
    (void)entry;
}

static void (*real_stop)(void *context);

static NTSTATUS (*real_start)(void *context, const DXGKRNL_INTERFACE *dxgkrnl);
static uint32_t order; /* of the last starts and stops, four bits a device */

static NTSTATUS start_device(void *context, const DXGKRNL_INTERFACE *dxgkrnl) {
    order = order << 4 | ((const struct miniport *)context)->number;
    return real_start(context, dxgkrnl);
}

static void stop_device(void *context) {
    order = order << 4 | ((const struct miniport *)context)->number;
    if (tries_in_stop) {
        DXGKARGCB_PINFRAMEBUFFERFORSAVE2 arg;
        two_releases_in_stop = NT_SUCCESS(unpin());
        a_pin_in_stop = NT_SUCCESS(pin2(MODEL_PAGE, 0, &arg));
        if (a_pin_in_stop)
            (void)unpin();
    }
    real_stop(context);
}

static NTSTATUS (*real_query)(void *context, const DXGKARG_QUERYADAPTERINFO *query);

static NTSTATUS query_adapter_info(void *context, const DXGKARG_QUERYADAPTERINFO *query) {
    bool caps = query->Type == DXGKQAITYPE_PHYSICAL_MEMORY_CAPS || query->Type == DXGKQAITYPE_IOMMU_CAPS ||
                query->Type == DXGKQAITYPE_DRIVERCAPS;
    if (caps && questions < sizeof(asked) / sizeof(*asked)) {
        asked[questions].number = ((const struct miniport *)context)->number;
        asked[questions++].type = query->Type;
    }
    return real_query(context, query);
}

static void be_device(uint8_t number, const struct program *world) {
    const struct model_caps caps = model_caps(world, number);
    driver_settings(world, number, number, &caps, &devices[number].settings);
    miniport_init(&devices[number], number);
    real_stop = devices[number].entries.stop_device;
    devices[number].entries.stop_device = stop_device;
    real_start = devices[number].entries.start_device;
    devices[number].entries.start_device = start_device;
    real_query = devices[number].entries.query_adapter_info;
    devices[number].entries.query_adapter_info = query_adapter_info;
}

/* Boots the plain machine but for the IOMMU, with three drivers of this adapter. */
static bool boot(enum sut_iommu iommu, const struct program_adapter *adapter) {
    static const struct miniport_bus bus = {never, is_here, nothing, nothing, acts, NULL};
    static struct program world;
    program_default_machine(&world.machine);
    world.machine.iommu = (uint8_t)iommu;
    world.adapters[0] = *adapter;
    world.adapters[1] = *adapter;
    world.adapters[2] = *adapter;
    const struct sut_machine_config config = program_machine_config(&world.machine);
    miniport_bus = &bus;
    be_device(0, &world);
    be_device(1, &world);
    be_device(2, &world);
    tries_in_stop = false;
    questions = 0;
    if (!sut->boot(&config))
        return false;
    sut->set_actor(0);
    return true;
}

/* The same, and adds and starts a device alone. */
static bool begin(enum sut_iommu iommu, const struct program_adapter *adapter) {
    static const uint8_t alone[] = {0};
    if (!boot(iommu, adapter))
        return false;
    miniport_join(devices, alone, 1);
    miniport_assemble(devices, alone, 1);
    if (NT_SUCCESS(sut->add(0, &devices[0].entries)) && NT_SUCCESS(sut->start(0)) && devices[0].has_interface)
        return true;
    sut->shutdown();
    return false;
}

static void end(void) {
    sut->shutdown();
}

static struct program_adapter plain(void) {
    struct program_adapter adapter;
    program_default_adapter(&adapter);
    adapter.maximum_size = SAVED;
    return adapter;
}

/* ---- the questions ---- */

#define LEARN(id, others, otherwise, ours)                                                                   \
    dialect_learn((others) ? CHOICE_##id##_##otherwise : CHOICE_##id##_##ours)

static void ask_table(void) {
    const struct miniport_settings *settings = &devices[0].settings;
    LEARN(TABLE, devices[0].dxgkrnl.Size > settings->interface_size, WHOLE, OF_DRIVER);
    LEARN(TABLE_VERSION, devices[0].dxgkrnl.Version != settings->version, OF_DXGKRNL, OF_DRIVER);
}

/* What a call that fails for its size leaves behind. */
static void ask_out(void) {
    DXGKARGCB_PINFRAMEBUFFERFORSAVE2 arg = {.CommitSize = SAVED + 1, .pAdl = (DXGK_ADL *)(uintptr_t)0x1111};
    if (!NT_SUCCESS(devices[0].dxgkrnl.DxgkCbPinFrameBufferForSave2(devices[0].dxgkrnl.DeviceHandle, &arg)))
        LEARN(OUT, !arg.pAdl, ZEROED, UNTOUCHED);
}

static void ask_apc(void) {
    DXGKARGCB_MAPFRAMEBUFFERPOINTER arg;
    if (!NT_SUCCESS(map(0, MODEL_PAGE, &arg)))
        return;
    (void)unmap(arg.pBaseAddress);
    sut->set_irql(APC_LEVEL);
    bool accepted = NT_SUCCESS(map(0, MODEL_PAGE, &arg));
    sut->set_irql(PASSIVE_LEVEL);
    if (accepted)
        (void)unmap(arg.pBaseAddress);
    LEARN(APC, accepted, ACCEPTED, REFUSED);
}

static void ask_pins(void) {
    DXGKARGCB_PINFRAMEBUFFERFORSAVE2 arg;
    struct sut_ledger ledger;
    if (!NT_SUCCESS(pin2(MODEL_PAGE, 1, &arg)))
        return;
    LEARN(CONTIGUOUS, arg.pAdl->Flags.Contiguous, OTHERWISE, REMAPPED);
    LEARN(ADL_FLAGS, arg.pAdl->Flags.Reserved != 0, PRIVATE, ZERO);
    if (sut->ledger) {
        sut->ledger(&ledger);
        LEARN(LOCK, ledger.locked_pages > 1, WHOLE, PART);
    }
    bool again = NT_SUCCESS(pin2(MODEL_PAGE, 0, &arg));
    LEARN(TWICE, again, GRANTED, REFUSED);
    (void)unpin();
    bool none = NT_SUCCESS(unpin()); /* releases the second pin, where there is one */
    if (again)
        none = NT_SUCCESS(unpin());
    LEARN(UNPIN_NONE, none, SUCCEEDS, FAILS);
    bool empty = NT_SUCCESS(pin2(0, 0, &arg));
    LEARN(ZERO, empty, GRANTED, REFUSED);
    if (empty)
        (void)unpin();
    bool reserved = NT_SUCCESS(pin2(MODEL_PAGE, UINT32_C(1) << 31, &arg));
    LEARN(RESERVED, reserved, IGNORED, REFUSED);
    if (reserved)
        (void)unpin();
}

static void ask_views(void) {
    DXGKARGCB_MAPFRAMEBUFFERPOINTER first, second;
    if (!NT_SUCCESS(map(17 * MODEL_PAGE, MODEL_PAGE, &first)))
        return;
    LEARN(VIEW, first.Offset != MODEL_PAGE || (uintptr_t)first.pBaseAddress % MODEL_VIEW_ALIGN != 0,
          OTHERWISE, STEPS_OF_64K);
    bool more = NT_SUCCESS(map(0, MODEL_PAGE, &second));
    LEARN(BASES, !more, ONE, MANY);
    if (more)
        (void)unmap(second.pBaseAddress);
    (void)unmap(first.pBaseAddress);
}

static void ask_states(void) {
    if (!pins())
        return;
    if (NT_SUCCESS(sut->power(0, false))) {
        LEARN(D3, !pins(), REFUSED, WORKS);
        (void)sut->power(0, true);
    }
    if (NT_SUCCESS(sut->reset(0, true))) {
        LEARN(RESET, !pins(), REFUSED, WORKS);
        (void)sut->reset(0, false);
    }
}

/* Stops with a pin, which the driver tries to release; then with one that it does not. */
static void ask_stop(void) {
    DXGKARGCB_PINFRAMEBUFFERFORSAVE2 arg;
    struct sut_ledger before, after;
    HANDLE first = devices[0].dxgkrnl.DeviceHandle;
    if (!NT_SUCCESS(pin2(MODEL_PAGE, 0, &arg)))
        return;
    tries_in_stop = true;
    bool stopped = NT_SUCCESS(sut->stop(0));
    tries_in_stop = false;
    dialect_learn(a_pin_in_stop          ? CHOICE_STOPPING_EVERYTHING
                  : two_releases_in_stop ? CHOICE_STOPPING_RELEASES
                                         : CHOICE_STOPPING_NOTHING);
    if (!stopped || !NT_SUCCESS(sut->start(0)))
        return;
    LEARN(STALE, devices[0].dxgkrnl.DeviceHandle == first, AGAIN, NEVER_AGAIN);
    if (!sut->ledger || !NT_SUCCESS(pin2(MODEL_PAGE, 0, &arg)))
        return;
    sut->ledger(&before);
    if (NT_SUCCESS(sut->stop(0))) {
        sut->ledger(&after);
        LEARN(RECLAIM, after.leaks != before.leaks + 1, UNCOUNTED, COUNTED);
    }
}

static void ask_plain_machine(void) {
    const struct program_adapter adapter = plain();
    if (!begin(SUT_IOMMU_PRESENT, &adapter))
        return;
    ask_table();
    if (devices[0].dxgkrnl.DxgkCbPinFrameBufferForSave2) {
        ask_out();
        ask_apc();
        ask_pins();
        ask_views();
        ask_states();
        ask_stop();
    }
    end();
}

static void ask_without_iommu(void) {
    const struct program_adapter adapter = plain();
    if (!begin(SUT_IOMMU_NONE, &adapter))
        return;
    LEARN(NO_IOMMU, !pins(), REFUSE, WORK);
    end();
}

/* Whether the old form of a pin works for a driver that supports remapping: 1:1, then remapped. */
static void ask_remapped(void) {
    const struct program_adapter adapter = plain();
    DXGKARGCB_PINFRAMEBUFFERFORSAVE2 arg;
    bool old_form = false;
    if (!begin(SUT_IOMMU_PRESENT, &adapter))
        return;
    if (pins()) {
        old_form = NT_SUCCESS(pin1(MODEL_PAGE));
        LEARN(PIN1, !old_form, BY_DRIVER, BY_MODE);
    }
    end();
    if (!begin(SUT_IOMMU_REMAP_ALWAYS, &adapter))
        return;
    if (NT_SUCCESS(pin2(2 * MODEL_PAGE, 1, &arg))) {
        if (!arg.pAdl->Flags.Contiguous)
            dialect_learn(CHOICE_CONTIGUOUS_OTHERWISE);
        (void)unpin();
        if (old_form && NT_SUCCESS(pin1(MODEL_PAGE)))
            dialect_learn(CHOICE_PIN1_NEVER);
    }
    end();
}

/* Whether such a driver starts, and then whether its device has an area of a page more. */
static void ask_size(enum dialect_choice fails, enum dialect_choice no_area, enum dialect_choice rounded,
                     const struct program_adapter *adapter) {
    DXGKARGCB_PINFRAMEBUFFERFORSAVE2 arg;
    if (!begin(SUT_IOMMU_PRESENT, adapter)) {
        dialect_learn(fails);
        return;
    }
    bool area = NT_SUCCESS(pin2((adapter->maximum_size / MODEL_PAGE + 1) * MODEL_PAGE, 0, &arg));
    dialect_learn(area ? rounded : no_area);
    end();
}

static void ask_starts(void) {
    struct program_adapter adapter = plain();
    if (!begin(SUT_IOMMU_PRESENT, &adapter)) /* then no failure says anything */
        return;
    end();
    adapter.maximum_size = MODEL_PAGE + 1;
    ask_size(CHOICE_SIZE_ODD_FAILS, CHOICE_SIZE_ODD_NO_AREA, CHOICE_SIZE_ODD_ROUNDED, &adapter);
    adapter = plain();
    adapter.miniport = PROGRAM_MP_FAIL_SAVE_SIZE;
    ask_size(CHOICE_SIZE_FAILS_FAILS, CHOICE_SIZE_FAILS_NO_AREA, CHOICE_SIZE_FAILS_NO_AREA, &adapter);
    adapter = plain();
    struct program_machine machine;
    program_default_machine(&machine);
    adapter.caps = CAPS_SUPPORTED; /* not to be remapped instead */
    adapter.highest_visible = machine.highest_pfn * MODEL_PAGE + (MODEL_PAGE - 1);
    bool starts = begin(SUT_IOMMU_PRESENT, &adapter);
    LEARN(EQUAL, starts, STARTS, FAILS);
    if (starts)
        end();
}

/* Of a chain of three: whom a start asks for caps, and in which order they start and stop. */
static void ask_chain(void) {
    static const uint8_t all[] = {0, 1, 2};
    static const DXGK_QUERYADAPTERINFOTYPE owed[] = {DXGKQAITYPE_PHYSICAL_MEMORY_CAPS, DXGKQAITYPE_IOMMU_CAPS,
                                                     DXGKQAITYPE_DRIVERCAPS};
    const struct program_adapter adapter = plain();
    if (!boot(SUT_IOMMU_PRESENT, &adapter))
        return;
    miniport_join(devices, all, 3);
    miniport_assemble(devices, all, 3);
    bool ready = true;
    for (unsigned i = 0; i < 3; i++)
        ready = ready && NT_SUCCESS(sut->add(i, &devices[i].entries));
    order = 0;
    if (ready && NT_SUCCESS(sut->start(0))) {
        bool ours = questions == sizeof(owed) / sizeof(*owed);
        for (unsigned i = 0; ours && i < questions; i++)
            ours = asked[i].number == 0 && asked[i].type == owed[i];
        LEARN(CAPS, !ours, OTHERWISE, LEAD);
        if (NT_SUCCESS(sut->stop(0)))
            LEARN(ORDER, order != 0x120021, OTHERWISE, LINKS);
    }
    end();
}

/* Of two single devices that are stopped: one joins another that has left the bus. */
static void ask_link(void) {
    static const uint8_t first[] = {0}, second[] = {1}, both[] = {0, 1};
    const struct program_adapter adapter = plain();
    if (!boot(SUT_IOMMU_PRESENT, &adapter))
        return;
    miniport_join(devices, first, 1);
    miniport_join(devices, second, 1);
    bool ready = NT_SUCCESS(sut->add(0, &devices[0].entries)) &&
                 NT_SUCCESS(sut->add(1, &devices[1].entries)) && NT_SUCCESS(sut->surprise_remove(0));
    miniport_join(devices, both, 2);
    if (ready)
        LEARN(LINK, NT_SUCCESS(sut->link(0, 1)), OTHERWISE, STOPPED);
    end();
}

/* Whether a driver that says so of itself has a domain, though it does not report isolation. */
static bool has_domain(uint8_t caps) {
    struct program_adapter adapter = plain();
    adapter.caps = caps;
    if (!begin(SUT_IOMMU_REMAP_ALWAYS, &adapter))
        return false;
    bool has = sut->domain(0) != 0;
    end();
    return has;
}

static void ask_required(void) {
    struct program_adapter adapter = plain();
    if (!begin(SUT_IOMMU_PRESENT, &adapter)) /* then no failure says anything */
        return;
    end();
    adapter.caps = CAPS_REQUIRED;
    if (!begin(SUT_IOMMU_PRESENT, &adapter)) {
        dialect_learn(CHOICE_REQUIRED_REFUSED);
        return;
    }
    LEARN(REQUIRED, !pins(), NOTHING, SUPPORTED);
    end();
}

static void ask_chains(void) {
    ask_chain();
    ask_link();
    ask_required();
    if (sut->domain)
        LEARN(DOMAIN,
              has_domain(0) || has_domain(CAPS_REMAPPING) ||
                  (DIALECT_IS(REQUIRED, NOTHING) && has_domain(CAPS_REQUIRED)),
              OTHERWISE, ISOLATED);
}

void calibrate(void) {
    static bool done;
    const char *error = NULL;
    if (done)
        return;
    done = true;
    sut = sut_get();
    if (sut->hold_chosen)
        dialect_ours();
    else
        dialect_begin();
    if (!dialect_declare(sut->dialect, &error)) {
        fprintf(stderr,
                "sut_get()->dialect of %s: expected WORD=CHOICE as `pinfuzz dialect` prints them, at '%s'\n",
                sut->name, error);
        exit(2);
    }
    dialect_hold();
    if (sut->hold_chosen)
        return;
    ask_plain_machine();
    ask_without_iommu();
    ask_remapped();
    ask_starts();
    ask_chains();
}
