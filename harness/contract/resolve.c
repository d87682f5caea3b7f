/* Turns operands into arguments, and asks the model about the call that results. */
#include "harness/contract/resolve.h"

#include <string.h>

#include "harness/contract/contents.h"
#include "harness/program/operands.h"

uint8_t resolve_device(const struct model *model, uint8_t adapter) {
    return adapter % model->program->machine.adapters;
}

void resolve_chains(const struct program *program, struct resolve_chains *chains) {
    for (uint8_t i = 0; i < program->machine.adapters; i++) {
        const struct program_adapter *adapter = &program->adapters[i];
        uint8_t lead = adapter->joins ? (uint8_t)(adapter->joins - 1) : i;
        bool joins = lead != i && !adapter->absent && !program->adapters[lead].absent &&
                     chains->lead[lead] == lead && chains->count[lead] < SUT_CHAIN_MAX;
        lead = joins ? lead : i;
        chains->lead[i] = lead;
        chains->count[i] = 0;
        chains->member[lead][chains->count[lead]++] = i;
    }
}

uint8_t resolve_joiner(const struct model *model, const struct program_op *op) {
    return resolve_device(model, (uint8_t)((uint64_t)op->value % PROGRAM_ADAPTERS));
}

/* A device that comes later is alone. */
void resolve_bus(const struct model *model, const struct program_op *op, struct call *call) {
    call->device = resolve_device(model, op->adapter);
    call->joiner = op->opcode == OP_LINK ? resolve_joiner(model, op) : call->device;
    call->count = 1;
    call->flag = op->flag;
}

KIRQL resolve_irql(const struct program_op *op) {
#define LEVEL(name, word, level) level,
    static const KIRQL levels[] = {PROGRAM_IRQL_WORDS(LEVEL)};
    return levels[op->irql % PROGRAM_IRQLS];
}

static HANDLE resolve_handle(const struct model *model, const struct program_op *op, uint8_t device) {
    const struct model_device *own = &model->devices[device];
    const struct model_device *lead =
        own->present ? &model->devices[model->chains[own->chain].members[0]] : own;
    uint64_t value = (uint64_t)op->value;
    switch ((enum program_handle)op->handle) {
    case HANDLE_LEAD:
        value = lead->handle;
        break;
    case HANDLE_OWN:
        value = own->handle;
        break;
    case HANDLE_ISSUED:
        value = model->handle_count ? model->handles[value % model->handle_count] : 0;
        break;
    case HANDLE_NULL:
        value = 0;
        break;
    case HANDLE_NEAR:
        value += lead->handle;
        break;
    case HANDLE_RAW:
    case PROGRAM_HANDLES:
        break;
    }
    return (HANDLE)(uintptr_t)value;
}

uint64_t resolve_maximum(const struct model *model, uint8_t device, UINT index) {
    const struct model_device *d = &model->devices[device];
    const struct model_chain *chain = &model->chains[d->chain];
    if (d->present && index < chain->count)
        device = chain->members[index];
    return model->program->adapters[model->answers[device]].maximum_size;
}

static uint64_t resolve_form(uint8_t form, int8_t delta, uint64_t raw, uint64_t maximum) {
    uint64_t pages = (uint64_t)(int64_t)delta * MODEL_PAGE; /* wraps as the caller's arithmetic would */
    switch ((enum program_form)form) {
    case FORM_MAXIMUM:
        return maximum + pages;
    case FORM_MAXIMUM_BYTES:
        return maximum + (uint64_t)(int64_t)delta;
    case FORM_HALF:
        return maximum / 2 / MODEL_PAGE * MODEL_PAGE + pages;
    case FORM_PAGES:
    case FORM_TOP:
        return pages;
    case FORM_COUNT32:
        return (UINT64_C(1) << 32) * MODEL_PAGE + pages;
    case FORM_MDL_LIMIT:
        return (UINT64_C(4) << 30) - MODEL_PAGE + pages;
    case FORM_RAW:
    case PROGRAM_FORMS:
        break;
    }
    return raw;
}

/* A size or an offset of the argument. */
static void resolve_bytes(const struct program_op *op, const struct program_operand *operand,
                          uint64_t maximum, uint8_t *at) {
    bool size = operand->kind == OPERAND_SIZE;
    SIZE_T bytes;
    memcpy(&bytes, at, sizeof(bytes));
    bytes = (SIZE_T)resolve_form(size ? op->size_form : op->offset_form,
                                 size ? op->size_delta : op->offset_delta, bytes, maximum);
    memcpy(at, &bytes, sizeof(bytes));
}

static void resolve_sizes(const struct model *model, const struct program_op *op, struct call *call) {
    uint64_t maximum = resolve_maximum(model, call->device, call->arg.pin2.PhysicalAdapterIndex);
    for (const struct program_operand *operand = program_operands(op->opcode); operand->name; operand++)
        if (operand->kind == OPERAND_SIZE || operand->kind == OPERAND_OFFSET)
            resolve_bytes(op, operand, maximum, call->arg.raw + program_operand_at(operand));
}

static uint64_t resolve_base(const struct model *model, const struct program_op *op, uint64_t raw) {
    uint64_t delta = (uint64_t)(int64_t)op->offset_delta * MODEL_PAGE;
    if (op->view_form == VIEW_LIVE && model->view_count)
        return model->views[op->view % model->view_count].base + delta;
    if (op->view_form == VIEW_ISSUED && model->base_count)
        return model->bases[op->view % model->base_count] + delta;
    return raw;
}

void resolve_operands(const struct model *model, const struct program_op *op, struct call *call) {
    call->device = resolve_device(model, op->adapter);
    call->handle = resolve_handle(model, op, call->device);
    call->null_arg = op->null_arg;
    memcpy(call->arg.raw, op->arg.raw, sizeof(call->arg.raw));
    if (program_operand_kinds(op->opcode) & (OPERAND_BIT(OPERAND_SIZE) | OPERAND_BIT(OPERAND_OFFSET)))
        resolve_sizes(model, op, call);
    if (op->opcode == OP_UNMAP)
        call->arg.unmap.pBaseAddress =
            (PVOID)(uintptr_t)resolve_base(model, op, (uint64_t)(uintptr_t)call->arg.unmap.pBaseAddress);
}

/* The last 8 bytes of a page are the oracle's. */
static uint64_t program_word(uint64_t offset) {
    offset = offset / 8 * 8;
    return offset % MODEL_PAGE == CONTENTS_STAMP_OFFSET ? offset - 8 : offset;
}

/* NULL: there is none. */
static const struct model_pin *resolve_pin(const struct model *m, const struct program_op *op,
                                           struct call *call) {
    if (m->pins == 0)
        return NULL;
    uint32_t wanted = op->view % m->pins;
    const struct model_pin *pin = NULL;
    for (uint8_t i = 0; i < m->program->machine.adapters && !pin; i++) {
        for (uint8_t k = 0; k < m->chains[i].count && !pin; k++) {
            if (m->chains[i].areas[k].pin.live && wanted-- == 0) {
                pin = &m->chains[i].areas[k].pin;
                call->pin_chain = i;
                call->pin_index = k;
            }
        }
    }
    return pin;
}

bool resolve_dma(const struct model *m, const struct program_op *op, struct call *call) {
    const struct model_pin *pin = resolve_pin(m, op, call);
    if (!pin)
        return false;
    call->device = resolve_device(m, op->adapter);
    call->page = op->arg.dma.page % pin->pages;
    call->offset = (uint16_t)program_word(op->arg.dma.offset % CONTENTS_STAMP_OFFSET);
    uint64_t count = 1 + op->arg.dma.count % PROGRAM_DMA_PAGES;
    call->count = (uint8_t)(count < pin->pages - call->page ? count : pin->pages - call->page);
    call->stamp = op->arg.dma.stamp;
    for (uint32_t i = 0; i < call->count; i++)
        call->address[i] = pin->contiguous ? pin->base + call->page + i : pin->array[call->page + i];
    return true;
}

bool resolve_scribble(const struct model *m, const struct program_op *op, struct call *call) {
    const struct model_pin *pin = resolve_pin(m, op, call);
    if (!pin)
        return false;
    uint64_t header = (pin->legacy ? sizeof(MDL) : sizeof(DXGK_ADL)) / sizeof(uint64_t);
    uint64_t entries = pin->contiguous || pin->pages > RESOLVE_SCRIBBLED ? 0 : pin->pages;
    uint64_t word = op->arg.number[0] % (header + entries);
    call->flag = word >= header;
    call->page = call->flag ? word - header : word;
    call->address[0] =
        (uintptr_t)(call->flag ? (const void *)(pin->place ? pin->place : pin->array) : pin->descriptor) +
        call->page * sizeof(uint64_t);
    call->stamp = op->arg.number[1];
    return true;
}

bool resolve_cpu(const struct model *m, const struct program_op *op, struct call *call) {
    if (m->view_count == 0)
        return false;
    const struct model_view *view = &m->views[op->view % m->view_count];
    uint64_t offset = view->offset + program_word(op->arg.cpu.offset % view->size);
    call->pin_chain = view->chain;
    call->pin_index = view->index;
    call->page = offset;
    call->address[0] = view->base + (offset - view->first);
    call->stamp = op->arg.cpu.stamp;
    return true;
}

static struct model_answer callback_answer(const struct model *model, const struct call *call) {
    switch ((enum program_callback)call->opcode) {
#define ANSWER(name, number, word, race, needs, undone_by, help, member, ...)                                \
    case CALLBACK_##name:                                                                                    \
        return model_##member##_answer(model, call->handle, call->null_arg ? NULL : &call->arg.member);
        PROGRAM_CALLBACKS(ANSWER)
    }
    return (struct model_answer){0};
}

static struct model_answer bus_answer(const struct model *model, const struct call *call) {
    switch ((enum program_bus)call->opcode) {
    case BUS_ADD:
        return model_add_answer(model, call->device);
    case BUS_LINK:
        return model_link_answer(model, call->device, call->joiner);
    case BUS_START:
        return model_start_answer(model, call->device);
    case BUS_STOP:
        return model_stop_answer(model, call->device);
    case BUS_REMOVE:
        return model_remove_answer(model, call->device);
    case BUS_SURPRISE_REMOVE:
        return model_surprise_answer(model, call->device);
    case BUS_POWER:
        return model_power_answer(model, call->device);
    case BUS_RESET:
        return model_reset_answer(model, call->device, call->flag);
    case BUS_SECURE_VM:
        return model_secure_answer(model, call->device);
    case BUS_PRESSURE: /* has no answer */
        break;
    }
    return (struct model_answer){.expect = MUST_SUCCEED, .clause = CLAUSE_PIN_LOCKED};
}

/* What decides whether a new pin or map is granted while a member is as it is; DIALECTS: nothing does. */
static enum dialect state_of(const struct model *model, uint8_t chain) {
    const struct model_chain *c = &model->chains[chain];
    enum dialect decides = DIALECTS;
    for (uint32_t i = 0; i < c->count; i++) {
        if (model->devices[c->members[i]].in_reset)
            return DIALECT_RESET;
        if (model->devices[c->members[i]].d3)
            decides = DIALECT_D3;
    }
    return decides;
}

/* What is granted because of what the implementation does elsewhere: it has to do it here, too. */
static void note_dialect(const struct model *model, const struct call *call, struct model_answer *answer) {
    if (answer->expect == MUST_FAIL)
        return;
    if (model->irql[model->actor] > PASSIVE_LEVEL)
        answer->dialect = DIALECT_APC;
    else if (model->chains[answer->chain].phase == PHASE_STOPPING)
        answer->dialect = DIALECT_STOPPING;
    else
        answer->dialect = program_gives(call->opcode) ? DIALECTS : state_of(model, answer->chain);
    answer->by_dialect = answer->dialect != DIALECTS;
}

struct model_answer resolve_answer(const struct model *model, const struct call *call) {
    if (!call_is_callback(call->opcode))
        return bus_answer(model, call);
    struct model_answer answer = callback_answer(model, call);
    if (!dialect_held)
        note_dialect(model, call, &answer);
    return answer;
}

struct legal resolve_legal(const struct model_answer *answer, const struct call *call) {
    bool bus = !call_is_callback(call->opcode);
    bool releases = program_gives(call->opcode);
    if (answer->expect == MUST_FAIL) /* the bus may meet a fault before the reason to fail is reached */
        return (struct legal){.failure = true,
                              .status = answer->status,
                              .shortage = answer->short_first,
                              .any = (bus && call->fired) || answer->any_status};
    return (struct legal){.success = true,
                          .failure = answer->expect == MAY_FAIL || (call->fired && !releases),
                          .shortage = true,
                          .commitment = bus,
                          .any = answer->any_status};
}

void resolve_callback_effect(struct model *model, uint8_t chain, uint8_t index, const struct call *asked,
                             const struct call *answered) {
    switch ((enum program_callback)asked->opcode) {
#define DONE(name, number, word, race, needs, undone_by, help, member, ...)                                  \
    case CALLBACK_##name:                                                                                    \
        model_##member##_done(model, chain, index, &asked->arg.member, &answered->arg.member);               \
        break;
        PROGRAM_CALLBACKS(DONE)
    }
}

void resolve_effect(struct model *model, const struct call *call) {
    struct model_device *device = &model->devices[call->device];
    switch ((enum program_bus)call->opcode) {
    case BUS_ADD:
        model_added(model, call->device, call->joiner, call->count);
        break;
    case BUS_LINK:
        model_linked(model, call->device, call->joiner);
        break;
    case BUS_SURPRISE_REMOVE:
        device->gone = true;
        break;
    case BUS_POWER:
        device->d3 = !call->flag;
        break;
    case BUS_RESET:
        device->in_reset = call->flag;
        break;
    case BUS_SECURE_VM:
        model_attached(model, device->chain);
        break;
    case BUS_START: /* whose effect takes more than the call to tell */
    case BUS_STOP:
    case BUS_REMOVE:
    case BUS_PRESSURE: /* which has none */
        break;
    }
}
