/* The drivers of a source: a miniport as small as its program allows. */
#include "harness/program/world.h"
#include "harness/reproduce/source_parts.h"

/* ---- what each adapter is ---- */

/* A bit of what a driver does wrong, under the name that PROGRAM_MP_... has without its prefix. */
static bool is_fault(unsigned bit) {
    return PROGRAM_MP_ANSWERS >> bit & 1;
}

static void put_faults(struct source *s) {
    source_put(s, "/* What a driver does wrong. */\nenum {\n");
    for (unsigned bit = 0; bit < PROGRAM_MINIPORTS; bit++)
        if (is_fault(bit))
            source_put(s, "    %s = 0x%x, /* %s */\n", world_miniports.names[bit], 1u << bit,
                       world_miniports.help[bit]);
    source_put(s, "};\n\n");
}

static void put_adapter(struct source *s, uint8_t number) {
    const struct program_adapter *a = &s->program->adapters[number];
    source_put(s, "    {.version = %s,\n     .caps = {.Value = %u}, /*", world_versions.names[a->version],
               a->caps);
    for (unsigned bit = 0; bit < PROGRAM_CAPS; bit++)
        if (a->caps >> bit & 1)
            source_put(s, " %s", world_caps.names[bit]);
    source_put(s, "%s */\n", a->caps ? "" : " none");
    source_put(s, "     .highest_visible = UINT64_C(0x%llx),\n     .maximum_size = 0x%llx",
               (unsigned long long)a->highest_visible, (unsigned long long)a->maximum_size);
    const char *separator = ",\n     .faults = ";
    for (unsigned bit = 0; bit < PROGRAM_MINIPORTS && s->needs.faults; bit++) {
        if (is_fault(bit) && a->miniport >> bit & 1) {
            source_put(s, "%s%s", separator, world_miniports.names[bit]);
            separator = " | ";
        }
    }
    source_put(s, "},\n");
}

static void put_adapters(struct source *s) {
    source_put(s, "struct adapter {\n"
                  "    struct sut_miniport miniport;\n"
                  "    DXGKRNL_INTERFACE dxgkrnl; /* of its last start */\n"
                  "    HANDLE handle;             /* likewise */\n"
                  "    /* What it tells Dxgkrnl. */\n"
                  "    ULONG version;\n"
                  "    DXGK_IOMMU_CAPS caps;\n"
                  "    uint64_t highest_visible;\n"
                  "    SIZE_T maximum_size;\n");
    if (s->needs.faults)
        source_put(s, "    unsigned faults;\n");
    if (s->needs.chains)
        source_put(s, "    struct adapter *member[SUT_CHAIN_MAX]; /* of its chain, the lead first */\n"
                      "    unsigned members;\n");
    if (s->needs.strict)
        source_put(s, "    bool starting; /* of a lead: its chain is being started */\n"
                      "    bool started;\n"
                      "    bool gone; /* surprise removed */\n"
                      "    unsigned caps_asked; /* in this start: bit 0 IOMMU caps, bit 1 memory caps */\n"
                      "    unsigned sizes_asked; /* bit i: index i */\n");
    source_put(s, "};\n\nstatic struct adapter adapter[] = {\n");
    for (uint8_t i = 0; i < s->program->machine.adapters; i++)
        put_adapter(s, i);
    source_put(s, "};\n\n");
    if (s->needs.issued || s->needs.strict)
        source_put(s,
                   "/* Every handle ever issued: one for each adapter of each start. */\n"
                   "static HANDLE issued[%u];\n"
                   "static unsigned issued_count;\n\n",
                   MODEL_HANDLES);
}

/* ---- entry points ---- */

static const char within[] = "/* What drivers do when they are entered, at this point of the story. */\n"
                             "static void (*within)(unsigned entry);\n"
                             "static unsigned entries;\n\n"
                             "static void enter(void) {\n"
                             "    if (within)\n"
                             "        within(entries);\n"
                             "    entries++;\n"
                             "}\n\n";

static void put_link_device(struct source *s) {
    source_put(s, "static NTSTATUS link_device(void *context, LINKED_DEVICE *linked) {\n");
    if (!s->needs.chains) {
        source_put(
            s, "    (void)context; /* asked of chains of two and more */\n"
               "    *linked = (LINKED_DEVICE){.ChainUid = 1, .NumberOfLinksInChain = 1, .LeadLink = TRUE};\n"
               "    return STATUS_SUCCESS;\n"
               "}\n\n");
        return;
    }
    source_put(s, "    const struct adapter *self = context;\n"
                  "    linked->ChainUid = (ULONG)(self->member[0] - adapter) + 1;\n"
                  "    linked->NumberOfLinksInChain = self->members;\n"
                  "    linked->LeadLink = self->member[0] == self;\n");
    if (s->needs.faults)
        source_put(s, "    if (self->faults & LINK_COUNT)\n"
                      "        linked->NumberOfLinksInChain++;\n"
                      "    if (self->faults & CLAIM_LEAD)\n"
                      "        linked->LeadLink = TRUE;\n"
                      "    if (self->faults & DENY_LEAD)\n"
                      "        linked->LeadLink = FALSE;\n");
    source_put(s, "    return STATUS_SUCCESS;\n}\n\n");
}

static const char check_interface[] =
    "/* The interface has the callbacks of the lead's version and no others. */\n"
    "static void check_interface(const struct adapter *lead, const DXGKRNL_INTERFACE *dxgkrnl) {\n"
    "    ULONG version = lead->version;\n"
    "    size_t size = version >= DXGKDDI_INTERFACE_VERSION_WDDM3_1   ? DXGKRNL_INTERFACE_SIZE_WDDM3_1\n"
    "                  : version >= DXGKDDI_INTERFACE_VERSION_WDDM2_9 ? DXGKRNL_INTERFACE_SIZE_WDDM2_9\n"
    "                  : version >= DXGKDDI_INTERFACE_VERSION_WDDM2_8 ? DXGKRNL_INTERFACE_SIZE_WDDM2_8\n"
    "                  : version >= DXGKDDI_INTERFACE_VERSION_WDDM2_4 ? DXGKRNL_INTERFACE_SIZE_WDDM2_4\n"
    "                                                                 : DXGKRNL_INTERFACE_SIZE_WDDM2_3;\n"
    "    if (dxgkrnl->Version != version || dxgkrnl->Size != size)\n"
    "        finding(\"Version 0x%%x, Size 0x%%x\", (unsigned)dxgkrnl->Version, (unsigned)dxgkrnl->Size);\n"
    "    for (size_t at = FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbEvalAcpiMethod); at < %s;\n"
    "         at += sizeof(void *)) {\n"
    "        void *slot;\n"
    "        memcpy(&slot, (const char *)dxgkrnl + at, sizeof slot);\n"
    "        if ((slot != NULL) != (at < size))\n"
    "            finding(\"the slot at 0x%%zx is %%s\", at, slot ? \"set\" : \"null\");\n"
    "    }\n"
    "}\n\n";

static const char strict_start[] =
    "    const struct adapter *lead = self->member[0];\n"
    "    if (!lead->starting || self->started)\n"
    "        finding(\"DxgkDdiStartDevice of adapter %d %s\", (int)(self - adapter),\n"
    "                self->started ? \"a second time\" : \"outside of a start\");\n"
    "    check_interface(lead, dxgkrnl);\n"
    "    for (unsigned i = 0; i < issued_count; i++)\n"
    "        if (issued[i] == dxgkrnl->DeviceHandle)\n"
    "            finding(\"a handle that was issued before: %p\", dxgkrnl->DeviceHandle);\n"
    "    self->started = true;\n"
    "    self->caps_asked = 0;\n"
    "    self->sizes_asked = 0;\n"
    "    for (unsigned i = 1; self == lead && i < lead->members; i++)\n"
    "        if (!lead->member[i]->started)\n"
    "            finding(\"adapter %d not yet started\", (int)(lead->member[i] - adapter));\n";

static void put_start_device(struct source *s) {
    source_put(s, "static NTSTATUS start_device(void *context, const DXGKRNL_INTERFACE *dxgkrnl) {\n"
                  "    struct adapter *self = context;\n");
    if (s->needs.strict)
        source_put(s, "%s", strict_start);
    source_put(s, "    memset(&self->dxgkrnl, 0, sizeof self->dxgkrnl);\n"
                  "    memcpy(&self->dxgkrnl, dxgkrnl,\n"
                  "           dxgkrnl->Size < sizeof *dxgkrnl ? dxgkrnl->Size : sizeof *dxgkrnl);\n"
                  "    self->handle = dxgkrnl->DeviceHandle;\n");
    if (s->needs.issued || s->needs.strict)
        source_put(s, "    issued[issued_count++] = self->handle;\n");
    if (s->needs.within)
        source_put(s, "    enter();\n");
    if (s->needs.faults) {
        source_put(s, "    if (self->faults & FAIL_START) {\n");
        if (s->needs.strict)
            source_put(s, "        self->started = false;\n");
        source_put(s, "        return STATUS_UNSUCCESSFUL;\n    }\n");
    }
    source_put(s, "    return STATUS_SUCCESS;\n}\n\n");
}

static const char strict_query[] =
    "/* Asked of the lead, in its start, with room for the answer. */\n"
    "static void check_query(const struct adapter *self, const DXGKARG_QUERYADAPTERINFO *query, size_t size) "
    "{\n"
    "    if (query->OutputDataSize != size || !query->pOutputData || self->member[0] != self ||\n"
    "        !self->started || !self->starting)\n"
    "        finding(\"query %d with %u bytes of output, asked of adapter %d\", (int)query->Type,\n"
    "                (unsigned)query->OutputDataSize, (int)(self - adapter));\n"
    "}\n\n";

static const char strict_size[] =
    "        if (!query->pInputData || query->InputDataSize != sizeof(UINT) || self->caps_asked != 3 ||\n"
    "            *(const UINT *)query->pInputData >= self->members ||\n"
    "            (self->sizes_asked >> *(const UINT *)query->pInputData & 1) ||\n"
    "            !(self->caps.IommuIsolationSupported || self->caps.IommuIsolationRequired))\n"
    "            finding(\"%u bytes of input, indices asked before 0x%x, caps 0x%x\",\n"
    "                    (unsigned)query->InputDataSize, self->sizes_asked, self->caps_asked);\n"
    "        self->sizes_asked |= 1u << *(const UINT *)query->pInputData;\n";

static void put_query(struct source *s) {
    const struct source_needs *needs = &s->needs;
    source_put(s,
               "static NTSTATUS query_adapter_info(void *context, const DXGKARG_QUERYADAPTERINFO *query) {\n"
               "    %sstruct adapter *self = context;\n",
               needs->strict ? "" : "const ");
    if (needs->within)
        source_put(s, "    enter();\n");
    source_put(s, "    switch (query->Type) {\n"
                  "    case DXGKQAITYPE_IOMMU_CAPS:\n");
    if (needs->strict)
        source_put(s, "        check_query(self, query, sizeof self->caps);\n"
                      "        self->caps_asked |= 1;\n");
    if (needs->faults)
        source_put(s, "        if (self->faults & FAIL_IOMMU_CAPS)\n"
                      "            return STATUS_UNSUCCESSFUL;\n");
    source_put(s, "        *(DXGK_IOMMU_CAPS *)query->pOutputData = self->caps;\n"
                  "        return STATUS_SUCCESS;\n"
                  "    case DXGKQAITYPE_PHYSICAL_MEMORY_CAPS:\n");
    if (needs->strict)
        source_put(s, "        check_query(self, query, sizeof(DXGK_PHYSICAL_MEMORY_CAPS));\n"
                      "        self->caps_asked |= 2;\n");
    if (needs->faults)
        source_put(s, "        if (self->faults & FAIL_PHYSICAL_CAPS)\n"
                      "            return STATUS_UNSUCCESSFUL;\n");
    source_put(s,
               "        ((DXGK_PHYSICAL_MEMORY_CAPS *)query->pOutputData)->HighestVisibleAddress.QuadPart =\n"
               "            (LONGLONG)self->highest_visible;\n"
               "        return STATUS_SUCCESS;\n"
               "    case DXGKQAITYPE_FRAMEBUFFERSAVESIZE: {\n");
    if (needs->strict)
        source_put(s, "        check_query(self, query, sizeof(DXGK_FRAMEBUFFERSAVEAREA));\n%s", strict_size);
    source_put(s,
               needs->chains
                   ? "        const struct adapter *meant = self->member[*(const UINT *)query->pInputData];\n"
                   : "        const struct adapter *meant = self; /* index 0 */\n");
    if (needs->faults)
        source_put(s, "        if (meant->faults & FAIL_SAVE_SIZE)\n"
                      "            return STATUS_UNSUCCESSFUL;\n");
    source_put(
        s, "        ((DXGK_FRAMEBUFFERSAVEAREA *)query->pOutputData)->MaximumSize = meant->maximum_size;\n"
           "        return STATUS_SUCCESS;\n"
           "    }\n"
           "    default:\n"
           "        return STATUS_NOT_SUPPORTED;\n"
           "    }\n"
           "}\n\n");
}

static const char strict_stop[] =
    "    const struct adapter *lead = self->member[0];\n"
    "    if (!self->started || self->gone)\n"
    "        finding(\"DxgkDdiStopDevice of adapter %d, which is %s\", (int)(self - adapter),\n"
    "                self->gone ? \"surprise removed\" : \"not started\");\n"
    "    if (self != lead && lead->started && !lead->gone)\n"
    "        finding(\"the lead, adapter %d, still runs\", (int)(lead - adapter));\n";

static void put_stop_device(struct source *s) {
    source_put(s, "static void stop_device(void *context) {\n");
    if (s->needs.strict)
        source_put(s, "    struct adapter *self = context;\n%s", strict_stop);
    else
        source_put(s, "    (void)context;\n");
    if (s->needs.within)
        source_put(s, "    enter();\n");
    if (s->needs.strict)
        source_put(s, "    self->started = false;\n");
    source_put(s, "}\n\n");
}

/* ---- what the bus does with them ---- */

static void put_add(struct source *s) {
    source_put(s, "static NTSTATUS add(unsigned number) {\n"
                  "    struct adapter *self = &adapter[number];\n"
                  "    self->miniport = (struct sut_miniport){.context = self,\n"
                  "                                           .version = self->version,\n"
                  "                                           .link_device = link_device,\n"
                  "                                           .start_device = start_device,\n"
                  "                                           .query_adapter_info = query_adapter_info,\n"
                  "                                           .stop_device = stop_device};\n"
                  "    NTSTATUS status = sut->add(number, &self->miniport);\n"
                  "    if (NT_SUCCESS(status)) {\n"
                  "        self->handle = NULL;\n");
    if (s->needs.strict)
        source_put(s, "        self->started = false;\n"
                      "        self->gone = false;\n");
    source_put(s, "    }\n"
                  "    return status;\n"
                  "}\n\n");
}

static void put_assemble(struct source *s) {
    source_put(s, "/* Tells the drivers of a chain of each other, the lead first, before it starts. */\n"
                  "static void assemble(unsigned count, const unsigned *numbers) {\n"
                  "    for (unsigned i = 0; i < count; i++) {\n"
                  "        struct adapter *self = &adapter[numbers[i]];\n"
                  "        self->members = count;\n"
                  "        for (unsigned k = 0; k < count; k++)\n"
                  "            self->member[k] = &adapter[numbers[k]];\n");
    if (s->needs.strict)
        source_put(s, "        self->starting = i == 0;\n"
                      "        self->started = false;\n");
    source_put(s, "    }\n"
                  "}\n\n");
}

void source_drivers(struct source *s) {
    source_put(s, "/* ---- the drivers ---- */\n\n");
    if (s->needs.faults)
        put_faults(s);
    put_adapters(s);
    if (s->needs.within)
        source_put(s, "%s", within);
    put_link_device(s);
    if (s->needs.strict)
        source_put(s, check_interface, sut_get()->hold_chosen ? "sizeof *dxgkrnl" : "size");
    put_start_device(s);
    if (s->needs.strict)
        source_put(s, "%s", strict_query);
    put_query(s);
    put_stop_device(s);
    put_add(s);
    if (s->needs.chains)
        put_assemble(s);
}
