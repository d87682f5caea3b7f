/*
 * What the harness asks of an implementation, and where it gets it: harness/sut.h says what each member must
 * do, this file how tinykrnl does it. To put an implementation of your own behind the seam, write this file
 * anew.
 */
#include <stdlib.h>

#include "tinykrnl.h"

struct machine tk_machine;

/* ---- the machine ---- */

/* All of a machine begins here, so that nothing of the one before can show: the same input must do the same.
 */
static bool boot(const struct sut_machine_config *config) {
    tk_machine = (struct machine){.has = *config, .last_handle = 0x1000};
    return true;
}

/* Memory and files that outlive a machine would fill the process after some millions of inputs. */
static void shutdown(void) {
    for (unsigned i = 0; i < SUT_DEVICES; i++)
        (void)tk_bus_remove(i);
}

/* ---- the caller's circumstances ---- */

static void set_actor(unsigned actor) {
    tk_machine.actor = actor;
}

static void set_irql(KIRQL irql) {
    tk_machine.irql[tk_machine.actor] = irql;
}

/* Takes every frame that is neither locked nor viewed. Here no others are given out. */
static void memory_pressure(void) {}

/* ---- races: optional, and wanted by pin_race_fuzzer ---- */

static const struct sut_hooks *hooks;

static void set_hooks(const struct sut_hooks *now) {
    hooks = now;
}

/* Actors take turns on one thread: where a real kernel would wait, the harness lets another one go on.
 * Outside of races nobody else is there to wait for. */
static const char big_lock;

void tk_lock(void) {
    if (hooks)
        hooks->acquire(&big_lock, "tinykrnl");
}

void tk_unlock(void) {
    if (hooks)
        hooks->release(&big_lock);
}

/* ---- memory: drawn from the machine's pool, which ends ---- */

void *tk_get(size_t bytes) {
    if (bytes > tk_machine.has.pool_bytes - tk_machine.pool_bytes)
        return NULL;
    void *block = malloc(bytes);
    if (!block)
        return NULL;
    tk_machine.pool_bytes += bytes;
    if (hooks)
        hooks->fresh(block, bytes);
    return block;
}

void tk_put(void *block, size_t bytes) {
    if (hooks)
        hooks->freed(block, bytes);
    tk_machine.pool_bytes -= bytes;
    free(block);
}

/* ---- the oracle's look inside: optional, and worth it; these two are the ones to begin with ---- */

/* Whether a chain's devices are attached to its domain; the domain is called after the lead. */
static uint64_t domain(unsigned device) {
    const struct device *found = tk_bus_find(device);
    return found && found->lead->attached ? 1 + (uint64_t)(found->lead - tk_machine.devices) : 0;
}

/* Page `number` as a device of that chain sees it: of which section it is, and which page of that. */
static bool translate(const struct device *lead, uint64_t number, const struct area **area, uint64_t *page) {
    for (unsigned i = 0; i < SUT_DEVICES; i++) {
        const struct device *other = &tk_machine.devices[i];
        if (lead->attached ? other != lead : other->mode == MODE_REMAPPED)
            continue;
        for (unsigned k = 0; k < other->count; k++) {
            *area = &other->areas[k];
            if (tk_pin_has(&(*area)->pin, number, page))
                return true;
        }
    }
    return false;
}

/* The firmware's memory cannot be written, and holds its own addresses. */
static void read_firmware(uint64_t address, unsigned char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(((address + i) & ~(uint64_t)7) >> (8 * ((address + i) & 7)));
}

static bool is_in(const struct range *range, uint64_t page) {
    return page - range->first < range->count;
}

/* Whether a device reaches the firmware's page: of a domain, in a reserved range. */
static bool reaches_firmware(const struct device *lead, uint64_t page) {
    const struct range firmware = {tk_machine.has.firmware_first, tk_machine.has.firmware_pages};
    bool reserved = false;
    for (unsigned i = 0; i < lead->reserved; i++)
        reserved |= is_in(&lead->ranges[i], page);
    return lead->attached ? reserved : is_in(&firmware, page);
}

/* With it the harness sees that pins lead where they should, for as long as they live and no longer; without
 * it, it must believe the list of pages. */
static bool dma(unsigned device, uint64_t address, void *buffer, size_t size, bool write) {
    const struct device *found = tk_bus_find(device);
    const struct area *area;
    uint64_t page;
    if (!found || found->gone || !found->powered || found->resetting)
        return false;
    const struct device *lead = found->lead;
    /* Behind an IOMMU a device that is stopped reaches nothing; one that is attached to no domain,
     * everything. */
    if (tk_machine.has.iommu != SUT_IOMMU_NONE && !found->handle)
        return false;
    if (reaches_firmware(lead, address / PAGE_SIZE)) {
        if (!write)
            read_firmware(address, buffer, size);
        return true;
    }
    if (!translate(lead, address / PAGE_SIZE, &area, &page))
        return false;
    return tk_section_access(area, page * PAGE_SIZE + address % PAGE_SIZE, buffer, size, write);
}

/* ---- the seam ---- */

const struct sut *sut_get(void) {
    static const struct sut sut = {
        .name = "tinykrnl",
        /* Held to what is documented and what follows from it, not to what pinfuzz chose where the documents
         * are silent, nor to exact statuses. */
        .hold_chosen = false,

        /* A machine as it leaves the factory, and nothing left of it. One is booted for each input. */
        .boot = boot,
        .shutdown = shutdown,

        /* The bus. A device that is not there is STATUS_INVALID_PARAMETER. add: its driver is asked for the
         * chain that it is in. link: `joiner` gets the next index of the chain that `lead` leads. start:
         * calls the drivers of the whole chain, asks the lead's what it needs, and is undone whole when
         * anything fails. stop: after the drivers' own stop nothing that they were given works any more, and
         * whatever they left out is taken back. remove: stops what runs. surprise_remove: the device does no
         * DMA; the rest of the chain goes on, and its driver is still stopped. */
        .add = tk_bus_add,
        .link = tk_bus_link,
        .start = tk_bus_start,
        .stop = tk_bus_stop,
        .remove = tk_bus_remove,
        .surprise_remove = tk_bus_surprise_remove,

        /* Neither touches a pin, a view or a byte; a device in D3 or in reset does no DMA. */
        .power = tk_bus_power,
        .reset = tk_bus_reset,

        /* A secure VM wants its GPUs isolated: the chain is attached to its domain, if it is not yet. */
        .secure_vm = tk_bus_secure_vm,

        /* Who makes the next calls, at which IRQL. */
        .set_actor = set_actor,
        .set_irql = set_irql,
        .memory_pressure = memory_pressure,

        .dma = dma,
        .domain = domain,
        .set_hooks = set_hooks,
    };
    return &sut;
}
