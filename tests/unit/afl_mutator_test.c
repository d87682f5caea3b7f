/* libpinfuzz_mutator.so, loaded as AFL++ loads it. */
#define _DEFAULT_SOURCE /* setenv */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness/drive/target.h"
#include "harness/mutate/swarm.h"
#include "harness/program/program.h"

static struct {
    void *(*init)(void *afl, unsigned int seed);
    void (*deinit)(void *data);
    size_t (*fuzz)(void *data, unsigned char *buf, size_t buf_size, unsigned char **out_buf,
                   unsigned char *add_buf, size_t add_buf_size, size_t max_size);
    const char *(*describe)(void *data, size_t max_description_len);
    int32_t (*init_trim)(void *data, unsigned char *buf, size_t buf_size);
    size_t (*trim)(void *data, unsigned char **out_buf);
    int32_t (*post_trim)(void *data, unsigned char success);
} face;

static struct program program;
static uint8_t input[PROGRAM_BYTES], copy[PROGRAM_BYTES], other[PROGRAM_BYTES];

/* By way of memcpy: C knows no conversion from an object's address to a function's. */
#define FIND(library, member)                                                                                \
    do {                                                                                                     \
        void *found = dlsym((library), "afl_custom_" #member);                                               \
        CHECK(found);                                                                                        \
        memcpy(&face.member, &found, sizeof(found));                                                         \
    } while (0)

static void load(void) {
    void *library = dlopen(PINFUZZ_MUTATOR, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        fprintf(stderr, "%s\n", dlerror());
    CHECK(library);
    FIND(library, init);
    FIND(library, deinit);
    FIND(library, fuzz);
    FIND(library, describe);
    FIND(library, init_trim);
    FIND(library, trim);
    FIND(library, post_trim);
}

static size_t make_program(uint8_t *bytes, uint8_t adapters, uint32_t ops) {
    program_decode(&program, NULL, 0);
    program.machine.adapters = adapters;
    for (uint8_t i = 1; i < adapters; i++)
        program_default_adapter(&program.adapters[i]);
    program.op_count = ops;
    for (uint32_t i = 0; i < ops; i++)
        program.ops[i] = (struct program_op){.opcode = i % 2 ? OP_UNPIN : OP_PIN2};
    return program_encode(&program, bytes);
}

static void mutants_keep_to_the_target(void) {
    const uint32_t never = TARGET_OP(OP_MAP) | TARGET_OP(OP_LINK) | TARGET_OP(OP_REMOVE);
    setenv("PINFUZZ_TARGET", "pin_args_fuzzer", 1);
    void *data = face.init(NULL, 1);
    CHECK(data);
    size_t size = make_program(input, 2, 6);
    size_t other_size = make_program(other, 1, 40);
    memcpy(copy, input, size);
    for (uint32_t i = 0; i < 2000; i++) {
        unsigned char *out = NULL;
        size_t max_size = i % 3 ? 1u << 20 : 96 + i % 500;
        size_t mutated = face.fuzz(data, input, size, &out, i % 4 ? other : NULL, other_size, max_size);
        CHECK(out && mutated >= 2 * PROGRAM_RECORD && mutated <= max_size && mutated <= PROGRAM_BYTES);
        program_decode(&program, out, mutated);
        for (uint32_t k = 0; k < program.op_count; k++)
            CHECK(!(never & TARGET_OP(program.ops[k].opcode)));
        const char *text = face.describe(data, i % 2 ? 8 : 256);
        CHECK(text[0] != '\0' && strlen(text) < (i % 2 ? 8u : 256u));
    }
    CHECK(memcmp(copy, input, size) == 0);
    face.deinit(data);
}

static void the_seed_decides(void) {
    unsetenv("PINFUZZ_TARGET");
    size_t size = make_program(input, 1, 3);
    for (unsigned int seed = 0; seed < 50; seed++) {
        unsigned char *out;
        void *data = face.init(NULL, seed);
        size_t first = face.fuzz(data, input, size, &out, NULL, 0, sizeof(copy));
        memcpy(copy, out, first);
        data = face.init(NULL, seed);
        CHECK(face.fuzz(data, input, size, &out, NULL, 0, sizeof(copy)) == first &&
              memcmp(copy, out, first) == 0);
    }
}

/* How many mutants are alike with the setting and without, before the first that differs. */
static uint32_t alike(const char *setting) {
    enum {
        MUTANTS = 4 * SWARM_STRETCH
    };
    static uint64_t sums[MUTANTS];
    size_t size = make_program(input, 1, 0);
    for (int time = 0; time < 2; time++) {
        unsetenv("PINFUZZ_SWARM");
        if (time)
            setenv("PINFUZZ_SWARM", setting, 1);
        void *data = face.init(NULL, 1);
        for (uint32_t i = 0; i < MUTANTS; i++) {
            unsigned char *out;
            uint64_t sum = face.fuzz(data, input, size, &out, NULL, 0, sizeof(copy));
            for (size_t at = 0, end = sum; at < end; at++)
                sum = sum * 31 + out[at];
            if (time && sums[i] != sum)
                return i;
            sums[i] = sum;
        }
    }
    return MUTANTS;
}

static void stretches_can_be_turned_off(void) {
    CHECK(alike("1") == 4 * SWARM_STRETCH);
    CHECK(alike("0") >= SWARM_STRETCH && alike("0") < 2 * SWARM_STRETCH);
    unsetenv("PINFUZZ_SWARM");
}

/* The one operation that matters is all that is left. */
static void trimming_leaves_what_matters(void) {
    void *data = face.init(NULL, 1);
    for (uint32_t ops = 1; ops <= PROGRAM_OPS; ops = ops * 3 + 1) {
        for (uint32_t at = 0; at < ops; at += 1 + ops / 3) {
            size_t size = make_program(input, 5, ops);
            program.ops[at].arg.pin2.Flags.Value = 0x40;
            size = program_encode(&program, input);
            int32_t steps = face.init_trim(data, input, size);
            int32_t step = 0;
            uint32_t attempts = 0;
            CHECK(steps > 0);
            while (step < steps) {
                unsigned char *out = NULL;
                size_t trimmed = face.trim(data, &out);
                CHECK(out && trimmed > 0 && trimmed < size &&
                      attempts++ < 2 * PROGRAM_OPS + PROGRAM_ADAPTERS);
                program_decode(&program, out, trimmed);
                bool kept = false;
                for (uint32_t i = 0; i < program.op_count; i++)
                    kept |= program.ops[i].arg.pin2.Flags.Value == 0x40;
                if (kept) {
                    memcpy(input, out, trimmed);
                    size = trimmed;
                }
                step = face.post_trim(data, kept);
            }
            program_decode(&program, input, size);
            CHECK(program.op_count == 1 && program.machine.adapters == 1);
        }
    }
    /* A byte string that is shorter than its program's canonical form cannot be trimmed. */
    CHECK(face.init_trim(data, input, 1) == 0);
    make_program(input, 1, 0);
    CHECK(face.init_trim(data, input, 2 * PROGRAM_RECORD) == 0);
}

int main(void) {
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
    return 0; /* the library is not instrumented: every byte that it writes would be taken for a leftover */
#endif
#endif
    load();
    mutants_keep_to_the_target();
    the_seed_decides();
    stretches_can_be_turned_off();
    trimming_leaves_what_matters();
    return 0;
}
