/* Byte form: every byte string decodes, and the canonical bytes say the same program. */
#include "harness/program/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static struct program first, second;
static uint8_t input[PROGRAM_BYTES + 100], bytes[PROGRAM_BYTES], again[PROGRAM_BYTES];

static uint64_t state = 0x9e3779b97f4a7c15u;
static uint64_t next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void empty_input_is_the_plain_world(void) {
    program_decode(&first, input, 0);
    CHECK(first.machine.adapters == 1 && first.machine.iommu == SUT_IOMMU_PRESENT);
    CHECK(first.machine.ram_pages == 4096 && first.machine.highest_pfn == 8192);
    CHECK(first.machine.commit_pages == 65536 && first.machine.pool_bytes == 256u << 10);
    CHECK(first.machine.view_bytes == 1u << 20 && first.machine.pfn_seed == 0);
    CHECK(first.adapters[0].maximum_size == 0x8000 && first.adapters[0].highest_visible == UINT64_MAX);
    CHECK(first.adapters[0].caps == 5 && first.adapters[0].version == PROGRAM_WDDM_3_0);
    CHECK(first.op_count == 0);
    struct program_machine machine;
    struct program_adapter adapter;
    program_default_machine(&machine);
    program_default_adapter(&adapter);
    CHECK(machine.ram_pages == first.machine.ram_pages && machine.highest_pfn == first.machine.highest_pfn);
    CHECK(machine.commit_pages == first.machine.commit_pages &&
          machine.pool_bytes == first.machine.pool_bytes);
    CHECK(adapter.maximum_size == first.adapters[0].maximum_size && adapter.caps == first.adapters[0].caps);
    CHECK(program_encode(&first, bytes) == 2 * PROGRAM_RECORD);
    for (size_t i = 0; i < 2 * PROGRAM_RECORD; i++)
        CHECK(bytes[i] == 0);
}

static void records_lie_where_the_header_says(void) {
    memset(input, 0, sizeof(input));
    input[0] = 1;
    input[1] = 1;
    input[4] = 7;
    input[8] = 100;
    input[16] = 200;
    input[24] = 31;
    input[32] = 1;
    input[36] = 3;
    uint8_t *adapter = input + 2 * PROGRAM_RECORD;
    adapter[0] = 1;
    adapter[1] = 3;
    adapter[2] = 6;
    adapter[3] = PROGRAM_WDDM_2_4;
    adapter[5] = 2;
    adapter[8] = 1;
    memset(adapter + 16, 0xff, 4);
    uint8_t *op = input + 3 * PROGRAM_RECORD;
    op[0] = OP_MAP;
    op[1] = 2 | 4 | 8;
    op[2] = 5;
    op[3] = HANDLE_NEAR;
    op[4] = FORM_HALF | FORM_TOP << 4;
    op[5] = 0xff;
    op[6] = 0x80;
    op[7] = VIEW_RAW | SUT_FAULT_VIEW << 4;
    op[8] = 9;
    op[9] = 10;
    op[10] = 3;
    memset(op + 11, 0xff, 5);
    for (unsigned i = 0; i < 32; i++)
        op[16 + i] = (uint8_t)(i + 1);
    program_decode(&first, input, 3 * PROGRAM_RECORD + 48);
    CHECK(first.machine.adapters == 2 && first.machine.iommu == SUT_IOMMU_REMAP_ALWAYS);
    CHECK(first.machine.pfn_seed == 7 && first.machine.ram_pages == 100 && first.machine.highest_pfn == 199);
    CHECK(first.machine.commit_pages == 30 && first.machine.pool_bytes == 0);
    CHECK(first.machine.view_bytes == 2u << 16);
    const struct program_adapter *a = &first.adapters[1];
    CHECK(a->joins == 1 && a->stopped && a->absent && a->caps == 3 && a->version == PROGRAM_WDDM_2_4);
    CHECK(a->miniport == PROGRAM_MP_CALL_IN_STOP && a->maximum_size == 0x8001);
    CHECK(a->highest_visible == UINT64_C(0xffffffff00000000));
    CHECK(first.op_count == 1);
    const struct program_op *o = &first.ops[0];
    CHECK(o->opcode == OP_MAP && o->actor == 2 && o->flag && o->null_arg && o->adapter == 5);
    CHECK(o->handle == HANDLE_NEAR && o->size_form == FORM_HALF && o->offset_form == FORM_TOP);
    CHECK(o->size_delta == -1 && o->offset_delta == -128 && o->view_form == VIEW_RAW);
    CHECK(o->fail_kind == SUT_FAULT_VIEW && o->fail_nth == 9 && o->view == 10 && o->irql == 3);
    CHECK(o->value == -1 && memcmp(o->arg.raw, op + 16, 32) == 0);
    CHECK(o->arg.map.PhysicalAdapterIndex == 0x04030201 && o->arg.map.Size == 0x100f0e0d0c0b0a09u);
}

static void short_records_read_as_if_followed_by_zeros(void) {
    memset(input, 0, sizeof(input));
    input[2 * PROGRAM_RECORD] = OP_STOP;
    input[2 * PROGRAM_RECORD + 1] = 1;
    program_decode(&first, input, 2 * PROGRAM_RECORD + 1);
    CHECK(first.op_count == 1 && first.ops[0].opcode == OP_STOP && first.ops[0].actor == 0);
    program_decode(&first, input, 2 * PROGRAM_RECORD);
    CHECK(first.op_count == 0);
    input[0] = 3; /* three adapters that are not there */
    program_decode(&first, input, PROGRAM_RECORD);
    CHECK(first.machine.adapters == 4 && first.adapters[3].maximum_size == 0x8000 && first.op_count == 0);
    program_decode(&first, input, sizeof(input));
    CHECK(first.op_count <= PROGRAM_OPS);
    input[0] = PROGRAM_ADAPTERS - 1;
    program_decode(&first, input, sizeof(input));
    CHECK(first.op_count == PROGRAM_OPS);
    CHECK(program_encode(&first, bytes) == PROGRAM_BYTES);
}

/* Limits survive unchanged; one beyond them is brought in. */
static void limits_survive(void) {
    static const uint64_t rams[] = {1, 2, PROGRAM_RAM_DEFAULT, PROGRAM_PAGES_MAX - 1, PROGRAM_PAGES_MAX};
    program_decode(&first, input, 0);
    for (size_t i = 0; i < sizeof(rams) / sizeof(*rams); i++) {
        const uint64_t highest[] = {rams[i] - 1, rams[i] < PROGRAM_PAGES_MAX ? rams[i] : rams[i] - 1,
                                    PROGRAM_PAGES_MAX - 1};
        const uint64_t commits[] = {0, 1, rams[i], PROGRAM_COMMIT_MAX - 1, PROGRAM_COMMIT_MAX};
        for (unsigned j = 0; j < 15; j++) {
            struct program_machine *machine = &first.machine;
            machine->ram_pages = rams[i];
            machine->highest_pfn = highest[j % 3];
            machine->commit_pages = commits[j / 3];
            machine->pool_bytes = j % 2 ? PROGRAM_POOL_MAX : 0;
            machine->view_bytes = j % 2 ? 0 : PROGRAM_VIEWS_MAX;
            size_t size = program_encode(&first, bytes);
            program_decode(&second, bytes, size);
            CHECK(second.machine.ram_pages == machine->ram_pages);
            CHECK(second.machine.highest_pfn == machine->highest_pfn);
            CHECK(second.machine.commit_pages == machine->commit_pages);
            CHECK(second.machine.pool_bytes == machine->pool_bytes);
            CHECK(second.machine.view_bytes == machine->view_bytes);
        }
    }
}

static void random_bytes_decode_into_range_and_back(void) {
    for (unsigned round = 0; round < 20000; round++) {
        size_t size = next() % (round % 100 == 0 ? sizeof(input) : 600);
        for (size_t i = 0; i < size; i++) {
            uint64_t r = next();
            input[i] = (uint8_t)(round % 3 == 0 && r >> 8 & 3 ? 0 : r);
        }
        program_decode(&first, input, size);
        const struct program_machine *machine = &first.machine;
        CHECK(machine->adapters >= 1 && machine->adapters <= PROGRAM_ADAPTERS);
        CHECK(machine->iommu < SUT_IOMMU_KINDS);
        CHECK(machine->ram_pages >= 1 && machine->ram_pages <= PROGRAM_PAGES_MAX);
        CHECK(machine->highest_pfn >= machine->ram_pages - 1 && machine->highest_pfn < PROGRAM_PAGES_MAX);
        CHECK(machine->commit_pages <= PROGRAM_COMMIT_MAX && machine->pool_bytes <= PROGRAM_POOL_MAX);
        CHECK(machine->view_bytes <= PROGRAM_VIEWS_MAX && machine->view_bytes % 65536 == 0);
        for (unsigned i = 0; i < machine->adapters; i++) {
            CHECK(first.adapters[i].joins <= i && first.adapters[i].version < PROGRAM_VERSIONS);
            CHECK((first.adapters[i].miniport & ~PROGRAM_MP_ALL) == 0 && first.adapters[i].caps <= 7);
        }
        for (unsigned i = 0; i < first.op_count; i++) {
            const struct program_op *op = &first.ops[i];
            CHECK(op->opcode < PROGRAM_OPCODES && op->actor < SUT_ACTORS && op->adapter < PROGRAM_ADAPTERS);
            CHECK(op->handle < PROGRAM_HANDLES && op->size_form < PROGRAM_FORMS);
            CHECK(op->offset_form < PROGRAM_FORMS && op->view_form < PROGRAM_VIEWS);
            CHECK(op->fail_kind < SUT_FAULT_KINDS && op->irql < PROGRAM_IRQLS);
            CHECK(op->value >= -(INT64_C(1) << 39) && op->value < INT64_C(1) << 39);
        }
        size_t canonical = program_encode(&first, bytes);
        program_decode(&second, bytes, canonical);
        CHECK(second.op_count == first.op_count);
        CHECK(program_encode(&second, again) == canonical && memcmp(bytes, again, canonical) == 0);
    }
}

int main(void) {
    empty_input_is_the_plain_world();
    records_lie_where_the_header_says();
    short_records_read_as_if_followed_by_zeros();
    limits_survive();
    random_bytes_decode_into_range_and_back();
    return 0;
}
