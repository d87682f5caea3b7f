/* The oracle's looks, as they pass the seam. Before each, the statement that demands what the model says is
 * written down: the scenario ends with it where the process dies in that look, or where the model contradicts
 * what is seen. Looks of GPUs at pins are told in any case, for what they write is seen later. */
#include <string.h>

#include "harness/contract/ledger.h"
#include "harness/contract/reach.h"
#include "harness/reproduce/scenario.h"

/* Every page that a look around memory pressure is at: all samples of all pins. */
#define NOTES (SUT_DEVICES * MODEL_SAMPLES)

static const struct sut *real;
static struct looks_seen seen;
static uint32_t seen_turn;

/* Where pages were, behind this step and the one before. */
static struct {
    uint32_t count;
    uint32_t fresh; /* of these: behind this step */
    bool pressure;  /* which was memory pressure */
    struct note {
        unsigned lead, index;
        uint64_t page, pfn;
    } note[2 * NOTES];
} notes;

/* Behind another statement what was seen is forgotten, but for what memory pressure must not change. */
static void turn(void) {
    const struct step *step = &scenario->step[0];
    if (seen_turn == scenario->turn)
        return;
    notes.pressure = step->active && step->before.opcode == OP_PRESSURE && seen_turn + 1 == scenario->turn;
    notes.count = notes.pressure ? notes.count : 0;
    notes.fresh = notes.count;
    seen_turn = scenario->turn;
    seen.counted = false;
    seen.wrong[0] = 0;
    seen.before[0] = 0;
}

const struct looks_seen *looks_seen(void) {
    turn();
    return &seen;
}

/* Begins the statement of a look that is about to be. */
static struct put *demand(void) {
    static struct put statement;
    turn();
    put_begin(&statement, scenario->look, sizeof(scenario->look));
    return &statement;
}

/* What is looked at when something is broken is for the report: whose fault it is. */
static bool is_blame(void) {
    return run_expected_text[0] != 0;
}

/* The look has come back. */
static void judge(bool right) {
    if (!right && !is_blame()) {
        memcpy(seen.wrong, scenario->look, sizeof(seen.wrong));
        seen.before[0] = 0;
    }
    scenario->look[0] = 0;
}

static const char *word(bool yes) {
    return yes ? "true" : "false";
}

/* ---- GPUs ---- */

static void put_row(unsigned device, const struct names_place *place, unsigned offset, uint64_t mark) {
    struct step *step = scenario_step();
    put(&step->looks, step->rows++ ? ",\n         {%u, &pages_%s, " : "    LOOK({%u, &pages_%s, ", device,
        names_suffix(place->maker));
    put_number(&step->looks, place->page);
    put(&step->looks, ", %d, 0x%x, ", place->beside, offset);
    put_number(&step->looks, mark);
    put(&step->looks, "}");
}

/* Whether the device is attached to a domain that has this page for a reserved range. */
static bool is_reserved(uint8_t device, uint64_t page) {
    const struct model_chain *chain = &run.model.chains[run.model.devices[device].chain];
    bool is = false;
    for (uint32_t i = 0; i < chain->reserved && chain->attached; i++)
        is |= page - chain->reserve[i].first < chain->reserve[i].pages;
    return is;
}

/* What the model says of a GPU's look. */
struct expected {
    struct names_place place;
    bool reserved; /* it is the firmware's memory, which holds its own addresses */
    bool foreign;  /* the page is of a pin of another chain */
    bool reaches;
    bool tells; /* the word there is known: */
    uint64_t word;
};

static struct expected expect_dma(uint8_t device, uint64_t page, unsigned offset) {
    const struct model_device *gpu = &run.model.devices[device];
    const struct model_area *own = run.model.chains[gpu->chain].areas;
    struct expected e = {.reserved = is_reserved(device, page),
                         .place = {.maker = NAMES_NOBODY, .address = page},
                         .word = page * MODEL_PAGE + offset};
    const struct model_area *area = e.reserved ? NULL : names_find_place(&e.place, device, page);
    bool mine = area && gpu->present && area >= own && area < own + SUT_CHAIN_MAX;
    e.foreign = area && !mine;
    e.reaches =
        reach_can_dma(&run.model, device) && (mine || e.reserved || reach_is_physical(&run.model, device));
    e.tells = e.reaches && (area || e.reserved);
    if (area)
        e.word = contents_read(area->serial, e.place.page * MODEL_PAGE + offset);
    return e;
}

static bool dma(unsigned device, uint64_t address, void *buffer, size_t size, bool write) {
    const struct step *step = scenario_step();
    unsigned offset = (unsigned)(address % MODEL_PAGE);
    uint64_t found, mark = 0;
    if ((step->active && !step->returned) || is_blame()) /* the operation itself; or for the report */
        return real->dma(device, address, buffer, size, write);
    const struct expected e = expect_dma((uint8_t)device, address / MODEL_PAGE, offset);
    if (write)
        memcpy(&mark, buffer, sizeof(mark));
    struct put *to = demand();
    put(to, "    dma_%s(%u, ",
        e.foreign    ? "never_reads"
        : !e.reaches ? "faults"
        : write      ? "writes"
                     : "reads",
        device);
    names_put_place(to, &e.place);
    put(to, ", 0x%x", offset);
    if (e.foreign || e.reaches) {
        put(to, ", ");
        put_number(to, write ? mark : e.word);
    }
    put(to, ");\n");
    bool ok = real->dma(device, address, buffer, size, write);
    memcpy(&found, buffer, sizeof(found));
    bool right = ok == e.reaches && (!e.tells || write || found == e.word);
    if (e.foreign) /* what it reaches is its own affair, unless that is the pin's page */
        right = !ok || found == 0 || found != e.word;
    judge(right);
    if (right && e.place.maker != NAMES_NOBODY)
        put_row(device, &e.place, offset, mark);
    return ok;
}

/* ---- pages of sections ---- */

/* Where the page was before memory pressure; NULL: nobody looked, or it had no frame. */
static const struct note *before_pressure(unsigned lead, unsigned index, uint64_t page) {
    for (uint32_t i = 0; i < notes.fresh && notes.pressure; i++) {
        const struct note *note = &notes.note[i];
        if (note->lead == lead && note->index == index && note->page == page)
            return note->pfn == UINT64_MAX ? NULL : note;
    }
    return NULL;
}

static void put_page(const struct note *at, bool there, bool locked, const char *pfn) {
    put(demand(), "    page_is(%u, %u, 0x%llx, %s, %s, %s);\n", at->lead, at->index,
        (unsigned long long)at->page, word(there), word(locked), pfn);
}

static bool page(unsigned lead, unsigned index, uint64_t number, struct sut_page *out) {
    const struct model_chain *chain = &run.model.chains[lead];
    const struct model_area *area = &chain->areas[index];
    const struct names_place place = {.maker = names_of_pin((uint8_t)lead, (uint8_t)index), .page = number};
    struct note note = {lead, index, number, UINT64_MAX};
    const struct note *before = before_pressure(lead, index, number);
    bool started = index < chain->count && chain->phase == PHASE_STARTED;
    bool there = started && number < area->maximum / MODEL_PAGE;
    bool pinned = started && area->pin.live && number < area->pin.pages;
    uint64_t pfn = before ? before->pfn : 0;
    bool fixed =
        before || (pinned && chain->mode != MODE_REMAPPED && names_pin_address(&area->pin, number, &pfn));
    char text[96] = "ANYWHERE";
    struct put to;
    if (fixed && !before) {
        put_begin(&to, text, sizeof(text));
        names_put_place(&to, &place);
    }
    put_page(&note, there, pinned, text);
    bool ok = real->page(lead, index, number, out);
    bool locked = ok && out->locked;
    note.pfn = ok && out->has_frame ? out->pfn : UINT64_MAX;
    bool right = ok == there && locked == pinned && (!fixed || note.pfn == pfn);
    if (before && !right)
        put_page(&note, there, pinned, "was");
    judge(right);
    if (before && !right && !is_blame()) {
        put_begin(&to, seen.before, sizeof(seen.before));
        put(&to, "    uint64_t was = frame_of(%u, %u, 0x%llx);\n", lead, index, (unsigned long long)number);
    }
    if (notes.count < 2 * NOTES)
        notes.note[notes.count++] = note;
    return ok;
}

/* ---- the others ---- */

static void ledger(struct sut_ledger *out) {
    const struct sut_ledger wanted = model_ledger(&run.model);
    const char *between = "";
    bool right = true;
    struct put *to = demand();
    put(to, "    ledger_is(&(struct sut_ledger){");
#define MEMBER(member, what, ...)                                                                            \
    if (wanted.member) {                                                                                     \
        put(to, "%s." #member " = ", between);                                                               \
        put_number(to, wanted.member);                                                                       \
        between = ", ";                                                                                      \
    }
    LEDGER_COUNTS(MEMBER)
    put(to, *between ? "});\n" : "0});\n");
    real->ledger(out);
#define COMPARE(member, what, ...) right &= out->member == wanted.member;
    LEDGER_COUNTS(COMPARE)
    judge(right);
    seen.counted = true;
}

static bool descriptor_alive(const void *descriptor) {
    names_maker maker = NAMES_NOBODY;
    bool wanted = names_find_descriptor(descriptor, &maker);
    put(demand(), "    descriptor_is_alive(&pages_%s, %s);\n", names_suffix(maker), word(wanted));
    bool alive = real->descriptor_alive(descriptor);
    judge(alive == wanted);
    return alive;
}

/* The view that shows this address; NULL: none does. */
static const struct model_view *view_at(uint64_t address) {
    for (uint32_t i = run.model.view_count; i-- > 0;) {
        const struct model_view *view = &run.model.views[i];
        if (address - view->base < view->offset - view->first + view->size)
            return view;
    }
    return NULL;
}

static struct put *demand_cpu(const char *what, uint64_t address) {
    int64_t distance;
    struct put *to = demand();
    put(to, "    %s(", what);
    names_put_base(to, names_of_address(address, &distance));
    put(to, ", %lld, ", (long long)distance);
    return to;
}

static bool cpu_accessible(const void *pointer, size_t size) {
    uint64_t address = (uint64_t)(uintptr_t)pointer;
    bool wanted = model_base_covered(&run.model, address);
    put(demand_cpu("cpu_can_access", address), "%u, %s);\n", (unsigned)size, word(wanted));
    bool ok = real->cpu_accessible(pointer, size);
    judge(ok == wanted);
    const struct model_view *view = ok && wanted && size == sizeof(uint64_t) ? view_at(address) : NULL;
    if (!view)
        return ok;
    /* What is read there then passes no seam. */
    uint64_t held = contents_read(run.model.chains[view->chain].areas[view->index].serial,
                                  view->first + (address - view->base));
    struct put *to = demand_cpu("decisive = true;\n    cpu_reads", address);
    put_number(to, held);
    put(to, ");\n");
    judge(*(const volatile uint64_t *)pointer == held);
    return ok;
}

static uint64_t domain(unsigned device) {
    const struct model_device *own = &run.model.devices[device];
    const struct model_chain *chain = &run.model.chains[own->chain];
    bool attached = own->present && chain->phase == PHASE_STARTED && chain->attached;
    put(demand(), "    domain_is(%u, %s);\n", device, word(attached));
    uint64_t found = real->domain(device);
    judge((found != 0) == attached);
    for (uint8_t i = 0; attached && i < run.program->machine.adapters; i++) {
        const struct model_device *other = &run.model.devices[i];
        bool together = other->chain == own->chain;
        if (!other->present || i == device ||
            (!together && run.model.chains[other->chain].phase != PHASE_STARTED))
            continue;
        put(demand(), "    domain_is_that_of(%u, %u, %s);\n", device, i, word(together));
        judge((real->domain(i) == found) == together);
    }
    return found;
}

static const char *lock_held(void) {
    const char *kept = real->lock_held();
    seen.locked = kept;
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
    memset(&seen, 0, sizeof(seen));
    memset(&notes, 0, sizeof(notes));
    seen_turn = 0;
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
