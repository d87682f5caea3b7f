/*
 * Linked into the targets of fuzz/coverage: which counters of the coverage each input moves, and which each
 * clause is put to the test by. The linker leads LLVMFuzzerTestOneInput() and what performs callbacks, bus
 * operations and races through here (--wrap). An access of a CPU or GPU counts with those beside it.
 *
 * PINFUZZ_REACHES=FILE: for each input, in their order, a line "input" with `number:count` of each counter
 * that it moved; at the end for each clause a line "clause ID" likewise: what moved during the operations in
 * which it was put to the test. The profile is as ever.
 *
 * PINFUZZ_COUNTERS=1: writes a profile in which counter number n has counted to n + 1, and ends: which
 * function has which counters.
 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/contract/call.h"
#include "harness/contract/count.h"

/* Of the coverage runtime, in LLVM 14 to 19; the first two were uint64_t * once. */
char *__llvm_profile_begin_counters(void);
char *__llvm_profile_end_counters(void);
int __llvm_profile_write_file(void);

/* A program without a target is linked with this, too. */
__attribute__((weak)) int __real_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void __real_run_callback(struct call *call);
void __real_run_bus(struct call *call);
uint32_t __real_run_race(uint32_t op);
int __wrap_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void __wrap_run_callback(struct call *call);
void __wrap_run_bus(struct call *call);
uint32_t __wrap_run_race(uint32_t op);

static FILE *out;
static unsigned depth; /* a driver calls back inside a start; an operation is the outermost */
static uint64_t *counters;
static size_t count;
static uint64_t *of_all;                           /* of this process, for its profile */
static uint64_t *of_input;                         /* of the operations of this input that are over */
static uint64_t *of_clause[CONTRACT_CLAUSE_COUNT]; /* NULL: it was not put to the test yet */
static uint64_t tested[CONTRACT_CLAUSE_COUNT];     /* how often, when the operation began */

static uint64_t times(unsigned clause) {
    const struct contract_count *it = &contract_counts[clause];
    return it->kept + it->refused + it->faulted;
}

static void add(uint64_t *to, const uint64_t *moved) {
    for (size_t i = 0; i < count; i++)
        to[i] += moved[i];
}

/* An operation is over, with all that is checked of it; what moved is its. */
static void end_operation(void) {
    add(of_input, counters);
    for (unsigned clause = 0; clause < CONTRACT_CLAUSE_COUNT; clause++) {
        if (times(clause) == tested[clause])
            continue;
        tested[clause] = times(clause);
        if (!of_clause[clause] && !(of_clause[clause] = calloc(count, sizeof(*counters))))
            abort();
        add(of_clause[clause], counters);
    }
    memset(counters, 0, count * sizeof(*counters));
}

static void print(const uint64_t *moved) {
    for (size_t i = 0; i < count; i++)
        if (moved[i])
            fprintf(out, " %zu:%" PRIu64, i, moved[i]);
    fputc('\n', out);
}

/* Before the profile is written: who came later goes first at the end of a process. */
static void end_process(void) {
    add(counters, of_all);
    for (unsigned clause = 0; clause < CONTRACT_CLAUSE_COUNT; clause++) {
        if (of_clause[clause]) {
            fprintf(out, "clause %s", contract_table[clause].id);
            print(of_clause[clause]);
        }
    }
    if (fclose(out) != 0)
        abort();
}

static void begin(void) {
    const char *path = getenv("PINFUZZ_REACHES");
    counters = (uint64_t *)(void *)__llvm_profile_begin_counters();
    count = (size_t)(__llvm_profile_end_counters() - (char *)counters) / sizeof(*counters);
    if (getenv("PINFUZZ_COUNTERS")) {
        for (size_t i = 0; i < count; i++)
            counters[i] = i + 1;
        _exit(__llvm_profile_write_file() != 0);
    }
    if (!path)
        return;
    out = fopen(path, "w");
    of_input = calloc(count, sizeof(*counters));
    of_all = calloc(count, sizeof(*counters));
    if (!out || !of_input || !of_all) {
        perror(path);
        exit(2);
    }
    add(of_all, counters);
    atexit(end_process);
}

int __wrap_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool begun;
    if (!begun)
        begin();
    begun = true;
    if (!out)
        return __real_LLVMFuzzerTestOneInput(data, size);
    depth = 0; /* a program may have ended in the middle */
    memset(of_input, 0, count * sizeof(*of_input));
    memset(counters, 0, count * sizeof(*counters));
    for (unsigned clause = 0; clause < CONTRACT_CLAUSE_COUNT; clause++)
        tested[clause] = times(clause);
    int result = __real_LLVMFuzzerTestOneInput(data, size);
    end_operation();
    add(of_all, of_input);
    fputs("input", out);
    print(of_input);
    return result;
}

static void enter(void) {
    if (out && depth++ == 0)
        end_operation();
}

static void leave(void) {
    if (out && --depth == 0)
        end_operation();
}

void __wrap_run_callback(struct call *call) {
    enter();
    __real_run_callback(call);
    leave();
}

void __wrap_run_bus(struct call *call) {
    enter();
    __real_run_bus(call);
    leave();
}

uint32_t __wrap_run_race(uint32_t op) {
    enter();
    uint32_t ops = __real_run_race(op);
    leave();
    return ops;
}
