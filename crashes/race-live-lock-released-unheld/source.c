/*
 * The process dies: crashed (signal 6): nt lock violation (RACE-LIVE): actor 0, 'adapters' (rank 1) is
 * released by an actor that does not hold it.
 *
 * What follows plays the bus, the drivers and their GPUs, as program.txt tells it, for an implementation
 * of the frame-buffer-save callbacks that stands behind harness/sut.h:
 *
 *     cc -I ROOT -I ROOT/src -I ROOT/src/include THIS.c $(find ROOT/src -name '*.c') && ./a.out
 *
 * ROOT is where this project lies; the sources of another implementation go in place of what find
 * lists. What happens, and what should have, is in main(), at the end; before it comes what all such
 * files have.
 *
 * Exit status: 0 the contract is kept; 1 it is broken as told above; 2 something else happens.
 * Written by pinfuzz source.
 */

#define FINDING_CLAUSE   "END-ZERO"
#define FINDING_EXPECTED "nothing is left when the last adapter is gone"

/* What a miniport does wrong, or beside the point. */
enum program_miniport {
    PROGRAM_MP_FAIL_IOMMU_CAPS = 1 << 0, /* fails DXGKQAITYPE_IOMMU_CAPS */
    PROGRAM_MP_FAIL_PHYSICAL_CAPS = 1 << 1, /* fails DXGKQAITYPE_PHYSICAL_MEMORY_CAPS */
    PROGRAM_MP_FAIL_SAVE_SIZE = 1 << 2, /* fails DXGKQAITYPE_FRAMEBUFFERSAVESIZE of its index */
    PROGRAM_MP_FAIL_START = 1 << 3, /* fails DxgkDdiStartDevice */
    PROGRAM_MP_CLAIM_LEAD = 1 << 4, /* LeadLink is set, lead or not */
    PROGRAM_MP_DENY_LEAD = 1 << 5, /* LeadLink is clear, lead or not */
    PROGRAM_MP_LINK_COUNT = 1 << 6, /* one link more than there are: a member is missing */
    PROGRAM_MP_CALL_IN_START = 1 << 7, /* makes all callbacks in its start and in each query */
    PROGRAM_MP_RELEASE_IN_STOP = 1 << 8, /* unpins and unmaps all of its own in its stop */
    PROGRAM_MP_CALL_IN_STOP = 1 << 9, /* tries a new pin and a new map in its stop */
    PROGRAM_MP_DECLINE_ADD = 1 << 10, /* fails DxgkDdiAddDevice */
    PROGRAM_MP_FAIL_LINK = 1 << 11, /* fails DxgkDdiLinkDevice */
    PROGRAM_MP_FAIL_DRIVER_CAPS = 1 << 12, /* fails DXGKQAITYPE_DRIVERCAPS */
    PROGRAM_MP_FAIL_ADAPTER_CAPS = 1 << 13, /* fails DXGKQAITYPE_PHYSICALADAPTERCAPS of its index */
    PROGRAM_MP_INDEX_REVERSED = 1 << 14, /* as the lead: index 0 means its last member, and so on */
    PROGRAM_MP_INDEX_STRANGER = 1 << 15, /* its index means a device that is no member */
    PROGRAM_MP_INDEX_TWICE = 1 << 16, /* as the lead: each index means the lead */
    PROGRAM_MP_FAIL_BEGIN = 1 << 17, /* fails DxgkDdiBeginExclusiveAccess */
    PROGRAM_MP_FAIL_RANGES = 1 << 18, /* fails DXGKQAITYPE_HARDWARERESERVEDRANGES */
    PROGRAM_MP_RANGES_CHANGE = 1 << 19, /* says one range less when it fills them in */
    PROGRAM_MP_RANGES_ODD = 1 << 20, /* its reserved ranges begin 8 bytes behind their page */
    PROGRAM_MP_NO_APERTURE2 = 1 << 21, /* MapAperture2Supported is clear */
    PROGRAM_MP_DIFFER_SUPPORTED = 1 << 22, /* DXGK_DRIVERCAPS says the opposite of supported */
    PROGRAM_MP_DIFFER_REQUIRED = 1 << 23, /* and of required */
};

/* The contract's clauses. */
enum contract_clause {
    CLAUSE_DIALECT_STEADY,
    CLAUSE_ANY_LEAD,
    CLAUSE_ANY_IRQL,
    CLAUSE_ANY_NULL,
    CLAUSE_ANY_INDEX,
    CLAUSE_ANY_ROLLBACK,
    CLAUSE_ANY_RELEASE,
    CLAUSE_ANY_STATE,
    CLAUSE_ANY_VERSION,
    CLAUSE_INIT_QUERY,
    CLAUSE_INIT_CAPS,
    CLAUSE_INIT_MATCH,
    CLAUSE_INIT_ALIGN,
    CLAUSE_INIT_SECTION,
    CLAUSE_INIT_COMMIT,
    CLAUSE_INIT_ROLLBACK,
    CLAUSE_INIT_DOMAIN,
    CLAUSE_INIT_VISIBLE,
    CLAUSE_INIT_REMAP,
    CLAUSE_INIT_REQUIRED,
    CLAUSE_INIT_CLEAN,
    CLAUSE_LINK_ONE_LEAD,
    CLAUSE_LINK_INDEX,
    CLAUSE_LINK_ORDER,
    CLAUSE_STOP_RECLAIM,
    CLAUSE_STOP_STALE,
    CLAUSE_TDR_KEEPS,
    CLAUSE_END_ZERO,
    CLAUSE_ATTACH_BEFORE,
    CLAUSE_ATTACH_LATER,
    CLAUSE_ATTACH_PAIR,
    CLAUSE_ATTACH_QUIET,
    CLAUSE_ATTACH_KEEPS,
    CLAUSE_ATTACH_ALL,
    CLAUSE_ATTACH_ONCE,
    CLAUSE_ATTACH_FAIL,
    CLAUSE_ATTACH_NOSUPPORT,
    CLAUSE_ATTACH_BEGINFAIL,
    CLAUSE_RESV_TWICE,
    CLAUSE_RESV_BEFORE,
    CLAUSE_RESV_ONETOONE,
    CLAUSE_RESV_OVERLAP,
    CLAUSE_RESV_EXACT,
    CLAUSE_RESV_APART,
    CLAUSE_RESV_PAIR,
    CLAUSE_PIN_ALIGN,
    CLAUSE_PIN_MAX,
    CLAUSE_PIN_NONE,
    CLAUSE_PIN_ZERO,
    CLAUSE_PIN_RESERVED,
    CLAUSE_PIN_SUCCEEDS,
    CLAUSE_PIN_COUNT,
    CLAUSE_PIN_PAGES,
    CLAUSE_PIN_CONTIG,
    CLAUSE_PIN_ADLFLAGS,
    CLAUSE_PIN_MAPPED,
    CLAUSE_PIN_EXACT,
    CLAUSE_PIN_VISIBLE,
    CLAUSE_PIN_LOCKED,
    CLAUSE_PIN_ISOLATED,
    CLAUSE_PIN_CONTENTS,
    CLAUSE_PIN_TWICE,
    CLAUSE_PIN1_SAME,
    CLAUSE_PIN1_LIMIT,
    CLAUSE_PIN1_REMAP,
    CLAUSE_PIN1_EQUAL,
    CLAUSE_UNPIN_EITHER,
    CLAUSE_UNPIN_GONE,
    CLAUSE_UNPIN_ONLY,
    CLAUSE_UNPIN_NOTHING,
    CLAUSE_MAP_ALIGN,
    CLAUSE_MAP_RANGE,
    CLAUSE_MAP_MAYFAIL,
    CLAUSE_MAP_ADDRESS,
    CLAUSE_MAP_COHERENT,
    CLAUSE_MAP_MANY,
    CLAUSE_UNMAP_MINE,
    CLAUSE_UNMAP_GONE,
    CLAUSE_RACE_ATOMIC,
    CLAUSE_RACE_STOP,
    CLAUSE_RACE_LIVE,
    CLAUSE_RACE_MEMORY,
};
static const char *const clause_ids[] = {
    "DIALECT-STEADY",
    "ANY-LEAD",
    "ANY-IRQL",
    "ANY-NULL",
    "ANY-INDEX",
    "ANY-ROLLBACK",
    "ANY-RELEASE",
    "ANY-STATE",
    "ANY-VERSION",
    "INIT-QUERY",
    "INIT-CAPS",
    "INIT-MATCH",
    "INIT-ALIGN",
    "INIT-SECTION",
    "INIT-COMMIT",
    "INIT-ROLLBACK",
    "INIT-DOMAIN",
    "INIT-VISIBLE",
    "INIT-REMAP",
    "INIT-REQUIRED",
    "INIT-CLEAN",
    "LINK-ONE-LEAD",
    "LINK-INDEX",
    "LINK-ORDER",
    "STOP-RECLAIM",
    "STOP-STALE",
    "TDR-KEEPS",
    "END-ZERO",
    "ATTACH-BEFORE",
    "ATTACH-LATER",
    "ATTACH-PAIR",
    "ATTACH-QUIET",
    "ATTACH-KEEPS",
    "ATTACH-ALL",
    "ATTACH-ONCE",
    "ATTACH-FAIL",
    "ATTACH-NOSUPPORT",
    "ATTACH-BEGINFAIL",
    "RESV-TWICE",
    "RESV-BEFORE",
    "RESV-ONETOONE",
    "RESV-OVERLAP",
    "RESV-EXACT",
    "RESV-APART",
    "RESV-PAIR",
    "PIN-ALIGN",
    "PIN-MAX",
    "PIN-NONE",
    "PIN-ZERO",
    "PIN-RESERVED",
    "PIN-SUCCEEDS",
    "PIN-COUNT",
    "PIN-PAGES",
    "PIN-CONTIG",
    "PIN-ADLFLAGS",
    "PIN-MAPPED",
    "PIN-EXACT",
    "PIN-VISIBLE",
    "PIN-LOCKED",
    "PIN-ISOLATED",
    "PIN-CONTENTS",
    "PIN-TWICE",
    "PIN1-SAME",
    "PIN1-LIMIT",
    "PIN1-REMAP",
    "PIN1-EQUAL",
    "UNPIN-EITHER",
    "UNPIN-GONE",
    "UNPIN-ONLY",
    "UNPIN-NOTHING",
    "MAP-ALIGN",
    "MAP-RANGE",
    "MAP-MAYFAIL",
    "MAP-ADDRESS",
    "MAP-COHERENT",
    "MAP-MANY",
    "UNMAP-MINE",
    "UNMAP-GONE",
    "RACE-ATOMIC",
    "RACE-STOP",
    "RACE-LIVE",
    "RACE-MEMORY",
};

/* ---- harness/reproduce/embedded/finding.c ---- */

/* How a finding is reported, and what else every such file uses. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/sut.h"

/* Not every scenario needs every function. */
#define HELPER static __attribute__((unused))

/* The implementation. */
static const struct sut *sut;

HELPER _Noreturn void quit(int status) {
    fflush(stdout);
    _Exit(status);
}

/* The contract is broken, as told above: what was seen. */
HELPER _Noreturn __attribute__((format(printf, 1, 2))) void finding(const char *got, ...) {
    va_list list;
    printf("contract violation: %s\n  expected:  %s\n  got:       ", FINDING_CLAUSE, FINDING_EXPECTED);
    va_start(list, got);
    vprintf(got, list);
    va_end(list);
    printf("\n");
    quit(1);
}

/*
 * What must hold at any time, and what is said when it does not. In the harness the same code counts and
 * reports; here the clause that is told above is the finding, and another one is something else.
 */
#define REQUIRE(holds, clause, expected, got) ((holds) ? true : (say expected, heard got, violated(clause)))

static char expected_text[512];
static char got_text[512];

HELPER __attribute__((format(printf, 1, 2))) void say(const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(expected_text, sizeof expected_text, format, list);
    va_end(list);
}

HELPER __attribute__((format(printf, 1, 2))) void heard(const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(got_text, sizeof got_text, format, list);
    va_end(list);
}

HELPER _Noreturn bool violated(enum contract_clause clause) {
    const char *id = clause_ids[clause];
    printf("contract violation: %s\n  expected:  %s\n  got:       %s\n", id, expected_text, got_text);
    quit(strcmp(id, FINDING_CLAUSE) == 0 ? 1 : 2);
}

/* ---- harness/drive/miniport.h ---- */

/*
 * The simulated display miniport: answers as its adapter's settings say, and watches how Dxgkrnl calls it.
 *
 * Plain C that needs the seam alone. The harness has it compiled in, and `pinfuzz source` puts it as it
 * stands into each file it writes: a new answer, or a new question, is one change here. So it knows of no
 * program and no model; what it wants of whoever plays the bus, and defines REQUIRE(), is at the end.
 */

struct miniport_settings {
    ULONG version; /* DXGKDDI_INTERFACE_VERSION_* */
    /* The version that Dxgkrnl serves it as, the older of its own and that one's; and where the table of its
     * callbacks ends: */
    ULONG served;
    size_t interface_size;
    DXGK_IOMMU_CAPS caps;     /* as it answers; and likewise: */
    UINT memory_caps;         /* DXGK_DRIVERCAPS.MemoryManagementCaps.Value */
    uint64_t highest_visible; /* HighestVisibleAddress, HighestAcceptableAddress */
    uint64_t maximum_size;    /* MaximumSize of its index */
    unsigned reserved;        /* ranges of hardware-reserved pages, one page apart: */
    uint64_t reserved_first;
    uint64_t reserved_pages; /* of each */
    bool remapped;           /* as the lead of a chain: its memory is remapped */
    unsigned wrong;          /* what it does wrong: enum program_miniport */
};

struct miniport {
    unsigned number; /* of its device */
    struct miniport_settings settings;
    struct sut_miniport entries;
    DXGKRNL_INTERFACE dxgkrnl; /* of its last start, alive or not */
    bool has_interface;
    bool added;     /* between its DxgkDdiAddDevice and the end of the device */
    bool linked;    /* its DxgkDdiLinkDevice has been called since the chain was put together */
    bool started;   /* between its DxgkDdiStartDevice and the end of its DxgkDdiStopDevice */
    bool exclusive; /* between its DxgkDdiBeginExclusiveAccess and the End */
    bool begun;     /* that was called since the last attach */
    bool attached;  /* to a domain, when the End was called in this start */
    unsigned asked; /* since it was added: a bit for each question */
    /* Its chain, as its driver knows it. */
    struct miniport *lead;
    unsigned position;
    /* Of a lead: */
    bool starting;
    unsigned early; /* attached when the first of the chain was started: a bit for each member */
    unsigned now;   /* asked in this start: a bit for each question */
    unsigned sizes; /* and for each index whose save size was */
    unsigned last;  /* the index of the last question, if that was for an adapter */
    unsigned count;
    struct miniport *member[SUT_CHAIN_MAX]; /* by physical adapter index */
};

void miniport_init(struct miniport *self, unsigned number, const struct miniport_settings *settings);
/* Tells the drivers of a chain, all[numbers[0]] is its lead, that they are one. */
void miniport_join(struct miniport *all, const uint8_t *numbers, unsigned count);
/* It is about to be started. */
void miniport_assemble(struct miniport *all, const uint8_t *numbers, unsigned count);

/* After an add: its driver was asked for its link; it was there, but for one that failed. */
void miniport_check_add(struct miniport *self, bool succeeded);
/* After a link: all of its chain were asked again. */
void miniport_check_link(const struct miniport *lead);
/* After a start: all were started, and asked everything; after one that failed none was left running. */
void miniport_check_start(struct miniport *lead, bool succeeded);
/* After a chain that was started, or was being, has been attached to its domain. */
void miniport_check_attach(struct miniport *lead);
/* After anything that may have attached it: none is left between Begin and End. */
void miniport_check_access(struct miniport *lead);
/* After a stop: none runs. */
void miniport_check_stop(struct miniport *lead);
/* The device is off the bus. */
void miniport_remove(struct miniport *self);
/* That the handle of its start is none of those that were issued before. */
void miniport_check_handle(const struct miniport *self, const uint64_t *issued, size_t count);

enum miniport_entry {
    MINIPORT_START,
    MINIPORT_QUERY,
    MINIPORT_BEGIN,
    MINIPORT_END,
    MINIPORT_STOP
};
/* How often miniports have come to miniport_bus->acts(). */
extern unsigned miniport_acted;

/* ---- of whoever plays the bus, who sets it before the first miniport is called ---- */

struct miniport_bus {
    /* False: miniports answer, and that is all. */
    bool (*is_judged)(void);
    /* Whether its device is surprise removed. */
    bool (*is_gone)(const struct miniport *self);
    /* It has a handle, and this one is issued; is dead. */
    void (*got_handle)(struct miniport *self);
    void (*lost_handle)(struct miniport *self);
    /* What it does of its own accord in an entry point. */
    void (*acts)(struct miniport *self, enum miniport_entry entry);
};
extern const struct miniport_bus *miniport_bus;

/* ---- harness/drive/miniport.c ---- */

/* The simulated miniport: what it answers, well or badly, and which calls may come to it in which order. */

unsigned miniport_acted;
const struct miniport_bus *miniport_bus;

static void act(struct miniport *self, enum miniport_entry entry) {
    miniport_bus->acts(self, entry);
    miniport_acted++;
}

/* What holds of every call that reaches a driver. */
static void check_entry(const struct miniport *self, const char *entry) {
    if (!miniport_bus->is_judged())
        return;
    REQUIRE(!sut_get()->irql || sut_get()->irql() == PASSIVE_LEVEL, CLAUSE_ANY_IRQL,
            ("%s of adapter %u at PASSIVE_LEVEL", entry, self->number),
            ("IRQL %u", (unsigned)sut_get()->irql()));
    REQUIRE(!self->exclusive, CLAUSE_ATTACH_QUIET,
            ("no call between DxgkDdiBeginExclusiveAccess of adapter %u and the End", self->number),
            ("%s", entry));
}

/* ---- add and link ---- */

static NTSTATUS add_device(void *context) {
    struct miniport *self = context;
    check_entry(self, "DxgkDdiAddDevice");
    if (miniport_bus->is_judged())
        REQUIRE(!self->added, CLAUSE_LINK_ONE_LEAD, ("DxgkDdiAddDevice of adapter %u once", self->number),
                ("a second call"));
    if (self->settings.wrong & PROGRAM_MP_DECLINE_ADD)
        return STATUS_UNSUCCESSFUL;
    self->added = true;
    self->asked = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS link_device(void *context, LINKED_DEVICE *linked) {
    struct miniport *self = context;
    unsigned wrong = self->settings.wrong;
    check_entry(self, "DxgkDdiLinkDevice");
    if (miniport_bus->is_judged())
        REQUIRE(self->added && !self->started, CLAUSE_LINK_ONE_LEAD,
                ("DxgkDdiLinkDevice of adapter %u after its DxgkDdiAddDevice, and before any start",
                 self->number),
                ("%s", self->added ? "it is started" : "it is not added"));
    self->linked = true;
    if (wrong & PROGRAM_MP_FAIL_LINK)
        return STATUS_UNSUCCESSFUL;
    linked->ChainUid = self->lead->number + 1;
    linked->NumberOfLinksInChain = self->lead->count + ((wrong & PROGRAM_MP_LINK_COUNT) ? 1 : 0);
    linked->LeadLink =
        (self->position == 0 || (wrong & PROGRAM_MP_CLAIM_LEAD)) && !(wrong & PROGRAM_MP_DENY_LEAD);
    return STATUS_SUCCESS;
}

void miniport_check_add(struct miniport *self, bool succeeded) {
    if (!succeeded)
        self->added = false;
    else
        REQUIRE(self->added && self->linked, CLAUSE_LINK_ONE_LEAD,
                ("DxgkDdiAddDevice of adapter %u, and DxgkDdiLinkDevice right after it", self->number),
                ("%s was not called", self->added ? "the second" : "the first"));
}

void miniport_check_link(const struct miniport *lead) {
    for (unsigned i = 0; i < lead->count; i++)
        REQUIRE(lead->member[i]->linked || !sut_get()->hold_chosen, CLAUSE_LINK_ONE_LEAD,
                ("DxgkDdiLinkDevice of adapter %u, whose chain has changed", lead->member[i]->number),
                ("it was not called"));
}

/* ---- start ---- */

static bool is_set(const DXGKRNL_INTERFACE *dxgkrnl, size_t at) {
    void *slot;
    memcpy(&slot, (const char *)dxgkrnl + at, sizeof(slot));
    return slot != NULL;
}

/* Whether the slots at [from, end) are all set, or all null. Without a way out of the loop, so that it takes
 * several slots at a time: a program starts its chains often. */
static bool all_slots(const DXGKRNL_INTERFACE *dxgkrnl, size_t from, size_t end, bool set) {
    bool all = true;
    for (size_t at = from; at < end; at += sizeof(void *))
        all &= is_set(dxgkrnl, at) == set;
    return all;
}

/* ANY-VERSION. That the table ends there, with nulls behind it, is a choice. */
static void check_interface(const struct miniport_settings *lead, const DXGKRNL_INTERFACE *dxgkrnl) {
    bool chosen = sut_get()->hold_chosen;
    ULONG version = lead->served;
    size_t size = lead->interface_size;
    bool fits = chosen ? dxgkrnl->Version == version && dxgkrnl->Size == size
                       : dxgkrnl->Version >= version && dxgkrnl->Size >= size;
    if (!REQUIRE(fits, CLAUSE_ANY_VERSION,
                 ("Version 0x%x, Size 0x%zx%s", (unsigned)version, size, chosen ? "" : ", or more"),
                 ("Version 0x%x, Size 0x%x", (unsigned)dxgkrnl->Version, (unsigned)dxgkrnl->Size)))
        return;
    size_t end = chosen ? sizeof(*dxgkrnl) : size;
    size_t first = FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbEvalAcpiMethod);
    if (all_slots(dxgkrnl, first, size, true) && all_slots(dxgkrnl, size, end, false))
        return;
    for (size_t at = first; at < end; at += sizeof(void *)) {
        bool set = is_set(dxgkrnl, at);
        if (!REQUIRE(set == (at < size), CLAUSE_ANY_VERSION,
                     ("the slot at 0x%zx %s", at, at < size ? "set" : "null"),
                     ("%s", set ? "a pointer" : "null")))
            return;
    }
}

void miniport_check_handle(const struct miniport *self, const uint64_t *issued, size_t count) {
    uint64_t handle = (uint64_t)(uintptr_t)self->dxgkrnl.DeviceHandle;
    bool known = handle == 0;
    for (size_t i = 0; i < count; i++)
        known |= issued[i] == handle;
    REQUIRE(!known || !sut_get()->hold_chosen, CLAUSE_STOP_STALE,
            ("a handle of adapter %u that was never issued before", self->number),
            ("0x%llx", (unsigned long long)handle));
}

/* As far as the table goes, which may be no further than its Size; a driver calls nothing that its version
 * has not. */
static void copy_interface(struct miniport *self, const DXGKRNL_INTERFACE *dxgkrnl) {
    size_t own = sut_get()->hold_chosen ? sizeof(*dxgkrnl) : self->lead->settings.interface_size;
    size_t size = dxgkrnl->Size < own ? dxgkrnl->Size : own;
    memset((char *)&self->dxgkrnl + size, 0, sizeof(*dxgkrnl) - size);
    memcpy(&self->dxgkrnl, dxgkrnl, size);
    self->has_interface = true;
}

#define BIT(question) (1u << (question))

/* The questions; those of caps first, in the order in which they are asked here. */
enum {
    MEMORY_CAPS,
    IOMMU_CAPS,
    DRIVER_CAPS,
    RANGES,
    ADAPTER_CAPS,
    SAVE_SIZE,
    QUESTIONS,
    ARRAY = QUESTIONS /* of ranges, and not only how many */
};
#define CAPS_BEFORE_START (BIT(MEMORY_CAPS) | BIT(IOMMU_CAPS))

static bool is_attached(const struct miniport *self) {
    return sut_get()->domain && sut_get()->domain(self->number) != 0;
}

static unsigned asked_of_any(const struct miniport *lead) {
    unsigned asked = 0;
    for (unsigned i = 0; i < lead->count; i++)
        asked |= lead->member[i]->asked;
    return asked;
}

/* The first of its chain: INIT-CAPS; and what ATTACH-BEFORE is about is seen. */
static void begin_first(struct miniport *lead) {
    unsigned asked = sut_get()->hold_chosen ? lead->now : asked_of_any(lead);
    bool early = lead->settings.served >= DXGKDDI_INTERFACE_VERSION_WDDM2_9;
    REQUIRE(!early || !(CAPS_BEFORE_START & ~asked), CLAUSE_INIT_CAPS,
            ("types 34 and 35 asked before the first DxgkDdiStartDevice"),
            ("%s%s", asked & BIT(MEMORY_CAPS) ? "" : "34 was not",
             asked & BIT(IOMMU_CAPS) ? "" : ", 35 was not"));
    lead->early = 0;
    for (unsigned i = 0; i < lead->count; i++)
        lead->early |= is_attached(lead->member[i]) ? BIT(i) : 0;
}

static void begin_start(struct miniport *self, const DXGKRNL_INTERFACE *dxgkrnl) {
    struct miniport *lead = self->lead;
    REQUIRE(lead->starting && !self->started, CLAUSE_LINK_ORDER,
            ("adapter %u started once in a start that is under way", self->number),
            ("DxgkDdiStartDevice %s", self->started ? "a second time" : "outside of a start"));
    bool first = true;
    for (unsigned i = 0; i < lead->count; i++)
        first &= !lead->member[i]->started;
    if (first)
        begin_first(lead);
    check_interface(&lead->settings, dxgkrnl);
    copy_interface(self, dxgkrnl);
    miniport_bus->got_handle(self);
    self->started = true;
    for (unsigned i = 1; self == lead && i < lead->count; i++)
        REQUIRE(lead->member[i]->started, CLAUSE_LINK_ORDER, ("the lead started after every other member"),
                ("adapter %u not yet started", lead->member[i]->number));
}

static NTSTATUS start_device(void *context, const DXGKRNL_INTERFACE *dxgkrnl) {
    struct miniport *self = context;
    bool fails = self->settings.wrong & PROGRAM_MP_FAIL_START;
    if (!miniport_bus->is_judged()) {
        copy_interface(self, dxgkrnl);
        self->started = !fails;
        return fails ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
    }
    check_entry(self, "DxgkDdiStartDevice");
    begin_start(self, dxgkrnl);
    act(self, MINIPORT_START);
    if (!fails)
        return STATUS_SUCCESS;
    self->started = false;
    miniport_bus->lost_handle(self);
    return STATUS_UNSUCCESSFUL;
}

/* ---- answers ---- */

/* As much of an answer as the question has room for. */
static NTSTATUS give(const DXGKARG_QUERYADAPTERINFO *query, const void *answer, size_t size) {
    memcpy(query->pOutputData, answer, query->OutputDataSize < size ? query->OutputDataSize : size);
    return STATUS_SUCCESS;
}

static NTSTATUS answer_memory_caps(const struct miniport *self, const DXGKARG_QUERYADAPTERINFO *query) {
    DXGK_PHYSICAL_MEMORY_CAPS caps;
    caps.HighestVisibleAddress.QuadPart = (LONGLONG)self->settings.highest_visible;
    return give(query, &caps, sizeof(caps));
}

static NTSTATUS answer_iommu_caps(const struct miniport *self, const DXGKARG_QUERYADAPTERINFO *query) {
    return give(query, &self->settings.caps, sizeof(self->settings.caps));
}

static NTSTATUS answer_driver_caps(const struct miniport *self, const DXGKARG_QUERYADAPTERINFO *query) {
    DXGK_DRIVERCAPS caps;
    memset(&caps, 0, sizeof(caps));
    caps.HighestAcceptableAddress.QuadPart = (LONGLONG)self->settings.highest_visible;
    caps.MemoryManagementCaps.Value = self->settings.memory_caps;
    return give(query, &caps, sizeof(caps));
}

/* How many there are; or the ranges themselves, where there is an array for them. */
static NTSTATUS answer_ranges(const struct miniport *self, const DXGKARG_QUERYADAPTERINFO *query) {
    const struct miniport_settings *settings = &self->settings;
    DXGK_HARDWARERESERVEDRANGES ranges;
    unsigned count = settings->reserved;
    memcpy(&ranges, query->pOutputData, sizeof(ranges));
    for (unsigned i = 0; ranges.pPhysicalRanges && i < count && i < ranges.NumRanges; i++) {
        uint64_t page = settings->reserved_first + i * (settings->reserved_pages + 1);
        ranges.pPhysicalRanges[i].BaseAddress.QuadPart =
            (LONGLONG)(page * PAGE_SIZE + (settings->wrong & PROGRAM_MP_RANGES_ODD ? 8 : 0));
        ranges.pPhysicalRanges[i].NumberOfBytes.QuadPart = (LONGLONG)(settings->reserved_pages * PAGE_SIZE);
    }
    bool fewer = ranges.pPhysicalRanges && count > 0 && settings->wrong & PROGRAM_MP_RANGES_CHANGE;
    ranges.NumRanges = fewer ? count - 1 : count;
    return give(query, &ranges, sizeof(ranges));
}

/* Of the member that an index means: which device it is. */
static NTSTATUS answer_adapter_caps(const struct miniport *self, const DXGKARG_QUERYADAPTERINFO *query) {
    const struct miniport *lead = self->lead;
    DXGK_PHYSICALADAPTERCAPS caps;
    memset(&caps, 0, sizeof(caps));
    unsigned index = lead->settings.wrong & PROGRAM_MP_INDEX_TWICE      ? 0
                     : lead->settings.wrong & PROGRAM_MP_INDEX_REVERSED ? lead->count - 1 - self->position
                                                                        : self->position;
    caps.DxgkPhysicalAdapterHandle = lead->member[index]->dxgkrnl.DeviceHandle;
    if (self->settings.wrong & PROGRAM_MP_INDEX_STRANGER)
        caps.DxgkPhysicalAdapterHandle = (HANDLE) ~(uintptr_t)caps.DxgkPhysicalAdapterHandle;
    size_t end = self->settings.version >= DXGKDDI_INTERFACE_VERSION_WDDM2_7
                     ? sizeof(caps)
                     : FIELD_OFFSET(DXGK_PHYSICALADAPTERCAPS, VirtualCopyNodeIndex);
    return give(query, &caps, end);
}

static NTSTATUS answer_save_size(const struct miniport *self, const DXGKARG_QUERYADAPTERINFO *query) {
    DXGK_FRAMEBUFFERSAVEAREA area;
    area.MaximumSize = self->settings.maximum_size;
    return give(query, &area, sizeof(area));
}

/* ---- questions ---- */

static const struct question {
    DXGK_QUERYADAPTERINFOTYPE type;
    const char *name;
    UINT least, most;           /* bytes of output that are right */
    unsigned fails;             /* the bit of a miniport that fails it */
    enum contract_clause wrong; /* asked in the wrong way */
    NTSTATUS (*answer)(const struct miniport *self, const DXGKARG_QUERYADAPTERINFO *query);
} questions[QUESTIONS] = {
    [MEMORY_CAPS] = {DXGKQAITYPE_PHYSICAL_MEMORY_CAPS, "DXGKQAITYPE_PHYSICAL_MEMORY_CAPS",
                     sizeof(DXGK_PHYSICAL_MEMORY_CAPS), sizeof(DXGK_PHYSICAL_MEMORY_CAPS),
                     PROGRAM_MP_FAIL_PHYSICAL_CAPS, CLAUSE_INIT_CAPS, answer_memory_caps},
    [IOMMU_CAPS] = {DXGKQAITYPE_IOMMU_CAPS, "DXGKQAITYPE_IOMMU_CAPS", sizeof(DXGK_IOMMU_CAPS),
                    sizeof(DXGK_IOMMU_CAPS), PROGRAM_MP_FAIL_IOMMU_CAPS, CLAUSE_INIT_CAPS, answer_iommu_caps},
    /* Of these two there is more than this project knows, or less for an older driver. */
    [DRIVER_CAPS] = {DXGKQAITYPE_DRIVERCAPS, "DXGKQAITYPE_DRIVERCAPS",
                     FIELD_OFFSET(DXGK_DRIVERCAPS, MemoryManagementCaps) + sizeof(UINT), UINT32_MAX,
                     PROGRAM_MP_FAIL_DRIVER_CAPS, CLAUSE_INIT_QUERY, answer_driver_caps},
    [RANGES] = {DXGKQAITYPE_HARDWARERESERVEDRANGES, "DXGKQAITYPE_HARDWARERESERVEDRANGES",
                sizeof(DXGK_HARDWARERESERVEDRANGES), sizeof(DXGK_HARDWARERESERVEDRANGES),
                PROGRAM_MP_FAIL_RANGES, CLAUSE_RESV_TWICE, answer_ranges},
    [ADAPTER_CAPS] = {DXGKQAITYPE_PHYSICALADAPTERCAPS, "DXGKQAITYPE_PHYSICALADAPTERCAPS",
                      FIELD_OFFSET(DXGK_PHYSICALADAPTERCAPS, DxgkPhysicalAdapterHandle) + sizeof(HANDLE),
                      UINT32_MAX, PROGRAM_MP_FAIL_ADAPTER_CAPS, CLAUSE_INIT_QUERY, answer_adapter_caps},
    [SAVE_SIZE] = {DXGKQAITYPE_FRAMEBUFFERSAVESIZE, "DXGKQAITYPE_FRAMEBUFFERSAVESIZE",
                   sizeof(DXGK_FRAMEBUFFERSAVEAREA), sizeof(DXGK_FRAMEBUFFERSAVEAREA),
                   PROGRAM_MP_FAIL_SAVE_SIZE, CLAUSE_INIT_QUERY, answer_save_size},
};

/* Isolation support, as far as Dxgkrnl's version and its own know of it, is what makes a save area worth
 * asking for (INIT-QUERY). */
static bool has_areas(const struct miniport *lead) {
    DXGK_VIDMMCAPS caps;
    caps.Value = lead->settings.memory_caps;
    return (caps.IoMmuSecureModeSupported && lead->settings.served >= DXGKDDI_INTERFACE_VERSION_WDDM2_4) ||
           (caps.IoMmuSecureModeRequired && lead->settings.served >= DXGKDDI_INTERFACE_VERSION_WDDM2_7);
}

/* Of the member that is meant; UINT32_MAX: the question names none. */
static UINT index_of(const DXGKARG_QUERYADAPTERINFO *query) {
    UINT index = UINT32_MAX;
    if (query->pInputData && query->InputDataSize == sizeof(index))
        memcpy(&index, query->pInputData, sizeof(index));
    return index;
}

static bool all_are_started(const struct miniport *lead) {
    bool all = true;
    for (unsigned i = 0; i < lead->count; i++)
        all &= lead->member[i]->started;
    return all;
}

/* INIT-CAPS: of all that there are, and of none that runs. */
static bool check_caps(const struct miniport *self, const struct question *question) {
    const struct miniport *lead = self->lead;
    bool before = true;
    for (unsigned i = 0; i < lead->count; i++)
        before &= lead->member[i]->added && !lead->member[i]->started;
    ULONG version = sut_get()->hold_chosen ? self->settings.served : self->settings.version;
    return REQUIRE(before && version >= DXGKDDI_INTERFACE_VERSION_WDDM2_9, CLAUSE_INIT_CAPS,
                   ("%s of a driver of WDDM 2.9 or later, after all DxgkDdiAddDevice and before the first "
                    "DxgkDdiStartDevice",
                    question->name),
                   ("adapter %u, version 0x%x, %s", self->number, (unsigned)version,
                    before ? "before that" : "too early, or too late"));
}

/* RESV-BEFORE, RESV-TWICE. */
static bool check_ranges(const struct miniport *self, const DXGKARG_QUERYADAPTERINFO *query) {
    DXGK_HARDWARERESERVEDRANGES ranges;
    memcpy(&ranges, query->pOutputData, sizeof(ranges));
    unsigned count = self->lead->settings.reserved;
    return REQUIRE(self->settings.version >= DXGKDDI_INTERFACE_VERSION_WDDM2_4, CLAUSE_RESV_TWICE,
                   ("type 22 asked of a driver of WDDM 2.4 or later"),
                   ("version 0x%x", (unsigned)self->settings.version)) &&
           REQUIRE(!is_attached(self), CLAUSE_RESV_BEFORE,
                   ("the reserved ranges asked for before adapter %u is attached", self->number),
                   ("it is attached")) &&
           REQUIRE(!ranges.pPhysicalRanges || ranges.NumRanges == count, CLAUSE_RESV_TWICE,
                   ("an array of %u ranges", count), ("%u", (unsigned)ranges.NumRanges));
}

static bool check_index(const struct miniport *self, unsigned number, const DXGKARG_QUERYADAPTERINFO *query) {
    const struct miniport *lead = self->lead;
    UINT index = index_of(query);
    if (!REQUIRE(index < lead->count && all_are_started(lead), CLAUSE_INIT_QUERY,
                 ("4 bytes of input, an index below %u, of a chain that is started", lead->count),
                 ("%u bytes, index %u", (unsigned)query->InputDataSize, index)))
        return false;
    if (number == ADAPTER_CAPS)
        return true;
    bool right = has_areas(lead);
    if (sut_get()->hold_chosen)
        right &= !(lead->sizes >> index & 1) && lead->last == index;
    return REQUIRE(
        right, CLAUSE_INIT_QUERY,
        ("the save size, with isolation support, once for each index and after its adapter's caps"),
        ("index %u, %s, indices asked before 0x%x", index, has_areas(lead) ? "supported" : "not supported",
         lead->sizes));
}

/* What this project chose: of the lead, within its start, and in which order. */
static bool check_order(const struct miniport *self, unsigned number) {
    const struct question *question = &questions[number];
    unsigned before = number == IOMMU_CAPS ? BIT(MEMORY_CAPS) : number > DRIVER_CAPS ? BIT(DRIVER_CAPS) : 0;
    if (number == DRIVER_CAPS && self->settings.served >= DXGKDDI_INTERFACE_VERSION_WDDM2_9)
        before = CAPS_BEFORE_START;
    unsigned missing = before & ~self->lead->now;
    return !sut_get()->hold_chosen ||
           (REQUIRE(self->position == 0 && self->starting, CLAUSE_INIT_QUERY,
                    ("%s asked of the lead in its start", question->name),
                    ("physical adapter %u", self->position)) &&
            REQUIRE(!missing, missing & CAPS_BEFORE_START ? CLAUSE_INIT_CAPS : question->wrong,
                    ("%s asked after what comes before it", question->name),
                    ("asked before: 0x%x", self->lead->now)));
}

static bool check_question(const struct miniport *self, unsigned number,
                           const DXGKARG_QUERYADAPTERINFO *query) {
    const struct question *question = &questions[number];
    UINT size = query->OutputDataSize;
    if (!REQUIRE(query->pOutputData && size >= question->least && size <= question->most, question->wrong,
                 ("%s with %u bytes of output", question->name, (unsigned)question->least),
                 ("%u bytes%s", (unsigned)size, query->pOutputData ? "" : ", no pointer")))
        return false;
    if (number < DRIVER_CAPS && !check_caps(self, question))
        return false;
    if (number == RANGES && !check_ranges(self, query))
        return false;
    if (number > RANGES && !check_index(self, number, query))
        return false;
    return check_order(self, number);
}

static NTSTATUS answer_question(struct miniport *self, unsigned number,
                                const DXGKARG_QUERYADAPTERINFO *query) {
    const struct question *question = &questions[number];
    struct miniport *lead = self->lead;
    const struct miniport *meant = lead;
    self->asked |= BIT(number);
    lead->now |= BIT(number);
    if (number == RANGES && ((const DXGK_HARDWARERESERVEDRANGES *)query->pOutputData)->pPhysicalRanges)
        self->asked |= BIT(ARRAY);
    if (number == ADAPTER_CAPS || number == SAVE_SIZE) {
        UINT index = index_of(query);
        if (index >= lead->count)
            return STATUS_UNSUCCESSFUL;
        if (number == SAVE_SIZE)
            lead->sizes |= BIT(index);
        lead->last = number == ADAPTER_CAPS ? index : UINT32_MAX;
        meant = lead->member[index];
    }
    return meant->settings.wrong & question->fails ? STATUS_UNSUCCESSFUL : question->answer(meant, query);
}

static NTSTATUS query_adapter_info(void *context, const DXGKARG_QUERYADAPTERINFO *query) {
    struct miniport *self = context;
    bool judged = miniport_bus->is_judged();
    check_entry(self, "DxgkDdiQueryAdapterInfo");
    if (judged)
        act(self, MINIPORT_QUERY);
    for (unsigned i = 0; i < QUESTIONS; i++)
        if (questions[i].type == query->Type)
            return !judged || check_question(self, i, query) ? answer_question(self, i, query)
                                                             : STATUS_UNSUCCESSFUL;
    return STATUS_NOT_SUPPORTED; /* an implementation may ask for more than this contract speaks of */
}

/* ---- exclusive access ---- */

static NTSTATUS begin_exclusive(void *context, DXGKARG_BEGINEXCLUSIVEACCESS *argument) {
    struct miniport *self = context;
    (void)argument;
    if (miniport_bus->is_judged()) {
        REQUIRE(!self->exclusive, CLAUSE_ATTACH_PAIR,
                ("DxgkDdiEndExclusiveAccess of adapter %u before the next Begin", self->number),
                ("a second Begin"));
        check_entry(self, "DxgkDdiBeginExclusiveAccess");
        REQUIRE(self->started || !sut_get()->hold_chosen, CLAUSE_ATTACH_PAIR,
                ("DxgkDdiBeginExclusiveAccess of a started adapter"),
                ("adapter %u is not started", self->number));
        REQUIRE(!is_attached(self), self->attached ? CLAUSE_ATTACH_ONCE : CLAUSE_ATTACH_PAIR,
                ("adapter %u not yet attached to a domain", self->number),
                ("it is attached when exclusive access begins"));
        act(self, MINIPORT_BEGIN);
    }
    if (self->settings.wrong & PROGRAM_MP_FAIL_BEGIN)
        return STATUS_UNSUCCESSFUL;
    self->exclusive = true;
    self->begun = true;
    return STATUS_SUCCESS;
}

static NTSTATUS end_exclusive(void *context, DXGKARG_ENDEXCLUSIVEACCESS *argument) {
    struct miniport *self = context;
    (void)argument;
    if (miniport_bus->is_judged()) {
        REQUIRE(self->exclusive, CLAUSE_ATTACH_PAIR,
                ("DxgkDdiEndExclusiveAccess of adapter %u after a Begin that succeeded", self->number),
                ("an End without one"));
        self->exclusive = false;
        check_entry(self, "DxgkDdiEndExclusiveAccess");
        self->attached = is_attached(self);
        act(self, MINIPORT_END);
    }
    self->exclusive = false;
    return STATUS_SUCCESS;
}

/* RESV-TWICE. */
static void check_ranges_asked(const struct miniport *lead) {
    unsigned asked = asked_of_any(lead);
    bool array = lead->settings.reserved > 0 && !(lead->settings.wrong & PROGRAM_MP_FAIL_RANGES);
    REQUIRE(asked & BIT(RANGES) && (!array || asked & BIT(ARRAY)), CLAUSE_RESV_TWICE,
            ("the reserved ranges asked for before the attach: how many, then the array"),
            ("%s", asked & BIT(RANGES) ? "how many alone" : "neither"));
}

void miniport_check_attach(struct miniport *lead) {
    for (unsigned i = 0; i < lead->count; i++) {
        struct miniport *member = lead->member[i];
        REQUIRE(member->begun && (member->attached || !is_attached(member)), CLAUSE_ATTACH_PAIR,
                ("adapter %u attached between its DxgkDdiBeginExclusiveAccess and the End", member->number),
                ("%s", member->begun ? "it was not when the End was called" : "no Begin"));
        member->begun = false;
    }
    check_ranges_asked(lead);
}

void miniport_check_access(struct miniport *lead) {
    for (unsigned i = 0; i < lead->count; i++)
        REQUIRE(!lead->member[i]->exclusive, CLAUSE_ATTACH_PAIR,
                ("DxgkDdiEndExclusiveAccess of adapter %u, whose Begin succeeded", lead->member[i]->number),
                ("it was not called"));
}

/* ---- stop ---- */

static void stop_device(void *context) {
    struct miniport *self = context;
    const struct miniport *lead = self->lead;
    if (miniport_bus->is_judged()) {
        REQUIRE(!self->exclusive, CLAUSE_ATTACH_PAIR,
                ("DxgkDdiEndExclusiveAccess of adapter %u, whose Begin succeeded", self->number),
                ("DxgkDdiStopDevice"));
        check_entry(self, "DxgkDdiStopDevice");
        REQUIRE(self->started, CLAUSE_LINK_ORDER, ("DxgkDdiStopDevice of a started adapter"),
                ("adapter %u is not started", self->number));
        REQUIRE(self == lead || !lead->started, CLAUSE_LINK_ORDER,
                ("the lead stopped before adapter %u", self->number),
                ("the lead, adapter %u, still runs", lead->number));
        act(self, MINIPORT_STOP);
        miniport_bus->lost_handle(self);
    }
    self->started = false;
}

/* ---- the chain ---- */

void miniport_init(struct miniport *self, unsigned number, const struct miniport_settings *settings) {
    self->number = number;
    self->settings = *settings;
    self->entries = (struct sut_miniport){
        .context = self,
        .version = settings->version,
        .add_device = add_device,
        .link_device = link_device,
        .start_device = start_device,
        .query_adapter_info = query_adapter_info,
        .stop_device = stop_device,
        .begin_exclusive = begin_exclusive,
        .end_exclusive = end_exclusive,
    };
    self->has_interface = false;
    self->added = false;
    self->linked = false;
    self->started = false;
    self->exclusive = false;
    self->begun = false;
    self->attached = false;
    self->asked = 0;
    self->lead = self;
    self->position = 0;
    self->starting = false;
    self->count = 1;
    self->member[0] = self;
}

void miniport_join(struct miniport *all, const uint8_t *numbers, unsigned count) {
    struct miniport *lead = &all[numbers[0]];
    lead->count = count;
    for (unsigned i = 0; i < count; i++) {
        struct miniport *member = &all[numbers[i]];
        lead->member[i] = member;
        member->lead = lead;
        member->position = i;
        member->linked = false;
    }
}

void miniport_assemble(struct miniport *all, const uint8_t *numbers, unsigned count) {
    struct miniport *lead = &all[numbers[0]];
    miniport_join(all, numbers, count);
    lead->starting = true;
    lead->early = 0;
    lead->now = 0;
    lead->sizes = 0;
    lead->last = UINT32_MAX;
    for (unsigned i = 0; i < count; i++) {
        lead->member[i]->started = false;
        lead->member[i]->exclusive = false;
        lead->member[i]->begun = false;
        lead->member[i]->attached = false;
    }
}

void miniport_remove(struct miniport *self) {
    self->added = false;
}

/* ATTACH-BEFORE; where memory is not remapped it is a choice. RESV-TWICE. */
static void check_early(const struct miniport *lead) {
    bool owed = lead->settings.remapped || sut_get()->hold_chosen;
    if (lead->settings.served < DXGKDDI_INTERFACE_VERSION_WDDM2_9 || !is_attached(lead))
        return;
    for (unsigned i = 0; i < lead->count; i++)
        REQUIRE(lead->early & BIT(i) || !owed || !is_attached(lead->member[i]), CLAUSE_ATTACH_BEFORE,
                ("adapter %u attached before the first DxgkDdiStartDevice", lead->member[i]->number),
                ("it was attached later"));
    check_ranges_asked(lead);
}

void miniport_check_start(struct miniport *lead, bool succeeded) {
    lead->starting = false;
    miniport_check_access(lead);
    for (unsigned i = 0; i < lead->count; i++) {
        const struct miniport *member = lead->member[i];
        if (succeeded)
            REQUIRE(member->started, CLAUSE_LINK_ORDER,
                    ("DxgkDdiStartDevice of adapter %u called", member->number), ("it was not"));
        else
            REQUIRE(!member->started, CLAUSE_INIT_ROLLBACK,
                    ("adapter %u, which had been started, stopped again", member->number),
                    ("it was left running by a start that failed"));
    }
    if (!succeeded)
        return;
    bool areas = has_areas(lead);
    bool caps = lead->now & BIT(DRIVER_CAPS) || !sut_get()->hold_chosen;
    REQUIRE(caps && lead->sizes == (areas ? (1u << lead->count) - 1 : 0), CLAUSE_INIT_QUERY,
            ("the caps asked, and the save size of %s", areas ? "every index" : "no index"),
            ("caps 0x%x, indices 0x%x", lead->now, lead->sizes));
    check_early(lead);
}

void miniport_check_stop(struct miniport *lead) {
    for (unsigned i = 0; i < lead->count; i++) {
        struct miniport *member = lead->member[i];
        REQUIRE(!member->started, miniport_bus->is_gone(member) ? CLAUSE_STOP_RECLAIM : CLAUSE_LINK_ORDER,
                ("DxgkDdiStopDevice of adapter %u called", member->number), ("it was not"));
        member->started = false;
        member->attached = false;
    }
}

/* ---- harness/judge/descriptor.h ---- */

/*
 * What a pin or a map hands out, looked at by itself. Plain C that needs the seam and REQUIRE() alone:
 * `pinfuzz source` puts it as it stands into each file it writes. Each is false for what is malformed.
 */

/* `array`: why it must not be contiguous; NULL when it may be. */
bool descriptor_check_adl(const DXGK_ADL *adl, uint64_t pages, const char *array);
bool descriptor_check_mdl(const MDL *mdl, uint64_t bytes);
/* Of a map that was asked for `offset`. */
bool descriptor_check_view(const DXGKARGCB_MAPFRAMEBUFFERPOINTER *map, uint64_t offset);

/* ---- harness/judge/descriptor.c ---- */

/* Checks the shape of an ADL, an MDL and a view. */

#define ULL unsigned long long

/* Whether there can be an array of page numbers at this address. Page numbers themselves, which share
 * the ADL's union with the pointer, mostly are none: below 64 KiB no system maps anything, the numbers
 * of a remapped domain may use all 52 bits, pointers of a process 47. */
static bool may_be_array(const DXGK_PAGE_NUMBER *pages) {
    uint64_t address = (uintptr_t)pages;
    return address >= UINT64_C(64) << 10 && address >> 47 == 0 && address % sizeof(*pages) == 0;
}

bool descriptor_check_adl(const DXGK_ADL *adl, uint64_t pages, const char *array) {
    return REQUIRE(adl, CLAUSE_PIN_PAGES, ("an ADL"), ("pAdl null")) &&
           REQUIRE(adl->PageCount == pages, CLAUSE_PIN_COUNT, ("PageCount %llu", (ULL)pages),
                   ("PageCount %u", (unsigned)adl->PageCount)) &&
           REQUIRE(adl->Flags.Reserved == 0 || !sut_get()->hold_chosen, CLAUSE_PIN_ADLFLAGS,
                   ("reserved bits of the ADL's flags zero"), ("Flags 0x%x", (unsigned)adl->Flags.Value)) &&
           REQUIRE(adl->Flags.Contiguous || may_be_array(adl->Pages), CLAUSE_PIN_PAGES,
                   ("Contiguous clear, and Pages pointing to %llu entries", (ULL)pages),
                   ("Pages 0x%llx, where no array can be", (ULL)(uintptr_t)adl->Pages)) &&
           REQUIRE(!adl->Flags.Contiguous || !array, CLAUSE_PIN_CONTIG, ("an array, for %s", array),
                   ("a contiguous ADL"));
}

bool descriptor_check_mdl(const MDL *mdl, uint64_t bytes) {
    return REQUIRE(mdl, CLAUSE_PIN1_SAME, ("an MDL"), ("pMdl null")) &&
           REQUIRE(mdl->ByteCount == bytes && mdl->ByteOffset == 0 && !mdl->Next, CLAUSE_PIN1_SAME,
                   ("ByteCount 0x%llx, ByteOffset 0, Next null", (ULL)bytes),
                   ("ByteCount 0x%x, ByteOffset 0x%x, Next %s", (unsigned)mdl->ByteCount,
                    (unsigned)mdl->ByteOffset, mdl->Next ? "set" : "null"));
}

bool descriptor_check_view(const DXGKARGCB_MAPFRAMEBUFFERPOINTER *map, uint64_t offset) {
    const uint64_t granularity = UINT64_C(64) << 10;
    uint64_t base = (uintptr_t)map->pBaseAddress;
    bool aligned = base % granularity == 0 && map->Offset == offset % granularity;
    return REQUIRE(base && map->Offset <= offset && (aligned || !sut_get()->hold_chosen), CLAUSE_MAP_ADDRESS,
                   ("a 64 KiB aligned base, returned Offset 0x%llx", (ULL)(offset % granularity)),
                   ("base%s, Offset 0x%llx",
                    base % granularity ? " unaligned"
                    : base             ? ""
                                       : " null",
                    (ULL)map->Offset));
}

/* ---- harness/contract/legal.h ---- */

/* Which statuses a call may return: the harness judges by it, and so do the C files of `pinfuzz source`,
 * which have this header as it stands. */

struct legal {
    bool success;
    bool failure;    /* with which status, says the rest; where exact statuses are not judged, with any */
    NTSTATUS status; /* this one, when it is none of success */
    bool shortage;   /* STATUS_INSUFFICIENT_RESOURCES, STATUS_NO_MEMORY */
    bool commitment; /* STATUS_COMMITMENT_LIMIT */
    bool any;
};

static inline bool legal_is_shortage(NTSTATUS status) {
    return status == STATUS_INSUFFICIENT_RESOURCES || status == STATUS_NO_MEMORY;
}

static inline bool legal_permits(const struct legal *legal, NTSTATUS status, bool exact) {
    if (NT_SUCCESS(status))
        return legal->success;
    return legal->failure && (!exact || legal->any || status == legal->status ||
                              (legal->shortage && legal_is_shortage(status)) ||
                              (legal->commitment && status == STATUS_COMMITMENT_LIMIT));
}

/* ---- harness/contract/ledger.h ---- */

/*
 * The counts of the ledger that are compared with the contract's after every call, a row for each: the member
 * of struct sut_ledger, and what it counts. A count that matters more for what broke comes first: a pin that
 * took commit is no less wrong for being a good pin.
 */
#define LEDGER_COUNTS(COUNT)                                                                                 \
    COUNT(commit_pages, "pages of commit charged")                                                           \
    COUNT(pins, "pins")                                                                                      \
    COUNT(locked_pages, "locked pages")                                                                      \
    COUNT(domain_pages, "pages mapped in domains")                                                           \
    COUNT(views, "views")                                                                                    \
    COUNT(view_bytes, "bytes of view space")                                                                 \
    COUNT(handles, "handles alive")                                                                          \
    COUNT(leaks, "pins and views taken back at stops")                                                       \
    COUNT(breaches, "calls above PASSIVE_LEVEL reported")

#define LEDGER_NUMBER(member, what) LEDGER_##member,
enum ledger_count {
    LEDGER_COUNTS(LEDGER_NUMBER)
};

/* ---- harness/reproduce/embedded/stage.c ---- */

/* Who plays the bus, the user and the GPUs. */

static struct miniport adapter[SUT_DEVICES];
static bool gone[SUT_DEVICES]; /* surprise removed */

/* ---- what a miniport wants of the bus ---- */

/* Every handle ever issued: one for each adapter of each start. */
static uint64_t issued[1024 * SUT_CHAIN_MAX + SUT_DEVICES];
static unsigned issued_count;

static void got_handle(struct miniport *self) {
    miniport_check_handle(self, issued, issued_count);
    if (issued_count == sizeof issued / sizeof *issued)
        quit(2);
    issued[issued_count++] = (uint64_t)(uintptr_t)self->dxgkrnl.DeviceHandle;
}

HELPER HANDLE handle_issued(unsigned number) {
    return (HANDLE)(uintptr_t)issued[number];
}

static void lost_handle(struct miniport *self) {
    (void)self;
}

static bool over;

static bool is_judged(void) {
    return !over;
}

static bool is_gone(const struct miniport *self) {
    return gone[self->number];
}

/* What drivers do when they are entered, at this point of the scenario. */
static void (*within)(unsigned entry);
static unsigned entered;

HELPER void enters(void (*does)(unsigned entry)) {
    within = does;
    entered = miniport_acted;
}

static void acts(struct miniport *self, enum miniport_entry entry) {
    (void)self;
    (void)entry;
    if (within)
        within(miniport_acted - entered);
}

/* ---- the bus ---- */

/* The next call is to stop the system, and the scenario with it. */
static bool stops;

static void bug_check(ULONG code) {
    if (!stops)
        finding("a bug check, code 0x%x", (unsigned)code);
    printf("kept: the system stops\n");
    quit(0);
}

HELPER void boot(const struct sut_machine_config *machine, const struct miniport_settings *settings,
                 unsigned adapters) {
    static const struct miniport_bus bus = {is_judged, is_gone, got_handle, lost_handle, acts};
    miniport_bus = &bus;
    sut = sut_get();
    for (unsigned i = 0; i < adapters; i++)
        miniport_init(&adapter[i], i, &settings[i]);
    if (sut->boot(machine)) {
        if (sut->set_bug_check)
            sut->set_bug_check(bug_check);
        return;
    }
    printf("the machine cannot be booted\n");
    quit(2);
}

HELPER int finish(void) {
    over = true;
    sut->shutdown();
    printf("kept\n");
    return 0;
}

/* Its driver says that it is one of these, the lead first. */
HELPER NTSTATUS bus_add(unsigned number, unsigned count, const uint8_t *members) {
    bool fresh = !adapter[number].added;
    if (fresh)
        miniport_join(adapter, members, count);
    NTSTATUS status = sut->add(number, &adapter[number].entries);
    if (fresh)
        miniport_check_add(&adapter[number], NT_SUCCESS(status));
    if (NT_SUCCESS(status)) {
        adapter[number].dxgkrnl.DeviceHandle = NULL;
        gone[number] = false;
    }
    return status;
}

/* Two chains of which these become. */
HELPER NTSTATUS bus_link(unsigned lead, unsigned joiner, unsigned count, const uint8_t *members) {
    miniport_join(adapter, members, count);
    NTSTATUS status = sut->link(lead, joiner);
    if (NT_SUCCESS(status)) {
        miniport_check_link(&adapter[lead]);
    } else {
        miniport_join(adapter, members, count - 1);
        miniport_join(adapter, members + count - 1, 1);
    }
    return status;
}

/* Of a chain that is stopped: its lead, and so on. */
HELPER NTSTATUS bus_start(unsigned number, unsigned count, const uint8_t *members, bool attaches) {
    miniport_assemble(adapter, members, count);
    NTSTATUS status = sut->start(number);
    miniport_check_start(&adapter[members[0]], NT_SUCCESS(status));
    if (NT_SUCCESS(status) && attaches && (!sut->domain || sut->domain(number) != 0))
        miniport_check_attach(&adapter[members[0]]);
    return status;
}

HELPER NTSTATUS bus_secure_vm(unsigned number, bool attaches) {
    NTSTATUS status = sut->secure_vm(number);
    miniport_check_access(adapter[number].lead);
    if (NT_SUCCESS(status) && attaches && (!sut->domain || sut->domain(number) != 0))
        miniport_check_attach(adapter[number].lead);
    return status;
}

/* Of a chain that runs. */
HELPER NTSTATUS bus_stop(unsigned number) {
    NTSTATUS status = sut->stop(number);
    if (NT_SUCCESS(status))
        miniport_check_stop(adapter[number].lead);
    return status;
}

HELPER NTSTATUS bus_remove(unsigned number) {
    NTSTATUS status = sut->remove(number);
    if (NT_SUCCESS(status)) {
        miniport_check_stop(adapter[number].lead);
        miniport_remove(&adapter[number]);
    }
    return status;
}

HELPER NTSTATUS bus_surprise_remove(unsigned number) {
    NTSTATUS status = sut->surprise_remove(number);
    gone[number] |= NT_SUCCESS(status);
    return status;
}

/* ---- a step of the scenario ---- */

static const char *step_name;
static struct sut_ledger before; /* of the step */
/* The step is what breaks the contract. Until then what differs is something else. */
static bool decisive;

HELPER void step(const char *name) {
    step_name = name;
    if (sut->ledger)
        sut->ledger(&before);
}

HELPER __attribute__((format(printf, 1, 2))) void differs(const char *got, ...) {
    char text[128];
    va_list list;
    va_start(list, got);
    vsnprintf(text, sizeof text, got, list);
    va_end(list);
    if (decisive)
        finding("%s", text);
    printf("%s: %s, unlike before\n", step_name, text);
    quit(2);
}

HELPER void went(NTSTATUS status, bool succeeds) {
    if (NT_SUCCESS(status) != succeeds)
        differs("0x%08x", (unsigned)status);
}

/* The implementation may be short of something here, and the scenario is over. */
HELPER void may_fail(NTSTATUS status) {
    if (NT_SUCCESS(status))
        return;
    printf("kept: %s fails with 0x%08x, as it may\n", step_name, (unsigned)status);
    quit(0);
}

HELPER void judged(NTSTATUS status, struct legal legal) {
    if (!legal_permits(&legal, status, sut->hold_chosen))
        finding("0x%08x", (unsigned)status);
}

HELPER void unchanged(NTSTATUS status, const void *was, const void *is, size_t size) {
    if (!NT_SUCCESS(status) && memcmp(was, is, size) != 0)
        finding("changed by a call that failed");
}

HELPER void no_lock_held(void) {
    if (sut->lock_held && sut->lock_held())
        finding("'%s' is still held", sut->lock_held());
}

HELPER void irql_is(unsigned expected) {
    if (sut->irql() != expected)
        finding("IRQL %u", (unsigned)sut->irql());
}

/* ---- pinned pages ---- */

/* What an ADL or an MDL said when the pin was made. */
struct pages {
    const void *descriptor;
    bool legacy; /* an MDL */
    bool contiguous;
    uint64_t count;
    DXGK_PAGE_NUMBER base;         /* contiguous */
    const DXGK_PAGE_NUMBER *array; /* else; and a copy, for what is looked at when the pin has ended */
    DXGK_PAGE_NUMBER *numbers;
    uint64_t pool_bytes; /* what the pin took */
    uint64_t pool_blocks;
};

HELPER void copy_numbers(struct pages *pages) {
    size_t size = pages->count * sizeof *pages->numbers;
    pages->numbers = malloc(size);
    if (!pages->numbers)
        quit(2);
    memcpy(pages->numbers, pages->array, size);
}

HELPER struct pages read_pages(const void *descriptor, bool legacy) {
    const DXGK_ADL *adl = descriptor;
    struct pages pages = {.descriptor = descriptor, .legacy = legacy};
    if (legacy) {
        const MDL *mdl = descriptor;
        pages.count = mdl->ByteCount / PAGE_SIZE;
        pages.array = (const DXGK_PAGE_NUMBER *)(mdl + 1);
        copy_numbers(&pages);
        return pages;
    }
    pages.count = adl->PageCount;
    pages.contiguous = adl->Flags.Contiguous;
    if (pages.contiguous) {
        pages.base = adl->BasePageNumber;
    } else {
        pages.array = adl->Pages;
        copy_numbers(&pages);
    }
    return pages;
}

/* What the step has pinned. */
HELPER struct pages new_pages(const void *descriptor, bool legacy) {
    struct pages pages = read_pages(descriptor, legacy);
    struct sut_ledger now = {0};
    if (sut->ledger)
        sut->ledger(&now);
    pages.pool_bytes = now.pool_bytes - before.pool_bytes;
    pages.pool_blocks = now.pool_blocks - before.pool_blocks;
    return pages;
}

HELPER struct pages pages_of_adl(const DXGK_ADL *adl, uint64_t count, const char *array) {
    descriptor_check_adl(adl, count, array);
    return new_pages(adl, false);
}

HELPER struct pages pages_of_mdl(const MDL *mdl, uint64_t bytes) {
    descriptor_check_mdl(mdl, bytes);
    return new_pages(mdl, true);
}

/* The device page number of a page of the section. */
HELPER DXGK_PAGE_NUMBER page_number(const struct pages *pages, uint64_t page) {
    return pages->contiguous ? pages->base + page : pages->numbers[page];
}

/* ---- GPUs and the CPU ---- */

HELPER bool dma(unsigned gpu, uint64_t number, unsigned offset, uint64_t *word, bool write) {
    return sut->dma(gpu, number * PAGE_SIZE + offset, word, sizeof *word, write);
}

/* In each of `count` pages a GPU writes a word, the first of them `stamp`, the next one more. */
HELPER void gpu_writes(unsigned gpu, const struct pages *pages, uint64_t page, unsigned count,
                       unsigned offset, uint64_t stamp, bool reaches) {
    bool reached = true;
    for (unsigned i = 0; i < count; i++) {
        uint64_t word = stamp + i;
        reached &= dma(gpu, page_number(pages, page + i), offset, &word, true);
    }
    if (reached != reaches)
        differs(reached ? "it went through" : "a fault");
}

/* Or reads one. */
HELPER void gpu_reads(unsigned gpu, const struct pages *pages, uint64_t page, unsigned count, unsigned offset,
                      const uint64_t *words, bool reaches) {
    bool reached = true;
    for (unsigned i = 0; i < count; i++) {
        uint64_t word = 0;
        reached &= dma(gpu, page_number(pages, page + i), offset, &word, false);
        if (reached && reaches && word != words[i])
            differs("0x%llx", (unsigned long long)word);
    }
    if (reached != reaches)
        differs(reached ? "it went through" : "a fault");
}

HELPER volatile uint64_t *cpu_word(PVOID base, int64_t offset) {
    return (volatile uint64_t *)((uintptr_t)base + (uintptr_t)offset);
}

HELPER void cpu_reads(PVOID base, int64_t offset, uint64_t expected) {
    uint64_t word = *cpu_word(base, offset);
    if (word != expected)
        differs("0x%llx", (unsigned long long)word);
}

/*
 * What GPUs look at, without a word of the program: the last 8 bytes of pages carry a mark each, and the
 * pages beside a pin fault. That it is looked at is part of the scenario, what is seen is not.
 */
struct look {
    unsigned gpu;
    const struct pages *pages;
    uint64_t page;
    int beside; /* 1: the device page behind it; -1: before */
    unsigned offset;
    uint64_t mark; /* 0: it reads; else it writes this */
};

HELPER void look(const struct look *looks, size_t count) {
    for (const struct look *at = looks; at < looks + count; at++) {
        uint64_t word = at->mark;
        uint64_t number = page_number(at->pages, at->page) + (uint64_t)(int64_t)at->beside;
        (void)dma(at->gpu, number, at->offset, &word, at->mark != 0);
    }
}

#define LOOK(...)                                                                                            \
    look((const struct look[]){__VA_ARGS__}, sizeof((const struct look[]){__VA_ARGS__}) / sizeof(struct look))

/* ---- what the contract says of what has happened ---- */

/* The GPU's access to a device page. */
HELPER void dma_faults(unsigned gpu, uint64_t number, unsigned offset) {
    uint64_t word = 0;
    if (dma(gpu, number, offset, &word, false))
        finding("it went through");
}

HELPER void dma_writes(unsigned gpu, uint64_t number, unsigned offset, uint64_t word) {
    if (!dma(gpu, number, offset, &word, true))
        finding("a fault");
}

HELPER void dma_reads(unsigned gpu, uint64_t number, unsigned offset, uint64_t expected) {
    uint64_t word = ~expected;
    if (!dma(gpu, number, offset, &word, false))
        finding("a fault");
    if (word != expected)
        finding("0x%llx", (unsigned long long)word);
}

/* It may reach what it likes, but not this word. */
HELPER void dma_never_reads(unsigned gpu, uint64_t number, unsigned offset, uint64_t foreign) {
    uint64_t word = 0;
    if (dma(gpu, number, offset, &word, false) && word == foreign)
        finding("it reads the other chain's page");
}

/* A page of the section of an index. */
HELPER struct sut_page page_of(unsigned lead, unsigned index, uint64_t page) {
    struct sut_page found = {0};
    (void)sut->page(lead, index, page, &found);
    return found;
}

HELPER void page_is_there(unsigned lead, unsigned index, uint64_t page, bool there) {
    struct sut_page found;
    if (sut->page(lead, index, page, &found) != there)
        finding(there ? "no such page" : "such a page");
}

HELPER void page_is_locked(unsigned lead, unsigned index, uint64_t page, bool locked) {
    page_is_there(lead, index, page, true);
    if (page_of(lead, index, page).locked != locked)
        finding(locked ? "not locked" : "locked");
}

HELPER void page_is_at(unsigned lead, unsigned index, uint64_t page, uint64_t pfn) {
    struct sut_page found = page_of(lead, index, page);
    if (!found.has_frame || found.pfn != pfn)
        finding("PFN 0x%llx", (unsigned long long)found.pfn);
}

HELPER void descriptor_is_alive(const struct pages *pages, bool alive) {
    if (sut->descriptor_alive(pages->descriptor) != alive)
        finding(alive ? "it is freed" : "it is alive");
}

/* It says what it said when the pin was made. */
HELPER void descriptor_is_same(const struct pages *was) {
    struct pages now = read_pages(was->descriptor, was->legacy);
    if (now.count != was->count || now.contiguous != was->contiguous || now.base != was->base ||
        now.array != was->array ||
        (now.numbers && memcmp(now.numbers, was->numbers, now.count * sizeof *now.numbers) != 0))
        finding("another count, form, place or page than when it was pinned");
    free(now.numbers);
}

HELPER void descriptor_is_contiguous(const struct pages *pages) {
    if (!pages->contiguous)
        finding("an array");
}

/* Every device page lies within HighestVisibleAddress; of a contiguous pin the last says it of all. */
HELPER void pages_are_below(const struct pages *pages, uint64_t visible) {
    for (uint64_t i = pages->contiguous ? pages->count - 1 : 0; i < pages->count; i++)
        if (page_number(pages, i) >= visible)
            finding("device page 0x%llx", (unsigned long long)page_number(pages, i));
}

/* None of them is one of these. */
HELPER void pages_are_apart(const struct pages *pages, uint64_t first, uint64_t count) {
    for (uint64_t i = 0; i < pages->count; i++)
        if (page_number(pages, i) - first < count)
            finding("device page 0x%llx", (unsigned long long)page_number(pages, i));
}

/* Where memory is remapped the numbers are logical: not all of them are those of the pages' frames. */
HELPER void pages_are_logical(const struct pages *pages, unsigned lead, unsigned index) {
    for (uint64_t i = 0; i < pages->count && i < 8; i++) {
        struct sut_page found = page_of(lead, index, i);
        if (!found.has_frame || found.pfn != page_number(pages, i))
            return;
    }
    finding("each page at its PFN");
}

HELPER void base_is_new(const DXGKARGCB_MAPFRAMEBUFFERPOINTER *map,
                        const DXGKARGCB_MAPFRAMEBUFFERPOINTER *ended) {
    if (map->pBaseAddress == ended->pBaseAddress)
        finding("a base that was issued before and has ended");
}

HELPER void cpu_can_access(PVOID base, int64_t offset, size_t size, bool can) {
    if (sut->cpu_accessible((const char *)base + offset, size) != can)
        finding(can ? "a fault" : "it can be read");
}

HELPER void domain_is(unsigned gpu, bool attached) {
    if ((sut->domain(gpu) != 0) != attached)
        finding("domain %llu", (unsigned long long)sut->domain(gpu));
}

HELPER void domain_is_that_of(unsigned gpu, unsigned other, bool same) {
    if ((sut->domain(gpu) == sut->domain(other)) != same)
        finding("domain %llu", (unsigned long long)sut->domain(gpu));
}

/* What is out right now. */
HELPER void ledger_is(const struct sut_ledger *expected) {
    struct sut_ledger found;
    sut->ledger(&found);
#define COMPARE(member, what)                                                                                \
    if (found.member != expected->member)                                                                    \
        finding("%llu %s", (unsigned long long)found.member, what);
    LEDGER_COUNTS(COMPARE)
}

/* The step has left the pool as it was, but for so much that it has given back. */
HELPER void pool_gave_back(uint64_t bytes, uint64_t blocks) {
    struct sut_ledger now;
    sut->ledger(&now);
    if (before.pool_bytes - now.pool_bytes != bytes || before.pool_blocks - now.pool_blocks != blocks)
        finding("%lld bytes in %lld blocks given back", (long long)(before.pool_bytes - now.pool_bytes),
                (long long)(before.pool_blocks - now.pool_blocks));
}

/* When the last adapter is gone. */
HELPER void nothing_is_out(void) {
    static const struct sut_ledger nothing;
    struct sut_ledger found;
    if (!sut->ledger)
        return;
    sut->ledger(&found);
    found.leaks = nothing.leaks; /* these two count what has been */
    found.breaches = nothing.breaches;
    if (found.pool_bytes || found.pool_blocks || found.cache_bytes)
        finding("%llu bytes in %llu blocks, %llu bytes of caches", (unsigned long long)found.pool_bytes,
                (unsigned long long)found.pool_blocks, (unsigned long long)found.cache_bytes);
#define IS_OUT(member, what)                                                                                 \
    if (found.member)                                                                                        \
        finding("%llu %s", (unsigned long long)found.member, what);
    LEDGER_COUNTS(IS_OUT)
}

/* ---- the scenario ---- */

static const struct miniport_settings adapters[] = {
    {.version = DXGKDDI_INTERFACE_VERSION_WDDM3_0,
     .served = DXGKDDI_INTERFACE_VERSION_WDDM3_0,
     .interface_size = 0x238,
     .memory_caps = 0x4800,
     .remapped = false,
     .caps = {.Value = 5}, /* IommuIsolationSupported DmaRemappingSupported */
     .highest_visible = UINT64_C(0xffffffffffffffff),
     .maximum_size = 0x8000},
};

static const struct sut_machine_config machine = {
    .iommu = SUT_IOMMU_PRESENT,
    .dxgkrnl_version = DXGKDDI_INTERFACE_VERSION_WDDM3_1,
    .iommu_flags = 7,
    .ram_pages = 0x1000,
    .highest_pfn = 0x2000,
    .firmware_pages = 0,
    .firmware_first = 0x2001,
    .commit_pages = 0x10000,
    .pool_bytes = 0x40000,
    .view_bytes = 0x100000,
    .pfn_seed = 0,
};

/* What the calls take and give; the numbers are the operations'. */
static DXGKARGCB_PINFRAMEBUFFERFORSAVE2 pin2_1;
static struct pages pages_1;
static DXGKARGCB_MAPFRAMEBUFFERPOINTER map_2;

int main(void) {
    boot(&machine, adapters, 1);

    /* bringing the machine up */
    step("boot: add");
    went(bus_add(0, 1, (const uint8_t[]){0}), true);
    step("boot: start");
    went(bus_start(0, 1, (const uint8_t[]){0}, false), true);

    /* 1: pin2 lead(0) index=0 CommitSize=MaximumSize */
    step("1: pin2");
    pin2_1.CommitSize = 0x8000;
    went(adapter[0].dxgkrnl.DxgkCbPinFrameBufferForSave2(adapter[0].dxgkrnl.DeviceHandle, &pin2_1), true);
    pages_1 = pages_of_adl(pin2_1.pAdl, 8, "PreferContiguous was not set");
    LOOK({0, &pages_1, 0, 0, 0xff8, 0},
         {0, &pages_1, 0, 0, 0xff8, UINT64_C(0x5a00010000000000)},
         {0, &pages_1, 1, 0, 0xff8, 0},
         {0, &pages_1, 1, 0, 0xff8, UINT64_C(0x5a00010000000001)},
         {0, &pages_1, 2, 0, 0xff8, 0},
         {0, &pages_1, 2, 0, 0xff8, UINT64_C(0x5a00010000000002)},
         {0, &pages_1, 3, 0, 0xff8, 0},
         {0, &pages_1, 3, 0, 0xff8, UINT64_C(0x5a00010000000003)},
         {0, &pages_1, 4, 0, 0xff8, 0},
         {0, &pages_1, 4, 0, 0xff8, UINT64_C(0x5a00010000000004)},
         {0, &pages_1, 5, 0, 0xff8, 0},
         {0, &pages_1, 5, 0, 0xff8, UINT64_C(0x5a00010000000005)},
         {0, &pages_1, 6, 0, 0xff8, 0},
         {0, &pages_1, 6, 0, 0xff8, UINT64_C(0x5a00010000000006)},
         {0, &pages_1, 7, 0, 0xff8, 0},
         {0, &pages_1, 7, 0, 0xff8, UINT64_C(0x5a00010000000007)},
         {0, &pages_1, 0, 0, 0xff8, 0},
         {0, &pages_1, 7, 1, 0x0, 0});

    /* 2: map lead(0) index=0 Size=0x1000 */
    step("2: map");
    map_2.Size = 0x1000;
    went(adapter[0].dxgkrnl.DxgkCbMapFrameBufferPointer(adapter[0].dxgkrnl.DeviceHandle, &map_2), true);
    descriptor_check_view(&map_2, 0);
    LOOK({0, &pages_1, 0, 0, 0xff8, 0},
         {0, &pages_1, 7, 0, 0xff8, 0},
         {0, &pages_1, 2, 0, 0xff8, 0});

    /* 3: stop 0 */
    step("3: stop");
    went(bus_stop(0), true);
    LOOK({0, &pages_1, 0, 0, 0x0, 0},
         {0, &pages_1, 7, 0, 0x0, 0});

    /* taking the machine down */
    step("end: remove");
    went(bus_remove(0), true);
    nothing_is_out();

    return finish();
}
