/* The oracle's looks at chains: their domains, their sections, the reserved ranges. */
#include "harness/contract/reach.h"
#include "harness/judge/check.h"
#include "harness/judge/report.h"
#include "harness/judge/run.h"

#define ULL unsigned long long

/* The lead is attached or not, as the model says, and every member to the same domain. */
static void check_domains(uint8_t chain, enum contract_clause lead, enum contract_clause others) {
    const struct model_chain *c = &run.model.chains[chain];
    if (!run.sut->domain || run.abandoned)
        return;
    uint64_t domain = run.sut->domain(c->members[0]);
    REQUIRE((domain != 0) == c->attached, lead,
            ("the lead, adapter %u, %s", c->members[0],
             c->attached ? "attached to a domain" : "attached to no domain"),
            ("domain %llu", (ULL)domain));
    for (uint32_t i = 1; i < c->count; i++)
        REQUIRE(run.sut->domain(c->members[i]) == domain, others,
                ("adapter %u attached to the lead's domain %llu", c->members[i], (ULL)domain),
                ("domain %llu", (ULL)run.sut->domain(c->members[i])));
    for (uint8_t i = 0; i < run.program->machine.adapters && domain; i++)
        REQUIRE(!run.model.devices[i].present || run.model.devices[i].chain == chain ||
                    run.sut->domain(i) != domain,
                CLAUSE_INIT_DOMAIN, ("adapter %u of another chain in another domain", i),
                ("domain %llu", (ULL)domain));
}

void check_attached(uint8_t chain, enum contract_clause clause) {
    const struct model_chain *c = &run.model.chains[chain];
    if (c->phase == PHASE_STARTED)
        check_domains(chain, clause, clause == CLAUSE_ATTACH_LATER ? CLAUSE_ATTACH_ALL : clause);
}

/* Whose clause it is when a start has attached its chain and should not have, or the other way round. */
static enum contract_clause blame_start(const struct model_caps *caps, bool wanted,
                                        const struct call *start) {
    bool required = caps->required && start->fired; /* it may live through a fault, but not without this */
    if (caps->early)
        return required ? CLAUSE_INIT_REQUIRED : CLAUSE_INIT_DOMAIN;
    if (wanted)
        return required ? CLAUSE_INIT_REQUIRED : start->fired ? CLAUSE_ATTACH_FAIL : CLAUSE_ATTACH_LATER;
    return caps->mode == MODE_PHYSICAL ? CLAUSE_ATTACH_NOSUPPORT
           : caps->forced              ? CLAUSE_ATTACH_BEGINFAIL
                                       : CLAUSE_ATTACH_LATER;
}

static void check_sections(uint8_t chain) {
    const struct model_chain *c = &run.model.chains[chain];
    for (uint32_t i = 0; i < c->count && run.sut->page && !run.abandoned; i++) {
        uint64_t pages = c->areas[i].maximum / MODEL_PAGE;
        struct sut_page page;
        bool right = !run.sut->page(c->members[0], i, pages, &page) &&
                     (!pages || run.sut->page(c->members[0], i, pages - 1, &page));
        REQUIRE(right, CLAUSE_INIT_SECTION, ("index %u with a section of %llu pages", i, (ULL)pages),
                ("%s", pages ? "a section of another size, or none" : "a section"));
        contract_kept(CLAUSE_INIT_SECTION, true);
    }
}

void check_started(uint8_t chain, const struct call *start) {
    const struct model_chain *c = &run.model.chains[chain];
    const struct model_caps *caps = &run.model.caps[chain];
    check_domains(chain, blame_start(caps, c->attached, start),
                  caps->early ? CLAUSE_INIT_DOMAIN : CLAUSE_ATTACH_ALL);
    contract_kept(CLAUSE_INIT_DOMAIN, run.sut->domain);
    check_sections(chain);
    check_reserved(chain);
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

/* ---- reserved ranges ---- */

/* What the firmware's memory reads as (sut.h): its own addresses. */
static void read_reserved(uint8_t device, uint64_t page) {
    uint64_t address = page * MODEL_PAGE + CONTENTS_STAMP_OFFSET;
    uint64_t found = ~address;
    bool done = run.sut->dma(device, address, &found, sizeof(found), false);
    REQUIRE(done && found == address, CLAUSE_RESV_ONETOONE,
            ("DMA by adapter %u to page 0x%llx of a reserved range reaches it", device, (ULL)page),
            ("%s", done ? run_name_of(found) : "a fault"));
}

/* RESV-ONETOONE: both ends, by members in turn; RESV-EXACT: what is beside them. */
void check_reserved(uint8_t chain) {
    const struct model_chain *c = &run.model.chains[chain];
    uint32_t turn = 0;
    uint64_t value;
    if (!c->attached || !run.sut->dma)
        return;
    for (uint32_t i = 0; i < c->reserved && !run.abandoned; i++) {
        uint64_t first = c->reserve[i].first;
        uint64_t end = first + c->reserve[i].pages;
        uint8_t device = c->members[turn++ % c->count];
        if (!reach_can_dma(&run.model, device))
            continue;
        read_reserved(device, first);
        read_reserved(device, end - 1);
        REQUIRE(reach_in_chain(&run.model, chain, end) ||
                    !run.sut->dma(device, end * MODEL_PAGE, &value, sizeof(value), false),
                CLAUSE_RESV_EXACT, ("a fault at page 0x%llx, after a reserved range", (ULL)end),
                ("DMA by adapter %u went through", device));
        REQUIRE(first == 0 || reach_in_chain(&run.model, chain, first - 1) ||
                    !run.sut->dma(device, (first - 1) * MODEL_PAGE, &value, sizeof(value), false),
                CLAUSE_RESV_EXACT, ("a fault at page 0x%llx, before a reserved range", (ULL)(first - 1)),
                ("DMA by adapter %u went through", device));
        contract_kept(CLAUSE_RESV_ONETOONE, true);
        contract_kept(CLAUSE_RESV_EXACT, true);
    }
}

/* RESV-OVERLAP: both ends of what is not the firmware's, by a member that is attached. */
void check_overlap(uint8_t chain) {
    const struct program_machine *machine = &run.program->machine;
    const struct model_chain *c = &run.model.chains[chain];
    struct model_range ranges[PROGRAM_RESERVED_MAX];
    uint32_t count = model_ranges(run.program, run.model.answers[c->members[0]], ranges);
    uint8_t device = c->members[0];
    bool attached =
        run.model.caps[chain].mode == MODE_REMAPPED || (run.sut->domain && run.sut->domain(device) != 0);
    for (uint32_t i = 0; i < count && attached && run.sut->dma && !run.abandoned; i++)
        for (uint32_t end = 0; end < 2; end++) {
            uint64_t page = ranges[i].first + (end ? ranges[i].pages - 1 : 0);
            uint64_t value;
            REQUIRE(page - machine->firmware_first < machine->firmware_pages ||
                        !run.sut->dma(device, page * MODEL_PAGE, &value, sizeof(value), false),
                    CLAUSE_RESV_OVERLAP,
                    ("a fault at page 0x%llx, which is no firmware's and in a reserved range", (ULL)page),
                    ("DMA by adapter %u went through", device));
        }
}
