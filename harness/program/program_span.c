/* Races and repetitions in a program: which operations are theirs, and in what order operations run. */
#include "harness/program/operands.h"

#define SPAN_MAX (PROGRAM_RACE_OPS > PROGRAM_REPEAT_OPS ? PROGRAM_RACE_OPS : PROGRAM_REPEAT_OPS)

static uint32_t span_limit(const struct program_op *op) {
    return op->opcode == OP_RACE ? PROGRAM_RACE_OPS : PROGRAM_REPEAT_OPS;
}

uint32_t program_span_wanted(const struct program_op *op) {
    return 1u + (op->opcode == OP_RACE ? op->view : op->arg.repeat.ops) % span_limit(op);
}

void program_span_set(struct program_op *op, uint32_t wanted) {
    uint32_t limit = span_limit(op);
    wanted = wanted == 0 ? 1 : wanted < limit ? wanted : limit;
    if (op->opcode == OP_RACE)
        op->view = (uint8_t)(wanted - 1);
    else
        op->arg.repeat.ops = (uint16_t)(wanted - 1);
}

/* Races and repetitions end each other: no span holds another. */
static bool may_be_in(const struct program_op *op, uint8_t opcode) {
    return op->opcode == OP_RACE ? program_may_race(opcode) : program_class(opcode) != CLASS_ORDER;
}

uint32_t program_span(const struct program *program, uint32_t at) {
    const struct program_op *op = &program->ops[at];
    uint32_t wanted = program_span_wanted(op);
    uint32_t span = 0;
    while (span < wanted && at + 1 + span < program->op_count &&
           may_be_in(op, program->ops[at + 1 + span].opcode))
        span++;
    return span;
}

/* The last race or repetition before `at` within whose reach it lies, or op_count. There is but one. */
static uint32_t span_around(const struct program *program, uint32_t at) {
    for (uint32_t back = 1; back <= SPAN_MAX && back <= at; back++) {
        const struct program_op *op = &program->ops[at - back];
        if (program_class(op->opcode) == CLASS_ORDER)
            return program_span_wanted(op) >= back ? at - back : program->op_count;
    }
    return program->op_count;
}

void program_span_grow(struct program *program, uint32_t at, uint32_t count) {
    uint32_t around = span_around(program, at);
    if (around == program->op_count || at == program->op_count)
        return;
    program_span_set(&program->ops[around], program_span_wanted(&program->ops[around]) + count);
}

void program_span_shrink(struct program *program, uint32_t at, uint32_t count) {
    uint32_t around = span_around(program, at);
    if (around == program->op_count)
        return;
    uint32_t ops = program_span_wanted(&program->ops[around]);
    uint32_t behind = around + ops + 1 - at; /* of its own from `at` on */
    program_span_set(&program->ops[around], ops - (count < behind ? count : behind));
}

/* ---- in order ---- */

/* How many pages an operation may be about: of the largest area, unless its array of page numbers is beyond
 * the pool, and its view beyond the view space. What names a size may be about fewer. */
static uint64_t pages_at_most(const struct program *program, const struct program_op *op) {
    const struct program_machine *machine = &program->machine;
    uint64_t most = machine->pool_bytes / 8 + machine->view_bytes / PROGRAM_PAGE;
    uint64_t pages = 0;
    for (uint32_t i = 0; i < machine->adapters; i++) {
        uint64_t area = program->adapters[i].maximum_size / PROGRAM_PAGE;
        pages = area > pages ? area : pages;
    }
    most = pages < most ? pages : most;
    for (const struct program_operand *operand = program_operands(op->opcode); operand->name; operand++) {
        if (operand->kind != OPERAND_SIZE)
            continue;
        if (op->size_form == FORM_RAW)
            pages = program_operand_get(op, operand) / PROGRAM_PAGE;
        else if (op->size_form == FORM_PAGES && op->size_delta >= 0)
            pages = (uint64_t)op->size_delta;
        return pages < most ? pages : most;
    }
    return program_class(op->opcode) == CLASS_BUS ? most : 0;
}

/* How many passes behind the first there are left to spend for, each of `span` operations. */
static uint32_t passes_left(const struct program_walk *walk, const struct program *program, uint32_t at,
                            uint32_t span, uint64_t *pages) {
    uint32_t room = (PROGRAM_REPEATED - walk->repeated) / span;
    *pages = 0;
    for (uint32_t i = 1; i <= span; i++)
        *pages += pages_at_most(program, &program->ops[at + i]);
    uint64_t few = *pages ? (PROGRAM_REPEATED_PAGES - walk->repeated_pages) / *pages : room;
    return few < room ? (uint32_t)few : room;
}

static void begin_passes(struct program_walk *walk, const struct program *program, uint32_t at) {
    uint32_t span = program_span(program, at);
    uint32_t more = program->ops[at].arg.repeat.times % PROGRAM_REPEAT_TIMES;
    uint64_t pages = 0;
    uint32_t room = span && more ? passes_left(walk, program, at, span, &pages) : 0;
    more = more < room ? more : room;
    walk->repeated_pages += more * pages;
    walk->first = walk->next = at + 1;
    walk->end = at + 1 + span;
    walk->pass = 0;
    walk->passes = 1 + more;
    walk->repeated += more * span;
}

void program_walk_round(struct program_walk *walk, const struct program *program) {
    if (walk->passes != 0 && walk->next == walk->end) {
        if (++walk->pass < walk->passes)
            walk->next = walk->first;
        else
            walk->pass = walk->passes = 0;
    }
    while (walk->next < program->op_count && program->ops[walk->next].opcode == OP_REPEAT) {
        begin_passes(walk, program, walk->next);
        if (walk->end == walk->first) /* nothing of its own */
            walk->pass = walk->passes = 0;
    }
}
