/* Memory descriptor lists, as IoAllocateMdl makes them: the header, then one PFN a page. */
#ifndef NT_MDL_H
#define NT_MDL_H

#include <stdint.h>

#include "wddm/wdm.h"

/* PIN1-LIMIT: no MDL describes more than 4 GiB - PAGE_SIZE. */
#define NT_MDL_MAX_BYTES ((UINT64_C(4) << 30) - 4096)

/* bytes is a multiple of the page size, 0 < bytes <= NT_MDL_MAX_BYTES. NULL on a shortage. */
PMDL nt_mdl_alloc(uint64_t bytes);
/* bytes: as it was allocated with, for what the MDL says others can write. */
void nt_mdl_free(PMDL mdl, uint64_t bytes);

#endif
