/* Performs calls at the seam, and shows them to whoever looks. */
#include "harness/drive/perform.h"

#include <string.h>

#include "harness/judge/report.h"
#include "harness/judge/run.h"
#include "harness/judge/state_coverage.h"

/* One object for each argument type: globals have red zones right behind their last byte. */
static DXGKARGCB_PINFRAMEBUFFERFORSAVE2 pin2_arg;
static DXGKARGCB_PINFRAMEBUFFERFORSAVE pin_arg;
static DXGKARGCB_UNPINFRAMEBUFFERFORSAVE unpin_arg;
static DXGKARGCB_MAPFRAMEBUFFERPOINTER map_arg;
static DXGKARGCB_UNMAPFRAMEBUFFERPOINTER unmap_arg;

/* Where arguments are passed. */
struct arguments {
    DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *pin2;
    DXGKARGCB_PINFRAMEBUFFERFORSAVE *pin;
    DXGKARGCB_UNPINFRAMEBUFFERFORSAVE *unpin;
    DXGKARGCB_MAPFRAMEBUFFERPOINTER *map;
    DXGKARGCB_UNMAPFRAMEBUFFERPOINTER *unmap;
};

/*
 * Each callback is called by a function of its own, and with a null pointer by another one: triage takes two
 * crashes for one when two of their topmost three functions are the same, or all three are alike (as
 * with the clauses' functions, contract.h). The names below are unlike each other to make up for those of the
 * callbacks, where map and unmap are nearly one word. A race's actors call through them, too.
 *
 * Bytes are copied, padding included: an argument's padding is the caller's and stays what it was.
 */
#define CALLER(name, object, callback)                                                                       \
    static void name(struct call *call, const struct arguments *arguments) {                                 \
        memcpy(arguments->object, call->arg.raw, sizeof(*arguments->object));                                \
        call->status = call->table->callback(call->handle, arguments->object);                               \
        memcpy(call->arg.raw, arguments->object, sizeof(*arguments->object));                                \
    }
CALLER(whole_area_by_address_list, pin2, DxgkCbPinFrameBufferForSave2)
CALLER(mdl_pin, pin, DxgkCbPinFrameBufferForSave)
CALLER(gives_it_back, unpin, DxgkCbUnpinFrameBufferForSave)
CALLER(opens_window_onto_one_chunk, map, DxgkCbMapFrameBufferPointer)
CALLER(shut, unmap, DxgkCbUnmapFrameBufferPointer)

static void nothing_to_read(struct call *call) {
    const DXGKRNL_INTERFACE *table = call->table;
    HANDLE handle = call->handle;
    switch (call->opcode) {
    case OP_PIN2:
        call->status = table->DxgkCbPinFrameBufferForSave2(handle, NULL);
        break;
    case OP_PIN:
        call->status = table->DxgkCbPinFrameBufferForSave(handle, NULL);
        break;
    case OP_UNPIN:
        call->status = table->DxgkCbUnpinFrameBufferForSave(handle, NULL);
        break;
    case OP_MAP:
        call->status = table->DxgkCbMapFrameBufferPointer(handle, NULL);
        break;
    default:
        call->status = table->DxgkCbUnmapFrameBufferPointer(handle, NULL);
        break;
    }
}

static void perform_callback(struct call *call, const struct arguments *arguments) {
    if (call->null_arg)
        nothing_to_read(call);
    else if (call->opcode == OP_PIN2)
        whole_area_by_address_list(call, arguments);
    else if (call->opcode == OP_PIN)
        mdl_pin(call, arguments);
    else if (call->opcode == OP_UNPIN)
        gives_it_back(call, arguments);
    else if (call->opcode == OP_MAP)
        opens_window_onto_one_chunk(call, arguments);
    else
        shut(call, arguments);
}

void call_perform_beside(struct call *call) {
    DXGKARGCB_PINFRAMEBUFFERFORSAVE2 pin2;
    DXGKARGCB_PINFRAMEBUFFERFORSAVE pin;
    DXGKARGCB_UNPINFRAMEBUFFERFORSAVE unpin;
    DXGKARGCB_MAPFRAMEBUFFERPOINTER map;
    DXGKARGCB_UNMAPFRAMEBUFFERPOINTER unmap;
    perform_callback(call, &(struct arguments){&pin2, &pin, &unpin, &map, &unmap});
}

static void perform_dma(const struct sut *sut, struct call *call, bool write) {
    call->dma_ok = true;
    for (uint32_t i = 0; i < call->count; i++) {
        uint64_t value = call->stamp + i;
        call->dma_ok &=
            sut->dma(call->device, call->address[i] * 4096 + call->offset, &value, sizeof(value), write);
        call->data[i] = value;
    }
}

void call_perform(const struct sut *sut, struct call *call) {
    static const struct arguments arguments = {&pin2_arg, &pin_arg, &unpin_arg, &map_arg, &unmap_arg};
    bool inject = call->fail_nth != 0 && call_injects(sut);
    call->status = STATUS_SUCCESS;
    call->fired = false;
    if (inject)
        sut->arm_fault((enum sut_fault)call->fail_kind, call->fail_nth);
    switch ((enum program_opcode)call->opcode) {
    case OP_PIN2:
    case OP_PIN:
    case OP_UNPIN:
    case OP_MAP:
    case OP_UNMAP:
        perform_callback(call, &arguments);
        break;
    case OP_DMA_WRITE:
    case OP_DMA_READ:
        perform_dma(sut, call, call->opcode == OP_DMA_WRITE);
        break;
    case OP_CPU_WRITE:
        *(volatile uint64_t *)(uintptr_t)call->address[0] = call->stamp;
        break;
    case OP_CPU_READ:
        call->data[0] = *(volatile uint64_t *)(uintptr_t)call->address[0];
        break;
    case OP_PRESSURE:
        sut->memory_pressure();
        break;
    case OP_STOP:
        call->status = sut->stop(call->device);
        break;
    case OP_START:
        call->status = sut->start(call->device);
        break;
    case OP_POWER:
        call->status = sut->power(call->device, call->flag);
        break;
    case OP_RESET:
        call->status = sut->reset(call->device, call->flag);
        break;
    case OP_IRQL:
        sut->set_irql(call->irql);
        break;
    case OP_LINK:
        call->status = sut->link(call->device, call->joiner);
        break;
    case OP_REMOVE:
        call->status = sut->remove(call->device);
        break;
    case OP_ADD:
        call->status = sut->add(call->device, call->miniport);
        break;
    case OP_SURPRISE_REMOVE:
        call->status = sut->surprise_remove(call->device);
        break;
    case OP_RACE:
    case PROGRAM_OPCODES:
        break;
    }
    if (inject) {
        sut->fault_passed(&call->fired);
        sut->arm_fault(SUT_FAULT_ANY, 0);
    }
}

/* ---- of a run ---- */

/* Nobody waits for it as long as one actor runs at a time, but it would be for ever: found where it was kept,
 * and not where it is wanted next. A call that fails leaves all as it was, locks too. */
static void check_lock(const struct call *call) {
    const char *kept = run.sut->lock_held();
    if (!kept)
        return;
    if (run.sut->set_hooks)
        run.sut->set_hooks(NULL); /* the machine goes down yet, and wants it */
    bool failed = call_is_callback(call->opcode) && !NT_SUCCESS(call->status);
    (void)REQUIRE(false, failed ? CLAUSE_ANY_ROLLBACK : CLAUSE_RACE_LIVE,
                  ("no lock held when a call has returned"),
                  ("actor %u still holds '%s'", run.model.actor, kept));
}

void run_perform(struct call *call) {
    const struct run_options *options = run.options;
    if (options->observe)
        options->observe(call, false);
    uint32_t state = state_before(&run.model, call);
    call_perform(run.sut, call);
    state_after(state, &run.model, call);
    if (options->observe)
        options->observe(call, true);
    /* What a driver does in its own entry points happens again by itself when its caller is replayed. */
    if (options->tape && !run.inside && options->tape->count < options->tape->capacity)
        options->tape->calls[options->tape->count++] = *call;
    if (!run.inside && run.sut->lock_held) /* else what the driver is called by may hold some */
        check_lock(call);
}
