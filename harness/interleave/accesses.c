/* The happens-before detector: vector clocks, and a cell for each granule of memory that was accessed. */
#include "harness/interleave/accesses.h"

#include <string.h>

#define GRANULE_SHIFT 3u
#define GRANULE       (1u << GRANULE_SHIFT)
#define NOBODY        UINT8_MAX

_Static_assert(ACCESSES_LOCKS <= 32, "a set of locks fits a word");
_Static_assert(SUT_ACTORS < NOBODY, "an actor fits a byte");

/* Never wraps: an actor's step ends at a release, and a block has fewer than 2^32 of them. */
typedef uint32_t clock_of[SUT_ACTORS];

struct record {
    uintptr_t pc;
    uint32_t clock; /* the actor's step */
    uint32_t locks;
    uint32_t point;
    uint8_t actor;
    uint8_t mask; /* bytes of the granule */
    bool write;
    bool freed;
};

/* Most granules are touched once or twice in a block: a cell and its oldest record are one line of the cache.
 */
struct cell {
    _Alignas(64) uintptr_t granule;
    uintptr_t touched_pc; /* who touched it last, and who wrote it last */
    uintptr_t written_pc;
    uint8_t touched_by;
    uint8_t written_by;
    bool shared;
    uint8_t count;
    struct record oldest;
};
_Static_assert(sizeof(struct cell) == 64, "a line");

/* Where a granule's cell is. At most half full, so that a search ends soon. */
#define SLOTS_LOG2     13u
#define SLOTS          (1u << SLOTS_LOG2)
#define SLOTS_TOGETHER 8u
_Static_assert(SLOTS == 2 * ACCESSES_CELLS, "half full");
struct slot {
    uint32_t block; /* whose it is: of an earlier block, it is empty */
    uint32_t cell;
};

struct lock {
    const void *address;
    const char *name;
    uint32_t name_hash;
    clock_of clock;
};

struct freed {
    uintptr_t begin;
    uintptr_t end; /* == begin: an empty place */
    struct record record;
};

static struct slot slots[SLOTS];
static struct cell cells[ACCESSES_CELLS];
static struct record later[ACCESSES_CELLS][ACCESSES_RECORDS - 1]; /* of each cell, oldest first */
static uint32_t cell_count;
static uint32_t block; /* 0: there was none yet */

static bool active;
static unsigned actor_count;
static uint32_t points;
static uint32_t shared_count;
static bool overflowed;
static bool lost; /* a lock was not recorded: nothing can be judged */

static clock_of clocks[SUT_ACTORS]; /* [a][b]: the last of b's steps that a goes on after */
static uint32_t held[SUT_ACTORS];
static uint32_t held_hash[SUT_ACTORS]; /* of the names of the locks held, in any order */

static struct lock locks[ACCESSES_LOCKS];
static uint32_t lock_count;

static struct freed freed[ACCESSES_FREED];
static uint32_t freed_count; /* ever in this block; the place of the next is this modulo ACCESSES_FREED */

static bool found;
static struct accesses_conflict conflict;

void accesses_begin(unsigned actors) {
    if (++block == 0) {
        /* 2^32 blocks later the numbers begin anew. */
        memset(slots, 0, sizeof(slots));
        block = 1;
    }
    active = true;
    actor_count = actors < SUT_ACTORS ? actors : SUT_ACTORS;
    cell_count = 0;
    lock_count = 0;
    freed_count = 0;
    points = 0;
    shared_count = 0;
    overflowed = false;
    lost = false;
    found = false;
    memset(clocks, 0, sizeof(clocks));
    for (unsigned i = 0; i < SUT_ACTORS; i++) {
        clocks[i][i] = 1;
        held[i] = 0;
        held_hash[i] = 0;
    }
    memset(freed, 0, sizeof(freed));
}

void accesses_end(void) {
    active = false;
}

bool accesses_ordered(void) {
    return shared_count && !found && !lost;
}

bool accesses_active(void) {
    return active;
}

const struct accesses_conflict *accesses_found(void) {
    return found ? &conflict : NULL;
}

bool accesses_overflowed(void) {
    return overflowed;
}

uint32_t accesses_shared(void) {
    return shared_count;
}

uint32_t accesses_held(unsigned actor) {
    return actor < SUT_ACTORS ? held[actor] : 0;
}

const char *accesses_lock_name(unsigned lock) {
    return lock < lock_count ? locks[lock].name : NULL;
}

/* ---- coverage ---- */

/* See judge/state_coverage.c, which has the others. */
__attribute__((section("__libfuzzer_extra_counters"))) uint8_t accesses_counters[ACCESSES_COUNTERS];
static uint16_t seen[ACCESSES_COUNTERS];
static uint32_t seen_count;
_Static_assert(ACCESSES_COUNTERS <= UINT16_MAX, "a counter's number fits");

void accesses_coverage_begin(void) {
    for (uint32_t i = 0; i < seen_count; i++)
        accesses_counters[seen[i]] = 0;
    seen_count = 0;
}

const uint16_t *accesses_coverage_seen(uint32_t *count) {
    *count = seen_count;
    return seen;
}

static void mark(uint32_t at) {
    if (__builtin_expect(accesses_counters[at] == 0, 0)) {
        accesses_counters[at] = 1;
        if (seen_count < ACCESSES_COUNTERS) /* an engine that clears them tells nobody here */
            seen[seen_count++] = (uint16_t)at;
    }
}

/* Addresses of code, from a place in the same code: the same in every process. */
static uint32_t relative(uintptr_t pc) {
    return (uint32_t)(pc - (uintptr_t)&accesses_begin);
}

static uint32_t mix(uint32_t value) {
    value *= 0x9E3779B1u;
    return value ^ value >> 15;
}

static void mark_alias(uintptr_t first, uintptr_t second) {
    uint32_t hash = mix(mix(relative(first)) + relative(second));
    mark(ACCESSES_AT_ALIASES + (hash >> 7) % ACCESSES_ALIASES);
}

static void mark_locks(unsigned actor, uintptr_t pc) {
    uint32_t hash = mix(held_hash[actor] + relative(pc));
    mark(ACCESSES_AT_LOCKSETS + (hash >> 7) % ACCESSES_LOCKSETS);
}

/* ---- accesses ---- */

static struct record *record_at(struct cell *cell, uint32_t index) {
    return index ? &later[cell - cells][index - 1] : &cell->oldest;
}

/* Which bytes of the cell's granule lie in [begin, end). */
static uint8_t part_of(const struct cell *cell, uintptr_t begin, uintptr_t end) {
    uint8_t mask = 0;
    for (unsigned byte = 0; byte < GRANULE; byte++) {
        uintptr_t at = (cell->granule << GRANULE_SHIFT) + byte;
        if (at >= begin && at < end)
            mask |= (uint8_t)(1u << byte);
    }
    return mask;
}

/* Puts memory that was freed in this block under the hand that freed it. */
static __attribute__((noinline)) void recall_freed(struct cell *cell) {
    uintptr_t begin = cell->granule << GRANULE_SHIFT;
    uint32_t kept = freed_count < ACCESSES_FREED ? freed_count : ACCESSES_FREED;
    for (uint32_t i = 0; i < kept && cell->count < ACCESSES_RECORDS; i++) {
        const struct freed *region = &freed[i];
        if (begin + GRANULE <= region->begin || begin >= region->end)
            continue;
        uint8_t mask = part_of(cell, region->begin, region->end);
        if (!mask)
            continue;
        struct record *record = record_at(cell, cell->count++);
        *record = region->record;
        record->mask = mask;
        cell->written_by = cell->touched_by = record->actor;
        cell->written_pc = cell->touched_pc = record->pc;
    }
}

/* Granules side by side have slots side by side, for whoever touches one touches its neighbours. */
static uint32_t slot_of(uintptr_t granule) {
    uint64_t place = (uint64_t)(granule / SLOTS_TOGETHER) * UINT64_C(0x9E3779B97F4A7C15);
    return ((uint32_t)(place >> (64 - SLOTS_LOG2)) + (uint32_t)(granule % SLOTS_TOGETHER)) % SLOTS;
}

/* Apart, as is what else is rare, so that the way past it has little to save. */
static __attribute__((noinline)) struct cell *make_cell(uint32_t at, uintptr_t granule) {
    if (cell_count == ACCESSES_CELLS) {
        overflowed = true;
        return NULL;
    }
    slots[at] = (struct slot){.block = block, .cell = cell_count};
    struct cell *cell = &cells[cell_count++];
    cell->granule = granule;
    cell->touched_by = NOBODY;
    cell->written_by = NOBODY;
    cell->shared = false;
    cell->count = 0;
    if (freed_count)
        recall_freed(cell);
    return cell;
}

static inline struct cell *find_cell(uintptr_t granule, bool make) {
    uint32_t at = slot_of(granule);
    for (; slots[at].block == block; at = (at + 1) % SLOTS)
        if (cells[slots[at].cell].granule == granule)
            return &cells[slots[at].cell];
    return make ? make_cell(at, granule) : NULL;
}

/* In place: a record that is put together elsewhere and copied waits for its own stores. */
static inline void note_access(struct record *record, unsigned actor, uint8_t mask, bool write, bool frees,
                               uintptr_t pc) {
    record->pc = pc;
    record->clock = clocks[actor][actor];
    record->locks = held[actor];
    record->point = points;
    record->actor = (uint8_t)actor;
    record->mask = mask;
    record->write = write;
    record->freed = frees;
}

static void side_of(struct accesses_side *side, const struct record *record) {
    *side = (struct accesses_side){
        .actor = record->actor,
        .write = record->write,
        .freed = record->freed,
        .size = (uint8_t)__builtin_popcount(record->mask),
        .locks = record->locks,
        .pc = record->pc,
        .point = record->point,
    };
}

/* Puts the access among the records. True when it races with one of them. */
static __attribute__((noinline)) bool remember(struct cell *cell, unsigned actor, uint8_t mask, bool write,
                                               bool frees, uintptr_t pc) {
    const uint32_t *known = clocks[actor];
    const struct record *raced = NULL;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < cell->count; i++) {
        const struct record *old = record_at(cell, i);
        bool before = old->clock <= known[old->actor]; /* an actor knows its own present step */
        if (!before && (old->mask & mask) && (old->write || write) && !found && !lost) {
            side_of(&conflict.first, old);
            found = true;
            raced = old;
        }
        /* Whatever will race with an access that this one covers and is ordered after, races with this
         * one, too. */
        bool covered = before && (old->mask & ~mask) == 0 && (write || !old->write);
        if (covered)
            continue;
        if (kept != i)
            *record_at(cell, kept) = *old;
        kept++;
    }
    if (kept == ACCESSES_RECORDS) {
        for (uint32_t i = 1; i < ACCESSES_RECORDS; i++)
            *record_at(cell, i - 1) = *record_at(cell, i);
        kept--;
        overflowed = true;
    }
    struct record *record = record_at(cell, kept);
    note_access(record, actor, mask, write, frees, pc);
    cell->count = (uint8_t)(kept + 1);
    if (raced)
        side_of(&conflict.second, record);
    return raced;
}

static inline enum accesses_outcome touch(uintptr_t granule, unsigned actor, uint8_t mask, bool write,
                                          uintptr_t pc) {
    struct cell *cell = find_cell(granule, true);
    if (!cell)
        return ACCESSES_ALONE;
    enum accesses_outcome outcome = ACCESSES_ALONE;
    uint8_t other = write ? cell->touched_by : cell->written_by;
    if (other != actor && other != NOBODY) {
        mark_alias(write ? cell->touched_pc : cell->written_pc, pc);
        shared_count += !cell->shared;
        cell->shared = true;
        outcome = ACCESSES_SHARED;
    }
    cell->touched_by = (uint8_t)actor;
    cell->touched_pc = pc;
    if (write) {
        cell->written_by = (uint8_t)actor;
        cell->written_pc = pc;
    }
    if (!cell->count) { /* many accesses are the first */
        note_access(&cell->oldest, actor, mask, write, false, pc);
        cell->count = 1;
        return outcome;
    }
    const struct record *last = record_at(cell, cell->count - 1u);
    if (last->actor == actor && last->clock == clocks[actor][actor] && (mask & ~last->mask) == 0 &&
        (last->write || !write))
        return outcome; /* and as many repeat what the actor did last */
    return remember(cell, actor, mask, write, false, pc) ? ACCESSES_CONFLICT : outcome;
}

/* An access to more than one granule. */
static __attribute__((noinline)) enum accesses_outcome touch_each(uintptr_t at, size_t size, unsigned actor,
                                                                  bool write, uintptr_t pc) {
    enum accesses_outcome outcome = ACCESSES_ALONE;
    while (size > 0) {
        unsigned first = (unsigned)(at % GRANULE);
        unsigned bytes = size < GRANULE - first ? (unsigned)size : GRANULE - first;
        uint8_t mask = (uint8_t)(((1u << bytes) - 1u) << first);
        enum accesses_outcome one = touch(at >> GRANULE_SHIFT, actor, mask, write, pc);
        outcome = one > outcome ? one : outcome;
        at += bytes;
        size -= bytes;
    }
    return outcome;
}

enum accesses_outcome accesses_see(unsigned actor, const void *address, size_t size, bool write,
                                   uintptr_t pc) {
    if (!active || actor >= actor_count || size == 0 || size > 2 * GRANULE)
        return ACCESSES_ALONE;
    points++;
    mark_locks(actor, pc);
    uintptr_t at = (uintptr_t)address;
    unsigned first = (unsigned)(at % GRANULE);
    if (first + size > GRANULE)
        return touch_each(at, size, actor, write, pc);
    return touch(at >> GRANULE_SHIFT, actor, (uint8_t)(((1u << size) - 1u) << first), write, pc);
}

/* ---- locks ---- */

static uint32_t hash_name(const char *name) {
    uint32_t hash = 2166136261u;
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619u;
    return mix(hash);
}

static struct lock *find_lock(const void *address) {
    for (uint32_t i = 0; i < lock_count; i++)
        if (locks[i].address == address)
            return &locks[i];
    return NULL;
}

static void join(clock_of into, const clock_of from) {
    for (unsigned i = 0; i < SUT_ACTORS; i++)
        into[i] = from[i] > into[i] ? from[i] : into[i];
}

void accesses_acquire(unsigned actor, const void *address, const char *name) {
    if (!active || actor >= actor_count)
        return;
    struct lock *lock = find_lock(address);
    if (!lock) {
        if (lock_count == ACCESSES_LOCKS) {
            overflowed = lost = true;
            return;
        }
        lock = &locks[lock_count++];
        *lock = (struct lock){.address = address};
    }
    /* Memory that was freed and had again may hold another lock at the same place. */
    if (lock->name != name) {
        lock->name = name;
        lock->name_hash = hash_name(name);
    }
    uint32_t bit = 1u << (lock - locks);
    join(clocks[actor], lock->clock);
    if (!(held[actor] & bit))
        held_hash[actor] += lock->name_hash;
    held[actor] |= bit;
}

void accesses_release(unsigned actor, const void *address) {
    if (!active || actor >= actor_count)
        return;
    struct lock *lock = find_lock(address);
    if (!lock)
        return; /* it was taken before the block, or not recorded */
    uint32_t bit = 1u << (lock - locks);
    if (held[actor] & bit)
        held_hash[actor] -= lock->name_hash;
    held[actor] &= ~bit;
    memcpy(lock->clock, clocks[actor], sizeof(lock->clock));
    clocks[actor][actor]++;
}

void accesses_order(unsigned from, unsigned to) {
    if (!active || from >= actor_count || to >= actor_count || from == to)
        return;
    join(clocks[to], clocks[from]);
    clocks[from][from]++;
}

/* ---- the pool ---- */

/* Cells of [begin, end) one after the other: by place in memory when that is fewer, else all of them. */
struct walk {
    uintptr_t begin, end; /* granules */
    uint32_t at;
    bool by_place;
};

static struct walk walk_over(uintptr_t begin, uintptr_t end) {
    return (struct walk){.begin = begin >> GRANULE_SHIFT,
                         .end = (end + GRANULE - 1) >> GRANULE_SHIFT,
                         .by_place = (end - begin) >> GRANULE_SHIFT < cell_count};
}

static struct cell *walk_next(struct walk *walk) {
    if (walk->by_place) {
        while (walk->begin < walk->end) {
            struct cell *cell = find_cell(walk->begin++, false);
            if (cell)
                return cell;
        }
        return NULL;
    }
    while (walk->at < cell_count) {
        struct cell *cell = &cells[walk->at++];
        if (cell->granule >= walk->begin && cell->granule < walk->end)
            return cell;
    }
    return NULL;
}

void accesses_fresh(const void *address, size_t size) {
    if (!active || size == 0)
        return;
    uintptr_t begin = (uintptr_t)address;
    uintptr_t end = begin + size;
    for (uint32_t i = 0; i < ACCESSES_FREED; i++) {
        /* The allocator may have joined and cut blocks; one that was had again even in part is no longer
         * anybody's to free. */
        if (freed[i].begin < end && begin < freed[i].end)
            freed[i].end = freed[i].begin;
    }
    struct walk walk = walk_over(begin, end);
    for (struct cell *cell; (cell = walk_next(&walk));) {
        uint8_t mask = part_of(cell, begin, end);
        uint32_t kept = 0;
        for (uint32_t i = 0; i < cell->count; i++) {
            struct record *record = record_at(cell, i);
            record->mask &= (uint8_t)~mask;
            if (record->mask)
                *record_at(cell, kept++) = *record;
        }
        cell->count = (uint8_t)kept;
        cell->touched_by = NOBODY;
        cell->written_by = NOBODY;
    }
}

enum accesses_outcome accesses_freed(unsigned actor, const void *address, size_t size, uintptr_t pc) {
    if (!active || actor >= actor_count || size == 0)
        return ACCESSES_ALONE;
    points++;
    uintptr_t begin = (uintptr_t)address;
    uintptr_t end = begin + size;
    bool races = false;
    struct walk walk = walk_over(begin, end);
    for (struct cell *cell; (cell = walk_next(&walk));) {
        uint8_t mask = part_of(cell, begin, end);
        races |= mask && remember(cell, actor, mask, true, true, pc);
    }
    if (freed_count >= ACCESSES_FREED)
        overflowed = true;
    struct freed *region = &freed[freed_count++ % ACCESSES_FREED];
    region->begin = begin;
    region->end = end;
    note_access(&region->record, actor, 0, true, true, pc);
    return races ? ACCESSES_CONFLICT : ACCESSES_ALONE;
}
