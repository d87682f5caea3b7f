/*
 * What an engine does about coverage between a target's executions, and nothing else: is linked in its place,
 * runs the files named in their order, and prints of each which state counters the engine has seen and at
 * what they stood. The engine is the one that ENGINE names: its own symbols are defined here as it defines
 * them.
 *
 *     counters_honggfuzz FILE...       a line a file: its number, then ARRAY.COUNTER=VALUE in order
 *     counters_honggfuzz --rejected    what the target returns for an input that it does not run
 */
#define HONGGFUZZ 1 /* and the others that read registered counters */
#define CENTIPEDE 2
#define LIBFUZZER 3
#define AFL       4
#define NOBODY    5 /* reads as honggfuzz does, and is not told that libFuzzer is not there */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/interleave/accesses.h"
#include "harness/judge/state_coverage.h"
#include "harness/program/program.h"

#pragma weak accesses_counters

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As the target has them: state's, then those of accesses. */
enum {
    STATE,
    ACCESSES,
    ARRAYS
};
static uint8_t got[ARRAYS][STATE_COUNTERS];

static void fail(const char *what) {
    fprintf(stderr, "counters: %s\n", what);
    exit(1);
}

static void take(unsigned array, size_t number, uint8_t value) {
    if (array >= ARRAYS || number >= (array == STATE ? (size_t)STATE_COUNTERS : (size_t)ACCESSES_COUNTERS))
        fail("a counter that there is none of");
    if (got[array][number])
        fail("a counter told twice");
    got[array][number] = value;
}

/* ---- counters of eight bits ---- */

static struct {
    uint8_t *start;
    uint8_t *stop;
} regions[ARRAYS];
static unsigned region_count;

void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop);

void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop) {
    if (region_count == ARRAYS)
        fail("more counters than there are arrays");
    regions[region_count].start = start;
    regions[region_count++].stop = stop;
}

#if ENGINE == LIBFUZZER || ENGINE == CENTIPEDE || ENGINE == NOBODY
void __libfuzzer_is_present(void);
void __libfuzzer_is_present(void) {}
#endif

#if ENGINE == HONGGFUZZ
void HF_ITER(const uint8_t **data, size_t *size);
void HF_ITER(const uint8_t **data, size_t *size) {
    (void)data;
    (void)size;
}
#endif

#if ENGINE == HONGGFUZZ || ENGINE == NOBODY
static void begin(void) {}

static void collect(void) {
    for (unsigned array = 0; array < region_count; array++) {
        for (uint8_t *at = regions[array].start; at < regions[array].stop; at++) {
            if (*at)
                take(array, (size_t)(at - regions[array].start), *at);
            *at = 0;
        }
    }
}
#endif

/* ---- the section of features ---- */

#if ENGINE == CENTIPEDE
void CentipedeIsPresent(void);
void CentipedeIsPresent(void) {}

extern __attribute__((weak)) uint64_t __start___centipede_extra_features;
extern __attribute__((weak)) uint64_t __stop___centipede_extra_features;

static void begin(void) {
    for (uint64_t *at = &__start___centipede_extra_features; at < &__stop___centipede_extra_features; at++)
        *at = 0;
}

static void collect(void) {
    if (region_count)
        fail("counted twice");
    for (uint64_t *at = &__start___centipede_extra_features; at < &__stop___centipede_extra_features; at++) {
        if (*at)
            take((unsigned)(*at >> 32), (uint32_t)*at >> 8, (uint8_t)*at);
        *at = 0;
    }
}
#endif

/* ---- libFuzzer's section ---- */

#if ENGINE == LIBFUZZER
extern __attribute__((weak)) uint8_t __start___libfuzzer_extra_counters;
extern __attribute__((weak)) uint8_t __stop___libfuzzer_extra_counters;

static void begin(void) {
    memset(&__start___libfuzzer_extra_counters, 0,
           (size_t)(&__stop___libfuzzer_extra_counters - &__start___libfuzzer_extra_counters));
}

static void collect(void) {
    if (region_count)
        fail("counted twice");
    for (const uint8_t *at = &__start___libfuzzer_extra_counters; at < &__stop___libfuzzer_extra_counters;
         at++) {
        bool state = at >= state_counters && at < state_counters + STATE_COUNTERS;
        if (*at)
            take(state ? STATE : ACCESSES, (size_t)(at - (state ? state_counters : accesses_counters)), *at);
    }
}
#endif

/* ---- AFL++'s map ---- */

#if ENGINE == AFL
static uint8_t map[1 << 16];
static uint32_t map_size = 1;
static const uint32_t *places;
static size_t place_count;
uint8_t *__afl_area_ptr = map;

void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);

void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop) {
    if (places || (size_t)(stop - start) > sizeof(map) - 1)
        fail("more places than there are arrays");
    places = start;
    place_count = (size_t)(stop - start);
    while (start < stop)
        *start++ = map_size++;
}

static void begin(void) {
    memset(map, 0, sizeof(map));
}

static void collect(void) {
    if (region_count)
        fail("counted twice");
    for (size_t i = 0; i < place_count; i++)
        if (map[places[i]])
            take(i < STATE_COUNTERS ? STATE : ACCESSES, i < STATE_COUNTERS ? i : i - STATE_COUNTERS,
                 map[places[i]]);
}
#endif

/* ---- executions ---- */

static void run(const char *path) {
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    if (!file)
        fail("a file cannot be read");
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    memset(got, 0, sizeof(got));
    begin();
    if (LLVMFuzzerTestOneInput(bytes, size) != 0)
        fail("an input of another target");
    collect();
    for (unsigned array = 0; array < ARRAYS; array++)
        for (unsigned i = 0; i < STATE_COUNTERS; i++)
            if (got[array][i])
                printf(" %u.%u=%u", array, i, got[array][i]);
}

/* A program of an operation that this target does not run. */
static int reject(void) {
    static struct program program;
    static uint8_t bytes[PROGRAM_BYTES];
    program_decode(&program, NULL, 0);
    program.op_count = 1;
    program.ops[0] = (struct program_op){.opcode = OP_LINK};
    printf("returned %d\n", LLVMFuzzerTestOneInput(bytes, program_encode(&program, bytes)));
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--rejected") == 0)
        return reject();
    for (int i = 1; i < argc; i++) {
        printf("%d", i);
        run(argv[i]);
        printf("\n");
    }
    return argc > 1 ? 0 : 2;
}
