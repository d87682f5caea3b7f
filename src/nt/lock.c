/* Locks with ranks, and what each actor holds. */
#include "nt/lock.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "nt/irql.h"
#include "nt/private.h"

/* What each actor holds: at most one lock of a rank, for a second one would break the order. */
static struct {
    struct nt_lock *locks[NT_LOCK_RANKS];
    unsigned ranks; /* bit r: locks[r] is held */
} held[NT_ACTORS];

const struct nt_hooks *nt_hooks;

struct nt_lock nt_memory_lock;

static _Noreturn void violation(const struct nt_lock *lock, const char *what, const struct nt_lock *other) {
    static char text[256];
    int length = snprintf(text, sizeof(text), "actor %u, '%s' (rank %d) %s", nt_actor(), lock->name,
                          (int)lock->rank, what);
    if (other && length > 0 && (size_t)length < sizeof(text))
        snprintf(text + length, sizeof(text) - (size_t)length, " '%s' (rank %d)", other->name,
                 (int)other->rank);
    if (nt_hooks)
        nt_hooks->violated(text);
    fprintf(stderr, "nt lock violation (RACE-LIVE): %s\n", text);
    abort();
}

static NT_UNTRACED const struct nt_lock *highest_held(unsigned actor) {
    for (unsigned rank = NT_LOCK_RANKS; rank-- > 0;) {
        if (held[actor].ranks >> rank & 1)
            return held[actor].locks[rank];
    }
    return NULL;
}

NT_UNTRACED const char *nt_lock_held(void) {
    unsigned actor = nt_actor();
    return held[actor].ranks ? highest_held(actor)->name : NULL;
}

NT_UNTRACED void nt_lock_shutdown(void) {
    for (unsigned i = 0; i < NT_ACTORS; i++) {
        if (held[i].ranks != 0)
            violation(highest_held(i), "is still held when the machine goes down", NULL);
    }
}

NT_UNTRACED void nt_hooks_set(const struct nt_hooks *hooks) {
    nt_hooks = hooks;
    for (unsigned i = 0; i < NT_ACTORS && !hooks; i++) {
        for (unsigned rank = 0; rank < NT_LOCK_RANKS; rank++)
            if (held[i].ranks >> rank & 1)
                held[i].locks[rank]->owner = 0;
        held[i].ranks = 0;
    }
}

NT_UNTRACED void nt_lock_acquire(struct nt_lock *lock) {
    unsigned actor = nt_actor();
    if (held[actor].ranks >> lock->rank)
        violation(lock, "is wanted while holding", highest_held(actor));
    if (nt_hooks)
        nt_hooks->acquire(lock, lock->name);
    /* Without a scheduler one actor runs at a time, and none is suspended inside a service: nobody could
     * release it. */
    if (lock->owner != 0)
        violation(lock, "is wanted while another actor holds it, which cannot go on", NULL);
    lock->owner = (int)actor + 1;
    held[actor].locks[lock->rank] = lock;
    held[actor].ranks |= 1u << lock->rank;
}

NT_UNTRACED void nt_lock_release(struct nt_lock *lock) {
    unsigned actor = nt_actor();
    if (lock->owner != (int)actor + 1)
        violation(lock, "is released by an actor that does not hold it", NULL);
    lock->owner = 0;
    held[actor].ranks &= ~(1u << lock->rank);
    if (nt_hooks)
        nt_hooks->release(lock);
}
