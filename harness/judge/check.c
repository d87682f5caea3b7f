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

static void count_differs(enum count count, const char *what, const struct ledger_blame *blame,
                          uint64_t wanted, uint64_t found) {
    bool more = found > wanted;
    enum contract_clause clause = blame->other;
    switch (count) {
    case COUNT_commit_pages:
        clause = blame->commit;
        break;
    case COUNT_pins:
    case COUNT_locked_pages:
    case COUNT_domain_pages:
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
    if (found->member != wanted.member)                                                                      \
        count_differs(COUNT_##member, what, blame, wanted.member, found->member);
    LEDGER_COUNTS(COMPARE)
}

void check_rollback(enum contract_clause clause) {
    const struct ledger_blame blame = {clause, clause, clause, clause, clause, clause};
    uint64_t bytes = run.ledger.pool_bytes;
    uint64_t blocks = run.ledger.pool_blocks;
    if (!run.sut->ledger || run.abandoned)
        return;
    check_ledger(&blame);
    REQUIRE(run.ledger.pool_bytes == bytes && run.ledger.pool_blocks == blocks, clause,
            ("%llu bytes of pool in %llu blocks, as before the call", (ULL)bytes, (ULL)blocks),
            ("%llu in %llu", (ULL)run.ledger.pool_bytes, (ULL)run.ledger.pool_blocks));
}

/* ---- chains ---- */

void check_started(uint8_t chain, const struct call *start) {
    const struct model_chain *c = &run.model.chains[chain];
    DXGK_IOMMU_CAPS caps = {.Value = run.program->adapters[chain].caps};
    /* A start may live through a fault, but not without the attachment that its driver requires. */
    enum contract_clause clause =
        caps.IommuIsolationRequired && start->fired ? CLAUSE_INIT_REQUIRED : CLAUSE_INIT_DOMAIN;
    if (run.sut->domain && !run.abandoned) {
        uint64_t domain = run.sut->domain(c->members[0]);
        REQUIRE((domain != 0) == (c->mode != MODE_PHYSICAL), clause,
                ("the lead, adapter %u, %s", c->members[0],
                 c->mode == MODE_PHYSICAL ? "without a domain" : "attached to a domain"),
                ("domain %llu", (ULL)domain));
        for (uint32_t i = 1; i < c->count; i++)
            REQUIRE(run.sut->domain(c->members[i]) == domain, clause,
                    ("adapter %u attached to the lead's domain %llu", c->members[i], (ULL)domain),
                    ("domain %llu", (ULL)run.sut->domain(c->members[i])));
        for (uint8_t i = 0; i < run.program->machine.adapters && domain; i++)
            REQUIRE(!run.model.devices[i].present || run.model.devices[i].chain == chain ||
                        run.sut->domain(i) != domain,
                    CLAUSE_INIT_DOMAIN, ("adapter %u of another chain in another domain", i),
                    ("domain %llu", (ULL)domain));
        contract_counts[CLAUSE_INIT_DOMAIN].kept++;
    }
    for (uint32_t i = 0; i < c->count && run.sut->page && !run.abandoned; i++) {
        uint64_t pages = c->areas[i].maximum / MODEL_PAGE;
        struct sut_page page;
        bool right = !run.sut->page(c->members[0], i, pages, &page) &&
                     (!pages || run.sut->page(c->members[0], i, pages - 1, &page));
        REQUIRE(right, CLAUSE_INIT_SECTION, ("index %u with a section of %llu pages", i, (ULL)pages),
                ("%s", pages ? "a section of another size, or none" : "a section"));
        contract_counts[CLAUSE_INIT_SECTION].kept++;
    }
}

void check_stopped(uint8_t chain, enum contract_clause clause) {
    const struct model_chain *c = &run.model.chains[chain];
    for (uint32_t i = 0; i < c->count && !run.abandoned; i++) {
        struct sut_page page;
        REQUIRE(!run.sut->domain || run.sut->domain(c->members[i]) == 0, clause,
                ("adapter %u of the stopped chain attached to no domain", c->members[i]),
                ("domain %llu", (ULL)run.sut->domain(c->members[i])));
        REQUIRE(!run.sut->page || !run.sut->page(c->members[0], i, 0, &page), clause,
                ("index %u of the stopped chain without a section", i), ("a section"));
    }
}
