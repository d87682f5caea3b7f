/*
 * State coverage for AFL++: its map is a table of places that it gives out to the program's edges. Here
 * the state counters ask for places of their own, in the way a module with so many edges would, before
 * the fork server tells the size of the map. So they share a place with nothing, and count like edges.
 *
 * The references are weak: without AFL++'s runtime nothing of this happens, and not every target looks at
 * races.
 */
#include <stdbool.h>
#include <stddef.h>

#ifdef __linux__
#include <signal.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <unistd.h>
#endif

#include "harness/interleave/accesses.h"
#include "harness/judge/state_coverage.h"

extern __attribute__((weak)) uint8_t *__afl_area_ptr;
__attribute__((weak)) void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);

#pragma weak accesses_counters
#pragma weak accesses_coverage_seen

enum {
    PLACES = (uint32_t)STATE_COUNTERS + (uint32_t)ACCESSES_COUNTERS
};
static uint32_t places[PLACES];

#ifdef __linux__
static pid_t loaded_in;
#endif

/*
 * In persistent mode a process stops itself after each input, until the fork server wants the next. One
 * whose fork server is killed while it runs would stop for ever: it dies with its parent instead.
 */
static void die_with_the_fork_server(void) {
#ifdef __linux__
    static bool tied;
    if (tied)
        return;
    tied = true;
    if (getpid() == loaded_in)
        return; /* no fork server: it was started by hand */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != loaded_in)
        _exit(1);
#endif
}

static void publish(void) {
    die_with_the_fork_server();
    uint32_t count;
    const uint16_t *seen = state_seen(&count);
    for (uint32_t i = 0; i < count; i++)
        __afl_area_ptr[places[seen[i]]] = state_counters[seen[i]];
    if (!accesses_coverage_seen)
        return;
    seen = accesses_coverage_seen(&count);
    for (uint32_t i = 0; i < count; i++)
        __afl_area_ptr[places[STATE_COUNTERS + seen[i]]] = accesses_counters[seen[i]];
}

__attribute__((constructor)) static void ask_for_places(void) {
    if (!&__afl_area_ptr || !__sanitizer_cov_trace_pc_guard_init)
        return;
    uint32_t count = accesses_coverage_seen ? (uint32_t)PLACES : (uint32_t)STATE_COUNTERS;
    __sanitizer_cov_trace_pc_guard_init(places, places + count);
#ifdef __linux__
    loaded_in = getpid();
#endif
    state_on_end(publish);
}
