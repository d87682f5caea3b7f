/*
 * The IOMMU DMA domain of a logical adapter: what its GPUs can reach.
 *
 * Device pages are numbers of 4 KiB pages in the address space that the GPUs use: physical memory
 * 1:1 (isolation), or logical addresses of Dxgkrnl's choice (remapping). In a remapped domain they
 * come from [1, limit): page 0 is never handed out, and the last byte of page limit - 1 is within
 * HighestVisibleAddress (INIT-VISIBLE). Callers hold the chain's lock.
 */
#ifndef DXGK_DOMAIN_H
#define DXGK_DOMAIN_H

#include "dxgk/ranges.h"
#include "wddm/d3dkmddi.h"

struct nt_section;

enum dxgk_mode {
    DXGK_MODE_NONE,     /* no IOMMU, or a driver without isolation: no domain, pages are physical */
    DXGK_MODE_ISOLATED, /* 1:1 */
    DXGK_MODE_REMAPPED
};

/* A pin with no more ranges than this keeps them itself; beyond, they are a block of the pool. Five
 * extents are as large as eight ranges, and eight pages in eight frames that are no neighbours is what
 * a short program pins. */
#define DXGK_FEW_RANGES  8u
#define DXGK_FEW_EXTENTS 5u

/* What one pin has mapped. Zeroed: nothing. Does not move while it maps something. */
struct dxgk_mapping {
    struct nt_section *section;
    union {
        struct dxgk_range *ranges;   /* DXGK_MODE_ISOLATED */
        struct dxgk_extent *extents; /* DXGK_MODE_REMAPPED */
    };
    uint64_t count; /* of ranges */
    bool scattered; /* the pages within each range are shuffled */
    union {
        struct dxgk_range few_ranges[DXGK_FEW_RANGES];
        struct dxgk_extent few_extents[DXGK_FEW_EXTENTS];
    };
};

/* Physical pages [first, first + pages). */
struct dxgk_stretch {
    uint64_t first;
    uint64_t pages; /* 1 .. UINT32_MAX */
};

/* Reserved ranges of a chain: firmware has a handful, and their array is on the stack (reserve.c). */
#define DXGK_RESERVED_MAX 16u

struct dxgk_domain {
    uint64_t id; /* never 0, never used twice within a boot */
    enum dxgk_mode mode;
    uint64_t limit; /* DXGK_MODE_REMAPPED: device pages are below this; <= 2^52 */
    struct dxgk_ranges ranges;
    uint64_t mapped;                 /* pages, without the next */
    uint64_t reserved;               /* pages of reserved ranges */
    uint64_t reserved_below;         /* those of them below the limit */
    struct dxgk_mapping of_reserved; /* without a section */
};

struct dxgk_target {
    struct nt_section *section; /* NULL: physical memory of the firmware's */
    uint64_t page;              /* of the section, or the physical page */
};

/* mode is not DXGK_MODE_NONE. highest_visible, a byte address, counts when remapped. */
void dxgk_domain_create(struct dxgk_domain *domain, enum dxgk_mode mode, uint64_t highest_visible);
/* Nothing may be mapped. */
void dxgk_domain_destroy(struct dxgk_domain *domain);

/* RESV-ONETOONE: maps each stretch at its own physical pages, until the domain is destroyed. They do not
 * meet, and none holds page 0. Once, before anything else is mapped. STATUS_NO_MEMORY, or as below. */
NTSTATUS dxgk_domain_reserve(struct dxgk_domain *domain, const struct dxgk_stretch *stretches,
                             uint32_t count);

/* DXGK_MODE_REMAPPED: looks for a free run of `pages` pages; its first page to *first. O(log n). */
bool dxgk_domain_find(const struct dxgk_domain *domain, uint32_t pages, uint64_t *first);

/*
 * Map section pages [0, pages) through `mapping`, which must be free. On failure nothing has
 * changed: STATUS_NO_MEMORY when the pool is short, STATUS_INSUFFICIENT_RESOURCES when device pages
 * are, or by NT_FAULT_DOMAIN, of which each range is one point.
 */
/* DXGK_MODE_ISOLATED: device page = frame. */
NTSTATUS dxgk_domain_map_frames(struct dxgk_domain *domain, struct dxgk_mapping *mapping,
                                struct nt_section *section, uint32_t pages, const PFN_NUMBER *frames);
/* DXGK_MODE_REMAPPED: [first, first + pages), as found by dxgk_domain_find(). O(log n). */
NTSTATUS dxgk_domain_map_run(struct dxgk_domain *domain, struct dxgk_mapping *mapping,
                             struct nt_section *section, uint32_t pages, uint64_t first);
/* DXGK_MODE_REMAPPED: any free pages, in no order that a driver could lean on; fills numbers[0..pages). */
NTSTATUS dxgk_domain_map_scattered(struct dxgk_domain *domain, struct dxgk_mapping *mapping,
                                   struct nt_section *section, uint32_t pages, DXGK_PAGE_NUMBER *numbers);
/* Takes no memory and cannot fail (ANY-RELEASE). The mapping is free afterwards. */
void dxgk_domain_unmap(struct dxgk_domain *domain, struct dxgk_mapping *mapping);

/* Where a device page leads; false: the IOMMU faults. O(log n). */
bool dxgk_domain_translate(const struct dxgk_domain *domain, uint64_t page, struct dxgk_target *target);

#endif
