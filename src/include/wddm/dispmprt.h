/* The interface Dxgkrnl hands a miniport in DxgkDdiStartDevice, and the link of an LDA chain. */
#ifndef WDDM_DISPMPRT_H
#define WDDM_DISPMPRT_H

#include "wddm/d3dkmddi.h"

/* DxgkDdiLinkDevice's answer. */
typedef struct _LINKED_DEVICE {
    ULONG ChainUid;
    ULONG NumberOfLinksInChain;
    BOOLEAN LeadLink;
} LINKED_DEVICE, *PLINKED_DEVICE;

C_ASSERT(FIELD_OFFSET(LINKED_DEVICE, ChainUid) == 0);
C_ASSERT(FIELD_OFFSET(LINKED_DEVICE, NumberOfLinksInChain) == 4);
C_ASSERT(FIELD_OFFSET(LINKED_DEVICE, LeadLink) == 8);
C_ASSERT(sizeof(LINKED_DEVICE) == 12);

/* A callback that is none of the five: this project knows its slot, not its signature. */
typedef VOID DXGKCB_UNUSED(VOID);

/* One slot a callback, in the order in which versions added them. Size says how many there are. */
typedef struct _DXGKRNL_INTERFACE {
    ULONG Size;
    ULONG Version;
    HANDLE DeviceHandle;
    /* Base, Windows Vista and 7 */
    DXGKCB_UNUSED *DxgkCbEvalAcpiMethod;
    DXGKCB_UNUSED *DxgkCbGetDeviceInformation;
    DXGKCB_UNUSED *DxgkCbIndicateChildStatus;
    DXGKCB_UNUSED *DxgkCbMapMemory;
    DXGKCB_UNUSED *DxgkCbQueueDpc;
    DXGKCB_UNUSED *DxgkCbQueryServices;
    DXGKCB_UNUSED *DxgkCbReadDeviceSpace;
    DXGKCB_UNUSED *DxgkCbSynchronizeExecution;
    DXGKCB_UNUSED *DxgkCbUnmapMemory;
    DXGKCB_UNUSED *DxgkCbWriteDeviceSpace;
    DXGKCB_UNUSED *DxgkCbIsDevicePresent;
    DXGKCB_UNUSED *DxgkCbGetHandleData;
    DXGKCB_UNUSED *DxgkCbGetHandleParent;
    DXGKCB_UNUSED *DxgkCbEnumHandleChildren;
    DXGKCB_UNUSED *DxgkCbNotifyInterrupt;
    DXGKCB_UNUSED *DxgkCbNotifyDpc;
    DXGKCB_UNUSED *DxgkCbQueryVidPnInterface;
    DXGKCB_UNUSED *DxgkCbQueryMonitorInterface;
    DXGKCB_UNUSED *DxgkCbGetCaptureAddress;
    DXGKCB_UNUSED *DxgkCbLogEtwEvent;
    DXGKCB_UNUSED *DxgkCbExcludeAdapterAccess;
    /* Windows 8 */
    DXGKCB_UNUSED *DxgkCbCreateContextAllocation;
    DXGKCB_UNUSED *DxgkCbDestroyContextAllocation;
    DXGKCB_UNUSED *DxgkCbSetPowerComponentActive;
    DXGKCB_UNUSED *DxgkCbSetPowerComponentIdle;
    DXGKCB_UNUSED *DxgkCbAcquirePostDisplayOwnership;
    DXGKCB_UNUSED *DxgkCbPowerRuntimeControlRequest;
    DXGKCB_UNUSED *DxgkCbSetPowerComponentLatency;
    DXGKCB_UNUSED *DxgkCbSetPowerComponentResidency;
    DXGKCB_UNUSED *DxgkCbCompleteFStateTransition;
    /* WDDM 1.3 */
    DXGKCB_UNUSED *DxgkCbCompletePStateTransition;
    /* WDDM 2.0 */
    DXGKCB_UNUSED *DxgkCbMapContextAllocation;
    DXGKCB_UNUSED *DxgkCbUpdateContextAllocation;
    DXGKCB_UNUSED *DxgkCbReserveGpuVirtualAddressRange;
    DXGKCB_UNUSED *DxgkCbAcquireHandleData;
    DXGKCB_UNUSED *DxgkCbReleaseHandleData;
    DXGKCB_UNUSED *DxgkCbHardwareContentProtectionTeardown;
    /* WDDM 2.1 */
    DXGKCB_UNUSED *DxgkCbMultiPlaneOverlayDisabled;
    DXGKCB_UNUSED *DxgkCbMitigatedRangeUpdate;
    /* WDDM 2.2 */
    DXGKCB_UNUSED *DxgkCbInvalidateHwContext;
    DXGKCB_UNUSED *DxgkCbIndicateConnectorChange;
    DXGKCB_UNUSED *DxgkCbUnblockUEFIFrameBufferRanges;
    DXGKCB_UNUSED *DxgkCbAcquirePostDisplayOwnership2;
    /* WDDM 2.3 */
    DXGKCB_UNUSED *DxgkCbSetProtectedSessionStatus;
    /* WDDM 2.4 */
    DXGKCB_UNUSED *DxgkCbAllocateContiguousMemory;
    DXGKCB_UNUSED *DxgkCbFreeContiguousMemory;
    DXGKCB_UNUSED *DxgkCbAllocatePagesForMdl;
    DXGKCB_UNUSED *DxgkCbFreePagesFromMdl;
    DXGKCB_PINFRAMEBUFFERFORSAVE *DxgkCbPinFrameBufferForSave;
    DXGKCB_UNPINFRAMEBUFFERFORSAVE *DxgkCbUnpinFrameBufferForSave;
    DXGKCB_MAPFRAMEBUFFERPOINTER *DxgkCbMapFrameBufferPointer;
    DXGKCB_UNMAPFRAMEBUFFERPOINTER *DxgkCbUnmapFrameBufferPointer;
    DXGKCB_UNUSED *DxgkCbMapMdlToIoMmu;
    DXGKCB_UNUSED *DxgkCbUnmapMdlFromIoMmu;
    DXGKCB_UNUSED *DxgkCbReportDiagnostic;
    /* WDDM 2.5 */
    DXGKCB_UNUSED *DxgkCbSignalEvent;
    /* WDDM 2.6 */
    DXGKCB_UNUSED *DxgkCbIsFeatureEnabled;
    DXGKCB_UNUSED *DxgkCbSaveMemoryForHotUpdate;
    /* WDDM 2.8 */
    DXGKCB_UNUSED *DxgkCbNotifyCursorSupportChange;
    /* WDDM 2.9 */
    DXGKCB_UNUSED *DxgkCbQueryFeatureSupport;
    DXGKCB_UNUSED *DxgkCbCreatePhysicalMemoryObject;
    DXGKCB_UNUSED *DxgkCbDestroyPhysicalMemoryObject;
    DXGKCB_UNUSED *DxgkCbMapPhysicalMemory;
    DXGKCB_UNUSED *DxgkCbUnmapPhysicalMemory;
    DXGKCB_UNUSED *DxgkCbAllocateAdl;
    DXGKCB_UNUSED *DxgkCbFreeAdl;
    DXGKCB_UNUSED *DxgkCbOpenPhysicalMemoryObject;
    DXGKCB_UNUSED *DxgkCbClosePhysicalMemoryObject;
    DXGKCB_PINFRAMEBUFFERFORSAVE2 *DxgkCbPinFrameBufferForSave2;
    /* WDDM 3.1 */
    DXGKCB_UNUSED *DxgkCbDisconnectDoorbell;
} DXGKRNL_INTERFACE, *PDXGKRNL_INTERFACE;

/* ANY-VERSION: DXGKRNL_INTERFACE.Size by interface version. A version's table ends where the first
 * slot of the next one that adds any begins. */
#define DXGKRNL_INTERFACE_SIZE_WDDM2_3 FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbAllocateContiguousMemory)
#define DXGKRNL_INTERFACE_SIZE_WDDM2_4 FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbSignalEvent)
#define DXGKRNL_INTERFACE_SIZE_WDDM2_5 FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbIsFeatureEnabled)
#define DXGKRNL_INTERFACE_SIZE_WDDM2_6 FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbNotifyCursorSupportChange)
#define DXGKRNL_INTERFACE_SIZE_WDDM2_7 DXGKRNL_INTERFACE_SIZE_WDDM2_6
#define DXGKRNL_INTERFACE_SIZE_WDDM2_8 FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbQueryFeatureSupport)
#define DXGKRNL_INTERFACE_SIZE_WDDM2_9 FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbDisconnectDoorbell)
#define DXGKRNL_INTERFACE_SIZE_WDDM3_0 DXGKRNL_INTERFACE_SIZE_WDDM2_9
#define DXGKRNL_INTERFACE_SIZE_WDDM3_1 sizeof(DXGKRNL_INTERFACE)
#define DXGKRNL_INTERFACE_SIZE_WDDM3_2 DXGKRNL_INTERFACE_SIZE_WDDM3_1

#if UINTPTR_MAX == UINT64_MAX
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, Size) == 0);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, Version) == 4);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DeviceHandle) == 8);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbEvalAcpiMethod) == 0x10);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbGetDeviceInformation) == 0x18);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbIndicateChildStatus) == 0x20);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbMapMemory) == 0x28);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbQueueDpc) == 0x30);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbQueryServices) == 0x38);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbReadDeviceSpace) == 0x40);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbSynchronizeExecution) == 0x48);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbUnmapMemory) == 0x50);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbWriteDeviceSpace) == 0x58);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbIsDevicePresent) == 0x60);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbGetHandleData) == 0x68);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbGetHandleParent) == 0x70);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbEnumHandleChildren) == 0x78);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbNotifyInterrupt) == 0x80);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbNotifyDpc) == 0x88);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbQueryVidPnInterface) == 0x90);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbQueryMonitorInterface) == 0x98);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbGetCaptureAddress) == 0xA0);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbLogEtwEvent) == 0xA8);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbExcludeAdapterAccess) == 0xB0);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbCreateContextAllocation) == 0xB8);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbDestroyContextAllocation) == 0xC0);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbSetPowerComponentActive) == 0xC8);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbSetPowerComponentIdle) == 0xD0);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbAcquirePostDisplayOwnership) == 0xD8);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbPowerRuntimeControlRequest) == 0xE0);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbSetPowerComponentLatency) == 0xE8);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbSetPowerComponentResidency) == 0xF0);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbCompleteFStateTransition) == 0xF8);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbCompletePStateTransition) == 0x100);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbMapContextAllocation) == 0x108);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbUpdateContextAllocation) == 0x110);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbReserveGpuVirtualAddressRange) == 0x118);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbAcquireHandleData) == 0x120);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbReleaseHandleData) == 0x128);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbHardwareContentProtectionTeardown) == 0x130);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbMultiPlaneOverlayDisabled) == 0x138);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbMitigatedRangeUpdate) == 0x140);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbInvalidateHwContext) == 0x148);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbIndicateConnectorChange) == 0x150);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbUnblockUEFIFrameBufferRanges) == 0x158);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbAcquirePostDisplayOwnership2) == 0x160);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbSetProtectedSessionStatus) == 0x168);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbAllocateContiguousMemory) == 0x170);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbFreeContiguousMemory) == 0x178);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbAllocatePagesForMdl) == 0x180);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbFreePagesFromMdl) == 0x188);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbPinFrameBufferForSave) == 0x190);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbUnpinFrameBufferForSave) == 0x198);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbMapFrameBufferPointer) == 0x1A0);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbUnmapFrameBufferPointer) == 0x1A8);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbMapMdlToIoMmu) == 0x1B0);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbUnmapMdlFromIoMmu) == 0x1B8);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbReportDiagnostic) == 0x1C0);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbSignalEvent) == 0x1C8);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbIsFeatureEnabled) == 0x1D0);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbSaveMemoryForHotUpdate) == 0x1D8);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbNotifyCursorSupportChange) == 0x1E0);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbQueryFeatureSupport) == 0x1E8);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbCreatePhysicalMemoryObject) == 0x1F0);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbDestroyPhysicalMemoryObject) == 0x1F8);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbMapPhysicalMemory) == 0x200);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbUnmapPhysicalMemory) == 0x208);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbAllocateAdl) == 0x210);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbFreeAdl) == 0x218);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbOpenPhysicalMemoryObject) == 0x220);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbClosePhysicalMemoryObject) == 0x228);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbPinFrameBufferForSave2) == 0x230);
C_ASSERT(FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbDisconnectDoorbell) == 0x238);
C_ASSERT(sizeof(DXGKRNL_INTERFACE) == 0x240);
C_ASSERT(DXGKRNL_INTERFACE_SIZE_WDDM2_3 == 0x170);
C_ASSERT(DXGKRNL_INTERFACE_SIZE_WDDM2_4 == 0x1C8);
C_ASSERT(DXGKRNL_INTERFACE_SIZE_WDDM2_5 == 0x1D0);
C_ASSERT(DXGKRNL_INTERFACE_SIZE_WDDM2_6 == 0x1E0);
C_ASSERT(DXGKRNL_INTERFACE_SIZE_WDDM2_8 == 0x1E8);
C_ASSERT(DXGKRNL_INTERFACE_SIZE_WDDM2_9 == 0x238);
C_ASSERT(DXGKRNL_INTERFACE_SIZE_WDDM3_1 == 0x240);
#endif

#endif
