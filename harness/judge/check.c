/*
 * The oracle's looks: what can a call have changed, and is it as the model says?
 *
 * Checking all pages of all pins after every operation would cost far more than the subject itself.
 * So a pin is looked at when it is made (every sampled page), when it ends (both ends, a third page, the
 * word written last), and after operations that could hurt it: pressure (every sampled page), power,
 * reset, the end of another pin of its chain, a refused second pin (both ends). At the end of a program
 * everything that is left is looked at. Little can hide in between: a pin that broke does not heal, so
 * it shows at its own end; what takes single pages from its middle shows in the counts of the ledger,
 * which cost no look-up and are compared after every operation, or in another program, where the third
 * page is another.
 */
#include "harness/judge/check.h"

#include "harness/contract/ledger.h"
#include "harness/judge/report.h"
#include "harness/judge/run.h"

#define ULL unsigned long long

/* ---- the ledger ---- */

#define ENUMERATE(member, what) COUNT_##member,
enum count {
    LEDGER_COUNTS(ENUMERATE)
};

/* Whether a chain that runs has a domain and is not attached to it yet. */
static bool waits_for_attach(void) {
    bool waits = false;
    for (uint32_t i = 0; i < run.program->machine.adapters; i++) {
        const struct model_chain *c = &run.model.chains[i];
        waits |= c->count > 0 && c->phase == PHASE_STARTED && c->mode != MODE_PHYSICAL && !c->attached;
    }
    return waits;
}

/* What is compared: how a domain that nothing is attached to is filled is a choice. */
static bool is_compared(enum count count) {
    return count != COUNT_domain_pages || run.sut->hold_chosen || !waits_for_attach();
}

static void count_differs(enum count count, const char *what, const struct ledger_blame *blame,
                          uint64_t wanted, uint64_t found) {
    bool more = found > wanted;
    enum contract_clause clause = blame->other;
    switch (count) {
    case COUNT_commit_pages:
        clause = blame->commit;
        break;
    case COUNT_domain_pages:
        if (!more && waits_for_attach()) { /* what is pinned now, and would not be there after it */
            clause = CLAUSE_ATTACH_KEEPS;
            break;
        }
        clause = more ? blame->pins_more : blame->pins_less;
        break;
    case COUNT_pins:
    case COUNT_locked_pages:
        clause = more ? blame->pins_more : blame->pins_less;
        break;
    case COUNT_views:
    case COUNT_view_bytes:
        clause = more ? blame->views_more : blame->views_less;
        break;
    case COUNT_handles:
        break;
    case COUNT_leaks:
        clause = CLAUSE_STOP_RECLAIM;
        break;
    case COUNT_breaches:
        clause = CLAUSE_ANY_IRQL;
        break;
    }
    REQUIRE(false, clause, ("%llu %s", (ULL)wanted, what), ("%llu", (ULL)found));
}

void check_ledger(const struct ledger_blame *blame) {
    const struct sut_ledger wanted = model_ledger(&run.model);
    const struct sut_ledger *found = &run.ledger;
    if (!run.sut->ledger || run.abandoned)
        return;
    run.sut->ledger(&run.ledger);
#define COMPARE(member, what)                                                                                \
    if (found->member != wanted.member && is_compared(COUNT_##member))                                       \
        count_differs(COUNT_##member, what, blame, wanted.member, found->member);
    LEDGER_COUNTS(COMPARE)
}

/* A call that a driver makes from inside: what Dxgkrnl has done of its start, or of its stop, the model does
 * not know. */
static void check_unchanged(enum contract_clause clause) {
    const struct ledger_blame blame = {clause, clause, clause, clause, clause, clause};
    const struct sut_ledger before = run.ledger;
    run.sut->ledger(&run.ledger);
#define COMPARE_WITH_BEFORE(member, what)                                                                    \
    if (run.ledger.member != before.member)                                                                  \
        count_differs(COUNT_##member, what, &blame, before.member, run.ledger.member);
    LEDGER_COUNTS(COMPARE_WITH_BEFORE)
}

void check_rollback(enum contract_clause clause) {
    const struct ledger_blame blame = {clause, clause, clause, clause, clause, clause};
    uint64_t bytes = run.ledger.pool_bytes;
    uint64_t blocks = run.ledger.pool_blocks;
    if (!run.sut->ledger || run.abandoned)
        return;
    if (run.inside)
        check_unchanged(clause);
    else
        check_ledger(&blame);
    REQUIRE(run.ledger.pool_bytes == bytes && run.ledger.pool_blocks == blocks, clause,
            ("%llu bytes of pool in %llu blocks, as before the call", (ULL)bytes, (ULL)blocks),
            ("%llu in %llu", (ULL)run.ledger.pool_bytes, (ULL)run.ledger.pool_blocks));
}
