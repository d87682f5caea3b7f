/* Keeps more to itself than it must: one frame, where numbers begin at 0, is nobody's, and a GPU that is not
 * started does no DMA. The MDL form takes an empty pin of what has a section, for nothing.
 *
 * Dialect: none */
#include "variant.h"

static bool has_section(HANDLE adapter, UINT index) {
    struct dxgk_chain *chain = variant_look(adapter);
    const struct dxgk_adapter *member = variant_member(chain, index);
    bool has = member && member->area.section;
    variant_looked(chain);
    return has;
}

static NTSTATUS pin(HANDLE adapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE *arg) {
    if (!variant_judges(arg))
        return dxgk_cb_pin(adapter, arg);
    DXGKARGCB_PINFRAMEBUFFERFORSAVE once = *arg; /* RACE-ONCE */
    if (once.CommitSize == 0 && has_section(adapter, once.PhysicalAdapterIndex))
        return STATUS_SUCCESS;
    NTSTATUS status = dxgk_cb_pin(adapter, &once);
    if (NT_SUCCESS(status))
        arg->pMdl = once.pMdl;
    return status;
}

static void variant_table(DXGKRNL_INTERFACE *table) {
    variant_replace(table, &(DXGKRNL_INTERFACE){.DxgkCbPinFrameBufferForSave = pin});
}

static bool boot_less(const struct sut_machine_config *config) {
    struct sut_machine_config less = *config;
    if (less.ram_pages > 1 && less.highest_pfn + 1 == less.ram_pages + less.firmware_pages)
        less.ram_pages--;
    return sut_get_whole()->boot(&less);
}

static bool dma_if_started(unsigned device, uint64_t address, void *buffer, size_t size, bool write) {
    const struct dxgk_adapter *adapter = find(device);
    return adapter && adapter->handle && sut_get_whole()->dma(device, address, buffer, size, write);
}

static void variant_seam(struct sut *sut) {
    sut->name = "reticent";
    sut->boot = boot_less;
    sut->dma = dma_if_started;
}
