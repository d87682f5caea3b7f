/* Section objects: their commit, their pages, and which of those are locked. */
#include "nt/section.h"

#include "nt/fault.h"
#include "nt/phys.h"
#include "nt/pool.h"
#include "nt/private.h"

static struct nt_section *sections; /* all there are */
static uint64_t locked_pages;

void nt_section_boot(uint64_t view_bytes) {
    sections = NULL;
    locked_pages = 0;
    nt_view_boot(view_bytes);
}

struct nt_section *nt_section_create(uint64_t pages) {
    struct nt_section *section = nt_pool_alloc(sizeof(*section));
    if (!section)
        return NULL;
    section->pages = pages;
    section->table = section->small_table;
    section->table_size = NT_CHUNK_TABLE;
    section->first.key = NT_CHUNK_UNUSED;
    section->recent = &section->first;
    nt_lock_acquire(&nt_memory_lock);
    section->next = sections;
    if (sections)
        sections->previous = section;
    sections = section;
    nt_lock_release(&nt_memory_lock);
    return section;
}

static void destroy(struct nt_section *section) {
    nt_pages_free(section);
    if (section->previous)
        section->previous->next = section->next;
    else
        sections = section->next;
    if (section->next)
        section->next->previous = section->previous;
    nt_pool_free(section, sizeof(*section));
    if (!sections)
        nt_phys_trim();
}

void nt_section_destroy(struct nt_section *section) {
    nt_lock_acquire(&nt_memory_lock);
    /* Views and locks refer to it, so it stays with them. The usage shows them until shutdown. */
    if (!section->views && section->locked == 0)
        destroy(section);
    nt_lock_release(&nt_memory_lock);
}

uint64_t nt_section_pages(const struct nt_section *section) {
    return section->pages;
}

static void unlock(struct nt_section *section) {
    nt_phys_unhold(section->locked);
    locked_pages -= section->locked;
    section->locked = 0;
}

void nt_section_shutdown(void) {
    while (sections) {
        nt_views_end(sections);
        unlock(sections);
        destroy(sections);
    }
}

bool nt_section_lock(struct nt_section *section, uint64_t pages) {
    nt_lock_acquire(&nt_memory_lock);
    bool locked = nt_phys_hold(pages, NT_FAULT_LOCK);
    if (locked) {
        section->locked = pages;
        locked_pages += pages;
    }
    nt_lock_release(&nt_memory_lock);
    return locked;
}

void nt_section_unlock(struct nt_section *section) {
    nt_lock_acquire(&nt_memory_lock);
    unlock(section);
    nt_lock_release(&nt_memory_lock);
}

static struct nt_page *touch(struct nt_section *section, uint64_t page) {
    struct nt_chunk *chunk = nt_chunk_touch(section, page / NT_CHUNK_PAGES);
    return chunk ? &chunk->pages[page % NT_CHUNK_PAGES] : NULL;
}

NT_UNCOVERED bool nt_section_pfn(struct nt_section *section, uint64_t page, uint64_t *pfn) {
    nt_lock_acquire(&nt_memory_lock);
    struct nt_page *record = touch(section, page);
    bool known = record && nt_phys_assign(record) && nt_phys_pfn(record, pfn);
    nt_lock_release(&nt_memory_lock);
    return known;
}

NT_UNCOVERED struct nt_page *nt_section_touch(struct nt_section *section, uint64_t page) {
    return touch(section, page);
}

NT_UNCOVERED const struct nt_page *nt_section_peek(const struct nt_section *section, uint64_t page) {
    const struct nt_chunk *chunk = nt_chunk_find(section, page / NT_CHUNK_PAGES);
    return chunk ? &chunk->pages[page % NT_CHUNK_PAGES] : NULL;
}

NT_UNTRACED bool nt_section_page_locked(const struct nt_section *section, uint64_t page) {
    return page < section->locked;
}

NT_UNTRACED struct nt_section_usage nt_section_usage(void) {
    struct nt_section_usage usage = nt_view_usage();
    usage.locked_pages = locked_pages;
    return usage;
}
