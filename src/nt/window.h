/*
 * Windows: ranges of addresses in which pages of one section lie side by side, for its views.
 *
 * Views that overlap or are near each other share a window, so that one byte has one address and
 * MAP-COHERENT costs nothing. A window dies with its last view and its addresses are never issued
 * again in this boot; the pages' bytes stay in its memory until somebody wants them elsewhere.
 *
 * A window's anchor, the first page of its first view, is always in the middle of its 40 MiB, and
 * windows follow each other, so that host pages are used again from boot to boot (nt/arena.h).
 */
#ifndef NT_WINDOW_H
#define NT_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

struct nt_section;

/* Half of it, less the guard, is what one view can have: 20 MiB - 64 KiB. The view space of a program
 * is at most 17 MiB for all views together, so the rest is room for neighbours that come later. One
 * that slides out of it gets a window of its own in which the shared pages are aliased (nt/alias.h). */
#define NT_WINDOW_BYTES       (UINT64_C(40) << 20)
#define NT_WINDOW_HALF_PAGES  UINT64_C(5120)
#define NT_WINDOW_GUARD_PAGES UINT64_C(16)
#define NT_VIEW_MAX_PAGES     (NT_WINDOW_HALF_PAGES - NT_WINDOW_GUARD_PAGES)
/* At most one for each view of a boot: a program has 1024 operations, and 4096 that are repetitions. */
#define NT_WINDOWS 8192u
#define NT_RUNS    NT_WINDOWS

struct nt_window {
    struct nt_section *section; /* NULL: dead, or never opened */
    struct nt_window *next;     /* of the section's live windows */
    uint8_t *start;
    uint64_t anchor; /* page of the section at start + NT_WINDOW_BYTES / 2 */
    uint32_t views;  /* live ones */
    uint32_t runs;   /* number + 1 of the first of its runs, 0 for none */
};

/* A fresh window for a first view of pages [first, end) of the section; end - first is at most
 * NT_VIEW_MAX_PAGES. NULL when there are no more. */
struct nt_window *nt_window_open(struct nt_section *section, uint64_t first);
/* Whether pages [first, end) have addresses in the window. */
bool nt_window_fits(const struct nt_window *window, uint64_t first, uint64_t end);
/* The address of a page that fits. */
uint8_t *nt_window_address(const struct nt_window *window, uint64_t page);
/* Whether any of pages [first, end) was ever issued in the window. */
bool nt_window_issued(const struct nt_window *window, uint64_t first, uint64_t end);
/* Notes that [first, end) is issued. Cannot fail while nt_window_room(). */
void nt_window_issue(struct nt_window *window, uint64_t first, uint64_t end);
bool nt_window_room(void);
/* The live window at an address, NULL when there is none. */
struct nt_window *nt_window_at(const void *address);

void nt_window_boot(void);
/* Zeroes all that was issued, and lets the CPU at it again. */
void nt_window_shutdown(void);

#endif
