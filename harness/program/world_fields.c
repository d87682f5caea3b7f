/* The rows of world.def and faults.def as tables. */
#include "harness/program/world.h"

#include <string.h>

/* ---- words ---- */

/* In the order of their values. */
static const char *const iommu_words[SUT_IOMMU_KINDS] = {
#define IOMMU(name, word, weight, help) [SUT_IOMMU_##name] = (word),
#include "harness/program/world.def"
};
static const char *const iommu_help[SUT_IOMMU_KINDS] = {
#define IOMMU(name, word, weight, help) [SUT_IOMMU_##name] = (help),
#include "harness/program/world.def"
};
static const char *const iommu_names[SUT_IOMMU_KINDS] = {
#define IOMMU(name, ...) [SUT_IOMMU_##name] = "SUT_IOMMU_" #name,
#include "harness/program/world.def"
};
const struct world_list world_iommus = {iommu_words, iommu_help, iommu_names, SUT_IOMMU_KINDS};

static const char *const version_words[PROGRAM_VERSIONS] = {
#define VERSION(name, word, table, help) (word),
#include "harness/program/world.def"
};
static const char *const version_help[PROGRAM_VERSIONS] = {
#define VERSION(name, word, table, help) (help),
#include "harness/program/world.def"
};
static const char *const version_names[PROGRAM_VERSIONS] = {
#define VERSION(name, ...) "DXGKDDI_INTERFACE_VERSION_WDDM" #name,
#include "harness/program/world.def"
};
const struct world_list world_versions = {version_words, version_help, version_names, PROGRAM_VERSIONS};

static const char *const cap_words[PROGRAM_CAPS] = {
#define CAP(name, word, help) (word),
#include "harness/program/world.def"
};
static const char *const cap_help[PROGRAM_CAPS] = {
#define CAP(name, word, help) (help),
#include "harness/program/world.def"
};
static const char *const cap_names[PROGRAM_CAPS] = {
#define CAP(name, ...) #name,
#include "harness/program/world.def"
};
const struct world_list world_caps = {cap_words, cap_help, cap_names, PROGRAM_CAPS};

static const char *const miniport_words[PROGRAM_MINIPORTS] = {
#define MINIPORT(name, word, help) (word),
#include "harness/program/world.def"
};
static const char *const miniport_help[PROGRAM_MINIPORTS] = {
#define MINIPORT(name, word, help) (help),
#include "harness/program/world.def"
};
static const char *const miniport_names[PROGRAM_MINIPORTS] = {
#define MINIPORT(name, ...) #name,
#include "harness/program/world.def"
};
const struct world_list world_miniports = {miniport_words, miniport_help, miniport_names, PROGRAM_MINIPORTS};

const struct world_fault world_faults[SUT_FAULT_KINDS] = {
#define FAULT(name, word, pin, map, start, help)                                                             \
    [SUT_FAULT_##name] = {word, "SUT_FAULT_" #name, help, {pin, map, start}},
#include "harness/program/faults.def"
};

/* ---- for programs in C ---- */

bool world_setting(const struct program_machine *machine, unsigned i, struct world_setting *setting) {
    const struct world_setting settings[] = {
#define WORLD_NUMBER(member, ...) {#member, machine->member, NULL},
#define WORLD_COUNT(...)
#define WORLD_WORD(member, word, list, ...) {#member, machine->member, world_##list.names[machine->member]},
#define WORLD_BITS(member, ...)             {#member, machine->member, NULL},
#define WORLD_FLAG(member, ...)             {#member, machine->member, NULL},
#define WORLD_MACHINE
#include "harness/program/world.def"
    };
    if (i >= sizeof(settings) / sizeof(*settings))
        return false;
    *setting = settings[i];
    return true;
}

/* ---- members ---- */

/* A row: WORLD_OF is the structure that it is a member of. */
#define FIELD(member, word, kind, unit, step, list, says, weight, domain, help)                              \
    {word,                                                                                                   \
     help,                                                                                                   \
     says,                                                                                                   \
     list,                                                                                                   \
     WORLD_IS_##kind,                                                                                        \
     WORLD_UNIT_##unit,                                                                                      \
     WORLD_DOMAIN_##domain,                                                                                  \
     weight,                                                                                                 \
     offsetof(struct WORLD_OF, member),                                                                      \
     sizeof(((struct WORLD_OF *)0)->member),                                                                 \
     step},

static const struct world_field fields[] = {
#define WORLD_NUMBER(member, type, word, unit, at, width, code, least, floor, most, step, plain, says,       \
                     weight, domain, help)                                                                   \
    FIELD(member, word, NUMBER, unit, step, NULL, says, weight, domain, help)
#define WORLD_COUNT(member, type, word, unit, at, width, code, least, floor, most, step, plain, says,        \
                    weight, domain, help)                                                                    \
    FIELD(member, word, COUNT, unit, step, NULL, says, weight, domain, help)
#define WORLD_FLAG(member, word, bit, weight, help)                                                          \
    FIELD(member, word, FLAG, COUNTED, 1, NULL, NULL, weight, CHOICE, help)
#define WORLD_WORD(member, word, list, at, plain, weight, help)                                              \
    FIELD(member, word, WORD, COUNTED, 1, &world_##list, NULL, weight, CHOICE, help)
#define WORLD_BITS(member, type, word, list, all, at, width, code, plain, weight, domain, help)              \
    FIELD(member, word, BITS, COUNTED, 1, &world_##list, NULL, weight, domain, help)
#define WORLD_JOINS(member, word, at, weight, help)                                                          \
    FIELD(member, word, JOINS, COUNTED, 1, NULL, NULL, weight, CHOICE, help)
#define WORLD_MACHINE
#define WORLD_ADAPTER
#include "harness/program/world.def"
};

enum {
#define WORLD_MEMBER(type, member) +1
    MACHINE_FIELDS = 0
#define WORLD_MACHINE
#include "harness/program/world.def"
};
#define FIELDS (sizeof(fields) / sizeof(*fields))

const struct world_fields world_machine = {fields, MACHINE_FIELDS};
const struct world_fields world_adapter = {fields + MACHINE_FIELDS, FIELDS - MACHINE_FIELDS};

struct world_range world_range(const struct world_field *field, const struct program_machine *machine,
                               unsigned ordinal) {
    const struct world_range ranges[] = {
#define WORLD_NUMBER(member, type, word, unit, at, width, code, least, floor, most, step, plain, ...)        \
    {floor, most, plain},
#define WORLD_FLAG(...)                                                        {false, true, false},
#define WORLD_WORD(member, word, list, at, plain, ...)                         {0, world_##list.count - 1u, plain},
#define WORLD_BITS(member, type, word, list, all, at, width, code, plain, ...) {0, all, plain},
#define WORLD_JOINS(...)                                                       {0, ordinal, 0},
#define WORLD_MACHINE
#define WORLD_ADAPTER
#include "harness/program/world.def"
    };
    return ranges[field - fields];
}

uint64_t world_get(const struct world_field *field, const void *base) {
    const uint8_t *at = (const uint8_t *)base + field->offset;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    switch (field->width) {
    case 1:
        memcpy(&u8, at, 1);
        return u8;
    case 2:
        memcpy(&u16, at, 2);
        return u16;
    case 4:
        memcpy(&u32, at, 4);
        return u32;
    default:
        memcpy(&u64, at, 8);
        return u64;
    }
}

void world_set(const struct world_field *field, void *base, uint64_t value) {
    uint8_t *at = (uint8_t *)base + field->offset;
    const uint8_t u8 = (uint8_t)value;
    const uint16_t u16 = (uint16_t)value;
    const uint32_t u32 = (uint32_t)value;
    const void *from = field->width == 1   ? (const void *)&u8
                       : field->width == 2 ? (const void *)&u16
                       : field->width == 4 ? (const void *)&u32
                                           : (const void *)&value;
    memcpy(at, from, field->width);
}
