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
 * lists.
 *
 * Exit status: 0 the contract is kept; 1 it is broken as told above; 2 something else happens.
 * Written by pinfuzz source.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/sut.h"

/* The implementation. */
static const struct sut *sut;

/* Ends the story when a call does otherwise than it did. */
static void went(const char *what, NTSTATUS status, bool succeeds) {
    if (NT_SUCCESS(status) == succeeds)
        return;
    printf("%s: 0x%08x, where it %s before\n", what, (unsigned)status, succeeds ? "succeeded" : "failed");
    fflush(stdout);
    _Exit(2);
}

/* ---- the drivers ---- */

struct adapter {
    struct sut_miniport miniport;
    DXGKRNL_INTERFACE dxgkrnl; /* of its last start */
    HANDLE handle;             /* likewise */
    /* What it tells Dxgkrnl. */
    ULONG version;
    DXGK_IOMMU_CAPS caps;
    uint64_t highest_visible;
    SIZE_T maximum_size;
};

static struct adapter adapter[] = {
    {.version = DXGKDDI_INTERFACE_VERSION_WDDM3_0,
     .caps = {.Value = 5}, /* IommuIsolationSupported DmaRemappingSupported */
     .highest_visible = UINT64_C(0xffffffffffffffff),
     .maximum_size = 0x8000},
};

static NTSTATUS link_device(void *context, LINKED_DEVICE *linked) {
    (void)context; /* asked of chains of two and more */
    *linked = (LINKED_DEVICE){.ChainUid = 1, .NumberOfLinksInChain = 1, .LeadLink = TRUE};
    return STATUS_SUCCESS;
}

static NTSTATUS start_device(void *context, const DXGKRNL_INTERFACE *dxgkrnl) {
    struct adapter *self = context;
    self->dxgkrnl = *dxgkrnl;
    self->handle = dxgkrnl->DeviceHandle;
    return STATUS_SUCCESS;
}

static NTSTATUS query_adapter_info(void *context, const DXGKARG_QUERYADAPTERINFO *query) {
    const struct adapter *self = context;
    switch (query->Type) {
    case DXGKQAITYPE_IOMMU_CAPS:
        *(DXGK_IOMMU_CAPS *)query->pOutputData = self->caps;
        return STATUS_SUCCESS;
    case DXGKQAITYPE_PHYSICAL_MEMORY_CAPS:
        ((DXGK_PHYSICAL_MEMORY_CAPS *)query->pOutputData)->HighestVisibleAddress.QuadPart =
            (LONGLONG)self->highest_visible;
        return STATUS_SUCCESS;
    case DXGKQAITYPE_FRAMEBUFFERSAVESIZE: {
        const struct adapter *meant = self; /* index 0 */
        ((DXGK_FRAMEBUFFERSAVEAREA *)query->pOutputData)->MaximumSize = meant->maximum_size;
        return STATUS_SUCCESS;
    }
    default:
        return STATUS_NOT_SUPPORTED;
    }
}

static void stop_device(void *context) {
    (void)context;
}

static NTSTATUS add(unsigned number) {
    struct adapter *self = &adapter[number];
    self->miniport = (struct sut_miniport){.context = self,
                                           .version = self->version,
                                           .link_device = link_device,
                                           .start_device = start_device,
                                           .query_adapter_info = query_adapter_info,
                                           .stop_device = stop_device};
    NTSTATUS status = sut->add(number, &self->miniport);
    if (NT_SUCCESS(status)) {
        self->handle = NULL;
    }
    return status;
}

/* ---- pinned pages ---- */

/* What an ADL or an MDL said when the pin was made. */
struct pages {
    const void *descriptor;
    uint64_t count;
    bool contiguous;
    DXGK_PAGE_NUMBER base;         /* contiguous */
    const DXGK_PAGE_NUMBER *array; /* else; and a copy, for what is looked at when the pin has ended */
    DXGK_PAGE_NUMBER *numbers;
};

static void copy_numbers(struct pages *pages) {
    size_t size = pages->count * sizeof *pages->numbers;
    pages->numbers = malloc(size);
    if (!pages->numbers)
        _Exit(2);
    memcpy(pages->numbers, pages->array, size);
}

static struct pages pages_of_adl(const DXGK_ADL *adl) {
    struct pages pages = {.descriptor = adl, .count = adl->PageCount, .contiguous = adl->Flags.Contiguous};
    if (pages.contiguous) {
        pages.base = adl->BasePageNumber;
    } else {
        pages.array = adl->Pages;
        copy_numbers(&pages);
    }
    return pages;
}

/* The device page number of a page of the section. */
static DXGK_PAGE_NUMBER page_number(const struct pages *pages, uint64_t page) {
    return pages->contiguous ? pages->base + page : pages->numbers[page];
}

/* What the GPUs look at, without a word of the program: the last 8 bytes of pages carry a mark each,
 * and the pages beside a pin fault. */
struct look {
    unsigned gpu;
    const struct pages *pages;
    uint64_t page;
    int beside; /* 1: the device page behind it; -1: before */
    unsigned offset;
    uint64_t mark; /* 0: it reads; else it writes this */
};

static void look(const struct look *looks, size_t count) {
    for (const struct look *at = looks; at < looks + count; at++) {
        uint64_t word = at->mark;
        uint64_t number = page_number(at->pages, at->page) + (uint64_t)(int64_t)at->beside;
        (void)sut->dma(at->gpu, number * PAGE_SIZE + at->offset, &word, sizeof word, at->mark != 0);
    }
}

#define LOOK(table) look(table, sizeof table / sizeof *table)

/* ---- what the calls take and give; the numbers are the operations' ---- */

static DXGKARGCB_PINFRAMEBUFFERFORSAVE2 pin2_1;
static struct pages pages_1;
static DXGKARGCB_MAPFRAMEBUFFERPOINTER map_2;
static const struct look looks_1[] = {
    {0, &pages_1, 0, 0, 0xff8, 0}, {0, &pages_1, 0, 0, 0xff8, UINT64_C(0x5a00010000000000)},
    {0, &pages_1, 1, 0, 0xff8, 0}, {0, &pages_1, 1, 0, 0xff8, UINT64_C(0x5a00010000000001)},
    {0, &pages_1, 2, 0, 0xff8, 0}, {0, &pages_1, 2, 0, 0xff8, UINT64_C(0x5a00010000000002)},
    {0, &pages_1, 3, 0, 0xff8, 0}, {0, &pages_1, 3, 0, 0xff8, UINT64_C(0x5a00010000000003)},
    {0, &pages_1, 4, 0, 0xff8, 0}, {0, &pages_1, 4, 0, 0xff8, UINT64_C(0x5a00010000000004)},
    {0, &pages_1, 5, 0, 0xff8, 0}, {0, &pages_1, 5, 0, 0xff8, UINT64_C(0x5a00010000000005)},
    {0, &pages_1, 6, 0, 0xff8, 0}, {0, &pages_1, 6, 0, 0xff8, UINT64_C(0x5a00010000000006)},
    {0, &pages_1, 7, 0, 0xff8, 0}, {0, &pages_1, 7, 0, 0xff8, UINT64_C(0x5a00010000000007)},
    {0, &pages_1, 0, 0, 0xff8, 0}, {0, &pages_1, 7, 1, 0x0, 0},
};
static const struct look looks_2[] = {
    {0, &pages_1, 0, 0, 0xff8, 0},
    {0, &pages_1, 7, 0, 0xff8, 0},
    {0, &pages_1, 2, 0, 0xff8, 0},
};

/* ---- the story ---- */

int main(void) {
    const struct sut_machine_config machine = {
        .ram_pages = 0x1000,
        .highest_pfn = 0x2000,
        .commit_pages = 0x10000,
        .pool_bytes = 0x40000,
        .view_bytes = 0x100000,
        .pfn_seed = 0,
        .iommu = SUT_IOMMU_PRESENT,
    };
    sut = sut_get();
    if (!sut->boot(&machine)) {
        printf("the machine cannot be booted\n");
        return 2;
    }

    /* bringing the machine up */
    went("boot: add", add(0), true);
    went("boot: start", sut->start(0), true);

    /* 1: pin2 lead(0) index=0 CommitSize=MaximumSize */
    pin2_1.CommitSize = 0x8000;
    went("1: pin2", adapter[0].dxgkrnl.DxgkCbPinFrameBufferForSave2(adapter[0].handle, &pin2_1), true);
    pages_1 = pages_of_adl(pin2_1.pAdl);
    LOOK(looks_1);

    /* 2: map lead(0) index=0 Size=0x1000 */
    map_2.Size = 0x1000;
    went("2: map", adapter[0].dxgkrnl.DxgkCbMapFrameBufferPointer(adapter[0].handle, &map_2), true);
    LOOK(looks_2);

    /* 3: stop 0 */
    (void)sut->stop(0);

    sut->shutdown();
    printf("kept\n");
    return 0;
}
