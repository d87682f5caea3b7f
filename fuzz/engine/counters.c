/*
 * State coverage for engines that know neither libFuzzer's extra counters nor AFL++'s map (afl_state.c).
 * There are two ways to tell them of it, and the engine decides by what it defines:
 *
 *   - Centipede defines CentipedeIsPresent. After each execution it reads the section
 * __centipede_extra_features: a number each, 0 for none, a domain in the upper 32 bits.
 *   - Any other takes counters of eight bits that a module registers, as clang's inline-8bit-counters does
 * it: honggfuzz, and others of that family. They are read, and cleared, where they lie.
 *
 * libFuzzer has that registration, too, and would count all of it twice; Centipede defines
 * __libfuzzer_is_present beside its own name. The references are weak: without such an engine nothing of this
 * happens. A sanitizer's runtime has a registration that does nothing.
 */
#include <stddef.h>

#include "harness/interleave/accesses.h"
#include "harness/judge/state_coverage.h"

__attribute__((weak)) void CentipedeIsPresent(void);
__attribute__((weak)) void __libfuzzer_is_present(void);
extern __attribute__((weak)) uint8_t *__afl_area_ptr;
__attribute__((weak)) void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop);

#pragma weak accesses_counters
#pragma weak accesses_coverage_seen

/* Domains of Centipede's, which weighs what it has seen within each. */
enum domain {
    DOMAIN_STATE,
    DOMAIN_ACCESSES
};

/* Of an execution: the programs of the corpus have up to 473. Centipede looks at all of them after each, 1
 * us; what is beyond is not told. */
#define FEATURES_MAX 2048u
__attribute__((used, section("__centipede_extra_features"))) static uint64_t features[FEATURES_MAX];

/* A counter's number and what it stands at, in place of which Centipede would have the steps of a count. */
static uint32_t add(uint32_t at, enum domain domain, const uint16_t *seen, uint32_t count,
                    const uint8_t *counters) {
    for (uint32_t i = 0; i < count && at < FEATURES_MAX; i++)
        features[at++] = (uint64_t)domain << 32 | (uint64_t)seen[i] << 8 | counters[seen[i]];
    return at;
}

static void publish(void) {
    uint32_t count;
    const uint16_t *seen = state_seen(&count);
    uint32_t at = add(0, DOMAIN_STATE, seen, count, state_counters);
    if (!accesses_coverage_seen)
        return;
    seen = accesses_coverage_seen(&count);
    add(at, DOMAIN_ACCESSES, seen, count, accesses_counters);
}

__attribute__((constructor)) static void tell_the_engine(void) {
    if (CentipedeIsPresent) {
        state_on_end(publish);
        return;
    }
    if (__libfuzzer_is_present || &__afl_area_ptr || !__sanitizer_cov_8bit_counters_init)
        return;
    __sanitizer_cov_8bit_counters_init(state_counters, state_counters + STATE_COUNTERS);
    if (accesses_coverage_seen)
        __sanitizer_cov_8bit_counters_init(accesses_counters, accesses_counters + ACCESSES_COUNTERS);
}
