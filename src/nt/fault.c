/* Counts fault points, and makes the armed one fail. */
#include "nt/fault.h"

#include "nt/private.h"

static struct {
    enum nt_fault_kind kind;
    uint32_t nth;
    uint32_t passed;
    bool fired;
} armed;

void nt_fault_arm(enum nt_fault_kind kind, uint32_t n) {
    armed.kind = kind;
    armed.nth = n;
    armed.passed = 0;
    armed.fired = false;
}

uint32_t nt_fault_passed(bool *fired) {
    *fired = armed.fired;
    return armed.passed;
}

NT_OWN bool nt_fault(enum nt_fault_kind kind) {
    if (armed.kind != NT_FAULT_ANY && armed.kind != kind)
        return false;
    armed.passed++;
    if (armed.passed != armed.nth)
        return false;
    armed.fired = true;
    return true;
}
