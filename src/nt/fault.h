/* Fault points: each place where a real kernel may run out of something asks here first. */
#ifndef NT_FAULT_H
#define NT_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/* ANY, when arming: the nth point of whatever kind. */
#define NT_FAULTS(FAULT)                                                                                     \
    FAULT(ANY)                                                                                               \
    FAULT(POOL)                                                                                              \
    FAULT(LOCK)                                                                                              \
    FAULT(DOMAIN)                                                                                            \
    FAULT(VIEW)                                                                                              \
    FAULT(COMMIT)                                                                                            \
    FAULT(ATTACH)

enum nt_fault_kind {
#define NT_FAULT(name) NT_FAULT_##name,
    NT_FAULTS(NT_FAULT)
#undef NT_FAULT
    NT_FAULT_KINDS
};

/* Makes the nth (from 1) point of this kind fail, once. n = 0 disarms. Resets the counts. */
void nt_fault_arm(enum nt_fault_kind kind, uint32_t n);
/* Points of the armed kind passed since nt_fault_arm(); *fired says whether one was failed. */
uint32_t nt_fault_passed(bool *fired);
/* At a fault point: true when this one must fail. */
bool nt_fault(enum nt_fault_kind kind);

#endif
