/* What the services share among themselves, and with nobody else. */
#ifndef NT_PRIVATE_H
#define NT_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "nt/lock.h"
#include "nt/nt.h"
#include "nt/section.h"

/* Their parts of nt_boot() and nt_shutdown(). */
void nt_irql_boot(void);
void nt_lock_shutdown(void); /* none may be held any more */
void nt_pool_boot(uint64_t bytes);
void nt_phys_boot(const struct nt_config *config);
void nt_section_boot(uint64_t view_bytes);
void nt_section_shutdown(void); /* ends what sections there still are */
void nt_view_boot(uint64_t bytes);
/* Locks apart. */
struct nt_section_usage nt_view_usage(void);

/* NULL, but for races. */
extern const struct nt_hooks *nt_hooks;

/* Guards everything of sections and frames; taken by the functions of their public headers. */
extern struct nt_lock nt_memory_lock;

/* No section is left: gives back the table of frames (END-ZERO). */
void nt_phys_trim(void);

/* Page records come in chunks that cover one view granule, and never move. */
#define NT_CHUNK_PAGES 16u
struct nt_chunk {
    uint64_t key; /* first page / NT_CHUNK_PAGES */
    struct nt_page pages[NT_CHUNK_PAGES];
};
#define NT_CHUNK_UNUSED UINT64_MAX

/* Where chunks come from, but for the first. */
struct nt_slab {
    struct nt_slab *next;
    uint32_t used;
    uint32_t capacity;
    struct nt_chunk chunks[];
};

struct nt_view {
    struct nt_view *next;
    struct nt_window *window;
    void *base;
    uint64_t first; /* pages [first, end), first at a view granule */
    uint64_t end;
};

#define NT_CHUNK_TABLE 8u /* chunks found without a table on the heap: 3/4 of it, and the first */
struct nt_section {
    uint64_t pages;
    uint64_t locked; /* pages [0, locked) */
    struct nt_chunk *recent;
    struct nt_chunk **table; /* open addressing by key; NULL is an empty slot */
    uint32_t table_size;     /* a power of two, at least one slot of it empty */
    uint32_t table_used;
    struct nt_slab *slabs;
    struct nt_view *views;     /* newest first */
    struct nt_window *windows; /* those with live views */
    struct nt_section *previous, *next;
    struct nt_chunk *small_table[NT_CHUNK_TABLE];
    struct nt_chunk first; /* most sections are no larger than this */
};

/* Whether the page's frame may be taken away. */
static inline bool nt_page_held(const struct nt_page *page) {
    return page->views > 0 || page->index < page->section->locked;
}

/* The chunk's records; NULL when out of host memory, or, for the second, when there is none. */
struct nt_chunk *nt_chunk_touch(struct nt_section *section, uint64_t key);
const struct nt_chunk *nt_chunk_find(const struct nt_section *section, uint64_t key);
/* The record of a page whose chunk is there. */
static inline struct nt_page *nt_section_record(struct nt_section *section, uint64_t page) {
    return &nt_chunk_touch(section, page / NT_CHUNK_PAGES)->pages[page % NT_CHUNK_PAGES];
}
/* Frees frames, bytes and records of all pages. */
void nt_pages_free(struct nt_section *section);

/* Under nt_memory_lock. */
uint32_t nt_views_end(struct nt_section *section);

#endif
