/* Minimizing: the operations that go, and the passes in their order. */
#include "harness/minimize/minimize.h"

#include <string.h>

#include "harness/minimize/minimizer.h"
#include "harness/program/operands.h"
#include "harness/program/text.h"

/* Few enough operations to try all pairs, or all triples; see minimize.h for the arithmetic. */
#define PAIRS_OPS   64u
#define TRIPLES_OPS 16u

static uint32_t spaces(const char *text) {
    uint32_t count = 0;
    for (; *text != 0; text++)
        count += *text == ' ';
    return count;
}

uint32_t minimize_members(const struct program *program) {
    char text[TEXT_WORLD_MAX];
    text_print_world(program, text, sizeof(text));
    uint32_t members = spaces(text);
    for (uint32_t i = 0; i < program->op_count; i++) {
        text_print_op(&program->ops[i], text, sizeof(text));
        members += spaces(text);
    }
    return members;
}

/* ---- operations ---- */

/* A race or a repetition that loses operations has so many fewer. */
static void keep_spans(const struct program *best, struct program *candidate, const bool *gone) {
    for (uint32_t i = 0, at = 0; i < best->op_count; i++) {
        if (gone[i])
            continue;
        struct program_op *op = &candidate->ops[at++];
        if (program_class(op->opcode) != CLASS_ORDER)
            continue;
        uint32_t span = program_span(best, i);
        uint32_t left = 0;
        for (uint32_t k = 1; k <= span; k++)
            left += !gone[i + k];
        program_span_set(op, left);
    }
}

/* Tries the best without the operations that are marked. */
static bool try_without(struct minimizer *m, const bool *gone) {
    static struct minimizer_origin origin;
    struct program *candidate = &m->candidate;
    for (unsigned pass = 0; pass < 2; pass++) {
        uint32_t count = 0;
        program_copy(candidate, m->best);
        for (uint32_t i = 0; i < m->best->op_count; i++) {
            if (gone[i])
                continue;
            candidate->ops[count] = m->best->ops[i];
            origin.op[count++] = i;
        }
        candidate->op_count = count;
        keep_spans(m->best, candidate, gone);
        if (pass == 0) {
            for (uint8_t i = 0; i < PROGRAM_ADAPTERS; i++)
                origin.device[i] = i;
            if (!minimizer_refs_mend(m, &origin))
                pass++; /* both candidates are the same */
        }
        if (minimizer_try(m))
            return true;
    }
    return false;
}

static bool try_without_some(struct minimizer *m, const uint32_t *ops, uint32_t count) {
    static bool gone[PROGRAM_OPS];
    memset(gone, 0, m->best->op_count * sizeof(gone[0]));
    for (uint32_t i = 0; i < count; i++)
        gone[ops[i]] = true;
    return try_without(m, gone);
}

/* Ranges of half the program, a quarter, ... single operations, from the end: what comes later is needed by
 * less. */
static void ranges(struct minimizer *m) {
    static bool gone[PROGRAM_OPS];
    for (uint32_t size = m->best->op_count; size > 0; size /= 2) {
        uint32_t end = m->best->op_count;
        while (end > 0 && !minimizer_over(m)) {
            uint32_t from = end > size ? end - size : 0;
            memset(gone, 0, m->best->op_count * sizeof(gone[0]));
            memset(gone + from, true, (end - from) * sizeof(gone[0]));
            end = try_without(m, gone) && m->best->op_count < from ? m->best->op_count : from;
        }
    }
}

/* Whether b may undo what a does: its counterpart, on the same thing. A chain has as many names as members.
 */
static bool undoes(const struct program_op *a, const struct program_op *b) {
    uint8_t opcode = a->opcode;
    if (b->opcode != program_undone_by(opcode) && !(opcode == OP_START && b->opcode == OP_REMOVE))
        return false;
    if (program_has(opcode, OPERAND_INDEX))
        return b->arg.unpin.PhysicalAdapterIndex == a->arg.unpin.PhysicalAdapterIndex;
    if (program_has(opcode, OPERAND_LEVEL))
        return b->actor == a->actor;
    if (program_has(opcode, OPERAND_D_STATE) || program_has(opcode, OPERAND_TDR))
        return b->adapter == a->adapter && b->flag != a->flag;
    return program_has(opcode, OPERAND_CHAIN) || b->adapter == a->adapter;
}

/* An operation and the next that may undo it. */
static void partners(struct minimizer *m) {
    for (uint32_t i = m->best->op_count; i-- > 0 && !minimizer_over(m);) {
        for (uint32_t k = i + 1; k < m->best->op_count; k++) {
            if (!undoes(&m->best->ops[i], &m->best->ops[k]))
                continue;
            (void)try_without_some(m, (const uint32_t[]){i, k}, 2);
            break;
        }
    }
}

/* Any two, where there are few; and any three. */
static void pairs(struct minimizer *m) {
    for (uint32_t i = 0; i < m->best->op_count && m->best->op_count <= PAIRS_OPS; i++)
        for (uint32_t k = i + 1; k < m->best->op_count && !minimizer_over(m);)
            k += !try_without_some(m, (const uint32_t[]){i, k}, 2);
    if (m->best->op_count > TRIPLES_OPS)
        return;
    for (uint32_t i = 0; i < m->best->op_count; i++)
        for (uint32_t k = i + 1; k < m->best->op_count; k++)
            for (uint32_t l = k + 1; l < m->best->op_count && !minimizer_over(m);)
                l += !try_without_some(m, (const uint32_t[]){i, k, l}, 3);
}

/* ---- all of it ---- */

struct minimize_result minimize(struct program *program, minimize_test *test, void *context, uint32_t limit,
                                const volatile sig_atomic_t *stop) {
    static struct minimizer m;
    uint32_t kept;
    m.best = program;
    m.test = test;
    m.context = context;
    m.limit = limit;
    m.stop = stop;
    m.result = (struct minimize_result){0};
    if (!minimizer_begin(&m))
        return m.result;
    do {
        kept = m.result.kept;
        minimizer_races(&m);
        ranges(&m);
        partners(&m);
        pairs(&m);
        minimizer_exchange(&m);
        minimizer_world(&m);
        minimizer_members(&m);
    } while (m.result.kept != kept && !minimizer_over(&m));
    m.result.finished = m.result.kept == kept && !minimizer_over(&m);
    return m.result;
}
