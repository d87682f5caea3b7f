/* Which statuses a call may return: the harness judges by it, and so do the C files of `pinfuzz source`,
 * which have this header as it stands. */
#ifndef HARNESS_LEGAL_H
#define HARNESS_LEGAL_H

#include "harness/sut.h"

struct legal {
    bool success;
    bool failure;    /* with which status, says the rest; where exact statuses are not judged, with any */
    NTSTATUS status; /* this one, when it is none of success */
    bool shortage;   /* STATUS_INSUFFICIENT_RESOURCES, STATUS_NO_MEMORY */
    bool commitment; /* STATUS_COMMITMENT_LIMIT */
    bool any;
};

static inline bool legal_is_shortage(NTSTATUS status) {
    return status == STATUS_INSUFFICIENT_RESOURCES || status == STATUS_NO_MEMORY;
}

static inline bool legal_permits(const struct legal *legal, NTSTATUS status, bool exact) {
    if (NT_SUCCESS(status))
        return legal->success;
    return legal->failure && (!exact || legal->any || status == legal->status ||
                              (legal->shortage && legal_is_shortage(status)) ||
                              (legal->commitment && status == STATUS_COMMITMENT_LIMIT));
}

#endif
