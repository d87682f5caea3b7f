/* The simulated miniport: what it answers, well or badly, and which calls may come to it in which order. */
#include "harness/drive/miniport.h"

#include <string.h>

#include "harness/contract/held.h"
#include "harness/judge/report.h"

unsigned miniport_acted;
const struct miniport_bus *miniport_bus;

static void act(struct miniport *self, enum miniport_entry entry) {
    miniport_bus->acts(self, entry);
    miniport_acted++;
}

/* What holds of every call that reaches a driver. False when it is not judged. */
static bool check_entry(const struct miniport *self, const char *entry) {
    const struct sut *sut = sut_get();
    if (!miniport_bus->is_judged())
        return false;
    REQUIRE(!sut->irql || sut->irql() == PASSIVE_LEVEL, CLAUSE_ANY_IRQL,
            ("%s of adapter %u at PASSIVE_LEVEL", entry, self->number), ("IRQL %u", (unsigned)sut->irql()));
    REQUIRE(!self->exclusive, CLAUSE_ATTACH_QUIET,
            ("no call between DxgkDdiBeginExclusiveAccess of adapter %u and the End", self->number),
            ("%s", entry));
    return true;
}

/* ---- add and link ---- */

static NTSTATUS add_device(void *context) {
    struct miniport *self = context;
    if (check_entry(self, "DxgkDdiAddDevice"))
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
    if (check_entry(self, "DxgkDdiLinkDevice"))
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
    return slot;
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
    ULONG version = lead->served;
    size_t size = lead->interface_size;
    bool fits = (held.version ? dxgkrnl->Version == version : dxgkrnl->Version >= version) &&
                (held.table ? dxgkrnl->Size == size : dxgkrnl->Size >= size);
    if (!REQUIRE(fits, CLAUSE_ANY_VERSION,
                 ("Version 0x%x%s, Size 0x%zx%s", (unsigned)version, held.version ? "" : " or more", size,
                  held.table ? "" : " or more"),
                 ("Version 0x%x, Size 0x%x", (unsigned)dxgkrnl->Version, (unsigned)dxgkrnl->Size)))
        return;
    size_t end = held.table ? sizeof(*dxgkrnl) : size;
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
    REQUIRE(!known || !held.handles, CLAUSE_STOP_STALE,
            ("a handle of adapter %u that was never issued before", self->number),
            ("0x%llx", (unsigned long long)handle));
}

/* As far as the table goes, which may be no further than its Size; a driver calls nothing that its version
 * has not. */
static void copy_interface(struct miniport *self, const DXGKRNL_INTERFACE *dxgkrnl) {
    size_t own = held.table ? sizeof(*dxgkrnl) : self->lead->settings.interface_size;
    size_t size = dxgkrnl->Size < own ? dxgkrnl->Size : own;
    memset((char *)&self->dxgkrnl + size, 0, sizeof(*dxgkrnl) - size);
    memcpy(&self->dxgkrnl, dxgkrnl, size);
    self->table = dxgkrnl;
    self->has_interface = true;
}

/* Until its DxgkDdiStopDevice a driver may call through the table itself, in place of a copy: that is a
 * choice. A write into it from beside it shows nowhere else. */
static void check_table(const struct miniport *self) {
    const char *was = (const char *)&self->dxgkrnl;
    const char *is = (const char *)self->table;
    size_t size = self->lead->settings.interface_size;
    if (!sut_get()->hold_chosen || memcmp(was, is, size) == 0)
        return;
    size_t at = 0;
    while (was[at] == is[at])
        at++;
    (void)REQUIRE(false, CLAUSE_ANY_VERSION,
                  ("the interface of adapter %u at its DxgkDdiStopDevice as at its start", self->number),
                  ("another byte at 0x%zx", at));
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
    for (unsigned i = 1; held.order && i < self->position; i++)
        REQUIRE(lead->member[i]->started, CLAUSE_LINK_ORDER,
                ("adapter %u, which was linked before adapter %u, started before it", lead->member[i]->number,
                 self->number),
                ("it is not yet started"));
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

static bool none_is_started(const struct miniport *lead) {
    bool none = true;
    for (unsigned i = 0; i < lead->count; i++)
        none &= !lead->member[i]->started;
    return none;
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
        return REQUIRE(!((lead->sizes & ~lead->known) >> index & 1), CLAUSE_INIT_QUERY,
                       ("the caps of index %u asked before its save size", index),
                       ("the save size was first"));
    bool right = lead->settings.areas;
    if (sut_get()->hold_chosen)
        right &= !(lead->sizes >> index & 1) && lead->last == index;
    return REQUIRE(
        right, CLAUSE_INIT_QUERY,
        ("the save size, with isolation support, once for each index and after its adapter's caps"),
        ("index %u, %s, indices asked before 0x%x", index,
         lead->settings.areas ? "supported" : "not supported", lead->sizes));
}

/* What this project chose: of the lead, within its start, and in which order. */
static bool check_order(const struct miniport *self, unsigned number) {
    const struct question *question = &questions[number];
    unsigned before = number == IOMMU_CAPS ? BIT(MEMORY_CAPS) : number > DRIVER_CAPS ? BIT(DRIVER_CAPS) : 0;
    if (number == DRIVER_CAPS && self->settings.served >= DXGKDDI_INTERFACE_VERSION_WDDM2_9)
        before = CAPS_BEFORE_START;
    unsigned missing = before & ~self->lead->now;
    bool late = number == DRIVER_CAPS && self->settings.served < DXGKDDI_INTERFACE_VERSION_WDDM2_9;
    return !(number <= DRIVER_CAPS ? held.caps : sut_get()->hold_chosen) ||
           (REQUIRE(self->position == 0 && self->starting, CLAUSE_INIT_QUERY,
                    ("%s asked of the lead in its start", question->name),
                    ("physical adapter %u", self->position)) &&
            REQUIRE(number != DRIVER_CAPS || (late ? all_are_started : none_is_started)(self->lead),
                    question->wrong,
                    ("%s asked %s", question->name, late ? "when all are started" : "before any is started"),
                    ("%s", late ? "one is not" : "one is")) &&
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
        else
            lead->known |= BIT(index);
        lead->last = number == ADAPTER_CAPS ? index : UINT32_MAX;
        meant = lead->member[index];
    }
    return meant->settings.wrong & question->fails ? STATUS_UNSUCCESSFUL : question->answer(meant, query);
}

static NTSTATUS query_adapter_info(void *context, const DXGKARG_QUERYADAPTERINFO *query) {
    struct miniport *self = context;
    bool judged = check_entry(self, "DxgkDdiQueryAdapterInfo");
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
        for (unsigned i = self->position + 1; held.order && i < lead->count; i++)
            REQUIRE(!lead->member[i]->started || self == lead, CLAUSE_LINK_ORDER,
                    ("adapter %u, which was linked after adapter %u, stopped before it",
                     lead->member[i]->number, self->number),
                    ("it still runs"));
        act(self, MINIPORT_STOP);
        check_table(self);
        miniport_bus->lost_handle(self);
    } else if (miniport_bus->stops_unjudged) {
        miniport_bus->stops_unjudged(self);
    }
    self->started = false;
}

/* ---- the chain ---- */

void miniport_init(struct miniport *self, unsigned number) {
    self->number = number;
    self->entries = (struct sut_miniport){
        .context = self,
        .version = self->settings.version,
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
    lead->known = 0;
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
    bool areas = lead->settings.areas;
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
