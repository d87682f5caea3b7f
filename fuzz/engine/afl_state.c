/*
 * State coverage for AFL++: its map is a table of places that it gives out to the program's edges. Here
 * the state counters ask for places of their own, in the way a module with so many edges would, before
 * the fork server tells the size of the map. So they share a place with nothing, and count like edges.
 *
 * The references are weak: without AFL++'s runtime nothing of this happens, and not every target looks at
 * races.
 */
#include <stddef.h>

#include "harness/race.h"
#include "harness/state.h"

extern __attribute__((weak)) uint8_t *__afl_area_ptr;
__attribute__((weak)) void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);

#pragma weak race_counters
#pragma weak race_coverage_seen

enum {
    PLACES = (uint32_t)STATE_COUNTERS + (uint32_t)RACE_COUNTERS
};
static uint32_t places[PLACES];

static void publish(void) {
    uint32_t count;
    const uint16_t *seen = state_seen(&count);
    for (uint32_t i = 0; i < count; i++)
        __afl_area_ptr[places[seen[i]]] = state_counters[seen[i]];
    if (!race_coverage_seen)
        return;
    seen = race_coverage_seen(&count);
    for (uint32_t i = 0; i < count; i++)
        __afl_area_ptr[places[STATE_COUNTERS + seen[i]]] = race_counters[seen[i]];
}

__attribute__((constructor)) static void ask_for_places(void) {
    if (!&__afl_area_ptr || !__sanitizer_cov_trace_pc_guard_init)
        return;
    uint32_t count = race_coverage_seen ? (uint32_t)PLACES : (uint32_t)STATE_COUNTERS;
    __sanitizer_cov_trace_pc_guard_init(places, places + count);
    state_on_end(publish);
}
