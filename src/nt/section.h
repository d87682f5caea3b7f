/*
 * Section objects: pages that outlive pins and views, backed by commit.
 *
 * A section of any size costs nothing until a page of it is touched. Each touched page has 4 KiB of
 * real bytes in exactly one place: its own page of the page store, or the window of the views that
 * cover it. DMA and the CPU thus always see the same bytes (MAP-COHERENT).
 */
#ifndef NT_SECTION_H
#define NT_SECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "wddm/ntdef.h"

struct nt_section;

struct nt_page {
    struct nt_section *section;
    uint64_t index;   /* page number within the section */
    uint8_t *bytes;   /* 4 KiB */
    uint32_t frame;   /* private to phys.c; 0: no frame */
    uint32_t views;   /* live views that cover the page */
};

struct nt_section_usage {
    uint64_t views;        /* live views of all sections */
    uint64_t view_bytes;   /* their spans, each from a 64 KiB boundary, rounded up to 64 KiB */
    uint64_t locked_pages; /* pages locked by nt_section_lock() */
};

/* A section of `pages` pages that read as zero (INIT-CLEAN). The caller has charged the commit.
 * NULL on a pool shortage. */
struct nt_section *nt_section_create(uint64_t pages);
/* No lock and no view may be out. Returns pages, frames and pool; not the commit. */
void nt_section_destroy(struct nt_section *section);
uint64_t nt_section_pages(const struct nt_section *section);

/* PIN-LOCKED: locks pages [0, pages), in O(1). One lock may be out for a section. False on a shortage
 * (frames, NT_FAULT_LOCK). */
bool nt_section_lock(struct nt_section *section, uint64_t pages);
void nt_section_unlock(struct nt_section *section);

/* The PFN of a page, assigned when it has none. The page must be locked or viewed; false when the
 * bookkeeping for the page cannot be had. */
bool nt_section_pfn(struct nt_section *section, uint64_t page, uint64_t *pfn);
/* The page if it was ever touched, else NULL; changes nothing. */
const struct nt_page *nt_section_peek(const struct nt_section *section, uint64_t page);
bool nt_section_page_locked(const struct nt_section *section, uint64_t page);
/* The page's record, made (zero-filled) when missing; NULL when out of host memory. */
struct nt_page *nt_section_touch(struct nt_section *section, uint64_t page);

/*
 * Maps [offset, offset + bytes) for the CPU: *base is a 64 KiB aligned address at which the byte at
 * (offset rounded down to 64 KiB) is. offset and bytes are multiples of the page size, inside the
 * section, bytes > 0. The view covers everything from *base to the end of the range.
 * A view that overlaps live views of the section shares their window, so two may have one base; a
 * base that died (no live view covers it) is never issued again within a boot.
 * STATUS_INSUFFICIENT_RESOURCES when view space is short (or NT_FAULT_VIEW), STATUS_NO_MEMORY when
 * frames or pool are; nothing has changed then.
 */
NTSTATUS nt_section_map(struct nt_section *section, uint64_t offset, uint64_t bytes, void **base);
/* Ends the view mapped last at base. False when base is no live view's base in this section. */
bool nt_section_unmap(struct nt_section *section, void *base);
/* Ends every view of the section; returns how many. */
uint32_t nt_section_unmap_all(struct nt_section *section);
/* Whether [address, address + bytes) lies within live views of any section. */
bool nt_view_accessible(const void *address, uint64_t bytes);
struct nt_section_usage nt_section_usage(void);

#endif
