/*
 * The mutator's face to AFL++, built as libpinfuzz_mutator.so:
 *
 *     AFL_CUSTOM_MUTATOR_LIBRARY=.../libpinfuzz_mutator.so PINFUZZ_TARGET=pin_unpin_fuzzer afl-fuzz ...
 *
 * PINFUZZ_TARGET names the target, whose operations are kept to; without it all operations are used, and
 * a target that does not run them all refuses some mutants. PINFUZZ_SWARM=0: see harness/mutate/swarm.h.
 * AFL++ goes on mutating bytes by itself (unless AFL_CUSTOM_MUTATOR_ONLY is set). It asks for one mutator a
 * process, so there is one state here. Nothing of AFL++'s headers is needed: the functions are found by name,
 * their shapes are documented.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/drive/target.h"
#include "harness/mutate/mutate.h"
#include "harness/program/random.h"

#define FACE __attribute__((visibility("default")))

FACE void *afl_custom_init(void *afl, unsigned int seed);
FACE void afl_custom_deinit(void *data);
FACE size_t afl_custom_fuzz(void *data, unsigned char *buf, size_t buf_size, unsigned char **out_buf,
                            unsigned char *add_buf, size_t add_buf_size, size_t max_size);
FACE const char *afl_custom_describe(void *data, size_t max_description_len);
FACE int32_t afl_custom_init_trim(void *data, unsigned char *buf, size_t buf_size);
FACE size_t afl_custom_trim(void *data, unsigned char **out_buf);
FACE int32_t afl_custom_post_trim(void *data, unsigned char success);

/* ---- targets ---- */

/* Each target's file is compiled in under names of its own, for its operations; nothing is run here.
 * The build lists them: PINFUZZ_TARGETS is TARGET(pin_args_fuzzer) TARGET(...) and so on. */
#define TARGET(name) extern const uint32_t operations_of_##name;
PINFUZZ_TARGETS
#undef TARGET

static const struct {
    const char *name;
    const uint32_t *operations;
} targets[] = {
#define TARGET(name) {#name, &operations_of_##name},
    PINFUZZ_TARGETS
#undef TARGET
};

int target_run(const uint8_t *data, size_t size, uint32_t operations) {
    (void)data;
    (void)size;
    (void)operations;
    abort();
}

/* ---- the state ---- */

static struct {
    struct random random;
    uint32_t operations;
    uint8_t bytes[PROGRAM_BYTES];
    /* Trimming: the shortest so far, and the attempt at `step`. */
    struct program program;
    struct program shorter;
    uint32_t chunk; /* operations cut out at a time; 0: adapters, from the last */
    uint32_t at;    /* the chunk's end; 0: the next chunk size is due */
    int32_t step;
    int32_t steps;
} state;

void *afl_custom_init(void *afl, unsigned int seed) {
    const char *name = getenv("PINFUZZ_TARGET");
    const char *swarm = getenv("PINFUZZ_SWARM");
    (void)afl;
    mutate_swarm(!swarm || strcmp(swarm, "0") != 0);
    state.random.state = seed;
    state.operations = MUTATE_ALL_OPERATIONS;
    if (!name)
        return &state;
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        if (strcmp(targets[i].name, name) == 0) {
            state.operations = *targets[i].operations;
            return &state;
        }
    }
    fprintf(stderr, "libpinfuzz_mutator: PINFUZZ_TARGET: no target '%s'\n", name);
    exit(2);
}

void afl_custom_deinit(void *data) {
    (void)data;
}

/* ---- mutating ---- */

size_t afl_custom_fuzz(void *data, unsigned char *buf, size_t buf_size, unsigned char **out_buf,
                       unsigned char *add_buf, size_t add_buf_size, size_t max_size) {
    (void)data;
    size_t room = max_size < PROGRAM_BYTES ? max_size : PROGRAM_BYTES;
    *out_buf = state.bytes;
    if (add_buf && add_buf_size && random_one_in(&state.random, 4))
        return mutate_cross(buf, buf_size, add_buf, add_buf_size, state.bytes, room,
                            random_next(&state.random), state.operations);
    buf_size = buf_size < room ? buf_size : room;
    memcpy(state.bytes, buf, buf_size);
    return mutate_input(state.bytes, buf_size, room, random_next(&state.random), state.operations, NULL);
}

/* Becomes part of the name of a file in AFL++'s queue. */
const char *afl_custom_describe(void *data, size_t max_description_len) {
    static char text[128];
    (void)data;
    snprintf(text, sizeof(text) < max_description_len ? sizeof(text) : max_description_len, "%s",
             mutate_described());
    return text;
}

/* ---- trimming: operations in halves, quarters, ... one by one, from the end; then adapters ---- */

static void next_chunk(void) {
    state.chunk /= 2;
    if (state.chunk > state.program.op_count)
        state.chunk = state.program.op_count;
    state.at = state.chunk ? state.program.op_count : state.program.machine.adapters;
}

/* Steps are counted as they come; the end is known when it is reached. */
static int32_t next_step(void) {
    bool more = state.chunk ? state.at >= state.chunk : state.at > 1;
    while (!more && state.chunk) {
        next_chunk();
        more = state.chunk ? state.at >= state.chunk : state.at > 1;
    }
    return more ? ++state.step : state.steps;
}

int32_t afl_custom_init_trim(void *data, unsigned char *buf, size_t buf_size) {
    (void)data;
    program_decode(&state.program, buf, buf_size);
    /* What is not canonical may have a longer canonical form; AFL++ takes no longer one for an answer. */
    if (program_encode(&state.program, state.bytes) > buf_size)
        return 0;
    state.step = 0;
    /* 1 + 2 + 4 + ... + 1024 attempts at operations at most, and 15 at adapters: more than there are. */
    state.steps = (int32_t)(2 * PROGRAM_OPS + PROGRAM_ADAPTERS);
    state.chunk = 2 * state.program.op_count;
    next_chunk();
    return next_step() < state.steps ? state.steps : 0;
}

size_t afl_custom_trim(void *data, unsigned char **out_buf) {
    struct program *p = &state.shorter;
    (void)data;
    *p = state.program;
    if (state.chunk) {
        uint32_t from = state.at - state.chunk;
        memmove(&p->ops[from], &p->ops[state.at], (p->op_count - state.at) * sizeof(p->ops[0]));
        p->op_count -= state.chunk;
    } else {
        p->machine.adapters--;
    }
    *out_buf = state.bytes;
    return program_encode(p, state.bytes);
}

int32_t afl_custom_post_trim(void *data, unsigned char success) {
    (void)data;
    if (success)
        state.program = state.shorter;
    if (state.chunk)
        state.at -= state.chunk;
    else
        state.at = success ? state.program.machine.adapters : 0;
    return next_step();
}
