/* The subject with two bugs, so that programs differ in what they break: a look that forgets every second
 * view, and a GPU that gets no further than the fourth page of memory that it writes. With 300 KiB of pool it
 * has another: from the twentieth look on each second shows a view too many, whatever is done. */
#include "somebody.h"

static bool counts;
static unsigned looks;

static bool begin(const struct sut_machine_config *config) {
    counts = config->pool_bytes == 300 << 10;
    looks = 0;
    return sut_get_whole()->boot(config);
}

static void forget_views(struct sut_ledger *ledger) {
    sut_get_whole()->ledger(ledger);
    ledger->views -= ledger->views / 2;
    ledger->views += counts && ++looks >= 20 && looks % 2 == 1;
}

static bool lose_writes(unsigned device, uint64_t address, void *buffer, size_t size, bool write) {
    bool lost = write && (address >> 12) % 4 == 3;
    return lost || sut_get_whole()->dma(device, address, buffer, size, write);
}

const struct sut *sut_get(void) {
    static struct sut broken;
    broken = somebody("broken");
    broken.boot = begin;
    broken.ledger = forget_views;
    broken.dma = lose_writes;
    return &broken;
}
