/* The subject with two bugs, so that programs differ in what they break: a look that forgets every second
 * view, and a GPU that gets no further than the fourth page of memory that it writes. */
#include "somebody.h"

static void forget_views(struct sut_ledger *ledger) {
    sut_get_whole()->ledger(ledger);
    ledger->views -= ledger->views / 2;
}

static bool lose_writes(unsigned device, uint64_t address, void *buffer, size_t size, bool write) {
    bool lost = write && (address >> 12) % 4 == 3;
    return lost || sut_get_whole()->dma(device, address, buffer, size, write);
}

const struct sut *sut_get(void) {
    static struct sut broken;
    broken = somebody("broken");
    broken.ledger = forget_views;
    broken.dma = lose_writes;
    return &broken;
}
