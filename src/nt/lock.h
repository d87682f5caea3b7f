/*
 * The one lock type. Locks are taken in rank order, lowest first; an actor that takes a lock of a
 * rank it already holds, or of a lower one, could deadlock against another (RACE-LIVE), and is
 * stopped at once. A scheduler of actors goes behind acquire and release.
 */
#ifndef NT_LOCK_H
#define NT_LOCK_H

enum nt_lock_rank {
    NT_LOCK_NONE,
    NT_LOCK_ADAPTERS, /* the handle table and the list of adapters */
    NT_LOCK_CHAIN,    /* one logical adapter: its pins, views and domain */
    NT_LOCK_MEMORY,   /* sections, frames, commit: taken inside nt/section.h and nt/phys.h */
    NT_LOCK_POOL,     /* the pool's accounts: taken inside nt/pool.h */
    NT_LOCK_RANKS
};

struct nt_lock {
    const char *name;
    enum nt_lock_rank rank;
    int owner; /* actor + 1, 0 when free */
};

void nt_lock_init(struct nt_lock *lock, const char *name, enum nt_lock_rank rank);
void nt_lock_acquire(struct nt_lock *lock);
void nt_lock_release(struct nt_lock *lock);

#endif
