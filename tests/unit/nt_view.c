/* Views: one byte has the same value wherever it is seen, and a base that died stays dead. */
#define _DEFAULT_SOURCE
#include "unit/nt_machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "nt/raw.h"
#include "nt/window.h"

#ifdef NT_ASAN
#include <sanitizer/asan_interface.h>
#endif

/* Whether the CPU may touch this byte, where the compiler lets us know. */
static void assert_cpu(const uint8_t *address, bool may) {
#ifdef NT_ASAN
    assert_int_equal(__asan_address_is_poisoned(address), !may);
#endif
    assert_int_equal(nt_view_accessible(address, 1), may);
}

/* The small machine with room for larger views. */
static int boot_roomy(void **state) {
    (void)state;
    struct nt_config config = small_machine;
    config.ram_pages = 4096;
    config.highest_pfn = 8191;
    config.pool_bytes = UINT64_C(1) << 20;
    config.view_bytes = UINT64_C(16) << 20;
    return nt_boot(&config) ? 0 : -1;
}

static uint64_t *word_at(uint8_t *base, uint64_t pages) {
    return (uint64_t *)(base + pages * NT_PAGE_SIZE);
}

static void a_view_starts_at_its_granule(void **state) {
    (void)state;
    struct nt_section *section = nt_section_create(100);
    dma_put(section, 21, 7);
    uint8_t *base = map(section, 21, 3); /* 16..23 */
    assert_int_equal(*word_at(base, 5), 7);
    assert_true(nt_view_accessible(base, 8 * NT_PAGE_SIZE));
    assert_false(nt_view_accessible(base, 8 * NT_PAGE_SIZE + 1));
    assert_false(nt_view_accessible(base - 1, 2));
    assert_cpu(base - 1, false);
    assert_cpu(base, true);
    assert_cpu(base + 8 * NT_PAGE_SIZE - 1, true);
    assert_cpu(base + 8 * NT_PAGE_SIZE, false);
    assert_int_equal(nt_section_usage().views, 1);
    assert_int_equal(nt_section_usage().view_bytes, NT_VIEW_ALIGN);
    assert_int_equal(nt_phys_held(), 8);
    *word_at(base, 6) = 9;
    assert_true(nt_section_unmap(section, base));
    assert_int_equal(dma_get(section, 22), 9);
    assert_int_equal(dma_get(section, 21), 7);
    assert_cpu(base, false);
    assert_cpu(base + 8 * NT_PAGE_SIZE - 1, false);
    assert_int_equal(nt_section_usage().views, 0);
    assert_int_equal(nt_section_usage().view_bytes, 0);
    assert_int_equal(nt_phys_held(), 0);
    nt_section_destroy(section);
}

static void only_bases_can_be_unmapped(void **state) {
    (void)state;
    struct nt_section *section = nt_section_create(100);
    struct nt_section *other = nt_section_create(100);
    uint8_t *base = map(section, 0, 20);
    assert_false(nt_section_unmap(section, base + NT_VIEW_ALIGN));
    assert_false(nt_section_unmap(section, base + 1));
    assert_false(nt_section_unmap(section, base - NT_VIEW_ALIGN));
    assert_false(nt_section_unmap(section, NULL));
    assert_false(nt_section_unmap(section, (void *)UINTPTR_MAX));
    assert_false(nt_section_unmap(section, section));
    assert_false(nt_section_unmap(other, base));
    assert_true(nt_section_unmap(section, base));
    assert_false(nt_section_unmap(section, base));
    nt_section_destroy(section);
    nt_section_destroy(other);
}

static void a_shared_base_wants_an_unmap_each(void **state) {
    (void)state;
    struct nt_section *section = nt_section_create(100);
    uint8_t *base = map(section, 0, 10);
    assert_ptr_equal(map(section, 2, 2), base);
    assert_ptr_equal(map(section, 0, 16), base);
    assert_true(nt_view_accessible(base, 16 * NT_PAGE_SIZE));
    assert_true(nt_section_unmap(section, base)); /* the last of them: 16 pages */
    assert_false(nt_view_accessible(base, 11 * NT_PAGE_SIZE));
    assert_true(nt_section_unmap(section, base));
    assert_true(nt_view_accessible(base, 10 * NT_PAGE_SIZE));
    assert_true(nt_section_unmap(section, base));
    assert_false(nt_section_unmap(section, base));
    assert_cpu(base, false);
    nt_section_destroy(section);
}

static void a_dead_base_never_comes_back(void **state) {
    (void)state;
    struct nt_section *section = nt_section_create(64);
    uint8_t *bases[200];
    for (unsigned i = 0; i < 200; i++) {
        bases[i] = map(section, i % 3 * 16, 1 + i % 5);
        for (unsigned j = 0; j < i; j++) {
            assert_ptr_not_equal(bases[i], bases[j]);
            assert_cpu(bases[j], false);
        }
        *word_at(bases[i], 0) += 1;
        assert_true(nt_section_unmap(section, bases[i]));
    }
    assert_int_equal(dma_get(section, 0), 67);
    assert_int_equal(dma_get(section, 32), 66);
    nt_section_destroy(section);
}

static void neighbours_share_a_window_so_that_bridges_are_cheap(void **state) {
    (void)state;
    struct nt_section *section = nt_section_create(1000);
    uint8_t *low = map(section, 0, 2);
    uint8_t *high = map(section, 96, 2);
    uint8_t *middle = map(section, 48, 2);
    assert_ptr_equal(high, low + 96 * NT_PAGE_SIZE);
    assert_ptr_equal(middle, low + 48 * NT_PAGE_SIZE);
    assert_false(nt_view_accessible(low, 3 * NT_PAGE_SIZE));
    assert_cpu(low + 2 * NT_PAGE_SIZE, false);
    assert_cpu(high - 1, false);
    assert_ptr_equal(map(section, 0, 98), low);
    assert_true(nt_view_accessible(low, 98 * NT_PAGE_SIZE));
    assert_int_equal(nt_section_unmap_all(section), 4);
    assert_int_equal(nt_section_unmap_all(section), 0);
    nt_section_destroy(section);
}

/* The middle view's base died, so it moved to a window of its own; then one view shows them all. */
static void a_bridge_over_two_windows_shows_what_both_show(void **state) {
    (void)state;
    struct nt_section *section = nt_section_create(1000);
    dma_put(section, 8, 8);
    uint8_t *low = map(section, 0, 20);
    uint8_t *high = map(section, 32, 4);
    assert_true(nt_section_unmap(section, high));
    uint8_t *moved = map(section, 32, 4);
    assert_ptr_not_equal(moved, high);
    *word_at(low, 19) = 19;
    *word_at(moved, 3) = 35;
    uint8_t *bridge = map(section, 0, 40);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(*word_at(bridge, 8), 8);
        assert_int_equal(*word_at(bridge, 19), 19);
        assert_int_equal(*word_at(bridge, 35), 35);
        /* All three ways to write a byte, all ways to read it. */
        *word_at(bridge, 35) = 350;
        *word_at(low, 3) = 30;
        dma_put(section, 34, 340);
        dma_put(section, 30, 300);
        assert_int_equal(*word_at(moved, 3), 350);
        assert_int_equal(*word_at(bridge, 3), 30);
        assert_int_equal(*word_at(moved, 2), 340);
        assert_int_equal(*word_at(bridge, 34), 340);
        assert_int_equal(*word_at(bridge, 30), 300);
        assert_int_equal(dma_get(section, 35), 350);
        assert_int_equal(dma_get(section, 3), 30);
        *word_at(moved, 3) = 35;
    }
    assert_true(nt_section_unmap(section, moved));
    assert_cpu(moved, false);
    assert_int_equal(*word_at(bridge, 35), 35);
    /* What lies within the bridge finds its place there, although its pages are seen elsewhere too. */
    assert_ptr_equal(map(section, 16, 4), bridge + 16 * NT_PAGE_SIZE);
    assert_ptr_equal(map(section, 32, 8), bridge + 32 * NT_PAGE_SIZE);
    assert_true(nt_section_unmap(section, bridge));
    assert_true(nt_view_accessible(bridge + 32 * NT_PAGE_SIZE, 8 * NT_PAGE_SIZE));
    assert_cpu(bridge, false);
    assert_cpu(low, true);
    assert_int_equal(nt_section_unmap_all(section), 3);
    assert_int_equal(dma_get(section, 35), 35);
    assert_int_equal(dma_get(section, 19), 19);
    nt_section_destroy(section);
}

/* The base at page 0 died while its neighbour lives on; the pages are wanted together again. */
static void a_dead_base_next_to_a_live_view_stays_dead(void **state) {
    (void)state;
    struct nt_section *section = nt_section_create(100);
    uint8_t *low = map(section, 0, 32);
    uint8_t *high = map(section, 16, 16);
    assert_ptr_equal(high, low + 16 * NT_PAGE_SIZE);
    *word_at(low, 1) = 1;
    *word_at(high, 1) = 17;
    assert_true(nt_section_unmap(section, low));
    assert_cpu(low, false);
    assert_cpu(high, true);
    uint8_t *again = map(section, 0, 32);
    assert_ptr_not_equal(again, low);
    assert_cpu(low, false);
    assert_int_equal(*word_at(again, 1), 1);
    assert_int_equal(*word_at(again, 17), 17);
    *word_at(high, 2) = 18;
    assert_int_equal(*word_at(again, 18), 18);
    assert_int_equal(nt_section_unmap_all(section), 2);
    nt_section_destroy(section);
}

/* A page leaves a window that lives on, changes elsewhere, and is wanted back at its old place. */
static void an_old_place_shows_no_old_bytes(void **state) {
    (void)state;
    struct nt_section *section = nt_section_create(100);
    uint8_t *low = map(section, 0, 16);
    uint8_t *high = map(section, 16, 1);
    *word_at(high, 0) = 16;
    assert_true(nt_section_unmap(section, high));
    uint8_t *moved = map(section, 16, 1);
    assert_ptr_not_equal(moved, high);
    *word_at(moved, 0) = 0;
    assert_true(nt_section_unmap(section, moved));
    uint8_t *both = map(section, 0, 17);
    assert_ptr_equal(both, low);
    assert_int_equal(*word_at(both, 16), 0);
    assert_int_equal(nt_section_unmap_all(section), 2);
    nt_section_destroy(section);
}

/* Two live views overlap at any time, and slide 512 MiB up: far out of the first window. */
static void a_view_may_slide_any_distance(void **state) {
    (void)state;
    struct nt_section *section = nt_section_create(UINT64_C(1) << 34);
    uint64_t page = UINT64_C(1) << 30;
    uint8_t *base = map(section, page, 100);
    for (uint64_t step = 1; step <= 2000; step++) {
        *word_at(base, 99) = step;
        uint8_t *next = map(section, page + 64, 100);
        assert_int_equal(*word_at(next, 35), step);
        *word_at(next, 35) = step + 1;
        assert_int_equal(*word_at(base, 99), step + 1);
        assert_true(nt_section_unmap(section, base));
        page += 64;
        base = next;
    }
    assert_true(nt_section_unmap(section, base));
    nt_section_destroy(section);
}

/* Of a large view the host is asked which pages it has made: what was written moves and is gone with the
 * machine, be it a little here and there or all of it, and the rest is zeros. */
static void a_large_view_moves_what_was_written(void **state) {
    (void)state;
    enum {
        LARGE = 1500
    };
    for (uint64_t step = 1; step < 400; step = step * 7 / 2 + 1) { /* every page, ..., every 324th */
        struct nt_section *section = nt_section_create(UINT64_C(1) << 20);
        uint8_t *base = map(section, 0, LARGE);
        for (uint64_t i = 0; i < LARGE; i++)
            assert_int_equal(*word_at(base, i), 0);
        assert_true(nt_section_unmap(section, base));
        base = map(section, 0, LARGE);
        for (uint64_t i = 0; i < LARGE; i += step)
            *word_at(base, i) = i + 1;
        uint8_t *beyond = map(section, LARGE / 64 * 64 - 64, LARGE); /* of another window, sharing pages */
        for (uint64_t i = LARGE / 64 * 64 - 64; i < LARGE; i++)
            assert_int_equal(*word_at(beyond, i - (LARGE / 64 * 64 - 64)), i % step == 0 ? i + 1 : 0);
        assert_true(nt_section_unmap(section, beyond));
        assert_true(nt_section_unmap(section, base));
        base = map(section, 0, LARGE);
        for (uint64_t i = 0; i < LARGE; i++)
            assert_int_equal(*word_at(base, i), i % step == 0 ? i + 1 : 0);
        assert_true(nt_section_unmap(section, base));
        nt_section_destroy(section);
        nt_shutdown();
        assert_int_equal(boot_roomy(state), 0);
    }
}

static void budgets_are_exact_and_failures_change_nothing(void **state) {
    (void)state;
    struct nt_config config = small_machine;
    config.ram_pages = 1000;
    config.highest_pfn = 1999;
    config.view_bytes = 4 * NT_VIEW_ALIGN;
    nt_shutdown();
    boot(&config);
    struct nt_section *section = nt_section_create(UINT64_C(1) << 52);
    void *base = &config, *const untouched = base;
    assert_int_equal(nt_section_map(section, 0, 65 * NT_PAGE_SIZE, &base), STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(nt_section_map(section, 0, UINT64_C(0) - NT_PAGE_SIZE, &base),
                     STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(nt_section_map(section, 15 * NT_PAGE_SIZE, 50 * NT_PAGE_SIZE, &base),
                     STATUS_INSUFFICIENT_RESOURCES);
    uint8_t *all = map(section, 15, 49);
    assert_int_equal(nt_section_map(section, 0, NT_PAGE_SIZE, &base), STATUS_INSUFFICIENT_RESOURCES);
    assert_true(nt_section_unmap(section, all));
    uint8_t *small = map(section, 0, 1);
    assert_int_equal(nt_section_usage().view_bytes, NT_VIEW_ALIGN);
    uint8_t *rest = map(section, 1000, 40);
    assert_int_equal(nt_section_map(section, 0, NT_PAGE_SIZE, &base), STATUS_INSUFFICIENT_RESOURCES);
    assert_true(nt_section_unmap(section, small));
    assert_true(nt_section_unmap(section, rest));

    uint64_t pool = nt_pool_usage()->bytes;
    nt_fault_arm(NT_FAULT_VIEW, 1);
    assert_int_equal(nt_section_map(section, 0, NT_PAGE_SIZE, &base), STATUS_INSUFFICIENT_RESOURCES);
    nt_fault_arm(NT_FAULT_POOL, 1);
    assert_int_equal(nt_section_map(section, 0, NT_PAGE_SIZE, &base), STATUS_NO_MEMORY);
    nt_fault_arm(NT_FAULT_ANY, 0);
    assert_true(nt_section_lock(section, 990));
    assert_int_equal(nt_section_map(section, 0, 11 * NT_PAGE_SIZE, &base), STATUS_INSUFFICIENT_RESOURCES);
    nt_section_unlock(section);
    assert_ptr_equal(base, untouched);
    assert_int_equal(nt_section_usage().views, 0);
    assert_int_equal(nt_section_usage().view_bytes, 0);
    assert_int_equal(nt_phys_held(), 0);
    assert_int_equal(nt_pool_usage()->bytes, pool);
    nt_section_destroy(section);
}

static void a_map_passes_its_fault_points_in_order(void **state) {
    (void)state;
    struct nt_section *section = nt_section_create(8);
    bool fired;
    nt_fault_arm(NT_FAULT_ANY, 0);
    uint8_t *base = map(section, 0, 1);
    assert_int_equal(nt_fault_passed(&fired), 2);
    assert_true(nt_section_unmap(section, base));
    assert_int_equal(nt_fault_passed(&fired), 2); /* ANY-RELEASE */
    nt_section_destroy(section);
    assert_int_equal(nt_fault_passed(&fired), 2);
}

static void a_view_beyond_what_the_host_gives_is_a_shortage(void **state) {
    (void)state;
    struct nt_config config = small_machine;
    config.ram_pages = 10000;
    config.highest_pfn = 20000;
    config.view_bytes = UINT64_C(64) << 20;
    nt_shutdown();
    boot(&config);
    struct nt_section *section = nt_section_create(UINT64_C(1) << 52);
    void *base;
    assert_int_equal(nt_section_map(section, 0, (NT_VIEW_MAX_PAGES + 1) * NT_PAGE_SIZE, &base),
                     STATUS_NO_MEMORY);
    assert_int_equal(nt_phys_held(), 0);
    map(section, 0, NT_VIEW_MAX_PAGES);
    nt_section_unmap_all(section);
    nt_section_destroy(section);
}

/* ---- random sequences beside a model ---- */

#define SECTIONS 2u
#define PAGES    80u
#define VIEWS    16u
#define BASES    400u

struct shown {
    unsigned section;
    uint64_t first, end;
    uint8_t *base;
};

static uint32_t random_state;
static uint32_t pick(uint32_t bound) {
    random_state = random_state * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)bound * random_state >> 32);
}

static struct {
    struct nt_section *sections[SECTIONS];
    uint64_t start[SECTIONS]; /* page numbers are relative to it */
    uint64_t words[SECTIONS][PAGES];
    struct shown views[VIEWS];
    unsigned view_count;
    uint8_t *bases[BASES]; /* ever issued */
    unsigned base_count;
    uint64_t stamp;
} model;

static bool covered(const uint8_t *address) {
    for (unsigned i = 0; i < model.view_count; i++) {
        const struct shown *view = &model.views[i];
        if (address >= view->base && address < view->base + (view->end - view->first) * NT_PAGE_SIZE)
            return true;
    }
    return false;
}

static void check_all(void) {
    uint64_t bytes = 0;
    for (unsigned i = 0; i < model.view_count; i++) {
        const struct shown *view = &model.views[i];
        for (uint64_t page = view->first; page < view->end; page++)
            assert_int_equal(*word_at(view->base, page - view->first), model.words[view->section][page]);
        assert_true(nt_view_accessible(view->base, (view->end - view->first) * NT_PAGE_SIZE));
        assert_cpu(view->base - 1, covered(view->base - 1));
        uint8_t *end = view->base + (view->end - view->first) * NT_PAGE_SIZE;
        assert_cpu(end - 1, true);
        assert_cpu(end, covered(end));
        bytes += (view->end - view->first + 15) / 16 * NT_VIEW_ALIGN;
    }
    for (unsigned i = 0; i < model.base_count; i++)
        assert_cpu(model.bases[i], covered(model.bases[i]));
    for (unsigned s = 0; s < SECTIONS; s++)
        for (uint64_t page = 0; page < PAGES; page++)
            assert_int_equal(dma_get(model.sections[s], model.start[s] + page), model.words[s][page]);
    assert_int_equal(nt_section_usage().views, model.view_count);
    assert_int_equal(nt_section_usage().view_bytes, bytes);
}

static void random_map(void) {
    if (model.view_count == VIEWS || model.base_count == BASES)
        return;
    unsigned s = pick(SECTIONS);
    /* Around granules, for that is where things go wrong. */
    uint64_t page = pick(3) ? pick(PAGES / 16) * 16 : pick(PAGES);
    uint64_t pages = 1 + pick(pick(2) ? 16 : (uint32_t)(PAGES - page));
    if (pages > PAGES - page)
        pages = PAGES - page;
    /* All budgets have room: it must succeed, wherever it is. */
    uint8_t *base = map(model.sections[s], model.start[s] + page, pages);
    if (!covered(base))
        for (unsigned i = 0; i < model.base_count; i++)
            assert_ptr_not_equal(base, model.bases[i]);
    model.bases[model.base_count++] = base;
    model.views[model.view_count++] =
        (struct shown){.section = s, .first = page / 16 * 16, .end = page + pages, .base = base};
}

static void random_unmap(void) {
    if (model.view_count == 0)
        return;
    unsigned i = pick(model.view_count);
    /* The one mapped last at that base. */
    for (unsigned later = i + 1; later < model.view_count; later++)
        if (model.views[later].base == model.views[i].base)
            i = later;
    struct shown gone = model.views[i];
    model.view_count--;
    memmove(&model.views[i], &model.views[i + 1], (model.view_count - i) * sizeof(gone));
    assert_true(nt_section_unmap(model.sections[gone.section], gone.base));
}

static void random_write(void) {
    unsigned s = pick(SECTIONS);
    uint64_t page = pick(PAGES);
    /* Zeros as well, so that a value from before can show through. */
    uint64_t stamp = pick(3) ? ++model.stamp : 0;
    if (model.view_count > 0 && pick(2)) {
        const struct shown *view = &model.views[pick(model.view_count)];
        s = view->section;
        page = view->first + pick((uint32_t)(view->end - view->first));
        *word_at(view->base, page - view->first) = stamp;
    } else {
        dma_put(model.sections[s], model.start[s] + page, stamp);
    }
    model.words[s][page] = stamp;
}

static void anything_mapped_anyhow_stays_coherent(void **state) {
    for (uint32_t seed = 0; seed < 300; seed++) {
        nt_shutdown();
        assert_int_equal(boot_roomy(state), 0);
        random_state = seed * 77 + 1;
        memset(&model, 0, sizeof(model));
        for (unsigned s = 0; s < SECTIONS; s++) {
            /* The second lies at the end of the largest section. */
            model.start[s] = s == 0 ? 0 : (UINT64_C(1) << 52) - PAGES;
            model.sections[s] = nt_section_create(model.start[s] + PAGES);
            assert_non_null(model.sections[s]);
        }
        uint32_t length = 20 + pick(150);
        for (uint32_t step = 0; step < length; step++) {
            uint32_t what = pick(16);
            if (what < 5)
                random_map();
            else if (what < 8)
                random_unmap();
            else if (what < 14)
                random_write();
            else
                nt_phys_pressure();
            if (step % 8 == 7)
                check_all();
        }
        check_all();
        for (unsigned s = 0; seed % 2 && s < SECTIONS; s++) {
            nt_section_unmap_all(model.sections[s]);
            nt_section_destroy(model.sections[s]);
        }
    }
}

/* How many of these pages the host keeps memory for. */
static unsigned resident(uint8_t *base, unsigned pages) {
    static unsigned char made[NT_VIEW_MAX_PAGES];
    unsigned count = 0;
    assert_int_equal(mincore(base, pages * NT_PAGE_SIZE, made), 0);
    for (unsigned i = 0; i < pages; i++)
        count += made[i] & 1;
    return count;
}

/* Once many pages have been made, boots give them back, the next ones that look. */
static void pages_of_the_host_are_given_back(void **state) {
    enum {
        LARGE = 12,
        LONG = 2000
    };
    struct nt_config config = small_machine;
    uint8_t *bases[LARGE];
    config.ram_pages = LARGE * LONG;
    config.highest_pfn = 2 * LARGE * LONG;
    config.pool_bytes = UINT64_C(64) << 20;
    config.view_bytes = UINT64_C(256) << 20;
    nt_shutdown();
    boot(&config);
    for (unsigned i = 0; i < LARGE; i++) {
        struct nt_section *section = nt_section_create(LONG);
        assert_non_null(section);
        bases[i] = map(section, 0, LONG);
        for (unsigned page = 0; page < LONG; page++)
            *word_at(bases[i], page) = 1;
        assert_int_equal(nt_section_unmap_all(section), 1);
        nt_section_destroy(section);
    }
    for (unsigned boots = 0; boots < 2048; boots++) {
        nt_shutdown();
        assert_int_equal(boot_roomy(state), 0);
    }
    for (unsigned i = 0; i < LARGE; i++)
        assert_int_equal(resident(bases[i], LONG), 0);
}

/* Within a boot it is those that a view's bytes have left for the next one. The first 16384 of them are kept,
 * which are eight views and a part. */
static void a_boot_gives_back_what_it_left_behind(void **state) {
    enum {
        MOVES = 12,
        LONG = 2000,
        KEPT = 8
    };
    (void)state;
    uint8_t *bases[MOVES];
    struct nt_section *section = nt_section_create(LONG);
    assert_non_null(section);
    for (unsigned i = 0; i < MOVES; i++) {
        bases[i] = map(section, 0, LONG);
        for (unsigned page = 0; page < LONG; page++) {
            assert_int_equal(*word_at(bases[i], page), i == 0 ? 0 : i * LONG + page);
            *word_at(bases[i], page) = (uint64_t)(i + 1) * LONG + page;
        }
        assert_true(nt_section_unmap(section, bases[i]));
    }
    for (unsigned i = 0; i < MOVES; i++) {
        const unsigned pages = resident(bases[i], LONG);
        assert_true(i == KEPT || pages == (i < KEPT || i == MOVES - 1 ? LONG : 0));
    }
    nt_section_destroy(section);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, boot_roomy, shut_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(a_view_starts_at_its_granule),
        FRESH(only_bases_can_be_unmapped),
        FRESH(a_shared_base_wants_an_unmap_each),
        FRESH(a_dead_base_never_comes_back),
        FRESH(neighbours_share_a_window_so_that_bridges_are_cheap),
        FRESH(a_bridge_over_two_windows_shows_what_both_show),
        FRESH(a_dead_base_next_to_a_live_view_stays_dead),
        FRESH(an_old_place_shows_no_old_bytes),
        FRESH(a_view_may_slide_any_distance),
        FRESH(a_large_view_moves_what_was_written),
        FRESH(budgets_are_exact_and_failures_change_nothing),
        FRESH(a_map_passes_its_fault_points_in_order),
        FRESH(a_view_beyond_what_the_host_gives_is_a_shortage),
        FRESH(anything_mapped_anyhow_stays_coherent),
        FRESH(pages_of_the_host_are_given_back),
        FRESH(a_boot_gives_back_what_it_left_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
