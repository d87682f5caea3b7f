/* What can be said of a call without performing it. */
#include "harness/contract/call.h"

bool call_injects(const struct sut *sut) {
    return sut->arm_fault && sut->fault_passed;
}

bool call_is_present(const struct call *call) {
    const DXGKRNL_INTERFACE *table = call->table;
    if (!table)
        return false;
    switch ((enum program_callback)call->opcode) {
#define PRESENT(name, number, word, race, needs, undone_by, help, member, type, slot, ...)                   \
    case CALLBACK_##name:                                                                                    \
        return table->slot;
        PROGRAM_CALLBACKS(PRESENT)
    }
    return false;
}
