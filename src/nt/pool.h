/*
 * Pool: heap blocks with a budget. Every block is a malloc() block of its own, so that
 * AddressSanitizer sees each of them.
 */
#ifndef NT_POOL_H
#define NT_POOL_H

#include <stddef.h>
#include <stdint.h>

struct nt_pool_usage {
    uint64_t bytes;
    uint64_t blocks;
    uint64_t cache_bytes; /* nt_pool_cache_*: tables that grow with use and go with their owner */
};

/* Zeroed block, or NULL on a shortage (budget, fault point NT_FAULT_POOL, malloc). */
void *nt_pool_alloc(size_t bytes);
/* bytes is what was asked for. NULL is allowed. */
void nt_pool_free(void *block, size_t bytes);
/* The same for caches: counted apart (ANY-ROLLBACK excepts them), and no budget. Under the lock that guards
 * sections and frames, for no other is taken. */
void *nt_pool_cache_alloc(size_t bytes);
void nt_pool_cache_free(void *block, size_t bytes);
const struct nt_pool_usage *nt_pool_usage(void);

#endif
