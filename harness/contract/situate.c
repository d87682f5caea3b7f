/* Which situation is it? Of callbacks and of pins. Only tells; nothing depends on it. */
#include "harness/contract/situate.h"

/* ---- how a chain's GPUs see memory ---- */

enum situate_way situate_way_of_start(const struct model *model, uint8_t chain) {
    const struct model_caps *caps = &model->caps[chain];
    switch (caps->mode) {
    case MODE_PHYSICAL:
        return caps->supported || caps->required ? WAY_NO_IOMMU : WAY_UNSUPPORTED;
    case MODE_REMAPPED:
        return WAY_REMAPPED;
    case MODE_ISOLATED:
        break;
    }
    return caps->early ? WAY_EARLY : caps->forced ? WAY_FORCED : WAY_WAITING;
}

enum situate_way situate_way(const struct model *model, uint8_t chain) {
    const struct model_chain *c = &model->chains[chain];
    enum situate_way way = situate_way_of_start(model, chain);
    if (way != WAY_FORCED && way != WAY_WAITING)
        return way;
    return !c->attached ? WAY_WAITING : c->late ? WAY_LATE : WAY_FORCED;
}

/* ---- callbacks ---- */

/* The rows of a callback come so far behind those of pin2, less 1; 0: it has none. */
static const uint8_t callback_number[PROGRAM_OPCODES] = {
#define NUMBER(name, ...) [OP_##name] = SITUATION_CALLBACK_##name - SITUATION_CALLBACK_PIN2 + 1,
    SITUATION_CALLBACKS(NUMBER, 0)};

static enum situation of_callback(enum situation of_pin2, uint8_t opcode) {
    if (of_pin2 == SITUATION_NONE || callback_number[opcode] == 0)
        return SITUATION_NONE;
    return of_pin2 + callback_number[opcode] - 1;
}

static void enter_callback(enum situation of_pin2, uint8_t opcode) {
    situation_enter(of_callback(of_pin2, opcode));
}

static void enter_callback_if(bool is, enum situation of_pin2, uint8_t opcode) {
    situation_enter_if(is, of_callback(of_pin2, opcode));
}

bool situate_in_reset(uint8_t opcode) {
    return callback_number[opcode] &&
           situation_holds(&situation_now, of_callback(SITUATION_RESET_PIN2, opcode));
}

bool situate_gone(uint8_t opcode) {
    return callback_number[opcode] &&
           situation_holds(&situation_now, of_callback(SITUATION_GONE_PIN2, opcode));
}

static const struct model_device *device_of(const struct model *model, HANDLE handle) {
    for (uint32_t i = 0; i < model->program->machine.adapters; i++)
        if (model->devices[i].handle_alive && model->devices[i].handle == (uint64_t)(uintptr_t)handle)
            return &model->devices[i];
    return NULL;
}

static void enter_index(const struct model_chain *c, uint32_t index) {
    situation_enter(c->count == 1 ? SITUATION_INDEX_ALONE
                    : index == 0  ? SITUATION_INDEX_FIRST
                    : index < 7   ? SITUATION_INDEX_OTHER
                                  : SITUATION_INDEX_EIGHTH);
}

static void enter_members(const struct model *model, const struct model_chain *c, uint8_t opcode) {
    for (uint32_t i = 0; i < c->count; i++) {
        const struct model_device *member = &model->devices[c->members[i]];
        enter_callback_if(member->d3, SITUATION_ASLEEP_PIN2, opcode);
        enter_callback_if(member->in_reset, SITUATION_RESET_PIN2, opcode);
        enter_callback_if(member->gone, SITUATION_GONE_PIN2, opcode);
    }
}

static void enter_level(const struct model *model, uint8_t opcode, bool stops) {
    KIRQL irql = model->irql[model->actor];
    if (stops)
        enter_callback(SITUATION_BUG_CHECK_PIN2, opcode);
    else if (irql > PASSIVE_LEVEL)
        enter_callback(irql == APC_LEVEL        ? SITUATION_LEVEL_APC_PIN2
                       : irql == DISPATCH_LEVEL ? SITUATION_LEVEL_DISPATCH_PIN2
                                                : SITUATION_LEVEL_HIGH_PIN2,
                       opcode);
}

/* ---- callbacks that fail, by their clause ---- */

static bool is_right(uint64_t bytes, uint64_t maximum) {
    return bytes != 0 && bytes % MODEL_PAGE == 0 && bytes <= maximum;
}

/* A size that does not fit 32 bits, and is right once it is cut to them: as bytes, or as pages. */
static void enter_cut(uint64_t bytes, uint64_t maximum, enum situation by_bytes, enum situation by_pages) {
    situation_enter_if(bytes >= SITUATE_BYTES_32 && is_right((uint32_t)bytes, maximum), by_bytes);
    situation_enter_if(bytes / MODEL_PAGE >= SITUATE_PAGES_32 &&
                           is_right((uint64_t)(uint32_t)(bytes / MODEL_PAGE) * MODEL_PAGE, maximum),
                       by_pages);
}

static void enter_range(const DXGKARGCB_MAPFRAMEBUFFERPOINTER *arg, uint64_t maximum) {
    uint64_t size = arg->Size, offset = arg->Offset;
    situation_enter_if(size == 0, SITUATION_RANGE_ZERO);
    situation_enter_if(size >= SITUATE_BYTES_32 && is_right((uint32_t)size, maximum) &&
                           offset <= maximum - (uint32_t)size,
                       SITUATION_RANGE_SIZE_CUT);
    situation_enter_if(offset >= SITUATE_BYTES_32 && is_right(size, maximum) &&
                           (uint32_t)offset <= maximum - size,
                       SITUATION_RANGE_OFFSET_CUT);
    situation_enter_if(size != 0 && offset + size < offset, SITUATION_RANGE_SUM);
}

static void enter_base(const struct model *model, uint64_t base) {
    bool issued = false, live = false;
    for (uint32_t i = 0; i < model->base_count; i++)
        issued |= model->bases[i] == base;
    for (uint32_t i = 0; i < model->view_count; i++)
        live |= model->views[i].base == base;
    situation_enter(base == 0                         ? SITUATION_BASE_NULL
                    : live                            ? SITUATION_BASE_OTHER_INDEX
                    : model_base_covered(model, base) ? SITUATION_BASE_INSIDE
                    : issued                          ? SITUATION_BASE_ENDED
                                                      : SITUATION_NONE);
}

static void enter_second(const struct model_pin *first, uint8_t opcode) {
    situation_enter(opcode == OP_PIN2 ? first->legacy ? SITUATION_SECOND_PIN2_MDL : SITUATION_SECOND_PIN2_ADL
                    : first->legacy   ? SITUATION_SECOND_PIN_MDL
                                      : SITUATION_SECOND_PIN_ADL);
}

static void enter_handle(const struct model *model, const struct call *call) {
    const struct model_device *device = device_of(model, call->handle);
    enter_callback(!call->handle                ? SITUATION_HANDLE_NULL_PIN2
                   : device && device->position ? SITUATION_HANDLE_MEMBER_PIN2
                                                : SITUATION_HANDLE_FORGED_PIN2,
                   call->opcode);
}

/* Of a call by a lead's handle. */
static void enter_refused(const struct model *model, const struct call *call, const struct model_chain *c,
                          enum contract_clause clause) {
    UINT index = call->arg.unpin.PhysicalAdapterIndex;
    if (index >= c->count) {
        situation_enter_if((index & 0xff) < c->count, SITUATION_INDEX_CUT_8);
        situation_enter_if((index & 0xffff) < c->count, SITUATION_INDEX_CUT_16);
        return;
    }
    const struct model_area *area = &c->areas[index];
    uint64_t maximum = area->maximum;
    enter_index(c, index);
    switch (clause) {
    case CLAUSE_PIN_MAX:
        enter_cut(call->arg.pin2.CommitSize, maximum, SITUATION_PIN_CUT_BYTES, SITUATION_PIN_CUT_PAGES);
        break;
    case CLAUSE_PIN_COUNT:
        situation_enter_if(call->arg.pin2.CommitSize / MODEL_PAGE == SITUATE_PAGES_32, SITUATION_COUNT32_AT);
        enter_cut(call->arg.pin2.CommitSize, maximum, SITUATION_NONE, SITUATION_COUNT32_CUT);
        break;
    case CLAUSE_PIN1_LIMIT:
        situation_enter_if(call->arg.pin.CommitSize == SITUATE_BYTES_32, SITUATION_LIMIT_AT_4G);
        enter_cut(call->arg.pin.CommitSize, maximum, SITUATION_LIMIT_CUT, SITUATION_NONE);
        break;
    case CLAUSE_PIN_TWICE:
        enter_second(&area->pin, call->opcode);
        break;
    case CLAUSE_MAP_RANGE:
        enter_range(&call->arg.map, maximum);
        break;
    case CLAUSE_UNMAP_MINE:
        enter_base(model, (uint64_t)(uintptr_t)call->arg.unmap.pBaseAddress);
        break;
    default:
        break;
    }
}

/* ---- callbacks that are granted ---- */

static void enter_map(const struct model *model, const struct call *call, uint8_t chain, uint8_t index) {
    uint64_t first = call->arg.map.Offset;
    uint64_t end = first + call->arg.map.Size;
    situation_enter_if(first == MODEL_VIEW_ALIGN - MODEL_PAGE, SITUATION_OFFSETS_BELOW_64K);
    situation_enter_if(first == MODEL_VIEW_ALIGN, SITUATION_OFFSETS_AT_64K);
    situation_enter_if(first == SITUATE_BYTES_32 - MODEL_PAGE, SITUATION_OFFSETS_BELOW_4G);
    situation_enter_if(first == SITUATE_BYTES_32, SITUATION_OFFSETS_AT_4G);
    situation_enter_if(first < SITUATE_BYTES_32 && end > SITUATE_BYTES_32, SITUATION_OFFSETS_ACROSS_4G);
    for (uint32_t i = 0; i < model->view_count; i++) {
        const struct model_view *view = &model->views[i];
        bool same = view->chain == chain && view->index == index;
        bool apart = view->offset >= end || view->offset + view->size <= first;
        situation_enter(!same   ? SITUATION_VIEWS_OTHER_INDEX
                        : apart ? SITUATION_VIEWS_APART
                                : SITUATION_VIEWS_OVERLAPPING);
    }
    situation_enter_if(model->chains[chain].areas[index].pin.live, SITUATION_VIEWS_PINNED);
}

static void enter_unmap(const struct model *model, uint64_t base) {
    uint32_t with_base = 0;
    for (uint32_t i = 0; i < model->view_count; i++)
        with_base += model->views[i].base == base;
    situation_enter(with_base > 1 ? SITUATION_LEFT_SHARED : SITUATION_LEFT_ALONE);
}

void situate_callback(const struct model *model, const struct call *call, const struct model_answer *answer,
                      enum situate_entry entry) {
    if (!situation_wanted)
        return;
    static const enum situation entries[] = {SITUATION_NONE, SITUATION_ENTRY_START_PIN2,
                                             SITUATION_ENTRY_QUERY_PIN2, SITUATION_ENTRY_STOP_PIN2};
    situation_clear();
    enter_callback(SITUATION_CALLBACK_PIN2, call->opcode);
    enter_level(model, call->opcode, answer->stops);
    if (entry != SITUATE_OUTSIDE)
        enter_callback(entries[entry], call->opcode);
    situation_enter_if(model->handle_count >= 256, SITUATION_HANDLES_256);
    if (answer->expect == MUST_FAIL && answer->clause == CLAUSE_ANY_LEAD)
        enter_handle(model, call);
    const struct model_device *device = device_of(model, call->handle);
    if (call->null_arg || !device || device->position != 0)
        return;
    const struct model_chain *c = &model->chains[device->chain];
    enter_members(model, c, call->opcode);
    if (answer->expect == MUST_FAIL) {
        enter_refused(model, call, c, answer->clause);
        return;
    }
    enter_index(c, answer->index);
    if (call->opcode == OP_UNPIN || call->opcode == OP_MAP)
        situate_pin(model, answer->chain, answer->index);
    if (call->opcode == OP_MAP)
        enter_map(model, call, answer->chain, answer->index);
    if (call->opcode == OP_UNMAP)
        enter_unmap(model, (uint64_t)(uintptr_t)call->arg.unmap.pBaseAddress);
}

/* ---- faults ---- */

#define POOL_LOCK(axis, way)                                                                                 \
    [SUT_FAULT_POOL] = SITUATION_##axis##_##way##_POOL, [SUT_FAULT_LOCK] = SITUATION_##axis##_##way##_LOCK
#define POOL_LOCK_DOMAIN(axis, way)                                                                          \
    POOL_LOCK(axis, way), [SUT_FAULT_DOMAIN] = SITUATION_##axis##_##way##_DOMAIN

static const uint16_t pin2_faults[SITUATE_WAYS][SUT_FAULT_KINDS] = {
    [WAY_NO_IOMMU] = {POOL_LOCK_DOMAIN(PIN2_FAULT, NO_IOMMU)},
    [WAY_EARLY] = {POOL_LOCK_DOMAIN(PIN2_FAULT, EARLY)},
    [WAY_REMAPPED] = {POOL_LOCK_DOMAIN(PIN2_FAULT, REMAPPED)},
};
static const uint16_t contiguous_faults[SUT_FAULT_KINDS] = {POOL_LOCK_DOMAIN(PIN2_FAULT, CONTIGUOUS)};
static const uint16_t pin_faults[SITUATE_WAYS][SUT_FAULT_KINDS] = {
    [WAY_NO_IOMMU] = {POOL_LOCK_DOMAIN(PIN1_FAULT, NO_IOMMU)},
    [WAY_EARLY] = {POOL_LOCK_DOMAIN(PIN1_FAULT, EARLY)},
    [WAY_WAITING] = {POOL_LOCK_DOMAIN(PIN1_FAULT, WAITING)},
    [WAY_FORCED] = {POOL_LOCK_DOMAIN(PIN1_FAULT, FORCED)},
    [WAY_LATE] = {POOL_LOCK_DOMAIN(PIN1_FAULT, LATE)},
};
static const uint16_t map_faults[SUT_FAULT_KINDS] = {[SUT_FAULT_POOL] = SITUATION_MAP_FAULT_POOL,
                                                     [SUT_FAULT_LOCK] = SITUATION_MAP_FAULT_LOCK,
                                                     [SUT_FAULT_VIEW] = SITUATION_MAP_FAULT_VIEW};
static const uint16_t unpin_faults[SUT_FAULT_KINDS] = {[SUT_FAULT_POOL] = SITUATION_UNPIN_FAULT_POOL,
                                                       [SUT_FAULT_LOCK] = SITUATION_UNPIN_FAULT_LOCK,
                                                       [SUT_FAULT_DOMAIN] = SITUATION_UNPIN_FAULT_DOMAIN};
static const uint16_t unmap_faults[SUT_FAULT_KINDS] = {
    [SUT_FAULT_POOL] = SITUATION_UNMAP_FAULT_POOL, [SUT_FAULT_VIEW] = SITUATION_UNMAP_FAULT_VIEW};
#define IN_START(way)                                                                                        \
    [WAY_##way] = {[SUT_FAULT_POOL] = SITUATION_START_FAULT_##way##_POOL,                                    \
                   [SUT_FAULT_COMMIT] = SITUATION_START_FAULT_##way##_COMMIT,                                \
                   [SUT_FAULT_DOMAIN] = SITUATION_START_FAULT_##way##_DOMAIN,                                \
                   [SUT_FAULT_ATTACH] = SITUATION_START_FAULT_##way##_ATTACH}
static const uint16_t start_faults[SITUATE_WAYS][SUT_FAULT_KINDS] = {
    [WAY_NO_IOMMU] = {[SUT_FAULT_POOL] = SITUATION_START_FAULT_NO_IOMMU_POOL,
                      [SUT_FAULT_COMMIT] = SITUATION_START_FAULT_NO_IOMMU_COMMIT},
    [WAY_UNSUPPORTED] = {[SUT_FAULT_POOL] = SITUATION_START_FAULT_UNSUPPORTED_POOL},
    [WAY_WAITING] = {[SUT_FAULT_POOL] = SITUATION_START_FAULT_WAITING_POOL,
                     [SUT_FAULT_COMMIT] = SITUATION_START_FAULT_WAITING_COMMIT,
                     [SUT_FAULT_DOMAIN] = SITUATION_START_FAULT_WAITING_DOMAIN},
    IN_START(EARLY),
    IN_START(FORCED),
    IN_START(REMAPPED),
};
static const uint16_t vm_faults[SUT_FAULT_KINDS] = {[SUT_FAULT_POOL] = SITUATION_VM_FAULT_POOL,
                                                    [SUT_FAULT_DOMAIN] = SITUATION_VM_FAULT_DOMAIN,
                                                    [SUT_FAULT_ATTACH] = SITUATION_VM_FAULT_ATTACH};

static const uint16_t *faults_of_pin(const struct model *model, const struct call *call) {
    const struct model_device *device = device_of(model, call->handle);
    enum situate_way way = device ? situate_way(model, device->chain) : WAY_UNSUPPORTED;
    if (call->opcode == OP_PIN)
        return pin_faults[way];
    return way == WAY_REMAPPED && call->arg.pin2.Flags.PreferContiguous ? contiguous_faults
                                                                        : pin2_faults[way];
}

/* A kind that nobody named may be any: it says of what releases that none was met. */
static void enter_released(const uint16_t *kinds, uint8_t kind) {
    for (uint8_t i = SUT_FAULT_ANY + 1; i < SUT_FAULT_KINDS; i++)
        situation_enter_if(kind == i || kind == SUT_FAULT_ANY, kinds[i]);
}

void situate_fault(const struct model *model, const struct call *call) {
    if (!situation_wanted)
        return;
    if (call->fail_nth && call->opcode == OP_UNPIN)
        enter_released(unpin_faults, call->fail_kind);
    else if (call->fail_nth && call->opcode == OP_UNMAP)
        enter_released(unmap_faults, call->fail_kind);
    else if (call->fired && (call->opcode == OP_PIN2 || call->opcode == OP_PIN))
        situation_enter(faults_of_pin(model, call)[call->fail_kind]);
    else if (call->fired && call->opcode == OP_MAP)
        situation_enter(map_faults[call->fail_kind]);
    else if (call->fired && call->opcode == OP_START)
        situation_enter(
            start_faults[situate_way_of_start(model, model->devices[call->device].chain)][call->fail_kind]);
    else if (call->fired && call->opcode == OP_SECURE_VM)
        situation_enter(vm_faults[call->fail_kind]);
    else if (call->fired && call->opcode == OP_ADD)
        situation_enter_if(call->fail_kind == SUT_FAULT_POOL, SITUATION_ADD_FAULT_POOL);
}

/* ---- pins ---- */

/* By whether it is contiguous. */
static const uint16_t pins2[SITUATE_WAYS][2] = {
    [WAY_NO_IOMMU] = {SITUATION_PIN2_NO_IOMMU, SITUATION_PIN2_CONTIGUOUS},
    [WAY_EARLY] = {SITUATION_PIN2_EARLY, SITUATION_PIN2_CONTIGUOUS},
    [WAY_WAITING] = {SITUATION_PIN2_LATER, SITUATION_PIN2_LATER},
    [WAY_FORCED] = {SITUATION_PIN2_LATER, SITUATION_PIN2_LATER},
    [WAY_LATE] = {SITUATION_PIN2_LATER, SITUATION_PIN2_LATER},
    [WAY_REMAPPED] = {SITUATION_REMAPPED_ARRAY, SITUATION_REMAPPED_CONTIGUOUS},
};
static const uint16_t pins1[SITUATE_WAYS] = {
    [WAY_NO_IOMMU] = SITUATION_PIN1_NO_IOMMU, [WAY_EARLY] = SITUATION_PIN1_EARLY,
    [WAY_WAITING] = SITUATION_PIN1_WAITING,   [WAY_FORCED] = SITUATION_PIN1_FORCED,
    [WAY_LATE] = SITUATION_PIN1_LATE,         [WAY_REMAPPED] = SITUATION_PIN1_REMAPPED,
};

void situate_pin(const struct model *model, uint8_t chain, uint8_t index) {
    if (!situation_wanted)
        return;
    const struct model_pin *pin = &model->chains[chain].areas[index].pin;
    if (!pin->live)
        return;
    enum situate_way way = situate_way(model, chain);
    situation_enter(pin->legacy ? pins1[way] : pins2[way][pin->contiguous]);
    situation_enter_if(pin->waited && model->chains[chain].attached, SITUATION_KEPT_PINNED);
}

void situate_pins(const struct model *model, uint8_t chain) {
    if (!situation_wanted)
        return;
    for (uint8_t i = 0; i < model->chains[chain].count; i++)
        situate_pin(model, chain, i);
}

/* How many pages it has, if so many are a limit of something. */
static void enter_pages(const struct model_pin *pin) {
    static const struct {
        uint64_t pages;
        enum situation array, contiguous, mdl;
    } limits[] = {
        {255, SITUATION_ARRAY_PAGES_255, SITUATION_RANGE_PAGES_255, SITUATION_MDL_PAGES_255},
        {256, SITUATION_ARRAY_PAGES_256, SITUATION_RANGE_PAGES_256, SITUATION_MDL_PAGES_256},
        {65535, SITUATION_ARRAY_PAGES_65535, SITUATION_RANGE_PAGES_65535, SITUATION_MDL_PAGES_65535},
        {65536, SITUATION_ARRAY_PAGES_65536, SITUATION_RANGE_PAGES_65536, SITUATION_MDL_PAGES_65536},
        {SITUATE_PAGES_4G - 1, SITUATION_NONE, SITUATION_RANGE_PAGES_1048575, SITUATION_MDL_PAGES_1048575},
        {SITUATE_PAGES_4G, SITUATION_NONE, SITUATION_RANGE_PAGES_1048576, SITUATION_NONE},
        {SITUATE_PAGES_32 - 1, SITUATION_NONE, SITUATION_RANGE_PAGES_4294967295, SITUATION_NONE},
    };
    for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        situation_enter_if(pin->pages == limits[i].pages, pin->legacy       ? limits[i].mdl
                                                          : pin->contiguous ? limits[i].contiguous
                                                                            : limits[i].array);
    situation_enter_if(!pin->legacy && !pin->contiguous && pin->pages >= SITUATE_PAGES_4G,
                       SITUATION_ARRAY_PAGES_BEYOND);
}

/* Where its pages are: beyond what fits into 32 bits, as an address or as a number. */
static void enter_numbers(const struct model_pin *pin) {
    bool beyond_4g = false, beyond_32 = false;
    if (pin->contiguous) {
        situation_enter_if(pin->base < SITUATE_PAGES_4G && pin->base + pin->pages > SITUATE_PAGES_4G,
                           SITUATION_NUMBERS_RANGE_20);
        situation_enter_if(pin->base < SITUATE_PAGES_32 && pin->base + pin->pages > SITUATE_PAGES_32,
                           SITUATION_NUMBERS_RANGE_32);
        return;
    }
    for (uint32_t i = 0; i < pin->samples; i++) {
        beyond_4g |= pin->sample[i].address >= SITUATE_PAGES_4G;
        beyond_32 |= pin->sample[i].address >= SITUATE_PAGES_32;
    }
    situation_enter_if(beyond_4g, pin->legacy ? SITUATION_NUMBERS1_20 : SITUATION_NUMBERS_ARRAY_20);
    situation_enter_if(beyond_32, pin->legacy ? SITUATION_NUMBERS1_32 : SITUATION_NUMBERS_ARRAY_32);
}

void situate_new_pin(const struct model *model, const struct call *call, uint8_t chain, uint8_t index) {
    if (!situation_wanted)
        return;
    const struct model_area *area = &model->chains[chain].areas[index];
    const struct model_pin *pin = &area->pin;
    enum situate_way way = situate_way(model, chain);
    bool legacy = call->opcode == OP_PIN;
    situate_pin(model, chain, index);
    enter_pages(pin);
    enter_numbers(pin);
    enter_index(&model->chains[chain], index);
    if (area->pinned_before && area->pinned_legacy != legacy)
        situation_enter(way == WAY_NO_IOMMU
                            ? legacy ? SITUATION_EQUAL_MDL_NO_IOMMU : SITUATION_EQUAL_ADL_NO_IOMMU
                        : way == WAY_EARLY ? legacy ? SITUATION_EQUAL_MDL_EARLY : SITUATION_EQUAL_ADL_EARLY
                                           : SITUATION_NONE);
    if (legacy)
        return;
    bool prefer = call->arg.pin2.Flags.PreferContiguous;
    if (way == WAY_REMAPPED)
        situation_enter(!prefer           ? SITUATION_PREFER_UNASKED
                        : pin->contiguous ? SITUATION_PREFER_FREE
                                          : SITUATION_PREFER_NONE_FREE);
    else
        situation_enter_if(prefer, way == WAY_NO_IOMMU ? SITUATION_PREFER_NO_IOMMU : SITUATION_PREFER_EARLY);
}

/* ---- races ---- */

/* Of what can be in a race: the situation of pin2 beside it. */
static const uint16_t beside[PROGRAM_OPCODES] = {[OP_POWER] = SITUATION_BESIDE_POWER_PIN2,
                                                 [OP_RESET] = SITUATION_BESIDE_RESET_PIN2,
                                                 [OP_PRESSURE] = SITUATION_BESIDE_PRESSURE_PIN2,
                                                 [OP_START] = SITUATION_BESIDE_START_PIN2,
                                                 [OP_STOP] = SITUATION_STOPPED_STOP_PIN2,
                                                 [OP_REMOVE] = SITUATION_STOPPED_REMOVE_PIN2,
                                                 [OP_SURPRISE_REMOVE] = SITUATION_PULLED_PIN2,
#define DURING(name, ...) [OP_##name] = SITUATION_CALLS_##name##_PIN2,
                                                 SITUATION_CALLBACKS(DURING, 0)};

void situate_race_fault(uint8_t opcode) {
    static const uint16_t hit[PROGRAM_OPCODES] = {[OP_PIN2] = SITUATION_HIT_PIN2,
                                                  [OP_PIN] = SITUATION_HIT_PIN,
                                                  [OP_MAP] = SITUATION_HIT_MAP,
                                                  [OP_START] = SITUATION_HIT_START};
    if (situation_wanted)
        situation_enter(hit[opcode]);
}

/* What is under way when DMA comes. */
static const uint16_t meanwhile[PROGRAM_OPCODES] = {[OP_POWER] = SITUATION_MEANWHILE_POWER,
                                                    [OP_RESET] = SITUATION_MEANWHILE_RESET,
                                                    [OP_PRESSURE] = SITUATION_MEANWHILE_PRESSURE,
                                                    [OP_STOP] = SITUATION_MEANWHILE_STOP,
                                                    [OP_REMOVE] = SITUATION_MEANWHILE_REMOVE,
                                                    [OP_SURPRISE_REMOVE] =
                                                        SITUATION_MEANWHILE_SURPRISE_REMOVE,
#define MEANWHILE(name, ...) [OP_##name] = SITUATION_MEANWHILE_##name,
                                                    SITUATION_CALLBACKS(MEANWHILE, 0)};

void situate_race(uint8_t first, uint8_t second) {
    if (!situation_wanted)
        return;
    if (program_is_dma(second))
        situation_enter(meanwhile[first]);
    if (program_class(second) == CLASS_ACCESS || program_class(first) == CLASS_ACCESS)
        return;
    if (call_is_callback(second))
        enter_callback(beside[first], second);
    else if (call_is_callback(first))
        enter_callback(beside[second], first);
}
