/*
 * Measures in one process, so that a noisy machine is equally noisy to both sides of a ratio: the
 * rounds of the things compared take turns, and the median of the rounds counts.
 *
 * Built as the fuzz targets are, engine and coverage included; runs before the engine would and exits.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/drive/executor.h"
#include "harness/program/load.h"

#define ROUNDS   21u        /* odd, for a median */
#define ROUND_NS 20000000.0 /* 20 ms: far above the clock's grain, 21 * 7 measures take 3 s */
#define TAPE     4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct call tape[TAPE];

struct measure {
    const char *name;
    struct program program;
    size_t calls; /* of the tape; 0: run with model and checks */
    struct call *tape;
    uint32_t repeat;
    double round[ROUNDS]; /* ns for one run */
    double median;
};

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void run_once(const struct measure *m) {
    if (m->tape)
        executor_replay(&m->program, m->tape, m->calls);
    else
        executor_run(&m->program);
}

static double timed(const struct measure *m, uint32_t repeat) {
    double start = now_ns();
    for (uint32_t i = 0; i < repeat; i++)
        run_once(m);
    return (now_ns() - start) / repeat;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure_all(struct measure *measures, size_t count) {
    for (size_t i = 0; i < count; i++) {
        double once = timed(&measures[i], 20);
        measures[i].repeat = once < ROUND_NS ? (uint32_t)(ROUND_NS / once) : 1;
    }
    for (uint32_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < count; i++)
            measures[i].round[round] = timed(&measures[i], measures[i].repeat);
    for (size_t i = 0; i < count; i++) {
        qsort(measures[i].round, ROUNDS, sizeof(double), ascending);
        measures[i].median = measures[i].round[ROUNDS / 2];
    }
}

static void load(const char *directory, const char *name, struct program *program) {
    char path[4096];
    struct text_error error;
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    if (!program_load(path, LOAD_TEXT, program, &error)) {
        fprintf(stderr, "bench: %s\n", error.text);
        exit(2);
    }
}

enum {
    MIX_FULL,
    MIX_ALONE,
    LONG_FULL,
    SMALL_FULL,
    LARGE_FULL,
    SMALL_ALONE,
    LARGE_ALONE,
    MEASURES
};

static struct measure measures[MEASURES];

static void record(struct measure *to, const struct measure *from, struct call *space) {
    to->program = from->program;
    to->calls = executor_record(&from->program, space, TAPE / 3);
    to->tape = space;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    if (*argc != 2) {
        fprintf(stderr, "usage: %s DIRECTORY   (where mix16.txt and contiguous_*.txt are)\n", (*argv)[0]);
        exit(2);
    }
    const char *directory = (*argv)[1];
    load(directory, "mix16.txt", &measures[MIX_FULL].program);
    load(directory, "contiguous_64K.txt", &measures[SMALL_FULL].program);
    load(directory, "contiguous_16T.txt", &measures[LARGE_FULL].program);
    record(&measures[MIX_ALONE], &measures[MIX_FULL], tape);
    record(&measures[SMALL_ALONE], &measures[SMALL_FULL], tape + TAPE / 3);
    record(&measures[LARGE_ALONE], &measures[LARGE_FULL], tape + 2 * (TAPE / 3));

    struct program *longer = &measures[LONG_FULL].program;
    uint32_t ops = measures[MIX_FULL].program.op_count;
    *longer = measures[MIX_FULL].program;
    for (uint32_t i = ops; i < 1024; i++)
        longer->ops[i] = longer->ops[i % ops];
    longer->op_count = 1024;

    measure_all(measures, MEASURES);
    const struct measure *m = measures;
    double per_op = m[MIX_FULL].median / ops;
    printf("mix of %u operations      %8.1f us a run, %.0f runs/s\n", ops, m[MIX_FULL].median / 1e3,
           1e9 / m[MIX_FULL].median);
    printf("  the subject alone       %8.1f us a run   harness over subject alone  %.2f\n",
           m[MIX_ALONE].median / 1e3, m[MIX_FULL].median / m[MIX_ALONE].median);
    printf("1024 operations           %8.1f us a run\n", m[LONG_FULL].median / 1e3);
    printf("  an operation            %8.3f us         over one of %u              %.2f\n",
           m[LONG_FULL].median / 1024e3, ops, m[LONG_FULL].median / 1024 / per_op);
    printf("contiguous pin, 64 KiB    %8.2f us a pair of pin and unpin, subject alone %.2f us\n",
           m[SMALL_FULL].median / 8e3, m[SMALL_ALONE].median / 8e3);
    printf("contiguous pin, 16 TiB    %8.2f us a pair of pin and unpin, subject alone %.2f us\n",
           m[LARGE_FULL].median / 8e3, m[LARGE_ALONE].median / 8e3);
    printf("  16 TiB over 64 KiB      %8.2f            subject alone               %.2f\n",
           m[LARGE_FULL].median / m[SMALL_FULL].median, m[LARGE_ALONE].median / m[SMALL_ALONE].median);
    exit(0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    (void)data;
    (void)size;
    return 0;
}
