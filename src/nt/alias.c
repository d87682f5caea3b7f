/* Shows a page at several addresses by mapping a file in memory there. */
#define _GNU_SOURCE
#include "nt/alias.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "nt/arena.h"
#include "nt/nt.h"
#include "nt/raw.h"

/* Address space for shared pages: a file in memory, made anew for each boot that needs any, so that nothing
 * of it can outlive the boot or be shared with a process forked later. It grows by a page when one is
 * aliased first: 5120 operations of a program times the 4352 pages of its view space make 85 GiB. Where the
 * host grants less it is halved, down to SHARED_MIN: who wants more is short of view space there. */
#define SHARED_BYTES (UINT64_C(128) << 30)
#define SHARED_MIN   (UINT64_C(4) << 30)

/* These addresses show shared + offset. */
struct alias {
    uint8_t *address;
    uint64_t bytes;
    uint64_t offset;
};

static struct alias aliases[NT_ALIASES];
static uint32_t alias_count;
static uint8_t *shared; /* NULL: none in this boot so far */
static int shared_file;
static uint64_t shared_bytes;
static uint64_t shared_used; /* bytes of it, from its start */

static void *map_shared(void *at, uint64_t bytes, int flags, uint64_t offset) {
    return nt_raw_map(at, bytes, MAP_SHARED | MAP_NORESERVE | flags, shared_file, offset);
}

static bool show(uint8_t *address, uint64_t bytes, uint64_t offset) {
    if (alias_count == NT_ALIASES)
        return false;
    if (map_shared(address, bytes, MAP_FIXED, offset) == MAP_FAILED)
        return false;
    aliases[alias_count++] = (struct alias){.address = address, .bytes = bytes, .offset = offset};
    return true;
}

/* How much the host grants is no point of a race. */
static NT_UNTRACED bool open_shared(void) {
    shared_file = memfd_create("pages", MFD_CLOEXEC);
    if (shared_file < 0)
        return false;
    void *fresh = MAP_FAILED;
    shared_bytes = 2 * SHARED_BYTES;
    while (fresh == MAP_FAILED && shared_bytes > SHARED_MIN) {
        shared_bytes /= 2;
        fresh = map_shared(NULL, shared_bytes, 0, 0);
    }
    if (fresh == MAP_FAILED) {
        close(shared_file);
        return false;
    }
    shared = fresh;
    shared_used = 0;
    return true;
}

/* Moves bytes that have one address so far into shared memory, under that same address. */
static bool share(uint8_t *address, uint64_t bytes, uint64_t *offset) {
    if (!shared && !open_shared())
        return false;
    if (bytes > shared_bytes - shared_used || ftruncate(shared_file, (off_t)(shared_used + bytes)) != 0)
        return false;
    struct nt_arena_look look;
    nt_arena_look_begin(&look);
    uint8_t *to = shared + shared_used;
    for (uint64_t at = 0; at < bytes; at += NT_PAGE_SIZE)
        nt_arena_copy_page(&look, to + at, address + at, (bytes - at) >> NT_PAGE_SHIFT, true);
    /* The look is not left: the same addresses show the pages again. */
    if (!show(address, bytes, shared_used))
        return false;
    *offset = shared_used;
    shared_used += bytes;
    return true;
}

/* The offset of an address that is shared, and how many bytes from there on are, too; or how many are
 * not. `bytes` holds the most that is asked for. */
static bool find(const uint8_t *address, uint64_t *bytes, uint64_t *offset) {
    for (uint32_t i = 0; i < alias_count; i++) {
        const struct alias *alias = &aliases[i];
        if (address >= alias->address && address < alias->address + alias->bytes) {
            uint64_t skip = (uint64_t)(address - alias->address);
            *offset = alias->offset + skip;
            if (*bytes > alias->bytes - skip)
                *bytes = alias->bytes - skip;
            return true;
        }
        if (alias->address > address && (uint64_t)(alias->address - address) < *bytes)
            *bytes = (uint64_t)(alias->address - address);
    }
    return false;
}

bool nt_alias(uint8_t *from, uint8_t *to, uint64_t bytes) {
    while (bytes > 0) {
        uint64_t stretch = bytes, offset;
        if (!find(from, &stretch, &offset) && !share(from, stretch, &offset))
            return false;
        if (!show(to, stretch, offset))
            return false;
        from += stretch;
        to += stretch;
        bytes -= stretch;
    }
    return true;
}

void nt_alias_shutdown(void) {
    for (uint32_t i = 0; i < alias_count; i++) {
        if (!nt_arena_renew(aliases[i].address, aliases[i].bytes)) {
            fputs("nt: the host does not give memory back to the arena\n", stderr);
            abort();
        }
    }
    alias_count = 0;
    if (shared) {
        nt_raw_unmap(shared, shared_bytes);
        close(shared_file);
        shared = NULL;
    }
}
