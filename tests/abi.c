/*
 * The ABI as a driver sees it: bytes at offsets. The headers assert their own layouts; here each is
 * written as raw bytes and read back through its members, which also pins down what no static assertion
 * can say: which bit a bit-field is, and which slot a callback is called through.
 */
#include <stdio.h>
#include <string.h>

#include "wddm/dispmprt.h"

#if UINTPTR_MAX != UINT64_MAX

int main(void) {
    puts("abi: the layouts are those of x64; nothing to check with pointers of another size");
    return 77;
}

#else

static int failures;

static void check(int holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "abi: does not hold: %s\n", what);
        failures++;
    }
}
#define CHECK(expression)      check(expression, #expression)

/* Byte i of a structure is i + 1, so that each member has a value that names its place. */
static void number_bytes(void *structure, size_t size) {
    uint8_t *bytes = structure;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i + 1);
}

/* The little-endian value of `size` numbered bytes at an offset. */
static uint64_t at(size_t offset, size_t size) {
    uint64_t value = 0;
    for (size_t i = size; i-- > 0;)
        value = value << 8 | (uint8_t)(offset + i + 1);
    return value;
}

static uint64_t address(const volatile void *pointer) {
    return (uint64_t)(uintptr_t)pointer;
}

static void check_arguments(void) {
    DXGKARGCB_PINFRAMEBUFFERFORSAVE2 pin2;
    number_bytes(&pin2, sizeof(pin2));
    CHECK(sizeof(pin2) == 32);
    CHECK(pin2.PhysicalAdapterIndex == at(0, 4));
    CHECK(pin2.CommitSize == at(8, 8));
    CHECK(pin2.Flags.Value == at(16, 4));
    CHECK(address(pin2.pAdl) == at(24, 8));

    DXGKARGCB_PINFRAMEBUFFERFORSAVE pin;
    number_bytes(&pin, sizeof(pin));
    CHECK(sizeof(pin) == 24);
    CHECK(pin.PhysicalAdapterIndex == at(0, 4));
    CHECK(pin.CommitSize == at(8, 8));
    CHECK(address(pin.pMdl) == at(16, 8));

    DXGKARGCB_UNPINFRAMEBUFFERFORSAVE unpin;
    number_bytes(&unpin, sizeof(unpin));
    CHECK(sizeof(unpin) == 4);
    CHECK(unpin.PhysicalAdapterIndex == at(0, 4));

    DXGKARGCB_MAPFRAMEBUFFERPOINTER map;
    number_bytes(&map, sizeof(map));
    CHECK(sizeof(map) == 32);
    CHECK(map.PhysicalAdapterIndex == at(0, 4));
    CHECK(map.Size == at(8, 8));
    CHECK(map.Offset == at(16, 8));
    CHECK(address(map.pBaseAddress) == at(24, 8));

    DXGKARGCB_UNMAPFRAMEBUFFERPOINTER unmap;
    number_bytes(&unmap, sizeof(unmap));
    CHECK(sizeof(unmap) == 16);
    CHECK(unmap.PhysicalAdapterIndex == at(0, 4));
    CHECK(address(unmap.pBaseAddress) == at(8, 8));
}

static void check_descriptors(void) {
    DXGK_ADL adl;
    number_bytes(&adl, sizeof(adl));
    CHECK(sizeof(adl) == 16);
    CHECK(adl.PageCount == at(0, 4));
    CHECK(adl.Flags.Value == at(4, 4));
    CHECK(adl.BasePageNumber == at(8, 8));
    CHECK(address(adl.Pages) == at(8, 8));
    CHECK(sizeof(DXGK_PAGE_NUMBER) == 8);

    struct {
        MDL header;
        PFN_NUMBER pfns[2];
    } mdl;
    number_bytes(&mdl.header, sizeof(mdl.header));
    CHECK(sizeof(MDL) == 48);
    CHECK(address(mdl.header.Next) == at(0, 8));
    CHECK((uint16_t)mdl.header.Size == at(8, 2));
    CHECK((uint16_t)mdl.header.MdlFlags == at(10, 2));
    CHECK(address(mdl.header.Process) == at(16, 8));
    CHECK(address(mdl.header.MappedSystemVa) == at(24, 8));
    CHECK(address(mdl.header.StartVa) == at(32, 8));
    CHECK(mdl.header.ByteCount == at(40, 4));
    CHECK(mdl.header.ByteOffset == at(44, 4));
    CHECK(MmGetMdlPfnArray(&mdl.header) == mdl.pfns);
    CHECK(sizeof(PFN_NUMBER) == 8);
}

static void check_queries(void) {
    DXGKARG_QUERYADAPTERINFO query;
    number_bytes(&query, sizeof(query));
    CHECK(sizeof(query) == 48);
    CHECK((uint32_t)query.Type == at(0, 4));
    CHECK(address(query.pInputData) == at(8, 8));
    CHECK(query.InputDataSize == at(16, 4));
    CHECK(address(query.pOutputData) == at(24, 8));
    CHECK(query.OutputDataSize == at(32, 4));
    CHECK(query.Flags.Value == at(36, 4));
    CHECK(address(query.hKmdProcessHandle) == at(40, 8));

    DXGK_FRAMEBUFFERSAVEAREA area;
    number_bytes(&area, sizeof(area));
    CHECK(sizeof(area) == 8);
    CHECK(area.MaximumSize == at(0, 8));

    DXGK_PHYSICAL_MEMORY_CAPS memory;
    number_bytes(&memory, sizeof(memory));
    CHECK(sizeof(memory) == 8);
    CHECK((uint64_t)memory.HighestVisibleAddress.QuadPart == at(0, 8));
    CHECK(memory.HighestVisibleAddress.LowPart == at(0, 4));

    LINKED_DEVICE linked;
    number_bytes(&linked, sizeof(linked));
    CHECK(sizeof(linked) == 12);
    CHECK(linked.ChainUid == at(0, 4));
    CHECK(linked.NumberOfLinksInChain == at(4, 4));
    CHECK(linked.LeadLink == at(8, 1));
}

/* Which bits bit-fields are is the compiler's choice, so it is asked. */
static void check_bits(void) {
    DXGKARGCB_PINFRAMEBUFFERFORSAVE2 pin2 = {0};
    pin2.Flags.Value = 0x1;
    CHECK(pin2.Flags.PreferContiguous == 1 && pin2.Flags.Reserved == 0);
    pin2.Flags.Value = 0xFFFFFFFE;
    CHECK(pin2.Flags.PreferContiguous == 0 && pin2.Flags.Reserved == 0x7FFFFFFF);

    DXGK_ADL_FLAGS adl = {.Value = 0x1};
    CHECK(adl.Contiguous == 1 && adl.Reserved == 0);
    adl.Value = 0xFFFFFFFE;
    CHECK(adl.Contiguous == 0 && adl.Reserved == 0x7FFFFFFF);

    DXGK_IOMMU_CAPS caps = {.Value = 0x1};
    CHECK(caps.IommuIsolationSupported && !caps.IommuIsolationRequired && !caps.DmaRemappingSupported);
    caps.Value = 0x2;
    CHECK(!caps.IommuIsolationSupported && caps.IommuIsolationRequired && !caps.DmaRemappingSupported);
    caps.Value = 0x4;
    CHECK(!caps.IommuIsolationSupported && !caps.IommuIsolationRequired && caps.DmaRemappingSupported);
    caps.Value = 0xFFFFFFF8;
    CHECK(!caps.IommuIsolationSupported && !caps.IommuIsolationRequired && !caps.DmaRemappingSupported &&
          caps.GpuVaIommuRequired && caps.GpuVaIommuGlobalRequired && caps.Reserved == 0x7FFFFFF);
}

/* The five callbacks and the landmarks of DXGKRNL_INTERFACE, each found in the raw slots. */
static void check_interface(void) {
    DXGKRNL_INTERFACE table;
    CHECK(sizeof(table) == 0x240);
    number_bytes(&table, sizeof(table));
    CHECK(table.Size == at(0, 4));
    CHECK(table.Version == at(4, 4));
    CHECK(address(table.DeviceHandle) == at(8, 8));

    uint64_t slot[sizeof(table) / 8];
    for (size_t i = 0; i < sizeof(slot) / sizeof(slot[0]); i++)
        slot[i] = UINT64_C(0x1000) + i * 8;
    memcpy(&table, slot, sizeof(table));
#define SLOT(callback, offset) CHECK((uint64_t)(uintptr_t)table.callback == 0x1000 + (offset))
    SLOT(DxgkCbEvalAcpiMethod, 0x10);
    SLOT(DxgkCbExcludeAdapterAccess, 0xB0);
    SLOT(DxgkCbCreateContextAllocation, 0xB8);
    SLOT(DxgkCbCompletePStateTransition, 0x100);
    SLOT(DxgkCbMapContextAllocation, 0x108);
    SLOT(DxgkCbMultiPlaneOverlayDisabled, 0x138);
    SLOT(DxgkCbInvalidateHwContext, 0x148);
    SLOT(DxgkCbSetProtectedSessionStatus, 0x168);
    SLOT(DxgkCbAllocateContiguousMemory, 0x170);
    SLOT(DxgkCbPinFrameBufferForSave, 0x190);
    SLOT(DxgkCbUnpinFrameBufferForSave, 0x198);
    SLOT(DxgkCbMapFrameBufferPointer, 0x1A0);
    SLOT(DxgkCbUnmapFrameBufferPointer, 0x1A8);
    SLOT(DxgkCbMapMdlToIoMmu, 0x1B0);
    SLOT(DxgkCbReportDiagnostic, 0x1C0);
    SLOT(DxgkCbSignalEvent, 0x1C8);
    SLOT(DxgkCbIsFeatureEnabled, 0x1D0);
    SLOT(DxgkCbNotifyCursorSupportChange, 0x1E0);
    SLOT(DxgkCbQueryFeatureSupport, 0x1E8);
    SLOT(DxgkCbCreatePhysicalMemoryObject, 0x1F0);
    SLOT(DxgkCbAllocateAdl, 0x210);
    SLOT(DxgkCbFreeAdl, 0x218);
    SLOT(DxgkCbPinFrameBufferForSave2, 0x230);
    SLOT(DxgkCbDisconnectDoorbell, 0x238);
}

/* The signatures: these assignments compile only while a driver's own would. */
static NTSTATUS pin2(HANDLE adapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *argument) {
    return adapter && argument ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

static NTSTATUS pin(HANDLE adapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE *argument) {
    return adapter && argument ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

static NTSTATUS unpin(HANDLE adapter, const DXGKARGCB_UNPINFRAMEBUFFERFORSAVE *argument) {
    return adapter && argument ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

static NTSTATUS map(HANDLE adapter, DXGKARGCB_MAPFRAMEBUFFERPOINTER *argument) {
    return adapter && argument ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

static NTSTATUS unmap(HANDLE adapter, const DXGKARGCB_UNMAPFRAMEBUFFERPOINTER *argument) {
    return adapter && argument ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

static void check_signatures(void) {
    const DXGKRNL_INTERFACE table = {
        .DxgkCbPinFrameBufferForSave = pin,
        .DxgkCbPinFrameBufferForSave2 = pin2,
        .DxgkCbUnpinFrameBufferForSave = unpin,
        .DxgkCbMapFrameBufferPointer = map,
        .DxgkCbUnmapFrameBufferPointer = unmap,
    };
    CHECK(table.DxgkCbPinFrameBufferForSave(NULL, NULL) == STATUS_INVALID_HANDLE);
    CHECK(table.DxgkCbPinFrameBufferForSave2(NULL, NULL) == STATUS_INVALID_HANDLE);
    CHECK(table.DxgkCbUnpinFrameBufferForSave(NULL, NULL) == STATUS_INVALID_HANDLE);
    CHECK(table.DxgkCbMapFrameBufferPointer(NULL, NULL) == STATUS_INVALID_HANDLE);
    CHECK(table.DxgkCbUnmapFrameBufferPointer(NULL, NULL) == STATUS_INVALID_HANDLE);
}

int main(void) {
    check_arguments();
    check_descriptors();
    check_queries();
    check_bits();
    check_interface();
    check_signatures();
    if (failures == 0)
        puts("abi: every layout, bit and slot is where a driver on x64 expects it");
    return failures ? 1 : 0;
}

#endif
