/* A small machine for the tests of nt/, and what they have in common. */
#ifndef TESTS_UNIT_NT_MACHINE_H
#define TESTS_UNIT_NT_MACHINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nt/fault.h"
#include "nt/irql.h"
#include "nt/lock.h"
#include "nt/mdl.h"
#include "nt/nt.h"
#include "nt/phys.h"
#include "nt/pool.h"
#include "nt/section.h"
#include "wddm/ntstatus.h"

static const struct nt_config small_machine = {
    .ram_pages = 64,
    .highest_pfn = 127,
    .commit_pages = 1000,
    .pool_bytes = UINT64_C(64) << 10,
    .view_bytes = UINT64_C(1) << 20,
    .pfn_seed = 7,
};

static inline void boot(const struct nt_config *config) {
    assert_true(nt_boot(config));
}

/* Setup and teardown of a test on the small machine. */
static inline int boot_small(void **state) {
    (void)state;
    return nt_boot(&small_machine) ? 0 : -1;
}

static inline int shut_down(void **state) {
    (void)state;
    nt_shutdown();
    return 0;
}

static inline uint64_t pfn_of(struct nt_section *section, uint64_t page) {
    uint64_t pfn = UINT64_MAX;
    assert_true(nt_section_pfn(section, page, &pfn));
    return pfn;
}

/* The first eight bytes of a page, as DMA sees them. */
static inline uint64_t dma_get(struct nt_section *section, uint64_t page) {
    uint64_t value = 0;
    const struct nt_page *record = nt_section_peek(section, page);
    if (record)
        nt_page_copy((struct nt_page *)record, 0, &value, sizeof(value), false);
    return value;
}

static inline void dma_put(struct nt_section *section, uint64_t page, uint64_t value) {
    struct nt_page *record = nt_section_touch(section, page);
    assert_non_null(record);
    nt_page_copy(record, 0, &value, sizeof(value), true);
}

static inline uint8_t *map(struct nt_section *section, uint64_t page, uint64_t pages) {
    void *base = NULL;
    assert_int_equal(nt_section_map(section, page * NT_PAGE_SIZE, pages * NT_PAGE_SIZE, &base),
                     STATUS_SUCCESS);
    assert_non_null(base);
    assert_int_equal((uintptr_t)base % NT_VIEW_ALIGN, 0);
    return base;
}

#endif
