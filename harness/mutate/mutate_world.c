/* Worlds: budgets just below and above what a program needs, memory just in and out of sight. */
#include "harness/mutate/mutation.h"
#include "harness/program/world.h"

#define PAGE MODEL_PAGE

/* ---- what the world needs ---- */

static uint64_t capped_add(uint64_t a, uint64_t b) {
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t pages_wanted(const struct program *program) {
    uint64_t pages = 0;
    for (uint32_t i = 0; i < program->machine.adapters; i++)
        pages += program->adapters[i].maximum_size / PAGE; /* at most 16 * 2^52 */
    return pages;
}

/* A little around a number, never below 0. */
static uint64_t around(struct mutation *m, uint64_t value) {
    static const int8_t deltas[] = {0, 0, -1, 1, -1, 1, -2, 2, -8, 8, 16};
    int64_t delta = RANDOM_PICK(&m->random, deltas);
    if (delta >= 0)
        return capped_add(value, (uint64_t)delta);
    return value < (uint64_t)-delta ? 0 : value - (uint64_t)-delta;
}

/* ---- the machine ---- */

static void tweak_ram(struct mutation *m) {
    struct program_machine *machine = &m->program->machine;
    uint64_t any = random_below(&m->random, m->program->machine.adapters);
    uint64_t one = m->program->adapters[any].maximum_size / PAGE;
    switch (random_below(&m->random, 8)) {
    case 0:
        machine->ram_pages = PROGRAM_RAM_DEFAULT;
        break;
    case 1:
        machine->ram_pages = PROGRAM_PAGES_MAX;
        break;
    case 2:
        machine->ram_pages = 1 + random_below(&m->random, 32);
        break;
    case 3:
        machine->ram_pages = around(m, pages_wanted(m->program));
        break;
    case 4:
        machine->ram_pages = UINT64_C(1) << random_below(&m->random, 41);
        break;
    default:
        machine->ram_pages = around(m, one);
        break;
    }
    uint64_t ram = machine->ram_pages < PROGRAM_PAGES_MAX ? machine->ram_pages : PROGRAM_PAGES_MAX;
    machine->highest_pfn = program_default_highest_pfn(ram ? ram : 1);
    if (machine->commit_pages < PROGRAM_COMMIT_MAX && !random_one_in(&m->random, 4)) {
        uint64_t enough = capped_add(pages_wanted(m->program), program_default_commit(PROGRAM_RAM_DEFAULT));
        machine->commit_pages = enough < PROGRAM_COMMIT_MAX ? enough : PROGRAM_COMMIT_MAX;
    }
}

static uint64_t some_frame(struct mutation *m) {
    const struct program_machine *machine = &m->program->machine;
    const uint64_t highest[] = {machine->ram_pages - 1,  machine->ram_pages,
                                machine->ram_pages + 15, program_default_highest_pfn(machine->ram_pages),
                                (UINT64_C(1) << 20) - 1, UINT64_C(1) << 20,
                                UINT64_C(1) << 32,       PROGRAM_PAGES_MAX - 1};
    return RANDOM_PICK(&m->random, highest);
}

/* What all save areas take, or a little less or more. */
static uint64_t some_charge(struct mutation *m, struct world_range range) {
    uint64_t pages = around(m, pages_wanted(m->program));
    return random_one_in(&m->random, 2) ? range.most : pages;
}

/* One adapter more, or the last one less. */
static void tweak_count(struct mutation *m) {
    struct program *program = m->program;
    struct program_machine *machine = &program->machine;
    if (machine->adapters > 1 && random_one_in(&m->random, 3)) {
        machine->adapters--;
        return;
    }
    if (machine->adapters == PROGRAM_ADAPTERS)
        return;
    uint8_t at = machine->adapters++;
    program->adapters[at] = program->adapters[random_below(&m->random, at)];
    if (random_one_in(&m->random, 2))
        program_default_adapter(&program->adapters[at]);
    program->adapters[at].joins =
        (uint8_t)(random_one_in(&m->random, 2) ? 0 : random_between(&m->random, 1, at));
}

/* RAM, and PFNs as the machine would have them by default. The firmware's may lie beyond: to be mended. */
static void set_ram(struct program_machine *machine, uint64_t pages) {
    machine->ram_pages = pages;
    machine->highest_pfn = program_default_highest_pfn(pages);
}

/* ---- an adapter ---- */

static uint64_t some_size(struct mutation *m) {
    static const uint64_t edges[] = {
        0,
        PAGE,
        15 * PAGE,
        16 * PAGE,
        17 * PAGE,
        32 * PAGE,
        33 * PAGE,
        UINT64_C(64) * PAGE,
        (UINT64_C(4) << 30) - PAGE, /* what an MDL can describe */
        UINT64_C(4) << 30,
        (UINT64_C(4) << 30) + PAGE,
        (UINT64_C(1) << 44) - PAGE, /* what a PageCount can say */
        UINT64_C(1) << 44,
        (UINT64_C(1) << 44) + PAGE,
        UINT64_C(1) << 43,
        UINT64_C(1) << 63,
        UINT64_MAX - (PAGE - 1),
    };
    switch (random_below(&m->random, 8)) {
    case 0:
        return PROGRAM_SIZE_DEFAULT;
    case 1:
    case 2:
    case 3:
        return random_between(&m->random, 1, 24) * PAGE;
    case 4:
        return random_one_in(&m->random, 2) ? 0 : random_between(&m->random, 1, 600) * PAGE;
    case 5: /* no multiple of a page */
        return PROGRAM_SIZE_DEFAULT + (random_one_in(&m->random, 2)
                                           ? UINT64_C(1) << random_below(&m->random, 12)
                                           : random_below(&m->random, (uint32_t)PAGE));
    default:
        return RANDOM_PICK(&m->random, edges);
    }
}

/* Budgets for a section that would otherwise not fit. */
static void afford(struct mutation *m, uint64_t size) {
    struct program_machine *machine = &m->program->machine;
    if (size / PAGE <= PROGRAM_RAM_DEFAULT || random_one_in(&m->random, 8))
        return;
    machine->commit_pages = PROGRAM_COMMIT_MAX;
    if (!random_one_in(&m->random, 4)) {
        machine->ram_pages = PROGRAM_PAGES_MAX;
        machine->highest_pfn = PROGRAM_PAGES_MAX - 1;
    }
}

static uint64_t some_visible(struct mutation *m, const struct program_adapter *adapter) {
    uint64_t highest = m->program->machine.highest_pfn * PAGE + (PAGE - 1);
    uint64_t pages = adapter->maximum_size / PAGE;
    switch (random_below(&m->random, 8)) {
    case 0: /* just enough logical pages for the area, or just not: page 0 is never handed out */
        return (around(m, pages) + 1) * PAGE - 1;
    case 1:
        return (around(m, pages_wanted(m->program)) + 1) * PAGE - 1;
    case 2:
        return highest - 1 + random_below(&m->random, 3);
    case 3:
        return around(m, m->program->machine.highest_pfn) * PAGE + PAGE - 1;
    case 4: /* a page of which all but the last byte can be seen */
        return (around(m, pages) + 2) * PAGE - 2;
    case 5:
        return (UINT64_C(1) << random_below(&m->random, 64)) - random_below(&m->random, 2);
    case 6:
        return (uint64_t)random_between(&m->random, 1, 40) * PAGE - 1;
    default:
        return UINT64_MAX;
    }
}

/* ---- members, by the rows of world.def ---- */

/* From the least to what some adapters, pins and views take, in halves; or as much as there can be. */
static uint64_t some_half(struct mutation *m, struct world_range range) {
    uint64_t below = (range.plain - range.least) >> random_below(&m->random, 9);
    uint64_t value = range.least + (below ? random_next(&m->random) % below : 0);
    return random_one_in(&m->random, 3) ? range.most : value;
}

static uint64_t some_steps(struct mutation *m, struct world_range range, uint64_t step) {
    uint64_t all = (range.most - range.least) / step + 1;
    uint32_t few = all < 5 ? (uint32_t)all : 5;
    return range.least + step * random_below(&m->random, random_one_in(&m->random, 3) && all <= UINT32_MAX
                                                             ? (uint32_t)all
                                                             : few);
}

static uint64_t some_number(struct mutation *m, struct world_range range) {
    uint64_t last = range.most - range.least;
    if (!random_one_in(&m->random, 2))
        return range.least + random_below(&m->random, 8);
    return last == UINT64_MAX ? random_next(&m->random) : range.least + random_next(&m->random) % (last + 1);
}

/* Any combination; isolation, demanded or not, more often. */
static uint64_t some_caps(struct mutation *m) {
    static const uint8_t often[] = {PROGRAM_CAPS_DEFAULT, 1, 3};
    uint32_t pick = random_below(&m->random, PROGRAM_CAPS_ALL + 1 + sizeof(often));
    return pick <= PROGRAM_CAPS_ALL ? pick : often[pick - PROGRAM_CAPS_ALL - 1];
}

/* Where the firmware's memory is, or a little beside it; from the middle of what there is on, where there is
 * none yet. Of a number of pages: few. */
static uint64_t some_firmware(struct mutation *m, const struct world_field *field, struct world_range range,
                              uint64_t value) {
    const struct program_machine *machine = &m->program->machine;
    bool pages = offsetof(struct program_machine, firmware_pages) == field->offset && field->width == 8 &&
                 field >= world_machine.field && field < world_machine.field + world_machine.count;
    if (pages)
        return random_one_in(&m->random, 4) ? 0 : random_between(&m->random, 1, 16);
    uint64_t first = machine->firmware_pages ? machine->firmware_first : machine->highest_pfn / 2;
    value = random_one_in(&m->random, 2) ? first : around(m, first + random_below(&m->random, 4));
    return value > range.most ? range.most : value < range.least ? range.least : value;
}

/* IOMMUFlags: a bit, or what forces an attach, or nothing of it. */
static uint64_t some_flags(struct mutation *m, uint64_t flags) {
    static const uint8_t often[] = {0, 0, PROGRAM_IOMMU_FLAGS_DEFAULT, 0x17, 9};
    return random_one_in(&m->random, 2) ? RANDOM_PICK(&m->random, often)
                                        : flags ^ UINT64_C(1) << random_below(&m->random, 5);
}

static uint64_t other_bit(struct mutation *m, uint64_t bits, const struct world_list *list) {
    return random_one_in(&m->random, 4) ? 0 : bits ^ UINT64_C(1) << random_below(&m->random, list->count);
}

static uint64_t choice(struct mutation *m, const struct world_field *field, struct world_range range,
                       uint64_t value) {
    return field->kind == WORLD_IS_FLAG ? !value : random_below(&m->random, (uint32_t)range.most + 1);
}

/* What the member of the machine, or of adapter `at`, becomes. */
static uint64_t other_value(struct mutation *m, const struct world_field *field, uint8_t at, uint64_t value) {
    struct world_range range = world_range(field, &m->program->machine, at);
    switch (field->domain) {
    case WORLD_DOMAIN_ELSEWHERE:
        return value;
    case WORLD_DOMAIN_CHOICE:
        return choice(m, field, range, value);
    case WORLD_DOMAIN_ANY:
        return some_number(m, range);
    case WORLD_DOMAIN_HALVES:
        return some_half(m, range);
    case WORLD_DOMAIN_STEPS:
        return some_steps(m, range, field->step);
    case WORLD_DOMAIN_BIT:
        return other_bit(m, value, field->list);
    case WORLD_DOMAIN_FLAGS:
        return some_flags(m, value);
    case WORLD_DOMAIN_FIRMWARE:
        return some_firmware(m, field, range, value);
    case WORLD_DOMAIN_CAPS:
        return some_caps(m);
    case WORLD_DOMAIN_RAM:
        tweak_ram(m);
        return m->program->machine.ram_pages;
    case WORLD_DOMAIN_FRAME_EDGES:
        return some_frame(m);
    case WORLD_DOMAIN_AREAS:
        return some_charge(m, range);
    case WORLD_DOMAIN_SAVE_SIZE:
        value = some_size(m);
        afford(m, value);
        return value;
    case WORLD_DOMAIN_SIGHT:
        return some_visible(m, &m->program->adapters[at]);
    }
    return value;
}

static void tweak_member(struct mutation *m, const struct world_fields *fields, void *base, uint8_t at) {
    uint32_t weights = 0;
    for (unsigned i = 0; i < fields->count; i++)
        weights += fields->field[i].weight;
    uint32_t pick = random_below(&m->random, weights);
    const struct world_field *field = fields->field;
    for (; pick >= field->weight; field++)
        pick -= field->weight;
    world_set(field, base, other_value(m, field, at, world_get(field, base)));
}

static void tweak_adapter(struct mutation *m) {
    uint8_t at = (uint8_t)random_below(&m->random, m->program->machine.adapters);
    tweak_member(m, &world_adapter, &m->program->adapters[at], at);
}

/* All adapters of the world alike, or all but the first without an area of their own. */
static void tweak_layout(struct mutation *m) {
    struct program *program = m->program;
    bool shared = random_one_in(&m->random, 2);
    uint64_t size = some_size(m);
    uint64_t visible = some_visible(m, &program->adapters[0]);
    bool sight = random_one_in(&m->random, 2);
    for (uint32_t i = 0; i < program->machine.adapters; i++) {
        program->adapters[i].maximum_size = shared && i ? 0 : size;
        if (sight)
            program->adapters[i].highest_visible = visible;
    }
    afford(m, size);
}

/* Who says that it leads: another one than the first, or some of them, or none; and perhaps how many links
 * there are, which is one too many. */
static void make_links(struct mutation *m) {
    static const uint32_t said[] = {0, PROGRAM_MP_CLAIM_LEAD, PROGRAM_MP_DENY_LEAD};
    struct program_adapter *adapters = m->program->adapters;
    uint32_t count = m->program->machine.adapters;
    for (uint32_t i = 0; i < count; i++)
        adapters[i].miniport &=
            ~(uint32_t)(PROGRAM_MP_CLAIM_LEAD | PROGRAM_MP_DENY_LEAD | PROGRAM_MP_LINK_COUNT);
    if (random_one_in(&m->random, 2)) {
        adapters[0].miniport |= PROGRAM_MP_DENY_LEAD;
        adapters[random_between(&m->random, 1, count - 1)].miniport |= PROGRAM_MP_CLAIM_LEAD;
    } else {
        for (uint32_t i = 0; i < count; i++)
            adapters[i].miniport |= RANDOM_PICK(&m->random, said);
    }
    if (random_one_in(&m->random, 2))
        for (uint32_t i = 0; i < count; i++)
            if (random_one_in(&m->random, 2))
                adapters[i].miniport |= PROGRAM_MP_LINK_COUNT;
}

void mutate_world_tweak(struct mutation *m) {
    uint32_t what = random_below(&m->random, 16);
    if (what < 6)
        tweak_member(m, &world_machine, &m->program->machine, 0);
    else if (what < 8)
        tweak_count(m);
    else if (what < 9)
        tweak_layout(m);
    else if (what < 10 && m->program->machine.adapters > 1)
        make_links(m);
    else
        tweak_adapter(m);
    program_mend_world(m->program);
}

/* ---- a new one ---- */

/* One chain of several, so that its members compete. */
static void make_chain(struct mutation *m) {
    struct program *program = m->program;
    uint8_t *adapters = &program->machine.adapters;
    for (; *adapters < 2; ++*adapters)
        program_default_adapter(&program->adapters[*adapters]);
    for (uint32_t i = 1; i < *adapters; i++)
        program->adapters[i].joins = 1;
}

/* Budgets that some of the areas fit in, not all: each shortage has its own way to be met. */
static void make_tight(struct mutation *m) {
    struct program *program = m->program;
    if (!random_one_in(&m->random, 4))
        make_chain(m);
    uint32_t most = random_between(&m->random, 1, 6);
    for (uint32_t i = 0; i < program->machine.adapters; i++)
        program->adapters[i].maximum_size = random_between(&m->random, 1, most) * PAGE;
    uint32_t enough = (uint32_t)pages_wanted(program);
    if (random_one_in(&m->random, 2))
        enough = random_between(&m->random, 1, enough);
    else if (random_one_in(&m->random, 2)) /* each of them could have it all */
        for (uint32_t i = 0; i < program->machine.adapters; i++)
            program->adapters[i].maximum_size = enough * PAGE;
    switch (random_below(&m->random, 4)) {
    case 0:
        set_ram(&program->machine, enough);
        break;
    case 1:
        program->machine.commit_pages = enough;
        break;
    default:
        for (uint32_t i = 0; i < program->machine.adapters; i++)
            program->adapters[i].highest_visible = (enough + 1) * PAGE - 1;
        break;
    }
}

#define ROOMY_RAM (PROGRAM_VIEWS_MAX / PAGE + PROGRAM_RAM_DEFAULT)

void mutate_world_roomy(struct mutation *m) {
    struct program_machine *machine = &m->program->machine;
    machine->view_bytes = PROGRAM_VIEWS_MAX;
    machine->pool_bytes = PROGRAM_POOL_MAX;
    /* A view takes up to 16 pages for each granule of 64 KiB. */
    if (machine->ram_pages < ROOMY_RAM)
        set_ram(machine, ROOMY_RAM);
    program_mend_world(m->program);
}

/* Firmware with memory of its own, and drivers that reserve some of it. */
static void make_reserved(struct mutation *m) {
    struct program_machine *machine = &m->program->machine;
    machine->firmware_pages = random_between(&m->random, 1, 16);
    machine->firmware_first =
        random_one_in(&m->random, 2) ? random_between(&m->random, 1, 64) : machine->highest_pfn / 2;
    for (uint32_t i = 0; i < machine->adapters; i++) {
        struct program_adapter *adapter = &m->program->adapters[i];
        adapter->reserved = (uint8_t)random_below(&m->random, PROGRAM_RESERVED_MAX + 1);
        adapter->reserved_pages = random_between(&m->random, 1, 5);
        adapter->reserved_first = around(m, machine->firmware_first);
        if (random_one_in(&m->random, 8)) /* and says it in a way that Dxgkrnl must not believe */
            adapter->miniport |=
                random_one_in(&m->random, 2) ? PROGRAM_MP_RANGES_CHANGE : PROGRAM_MP_RANGES_ODD;
    }
}

void mutate_world_sparse(struct mutation *m) {
    struct program *program = m->program;
    uint64_t visible = random_between(&m->random, 24, 96) * PAGE - 1;
    program_default_machine(&program->machine);
    program->machine.adapters = random_one_in(&m->random, 2) ? 8 : (uint8_t)random_between(&m->random, 4, 7);
    program->machine.iommu = random_one_in(&m->random, 4) ? SUT_IOMMU_PRESENT : SUT_IOMMU_REMAP_ALWAYS;
    program->machine.view_bytes = PROGRAM_VIEWS_MAX;
    for (uint32_t i = 0; i < program->machine.adapters; i++) {
        struct program_adapter *adapter = &program->adapters[i];
        program_default_adapter(adapter);
        adapter->joins = i > 0;
        adapter->maximum_size = random_between(&m->random, 8, random_one_in(&m->random, 2) ? 48 : 192) * PAGE;
        adapter->highest_visible = visible;
    }
    if (random_one_in(&m->random, 4))
        make_reserved(m);
    program_mend_world(program);
}

static uint8_t some_iommu(struct mutation *m) {
    uint32_t pick = random_below(&m->random, 0
#define IOMMU(name, word, weight, ...) +(weight)
#include "harness/program/world.def"
    );
#define IOMMU(name, word, weight, ...)                                                                       \
    if (pick < (weight))                                                                                     \
        return SUT_IOMMU_##name;                                                                             \
    pick -= (weight);
#include "harness/program/world.def"
    return SUT_IOMMU_NONE;
}

void mutate_world_little(struct mutation *m) {
    struct program *program = m->program;
    struct program_machine *machine = &program->machine;
    uint64_t ram = random_between(&m->random, 2, random_one_in(&m->random, 4) ? 70 : 20);
    program_default_machine(machine);
    machine->adapters = (uint8_t)random_between(&m->random, 1, 5);
    machine->iommu = some_iommu(m);
    machine->ram_pages = ram;
    machine->highest_pfn = ram - 1 + (random_one_in(&m->random, 4) ? 1 : 0);
    machine->commit_pages = PROGRAM_COMMIT_MAX;
    machine->view_bytes =
        PROGRAM_VIEW_STEP * random_between(&m->random, 1, random_one_in(&m->random, 2) ? 4 : 20);
    for (uint32_t i = 0; i < machine->adapters; i++) {
        struct program_adapter *adapter = &program->adapters[i];
        program_default_adapter(adapter);
        adapter->joins = i > 0;
        adapter->maximum_size =
            (random_one_in(&m->random, 2) ? ram : random_between(&m->random, 1, (uint32_t)ram)) * PAGE;
        if (random_one_in(&m->random, 2)) /* as many logical pages: page 0 is never handed out */
            adapter->highest_visible = (ram + 1) * PAGE - 1;
    }
    if (random_one_in(&m->random, 2))
        machine->commit_pages = pages_wanted(program);
    if (random_one_in(&m->random, 4))
        make_reserved(m);
    program_mend_world(program);
}

void mutate_world_leave_views(struct mutation *m, uint64_t pages) {
    uint64_t granules = (pages * PAGE + PROGRAM_VIEW_STEP - 1) / PROGRAM_VIEW_STEP;
    m->program->machine.view_bytes = m->model.view_bytes + granules * PROGRAM_VIEW_STEP;
    program_mend_world(m->program);
}

void mutate_world_leave_frames(struct mutation *m, uint64_t pages) {
    uint64_t ram = capped_add(m->model.ram_estimate, pages);
    set_ram(&m->program->machine, ram < PROGRAM_PAGES_MAX ? ram : PROGRAM_PAGES_MAX);
    program_mend_world(m->program);
}

void mutate_world_leave_logical(struct mutation *m, uint8_t chain, uint64_t pages) {
    uint64_t taken = m->model.chains[chain].mapped_pages;
    for (uint32_t i = 0; i < m->program->machine.adapters; i++) /* page 0 is never handed out */
        m->program->adapters[i].highest_visible = (taken + pages + 1) * PAGE - 1;
    program_mend_world(m->program);
}

static void make_huge(struct mutation *m) {
    static const uint64_t units[] = {UINT64_C(1) << 32, UINT64_C(1) << 33, UINT64_C(1) << 43,
                                     UINT64_C(1) << 44, UINT64_C(1) << 63};
    struct program *program = m->program;
    uint64_t same = RANDOM_PICK(&m->random, units);
    for (uint32_t i = 0; i < program->machine.adapters; i++) {
        uint64_t size = random_one_in(&m->random, 3) ? RANDOM_PICK(&m->random, units) : same;
        if (random_one_in(&m->random, 3))
            size += random_one_in(&m->random, 2) ? PAGE : (uint64_t)-PAGE;
        program->adapters[i].maximum_size = size;
    }
    program->machine.commit_pages = PROGRAM_COMMIT_MAX;
    program->machine.ram_pages = PROGRAM_PAGES_MAX;
    program->machine.highest_pfn = PROGRAM_PAGES_MAX - 1;
}

static void make_areas(struct mutation *m) {
    struct program *program = m->program;
    uint32_t kind = random_below(&m->random, 16);
    if (kind < 4) {
        make_tight(m);
    } else if (kind < 6) {
        make_huge(m);
    } else if (kind < 8) { /* one for all, or none at all */
        uint32_t from = random_below(&m->random, 2);
        for (uint32_t i = from; i < program->machine.adapters; i++)
            program->adapters[i].maximum_size = 0;
    } else if (kind < 13) { /* up to a view's alignment, or beyond it */
        uint32_t most = random_one_in(&m->random, 2) ? 16 : 64;
        for (uint32_t i = 0; i < program->machine.adapters; i++)
            program->adapters[i].maximum_size = random_between(&m->random, 1, most) * PAGE;
    }
}

/* A driver that does something wrong, or a few. */
static void make_wrong(struct mutation *m) {
    struct program *program = m->program;
    uint32_t adapters = program->machine.adapters;
    do {
        program->adapters[random_below(&m->random, adapters)].miniport |=
            UINT32_C(1) << random_below(&m->random, PROGRAM_MINIPORTS);
    } while (random_one_in(&m->random, 3));
}

/* Drivers from before WDDM 2.9, which the machine's setting attaches, or a secure VM. */
static void make_old(struct mutation *m) {
    static const uint8_t versions[] = {PROGRAM_WDDM_2_4, PROGRAM_WDDM_2_5, PROGRAM_WDDM_2_6, PROGRAM_WDDM_2_7,
                                       PROGRAM_WDDM_2_8};
    struct program *program = m->program;
    uint8_t version = RANDOM_PICK(&m->random, versions);
    program->machine.iommu_flags = (uint32_t)some_flags(m, PROGRAM_IOMMU_FLAGS_DEFAULT);
    for (uint32_t i = 0; i < program->machine.adapters; i++)
        if (!random_one_in(&m->random, 8))
            program->adapters[i].version = version;
    if (random_one_in(&m->random, 4))
        program->machine.dxgkrnl_version = RANDOM_PICK(&m->random, versions);
    if (random_one_in(&m->random, 3)) { /* one that cannot be attached, or does not let itself */
        struct program_adapter *one = &program->adapters[random_below(&m->random, program->machine.adapters)];
        if (random_one_in(&m->random, 2))
            one->caps = 0;
        else
            one->miniport |= PROGRAM_MP_FAIL_BEGIN;
    }
}

void mutate_world_fresh(struct mutation *m) {
    static const uint8_t counts[] = {1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 8, 9};
    struct program *program = m->program;
    program_default_machine(&program->machine);
    program->machine.adapters = RANDOM_PICK(&m->random, counts);
    if (program->machine.adapters > 8)
        program->machine.adapters = (uint8_t)random_between(&m->random, 9, PROGRAM_ADAPTERS);
    if (m->swarm->adapters)
        program->machine.adapters = m->swarm->adapters;
    program->machine.iommu = m->swarm->iommu == SUT_IOMMU_KINDS ? some_iommu(m) : m->swarm->iommu;
    bool chained = !random_one_in(&m->random, 4);
    for (uint32_t i = 0; i < program->machine.adapters; i++) {
        struct program_adapter *adapter = &program->adapters[i];
        program_default_adapter(adapter);
        if (i > 0 && chained && !random_one_in(&m->random, 3))
            adapter->joins = (uint8_t)(random_one_in(&m->random, 3) ? random_between(&m->random, 1, i) : 1);
    }
    make_areas(m);
    if (program->machine.adapters > 1 && random_one_in(&m->random, 8))
        make_links(m);
    if (m->swarm->wrong_in && random_one_in(&m->random, m->swarm->wrong_in))
        make_wrong(m);
    if (random_one_in(&m->random, 8))
        mutate_world_roomy(m);
    if (random_one_in(&m->random, 4))
        make_old(m);
    if (random_one_in(&m->random, 6))
        make_reserved(m);
    for (uint32_t tweaks = random_below(&m->random, 4); tweaks > 0; tweaks--)
        mutate_world_tweak(m);
    program_mend_world(program);
}
