/*
 * What a pin or a map hands out, looked at by itself. Plain C that needs the seam and REQUIRE() alone:
 * `pinfuzz source` puts it as it stands into each file it writes. Each is false for what is malformed.
 */
#ifndef HARNESS_DESCRIPTOR_H
#define HARNESS_DESCRIPTOR_H

#include "harness/sut.h"

/* What an ADL or an MDL says. */
struct descriptor {
    uint64_t pages;
    bool contiguous;
    DXGK_PAGE_NUMBER base;         /* contiguous: of the first page */
    const DXGK_PAGE_NUMBER *array; /* else: of each */
    ULONG rest;                    /* zero, unless it is malformed: reserved flags, parts of pages */
};

static inline struct descriptor descriptor_read(const void *at, bool legacy) {
    const DXGK_ADL *adl = at;
    const MDL *mdl = at;
    if (legacy)
        return (struct descriptor){.pages = mdl->ByteCount / PAGE_SIZE,
                                   .array = (const DXGK_PAGE_NUMBER *)(mdl + 1),
                                   .rest = mdl->ByteCount % PAGE_SIZE | mdl->ByteOffset};
    bool contiguous = adl->Flags.Contiguous;
    return (struct descriptor){.pages = adl->PageCount,
                               .contiguous = contiguous,
                               .base = contiguous ? adl->BasePageNumber : 0,
                               .array = contiguous ? NULL : adl->Pages,
                               .rest = adl->Flags.Reserved};
}

/* `array`: why it must not be contiguous; NULL when it may be. */
bool descriptor_check_adl(const DXGK_ADL *adl, uint64_t pages, const char *array);
bool descriptor_check_mdl(const MDL *mdl, uint64_t bytes);
/* Of a map that was asked for `offset`. */
bool descriptor_check_view(const DXGKARGCB_MAPFRAMEBUFFERPOINTER *map, uint64_t offset);

#endif
