/* Who plays the bus, the user and the GPUs. */

static struct miniport adapter[SUT_DEVICES];
static bool gone[SUT_DEVICES]; /* surprise removed */

/* ---- what a miniport wants of the bus ---- */

/* Every handle ever issued: one for each adapter of each start, by 1024 operations and 4096 that are
 * repetitions. */
static uint64_t issued[(1024 + 4096) * SUT_CHAIN_MAX + SUT_DEVICES];
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
    static const struct miniport_bus bus = {is_judged, is_gone, got_handle, lost_handle, acts, NULL};
    miniport_bus = &bus;
    sut = sut_get();
    for (unsigned i = 0; i < adapters; i++) {
        adapter[i].settings = settings[i];
        miniport_init(&adapter[i], i);
    }
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

/* Of a chain that runs, or does not. */
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
    struct descriptor said;
    DXGK_PAGE_NUMBER *numbers; /* a copy of its array, for what is looked at when the pin has ended */
    uint64_t pool_bytes;       /* what the pin took */
    uint64_t pool_blocks;
};

/* What the step has pinned. */
HELPER struct pages new_pages(const void *descriptor, bool legacy) {
    struct pages pages = {descriptor, legacy, .said = descriptor_read(descriptor, legacy)};
    size_t size = pages.said.pages * sizeof *pages.numbers;
    if (!pages.said.contiguous) {
        pages.numbers = malloc(size);
        if (!pages.numbers)
            quit(2);
        memcpy(pages.numbers, pages.said.array, size);
    }
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
    return pages->said.contiguous ? pages->said.base + page : pages->numbers[page];
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

/* Over the Nth word of what it should only read. */
HELPER void driver_writes(const void *at, uint64_t number, uint64_t word) {
    *cpu_word((PVOID)(uintptr_t)at, (int64_t)(number * sizeof word)) = word;
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

/* The PFN of a page of the section of an index. */
#define ANYWHERE UINT64_MAX
HELPER uint64_t frame_of(unsigned lead, unsigned index, uint64_t page) {
    struct sut_page found = {0};
    return sut->page(lead, index, page, &found) && found.has_frame ? found.pfn : ANYWHERE;
}

HELPER void page_is(unsigned lead, unsigned index, uint64_t page, bool there, bool locked, uint64_t pfn) {
    struct sut_page found = {0};
    if (sut->page(lead, index, page, &found) != there)
        finding(there ? "no such page" : "such a page");
    if (there && found.locked != locked)
        finding(locked ? "not locked" : "locked");
    if (pfn != ANYWHERE && (!found.has_frame || found.pfn != pfn))
        finding("PFN 0x%llx", (unsigned long long)found.pfn);
}

HELPER void descriptor_is_alive(const struct pages *pages, bool alive) {
    if (sut->descriptor_alive(pages->descriptor) != alive)
        finding(alive ? "it is freed" : "it is alive");
}

/* It says what it said when the pin was made. */
HELPER void descriptor_is_same(const struct pages *was) {
    const struct descriptor now = descriptor_read(was->descriptor, was->legacy);
    if (now.pages != was->said.pages || now.contiguous != was->said.contiguous ||
        now.base != was->said.base || now.array != was->said.array || now.rest != was->said.rest ||
        (was->numbers && memcmp(now.array, was->numbers, now.pages * sizeof *was->numbers) != 0))
        finding("another count, form, place or page than when it was pinned");
}

HELPER void descriptor_is_contiguous(const struct pages *pages) {
    if (!pages->said.contiguous)
        finding("an array");
}

/* Every device page lies within HighestVisibleAddress; of a contiguous pin the last says it of all. */
HELPER void pages_are_below(const struct pages *pages, uint64_t visible) {
    for (uint64_t i = pages->said.contiguous ? pages->said.pages - 1 : 0; i < pages->said.pages; i++)
        if (page_number(pages, i) >= visible)
            finding("device page 0x%llx", (unsigned long long)page_number(pages, i));
}

/* None of them is one of these. */
HELPER void pages_are_apart(const struct pages *pages, uint64_t first, uint64_t count) {
    for (uint64_t i = 0; i < pages->said.pages; i++)
        if (page_number(pages, i) - first < count)
            finding("device page 0x%llx", (unsigned long long)page_number(pages, i));
}

/* Where memory is remapped the numbers are logical: not all of them are those of the pages' frames. */
HELPER void pages_are_logical(const struct pages *pages, unsigned lead, unsigned index) {
    for (uint64_t i = 0; i < pages->said.pages && i < 8; i++)
        if (frame_of(lead, index, i) != page_number(pages, i))
            return;
    finding("each page at its PFN");
}

HELPER void base_is_new(const DXGKARGCB_MAPFRAMEBUFFERPOINTER *map, PVOID ended) {
    if (map->pBaseAddress == ended)
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
#define COMPARE(member, what, ...)                                                                           \
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

/* What is out by the calls so far, of what there is. */
HELPER void fits(uint64_t out, uint64_t there_is, const char *what) {
    if (out > there_is)
        finding("%llu %s of %llu", (unsigned long long)out, what, (unsigned long long)there_is);
}

HELPER void pool_fits(uint64_t there_is) {
    struct sut_ledger now;
    sut->ledger(&now);
    fits(now.pool_bytes, there_is, "bytes of pool");
}

/* When the last adapter is gone. */
HELPER void nothing_is_out(void) {
    struct sut_ledger found;
    if (!sut->ledger)
        return;
    sut->ledger(&found);
    if (found.pool_bytes || found.pool_blocks || found.cache_bytes)
        finding("%llu bytes in %llu blocks, %llu bytes of caches", (unsigned long long)found.pool_bytes,
                (unsigned long long)found.pool_blocks, (unsigned long long)found.cache_bytes);
    /* These two count what has been. */
    ledger_is(&(struct sut_ledger){.leaks = found.leaks, .breaches = found.breaches});
}
