/* The five callbacks, and the table in which drivers get them. */
#include <string.h>

#include "tinykrnl.h"

/* ---- on the way in, and out ---- */

/* The chain whose lead has this handle, which may be anything at all: it is compared, and nothing else. */
static struct device *find_lead(HANDLE handle) {
    for (unsigned i = 0; handle && i < SUT_DEVICES; i++)
        if (tk_machine.devices[i].handle == handle && tk_machine.devices[i].lead == &tk_machine.devices[i])
            return &tk_machine.devices[i];
    return NULL;
}

/* What all five check. On success the lock is taken: leave() gives it back. */
static NTSTATUS enter(HANDLE handle, const void *arg, bool releases, struct area **area) {
    if (tk_machine.irql[tk_machine.actor] > PASSIVE_LEVEL)
        return STATUS_INVALID_LEVEL;
    if (!arg)
        return STATUS_INVALID_PARAMETER;
    UINT index = *(const UINT *)arg; /* PhysicalAdapterIndex is the first member of each argument */
    NTSTATUS status = STATUS_SUCCESS;
    tk_lock();
    struct device *lead = find_lead(handle);
    if (!lead)
        status = STATUS_INVALID_HANDLE;
    else if (lead->state != STARTED && !(lead->state == STOPPING && releases))
        status = STATUS_INVALID_DEVICE_STATE; /* a driver that is stopped may still give back what it has */
    else if (index >= lead->count)
        status = STATUS_INVALID_PARAMETER;
    else
        *area = &lead->areas[index];
    if (!NT_SUCCESS(status))
        tk_unlock();
    return status;
}

static NTSTATUS leave(NTSTATUS status) {
    tk_unlock();
    return status;
}

/* ---- the callbacks ---- */

/* No size fits an area without a section. */
static NTSTATUS check_pin(const struct area *area, SIZE_T bytes) {
    if (bytes == 0 || bytes % PAGE_SIZE != 0 || bytes > area->bytes)
        return STATUS_INVALID_PARAMETER;
    return area->pin.live ? STATUS_INVALID_DEVICE_STATE : STATUS_SUCCESS;
}

static NTSTATUS pin2(HANDLE handle, DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *arg) {
    struct area *area;
    NTSTATUS status = enter(handle, arg, false, &area);
    if (!NT_SUCCESS(status))
        return status;
    status = check_pin(area, arg->CommitSize);
    if (!NT_SUCCESS(status))
        return leave(status);
    /* PageCount has 32 bits: a larger pin is refused, never cut off. */
    if (arg->Flags.Reserved != 0 || arg->CommitSize / PAGE_SIZE > UINT32_MAX)
        return leave(STATUS_INVALID_PARAMETER);
    status = tk_pin_pages(area, arg->CommitSize / PAGE_SIZE, arg->Flags.PreferContiguous);
    if (NT_SUCCESS(status))
        arg->pAdl = &area->pin.adl;
    return leave(status);
}

static NTSTATUS pin(HANDLE handle, DXGKARGCB_PINFRAMEBUFFERFORSAVE *arg) {
    struct area *area;
    NTSTATUS status = enter(handle, arg, false, &area);
    if (!NT_SUCCESS(status))
        return status;
    status = check_pin(area, arg->CommitSize);
    if (!NT_SUCCESS(status))
        return leave(status);
    if (arg->CommitSize > UINT32_MAX) /* MDL.ByteCount */
        return leave(STATUS_INVALID_PARAMETER);
    if (area->lead->mode == MODE_REMAPPED)
        return leave(STATUS_NOT_SUPPORTED);
    status = tk_pin_mdl(area, arg->CommitSize / PAGE_SIZE);
    if (NT_SUCCESS(status))
        arg->pMdl = area->pin.mdl;
    return leave(status);
}

static NTSTATUS unpin(HANDLE handle, const DXGKARGCB_UNPINFRAMEBUFFERFORSAVE *arg) {
    struct area *area;
    NTSTATUS status = enter(handle, arg, true, &area);
    if (!NT_SUCCESS(status))
        return status;
    if (!area->pin.live)
        return leave(STATUS_INVALID_PARAMETER);
    tk_unpin_pages(area);
    return leave(STATUS_SUCCESS);
}

static NTSTATUS map(HANDLE handle, DXGKARGCB_MAPFRAMEBUFFERPOINTER *arg) {
    struct area *area;
    void *base;
    NTSTATUS status = enter(handle, arg, false, &area);
    if (!NT_SUCCESS(status))
        return status;
    /* Compared so that no sum can wrap. */
    if (arg->Size == 0 || arg->Size % PAGE_SIZE != 0 || arg->Offset % PAGE_SIZE != 0 ||
        arg->Size > area->bytes || arg->Offset > area->bytes - arg->Size)
        return leave(STATUS_INVALID_PARAMETER);
    status = tk_view_map(area, arg->Offset, arg->Size, &base);
    if (NT_SUCCESS(status)) {
        arg->pBaseAddress = base;
        arg->Offset = 0; /* the byte asked for is the view's first */
    }
    return leave(status);
}

static NTSTATUS unmap(HANDLE handle, const DXGKARGCB_UNMAPFRAMEBUFFERPOINTER *arg) {
    struct area *area;
    NTSTATUS status = enter(handle, arg, true, &area);
    if (!NT_SUCCESS(status))
        return status;
    bool was_mapped = arg->pBaseAddress && tk_view_unmap(area, arg->pBaseAddress);
    return leave(was_mapped ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER);
}

/* ---- the table ---- */

static VOID another_callback(VOID) {}

static ULONG size_of_version(ULONG version) {
    if (version >= DXGKDDI_INTERFACE_VERSION_WDDM3_1)
        return DXGKRNL_INTERFACE_SIZE_WDDM3_1;
    if (version >= DXGKDDI_INTERFACE_VERSION_WDDM2_9)
        return DXGKRNL_INTERFACE_SIZE_WDDM2_9;
    if (version >= DXGKDDI_INTERFACE_VERSION_WDDM2_8)
        return DXGKRNL_INTERFACE_SIZE_WDDM2_8;
    if (version >= DXGKDDI_INTERFACE_VERSION_WDDM2_6) /* 2.7 adds none */
        return DXGKRNL_INTERFACE_SIZE_WDDM2_6;
    if (version >= DXGKDDI_INTERFACE_VERSION_WDDM2_5)
        return DXGKRNL_INTERFACE_SIZE_WDDM2_5;
    if (version >= DXGKDDI_INTERFACE_VERSION_WDDM2_4)
        return DXGKRNL_INTERFACE_SIZE_WDDM2_4;
    return DXGKRNL_INTERFACE_SIZE_WDDM2_3;
}

/* A table ends where its version's does; the slots behind are null. */
void tk_interface_fill(DXGKRNL_INTERFACE *dxgkrnl, ULONG version, HANDLE handle) {
    DXGKCB_UNUSED *const other = another_callback;
    ULONG size = size_of_version(version);
    *dxgkrnl = (DXGKRNL_INTERFACE){.DxgkCbPinFrameBufferForSave = pin,
                                   .DxgkCbUnpinFrameBufferForSave = unpin,
                                   .DxgkCbMapFrameBufferPointer = map,
                                   .DxgkCbUnmapFrameBufferPointer = unmap,
                                   .DxgkCbPinFrameBufferForSave2 = pin2};
    char *slots = (char *)dxgkrnl;
    for (size_t at = FIELD_OFFSET(DXGKRNL_INTERFACE, DxgkCbEvalAcpiMethod); at < size; at += sizeof(other)) {
        static const char empty[sizeof(other)];
        if (memcmp(slots + at, empty, sizeof(other)) == 0)
            memcpy(slots + at, &other, sizeof(other));
    }
    memset(slots + size, 0, sizeof(*dxgkrnl) - size);
    dxgkrnl->Size = size;
    dxgkrnl->Version = version;
    dxgkrnl->DeviceHandle = handle;
}
