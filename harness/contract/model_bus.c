/* The reference model of the bus: devices, chains, start and stop. */
#include "harness/contract/model.h"

static const struct model_answer granted = {.expect = MUST_SUCCEED, .clause = CLAUSE_INIT_ROLLBACK};

static struct model_answer refuse(NTSTATUS status, enum contract_clause clause) {
    return (struct model_answer){.expect = MUST_FAIL, .status = status, .clause = clause};
}

/* What its driver answers: all but its version. */
static const struct program_adapter *settings(const struct model *model, uint8_t device) {
    return &model->program->adapters[model->answers[device]];
}

uint64_t model_highest_address(const struct model *model) {
    return model->program->machine.highest_pfn * MODEL_PAGE + (MODEL_PAGE - 1);
}

/* What is saved of a member, in bytes: as its driver says, or as the dialect makes it of that. */
static uint64_t area_size(const struct program_adapter *member) {
    uint64_t size = member->maximum_size;
    if ((member->miniport & PROGRAM_MP_FAIL_SAVE_SIZE) && DIALECT_IS(SIZE_FAILS, NO_AREA))
        return 0;
    if (size % MODEL_PAGE == 0)
        return size;
    if (DIALECT_IS(SIZE_ODD, ROUNDED))
        return size <= UINT64_MAX - MODEL_PAGE ? (size / MODEL_PAGE + 1) * MODEL_PAGE : size;
    return DIALECT_IS(SIZE_ODD, NO_AREA) ? 0 : size;
}

/* ---- start and stop ---- */

/* LINK-ONE-LEAD: as many as their drivers say. */
static bool links_agree(const struct model *model, const struct model_chain *c) {
    bool agree = true;
    for (uint32_t i = 0; i < c->count; i++)
        agree &= model->devices[c->members[i]].links == c->count;
    return agree;
}

/* The lead, and nobody else, calls itself so. */
static bool one_leads(const struct model *model, const struct model_chain *c) {
    bool one = true;
    for (uint32_t i = 0; c->count > 1 && i < c->count; i++)
        one &= model->devices[c->members[i]].says_lead == (i == 0);
    return one;
}

static bool any_does(const struct model *model, const struct model_chain *c, uint32_t wrong) {
    bool does = false;
    for (uint32_t i = 0; i < c->count; i++)
        does |= (settings(model, c->members[i])->miniport & wrong) != 0;
    return does;
}

static struct model_answer refuse_by(NTSTATUS status, enum contract_clause clause, enum dialect dialect) {
    struct model_answer answer = refuse(status, clause);
    answer.by_dialect = true;
    answer.dialect = dialect;
    return answer;
}

/* Others may grant it, and what that means nobody knows. */
static struct model_answer choose(NTSTATUS status, enum contract_clause clause) {
    struct model_answer answer = refuse(status, clause);
    answer.by_choice = true;
    return answer;
}

/* The same where the dialect says so. */
static struct model_answer choose_by(NTSTATUS status, enum contract_clause clause, enum dialect dialect) {
    struct model_answer answer = refuse_by(status, clause, dialect);
    answer.by_choice = true;
    return answer;
}

/* RESV-*: what its driver says of reserved memory. */
static struct model_answer ranges_answer(const struct model *model, uint8_t lead) {
    struct model_range ranges[PROGRAM_RESERVED_MAX];
    uint32_t wrong = settings(model, lead)->miniport;
    uint32_t count = model_ranges(model->program, model->answers[lead], ranges);
    if (count && wrong & PROGRAM_MP_RANGES_CHANGE)
        return choose(STATUS_INVALID_PARAMETER, CLAUSE_RESV_PAIR);
    if (count && wrong & PROGRAM_MP_RANGES_ODD)
        return choose(STATUS_INVALID_PARAMETER, CLAUSE_RESV_EXACT);
    if (!model_ranges_fit(model->program, ranges, count))
        return choose(STATUS_INVALID_PARAMETER, CLAUSE_RESV_OVERLAP);
    return granted;
}

/* What the lead's driver answers, and whether the domain can be made. */
static struct model_answer caps_answer(const struct model *model, uint8_t lead,
                                       const struct model_caps *caps) {
    uint32_t wrong = settings(model, lead)->miniport;
    if (wrong & PROGRAM_MP_FAIL_DRIVER_CAPS ||
        (caps->early && wrong & (PROGRAM_MP_FAIL_IOMMU_CAPS | PROGRAM_MP_FAIL_PHYSICAL_CAPS)))
        return choose(STATUS_UNSUCCESSFUL, CLAUSE_INIT_QUERY);
    if (!caps->matches && caps->alone && DIALECT_IS(REQUIRED, NOTHING)) /* nor is it compared, perhaps */
        return choose_by(STATUS_INVALID_PARAMETER, CLAUSE_INIT_MATCH, DIALECT_REQUIRED);
    if (!caps->matches)
        return choose(STATUS_INVALID_PARAMETER, CLAUSE_INIT_MATCH);
    if (caps->alone && DIALECT_IS(REQUIRED, REFUSED))
        return refuse_by(STATUS_NOT_SUPPORTED, CLAUSE_INIT_REQUIRED, DIALECT_REQUIRED);
    if ((caps->required || caps->alone) && model->program->machine.iommu == SUT_IOMMU_NONE)
        return caps->required ? refuse(STATUS_NOT_SUPPORTED, CLAUSE_INIT_REQUIRED)
                              : choose_by(STATUS_NOT_SUPPORTED, CLAUSE_INIT_REQUIRED, DIALECT_REQUIRED);
    if (caps->mode != MODE_REMAPPED && !caps->all_visible)
        return caps->edge ? refuse_by(STATUS_NOT_SUPPORTED, CLAUSE_INIT_VISIBLE, DIALECT_EQUAL)
                          : refuse(STATUS_NOT_SUPPORTED, CLAUSE_INIT_VISIBLE);
    if (caps->mode == MODE_PHYSICAL && !caps->unsure)
        return granted;
    struct model_answer answer = ranges_answer(model, lead);
    if (caps->unsure && answer.expect == MUST_FAIL)
        answer = choose_by(answer.status, answer.clause, DIALECT_DOMAIN);
    return answer;
}

/* Of each index, which device it is and how much that saves. */
static struct model_answer areas_answer(const struct model *model, const struct model_chain *c) {
    uint32_t lead = settings(model, c->members[0])->miniport;
    uint64_t pages = 0;
    bool aligned = true;
    for (uint32_t i = 0; i < c->count; i++) {
        const struct program_adapter *member = settings(model, c->members[i]);
        if (member->miniport & PROGRAM_MP_FAIL_ADAPTER_CAPS)
            return choose(STATUS_UNSUCCESSFUL, CLAUSE_INIT_QUERY);
        if (member->miniport & PROGRAM_MP_FAIL_SAVE_SIZE && !DIALECT_IS(SIZE_FAILS, NO_AREA))
            return refuse_by(STATUS_UNSUCCESSFUL, CLAUSE_INIT_QUERY, DIALECT_SIZE_FAILS);
        if (member->miniport & PROGRAM_MP_INDEX_STRANGER || (i > 0 && lead & PROGRAM_MP_INDEX_TWICE))
            return choose(STATUS_INVALID_PARAMETER, CLAUSE_LINK_INDEX);
        aligned &= area_size(member) % MODEL_PAGE == 0;
        pages += area_size(member) / MODEL_PAGE; /* at most 8 * 2^52 */
    }
    if (!aligned)
        return refuse_by(STATUS_INVALID_PARAMETER, CLAUSE_INIT_ALIGN, DIALECT_SIZE_ODD);
    if (pages > model->program->machine.commit_pages ||
        model->commit_pages > model->program->machine.commit_pages - pages)
        return refuse(STATUS_COMMITMENT_LIMIT, CLAUSE_INIT_COMMIT);
    return granted;
}

static struct model_answer start_answer(const struct model *model, uint8_t device) {
    if (!model->devices[device].present)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_INIT_ROLLBACK);
    uint8_t lead = model->devices[device].chain;
    const struct model_chain *c = &model->chains[lead];
    const struct model_caps *caps = &model->caps[lead];
    if (c->phase != PHASE_STOPPED)
        return refuse(STATUS_INVALID_DEVICE_STATE, CLAUSE_INIT_ROLLBACK);
    for (uint32_t i = 0; i < c->count; i++)
        if (model->devices[c->members[i]].gone)
            return refuse(STATUS_INVALID_DEVICE_STATE, CLAUSE_LINK_ONE_LEAD);
    if (!links_agree(model, c))
        return refuse(STATUS_INVALID_DEVICE_STATE, CLAUSE_LINK_ONE_LEAD);
    if (!one_leads(model, c))
        return choose(STATUS_INVALID_DEVICE_STATE, CLAUSE_LINK_ONE_LEAD);
    struct model_answer answer = caps->early ? caps_answer(model, lead, caps) : granted;
    if (answer.expect != MUST_FAIL && any_does(model, c, PROGRAM_MP_FAIL_START))
        answer = refuse(STATUS_UNSUCCESSFUL, CLAUSE_INIT_ROLLBACK);
    if (answer.expect != MUST_FAIL && !caps->early)
        answer = caps_answer(model, lead, caps);
    if (answer.expect != MUST_FAIL && caps->supported)
        answer = areas_answer(model, c);
    if (answer.expect != MUST_FAIL && caps->forced && any_does(model, c, PROGRAM_MP_FAIL_BEGIN)) {
        if (!caps->let_go)
            return choose(STATUS_UNSUCCESSFUL, CLAUSE_ATTACH_BEGINFAIL);
        answer.clause = CLAUSE_ATTACH_FAIL;
    }
    return answer;
}

/* Whether a start may fail by a wrong answer to a question that this project's does not put: of drivers
 * without isolation it does not ask which device each index is, nor without a domain what is reserved. An
 * implementation that is held to INIT-DOMAIN as it is here asks no further. */
static bool may_ask_further(const struct model *model, const struct model_chain *c) {
    uint8_t lead = c->members[0];
    if (dialect_held && dialect_is_ours(DIALECT_DOMAIN))
        return false;
    return any_does(model, c, PROGRAM_MP_FAIL_ADAPTER_CAPS | PROGRAM_MP_INDEX_STRANGER) ||
           (settings(model, lead)->miniport & PROGRAM_MP_INDEX_TWICE) != 0 ||
           ranges_answer(model, lead).expect == MUST_FAIL;
}

struct model_answer model_start_answer(const struct model *model, uint8_t device) {
    struct model_answer answer = start_answer(model, device);
    const struct model_chain *c = &model->chains[model->devices[device].chain];
    if (model->devices[device].present && may_ask_further(model, c)) {
        answer.any_status = true;
        if (answer.expect == MUST_SUCCEED)
            answer.expect = MAY_FAIL;
    }
    /* Of who refuses such a start nobody says before which of its other checks that comes. */
    answer.any_status |= answer.expect == MUST_FAIL && model->devices[device].present &&
                         model->caps[model->devices[device].chain].alone && DIALECT_IS(REQUIRED, REFUSED);
    uint64_t pool = model->pool_estimate + (uint64_t)c->count * (MODEL_POOL_DEVICE + MODEL_POOL_SECTION);
    answer.short_first = pool > model->program->machine.pool_bytes;
    if (answer.short_first && answer.expect == MUST_SUCCEED)
        answer.expect = MAY_FAIL;
    return answer;
}

static void map_ranges(struct model *model, uint8_t chain) {
    struct model_chain *c = &model->chains[chain];
    c->reserved = model_ranges(model->program, model->answers[chain], c->reserve);
    for (uint32_t i = 0; i < c->reserved; i++)
        c->mapped_pages += c->reserve[i].pages;
    model->domain_pages += c->mapped_pages;
}

void model_attached_unasked(struct model *model, uint8_t chain) {
    model->chains[chain].mode = MODE_ISOLATED;
    model->chains[chain].attached = true;
    map_ranges(model, chain);
}

void model_started(struct model *model, uint8_t chain) {
    struct model_chain *c = &model->chains[chain];
    const struct program_adapter *lead = settings(model, chain);
    const struct model_caps *caps = &model->caps[chain];
    c->phase = PHASE_STARTED;
    c->mode = caps->mode;
    c->supported = caps->supported;
    c->late = false;
    c->attached = caps->mode != MODE_PHYSICAL &&
                  (caps->early || (caps->forced && !any_does(model, c, PROGRAM_MP_FAIL_BEGIN)));
    c->visible_pages = (lead->highest_visible >> 12) + ((lead->highest_visible & 0xfff) == 0xfff);
    c->mapped_pages = 0;
    c->reserved = 0;
    if (caps->mode != MODE_PHYSICAL)
        map_ranges(model, chain);
    c->section_pages = 0;
    model->pool_estimate += (uint64_t)c->count * MODEL_POOL_DEVICE;
    for (uint32_t i = 0; i < c->count; i++) {
        struct model_area *area = &c->areas[i];
        uint64_t size = caps->supported ? area_size(settings(model, c->members[i])) : 0;
        area->serial = 0;
        area->maximum = size;
        area->pin.live = false;
        area->last_word = 0;
        area->pinned_before = false;
        area->pinned_legacy = false;
        area->cpu_wrote = false;
        area->accepted[false] = 0;
        area->accepted[true] = 0;
        if (size) {
            c->section_pages += size / MODEL_PAGE;
            model->pool_estimate += MODEL_POOL_SECTION;
        }
    }
    model->commit_pages += c->section_pages;
}

struct model_answer model_secure_answer(const struct model *model, uint8_t device) {
    if (!model->devices[device].present)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_ANY_STATE);
    const struct model_chain *c = &model->chains[model->devices[device].chain];
    bool runs = c->phase == PHASE_STARTED;
    for (uint32_t i = 0; i < c->count; i++)
        runs &= !model->devices[c->members[i]].gone;
    if (!runs)
        return refuse(STATUS_INVALID_DEVICE_STATE, CLAUSE_ANY_STATE);
    if (!c->supported)
        return refuse(STATUS_NOT_SUPPORTED, CLAUSE_ATTACH_NOSUPPORT);
    if (c->mode == MODE_PHYSICAL) /* there is no IOMMU */
        return refuse(STATUS_NOT_SUPPORTED, CLAUSE_ATTACH_FAIL);
    if (c->attached)
        return (struct model_answer){.expect = MUST_SUCCEED, .clause = CLAUSE_ATTACH_ONCE};
    if (any_does(model, c, PROGRAM_MP_FAIL_BEGIN))
        return choose(STATUS_UNSUCCESSFUL, CLAUSE_ATTACH_BEGINFAIL);
    return (struct model_answer){.expect = MUST_SUCCEED, .clause = CLAUSE_ATTACH_LATER};
}

void model_attached(struct model *model, uint8_t chain) {
    model->chains[chain].late |= !model->chains[chain].attached;
    model->chains[chain].attached = true;
}

struct model_answer model_stop_answer(const struct model *model, uint8_t device) {
    if (!model->devices[device].present)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_STOP_RECLAIM);
    if (model->chains[model->devices[device].chain].phase != PHASE_STARTED)
        return refuse(STATUS_INVALID_DEVICE_STATE, CLAUSE_STOP_RECLAIM);
    return (struct model_answer){.expect = MUST_SUCCEED, .clause = CLAUSE_STOP_RECLAIM};
}

void model_stopped(struct model *model, uint8_t chain) {
    struct model_chain *c = &model->chains[chain];
    for (uint8_t i = 0; i < c->count; i++) {
        if (c->areas[i].pin.live) {
            model_unpinned(model, chain, i);
            model->leaks++;
        }
    }
    for (uint32_t i = model->view_count; i-- > 0;) {
        if (model->views[i].chain == chain) {
            model_unmapped(model, i);
            model->leaks++;
        }
    }
    for (uint8_t i = 0; i < c->count; i++) {
        if (c->areas[i].maximum)
            model->pool_estimate -= MODEL_POOL_SECTION;
        c->areas[i].serial = 0;
        c->areas[i].maximum = 0;
    }
    model->pool_estimate -= (uint64_t)c->count * MODEL_POOL_DEVICE;
    model->commit_pages -= c->section_pages;
    c->section_pages = 0;
    model->domain_pages -= c->mapped_pages; /* of reserved ranges */
    c->mapped_pages = 0;
    c->reserved = 0;
    c->attached = false;
    c->phase = PHASE_STOPPED;
}

void model_handle_issued(struct model *model, uint8_t device, uint64_t handle) {
    struct model_device *d = &model->devices[device];
    d->handle = handle;
    d->handle_alive = true;
    model->handles_alive++;
    model->handles[model->handle_count++] = handle;
}

void model_handle_died(struct model *model, uint8_t device) {
    if (model->devices[device].handle_alive)
        model->handles_alive--;
    model->devices[device].handle_alive = false;
}

/* ---- devices and chains ---- */

struct model_answer model_add_answer(const struct model *model, uint8_t device) {
    if (model->devices[device].present)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_LINK_ONE_LEAD);
    struct model_answer answer = granted;
    if (settings(model, device)->miniport & (PROGRAM_MP_DECLINE_ADD | PROGRAM_MP_FAIL_LINK))
        answer = choose(STATUS_UNSUCCESSFUL, CLAUSE_LINK_ONE_LEAD);
    answer.short_first = model->pool_estimate + MODEL_POOL_DEVICE > model->program->machine.pool_bytes;
    if (answer.short_first && answer.expect == MUST_SUCCEED)
        answer.expect = MAY_FAIL;
    return answer;
}

/* Member by member, and but for the samples, of which there are none: sanitizers make calls of clearing whole
 * structures, and each start of a program does this often. */
static void clear_area(struct model_area *area) {
    struct model_pin *pin = &area->pin;
    area->serial = 0;
    area->maximum = 0;
    area->last_word = 0;
    area->pinned_before = false;
    area->pinned_legacy = false;
    area->cpu_wrote = false;
    area->accepted[0] = 0;
    area->accepted[1] = 0;
    pin->live = false;
    pin->legacy = false;
    pin->contiguous = false;
    pin->waited = false;
    pin->scribbled = false;
    pin->pages = 0;
    pin->base = 0;
    pin->array = NULL;
    pin->place = NULL;
    pin->descriptor = NULL;
    pin->samples = 0;
    pin->pool_bytes = 0;
    pin->pool_blocks = 0;
}

static void make_single(struct model *model, uint8_t device) {
    struct model_chain *c = &model->chains[device];
    c->members[0] = device;
    c->count = 1;
    c->phase = PHASE_STOPPED;
    c->mapped_pages = 0;
    c->section_pages = 0;
    c->reserved = 0;
    c->attached = false;
    clear_area(&c->areas[0]);
    model->devices[device].chain = device;
    model->devices[device].position = 0;
}

/* Each of its members is a chain of its own again. */
static void take_apart(struct model *model, uint8_t chain) {
    const struct model_chain *c = &model->chains[chain];
    for (uint32_t i = c->count; i-- > 0;) /* the lead last: the list is in its own chain */
        make_single(model, c->members[i]);
}

/* What the driver says of its link, as far as it tells the truth. */
static void ask_link(struct model *model, uint8_t device, uint8_t named, uint8_t links) {
    struct model_device *d = &model->devices[device];
    uint32_t wrong = settings(model, device)->miniport;
    d->named = named;
    d->links = (uint8_t)(links + ((wrong & PROGRAM_MP_LINK_COUNT) != 0));
    d->says_lead = (device == named || wrong & PROGRAM_MP_CLAIM_LEAD) && !(wrong & PROGRAM_MP_DENY_LEAD);
}

static void append(struct model *model, uint8_t lead, uint8_t joiner) {
    struct model_chain *c = &model->chains[lead];
    model->chains[joiner].count = 0;
    model->devices[joiner].chain = lead;
    model->devices[joiner].position = c->count;
    clear_area(&c->areas[c->count]);
    c->members[c->count++] = joiner;
}

static bool is_named(const struct model *model, uint8_t device, uint8_t named) {
    const struct model_device *d = &model->devices[device];
    return d->present && d->links > 1 && d->named == named && model->chains[d->chain].phase == PHASE_STOPPED;
}

static bool gathers(const struct model *model, uint8_t device, uint8_t named) {
    return is_named(model, device, named) && !model->devices[device].gone;
}

/* Devices that name one chain are one: who calls itself lead is first, the others follow as they came. */
static void gather(struct model *model, uint8_t named) {
    uint8_t lead = UINT8_MAX;
    for (uint32_t i = 0; i < model->came_count; i++) {
        uint8_t device = model->came[i];
        if (!is_named(model, device, named))
            continue;
        /* Also of one that is gone, and with members that do not say of themselves that they are linked. */
        take_apart(model, model->devices[device].chain);
        if (model->devices[device].gone)
            continue;
        if (lead == UINT8_MAX || (model->devices[device].says_lead && !model->devices[lead].says_lead))
            lead = device;
    }
    for (uint32_t i = 0; i < model->came_count && lead != UINT8_MAX; i++)
        if (model->came[i] != lead && gathers(model, model->came[i], named) &&
            model->chains[lead].count < SUT_CHAIN_MAX)
            append(model, lead, model->came[i]);
}

void model_added(struct model *model, uint8_t device, uint8_t named, uint8_t links) {
    model->devices[device] = (struct model_device){.present = true};
    make_single(model, device);
    model->came[model->came_count++] = device;
    model->pool_estimate += MODEL_POOL_DEVICE;
    ask_link(model, device, named, links);
    gather(model, named);
}

struct model_answer model_link_answer(const struct model *model, uint8_t lead, uint8_t joiner) {
    const struct model_device *a = &model->devices[lead];
    const struct model_device *b = &model->devices[joiner];
    if (!a->present || !b->present || lead == joiner)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_LINK_ONE_LEAD);
    if (a->gone || b->gone || a->position != 0 || b->position != 0 ||
        model->chains[lead].phase != PHASE_STOPPED || model->chains[joiner].phase != PHASE_STOPPED ||
        model->chains[joiner].count != 1 || model->chains[lead].count == SUT_CHAIN_MAX)
        return DIALECT_IS(LINK, OTHERWISE)
                   ? choose_by(STATUS_INVALID_DEVICE_STATE, CLAUSE_LINK_ONE_LEAD, DIALECT_LINK)
                   : refuse(STATUS_INVALID_DEVICE_STATE, CLAUSE_LINK_ONE_LEAD);
    if (any_does(model, &model->chains[lead], PROGRAM_MP_FAIL_LINK) ||
        settings(model, joiner)->miniport & PROGRAM_MP_FAIL_LINK)
        return choose(STATUS_UNSUCCESSFUL, CLAUSE_LINK_ONE_LEAD);
    return (struct model_answer){.expect = MUST_SUCCEED, .clause = CLAUSE_LINK_ONE_LEAD};
}

void model_linked(struct model *model, uint8_t lead, uint8_t joiner) {
    const struct model_chain *c = &model->chains[lead];
    append(model, lead, joiner);
    for (uint32_t i = 0; i < c->count; i++)
        ask_link(model, c->members[i], lead, c->count);
}

struct model_answer model_remove_answer(const struct model *model, uint8_t device) {
    if (!model->devices[device].present)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_STOP_RECLAIM);
    return (struct model_answer){.expect = MUST_SUCCEED, .clause = CLAUSE_STOP_RECLAIM};
}

void model_removed(struct model *model, uint8_t device) {
    struct model_device *d = &model->devices[device];
    struct model_chain *c = &model->chains[d->chain];
    if (d->position == 0) {
        for (uint32_t i = 1; i < c->count; i++) {
            make_single(model, c->members[i]);
            model->devices[c->members[i]].links = 1;
        }
        c->count = 0;
    } else {
        for (uint32_t i = 0; i < c->count; i++) /* as many links as are left */
            model->devices[c->members[i]].links--;
        c->count--;
        for (uint8_t i = d->position; i < c->count; i++) {
            c->members[i] = c->members[i + 1];
            model->devices[c->members[i]].position = i;
        }
    }
    d->present = false;
    uint32_t at = 0;
    while (model->came[at] != device)
        at++;
    for (model->came_count--; at < model->came_count; at++)
        model->came[at] = model->came[at + 1];
    model->pool_estimate -= MODEL_POOL_DEVICE;
}

struct model_answer model_surprise_answer(const struct model *model, uint8_t device) {
    if (!model->devices[device].present)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_STOP_RECLAIM);
    if (model->devices[device].gone)
        return refuse(STATUS_INVALID_DEVICE_STATE, CLAUSE_STOP_RECLAIM);
    return (struct model_answer){.expect = MUST_SUCCEED, .clause = CLAUSE_STOP_RECLAIM};
}

struct model_answer model_power_answer(const struct model *model, uint8_t device) {
    if (!model->devices[device].present)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_ANY_STATE);
    return (struct model_answer){.expect = MUST_SUCCEED, .clause = CLAUSE_ANY_STATE};
}

struct model_answer model_reset_answer(const struct model *model, uint8_t device, bool begin) {
    if (!model->devices[device].present)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_TDR_KEEPS);
    if (model->devices[device].in_reset == begin)
        return refuse(STATUS_INVALID_DEVICE_STATE, CLAUSE_TDR_KEEPS);
    return (struct model_answer){.expect = MUST_SUCCEED, .clause = CLAUSE_TDR_KEEPS};
}

bool model_answers(struct model *model, uint8_t device, uint8_t as) {
    const struct model_device *d = &model->devices[device];
    if (d->present && model->chains[d->chain].phase != PHASE_STOPPED)
        return false;
    model->answers[device] = as;
    model->caps[device] = model_caps_as(model->program, device, as);
    return true;
}
