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

#include <string.h>

#include "harness/contract/ledger.h"
#include "harness/judge/report.h"
#include "harness/judge/run.h"
#include "harness/program/operands.h"

#define ULL unsigned long long

/* ---- the ledger ---- */

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
static bool is_compared(enum ledger_count count) {
    return count != LEDGER_domain_pages || run.sut->hold_chosen || !waits_for_attach();
}

static void count_differs(enum ledger_count count, const char *what, const struct ledger_blame *blame,
                          uint64_t wanted, uint64_t found) {
    bool more = found > wanted;
    enum contract_clause clause = blame->other;
    switch (count) {
    case LEDGER_commit_pages:
        clause = blame->commit;
        break;
    case LEDGER_domain_pages:
        if (!more && waits_for_attach()) { /* what is pinned now, and would not be there after it */
            clause = CLAUSE_ATTACH_KEEPS;
            break;
        }
        clause = more ? blame->pins_more : blame->pins_less;
        break;
    case LEDGER_locked_pages:
        if (more && blame->pins_more == CLAUSE_PIN_EXACT) { /* which speaks of the domain */
            clause = dialect_broken(DIALECT_LOCK);
            break;
        }
        clause = more ? blame->pins_more : blame->pins_less;
        break;
    case LEDGER_pins:
        clause = more ? blame->pins_more : blame->pins_less;
        break;
    case LEDGER_views:
    case LEDGER_view_bytes:
        clause = more ? blame->views_more : blame->views_less;
        break;
    case LEDGER_handles:
        break;
    case LEDGER_leaks:
        clause = CLAUSE_STOP_RECLAIM;
        break;
    case LEDGER_breaches:
        clause = CLAUSE_ANY_IRQL;
        break;
    }
    REQUIRE(false, clause, ("%llu %s", (ULL)wanted, what), ("%llu", (ULL)found));
}

/* ---- budgets ---- */

static bool views_apart(void) {
    for (uint32_t i = 0; i < run.model.view_count; i++) {
        const struct model_view *a = &run.model.views[i];
        for (uint32_t k = i + 1; k < run.model.view_count; k++) {
            const struct model_view *b = &run.model.views[k];
            if (a->base < b->base + b->size && b->base < a->base + a->size)
                return false;
        }
    }
    return true;
}

/*
 * What one call gets is compared with what is left by the model, which is generous. This is what no account
 * can excuse: a locked page has a frame to itself, and views that are apart have their addresses to
 * themselves.
 */
static void check_budgets(void) {
    const struct program_machine *machine = &run.program->machine;
    REQUIRE(run.model.locked_pages <= machine->ram_pages, CLAUSE_ANY_BUDGET,
            ("at most %llu pages locked, for there are no more frames", (ULL)machine->ram_pages),
            ("%llu", (ULL)run.model.locked_pages));
    REQUIRE(run.model.view_bytes <= machine->view_bytes || !DIALECT_IS(VIEW, STEPS_OF_64K) || !views_apart(),
            CLAUSE_ANY_BUDGET, ("at most %llu bytes of views", (ULL)machine->view_bytes),
            ("%llu", (ULL)run.model.view_bytes));
    REQUIRE(!run.sut->ledger || run.ledger.pool_bytes <= machine->pool_bytes, CLAUSE_ANY_BUDGET,
            ("at most %llu bytes of pool", (ULL)machine->pool_bytes), ("%llu", (ULL)run.ledger.pool_bytes));
    /* To the last unit of something. */
    bool ram = run.model.locked_pages == machine->ram_pages;
    bool views = run.model.view_bytes == machine->view_bytes;
    if (!ram && !views)
        return;
    situation_enter_if(ram, SITUATION_FULL_RAM);
    situation_enter_if(views, SITUATION_FULL_VIEWS);
    contract_kept(CLAUSE_ANY_BUDGET, true);
}

void check_ledger(const struct ledger_blame *blame) {
    const struct sut_ledger *found = &run.ledger;
    const struct model *wanted = &run.model;
    if (run.abandoned)
        return;
    if (run.sut->ledger)
        run.sut->ledger(&run.ledger);
    check_budgets();
    if (!run.sut->ledger || run.abandoned)
        return;
#define COMPARE(member, what, of)                                                                            \
    if (found->member != wanted->of && is_compared(LEDGER_##member) &&                                       \
        !dialect_frees(LEDGER_##member, wanted->of, found->member))                                          \
        count_differs(LEDGER_##member, what, blame, wanted->of, found->member);
    LEDGER_COUNTS(COMPARE)
}

void check_rollback(enum contract_clause clause) {
    /* Commit is documented, whatever else a failure may leave behind. */
    const struct ledger_blame blame = {
        dialect_held ? clause : CLAUSE_INIT_COMMIT, clause, clause, clause, clause, clause};
    uint64_t bytes = run.ledger.pool_bytes;
    uint64_t blocks = run.ledger.pool_blocks;
    if (!run.sut->ledger || run.abandoned)
        return;
    check_ledger(&blame);
    if (!dialect_held) /* caches may grow by it */
        return;
    REQUIRE(run.ledger.pool_bytes == bytes && run.ledger.pool_blocks == blocks, clause,
            ("%llu bytes of pool in %llu blocks, as before the call", (ULL)bytes, (ULL)blocks),
            ("%llu in %llu", (ULL)run.ledger.pool_bytes, (ULL)run.ledger.pool_blocks));
}

static bool argument_kept(const union call_argument *before, const struct call *call) {
    unsigned out = DIALECT_IS(OUT, ZEROED) ? program_written(call->opcode) : 0;
    for (size_t i = 0; i < sizeof(call->arg.raw) / 8; i++) {
        uint64_t now, then;
        memcpy(&now, call->arg.raw + i * 8, sizeof(now));
        memcpy(&then, before->raw + i * 8, sizeof(then));
        if (now != then && !(out >> i & 1 && now == 0))
            return false;
    }
    return true;
}

void check_argument(const union call_argument *before, const struct call *call) {
    REQUIRE(argument_kept(before, call), CLAUSE_ANY_ROLLBACK, ("the argument structure as it was"),
            ("changed by a call that failed"));
}

void check_nothing_changed(const struct sut_ledger *before) {
    if (!run.sut->ledger || run.abandoned)
        return;
    struct sut_ledger now;
    run.sut->ledger(&now);
#define SAME(member, what, ...)                                                                              \
    REQUIRE(now.member == before->member || dialect_frees(LEDGER_##member, before->member, now.member) ||    \
                LEDGER_##member == LEDGER_breaches,                                                          \
            LEDGER_##member == LEDGER_commit_pages && !dialect_held ? CLAUSE_INIT_COMMIT                     \
                                                                    : CLAUSE_ANY_ROLLBACK,                   \
            ("%llu %s, as before the call", (ULL)before->member, what), ("%llu", (ULL)now.member));
    LEDGER_COUNTS(SAME)
}

bool check_other_word(const struct model_area *area, uint64_t at, uint64_t found) {
    uint32_t serial;
    uint64_t page;
    /* INIT-CLEAN: what is in a new section is a choice, as long as it is nobody's. */
    return !dialect_held && !contents_written(area->serial, at) &&
           !contents_is_stamp(found, &serial, &page) && contents_owner(found, area->serial) == 0;
}
