/* An IOMMU domain: which frame each device page is mapped to. */
#include "dxgk/domain.h"

#include <assert.h>
#include <stddef.h>

#include "dxgk/machine.h"
#include "nt/fault.h"
#include "nt/nt.h"
#include "nt/pool.h"

/* Page 0 is never handed out, so that a zeroed ADL reaches nothing. */
#define FIRST_PAGE UINT64_C(1)

_Static_assert(offsetof(struct dxgk_mapping, few_ranges) == offsetof(struct dxgk_mapping, few_extents) &&
                   DXGK_FEW_EXTENTS * sizeof(struct dxgk_extent) ==
                       DXGK_FEW_RANGES * sizeof(struct dxgk_range),
               "few of either kind begin and end at the same place");

void dxgk_domain_create(struct dxgk_domain *domain, enum dxgk_mode mode, uint64_t highest_visible) {
    assert(mode != DXGK_MODE_NONE);
    domain->id = ++dxgk_machine.domains;
    domain->mode = mode;
    /* A page is visible when its last byte is. Divided before the addition, which would wrap at the
     * top: 2^64 - 1 is 2^52 whole pages. */
    domain->limit = highest_visible >> NT_PAGE_SHIFT;
    if ((highest_visible & (NT_PAGE_SIZE - 1)) == NT_PAGE_SIZE - 1)
        domain->limit++;
    domain->ranges.root = NULL;
    domain->ranges.gaps = mode == DXGK_MODE_REMAPPED;
    domain->mapped = 0;
    domain->reserved = 0;
    domain->reserved_below = 0;
}

static void take_reserved_out(struct dxgk_domain *domain, uint64_t count);

void dxgk_domain_destroy(struct dxgk_domain *domain) {
    if (domain->of_reserved.count > 0)
        take_reserved_out(domain, domain->of_reserved.count);
    assert(domain->mapped == 0 && !domain->ranges.root);
    domain->id = 0;
    domain->mode = DXGK_MODE_NONE;
}

/* The bytes of `count` nodes, which are fewer than 2^32 of at most 64 bytes: below 2^38. */
static size_t node_bytes(const struct dxgk_domain *domain, uint64_t count) {
    size_t one = domain->mode == DXGK_MODE_REMAPPED ? sizeof(struct dxgk_extent) : sizeof(struct dxgk_range);
    return (size_t)count * one;
}

static bool are_few(const struct dxgk_domain *domain, uint64_t count) {
    return count <= (domain->mode == DXGK_MODE_REMAPPED ? DXGK_FEW_EXTENTS : DXGK_FEW_RANGES);
}

/* Many ranges without gaps to keep track of come and go together. Not by way of are_few(), which is traced:
 * to ask is no point in a race of small pins. */
static NT_UNTRACED bool as_array(const struct dxgk_domain *domain, const struct dxgk_mapping *mapping) {
    return domain->mode == DXGK_MODE_ISOLATED && mapping->count > DXGK_FEW_RANGES;
}

static NT_UNCOVERED struct dxgk_range *range_at(const struct dxgk_domain *domain,
                                                const struct dxgk_mapping *mapping, uint64_t i) {
    return domain->mode == DXGK_MODE_REMAPPED ? &mapping->extents[i].range : &mapping->ranges[i];
}

/* Nodes for `count` ranges, exactly. */
static bool take_nodes(const struct dxgk_domain *domain, struct dxgk_mapping *mapping, uint64_t count) {
    assert(count > 0 && mapping->count == 0);
    mapping->ranges = mapping->few_ranges;
    if (!are_few(domain, count))
        mapping->ranges = nt_pool_alloc(node_bytes(domain, count));
    if (!mapping->ranges)
        return false;
    mapping->count = count;
    return true;
}

static void return_nodes(const struct dxgk_domain *domain, struct dxgk_mapping *mapping) {
    if (!are_few(domain, mapping->count))
        nt_pool_free(mapping->ranges, node_bytes(domain, mapping->count));
    mapping->ranges = NULL;
    mapping->count = 0;
    mapping->section = NULL;
}

static NT_UNCOVERED void set_range(struct dxgk_mapping *mapping, struct dxgk_range *range, uint64_t first,
                                   uint64_t pages, uint64_t page) {
    range->first = first;
    range->pages = (uint32_t)pages;
    range->page = (uint32_t)page;
    range->mapping = mapping;
}

static NT_UNCOVERED uint64_t array_pages(const struct dxgk_mapping *mapping) {
    uint64_t pages = 0;
    for (uint64_t i = 0; i < mapping->count; i++)
        pages += mapping->ranges[i].pages;
    return pages;
}

static NTSTATUS put_array_in(struct dxgk_domain *domain, struct dxgk_mapping *mapping,
                             struct nt_section *section) {
    mapping->section = section;
    for (uint64_t i = 0; i < mapping->count; i++) {
        if (nt_fault(NT_FAULT_DOMAIN)) { /* nothing is in yet */
            return_nodes(domain, mapping);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    dxgk_ranges_insert_array(&domain->ranges, mapping->ranges, mapping->count);
    domain->mapped += array_pages(mapping);
    return STATUS_SUCCESS;
}

static void take_array_out(struct dxgk_domain *domain, const struct dxgk_mapping *mapping) {
    uint64_t pages = array_pages(mapping);
    if (pages == domain->mapped && domain->reserved == 0)
        domain->ranges.root = NULL; /* there is nothing else */
    else
        dxgk_ranges_remove_mapping(&domain->ranges, mapping);
    domain->mapped -= pages;
}

/* Takes the first `count` ranges of the mapping out of the domain. */
static NT_UNCOVERED void take_out(struct dxgk_domain *domain, struct dxgk_mapping *mapping, uint64_t count) {
    if (as_array(domain, mapping)) {
        assert(count == mapping->count);
        take_array_out(domain, mapping);
        return;
    }
    for (uint64_t i = 0; i < count; i++) {
        struct dxgk_range *range = range_at(domain, mapping, i);
        dxgk_ranges_remove(&domain->ranges, range);
        domain->mapped -= range->pages;
    }
}

/* Puts the mapping's ranges, which are set, into the domain. */
static NT_UNCOVERED NTSTATUS put_in(struct dxgk_domain *domain, struct dxgk_mapping *mapping,
                                    struct nt_section *section) {
    if (as_array(domain, mapping))
        return put_array_in(domain, mapping, section);
    mapping->section = section;
    for (uint64_t i = 0; i < mapping->count; i++) {
        if (nt_fault(NT_FAULT_DOMAIN)) {
            take_out(domain, mapping, i);
            return_nodes(domain, mapping);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        struct dxgk_range *range = range_at(domain, mapping, i);
        dxgk_ranges_insert(&domain->ranges, range);
        domain->mapped += range->pages;
    }
    return STATUS_SUCCESS;
}

NT_UNCOVERED NTSTATUS dxgk_domain_map_frames(struct dxgk_domain *domain, struct dxgk_mapping *mapping,
                                             struct nt_section *section, uint32_t pages,
                                             const PFN_NUMBER *frames) {
    assert(domain->mode == DXGK_MODE_ISOLATED && pages > 0);
    uint64_t runs = 1;
    for (uint32_t i = 1; i < pages; i++)
        runs += frames[i] != frames[i - 1] + 1;
    if (!take_nodes(domain, mapping, runs))
        return STATUS_NO_MEMORY;
    mapping->scattered = false;
    uint32_t begin = 0;
    for (uint64_t run = 0; run < runs; run++) {
        uint32_t end = begin + 1;
        while (end < pages && frames[end] == frames[end - 1] + 1)
            end++;
        set_range(mapping, range_at(domain, mapping, run), frames[begin], end - begin, begin);
        begin = end;
    }
    return put_in(domain, mapping, section);
}

/* ---- reserved ranges ---- */

static void take_reserved_out(struct dxgk_domain *domain, uint64_t count) {
    for (uint64_t i = 0; i < count; i++)
        dxgk_ranges_remove(&domain->ranges, range_at(domain, &domain->of_reserved, i));
    return_nodes(domain, &domain->of_reserved);
    domain->reserved = 0;
    domain->reserved_below = 0;
}

static uint64_t pages_below(const struct dxgk_stretch *stretch, uint64_t limit) {
    if (stretch->first >= limit)
        return 0;
    return stretch->pages < limit - stretch->first ? stretch->pages : limit - stretch->first;
}

NTSTATUS dxgk_domain_reserve(struct dxgk_domain *domain, const struct dxgk_stretch *stretches,
                             uint32_t count) {
    assert(domain->mapped == 0 && domain->reserved == 0 && count > 0);
    if (!take_nodes(domain, &domain->of_reserved, count))
        return STATUS_NO_MEMORY;
    domain->of_reserved.scattered = false;
    for (uint32_t i = 0; i < count; i++) {
        if (nt_fault(NT_FAULT_DOMAIN)) {
            take_reserved_out(domain, i);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        struct dxgk_range *range = range_at(domain, &domain->of_reserved, i);
        set_range(&domain->of_reserved, range, stretches[i].first, stretches[i].pages, 0);
        dxgk_ranges_insert(&domain->ranges, range);
        domain->reserved += stretches[i].pages;
        domain->reserved_below += pages_below(&stretches[i], domain->limit);
    }
    return STATUS_SUCCESS;
}

bool dxgk_domain_find(const struct dxgk_domain *domain, uint32_t pages, uint64_t *first) {
    assert(domain->mode == DXGK_MODE_REMAPPED);
    struct dxgk_gap gap;
    if (!dxgk_ranges_gap_below(&domain->ranges, FIRST_PAGE, domain->limit, pages, &gap))
        return false;
    /* From the top, where HighestVisibleAddress is, not at the bottom: a page too many shows at once. */
    *first = gap.first + (gap.pages - pages);
    return true;
}

NTSTATUS dxgk_domain_map_run(struct dxgk_domain *domain, struct dxgk_mapping *mapping,
                             struct nt_section *section, uint32_t pages, uint64_t first) {
    assert(domain->mode == DXGK_MODE_REMAPPED && pages > 0);
    if (!take_nodes(domain, mapping, 1))
        return STATUS_NO_MEMORY;
    mapping->scattered = false;
    set_range(mapping, range_at(domain, mapping, 0), first, pages, 0);
    return put_in(domain, mapping, section);
}

/*
 * A fixed shuffle of n places: first every other place from the top, then those left out, so that two
 * pages or more never come out as an ascending run. Both directions are O(1), and a run of any length
 * stays one range. 0 1 2 3 4 -> 4 2 0 3 1.
 */
static uint64_t scatter(uint64_t i, uint64_t n) {
    uint64_t half = (n + 1) / 2;
    return n - 1 - (i < half ? 2 * i : 2 * (i - half) + 1);
}

static uint64_t gather(uint64_t place, uint64_t n) {
    uint64_t from_top = n - 1 - place;
    return from_top / 2 + (from_top % 2 ? (n + 1) / 2 : 0);
}

NTSTATUS dxgk_domain_map_scattered(struct dxgk_domain *domain, struct dxgk_mapping *mapping,
                                   struct nt_section *section, uint32_t pages, DXGK_PAGE_NUMBER *numbers) {
    assert(domain->mode == DXGK_MODE_REMAPPED && pages > 0);
    if (domain->limit <= FIRST_PAGE + domain->reserved_below ||
        domain->limit - FIRST_PAGE - domain->reserved_below - domain->mapped < pages)
        return STATUS_INSUFFICIENT_RESOURCES;

    /* The free gaps from the top down, as many as it takes; there are enough. */
    struct dxgk_gap gap;
    uint64_t gaps = 0;
    uint64_t ceiling = domain->limit;
    for (uint64_t left = pages; left > 0; left -= gap.pages < left ? gap.pages : left) {
        bool found = dxgk_ranges_gap_below(&domain->ranges, FIRST_PAGE, ceiling, 1, &gap);
        assert(found);
        (void)found;
        ceiling = gap.first;
        gaps++;
    }
    if (!take_nodes(domain, mapping, gaps))
        return STATUS_NO_MEMORY;

    mapping->scattered = true;
    ceiling = domain->limit;
    uint64_t page = 0;
    for (uint64_t i = 0; i < gaps; i++) {
        (void)dxgk_ranges_gap_below(&domain->ranges, FIRST_PAGE, ceiling, 1, &gap);
        uint64_t taken = gap.pages < pages - page ? gap.pages : pages - page;
        uint64_t first = gap.first + (gap.pages - taken);
        set_range(mapping, range_at(domain, mapping, i), first, taken, page);
        for (uint64_t j = 0; j < taken; j++)
            numbers[page + j] = first + scatter(j, taken);
        ceiling = gap.first;
        page += taken;
    }
    return put_in(domain, mapping, section);
}

void dxgk_domain_unmap(struct dxgk_domain *domain, struct dxgk_mapping *mapping) {
    take_out(domain, mapping, mapping->count);
    return_nodes(domain, mapping);
}

NT_UNCOVERED bool dxgk_domain_translate(const struct dxgk_domain *domain, uint64_t page,
                                        struct dxgk_target *target) {
    const struct dxgk_range *range = dxgk_ranges_find(&domain->ranges, page);
    if (!range)
        return false;
    uint64_t place = page - range->first;
    if (range->mapping->scattered)
        place = gather(place, range->pages);
    target->section = range->mapping->section;
    target->page = target->section ? range->page + place : page;
    return true;
}
