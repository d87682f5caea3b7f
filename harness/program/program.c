#include "harness/program/program.h"

#include <string.h>

#include "wddm/d3dkmddi.h"

/* Offsets of the machine record. */
enum {
    M_ADAPTERS = 0,
    M_IOMMU = 1,
    M_PFN_SEED = 4,
    M_RAM = 8,
    M_HIGHEST = 16,
    M_COMMIT = 24,
    M_POOL = 32,
    M_VIEWS = 36
};

/* Offsets of an adapter record. */
enum {
    A_JOINS = 0,
    A_FLAGS = 1,
    A_CAPS = 2,
    A_VERSION = 3,
    A_MINIPORT = 4,
    A_MAXIMUM = 8,
    A_VISIBLE = 16
};
#define A_STOPPED 1u
#define A_ABSENT  2u

/* Offsets of an operation record. */
enum {
    O_OPCODE = 0,
    O_BITS = 1,
    O_ADAPTER = 2,
    O_HANDLE = 3,
    O_FORMS = 4,
    O_SIZE_DELTA = 5,
    O_OFFSET_DELTA = 6,
    O_VIEW_FORM = 7,
    O_FAIL_NTH = 8,
    O_VIEW = 9,
    O_IRQL = 10,
    O_VALUE = 11,
    O_ARG = 16
};
#define O_ACTOR 3u
#define O_FLAG  4u
#define O_NULL  8u

#define ARG_BYTES  32u
#define VALUE_BITS 40u
#define VIEW_STEP  (UINT64_C(64) << 10)

_Static_assert(O_ARG + ARG_BYTES == PROGRAM_RECORD, "the argument ends the record");
_Static_assert(sizeof(((struct program_op *)0)->arg) == ARG_BYTES, "the argument is carried whole");
_Static_assert(SUT_ACTORS == O_ACTOR + 1u, "an actor fits in its bits");
_Static_assert(PROGRAM_HANDLES <= 256 && PROGRAM_FORMS <= 16 && PROGRAM_VIEWS <= 16 && SUT_FAULT_KINDS <= 16,
               "enumerations fit in their bits");
_Static_assert(PROGRAM_COMMIT_MAX >= 16 * PROGRAM_PAGES_MAX, "the default commit limit is in range");

/* The byte order of enum sut_iommu: zero is the machine that most programs want. */
static const uint8_t iommu_of_byte[SUT_IOMMU_KINDS] = {SUT_IOMMU_PRESENT, SUT_IOMMU_REMAP_ALWAYS,
                                                       SUT_IOMMU_NONE};

static uint16_t get16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t get32(const uint8_t *bytes) {
    return (uint32_t)get16(bytes) | (uint32_t)get16(bytes + 2) << 16;
}

static uint64_t get64(const uint8_t *bytes) {
    return (uint64_t)get32(bytes) | (uint64_t)get32(bytes + 4) << 32;
}

static void put(uint8_t *bytes, uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
}

/* value when it is in 0..limit; what lies beyond wraps around, so that mutation spreads over the range. */
static uint64_t wrap(uint64_t value, uint64_t limit) {
    return value <= limit ? value : value % (limit + 1);
}

uint64_t program_default_highest_pfn(uint64_t ram_pages) {
    uint64_t highest = 2 * ram_pages;
    return highest < PROGRAM_PAGES_MAX ? highest : PROGRAM_PAGES_MAX - 1;
}

uint64_t program_default_commit(uint64_t ram_pages) {
    return 16 * ram_pages;
}

void program_default_machine(struct program_machine *machine) {
    *machine = (struct program_machine){
        .adapters = 1,
        .iommu = SUT_IOMMU_PRESENT,
        .ram_pages = PROGRAM_RAM_DEFAULT,
        .highest_pfn = program_default_highest_pfn(PROGRAM_RAM_DEFAULT),
        .commit_pages = program_default_commit(PROGRAM_RAM_DEFAULT),
        .pool_bytes = PROGRAM_POOL_DEFAULT,
        .view_bytes = PROGRAM_VIEWS_DEFAULT,
    };
}

void program_default_adapter(struct program_adapter *adapter) {
    *adapter = (struct program_adapter){
        .caps = PROGRAM_CAPS_DEFAULT,
        .version = PROGRAM_WDDM_3_0,
        .maximum_size = PROGRAM_SIZE_DEFAULT,
        .highest_visible = UINT64_MAX,
    };
}

static void decode_machine(struct program_machine *machine, const uint8_t *record) {
    machine->adapters = (uint8_t)(1 + record[M_ADAPTERS] % PROGRAM_ADAPTERS);
    machine->iommu = iommu_of_byte[record[M_IOMMU] % SUT_IOMMU_KINDS];
    machine->pfn_seed = get32(record + M_PFN_SEED);

    uint64_t ram = get64(record + M_RAM);
    machine->ram_pages = ram == 0 ? PROGRAM_RAM_DEFAULT : 1 + wrap(ram - 1, PROGRAM_PAGES_MAX - 1);

    uint64_t highest = get64(record + M_HIGHEST);
    if (highest == 0) {
        machine->highest_pfn = program_default_highest_pfn(machine->ram_pages);
    } else {
        highest = wrap(highest - 1, PROGRAM_PAGES_MAX - 1);
        machine->highest_pfn = highest < machine->ram_pages - 1 ? machine->ram_pages - 1 : highest;
    }

    uint64_t commit = get64(record + M_COMMIT);
    machine->commit_pages =
        commit == 0 ? program_default_commit(machine->ram_pages) : wrap(commit - 1, PROGRAM_COMMIT_MAX);
    uint64_t pool = get32(record + M_POOL);
    machine->pool_bytes = pool == 0 ? PROGRAM_POOL_DEFAULT : wrap(pool - 1, PROGRAM_POOL_MAX);
    uint64_t views = get32(record + M_VIEWS);
    machine->view_bytes =
        views == 0 ? PROGRAM_VIEWS_DEFAULT : wrap(views - 1, PROGRAM_VIEWS_MAX / VIEW_STEP) * VIEW_STEP;
}

static void decode_adapter(struct program_adapter *adapter, unsigned ordinal, const uint8_t *record) {
    adapter->joins = (uint8_t)(record[A_JOINS] % (ordinal + 1));
    adapter->stopped = (record[A_FLAGS] & A_STOPPED) != 0;
    adapter->absent = (record[A_FLAGS] & A_ABSENT) != 0;
    adapter->caps = (record[A_CAPS] ^ PROGRAM_CAPS_DEFAULT) & PROGRAM_CAPS_ALL;
    adapter->version = record[A_VERSION] % PROGRAM_VERSIONS;
    adapter->miniport = get16(record + A_MINIPORT) & PROGRAM_MP_ALL;
    adapter->maximum_size = get64(record + A_MAXIMUM) ^ PROGRAM_SIZE_DEFAULT;
    adapter->highest_visible = ~get64(record + A_VISIBLE);
}

static void decode_op(struct program_op *op, const uint8_t *record) {
    op->opcode = record[O_OPCODE] % PROGRAM_OPCODES;
    op->actor = record[O_BITS] & O_ACTOR;
    op->flag = (record[O_BITS] & O_FLAG) != 0;
    op->null_arg = (record[O_BITS] & O_NULL) != 0;
    op->adapter = record[O_ADAPTER] % PROGRAM_ADAPTERS;
    op->handle = record[O_HANDLE] % PROGRAM_HANDLES;
    op->size_form = (record[O_FORMS] & 15) % PROGRAM_FORMS;
    op->size_delta = (int8_t)record[O_SIZE_DELTA];
    op->offset_form = (record[O_FORMS] >> 4) % PROGRAM_FORMS;
    op->offset_delta = (int8_t)record[O_OFFSET_DELTA];
    op->view_form = (record[O_VIEW_FORM] & 15) % PROGRAM_VIEWS;
    op->fail_kind = (record[O_VIEW_FORM] >> 4) % SUT_FAULT_KINDS;
    op->fail_nth = record[O_FAIL_NTH];
    op->view = record[O_VIEW];
    op->irql = record[O_IRQL] % PROGRAM_IRQLS;
    uint64_t value = get32(record + O_VALUE) | (uint64_t)record[O_VALUE + 4] << 32;
    uint64_t sign = UINT64_C(1) << (VALUE_BITS - 1);
    op->value = (int64_t)(value ^ sign) - (int64_t)sign;
    memcpy(op->arg.raw, record + O_ARG, ARG_BYTES);
    if (op->opcode == OP_RACE) {
        struct program_race race;
        op->view_form = VIEW_LIVE; /* its view is a number of operations */
        program_race_get(op, &race);
        program_race_set(op, &race);
    }
}

/* The record at offset, or a copy of what is there of it, filled up with zeros, in spare. */
static const uint8_t *record_at(const uint8_t *bytes, size_t size, size_t offset, uint8_t *spare) {
    if (offset <= size && size - offset >= PROGRAM_RECORD) {
        return bytes + offset;
    }
    memset(spare, 0, PROGRAM_RECORD);
    if (offset < size) {
        memcpy(spare, bytes + offset, size - offset);
    }
    return spare;
}

void program_decode(struct program *program, const uint8_t *bytes, size_t size) {
    uint8_t spare[PROGRAM_RECORD];
    decode_machine(&program->machine, record_at(bytes, size, 0, spare));
    size_t offset = PROGRAM_RECORD;
    for (unsigned i = 0; i < program->machine.adapters; i++, offset += PROGRAM_RECORD) {
        decode_adapter(&program->adapters[i], i, record_at(bytes, size, offset, spare));
    }
    uint32_t count = 0;
    for (; count < PROGRAM_OPS && offset < size; count++, offset += PROGRAM_RECORD) {
        decode_op(&program->ops[count], record_at(bytes, size, offset, spare));
    }
    program->op_count = count;
}

static void encode_machine(const struct program_machine *machine, uint8_t *record) {
    record[M_ADAPTERS] = (uint8_t)(machine->adapters - 1);
    for (uint8_t byte = 0; byte < SUT_IOMMU_KINDS; byte++) {
        if (iommu_of_byte[byte] == machine->iommu) {
            record[M_IOMMU] = byte;
        }
    }
    put(record + M_PFN_SEED, machine->pfn_seed, 4);
    /* What is as it would be by default stays zero: one form for each world. */
    if (machine->ram_pages != PROGRAM_RAM_DEFAULT) {
        put(record + M_RAM, machine->ram_pages, 8);
    }
    if (machine->highest_pfn != program_default_highest_pfn(machine->ram_pages)) {
        put(record + M_HIGHEST, machine->highest_pfn + 1, 8);
    }
    if (machine->commit_pages != program_default_commit(machine->ram_pages)) {
        put(record + M_COMMIT, machine->commit_pages + 1, 8);
    }
    if (machine->pool_bytes != PROGRAM_POOL_DEFAULT) {
        put(record + M_POOL, machine->pool_bytes + 1, 4);
    }
    if (machine->view_bytes != PROGRAM_VIEWS_DEFAULT) {
        put(record + M_VIEWS, machine->view_bytes / VIEW_STEP + 1, 4);
    }
}

static void encode_adapter(const struct program_adapter *adapter, uint8_t *record) {
    record[A_JOINS] = adapter->joins;
    record[A_FLAGS] = (uint8_t)((adapter->stopped ? A_STOPPED : 0) | (adapter->absent ? A_ABSENT : 0));
    record[A_CAPS] = adapter->caps ^ PROGRAM_CAPS_DEFAULT;
    record[A_VERSION] = adapter->version;
    put(record + A_MINIPORT, adapter->miniport, 2);
    put(record + A_MAXIMUM, adapter->maximum_size ^ PROGRAM_SIZE_DEFAULT, 8);
    put(record + A_VISIBLE, ~adapter->highest_visible, 8);
}

static void encode_op(const struct program_op *op, uint8_t *record) {
    record[O_OPCODE] = op->opcode;
    record[O_BITS] = (uint8_t)(op->actor | (op->flag ? O_FLAG : 0) | (op->null_arg ? O_NULL : 0));
    record[O_ADAPTER] = op->adapter;
    record[O_HANDLE] = op->handle;
    record[O_FORMS] = (uint8_t)(op->size_form | op->offset_form << 4);
    record[O_SIZE_DELTA] = (uint8_t)op->size_delta;
    record[O_OFFSET_DELTA] = (uint8_t)op->offset_delta;
    record[O_VIEW_FORM] = (uint8_t)(op->view_form | op->fail_kind << 4);
    record[O_FAIL_NTH] = op->fail_nth;
    record[O_VIEW] = op->view;
    record[O_IRQL] = op->irql;
    put(record + O_VALUE, (uint64_t)op->value, VALUE_BITS / 8);
    memcpy(record + O_ARG, op->arg.raw, ARG_BYTES);
}

size_t program_encode(const struct program *program, uint8_t *bytes) {
    size_t records = 1u + program->machine.adapters + program->op_count;
    memset(bytes, 0, records * PROGRAM_RECORD);
    uint8_t *record = bytes;
    encode_machine(&program->machine, record);
    for (unsigned i = 0; i < program->machine.adapters; i++) {
        encode_adapter(&program->adapters[i], record += PROGRAM_RECORD);
    }
    for (uint32_t i = 0; i < program->op_count; i++) {
        encode_op(&program->ops[i], record += PROGRAM_RECORD);
    }
    return records * PROGRAM_RECORD;
}

void program_copy(struct program *to, const struct program *from) {
    to->machine = from->machine;
    memcpy(to->adapters, from->adapters, from->machine.adapters * sizeof to->adapters[0]);
    to->op_count = from->op_count;
    memcpy(to->ops, from->ops, from->op_count * sizeof to->ops[0]);
}

ULONG program_version_value(uint8_t version) {
    static const ULONG values[PROGRAM_VERSIONS] = {
        [PROGRAM_WDDM_3_0] = DXGKDDI_INTERFACE_VERSION_WDDM3_0,
        [PROGRAM_WDDM_3_1] = DXGKDDI_INTERFACE_VERSION_WDDM3_1,
        [PROGRAM_WDDM_2_9] = DXGKDDI_INTERFACE_VERSION_WDDM2_9,
        [PROGRAM_WDDM_2_8] = DXGKDDI_INTERFACE_VERSION_WDDM2_8,
        [PROGRAM_WDDM_2_4] = DXGKDDI_INTERFACE_VERSION_WDDM2_4,
        [PROGRAM_WDDM_2_3] = DXGKDDI_INTERFACE_VERSION_WDDM2_3,
    };
    return values[version % PROGRAM_VERSIONS];
}
