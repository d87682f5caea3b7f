/*
 * Proves: whatever two to four callers do at the same time, switched from one to another at whatever
 * access to memory, it ends as if they had done it one after the other, and nobody waits for ever.
 */
#include "harness/drive/target.h"

/* What pin_unpin_fuzzer runs, some of it concurrently. */
const uint32_t target_operations = ~(TARGET_OP(OP_LINK) | TARGET_OP(OP_ADD));

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    return target_run(data, size, target_operations);
}
