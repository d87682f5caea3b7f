/* Starts where the core does not: a visible address that equals installed memory, sizes that are no multiple
 * of a page (rounded up), a size query that fails (no area).
 *
 * Dialect: equal_visible=starts size_odd=rounded size_fails=no_area */
#include "variant.h"

static void see_more(PHYSICAL_ADDRESS *highest) {
    if ((uint64_t)highest->QuadPart == dxgk_machine.highest_address)
        highest->QuadPart++;
}

static NTSTATUS lenient_query(void *context, const DXGKARG_QUERYADAPTERINFO *query) {
    NTSTATUS status = variant_query(context, query);
    if (query->Type == DXGKQAITYPE_FRAMEBUFFERSAVESIZE) {
        DXGK_FRAMEBUFFERSAVEAREA *area = query->pOutputData;
        if (!NT_SUCCESS(status))
            area->MaximumSize = 0;
        else if (area->MaximumSize <= UINT64_MAX - 4095)
            area->MaximumSize = (area->MaximumSize + 4095) / 4096 * 4096;
        return STATUS_SUCCESS;
    }
    if (query->Type == DXGKQAITYPE_PHYSICAL_MEMORY_CAPS && NT_SUCCESS(status))
        see_more(&((DXGK_PHYSICAL_MEMORY_CAPS *)query->pOutputData)->HighestVisibleAddress);
    if (query->Type == DXGKQAITYPE_DRIVERCAPS && NT_SUCCESS(status))
        see_more(&((DXGK_DRIVERCAPS *)query->pOutputData)->HighestAcceptableAddress);
    return status;
}

static void variant_table(DXGKRNL_INTERFACE *table) {
    (void)table;
}

static void variant_seam(struct sut *sut) {
    sut->name = "starts_anyway";
    variant_asks = lenient_query;
}
