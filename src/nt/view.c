/* Views: which addresses show which pages of a section, and since when. */
#include "nt/alias.h"
#include "nt/arena.h"
#include "nt/fault.h"
#include "nt/phys.h"
#include "nt/pool.h"
#include "nt/private.h"
#include "nt/raw.h"
#include "nt/window.h"
#include "wddm/ntstatus.h"

#define GRANULE_PAGES (NT_VIEW_ALIGN / NT_PAGE_SIZE)
_Static_assert(GRANULE_PAGES == NT_CHUNK_PAGES, "a view starts where a chunk of records does");

static uint64_t budget_pages;
static uint64_t used_pages; /* whole granules */
static uint64_t view_count;

void nt_view_boot(uint64_t bytes) {
    budget_pages = bytes / NT_VIEW_ALIGN * GRANULE_PAGES;
    used_pages = 0;
    view_count = 0;
}

NT_UNTRACED struct nt_section_usage nt_view_usage(void) {
    return (struct nt_section_usage){.views = view_count, .view_bytes = used_pages * NT_PAGE_SIZE};
}

static uint64_t charge(uint64_t first, uint64_t end) {
    return (end - first + GRANULE_PAGES - 1) / GRANULE_PAGES * GRANULE_PAGES;
}

static bool overlaps(const struct nt_view *view, uint64_t first, uint64_t end) {
    return view->first < end && first < view->end;
}

/* The end of the stretch from `page` on that one view of the window covers; `page` when none does. */
static uint64_t covered_to(const struct nt_section *section, const struct nt_window *window, uint64_t page) {
    uint64_t end = page;
    for (const struct nt_view *view = section->views; view; view = view->next) {
        if (view->window == window && view->first <= page && view->end > end)
            end = view->end;
    }
    return end;
}

/* ---- what AddressSanitizer is told: a page is the CPU's while a view of its window covers it ---- */

static void forbid_uncovered(const struct nt_section *section, const struct nt_window *window, uint64_t first,
                             uint64_t end) {
#ifdef NT_WATCHED
    for (uint64_t page = first; page < end;) {
        uint64_t covered = covered_to(section, window, page);
        if (covered > page) {
            page = covered;
            continue;
        }
        uint64_t gap = end;
        for (const struct nt_view *view = section->views; view; view = view->next) {
            if (view->window == window && view->first > page && view->first < gap)
                gap = view->first;
        }
        nt_raw_forbid(nt_window_address(window, page), (gap - page) * NT_PAGE_SIZE);
        page = gap;
    }
#else
    (void)section;
    (void)window;
    (void)first;
    (void)end;
#endif
}

static void announce(const struct nt_section *section, const struct nt_view *view) {
#ifdef NT_WATCHED
    uint8_t *base = view->base;
    uint64_t bytes = (view->end - view->first) * NT_PAGE_SIZE;
    nt_raw_permit(base, bytes);
    if (view->first == 0 || covered_to(section, view->window, view->first - 1) < view->first)
        nt_raw_forbid(base - NT_PAGE_SIZE, NT_PAGE_SIZE);
    forbid_uncovered(section, view->window, view->end, view->end + 1);
#else
    (void)section;
    (void)view;
#endif
}

/* ---- where a view goes ---- */

/* Whether the window can take pages [first, end), which live views overlap: it then shows those of
 * their pages, and the base is not one that died. */
static bool usable(const struct nt_section *section, const struct nt_window *window, uint64_t first,
                   uint64_t end) {
    if (!nt_window_fits(window, first, end))
        return false;
    if (covered_to(section, window, first) == first && nt_window_issued(window, first, first + 1))
        return false;
    for (const struct nt_view *view = section->views; view; view = view->next) {
        if (view->window == window || !overlaps(view, first, end))
            continue;
        uint64_t from = view->first > first ? view->first : first;
        uint64_t to = view->end < end ? view->end : end;
        if (covered_to(section, window, from) < to)
            return false;
    }
    return true;
}

/* Shows the pages of live views in a fresh window, stretch by stretch. All records are there. */
static bool alias_live_pages(struct nt_section *section, const struct nt_window *window, uint64_t first,
                             uint64_t end) {
    for (uint64_t page = first; page < end;) {
        struct nt_page *record = nt_section_record(section, page);
        uint64_t start = page++;
        if (record->views == 0)
            continue;
        uint8_t *from = record->bytes;
        for (; page < end; page++) {
            record = nt_section_record(section, page);
            if (record->views == 0 || record->bytes != from + (page - start) * NT_PAGE_SIZE)
                break;
        }
        if (!nt_alias(from, nt_window_address(window, start), (page - start) * NT_PAGE_SIZE))
            return false;
    }
    return true;
}

static struct nt_window *choose_window(struct nt_section *section, uint64_t first, uint64_t end) {
    bool shares = false;
    for (const struct nt_view *view = section->views; view; view = view->next) {
        if (!overlaps(view, first, end))
            continue;
        shares = true;
        if (usable(section, view->window, first, end))
            return view->window;
    }
    if (!shares) {
        /* A neighbour may be bridged later: near it, where nothing was issued yet, is the best place. */
        for (struct nt_window *window = section->windows; window; window = window->next) {
            if (nt_window_fits(window, first, end) && !nt_window_issued(window, first, end))
                return window;
        }
    }
    struct nt_window *window = nt_window_open(section, first);
    if (!window)
        return NULL;
    if (shares && !alias_live_pages(section, window, first, end)) {
        window->section = NULL;
        return NULL;
    }
    window->next = section->windows;
    section->windows = window;
    return window;
}

/* ---- map and unmap ---- */

static bool touch_all(struct nt_section *section, uint64_t first, uint64_t end) {
    for (uint64_t page = first; page < end; page += NT_CHUNK_PAGES) {
        if (!nt_chunk_touch(section, page / NT_CHUNK_PAGES))
            return false;
    }
    return true;
}

/* Brings the page's bytes to its address in the window. A page of a live view is there already. `ahead`: how
 * many pages are entered from this one on. */
static void enter(struct nt_page *page, uint8_t *address, struct nt_arena_look *look, uint64_t ahead,
                  bool fresh) {
    if (page->bytes != address) {
        if (page->bytes && page->views == 0) {
            nt_arena_copy_page(look, address, page->bytes, ahead, fresh);
            if (nt_store_owns(page->bytes))
                nt_store_free(page->bytes);
        }
        page->bytes = address;
    }
    page->views++;
}

static NTSTATUS map(struct nt_section *section, uint64_t first, uint64_t end, void **base) {
    if (end - first > budget_pages - used_pages)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!nt_phys_hold(end - first, NT_FAULT_VIEW))
        return STATUS_INSUFFICIENT_RESOURCES;
    struct nt_window *window = NULL;
    struct nt_view *view = nt_pool_alloc(sizeof(*view));
    if (view && end - first <= NT_VIEW_MAX_PAGES && nt_window_room() && touch_all(section, first, end))
        window = choose_window(section, first, end);
    if (!window) {
        nt_pool_free(view, sizeof(*view));
        nt_phys_unhold(end - first);
        return STATUS_NO_MEMORY;
    }
    const bool fresh = !nt_window_issued(window, first, end);
    nt_window_issue(window, first, end);
    uint8_t *address = nt_window_address(window, first);
    *view = (struct nt_view){
        .next = section->views, .window = window, .base = address, .first = first, .end = end};
    struct nt_arena_look look;
    nt_arena_look_begin(&look);
    for (uint64_t page = first; page < end; page++, address += NT_PAGE_SIZE)
        enter(nt_section_record(section, page), address, &look, end - page, fresh);
    nt_arena_leave(&look);
    announce(section, view);
    section->views = view;
    window->views++;
    view_count++;
    used_pages += charge(first, end);
    *base = view->base;
    return STATUS_SUCCESS;
}

NTSTATUS nt_section_map(struct nt_section *section, uint64_t offset, uint64_t bytes, void **base) {
    /* In pages: the end of a section may be 2^64. */
    uint64_t first = offset / NT_VIEW_ALIGN * GRANULE_PAGES;
    uint64_t end = offset / NT_PAGE_SIZE + bytes / NT_PAGE_SIZE;
    nt_lock_acquire(&nt_memory_lock);
    NTSTATUS status = map(section, first, end, base);
    nt_lock_release(&nt_memory_lock);
    return status;
}

static void close_window(struct nt_section *section, struct nt_window *window) {
    struct nt_window **link = &section->windows;
    while (*link != window)
        link = &(*link)->next;
    *link = window->next;
    window->section = NULL;
}

static void end_view(struct nt_section *section, struct nt_view **link) {
    struct nt_view *view = *link;
    *link = view->next;
    for (uint64_t page = view->first; page < view->end; page++)
        nt_section_record(section, page)->views--;
    forbid_uncovered(section, view->window, view->first, view->end);
    if (--view->window->views == 0)
        close_window(section, view->window);
    nt_phys_unhold(view->end - view->first);
    view_count--;
    used_pages -= charge(view->first, view->end);
    nt_pool_free(view, sizeof(*view));
}

bool nt_section_unmap(struct nt_section *section, void *base) {
    nt_lock_acquire(&nt_memory_lock);
    struct nt_view **link = &section->views;
    while (*link && (*link)->base != base)
        link = &(*link)->next;
    bool found = *link != NULL;
    if (found)
        end_view(section, link);
    nt_lock_release(&nt_memory_lock);
    return found;
}

uint32_t nt_views_end(struct nt_section *section) {
    uint32_t count = 0;
    for (; section->views; count++)
        end_view(section, &section->views);
    return count;
}

uint32_t nt_section_unmap_all(struct nt_section *section) {
    nt_lock_acquire(&nt_memory_lock);
    uint32_t count = nt_views_end(section);
    nt_lock_release(&nt_memory_lock);
    return count;
}

NT_UNTRACED bool nt_view_accessible(const void *address, uint64_t bytes) {
    const struct nt_window *window = nt_window_at(address);
    if (!window || bytes > NT_WINDOW_BYTES)
        return false;
    uint64_t at = (uintptr_t)address;
    const uint64_t end = at + bytes;
    while (at < end) {
        uint64_t next = at;
        for (const struct nt_view *view = window->section->views; view; view = view->next) {
            uint64_t from = (uintptr_t)view->base;
            uint64_t to = from + (view->end - view->first) * NT_PAGE_SIZE;
            if (from <= at && to > next)
                next = to;
        }
        if (next == at)
            return false;
        at = next;
    }
    return true;
}
