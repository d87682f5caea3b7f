/* Reserved ranges: physical memory of the firmware's that a GPU reaches at its own addresses. */
#include <string.h>

#include "dxgk/adapter.h"
#include "dxgk/machine.h"
#include "nt/nt.h"
#include "nt/phys.h"

static NTSTATUS ask(const struct dxgk_miniport *lead, DXGK_HARDWARERESERVEDRANGES *ranges) {
    const DXGKARG_QUERYADAPTERINFO query = {
        .Type = DXGKQAITYPE_HARDWARERESERVEDRANGES, .pOutputData = ranges, .OutputDataSize = sizeof(*ranges)};
    return lead->query_adapter_info(lead->context, &query);
}

/* RESV-EXACT, RESV-OVERLAP: whole pages, all of them the firmware's. */
static bool read_range(const DXGK_PHYSICAL_MEMORY_RANGE *given, struct dxgk_stretch *range) {
    uint64_t first = (uint64_t)given->BaseAddress.QuadPart;
    uint64_t bytes = (uint64_t)given->NumberOfBytes.QuadPart;
    if (bytes == 0 || first % NT_PAGE_SIZE != 0 || bytes % NT_PAGE_SIZE != 0 || first > UINT64_MAX - bytes)
        return false;
    range->first = first >> NT_PAGE_SHIFT;
    range->pages = bytes >> NT_PAGE_SHIFT;
    return range->pages <= UINT32_MAX && nt_phys_firmware(range->first, range->pages);
}

static bool meet(const struct dxgk_stretch *a, const struct dxgk_stretch *b) {
    return a->first < b->first + b->pages && b->first < a->first + a->pages;
}

static bool read_ranges(const DXGK_PHYSICAL_MEMORY_RANGE *given, uint32_t count,
                        struct dxgk_stretch *ranges) {
    for (uint32_t i = 0; i < count; i++) {
        if (!read_range(&given[i], &ranges[i]))
            return false;
        for (uint32_t k = 0; k < i; k++)
            if (meet(&ranges[i], &ranges[k]))
                return false;
    }
    return true;
}

/* The second question. Not inlined: each start would have these arrays in its frame, and most drivers have no
 * ranges. */
static __attribute__((noinline)) NTSTATUS reserve_ranges(struct dxgk_chain *chain, uint32_t count) {
    const struct dxgk_miniport *lead = &chain->members[0]->miniport;
    DXGK_PHYSICAL_MEMORY_RANGE given[DXGK_RESERVED_MAX];
    struct dxgk_stretch ranges[DXGK_RESERVED_MAX];
    DXGK_HARDWARERESERVEDRANGES answer = {.NumRanges = count};
    memset(given, 0, sizeof(given));
    if (count > DXGK_RESERVED_MAX)
        return STATUS_INVALID_PARAMETER;
    answer.pPhysicalRanges = given;
    NTSTATUS status = ask(lead, &answer);
    if (!NT_SUCCESS(status))
        return status;
    if (answer.NumRanges != count || !read_ranges(given, count, ranges)) /* RESV-PAIR */
        return STATUS_INVALID_PARAMETER;
    nt_lock_acquire(&chain->lock);
    status = dxgk_domain_reserve(&chain->domain, ranges, count);
    nt_lock_release(&chain->lock);
    return status;
}

NTSTATUS dxgk_reserve(struct dxgk_chain *chain) {
    DXGK_HARDWARERESERVEDRANGES answer = {0};
    if (!NT_SUCCESS(ask(&chain->members[0]->miniport, &answer)) || answer.NumRanges == 0)
        return STATUS_SUCCESS;
    return reserve_ranges(chain, answer.NumRanges);
}
