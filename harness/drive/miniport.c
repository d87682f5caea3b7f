#include "harness/drive/miniport.h"

#include <string.h>

#include "harness/judge/report.h"

unsigned miniport_acted;
const struct miniport_bus *miniport_bus;

static void act(struct miniport *self, enum miniport_entry entry) {
    miniport_bus->acts(self, entry);
    miniport_acted++;
}

static NTSTATUS link_device(void *context, LINKED_DEVICE *linked) {
    const struct miniport *self = context;
    unsigned wrong = self->settings.wrong;
    linked->ChainUid = self->lead->number + 1;
    linked->NumberOfLinksInChain = self->lead->count + ((wrong & PROGRAM_MP_LINK_COUNT) ? 1 : 0);
    linked->LeadLink =
        (self->position == 0 || (wrong & PROGRAM_MP_CLAIM_LEAD)) && !(wrong & PROGRAM_MP_DENY_LEAD);
    return STATUS_SUCCESS;
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

/* ANY-VERSION, and the version is the lead's. */
static void check_interface(const struct miniport_settings *lead, const DXGKRNL_INTERFACE *dxgkrnl) {
    ULONG version = lead->version;
    size_t size = lead->interface_size;
    bool chosen = sut_get()->hold_chosen;
    bool fits = chosen ? dxgkrnl->Version == version && dxgkrnl->Size == size
                       : dxgkrnl->Version >= version && dxgkrnl->Size >= size;
    if (!REQUIRE(fits, CLAUSE_ANY_VERSION,
                 ("Version 0x%x, Size 0x%zx%s", (unsigned)version, size, chosen ? "" : ", or more"),
                 ("Version 0x%x, Size 0x%x", (unsigned)dxgkrnl->Version, (unsigned)dxgkrnl->Size)))
        return;
    /* The slots behind Size are looked at too: src/ hands out whole tables, "the rest null". Somebody
     * else's may end at Size. */
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

static void begin_start(struct miniport *self, const DXGKRNL_INTERFACE *dxgkrnl) {
    const struct miniport *lead = self->lead;
    REQUIRE(lead->starting && !self->started, CLAUSE_LINK_ORDER,
            ("adapter %u started once in a start that is under way", self->number),
            ("DxgkDdiStartDevice %s", self->started ? "a second time" : "outside of a start"));
    check_interface(&lead->settings, dxgkrnl);
    copy_interface(self, dxgkrnl);
    miniport_bus->got_handle(self);
    self->started = true;
    self->asked = 0;
    self->sizes = 0;
    for (unsigned i = 1; self == lead && i < lead->count; i++)
        REQUIRE(lead->member[i]->started, CLAUSE_LINK_ORDER, ("the lead started after every other member"),
                ("adapter %u not yet started", lead->member[i]->number));
}

static NTSTATUS start_device(void *context, const DXGKRNL_INTERFACE *dxgkrnl) {
    struct miniport *self = context;
    bool fails = self->settings.wrong & PROGRAM_MP_FAIL_START;
    if (!miniport_bus->is_judged()) {
        copy_interface(self, dxgkrnl);
        return fails ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
    }
    begin_start(self, dxgkrnl);
    act(self, MINIPORT_START);
    if (!fails)
        return STATUS_SUCCESS;
    self->started = false;
    miniport_bus->lost_handle(self);
    return STATUS_UNSUCCESSFUL;
}

/* ---- questions ---- */

static void answer_iommu_caps(const struct miniport *self, void *answer) {
    memcpy(answer, &self->settings.caps, sizeof(self->settings.caps));
}

static void answer_memory_caps(const struct miniport *self, void *answer) {
    DXGK_PHYSICAL_MEMORY_CAPS caps = {.HighestVisibleAddress.QuadPart =
                                          (LONGLONG)self->settings.highest_visible};
    memcpy(answer, &caps, sizeof(caps));
}

static void answer_save_size(const struct miniport *self, void *answer) {
    DXGK_FRAMEBUFFERSAVEAREA area = {.MaximumSize = self->settings.maximum_size};
    memcpy(answer, &area, sizeof(area));
}

/* The caps come first, and are asked once each start; the rest once for each index. */
#define CAPS 2
static const struct question {
    DXGK_QUERYADAPTERINFOTYPE type;
    const char *name;
    size_t size;    /* of the answer */
    unsigned fails; /* the bit of a miniport that fails it */
    void (*answer)(const struct miniport *self, void *answer);
} questions[] = {
    {DXGKQAITYPE_IOMMU_CAPS, "DXGKQAITYPE_IOMMU_CAPS", sizeof(DXGK_IOMMU_CAPS), PROGRAM_MP_FAIL_IOMMU_CAPS,
     answer_iommu_caps},
    {DXGKQAITYPE_PHYSICAL_MEMORY_CAPS, "DXGKQAITYPE_PHYSICAL_MEMORY_CAPS", sizeof(DXGK_PHYSICAL_MEMORY_CAPS),
     PROGRAM_MP_FAIL_PHYSICAL_CAPS, answer_memory_caps},
    {DXGKQAITYPE_FRAMEBUFFERSAVESIZE, "DXGKQAITYPE_FRAMEBUFFERSAVESIZE", sizeof(DXGK_FRAMEBUFFERSAVEAREA),
     PROGRAM_MP_FAIL_SAVE_SIZE, answer_save_size},
};
#define CAPS_ASKED ((1u << CAPS) - 1)

/* Isolation support is what makes a save area worth asking for (INIT-QUERY). */
static bool has_areas(const struct miniport *lead) {
    return lead->settings.caps.IommuIsolationSupported || lead->settings.caps.IommuIsolationRequired;
}

/* Of the member that is meant; UINT32_MAX: the question names none. */
static UINT index_of(const DXGKARG_QUERYADAPTERINFO *query) {
    UINT index = UINT32_MAX;
    if (query->pInputData && query->InputDataSize == sizeof(index))
        memcpy(&index, query->pInputData, sizeof(index));
    return index;
}

static bool check_index(const struct miniport *self, const DXGKARG_QUERYADAPTERINFO *query, UINT index) {
    return REQUIRE(index < self->lead->count && !(self->sizes >> index & 1) && self->asked == CAPS_ASKED &&
                       has_areas(self),
                   CLAUSE_INIT_QUERY,
                   ("4 bytes of input, an index below %u, once each, after the caps, with isolation support",
                    self->lead->count),
                   ("%u bytes, index %u, indices asked before 0x%x, caps 0x%x",
                    (unsigned)query->InputDataSize, index, self->sizes, self->asked));
}

static NTSTATUS answer_question(struct miniport *self, unsigned number, const DXGKARG_QUERYADAPTERINFO *query,
                                bool judged) {
    const struct question *question = &questions[number];
    const struct miniport *meant = self;
    if (judged &&
        !REQUIRE(
            query->OutputDataSize == question->size && query->pOutputData && self->position == 0 &&
                self->started && self->starting,
            CLAUSE_INIT_QUERY,
            ("%s with %zu bytes of output, asked of the lead in its start", question->name, question->size),
            ("%u bytes, physical adapter %u", (unsigned)query->OutputDataSize, self->position)))
        return STATUS_UNSUCCESSFUL;
    if (number < CAPS) {
        self->asked |= 1u << number;
    } else {
        UINT index = index_of(query);
        if ((judged && !check_index(self, query, index)) || index >= self->lead->count)
            return STATUS_UNSUCCESSFUL;
        self->sizes |= 1u << index;
        meant = self->lead->member[index];
    }
    if (meant->settings.wrong & question->fails)
        return STATUS_UNSUCCESSFUL;
    question->answer(meant, query->pOutputData);
    return STATUS_SUCCESS;
}

static NTSTATUS query_adapter_info(void *context, const DXGKARG_QUERYADAPTERINFO *query) {
    struct miniport *self = context;
    bool judged = miniport_bus->is_judged();
    if (judged)
        act(self, MINIPORT_QUERY);
    for (unsigned i = 0; i < sizeof(questions) / sizeof(*questions); i++)
        if (questions[i].type == query->Type)
            return answer_question(self, i, query, judged);
    return STATUS_NOT_SUPPORTED; /* an implementation may ask for more than this contract speaks of */
}

/* ---- stop ---- */

static void stop_device(void *context) {
    struct miniport *self = context;
    const struct miniport *lead = self->lead;
    if (miniport_bus->is_judged()) {
        REQUIRE(!miniport_bus->is_gone(self), CLAUSE_STOP_RECLAIM,
                ("DxgkDdiStopDevice of a started adapter that is there"),
                ("adapter %u is surprise removed", self->number));
        REQUIRE(self->started, CLAUSE_LINK_ORDER, ("DxgkDdiStopDevice of a started adapter that is there"),
                ("adapter %u is not started", self->number));
        REQUIRE(self == lead || !lead->started || miniport_bus->is_gone(lead), CLAUSE_LINK_ORDER,
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
        .link_device = link_device,
        .start_device = start_device,
        .query_adapter_info = query_adapter_info,
        .stop_device = stop_device,
    };
    self->has_interface = false;
    self->started = false;
    self->lead = self;
    self->position = 0;
    self->starting = false;
    self->count = 1;
    self->member[0] = self;
}

void miniport_assemble(struct miniport *all, const uint8_t *numbers, unsigned count) {
    struct miniport *lead = &all[numbers[0]];
    lead->count = count;
    lead->starting = true;
    for (unsigned i = 0; i < count; i++) {
        struct miniport *member = &all[numbers[i]];
        lead->member[i] = member;
        member->lead = lead;
        member->position = i;
        member->started = false;
    }
}

void miniport_check_start(struct miniport *lead, bool succeeded) {
    lead->starting = false;
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
    REQUIRE(lead->asked == CAPS_ASKED && lead->sizes == (areas ? (1u << lead->count) - 1 : 0),
            CLAUSE_INIT_QUERY,
            ("the caps asked, and the save size of %s", areas ? "every index" : "no index"),
            ("caps 0x%x, indices 0x%x", lead->asked, lead->sizes));
}

void miniport_check_stop(struct miniport *lead) {
    for (unsigned i = 0; i < lead->count; i++) {
        struct miniport *member = lead->member[i];
        REQUIRE(!member->started || miniport_bus->is_gone(member), CLAUSE_LINK_ORDER,
                ("DxgkDdiStopDevice of adapter %u called", member->number), ("it was not"));
        member->started = false;
    }
}
