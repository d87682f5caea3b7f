/* The world's byte form and its plain values, straight from the rows of world.def. */
#include "harness/program/program.h"

#include "wddm/d3dkmddi.h"

/* ---- what holds the rows together ---- */

_Static_assert(PROGRAM_COMMIT_MAX >= 16 * PROGRAM_PAGES_MAX, "the default commit limit is in range");
_Static_assert(PROGRAM_MINIPORTS <= 32, "miniport's words fit in its member and its bytes (AT in world.def)");

/* A record's bytes, a bit for each. */
#define BYTES(offset, width) (((UINT64_C(1) << (width)) - 1) << (offset))
#define WHOLE                BYTES(0, PROGRAM_RECORD)

#define WORLD_BYTES(offset, width) | BYTES(offset, width)
#define WORLD_MACHINE
_Static_assert((0
#include "harness/program/world.def"
                ) == WHOLE,
               "every byte of the machine record has a row in world.def, if only SPARE");
#define WORLD_BYTES(offset, width) | BYTES(offset, width)
#define WORLD_ADAPTER
_Static_assert((0
#include "harness/program/world.def"
                ) == WHOLE,
               "every byte of an adapter record has a row in world.def, if only SPARE");

/* Summed up they come to the same only if no two overlap. */
#define WORLD_BYTES(offset, width) +BYTES(offset, width)
#define WORLD_MACHINE
_Static_assert((0
#include "harness/program/world.def"
                ) == WHOLE,
               "no two rows of the machine record overlap");
#define WORLD_BYTES(offset, width) +BYTES(offset, width)
#define WORLD_ADAPTER
_Static_assert((0
#include "harness/program/world.def"
                ) == WHOLE,
               "no two rows of an adapter record overlap");

#define WORLD_FLAG(member, word, bit, ...) +(1 << (bit))
#define WORLD_ADAPTER
_Static_assert((0
#include "harness/program/world.def"
                ) == (0
#define WORLD_FLAG(member, word, bit, ...) | (1 << (bit))
#define WORLD_ADAPTER
#include "harness/program/world.def"
                      ),
               "no two flags of an adapter have the same bit");

/* The seam's structure, in which an implementation boots the machine: the same members in the same order. */
struct machine_config {
#define WORLD_NUMBER(member, type, ...) type member;
#define WORLD_COUNT(...)
#define WORLD_FLAG(member, ...)       bool member;
#define WORLD_WORD(member, ...)       int member;
#define WORLD_BITS(member, type, ...) type member;
#define WORLD_MACHINE
#include "harness/program/world.def"
};
_Static_assert(sizeof(struct machine_config) == sizeof(struct sut_machine_config),
               "sut_machine_config in sut.h has each member of world.def's machine");

enum {
#define IOMMU(name, ...) IOMMU_BYTE_##name,
#include "harness/program/world.def"
    IOMMUS
};
_Static_assert(IOMMUS == (int)SUT_IOMMU_KINDS, "every SUT_IOMMU_* of sut.h has its row in world.def");

enum {
#define FAULT(name, ...) FAULT_BYTE_##name,
#include "harness/program/faults.def"
    FAULTS
};
_Static_assert(FAULTS == (int)SUT_FAULT_KINDS, "every SUT_FAULT_* of sut.h has its row in faults.def");
#define FAULT(name, ...)                                                                                     \
    _Static_assert((int)FAULT_BYTE_##name == (int)SUT_FAULT_##name,                                          \
                   "SUT_FAULT_" #name " is in faults.def where it is in sut.h");
#include "harness/program/faults.def"

/* ---- codes of numbers ---- */

static inline uint64_t get16(const uint8_t *bytes) {
    return (uint64_t)bytes[0] | (uint64_t)bytes[1] << 8;
}

static inline uint64_t get32(const uint8_t *bytes) {
    return get16(bytes) | get16(bytes + 2) << 16;
}

/* Of a constant width, and so no branch. */
static inline uint64_t get(const uint8_t *bytes, unsigned width) {
    return width == 1   ? bytes[0]
           : width == 2 ? get16(bytes)
           : width == 4 ? get32(bytes)
                        : get32(bytes) | get32(bytes + 4) << 32;
}

static void put(uint8_t *bytes, uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

/* A range of world.def, as constants: what is not needed of it is no code. */
struct range {
    uint64_t least, floor, most, step, plain;
};
#define RANGE_OF(least, floor, most, step, plain) ((struct range){least, floor, most, step, plain})

/* What lies beyond the range wraps around, so that mutation spreads over it. */
static inline uint64_t decode_FROM_LEAST(uint64_t code, struct range range) {
    uint64_t last = (range.most - range.least) / range.step;
    uint64_t value = range.least + (code <= last ? code : code % (last + 1)) * range.step;
    return value < range.floor ? range.floor : value;
}

static inline uint64_t encode_FROM_LEAST(uint64_t value, struct range range) {
    return (value - range.least) / range.step;
}

static inline uint64_t decode_PLAIN_IS_ZERO(uint64_t code, struct range range) {
    return code == 0 ? range.plain : decode_FROM_LEAST(code - 1, range);
}

static inline uint64_t encode_PLAIN_IS_ZERO(uint64_t value, struct range range) {
    return value == range.plain ? 0 : encode_FROM_LEAST(value, range) + 1;
}

static inline uint64_t decode_XOR(uint64_t code, struct range range) {
    return (code ^ range.plain) & range.most;
}

static inline uint64_t encode_XOR(uint64_t value, struct range range) {
    return value ^ range.plain;
}

/* ---- codes of words ---- */

/* In the order of their rows, the plain one first. */
static inline uint8_t decode_iommus(uint8_t byte, uint8_t plain) {
    (void)plain;
    static const uint8_t of_byte[IOMMUS] = {
#define IOMMU(name, ...) SUT_IOMMU_##name,
#include "harness/program/world.def"
    };
    return of_byte[byte % IOMMUS];
}

static inline uint8_t encode_iommus(uint8_t word, uint8_t plain) {
    (void)plain;
    static const uint8_t bytes[IOMMUS] = {
#define IOMMU(name, ...) [SUT_IOMMU_##name] = IOMMU_BYTE_##name,
#include "harness/program/world.def"
    };
    return bytes[word];
}

/* From the plain one on, around. */
static inline uint8_t decode_versions(uint8_t byte, uint8_t plain) {
    return (uint8_t)((byte % PROGRAM_VERSIONS + plain) % PROGRAM_VERSIONS);
}

static inline uint8_t encode_versions(uint8_t word, uint8_t plain) {
    return (uint8_t)((word + PROGRAM_VERSIONS - plain) % PROGRAM_VERSIONS);
}

/* ---- records: `row` is the structure that a row is a member of ---- */

#define DECODE_NUMBER(member, type, word, unit, offset, width, code, least, floor, most, step, plain, ...)   \
    row->member =                                                                                            \
        (type)decode_##code(get(record + (offset), width), RANGE_OF(least, floor, most, step, plain));
#define DECODE_FLAGS(offset)                flags = record + (offset);
#define DECODE_FLAG(member, word, bit, ...) row->member = *flags >> (bit)&1;
#define DECODE_WORD(member, word, list, offset, plain, ...)                                                  \
    row->member = decode_##list(record[offset], plain);
#define DECODE_BITS(member, type, word, list, all, offset, width, code, plain, ...)                          \
    row->member = (type)((get(record + (offset), width) ^ (plain)) & (all));
#define DECODE_JOINS(member, word, offset, ...) row->member = (uint8_t)(record[offset] % (ordinal + 1));

#define ENCODE_NUMBER(member, type, word, unit, offset, width, code, least, floor, most, step, plain, ...)   \
    put(record + (offset), encode_##code(row->member, RANGE_OF(least, floor, most, step, plain)), width);
#define ENCODE_FLAGS(offset)                flags = record + (offset);
#define ENCODE_FLAG(member, word, bit, ...) *flags |= (uint8_t)((unsigned)row->member << (bit));
#define ENCODE_WORD(member, word, list, offset, plain, ...)                                                  \
    record[offset] = encode_##list(row->member, plain);
#define ENCODE_BITS(member, type, word, list, all, offset, width, code, plain, ...)                          \
    put(record + (offset), row->member ^ (plain), width);
#define ENCODE_JOINS(member, word, offset, ...) record[offset] = row->member;

void program_decode_machine(struct program_machine *machine, const uint8_t *record) {
    struct program_machine *row = machine;
    const uint8_t *flags = record;
    (void)flags;
#define WORLD_NUMBER DECODE_NUMBER
#define WORLD_FLAGS  DECODE_FLAGS
#define WORLD_FLAG   DECODE_FLAG
#define WORLD_WORD   DECODE_WORD
#define WORLD_BITS   DECODE_BITS
#define WORLD_MACHINE
#include "harness/program/world.def"
}

void program_encode_machine(const struct program_machine *machine, uint8_t *record) {
    const struct program_machine *row = machine;
    uint8_t *flags = record;
    (void)flags;
#define WORLD_NUMBER ENCODE_NUMBER
#define WORLD_FLAGS  ENCODE_FLAGS
#define WORLD_FLAG   ENCODE_FLAG
#define WORLD_WORD   ENCODE_WORD
#define WORLD_BITS   ENCODE_BITS
#define WORLD_MACHINE
#include "harness/program/world.def"
}

void program_decode_adapter(struct program_adapter *adapter, unsigned ordinal, const uint8_t *record) {
    struct program_adapter *row = adapter;
    const uint8_t *flags = record;
#define WORLD_NUMBER DECODE_NUMBER
#define WORLD_FLAGS  DECODE_FLAGS
#define WORLD_FLAG   DECODE_FLAG
#define WORLD_WORD   DECODE_WORD
#define WORLD_BITS   DECODE_BITS
#define WORLD_JOINS  DECODE_JOINS
#define WORLD_ADAPTER
#include "harness/program/world.def"
}

void program_encode_adapter(const struct program_adapter *adapter, uint8_t *record) {
    const struct program_adapter *row = adapter;
    uint8_t *flags = record;
#define WORLD_NUMBER ENCODE_NUMBER
#define WORLD_FLAGS  ENCODE_FLAGS
#define WORLD_FLAG   ENCODE_FLAG
#define WORLD_WORD   ENCODE_WORD
#define WORLD_BITS   ENCODE_BITS
#define WORLD_JOINS  ENCODE_JOINS
#define WORLD_ADAPTER
#include "harness/program/world.def"
}

/* ---- plain values ---- */

uint64_t program_default_highest_pfn(uint64_t ram_pages) {
    uint64_t highest = 2 * ram_pages;
    return highest < PROGRAM_PAGES_MAX ? highest : PROGRAM_PAGES_MAX - 1;
}

uint64_t program_default_commit(uint64_t ram_pages) {
    return 16 * ram_pages;
}

/* What two bytes can say, and four. */
uint64_t program_firmware_room(const struct program_machine *machine) {
    uint64_t room = machine->highest_pfn + 1 - machine->ram_pages;
    return room < UINT16_MAX ? room : UINT16_MAX;
}

uint64_t program_firmware_most(const struct program_machine *machine) {
    uint64_t last = machine->highest_pfn + 1 - machine->firmware_pages;
    return last == 0 ? 1 : last < UINT32_MAX ? last : UINT32_MAX - 1;
}

void program_default_machine(struct program_machine *machine) {
    static const uint8_t zeros[PROGRAM_RECORD];
    program_decode_machine(machine, zeros);
}

void program_default_adapter(struct program_adapter *adapter) {
    static const uint8_t zeros[PROGRAM_RECORD];
    program_decode_adapter(adapter, 0, zeros);
}

/* ---- what else is made of the rows ---- */

static inline uint64_t mended(uint64_t value, struct range range) {
    value = value < range.floor ? range.floor : value > range.most ? range.most : value;
    return range.least + (value - range.least) / range.step * range.step;
}

static void mend_adapter(struct program_adapter *adapter, unsigned ordinal) {
#define WORLD_NUMBER(member, type, word, unit, offset, width, code, least, floor, most, step, plain, ...)    \
    adapter->member = (type)mended(adapter->member, RANGE_OF(least, floor, most, step, plain));
#define WORLD_JOINS(member, ...) adapter->member = adapter->member > ordinal ? 0 : adapter->member;
#define WORLD_ADAPTER
#include "harness/program/world.def"
}

void program_mend_world(struct program *program) {
    struct program_machine *machine = &program->machine;
#define WORLD_NUMBER(member, type, word, unit, offset, width, code, least, floor, most, step, plain, ...)    \
    machine->member = (type)mended(machine->member, RANGE_OF(least, floor, most, step, plain));
#define WORLD_MACHINE
#include "harness/program/world.def"
    for (unsigned i = 0; i < machine->adapters; i++)
        mend_adapter(&program->adapters[i], i);
}

/* Of a word's value, what the seam has. */
static inline enum sut_iommu seam_iommus(uint8_t word) {
    return (enum sut_iommu)word;
}

static inline ULONG seam_versions(uint8_t word) {
    return program_version_value(word);
}

struct sut_machine_config program_machine_config(const struct program_machine *machine) {
    return (struct sut_machine_config){
#define WORLD_NUMBER(member, ...) .member = machine->member,
#define WORLD_COUNT(...)
#define WORLD_FLAG(member, ...)             .member = machine->member,
#define WORLD_WORD(member, word, list, ...) .member = seam_##list(machine->member),
#define WORLD_BITS(member, ...)             .member = machine->member,
#define WORLD_MACHINE
#include "harness/program/world.def"
    };
}

ULONG program_version_value(uint8_t version) {
    static const ULONG values[PROGRAM_VERSIONS] = {
#define VERSION(name, ...) DXGKDDI_INTERFACE_VERSION_WDDM##name,
#include "harness/program/world.def"
    };
    return values[version % PROGRAM_VERSIONS];
}

size_t program_version_size(uint8_t version) {
    static const size_t sizes[PROGRAM_VERSIONS] = {
#define VERSION(name, word, table, ...) DXGKRNL_INTERFACE_SIZE_##table,
#include "harness/program/world.def"
    };
    return sizes[version % PROGRAM_VERSIONS];
}
