/* The oracle's looks at views, through the CPU. check.c says when. */
#include "harness/judge/blame.h"
#include "harness/judge/check.h"
#include "harness/judge/report.h"
#include "harness/judge/run.h"

#define ULL unsigned long long

static void read_view(const struct model_view *view, uint64_t offset, enum contract_clause clause) {
    const struct model_area *area = &run.model.chains[view->chain].areas[view->index];
    uint64_t address = view->base + (offset - view->first);
    if (!REQUIRE(!run.sut->cpu_accessible || run.sut->cpu_accessible((const void *)(uintptr_t)address, 8),
                 clause,
                 ("the CPU can read base + 0x%llx, section offset 0x%llx", (ULL)(offset - view->first),
                  (ULL)offset),
                 ("a fault")))
        return;
    uint64_t wanted = contents_read(area->serial, offset);
    uint64_t found = *(const volatile uint64_t *)(uintptr_t)address;
    REQUIRE(check_word(area, offset, wanted, found), blame_word(area, offset, found, true, clause),
            ("the CPU reads %s at base + 0x%llx (offset 0x%llx of section %u)", run_name_of(wanted),
             (ULL)(offset - view->first), (ULL)offset, area->serial),
            ("%s", run_name_of(found)));
}

/* Stamps a page through the view, where it has no stamp yet. */
static void stamp_view(const struct model_view *view, uint64_t page) {
    const struct model_area *area = &run.model.chains[view->chain].areas[view->index];
    uint64_t offset = page * MODEL_PAGE + CONTENTS_STAMP_OFFSET;
    if (run.abandoned || contents_read(area->serial, offset) != 0)
        return;
    uint64_t stamp = contents_stamp(area->serial, page);
    *(volatile uint64_t *)(uintptr_t)(view->base + (offset - view->first)) = stamp;
    contents_write(area->serial, offset, stamp);
    if (run.stale_word)
        read_view(view, page * MODEL_PAGE + (run.stale_word - 1), CLAUSE_MAP_COHERENT);
}

void check_view_birth(const struct model_view *view) {
    uint64_t first = view->offset / MODEL_PAGE;
    uint64_t last = (view->offset + view->size - 1) / MODEL_PAGE;
    const struct model_area *area = &run.model.chains[view->chain].areas[view->index];
    enum contract_clause clause = CLAUSE_MAP_COHERENT;
    read_view(view, first * MODEL_PAGE + CONTENTS_STAMP_OFFSET, clause);
    if (last != first && !run.abandoned)
        read_view(view, last * MODEL_PAGE + CONTENTS_STAMP_OFFSET, clause);
    if (area->last_word && area->last_word - 1 - view->offset < view->size && !run.abandoned)
        read_view(view, area->last_word - 1, clause);
    stamp_view(view, first);
    stamp_view(view, last);
    contract_kept(CLAUSE_MAP_COHERENT, true);
    contract_kept(CLAUSE_MAP_ADDRESS, true);
}

void check_view_alive(const struct model_view *view, enum contract_clause clause) {
    if (run.abandoned)
        return;
    read_view(view, view->offset + CONTENTS_STAMP_OFFSET, clause);
    if (view->size > MODEL_PAGE && !run.abandoned)
        read_view(view, view->offset + view->size - MODEL_PAGE + CONTENTS_STAMP_OFFSET, clause);
}

void check_view_gone(const struct model_view *view, enum contract_clause clause) {
    uint64_t last = view->base + (view->offset - view->first) + view->size - MODEL_PAGE;
    if (!run.sut->cpu_accessible || run.abandoned)
        return;
    bool first_byte = !model_base_covered(&run.model, view->base) &&
                      run.sut->cpu_accessible((const void *)(uintptr_t)view->base, 1);
    bool last_page =
        !model_base_covered(&run.model, last) && run.sut->cpu_accessible((const void *)(uintptr_t)last, 1);
    REQUIRE(!first_byte && !last_page, clause, ("CPU access through the ended view at its base faults"),
            ("its %s can be read", first_byte ? "first byte" : "last page"));
}
