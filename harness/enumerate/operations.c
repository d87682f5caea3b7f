/* Makes the operations of a state, operand by operand, by the rows of operations.def. */
#include "harness/enumerate/operations.h"

#include <string.h>

#include "harness/contract/contents.h"
#include "harness/contract/resolve.h"
#include "harness/drive/driver.h"
#include "harness/enumerate/mix.h"
#include "harness/program/operands.h"

struct maker {
    struct operations *made;
    const struct model *model;
    struct program_op op;
    unsigned odd; /* operands that may still be odd */
};

/* ---- the same call once ---- */

static uint64_t mix_argument(uint64_t key, const struct call *call) {
    for (size_t i = 0; i < sizeof(call->arg.raw) / 8; i++) {
        uint64_t word;
        memcpy(&word, call->arg.raw + 8 * i, sizeof(word));
        key = mix(key, word);
    }
    return key;
}

static bool resolve_access(const struct model *model, const struct program_op *op, struct call *call) {
    switch ((enum program_access)op->opcode) {
    case ACCESS_DMA_WRITE:
    case ACCESS_DMA_READ:
        return resolve_dma(model, op, call);
    case ACCESS_CPU_WRITE:
    case ACCESS_CPU_READ:
        return resolve_cpu(model, op, call);
    case ACCESS_SCRIBBLE:
        return resolve_scribble(model, op, call);
    case ACCESS_OVERWRITE:
        return false;
    }
    return false;
}

/* Of the call that the operation comes to; false: it comes to none. */
static bool key_of(const struct model *model, const struct program_op *op, uint64_t *key) {
    struct call call = {.opcode = op->opcode};
    *key = mix(mix(MIX_BEGIN, op->opcode), op->actor);
    switch (program_class(op->opcode)) {
    case CLASS_CALLBACK:
        resolve_operands(model, op, &call);
        call.table = driver_table(call.device);
        *key = mix(mix(mix(*key, call.device), call.null_arg), (uint64_t)(uintptr_t)call.handle);
        *key = mix_argument(*key, &call);
        return call_is_present(&call);
    case CLASS_ACCESS:
        if (!resolve_access(model, op, &call))
            return false;
        *key = mix(mix(mix(*key, call.device), call.pin_chain), call.pin_index);
        *key = mix(mix(mix(*key, call.page), call.offset), call.count);
        *key = mix(mix(*key, call.stamp), call.address[0]);
        return true;
    case CLASS_BUS:
        resolve_bus(model, op, &call);
        *key = mix(mix(mix(*key, call.device), call.joiner), call.flag);
        return true;
    case CLASS_SELF:
        *key = mix(*key, resolve_irql(op));
        return true;
    case CLASS_ORDER:
        break;
    }
    return false;
}

static void emit(struct maker *m) {
    struct operations *made = m->made;
    uint64_t key;
    if (!key_of(m->model, &m->op, &key))
        return;
    uint32_t at = (uint32_t)key % OPERATIONS_SLOTS;
    for (; made->found[at]; at = (at + 1) % OPERATIONS_SLOTS)
        if (made->key[made->found[at] - 1] == key)
            return;
    if (made->count == OPERATIONS_MAX) {
        made->capped = true;
        return;
    }
    made->op[made->count] = m->op;
    made->key[made->count++] = key;
    made->found[at] = (uint16_t)made->count;
}

/* ---- operands ---- */

static void next(struct maker *m, const struct program_operand *operand);

/* The operand is set: goes on with those behind it. */
static void go_on(struct maker *m, const struct program_operand *operand, bool fits) {
    if (!fits && m->odd == 0)
        return;
    const struct program_op op = m->op;
    m->odd -= !fits;
    next(m, operand + 1);
    m->odd += !fits;
    m->op = op;
}

static bool is_running_lead(const struct model *model, uint8_t device) {
    return model->devices[device].handle_alive && model->devices[device].position == 0;
}

/* Where a byte, a word and half of a handle end. */
static const uint64_t ends[] = {UINT8_MAX + 1, UINT16_MAX + 1, UINT64_C(1) << 32};
#define ENDS (sizeof(ends) / sizeof(*ends))

static bool is_among(const uint64_t *number, uint32_t count, uint64_t wanted) {
    uint32_t i = 0;
    while (i < count && number[i] != wanted)
        i++;
    return i < count;
}

/* Of small worlds there are some dozen; of those beyond, the same is tried again, and left out at the call.
 */
#define HANDLES_MAX 256u

struct handles {
    uint32_t count;
    uint64_t tried[HANDLES_MAX]; /* hashes of who calls, with what */
};

/* Several ways to say a handle mostly come to the same: it is tried once, where it fits first. */
static void try_handle(struct maker *m, const struct program_operand *operand, struct handles *handles,
                       uint8_t form, bool fits) {
    struct call call = {.opcode = m->op.opcode};
    m->op.handle = form;
    resolve_operands(m->model, &m->op, &call);
    uint64_t number = mix(mix(MIX_BEGIN, call.device), (uint64_t)(uintptr_t)call.handle);
    if (is_among(handles->tried, handles->count, number))
        return;
    if (handles->count < HANDLES_MAX)
        handles->tried[handles->count++] = number;
    go_on(m, operand, fits);
}

/* A handle fits in the hands of the driver that it was given to; where nothing runs, the first adapter's
 * does. */
static void handles(struct maker *m, const struct program_operand *operand) {
    const struct model *model = m->model;
    struct handles tried;
    uint8_t adapters = model->program->machine.adapters;
    bool runs = false;
    tried.count = 0;
    for (uint8_t i = 0; i < adapters; i++)
        runs |= is_running_lead(model, i);
    for (uint8_t i = 0; i < adapters; i++) {
        m->op.adapter = i;
        try_handle(m, operand, &tried, HANDLE_LEAD, runs ? is_running_lead(model, i) : i == 0);
        try_handle(m, operand, &tried, HANDLE_OWN, false);
    }
    m->op.adapter = 0;
    for (uint32_t i = 0; i < model->handle_count; i++) {
        m->op.value = (int64_t)i;
        try_handle(m, operand, &tried, HANDLE_ISSUED, false);
    }
    for (int near = -1; near <= 1; near++) {
        m->op.value = near;
        try_handle(m, operand, &tried, HANDLE_NEAR, false);
        try_handle(m, operand, &tried, HANDLE_RAW, false);
    }
    for (unsigned i = 0; i < ENDS; i++) {
        m->op.value = (int64_t)ends[i];
        try_handle(m, operand, &tried, HANDLE_NEAR, false);
    }
    m->op.value = 0;
    try_handle(m, operand, &tried, HANDLE_NULL, false);
    m->op.handle = HANDLE_LEAD;
}

static void indices(struct maker *m, const struct program_operand *operand) {
    const struct model *model = m->model;
    uint8_t device = resolve_device(model, m->op.adapter);
    const struct model_device *d = &model->devices[device];
    uint64_t count = d->present ? model->chains[d->chain].count : 1;
    for (uint64_t i = 0; i <= count; i++) {
        program_operand_set(&m->op, operand, i);
        go_on(m, operand, i < count);
    }
    for (unsigned i = 0; i < ENDS; i++) {
        program_operand_set(&m->op, operand, i + 1 < ENDS ? ends[i] : UINT32_MAX);
        go_on(m, operand, false);
    }
    program_operand_set(&m->op, operand, 0);
}

/* What a size or an offset comes to. */
static uint64_t resolved(const struct maker *m, const struct program_operand *operand) {
    struct call call = {.opcode = m->op.opcode};
    struct program_op op = m->op;
    resolve_operands(m->model, &m->op, &call);
    memcpy(op.arg.raw, call.arg.raw, sizeof(op.arg.raw));
    return program_operand_get(&op, operand);
}

/* Each form there is, and one less and one more of it, and a byte less and more than a page: those that come
 * to the same number once. Where no size fits, there being no area, a page does. */
static void forms(struct maker *m, const struct program_operand *operand) {
    bool size = operand->kind == OPERAND_SIZE;
    uint8_t *form = size ? &m->op.size_form : &m->op.offset_form;
    int8_t *delta = size ? &m->op.size_delta : &m->op.offset_delta;
    uint8_t device = resolve_device(m->model, m->op.adapter);
    uint64_t maximum = resolve_maximum(m->model, device, m->op.arg.unpin.PhysicalAdapterIndex);
    if (maximum < MODEL_PAGE)
        maximum = MODEL_PAGE;
    uint64_t tried[3 * PROGRAM_FORMS];
    uint32_t count = 0;
    for (uint8_t f = FORM_RAW + 1; f <= PROGRAM_FORMS; f++) {
        bool raw = f == PROGRAM_FORMS; /* the last, for a form says more than a number */
        for (int8_t d = -1; d <= 1; d++) {
            *form = raw ? FORM_RAW : f;
            *delta = raw ? 0 : d;
            program_operand_set(&m->op, operand, raw ? MODEL_PAGE + (uint64_t)(int64_t)d : 0);
            uint64_t bytes = resolved(m, operand);
            if (is_among(tried, count, bytes))
                continue;
            tried[count++] = bytes;
            bool inside = size ? bytes > 0 && bytes <= maximum : bytes < maximum;
            go_on(m, operand, inside && bytes % MODEL_PAGE == 0);
        }
    }
    program_operand_set(&m->op, operand, 0);
    *form = FORM_RAW;
    *delta = 0;
}

static void numbers(struct maker *m, const struct program_operand *operand, const uint64_t *number,
                    unsigned count, unsigned fit) {
    for (unsigned i = 0; i < count; i++) {
        program_operand_set(&m->op, operand, number[i]);
        go_on(m, operand, i < fit);
    }
    program_operand_set(&m->op, operand, operand->plain);
}
#define NUMBERS(m, operand, fit, ...)                                                                        \
    numbers(m, operand, (const uint64_t[]){__VA_ARGS__},                                                     \
            (unsigned)(sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t)), fit)

static void bases(struct maker *m, const struct program_operand *operand) {
    const struct model *model = m->model;
    for (uint32_t i = 0; i < model->view_count; i++) {
        m->op.view = (uint8_t)i;
        m->op.view_form = VIEW_LIVE;
        go_on(m, operand, true);
        for (int8_t d = -1; d <= 1; d += 2) {
            m->op.offset_delta = d;
            go_on(m, operand, false);
        }
        m->op.offset_delta = 0;
    }
    for (uint32_t i = 0; i < model->base_count; i++) {
        m->op.view = (uint8_t)i;
        m->op.view_form = VIEW_ISSUED;
        go_on(m, operand, false);
    }
    m->op.view = 0;
    m->op.view_form = VIEW_RAW; /* zero, which must do where there is no view */
    go_on(m, operand, model->view_count == 0);
    m->op.view_form = VIEW_LIVE;
}

static uint64_t pin_pages(const struct maker *m) {
    struct call call = {.opcode = m->op.opcode};
    return resolve_dma(m->model, &m->op, &call)
               ? m->model->chains[call.pin_chain].areas[call.pin_index].pin.pages
               : 1;
}

static void next(struct maker *m, const struct program_operand *operand) {
    const struct model *model = m->model;
    uint8_t adapters = model->program->machine.adapters;
    if (!operand->name) {
        emit(m);
        return;
    }
    switch ((enum operand_kind)operand->kind) {
    case OPERAND_HANDLE:
        handles(m, operand);
        break;
    case OPERAND_CHAIN:
    case OPERAND_ADAPTER:
    case OPERAND_ABSENT:
    case OPERAND_GPU:
        for (m->op.adapter = 0; m->op.adapter < adapters; m->op.adapter++)
            go_on(m, operand, true);
        m->op.adapter = 0;
        break;
    case OPERAND_JOINER:
        for (m->op.value = 0; m->op.value < adapters; m->op.value++)
            go_on(m, operand, true);
        m->op.value = 0;
        break;
    case OPERAND_D_STATE:
    case OPERAND_TDR:
        go_on(m, operand, true);
        m->op.flag = true;
        go_on(m, operand, true);
        m->op.flag = false;
        break;
    case OPERAND_LEVEL:
        for (m->op.irql = 0; m->op.irql < PROGRAM_IRQLS; m->op.irql++)
            go_on(m, operand, true);
        m->op.irql = 0;
        break;
    case OPERAND_INDEX:
        indices(m, operand);
        break;
    case OPERAND_SIZE:
    case OPERAND_OFFSET:
        forms(m, operand);
        break;
    case OPERAND_FLAGS: /* PreferContiguous; the first and the last reserved bit */
        NUMBERS(m, operand, 2, 0, 1, 2, UINT64_C(1) << 31);
        break;
    case OPERAND_OUT:
        NUMBERS(m, operand, 1, 0, UINT64_MAX);
        break;
    case OPERAND_BASE:
        bases(m, operand);
        break;
    case OPERAND_VIEW:
        for (m->op.view = 0; m->op.view < model->view_count; m->op.view++)
            go_on(m, operand, true);
        m->op.view = 0;
        break;
    case OPERAND_PIN:
        for (m->op.view = 0; m->op.view < model->pins; m->op.view++)
            go_on(m, operand, true);
        m->op.view = 0;
        break;
    case OPERAND_PAGE:
        NUMBERS(m, operand, 2, 0, pin_pages(m) - 1);
        break;
    case OPERAND_IN_PAGE:
        NUMBERS(m, operand, 1, 0, CONTENTS_STAMP_OFFSET - 8);
        break;
    case OPERAND_COUNT:
        NUMBERS(m, operand, 2, 0, PROGRAM_DMA_PAGES - 1);
        break;
    case OPERAND_IN_VIEW:
        NUMBERS(m, operand, 2, 0, model->view_count ? model->views[m->op.view].size - 8 : 0);
        break;
    case OPERAND_NUMBER:
        NUMBERS(m, operand, 1, 0, UINT64_MAX);
        break;
    case OPERAND_STAMP:
        NUMBERS(m, operand, 1, operand->plain);
        break;
    case OPERAND_IDLE:
        go_on(m, operand, true);
        break;
    case OPERAND_SCHEDULE: /* their operations are not tried */
    case OPERAND_SPAN:
    case OPERAND_TIMES:
    case OPERAND_KINDS:
        break;
    }
}

/* ---- operations ---- */

static void by(struct maker *m, uint8_t opcode, uint8_t actor, bool null_arg) {
    m->op = (struct program_op){.opcode = opcode, .actor = actor, .null_arg = null_arg};
    next(m, program_operands(opcode));
}

void operations_make(struct operations *made, const struct model *model, unsigned odd, bool first) {
    struct maker m = {.made = made, .model = model, .odd = odd};
    made->count = 0;
    made->capped = false;
    memset(made->found, 0, sizeof(made->found));
    for (uint8_t opcode = 0; opcode < PROGRAM_OPCODES; opcode++) {
        bool callback = call_is_callback(opcode);
        /* What is said of other operations is none by itself: a race has its schedules (`pinfuzz schedules`),
         * and what is repeated is a longer program. */
        if (program_class(opcode) == CLASS_ORDER)
            continue;
        by(&m, opcode, 0, false);
        /* Actors differ by their IRQL alone: two of them are as many as make a difference. Another's callback
         * is odd, and so is a null argument. */
        if (!first && (callback ? odd > 0 : program_class(opcode) == CLASS_SELF)) {
            m.odd -= callback;
            by(&m, opcode, 1, false);
            m.odd += callback;
        }
        if (callback && odd > 0) {
            m.odd--;
            by(&m, opcode, 0, true);
            m.odd++;
        }
    }
}
