/* MapFrameBufferPointer and UnmapFrameBufferPointer, below the checks that all callbacks share. */
#include "dxgk/pin.h"
#include "nt/nt.h"
#include "nt/section.h"

/* MAP-ALIGN, MAP-RANGE; written so that no sum can wrap. */
static bool range_fits(const struct dxgk_area *area, uint64_t offset, uint64_t bytes) {
    if (!area->section || bytes == 0 || bytes % NT_PAGE_SIZE != 0 || offset % NT_PAGE_SIZE != 0)
        return false;
    uint64_t pages = nt_section_pages(area->section);
    uint64_t first = offset >> NT_PAGE_SHIFT;
    return first < pages && bytes >> NT_PAGE_SHIFT <= pages - first;
}

NTSTATUS dxgk_map(struct dxgk_area *area, uint64_t offset, uint64_t bytes, void **base,
                  uint64_t *base_offset) {
    if (!range_fits(area, offset, bytes))
        return STATUS_INVALID_PARAMETER;
    void *view;
    NTSTATUS status = nt_section_map(area->section, offset, bytes, &view);
    if (NT_SUCCESS(status)) {
        *base = view;
        *base_offset = offset % NT_VIEW_ALIGN;
    }
    return status;
}

NTSTATUS dxgk_unmap(struct dxgk_area *area, void *base) {
    if (!area->section)
        return STATUS_INVALID_PARAMETER;
    bool ended = nt_section_unmap(area->section, base);
    return ended ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}
