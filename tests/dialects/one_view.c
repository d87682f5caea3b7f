/* Maps the whole section for each view, one view of an index at a time; leaks of a stop are not counted.
 *
 * Dialect: view=otherwise bases=one reclaim=uncounted */
#include "variant.h"

static NTSTATUS map(HANDLE adapter, DXGKARGCB_MAPFRAMEBUFFERPOINTER *arg) {
    const struct dxgk_adapter *lead = find(device_of(adapter));
    if (!arg || !lead || lead->handle != adapter || !dxgk_adapter_leads(lead) || nt_irql() != PASSIVE_LEVEL ||
        lead->chain->state != DXGK_CHAIN_STARTED || arg->PhysicalAdapterIndex >= lead->chain->length)
        return dxgk_cb_map(adapter, arg);
    const struct dxgk_adapter *member = lead->chain->by_index[arg->PhysicalAdapterIndex];
    const struct nt_section *section = member ? member->area.section : NULL;
    uint64_t bytes = section ? nt_section_pages(section) << 12 : 0;
    if (!section || arg->Size == 0 || arg->Size % 4096 != 0 || arg->Offset % 4096 != 0 || arg->Size > bytes ||
        arg->Offset > bytes - arg->Size)
        return dxgk_cb_map(adapter, arg);
    const struct nt_page *page = nt_section_peek(section, 0);
    if (page && page->views > 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    DXGKARGCB_MAPFRAMEBUFFERPOINTER whole = *arg;
    whole.Size = bytes;
    whole.Offset = 0;
    NTSTATUS status = dxgk_cb_map(adapter, &whole);
    if (NT_SUCCESS(status))
        arg->pBaseAddress = whole.pBaseAddress; /* and Offset is where the byte is from there */
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
