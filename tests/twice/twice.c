/*
 * The same bytes give the same verdict and the same coverage however often one process runs them, and
 * whatever it ran before: each program runs twice in a row, again after all the others in reverse, and once
 * more after the worst that a run can leave behind, one that ended in the middle; and the shortest some ten
 * thousand times, for what happens once in so many.
 * Coverage is what an engine gets to see: how often each edge was passed, what was compared with what and
 * in which order, the counters of states. AFL++'s compilers count edges in a map of their own; there that
 * is looked at.
 *
 * Usage: twice [--leftover] FILE|DIR...
 *   --leftover  with code that goes another way every other time: this must be noticed
 * Exit status: 0 always the same, 1 something differs, 2 a program cannot be read.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cli/cmd.h"
#include "harness/drive/driver.h"
#include "harness/judge/run.h"
#include "harness/judge/state_coverage.h"
#include "harness/verdict/verdict.h"

void leftover(void);

/* ---- what the instrumented code calls; an engine's runtime is not linked ---- */

static uint8_t *counters, *counters_end;
static uint64_t compared;

#ifdef __AFL_COMPILER
/* But for that of AFL++, which its compilers link always: its map, and the last place that was given out. */
extern uint8_t *__afl_area_ptr;
extern uint32_t __afl_final_loc;

static void find_counters(void) {
    counters = __afl_area_ptr;
    counters_end = __afl_area_ptr + __afl_final_loc + 1;
}

#else
static void find_counters(void) {}

static void note_compare(const void *site, uint64_t a, uint64_t b) {
    const uint64_t values[] = {(uintptr_t)site, a, b};
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
        compared = (compared ^ values[i]) * UINT64_C(0x100000001b3);
}

void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop);
void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop) {
    counters = start; /* each object calls, with the range of all */
    counters_end = stop;
}

void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop);
void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop) {
    (void)start;
    (void)stop;
}

#define COMPARE(name, type)                                                                                  \
    void __sanitizer_cov_trace_##name(type a, type b);                                                       \
    void __sanitizer_cov_trace_##name(type a, type b) {                                                      \
        const void *place = __builtin_return_address(0);                                                     \
        note_compare(place, a, b);                                                                           \
    }
#define VALUE(name, type)                                                                                    \
    void __sanitizer_cov_trace_##name(type value);                                                           \
    void __sanitizer_cov_trace_##name(type value) {                                                          \
        const void *place = __builtin_return_address(0);                                                     \
        note_compare(place, value, 0);                                                                       \
    }
COMPARE(cmp1, uint8_t)
COMPARE(cmp2, uint16_t)
COMPARE(cmp4, uint32_t)
COMPARE(cmp8, uint64_t)
COMPARE(const_cmp1, uint8_t)
COMPARE(const_cmp2, uint16_t)
COMPARE(const_cmp4, uint32_t)
COMPARE(const_cmp8, uint64_t)
VALUE(div4, uint32_t)
VALUE(div8, uint64_t)
VALUE(gep, uintptr_t)
VALUE(pc_indir, uintptr_t)

void __sanitizer_cov_trace_switch(uint64_t value, uint64_t *cases);
void __sanitizer_cov_trace_switch(uint64_t value, uint64_t *cases) {
    (void)cases;
    note_compare(__builtin_return_address(0), value, 0);
}
#endif

/* ---- one run ---- */

struct seen {
    unsigned verdict;
    uint64_t edges;
    uint64_t compares;
    uint64_t states;
};

static uint64_t digest(const uint8_t *bytes, size_t size) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static struct seen look(const struct program *program, bool leave) {
    struct seen seen;
    memset(counters, 0, (size_t)(counters_end - counters));
    memset(state_counters, 0, sizeof(state_counters));
    compared = 0;
    seen.verdict = verdict_here(program, &(struct run_options){.quiet = true});
    if (leave)
        leftover();
    seen.compares = compared;
    seen.edges = digest(counters, (size_t)(counters_end - counters));
    seen.states = digest(state_counters, sizeof(state_counters));
    return seen;
}

/* What the next run has to set before it reads it. Ones are good values of flags, and bad ones of all else.
 */
static void spoil(void) {
    memset(&run.model, 1, sizeof(run.model));
    memset(&run.ledger, 1, sizeof(run.ledger));
    memset(&run.walk, 1, sizeof(run.walk));
    memset(run.unmade, 1, sizeof(run.unmade));
    memset(drivers, 1, sizeof(drivers));
    for (uint32_t i = 0; i < SUT_DEVICES; i++) {
        run.model.chains[i].phase = PHASE_STARTED;
        run.model.chains[i].mode = MODE_ISOLATED;
    }
    run.op = run.race_ops = run.stale_word = run.caller_breaches = 1;
    run.open = run.stops = run.abandoned = run.unchecked = true;
}

static unsigned passed_edges(void) {
    unsigned passed = 0;
    for (const uint8_t *at = counters; at < counters_end; at++)
        passed += *at != 0;
    return passed;
}

/* ---- all of them ---- */

/* The implementation gives memory back to the host once in 16384 boots, which no program can see. */
#define OFTEN 20000u

static bool same(const char *path, const char *when, const struct seen *first, const struct seen *now) {
    const char *what = first->verdict != now->verdict     ? "the verdict"
                       : first->edges != now->edges       ? "how often edges are passed"
                       : first->compares != now->compares ? "what is compared"
                       : first->states != now->states     ? "the states"
                                                          : NULL;
    if (what)
        printf("%s: %s differs %s\n", path, what, when);
    return !what;
}

int main(int argc, char **argv) {
    static struct program program;
    struct cmd_files files = {0};
    unsigned differ = 0, edges = 0, least = UINT_MAX;
    size_t shortest = 0;
    bool leave = argc > 1 && strcmp(argv[1], "--leftover") == 0;
    for (int i = leave ? 2 : 1; i < argc; i++)
        if (!cmd_files_add(&files, argv[i], LOAD_DETECT))
            return 2;
    struct seen *seen = calloc(files.count + 1, sizeof(*seen));
    find_counters();
    if (!seen || files.count == 0 || !counters) {
        fprintf(stderr, "usage: twice [--leftover] FILE|DIR...\n");
        return 2;
    }
    for (size_t i = 0; i < files.count; i++) {
        if (!cmd_load(files.paths[i], LOAD_DETECT, &program))
            return 2;
        seen[i] = look(&program, leave);
        unsigned passed = passed_edges();
        edges += passed;
        if (passed < least) {
            least = passed;
            shortest = i;
        }
        struct seen again = look(&program, leave);
        differ += !same(files.paths[i], "at once", &seen[i], &again);
    }
    for (size_t i = files.count; i-- > 0;) {
        if (!cmd_load(files.paths[i], LOAD_DETECT, &program))
            return 2;
        struct seen later = look(&program, leave);
        differ += !same(files.paths[i], "after others", &seen[i], &later);
        spoil();
        later = look(&program, leave);
        differ += !same(files.paths[i], "after a run that was left", &seen[i], &later);
    }
    if (!cmd_load(files.paths[shortest], LOAD_DETECT, &program))
        return 2;
    bool often = true;
    for (unsigned i = 0; i < OFTEN && often; i++) {
        struct seen now = look(&program, leave);
        often = same(files.paths[shortest], "after thousands of runs", &seen[shortest], &now);
    }
    differ += !often;
    printf("%zu programs, four runs each, %u edges on average: %u runs differ\n", files.count,
           edges / (unsigned)files.count, differ);
    cmd_files_free(&files);
    free(seen);
    return differ != 0 || edges == 0;
}
