/* Takes a run down, step by step: run_options.observe and contract_on_violation(), in a child. */
#define _POSIX_C_SOURCE 200809L

#include "harness/picture/recording.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/contract/ledger.h"
#include "harness/contract/reach.h"
#include "harness/contract/resolve.h"
#include "harness/drive/calibrate.h"
#include "harness/drive/executor.h"
#include "harness/judge/race.h"
#include "harness/verdict/child.h"

static struct recording *recording;

/* The step that is under way, or over and its state not taken down yet: NULL: none. */
static struct recording_step *open_step;
/* Pins as they were before it. */
static struct model_pin pins_before[SUT_DEVICES];

/* The state is that of the model alone. */
static bool midway;
/* It is that between two steps. */
static bool settled;

/* ---- the state after a step ---- */

static void take_views(const struct model *model, uint8_t chain, uint8_t index, struct recording_device *to) {
    for (uint32_t i = 0; i < model->view_count; i++) {
        const struct model_view *view = &model->views[i];
        if (view->chain != chain || view->index != index)
            continue;
        if (to->views < RECORDING_VIEWS) {
            to->view[to->views].offset = view->offset;
            to->view[to->views].size = view->size;
        }
        to->views++;
    }
}

static bool is_viewed(const struct model *model, uint8_t chain, uint8_t index, uint64_t page) {
    for (uint32_t i = 0; i < model->view_count; i++) {
        const struct model_view *view = &model->views[i];
        uint64_t at = page * MODEL_PAGE;
        if (view->chain == chain && view->index == index && at + MODEL_PAGE > view->first &&
            at < view->offset + view->size)
            return true;
    }
    return false;
}

/* The first pages of a section and the last. */
static void look_at_pages(const struct model *model, uint32_t most, struct recording_device *to) {
    uint64_t pages = to->maximum / MODEL_PAGE;
    to->asked_pages = run.sut->page && to->serial && to->phase == PHASE_STARTED && !midway;
    to->looked = pages < most ? (uint32_t)pages : most;
    for (uint32_t i = 0; i < to->looked && to->asked_pages; i++) {
        uint64_t page = i < to->looked / 2 ? i : pages - to->looked + i;
        struct sut_page found = {0};
        (void)run.sut->page(model->chains[to->chain].members[0], to->position, page, &found);
        to->locked += page < to->pinned;
        to->viewed += is_viewed(model, to->chain, to->position, page);
        to->seen_locked += found.locked;
        to->seen_viewed += found.views > 0;
    }
}

/* Where the next step has begun, the model has its chain start or stop already. */
static enum model_phase phase_of(const struct model_chain *chain) {
    return settled && chain->phase == PHASE_STARTING   ? PHASE_STOPPED
           : settled && chain->phase == PHASE_STOPPING ? PHASE_STARTED
                                                       : chain->phase;
}

static void take_device(const struct model *model, uint8_t at, uint32_t most, struct recording_device *to) {
    const struct model_device *device = &model->devices[at];
    const struct model_chain *chain = &model->chains[device->chain];
    *to = (struct recording_device){.present = device->present};
    if (!device->present)
        return;
    const struct model_area *area = &chain->areas[device->position];
    to->gone = device->gone;
    to->d3 = device->d3;
    to->in_reset = device->in_reset;
    to->chain = device->chain;
    to->position = device->position;
    to->phase = (uint8_t)phase_of(chain);
    to->mode = (uint8_t)chain->mode;
    to->attached = to->phase == PHASE_STARTED && chain->attached;
    to->serial = area->serial;
    to->maximum = area->serial ? area->maximum : 0;
    to->pinned = area->pin.live ? area->pin.pages : 0;
    to->legacy = area->pin.legacy;
    to->contiguous = area->pin.contiguous;
    to->address = area->pin.live && area->pin.samples ? area->pin.sample[0].address : 0;
    to->mapped = to->phase == PHASE_STARTED ? chain->mapped_pages : 0;
    take_views(model, device->chain, device->position, to);
    if (midway)
        return;
    if (run.sut->domain && to->phase == PHASE_STARTED) {
        to->asked_domain = true;
        to->seen_attached = run.sut->domain(at) != 0;
    }
    if (run.sut->domain_pages && to->phase == PHASE_STARTED) {
        to->asked_mapped = true;
        to->seen_mapped = run.sut->domain_pages(at);
    }
    look_at_pages(model, most, to);
}

static void take_state(struct recording_state *to) {
    const struct model *model = &run.model;
    uint32_t most = RECORDING_LOOKS / run.program->machine.adapters;
    for (uint8_t i = 0; i < run.program->machine.adapters; i++)
        take_device(model, i, most, &to->device[i]);
    memcpy(to->irql, model->irql, sizeof(to->irql));
    to->wanted = model_ledger(model);
    to->counted = run.sut->ledger && !midway;
    if (to->counted)
        run.sut->ledger(&to->found);
}

bool recording_differs(const struct recording_state *state, const struct recording_device *device) {
    (void)state;
    return (device->asked_domain && device->seen_attached != device->attached) ||
           (device->asked_mapped && device->position == 0 && device->seen_mapped != device->mapped) ||
           (device->asked_pages &&
            (device->seen_locked != device->locked || device->seen_viewed != device->viewed));
}

bool recording_ledger_differs(const struct recording_state *state) {
    bool differs = false;
#define DIFFERS(member, what, ...) differs |= state->wanted.member != state->found.member;
    LEDGER_COUNTS(DIFFERS)
    return state->counted && differs;
}

/* ---- steps ---- */

static void keep_pins(void) {
    for (uint8_t i = 0; i < run.program->machine.adapters; i++) {
        const struct model_device *device = &run.model.devices[i];
        pins_before[i] = run.model.chains[device->chain].areas[device->position].pin;
        pins_before[i].live &= device->present;
    }
}

static void close_step(void) {
    if (!open_step)
        return;
    if (open_step->kind == STEP_RACE)
        recording_race_end();
    take_state(&open_step->after);
    open_step = NULL;
}

static struct recording_step *add_step(uint32_t op, uint32_t pass) {
    if (recording->count == RECORDING_STEPS) /* the last one again: an end is more than a middle */
        recording->count--;
    struct recording_step *step = &recording->step[recording->count++];
    *step = (struct recording_step){.op = op, .pass = pass};
    return step;
}

/* Operations between the last step and this one that came to no call. */
static void add_skipped(uint32_t op) {
    uint32_t next = 0;
    for (uint32_t i = recording->count; i-- > 0;)
        if (recording->step[i].op < run.program->op_count) {
            const struct recording_step *last = &recording->step[i];
            next = last->op + 1 + (last->kind == STEP_RACE ? program_span(run.program, last->op) : 0);
            break;
        }
    for (; next < op && next < run.program->op_count; next++) {
        const struct program_op *skipped = &run.program->ops[next];
        if (skipped->opcode == OP_REPEAT)
            continue;
        struct recording_step *step = add_step(next, 0);
        step->kind = STEP_SKIPPED;
        step->opcode = skipped->opcode;
        step->actor = skipped->actor;
        step->end = END_DONE;
        take_state(&step->after);
    }
}

/* From a repetition's third pass on the last one takes the place of the one before. */
static void forget_pass(uint32_t op, uint32_t pass) {
    uint32_t at = recording->count;
    while (at > 0 && recording->step[at - 1].pass > 0)
        at--;
    if (pass > 1 && op == run.walk.first && at < recording->count && recording->step[at].pass + 1 == pass)
        recording->count = at;
}

static struct recording_step *begin_step(void) {
    settled = true;
    close_step();
    settled = false;
    uint32_t pass = run.op < run.program->op_count ? run.walk.pass : 0;
    if (pass > 1)
        forget_pass(run.op, pass);
    if (run.op != RUN_BOOT && pass == 0)
        add_skipped(run.op == RUN_END ? run.program->op_count : run.op);
    open_step = add_step(run.op, pass);
    keep_pins();
    return open_step;
}

static void begin_race(void) {
    if (open_step && open_step->kind == STEP_RACE && open_step->op == run.op)
        return;
    struct recording_step *step = begin_step();
    step->kind = STEP_RACE;
    step->opcode = OP_RACE;
    recording->race.step = recording->count - 1;
}

/* ---- calls ---- */

static void note_inner(const struct call *call, bool performed) {
    struct recording_step *step = open_step;
    if (!step)
        return;
    if (performed) {
        if (step->inner_count > 0 && step->inner_count <= RECORDING_INNER) {
            step->inner[step->inner_count - 1].returned = true;
            step->inner[step->inner_count - 1].status = call->status;
        }
        return;
    }
    if (step->inner_count < RECORDING_INNER)
        step->inner[step->inner_count] = (struct recording_call){.op = run.op,
                                                                 .opcode = call->opcode,
                                                                 .actor = call->actor,
                                                                 .device = call->device,
                                                                 .inside = run.inside};
    step->inner_count++;
}

static bool has_answer(uint8_t opcode) {
    return call_is_callback(opcode) || (program_class(opcode) == CLASS_BUS && opcode != OP_PRESSURE);
}

static uint8_t end_of(const struct recording_step *step) {
    if (!has_answer(step->opcode) || NT_SUCCESS(step->status))
        return END_DONE;
    return step->judged && step->answer.expect == MUST_FAIL ? END_REFUSED : END_SHORT;
}

/* As the call has it, against what the model knows. */
static void note_handle(struct recording_step *step, const struct call *call) {
    const struct model *model = &run.model;
    const struct model_device *lead = &model->devices[model->devices[call->device].chain];
    step->handle = (uint64_t)(uintptr_t)call->handle;
    step->live = lead->handle_alive ? lead->handle : 0;
    step->holder = SUT_DEVICES;
    for (uint8_t i = 0; i < model->program->machine.adapters; i++)
        if (model->devices[i].handle_alive && model->devices[i].handle == step->handle)
            step->holder = i;
    for (uint32_t i = 0; i < model->handle_count; i++)
        step->was_issued |= model->handles[i] == step->handle;
}

static void observe(struct call *call, bool performed) {
    if (run.inside) {
        note_inner(call, performed);
        return;
    }
    if (!performed) {
        struct recording_step *step = begin_step();
        step->opcode = call->opcode;
        step->actor = run.model.actor;
        step->device = call->device;
        step->judged = has_answer(call->opcode);
        if (call_is_callback(call->opcode))
            note_handle(step, call);
        if (step->judged)
            step->answer = resolve_answer(&run.model, call);
        return;
    }
    if (!open_step)
        return;
    open_step->returned = true;
    open_step->status = call->status;
    open_step->fired = call->fired;
    if (program_is_dma(call->opcode))
        open_step->dma_ok = call->dma_ok;
    open_step->end = end_of(open_step);
}

/* All operations are done. What the run does then is a step of its own. */
static void all_done(void) {
    close_step();
    add_skipped(run.program->op_count);
}

/* ---- pages, when a clause is broken ---- */

static struct recording_page *add_page(uint8_t device, uint64_t page, uint64_t address) {
    struct recording_page *row = &recording->page[recording->page_count];
    if (recording->page_count == RECORDING_PAGES)
        return NULL;
    recording->page_count++;
    *row = (struct recording_page){.device = device, .page = page, .address = address};
    return row;
}

static void read_page(const struct model_chain *chain, const struct model_area *area,
                      struct recording_page *row) {
    uint8_t gpu = chain->members[0];
    for (uint8_t i = 0; i < chain->count && !reach_can_dma(&run.model, gpu); i++)
        gpu = chain->members[i];
    uint64_t at = row->page * MODEL_PAGE + CONTENTS_STAMP_OFFSET;
    if (!run.sut->dma || row->address >> 52)
        return;
    row->asked_dma = true;
    row->gpu = gpu;
    row->reachable = reach_can_dma(&run.model, gpu) &&
                     (reach_in_chain(&run.model, run.model.devices[gpu].chain, row->address) ||
                      reach_is_physical(&run.model, gpu));
    row->expected = contents_read(area->serial, at);
    row->reached = run.sut->dma(gpu, row->address * MODEL_PAGE + CONTENTS_STAMP_OFFSET, &row->read,
                                sizeof(row->read), false);
    bool open = reach_is_physical(&run.model, gpu); /* what is beside a pin is somebody's */
    row->wrong |= row->reached != row->reachable && !(row->beside && open);
    /* A page that nobody has written to has no stamp yet. */
    row->wrong |= row->reached && row->reachable && !row->beside && row->pinned && row->read != row->expected;
}

static void ask_page(const struct model_chain *chain, uint8_t index, struct recording_page *row) {
    struct sut_page found = {0};
    if (!run.sut->page || chain->phase != PHASE_STARTED)
        return;
    row->asked_page = true;
    row->there = run.sut->page(chain->members[0], index, row->page, &found);
    row->locked = row->there && found.locked;
    row->wrong |= !row->there || row->locked != row->pinned;
}

static void take_pin(uint8_t device, const struct model_pin *pin, bool live) {
    const struct model_device *own = &run.model.devices[device];
    const struct model_chain *chain = &run.model.chains[own->chain];
    const struct model_area *area = &chain->areas[own->position];
    uint64_t last = 0, after = 0;
    for (uint32_t i = 0; i < pin->samples; i++) {
        struct recording_page *row = add_page(device, pin->sample[i].page, pin->sample[i].address);
        if (pin->sample[i].page >= last) {
            last = pin->sample[i].page;
            after = pin->sample[i].address + 1;
        }
        if (!row)
            return;
        row->pinned = live;
        row->ended = !live;
        ask_page(chain, own->position, row);
        read_page(chain, area, row);
    }
    struct recording_page *row = live && pin->samples ? add_page(device, last + 1, after) : NULL;
    if (row) {
        row->beside = true;
        read_page(chain, area, row);
    }
}

static void take_pages(void) {
    for (uint8_t i = 0; i < run.program->machine.adapters; i++) {
        const struct model_device *own = &run.model.devices[i];
        const struct model_pin *pin = &run.model.chains[own->chain].areas[own->position].pin;
        if (own->present && pin->live)
            take_pin(i, pin, true);
        else if (pins_before[i].live)
            take_pin(i, &pins_before[i], false);
    }
}

/* ---- the run ---- */

static void take_ending(unsigned outcome) {
    recording->outcome = outcome;
    recording->op = run.op;
    recording->pass = run.walk.pass;
    recording->inside = run.inside;
    dialect_differences(recording->chosen);
    recording->breaches = run_caller_breaches(&recording->breach_op, &recording->breach);
    if (!run_left_early(recording->left, sizeof(recording->left)))
        recording->left[0] = 0;
}

/* Of a race that cannot be explained, and of a start or a stop that is not over, the model has not been told:
 * nothing can be compared. */
static bool is_midway(enum contract_clause clause) {
    bool between = run.racing || run.inside;
    for (uint8_t i = 0; i < run.program->machine.adapters; i++) {
        const struct model_chain *chain = &run.model.chains[i];
        between |= chain->count > 0 && (chain->phase == PHASE_STARTING || chain->phase == PHASE_STOPPING);
    }
    return between ||
           (run.op < run.program->op_count && run.program->ops[run.op].opcode == OP_RACE &&
            (clause == CLAUSE_RACE_ATOMIC || clause == CLAUSE_RACE_STOP || clause == CLAUSE_RACE_LIVE ||
             clause == CLAUSE_RACE_MEMORY || clause == CLAUSE_RACE_ONCE || clause == CLAUSE_RACE_MAPPED ||
             clause == CLAUSE_RACE_REACH));
}

static void on_violation(enum contract_clause clause) {
    midway = is_midway(clause);
    memcpy(recording->expected, run_expected_text, RUN_TEXT_MAX);
    memcpy(recording->got, run_got_text, RUN_TEXT_MAX);
    take_ending(clause);
    /* Where no call was made since the last one: of the end, or of what is looked at before a race. */
    if (!open_step || open_step->op != run.op) {
        struct recording_step *step = begin_step();
        bool of_program = run.op < run.program->op_count;
        step->opcode = of_program ? run.program->ops[run.op].opcode : run.op == RUN_END ? OP_REMOVE : OP_ADD;
        step->kind = of_program ? STEP_SKIPPED : STEP_CALL;
    }
    open_step->end = END_BROKEN;
    recording->broken = recording->count - 1;
    recording->complete = true;
    child_hush(); /* what comes now is no finding, even if it kills */
    recording->midway = midway;
    if (!run.racing)
        close_step();
    if (!midway)
        take_pages();
    _exit(0);
}

static void run_recorded(void *context) {
    const struct run_options options = {
        .subject = recording_watch(recording, begin_race), .observe = observe, .done = all_done};
    calibrate();
    contract_on_violation(on_violation);
    executor_run_with(context, &options);
    contract_on_violation(NULL);
    take_ending(VERDICT_KEPT);
    recording->broken = recording->count;
    recording->complete = true;
}

const struct recording *recording_of(const struct program *program, unsigned timeout, const char **report,
                                     int *status) {
    static struct program copy;
    static char said[VERDICT_REPORT_MAX];
    if (!recording && !(recording = child_shared(sizeof(*recording))))
        return NULL;
    FILE *file = tmpfile();
    if (!file) {
        perror("pinfuzz: tmpfile");
        return NULL;
    }
    recording->complete = false;
    recording->outcome = VERDICT_KEPT;
    recording->count = recording->broken = recording->page_count = 0;
    recording->expected[0] = recording->got[0] = recording->left[0] = recording->chosen[0] = 0;
    recording->breaches = 0;
    recording->midway = midway = false;
    recording->inside = NULL;
    recording->race.step = UINT32_MAX;
    open_step = NULL;
    program_copy(&copy, program);
    bool done = child_run(run_recorded, &copy, fileno(file), timeout, status);
    rewind(file);
    said[fread(said, 1, sizeof(said) - 1, file)] = 0;
    fclose(file);
    if (!recording->complete && recording->count > 0)
        recording->broken = recording->count - 1;
    else if (recording->outcome != VERDICT_KEPT)
        *status = 0;
    *report = said;
    return done ? recording : NULL;
}
