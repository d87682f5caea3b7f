/*
 * Section objects: pages that outlive pins and views, backed by commit.
 *
 * A section of any size costs nothing until a page of it is touched. A page has bytes once it is
 * written or viewed, in exactly one place: a page of the page store, or a window that its views share.
 * DMA and the CPU thus always see the same bytes (MAP-COHERENT).
 */
#ifndef NT_SECTION_H
#define NT_SECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wddm/ntdef.h"

struct nt_section;

struct nt_page {
    struct nt_section *section;
    uint64_t index;      /* page number within the section */
    uint8_t *bytes;      /* 4 KiB; NULL: never written nor viewed, all zeros. See nt_page_copy() */
    uint32_t frame;      /* private to phys.c; 0: no frame */
    uint32_t lost_frame; /* private to phys.c: the one it was last evicted from */
    uint32_t views;      /* live views that cover the page */
};

struct nt_section_usage {
    uint64_t views;        /* live views of all sections */
    uint64_t view_bytes;   /* their spans, each from a 64 KiB boundary, rounded up to 64 KiB */
    uint64_t locked_pages; /* pages locked by nt_section_lock() */
};

/* A section of `pages` pages that read as zero (INIT-CLEAN). The caller has charged the commit.
 * NULL on a pool shortage. */
struct nt_section *nt_section_create(uint64_t pages);
/* Returns pages, frames and pool; not the commit. No lock and no view may be out: with one, the section
 * stays, as a referenced object does, and shows in nt_section_usage() until shutdown. */
void nt_section_destroy(struct nt_section *section);
uint64_t nt_section_pages(const struct nt_section *section);

/* PIN-LOCKED: locks pages [0, pages), in O(1). One lock may be out for a section. False on a shortage
 * (frames, NT_FAULT_LOCK). */
bool nt_section_lock(struct nt_section *section, uint64_t pages);
void nt_section_unlock(struct nt_section *section);

/* The PFN of a page, assigned when it has none. The page must be locked or viewed; false when the
 * bookkeeping for the page cannot be had. */
bool nt_section_pfn(struct nt_section *section, uint64_t page, uint64_t *pfn);
/* The page's record, which does not move while the section lives. NULL when there is none: then the page
 * reads as zero, has no frame and no view. Changes nothing. */
const struct nt_page *nt_section_peek(const struct nt_section *section, uint64_t page);
bool nt_section_page_locked(const struct nt_section *section, uint64_t page);
/* The page's record, made when missing; NULL when out of host memory. */
struct nt_page *nt_section_touch(struct nt_section *section, uint64_t page);
/* What DMA does: reads or writes bytes of the page, offset + size <= 4 KiB, wherever they are and
 * whatever the CPU may access. Does not give the page a frame. */
void nt_page_copy(struct nt_page *page, unsigned offset, void *buffer, size_t size, bool write);

/*
 * Maps [offset, offset + bytes) for the CPU: *base is a 64 KiB aligned address at which the byte at
 * (offset rounded down to 64 KiB) is. offset and bytes are multiples of the page size, inside the
 * section, bytes > 0. The view covers everything from *base to the end of the range.
 * A view that overlaps live views of the section shows the same bytes, and may have the base of one.
 * A base that died (no live view covers it) is never issued again within a boot. A view takes at most
 * 8 MiB - 64 KiB of the host's addresses (nt/window.h).
 * STATUS_INSUFFICIENT_RESOURCES when view space or frames are short (or NT_FAULT_VIEW),
 * STATUS_NO_MEMORY when pool or the host's memory is; nothing has changed then.
 */
NTSTATUS nt_section_map(struct nt_section *section, uint64_t offset, uint64_t bytes, void **base);
/* Ends the view mapped last at base. False when base is no live view's base in this section. */
bool nt_section_unmap(struct nt_section *section, void *base);
/* Ends every view of the section; returns how many. */
uint32_t nt_section_unmap_all(struct nt_section *section);
/* Whether [address, address + bytes), bytes > 0, lies within live views of any section. */
bool nt_view_accessible(const void *address, uint64_t bytes);
struct nt_section_usage nt_section_usage(void);

#endif
