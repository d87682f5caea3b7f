/* Actors on real threads, which a barrier lets go together. */
#define _POSIX_C_SOURCE 200809L /* barriers */

#include "harness/interleave/threads.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/sut.h"

/* Locks of one process: 17 of this core's at a time, at other places in each run. Half of it stays free. */
#define LOCKS_LOG2 12u
#define LOCKS      (1u << LOCKS_LOG2)

/* Places are taken once and for all, without an order between those who look for one. */
static _Atomic(const void *) places[LOCKS];
static pthread_mutex_t mutexes[LOCKS];

static struct {
    void (*body)(unsigned actor);
    void (*to_actor)(unsigned actor);
    pthread_barrier_t start;
} crew;

static pthread_mutex_t *mutex_of(const void *lock) {
    uint32_t at = (uint32_t)((uint64_t)(uintptr_t)lock * UINT64_C(0x9E3779B97F4A7C15) >> (64 - LOCKS_LOG2));
    for (unsigned tries = 0; tries < LOCKS; tries++, at = (at + 1) % LOCKS) {
        const void *there = atomic_load_explicit(&places[at], memory_order_relaxed);
        if (!there && atomic_compare_exchange_strong_explicit(&places[at], &there, lock, memory_order_relaxed,
                                                              memory_order_relaxed))
            return &mutexes[at];
        if (there == lock)
            return &mutexes[at];
    }
    fprintf(stderr, "harness error: more than %u locks in one process\n", LOCKS);
    abort();
}

void threads_acquire(const void *lock, const char *name) {
    (void)name;
    pthread_mutex_lock(mutex_of(lock));
}

void threads_release(const void *lock) {
    pthread_mutex_unlock(mutex_of(lock));
}

static void *run_actor(void *argument) {
    unsigned actor = *(const unsigned *)argument;
    crew.to_actor(actor);
    pthread_barrier_wait(&crew.start);
    crew.body(actor);
    return NULL;
}

bool threads_run(unsigned actors, void (*body)(unsigned actor), void (*to_actor)(unsigned actor)) {
    static bool ready;
    static unsigned numbers[SUT_ACTORS];
    pthread_t threads[SUT_ACTORS];
    unsigned count = 0;
    for (unsigned i = 0; i < LOCKS && !ready; i++)
        pthread_mutex_init(&mutexes[i], NULL);
    ready = true;
    for (unsigned i = 0; i < SUT_ACTORS; i++)
        count += actors >> i & 1;
    crew.body = body;
    crew.to_actor = to_actor;
    if (pthread_barrier_init(&crew.start, NULL, count) != 0)
        return false;
    for (unsigned i = 0; i < SUT_ACTORS; i++) {
        numbers[i] = i;
        if ((actors >> i & 1) && pthread_create(&threads[i], NULL, run_actor, &numbers[i]) != 0) {
            /* Those that have begun wait for this one: there is no way back. */
            fprintf(stderr, "harness error: no thread for actor %u\n", i);
            exit(2);
        }
    }
    for (unsigned i = 0; i < SUT_ACTORS; i++)
        if (actors >> i & 1)
            pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&crew.start);
    return true;
}
