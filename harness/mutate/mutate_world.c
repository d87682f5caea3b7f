/* Worlds: budgets just below and above what a program needs, memory just in and out of sight. */
#include "harness/mutate/mutation.h"

#define PAGE      MODEL_PAGE
#define VIEW_STEP MODEL_VIEW_ALIGN

#define PROGRAM_MINIPORTS 10u /* bits of enum program_miniport */
_Static_assert(PROGRAM_MP_ALL == (1u << PROGRAM_MINIPORTS) - 1, "each of them can come");

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

void mutate_world_mend(struct program *program) {
    struct program_machine *machine = &program->machine;
    if (machine->ram_pages < 1)
        machine->ram_pages = 1;
    if (machine->ram_pages > PROGRAM_PAGES_MAX)
        machine->ram_pages = PROGRAM_PAGES_MAX;
    if (machine->highest_pfn > PROGRAM_PAGES_MAX - 1)
        machine->highest_pfn = PROGRAM_PAGES_MAX - 1;
    if (machine->highest_pfn < machine->ram_pages - 1)
        machine->highest_pfn = machine->ram_pages - 1;
    if (machine->commit_pages > PROGRAM_COMMIT_MAX)
        machine->commit_pages = PROGRAM_COMMIT_MAX;
    if (machine->pool_bytes > PROGRAM_POOL_MAX)
        machine->pool_bytes = PROGRAM_POOL_MAX;
    if (machine->view_bytes > PROGRAM_VIEWS_MAX)
        machine->view_bytes = PROGRAM_VIEWS_MAX;
    machine->view_bytes = machine->view_bytes / VIEW_STEP * VIEW_STEP;
    for (uint32_t i = 0; i < machine->adapters; i++)
        if (program->adapters[i].joins > i)
            program->adapters[i].joins = 0;
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

static void tweak_machine(struct mutation *m) {
    struct program_machine *machine = &m->program->machine;
    const uint64_t highest[] = {machine->ram_pages - 1,  machine->ram_pages,
                                machine->ram_pages + 15, program_default_highest_pfn(machine->ram_pages),
                                (UINT64_C(1) << 20) - 1, UINT64_C(1) << 20,
                                UINT64_C(1) << 32,       PROGRAM_PAGES_MAX - 1};
    switch (random_below(&m->random, 8)) {
    case 0:
    case 1:
        machine->iommu = (uint8_t)random_below(&m->random, SUT_IOMMU_KINDS);
        break;
    case 2:
        tweak_ram(m);
        break;
    case 3:
        machine->highest_pfn = RANDOM_PICK(&m->random, highest);
        break;
    case 4:
        machine->commit_pages = around(m, pages_wanted(m->program));
        if (random_one_in(&m->random, 2))
            machine->commit_pages = PROGRAM_COMMIT_MAX;
        break;
    case 5: /* from nothing to what some adapters, pins and views take, in halves */
        machine->pool_bytes = random_next(&m->random) % (PROGRAM_POOL_DEFAULT >> random_below(&m->random, 9));
        if (random_one_in(&m->random, 3))
            machine->pool_bytes = PROGRAM_POOL_MAX;
        break;
    case 6:
        machine->view_bytes = random_below(&m->random, random_one_in(&m->random, 3) ? 65 : 5) * VIEW_STEP;
        break;
    default:
        machine->pfn_seed =
            random_one_in(&m->random, 2) ? (uint32_t)random_next(&m->random) : random_below(&m->random, 8);
        break;
    }
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

static void tweak_adapter(struct mutation *m) {
    static const uint8_t caps[] = {0, 1, 2, 3, 4, 5, 5, 6, 7, 1, 3};
    uint8_t at = (uint8_t)random_below(&m->random, m->program->machine.adapters);
    struct program_adapter *adapter = &m->program->adapters[at];
    switch (random_below(&m->random, 12)) {
    case 0:
        adapter->joins = (uint8_t)random_below(&m->random, at + 1u);
        break;
    case 1:
        adapter->stopped = !adapter->stopped;
        break;
    case 2:
        adapter->absent = !adapter->absent;
        break;
    case 3:
        adapter->caps = RANDOM_PICK(&m->random, caps);
        break;
    case 4:
        adapter->version = (uint8_t)random_below(&m->random, PROGRAM_VERSIONS);
        break;
    case 5:
    case 6:
        adapter->miniport =
            random_one_in(&m->random, 4)
                ? 0
                : (uint16_t)((adapter->miniport ^ 1u << random_below(&m->random, PROGRAM_MINIPORTS)) &
                             PROGRAM_MP_ALL);
        break;
    case 7:
    case 8:
        adapter->highest_visible = some_visible(m, adapter);
        break;
    default:
        adapter->maximum_size = some_size(m);
        afford(m, adapter->maximum_size);
        break;
    }
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

void mutate_world_tweak(struct mutation *m) {
    uint32_t what = random_below(&m->random, 16);
    if (what < 6)
        tweak_machine(m);
    else if (what < 8)
        tweak_count(m);
    else if (what < 9)
        tweak_layout(m);
    else
        tweak_adapter(m);
    mutate_world_mend(m->program);
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
        program->machine.ram_pages = enough;
        program->machine.highest_pfn = program_default_highest_pfn(enough);
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

void mutate_world_fresh(struct mutation *m) {
    static const uint8_t counts[] = {1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 8, 9};
    static const uint8_t iommus[] = {SUT_IOMMU_PRESENT, SUT_IOMMU_PRESENT, SUT_IOMMU_REMAP_ALWAYS,
                                     SUT_IOMMU_REMAP_ALWAYS, SUT_IOMMU_NONE};
    struct program *program = m->program;
    program_default_machine(&program->machine);
    program->machine.adapters = RANDOM_PICK(&m->random, counts);
    if (program->machine.adapters > 8)
        program->machine.adapters = (uint8_t)random_between(&m->random, 9, PROGRAM_ADAPTERS);
    program->machine.iommu = RANDOM_PICK(&m->random, iommus);
    bool chained = !random_one_in(&m->random, 4);
    for (uint32_t i = 0; i < program->machine.adapters; i++) {
        struct program_adapter *adapter = &program->adapters[i];
        program_default_adapter(adapter);
        if (i > 0 && chained && !random_one_in(&m->random, 3))
            adapter->joins = (uint8_t)(random_one_in(&m->random, 3) ? random_between(&m->random, 1, i) : 1);
    }
    make_areas(m);
    if (random_one_in(&m->random, 6)) { /* a driver that does something wrong */
        uint32_t who = random_below(&m->random, program->machine.adapters);
        program->adapters[who].miniport = (uint16_t)(1u << random_below(&m->random, PROGRAM_MINIPORTS));
    }
    for (uint32_t tweaks = random_below(&m->random, 4); tweaks > 0; tweaks--)
        mutate_world_tweak(m);
    mutate_world_mend(program);
}
