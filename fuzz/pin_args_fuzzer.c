/*
 * Proves: whatever is in DXGKARGCB_PINFRAMEBUFFERFORSAVE2 (all 32 bytes, null too), with whatever
 * handle and IRQL, Pin2 answers as the contract says and harms nothing.
 */
#include "harness/drive/target.h"

/* Pins of both forms and what is needed to see whether they did harm: an end of the pin, DMA through
 * it, pressure on it, and starts and stops that leave stale handles behind. */
const uint32_t target_operations = TARGET_OP(OP_PIN2) | TARGET_OP(OP_PIN) | TARGET_OP(OP_UNPIN) |
                                   TARGET_OP(OP_DMA_WRITE) | TARGET_OP(OP_DMA_READ) | TARGET_OP(OP_PRESSURE) |
                                   TARGET_OP(OP_IRQL) | TARGET_OP(OP_START) | TARGET_OP(OP_STOP) |
                                   TARGET_OP(OP_REPEAT);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    return target_run(data, size, target_operations);
}
