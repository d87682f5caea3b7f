/* Checks the shape of an ADL, an MDL and a view. */
#include "harness/judge/descriptor.h"

#include "harness/contract/held.h"
#include "harness/judge/report.h"

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
           REQUIRE(adl->Flags.Reserved == 0 || !held.adl_flags, CLAUSE_PIN_ADLFLAGS,
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
    return REQUIRE(base && map->Offset <= offset && (aligned || !held.views), CLAUSE_MAP_ADDRESS,
                   ("a 64 KiB aligned base, returned Offset 0x%llx", (ULL)(offset % granularity)),
                   ("base%s, Offset 0x%llx",
                    base % granularity ? " unaligned"
                    : base             ? ""
                                       : " null",
                    (ULL)map->Offset));
}
