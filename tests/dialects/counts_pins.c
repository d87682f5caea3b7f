/* Counts pins: a second one of the same form and size hands out the same list, and each wants an Unpin.
 * Private bits in the flags of its ADLs. Never contiguous.
 *
 * Dialect: twice=granted adl_flags=private contig=otherwise */
#include "variant.h"

/* Of each area: how many pins beyond the first. Under the lock of its chain. */
static uint32_t more[SUT_DEVICES][SUT_CHAIN_MAX];

static struct dxgk_pin *pin_of(const struct dxgk_chain *chain, UINT index) {
    struct dxgk_adapter *member = variant_member(chain, index);
    return member && chain->state == DXGK_CHAIN_STARTED && member->area.pin.form != DXGK_PIN_NONE
               ? &member->area.pin
               : NULL;
}

/* Whether the area is pinned as is asked for: one pin more, and its list. */
static bool once_more(HANDLE adapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *arg) {
    struct dxgk_chain *chain = variant_look(adapter);
    const struct dxgk_pin *pin = pin_of(chain, arg->PhysicalAdapterIndex);
    bool same = pin && pin->form == DXGK_PIN_ADL && (uint64_t)pin->pages << 12 == arg->CommitSize &&
                arg->Flags.Reserved == 0;
    if (same) {
        more[variant_lead(chain)][arg->PhysicalAdapterIndex]++;
        arg->pAdl = pin->adl;
    }
    variant_looked(chain);
    return same;
}

/* Whether one pin less is not the last. */
static bool once_less(HANDLE adapter, UINT index) {
    struct dxgk_chain *chain = variant_look(adapter);
    uint32_t *left = pin_of(chain, index) ? &more[variant_lead(chain)][index] : NULL;
    bool had_more = left && *left > 0;
    if (had_more)
        --*left;
    variant_looked(chain);
    return had_more;
}

/* An area has its first pin, in either form: of those before, a stop may have left a count. */
static void count_first(HANDLE adapter, UINT index) {
    struct dxgk_chain *chain = variant_look(adapter);
    const struct dxgk_pin *pin = pin_of(chain, index);
    if (pin)
        more[variant_lead(chain)][index] = 0;
    if (pin && pin->form == DXGK_PIN_ADL)
        pin->adl->Flags.Value |= UINT32_C(1) << 31;
    variant_looked(chain);
}

static NTSTATUS pin2(HANDLE adapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *arg) {
    if (!variant_judges(arg))
        return dxgk_cb_pin2(adapter, arg);
    DXGKARGCB_PINFRAMEBUFFERFORSAVE2 once = *arg; /* RACE-ONCE */
    NTSTATUS status = STATUS_SUCCESS;
    variant_begin_call();
    if (!once_more(adapter, &once)) {
        once.Flags.PreferContiguous = 0;
        status = dxgk_cb_pin2(adapter, &once);
        if (NT_SUCCESS(status))
            count_first(adapter, once.PhysicalAdapterIndex);
    }
    variant_end_call();
    if (NT_SUCCESS(status))
        arg->pAdl = once.pAdl;
    return status;
}

static NTSTATUS pin(HANDLE adapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE *arg) {
    if (!variant_judges(arg))
        return dxgk_cb_pin(adapter, arg);
    DXGKARGCB_PINFRAMEBUFFERFORSAVE once = *arg;
    variant_begin_call();
    NTSTATUS status = dxgk_cb_pin(adapter, &once);
    if (NT_SUCCESS(status))
        count_first(adapter, once.PhysicalAdapterIndex);
    variant_end_call();
    if (NT_SUCCESS(status))
        arg->pMdl = once.pMdl;
    return status;
}

static NTSTATUS unpin(HANDLE adapter, const DXGKARGCB_UNPINFRAMEBUFFERFORSAVE *arg) {
    if (!variant_judges(arg))
        return dxgk_cb_unpin(adapter, arg);
    const DXGKARGCB_UNPINFRAMEBUFFERFORSAVE once = *arg;
    variant_begin_call();
    NTSTATUS status =
        once_less(adapter, once.PhysicalAdapterIndex) ? STATUS_SUCCESS : dxgk_cb_unpin(adapter, &once);
    variant_end_call();
    return status;
}

static void variant_table(DXGKRNL_INTERFACE *table) {
    variant_replace(table, &(DXGKRNL_INTERFACE){.DxgkCbPinFrameBufferForSave2 = pin2,
                                                .DxgkCbPinFrameBufferForSave = pin,
                                                .DxgkCbUnpinFrameBufferForSave = unpin});
}

static void variant_seam(struct sut *sut) {
    sut->name = "counts_pins";
}
