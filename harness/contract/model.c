/* The reference model of the five callbacks. */
#include "harness/contract/model.h"

#include <string.h>

#include "harness/contract/ledger.h"

static struct model_answer refuse(NTSTATUS status, enum contract_clause clause) {
    return (struct model_answer){.expect = MUST_FAIL, .status = status, .clause = clause};
}

static struct model_answer allow(bool fits, enum contract_clause clause, uint8_t chain, UINT index) {
    return (struct model_answer){
        .expect = fits ? MUST_SUCCEED : MAY_FAIL, .clause = clause, .chain = chain, .index = (uint8_t)index};
}

/* A chain that is not there yet: of a device that never comes, too, nothing is left of the run before, which
 * may have ended in the middle. */
static void empty(struct model_chain *c) {
    c->count = 0;
    c->phase = PHASE_STOPPED;
    c->mode = MODE_PHYSICAL;
    c->supported = false;
    c->attached = false;
    c->late = false;
    c->visible_pages = 0;
    c->reserved = 0;
    c->mapped_pages = 0;
    c->section_pages = 0;
}

void model_reset(struct model *model, const struct program *program) {
    model->program = program;
    for (uint32_t i = 0; i < program->machine.adapters; i++) {
        model->devices[i] = (struct model_device){0};
        empty(&model->chains[i]);
        model->answers[i] = (uint8_t)i;
        model->caps[i] = model_caps(program, (uint8_t)i);
    }
    model->came_count = 0;
    model->view_count = 0;
    model->base_count = 0;
    model->handle_count = 0;
    memset(model->irql, PASSIVE_LEVEL, sizeof(model->irql));
    model->actor = 0;
    model->commit_pages = 0;
    model->locked_pages = 0;
    model->domain_pages = 0;
    model->view_bytes = 0;
    model->pins = 0;
    model->leaks = 0;
    model->breaches = 0;
    model->handles_alive = 0;
    model->ram_estimate = 0;
    model->pool_estimate = 0;
}

struct sut_ledger model_ledger(const struct model *m) {
#define OWED(member, what, of) .member = m->of,
    return (struct sut_ledger){LEDGER_COUNTS(OWED)};
}

/* ---- what every callback checks, in the contract's order ---- */

bool model_stops_at_dispatch(const struct model *model) {
    return program_version_value(model->program->machine.dxgkrnl_version) >=
           DXGKDDI_INTERFACE_VERSION_WDDM3_2;
}

static struct model_answer refuse_by(NTSTATUS status, enum contract_clause clause, enum dialect dialect) {
    struct model_answer answer = refuse(status, clause);
    answer.by_dialect = true;
    answer.dialect = dialect;
    return answer;
}

/* Others may grant it, and what that means nobody knows. */
static struct model_answer refuse_here(NTSTATUS status, enum contract_clause clause) {
    struct model_answer answer = refuse(status, clause);
    answer.by_choice = true;
    return answer;
}

static bool any_member(const struct model *model, const struct model_chain *chain, bool in_reset) {
    for (uint32_t i = 0; i < chain->count; i++) {
        const struct model_device *member = &model->devices[chain->members[i]];
        if (in_reset ? member->in_reset : member->d3)
            return true;
    }
    return false;
}

static bool machine_may_refuse(const struct model *model) {
    return DIALECT_IS(NO_IOMMU, REFUSE) && model->program->machine.iommu == SUT_IOMMU_NONE;
}

/* Whether the dialect lets a new pin or map be refused now. */
static bool may_be_refused(const struct model *model, uint8_t chain) {
    const struct model_chain *c = &model->chains[chain];
    return (DIALECT_IS(D3, REFUSED) && any_member(model, c, false)) ||
           (DIALECT_IS(RESET, REFUSED) && any_member(model, c, true)) || machine_may_refuse(model);
}

/* A new pin or map. */
static struct model_answer allow_new(const struct model *model, bool fits, enum contract_clause clause,
                                     uint8_t chain, UINT index) {
    return allow(fits && !may_be_refused(model, chain), clause, chain, index);
}

static bool phase_lets(enum model_phase phase, bool releases) {
    if (phase != PHASE_STOPPING)
        return phase == PHASE_STARTED;
    return DIALECT_IS(STOPPING, EVERYTHING) || (releases && !DIALECT_IS(STOPPING, NOTHING));
}

/* Fills chain and returns true when the call is let through to its own checks. */
static bool enter(const struct model *model, HANDLE handle, const void *arg, bool releases, uint8_t *chain,
                  struct model_answer *answer) {
    KIRQL irql = model->irql[model->actor];
    if (irql > PASSIVE_LEVEL && !(irql == APC_LEVEL && DIALECT_IS(APC, ACCEPTED))) {
        *answer = refuse_by(STATUS_INVALID_LEVEL, CLAUSE_ANY_IRQL, DIALECT_APC);
        answer->stops = irql >= DISPATCH_LEVEL && model_stops_at_dispatch(model);
        return false;
    }
    if (!arg) {
        *answer = refuse_here(STATUS_INVALID_PARAMETER, CLAUSE_ANY_NULL);
        return false;
    }
    uint64_t value = (uint64_t)(uintptr_t)handle;
    const struct model_device *device = NULL;
    for (uint32_t i = 0; i < model->program->machine.adapters; i++)
        if (model->devices[i].handle_alive && model->devices[i].handle == value)
            device = &model->devices[i];
    if (!device) {
        bool stale = false;
        for (uint32_t i = 0; i < model->handle_count; i++)
            stale |= model->handles[i] == value;
        *answer = refuse(STATUS_INVALID_HANDLE, stale ? CLAUSE_STOP_STALE : CLAUSE_ANY_LEAD);
        return false;
    }
    if (device->position != 0) {
        *answer = refuse(STATUS_INVALID_HANDLE, CLAUSE_ANY_LEAD);
        return false;
    }
    *chain = device->chain;
    enum model_phase phase = model->chains[*chain].phase;
    if (!phase_lets(phase, releases)) {
        *answer = refuse(STATUS_INVALID_DEVICE_STATE, CLAUSE_ANY_STATE);
        answer->by_dialect = phase == PHASE_STOPPING;
        answer->dialect = DIALECT_STOPPING;
        return false;
    }
    return true;
}

/* What a callback checks when it is let through. */
typedef struct model_answer checks_fn(const struct model *model, uint8_t chain, const void *arg);

/* A new pin or map. Where the dialect lets it be refused, nobody says before which check that comes: it may
 * fail with any status then, for whatever else is wrong with it, too. */
static struct model_answer answer_new(const struct model *model, HANDLE handle, const void *arg,
                                      checks_fn *checks) {
    struct model_answer answer;
    uint8_t chain = PROGRAM_ADAPTERS; /* none, as long as the handle is no lead's */
    if (enter(model, handle, arg, false, &chain, &answer))
        answer = checks(model, chain, arg);
    answer.any_status = chain < PROGRAM_ADAPTERS ? may_be_refused(model, chain) : machine_may_refuse(model);
    return answer;
}

/* ---- pin ---- */

/* How many pages a pin of so many bytes locks. */
static uint64_t pages_locked(const struct model_area *area, uint64_t bytes) {
    return (DIALECT_IS(LOCK, WHOLE) ? area->maximum : bytes) / MODEL_PAGE;
}

/* Whether a pin of so many bytes fits every budget, by the clumsy accounting. */
static bool pin_fits(const struct model *model, uint8_t chain, const struct model_area *area, uint64_t bytes,
                     bool maybe_contiguous) {
    const struct program_machine *machine = &model->program->machine;
    const struct model_chain *c = &model->chains[chain];
    uint64_t pages = bytes / MODEL_PAGE;
    uint64_t locked = pages_locked(area, bytes);
    uint64_t ram =
        machine->ram_pages - !dialect_held; /* others need not hand out each frame, such as PFN 0 */
    if (locked > ram || model->ram_estimate > ram - locked)
        return false;
    if (c->mode == MODE_REMAPPED &&
        (pages >= c->visible_pages || c->mapped_pages >= c->visible_pages - pages))
        return false; /* logical page 0 is never handed out: visible_pages - 1 there are */
    uint64_t pool = model->pool_estimate + MODEL_POOL_PIN;
    maybe_contiguous = maybe_contiguous && !DIALECT_IS(CONTIGUOUS, OTHERWISE);
    if (!(maybe_contiguous && c->mode == MODE_REMAPPED && model_contiguous_free(model, chain, pages))) {
        if (pages > machine->pool_bytes / MODEL_POOL_PIN_PAGE)
            return false;
        pool += pages * MODEL_POOL_PIN_PAGE;
    }
    return pool <= machine->pool_bytes;
}

static bool supports_remapping(const struct model *model, uint8_t device) {
    const DXGK_IOMMU_CAPS caps = {.Value = model->program->adapters[model->answers[device]].caps};
    return caps.DmaRemappingSupported;
}

/* What the MDL form makes of it shows nowhere else: calibration pins by the ADL form. */
static struct model_answer zero(enum contract_clause clause) {
    struct model_answer answer = refuse_by(STATUS_INVALID_PARAMETER, clause, DIALECT_ZERO);
    answer.by_choice = DIALECT_IS(ZERO, GRANTED) || clause == CLAUSE_PIN1_SAME;
    return answer;
}

static struct model_answer twice(void) {
    struct model_answer answer = refuse_by(STATUS_INVALID_DEVICE_STATE, CLAUSE_PIN_TWICE, DIALECT_TWICE);
    answer.by_choice = DIALECT_IS(TWICE, GRANTED);
    return answer;
}

static struct model_answer pin2_checks(const struct model *model, uint8_t chain, const void *argument) {
    const DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *arg = argument;
    const struct model_chain *c = &model->chains[chain];
    if (arg->PhysicalAdapterIndex >= c->count)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_ANY_INDEX);
    if (arg->Flags.Reserved != 0 && !DIALECT_IS(RESERVED, IGNORED))
        return refuse_by(STATUS_INVALID_PARAMETER, CLAUSE_PIN_RESERVED, DIALECT_RESERVED);
    const struct model_area *area = &c->areas[arg->PhysicalAdapterIndex];
    if (!area->serial)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_PIN_NONE);
    if (arg->CommitSize == 0)
        return zero(CLAUSE_PIN_ZERO);
    if (arg->CommitSize % MODEL_PAGE != 0)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_PIN_ALIGN);
    if (arg->CommitSize > area->maximum)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_PIN_MAX);
    if (arg->CommitSize / MODEL_PAGE > UINT32_MAX)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_PIN_COUNT);
    if (area->pin.live)
        return twice();
    bool fits = pin_fits(model, chain, area, arg->CommitSize, arg->Flags.PreferContiguous);
    return allow_new(model, fits, CLAUSE_PIN_SUCCEEDS, chain, arg->PhysicalAdapterIndex);
}

struct model_answer model_pin2_answer(const struct model *model, HANDLE handle,
                                      const DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *arg) {
    return answer_new(model, handle, arg, pin2_checks);
}

static struct model_answer pin_checks(const struct model *model, uint8_t chain, const void *argument) {
    const DXGKARGCB_PINFRAMEBUFFERFORSAVE *arg = argument;
    const struct model_chain *c = &model->chains[chain];
    if (arg->PhysicalAdapterIndex >= c->count)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_ANY_INDEX);
    const struct model_area *area = &c->areas[arg->PhysicalAdapterIndex];
    if (area->serial && arg->CommitSize == 0)
        return zero(CLAUSE_PIN1_SAME);
    if (!area->serial || arg->CommitSize % MODEL_PAGE != 0 || arg->CommitSize > area->maximum)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_PIN1_SAME);
    if (arg->CommitSize > (UINT64_C(4) << 30) - MODEL_PAGE)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_PIN1_LIMIT);
    if (c->mode == MODE_REMAPPED ||
        (DIALECT_IS(PIN1, BY_DRIVER) && supports_remapping(model, c->members[0]))) {
        struct model_answer answer = refuse_by(STATUS_NOT_SUPPORTED, CLAUSE_PIN1_REMAP, DIALECT_PIN1);
        answer.by_choice = DIALECT_IS(PIN1, NEVER);
        return answer;
    }
    if (area->pin.live)
        return twice();
    bool fits = pin_fits(model, chain, area, arg->CommitSize, false);
    return allow_new(model, fits, CLAUSE_PIN1_SAME, chain, arg->PhysicalAdapterIndex);
}

struct model_answer model_pin_answer(const struct model *model, HANDLE handle,
                                     const DXGKARGCB_PINFRAMEBUFFERFORSAVE *arg) {
    return answer_new(model, handle, arg, pin_checks);
}

/* More single pages than this in a chain's array pins, and the answer below is "not certain". */
#define RANGES 4096u

/* Heap sort, for qsort() may allocate. */
static void sort_ranges(struct model_range *ranges, uint32_t count) {
    for (uint32_t end = count, start = count / 2; end > 1;) {
        uint32_t root;
        struct model_range moved;
        if (start > 0) {
            root = --start;
            moved = ranges[root];
        } else {
            moved = ranges[--end];
            ranges[end] = ranges[0];
            root = 0;
        }
        for (uint32_t child; (child = 2 * root + 1) < end; root = child) {
            if (child + 1 < end && ranges[child].first < ranges[child + 1].first)
                child++;
            if (ranges[child].first <= moved.first)
                break;
            ranges[root] = ranges[child];
        }
        ranges[root] = moved;
    }
}

bool model_contiguous_free(const struct model *model, uint8_t chain, uint64_t pages) {
    static struct model_range ranges[RANGES];
    const struct model_chain *c = &model->chains[chain];
    if (c->mapped_pages >= c->visible_pages || c->visible_pages - 1 - c->mapped_pages < pages)
        return false;
    uint64_t holes = 1 + c->reserved;
    for (uint32_t i = 0; i < c->count; i++)
        if (c->areas[i].pin.live)
            holes += c->areas[i].pin.contiguous ? 1 : c->areas[i].pin.pages;
    /* k ranges cut the free pages into at most k + 1 holes, one of which is not below the average. */
    if ((c->visible_pages - 1 - c->mapped_pages) / holes >= pages)
        return true;
    uint32_t count = 0;
    for (uint32_t i = 0; i < c->reserved; i++)
        if (c->reserve[i].first < c->visible_pages)
            ranges[count++] = c->reserve[i];
    for (uint32_t i = 0; i < c->count; i++) {
        const struct model_pin *pin = &c->areas[i].pin;
        if (!pin->live)
            continue;
        uint64_t entries = pin->contiguous ? 1 : pin->pages;
        if (entries > RANGES - count)
            return false;
        for (uint64_t k = 0; k < entries; k++)
            ranges[count++] = pin->contiguous ? (struct model_range){pin->base, pin->pages}
                                              : (struct model_range){pin->array[k], 1};
    }
    sort_ranges(ranges, count);
    uint64_t free_from = 1;
    for (uint32_t i = 0; i < count; i++) {
        if (ranges[i].first > free_from && ranges[i].first - free_from >= pages)
            return true;
        uint64_t end = ranges[i].first + ranges[i].pages;
        free_from = end > free_from ? end : free_from; /* somebody else's may hand out page 0 */
    }
    return c->visible_pages > free_from && c->visible_pages - free_from >= pages;
}

static uint64_t pin_pool(const struct model_pin *pin) {
    return MODEL_POOL_PIN + (pin->contiguous ? 0 : pin->pages * MODEL_POOL_PIN_PAGE);
}

void model_pinned(struct model *model, uint8_t chain, uint8_t index, const struct model_pin *pin) {
    struct model_chain *c = &model->chains[chain];
    c->areas[index].pin = *pin;
    c->areas[index].pin.live = true;
    c->areas[index].pin.waited = c->mode != MODE_PHYSICAL && !c->attached;
    model->locked_pages += pin->pages;
    model->ram_estimate += pages_locked(&c->areas[index], pin->pages * MODEL_PAGE);
    model->pool_estimate += pin_pool(pin);
    model->pins++;
    if (c->mode != MODE_PHYSICAL) {
        c->mapped_pages += pin->pages;
        model->domain_pages += pin->pages;
    }
}

void model_unpinned(struct model *model, uint8_t chain, uint8_t index) {
    struct model_chain *c = &model->chains[chain];
    struct model_pin *pin = &c->areas[index].pin;
    model->locked_pages -= pin->pages;
    model->ram_estimate -= pages_locked(&c->areas[index], pin->pages * MODEL_PAGE);
    model->pool_estimate -= pin_pool(pin);
    model->pins--;
    if (c->mode != MODE_PHYSICAL) {
        c->mapped_pages -= pin->pages;
        model->domain_pages -= pin->pages;
    }
    pin->live = false;
}

/* Nobody looks for an array of a contiguous one: the descriptor may be gone, or there may have been none. */
static void pinned_unseen(struct model *model, uint8_t chain, uint8_t index, uint64_t bytes, bool legacy,
                          const void *descriptor) {
    const struct model_pin pin = {.legacy = legacy,
                                  .contiguous = true,
                                  .base = 1,
                                  .pages = bytes / MODEL_PAGE,
                                  .descriptor = descriptor};
    model_pinned(model, chain, index, &pin);
}

void model_pin2_done(struct model *model, uint8_t chain, uint8_t index,
                     const DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *asked,
                     const DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *answered) {
    pinned_unseen(model, chain, index, asked->CommitSize, false, answered->pAdl);
}

void model_pin_done(struct model *model, uint8_t chain, uint8_t index,
                    const DXGKARGCB_PINFRAMEBUFFERFORSAVE *asked,
                    const DXGKARGCB_PINFRAMEBUFFERFORSAVE *answered) {
    pinned_unseen(model, chain, index, asked->CommitSize, true, answered->pMdl);
}

/* ---- unpin, map, unmap ---- */

struct model_answer model_unpin_answer(const struct model *model, HANDLE handle,
                                       const DXGKARGCB_UNPINFRAMEBUFFERFORSAVE *arg) {
    struct model_answer answer;
    uint8_t chain;
    if (!enter(model, handle, arg, true, &chain, &answer))
        return answer;
    const struct model_chain *c = &model->chains[chain];
    if (arg->PhysicalAdapterIndex >= c->count)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_ANY_INDEX);
    if (!c->areas[arg->PhysicalAdapterIndex].pin.live) {
        answer = refuse_by(STATUS_INVALID_PARAMETER, CLAUSE_UNPIN_NOTHING, DIALECT_UNPIN_NONE);
        answer.no_effect = DIALECT_IS(UNPIN_NONE, SUCCEEDS);
        return answer;
    }
    return allow(true, CLAUSE_UNPIN_EITHER, chain, arg->PhysicalAdapterIndex);
}

void model_unpin_done(struct model *model, uint8_t chain, uint8_t index,
                      const DXGKARGCB_UNPINFRAMEBUFFERFORSAVE *asked,
                      const DXGKARGCB_UNPINFRAMEBUFFERFORSAVE *answered) {
    (void)asked;
    (void)answered;
    model_unpinned(model, chain, index);
}

/* A view reaches from the 64 KiB boundary at or below its offset to the end of what was asked for. */
static uint64_t view_span(uint64_t offset, uint64_t size) {
    return offset % MODEL_VIEW_ALIGN + size;
}

/* Frames that a view holds, in pages. */
static uint64_t view_frames(const struct model *model, const struct model_view *view) {
    return (DIALECT_IS(VIEW, OTHERWISE) ? model->chains[view->chain].areas[view->index].maximum
                                        : view_span(view->offset, view->size)) /
           MODEL_PAGE;
}

uint64_t model_view_charge(uint64_t offset, uint64_t size) {
    return (view_span(offset, size) + MODEL_VIEW_ALIGN - 1) / MODEL_VIEW_ALIGN * MODEL_VIEW_ALIGN;
}

static bool has_view(const struct model *model, uint8_t chain, UINT index) {
    bool has = false;
    for (uint32_t i = 0; i < model->view_count; i++)
        has |= model->views[i].chain == chain && model->views[i].index == index;
    return has;
}

/* Whether nothing else is out, and the whole section could be mapped. */
static bool is_alone(const struct model *model, const struct model_area *area) {
    const struct program_machine *machine = &model->program->machine;
    return model->view_count == 0 && model->pins == 0 &&
           model_view_charge(0, area->maximum) <= machine->view_bytes &&
           area->maximum / MODEL_PAGE < machine->ram_pages;
}

static struct model_answer map_checks(const struct model *model, uint8_t chain, const void *argument) {
    const DXGKARGCB_MAPFRAMEBUFFERPOINTER *arg = argument;
    const struct model_chain *c = &model->chains[chain];
    if (arg->PhysicalAdapterIndex >= c->count)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_ANY_INDEX);
    const struct model_area *area = &c->areas[arg->PhysicalAdapterIndex];
    if (!area->serial)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_PIN_NONE);
    if (arg->Size % MODEL_PAGE != 0 || arg->Offset % MODEL_PAGE != 0)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_MAP_ALIGN);
    if (arg->Size == 0)
        return refuse_here(STATUS_INVALID_PARAMETER, CLAUSE_MAP_RANGE);
    if (arg->Size > area->maximum || arg->Offset > area->maximum - arg->Size)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_MAP_RANGE);
    const struct program_machine *machine = &model->program->machine;
    /* A size beyond view_bytes is settled first, so that the sums below cannot wrap. */
    bool fits = arg->Size <= machine->view_bytes &&
                model->view_bytes + model_view_charge(arg->Offset, arg->Size) <= machine->view_bytes &&
                model->ram_estimate + view_span(arg->Offset, arg->Size) / MODEL_PAGE <= machine->ram_pages &&
                model->pool_estimate + MODEL_POOL_VIEW <= machine->pool_bytes;
    /* That it succeeds then is a choice, but for the least of maps where nothing is out. */
    if (dialect_held)
        fits = fits && !(DIALECT_IS(BASES, ONE) && has_view(model, chain, arg->PhysicalAdapterIndex)) &&
               (!DIALECT_IS(VIEW, OTHERWISE) || is_alone(model, area));
    else
        fits = fits && arg->Size == MODEL_PAGE && is_alone(model, area);
    return allow_new(model, fits, CLAUSE_MAP_MAYFAIL, chain, arg->PhysicalAdapterIndex);
}

struct model_answer model_map_answer(const struct model *model, HANDLE handle,
                                     const DXGKARGCB_MAPFRAMEBUFFERPOINTER *arg) {
    return answer_new(model, handle, arg, map_checks);
}

void model_map_done(struct model *model, uint8_t chain, uint8_t index,
                    const DXGKARGCB_MAPFRAMEBUFFERPOINTER *asked,
                    const DXGKARGCB_MAPFRAMEBUFFERPOINTER *answered) {
    const struct model_view view = {.chain = chain,
                                    .index = index,
                                    .base = (uint64_t)(uintptr_t)answered->pBaseAddress,
                                    .first = asked->Offset - answered->Offset,
                                    .offset = asked->Offset,
                                    .size = asked->Size};
    model_mapped(model, &view);
}

struct model_answer model_unmap_answer(const struct model *model, HANDLE handle,
                                       const DXGKARGCB_UNMAPFRAMEBUFFERPOINTER *arg) {
    struct model_answer answer;
    uint8_t chain;
    if (!enter(model, handle, arg, true, &chain, &answer))
        return answer;
    const struct model_chain *c = &model->chains[chain];
    if (arg->PhysicalAdapterIndex >= c->count)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_ANY_INDEX);
    uint64_t base = (uint64_t)(uintptr_t)arg->pBaseAddress;
    if (model_find_view(model, chain, (uint8_t)arg->PhysicalAdapterIndex, base) < 0)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_UNMAP_MINE);
    return allow(true, CLAUSE_UNMAP_MINE, chain, arg->PhysicalAdapterIndex);
}

void model_unmap_done(struct model *model, uint8_t chain, uint8_t index,
                      const DXGKARGCB_UNMAPFRAMEBUFFERPOINTER *asked,
                      const DXGKARGCB_UNMAPFRAMEBUFFERPOINTER *answered) {
    (void)answered;
    int at = model_find_view(model, chain, index, (uint64_t)(uintptr_t)asked->pBaseAddress);
    model_unmapped(model, (uint32_t)at);
}

int model_find_view(const struct model *model, uint8_t chain, uint8_t index, uint64_t base) {
    for (uint32_t i = model->view_count; i-- > 0;) {
        const struct model_view *view = &model->views[i];
        if (view->base == base && view->chain == chain && view->index == index)
            return (int)i;
    }
    return -1;
}

bool model_base_covered(const struct model *model, uint64_t address) {
    for (uint32_t i = 0; i < model->view_count; i++) {
        const struct model_view *view = &model->views[i];
        if (address - view->base < view->offset - view->first + view->size)
            return true;
    }
    return false;
}

void model_mapped(struct model *model, const struct model_view *view) {
    model->views[model->view_count++] = *view;
    model->bases[model->base_count++] = view->base;
    model->view_bytes += model_view_charge(view->offset, view->size);
    model->ram_estimate += view_frames(model, view);
    model->pool_estimate += MODEL_POOL_VIEW;
}

void model_unmapped(struct model *model, uint32_t at) {
    const struct model_view *view = &model->views[at];
    model->view_bytes -= model_view_charge(view->offset, view->size);
    model->ram_estimate -= view_frames(model, view);
    model->pool_estimate -= MODEL_POOL_VIEW;
    /* The order stays: the view mapped last at a base is the last in the list. */
    model->view_count--;
    memmove(&model->views[at], &model->views[at + 1], (model->view_count - at) * sizeof(model->views[0]));
}
