/*
 * What a schedule costs: a program with races, over the same one without (its operations stay, one after
 * the other), in the traced build that races run in. The rounds of the two take turns in one process, and
 * the median counts.
 *
 * Built as pin_race_fuzzer is; runs before the engine would and exits: 0, or 1 when it is over three times.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "harness/drive/executor.h"
#include "harness/program/load.h"

#define ROUNDS 21u /* odd, for a median */
#define RUNS   300u
#define LIMIT  3.0

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum {
    SERIAL,
    RACES,
    UNSWITCHED,
    PROGRAMS
};
static struct program programs[PROGRAMS];
static double rounds[PROGRAMS][ROUNDS];

static double run(const struct program *program) {
    struct timespec from, to;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (unsigned i = 0; i < RUNS; i++)
        executor_run(program);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    return ((double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3) / RUNS;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(unsigned program) {
    qsort(rounds[program], ROUNDS, sizeof(rounds[program][0]), ascending);
    return rounds[program][ROUNDS / 2];
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    struct text_error error;
    const struct program *races = &programs[RACES];
    if (*argc != 2 || !program_load((*argv)[1], LOAD_TEXT, &programs[RACES], &error)) {
        fprintf(stderr, "usage: %s race16.txt\n%s\n", (*argv)[0], *argc == 2 ? error.text : "");
        exit(2);
    }
    program_copy(&programs[UNSWITCHED], races);
    program_copy(&programs[SERIAL], races);
    programs[SERIAL].op_count = 0;
    for (uint32_t i = 0; i < races->op_count; i++) {
        struct program_race race;
        if (races->ops[i].opcode != OP_RACE) {
            programs[SERIAL].ops[programs[SERIAL].op_count++] = races->ops[i];
            continue;
        }
        program_race_get(&races->ops[i], &race);
        race.switches = 0;
        program_race_set(&programs[UNSWITCHED].ops[i], &race);
    }
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned program = 0; program < PROGRAMS; program++)
            rounds[program][round] = run(&programs[program]);
    double serial = median(SERIAL), raced = median(RACES), unswitched = median(UNSWITCHED);
    printf("%u operations in turn      %8.1f us a run, in the traced build\n", programs[SERIAL].op_count,
           serial);
    printf("  some of them in races   %8.1f us a run            over in turn  %.2f\n", raced, raced / serial);
    printf("  and nobody switched     %8.1f us a run            over in turn  %.2f\n", unswitched,
           unswitched / serial);
    exit(raced > LIMIT * serial);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    (void)data;
    (void)size;
    return 0;
}
