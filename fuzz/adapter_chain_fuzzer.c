/*
 * Proves: whatever chains a machine has, however they are linked, started, stopped, removed and
 * reported on by their miniports, each save area is reachable by its own chain's GPUs and by no other.
 */
#include "harness/drive/target.h"

/* Everything that happens to a chain, and pins, maps and DMA to see what it reaches. */
const uint32_t target_operations = (PROGRAM_BUS_BITS & ~TARGET_OP(OP_PRESSURE)) | PROGRAM_CALLBACK_BITS |
                                   TARGET_OP(OP_DMA_WRITE) | TARGET_OP(OP_DMA_READ) | TARGET_OP(OP_ANSWERS) |
                                   TARGET_OP(OP_REPEAT);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    return target_run(data, size, target_operations);
}
