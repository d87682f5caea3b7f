/* Keeps more to itself than it must: one frame, where numbers begin at 0, is nobody's, and a GPU that is not
 * started does no DMA. The MDL form takes an empty pin of what has a section, for nothing.
 *
 * Dialect: none */
#include "variant.h"

static NTSTATUS pin(HANDLE adapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE *arg) {
    unsigned device = device_of(adapter);
    const struct dxgk_adapter *lead = find(device);
    bool good =
        nt_irql() == PASSIVE_LEVEL && arg && lead && lead->handle == adapter && dxgk_adapter_leads(lead);
    const struct dxgk_adapter *member = good && arg->PhysicalAdapterIndex < lead->chain->length
                                            ? lead->chain->by_index[arg->PhysicalAdapterIndex]
                                            : NULL;
    if (member && arg->CommitSize == 0 && member->area.section)
        return STATUS_SUCCESS;
    return dxgk_cb_pin(adapter, arg);
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
