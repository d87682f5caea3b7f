/*
 * The host memory behind sections: one reservation for the life of the process, of which a boot uses
 * what it needs, always in the same order, and leaves zeros behind. The same programs thus touch the
 * same host pages boot after boot: no system call, and no growth.
 *
 * It has two halves: the page store, from which a section gets a page that only DMA has touched, and
 * the windows, where a section's pages are side by side for the CPU (nt/window.h).
 */
#ifndef NT_ARENA_H
#define NT_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Address space only. Half of it holds 2^26 store pages: each is made by a DMA write of its own, of
 * which a program can express 5120 operations x 16 pages < 2^17. The other half holds 6553 windows
 * of 40 MiB (nt/window.h), and a program can ask for 5120. Where the host grants less, as under
 * ThreadSanitizer's layout or a limit, it is halved down to NT_ARENA_MIN: 2^21 pages, 204 windows. */
#define NT_ARENA_BYTES (UINT64_C(512) << 30)
#define NT_ARENA_MIN   (UINT64_C(16) << 30)

/* Reserves on the first call; false when the host grants not even NT_ARENA_MIN. */
bool nt_arena_boot(void);
/* Nothing of the store may be in use any more. Windows have been scrubbed by their owner. */
void nt_arena_shutdown(void);

/* A page of zeros; NULL when the store is exhausted. */
uint8_t *nt_store_alloc(void);
void nt_store_free(uint8_t *page);
/* Whether the page is one of the store's. */
bool nt_store_owns(const uint8_t *page);

/* Copies a page of a window to where zeros are (`zero`) or anything may be, and looks no closer at one that
 * nobody has touched: a large view has hundreds of those, and the host would have to make each first. The
 * look is ahead, at as many pages as the caller will go on to copy; it begins with no pages, and is good
 * while nothing else happens. */
struct nt_arena_look {
    const uint8_t *first;
    uint64_t pages;
    const uint8_t *left; /* pages that were copied from, side by side */
    uint64_t left_pages;
    uint8_t resident[256];
};
static inline void nt_arena_look_begin(struct nt_arena_look *look) {
    look->first = look->left = NULL;
    look->pages = look->left_pages = 0;
}
void nt_arena_copy_page(struct nt_arena_look *look, uint8_t *to, const uint8_t *from, uint64_t ahead,
                        bool zero);
/* Nobody wants the pages of windows any more that were copied from. What a boot leaves behind like this stays
 * with the process until it ends, up to a limit; from there on it is given back. */
void nt_arena_leave(struct nt_arena_look *look);

/* The half for windows, aligned to NT_VIEW_ALIGN. */
uint8_t *nt_arena_windows(uint64_t *bytes);
/* Zeroes a range of it. */
void nt_arena_scrub(uint8_t *address, uint64_t bytes);
/* Replaces a range of it by fresh zeros, whatever was mapped there; false when the host refuses. */
bool nt_arena_renew(uint8_t *address, uint64_t bytes);

#endif
