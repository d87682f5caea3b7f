/*
 * The rows of world.def as tables, for what has time: text form, manual page, mutation, minimizing. The byte
 * form does without (world.c).
 */
#ifndef HARNESS_WORLD_H
#define HARNESS_WORLD_H

#include "harness/program/program.h"

enum world_kind {
    WORLD_IS_NUMBER,
    WORLD_IS_COUNT, /* a number that the text form shows always */
    WORLD_IS_FLAG,
    WORLD_IS_WORD,
    WORLD_IS_BITS,
    WORLD_IS_JOINS /* an ordinal plus 1, and 0 for none */
};

/* How the text form reads and shows a number, and what the manual calls it. */
enum world_unit {
    WORLD_UNIT_COUNTED,   /* N, decimal */
    WORLD_UNIT_PAGES,     /* PAGES, decimal */
    WORLD_UNIT_FRAME,     /* N, hexadecimal */
    WORLD_UNIT_BYTES,     /* BYTES, decimal */
    WORLD_UNIT_KIBIBYTES, /* BYTES, shown in K */
    WORLD_UNIT_SIZE,      /* BYTES, hexadecimal */
    WORLD_UNIT_ADDRESS    /* ADDRESS, hexadecimal */
};

/* What the mutator makes of a member: mutate_world.c has a function for each. */
enum world_domain {
    WORLD_DOMAIN_ELSEWHERE, /* nothing by itself: what changes it changes more */
    WORLD_DOMAIN_CHOICE,    /* any of its words, or of earlier adapters; of a flag, the other */
    WORLD_DOMAIN_ANY,       /* below 8, or any of its range */
    WORLD_DOMAIN_HALVES,    /* from the least to what is plain, in halves; often the most */
    WORLD_DOMAIN_STEPS,     /* a few of its steps, or any number of them */
    WORLD_DOMAIN_BIT,       /* one bit more or less, or none */
    WORLD_DOMAIN_FLAGS,     /* a bit more or less, or all that force an attach */
    WORLD_DOMAIN_CAPS,
    WORLD_DOMAIN_RAM,
    WORLD_DOMAIN_FRAME_EDGES,
    WORLD_DOMAIN_FIRMWARE, /* of firmware and reserved ranges: in place, or a little beside it */
    WORLD_DOMAIN_AREAS,    /* about what all save areas take together */
    WORLD_DOMAIN_SAVE_SIZE,
    WORLD_DOMAIN_SIGHT
};

/* A list of words: the value of a WORD, the number of a bit in BITS. */
struct world_list {
    const char *const *words;
    const char *const *help;
    const char *const *names; /* in C: SUT_IOMMU_NONE, DXGKDDI_INTERFACE_VERSION_WDDM3_0, FAIL_START */
    uint8_t count;
};
extern const struct world_list world_iommus, world_versions, world_caps, world_miniports;

struct world_field {
    const char *word;
    const char *help;
    const char *says;              /* how the manual puts the plain value; NULL: as a number */
    const struct world_list *list; /* of words and bits */
    enum world_kind kind;
    enum world_unit unit;
    enum world_domain domain;
    uint8_t weight;
    uint8_t offset; /* in struct program_machine or struct program_adapter */
    uint8_t width;
    uint64_t step; /* a number is a multiple of it */
};

struct world_fields {
    const struct world_field *field;
    unsigned count;
};
extern const struct world_fields world_machine, world_adapter;
enum {
#define WORLD_MEMBER(type, member) +1
    WORLD_FIELDS = 0 /* of both */
#define WORLD_MACHINE
#define WORLD_ADAPTER
#include "harness/program/world.def"
};

struct world_range {
    uint64_t least, most, plain;
};
/* Of a member of the machine, or of adapter `ordinal`. */
struct world_range world_range(const struct world_field *field, const struct program_machine *machine,
                               unsigned ordinal);
/* A member's value; `base` is the machine or the adapter. */
uint64_t world_get(const struct world_field *field, const void *base);
void world_set(const struct world_field *field, void *base, uint64_t value);

/* The rows of faults.def, by enum sut_fault. */
enum world_fault_use {
    WORLD_FAULT_PIN,
    WORLD_FAULT_MAP,
    WORLD_FAULT_START,
    WORLD_FAULT_USES
};
struct world_fault {
    const char *word;
    const char *name; /* in C: SUT_FAULT_POOL */
    const char *help;
    uint8_t weight[WORLD_FAULT_USES]; /* how often the mutator picks it for such an operation */
};
extern const struct world_fault world_faults[SUT_FAULT_KINDS];

/* The machine as a program in C has it: a member of struct sut_machine_config each. */
struct world_setting {
    const char *member;
    uint64_t value;
    const char *name; /* of the value; NULL: it is a number */
};
/* The ith of them; false when there is none. */
bool world_setting(const struct program_machine *machine, unsigned i, struct world_setting *setting);

#endif
