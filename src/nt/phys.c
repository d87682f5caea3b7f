/* Physical memory: the commit charge, the assigned frames, and a seeded permutation for their PFNs. */
#include "nt/phys.h"

#include <stddef.h>
#include <string.h>

#include "nt/fault.h"
#include "nt/pool.h"
#include "nt/private.h"

/* Frames are numbered from 1 in the order in which they are handed out first. Number 0 is the head of
 * the ring of assigned frames, oldest first; free frames form a queue, through `next`. */
struct frame {
    struct nt_page *page; /* NULL: free */
    uint32_t previous;
    uint32_t next;
};

/* Frames a small program gets by with; beyond it the table is on the heap. */
#define FEW_FRAMES 256u

static struct frame few[FEW_FRAMES];
static struct {
    uint64_t commit_limit;
    uint64_t commit_charged;
    uint64_t ram_pages;
    uint64_t held;
    struct frame *frames; /* of which [0, used] are set up */
    uint32_t capacity;
    uint32_t used;
    uint32_t first_free; /* 0: none */
    uint32_t last_free;
} phys;

/* ---- PFNs: a permutation of [0, highest], keyed by the seed, then spread around the firmware's ---- */

/* Over the next power of two, rounds that are each a bijection: multiply by an odd number and add, and
 * fold the upper half onto the lower, which undoes itself. What lands above the highest PFN goes round
 * again (cycle walking); less than half does, so that it ends soon. */
#define ROUNDS 3u /* two leave long rising stretches */
static struct {
    uint64_t highest; /* the firmware's pages taken out */
    uint64_t hole_first;
    uint64_t hole_pages;
    uint64_t mask;
    unsigned shift; /* half of the mask's bits, rounded up: folding twice changes nothing */
    uint64_t odd[ROUNDS];
    uint64_t inverse[ROUNDS];
    uint64_t add[ROUNDS];
} order;

/* A 64-bit mixer (a Weyl step and two multiply-xorshift rounds). */
static NT_UNCOVERED uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* Modulo 2^64: an odd number is its own inverse modulo 8, each step doubles the bits that are right. */
static NT_UNCOVERED uint64_t inverse_of(uint64_t odd) {
    uint64_t inverse = odd;
    for (unsigned bits = 3; bits < 64; bits *= 2)
        inverse *= 2 - odd * inverse;
    return inverse;
}

static NT_UNCOVERED void order_boot(const struct nt_config *config) {
    uint64_t highest = config->highest_pfn - config->firmware_pages;
    unsigned bits = 0;
    order.hole_first = config->firmware_first;
    order.hole_pages = config->firmware_pages;
    while (bits < 64 && highest >> bits)
        bits++;
    order.highest = highest;
    order.mask = bits < 64 ? (UINT64_C(1) << bits) - 1 : UINT64_MAX;
    order.shift = (bits + 1) / 2;
    uint64_t state = config->pfn_seed;
    for (unsigned i = 0; i < ROUNDS; i++) {
        order.odd[i] = next_random(&state) | 1;
        order.inverse[i] = inverse_of(order.odd[i]);
        order.add[i] = next_random(&state);
    }
}

static uint64_t pfn_of(uint32_t number) {
    uint64_t x = number - 1;
    do {
        for (unsigned i = 0; i < ROUNDS; i++) {
            x = (x * order.odd[i] + order.add[i]) & order.mask;
            x ^= x >> order.shift;
        }
    } while (x > order.highest);
    return x < order.hole_first ? x : x + order.hole_pages;
}

/* Whether a frame can have this PFN. */
static NT_UNCOVERED bool in_order(uint64_t pfn) {
    return pfn <= order.highest + order.hole_pages && !nt_phys_firmware(pfn, 1);
}

/* What position in the order the PFN has: its frame's number less 1. in_order(pfn). */
static uint64_t position_of(uint64_t pfn) {
    uint64_t x = pfn < order.hole_first ? pfn : pfn - order.hole_pages;
    do {
        for (unsigned i = ROUNDS; i-- > 0;) {
            x ^= x >> order.shift;
            x = (x - order.add[i]) * order.inverse[i] & order.mask;
        }
    } while (x > order.highest);
    return x;
}

NT_UNCOVERED void nt_phys_boot(const struct nt_config *config) {
    phys.commit_limit = config->commit_pages;
    phys.commit_charged = 0;
    phys.ram_pages = config->ram_pages;
    phys.held = 0;
    phys.frames = few;
    phys.capacity = FEW_FRAMES;
    order_boot(config);
    nt_phys_trim();
}

void nt_phys_trim(void) {
    if (phys.frames != few)
        nt_pool_cache_free(phys.frames, phys.capacity * sizeof(struct frame));
    phys.frames = few;
    phys.capacity = FEW_FRAMES;
    phys.frames[0] = (struct frame){0};
    phys.used = 0;
    phys.first_free = 0;
    phys.last_free = 0;
}

/* ---- commit ---- */

bool nt_commit_charge(uint64_t pages) {
    nt_lock_acquire(&nt_memory_lock);
    bool fits = !nt_fault(NT_FAULT_COMMIT) && pages <= phys.commit_limit - phys.commit_charged;
    if (fits)
        phys.commit_charged += pages;
    nt_lock_release(&nt_memory_lock);
    return fits;
}

void nt_commit_return(uint64_t pages) {
    nt_lock_acquire(&nt_memory_lock);
    phys.commit_charged -= pages;
    nt_lock_release(&nt_memory_lock);
}

uint64_t nt_commit_charged(void) {
    return phys.commit_charged;
}

/* ---- frames: what is walked for each page of a pin says nothing that its callers do not ---- */

bool nt_phys_hold(uint64_t pages, enum nt_fault_kind kind) {
    if (nt_fault(kind) || pages > phys.ram_pages - phys.held)
        return false;
    phys.held += pages;
    return true;
}

void nt_phys_unhold(uint64_t pages) {
    phys.held -= pages;
}

uint64_t nt_phys_held(void) {
    return phys.held;
}

static NT_UNCOVERED void unlink_assigned(uint32_t number) {
    struct frame *frame = &phys.frames[number];
    phys.frames[frame->previous].next = frame->next;
    phys.frames[frame->next].previous = frame->previous;
}

static NT_UNCOVERED void append_assigned(uint32_t number) {
    struct frame *head = &phys.frames[0];
    phys.frames[number].next = 0;
    phys.frames[number].previous = head->previous;
    phys.frames[head->previous].next = number;
    head->previous = number;
}

static bool grow(void) {
    if (phys.capacity > UINT32_MAX / 2)
        return false;
    struct frame *frames = nt_pool_cache_alloc(phys.capacity * 2 * sizeof(*frames));
    if (!frames)
        return false;
    memcpy(frames, phys.frames, phys.capacity * sizeof(*frames));
    if (phys.frames != few)
        nt_pool_cache_free(phys.frames, phys.capacity * sizeof(*frames));
    phys.frames = frames;
    phys.capacity *= 2;
    return true;
}

static uint32_t take_fresh(void) {
    if (phys.used >= phys.ram_pages)
        return 0;
    if (phys.used + 1 == phys.capacity && !grow())
        return 0;
    return ++phys.used;
}

/* The frame that has been free longest, or the next one where that is the one to avoid. */
static uint32_t take_free(uint32_t avoid) {
    uint32_t number = phys.first_free;
    if (number == 0)
        return 0;
    uint32_t second = phys.frames[number].next;
    if (number == avoid && second != 0) {
        phys.frames[number].next = phys.frames[second].next;
        if (phys.last_free == second)
            phys.last_free = number;
        return second;
    }
    phys.first_free = second;
    if (second == 0)
        phys.last_free = 0;
    return number;
}

static NT_UNCOVERED void evict(uint32_t number) {
    struct frame *frame = &phys.frames[number];
    frame->page->lost_frame = number;
    frame->page->frame = 0;
    frame->page = NULL;
    unlink_assigned(number);
}

static NT_UNCOVERED void put_free(uint32_t number) {
    phys.frames[number].next = 0;
    if (phys.last_free != 0)
        phys.frames[phys.last_free].next = number;
    else
        phys.first_free = number;
    phys.last_free = number;
}

/* Takes the oldest frame that nothing holds, and `avoid` only when it is the last. Held ones go to the
 * end of the ring, so that the next search does not meet them again. */
static uint32_t take_assigned(uint32_t avoid) {
    bool avoided = false;
    const uint32_t last = phys.frames[0].previous;
    for (uint32_t number = phys.frames[0].next, next; number != 0; number = next) {
        next = number == last ? 0 : phys.frames[number].next;
        if (nt_page_held(phys.frames[number].page)) {
            unlink_assigned(number);
            append_assigned(number);
        } else if (number == avoid) {
            avoided = true;
        } else {
            evict(number);
            return number;
        }
    }
    if (!avoided)
        return 0;
    evict(avoid);
    return avoid;
}

/* Not part of its caller, which has no coverage. */
static __attribute__((noinline)) uint32_t take(uint32_t avoid) {
    uint32_t number = take_fresh();
    if (number == 0)
        number = take_free(avoid);
    if (number == 0)
        number = take_assigned(avoid);
    return number;
}

NT_UNCOVERED bool nt_phys_assign(struct nt_page *page) {
    if (page->frame != 0)
        return true;
    uint32_t number = take(page->lost_frame);
    if (number == 0)
        return false;
    phys.frames[number].page = page;
    append_assigned(number);
    page->frame = number;
    return true;
}

NT_UNCOVERED void nt_phys_release(struct nt_page *page) {
    uint32_t number = page->frame;
    evict(number);
    put_free(number);
}

NT_UNCOVERED bool nt_phys_pfn(const struct nt_page *page, uint64_t *pfn) {
    if (page->frame == 0)
        return false;
    *pfn = pfn_of(page->frame);
    return true;
}

NT_UNCOVERED struct nt_page *nt_phys_page(uint64_t pfn) {
    if (!in_order(pfn))
        return NULL;
    uint64_t position = position_of(pfn);
    return position < phys.used ? phys.frames[position + 1].page : NULL;
}

NT_UNCOVERED bool nt_phys_installed(uint64_t pfn) {
    return in_order(pfn) && position_of(pfn) < phys.ram_pages;
}

NT_UNCOVERED bool nt_phys_firmware(uint64_t first, uint64_t pages) {
    return pages > 0 && first >= order.hole_first && pages <= order.hole_pages &&
           first - order.hole_first <= order.hole_pages - pages;
}

void nt_phys_pressure(void) {
    nt_lock_acquire(&nt_memory_lock);
    for (uint32_t number = phys.frames[0].next, next; number != 0; number = next) {
        next = phys.frames[number].next;
        if (!nt_page_held(phys.frames[number].page)) {
            evict(number);
            put_free(number);
        }
    }
    nt_lock_release(&nt_memory_lock);
}
