/* Minimizing what single operations say. */
#include <stddef.h>
#include <string.h>

#include "harness/contract/call.h"
#include "harness/minimize/minimizer.h"
#include "harness/program/operands.h"

static bool try_op(struct minimizer *m, uint32_t at, const struct program_op *op) {
    program_copy(&m->candidate, m->best);
    m->candidate.ops[at] = *op;
    return minimizer_try(m);
}

static void keep_number(struct program_op *bare, const struct program_op *op,
                        const struct program_operand *operand) {
    program_operand_set(bare, operand, program_operand_get(op, operand));
}

static void keep_operand(struct program_op *bare, const struct program_op *op,
                         const struct program_operand *operand) {
    struct program_race race;
    switch ((enum operand_kind)operand->kind) {
    case OPERAND_HANDLE:
        bare->handle = op->handle;
        bare->adapter = op->adapter;
        if (op->handle != HANDLE_LEAD && op->handle != HANDLE_OWN && op->handle != HANDLE_NULL)
            bare->value = op->value;
        break;
    case OPERAND_CHAIN:
    case OPERAND_ADAPTER:
    case OPERAND_ABSENT:
    case OPERAND_GPU:
        bare->adapter = op->adapter;
        break;
    case OPERAND_JOINER:
        bare->value = op->value;
        break;
    case OPERAND_D_STATE:
    case OPERAND_TDR:
        bare->flag = op->flag;
        break;
    case OPERAND_LEVEL:
        bare->irql = op->irql;
        break;
    case OPERAND_SIZE:
        bare->size_form = op->size_form;
        if (op->size_form == FORM_RAW)
            keep_number(bare, op, operand);
        else
            bare->size_delta = op->size_delta;
        break;
    case OPERAND_OFFSET:
        bare->offset_form = op->offset_form;
        if (op->offset_form == FORM_RAW)
            keep_number(bare, op, operand);
        else
            bare->offset_delta = op->offset_delta;
        break;
    case OPERAND_BASE:
        bare->view_form = op->view_form;
        if (op->view_form == VIEW_RAW)
            break;
        bare->view = op->view;
        bare->offset_delta = op->offset_delta;
        break;
    case OPERAND_OUT: /* or the base, where that is raw */
        if (!program_has(op->opcode, OPERAND_BASE) || op->view_form == VIEW_RAW)
            keep_number(bare, op, operand);
        break;
    case OPERAND_VIEW:
    case OPERAND_PIN:
        bare->view = op->view;
        break;
    case OPERAND_INDEX:
    case OPERAND_FLAGS:
    case OPERAND_PAGE:
    case OPERAND_IN_PAGE:
    case OPERAND_IN_VIEW:
    case OPERAND_COUNT:
    case OPERAND_SPAN:
    case OPERAND_TIMES:
    case OPERAND_STAMP:
    case OPERAND_NUMBER:
        keep_number(bare, op, operand);
        break;
    case OPERAND_SCHEDULE:
        program_race_get(op, &race);
        program_race_set(bare, &race);
        break;
    case OPERAND_IDLE:
    case OPERAND_KINDS:
        break;
    }
}

/* The operation with what it uses, and nothing besides. */
static struct program_op bare(const struct program_op *op) {
    struct program_op bare = {.opcode = op->opcode, .actor = op->actor};
    if (program_takes_fault(op->opcode) && op->fail_nth) {
        bare.fail_kind = op->fail_kind;
        bare.fail_nth = op->fail_nth;
    }
    if (call_is_callback(op->opcode))
        bare.null_arg = op->null_arg;
    for (const struct program_operand *operand = program_operands(op->opcode); operand->name; operand++)
        keep_operand(&bare, op, operand);
    return bare;
}

/* The newer form of a pin says the same: two forms of it in one program often are none of its point. */
static void simpler_pin(struct minimizer *m, uint32_t at) {
    const struct program_op *old = &m->best->ops[at];
    if (old->opcode != OP_PIN)
        return;
    struct program_op op = *old;
    op.opcode = OP_PIN2;
    memset(op.arg.raw, 0, sizeof(op.arg.raw));
    op.arg.pin2.PhysicalAdapterIndex = old->arg.pin.PhysicalAdapterIndex;
    op.arg.pin2.CommitSize = old->arg.pin.CommitSize;
    (void)try_op(m, at, &op);
}

/* ---- operands with forms: the first that will do ---- */

static void simpler_handle(struct minimizer *m, uint32_t at) {
    static const uint8_t forms[] = {HANDLE_LEAD, HANDLE_OWN, HANDLE_NULL};
    for (size_t i = 0; i < sizeof(forms) && m->best->ops[at].handle != forms[i]; i++) {
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
static void simpler_form(struct minimizer *m, uint32_t at, const struct program_operand *operand) {
    bool size = operand->kind == OPERAND_SIZE;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct program_op op = m->best->ops[at];
        uint8_t *form = size ? &op.size_form : &op.offset_form;
        int8_t *delta = size ? &op.size_delta : &op.offset_delta;
        bool zero = program_operand_get(&op, operand) == 0;
        if (*form == sizes[i].form && *delta == sizes[i].delta && (*form != FORM_RAW || zero))
            return; /* none before it will do */
        *form = sizes[i].form;
        *delta = sizes[i].delta;
        program_operand_set(&op, operand, 0);
        if (try_op(m, at, &op))
            return;
    }
}

static void simpler_view(struct minimizer *m, uint32_t at) {
    for (uint8_t form = VIEW_LIVE; form < m->best->ops[at].view_form; form++) {
        struct program_op op = m->best->ops[at];
        op.view_form = form;
        op.view = 0;
        memset(&op.arg.unmap.pBaseAddress, 0, sizeof(op.arg.unmap.pBaseAddress));
        if (try_op(m, at, &op))
            return;
    }
}

/* ---- numbers ---- */

#define OPERATION(at)   (offsetof(struct program, ops) + (at) * sizeof(struct program_op))
#define AT(member)      OPERATION(at) + offsetof(struct program_op, member)
#define NUMBER(member)  AT(member), sizeof(((struct program_op *)0)->member), false, 0, 1
#define INTEGER(member) AT(member), sizeof(((struct program_op *)0)->member), true, 0, 1

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
    for (const struct program_operand *operand = program_operands(m->best->ops[at].opcode);
         at < m->best->op_count && operand->name; operand++)
        if (operand->offset >= offsetof(struct program_op, arg))
            minimizer_shrink(m, &(struct minimizer_number){OPERATION(at) + operand->offset, operand->width,
                                                           false, operand->plain, 1});
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

/* Operands with forms. */
static void simpler_operand(struct minimizer *m, uint32_t at, const struct program_operand *operand) {
    if (operand->kind == OPERAND_HANDLE)
        simpler_handle(m, at);
    else if (operand->kind == OPERAND_SIZE || operand->kind == OPERAND_OFFSET)
        simpler_form(m, at, operand);
    else if (operand->kind == OPERAND_BASE)
        simpler_view(m, at);
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
        for (const struct program_operand *operand = program_operands(op.opcode);
             operand->name && m->best->op_count == count; operand++)
            simpler_operand(m, at, operand);
        if (m->best->op_count == count)
            numbers(m, at);
    }
}
