#include "harness/reproduce/story_judge.h"

#include <string.h>

#include "harness/contract/reach.h"

/* ---- pins by address ---- */

/* Whether the pin's array can be read: an implementation may have freed it, and nothing here dies of it. */
static bool is_readable(const struct model_pin *pin) {
    return !sut_get()->descriptor_alive || sut_get()->descriptor_alive(pin->descriptor);
}

/* The device page number of a page; false when nobody knows any more. */
static bool pin_address(const struct model_pin *pin, uint64_t page, uint64_t *address) {
    for (uint32_t i = 0; i < pin->samples; i++) {
        *address = pin->sample[i].address;
        if (pin->sample[i].page == page)
            return true;
    }
    if (!pin->contiguous && !is_readable(pin))
        return false;
    *address = pin->contiguous ? pin->base + page : pin->array[page];
    return true;
}

/* Pins that have ended; the last of each chain and index. */
static struct {
    uint32_t step;
    struct model_pin pin;
} ended[SUT_DEVICES][SUT_CHAIN_MAX];

void story_judge_reset(void) {
    memset(ended, 0, sizeof ended);
}

void story_judge_pins(story_pin_steps pins) {
    for (uint32_t i = 0; i < run.program->machine.adapters; i++) {
        for (uint32_t k = 0; k < run.model.chains[i].count; k++) {
            if (!run.model.chains[i].areas[k].pin.live)
                continue;
            ended[i][k].step = pins[i][k];
            ended[i][k].pin = run.model.chains[i].areas[k].pin;
        }
    }
}

enum way {
    BY_SAMPLE,
    BY_ARRAY,
    BEHIND,
    BEFORE
};

/* Of a live pin: the page at an address, or the end that the address is beside of. */
static bool find_in_pin(const struct model_pin *pin, uint64_t address, enum way way, uint64_t *page) {
    uint64_t found;
    if (!pin->live)
        return false;
    switch (way) {
    case BY_SAMPLE: /* what the oracle looks at, as it was when it was pinned */
        for (uint32_t i = 0; i < pin->samples; i++) {
            *page = pin->sample[i].page;
            if (pin->sample[i].address == address)
                return true;
        }
        *page = address - pin->base;
        return pin->contiguous && *page < pin->pages;
    case BY_ARRAY:
        for (*page = 0; !pin->contiguous && is_readable(pin) && *page < pin->pages; ++*page)
            if (pin->array[*page] == address)
                return true;
        return false;
    case BEHIND:
        *page = pin->pages - 1;
        return pin_address(pin, *page, &found) && found + 1 == address;
    default:
        *page = 0;
        return pin_address(pin, *page, &found) && found - 1 == address;
    }
}

/* Which live pin the address is of: of the chain first that is looked at. NULL: none. */
static const struct model_area *find_live(struct story_place *place, uint8_t first, enum way way,
                                          story_pin_steps pins) {
    uint8_t count = run.program->machine.adapters;
    for (uint8_t n = 0; n < count; n++) {
        uint8_t i = (uint8_t)((first + n) % count);
        for (uint32_t k = 0; k < run.model.chains[i].count; k++) {
            const struct model_area *area = &run.model.chains[i].areas[k];
            if (find_in_pin(&area->pin, place->address, way, &place->page)) {
                place->step = pins[i][k];
                place->beside = way == BEHIND ? 1 : way == BEFORE ? -1 : 0;
                return area;
            }
        }
    }
    return NULL;
}

static bool find_ended(struct story_place *place) {
    for (uint32_t i = 0; i < SUT_DEVICES; i++) {
        for (uint32_t k = 0; k < SUT_CHAIN_MAX; k++) {
            const struct model_pin *pin = &ended[i][k].pin;
            for (uint32_t sample = 0; pin->live && sample < pin->samples; sample++) {
                if (pin->sample[sample].address == place->address) {
                    place->step = ended[i][k].step;
                    place->page = pin->sample[sample].page;
                    return true;
                }
            }
        }
    }
    return false;
}

/* ---- looks ---- */

void story_judge_dma(struct story_look *look, uint64_t address, story_pin_steps pins) {
    const struct model_device *device = &run.model.devices[look->adapter];
    look->place = (struct story_place){.step = STORY_NOWHERE, .address = address};
    const struct model_area *area = find_live(&look->place, device->chain, BY_SAMPLE, pins);
    if (!area)
        area = find_live(&look->place, device->chain, BY_ARRAY, pins);
    const struct model_area *areas = run.model.chains[device->chain].areas;
    bool own = area && device->present && area >= areas && area < areas + SUT_CHAIN_MAX;
    if (!area && !find_live(&look->place, device->chain, BEHIND, pins) &&
        !find_live(&look->place, device->chain, BEFORE, pins))
        (void)find_ended(&look->place);
    bool everywhere = run.program->machine.iommu == SUT_IOMMU_NONE;
    look->wants_ok = reach_can_dma(&run.model, look->adapter) && (own || everywhere);
    if (area && look->wants_ok && !look->write) {
        look->wants_value = true;
        look->wanted = contents_read(area->serial, look->place.page * MODEL_PAGE + look->offset);
    }
    look->foreign = area && !own;
}

/* The look at the same page before the last step, for memory that must not move. */
static const struct story_look *same_page_before(const struct story_look *look, const struct story *story) {
    for (const struct story_look *before = look; before-- > story->looked;)
        if (before->kind == LOOK_PAGE && before->adapter == look->adapter && before->index == look->index &&
            before->page == look->page && before->step != look->step)
            return before;
    return NULL;
}

void story_judge_page(struct story_look *look, const struct story *story, story_pin_steps pins) {
    const struct model_chain *chain = &run.model.chains[look->adapter];
    const struct model_area *area = &chain->areas[look->index];
    bool started = look->index < chain->count && chain->phase == PHASE_STARTED;
    bool pinned = started && area->pin.live && look->page < area->pin.pages;
    bool pressed = story->steps && story->step[look->step].kind == STEP_CALL &&
                   story->step[look->step].before.opcode == OP_PRESSURE;
    look->wants_ok = started && look->page < area->maximum / MODEL_PAGE;
    look->wants_locked = pinned;
    look->place.step = STORY_NOWHERE;
    look->bad = look->ok != look->wants_ok || look->locked != pinned;
    const struct story_look *before = pressed ? same_page_before(look, story) : NULL;
    if (before && before->has_frame) {
        look->wants_value = true;
        look->pressed = true;
        look->wanted = before->value;
        look->bad |= !look->has_frame || look->value != before->value;
    } else if (pinned && chain->mode != MODE_REMAPPED && pin_address(&area->pin, look->page, &look->wanted)) {
        look->wants_value = true;
        look->place.step = pins[look->adapter][look->index];
        look->place.page = look->page;
        look->bad |= !look->has_frame || look->value != look->wanted;
    }
}

void story_judge_ledger(struct story_look *look) {
    const struct sut_ledger *l = &look->ledger;
    const struct model *m = &run.model;
    look->bad = l->commit_pages != m->commit_pages || l->pins != m->pins ||
                l->locked_pages != m->locked_pages || l->domain_pages != m->domain_pages ||
                l->views != m->view_count || l->view_bytes != m->view_bytes ||
                l->handles != m->handles_alive || l->leaks != m->leaks || l->breaches != m->breaches;
}

void story_judge_alive(struct story_look *look, const void *descriptor, story_pin_steps pins) {
    look->place.step = STORY_NOWHERE;
    for (uint32_t i = 0; i < SUT_DEVICES; i++) {
        for (uint32_t k = 0; k < SUT_CHAIN_MAX; k++) {
            const struct model_pin *pin = &run.model.chains[i].areas[k].pin;
            bool live = i < run.program->machine.adapters && k < run.model.chains[i].count && pin->live;
            if (live && pin->descriptor == descriptor) {
                look->place.step = pins[i][k];
                look->wants_ok = true;
            } else if (look->place.step == STORY_NOWHERE && ended[i][k].pin.live &&
                       ended[i][k].pin.descriptor == descriptor) {
                look->place.step = ended[i][k].step;
            }
        }
    }
    look->bad = look->ok != look->wants_ok;
}

void story_judge_access(struct story_look *look, uint64_t address, const uint32_t *base_steps) {
    const struct model *m = &run.model;
    uint64_t nearest = 0;
    look->wants_ok = model_base_covered(m, address);
    for (uint32_t i = 0; i < m->base_count; i++) {
        if (m->bases[i] <= address && m->bases[i] >= nearest) {
            nearest = m->bases[i];
            look->view_step = base_steps[i];
            look->view_delta = (int64_t)(address - nearest);
        }
    }
    look->place.address = address;
    look->bad = look->ok != look->wants_ok;
}

void story_judge_domain(struct story_look *look, const struct sut *real) {
    const struct model_device *device = &run.model.devices[look->adapter];
    const struct model_chain *chain = &run.model.chains[device->chain];
    bool attached = device->present && chain->phase == PHASE_STARTED && chain->mode != MODE_PHYSICAL;
    look->wants_ok = attached;
    look->bad = (look->value != 0) != attached;
    if (!attached || look->bad)
        return;
    for (uint8_t i = 0; i < run.program->machine.adapters; i++) {
        const struct model_device *other = &run.model.devices[i];
        bool together = other->chain == device->chain;
        if (!other->present || i == look->adapter ||
            (!together && run.model.chains[other->chain].phase != PHASE_STARTED))
            continue;
        if ((real->domain(i) == look->value) != together) {
            look->bad = true;
            look->wants_value = together; /* the same as that one's; else another */
            look->index = i;
        }
    }
}

/* ---- what broke ---- */

static bool is_legal(const struct story_step *step) {
    const struct model_answer *answer = &step->answer;
    const struct call *call = &step->after;
    bool callback = call_is_callback(call->opcode);
    bool releases = call->opcode == OP_UNPIN || call->opcode == OP_UNMAP;
    bool shortage = model_is_shortage(call->status) || (!callback && call->status == STATUS_COMMITMENT_LIMIT);
    if (answer->expect == MUST_FAIL)
        return !NT_SUCCESS(call->status) && (!run.sut->hold_chosen || call->status == answer->status ||
                                             (!callback && call->fired) || (answer->short_first && shortage));
    return NT_SUCCESS(call->status) || ((answer->expect == MAY_FAIL || (call->fired && !releases)) &&
                                        (shortage || !run.sut->hold_chosen));
}

static bool has_changed(const struct model_pin *pin) {
    const DXGK_ADL *adl = pin->descriptor;
    const MDL *mdl = pin->descriptor;
    if (pin->legacy ? mdl->ByteCount != pin->pages * MODEL_PAGE || mdl->ByteOffset != 0
                    : adl->PageCount != pin->pages || adl->Flags.Value != pin->contiguous ||
                          (pin->contiguous ? adl->BasePageNumber != pin->base : adl->Pages != pin->array))
        return true;
    for (uint32_t n = 0; !pin->contiguous && n < pin->samples; n++)
        if (pin->array[pin->sample[n].page] != pin->sample[n].address)
            return true;
    return false;
}

/* The step of a live pin whose descriptor is not what it was; false when there is none. */
static bool find_changed(uint32_t *step, story_pin_steps pins) {
    for (uint32_t i = 0; i < run.program->machine.adapters; i++) {
        for (uint32_t k = 0; k < run.model.chains[i].count; k++) {
            const struct model_pin *pin = &run.model.chains[i].areas[k].pin;
            if (pin->live && is_readable(pin) && has_changed(pin)) {
                *step = pins[i][k];
                return true;
            }
        }
    }
    return false;
}

/* The last look at a view that may be read there, when what is read there is wrong. */
static bool find_wrong_word(struct story *story) {
    for (uint32_t i = story->looks; i-- > 0;) {
        const struct story_look *look = &story->looked[i];
        if (look->kind != LOOK_ACCESS)
            continue;
        if (!look->ok || look->size < sizeof(uint64_t))
            return false;
        uint64_t address = look->place.address;
        for (uint32_t k = 0; k < run.model.view_count; k++) {
            const struct model_view *view = &run.model.views[k];
            uint64_t span = view->offset - view->first + view->size;
            if (address - view->base >= span)
                continue;
            story->look = *look;
            story->look.wanted = contents_read(run.model.chains[view->chain].areas[view->index].serial,
                                               view->first + (address - view->base));
            story->look.value = *(const volatile uint64_t *)(uintptr_t)address;
            return story->look.value != story->look.wanted;
        }
        return false;
    }
    return false;
}

static void say_ledger(struct story *story, bool pool) {
    const struct model *m = &run.model;
    story->final = FINAL_LEDGER;
    story->pool = pool;
    story->ledger = (struct sut_ledger){.commit_pages = m->commit_pages,
                                        .locked_pages = m->locked_pages,
                                        .domain_pages = m->domain_pages,
                                        .view_bytes = m->view_bytes,
                                        .pins = m->pins,
                                        .views = m->view_count,
                                        .handles = m->handles_alive,
                                        .leaks = m->leaks,
                                        .breaches = m->breaches};
}

/* Of a step without a wrong look behind it: what it returned, or what that led to. */
static enum story_final of_step(struct story *story, const struct story_step *step, bool counted) {
    uint8_t opcode = step->before.opcode;
    if (program_class(opcode) == CLASS_ACCESS)
        return opcode == OP_DMA_READ || opcode == OP_DMA_WRITE ? FINAL_DMA : FINAL_CPU;
    if (NT_SUCCESS(step->after.status) && (opcode == OP_PIN2 || opcode == OP_PIN))
        return FINAL_ADL;
    if (NT_SUCCESS(step->after.status) && opcode == OP_MAP)
        return FINAL_VIEW;
    if (!counted && (opcode == OP_START || opcode == OP_STOP || opcode == OP_REMOVE))
        return FINAL_CALLED;
    if (counted)
        say_ledger(story, true);
    return counted ? FINAL_LEDGER : FINAL_UNKNOWN;
}

void story_judge_final(struct story *story, uint32_t step_number, bool in_driver, story_pin_steps pins) {
    const struct story_step *step = story->steps ? &story->step[step_number] : NULL;
    bool counted = false;
    story->final_step = step_number;
    story->in_driver = in_driver;
    story->final = FINAL_UNKNOWN;
    story->final_look = STORY_NOWHERE;
    for (uint32_t i = 0; i < story->looks; i++) {
        const struct story_look *look = &story->looked[i];
        if (look->step != step_number)
            continue;
        counted |= look->kind == LOOK_LEDGER;
        if (look->bad) {
            story->look = *look;
            story->final_look = i;
            story->final = FINAL_LOOK;
            if (look->kind == LOOK_LEDGER)
                say_ledger(story, false);
            return;
        }
    }
    if (!step)
        return;
    bool called = step->kind == STEP_CALL && step->returned;
    if (called && !is_legal(step)) {
        story->final = FINAL_STATUS;
    } else if (called && call_is_callback(step->before.opcode) && !NT_SUCCESS(step->after.status) &&
               memcmp(&step->before.arg, &step->after.arg, sizeof step->before.arg) != 0) {
        story->final = FINAL_ARGUMENT;
    } else if (find_changed(&story->pin_step, pins)) {
        story->final = FINAL_DESCRIPTOR;
    } else if (find_wrong_word(story)) {
        story->final = FINAL_VIEW_READ;
    } else if (in_driver) {
        story->final = FINAL_DRIVER;
    } else if (called) {
        story->final = of_step(story, step, counted);
    }
    if (step->before.opcode == OP_UNPIN && step->answer.expect != MUST_FAIL)
        story->pin_step = pins[step->answer.chain][step->answer.index];
    if (story->final == FINAL_ADL) {
        const struct model_chain *chain = &run.model.chains[step->answer.chain];
        story->visible_pages = chain->visible_pages;
        story->remapped = chain->mode == MODE_REMAPPED;
    }
}
