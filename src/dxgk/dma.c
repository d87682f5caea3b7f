#include <assert.h>
#include <string.h>

#include "dxgk/adapter.h"
#include "dxgk/machine.h"
#include "nt/nt.h"
#include "nt/phys.h"
#include "nt/section.h"

/* The page that a domain leads to; false: a fault. *page is NULL where nothing was ever written. */
static NT_UNCOVERED bool through_domain(const struct dxgk_domain *domain, uint64_t device_page, bool write,
                                        struct nt_page **page) {
    struct dxgk_target target;
    if (!dxgk_domain_translate(domain, device_page, &target))
        return false;
    if (write) {
        *page = nt_section_touch(target.section, target.page);
        return *page != NULL;
    }
    /* Read only, below. */
    *page = (struct nt_page *)nt_section_peek(target.section, target.page);
    return true;
}

/* Without an IOMMU in the machine every installed frame can be had; one that is free holds nothing. */
static NT_UNCOVERED bool physically(uint64_t device_page, struct nt_page **page) {
    if (!nt_phys_installed(device_page))
        return false;
    *page = nt_phys_page(device_page);
    return true;
}

static NT_UNCOVERED bool does_dma(const struct dxgk_adapter *adapter) {
    return adapter->d0 && !adapter->in_reset && !adapter->gone;
}

static NT_UNCOVERED void copy(struct nt_page *page, unsigned offset, void *buffer, size_t size, bool write) {
    if (page)
        nt_page_copy(page, offset, buffer, size, write);
    else if (!write)
        memset(buffer, 0, size);
}

/* On a machine with an IOMMU a device that is attached to no domain is blocked (PIN-ISOLATED). */
static NT_UNCOVERED bool translated(const struct dxgk_adapter *adapter, uint64_t address, void *buffer,
                                    size_t size, bool write) {
    struct nt_page *page;
    bool reached =
        adapter->attached && through_domain(adapter->attached, address >> NT_PAGE_SHIFT, write, &page);
    if (reached)
        copy(page, (unsigned)(address % NT_PAGE_SIZE), buffer, size, write);
    return reached;
}

static NT_UNCOVERED bool untranslated(uint64_t address, void *buffer, size_t size, bool write) {
    struct nt_page *page;
    bool reached = physically(address >> NT_PAGE_SHIFT, &page);
    if (reached)
        copy(page, (unsigned)(address % NT_PAGE_SIZE), buffer, size, write);
    return reached;
}

NT_UNCOVERED bool dxgk_dma(struct dxgk_adapter *adapter, uint64_t address, void *buffer, size_t size,
                           bool write) {
    assert(size > 0 && size <= NT_PAGE_SIZE - address % NT_PAGE_SIZE);
    nt_lock_acquire(&dxgk_machine.adapters);
    if (!does_dma(adapter) || !dxgk_machine.iommu) {
        bool reached = does_dma(adapter) && untranslated(address, buffer, size, write);
        nt_lock_release(&dxgk_machine.adapters);
        return reached;
    }
    struct dxgk_chain *chain = adapter->chain;
    nt_lock_acquire(&chain->lock);
    nt_lock_release(&dxgk_machine.adapters);
    bool reached = translated(adapter, address, buffer, size, write);
    nt_lock_release(&chain->lock);
    return reached;
}
