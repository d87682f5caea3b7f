/* What the callbacks' arguments need of wdm.h: IRQLs, pages, memory descriptor lists. */
#ifndef WDDM_WDM_H
#define WDDM_WDM_H

#include "wddm/ntdef.h"
#include "wddm/ntstatus.h"

typedef UCHAR KIRQL;

#define PASSIVE_LEVEL  0
#define APC_LEVEL      1
#define DISPATCH_LEVEL 2
#define HIGH_LEVEL     15

#define PAGE_SHIFT 12
#define PAGE_SIZE  0x1000

typedef ULONG_PTR PFN_NUMBER, *PPFN_NUMBER;

typedef struct _EPROCESS *PEPROCESS;

typedef struct _MDL {
    struct _MDL *Next;
    CSHORT Size;
    CSHORT MdlFlags;
    PEPROCESS Process;
    PVOID MappedSystemVa;
    PVOID StartVa;
    ULONG ByteCount;
    ULONG ByteOffset;
} MDL, *PMDL;

/* The PFN array follows the header. */
#define MmGetMdlPfnArray(Mdl) ((PPFN_NUMBER)((Mdl) + 1))

C_ASSERT(PAGE_SIZE == 4096 && PAGE_SIZE == 1 << PAGE_SHIFT);
C_ASSERT(sizeof(PFN_NUMBER) == sizeof(PVOID));

#if UINTPTR_MAX == UINT64_MAX
C_ASSERT(FIELD_OFFSET(MDL, Next) == 0);
C_ASSERT(FIELD_OFFSET(MDL, Size) == 8);
C_ASSERT(FIELD_OFFSET(MDL, MdlFlags) == 10);
C_ASSERT(FIELD_OFFSET(MDL, Process) == 16);
C_ASSERT(FIELD_OFFSET(MDL, MappedSystemVa) == 24);
C_ASSERT(FIELD_OFFSET(MDL, StartVa) == 32);
C_ASSERT(FIELD_OFFSET(MDL, ByteCount) == 40);
C_ASSERT(FIELD_OFFSET(MDL, ByteOffset) == 44);
C_ASSERT(sizeof(MDL) == 48);
#endif

#endif
