/* Names the pins, views, handles and addresses of a run after the calls that made them. */
#include "harness/reproduce/names.h"

#include <stdio.h>
#include <string.h>

#include "harness/judge/run.h"
#include "harness/program/text_words.h"

static struct {
    names_maker pin[SUT_DEVICES][SUT_CHAIN_MAX]; /* by chain and index */
    struct {
        names_maker maker;
        bool repeated;
        uint32_t nth;    /* of those that it made */
    } base[MODEL_VIEWS]; /* as model.bases */
    uint32_t bases;      /* and one more, while a map is under way */
    struct {
        names_maker maker;
        struct model_pin pin;
    } ended[SUT_DEVICES][SUT_CHAIN_MAX]; /* the last there */
} names;

void names_begin(void) {
    memset(&names, 0, sizeof(names));
}

void names_pinned(uint8_t chain, uint8_t index, names_maker maker) {
    names.pin[chain][index] = maker;
}

void names_mapped(names_maker maker) {
    uint32_t count = run.model.base_count;
    if (count == MODEL_VIEWS)
        return;
    names.bases = count + 1;
    names.base[count].maker = maker;
    names.base[count].repeated = run.walk.passes > 1 && !run.inside;
    names.base[count].nth = 0;
    for (uint32_t i = count; i-- > 0 && names.base[count].nth == 0;)
        if (names.base[i].maker == maker)
            names.base[count].nth = names.base[i].nth + 1;
}

void names_ending(void) {
    for (uint32_t i = 0; i < run.program->machine.adapters; i++) {
        for (uint32_t k = 0; k < run.model.chains[i].count; k++) {
            if (!run.model.chains[i].areas[k].pin.live)
                continue;
            names.ended[i][k].maker = names.pin[i][k];
            names.ended[i][k].pin = run.model.chains[i].areas[k].pin;
        }
    }
}

/* ---- who ---- */

names_maker names_of_pin(uint8_t chain, uint8_t index) {
    return names.pin[chain][index];
}

names_base names_of_base(uint64_t base) {
    uint32_t i = run.model.base_count;
    while (i > 0 && run.model.bases[i - 1] != base)
        i--;
    return i;
}

names_base names_of_address(uint64_t address, int64_t *distance) {
    const struct model *m = &run.model;
    uint64_t nearest = 0;
    for (uint32_t i = 0; i < m->base_count; i++)
        if (m->bases[i] <= address && m->bases[i] > nearest)
            nearest = m->bases[i];
    *distance = (int64_t)(address - nearest);
    return names_of_base(nearest);
}

bool names_find_descriptor(const void *descriptor, names_maker *maker) {
    for (uint32_t i = 0; i < SUT_DEVICES; i++)
        for (uint32_t k = 0; k < SUT_CHAIN_MAX; k++)
            if (names.ended[i][k].pin.live && names.ended[i][k].pin.descriptor == descriptor)
                *maker = names.ended[i][k].maker;
    for (uint32_t i = 0; i < run.program->machine.adapters; i++) {
        for (uint32_t k = 0; k < run.model.chains[i].count; k++) {
            const struct model_pin *pin = &run.model.chains[i].areas[k].pin;
            if (!pin->live || pin->descriptor != descriptor)
                continue;
            *maker = names.pin[i][k];
            return true;
        }
    }
    return false;
}

const char *names_suffix(names_maker maker) {
    static char suffixes[4][16];
    static unsigned next;
    char *suffix = suffixes[next++ % 4];
    bool serial = maker >> 31;
    snprintf(suffix, sizeof(suffixes[0]), serial ? "s%u" : "%u", maker & INT32_MAX);
    return suffix;
}

void names_put_argument(struct put *to, uint8_t opcode, names_maker maker) {
    put(to, "%s_%s", text_opcodes[opcode], names_suffix(maker));
}

void names_put_base(struct put *to, names_base base) {
    names_maker maker = base ? names.base[base - 1].maker : NAMES_NOBODY;
    const char *suffix = names_suffix(maker);
    uint32_t last = names.bases;
    while (last > base && names.base[last - 1].maker != maker)
        last--;
    if (!base || !names.base[base - 1].repeated)
        put(to, "map_%s.pBaseAddress", suffix);
    else if (last == base)
        put(to, "bases_%s[issued_%s - 1]", suffix, suffix);
    else
        put(to, "bases_%s[%u]", suffix, names.base[base - 1].nth);
}

/* ---- handles ---- */

static uint8_t lead_of(uint8_t device) {
    const struct model_device *d = &run.model.devices[device];
    return d->present ? run.model.chains[d->chain].members[0] : device;
}

static void put_own_handle(struct put *to, uint8_t device, int64_t delta) {
    if (delta == 0) {
        put(to, "adapter[%u].dxgkrnl.DeviceHandle", device);
        return;
    }
    put(to, "(HANDLE)((uintptr_t)adapter[%u].dxgkrnl.DeviceHandle", device);
    put_delta(to, delta);
    put(to, ")");
}

void names_put_handle(struct put *to, const struct call *call) {
    const struct model *m = &run.model;
    const struct program_op *op = &run.program->ops[run.inside ? 0 : run.op];
    uint64_t value = (uint64_t)(uintptr_t)call->handle;
    uint8_t own = call->device;
    for (uint8_t i = 0; i < run.program->machine.adapters && run.inside; i++)
        if (m->devices[i].handle == value)
            own = i;
    if (run.inside || op->handle == HANDLE_OWN)
        put_own_handle(to, own, 0);
    else if (op->handle == HANDLE_LEAD || op->handle == HANDLE_NEAR)
        put_own_handle(to, lead_of(own), op->handle == HANDLE_NEAR ? op->value : 0);
    else if (op->handle == HANDLE_ISSUED && m->handle_count)
        put(to, "handle_issued(%u)", (unsigned)((uint64_t)op->value % m->handle_count));
    else if (value == 0)
        put(to, "NULL");
    else
        put(to, "(HANDLE)(uintptr_t)0x%llx", (unsigned long long)value);
}

/* ---- pages ---- */

/* Whether the pin's array can be read: an implementation may have freed it, and nothing here dies of it. */
static bool is_readable(const struct model_pin *pin) {
    return !sut_get()->descriptor_alive || sut_get()->descriptor_alive(pin->descriptor);
}

bool names_pin_address(const struct model_pin *pin, uint64_t page, uint64_t *address) {
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

/* Ways to find a page by its address, the surest first. */
enum way {
    BY_SAMPLE, /* what the oracle looks at, as it was when it was pinned */
    BY_ARRAY,
    BEHIND,
    BEFORE,
    WAYS
};

static bool is_in_pin(const struct model_pin *pin, uint64_t address, enum way way, uint64_t *page) {
    uint64_t found;
    if (way == BEHIND || way == BEFORE) {
        *page = way == BEHIND ? pin->pages - 1 : 0;
        return names_pin_address(pin, *page, &found) && found + (way == BEHIND ? 1 : UINT64_MAX) == address;
    }
    for (uint32_t i = 0; way == BY_SAMPLE && i < pin->samples; i++) {
        *page = pin->sample[i].page;
        if (pin->sample[i].address == address)
            return true;
    }
    if (pin->contiguous) {
        *page = address - pin->base;
        return *page < pin->pages;
    }
    for (*page = 0; way == BY_ARRAY && is_readable(pin) && *page < pin->pages; ++*page)
        if (pin->array[*page] == address)
            return true;
    return false;
}

static const struct model_area *find_live(struct names_place *place, uint8_t first, enum way way) {
    uint8_t count = run.program->machine.adapters;
    for (uint8_t n = 0; n < count; n++) {
        uint8_t i = (uint8_t)((first + n) % count);
        for (uint32_t k = 0; k < run.model.chains[i].count; k++) {
            const struct model_area *area = &run.model.chains[i].areas[k];
            if (!area->pin.live || !is_in_pin(&area->pin, place->address, way, &place->page))
                continue;
            place->maker = names.pin[i][k];
            place->beside = way == BEHIND ? 1 : way == BEFORE ? -1 : 0;
            return area;
        }
    }
    return NULL;
}

static void find_ended(struct names_place *place) {
    for (uint32_t i = 0; i < SUT_DEVICES; i++) {
        for (uint32_t k = 0; k < SUT_CHAIN_MAX; k++) {
            const struct model_pin *pin = &names.ended[i][k].pin;
            for (uint32_t sample = 0; pin->live && sample < pin->samples; sample++) {
                if (pin->sample[sample].address != place->address)
                    continue;
                place->maker = names.ended[i][k].maker;
                place->page = pin->sample[sample].page;
                return;
            }
        }
    }
}

const struct model_area *names_find_place(struct names_place *place, uint8_t device, uint64_t address) {
    uint8_t first = run.model.devices[device].chain;
    *place = (struct names_place){.address = address};
    for (enum way way = BY_SAMPLE; way < WAYS; way++) {
        const struct model_area *area = find_live(place, first, way);
        if (area)
            return way < BEHIND ? area : NULL;
    }
    find_ended(place);
    return NULL;
}

void names_put_place(struct put *to, const struct names_place *place) {
    if (place->maker == NAMES_NOBODY) {
        put_number(to, place->address);
        return;
    }
    put(to, "page_number(&pages_%s, ", names_suffix(place->maker));
    put_number(to, place->page);
    put(to, ")");
    put_delta(to, place->beside);
}
