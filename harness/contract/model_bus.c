/* The reference model of the bus: devices, chains, start and stop. */
#include "harness/contract/model.h"

static const struct model_answer granted = {.expect = MUST_SUCCEED, .clause = CLAUSE_INIT_ROLLBACK};

static struct model_answer refuse(NTSTATUS status, enum contract_clause clause) {
    return (struct model_answer){.expect = MUST_FAIL, .status = status, .clause = clause};
}

static const struct program_adapter *settings(const struct model *model, uint8_t device) {
    return &model->program->adapters[device];
}

uint64_t model_highest_address(const struct model *model) {
    return model->program->machine.highest_pfn * MODEL_PAGE + (MODEL_PAGE - 1);
}

/* INIT-VISIBLE. */
static bool sees_all(const struct model *model, const struct program_adapter *lead) {
    uint64_t highest = model_highest_address(model);
    return lead->highest_visible > highest || (DIALECT_IS(EQUAL, STARTS) && lead->highest_visible == highest);
}

/* What is saved of a member, in pages: as its driver says, or as the dialect makes it of that. */
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

static bool isolation_supported(const struct program_adapter *lead) {
    DXGK_IOMMU_CAPS caps = {.Value = lead->caps};
    return caps.IommuIsolationSupported || caps.IommuIsolationRequired;
}

bool model_has_areas(const struct model *model, uint8_t chain) {
    return isolation_supported(settings(model, chain));
}

enum model_mode model_chain_mode(const struct model *model, uint8_t chain) {
    const struct program_adapter *lead = settings(model, chain);
    DXGK_IOMMU_CAPS caps = {.Value = lead->caps};
    if (model->program->machine.iommu == SUT_IOMMU_NONE || !isolation_supported(lead))
        return MODE_PHYSICAL;
    bool wanted = model->program->machine.iommu == SUT_IOMMU_REMAP_ALWAYS || !sees_all(model, lead);
    if (wanted && caps.DmaRemappingSupported &&
        program_version_value(lead->version) >= DXGKDDI_INTERFACE_VERSION_WDDM2_9)
        return MODE_REMAPPED;
    return MODE_ISOLATED;
}

/* ---- start and stop ---- */

static struct model_answer start_answer(const struct model *model, uint8_t device) {
    if (!model->devices[device].present)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_INIT_ROLLBACK);
    uint8_t chain = model->devices[device].chain;
    const struct model_chain *c = &model->chains[chain];
    const struct program_adapter *lead = settings(model, chain);
    if (c->phase != PHASE_STOPPED)
        return refuse(STATUS_INVALID_DEVICE_STATE, CLAUSE_INIT_ROLLBACK);
    for (uint32_t i = 0; i < c->count; i++)
        if (model->devices[c->members[i]].gone)
            return refuse(STATUS_INVALID_DEVICE_STATE, CLAUSE_LINK_ONE_LEAD);
    for (uint32_t i = 0; c->count > 1 && i < c->count; i++) {
        uint16_t miniport = settings(model, c->members[i])->miniport;
        bool says_lead = (i == 0 || (miniport & PROGRAM_MP_CLAIM_LEAD)) && !(miniport & PROGRAM_MP_DENY_LEAD);
        if (says_lead != (i == 0) || (miniport & PROGRAM_MP_LINK_COUNT))
            return refuse(STATUS_INVALID_DEVICE_STATE, CLAUSE_LINK_ONE_LEAD);
    }
    for (uint32_t i = 0; i < c->count; i++)
        if (settings(model, c->members[i])->miniport & PROGRAM_MP_FAIL_START)
            return refuse(STATUS_UNSUCCESSFUL, CLAUSE_INIT_ROLLBACK);
    if (lead->miniport & (PROGRAM_MP_FAIL_IOMMU_CAPS | PROGRAM_MP_FAIL_PHYSICAL_CAPS))
        return refuse(STATUS_UNSUCCESSFUL, CLAUSE_INIT_QUERY);

    DXGK_IOMMU_CAPS caps = {.Value = lead->caps};
    if (caps.IommuIsolationRequired && model->program->machine.iommu == SUT_IOMMU_NONE)
        return refuse(STATUS_NOT_SUPPORTED, CLAUSE_INIT_REQUIRED);
    if (model_chain_mode(model, chain) != MODE_REMAPPED && !sees_all(model, lead))
        return refuse(STATUS_NOT_SUPPORTED, CLAUSE_INIT_VISIBLE);

    uint64_t pages = 0;
    if (isolation_supported(lead)) {
        for (uint32_t i = 0; i < c->count; i++)
            if ((settings(model, c->members[i])->miniport & PROGRAM_MP_FAIL_SAVE_SIZE) &&
                !DIALECT_IS(SIZE_FAILS, NO_AREA))
                return refuse(STATUS_UNSUCCESSFUL, CLAUSE_INIT_QUERY);
        for (uint32_t i = 0; i < c->count; i++)
            if (area_size(settings(model, c->members[i])) % MODEL_PAGE != 0)
                return refuse(STATUS_INVALID_PARAMETER, CLAUSE_INIT_ALIGN);
        for (uint32_t i = 0; i < c->count; i++)
            pages += area_size(settings(model, c->members[i])) / MODEL_PAGE; /* at most 8 * 2^52 */
        if (pages > model->program->machine.commit_pages ||
            model->commit_pages > model->program->machine.commit_pages - pages)
            return refuse(STATUS_COMMITMENT_LIMIT, CLAUSE_INIT_COMMIT);
    }
    return granted;
}

struct model_answer model_start_answer(const struct model *model, uint8_t device) {
    struct model_answer answer = start_answer(model, device);
    const struct model_chain *c = &model->chains[model->devices[device].chain];
    uint64_t pool = model->pool_estimate + (uint64_t)c->count * (MODEL_POOL_DEVICE + MODEL_POOL_SECTION);
    answer.short_first = pool > model->program->machine.pool_bytes;
    if (answer.short_first && answer.expect == MUST_SUCCEED)
        answer.expect = MAY_FAIL;
    return answer;
}

void model_started(struct model *model, uint8_t chain) {
    struct model_chain *c = &model->chains[chain];
    const struct program_adapter *lead = settings(model, chain);
    c->phase = PHASE_STARTED;
    c->mode = model_chain_mode(model, chain);
    c->version = lead->version;
    c->visible_pages = (lead->highest_visible >> 12) + ((lead->highest_visible & 0xfff) == 0xfff);
    c->mapped_pages = 0;
    c->section_pages = 0;
    model->pool_estimate += (uint64_t)c->count * MODEL_POOL_DEVICE;
    for (uint32_t i = 0; i < c->count; i++) {
        struct model_area *area = &c->areas[i];
        uint64_t size = model_has_areas(model, chain) ? area_size(settings(model, c->members[i])) : 0;
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
    if (model->pool_estimate + MODEL_POOL_DEVICE > model->program->machine.pool_bytes)
        answer.expect = MAY_FAIL;
    return answer;
}

static void make_single(struct model *model, uint8_t device) {
    struct model_chain *c = &model->chains[device];
    c->members[0] = device;
    c->count = 1;
    c->phase = PHASE_STOPPED;
    c->mapped_pages = 0;
    c->section_pages = 0;
    c->areas[0] = (struct model_area){0};
    model->devices[device].chain = device;
    model->devices[device].position = 0;
}

void model_added(struct model *model, uint8_t device) {
    model->devices[device] = (struct model_device){.present = true};
    make_single(model, device);
    model->pool_estimate += MODEL_POOL_DEVICE;
}

struct model_answer model_link_answer(const struct model *model, uint8_t lead, uint8_t joiner) {
    const struct model_device *a = &model->devices[lead];
    const struct model_device *b = &model->devices[joiner];
    if (!a->present || !b->present || lead == joiner)
        return refuse(STATUS_INVALID_PARAMETER, CLAUSE_LINK_ONE_LEAD);
    if (a->gone || b->gone || a->position != 0 || b->position != 0 ||
        model->chains[lead].phase != PHASE_STOPPED || model->chains[joiner].phase != PHASE_STOPPED ||
        model->chains[joiner].count != 1 || model->chains[lead].count == SUT_CHAIN_MAX)
        return refuse(STATUS_INVALID_DEVICE_STATE, CLAUSE_LINK_ONE_LEAD);
    return (struct model_answer){.expect = MUST_SUCCEED, .clause = CLAUSE_LINK_ONE_LEAD};
}

void model_linked(struct model *model, uint8_t lead, uint8_t joiner) {
    struct model_chain *c = &model->chains[lead];
    model->chains[joiner].count = 0;
    model->devices[joiner].chain = lead;
    model->devices[joiner].position = c->count;
    c->areas[c->count] = (struct model_area){0};
    c->members[c->count++] = joiner;
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
        for (uint32_t i = 1; i < c->count; i++)
            make_single(model, c->members[i]);
        c->count = 0;
    } else {
        c->count--;
        for (uint8_t i = d->position; i < c->count; i++) {
            c->members[i] = c->members[i + 1];
            model->devices[c->members[i]].position = i;
        }
    }
    d->present = false;
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
