/* Recording: everything that passes between the executor and the implementation. */
#include "harness/reproduce/story.h"

#include <string.h>
#include <unistd.h>

#include "harness/contract/reach.h"
#include "harness/contract/resolve.h"
#include "harness/drive/driver.h"
#include "harness/drive/executor.h"
#include "harness/reproduce/story_judge.h"
#include "harness/verdict/child.h"

static struct story *story;

/* Who made what, to name it by. */
static struct {
    uint32_t pin_step[SUT_DEVICES][SUT_CHAIN_MAX]; /* by chain and index */
    uint32_t base_step[MODEL_VIEWS];               /* as model.bases */
    uint32_t current[2];                           /* the step under way: outside and inside a driver */
    uint32_t entries;                              /* of drivers, since the step outside began */
    uint32_t depth;
    bool locked;   /* the last call has kept a lock */
    bool watching; /* a step that can mark pages through a view has just returned */
} names;

static const struct sut *real;

/* ---- steps ---- */

static struct story_step *add_step(enum story_kind kind) {
    /* The last one is overwritten when there is no room: the story is then not told. */
    story->truncated |= story->steps == STORY_STEPS;
    uint32_t at = story->truncated ? STORY_STEPS - 1 : story->steps++;
    struct story_step *step = &story->step[at];
    *step = (struct story_step){.op = run.op, .kind = kind, .maker = STORY_NOWHERE};
    return step;
}

static bool is_pin(uint8_t opcode) {
    return opcode == OP_PIN2 || opcode == OP_PIN;
}

/* The model as it was before the executor let it know what is about to happen. */
static struct model_answer ask(struct call *call) {
    struct model *m = &run.model;
    struct model_chain *chain = &m->chains[m->devices[call->device].chain];
    enum model_phase phase = chain->phase;
    if (call->opcode == OP_START && phase == PHASE_STARTING)
        chain->phase = PHASE_STOPPED;
    if ((call->opcode == OP_STOP || call->opcode == OP_REMOVE) && phase == PHASE_STOPPING)
        chain->phase = PHASE_STARTED;
    struct model_answer answer = resolve_answer(m, call);
    chain->phase = phase;
    return answer;
}

/* ---- names ---- */

static uint8_t lead_of(uint8_t device) {
    const struct model_device *d = &run.model.devices[device];
    return d->present ? run.model.chains[d->chain].members[0] : device;
}

static void name_handle(struct story_step *step, const struct call *call) {
    const struct model *m = &run.model;
    step->handle = SYMBOL_VALUE;
    step->handle_delta = (int64_t)(uintptr_t)call->handle;
    if (run.inside) {
        for (uint8_t i = 0; i < run.program->machine.adapters; i++) {
            if (m->devices[i].handle == (uint64_t)(uintptr_t)call->handle) {
                step->handle = SYMBOL_ADAPTER;
                step->handle_adapter = i;
                step->handle_delta = 0;
            }
        }
        return;
    }
    const struct program_op *op = &run.program->ops[run.op];
    switch ((enum program_handle)op->handle) {
    case HANDLE_LEAD:
    case HANDLE_OWN:
    case HANDLE_NEAR:
        step->handle = SYMBOL_ADAPTER;
        step->handle_adapter = op->handle == HANDLE_OWN ? call->device : lead_of(call->device);
        step->handle_delta = op->handle == HANDLE_NEAR ? op->value : 0;
        break;
    case HANDLE_ISSUED:
        if (m->handle_count) {
            step->handle = SYMBOL_ISSUED;
            step->handle_issued = (uint32_t)((uint64_t)op->value % m->handle_count);
            step->handle_delta = 0;
        }
        break;
    default:
        break;
    }
}

/* The step that made the latest view with this base. */
static uint32_t maker_of_base(uint64_t base) {
    uint32_t i = run.model.base_count;
    while (i > 0 && run.model.bases[i - 1] != base)
        i--;
    return i > 0 ? names.base_step[i - 1] : STORY_NOWHERE;
}

static void name_base(struct story_step *step, const struct call *call) {
    const struct model *m = &run.model;
    uint64_t base = (uint64_t)(uintptr_t)call->arg.unmap.pBaseAddress;
    if (!run.inside) {
        const struct program_op *op = &run.program->ops[run.op];
        if ((op->view_form == VIEW_LIVE && !m->view_count) ||
            (op->view_form == VIEW_ISSUED && !m->base_count) || op->view_form == VIEW_RAW)
            return;
        step->delta = (int64_t)op->offset_delta * (int64_t)MODEL_PAGE;
    }
    step->maker = maker_of_base(base - (uint64_t)step->delta);
}

static void name_area(struct story_step *step, struct call *call) {
    const struct model_answer *answer = &step->answer;
    if ((!is_pin(call->opcode) && call->opcode != OP_MAP) || answer->expect == MUST_FAIL)
        return;
    const struct model_chain *chain = &run.model.chains[answer->chain];
    step->serial = chain->areas[answer->index].serial;
    step->owed = call->opcode == OP_PIN2 && call->arg.pin2.Flags.PreferContiguous &&
                 chain->mode == MODE_REMAPPED &&
                 model_contiguous_free(&run.model, answer->chain, call->arg.pin2.CommitSize / MODEL_PAGE);
}

static void name_dma(struct story_step *step, const struct call *call) {
    const struct model_device *gpu = &run.model.devices[call->device];
    bool mine = gpu->present && gpu->chain == call->pin_chain;
    step->maker = names.pin_step[call->pin_chain][call->pin_index];
    step->wants_ok =
        reach_can_dma(&run.model, call->device) && (mine || run.program->machine.iommu == SUT_IOMMU_NONE);
    uint32_t serial = run.model.chains[call->pin_chain].areas[call->pin_index].serial;
    for (uint32_t i = 0; i < call->count; i++)
        step->wanted[i] = contents_read(serial, (call->page + i) * MODEL_PAGE + call->offset);
}

static void name_cpu(struct story_step *step, const struct call *call) {
    const struct model_view *view = &run.model.views[run.program->ops[run.op].view % run.model.view_count];
    step->maker = maker_of_base(view->base);
    step->delta = (int64_t)(call->address[0] - view->base);
    step->wanted[0] = contents_read(run.model.chains[view->chain].areas[view->index].serial, call->page);
}

static void name_members(struct story_step *step, const struct call *call) {
    const struct model_device *device = &run.model.devices[call->device];
    if (!device->present)
        return;
    const struct model_chain *chain = &run.model.chains[device->chain];
    memcpy(step->members, chain->members, sizeof step->members);
    step->member_count = chain->count;
}

static void name_operands(struct story_step *step, struct call *call) {
    if (call_is_callback(call->opcode)) {
        name_handle(step, call);
        for (uint8_t i = 0; i < run.program->machine.adapters; i++)
            if (call->table == &drivers[i].dxgkrnl)
                step->table = i;
        if (call->opcode == OP_UNMAP)
            name_base(step, call);
        name_area(step, call);
    } else if (call->opcode == OP_DMA_READ || call->opcode == OP_DMA_WRITE) {
        name_dma(step, call);
    } else if (call->opcode == OP_CPU_READ || call->opcode == OP_CPU_WRITE) {
        name_cpu(step, call);
    } else if (call->opcode == OP_START || call->opcode == OP_STOP || call->opcode == OP_REMOVE) {
        name_members(step, call);
    }
}

/* ---- marks through views: the executor writes them where nobody sees ---- */

static uint64_t mark_offset(const struct call *call, bool last) {
    uint64_t at = call->arg.map.Offset + (last ? call->arg.map.Size - 1 : 0);
    return at / MODEL_PAGE * MODEL_PAGE + CONTENTS_STAMP_OFFSET;
}

/* Before a map: which of its two pages have no mark; afterwards: which of these have got one. */
static void see_marks(struct story_step *step, bool before) {
    for (unsigned i = 0; i < 2; i++) {
        uint64_t at = mark_offset(&step->before, i);
        bool marked = contents_read(step->serial, at) != 0;
        if (before)
            step->marked[i] =
                marked || (i && at == mark_offset(&step->before, false)) ? 0 : at / MODEL_PAGE + 1;
        else if (!marked)
            step->marked[i] = 0;
    }
}

static void finish_marks(void) {
    if (names.watching)
        see_marks(&story->step[names.current[0]], false);
    names.watching = false;
}

/* ---- what the run shows ---- */

static void begin_call(struct call *call) {
    bool inside = run.inside != NULL;
    finish_marks();
    struct story_step *step = add_step(STEP_CALL);
    names.current[inside] = (uint32_t)(step - story->step);
    if (!inside)
        names.entries = 0;
    step->inside = inside;
    step->entry = inside ? names.entries - 1 : 0;
    step->before = *call;
    step->answer = ask(call);
    name_operands(step, call);
    if (call->opcode == OP_MAP && step->serial)
        see_marks(step, true);
    if (call->opcode == OP_UNPIN || call->opcode == OP_STOP || call->opcode == OP_REMOVE)
        story_judge_pins(names.pin_step);
}

static void end_call(const struct call *call) {
    bool inside = run.inside != NULL;
    uint32_t at = names.current[inside];
    struct story_step *step = &story->step[at];
    step->after = *call;
    step->returned = true;
    if (is_pin(call->opcode) && NT_SUCCESS(call->status) && step->answer.expect != MUST_FAIL)
        names.pin_step[step->answer.chain][step->answer.index] = at;
    if (call->opcode == OP_MAP && NT_SUCCESS(call->status) && run.model.base_count < MODEL_VIEWS) {
        names.base_step[run.model.base_count] = at;
        names.watching = !inside && step->serial;
    }
}

static void observe(struct call *call, bool performed) {
    if (performed)
        end_call(call);
    else
        begin_call(call);
}

/* ---- the seam, watched ---- */

static void set_actor(unsigned actor) {
    finish_marks();
    add_step(STEP_ACTOR)->actor = (uint8_t)actor;
    real->set_actor(actor);
}

static bool performing(uint8_t opcode) {
    const struct story_step *step = &story->step[names.current[0]];
    return story->steps && !step->returned && step->kind == STEP_CALL && step->before.opcode == opcode;
}

static void set_irql(KIRQL irql) {
    if (!performing(OP_IRQL)) { /* else it is the operation */
        finish_marks();
        add_step(STEP_IRQL)->irql = irql;
    }
    real->set_irql(irql);
}

/* The step that is over, or that drivers are in. */
static uint32_t behind(void) {
    uint32_t last = story->steps - 1;
    return names.depth == 0 && story->steps && story->step[last].inside ? names.current[0] : last;
}

static struct story_look *add_look(enum story_look_kind kind) {
    story->truncated |= story->looks == STORY_LOOKS;
    uint32_t at = story->truncated ? STORY_LOOKS - 1 : story->looks++;
    struct story_look *look = &story->looked[at];
    *look = (struct story_look){.kind = (uint8_t)kind, .open = true, .view_step = STORY_NOWHERE};
    look->step = behind();
    return look;
}

static bool dma(unsigned device, uint64_t address, void *buffer, size_t size, bool write) {
    if (performing(OP_DMA_READ) || performing(OP_DMA_WRITE))
        return real->dma(device, address, buffer, size, write);
    struct story_look *look = add_look(LOOK_DMA);
    look->write = write;
    look->adapter = (uint8_t)device;
    look->offset = (uint16_t)(address % MODEL_PAGE);
    memcpy(&look->value, buffer, sizeof look->value);
    story_judge_dma(look, address / MODEL_PAGE, names.pin_step);
    look->ok = real->dma(device, address, buffer, size, write);
    look->open = false;
    memcpy(&look->value, buffer, sizeof look->value);
    look->bad = look->ok != look->wants_ok || (look->wants_value && look->value != look->wanted);
    return look->ok;
}

static bool page(unsigned lead, unsigned index, uint64_t number, struct sut_page *out) {
    struct story_look *look = add_look(LOOK_PAGE);
    look->adapter = (uint8_t)lead;
    look->index = (uint8_t)index;
    look->page = number;
    look->ok = real->page(lead, index, number, out);
    look->open = false;
    look->locked = look->ok && out->locked;
    look->has_frame = look->ok && out->has_frame;
    look->value = look->has_frame ? out->pfn : 0;
    story_judge_page(look, story, names.pin_step);
    return look->ok;
}

static void ledger(struct sut_ledger *out) {
    struct story_look *look = add_look(LOOK_LEDGER);
    real->ledger(out);
    look->open = false;
    look->ledger = *out;
    story_judge_ledger(look);
}

static bool descriptor_alive(const void *descriptor) {
    struct story_look *look = add_look(LOOK_ALIVE);
    look->ok = real->descriptor_alive(descriptor);
    look->open = false;
    story_judge_alive(look, descriptor, names.pin_step);
    return look->ok;
}

static bool cpu_accessible(const void *address, size_t size) {
    struct story_look *look = add_look(LOOK_ACCESS);
    look->ok = real->cpu_accessible(address, size);
    look->open = false;
    look->size = (uint32_t)size;
    story_judge_access(look, (uint64_t)(uintptr_t)address, names.base_step);
    return look->ok;
}

static uint64_t domain(unsigned device) {
    struct story_look *look = add_look(LOOK_DOMAIN);
    look->adapter = (uint8_t)device;
    look->value = real->domain(device);
    look->open = false;
    story_judge_domain(look, real);
    return look->value;
}

/* Drivers, with a count of how often they are entered. */
static struct sut_miniport watched_drivers[SUT_DEVICES];

static NTSTATUS link_device(void *context, LINKED_DEVICE *linked) {
    struct sut_miniport *driver = context;
    return driver->link_device(driver->context, linked);
}

static void enter(void) {
    names.entries++;
    names.depth++;
}

static NTSTATUS start_device(void *context, const DXGKRNL_INTERFACE *dxgkrnl) {
    struct sut_miniport *driver = context;
    enter();
    NTSTATUS status = driver->start_device(driver->context, dxgkrnl);
    names.depth--;
    return status;
}

static NTSTATUS query_adapter_info(void *context, const DXGKARG_QUERYADAPTERINFO *query) {
    struct sut_miniport *driver = context;
    enter();
    NTSTATUS status = driver->query_adapter_info(driver->context, query);
    names.depth--;
    return status;
}

static void stop_device(void *context) {
    struct sut_miniport *driver = context;
    enter();
    driver->stop_device(driver->context);
    names.depth--;
}

static NTSTATUS add(unsigned device, const struct sut_miniport *miniport) {
    const struct sut_miniport watched = {.context = &watched_drivers[device],
                                         .version = miniport->version,
                                         .link_device = link_device,
                                         .start_device = start_device,
                                         .query_adapter_info = query_adapter_info,
                                         .stop_device = stop_device};
    watched_drivers[device] = *miniport;
    return real->add(device, &watched);
}

static const char *lock_held(void) {
    const char *kept = real->lock_held();
    names.locked = kept != NULL;
    return kept;
}

static const struct sut *watch(void) {
    static struct sut watched;
    real = sut_get();
    watched = *real;
    watched.set_actor = set_actor;
    watched.set_irql = set_irql;
    watched.add = add;
    watched.dma = real->dma ? dma : NULL;
    watched.page = real->page ? page : NULL;
    watched.ledger = real->ledger ? ledger : NULL;
    watched.descriptor_alive = real->descriptor_alive ? descriptor_alive : NULL;
    watched.cpu_accessible = real->cpu_accessible ? cpu_accessible : NULL;
    watched.domain = real->domain ? domain : NULL;
    watched.lock_held = real->lock_held ? lock_held : NULL;
    return &watched;
}

/* ---- the whole ---- */

static void on_violation(enum contract_clause clause) {
    finish_marks();
    story->clause = clause;
    story->op = run.op;
    memcpy(story->expected, run_expected_text, sizeof story->expected);
    memcpy(story->got, run_got_text, sizeof story->got);
    story_judge_final(story, behind(), names.depth > 0, names.pin_step);
    if (names.locked)
        story->final = FINAL_LOCK;
    _exit(0); /* what the run holds is no leak */
}

static void tell(void *context) {
    memset(&names, 0, sizeof names);
    story_judge_reset();
    const struct run_options options = {.quiet = true, .subject = watch(), .observe = observe};
    contract_on_violation(on_violation);
    executor_run_with(context, &options);
    story->final = FINAL_KEPT;
}

const struct story *story_of(const struct program *program, unsigned timeout) {
    static struct program copy;
    int status;
    program_copy(&copy, program);
    if (story == NULL && (story = child_shared(sizeof *story)) == NULL)
        return NULL;
    story->truncated = false;
    story->steps = 0;
    story->looks = 0;
    story->final = FINAL_DIED;
    story->final_step = STORY_NOWHERE;
    story->final_look = STORY_NOWHERE;
    story->clause = VERDICT_KEPT;
    story->op = RUN_BOOT;
    story->look.open = false;
    if (!child_run(tell, &copy, -1, timeout, &status))
        return NULL;
    if (story->final == FINAL_DIED && story->looks && story->looked[story->looks - 1].open) {
        story->final_look = story->looks - 1;
        story->look = story->looked[story->final_look];
    }
    return story;
}
