/*
 * The kernel services Dxgkrnl's half of the contract stands on, one header a service.
 *
 * One machine is booted at a time, as a kernel is. nt_boot() and nt_shutdown() are the only two
 * calls that see every service; after nt_shutdown() nothing of the boot is left, not a byte of a
 * page, so the next boot behaves as the first one of the process did.
 */
#ifndef NT_NT_H
#define NT_NT_H

#include <stdbool.h>
#include <stdint.h>

#define NT_PAGE_SHIFT 12u
#define NT_PAGE_SIZE  (UINT64_C(1) << NT_PAGE_SHIFT)
/* Views start at allocation-granularity boundaries (MAP-ADDRESS). */
#define NT_VIEW_ALIGN (UINT64_C(64) << 10)

/*
 * For what is walked at every simulated bus access, every lock and every look: a fuzzer learns nothing
 * from its edges, and coverage of its comparisons would take half of the executions a second.
 */
#if defined(__clang__)
#define NT_UNTRACED __attribute__((no_sanitize("coverage")))
#else
#define NT_UNTRACED
#endif
/* Where loads and stores are traced (NT_TRACED, for races) that would leave out accesses to what actors
 * share. Then only what is each actor's own, the simulation's, or a look of the oracle's is left out:
 * NT_UNTRACED; and, in files of NT_LOOKS, what the devices do, too, which is no actor's. */
#if defined(NT_TRACED) && !defined(NT_LOOKS)
#define NT_UNCOVERED
#define NT_OWN NT_UNTRACED __attribute__((no_sanitize("thread")))
#else
#define NT_UNCOVERED NT_UNTRACED
#define NT_OWN       NT_UNTRACED
#endif

struct nt_config {
    uint64_t ram_pages;   /* installed frames */
    uint64_t highest_pfn; /* no frame has a higher PFN; >= ram_pages + firmware_pages - 1 */
    /* Physical pages in which the OS has no frame, [first, first + pages) within [0, highest_pfn]. */
    uint64_t firmware_first;
    uint64_t firmware_pages;
    uint64_t commit_pages; /* commit limit; may exceed RAM */
    uint64_t pool_bytes;   /* what nt_pool_alloc() may have out at once */
    uint64_t view_bytes;   /* system address space for views; a multiple of NT_VIEW_ALIGN */
    uint32_t pfn_seed;     /* picks the order in which frames are handed out */
};

/* False when the host does not grant the address space for it (nt/arena.h); nothing is booted then. */
bool nt_boot(const struct nt_config *config);
/* Sections that are still there are destroyed; pool blocks are their owners' to free. */
void nt_shutdown(void);

#endif
