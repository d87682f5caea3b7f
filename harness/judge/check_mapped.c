/*
 * RACE-MAPPED: while calls are under way, what domains map for devices stays locked. The ledger shows it: at
 * each release of a lock, by whomever, no more pages are mapped than are locked.
 *
 * Others may be as right, for what keeps a frame in its place is theirs to choose: a lock of their own that
 * memory pressure takes as well, a mark in the page, a second count; and they may take pages out of a domain
 * in steps. So only who has declared `mapped=locked` is held to it. Firmware's memory is mapped and never
 * locked: those pages are left out of what is compared.
 */
#include "harness/judge/check.h"
#include "harness/judge/report.h"
#include "harness/judge/run.h"

static struct {
    bool looks;
    bool seen;         /* something was mapped at a look */
    uint64_t reserved; /* pages that are mapped and need no lock */
    bool broken;
    uint64_t mapped; /* then */
    uint64_t locked;
} race_mapped;

/* Pages of firmware's memory that are mapped by now. */
static uint64_t reserved_pages(void) {
    uint64_t pages = run.model.domain_pages;
    for (uint32_t i = 0; i < run.program->machine.adapters; i++) {
        const struct model_chain *c = &run.model.chains[i];
        for (uint32_t k = 0; k < c->count && c->mode != MODE_PHYSICAL; k++)
            pages -= c->areas[k].pin.live ? c->areas[k].pin.pages : 0;
    }
    return pages;
}

void check_mapped_begin(uint64_t reserved) {
    race_mapped.looks = run.sut->ledger && dialect_holds(DIALECT_MAPPED);
    race_mapped.seen = false;
    race_mapped.broken = false;
    race_mapped.reserved = race_mapped.looks ? reserved_pages() + reserved : 0;
}

void check_mapped_now(void) {
    struct sut_ledger now;
    if (!race_mapped.looks || race_mapped.broken)
        return;
    run.sut->ledger(&now);
    race_mapped.seen |= now.domain_pages > race_mapped.reserved;
    race_mapped.broken = now.domain_pages > race_mapped.reserved + now.locked_pages;
    race_mapped.mapped = now.domain_pages;
    race_mapped.locked = now.locked_pages;
}

/* Where each pin that was there is how its chain's GPUs see it. */
static void count_pins(void) {
    const struct situation_set of_race = situation_now;
    for (uint8_t i = 0; i < run.program->machine.adapters; i++) {
        situation_clear();
        if (run.model.chains[i].mode != MODE_PHYSICAL)
            situate_pins(&run.model, i);
        contract_saw(CLAUSE_RACE_MAPPED, true);
    }
    situation_now = of_race;
}

bool check_mapped_end(void) {
    if (!race_mapped.looks || !race_mapped.seen)
        return true;
    if (!race_mapped.broken) {
        contract_kept(CLAUSE_RACE_MAPPED, true);
        if (situation_wanted)
            count_pins();
        return true;
    }
    return REQUIRE(false, CLAUSE_RACE_MAPPED,
                   ("no page mapped that is not locked, where calls wait for one another: %llu pages at most",
                    (unsigned long long)(race_mapped.reserved + race_mapped.locked)),
                   ("%llu", (unsigned long long)race_mapped.mapped));
}
