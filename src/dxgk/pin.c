/* Save areas: pinning them, and what a pin hands out. */
#include "dxgk/pin.h"

#include "dxgk/chain.h"
#include "nt/mdl.h"
#include "nt/nt.h"
#include "nt/section.h"

/* PIN-ZERO, PIN-ALIGN, PIN-NONE, PIN-MAX, and a page count that a UINT32 can say (PIN-COUNT). */
static bool size_fits(const struct dxgk_area *area, uint64_t bytes) {
    uint64_t pages = bytes >> NT_PAGE_SHIFT;
    return bytes != 0 && bytes % NT_PAGE_SIZE == 0 && area->section &&
           pages <= nt_section_pages(area->section) && pages <= UINT32_MAX;
}

/* Physical page numbers of section pages [0, pages), which are locked. */
static bool read_frames(struct nt_section *section, uint32_t pages, PFN_NUMBER *frames) {
    for (uint32_t i = 0; i < pages; i++) {
        uint64_t pfn;
        if (!nt_section_pfn(section, i, &pfn))
            return false;
        frames[i] = pfn;
    }
    return true;
}

/* Physical pages: into the array of the ADL or MDL, and into the domain, where there is one. */
static NTSTATUS map_physical(struct dxgk_chain *chain, struct dxgk_area *area, uint32_t pages,
                             PFN_NUMBER *frames) {
    if (!read_frames(area->section, pages, frames))
        return STATUS_NO_MEMORY;
    if (chain->domain.mode == DXGK_MODE_NONE)
        return STATUS_SUCCESS;
    return dxgk_domain_map_frames(&chain->domain, &area->pin.mapping, area->section, pages, frames);
}

/* Fills in pin->adl and pin->contiguous. */
static NTSTATUS make_adl(struct dxgk_chain *chain, struct dxgk_area *area, uint32_t pages,
                         bool prefer_contiguous) {
    struct dxgk_domain *domain = &chain->domain;
    struct dxgk_pin *pin = &area->pin;
    bool remapped = domain->mode == DXGK_MODE_REMAPPED;
    uint64_t first = 0;
    /* PIN-CONTIG: only remapping can promise it, and only where there is such a run. */
    bool contiguous = prefer_contiguous && remapped && dxgk_domain_find(domain, pages, &first);
    DXGK_ADL *adl = dxgk_adl_alloc(pages, contiguous);
    if (!adl)
        return STATUS_NO_MEMORY;

    NTSTATUS status;
    if (contiguous) {
        adl->BasePageNumber = first;
        status = dxgk_domain_map_run(domain, &pin->mapping, area->section, pages, first);
    } else if (remapped) {
        status = dxgk_domain_map_scattered(domain, &pin->mapping, area->section, pages, dxgk_adl_pages(adl));
    } else {
        status = map_physical(chain, area, pages, dxgk_adl_pages(adl));
    }
    if (!NT_SUCCESS(status)) {
        dxgk_adl_free(adl, pages, contiguous);
        return status;
    }
    pin->adl = adl;
    pin->contiguous = contiguous;
    return STATUS_SUCCESS;
}

/* Fills in pin->mdl. */
static NTSTATUS make_mdl(struct dxgk_chain *chain, struct dxgk_area *area, uint32_t pages) {
    PMDL mdl = nt_mdl_alloc((uint64_t)pages << NT_PAGE_SHIFT);
    if (!mdl)
        return STATUS_NO_MEMORY;
    NTSTATUS status = map_physical(chain, area, pages, MmGetMdlPfnArray(mdl));
    if (!NT_SUCCESS(status)) {
        nt_mdl_free(mdl, (uint64_t)pages << NT_PAGE_SHIFT);
        return status;
    }
    area->pin.mdl = mdl;
    return STATUS_SUCCESS;
}

/* Lock first: frames must not move while the domain learns of them (PIN-LOCKED). */
static NTSTATUS pin(struct dxgk_chain *chain, struct dxgk_area *area, uint32_t pages, enum dxgk_pin_form form,
                    bool prefer_contiguous) {
    if (area->pin.form != DXGK_PIN_NONE)
        return STATUS_INVALID_DEVICE_STATE;
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
    if (nt_section_lock(area->section, pages)) {
        status = form == DXGK_PIN_ADL ? make_adl(chain, area, pages, prefer_contiguous)
                                      : make_mdl(chain, area, pages);
        if (!NT_SUCCESS(status))
            nt_section_unlock(area->section);
    }
    if (NT_SUCCESS(status)) {
        area->pin.form = form;
        area->pin.pages = pages;
    }
    return status;
}

NTSTATUS dxgk_pin_adl(struct dxgk_chain *chain, struct dxgk_area *area, uint64_t bytes,
                      bool prefer_contiguous, DXGK_ADL **adl) {
    if (!size_fits(area, bytes))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = pin(chain, area, (uint32_t)(bytes >> NT_PAGE_SHIFT), DXGK_PIN_ADL, prefer_contiguous);
    if (NT_SUCCESS(status))
        *adl = area->pin.adl;
    return status;
}

NTSTATUS dxgk_pin_mdl(struct dxgk_chain *chain, struct dxgk_area *area, uint64_t bytes, PMDL *mdl) {
    if (!size_fits(area, bytes) || bytes > NT_MDL_MAX_BYTES)
        return STATUS_INVALID_PARAMETER;
    /* PIN1-REMAP: an MDL lists frames, and here the device must not know any. */
    if (chain->domain.mode == DXGK_MODE_REMAPPED)
        return STATUS_NOT_SUPPORTED;
    NTSTATUS status = pin(chain, area, (uint32_t)(bytes >> NT_PAGE_SHIFT), DXGK_PIN_MDL, false);
    if (NT_SUCCESS(status))
        *mdl = area->pin.mdl;
    return status;
}

/* By what is known of the pin here: its driver can have written over the ADL or MDL. */
NTSTATUS dxgk_unpin(struct dxgk_chain *chain, struct dxgk_area *area) {
    struct dxgk_pin *pin = &area->pin;
    if (pin->form == DXGK_PIN_NONE)
        return STATUS_INVALID_PARAMETER;
    /* Out of the domain before the frames may move: DMA must not reach somebody else's next page. */
    if (chain->domain.mode != DXGK_MODE_NONE)
        dxgk_domain_unmap(&chain->domain, &pin->mapping);
    nt_section_unlock(area->section);
    if (pin->form == DXGK_PIN_ADL)
        dxgk_adl_free(pin->adl, pin->pages, pin->contiguous);
    else
        nt_mdl_free(pin->mdl, (uint64_t)pin->pages << NT_PAGE_SHIFT);
    pin->form = DXGK_PIN_NONE;
    pin->adl = NULL;
    return STATUS_SUCCESS;
}
