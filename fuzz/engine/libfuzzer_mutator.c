/*
 * The mutator's face to libFuzzer and to engines that know its hooks. Others (AFL++'s driver,
 * honggfuzz, Centipede, the standalone one) link it and never call it.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/drive/target.h"
#include "harness/mutate/mutate.h"

#ifdef __has_feature
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define SEEN_WRITTEN(data, size) __msan_unpoison(data, size)
#endif
#endif
#ifndef SEEN_WRITTEN
#define SEEN_WRITTEN(data, size) ((void)0)
#endif

/* There under libFuzzer only; AFL++'s driver has one that does nothing. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other, size_t other_size,
                                 uint8_t *out, size_t max_size, unsigned int seed);

/* libFuzzer is compiled without MemorySanitizer, which sees nothing of what it writes and returns. */
static size_t mutate_by_engine(uint8_t *data, size_t size, size_t max_size) {
    size_t mutated = LLVMFuzzerMutate(data, size, max_size);
    SEEN_WRITTEN(&mutated, sizeof(mutated));
    SEEN_WRITTEN(data, mutated);
    return mutated;
}

/* PINFUZZ_SWARM=0: no stretch of mutants does without anything. */
static void settle_once(void) {
    static bool settled;
    if (settled)
        return;
    settled = true;
    const char *swarm = getenv("PINFUZZ_SWARM");
    mutate_swarm(!swarm || strcmp(swarm, "0") != 0);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
    settle_once();
    return mutate_input(data, size, max_size, seed, target_operations,
                        LLVMFuzzerMutate ? mutate_by_engine : NULL);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other, size_t other_size,
                                 uint8_t *out, size_t max_size, unsigned int seed) {
    settle_once();
    return mutate_cross(data, size, other, other_size, out, max_size, seed, target_operations);
}
