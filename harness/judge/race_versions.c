/*
 * A race in which an argument was written over: each member is read once, before that or after it. So there
 * is an order for the old argument, or for the new one. Where both explain a call that came to something,
 * nobody knows which it went by.
 */
#include <string.h>

#include "harness/contract/count.h"
#include "harness/judge/race.h"

/* The call has been asked this; and was answered so, unless it wrote there itself. */
static void take(struct race *of, uint64_t version) {
    const struct race_overwritten *over = &of->overwritten;
    struct call *answered = &of->answered[over->call];
    uint64_t found = 0;
    memcpy(&found, answered->arg.raw + over->at, over->width);
    memcpy(of->asked[over->call].arg.raw + over->at, &version, over->width);
    if (found == over->was || found == over->is)
        memcpy(answered->arg.raw + over->at, &version, over->width);
}

static bool search(struct race *of, bool exact, linearize_final *fits) {
    linearize(&run.model, of->calls, of->count, exact, fits, NULL, &of->result);
    return of->result.explained;
}

void race_explain(struct race *of, bool exact, linearize_final *fits) {
    struct linearize_result *result = &of->result;
    const struct race_overwritten *over = &of->overwritten;
    if (!over->made) {
        (void)search(of, exact, fits);
        return;
    }
    take(of, over->is);
    bool is = search(of, exact, fits);
    bool unknown = result->gave_up;
    take(of, over->was);
    bool was = search(of, exact, fits);
    unknown |= result->gave_up || (was && is && NT_SUCCESS(of->answered[over->call].status));
    if (is && !was) {
        take(of, over->is);
        (void)search(of, exact, fits);
    }
    result->gave_up |= unknown;
    bool its = result->culprit == over->call ||
               (result->culprit == LINEARIZE_CALLS && NT_SUCCESS(of->answered[over->call].status));
    if (!was && !is && its)
        result->clause = CLAUSE_RACE_ONCE;
    contract_kept(CLAUSE_RACE_ONCE, was || is);
}
