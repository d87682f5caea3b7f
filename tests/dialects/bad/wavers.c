/* Accepts the first two calls at APC_LEVEL after each boot and refuses the next ones, and the first pin in D3
 * and refuses the next ones: each answer is right, both are not. */
#include "dialects/variant.h"

#include "nt/irql.h"

static unsigned accepted;

/* The IRQL to go back to; lowered where the call is accepted. */
static KIRQL lower(void) {
    KIRQL irql = nt_irql();
    if (irql == APC_LEVEL && accepted < 2) {
        accepted++;
        nt_irql_set(PASSIVE_LEVEL);
    }
    return irql;
}

static NTSTATUS pin2(HANDLE adapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *arg) {
    static bool has_pinned_in_d3;
    struct dxgk_chain *chain = variant_judges(arg) ? variant_look(adapter) : NULL;
    bool in_d3 = chain && !chain->members[0]->d0;
    variant_looked(chain);
    if (in_d3) {
        if (has_pinned_in_d3)
            return STATUS_INVALID_DEVICE_STATE;
        has_pinned_in_d3 = true;
    }
    KIRQL irql = lower();
    NTSTATUS status = dxgk_cb_pin2(adapter, arg);
    nt_irql_set(irql);
    return status;
}

static NTSTATUS unpin(HANDLE adapter, const DXGKARGCB_UNPINFRAMEBUFFERFORSAVE *arg) {
    KIRQL irql = lower();
    NTSTATUS status = dxgk_cb_unpin(adapter, arg);
    nt_irql_set(irql);
    return status;
}

static NTSTATUS map(HANDLE adapter, DXGKARGCB_MAPFRAMEBUFFERPOINTER *arg) {
    KIRQL irql = lower();
    NTSTATUS status = dxgk_cb_map(adapter, arg);
    nt_irql_set(irql);
    return status;
}

static bool boot_again(const struct sut_machine_config *config) {
    accepted = 0;
    return boot(config);
}

static void variant_table(DXGKRNL_INTERFACE *table) {
    variant_replace(table, &(DXGKRNL_INTERFACE){.DxgkCbPinFrameBufferForSave2 = pin2,
                                                .DxgkCbUnpinFrameBufferForSave = unpin,
                                                .DxgkCbMapFrameBufferPointer = map});
}

static void variant_seam(struct sut *sut) {
    sut->name = "wavers";
    sut->boot = boot_again;
}
