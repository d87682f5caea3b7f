/* The words that a section is known to hold: a hash table by section and offset. */
#include "harness/contract/contents.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness/program/program.h"

/*
 * Words written by one program: an operation writes at most PROGRAM_DMA_PAGES words, or up to 8
 * stamps; miniports add some at each stop. 1024 * 16 = 16384, twice that with the stamps. A table of
 * 2^16 is never more than half full.
 */
#define SLOTS (UINT32_C(1) << 16)

struct slot {
    uint32_t epoch; /* of another program: the slot is empty */
    uint32_t serial;
    uint64_t word;
    uint64_t value;
};

#define WORDS (SLOTS / 4 * 3)

static struct slot slots[SLOTS];
static uint32_t epoch;
static uint32_t used;
static uint32_t taken[WORDS]; /* slots, in the order in which they were taken */
static uint32_t serials;

/* A stamp: 0x5A, 16 bits of serial, 40 bits of page; pages beyond 2^40 share stamps 2^40 apart. */
#define STAMP_TAG       UINT64_C(0x5A)
#define STAMP_PAGE_BITS 40u
#define STAMP_PAGE_MASK ((UINT64_C(1) << STAMP_PAGE_BITS) - 1)

void contents_reset(void) {
    if (++epoch == 0) { /* after 2^32 programs: the tags of the first ones come round again */
        for (uint32_t i = 0; i < SLOTS; i++)
            slots[i].epoch = 0;
        epoch = 1;
    }
    used = 0;
    serials = 0;
}

uint32_t contents_new_section(void) {
    return ++serials;
}

static struct slot *find(uint32_t serial, uint64_t word) {
    uint64_t hash = (word * 8 + serial) * UINT64_C(0x9E3779B97F4A7C15);
    for (uint32_t at = (uint32_t)(hash >> 48);; at = (at + 1) % SLOTS) {
        struct slot *slot = &slots[at];
        if (slot->epoch != epoch || (slot->serial == serial && slot->word == word))
            return slot;
    }
}

uint64_t contents_read(uint32_t serial, uint64_t byte_offset) {
    const struct slot *slot = find(serial, byte_offset / 8);
    return slot->epoch == epoch ? slot->value : 0;
}

void contents_write(uint32_t serial, uint64_t byte_offset, uint64_t value) {
    struct slot *slot = find(serial, byte_offset / 8);
    if (slot->epoch != epoch) {
        if (used == WORDS) { /* see SLOTS: cannot happen */
            fprintf(stderr, "harness: more than %u words written by one program\n", WORDS);
            abort();
        }
        taken[used++] = (uint32_t)(slot - slots);
        slot->epoch = epoch;
        slot->serial = serial;
        slot->word = byte_offset / 8;
    }
    slot->value = value;
}

bool contents_nth(uint32_t n, struct contents_word *word) {
    if (n >= used)
        return false;
    const struct slot *slot = &slots[taken[n]];
    *word = (struct contents_word){slot->serial, slot->word * 8, slot->value};
    return true;
}

bool contents_written(uint32_t serial, uint64_t byte_offset) {
    return find(serial, byte_offset / 8)->epoch == epoch;
}

uint32_t contents_owner(uint64_t value, uint32_t preferred) {
    uint32_t owner = 0;
    if (value == 0)
        return 0;
    for (uint32_t i = 0; i < SLOTS; i++) {
        if (slots[i].epoch != epoch || slots[i].value != value)
            continue;
        owner = slots[i].serial;
        if (owner == preferred)
            break;
    }
    return owner;
}

uint64_t contents_stamp(uint32_t serial, uint64_t page) {
    return STAMP_TAG << 56 | (uint64_t)(serial & 0xffff) << STAMP_PAGE_BITS | (page & STAMP_PAGE_MASK);
}

bool contents_is_stamp(uint64_t value, uint32_t *serial, uint64_t *page) {
    *serial = (uint32_t)(value >> STAMP_PAGE_BITS) & 0xffff;
    *page = value & STAMP_PAGE_MASK;
    return value >> 56 == STAMP_TAG && *serial != 0 && *serial <= serials;
}
