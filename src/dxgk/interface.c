/* Fills in DXGKRNL_INTERFACE for a version. */
#include "dxgk/interface.h"

#include <string.h>

#include "dxgk/callbacks.h"

/* A callback that has nothing to do with frame buffers: this machine has none behind it. Whoever
 * calls it through its own signature is told so. */
static NTSTATUS not_on_this_machine(void) {
    return STATUS_NOT_SUPPORTED;
}

#define ELSEWHERE ((DXGKCB_UNUSED *)not_on_this_machine)

/* Everything there is; a version has the beginning of it. */
/* clang-format off */
static const DXGKRNL_INTERFACE newest = {
    .DxgkCbEvalAcpiMethod = ELSEWHERE,
    .DxgkCbGetDeviceInformation = ELSEWHERE,
    .DxgkCbIndicateChildStatus = ELSEWHERE,
    .DxgkCbMapMemory = ELSEWHERE,
    .DxgkCbQueueDpc = ELSEWHERE,
    .DxgkCbQueryServices = ELSEWHERE,
    .DxgkCbReadDeviceSpace = ELSEWHERE,
    .DxgkCbSynchronizeExecution = ELSEWHERE,
    .DxgkCbUnmapMemory = ELSEWHERE,
    .DxgkCbWriteDeviceSpace = ELSEWHERE,
    .DxgkCbIsDevicePresent = ELSEWHERE,
    .DxgkCbGetHandleData = ELSEWHERE,
    .DxgkCbGetHandleParent = ELSEWHERE,
    .DxgkCbEnumHandleChildren = ELSEWHERE,
    .DxgkCbNotifyInterrupt = ELSEWHERE,
    .DxgkCbNotifyDpc = ELSEWHERE,
    .DxgkCbQueryVidPnInterface = ELSEWHERE,
    .DxgkCbQueryMonitorInterface = ELSEWHERE,
    .DxgkCbGetCaptureAddress = ELSEWHERE,
    .DxgkCbLogEtwEvent = ELSEWHERE,
    .DxgkCbExcludeAdapterAccess = ELSEWHERE,
    .DxgkCbCreateContextAllocation = ELSEWHERE,
    .DxgkCbDestroyContextAllocation = ELSEWHERE,
    .DxgkCbSetPowerComponentActive = ELSEWHERE,
    .DxgkCbSetPowerComponentIdle = ELSEWHERE,
    .DxgkCbAcquirePostDisplayOwnership = ELSEWHERE,
    .DxgkCbPowerRuntimeControlRequest = ELSEWHERE,
    .DxgkCbSetPowerComponentLatency = ELSEWHERE,
    .DxgkCbSetPowerComponentResidency = ELSEWHERE,
    .DxgkCbCompleteFStateTransition = ELSEWHERE,
    .DxgkCbCompletePStateTransition = ELSEWHERE,
    .DxgkCbMapContextAllocation = ELSEWHERE,
    .DxgkCbUpdateContextAllocation = ELSEWHERE,
    .DxgkCbReserveGpuVirtualAddressRange = ELSEWHERE,
    .DxgkCbAcquireHandleData = ELSEWHERE,
    .DxgkCbReleaseHandleData = ELSEWHERE,
    .DxgkCbHardwareContentProtectionTeardown = ELSEWHERE,
    .DxgkCbMultiPlaneOverlayDisabled = ELSEWHERE,
    .DxgkCbMitigatedRangeUpdate = ELSEWHERE,
    .DxgkCbInvalidateHwContext = ELSEWHERE,
    .DxgkCbIndicateConnectorChange = ELSEWHERE,
    .DxgkCbUnblockUEFIFrameBufferRanges = ELSEWHERE,
    .DxgkCbAcquirePostDisplayOwnership2 = ELSEWHERE,
    .DxgkCbSetProtectedSessionStatus = ELSEWHERE,
    .DxgkCbAllocateContiguousMemory = ELSEWHERE,
    .DxgkCbFreeContiguousMemory = ELSEWHERE,
    .DxgkCbAllocatePagesForMdl = ELSEWHERE,
    .DxgkCbFreePagesFromMdl = ELSEWHERE,
    .DxgkCbMapMdlToIoMmu = ELSEWHERE,
    .DxgkCbUnmapMdlFromIoMmu = ELSEWHERE,
    .DxgkCbReportDiagnostic = ELSEWHERE,
    .DxgkCbSignalEvent = ELSEWHERE,
    .DxgkCbIsFeatureEnabled = ELSEWHERE,
    .DxgkCbSaveMemoryForHotUpdate = ELSEWHERE,
    .DxgkCbNotifyCursorSupportChange = ELSEWHERE,
    .DxgkCbQueryFeatureSupport = ELSEWHERE,
    .DxgkCbCreatePhysicalMemoryObject = ELSEWHERE,
    .DxgkCbDestroyPhysicalMemoryObject = ELSEWHERE,
    .DxgkCbMapPhysicalMemory = ELSEWHERE,
    .DxgkCbUnmapPhysicalMemory = ELSEWHERE,
    .DxgkCbAllocateAdl = ELSEWHERE,
    .DxgkCbFreeAdl = ELSEWHERE,
    .DxgkCbOpenPhysicalMemoryObject = ELSEWHERE,
    .DxgkCbClosePhysicalMemoryObject = ELSEWHERE,
    .DxgkCbDisconnectDoorbell = ELSEWHERE,
#define HERE(slot, type, function) .slot = (function),
    DXGK_CALLBACKS(HERE)
};
/* clang-format on */

static size_t size_of_version(ULONG version) {
    if (version >= DXGKDDI_INTERFACE_VERSION_WDDM3_2)
        return DXGKRNL_INTERFACE_SIZE_WDDM3_2;
    if (version >= DXGKDDI_INTERFACE_VERSION_WDDM3_1)
        return DXGKRNL_INTERFACE_SIZE_WDDM3_1;
    if (version >= DXGKDDI_INTERFACE_VERSION_WDDM2_9)
        return DXGKRNL_INTERFACE_SIZE_WDDM2_9;
    if (version >= DXGKDDI_INTERFACE_VERSION_WDDM2_8)
        return DXGKRNL_INTERFACE_SIZE_WDDM2_8;
    if (version >= DXGKDDI_INTERFACE_VERSION_WDDM2_6)
        return DXGKRNL_INTERFACE_SIZE_WDDM2_6;
    if (version >= DXGKDDI_INTERFACE_VERSION_WDDM2_5)
        return DXGKRNL_INTERFACE_SIZE_WDDM2_5;
    if (version >= DXGKDDI_INTERFACE_VERSION_WDDM2_4)
        return DXGKRNL_INTERFACE_SIZE_WDDM2_4;
    return DXGKRNL_INTERFACE_SIZE_WDDM2_3;
}

void dxgk_interface_build(DXGKRNL_INTERFACE *table, ULONG version, HANDLE device) {
    size_t size = size_of_version(version);
    memcpy(table, &newest, size);
    memset((char *)table + size, 0, sizeof(*table) - size);
    table->Size = (ULONG)size;
    table->Version = version;
    table->DeviceHandle = device;
}
