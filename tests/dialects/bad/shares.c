/* Offers no look inside, and its lists of a second index begin with the page that the first one begins with.
 */
#include "dialects/variant.h"

static DXGK_PAGE_NUMBER first;
static unsigned lists;

static NTSTATUS pin2(HANDLE adapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *arg) {
    NTSTATUS status = dxgk_cb_pin2(adapter, arg);
    if (!NT_SUCCESS(status) || arg->pAdl->Flags.Contiguous)
        return status;
    DXGK_PAGE_NUMBER *pages = dxgk_adl_pages(arg->pAdl);
    if (lists++ == 0)
        first = pages[0];
    else
        pages[0] = first;
    return status;
}

static bool boot_again(const struct sut_machine_config *config) {
    lists = 0;
    return boot(config);
}

static void variant_table(DXGKRNL_INTERFACE *table) {
    variant_replace(table, &(DXGKRNL_INTERFACE){.DxgkCbPinFrameBufferForSave2 = pin2});
}

static void variant_seam(struct sut *sut) {
    sut->name = "shares";
    sut->boot = boot_again;
    sut->dma = NULL;
    sut->domain = NULL;
    sut->page = NULL;
    sut->ledger = NULL;
    sut->domain_pages = NULL;
    sut->descriptor_alive = NULL;
    sut->cpu_accessible = NULL;
}
