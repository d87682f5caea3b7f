/* Minimizing what single operations say. */
#include <stddef.h>
#include <string.h>

#include "harness/contract/call.h"
#include "harness/minimize/minimizer.h"
#include "harness/program/text_words.h"

static bool try_op(struct minimizer *m, uint32_t at, const struct program_op *op) {
    program_copy(&m->candidate, m->best);
    m->candidate.ops[at] = *op;
    return minimizer_try(m);
}

static bool can_fault(uint8_t opcode) {
    return call_is_callback(opcode) || (opcode >= OP_PRESSURE && opcode != OP_IRQL && opcode != OP_RACE);
}

/* The operation with what its opcode uses (program.h), and nothing besides. */
static struct program_op bare(const struct program_op *op) {
    struct program_op bare = {.opcode = op->opcode, .actor = op->actor};
    bool callback = call_is_callback(op->opcode);
    if (op->opcode == OP_RACE) {
        struct program_race race;
        program_race_get(op, &race);
        program_race_set(&bare, &race);
        return bare;
    }
    if (op->opcode == OP_IRQL)
        bare.irql = op->irql;
    else if (op->opcode != OP_PRESSURE && op->opcode != OP_CPU_READ && op->opcode != OP_CPU_WRITE)
        bare.adapter = op->adapter;
    if (op->opcode == OP_POWER || op->opcode == OP_RESET)
        bare.flag = op->flag;
    if (can_fault(op->opcode) && op->fail_nth) {
        bare.fail_kind = op->fail_kind;
        bare.fail_nth = op->fail_nth;
    }
    if (op->opcode == OP_LINK ||
        (callback && op->handle != HANDLE_LEAD && op->handle != HANDLE_OWN && op->handle != HANDLE_NULL))
        bare.value = op->value;
    if (callback) {
        bare.handle = op->handle;
        bare.null_arg = op->null_arg;
    }
    for (const struct text_field *field = text_fields(op->opcode); field->name; field++) {
        bool covered = false;
        if (field->kind == TEXT_SIZE && op->size_form != FORM_RAW) {
            bare.size_form = op->size_form;
            bare.size_delta = op->size_form == FORM_RAW ? 0 : op->size_delta;
            covered = true;
        } else if (field->kind == TEXT_OFFSET && op->offset_form != FORM_RAW) {
            bare.offset_form = op->offset_form;
            bare.offset_delta = op->offset_delta;
            covered = true;
        }
        if (!covered)
            text_arg_set(&bare, field->offset, field->width, text_arg_get(op, field->offset, field->width));
    }
    if (op->opcode == OP_DMA_READ || op->opcode == OP_DMA_WRITE || text_has_view(op->opcode))
        bare.view = op->view;
    if (op->opcode == OP_UNMAP) {
        bare.view_form = op->view_form;
        bare.offset_delta = op->view_form == VIEW_RAW ? 0 : op->offset_delta;
        if (op->view_form == VIEW_RAW)
            bare.view = 0;
        else
            memset(&bare.arg.unmap.pBaseAddress, 0, sizeof bare.arg.unmap.pBaseAddress);
    }
    return bare;
}

/* The newer form of a pin says the same: two forms of it in one program often are none of its point. */
static void simpler_pin(struct minimizer *m, uint32_t at) {
    const struct program_op *old = &m->best->ops[at];
    if (old->opcode != OP_PIN)
        return;
    struct program_op op = *old;
    op.opcode = OP_PIN2;
    memset(op.arg.raw, 0, sizeof op.arg.raw);
    op.arg.pin2.PhysicalAdapterIndex = old->arg.pin.PhysicalAdapterIndex;
    op.arg.pin2.CommitSize = old->arg.pin.CommitSize;
    (void)try_op(m, at, &op);
}

/* ---- operands with forms: the first that will do ---- */

static void simpler_handle(struct minimizer *m, uint32_t at) {
    static const uint8_t forms[] = {HANDLE_LEAD, HANDLE_OWN, HANDLE_NULL};
    for (size_t i = 0; i < sizeof forms && m->best->ops[at].handle != forms[i]; i++) {
        struct program_op op = m->best->ops[at];
        op.handle = forms[i];
        op.value = 0;
        if (try_op(m, at, &op))
            return;
    }
}

/* Sizes by how plain they are to read; what is not in here comes last. */
static const struct {
    uint8_t form;
    int8_t delta;
} sizes[] = {
    {FORM_RAW, 0},     {FORM_PAGES, 1},         {FORM_MAXIMUM, 0},   {FORM_HALF, 0},
    {FORM_PAGES, 2},   {FORM_MAXIMUM, -1},      {FORM_MAXIMUM, 1},   {FORM_MAXIMUM_BYTES, -1},
    {FORM_COUNT32, 0}, {FORM_COUNT32, 1},       {FORM_MDL_LIMIT, 0}, {FORM_MDL_LIMIT, 1},
    {FORM_TOP, -1},    {FORM_MAXIMUM_BYTES, 1},
};

/* Of the form operands of an operation: CommitSize and Size, or Offset. */
static void simpler_form(struct minimizer *m, uint32_t at, const struct text_field *field) {
    bool size = field->kind == TEXT_SIZE;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct program_op op = m->best->ops[at];
        uint8_t *form = size ? &op.size_form : &op.offset_form;
        int8_t *delta = size ? &op.size_delta : &op.offset_delta;
        bool zero = text_arg_get(&op, field->offset, field->width) == 0;
        if (*form == sizes[i].form && *delta == sizes[i].delta && (*form != FORM_RAW || zero))
            return; /* none before it will do */
        *form = sizes[i].form;
        *delta = sizes[i].delta;
        text_arg_set(&op, field->offset, field->width, 0);
        if (try_op(m, at, &op))
            return;
    }
}

static void simpler_view(struct minimizer *m, uint32_t at) {
    for (uint8_t form = VIEW_LIVE; form < m->best->ops[at].view_form; form++) {
        struct program_op op = m->best->ops[at];
        op.view_form = form;
        op.view = 0;
        memset(&op.arg.unmap.pBaseAddress, 0, sizeof op.arg.unmap.pBaseAddress);
        if (try_op(m, at, &op))
            return;
    }
}

/* ---- numbers ---- */

#define AT(member)                                                                                           \
    offsetof(struct program, ops) + at * sizeof(struct program_op) + offsetof(struct program_op, member)
#define NUMBER(member)  AT(member), sizeof(((struct program_op *)0)->member), false, 0, 1
#define INTEGER(member) AT(member), sizeof(((struct program_op *)0)->member), true, 0, 1

#define STAMP(member) (offsetof(struct program_op, arg.member) - offsetof(struct program_op, arg))

static uint64_t plain_argument(uint8_t opcode, const struct text_field *field) {
    if (opcode == OP_DMA_WRITE && field->offset == STAMP(dma.stamp))
        return MINIMIZER_DMA_STAMP;
    return opcode == OP_CPU_WRITE && field->offset == STAMP(cpu.stamp) ? MINIMIZER_CPU_STAMP : 0;
}

static void numbers(struct minimizer *m, uint32_t at) {
    minimizer_shrink(m, &(struct minimizer_number){NUMBER(actor)});
    minimizer_shrink(m, &(struct minimizer_number){NUMBER(flag)});
    minimizer_shrink(m, &(struct minimizer_number){NUMBER(null_arg)});
    minimizer_shrink(m, &(struct minimizer_number){NUMBER(fail_nth)});
    minimizer_shrink(m, &(struct minimizer_number){NUMBER(fail_kind)});
    minimizer_shrink(m, &(struct minimizer_number){NUMBER(adapter)});
    minimizer_shrink(m, &(struct minimizer_number){INTEGER(value)});
    minimizer_shrink(m, &(struct minimizer_number){INTEGER(size_delta)});
    minimizer_shrink(m, &(struct minimizer_number){INTEGER(offset_delta)});
    minimizer_shrink(m, &(struct minimizer_number){NUMBER(view)});
    minimizer_shrink(m, &(struct minimizer_number){NUMBER(irql)});
    for (const struct text_field *field = text_fields(m->best->ops[at].opcode);
         at < m->best->op_count && field->name; field++)
        minimizer_shrink(m, &(struct minimizer_number){AT(arg) + field->offset, field->width, false,
                                                       plain_argument(m->best->ops[at].opcode, field), 1});
}

/* All operations by the first caller: one actor less to think of. */
static void one_actor(struct minimizer *m) {
    program_copy(&m->candidate, m->best);
    for (uint32_t i = 0; i < m->candidate.op_count; i++)
        m->candidate.ops[i].actor = 0;
    (void)minimizer_try(m);
}

/* Everything an opcode does not use, in all operations together: it means nothing. */
static void all_bare(struct minimizer *m) {
    program_copy(&m->candidate, m->best);
    for (uint32_t i = 0; i < m->candidate.op_count; i++)
        m->candidate.ops[i] = bare(&m->best->ops[i]);
    (void)minimizer_try(m);
}

void minimizer_members(struct minimizer *m) {
    all_bare(m);
    one_actor(m);
    /* A candidate that passes can also be shorter: the operation under work may be gone. */
    for (uint32_t at = 0; at < m->best->op_count && !minimizer_over(m); at++) {
        uint32_t count = m->best->op_count;
        struct program_op op = bare(&m->best->ops[at]);
        (void)try_op(m, at, &op);
        if (m->best->op_count == count)
            simpler_pin(m, at);
        if (call_is_callback(op.opcode) && m->best->op_count == count)
            simpler_handle(m, at);
        for (const struct text_field *field = text_fields(op.opcode);
             field->name && m->best->op_count == count; field++)
            if (field->kind == TEXT_SIZE || field->kind == TEXT_OFFSET)
                simpler_form(m, at, field);
        if (op.opcode == OP_UNMAP && m->best->op_count == count)
            simpler_view(m, at);
        if (m->best->op_count == count)
            numbers(m, at);
    }
}
