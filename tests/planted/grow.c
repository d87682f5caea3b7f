/*
 * The reverse of `pinfuzz minimize`, to test it: puts random operations into a program, one by one, and
 * keeps those that leave its verdict as it is.
 *
 * Usage: grow FILE COUNT SEED OUT. Exit status: 0 written; 1 the program breaks nothing, or no place is
 * found for an operation; 2 FILE or an argument is faulty.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/program/load.h"
#include "harness/program/random.h"
#include "harness/verdict/verdict.h"
#include "harness/verdict/worker.h"

/* Tries for one operation: one in three or so leaves the verdict as it is. */
#define TRIES   1000u
#define TIMEOUT 10u

static struct program best, candidate;
static struct random dice;

/* Any bytes are an operation; most such do nothing. */
static struct program_op any_operation(void) {
    static struct program one;
    uint8_t bytes[3 * PROGRAM_RECORD] = {0};
    for (size_t i = 2 * PROGRAM_RECORD; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)random_next(&dice);
    program_decode(&one, bytes, sizeof(bytes));
    return one.ops[0];
}

/* One that does something, in many states. */
static struct program_op likely_operation(void) {
    static const uint8_t forms[] = {FORM_MAXIMUM, FORM_HALF, FORM_PAGES, FORM_PAGES};
    struct program_op op = {0};
    op.opcode = (uint8_t)random_below(&dice, PROGRAM_OPCODES);
    op.adapter = (uint8_t)random_below(&dice, best.machine.adapters);
    op.flag = random_one_in(&dice, 2);
    op.view = (uint8_t)random_below(&dice, 3);
    op.value = random_below(&dice, best.machine.adapters);
    op.actor = (uint8_t)(random_one_in(&dice, 8) ? random_below(&dice, SUT_ACTORS) : 0);
    if (program_class(op.opcode) == CLASS_CALLBACK) {
        op.arg.pin2.PhysicalAdapterIndex = random_below(&dice, 2);
        op.size_form = RANDOM_PICK(&dice, forms);
        op.size_delta = op.size_form == FORM_PAGES ? (int8_t)random_between(&dice, 1, 4) : 0;
        op.arg.pin2.Flags.Value = op.opcode == OP_PIN2 ? random_below(&dice, 2) : 0;
    } else if (program_class(op.opcode) == CLASS_ACCESS) {
        op.arg.dma.page = random_below(&dice, 8);
        op.arg.dma.stamp = random_next(&dice);
    }
    if (random_one_in(&dice, 8))
        op.fail_nth = (uint8_t)random_between(&dice, 1, 4);
    return op;
}

static bool same_verdict(const struct verdict *wanted, uint32_t *ended) {
    struct verdict verdict;
    struct worker_answer answer;
    *ended = PROGRAM_OPS;
    if (wanted->died)
        return verdict_of(&candidate, TIMEOUT, &verdict) && verdict_same(&verdict, wanted);
    if (!worker_run(&candidate, TIMEOUT, &answer))
        return false;
    *ended = answer.ended;
    return !answer.died && answer.outcome == wanted->outcome;
}

/* Mostly into what runs before the verdict: what comes behind it is all too easy to take out again. */
static uint32_t choose_place(uint32_t ended) {
    bool behind = random_one_in(&dice, 8) || ended > best.op_count;
    return random_below(&dice, (behind ? best.op_count : ended) + 1);
}

static bool grow(const struct verdict *wanted, uint32_t count) {
    uint32_t ended = best.op_count;
    for (uint32_t tries = 0; count > 0 && tries < TRIES; tries++) {
        uint32_t at = choose_place(ended);
        uint32_t now;
        program_copy(&candidate, &best);
        memmove(&candidate.ops[at + 1], &candidate.ops[at], (best.op_count - at) * sizeof(candidate.ops[0]));
        candidate.ops[at] = random_one_in(&dice, 4) ? any_operation() : likely_operation();
        candidate.op_count++;
        if (!same_verdict(wanted, &now))
            continue;
        program_copy(&best, &candidate);
        ended = now;
        count--;
        tries = 0;
    }
    return count == 0;
}

int main(int argc, char **argv) {
    struct text_error error;
    struct verdict wanted;
    char *end[2] = {0};
    unsigned long count = argc == 5 ? strtoul(argv[2], &end[0], 10) : 0;
    unsigned long seed = argc == 5 ? strtoul(argv[3], &end[1], 10) : 0;
    if (argc != 5 || *end[0] || *end[1]) {
        fprintf(stderr, "usage: grow FILE COUNT SEED OUT\n");
        return 2;
    }
    if (!program_load(argv[1], LOAD_DETECT, &best, &error) || count > PROGRAM_OPS - best.op_count) {
        fprintf(stderr, "%s\n",
                count > PROGRAM_OPS - best.op_count ? "grow: too many operations" : error.text);
        return 2;
    }
    dice.state = seed;
    if (!verdict_of(&best, TIMEOUT, &wanted) || (!wanted.died && wanted.outcome == VERDICT_KEPT)) {
        fprintf(stderr, "grow: %s breaks nothing\n", argv[1]);
        return 1;
    }
    if (!grow(&wanted, (uint32_t)count)) {
        fprintf(stderr, "grow: no place for %lu operations\n", count);
        return 1;
    }
    if (!program_save(argv[4], LOAD_DETECT, &best, &error)) {
        fprintf(stderr, "%s\n", error.text);
        return 2;
    }
    return 0;
}
