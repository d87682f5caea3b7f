/* What the parts of the minimizer share. Private to harness/minimize/. */
#ifndef HARNESS_MINIMIZER_H
#define HARNESS_MINIMIZER_H

#include "harness/minimize/minimize.h"

struct minimizer {
    struct program *best;
    struct program candidate;
    minimize_test *test;
    void *context;
    uint32_t limit;
    const volatile sig_atomic_t *stop;
    struct minimize_result result;
};

/* ---- candidate.c ---- */

/* Tests the best itself, and cuts off what follows its end. */
bool minimizer_begin(struct minimizer *m);
/* True when there is nothing left to spend. */
bool minimizer_over(const struct minimizer *m);
/* Tests m->candidate, unless it is the best itself. When it passes it is the best from now on, and what
 * follows its end is cut off. */
bool minimizer_try(struct minimizer *m);

/* A whole number somewhere in a program. */
struct minimizer_number {
    size_t offset; /* in struct program */
    uint8_t width; /* 1, 2, 4, 8 */
    bool is_signed;
    uint64_t plain;
    uint64_t unit; /* it is a multiple of; 0: 1 */
};
uint64_t minimizer_get(const struct program *program, const struct minimizer_number *number);
/* Tests the best with this value. */
bool minimizer_try_number(struct minimizer *m, const struct minimizer_number *number, uint64_t value);
/* Moves a number of the best toward its plain value, as near as the test allows by halving. */
void minimizer_shrink(struct minimizer *m, const struct minimizer_number *number);

/* ---- minimize_refs.c ---- */

/* What becomes of a program's parts: where each operation and each device of the candidate comes from. */
struct minimizer_origin {
    uint32_t op[PROGRAM_OPS];
    uint8_t device[PROGRAM_ADAPTERS]; /* of the best -> of the candidate; REFS_GONE: not there */
};
#define REFS_GONE UINT8_MAX

/* Forgets what is known of the best's references: there is a new best. */
void minimizer_refs_reset(void);
/* Makes views, pins, handles and indices in the candidate mean what they meant in the best. False when
 * they did already, as far as a dry run can tell. */
bool minimizer_refs_mend(struct minimizer *m, const struct minimizer_origin *origin);

/* ---- minimize_race.c, minimize_exchange.c, minimize_world.c, minimize_ops.c: one pass each ---- */
void minimizer_races(struct minimizer *m);
void minimizer_exchange(struct minimizer *m);
void minimizer_world(struct minimizer *m);
void minimizer_members(struct minimizer *m);

#endif
