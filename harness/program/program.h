/*
 * A program: a world (one machine, its adapters), then operations on it. What a corpus file holds.
 *
 * Byte form: records of PROGRAM_RECORD bytes, little endian: one machine record, then one record
 * for each adapter, then one for each operation. A mutation of a byte stays inside one record.
 * Every byte string decodes: a short last record reads as if followed by zeros, what lies beyond
 * PROGRAM_OPS operations is ignored, each field is brought into its range. Zero is each field's
 * plain value, so that an empty input is a machine with one adapter and nothing to do.
 */
#ifndef HARNESS_PROGRAM_H
#define HARNESS_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/program/operations.h"
#include "harness/sut.h"

#define PROGRAM_RECORD   48u   /* 16 bytes of header and the 32 of DXGKARGCB_PINFRAMEBUFFERFORSAVE2 */
#define PROGRAM_OPS      1024u /* restarts and slides of views need tens; 1024 leaves room for depth */
#define PROGRAM_ADAPTERS SUT_DEVICES
/* 1041 records of 48 bytes, just under 50 KiB */
#define PROGRAM_BYTES ((1u + PROGRAM_ADAPTERS + PROGRAM_OPS) * PROGRAM_RECORD)

/* Limits of the world. */
#define PROGRAM_PAGES_MAX           (UINT64_C(1) << 40)  /* PFNs: 2^52 bytes of physical address space */
#define PROGRAM_COMMIT_MAX          (UINT64_C(1) << 52)  /* 2^64 bytes: every MaximumSize can be charged */
#define PROGRAM_POOL_MAX            (UINT64_C(1) << 20)  /* bounds array pins: the slowest operation */
#define PROGRAM_VIEWS_MAX           (UINT64_C(17) << 20) /* 272 views of 64 KiB: no byte counts them */
#define PROGRAM_VIEW_STEP           (UINT64_C(64) << 10)
#define PROGRAM_RAM_DEFAULT         UINT64_C(4096) /* 16 MiB */
#define PROGRAM_POOL_DEFAULT        (UINT64_C(256) << 10)
#define PROGRAM_VIEWS_DEFAULT       (UINT64_C(1) << 20)
#define PROGRAM_CAPS_DEFAULT        5u  /* isolation supported, remapping supported */
#define PROGRAM_IOMMU_FLAGS         31u /* IOMMUFlags: all there are, */
#define PROGRAM_IOMMU_FLAGS_DEFAULT 7u  /* enabled, mappings, attach */
#define PROGRAM_RESERVED_MAX        3u
#define PROGRAM_PAGE                UINT64_C(4096)
#define PROGRAM_SIZE_DEFAULT        UINT64_C(0x8000) /* 8 pages: room for shapes, quickly checked whole */

/* ---- the world: world.def says what each member is, and where it lies in its record ---- */

enum program_version {
#define VERSION(name, ...) PROGRAM_WDDM_##name,
#include "harness/program/world.def"
    PROGRAM_VERSIONS
};

/* Bits of DXGK_IOMMU_CAPS.Value. */
enum program_cap_bit {
#define CAP(name, ...) PROGRAM_CAP_BIT_##name,
#include "harness/program/world.def"
    PROGRAM_CAPS
};
#define PROGRAM_CAPS_ALL ((1u << PROGRAM_CAPS) - 1)

enum program_miniport_bit {
#define MINIPORT(name, ...) PROGRAM_MP_BIT_##name,
#include "harness/program/world.def"
    PROGRAM_MINIPORTS
};
enum program_miniport {
#define MINIPORT(name, ...) PROGRAM_MP_##name = 1 << PROGRAM_MP_BIT_##name,
#include "harness/program/world.def"
};
#define PROGRAM_MP_ALL ((UINT32_C(1) << PROGRAM_MINIPORTS) - 1)

struct program_machine {
#define WORLD_MEMBER(type, member) type member;
#define WORLD_MACHINE
#include "harness/program/world.def"
};

struct program_adapter {
#define WORLD_MEMBER(type, member) type member;
#define WORLD_ADAPTER
#include "harness/program/world.def"
};

/* ---- operations ---- */

/*
 * A repetition counts as one operation, and its operations' second, third, ... passes are run besides
 * PROGRAM_OPS. All passes of a program but the first of each repetition come to at most PROGRAM_REPEATED
 * operations: 2048 pairs (pins and unpins, stops and starts), or 4096 of one kind. With AddressSanitizer a
 * pin of 8 pages with its checks takes 10 us, a start or a stop of a chain of eight 0.1 ms, and thus a
 * program's repetitions 40 ms, at worst 0.5 s. Counters of eight bits wrap at a sixteenth of that. Those of
 * sixteen would take at least 1.3 s in each execution, and tables of all handles and bases ever issued that
 * are sixteen times as long, and searched.
 *
 * Those operations are about at most PROGRAM_REPEATED_PAGES pages: 0.15 us each with AddressSanitizer, 80 ms,
 * and if they are of views, each at new addresses, 256 MiB of its shadow. Views of pages that were all
 * written take a page of the host for each: 8 s for all of them on a guest whose host makes one in 20 us.
 */
#define PROGRAM_REPEAT_OPS     8u /* of one repetition */
#define PROGRAM_REPEAT_TIMES   4097u
#define PROGRAM_REPEATED       4096u
#define PROGRAM_REPEATED_PAGES (UINT64_C(1) << 19)

/* Four actors with two calls each, or two with four: races need few calls, and all orders of eight can be
 * tried (linearize.h). Two or three switches make most races; eight fill the argument's 32 bytes. */
#define PROGRAM_RACE_OPS   8u
#define PROGRAM_SWITCHES   8u
#define PROGRAM_POINTS_MAX ((UINT32_C(1) << 24) - 1)

/* A callback's argument, as a member of a union. */
#define PROGRAM_ARGUMENT(name, number, word, race, needs, undone_by, help, member, type, ...) type member;

/* One operation. Which members it uses say its operands, where they are in the byte form PROGRAM_MEMBERS
 * (operations.def). */
struct program_op {
    uint8_t opcode; /* enum program_opcode; byte modulo PROGRAM_OPCODES, and likewise below */
    uint8_t actor;  /* < SUT_ACTORS */
    bool flag;
    bool null_arg;   /* a null argument pointer */
    uint8_t adapter; /* < PROGRAM_ADAPTERS */
    uint8_t handle;
    uint8_t size_form;
    int8_t size_delta;
    uint8_t offset_form;
    int8_t offset_delta;
    uint8_t view_form;
    uint8_t fail_kind; /* enum sut_fault */
    uint8_t fail_nth;  /* 0: nothing injected */
    uint8_t view;
    uint8_t irql;  /* 0..3: PASSIVE, APC, DISPATCH, HIGH */
    int64_t value; /* 40 bits, signed */
    /* The argument structure, raw: DXGKARGCB_PINFRAMEBUFFERFORSAVE2 and its smaller sisters, all 32
     * bytes kept whatever the opcode. */
    union {
        uint8_t raw[32];
        PROGRAM_CALLBACKS(PROGRAM_ARGUMENT) /* a member for each callback: pin2, pin, ... */
        uint64_t number[4];                 /* of an operation that has no structure of its own */
        struct {
            uint64_t page;   /* of the pin, modulo its pages */
            uint16_t offset; /* in the page, modulo 4096 - 8 (the last 8 are the oracle's), down to 8s */
            uint16_t count;  /* consecutive pages, 1 + value modulo PROGRAM_DMA_PAGES */
            uint32_t pad;
            uint64_t stamp; /* what is written to page i is stamp + i */
        } dma;
        struct {
            uint64_t offset; /* from the byte asked for at map, modulo the view's size, rounded down to 8 */
            uint64_t stamp;
        } cpu;
        struct {
            uint16_t times; /* 1 + value: modulo PROGRAM_REPEAT_TIMES when decoded */
            uint16_t ops;   /* 1 + value: modulo PROGRAM_REPEAT_OPS; how many it would like to have */
        } repeat;
        uint8_t race[PROGRAM_SWITCHES][4]; /* points (24 bits), actor (2 bits), locks (1 bit); see below */
    } arg;
};
#define PROGRAM_DMA_PAGES 16u

/*
 * A race: the next operations run concurrently, each actor's in their order, under a schedule. It begins
 * with one actor's; after so many points (schedule.h) since the last switch another goes on. A number of
 * points is relative, so that a switch which moves leaves the later ones where they are in their actors'
 * work. In bytes a switch of 0 points is none; canonical: those come last, and are all zero.
 *
 * A call has some hundreds of points, and at some tens of them it asks for a lock or gives one back: what is
 * wrong with locks shows when the switch is there, so a switch may count only those.
 */
struct program_switch {
    uint32_t points; /* 1..PROGRAM_POINTS_MAX */
    uint8_t actor;   /* < SUT_ACTORS */
    bool locks;      /* points of locks alone are counted */
};
struct program_race {
    uint8_t ops;   /* 1..PROGRAM_RACE_OPS: how many operations it would like to have */
    uint8_t first; /* the actor that begins; one without an operation: the lowest that has one */
    uint8_t switches;
    struct program_switch at[PROGRAM_SWITCHES];
};

struct program {
    struct program_machine machine;
    struct program_adapter adapters[PROGRAM_ADAPTERS];
    uint32_t op_count;
    struct program_op ops[PROGRAM_OPS];
};

/* Decodes any bytes; never fails. Only what the program uses of *program is written. */
void program_decode(struct program *program, const uint8_t *bytes, size_t size);
/* Writes the canonical bytes, at most PROGRAM_BYTES; returns their number. decode(encode(p)) equals p,
 * and encode(decode(b)) is canonical: encoding it again gives the same bytes. */
size_t program_encode(const struct program *program, uint8_t *bytes);
/* Copies what the program uses of *from. */
void program_copy(struct program *to, const struct program *from);

/* ---- world.c ---- */

/* The records of the world; program_decode() and program_encode() are made of these. */
void program_decode_machine(struct program_machine *machine, const uint8_t *record);
void program_decode_adapter(struct program_adapter *adapter, unsigned ordinal, const uint8_t *record);
/* The record is zeroed before. */
void program_encode_machine(const struct program_machine *machine, uint8_t *record);
void program_encode_adapter(const struct program_adapter *adapter, uint8_t *record);
/* The plain world's parts: what zero bytes decode to. */
void program_default_machine(struct program_machine *machine);
void program_default_adapter(struct program_adapter *adapter);
uint64_t program_default_highest_pfn(uint64_t ram_pages);
uint64_t program_default_commit(uint64_t ram_pages);
/* How many pages the firmware's memory can have, and the last frame that so many of them can begin at. */
uint64_t program_firmware_room(const struct program_machine *machine);
uint64_t program_firmware_most(const struct program_machine *machine);
/* Brings every number that is beyond its range to the nearest of it. */
void program_mend_world(struct program *program);
/* The machine as an implementation boots it. */
struct sut_machine_config program_machine_config(const struct program_machine *machine);
/* Of an enum program_version: DXGKDDI_INTERFACE_VERSION_*, and DXGKRNL_INTERFACE_SIZE_* where its table ends.
 */
ULONG program_version_value(uint8_t version);
size_t program_version_size(uint8_t version);

/* ---- program_race.c ---- */

/* Of an OP_RACE operation. set() leaves the members that a race does not use. */
void program_race_get(const struct program_op *op, struct program_race *race);
void program_race_set(struct program_op *op, const struct program_race *race);

/* ---- program_span.c: operations that belong to the one before them ---- */

/* How many operations behind the one at `at`, of CLASS_ORDER, are its own: no more than it says, up to the
 * first that cannot be in a race, or be repeated, or the program's end. */
uint32_t program_span(const struct program *program, uint32_t at);
/* How many it says, and to make it say another number, which is brought into its range. */
uint32_t program_span_wanted(const struct program_op *op);
void program_span_set(struct program_op *op, uint32_t wanted);
/* To be called before `count` operations are put in at `at`, or taken out from there: a race or a repetition
 * that had operations on both sides, or lost some, keeps the rest. */
void program_span_grow(struct program *program, uint32_t at, uint32_t count);
void program_span_shrink(struct program *program, uint32_t at, uint32_t count);

/*
 * The operations in the order in which they run, each as often as it does; begin with {0}. OP_REPEAT itself
 * is left out; an OP_RACE is not, and whoever runs its operations adds their number to `next`.
 */
struct program_walk {
    uint32_t next;
    uint32_t first, end; /* operations that are being repeated */
    uint32_t pass;       /* of `passes`, from 0 on; both 0 outside a repetition */
    uint32_t passes;
    uint32_t repeated;       /* operations that second and later passes have come to, */
    uint64_t repeated_pages; /* and what they are about */
};
/* Where a repetition begins, goes round or ends. */
void program_walk_round(struct program_walk *walk, const struct program *program);
static inline bool program_walk_on(struct program_walk *walk, const struct program *program, uint32_t *at) {
    if (walk->passes != 0 || (walk->next < program->op_count && program->ops[walk->next].opcode == OP_REPEAT))
        program_walk_round(walk, program);
    *at = walk->next;
    return walk->next++ < program->op_count;
}

#endif
