/* Takes in the model of the run in progress, and what its implementation lets be seen. */
#include "harness/enumerate/state.h"

#include <stddef.h>
#include <string.h>

#include "harness/contract/contents.h"
#include "harness/contract/ledger.h"
#include "harness/enumerate/mix.h"
#include "harness/judge/run.h"

#define MIX(hash, value) (hash) = mix(hash, (uint64_t)(value))

/* Pages of an area that are looked at: all of a small one; of a large one both ends. */
#define PAGES_LOOKED_AT UINT64_C(64)

/* ---- the model ---- */

static uint64_t of_pin(uint64_t hash, const struct model_pin *pin) {
    if (!pin->live)
        return mix(hash, 0);
    MIX(hash, 1 + pin->legacy * 2u + pin->contiguous * 4u + pin->waited * 8u + pin->scribbled * 16u);
    MIX(hash, pin->pages);
    MIX(hash, pin->contiguous ? pin->base : 0);
    for (uint32_t i = 0; i < pin->samples; i++) {
        MIX(hash, pin->sample[i].page);
        MIX(hash, pin->sample[i].address);
    }
    MIX(hash, pin->pool_bytes);
    return mix(hash, pin->pool_blocks);
}

static uint64_t of_bytes(uint64_t hash, const void *from, const void *end) {
    for (const char *at = from; at < (const char *)end; at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof(word));
        MIX(hash, word);
    }
    return hash;
}

/* All its members, of which each is set when the chain starts; what lies between them is zero for ever. */
static uint64_t of_area(uint64_t hash, const struct model_area *area) {
    hash = of_bytes(hash, area, &area->pin);
    hash = of_bytes(hash, &area->pin + 1, area + 1);
    return of_pin(hash, &area->pin);
}
_Static_assert(offsetof(struct model_area, pin) % 8 == 0 && sizeof(struct model_pin) % 8 == 0 &&
                   sizeof(struct model_area) % 8 == 0,
               "an area is words around its pin");

static uint64_t of_chain(uint64_t hash, const struct model_chain *chain) {
    MIX(hash, chain->count);
    if (chain->count == 0)
        return hash;
    for (uint32_t i = 0; i < chain->count; i++)
        MIX(hash, chain->members[i]);
    MIX(hash, chain->phase);
    if (chain->phase == PHASE_STOPPED) /* the rest is of before it stopped */
        return hash;
    MIX(hash, chain->mode * 8u + chain->supported * 4u + chain->attached * 2u + chain->late);
    MIX(hash, chain->visible_pages);
    for (uint32_t i = 0; i < chain->reserved; i++) {
        MIX(hash, chain->reserve[i].first);
        MIX(hash, chain->reserve[i].pages);
    }
    MIX(hash, chain->mapped_pages);
    MIX(hash, chain->section_pages);
    for (uint32_t i = 0; i < chain->count; i++)
        hash = of_area(hash, &chain->areas[i]);
    return hash;
}

/* Which of the handles and bases that were ever issued this value is: the first of the same. */
static uint32_t first_of(const uint64_t *issued, uint32_t count, uint64_t value) {
    uint32_t i = 0;
    while (i < count && issued[i] != value)
        i++;
    return i;
}

static uint64_t of_device(uint64_t hash, const struct model *model, const struct model_device *device) {
    MIX(hash, device->present * 32u + device->gone * 16u + device->d3 * 8u + device->in_reset * 4u +
                  device->says_lead * 2u + device->handle_alive);
    if (!device->present)
        return hash;
    MIX(hash, device->chain);
    MIX(hash, device->position);
    MIX(hash, device->named);
    MIX(hash, device->links);
    return mix(hash, first_of(model->handles, model->handle_count, device->handle));
}

/* Bases by how far they lie from the first that was ever issued. */
static uint64_t of_views(uint64_t hash, const struct model *model) {
    uint64_t issued = 0; /* a set */
    MIX(hash, model->view_count);
    for (uint32_t i = 0; i < model->view_count; i++) {
        const struct model_view *view = &model->views[i];
        MIX(hash, view->chain);
        MIX(hash, view->index);
        MIX(hash, view->base - model->bases[0]);
        MIX(hash, view->first);
        MIX(hash, view->offset);
        MIX(hash, view->size);
    }
    for (uint32_t i = 0; i < model->base_count; i++)
        if (first_of(model->bases, model->base_count, model->bases[i]) == i)
            issued += mix(MIX_BEGIN, model->bases[i] - model->bases[0]);
    return mix(hash, issued);
}

static uint64_t of_model(uint64_t hash, const struct model *model) {
    uint8_t adapters = model->program->machine.adapters;
    for (uint8_t i = 0; i < adapters; i++) {
        MIX(hash, model->answers[i]);
        hash = of_device(hash, model, &model->devices[i]);
        hash = of_chain(hash, &model->chains[i]);
    }
    for (uint32_t i = 0; i < model->came_count; i++)
        MIX(hash, model->came[i]);
    for (unsigned i = 0; i < SUT_ACTORS; i++)
        MIX(hash, model->irql[i]);
    MIX(hash, model->handle_count);
    MIX(hash, (model->leaks > 0) * 2u + (model->breaches > 0));
    MIX(hash, model->ram_estimate);
    MIX(hash, model->pool_estimate);
    return of_views(hash, model);
}
/* Names each member of what is taken in by members, in order. Where one is missing here the compiler says so
 * (-Wmissing-field-initializers); it belongs into the functions above, too. */
__attribute__((unused)) static void all_members(const struct model_pin *p, const struct model_chain *c,
                                                const struct model_device *d, const struct model_view *v) {
    const struct model_pin pin = {p->live,    p->legacy, p->contiguous, p->waited,     p->scribbled,
                                  p->pages,   p->base,   p->array,      p->place,      p->descriptor,
                                  p->samples, {{0}},     p->pool_bytes, p->pool_blocks};
    const struct model_chain chain = {
        {0},         c->count,        c->phase,         c->mode,     c->supported,
        c->attached, c->late,         c->visible_pages, c->reserved, {{0}},
        {{0}},       c->mapped_pages, c->section_pages};
    const struct model_device device = {d->present,   d->gone,         d->d3,    d->in_reset,
                                        d->chain,     d->position,     d->named, d->links,
                                        d->says_lead, d->handle_alive, d->handle};
    const struct model_view view = {v->chain, v->index, v->base, v->first, v->offset, v->size};
    (void)pin, (void)chain, (void)device, (void)view;
}

/* The words of sections that live, in whatever order they were written. */
static uint64_t of_contents(uint64_t hash, const struct model *model) {
    struct contents_word word;
    uint64_t sum = 0;
    for (uint32_t n = 0; contents_nth(n, &word); n++) {
        bool live = false;
        for (uint8_t i = 0; i < model->program->machine.adapters; i++)
            for (uint8_t k = 0; k < model->chains[i].count; k++)
                live |= model->chains[i].phase != PHASE_STOPPED &&
                        model->chains[i].areas[k].serial == word.serial;
        if (live)
            sum += mix(mix(mix(MIX_BEGIN, word.serial), word.offset), word.value);
    }
    return mix(hash, sum);
}

/* ---- what can be looked at ---- */

static uint64_t of_ledger(uint64_t hash, const struct sut *sut) {
    struct sut_ledger ledger;
    if (!sut->ledger)
        return hash;
    sut->ledger(&ledger);
#define COUNTED(member, what, ...)                                                                           \
    if (LEDGER_##member != LEDGER_leaks && LEDGER_##member != LEDGER_breaches)                               \
        MIX(hash, ledger.member);
    LEDGER_COUNTS(COUNTED)
    MIX(hash, ledger.pool_bytes);
    MIX(hash, ledger.pool_blocks);
    return mix(hash, ledger.cache_bytes);
}

static uint64_t of_page(uint64_t hash, uint8_t chain, uint8_t index, uint64_t page) {
    struct sut_page seen = {0};
    if (!run.sut->page(chain, index, page, &seen))
        return mix(hash, 0);
    MIX(hash, 1 + seen.has_frame * 2u + seen.locked * 4u);
    MIX(hash, seen.has_frame ? seen.pfn : 0);
    return mix(hash, seen.views);
}

static uint64_t of_pages(uint64_t hash, uint8_t chain) {
    const struct model_chain *c = &run.model.chains[chain];
    for (uint8_t k = 0; k < c->count && run.sut->page && c->phase != PHASE_STOPPED; k++) {
        uint64_t pages = c->areas[k].maximum / MODEL_PAGE;
        for (uint64_t page = 0; page < pages; page++) {
            if (page == PAGES_LOOKED_AT / 2 && pages > PAGES_LOOKED_AT)
                page = pages - PAGES_LOOKED_AT / 2;
            hash = of_page(hash, c->members[0], k, page);
        }
    }
    return hash;
}

/* Domains by which devices have the same. */
static uint64_t of_domains(uint64_t hash) {
    uint64_t domains[SUT_DEVICES];
    uint8_t adapters = run.program->machine.adapters;
    for (uint8_t i = 0; i < adapters; i++) {
        bool present = run.model.devices[i].present;
        domains[i] = present && run.sut->domain ? run.sut->domain(i) : 0;
        MIX(hash, domains[i] ? 1 + first_of(domains, i, domains[i]) : 0);
        MIX(hash, present && run.sut->domain_pages ? run.sut->domain_pages(i) : 0);
    }
    return hash;
}

uint64_t state_number(void) {
    const struct sut *sut = run.sut;
    uint64_t hash = of_model(MIX_BEGIN, &run.model);
    hash = of_contents(hash, &run.model);
    hash = of_ledger(hash, sut);
    for (uint8_t i = 0; i < run.program->machine.adapters; i++)
        hash = of_pages(hash, i);
    hash = of_domains(hash);
    MIX(hash, sut->lock_held && sut->lock_held());
    return mix(hash, sut->irql ? sut->irql() : 0);
}
