/*
 * The one lock type. Locks are taken in rank order, lowest first; an actor that takes a lock of a
 * rank it already holds, or of a lower one, could deadlock against another (RACE-LIVE), and is
 * stopped at once. A scheduler of actors goes behind acquire and release: nt_hooks_set().
 */
#ifndef NT_LOCK_H
#define NT_LOCK_H

#include <stddef.h>

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

/* A scheduler of actors. Without one an actor runs until it is done, and a lock that another holds is
 * never to be had. */
struct nt_hooks {
    void (*acquire)(const void *lock, const char *name); /* returns when the calling actor may have it */
    void (*release)(const void *lock);                   /* the calling actor has given it back */
    void (*fresh)(const void *address, size_t size);     /* new memory from the pool */
    void (*freed)(const void *address, size_t size);     /* memory that goes back to it */
    void (*violated)(const char *what);                  /* the order of locks; does not return */
};

/* NULL: none; actors that were left in the middle of something then hold no lock any more. */
void nt_hooks_set(const struct nt_hooks *hooks);

/* The name of a lock that the current actor holds; NULL: none. */
const char *nt_lock_held(void);

/* Here, for its stores are the caller's: nothing in lock.c is a point of a schedule. */
static inline void nt_lock_init(struct nt_lock *lock, const char *name, enum nt_lock_rank rank) {
    lock->name = name;
    lock->rank = rank;
    lock->owner = 0;
}
void nt_lock_acquire(struct nt_lock *lock);
void nt_lock_release(struct nt_lock *lock);

#endif
