/* The oracle's looks, as they pass the seam: those of GPUs are written down, for what they write is seen
 * later; of all it is remembered which one the model contradicts. */
#include <string.h>

#include "harness/contract/ledger.h"
#include "harness/contract/reach.h"
#include "harness/reproduce/scenario.h"

#define ULL unsigned long long

/* Every page that a look around memory pressure is at: all samples of all pins. */
#define NOTES (SUT_DEVICES * MODEL_SAMPLES)

static const struct sut *real;

static struct {
    uint32_t turn;
    bool counted;
    bool locked;
    bool raised;
    bool is_wrong;
    struct look wrong;
    uint32_t notes; /* of pages, behind the step before */
    uint32_t fresh; /* of these: since this step began */
    struct {
        uint8_t lead, index;
        uint64_t page, pfn;
    } note[2 * NOTES];
    bool pressure;
} seen;

void looks_begin(void) {
    memset(&seen, 0, sizeof seen);
}

/* Behind another statement what was seen is forgotten, but for what memory pressure must not change. */
static void turn(void) {
    const struct step *step = &scenario->step[0];
    if (seen.turn == scenario->turn)
        return;
    seen.pressure = step->active && step->before.opcode == OP_PRESSURE && seen.turn + 1 == scenario->turn;
    seen.notes = seen.pressure ? seen.notes : 0;
    seen.fresh = seen.notes;
    seen.turn = scenario->turn;
    seen.counted = false;
    seen.is_wrong = false;
}

const struct look *looks_wrong(void) {
    turn();
    return seen.is_wrong ? &seen.wrong : NULL;
}

bool looks_counted(void) {
    turn();
    return seen.counted;
}

bool looks_locked(void) {
    return seen.locked;
}

bool looks_raised(void) {
    return seen.raised;
}

/* What is looked at when something is broken is for the report: whose fault it is. */
static bool is_blame(void) {
    return run_expected_text[0] != 0;
}

static void judge(const struct look *look, bool right) {
    turn();
    if (right || is_blame())
        return;
    seen.is_wrong = true;
    seen.wrong = *look;
}

/* ---- GPUs ---- */

static void put_row(const struct look *look) {
    struct step *step = scenario_step();
    put(&step->looks, step->rows++ ? ",\n         {%u, &pages_%s, " : "    LOOK({%u, &pages_%s, ",
        look->adapter, names_suffix(look->place.maker));
    put_number(&step->looks, look->place.page);
    put(&step->looks, ", %d, 0x%x, ", look->place.beside, look->offset);
    put_number(&step->looks, look->write ? look->value : 0);
    put(&step->looks, "}");
}

/* Begins a statement for a look that may not come back. */
static struct put *open_look(void) {
    static struct put open;
    turn();
    put_begin(&open, scenario->open, sizeof scenario->open);
    return &open;
}

static void close_look(void) {
    scenario->open[0] = 0;
}

static bool is_operation(void) {
    const struct step *step = scenario_step();
    return step->active && !step->returned;
}

/* Whether the device is attached to a domain that has this page for a reserved range. */
static bool is_reserved(uint8_t device, uint64_t page) {
    const struct model_chain *chain = &run.model.chains[run.model.devices[device].chain];
    bool is = false;
    for (uint32_t i = 0; i < chain->reserved && chain->attached; i++)
        is |= page - chain->reserve[i].first < chain->reserve[i].pages;
    return is;
}

static bool dma(unsigned device, uint64_t address, void *buffer, size_t size, bool write) {
    struct look look = {.kind = LOOK_DMA,
                        .adapter = (uint8_t)device,
                        .write = write,
                        .offset = (uint16_t)(address % MODEL_PAGE)};
    if (is_operation() || is_blame())
        return real->dma(device, address, buffer, size, write);
    bool reserved = is_reserved(look.adapter, address / MODEL_PAGE);
    const struct model_area *area =
        reserved ? NULL : names_find_place(&look.place, look.adapter, address / MODEL_PAGE);
    if (reserved)
        look.place = (struct names_place){.maker = NAMES_NOBODY, .address = address / MODEL_PAGE};
    const struct model_device *gpu = &run.model.devices[device];
    const struct model_area *own = run.model.chains[gpu->chain].areas;
    bool mine = area && gpu->present && area >= own && area < own + SUT_CHAIN_MAX;
    look.foreign = area && !mine;
    look.wants_ok = reach_can_dma(&run.model, look.adapter) &&
                    (mine || reserved || reach_is_physical(&run.model, look.adapter));
    look.wants_value = (area || reserved) && look.wants_ok && !write;
    look.wanted = address; /* of the firmware's memory */
    if (area)
        look.wanted = contents_read(area->serial, look.place.page * MODEL_PAGE + look.offset);
    memcpy(&look.value, buffer, sizeof look.value);
    struct put *open = open_look();
    put(open, "    (void)dma(%u, ", device);
    names_put_place(open, &look.place);
    put(open, ", 0x%x, &(uint64_t){", look.offset);
    put_number(open, write ? look.value : 0);
    put(open, "}, %s);\n", write ? "true" : "false");
    look.ok = real->dma(device, address, buffer, size, write);
    close_look();
    memcpy(&look.value, buffer, sizeof look.value);
    bool right = look.ok == look.wants_ok && (!look.wants_value || look.value == look.wanted);
    if (look.foreign) /* what it reaches is its own affair, unless that is the pin's page */
        right = !look.ok || look.value == 0 || look.value != look.wanted;
    judge(&look, right);
    if (right && look.place.maker != NAMES_NOBODY)
        put_row(&look);
    return look.ok;
}

/* ---- pages of sections ---- */

static uint64_t before_pressure(const struct look *look) {
    for (uint32_t i = 0; i < seen.fresh; i++)
        if (seen.note[i].lead == look->adapter && seen.note[i].index == look->index &&
            seen.note[i].page == look->page)
            return seen.note[i].pfn;
    return UINT64_MAX;
}

static bool page_is_right(struct look *look) {
    const struct model_chain *chain = &run.model.chains[look->adapter];
    const struct model_area *area = &chain->areas[look->index];
    bool started = look->index < chain->count && chain->phase == PHASE_STARTED;
    bool pinned = started && area->pin.live && look->page < area->pin.pages;
    uint64_t before = seen.pressure ? before_pressure(look) : UINT64_MAX;
    look->wants_ok = started && look->page < area->maximum / MODEL_PAGE;
    look->wants_locked = pinned;
    look->pressed = before != UINT64_MAX;
    look->wanted = before;
    look->wants_value = look->pressed || (pinned && chain->mode != MODE_REMAPPED &&
                                          names_pin_address(&area->pin, look->page, &look->wanted));
    look->place = (struct names_place){.maker = names_of_pin(look->adapter, look->index), .page = look->page};
    return look->ok == look->wants_ok && look->locked == pinned &&
           (!look->wants_value || look->value == look->wanted);
}

static bool page(unsigned lead, unsigned index, uint64_t number, struct sut_page *out) {
    struct look look = {.kind = LOOK_PAGE, .adapter = (uint8_t)lead, .index = (uint8_t)index, .page = number};
    struct put *open = open_look();
    put(open, "    (void)page_of(%u, %u, ", lead, index);
    put_number(open, number);
    put(open, ");\n");
    look.ok = real->page(lead, index, number, out);
    close_look();
    look.locked = look.ok && out->locked;
    look.value = look.ok && out->has_frame ? out->pfn : UINT64_MAX;
    judge(&look, page_is_right(&look));
    if (seen.notes < 2 * NOTES) {
        seen.note[seen.notes].lead = look.adapter;
        seen.note[seen.notes].index = look.index;
        seen.note[seen.notes].page = number;
        seen.note[seen.notes++].pfn = look.value;
    }
    return look.ok;
}

/* ---- the others ---- */

static void ledger(struct sut_ledger *out) {
    const struct look look = {.kind = LOOK_LEDGER};
    const struct sut_ledger wanted = model_ledger(&run.model);
    bool right = true;
    put(open_look(), "    sut->ledger(&before);\n");
    real->ledger(out);
    close_look();
    seen.counted = true;
#define COMPARE(member, what) right &= out->member == wanted.member;
    LEDGER_COUNTS(COMPARE)
    judge(&look, right);
}

static bool descriptor_alive(const void *descriptor) {
    struct look look = {.kind = LOOK_ALIVE, .ok = real->descriptor_alive(descriptor)};
    look.wants_ok = names_find_descriptor(descriptor, &look.place.maker);
    judge(&look, look.ok == look.wants_ok);
    return look.ok;
}

static bool cpu_accessible(const void *address, size_t size) {
    struct look look = {.kind = LOOK_ACCESS,
                        .ok = real->cpu_accessible(address, size),
                        .offset = (uint16_t)size,
                        .address = (uint64_t)(uintptr_t)address};
    look.wants_ok = model_base_covered(&run.model, look.address);
    judge(&look, look.ok == look.wants_ok);
    /* What is read there then, passes no seam. */
    for (uint32_t i = run.model.view_count;
         look.ok && look.wants_ok && size == sizeof(uint64_t) && i-- > 0;) {
        const struct model_view *view = &run.model.views[i];
        if (look.address - view->base >= view->offset - view->first + view->size)
            continue;
        look.wants_value = true;
        look.wanted = contents_read(run.model.chains[view->chain].areas[view->index].serial,
                                    view->first + (look.address - view->base));
        judge(&look, *(const volatile uint64_t *)address == look.wanted);
        break;
    }
    return look.ok;
}

static uint64_t domain(unsigned device) {
    struct look look = {.kind = LOOK_DOMAIN, .adapter = (uint8_t)device};
    put(open_look(), "    (void)sut->domain(%u);\n", device);
    look.value = real->domain(device);
    close_look();
    const struct model_device *own = &run.model.devices[device];
    const struct model_chain *chain = &run.model.chains[own->chain];
    look.wants_ok = own->present && chain->phase == PHASE_STARTED && chain->attached;
    judge(&look, (look.value != 0) == look.wants_ok);
    for (uint8_t i = 0; look.wants_ok && i < run.program->machine.adapters; i++) {
        const struct model_device *other = &run.model.devices[i];
        bool together = other->chain == own->chain;
        look.wants_value = true;
        look.index = i;
        look.ok = together;
        if (other->present && i != device &&
            (together || run.model.chains[other->chain].phase == PHASE_STARTED))
            judge(&look, (real->domain(i) == look.value) == together);
    }
    return look.value;
}

static const char *lock_held(void) {
    const char *kept = real->lock_held();
    seen.locked = kept != NULL;
    return kept;
}

static KIRQL irql(void) {
    KIRQL found = real->irql();
    seen.raised = found != run.model.irql[run.model.actor];
    return found;
}

static void set_actor(unsigned actor) {
    steps_circumstance("set_actor", actor);
    real->set_actor(actor);
}

static void set_irql(KIRQL irql) {
    steps_circumstance("set_irql", irql);
    real->set_irql(irql);
}

const struct sut *looks_watch(void) {
    static struct sut watched;
    real = sut_get();
    watched = *real;
    watched.set_actor = set_actor;
    watched.set_irql = set_irql;
    watched.dma = real->dma ? dma : NULL;
    watched.page = real->page ? page : NULL;
    watched.ledger = real->ledger ? ledger : NULL;
    watched.descriptor_alive = real->descriptor_alive ? descriptor_alive : NULL;
    watched.cpu_accessible = real->cpu_accessible ? cpu_accessible : NULL;
    watched.domain = real->domain ? domain : NULL;
    watched.lock_held = real->lock_held ? lock_held : NULL;
    watched.irql = real->irql ? irql : NULL;
    return &watched;
}

/* ---- the checks ---- */

void looks_put_before(struct put *to, const struct look *look) {
    if (look->kind == LOOK_PAGE && look->pressed)
        put(to, "    struct sut_page was = page_of(%u, %u, 0x%llx);\n", look->adapter, look->index,
            (ULL)look->page);
}

static void put_dma(struct put *to, const struct look *look) {
    put(to, "    dma_%s(%u, ",
        look->foreign     ? "never_reads"
        : !look->wants_ok ? "faults"
        : look->write     ? "writes"
                          : "reads",
        look->adapter);
    names_put_place(to, &look->place);
    put(to, ", 0x%x", look->offset);
    if (look->foreign || look->wants_ok) {
        put(to, ", ");
        put_number(to, look->foreign || look->write ? look->value : look->wanted);
    }
    put(to, ");\n");
}

static void put_page(struct put *to, const struct look *look) {
    bool there = look->ok == look->wants_ok;
    put(to, "    page_is_%s(%u, %u, 0x%llx, ",
        !there                               ? "there"
        : look->locked != look->wants_locked ? "locked"
                                             : "at",
        look->adapter, look->index, (ULL)look->page);
    if (!there)
        put(to, look->wants_ok ? "true" : "false");
    else if (look->locked != look->wants_locked)
        put(to, look->wants_locked ? "true" : "false");
    else if (look->pressed)
        put(to, "was.pfn");
    else
        names_put_place(to, &look->place);
    put(to, ");\n");
}

static void put_access(struct put *to, const struct look *look) {
    int64_t distance;
    names_maker maker = names_of_address(look->address, &distance);
    put(to, look->wants_value ? "    decisive = true;\n    cpu_reads(" : "    cpu_can_access(");
    names_put_argument(to, OP_MAP, maker);
    put(to, ".pBaseAddress, %lld, ", (long long)distance);
    if (look->wants_value)
        put_number(to, look->wanted);
    else
        put(to, "%u, %s", look->offset, look->wants_ok ? "true" : "false");
    put(to, ");\n");
}

static void put_ledger(struct put *to) {
    const struct sut_ledger wanted = model_ledger(&run.model);
    const char *between = "";
    put(to, "    ledger_is(&(struct sut_ledger){");
#define MEMBER(member, what)                                                                                 \
    if (wanted.member) {                                                                                     \
        put(to, "%s." #member " = ", between);                                                               \
        put_number(to, wanted.member);                                                                       \
        between = ", ";                                                                                      \
    }
    LEDGER_COUNTS(MEMBER)
    put(to, *between ? "});\n" : "0});\n");
}

void looks_put_check(struct put *to, const struct look *look) {
    switch (look->kind) {
    case LOOK_DMA:
        put_dma(to, look);
        break;
    case LOOK_PAGE:
        put_page(to, look);
        break;
    case LOOK_LEDGER:
        put_ledger(to);
        break;
    case LOOK_ALIVE:
        put(to, "    descriptor_is_alive(&pages_%s, %s);\n", names_suffix(look->place.maker),
            look->wants_ok ? "true" : "false");
        break;
    case LOOK_ACCESS:
        put_access(to, look);
        break;
    case LOOK_DOMAIN:
        if (look->wants_value)
            put(to, "    domain_is_that_of(%u, %u, %s);\n", look->adapter, look->index,
                look->ok ? "true" : "false");
        else
            put(to, "    domain_is(%u, %s);\n", look->adapter, look->wants_ok ? "true" : "false");
        break;
    }
}
