/* The windows of a boot, and which pages of each were ever issued. */
#include "nt/window.h"

#include <stddef.h>

#include "nt/arena.h"
#include "nt/nt.h"
#include "nt/raw.h"

_Static_assert(NT_WINDOW_BYTES == 2 * NT_WINDOW_HALF_PAGES * NT_PAGE_SIZE, "the anchor is in the middle");
_Static_assert(NT_WINDOW_GUARD_PAGES *NT_PAGE_SIZE % NT_VIEW_ALIGN == 0, "views stay aligned");

/* Pages of a window that were issued, and so can hold bytes. */
struct run {
    uint64_t first;
    uint64_t end;
    uint32_t window;
    uint32_t next; /* number + 1 of the window's next run */
};

/* Entries beyond the counts are leftovers: each is set up when it is taken into use. */
static struct nt_window windows[NT_WINDOWS];
static struct run runs[NT_RUNS];
static uint32_t window_count;
static uint32_t run_count;
static uint32_t window_limit; /* what the arena has room for, at most NT_WINDOWS */
static uint8_t *windows_start;

void nt_window_boot(void) {
    uint64_t bytes;
    windows_start = nt_arena_windows(&bytes);
    bytes /= NT_WINDOW_BYTES;
    window_limit = bytes < NT_WINDOWS ? (uint32_t)bytes : NT_WINDOWS;
    window_count = 0;
    run_count = 0;
}

void nt_window_shutdown(void) {
    for (uint32_t i = 0; i < run_count; i++) {
        uint8_t *start = nt_window_address(&windows[runs[i].window], runs[i].first);
        uint64_t bytes = (runs[i].end - runs[i].first) * NT_PAGE_SIZE;
        /* A view forbids the page on either side of it, too. */
        nt_raw_permit(start - NT_PAGE_SIZE, bytes + 2 * NT_PAGE_SIZE);
        nt_arena_scrub(start, bytes);
    }
    window_count = 0;
    run_count = 0;
}

struct nt_window *nt_window_open(struct nt_section *section, uint64_t first) {
    if (window_count == window_limit)
        return NULL;
    struct nt_window *window = &windows[window_count];
    *window = (struct nt_window){
        .section = section,
        .start = windows_start + window_count * NT_WINDOW_BYTES,
        .anchor = first,
    };
    window_count++;
    return window;
}

bool nt_window_fits(const struct nt_window *window, uint64_t first, uint64_t end) {
    /* Page numbers end at 2^52: nothing here wraps. */
    return first + NT_WINDOW_HALF_PAGES >= window->anchor + NT_WINDOW_GUARD_PAGES &&
           end + NT_WINDOW_GUARD_PAGES <= window->anchor + NT_WINDOW_HALF_PAGES;
}

uint8_t *nt_window_address(const struct nt_window *window, uint64_t page) {
    return window->start + (page + NT_WINDOW_HALF_PAGES - window->anchor) * NT_PAGE_SIZE;
}

bool nt_window_issued(const struct nt_window *window, uint64_t first, uint64_t end) {
    for (uint32_t at = window->runs; at != 0; at = runs[at - 1].next) {
        if (first < runs[at - 1].end && runs[at - 1].first < end)
            return true;
    }
    return false;
}

void nt_window_issue(struct nt_window *window, uint64_t first, uint64_t end) {
    for (uint32_t at = window->runs; at != 0; at = runs[at - 1].next) {
        struct run *run = &runs[at - 1];
        if (first > run->end || run->first > end)
            continue;
        /* They overlap or touch, so that nothing between them was never issued. */
        run->first = first < run->first ? first : run->first;
        run->end = end > run->end ? end : run->end;
        return;
    }
    runs[run_count] = (struct run){
        .first = first, .end = end, .window = (uint32_t)(window - windows), .next = window->runs};
    window->runs = ++run_count;
}

bool nt_window_room(void) {
    return run_count < NT_RUNS;
}

struct nt_window *nt_window_at(const void *address) {
    uint64_t number = ((uintptr_t)address - (uintptr_t)windows_start) / NT_WINDOW_BYTES;
    if (number >= window_count || !windows[number].section)
        return NULL;
    return &windows[number];
}
