/* Save areas, and pinning them. One area for each physical adapter; it belongs to the chain lock. */
#ifndef DXGK_PIN_H
#define DXGK_PIN_H

#include "dxgk/domain.h"

struct dxgk_chain;

enum dxgk_pin_form {
    DXGK_PIN_NONE,
    DXGK_PIN_ADL,
    DXGK_PIN_MDL
};

struct dxgk_pin {
    enum dxgk_pin_form form;
    bool contiguous;
    uint32_t pages;
    union {
        DXGK_ADL *adl;
        PMDL mdl;
    };
    struct dxgk_mapping mapping;
};

struct dxgk_area {
    struct nt_section *section; /* NULL: no save area (INIT-SECTION) */
    struct dxgk_pin pin;
};

/* The ADL of `pages` pages: one block, the array of an ADL that is not contiguous included. The
 * flags and PageCount are set, the pages are the caller's to fill in. NULL on a shortage. */
DXGK_ADL *dxgk_adl_alloc(uint32_t pages, bool contiguous);
/* pages and contiguous as for dxgk_adl_alloc(): what the block says may have been overwritten. */
void dxgk_adl_free(DXGK_ADL *adl, uint32_t pages, bool contiguous);
/* The array of an ADL that is not contiguous, to write to. */
DXGK_PAGE_NUMBER *dxgk_adl_pages(DXGK_ADL *adl);

/*
 * The bodies of the callbacks, under the chain's lock; area is the one of the index. Statuses in the
 * contract's order: STATUS_INVALID_PARAMETER (no section, zero, alignment, range; for the MDL
 * what no MDL describes), STATUS_NOT_SUPPORTED (MDL under remapping), STATUS_INVALID_DEVICE_STATE
 * (already pinned), STATUS_INSUFFICIENT_RESOURCES, STATUS_NO_MEMORY. A failure leaves no trace.
 */
NTSTATUS dxgk_pin_adl(struct dxgk_chain *chain, struct dxgk_area *area, uint64_t bytes,
                      bool prefer_contiguous, DXGK_ADL **adl);
NTSTATUS dxgk_pin_mdl(struct dxgk_chain *chain, struct dxgk_area *area, uint64_t bytes, PMDL *mdl);
/* Releases what either form pinned (UNPIN-EITHER); STATUS_INVALID_PARAMETER when nothing is. */
NTSTATUS dxgk_unpin(struct dxgk_chain *chain, struct dxgk_area *area);

/* CPU views of a part of an area. *base is a multiple of 64 KiB, *offset where the first byte asked
 * for lies from it (MAP-ADDRESS). STATUS_INVALID_PARAMETER, or a shortage; nothing changed then. */
NTSTATUS dxgk_map(struct dxgk_area *area, uint64_t offset, uint64_t bytes, void **base,
                  uint64_t *base_offset);
/* Ends the view mapped last at base; STATUS_INVALID_PARAMETER when there is none (UNMAP-MINE). */
NTSTATUS dxgk_unmap(struct dxgk_area *area, void *base);

#endif
