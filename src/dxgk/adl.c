/* Allocates and frees address descriptor lists. */
#include "dxgk/pin.h"
#include "nt/pool.h"

/* At most 16 + 2^32 * 8 bytes. */
static size_t adl_bytes(uint32_t pages, bool contiguous) {
    return sizeof(DXGK_ADL) + (contiguous ? 0 : pages * sizeof(DXGK_PAGE_NUMBER));
}

DXGK_ADL *dxgk_adl_alloc(uint32_t pages, bool contiguous) {
    DXGK_ADL *adl = nt_pool_alloc(adl_bytes(pages, contiguous));
    if (!adl)
        return NULL;
    adl->PageCount = pages;
    if (contiguous)
        adl->Flags.Contiguous = 1;
    else
        adl->Pages = dxgk_adl_pages(adl);
    return adl;
}

void dxgk_adl_free(DXGK_ADL *adl, uint32_t pages, bool contiguous) {
    nt_pool_free(adl, adl_bytes(pages, contiguous));
}

DXGK_PAGE_NUMBER *dxgk_adl_pages(DXGK_ADL *adl) {
    return (DXGK_PAGE_NUMBER *)(adl + 1);
}
