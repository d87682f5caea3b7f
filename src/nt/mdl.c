/* Allocates and frees memory descriptor lists. */
#include "nt/mdl.h"

#include "nt/nt.h"
#include "nt/pool.h"

static size_t mdl_bytes(uint64_t described) {
    return sizeof(MDL) + (size_t)(described >> NT_PAGE_SHIFT) * sizeof(PFN_NUMBER);
}

PMDL nt_mdl_alloc(uint64_t bytes) {
    size_t size = mdl_bytes(bytes);
    PMDL mdl = nt_pool_alloc(size);
    if (!mdl)
        return NULL;
    /* Nobody may rely on Size: it has 16 bits, the array can be longer. */
    mdl->Size = size <= INT16_MAX ? (CSHORT)size : INT16_MAX;
    mdl->ByteCount = (ULONG)bytes;
    return mdl;
}

void nt_mdl_free(PMDL mdl, uint64_t bytes) {
    if (mdl)
        nt_pool_free(mdl, mdl_bytes(bytes));
}
