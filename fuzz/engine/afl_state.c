/*
 * State coverage for AFL++: its map is a table of places that it gives out to the program's edges. Here
 * the state counters ask for places of their own, in the way a module with so many edges would, before
 * the fork server tells the size of the map. So they share a place with nothing, and count like edges.
 *
 * The references are weak: without AFL++'s runtime nothing of this happens.
 */
#include <stddef.h>

#include "harness/state.h"

extern __attribute__((weak)) uint8_t *__afl_area_ptr;
__attribute__((weak)) void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);

static uint32_t places[STATE_COUNTERS];

static void publish(void) {
    uint32_t count;
    const uint16_t *seen = state_seen(&count);
    for (uint32_t i = 0; i < count; i++)
        __afl_area_ptr[places[seen[i]]] = state_counters[seen[i]];
}

__attribute__((constructor)) static void ask_for_places(void) {
    if (!&__afl_area_ptr || !__sanitizer_cov_trace_pc_guard_init)
        return;
    __sanitizer_cov_trace_pc_guard_init(places, places + STATE_COUNTERS);
    state_on_end(publish);
}
