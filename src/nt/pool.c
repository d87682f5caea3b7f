/* Pool blocks and caches, counted against the budget. */
#include "nt/pool.h"

#include <stdlib.h>

#include "nt/fault.h"
#include "nt/lock.h"
#include "nt/private.h"

static struct nt_lock pool_lock;
static struct nt_pool_usage usage;
static uint64_t budget;

void nt_pool_boot(uint64_t bytes) {
    nt_lock_init(&pool_lock, "pool", NT_LOCK_POOL);
    budget = bytes;
    usage = (struct nt_pool_usage){0};
}

void *nt_pool_alloc(size_t bytes) {
    void *block = NULL;
    nt_lock_acquire(&pool_lock);
    if (!nt_fault(NT_FAULT_POOL) && bytes <= budget - usage.bytes)
        block = calloc(1, bytes);
    if (block) {
        usage.bytes += bytes;
        usage.blocks++;
    }
    if (block && nt_hooks)
        nt_hooks->fresh(block, bytes);
    nt_lock_release(&pool_lock);
    return block;
}

void nt_pool_free(void *block, size_t bytes) {
    if (!block)
        return;
    nt_lock_acquire(&pool_lock);
    usage.bytes -= bytes;
    usage.blocks--;
    if (nt_hooks)
        nt_hooks->freed(block, bytes);
    free(block);
    nt_lock_release(&pool_lock);
}

/* Caches have no lock of their own, but their owners': a GPU's DMA waits for no lock, and may come wherever
 * one is taken or released. There it would find a table that is freed and not yet replaced. */
void *nt_pool_cache_alloc(size_t bytes) {
    void *block = nt_fault(NT_FAULT_POOL) ? NULL : calloc(1, bytes);
    if (block)
        usage.cache_bytes += bytes;
    if (block && nt_hooks)
        nt_hooks->fresh(block, bytes);
    return block;
}

void nt_pool_cache_free(void *block, size_t bytes) {
    if (!block)
        return;
    usage.cache_bytes -= bytes;
    if (nt_hooks)
        nt_hooks->freed(block, bytes);
    free(block);
}

NT_UNTRACED const struct nt_pool_usage *nt_pool_usage(void) {
    return &usage;
}
