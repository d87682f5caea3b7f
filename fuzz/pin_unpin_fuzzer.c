/*
 * Proves: any sequence of pins (both forms), unpins, maps, unmaps, DMA, CPU access, power changes,
 * pressure and removal, by several callers in turn, keeps what was saved and leaks nothing.
 */
#include "harness/drive/target.h"

/* All but what changes the shape of chains, which is adapter_chain_fuzzer's, and races, which are
 * pin_race_fuzzer's. */
const uint32_t target_operations =
    ~(TARGET_OP(OP_LINK) | TARGET_OP(OP_ADD) | TARGET_OP(OP_RACE) | TARGET_OP(OP_OVERWRITE));

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    return target_run(data, size, target_operations);
}
