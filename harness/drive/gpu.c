/*
 * DMA in races, at any point of the calls of others; what it came to is judge/race_dma.c's.
 *
 * Hardware does it at once and waits for no lock. So it takes place between two steps of the processor: where
 * an implementation takes or releases a lock, or a call begins or ends. While somebody was switched away from
 * between two accesses to memory, a translation may be half written, which a processor's caches and an
 * IOMMU's do not show: then it takes place as soon as the next of these points comes. An implementation whose
 * DMA takes locks of its own has it waiting for those, as for a call.
 */
#include "harness/drive/gpu.h"

#include "harness/contract/contents.h"
#include "harness/contract/reach.h"
#include "harness/contract/resolve.h"
#include "harness/drive/perform.h"
#include "harness/interleave/schedule.h"
#include "harness/judge/race.h"

static struct {
    uint32_t first; /* operations of the race in the program */
    uint32_t count;
    uint32_t waiting; /* set of calls */
} gpu;

/* ---- whether it waits for locks ---- */

static bool takes_locks;

static void lock_taken(const void *lock, const char *name) {
    (void)lock, (void)name;
    takes_locks = true;
}

static void lock_released(const void *lock) {
    (void)lock;
}

static void nothing_known(const void *address, size_t size) {
    (void)address, (void)size;
}

static void nothing_said(const char *what) {
    (void)what;
}

static bool dma(const struct call *call, uint64_t *value, bool write) {
    return run.sut->dma(call->device, call->address[0] * MODEL_PAGE + call->offset, value, sizeof(*value),
                        write);
}

/* Looked at in each race: a run is not to depend on those before it. Past who records a race, for this is
 * none. */
static bool waits_for_locks(const struct call *call) {
    static const struct sut_hooks hooks = {lock_taken, lock_released, nothing_known, nothing_known,
                                           nothing_said};
    uint64_t value;
    if (run.sut->set_hooks) {
        sut_get()->set_hooks(&hooks);
        (void)dma(call, &value, false);
        sut_get()->set_hooks(NULL);
    }
    return takes_locks;
}

/* ---- resolving ---- */

void gpu_begin(uint32_t first, uint32_t count) {
    gpu.first = first;
    gpu.count = count;
    gpu.waiting = 0;
    takes_locks = false;
}

/* Whether the race has an operation of this kind, and on this device, if it is a device's. */
static bool has(uint8_t opcode, uint8_t device) {
    for (uint32_t i = gpu.first; i < gpu.first + gpu.count; i++) {
        const struct program_op *op = &run.program->ops[i];
        if (op->opcode == opcode &&
            (call_is_callback(opcode) || resolve_device(&run.model, op->adapter) == device))
            return true;
    }
    return false;
}

/*
 * Of a pin of the GPU's own chain, through its domain: what physical memory holds once a pin has ended is
 * anybody's. Not of a device that is on its way out, for who simulates it may have nothing left to ask. What
 * is written beside a new pin might be written to that.
 */
bool gpu_resolve(uint32_t op, uint32_t at) {
    struct call *call = &race.asked[at];
    const struct model *m = &run.model;
    if (!run.sut->dma || run.options->threads || !resolve_dma(m, &run.program->ops[op], call))
        return false;
    bool writes = call->opcode == OP_DMA_WRITE;
    if (!reach_can_dma(m, call->device) || reach_is_physical(m, call->device) ||
        m->devices[call->device].chain != call->pin_chain || has(OP_REMOVE, call->device))
        return false;
    bool waits = waits_for_locks(call);
    if (writes && (waits || has(OP_PIN, 0) || has(OP_PIN2, 0)))
        return false;
    const struct model_area *area = &m->chains[call->pin_chain].areas[call->pin_index];
    race.serial[at] = area->serial;
    if (!writes)
        return true;
    /* A page at a time, for all of it goes through or none; and one that was written before, so that nothing
     * has to be made for it in the middle of somebody's call. */
    uint64_t value;
    call->count = 1;
    return dma(call, &value, false) && dma(call, &value, true);
}

/* ---- doing it ---- */

static uint64_t word_at(const struct call *call, uint32_t page) {
    return (call->page + page) * MODEL_PAGE + call->offset;
}

static void perform(uint32_t at) {
    struct call *call = &race.answered[at];
    call_perform(run.sut, call);
    call->status = call->dma_ok ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
    for (uint32_t i = 0; i < call->count; i++) {
        if (call->opcode == OP_DMA_WRITE && call->dma_ok)
            contents_write(race.serial[at], word_at(call, i), call->stamp + i);
        race.wanted[at][i] = contents_read(race.serial[at], word_at(call, i));
    }
    race.calls[at].returned = atomic_fetch_add_explicit(&race.clock, 1, memory_order_relaxed);
}

void gpu_perform(uint32_t at) {
    if (takes_locks) {
        perform(at);
        return;
    }
    gpu.waiting |= 1u << at;
    gpu_catch_up();
}

void gpu_catch_up(void) {
    if (!gpu.waiting || !schedule_settled())
        return;
    bool running = schedule.running;
    schedule.running = false; /* no point of the schedule */
    for (uint32_t at = 0; gpu.waiting; at++) {
        if (gpu.waiting >> at & 1)
            perform(at);
        gpu.waiting &= ~(1u << at);
    }
    schedule.running = running;
    schedule_did(DEED_REACHED);
}

void gpu_end(void) {
    gpu_catch_up();
}
