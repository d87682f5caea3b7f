/* Reserves the host memory of sections, hands it out, and scrubs what was used. */
#define _GNU_SOURCE
#include "nt/arena.h"

#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "nt/nt.h"
#include "nt/raw.h"

#ifdef NT_ASAN
#include <sanitizer/asan_interface.h>
#endif
#ifdef NT_MSAN
#include <sanitizer/msan_interface.h>
#endif

/* Up to this, writing zeros is cheaper than a system call that says which pages it takes. */
#define SCRUB_WHOLE ((size_t)64 << 10)
/* The same of the store, whose pages are nearly all written once they are handed out: two system calls take
 * 3.3 us, the zeros of 64 pages 2 us. */
#define SCRUB_STORE ((size_t)256 << 10)
/* Above this a system call (a few microseconds) is cheaper than writing zeros, and gives back the pages. */
#define SCRUB_BY_KERNEL ((size_t)256 << 10)

/* The pages of a window (nt/window.h). */
#define SCRUB_PAGES 4096u

/* Different programs touch different pages, so that over many boots all of them together would stay
 * resident. When the host has made so many since the last time, the lot is given back: no page is resident
 * that was not made once, so that this many are 64 MiB at most. To ask the host takes a system call, which
 * is made now and then: 1024 programs make some thousands of pages. */
#define TRIM_PAGES          16384
#define BOOTS_BETWEEN_LOOKS 1024u

/* A boot that leaves pages of windows behind keeps so many, 64 MiB, for the next one to find made; few
 * programs leave more. A hundred views of 6 MiB, each at new addresses and with all pages written, would keep
 * 600 MiB. Runs shorter than a view's granule stay: 5120 views with one of 15 pages each keep 300 MiB. */
#define LEFT_KEPT 16384u
#define LEFT_RUN  16u

/* What the heap keeps for the next boot. Glibc takes no larger threshold for blocks. */
#define HEAP_BLOCK_KEPT (32 << 20)
#define HEAP_KEPT       (128 << 20)

/*
 * Where the arena is asked for. View addresses are then the same in every process: a fuzzer that learnt
 * one from a comparison has learnt something, and a crash file that holds one replays. Free on x86-64
 * Linux and in the layouts of ASan and MSan; where the host has something else there, or TSan does not
 * allow it, any place will do.
 */
#if UINTPTR_MAX < UINT64_MAX
#define ARENA_AT NULL
#elif defined(NT_MSAN)
#define ARENA_AT ((void *)0x580000000000)
#else
#define ARENA_AT ((void *)0x200000000000)
#endif

static struct {
    uint8_t *base; /* NULL until the first boot */
    uint64_t bytes;
    uint8_t *windows; /* base .. windows is the store */
    unsigned boots;
    long made; /* pages_made() at the last trim */
    /* This boot's store: pages [0, fresh) have been handed out at least once. A free page's first
     * four bytes hold the number + 1 of the next free one. */
    uint32_t fresh;
    uint32_t first_free; /* number + 1, 0 when none */
    uint32_t left;       /* pages of this boot's windows that were left behind, at most LEFT_KEPT */
} arena;

static NT_UNTRACED void *reserve(void *at, uint64_t bytes, int flags) {
    void *address = nt_raw_map(at, bytes, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
    /* A huge page for each touched 4 KiB would be resident as a whole. A refusal only costs memory. */
    if (address != MAP_FAILED)
        (void)madvise(address, bytes, MADV_NOHUGEPAGE);
    return address;
}

/* Glibc asks the kernel for each large block anew, and gives it back as soon as it is free: the pool's arrays
 * of thousands of pages would be made page by page in every boot. Other hosts, and sanitizers with heaps of
 * their own, know no such settings. */
static NT_UNTRACED void keep_heap(void) {
#ifdef __GLIBC__
    (void)mallopt(M_MMAP_THRESHOLD, HEAP_BLOCK_KEPT);
    (void)mallopt(M_TRIM_THRESHOLD, HEAP_KEPT);
#endif
}

/* Here and in the shutdown, what happens depends on the boots before: no coverage of this one. */
NT_UNTRACED bool nt_arena_boot(void) {
    if (arena.base)
        return true;
    keep_heap();
    for (uint64_t bytes = NT_ARENA_BYTES; bytes >= NT_ARENA_MIN; bytes /= 2) {
        /* The rest of a 64 KiB step, for mmap() promises no more than page alignment. */
        void *address = reserve(ARENA_AT, bytes + NT_VIEW_ALIGN, 0);
        if (address == MAP_FAILED)
            continue;
        uint64_t skip = -(uintptr_t)address & (NT_VIEW_ALIGN - 1);
        arena.base = (uint8_t *)address + skip;
        arena.bytes = bytes;
        arena.windows = arena.base + bytes / 2;
        return true;
    }
    return false;
}

static NT_UNTRACED void trim(void) {
    (void)madvise(arena.base, arena.bytes, MADV_DONTNEED);
#ifdef NT_ASAN
    /* Everything is addressable again by now, and that is what a shadow of zeros says. */
    size_t scale, offset;
    __asan_get_shadow_mapping(&scale, &offset);
    uintptr_t shadow = ((uintptr_t)arena.base >> scale) + offset;
    (void)madvise((void *)(shadow & ~(uintptr_t)(NT_PAGE_SIZE - 1)), arena.bytes >> scale, MADV_DONTNEED);
#endif
}

/* Pages that the host has made for this process so far, the arena's among them. */
static NT_UNTRACED long pages_made(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_minflt : 0;
}

NT_UNTRACED void nt_arena_shutdown(void) {
    if (arena.fresh * NT_PAGE_SIZE <= SCRUB_STORE)
        nt_raw_zero(arena.base, arena.fresh * NT_PAGE_SIZE);
    else
        nt_arena_scrub(arena.base, arena.fresh * NT_PAGE_SIZE);
    arena.fresh = 0;
    arena.first_free = 0;
    arena.left = 0;
    if (++arena.boots % BOOTS_BETWEEN_LOOKS == 0 && pages_made() - arena.made >= TRIM_PAGES) {
        trim();
        arena.made = pages_made();
    }
}

uint8_t *nt_store_alloc(void) {
    if (arena.first_free == 0) {
        if (arena.fresh == arena.bytes / 2 >> NT_PAGE_SHIFT)
            return NULL;
        return arena.base + arena.fresh++ * NT_PAGE_SIZE;
    }
    uint8_t *page = arena.base + (arena.first_free - 1) * NT_PAGE_SIZE;
    memcpy(&arena.first_free, page, sizeof(arena.first_free));
    memset(page, 0, NT_PAGE_SIZE); /* INIT-CLEAN: it had an earlier life */
    return page;
}

void nt_store_free(uint8_t *page) {
    memcpy(page, &arena.first_free, sizeof(arena.first_free));
    arena.first_free = (uint32_t)((uint64_t)(page - arena.base) >> NT_PAGE_SHIFT) + 1;
}

bool nt_store_owns(const uint8_t *page) {
    return page < arena.windows;
}

uint8_t *nt_arena_windows(uint64_t *bytes) {
    *bytes = arena.bytes / 2;
    return arena.windows;
}

/* ---- which pages the host has made: none that nobody has touched ---- */

/* The host is asked now and then: 1024 boots take a tenth of a second, and no swap is set up and filled
 * within that. */
static NT_UNTRACED bool has_swap(void) {
    static unsigned asked; /* in which boot, and 1 more */
    static bool has;
    struct sysinfo host;
    if (asked == 0 || arena.boots + 1 - asked >= BOOTS_BETWEEN_LOOKS) {
        has = sysinfo(&host) != 0 || host.totalswap != 0;
        asked = arena.boots + 1;
    }
    return has;
}

/* As mincore() does, a byte for each page; false where that would not be the truth. A page that is in no
 * memory may be in swap, so there must be none. What the answer is depends on the boots before. */
static NT_UNTRACED bool made(const uint8_t *address, uint64_t bytes, uint8_t *resident) {
    if (sysconf(_SC_PAGESIZE) != (long)NT_PAGE_SIZE || has_swap() ||
        mincore((void *)(uintptr_t)address, bytes, resident) != 0)
        return false;
#ifdef NT_MSAN
    __msan_unpoison(resident, bytes >> NT_PAGE_SHIFT);
#endif
    return true;
}

NT_UNTRACED void nt_arena_leave(struct nt_arena_look *look) {
    uint8_t *first = (uint8_t *)(uintptr_t)look->left;
    uint64_t bytes = look->left_pages * NT_PAGE_SIZE;
    look->left_pages = 0;
    if (bytes < LEFT_RUN * NT_PAGE_SIZE || madvise(first, bytes, MADV_DONTNEED) != 0)
        return; /* what the host refuses stays until the boot ends, too */
#ifdef NT_MSAN
    __msan_unpoison(first, bytes);
#endif
}

static NT_UNTRACED void note_left(struct nt_arena_look *look, const uint8_t *page) {
    if (arena.left < LEFT_KEPT) {
        arena.left++;
        return;
    }
    if (look->left_pages == 0 || page != look->left + look->left_pages * NT_PAGE_SIZE) {
        nt_arena_leave(look);
        look->left = page;
    }
    look->left_pages++;
}

NT_UNTRACED void nt_arena_copy_page(struct nt_arena_look *look, uint8_t *to, const uint8_t *from,
                                    uint64_t ahead, bool zero) {
    /* Asked for each page, whatever the host has made: it has coverage. */
    const bool windowed = !nt_store_owns(from);
    if (zero && windowed) {
        uint64_t at = ((uintptr_t)from - (uintptr_t)look->first) >> NT_PAGE_SHIFT;
        if (at >= look->pages) {
            look->first = from;
            look->pages = ahead < sizeof(look->resident) ? ahead : sizeof(look->resident);
            if (!made(from, look->pages << NT_PAGE_SHIFT, look->resident))
                memset(look->resident, 1, look->pages);
            at = 0;
        }
        if (!(look->resident[at] & 1))
            return;
    }
    nt_raw_copy_page(to, from, zero);
    if (windowed)
        note_left(look, from);
}

/* Zeros where something may be. */
static NT_UNTRACED bool scrub_made(uint8_t *address, uint64_t bytes) {
    static uint8_t resident[SCRUB_PAGES];
    uint64_t pages = bytes >> NT_PAGE_SHIFT;
    if (pages > SCRUB_PAGES || !made(address, bytes, resident))
        return false;
    for (uint64_t i = 0; i < pages; i++) {
        if (resident[i] & 1)
            nt_raw_zero(address + i * NT_PAGE_SIZE, NT_PAGE_SIZE);
    }
    return true;
}

NT_UNTRACED void nt_arena_scrub(uint8_t *address, uint64_t bytes) {
    if (bytes > SCRUB_WHOLE && scrub_made(address, bytes))
        return;
    if (bytes <= SCRUB_BY_KERNEL || madvise(address, bytes, MADV_DONTNEED) != 0) {
        nt_raw_zero(address, bytes);
        return;
    }
#ifdef NT_MSAN
    __msan_unpoison(address, bytes);
#endif
}

bool nt_arena_renew(uint8_t *address, uint64_t bytes) {
    return reserve(address, bytes, MAP_FIXED) != MAP_FAILED;
}
