/*
 * The part of the display miniport DDI that saving a frame buffer uses. Names and layouts are the
 * WDK's, on x64; each layout is asserted beside its structure.
 */
#ifndef WDDM_D3DKMDDI_H
#define WDDM_D3DKMDDI_H

#include "wddm/wdm.h"

/* ---- interface versions ---- */

/* As windows-rs has them, which Microsoft generates from the WDK; 3.2 is second hand (docs/contract.md). */
#define DXGKDDI_INTERFACE_VERSION_WDDM2_3 0x8001
#define DXGKDDI_INTERFACE_VERSION_WDDM2_4 0x9006
#define DXGKDDI_INTERFACE_VERSION_WDDM2_5 0xA00B
#define DXGKDDI_INTERFACE_VERSION_WDDM2_6 0xB004
#define DXGKDDI_INTERFACE_VERSION_WDDM2_7 0xC004
#define DXGKDDI_INTERFACE_VERSION_WDDM2_8 0xD001
#define DXGKDDI_INTERFACE_VERSION_WDDM2_9 0xE003
#define DXGKDDI_INTERFACE_VERSION_WDDM3_0 0xF003
#define DXGKDDI_INTERFACE_VERSION_WDDM3_1 0x10004
#define DXGKDDI_INTERFACE_VERSION_WDDM3_2 0x11007

/* ---- address descriptor lists ---- */

typedef UINT_PTR DXGK_PAGE_NUMBER;

typedef struct _DXGK_ADL_FLAGS {
    union {
        struct {
            UINT32 Contiguous : 1;
            UINT32 Reserved : 31;
        };
        UINT32 Value;
    };
} DXGK_ADL_FLAGS;

/* Pages are logical when memory is remapped, physical otherwise: read Flags.Contiguous first. */
typedef struct _DXGK_ADL {
    UINT32 PageCount;
    DXGK_ADL_FLAGS Flags;
    union {
        DXGK_PAGE_NUMBER BasePageNumber;
        const DXGK_PAGE_NUMBER *Pages;
    };
} DXGK_ADL;

C_ASSERT(sizeof(DXGK_PAGE_NUMBER) == sizeof(PFN_NUMBER));
C_ASSERT(sizeof(DXGK_ADL_FLAGS) == 4);

#if UINTPTR_MAX == UINT64_MAX
C_ASSERT(FIELD_OFFSET(DXGK_ADL, PageCount) == 0);
C_ASSERT(FIELD_OFFSET(DXGK_ADL, Flags) == 4);
C_ASSERT(FIELD_OFFSET(DXGK_ADL, BasePageNumber) == 8);
C_ASSERT(FIELD_OFFSET(DXGK_ADL, Pages) == 8);
C_ASSERT(sizeof(DXGK_ADL) == 16);
#endif

/* ---- arguments of the callbacks ---- */

typedef struct _DXGKARGCB_PINFRAMEBUFFERFORSAVE {
    UINT PhysicalAdapterIndex;
    SIZE_T CommitSize;
    PMDL pMdl; /* out */
} DXGKARGCB_PINFRAMEBUFFERFORSAVE;

typedef struct _DXGKARGCB_PINFRAMEBUFFERFORSAVE2 {
    UINT PhysicalAdapterIndex;
    SIZE_T CommitSize;
    union {
        struct {
            UINT PreferContiguous : 1;
            UINT Reserved : 31;
        };
        UINT Value;
    } Flags;
    DXGK_ADL *pAdl; /* out */
} DXGKARGCB_PINFRAMEBUFFERFORSAVE2;

typedef struct _DXGKARGCB_UNPINFRAMEBUFFERFORSAVE {
    UINT PhysicalAdapterIndex;
} DXGKARGCB_UNPINFRAMEBUFFERFORSAVE;

typedef struct _DXGKARGCB_MAPFRAMEBUFFERPOINTER {
    UINT PhysicalAdapterIndex;
    SIZE_T Size;
    SIZE_T Offset;      /* in, and out: where the byte asked for is, from pBaseAddress */
    PVOID pBaseAddress; /* out */
} DXGKARGCB_MAPFRAMEBUFFERPOINTER;

typedef struct _DXGKARGCB_UNMAPFRAMEBUFFERPOINTER {
    UINT PhysicalAdapterIndex;
    PVOID pBaseAddress;
} DXGKARGCB_UNMAPFRAMEBUFFERPOINTER;

C_ASSERT(FIELD_OFFSET(DXGKARGCB_PINFRAMEBUFFERFORSAVE, PhysicalAdapterIndex) == 0);
C_ASSERT(FIELD_OFFSET(DXGKARGCB_PINFRAMEBUFFERFORSAVE2, PhysicalAdapterIndex) == 0);
C_ASSERT(FIELD_OFFSET(DXGKARGCB_UNPINFRAMEBUFFERFORSAVE, PhysicalAdapterIndex) == 0);
C_ASSERT(sizeof(DXGKARGCB_UNPINFRAMEBUFFERFORSAVE) == 4);
C_ASSERT(FIELD_OFFSET(DXGKARGCB_MAPFRAMEBUFFERPOINTER, PhysicalAdapterIndex) == 0);
C_ASSERT(FIELD_OFFSET(DXGKARGCB_UNMAPFRAMEBUFFERPOINTER, PhysicalAdapterIndex) == 0);

#if UINTPTR_MAX == UINT64_MAX
C_ASSERT(FIELD_OFFSET(DXGKARGCB_PINFRAMEBUFFERFORSAVE, CommitSize) == 8);
C_ASSERT(FIELD_OFFSET(DXGKARGCB_PINFRAMEBUFFERFORSAVE, pMdl) == 16);
C_ASSERT(sizeof(DXGKARGCB_PINFRAMEBUFFERFORSAVE) == 24);
C_ASSERT(FIELD_OFFSET(DXGKARGCB_PINFRAMEBUFFERFORSAVE2, CommitSize) == 8);
C_ASSERT(FIELD_OFFSET(DXGKARGCB_PINFRAMEBUFFERFORSAVE2, Flags) == 16);
C_ASSERT(sizeof(((DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *)0)->Flags) == 4);
C_ASSERT(FIELD_OFFSET(DXGKARGCB_PINFRAMEBUFFERFORSAVE2, pAdl) == 24);
C_ASSERT(sizeof(DXGKARGCB_PINFRAMEBUFFERFORSAVE2) == 32);
C_ASSERT(FIELD_OFFSET(DXGKARGCB_MAPFRAMEBUFFERPOINTER, Size) == 8);
C_ASSERT(FIELD_OFFSET(DXGKARGCB_MAPFRAMEBUFFERPOINTER, Offset) == 16);
C_ASSERT(FIELD_OFFSET(DXGKARGCB_MAPFRAMEBUFFERPOINTER, pBaseAddress) == 24);
C_ASSERT(sizeof(DXGKARGCB_MAPFRAMEBUFFERPOINTER) == 32);
C_ASSERT(FIELD_OFFSET(DXGKARGCB_UNMAPFRAMEBUFFERPOINTER, pBaseAddress) == 8);
C_ASSERT(sizeof(DXGKARGCB_UNMAPFRAMEBUFFERPOINTER) == 16);
#endif

/* ---- the callbacks: hAdapter is the DeviceHandle of the chain's lead, IRQL is PASSIVE_LEVEL ---- */

typedef NTSTATUS DXGKCB_PINFRAMEBUFFERFORSAVE(HANDLE hAdapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE *pPin);
typedef NTSTATUS DXGKCB_PINFRAMEBUFFERFORSAVE2(HANDLE hAdapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *pPin);
typedef NTSTATUS DXGKCB_UNPINFRAMEBUFFERFORSAVE(HANDLE hAdapter,
                                                const DXGKARGCB_UNPINFRAMEBUFFERFORSAVE *pUnpin);
typedef NTSTATUS DXGKCB_MAPFRAMEBUFFERPOINTER(HANDLE hAdapter, DXGKARGCB_MAPFRAMEBUFFERPOINTER *pMap);
typedef NTSTATUS DXGKCB_UNMAPFRAMEBUFFERPOINTER(HANDLE hAdapter,
                                                const DXGKARGCB_UNMAPFRAMEBUFFERPOINTER *pUnmap);

/* ---- what Dxgkrnl asks a miniport at start ---- */

typedef enum _DXGK_QUERYADAPTERINFOTYPE {
    DXGKQAITYPE_DRIVERCAPS = 1,
    DXGKQAITYPE_PHYSICALADAPTERCAPS = 15,
    DXGKQAITYPE_FRAMEBUFFERSAVESIZE = 21,
    DXGKQAITYPE_HARDWARERESERVEDRANGES = 22,
    DXGKQAITYPE_PHYSICAL_MEMORY_CAPS = 34,
    DXGKQAITYPE_IOMMU_CAPS = 35
} DXGK_QUERYADAPTERINFOTYPE;

/* Output of DXGKQAITYPE_FRAMEBUFFERSAVESIZE; the input is the UINT physical adapter index. */
typedef struct _DXGK_FRAMEBUFFERSAVEAREA {
    SIZE_T MaximumSize;
} DXGK_FRAMEBUFFERSAVEAREA;

/* The beginning of it. */
typedef struct _DXGK_VIDMMCAPS {
    union {
        struct {
            UINT NotOfThisContract : 11;
            UINT IoMmuSecureModeSupported : 1; /* from WDDM 2.4 */
            UINT NorThis : 1;
            UINT IoMmuSecureModeRequired : 1; /* from WDDM 2.7 */
            UINT MapAperture2Supported : 1;   /* from WDDM 2.9 */
            UINT NorThese : 17;
        };
        UINT Value;
    };
    UINT PagingNode;
} DXGK_VIDMMCAPS;

/* Output of DXGKQAITYPE_DRIVERCAPS: the beginning of it. A miniport fills in no more than OutputDataSize. */
typedef struct _DXGK_DRIVERCAPS {
    PHYSICAL_ADDRESS HighestAcceptableAddress;
    UINT NotOfThisContract[14];
    UINT SchedulingCaps;
    DXGK_VIDMMCAPS MemoryManagementCaps;
} DXGK_DRIVERCAPS;

/* Input and output of DXGKQAITYPE_PHYSICALADAPTERCAPS. */
typedef struct _DXGK_QUERYPHYSICALADAPTERCAPSIN {
    UINT PhysicalAdapterIndex;
} DXGK_QUERYPHYSICALADAPTERCAPSIN;

typedef struct _DXGK_PHYSICALADAPTERCAPS {
    uint16_t NumExecutionNodes;
    uint16_t PagingNodeIndex;
    HANDLE DxgkPhysicalAdapterHandle; /* the DeviceHandle of this index (LINK-INDEX) */
    UINT Flags;
    UINT VPRPagingNode;
    UINT VirtualCopyNodeIndex; /* from WDDM 2.7 */
} DXGK_PHYSICALADAPTERCAPS;

typedef struct _DXGK_PHYSICAL_MEMORY_RANGE {
    PHYSICAL_ADDRESS BaseAddress;
    LARGE_INTEGER NumberOfBytes;
} DXGK_PHYSICAL_MEMORY_RANGE;

/* Output of DXGKQAITYPE_HARDWARERESERVEDRANGES. pPhysicalRanges NULL: the miniport says how many; else it
 * fills in NumRanges of them. */
typedef struct _DXGK_HARDWARERESERVEDRANGES {
    UINT32 NumRanges;
    DXGK_PHYSICAL_MEMORY_RANGE *pPhysicalRanges;
} DXGK_HARDWARERESERVEDRANGES;

typedef struct _DXGK_PHYSICAL_MEMORY_CAPS {
    PHYSICAL_ADDRESS HighestVisibleAddress;
} DXGK_PHYSICAL_MEMORY_CAPS;

typedef struct _DXGK_IOMMU_CAPS {
    union {
        struct {
            UINT32 IommuIsolationSupported : 1;
            UINT32 IommuIsolationRequired : 1;
            UINT32 DmaRemappingSupported : 1;
            UINT32 GpuVaIommuRequired : 1;
            UINT32 GpuVaIommuGlobalRequired : 1;
            UINT32 Reserved : 27;
        };
        UINT32 Value;
    };
} DXGK_IOMMU_CAPS;

typedef struct _DXGK_QUERYADAPTERINFOFLAGS {
    union {
        struct {
            UINT VirtualMachineData : 1;
            UINT SecureVirtualMachine : 1;
            UINT Reserved : 30;
        };
        UINT Value;
    };
} DXGK_QUERYADAPTERINFOFLAGS;

typedef struct _DXGKARG_QUERYADAPTERINFO {
    DXGK_QUERYADAPTERINFOTYPE Type;
    PVOID pInputData;
    UINT InputDataSize;
    PVOID pOutputData;
    UINT OutputDataSize;
    DXGK_QUERYADAPTERINFOFLAGS Flags; /* from WDDM 2.4 */
    HANDLE hKmdProcessHandle;
} DXGKARG_QUERYADAPTERINFO;

C_ASSERT(DXGKQAITYPE_DRIVERCAPS == 1);
C_ASSERT(DXGKQAITYPE_PHYSICALADAPTERCAPS == 15);
C_ASSERT(DXGKQAITYPE_FRAMEBUFFERSAVESIZE == 21);
C_ASSERT(DXGKQAITYPE_HARDWARERESERVEDRANGES == 22);
C_ASSERT(DXGKQAITYPE_PHYSICAL_MEMORY_CAPS == 34);
C_ASSERT(DXGKQAITYPE_IOMMU_CAPS == 35);
C_ASSERT(sizeof(DXGK_QUERYADAPTERINFOTYPE) == 4);
C_ASSERT(FIELD_OFFSET(DXGK_FRAMEBUFFERSAVEAREA, MaximumSize) == 0);
C_ASSERT(FIELD_OFFSET(DXGK_PHYSICAL_MEMORY_CAPS, HighestVisibleAddress) == 0);
C_ASSERT(sizeof(DXGK_PHYSICAL_MEMORY_CAPS) == 8);
C_ASSERT(FIELD_OFFSET(DXGK_IOMMU_CAPS, Value) == 0);
C_ASSERT(sizeof(DXGK_IOMMU_CAPS) == 4);
C_ASSERT(sizeof(DXGK_QUERYADAPTERINFOFLAGS) == 4);
C_ASSERT(sizeof(DXGK_VIDMMCAPS) == 8);
C_ASSERT(FIELD_OFFSET(DXGK_DRIVERCAPS, HighestAcceptableAddress) == 0);
C_ASSERT(FIELD_OFFSET(DXGK_DRIVERCAPS, SchedulingCaps) == 64);
C_ASSERT(FIELD_OFFSET(DXGK_DRIVERCAPS, MemoryManagementCaps) == 68);
C_ASSERT(FIELD_OFFSET(DXGK_QUERYPHYSICALADAPTERCAPSIN, PhysicalAdapterIndex) == 0);
C_ASSERT(sizeof(DXGK_QUERYPHYSICALADAPTERCAPSIN) == 4);
C_ASSERT(FIELD_OFFSET(DXGK_PHYSICAL_MEMORY_RANGE, NumberOfBytes) == 8);
C_ASSERT(sizeof(DXGK_PHYSICAL_MEMORY_RANGE) == 16);

#if UINTPTR_MAX == UINT64_MAX
C_ASSERT(FIELD_OFFSET(DXGK_PHYSICALADAPTERCAPS, PagingNodeIndex) == 2);
C_ASSERT(FIELD_OFFSET(DXGK_PHYSICALADAPTERCAPS, DxgkPhysicalAdapterHandle) == 8);
C_ASSERT(FIELD_OFFSET(DXGK_PHYSICALADAPTERCAPS, Flags) == 16);
C_ASSERT(FIELD_OFFSET(DXGK_PHYSICALADAPTERCAPS, VPRPagingNode) == 20);
C_ASSERT(FIELD_OFFSET(DXGK_PHYSICALADAPTERCAPS, VirtualCopyNodeIndex) == 24);
C_ASSERT(sizeof(DXGK_PHYSICALADAPTERCAPS) == 32);
C_ASSERT(FIELD_OFFSET(DXGK_HARDWARERESERVEDRANGES, pPhysicalRanges) == 8);
C_ASSERT(sizeof(DXGK_HARDWARERESERVEDRANGES) == 16);
C_ASSERT(sizeof(DXGK_FRAMEBUFFERSAVEAREA) == 8);
C_ASSERT(FIELD_OFFSET(DXGKARG_QUERYADAPTERINFO, Type) == 0);
C_ASSERT(FIELD_OFFSET(DXGKARG_QUERYADAPTERINFO, pInputData) == 8);
C_ASSERT(FIELD_OFFSET(DXGKARG_QUERYADAPTERINFO, InputDataSize) == 16);
C_ASSERT(FIELD_OFFSET(DXGKARG_QUERYADAPTERINFO, pOutputData) == 24);
C_ASSERT(FIELD_OFFSET(DXGKARG_QUERYADAPTERINFO, OutputDataSize) == 32);
C_ASSERT(FIELD_OFFSET(DXGKARG_QUERYADAPTERINFO, Flags) == 36);
C_ASSERT(FIELD_OFFSET(DXGKARG_QUERYADAPTERINFO, hKmdProcessHandle) == 40);
C_ASSERT(sizeof(DXGKARG_QUERYADAPTERINFO) == 48);
#endif

/* ---- exclusive access: hAdapter is the miniport's context, IRQL is PASSIVE_LEVEL ---- */

typedef struct _DXGKARG_BEGINEXCLUSIVEACCESS {
    UINT Reserved;
} DXGKARG_BEGINEXCLUSIVEACCESS;

typedef struct _DXGKARG_ENDEXCLUSIVEACCESS {
    UINT Reserved;
} DXGKARG_ENDEXCLUSIVEACCESS;

C_ASSERT(sizeof(DXGKARG_BEGINEXCLUSIVEACCESS) == 4);
C_ASSERT(sizeof(DXGKARG_ENDEXCLUSIVEACCESS) == 4);

#endif
