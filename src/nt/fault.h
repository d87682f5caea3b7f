/* Fault points: each place where a real kernel may run out of something asks here first. */
#ifndef NT_FAULT_H
#define NT_FAULT_H

#include <stdbool.h>
#include <stdint.h>

enum nt_fault_kind {
    NT_FAULT_ANY, /* when arming: the nth point of whatever kind */
    NT_FAULT_POOL,
    NT_FAULT_LOCK,
    NT_FAULT_DOMAIN,
    NT_FAULT_VIEW,
    NT_FAULT_COMMIT,
    NT_FAULT_ATTACH,
    NT_FAULT_KINDS
};

/* Makes the nth (from 1) point of this kind fail, once. n = 0 disarms. Resets the counts. */
void nt_fault_arm(enum nt_fault_kind kind, uint32_t n);
/* Points of the armed kind passed since nt_fault_arm(); *fired says whether one was failed. */
uint32_t nt_fault_passed(bool *fired);
/* At a fault point: true when this one must fail. */
bool nt_fault(enum nt_fault_kind kind);

#endif
