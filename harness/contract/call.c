/* What can be said of a call without performing it. */
#include "harness/contract/call.h"

bool call_is_callback(uint8_t opcode) {
    return opcode == OP_PIN2 || opcode == OP_PIN || opcode == OP_UNPIN || opcode == OP_MAP ||
           opcode == OP_UNMAP;
}

bool call_injects(const struct sut *sut) {
    return sut->arm_fault && sut->fault_passed;
}

bool call_is_present(const struct call *call) {
    const DXGKRNL_INTERFACE *table = call->table;
    if (!table)
        return false;
    switch (call->opcode) {
    case OP_PIN2:
        return table->DxgkCbPinFrameBufferForSave2 != NULL;
    case OP_PIN:
        return table->DxgkCbPinFrameBufferForSave != NULL;
    case OP_UNPIN:
        return table->DxgkCbUnpinFrameBufferForSave != NULL;
    case OP_MAP:
        return table->DxgkCbMapFrameBufferPointer != NULL;
    case OP_UNMAP:
        return table->DxgkCbUnmapFrameBufferPointer != NULL;
    default:
        return false;
    }
}
