/* DMA of a GPU, through its chain's domain or untranslated. Hardware waits for no lock: in a race, DMA comes
 * while calls are under way. */
#include <assert.h>
#include <string.h>

#include "dxgk/adapter.h"
#include "dxgk/machine.h"
#include "nt/nt.h"
#include "nt/phys.h"
#include "nt/section.h"

/* What a device address leads to: a page, NULL where nothing was ever written, or the firmware's memory. */
struct place {
    struct nt_page *page;
    bool firmware;
};

/* False: a fault. */
static NT_UNCOVERED bool through_domain(const struct dxgk_domain *domain, uint64_t device_page, bool write,
                                        struct place *place) {
    struct dxgk_target target;
    if (!dxgk_domain_translate(domain, device_page, &target))
        return false;
    place->firmware = !target.section;
    if (place->firmware)
        return true;
    if (write) {
        place->page = nt_section_touch(target.section, target.page);
        return place->page != NULL;
    }
    /* Read only, below. */
    place->page = (struct nt_page *)nt_section_peek(target.section, target.page);
    return true;
}

/* Where nothing translates, every installed frame can be had, and the firmware's memory; a frame that is free
 * holds nothing. */
static NT_UNCOVERED bool physically(uint64_t device_page, struct place *place) {
    place->firmware = nt_phys_firmware(device_page, 1);
    if (place->firmware)
        return true;
    if (!nt_phys_installed(device_page))
        return false;
    place->page = nt_phys_page(device_page);
    return true;
}

static NT_UNCOVERED bool does_dma(const struct dxgk_adapter *adapter) {
    return adapter->d0 && !adapter->in_reset && !adapter->gone;
}

/* The firmware's memory cannot be written, and reads as its own addresses: each 8 bytes hold where they are.
 */
static NT_UNCOVERED void read_firmware(uint64_t address, uint8_t *buffer, size_t size) {
    for (size_t i = 0; i < size; i++) {
        uint64_t at = address + i;
        buffer[i] = (uint8_t)((at & ~UINT64_C(7)) >> (8 * (at & 7)));
    }
}

static NT_UNCOVERED void copy(const struct place *place, uint64_t address, void *buffer, size_t size,
                              bool write) {
    if (place->firmware) {
        if (!write)
            read_firmware(address, buffer, size);
    } else if (place->page) {
        nt_page_copy(place->page, (unsigned)(address % NT_PAGE_SIZE), buffer, size, write);
    } else if (!write) {
        memset(buffer, 0, size);
    }
}

NT_UNCOVERED bool dxgk_dma(struct dxgk_adapter *adapter, uint64_t address, void *buffer, size_t size,
                           bool write) {
    assert(size > 0 && size <= NT_PAGE_SIZE - address % NT_PAGE_SIZE);
    struct place place = {0};
    bool reached = false;
    if (does_dma(adapter)) {
        /* Behind an IOMMU a device that is stopped is blocked, and one that its chain's stop comes to later;
         * one that is started and attached to no domain sees physical memory. */
        if (adapter->attached)
            reached = through_domain(adapter->attached, address >> NT_PAGE_SHIFT, write, &place);
        else if (!dxgk_machine.iommu || (adapter->handle && adapter->chain->state != DXGK_CHAIN_STOPPING))
            reached = physically(address >> NT_PAGE_SHIFT, &place);
        if (reached)
            copy(&place, address, buffer, size, write);
    }
    return reached;
}
