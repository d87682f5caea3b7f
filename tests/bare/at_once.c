/*
 * src/ as an implementation that knows when two of its callbacks are under way at once. With $AT_ONCE=never
 * it is declared to have one thread, and ends the process if there ever are two; with $AT_ONCE=dies it is not
 * declared so; with $AT_ONCE=busy the second one is refused. $DECLARED as in dialects/together/together.c.
 */
#include "dialects/variant.h"

#include <stdio.h>
#include <stdlib.h>

static bool under_way;

static bool refuses(void) {
    const char *word = getenv("AT_ONCE");
    return word && strcmp(word, "busy") == 0;
}

/* False: there is another one, and this is refused. */
static bool begin_call(void) {
    if (under_way && !refuses()) {
        fprintf(stderr, "two callbacks at once\n");
        abort();
    }
    bool begins = !under_way;
    under_way = true;
    return begins;
}

#define ALONE(call)                                                                                          \
    if (!begin_call())                                                                                       \
        return STATUS_INSUFFICIENT_RESOURCES;                                                                \
    NTSTATUS status = call;                                                                                  \
    under_way = false;                                                                                       \
    return status

static NTSTATUS pin2(HANDLE adapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *arg) {
    ALONE(dxgk_cb_pin2(adapter, arg));
}

static NTSTATUS pin(HANDLE adapter, DXGKARGCB_PINFRAMEBUFFERFORSAVE *arg) {
    ALONE(dxgk_cb_pin(adapter, arg));
}

static NTSTATUS unpin(HANDLE adapter, const DXGKARGCB_UNPINFRAMEBUFFERFORSAVE *arg) {
    ALONE(dxgk_cb_unpin(adapter, arg));
}

static NTSTATUS map(HANDLE adapter, DXGKARGCB_MAPFRAMEBUFFERPOINTER *arg) {
    ALONE(dxgk_cb_map(adapter, arg));
}

static NTSTATUS unmap(HANDLE adapter, const DXGKARGCB_UNMAPFRAMEBUFFERPOINTER *arg) {
    ALONE(dxgk_cb_unmap(adapter, arg));
}

static bool boot_again(const struct sut_machine_config *config) {
    under_way = false;
    return boot(config);
}

static void variant_table(DXGKRNL_INTERFACE *table) {
    variant_replace(table, &(DXGKRNL_INTERFACE){.DxgkCbPinFrameBufferForSave2 = pin2,
                                                .DxgkCbPinFrameBufferForSave = pin,
                                                .DxgkCbUnpinFrameBufferForSave = unpin,
                                                .DxgkCbMapFrameBufferPointer = map,
                                                .DxgkCbUnmapFrameBufferPointer = unmap});
}

static void variant_seam(struct sut *sut) {
    const char *word = getenv("AT_ONCE");
    sut->name = "at_once";
    sut->boot = boot_again;
    sut->one_thread = word && strcmp(word, "never") == 0;
    sut->dialect = getenv("DECLARED");
    sut->hold_chosen = sut->dialect != NULL;
}
