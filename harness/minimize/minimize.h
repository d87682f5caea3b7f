/*
 * Minimizing: the smallest program that still shows what a program shows.
 *
 * Whole ranges of operations go first, then pairs that belong together (a pin and its unpin), then single
 * operations, then what the world has that nobody needs, then members, toward their plain values. When
 * operations go, those that stay keep meaning what they meant: the third live view may be the second now.
 *
 * Each candidate is smaller than the best so far, by operations, adapters, or distance of members from
 * their plain values, so that it ends by itself and what comes out is never worse than what went in.
 */
#ifndef HARNESS_MINIMIZE_H
#define HARNESS_MINIMIZE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/program/program.h"

/*
 * Whether a candidate shows it. Where that is known, *ended is set to the operation in which it showed; the
 * rest of the program is then not needed.
 */
typedef bool minimize_test(const struct program *candidate, uint32_t *ended, void *context);

struct minimize_result {
    uint32_t tried; /* candidates */
    uint32_t kept;  /* of them: each was smaller than the one before */
    bool finished;  /* nothing smaller is left to try: neither the limit nor a stop ended it */
};

/*
 * Replaces *program by the smallest found. Tries at most `limit` candidates, and
 * ends when *stop is set. A program that does not pass the test itself stays as it is: result.kept is 0.
 *
 * How many it takes: removing ranges from n operations takes up to 2n of them, pairs n, or at most 64 * 63
 * / 2 = 2016 once there are few operations left and 16 * 15 * 14 / 6 = 560 triples; each with and without
 * renumbered references. Exchanging several for one takes 2400, moving one 720. A number takes 2 candidates
 * for each of up to 64 halvings; an operation has at most 15, an adapter 8. All this is repeated while it
 * helps.
 */
struct minimize_result minimize(struct program *program, minimize_test *test, void *context, uint32_t limit,
                                const volatile sig_atomic_t *stop);

/* What the text form shows of a program beyond its statements' first words: a measure of its members. */
uint32_t minimize_members(const struct program *program);

#endif
