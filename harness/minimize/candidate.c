/* What every pass of the minimizer works with: candidates, and numbers that move toward their plain values.
 */
#include <string.h>

#include "harness/minimize/minimizer.h"

bool minimizer_over(const struct minimizer *m) {
    return m->result.tried >= m->limit || *m->stop;
}

static bool passes(struct minimizer *m, uint32_t *ended) {
    *ended = PROGRAM_OPS;
    m->result.tried++;
    if (!m->test(&m->candidate, ended, m->context))
        return false;
    m->result.kept++;
    program_copy(m->best, &m->candidate);
    minimizer_refs_reset();
    return true;
}

/* What comes behind the operation in which it showed is not needed. */
static void cut(struct minimizer *m, uint32_t ended) {
    if (ended + 1 < m->best->op_count) {
        program_copy(&m->candidate, m->best);
        m->candidate.op_count = ended + 1;
        (void)passes(m, &ended);
    }
}

static bool is_best(const struct minimizer *m) {
    static uint8_t best[PROGRAM_BYTES], candidate[PROGRAM_BYTES];
    if (m->best->op_count != m->candidate.op_count)
        return false;
    size_t size = program_encode(m->best, best);
    return program_encode(&m->candidate, candidate) == size && memcmp(best, candidate, size) == 0;
}

bool minimizer_begin(struct minimizer *m) {
    uint32_t ended;
    program_copy(&m->candidate, m->best);
    if (!passes(m, &ended))
        return false;
    cut(m, ended);
    return true;
}

bool minimizer_try(struct minimizer *m) {
    uint32_t ended;
    if (minimizer_over(m) || is_best(m) || !passes(m, &ended))
        return false;
    cut(m, ended);
    return true;
}

/* ---- numbers ---- */

uint64_t minimizer_get(const struct program *program, const struct minimizer_number *number) {
    const uint8_t *at = (const uint8_t *)program + number->offset;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    switch (number->width) {
    case 1:
        memcpy(&u8, at, 1);
        return number->is_signed ? (uint64_t)(int64_t)(int8_t)u8 : u8;
    case 2:
        memcpy(&u16, at, 2);
        return u16;
    case 4:
        memcpy(&u32, at, 4);
        return u32;
    default:
        memcpy(&u64, at, 8);
        return u64;
    }
}

static void number_set(struct program *program, const struct minimizer_number *number, uint64_t value) {
    uint8_t *at = (uint8_t *)program + number->offset;
    const uint8_t u8 = (uint8_t)value;
    const uint16_t u16 = (uint16_t)value;
    const uint32_t u32 = (uint32_t)value;
    const void *from = number->width == 1   ? (const void *)&u8
                       : number->width == 2 ? (const void *)&u16
                       : number->width == 4 ? (const void *)&u32
                                            : (const void *)&value;
    memcpy(at, from, number->width);
}

bool minimizer_try_number(struct minimizer *m, const struct minimizer_number *number, uint64_t value) {
    program_copy(&m->candidate, m->best);
    number_set(&m->candidate, number, value);
    return minimizer_try(m);
}

void minimizer_shrink(struct minimizer *m, const struct minimizer_number *number) {
    uint64_t unit = number->unit ? number->unit : 1;
    uint64_t value = minimizer_get(m->best, number);
    if (value == number->plain || minimizer_try_number(m, number, number->plain))
        return;
    bool above = number->is_signed ? (int64_t)value > (int64_t)number->plain : value > number->plain;
    uint64_t distance = above ? value - number->plain : number->plain - value;
    for (uint64_t step = distance / 2 / unit * unit; step > 0 && !minimizer_over(m);) {
        uint64_t nearer = above ? value - step : value + step;
        if (step < distance && minimizer_try_number(m, number, nearer)) {
            value = nearer;
            distance -= step;
        } else {
            step = step / 2 / unit * unit;
        }
    }
}
