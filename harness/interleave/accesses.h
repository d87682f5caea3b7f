/*
 * The happens-before detector: a race of two memory accesses is a finding (RACE-MEMORY) even when the
 * outcome looks right. Fed with the accesses, locks and allocations of a race block by
 * harness/interleave/trace.c and the scheduler; all of it runs on one thread, in the order in which things
 * happen.
 *
 * Vector clocks, as in FastTrack: each actor and each lock has one. An acquire takes over the lock's
 * clock, a release leaves the actor's own there and begins the actor's next step. Two accesses of two
 * actors to a common byte, at least one of them a write, must be ordered by that; whether the scheduler
 * happened to put a long time between them does not matter. What was before the block (the serial
 * prologue), and what comes after it, is ordered with everything in it.
 *
 * Never wrong about a race, and complete but for what the limits below leave out.
 *
 * Addresses are compared, and never decide a verdict, a report or coverage: the same program gives the
 * same ones in every process, wherever its memory lies.
 */
#ifndef HARNESS_ACCESSES_H
#define HARNESS_ACCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/sut.h"

enum accesses_limits {
    /* Locks told apart in a block; a bit each in the set that an actor holds. This core has 16 chains
     * and four more. Beyond, a block's accesses are no longer judged (accesses_overflowed()): a lock that
     * nobody knows could order anything. */
    ACCESSES_LOCKS = 32,
    /* Granules of 8 bytes that a block touches. A call of this core touches about 150, eight calls
     * about 1000. Beyond, an access to one more granule is forgotten: a race may be missed there. */
    ACCESSES_CELLS = 4096,
    /* Accesses remembered for a granule: what four actors did last to each of its bytes, where most
     * granules hold one or two members. Beyond, the oldest is forgotten. */
    ACCESSES_RECORDS = 8,
    /* Blocks of memory freed in a race block: eight calls of a few each. Beyond, the oldest is forgotten. */
    ACCESSES_FREED = 32
};

/* What an access was, beside what is in order. */
enum accesses_outcome {
    ACCESSES_ALONE,
    ACCESSES_SHARED,  /* another actor touched the granule before, and one of the two writes: a place for a
                       * switch
                       */
    ACCESSES_CONFLICT /* the first race of the block: accesses_found() tells of it; later ones are not looked
                         for */
};

/* One side of a conflict. */
struct accesses_side {
    uint8_t actor;
    bool write;
    bool freed;     /* the memory was given back to the pool: a write to all of it */
    uint8_t size;   /* bytes, of the access as far as it lies in the granule */
    uint32_t locks; /* set of lock numbers held, for accesses_lock_name() */
    uintptr_t pc;   /* return address of the call that reported the access; 0: unknown */
    uint32_t point; /* how many accesses the block had seen when it was made */
};

struct accesses_conflict {
    struct accesses_side first; /* in the order of this run */
    struct accesses_side second;
};

/* Begins a block of so many actors (1..SUT_ACTORS), numbered from 0: nothing is held, touched or known.
 * Costs the same however much the last block touched. */
void accesses_begin(unsigned actors);
void accesses_end(void);
bool accesses_active(void);

/*
 * One access of an actor, of 1 to 16 bytes at any alignment. The hot path: called at every load and
 * store of the core. Outside a block nothing happens.
 */
enum accesses_outcome accesses_see(unsigned actor, const void *address, size_t size, bool write,
                                   uintptr_t pc);

/* The actor has got the lock, or is about to give it up. name is a literal, or outlives the block; locks
 * are told apart by address, and named alike in reports and coverage when their names are alike. */
void accesses_acquire(unsigned actor, const void *lock, const char *name);
void accesses_release(unsigned actor, const void *lock);
/* `to` goes on after what `from` has done so far (a signal, a join). */
void accesses_order(unsigned from, unsigned to);

/* The pool has handed out this memory: what was known about it is void. */
void accesses_fresh(const void *address, size_t size);
/* The actor gives it back: a write to all of it, and whoever touches it before the next accesses_fresh()
 * must be ordered after that. Returns what accesses_see() would. */
enum accesses_outcome accesses_freed(unsigned actor, const void *address, size_t size, uintptr_t pc);

/* The block's first conflict, NULL when there is none; good until the next accesses_begin(). */
const struct accesses_conflict *accesses_found(void);
/* Something did not fit its limit: silence proves less than usual. Verdicts stay true. */
bool accesses_overflowed(void);
/* Whether the block has shown something: two actors touched one granule, and all of it was in order. */
bool accesses_ordered(void);
/* Granules that two or more actors touched in this block, one of them writing. */
uint32_t accesses_shared(void);

/* The locks an actor holds just now, as a set; the name of number `lock` < ACCESSES_LOCKS, NULL when there is
 * no such. */
uint32_t accesses_held(unsigned actor);
const char *accesses_lock_name(unsigned lock);

/*
 * Coverage, which edges do not show. A counter is 1 when in this execution
 *   - an instruction of one actor touched a granule after a certain one of another, and one of the two
 *     wrote (alias coverage, as KRACE has it);
 *   - an access was made while locks of certain names were held.
 * The pairs are hashed: the core has some 500 instructions that touch what two actors can, each with a few
 * partners that come about, and under at most four sets of locks, so that half of the places stay free.
 * libFuzzer takes them where they lie, in the section of its extra counters, at 0.08 ns each in each
 * execution; fuzz/engine/afl_state.c hands them to AFL++, counters.c there to others.
 */
enum accesses_counters {
    ACCESSES_AT_ALIASES = 0,
    ACCESSES_ALIASES = 2048,
    ACCESSES_AT_LOCKSETS = ACCESSES_AT_ALIASES + ACCESSES_ALIASES,
    ACCESSES_LOCKSETS = 1024,
    ACCESSES_COUNTERS = ACCESSES_AT_LOCKSETS + ACCESSES_LOCKSETS
};
extern uint8_t accesses_counters[ACCESSES_COUNTERS];
/* An execution begins, with counters at zero. */
void accesses_coverage_begin(void);
/* The counters that are not zero, in the order in which they became so; *count of them. */
const uint16_t *accesses_coverage_seen(uint32_t *count);

#endif
