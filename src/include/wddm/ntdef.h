/* Basic types of the Windows kernel, with the sizes they have on x64 Windows whatever the host. */
#ifndef WDDM_NTDEF_H
#define WDDM_NTDEF_H

#include <stddef.h>
#include <stdint.h>

#define VOID void

typedef uint8_t UCHAR;
typedef UCHAR BOOLEAN;
typedef int16_t CSHORT;
typedef int32_t LONG;
typedef uint32_t ULONG;
typedef uint32_t UINT;
typedef uint32_t UINT32;
typedef int64_t LONGLONG;
typedef uintptr_t UINT_PTR;
typedef uintptr_t ULONG_PTR;
typedef ULONG_PTR SIZE_T;
typedef VOID *PVOID;
typedef PVOID HANDLE;
typedef LONG NTSTATUS;

#define FALSE 0
#define TRUE  1

typedef union _LARGE_INTEGER {
    struct {
        ULONG LowPart;
        LONG HighPart;
    };
    struct {
        ULONG LowPart;
        LONG HighPart;
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER;

typedef LARGE_INTEGER PHYSICAL_ADDRESS;

#define NT_SUCCESS(Status) ((NTSTATUS)(Status) >= 0)

#define FIELD_OFFSET(type, field) offsetof(type, field)
#ifdef __cplusplus
#define C_ASSERT(expression) static_assert(expression, #expression)
#else
#define C_ASSERT(expression) _Static_assert(expression, #expression)
#endif

C_ASSERT(sizeof(ULONG) == 4);
C_ASSERT(sizeof(UINT) == 4);
C_ASSERT(sizeof(NTSTATUS) == 4);
C_ASSERT(sizeof(BOOLEAN) == 1);
C_ASSERT(sizeof(CSHORT) == 2);
C_ASSERT(sizeof(SIZE_T) == sizeof(PVOID));
C_ASSERT(sizeof(PHYSICAL_ADDRESS) == 8);
C_ASSERT(FIELD_OFFSET(LARGE_INTEGER, QuadPart) == 0);

#endif
