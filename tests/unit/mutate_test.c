/* The mutator: decided by its seed, canonical, within its limits, inside the target's operations; and
 * what it should be able to say, it says soon. */
#include "harness/mutate/mutate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness/contract/dry_run.h"
#include "harness/drive/executor.h"
#include "harness/drive/target.h"
#include "harness/mutate/swarm.h"
#include "harness/program/random.h"

#define CANARY 0xa5

static struct program program;
static struct model model;
static uint8_t first[PROGRAM_BYTES + 64], second[PROGRAM_BYTES + 64], again[PROGRAM_BYTES];
static uint8_t elsewhere[PROGRAM_BYTES];

static const uint32_t masks[] = {
    MUTATE_ALL_OPERATIONS,
    MUTATE_ALL_OPERATIONS & ~(TARGET_OP(OP_LINK) | TARGET_OP(OP_ADD)),
    TARGET_OP(OP_PIN2) | TARGET_OP(OP_UNPIN) | TARGET_OP(OP_DMA_READ),
    TARGET_OP(OP_IRQL),
};

static void check_output(const uint8_t *bytes, size_t size, size_t max_size, uint32_t operations) {
    CHECK(size <= max_size);
    if (size == 0) {
        CHECK(max_size < 2 * PROGRAM_RECORD);
        return;
    }
    program_decode(&program, bytes, size);
    for (uint32_t i = 0; i < program.op_count; i++)
        CHECK(operations & TARGET_OP(program.ops[i].opcode));
    CHECK(program_encode(&program, again) == size && memcmp(again, bytes, size) == 0);
}

/* Feeds a mutant to the next mutation, for a while; each step is done twice, with something else in
 * between that leaves the mutator in another state. */
static void mutants_are_decided_canonical_and_confined(void) {
    for (uint32_t mask = 0; mask < sizeof(masks) / sizeof(masks[0]); mask++) {
        size_t size = 0;
        for (uint64_t seed = 0; seed < 3000; seed++) {
            memcpy(second, first, size);
            size_t size_of_else =
                mutate_input(elsewhere, seed % 7 * 100, PROGRAM_BYTES, ~seed, masks[0], NULL);
            CHECK(size_of_else != 0);
            size_t other = mutate_input(second, size, PROGRAM_BYTES, seed, masks[mask], NULL);
            size = mutate_input(first, size, PROGRAM_BYTES, seed, masks[mask], NULL);
            CHECK(size == other && memcmp(first, second, size) == 0);
            check_output(first, size, PROGRAM_BYTES, masks[mask]);
            CHECK(mutate_described()[0] != '\0');
        }
    }
}

/* A chain of mutants through some stretches. Returns for how long it is the one that `hashes` are of. */
static uint32_t swarm_chain(bool on, uint32_t operations, uint64_t *hashes, bool compare) {
    enum {
        MUTANTS = 4 * SWARM_STRETCH
    };
    size_t size = 0;
    uint32_t same = 0;
    mutate_swarm(on);
    for (uint32_t i = 0; i < MUTANTS; i++) {
        size = mutate_input(first, i % 16 ? size : 0, PROGRAM_BYTES, i * UINT64_C(0x9e3779b97f4a7c15),
                            operations, NULL);
        check_output(first, size, PROGRAM_BYTES, operations);
        uint64_t hash = size;
        for (size_t at = 0; at < size; at++)
            hash = (hash ^ first[at]) * UINT64_C(0x100000001b3);
        if (compare)
            same += same == i && hashes[i] == hash;
        else
            hashes[i] = hash;
    }
    mutate_swarm(false);
    return same;
}

/* The first stretch does without nothing, the second without something; and the same again makes the same. */
static void stretches_are_decided_by_what_was_before(void) {
    static uint64_t hashes[4 * SWARM_STRETCH];
    for (uint32_t mask = 0; mask < sizeof(masks) / sizeof(masks[0]); mask++) {
        swarm_chain(true, masks[mask], hashes, false);
        CHECK(swarm_chain(true, masks[mask], hashes, true) == 4 * SWARM_STRETCH);
        uint32_t same = swarm_chain(false, masks[mask], hashes, true);
        CHECK(same >= SWARM_STRETCH && same < 2 * SWARM_STRETCH);
    }
}

static void any_bytes_can_be_mutated(void) {
    struct random random = {7};
    for (uint64_t seed = 0; seed < 2000; seed++) {
        size_t size = random_below(&random, 4000);
        for (size_t i = 0; i < size; i++)
            first[i] = (uint8_t)random_next(&random);
        size = mutate_input(first, size, 5000, seed, masks[1], NULL);
        check_output(first, size, 5000, masks[1]);
    }
}

static void a_mutant_fits_in_its_buffer(void) {
    struct random random = {1};
    for (uint64_t seed = 0; seed < 4000; seed++) {
        size_t max_size = random_below(&random, seed % 2 ? 400 : 3000);
        memset(first, CANARY, sizeof(first));
        size_t size = mutate_input(first, max_size, max_size, seed, masks[0], NULL);
        check_output(first, size, max_size, masks[0]);
        for (size_t i = 0; i < 64; i++)
            CHECK(first[max_size + i] == CANARY);
        /* What is left is an input again, and of another size. */
        memset(second, CANARY, sizeof(second));
        size_t room = random_below(&random, 2000);
        size_t crossed = mutate_cross(first, size, first, max_size, second, room, seed, masks[0]);
        check_output(second, crossed, room, masks[0]);
        for (size_t i = 0; i < 64; i++)
            CHECK(second[room + i] == CANARY);
    }
}

/* ---- crossing ---- */

static size_t uniform(uint8_t *bytes, uint8_t opcode, uint8_t adapters, uint32_t count) {
    program_decode(&program, NULL, 0);
    program.machine.adapters = adapters;
    for (uint8_t i = 1; i < adapters; i++)
        program_default_adapter(&program.adapters[i]);
    program.op_count = count;
    for (uint32_t i = 0; i < count; i++)
        program.ops[i] = (struct program_op){.opcode = opcode};
    return program_encode(&program, bytes);
}

static void a_cross_has_something_of_both(void) {
    static uint8_t a[PROGRAM_BYTES], b[PROGRAM_BYTES];
    size_t a_size = uniform(a, OP_PRESSURE, 1, 20);
    size_t b_size = uniform(b, OP_IRQL, 3, 20);
    uint32_t mixed = 0, worlds[2] = {0, 0};
    for (uint64_t seed = 0; seed < 400; seed++) {
        size_t size = mutate_cross(a, a_size, b, b_size, first, PROGRAM_BYTES, seed, masks[0]);
        check_output(first, size, PROGRAM_BYTES, masks[0]);
        uint32_t of_a = 0, of_b = 0;
        for (uint32_t i = 0; i < program.op_count; i++) {
            of_a += program.ops[i].opcode == OP_PRESSURE;
            of_b += program.ops[i].opcode == OP_IRQL;
        }
        mixed += of_a && of_b;
        worlds[program.machine.adapters > 1]++;
    }
    CHECK(mixed > 200 && worlds[0] > 40 && worlds[1] > 40);
}

/* ---- what comes out ---- */

/* Everything of a kind has been seen when all its bits are set. */
static struct {
    uint32_t opcodes;
    uint32_t handles;
    uint32_t size_forms;
    uint32_t offset_forms;
    uint32_t views;
    uint32_t faults;
    uint32_t flags; /* of Pin2, single bits */
    uint32_t iommus;
    uint32_t versions;
    uint32_t caps;
    uint32_t miniport; /* single bits */
    uint32_t adapters;
    uint32_t actors;
    uint32_t irqls;
    uint32_t nulls;
    uint32_t deep_nth;
} seen;

static void look_at(const struct program *p) {
    seen.iommus |= 1u << p->machine.iommu;
    seen.adapters |= 1u << (p->machine.adapters - 1);
    for (uint32_t i = 0; i < p->machine.adapters; i++) {
        const struct program_adapter *adapter = &p->adapters[i];
        seen.versions |= 1u << adapter->version;
        seen.caps |= 1u << adapter->caps;
        seen.miniport |= adapter->miniport;
    }
    for (uint32_t i = 0; i < p->op_count; i++) {
        const struct program_op *op = &p->ops[i];
        seen.opcodes |= 1u << op->opcode;
        seen.actors |= 1u << op->actor;
        if (op->opcode == OP_IRQL)
            seen.irqls |= 1u << op->irql;
        if (op->opcode == OP_PIN2) {
            seen.handles |= 1u << op->handle;
            seen.size_forms |= 1u << op->size_form;
            seen.flags |= op->arg.pin2.Flags.Value;
            seen.nulls |= 1u << op->null_arg;
        }
        if (op->opcode == OP_MAP)
            seen.offset_forms |= 1u << op->offset_form;
        if (op->opcode == OP_UNMAP)
            seen.views |= 1u << op->view_form;
        if (op->fail_nth) {
            seen.faults |= 1u << op->fail_kind;
            seen.deep_nth |= op->fail_nth > 4;
        }
    }
}

/* From nothing, in 12000 mutants, of which an engine runs some thousand a second. The rarest come about seven
 * times. */
static void everything_comes_soon(void) {
    uint64_t ops = 0;
    for (uint64_t seed = 0; seed < 3000; seed++) {
        size_t size = mutate_input(first, 0, PROGRAM_BYTES, seed, masks[0], NULL);
        for (uint32_t more = 0; more < 3; more++)
            size = mutate_input(first, size, PROGRAM_BYTES, seed * 3 + more, masks[0], NULL);
        program_decode(&program, first, size);
        look_at(&program);
        ops += program.op_count;
    }
    CHECK(seen.opcodes == MUTATE_ALL_OPERATIONS);
    CHECK(seen.handles == (1u << PROGRAM_HANDLES) - 1);
    CHECK(seen.size_forms == (1u << PROGRAM_FORMS) - 1);
    CHECK(seen.offset_forms == (1u << PROGRAM_FORMS) - 1);
    CHECK(seen.views == (1u << PROGRAM_VIEWS) - 1);
    CHECK(seen.faults == (1u << SUT_FAULT_KINDS) - 1);
    CHECK(seen.flags == UINT32_MAX);
    CHECK(seen.iommus == (1u << SUT_IOMMU_KINDS) - 1);
    CHECK(seen.versions == (1u << PROGRAM_VERSIONS) - 1);
    CHECK(seen.caps == (1u << (PROGRAM_CAPS_ALL + 1)) - 1);
    CHECK(seen.miniport == PROGRAM_MP_ALL);
    CHECK(seen.adapters == (1u << PROGRAM_ADAPTERS) - 1);
    CHECK(seen.actors == (1u << SUT_ACTORS) - 1);
    CHECK(seen.irqls == (1u << PROGRAM_IRQLS) - 1);
    CHECK(seen.nulls == 3 && seen.deep_nth);
    CHECK(ops / 3000 > 4 && ops / 3000 < 60);
}

/* Fed with itself, a program neither dies out nor grows without end. */
static void length_stays_within_bounds(void) {
    size_t size = 0;
    uint64_t ops = 0;
    for (uint64_t seed = 0; seed < 5000; seed++) {
        size = mutate_input(first, size, PROGRAM_BYTES, seed, masks[0], NULL);
        program_decode(&program, first, size);
        ops += program.op_count;
    }
    CHECK(ops / 5000 > 4 && ops / 5000 < 100);
}

/* Most pins of a mutant are meant to succeed: the model says how many do. */
static void mutants_get_somewhere(void) {
    uint32_t pinned = 0, viewed = 0, restarted = 0;
    for (uint64_t seed = 0; seed < 1000; seed++) {
        size_t size = mutate_input(first, 0, PROGRAM_BYTES, seed, masks[0], NULL);
        program_decode(&program, first, size);
        dry_run_boot(&model, &program);
        uint32_t handles = model.handle_count;
        bool pin = false, view = false;
        for (uint32_t i = 0; i < program.op_count; i++) {
            dry_run_op(&model, &program.ops[i]);
            pin |= model.pins > 0;
            view |= model.view_count > 0;
        }
        pinned += pin;
        viewed += view;
        restarted += model.handle_count > handles;
    }
    CHECK(pinned > 400 && viewed > 200 && restarted > 150);
}

/* What the dry run believes, on a program whose outcome is known. */
static void the_dry_run_follows_a_program(void) {
    program_decode(&program, NULL, 0);
    program.machine.adapters = 2;
    program_default_adapter(&program.adapters[1]);
    program.adapters[1].joins = 1;
    dry_run_boot(&model, &program);
    CHECK(model.chains[0].count == 2 && model.chains[0].phase == PHASE_STARTED && model.handle_count == 2);
    CHECK(model.devices[0].handle == model.handles[1]); /* the lead starts last */
    dry_run_op(&model, &(struct program_op){.opcode = OP_PIN2, .size_form = FORM_MAXIMUM});
    struct program_op map = {.opcode = OP_MAP, .size_form = FORM_PAGES, .size_delta = 2};
    map.arg.map.PhysicalAdapterIndex = 1;
    dry_run_op(&model, &map);
    CHECK(model.pins == 1 && model.chains[0].areas[0].pin.pages == 8 && model.view_count == 1);
    dry_run_op(&model, &(struct program_op){.opcode = OP_UNMAP}); /* of another index's view */
    CHECK(model.view_count == 1);
    struct program_op unmap = {.opcode = OP_UNMAP};
    unmap.arg.unmap.PhysicalAdapterIndex = 1;
    dry_run_op(&model, &unmap);
    CHECK(model.view_count == 0 && model.base_count == 1);
    dry_run_op(&model, &(struct program_op){.opcode = OP_STOP, .adapter = 1});
    CHECK(model.pins == 0 && model.chains[0].phase == PHASE_STOPPED && model.leaks == 1);
    dry_run_op(&model, &(struct program_op){.opcode = OP_START});
    CHECK(model.handle_count == 4);
    dry_run_op(&model,
               &(struct program_op){.opcode = OP_PIN2, .size_form = FORM_MAXIMUM, .handle = HANDLE_ISSUED});
    CHECK(model.pins == 0); /* the handle of a member's first life */
    dry_run_op(&model, &(struct program_op){.opcode = OP_REMOVE});
    CHECK(model.chains[0].count == 0 && model.chains[1].count == 1);
}

/* An implementation that keeps the contract keeps it here too; a mutant never breaks the harness. */
static void mutants_can_be_run(void) {
    size_t size = 0;
    for (uint64_t seed = 0; seed < 1500; seed++) {
        size = mutate_input(first, seed % 5 ? size : 0, PROGRAM_BYTES, seed, masks[0], NULL);
        executor_run_bytes(first, size);
    }
}

/* ---- the engine's byte mutator ---- */

static uint32_t byte_calls;

static size_t turn_all(uint8_t *data, size_t size, size_t max_size) {
    byte_calls++;
    for (size_t i = 0; i < max_size; i++)
        data[i] = i < size ? (uint8_t)~data[i] : 0xff;
    return max_size;
}

static size_t do_nothing(uint8_t *data, size_t size, size_t max_size) {
    (void)data;
    (void)size;
    (void)max_size;
    byte_calls++;
    return 0;
}

static void a_share_is_left_to_bytes(void) {
    for (uint64_t seed = 0; seed < 800; seed++) {
        size_t size = uniform(first, OP_IRQL, 1, 3);
        size = mutate_input(first, size, 1000, seed, masks[2], seed % 2 ? turn_all : do_nothing);
        check_output(first, size, 1000, masks[2]);
    }
    CHECK(byte_calls > 50 && byte_calls < 200);
}

int main(void) {
    stretches_are_decided_by_what_was_before();
    mutants_are_decided_canonical_and_confined();
    any_bytes_can_be_mutated();
    a_mutant_fits_in_its_buffer();
    a_cross_has_something_of_both();
    everything_comes_soon();
    length_stays_within_bounds();
    mutants_get_somewhere();
    the_dry_run_follows_a_program();
    mutants_can_be_run();
    a_share_is_left_to_bytes();
    return 0;
}
