/* Counts pins: a second one of the same form and size hands out the same list, and each wants an Unpin.
 * Private bits in the flags of its ADLs. Never contiguous.
 *
 * Dialect: twice=granted adl_flags=private contig=otherwise */
#include "variant.h"

#include "nt/irql.h"

/* Of each area: how many pins beyond the first. */
static uint32_t more[SUT_DEVICES][SUT_CHAIN_MAX];

/* The pinned area that the call means; NULL where dxgk_cb_...() is to say what is wrong, or there is no pin.
 */
static struct dxgk_pin *pin_of(HANDLE adapter, UINT index) {
    const struct dxgk_adapter *lead = find(device_of(adapter));
    if (nt_irql() != PASSIVE_LEVEL || !lead || lead->handle != adapter || !dxgk_adapter_leads(lead) ||
        index >= lead->chain->length || lead->chain->state != DXGK_CHAIN_STARTED ||
        !lead->chain->by_index[index])
        return NULL;
    struct dxgk_pin *pin = &lead->chain->by_index[index]->area.pin;
    return pin->form == DXGK_PIN_NONE ? NULL : pin;
}

static NTSTATUS pin2(HANDLE adapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *arg) {
    const struct dxgk_pin *pin = arg ? pin_of(adapter, arg->PhysicalAdapterIndex) : NULL;
    if (pin && pin->form == DXGK_PIN_ADL && (uint64_t)pin->pages << 12 == arg->CommitSize &&
        arg->Flags.Reserved == 0) {
        more[device_of(adapter)][arg->PhysicalAdapterIndex]++;
        arg->pAdl = pin->adl;
        return STATUS_SUCCESS;
    }
    if (!arg)
        return dxgk_cb_pin2(adapter, arg);
    UINT prefers = arg->Flags.PreferContiguous;
    arg->Flags.PreferContiguous = 0;
    NTSTATUS status = dxgk_cb_pin2(adapter, arg);
    arg->Flags.PreferContiguous = prefers & 1;
    if (NT_SUCCESS(status)) {
        more[device_of(adapter)][arg->PhysicalAdapterIndex] = 0;
        arg->pAdl->Flags.Value |= UINT32_C(1) << 31;
    }
    return status;
}

static NTSTATUS unpin(HANDLE adapter, const DXGKARGCB_UNPINFRAMEBUFFERFORSAVE *arg) {
    if (arg && pin_of(adapter, arg->PhysicalAdapterIndex)) {
        uint32_t *left = &more[device_of(adapter)][arg->PhysicalAdapterIndex];
        if (*left > 0) {
            --*left;
            return STATUS_SUCCESS;
        }
    }
    return dxgk_cb_unpin(adapter, arg);
}

static void variant_table(DXGKRNL_INTERFACE *table) {
    variant_replace(table, &(DXGKRNL_INTERFACE){.DxgkCbPinFrameBufferForSave2 = pin2,
                                                .DxgkCbUnpinFrameBufferForSave = unpin});
}

static void variant_seam(struct sut *sut) {
    sut->name = "counts_pins";
}
