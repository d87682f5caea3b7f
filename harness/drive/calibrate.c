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

#define SAVED (32 * MODEL_PAGE) /* of a device that saves something: two views of 64 KiB */

static const struct sut *sut;
static struct miniport device;
static bool two_releases_in_stop, a_pin_in_stop; /* tried from inside the driver's stop: what worked */
static bool tries_in_stop;

/* ---- calls ---- */

static NTSTATUS pin2(uint64_t bytes, UINT flags, DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *arg) {
    memset(arg, 0, sizeof(*arg));
    arg->CommitSize = bytes;
    arg->Flags.Value = flags;
    return device.dxgkrnl.DxgkCbPinFrameBufferForSave2(device.dxgkrnl.DeviceHandle, arg);
}

static NTSTATUS pin1(uint64_t bytes) {
    DXGKARGCB_PINFRAMEBUFFERFORSAVE arg = {.CommitSize = bytes};
    return device.dxgkrnl.DxgkCbPinFrameBufferForSave(device.dxgkrnl.DeviceHandle, &arg);
}

static NTSTATUS unpin(void) {
    const DXGKARGCB_UNPINFRAMEBUFFERFORSAVE arg = {.PhysicalAdapterIndex = 0};
    return device.dxgkrnl.DxgkCbUnpinFrameBufferForSave(device.dxgkrnl.DeviceHandle, &arg);
}

static NTSTATUS map(uint64_t offset, uint64_t bytes, DXGKARGCB_MAPFRAMEBUFFERPOINTER *arg) {
    memset(arg, 0, sizeof(*arg));
    arg->Offset = offset;
    arg->Size = bytes;
    return device.dxgkrnl.DxgkCbMapFrameBufferPointer(device.dxgkrnl.DeviceHandle, arg);
}

static NTSTATUS unmap(PVOID base) {
    const DXGKARGCB_UNMAPFRAMEBUFFERPOINTER arg = {.pBaseAddress = base};
    return device.dxgkrnl.DxgkCbUnmapFrameBufferPointer(device.dxgkrnl.DeviceHandle, &arg);
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

static void stop_device(void *context) {
    if (tries_in_stop) {
        DXGKARGCB_PINFRAMEBUFFERFORSAVE2 arg;
        two_releases_in_stop = NT_SUCCESS(unpin());
        a_pin_in_stop = NT_SUCCESS(pin2(MODEL_PAGE, 0, &arg));
        if (a_pin_in_stop)
            (void)unpin();
    }
    real_stop(context);
}

/* Boots the plain machine but for the IOMMU, with this adapter alone, and starts it. */
static bool begin(enum sut_iommu iommu, const struct program_adapter *adapter) {
    static const struct miniport_bus bus = {never, is_here, nothing, nothing, acts};
    static const uint8_t alone[] = {0};
    static struct program world;
    program_default_machine(&world.machine);
    world.machine.iommu = (uint8_t)iommu;
    world.adapters[0] = *adapter;
    const struct sut_machine_config config = program_machine_config(&world.machine);
    const struct miniport_settings settings = driver_settings(&world, 0);
    miniport_bus = &bus;
    miniport_init(&device, 0, &settings);
    miniport_join(&device, alone, 1);
    miniport_assemble(&device, alone, 1);
    real_stop = device.entries.stop_device;
    device.entries.stop_device = stop_device;
    tries_in_stop = false;
    if (!sut->boot(&config))
        return false;
    sut->set_actor(0);
    if (NT_SUCCESS(sut->add(0, &device.entries)) && NT_SUCCESS(sut->start(0)) && device.has_interface)
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
    const struct miniport_settings *settings = &device.settings;
    LEARN(TABLE, device.dxgkrnl.Size > settings->interface_size, WHOLE, OF_DRIVER);
    LEARN(TABLE_VERSION, device.dxgkrnl.Version != settings->version, OF_DXGKRNL, OF_DRIVER);
}

/* What a call that fails for its size leaves behind. */
static void ask_out(void) {
    DXGKARGCB_PINFRAMEBUFFERFORSAVE2 arg = {.CommitSize = SAVED + 1, .pAdl = (DXGK_ADL *)(uintptr_t)0x1111};
    if (!NT_SUCCESS(device.dxgkrnl.DxgkCbPinFrameBufferForSave2(device.dxgkrnl.DeviceHandle, &arg)))
        LEARN(OUT, arg.pAdl == NULL, ZEROED, UNTOUCHED);
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
    HANDLE first = device.dxgkrnl.DeviceHandle;
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
    LEARN(STALE, device.dxgkrnl.DeviceHandle == first, AGAIN, NEVER_AGAIN);
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
    if (device.dxgkrnl.DxgkCbPinFrameBufferForSave2) {
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
    adapter.caps = 1; /* not to be remapped instead */
    adapter.highest_visible = machine.highest_pfn * MODEL_PAGE + (MODEL_PAGE - 1);
    bool starts = begin(SUT_IOMMU_PRESENT, &adapter);
    LEARN(EQUAL, starts, STARTS, FAILS);
    if (starts)
        end();
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
}
