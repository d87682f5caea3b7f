/*
 * The mutator's face to libFuzzer and to engines that know its hooks. Others (AFL++'s driver,
 * honggfuzz, Centipede, the standalone one) link it and never call it.
 */
#include "harness/mutate.h"
#include "harness/target.h"

/* There under libFuzzer only; AFL++'s driver has one that does nothing. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other, size_t other_size,
                                 uint8_t *out, size_t max_size, unsigned int seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
    return mutate_input(data, size, max_size, seed, target_operations, LLVMFuzzerMutate);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other, size_t other_size,
                                 uint8_t *out, size_t max_size, unsigned int seed) {
    return mutate_cross(data, size, other, other_size, out, max_size, seed, target_operations);
}
