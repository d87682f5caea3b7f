/* What the callbacks stand on: page numbers, sections, pins and views. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "tinykrnl.h"

/* ---- page numbers ---- */

/* The lowest number from `page` on that the pin has, or none: UINT64_MAX. *end: behind it and what follows
 * it. */
static uint64_t pin_next(const struct pin *pin, uint64_t page, uint64_t *end) {
    if (!pin->pages) {
        *end = pin->first + pin->count;
        return page >= *end ? UINT64_MAX : page > pin->first ? page : pin->first;
    }
    uint64_t low = 0;
    uint64_t high = pin->count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (pin->pages[middle] < page)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == pin->count)
        return UINT64_MAX;
    *end = pin->pages[low] + 1;
    return pin->pages[low];
}

static void take(const struct range *range, uint64_t page, uint64_t *lowest, uint64_t *end) {
    uint64_t taken = page > range->first ? page : range->first;
    if (range->count > 0 && page < range->first + range->count && taken < *lowest) {
        *lowest = taken;
        *end = range->first + range->count;
    }
}

/* The same of all pins that the chain shares its numbers with, and of what the firmware has: remapped, it has
 * numbers of its own, but for those of its reserved ranges. */
static uint64_t next_taken(const struct device *lead, uint64_t page, uint64_t *end) {
    uint64_t lowest = UINT64_MAX;
    for (unsigned i = 0; i < SUT_DEVICES; i++) {
        const struct device *other = &tk_machine.devices[i];
        bool shared = lead->mode == MODE_REMAPPED ? other == lead : other->mode != MODE_REMAPPED;
        for (unsigned k = 0; shared && k < other->count; k++) {
            uint64_t behind = 0;
            uint64_t taken =
                other->areas[k].pin.live ? pin_next(&other->areas[k].pin, page, &behind) : UINT64_MAX;
            if (taken < lowest) {
                lowest = taken;
                *end = behind;
            }
        }
    }
    const struct range firmware = {tk_machine.has.firmware_first, tk_machine.has.firmware_pages};
    if (lead->mode != MODE_REMAPPED)
        take(&firmware, page, &lowest, end);
    for (unsigned i = 0; i < lead->reserved; i++)
        take(&lead->ranges[i], page, &lowest, end);
    return lowest < lead->end_page ? lowest : lead->end_page;
}

static bool find_range(const struct device *lead, uint64_t count, uint64_t *first) {
    uint64_t from = lead->first_page;
    while (from < lead->end_page) {
        uint64_t end = lead->end_page;
        if (next_taken(lead, from, &end) - from >= count) {
            *first = from;
            return true;
        }
        from = end;
    }
    return false;
}

static bool find_pages(const struct device *lead, uint64_t count, DXGK_PAGE_NUMBER *pages) {
    uint64_t from = lead->first_page;
    uint64_t found = 0;
    while (found < count && from < lead->end_page) {
        uint64_t end = lead->end_page;
        uint64_t taken = next_taken(lead, from, &end);
        while (found < count && from < taken)
            pages[found++] = from++;
        from = end;
    }
    return found == count;
}

/* ---- sections ---- */

/* How much of the section is in that file. */
static uint64_t file_bytes(const struct area *area, unsigned file) {
    if (file == SECTION_FILES)
        return 0;
    uint64_t before = file * SECTION_FILE_BYTES;
    uint64_t rest = area->bytes > before ? area->bytes - before : 0;
    return rest < SECTION_FILE_BYTES ? rest : SECTION_FILE_BYTES;
}

/* Files are sparse: only pages that somebody has written take memory, and all others read as zero. */
NTSTATUS tk_section_create(struct area *area, uint64_t bytes) {
    area->bytes = bytes;
    for (unsigned i = 0; file_bytes(area, i); i++) {
        area->files[i] = memfd_create("section", MFD_CLOEXEC);
        if (area->files[i] >= 0 && ftruncate(area->files[i], (off_t)file_bytes(area, i)) == 0)
            continue;
        if (area->files[i] >= 0)
            close(area->files[i]);
        area->bytes = i * SECTION_FILE_BYTES; /* what there is */
        tk_section_close(area);
        return STATUS_NO_MEMORY;
    }
    return STATUS_SUCCESS;
}

void tk_section_close(struct area *area) {
    for (unsigned i = 0; file_bytes(area, i); i++)
        close(area->files[i]);
    area->bytes = 0;
}

bool tk_section_access(const struct area *area, uint64_t offset, void *buffer, size_t size, bool write) {
    int file = area->files[offset / SECTION_FILE_BYTES];
    off_t at = (off_t)(offset % SECTION_FILE_BYTES);
    ssize_t done = write ? pwrite(file, buffer, size, at) : pread(file, buffer, size, at);
    return done == (ssize_t)size;
}

/* ---- pins ---- */

static bool lockable(uint64_t pages) {
    return pages <= tk_machine.has.ram_pages - tk_machine.locked_pages;
}

static void pinned(struct pin *pin, uint64_t count) {
    tk_machine.locked_pages += count;
    pin->count = count;
    pin->live = true;
}

NTSTATUS tk_pin_pages(struct area *area, uint64_t count, bool contiguous) {
    struct pin *pin = &area->pin;
    if (!lockable(count))
        return STATUS_INSUFFICIENT_RESOURCES;
    pin->adl = (DXGK_ADL){.PageCount = (UINT32)count};
    pin->pages = NULL;
    pin->mdl = NULL;
    if (contiguous && area->lead->mode == MODE_REMAPPED && find_range(area->lead, count, &pin->first)) {
        pin->adl.Flags.Contiguous = 1;
        pin->adl.BasePageNumber = pin->first;
        pinned(pin, count);
        return STATUS_SUCCESS;
    }
    pin->pages = tk_get(count * sizeof(*pin->pages));
    if (!pin->pages)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!find_pages(area->lead, count, pin->pages)) {
        tk_put(pin->pages, count * sizeof(*pin->pages));
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    pin->adl.Pages = pin->pages;
    pinned(pin, count);
    return STATUS_SUCCESS;
}

static size_t mdl_bytes(uint64_t count) {
    return sizeof(MDL) + count * sizeof(PFN_NUMBER);
}

NTSTATUS tk_pin_mdl(struct area *area, uint64_t count) {
    struct pin *pin = &area->pin;
    MDL *mdl = lockable(count) ? tk_get(mdl_bytes(count)) : NULL;
    if (!mdl)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!find_pages(area->lead, count, MmGetMdlPfnArray(mdl))) {
        tk_put(mdl, mdl_bytes(count));
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *mdl = (MDL){.ByteCount = (ULONG)(count * PAGE_SIZE)};
    pin->mdl = mdl;
    pin->pages = MmGetMdlPfnArray(mdl);
    pinned(pin, count);
    return STATUS_SUCCESS;
}

void tk_unpin_pages(struct area *area) {
    struct pin *pin = &area->pin;
    tk_machine.locked_pages -= pin->count;
    if (pin->mdl)
        tk_put(pin->mdl, mdl_bytes(pin->count));
    else if (pin->pages)
        tk_put(pin->pages, pin->count * sizeof(*pin->pages));
    pin->live = false;
}

bool tk_pin_has(const struct pin *pin, uint64_t number, uint64_t *page) {
    if (!pin->live)
        return false;
    if (!pin->pages) {
        *page = number - pin->first;
        return *page < pin->count;
    }
    for (*page = 0; *page < pin->count; ++*page)
        if (pin->pages[*page] == number)
            return true;
    return false;
}

/* ---- views ---- */

/* Part of one file each, one behind the other at addresses that nobody else has. */
static void *map_section(const struct area *area, uint64_t offset, uint64_t bytes) {
    char *base = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return NULL;
    for (uint64_t done = 0, part; done < bytes; done += part) {
        unsigned file = (unsigned)((offset + done) / SECTION_FILE_BYTES);
        uint64_t at = (offset + done) % SECTION_FILE_BYTES;
        part = bytes - done < SECTION_FILE_BYTES - at ? bytes - done : SECTION_FILE_BYTES - at;
        if (mmap(base + done, part, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, area->files[file],
                 (off_t)at) != MAP_FAILED)
            continue;
        munmap(base, bytes);
        return NULL;
    }
    return base;
}

NTSTATUS tk_view_map(const struct area *area, uint64_t offset, uint64_t bytes, void **base) {
    if (bytes > tk_machine.has.view_bytes - tk_machine.view_bytes)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct view *view = tk_get(sizeof(*view));
    if (!view)
        return STATUS_INSUFFICIENT_RESOURCES;
    view->area = area;
    view->bytes = bytes;
#ifdef TINYKRNL_BUG /* the wrong chunk: from a 64 KiB boundary, and nobody is told how far behind it */
    offset -= offset % 0x10000;
#endif
    view->base = map_section(area, offset, bytes);
    if (!view->base) {
        tk_put(view, sizeof(*view));
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    view->next = tk_machine.views;
    tk_machine.views = view;
    tk_machine.view_bytes += bytes;
    *base = view->base;
    return STATUS_SUCCESS;
}

bool tk_view_unmap(const struct area *area, const void *base) {
    bool found = false;
    for (struct view **at = &tk_machine.views; *at && !(found && base);) {
        struct view *view = *at;
        if (view->area != area || (base && view->base != base)) {
            at = &view->next;
            continue;
        }
        *at = view->next;
        tk_machine.view_bytes -= view->bytes;
        munmap(view->base, view->bytes);
        tk_put(view, sizeof(*view));
        found = true;
    }
    return found;
}
