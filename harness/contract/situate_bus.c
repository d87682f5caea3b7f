/* Which situation is it? Of chains and of the bus. Only tells; nothing depends on it. */
#include "harness/contract/situate.h"

static void enter_links(const struct model_chain *c) {
    situation_enter(c->count == 1              ? SITUATION_LINKS_ALONE
                    : c->count < SUT_CHAIN_MAX ? SITUATION_LINKS_SEVERAL
                                               : SITUATION_LINKS_EIGHT);
}

static void enter_version(const struct model *model, uint8_t chain) {
    const struct program *program = model->program;
    ULONG own = program_version_value(program->adapters[chain].version);
    ULONG dxgkrnl = program_version_value(program->machine.dxgkrnl_version);
    situation_enter(SITUATION_VERSION_3_0 +
                    (own < dxgkrnl ? program->adapters[chain].version : program->machine.dxgkrnl_version));
    situation_enter(own < dxgkrnl    ? SITUATION_SKEW_OLDER
                    : own == dxgkrnl ? SITUATION_SKEW_SAME
                                     : SITUATION_SKEW_NEWER);
}
_Static_assert(PROGRAM_WDDM_3_0 == 0, "the first row of versions is the first situation of them");

/* The save areas of a chain's members, as their drivers say. */
static void enter_areas(const struct model *model, const struct model_chain *c) {
    uint64_t pages = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        uint64_t bytes = model->program->adapters[model->answers[c->members[i]]].maximum_size;
        situation_enter_if(bytes == 0, SITUATION_AREA_ZERO);
        situation_enter_if(bytes == SITUATE_BYTES_32 - MODEL_PAGE, SITUATION_AREA_BELOW_4G);
        situation_enter_if(bytes == SITUATE_BYTES_32, SITUATION_AREA_AT_4G);
        situation_enter_if(bytes / MODEL_PAGE >= SITUATE_PAGES_32, SITUATION_AREA_COUNT32);
        pages += bytes / MODEL_PAGE; /* at most 8 * 2^52 */
    }
    situation_enter_if(pages >= SITUATE_PAGES_4G, SITUATION_SUM_BYTES_32);
    situation_enter_if(pages >= SITUATE_PAGES_32, SITUATION_SUM_PAGES_32);
    situation_enter_if(pages >= UINT64_C(1) << 52, SITUATION_SUM_BYTES_64);
}

static void enter_sight(const struct model *model, uint8_t chain) {
    uint64_t visible = model->program->adapters[model->answers[chain]].highest_visible;
    uint64_t highest = model_highest_address(model);
    situation_enter(visible > highest                          ? SITUATION_SIGHT_ABOVE
                    : model->caps[chain].mode == MODE_REMAPPED ? SITUATION_NONE
                    : visible == highest                       ? SITUATION_SIGHT_EQUAL
                                                               : SITUATION_SIGHT_BELOW);
    situation_enter_if(visible >> 63, SITUATION_SIGHT_SIGN);
}

static void enter_reserved(const struct model *model, uint8_t chain, enum situate_way way) {
    static const uint16_t reserved[SITUATE_WAYS] = {
        [WAY_EARLY] = SITUATION_RESERVED_EARLY,     [WAY_REMAPPED] = SITUATION_RESERVED_REMAPPED,
        [WAY_WAITING] = SITUATION_RESERVED_WAITING, [WAY_FORCED] = SITUATION_RESERVED_FORCED,
        [WAY_LATE] = SITUATION_RESERVED_LATE,
    };
    situation_enter_if(model->program->adapters[model->answers[chain]].reserved > 0, reserved[way]);
}

void situate_start(const struct model *model, uint8_t chain) {
    if (!situation_wanted)
        return;
    static const uint16_t ways[SITUATE_WAYS] = {
        [WAY_NO_IOMMU] = SITUATION_WAY_NO_IOMMU, [WAY_UNSUPPORTED] = SITUATION_WAY_UNSUPPORTED,
        [WAY_EARLY] = SITUATION_WAY_EARLY,       [WAY_WAITING] = SITUATION_WAY_WAITING,
        [WAY_FORCED] = SITUATION_WAY_FORCED,     [WAY_REMAPPED] = SITUATION_WAY_REMAPPED,
    };
    enum situate_way way = situate_way_of_start(model, chain);
    situation_clear();
    situation_enter(ways[way]);
    enter_links(&model->chains[chain]);
    enter_version(model, chain);
    enter_areas(model, &model->chains[chain]);
    enter_sight(model, chain);
    enter_reserved(model, chain, way);
    situation_enter_if(way == WAY_FORCED, SITUATION_ATTACHES_FORCED);
    situation_enter_if(way == WAY_WAITING, SITUATION_UNATTACHED_WAITING);
    situation_enter_if(way == WAY_FORCED,
                       model->caps[chain].let_go ? SITUATION_FAILS_LET_GO : SITUATION_FAILS_START);
}

static void enter_end(const struct model *model, const struct call *call, uint8_t chain) {
    const struct model_chain *c = &model->chains[chain];
    bool gone = false;
    for (uint32_t i = 0; i < c->count; i++)
        gone |= model->devices[c->members[i]].gone;
    enter_links(c);
    situate_pins(model, chain);
    situation_enter(gone                      ? SITUATION_END_GONE
                    : call->opcode == OP_STOP ? SITUATION_END_STOP
                                              : SITUATION_END_REMOVE);
}

static void enter_vm(const struct model *model, uint8_t chain) {
    const struct model_chain *c = &model->chains[chain];
    enter_links(c);
    situation_enter_if(c->attached, SITUATION_AGAIN_VM);
    if (c->attached || c->mode == MODE_PHYSICAL)
        return;
    situation_enter(SITUATION_ATTACHES_LATE);
    situation_enter(SITUATION_FAILS_VM);
    enter_reserved(model, chain, WAY_LATE);
    for (uint8_t i = 0; i < c->count; i++)
        situation_enter_if(c->areas[i].pin.live, SITUATION_HELD_PIN);
    for (uint32_t i = 0; i < model->view_count; i++)
        situation_enter_if(model->views[i].chain == chain, SITUATION_HELD_VIEW);
}

void situate_bus(const struct model *model, const struct call *call) {
    if (!situation_wanted)
        return;
    const struct model_device *device = &model->devices[call->device];
    uint8_t chain = device->chain;
    situation_clear();
    if (!device->present) {
        situate_fault(model, call);
        return;
    }
    switch ((enum program_bus)call->opcode) {
    case BUS_START:
        situate_start(model, chain);
        break;
    case BUS_STOP:
    case BUS_REMOVE:
        enter_end(model, call, chain);
        break;
    case BUS_SECURE_VM:
        enter_vm(model, chain);
        break;
    case BUS_POWER:
    case BUS_RESET:
        situate_pins(model, chain);
        situation_enter_if(model->chains[chain].attached,
                           call->opcode == OP_POWER ? SITUATION_AGAIN_POWER : SITUATION_AGAIN_RESET);
        break;
    case BUS_LINK:
        enter_links(&model->chains[chain]);
        break;
    case BUS_PRESSURE:
        for (uint8_t i = 0; i < model->program->machine.adapters; i++)
            situate_pins(model, i);
        break;
    case BUS_ADD:
    case BUS_SURPRISE_REMOVE:
        break;
    }
    situate_fault(model, call);
}
