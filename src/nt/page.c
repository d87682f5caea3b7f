/* The pages of a section: their records, their bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt/arena.h"
#include "nt/phys.h"
#include "nt/pool.h"
#include "nt/private.h"
#include "nt/raw.h"

/* Slabs double from 4 chunks (64 pages, 2.6 KiB) to 64: an array pin of 2^17 pages, the most that a
 * pool of 1 MiB has room for, makes 130 of them. */
#define SLAB_FIRST 4u
#define SLAB_LAST  64u

static size_t slab_bytes(uint32_t capacity) {
    return sizeof(struct nt_slab) + capacity * sizeof(struct nt_chunk);
}

static NT_UNCOVERED uint32_t slot_of(uint64_t key, uint32_t size) {
    return (uint32_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (size - 1);
}

static NT_UNCOVERED struct nt_chunk *find(const struct nt_section *section, uint64_t key) {
    if (section->first.key == key)
        return (struct nt_chunk *)&section->first;
    for (uint32_t slot = slot_of(key, section->table_size);; slot = (slot + 1) & (section->table_size - 1)) {
        struct nt_chunk *chunk = section->table[slot];
        if (!chunk || chunk->key == key)
            return chunk;
    }
}

static NT_UNCOVERED void insert(struct nt_chunk **table, uint32_t size, struct nt_chunk *chunk) {
    uint32_t slot = slot_of(chunk->key, size);
    while (table[slot])
        slot = (slot + 1) & (size - 1);
    table[slot] = chunk;
}

static void free_table(struct nt_section *section) {
    if (section->table != section->small_table)
        nt_pool_cache_free(section->table, section->table_size * sizeof(*section->table));
}

/* Room for one more: the table is kept at most three quarters full. */
static bool grow_table(struct nt_section *section) {
    if (section->table_used < section->table_size / 4 * 3)
        return true;
    uint32_t size = section->table_size * 2;
    struct nt_chunk **table = nt_pool_cache_alloc(size * sizeof(*table));
    if (!table)
        return false;
    for (uint32_t i = 0; i < section->table_size; i++) {
        if (section->table[i])
            insert(table, size, section->table[i]);
    }
    free_table(section);
    section->table = table;
    section->table_size = size;
    return true;
}

static struct nt_chunk *add(struct nt_section *section, uint64_t key) {
    struct nt_chunk *chunk = &section->first;
    if (chunk->key != NT_CHUNK_UNUSED) {
        struct nt_slab *slab = section->slabs;
        if (!grow_table(section))
            return NULL;
        if (!slab || slab->used == slab->capacity) {
            uint32_t capacity = slab ? slab->capacity : SLAB_FIRST / 2;
            capacity = capacity < SLAB_LAST ? capacity * 2 : SLAB_LAST;
            slab = nt_pool_cache_alloc(slab_bytes(capacity));
            if (!slab)
                return NULL;
            slab->capacity = capacity;
            slab->next = section->slabs;
            section->slabs = slab;
        }
        chunk = &slab->chunks[slab->used++];
    }
    chunk->key = key;
    for (unsigned i = 0; i < NT_CHUNK_PAGES; i++) {
        chunk->pages[i].section = section;
        chunk->pages[i].index = key * NT_CHUNK_PAGES + i;
    }
    if (chunk != &section->first) {
        insert(section->table, section->table_size, chunk);
        section->table_used++;
    }
    return chunk;
}

NT_UNCOVERED struct nt_chunk *nt_chunk_touch(struct nt_section *section, uint64_t key) {
    struct nt_chunk *chunk = section->recent;
    if (chunk->key == key)
        return chunk;
    chunk = find(section, key);
    if (!chunk)
        chunk = add(section, key);
    if (chunk)
        section->recent = chunk;
    return chunk;
}

NT_UNCOVERED const struct nt_chunk *nt_chunk_find(const struct nt_section *section, uint64_t key) {
    return section->recent->key == key ? section->recent : find(section, key);
}

/* Sixteen pages a chunk, whatever a program did: no coverage of this loop. */
static NT_UNCOVERED void free_chunk(struct nt_chunk *chunk) {
    for (unsigned i = 0; i < NT_CHUNK_PAGES; i++) {
        struct nt_page *page = &chunk->pages[i];
        if (page->frame)
            nt_phys_release(page);
        if (page->bytes && nt_store_owns(page->bytes))
            nt_store_free(page->bytes);
    }
}

NT_UNCOVERED void nt_pages_free(struct nt_section *section) {
    free_chunk(&section->first);
    while (section->slabs) {
        struct nt_slab *slab = section->slabs;
        for (uint32_t i = 0; i < slab->used; i++)
            free_chunk(&slab->chunks[i]);
        section->slabs = slab->next;
        nt_pool_cache_free(slab, slab_bytes(slab->capacity));
    }
    free_table(section);
}

NT_UNCOVERED void nt_page_copy(struct nt_page *page, unsigned offset, void *buffer, size_t size, bool write) {
    if (!page->bytes) {
        if (!write) {
            memset(buffer, 0, size);
            return;
        }
        page->bytes = nt_store_alloc();
        if (!page->bytes) {
            /* NT_ARENA_BYTES has the arithmetic: no program comes near. */
            fputs("nt: the page store is exhausted\n", stderr);
            abort();
        }
    }
    if (write)
        nt_raw_copy(page->bytes + offset, buffer, size);
    else
        nt_raw_copy(buffer, page->bytes + offset, size);
}
