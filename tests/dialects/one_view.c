/* Maps the whole section for each view, one view of an index at a time; leaks of a stop are not counted.
 *
 * Dialect: view=otherwise bases=one reclaim=uncounted */
#include "variant.h"

/* A failure where there is a view already. *bytes is the size of the area, 0 where what is asked for is no
 * view of one: that is for the core to refuse. */
static NTSTATUS whole_of(HANDLE adapter, const DXGKARGCB_MAPFRAMEBUFFERPOINTER *arg, uint64_t *bytes) {
    struct dxgk_chain *chain = variant_look(adapter);
    const struct dxgk_adapter *member = variant_member(chain, arg->PhysicalAdapterIndex);
    const struct nt_section *section =
        member && chain->state == DXGK_CHAIN_STARTED ? member->area.section : NULL;
    *bytes = section ? nt_section_pages(section) << 12 : 0;
    if (arg->Size == 0 || arg->Size % 4096 != 0 || arg->Offset % 4096 != 0 || arg->Size > *bytes ||
        arg->Offset > *bytes - arg->Size)
        *bytes = 0;
    const struct nt_page *page = *bytes ? nt_section_peek(section, 0) : NULL;
    bool mapped = page && page->views > 0;
    variant_looked(chain);
    return mapped ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

static NTSTATUS map_whole(HANDLE adapter, DXGKARGCB_MAPFRAMEBUFFERPOINTER *arg) {
    uint64_t bytes;
    NTSTATUS status = whole_of(adapter, arg, &bytes);
    if (!NT_SUCCESS(status) || bytes == 0)
        return NT_SUCCESS(status) ? dxgk_cb_map(adapter, arg) : status;
    DXGKARGCB_MAPFRAMEBUFFERPOINTER whole = *arg;
    whole.Size = bytes;
    whole.Offset = 0;
    status = dxgk_cb_map(adapter, &whole);
    if (NT_SUCCESS(status))
        arg->pBaseAddress = whole.pBaseAddress; /* and Offset is where the byte is from there */
    return status;
}

static NTSTATUS map(HANDLE adapter, DXGKARGCB_MAPFRAMEBUFFERPOINTER *arg) {
    if (!variant_judges(arg))
        return dxgk_cb_map(adapter, arg);
    DXGKARGCB_MAPFRAMEBUFFERPOINTER once = *arg; /* RACE-ONCE */
    variant_begin_call();
    NTSTATUS status = map_whole(adapter, &once);
    variant_end_call();
    if (NT_SUCCESS(status)) {
        arg->pBaseAddress = once.pBaseAddress;
        arg->Offset = once.Offset;
    }
    return status;
}

static void variant_table(DXGKRNL_INTERFACE *table) {
    variant_replace(table, &(DXGKRNL_INTERFACE){.DxgkCbMapFrameBufferPointer = map});
}

static void uncounted(struct sut_ledger *out) {
    ledger(out);
    out->leaks = 0;
}

static void variant_seam(struct sut *sut) {
    sut->name = "one_view";
    sut->ledger = uncounted;
}
