/* The oracle's looks at pins: by DMA, at their frames, at their descriptors. check.c says when. */
#include "harness/contract/dialect.h"
#include "harness/contract/held.h"
#include "harness/contract/reach.h"
#include "harness/judge/blame.h"
#include "harness/judge/check.h"
#include "harness/judge/descriptor.h"
#include "harness/judge/report.h"
#include "harness/judge/run.h"

#define ULL unsigned long long

static bool dma(uint8_t device, uint64_t page, uint64_t offset, uint64_t *value, bool write) {
    return run.sut->dma(device, page * MODEL_PAGE + offset, value, sizeof(*value), write);
}

/* The members of a chain that can do DMA now. */
static uint32_t able_members(const struct model_chain *chain, uint8_t able[SUT_CHAIN_MAX]) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < chain->count && run.sut->dma; i++)
        if (reach_can_dma(&run.model, chain->members[i]))
            able[count++] = chain->members[i];
    return count;
}

/* Reads one word of a pinned section through the domain and compares. */
static void read_pinned(uint8_t device, const struct model_area *area, uint64_t page, uint64_t address,
                        uint64_t offset, enum contract_clause unmapped, enum contract_clause clause) {
    uint64_t wanted = contents_read(area->serial, page * MODEL_PAGE + offset);
    uint64_t found = ~wanted; /* what nobody reads must not look right */
    bool done = dma(device, address, offset, &found, false);
    if (done && check_word(area, page * MODEL_PAGE + offset, wanted, found))
        return;
    REQUIRE(false, done ? blame_pinned(device, area, page, offset, found, clause) : unmapped,
            ("DMA by adapter %u to device page 0x%llx (page %llu of section %u) reads %s", device,
             (ULL)address, (ULL)page, area->serial, run_name_of(wanted)),
            ("%s", done ? run_name_of(found) : "a fault"));
}

/*
 * The pages of a pin that are followed: all of up to MODEL_SAMPLES; of more, the first two, the
 * middle, the last two, the one at 4 GiB (where 32-bit byte counts end) and two that differ from
 * section to section. A pin whose pages are right at both ends, in the middle and at a random place
 * can be wrong elsewhere; over many programs the random ones find that.
 */
static uint64_t sample_page(uint64_t pages, uint32_t sample, uint32_t serial) {
    if (pages <= MODEL_SAMPLES)
        return sample;
    switch (sample) {
    case 0:
        return 0;
    case 1:
        return pages - 1;
    case 2:
        return pages / 2;
    case 3:
        return 1;
    case 4:
        return pages - 2;
    case 5:
        return pages > UINT64_C(1) << 20 ? UINT64_C(1) << 20 : 2;
    default:
        return (pages + serial * UINT64_C(2654435761) * sample) % pages;
    }
}

/* The sample that is the last page. */
static uint32_t last_sample(const struct model_pin *pin) {
    return pin->pages > MODEL_SAMPLES ? 1 : pin->samples - 1;
}

static uint64_t pin_address(const struct model_pin *pin, uint64_t page) {
    return pin->contiguous ? pin->base + page : pin->array[page];
}

/* The pin as the ADL tells it. False when it is malformed. */
static bool read_adl(const struct call *call, uint8_t chain, uint8_t index, struct model_pin *pin) {
    const struct model_chain *c = &run.model.chains[chain];
    const DXGK_ADL *adl = call->arg.pin2.pAdl;
    bool prefer = call->arg.pin2.Flags.PreferContiguous;
    pin->pages = call->arg.pin2.CommitSize / MODEL_PAGE;
    pin->descriptor = adl;
    const char *array = !prefer ? "PreferContiguous was not set"
                        : c->mode == MODE_REMAPPED || DIALECT_IS(CONTIGUOUS, OTHERWISE)
                            ? NULL
                            : "memory is not remapped";
    if (!descriptor_check_adl(adl, pin->pages, array))
        return false;
    pin->contiguous = adl->Flags.Contiguous;
    bool owed = prefer && c->mode == MODE_REMAPPED && dialect_held && !call->fired;
    owed = owed && !DIALECT_IS(CONTIGUOUS, OTHERWISE);
    owed = owed && run.race_ops == 0; /* others may have had the range then */
    if (pin->contiguous) {
        pin->base = adl->BasePageNumber;
        return true;
    }
    pin->array = adl->Pages;
    return REQUIRE(!owed || !model_contiguous_free(&run.model, chain, pin->pages),
                   blame_lists_frames(c, index, pin) ? CLAUSE_INIT_REMAP : CLAUSE_PIN_CONTIG,
                   ("a contiguous ADL: memory is remapped and such a range is free"), ("an array"));
}

static bool read_mdl(const struct call *call, struct model_pin *pin) {
    const MDL *mdl = call->arg.pin.pMdl;
    pin->pages = call->arg.pin.CommitSize / MODEL_PAGE;
    pin->legacy = true;
    pin->contiguous = false;
    pin->descriptor = mdl;
    if (!descriptor_check_mdl(mdl, call->arg.pin.CommitSize))
        return false;
    pin->array = (const DXGK_PAGE_NUMBER *)(mdl + 1);
    return true;
}

/* PIN-VISIBLE, PIN-LOCKED, and 1:1 where memory is isolated and nowhere else (INIT-REMAP), page by sampled
 * page; all but the last is PIN1-SAME for an MDL. */
static void check_addresses(const struct model_chain *c, uint8_t index, const struct model_pin *pin) {
    enum contract_clause visible = pin->legacy ? CLAUSE_PIN1_SAME : CLAUSE_PIN_VISIBLE;
    enum contract_clause locked = pin->legacy ? CLAUSE_PIN1_SAME : CLAUSE_PIN_LOCKED;
    enum contract_clause moved = pin->legacy                ? CLAUSE_PIN1_SAME
                                 : c->mode == MODE_ISOLATED ? CLAUSE_INIT_REMAP
                                                            : CLAUSE_PIN_MAPPED;
    for (uint32_t i = 0; i < pin->samples; i++) {
        uint64_t address = pin->sample[i].address;
        ULL number = (ULL)pin->sample[i].page;
        if (!REQUIRE(
                address < c->visible_pages, visible,
                ("page %llu below device page 0x%llx (HighestVisibleAddress)", number, (ULL)c->visible_pages),
                ("device page 0x%llx", (ULL)address)))
            return;
        /* A look at a page costs as much as a DMA. Where a logical page leads shows by DMA, and the ends are
         * enough; that a page is at its own PFN does not show by it. */
        struct sut_page page;
        if (!run.sut->page || (c->mode == MODE_REMAPPED && i > 0 && i != last_sample(pin)))
            continue;
        bool found = run.sut->page(c->members[0], index, pin->sample[i].page, &page);
        if (!REQUIRE(found && page.locked, locked, ("page %llu of index %u locked", number, index),
                     ("%s", found ? "not locked" : "no such page")))
            return;
        bool own = page.has_frame && page.pfn == address;
        if (!REQUIRE(own || c->mode == MODE_REMAPPED, moved,
                     ("page %llu at its PFN: memory is not remapped", number),
                     ("device page 0x%llx, PFN 0x%llx", (ULL)address, page.has_frame ? (ULL)page.pfn : 0)) ||
            !REQUIRE(!own || c->mode != MODE_REMAPPED || i > 0 || !blame_lists_frames(c, index, pin),
                     CLAUSE_INIT_REMAP, ("logical pages: memory is remapped"),
                     ("each page at its PFN, the first at 0x%llx", (ULL)address)))
            return;
    }
}

/* The word that was written last, be it by DMA or by the CPU. */
static void read_last_word(uint8_t device, const struct model_area *area, const struct model_pin *pin,
                           enum contract_clause mapped, enum contract_clause contents) {
    uint64_t at = area->last_word - 1;
    if (area->last_word && at / MODEL_PAGE < pin->pages && !run.abandoned)
        read_pinned(device, area, at / MODEL_PAGE, pin_address(pin, at / MODEL_PAGE), at % MODEL_PAGE, mapped,
                    contents);
}

/*
 * Reads the stamp of each page and writes it where there is none, each by the next member. Two pages
 * of an ADL that are one page of memory show at once: the later one has the other's stamp before it was
 * given any. Then the members that had no turn read, and page 0 is read back by another than wrote it.
 * A page that was given its first bytes by the stamp is read where an ended section held something, too:
 * INIT-CLEAN would else show only to a program that reads that very word.
 * False when no member does DMA now: then nothing was looked at.
 */
static bool check_reach(const struct model_chain *c, const struct model_area *area,
                        const struct model_pin *pin, enum contract_clause mapped,
                        enum contract_clause contents) {
    uint8_t able[SUT_CHAIN_MAX];
    uint32_t members = able_members(c, able);
    if (members == 0)
        return false;
    for (uint32_t i = 0; i < pin->samples && !run.abandoned; i++) {
        uint8_t device = able[i % members];
        uint64_t page = pin->sample[i].page;
        uint64_t at = page * MODEL_PAGE + CONTENTS_STAMP_OFFSET;
        read_pinned(device, area, page, pin->sample[i].address, CONTENTS_STAMP_OFFSET, mapped, contents);
        if (run.abandoned || contents_read(area->serial, at) != 0)
            continue;
        uint64_t stamp = contents_stamp(area->serial, page);
        REQUIRE(dma(device, pin->sample[i].address, CONTENTS_STAMP_OFFSET, &stamp, true), mapped,
                ("DMA by adapter %u writes device page 0x%llx", device, (ULL)pin->sample[i].address),
                ("a fault"));
        contents_write(area->serial, at, contents_stamp(area->serial, page));
        if (run.stale_word && !run.abandoned)
            read_pinned(device, area, page, pin->sample[i].address, run.stale_word - 1, mapped, contents);
    }
    for (uint32_t i = pin->samples < members ? pin->samples : members - 1; i < members && !run.abandoned; i++)
        read_pinned(able[i], area, pin->sample[0].page, pin->sample[0].address, CONTENTS_STAMP_OFFSET, mapped,
                    mapped);
    read_last_word(able[0], area, pin, mapped, contents);
    return true;
}

/* What the descriptor said at birth it still says: its header, and the entry of the last page. */
static bool check_descriptor(const struct model_pin *pin, enum contract_clause clause) {
    if (pin->scribbled)
        return true;
    uint64_t last = pin->sample[last_sample(pin)].page;
    uint64_t address = pin->sample[last_sample(pin)].address;
    const struct descriptor now = descriptor_read(pin->descriptor, pin->legacy);
    bool same = pin->contiguous ? now.base == pin->base : now.array == pin->array;
    bool clean = now.rest == 0 || (!pin->legacy && !held.adl_flags);
    if (!REQUIRE(same && clean && now.pages == pin->pages && now.contiguous == pin->contiguous, clause,
                 ("%llu pages in the same %s, and no other bit set, as when it was pinned", (ULL)pin->pages,
                  pin->contiguous ? "range" : "array"),
                 ("%llu pages in %s %s%s", (ULL)now.pages, same ? "the same" : "another",
                  now.contiguous ? "range" : "array", clean ? "" : ", and another bit set")))
        return false;
    return REQUIRE(pin_address(pin, last) == address, clause,
                   ("page %llu of the descriptor 0x%llx, as when it was pinned", (ULL)last, (ULL)address),
                   ("0x%llx", (ULL)pin_address(pin, last)));
}

/* The other pins of a chain tell, in what follows, which device pages are mapped: their descriptors must
 * be what they were. */
static void check_descriptors(const struct model_chain *chain, uint8_t except) {
    for (uint32_t i = 0; i < chain->count && !run.abandoned; i++) {
        const struct model_pin *pin = &chain->areas[i].pin;
        if (pin->live && i != except)
            (void)check_descriptor(pin, pin->legacy ? CLAUSE_PIN1_SAME : CLAUSE_PIN_PAGES);
    }
}

/* PIN-EXACT: the device page after the last, and the one before a contiguous range, fault. False when
 * neither could be tried. */
static bool check_pin_edges(uint8_t chain, const struct model_pin *pin) {
    const struct model_chain *c = &run.model.chains[chain];
    uint8_t able[SUT_CHAIN_MAX];
    if (!c->attached || able_members(c, able) == 0)
        return false;
    uint64_t after = pin_address(pin, pin->pages - 1) + 1;
    uint64_t before = pin_address(pin, 0) - 1;
    uint64_t value = 0;
    bool try_after = after < UINT64_C(1) << 52 && !reach_in_chain(&run.model, chain, after);
    REQUIRE(!try_after || !dma(able[0], after, 0, &value, false), CLAUSE_PIN_EXACT,
            ("a fault at device page 0x%llx, after the pin's last, in no pin", (ULL)after),
            ("DMA went through"));
    bool try_before = pin->contiguous && pin->base > 0 && !reach_in_chain(&run.model, chain, before);
    REQUIRE(!try_before || !dma(able[0], before, 0, &value, false), CLAUSE_PIN_EXACT,
            ("a fault at device page 0x%llx, before the pin's first, in no pin", (ULL)before),
            ("DMA went through"));
    return try_after || try_before;
}

void check_edges(uint8_t chain) {
    const struct model_chain *c = &run.model.chains[chain];
    for (uint8_t i = 0; i < c->count && !run.abandoned; i++)
        if (c->areas[i].pin.live)
            (void)check_pin_edges(chain, &c->areas[i].pin);
}

/* RESV-APART: no logical page is one of a reserved range. */
static void check_apart(const struct model_chain *c, const struct model_pin *pin) {
    for (uint32_t i = 0; i < c->reserved && c->mode == MODE_REMAPPED && !run.abandoned; i++) {
        const struct model_range *range = &c->reserve[i];
        bool meets = pin->contiguous && pin->base < range->first + range->pages &&
                     range->first < pin->base + pin->pages;
        for (uint32_t k = 0; k < pin->samples && !pin->contiguous; k++)
            meets |= pin->sample[k].address - range->first < range->pages;
        REQUIRE(!meets, CLAUSE_RESV_APART,
                ("no logical page in the reserved range of %llu pages from 0x%llx", (ULL)range->pages,
                 (ULL)range->first),
                ("one of the pin is"));
        contract_kept(CLAUSE_RESV_APART, true);
    }
}

/* PIN-ISOLATED: with an IOMMU, another chain's GPU does not read this section at these addresses. */
static void check_foreigners(uint8_t chain, const struct model_area *area, const struct model_pin *pin) {
    if (run.program->machine.iommu == SUT_IOMMU_NONE || !run.sut->dma)
        return;
    for (uint8_t device = 0; device < run.program->machine.adapters; device++) {
        const struct model_device *d = &run.model.devices[device];
        if (!d->present || d->gone || d->d3 || d->in_reset || d->chain == chain ||
            reach_is_physical(&run.model, device))
            continue;
        uint64_t value = 0;
        bool reached = dma(device, pin->sample[0].address, CONTENTS_STAMP_OFFSET, &value, false) &&
                       value == contents_stamp(area->serial, pin->sample[0].page);
        REQUIRE(!reached, CLAUSE_PIN_ISOLATED,
                ("adapter %u of another chain does not reach section %u", device, area->serial),
                ("its DMA to device page 0x%llx reads the section's page %llu", (ULL)pin->sample[0].address,
                 (ULL)pin->sample[0].page));
        contract_kept(CLAUSE_PIN_ISOLATED, true);
    }
}

bool check_pin_read(const struct call *call, uint8_t chain, uint8_t index) {
    const struct model_chain *c = &run.model.chains[chain];
    struct model_pin pin = {0};
    if (call->opcode == OP_PIN ? !read_mdl(call, &pin) : !read_adl(call, chain, index, &pin))
        return false;
    pin.samples = pin.pages < MODEL_SAMPLES ? (uint32_t)pin.pages : MODEL_SAMPLES;
    if (!REQUIRE(!pin.contiguous ||
                     (pin.base <= c->visible_pages && pin.pages <= c->visible_pages - pin.base),
                 CLAUSE_PIN_VISIBLE,
                 ("%llu pages from device page 0x%llx within HighestVisibleAddress", (ULL)pin.pages,
                  (ULL)pin.base),
                 ("a range that ends beyond device page 0x%llx", (ULL)c->visible_pages)))
        return false;
    for (uint32_t i = 0; i < pin.samples; i++) {
        pin.sample[i].page = sample_page(pin.pages, i, c->areas[index].serial);
        pin.sample[i].address = pin_address(&pin, pin.sample[i].page);
    }
    model_pinned(&run.model, chain, index, &pin);
    return true;
}

void check_pin_birth(const struct call *call, uint8_t chain, uint8_t index) {
    if (check_pin_read(call, chain, index))
        check_pin_new(call, chain, index);
}

void check_pin_new(const struct call *call, uint8_t chain, uint8_t index) {
    struct model_chain *c = &run.model.chains[chain];
    struct model_area *area = &c->areas[index];
    const struct model_pin *pin = &area->pin;
    bool legacy = call->opcode == OP_PIN;
    bool fired = call->fired;
    situate_new_pin(&run.model, call, chain, index);
    check_addresses(c, index, pin);
    check_apart(c, pin);
    check_lists(chain, index);
    if (run.abandoned)
        return;

    enum contract_clause contents = CLAUSE_MAP_COHERENT; /* never pinned: the CPU wrote it */
    if (area->pinned_before)
        contents = area->pinned_legacy != legacy ? CLAUSE_PIN1_EQUAL : CLAUSE_PIN_CONTENTS;
    bool reached = check_reach(c, area, pin, legacy ? CLAUSE_PIN1_SAME : CLAUSE_PIN_MAPPED, contents);
    check_descriptors(c, index);
    if (!run.abandoned && check_pin_edges(chain, pin))
        contract_kept(CLAUSE_PIN_EXACT, true);
    if (!run.abandoned)
        check_foreigners(chain, area, pin);

    if (legacy) {
        run_count(CLAUSE_PIN1_SAME, fired);
    } else {
        run_count(CLAUSE_PIN_SUCCEEDS, fired);
        contract_kept(CLAUSE_PIN_COUNT, true);
        contract_kept(CLAUSE_PIN_PAGES, true);
        contract_kept(CLAUSE_PIN_ADLFLAGS, true);
        contract_kept(CLAUSE_PIN_CONTIG, true);
    }
    contract_kept(CLAUSE_PIN_VISIBLE, true);
    contract_kept(CLAUSE_INIT_REMAP,
                  run.sut->page && (c->mode != MODE_REMAPPED || blame_shows_frames(pin->pages)));
    /* What only DMA can show counts as kept when a GPU of the chain has looked. */
    if (reached && !legacy)
        run_count(CLAUSE_PIN_MAPPED, fired);
    if (reached && !area->pinned_before)
        contract_kept(CLAUSE_INIT_CLEAN, true);
    if (reached && area->pinned_before)
        contract_kept(CLAUSE_PIN_CONTENTS, true);
    if (reached && area->pinned_before && area->pinned_legacy != legacy)
        contract_kept(CLAUSE_PIN1_EQUAL, true);
    area->pinned_before = true;
    area->pinned_legacy = legacy;
    area->accepted[legacy] = pin->pages;
    area->cpu_wrote = false;
}

/* PIN-LOCKED: where pages are physical, one of them is still in the frame that the descriptor names; which
 * one, differs from operation to operation. */
static bool check_frame(const struct model_chain *c, uint8_t index, const struct model_pin *pin) {
    uint32_t sample = run.op % pin->samples;
    uint64_t address = pin->sample[sample].address;
    struct sut_page page;
    if (c->mode == MODE_REMAPPED || !run.sut->page)
        return true;
    bool found = run.sut->page(c->members[0], index, pin->sample[sample].page, &page);
    return REQUIRE(
        found && page.locked && page.has_frame && page.pfn == address,
        pin->legacy ? CLAUSE_PIN1_SAME : CLAUSE_PIN_LOCKED,
        ("page %llu of index %u locked in frame 0x%llx", (ULL)pin->sample[sample].page, index, (ULL)address),
        ("%s, PFN 0x%llx", found && page.locked ? "locked" : "not locked",
         found && page.has_frame ? (ULL)page.pfn : 0));
}

void check_pin_alive(uint8_t chain, uint8_t index, uint32_t samples, enum contract_clause clause) {
    const struct model_chain *c = &run.model.chains[chain];
    const struct model_area *area = &c->areas[index];
    const struct model_pin *pin = &area->pin;
    uint8_t able[SUT_CHAIN_MAX];
    if (run.abandoned)
        return;
    /* Where no operation is to blame, only lost bytes are PIN-CONTENTS. */
    bool general = clause == CLAUSE_PIN_CONTENTS;
    enum contract_clause described = !general ? clause : pin->legacy ? CLAUSE_PIN1_SAME : CLAUSE_PIN_PAGES;
    enum contract_clause mapped = !general ? clause : pin->legacy ? CLAUSE_PIN1_SAME : CLAUSE_PIN_MAPPED;
    enum contract_clause written = general && area->cpu_wrote ? CLAUSE_MAP_COHERENT : clause;
    if (!REQUIRE(!run.sut->descriptor_alive || run.sut->descriptor_alive(pin->descriptor), described,
                 ("the descriptor of the pin of index %u alive", index), ("freed")) ||
        !check_descriptor(pin, described) || (general && !check_frame(c, index, pin)))
        return;
    uint32_t members = able_members(c, able);
    if (members == 0)
        return;
    for (uint32_t i = 0; i < pin->samples && i < samples && !run.abandoned; i++) {
        /* Both ends first; of three, the third differs from operation to operation. */
        uint32_t sample = i;
        if (i == 1)
            sample = last_sample(pin);
        else if (i == 2 && samples == 3)
            sample = run.op % pin->samples;
        else if (i > 1 && i == last_sample(pin))
            sample = 1;
        read_pinned(able[i % members], area, pin->sample[sample].page, pin->sample[sample].address,
                    CONTENTS_STAMP_OFFSET, mapped, clause);
    }
    if (samples > 2)
        read_last_word(able[members - 1], area, pin, mapped, written);
}

void check_pin_locked(uint8_t chain, uint8_t index, enum contract_clause clause) {
    const struct model_chain *c = &run.model.chains[chain];
    const struct model_pin *pin = &c->areas[index].pin;
    for (uint32_t i = 0; i < 2 && run.sut->page && !run.abandoned; i++) {
        uint64_t number = pin->sample[i ? last_sample(pin) : 0].page;
        struct sut_page page;
        bool found = run.sut->page(c->members[0], index, number, &page);
        REQUIRE(found && page.locked, clause, ("page %llu of index %u locked", (ULL)number, index),
                ("%s", found ? "not locked" : "no such page"));
    }
}

/* ---- frames ---- */

/* PFNs of the sampled pages of each physical adapter's pin; UINT64_MAX: it had none. */
static uint64_t frames[SUT_DEVICES][MODEL_SAMPLES];

/* Calls visit for each sampled page of each live pin. */
static void each_frame(void (*visit)(const struct model_pin *pin, uint32_t sample, uint64_t *frame,
                                     const struct sut_page *page)) {
    for (uint32_t i = 0; i < run.program->machine.adapters && run.sut->page; i++) {
        const struct model_chain *c = &run.model.chains[i];
        for (uint32_t k = 0; k < c->count; k++) {
            const struct model_pin *pin = &c->areas[k].pin;
            for (uint32_t sample = 0; pin->live && sample < pin->samples && !run.abandoned; sample++) {
                struct sut_page page = {0};
                (void)run.sut->page(c->members[0], k, pin->sample[sample].page, &page);
                visit(pin, sample, &frames[c->members[k]][sample], &page);
            }
        }
    }
}

static void note_frame(const struct model_pin *pin, uint32_t sample, uint64_t *frame,
                       const struct sut_page *page) {
    (void)pin;
    (void)sample;
    *frame = page->has_frame ? page->pfn : UINT64_MAX;
}

static void compare_frame(const struct model_pin *pin, uint32_t sample, uint64_t *frame,
                          const struct sut_page *page) {
    ULL number = (ULL)pin->sample[sample].page;
    REQUIRE(*frame == UINT64_MAX || (page->has_frame && page->pfn == *frame), CLAUSE_PIN_LOCKED,
            ("page %llu of the pin at PFN 0x%llx, as before the pressure", number, (ULL)*frame),
            ("PFN 0x%llx%s", page->has_frame ? (ULL)page->pfn : 0, page->has_frame ? "" : ": it has none"));
    REQUIRE(page->locked, CLAUSE_PIN_LOCKED, ("page %llu of the pin locked", number), ("not locked"));
}

void check_frames_before(void) {
    each_frame(note_frame);
}

void check_frames_after(void) {
    each_frame(compare_frame);
}

void check_pin_gone(uint8_t chain, uint8_t index, const struct model_pin *pin, enum contract_clause clause) {
    const struct model_chain *c = &run.model.chains[chain];
    if (run.abandoned)
        return;
    if (!REQUIRE(!run.sut->descriptor_alive || !run.sut->descriptor_alive(pin->descriptor), clause,
                 ("the descriptor of the ended pin freed"), ("it is alive")))
        return;
    struct sut_page page;
    bool locked = c->phase == PHASE_STARTED && run.sut->page &&
                  run.sut->page(c->members[0], index, 0, &page) && page.locked;
    if (!REQUIRE(!locked, clause, ("page 0 of index %u not locked any more", index), ("locked")))
        return;
    if (run.program->machine.iommu == SUT_IOMMU_NONE || c->mode == MODE_PHYSICAL || !run.sut->dma ||
        (c->phase != PHASE_STOPPED && !c->attached))
        return;
    /* Every member, and both ends of the pin: attachment is gone for all or for none, but a single
     * translation may be left over. */
    for (uint32_t i = 0; i < c->count || (i == 1 && pin->samples > 1); i++) {
        uint8_t member = c->members[i % c->count];
        const struct model_device *d = &run.model.devices[member];
        uint64_t address = pin->sample[i % 2 ? last_sample(pin) : 0].address;
        uint64_t value = 0;
        if (d->gone || d->d3 || d->in_reset || reach_in_chain(&run.model, chain, address))
            continue;
        if (!REQUIRE(!dma(member, address, 0, &value, false), clause,
                     ("a fault at device page 0x%llx of the ended pin", (ULL)address),
                     ("DMA by adapter %u went through", member)))
            return;
    }
}

/* Why the device does no DMA now. */
static enum contract_clause idle_clause(const struct model_device *device) {
    return device->gone ? CLAUSE_STOP_RECLAIM : device->in_reset ? CLAUSE_TDR_KEEPS : CLAUSE_ANY_STATE;
}

void check_gpu(uint8_t device, enum contract_clause clause) {
    const struct model_chain *c = &run.model.chains[run.model.devices[device].chain];
    bool able = reach_can_dma(&run.model, device);
    for (uint32_t i = 0; i < c->count && run.sut->dma && !run.abandoned; i++) {
        const struct model_pin *pin = &c->areas[i].pin;
        uint64_t value;
        if (pin->live && able)
            read_pinned(device, &c->areas[i], pin->sample[0].page, pin->sample[0].address,
                        CONTENTS_STAMP_OFFSET, clause, clause);
        else if (pin->live)
            REQUIRE(!dma(device, pin->sample[0].address, 0, &value, false),
                    idle_clause(&run.model.devices[device]), ("no DMA by adapter %u now", device),
                    ("it reached device page 0x%llx", (ULL)pin->sample[0].address));
    }
}
