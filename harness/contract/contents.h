/*
 * What the model knows of every byte of every section, in 8-byte words: those written, and zero for
 * the rest (INIT-CLEAN). Each section life has a serial of its own, so a new section knows nothing.
 *
 * The last word of each page belongs to the oracle: there it puts a stamp that says which page of
 * which section life this is, so that a page which turns up in a wrong place is recognized.
 */
#ifndef HARNESS_CONTENTS_H
#define HARNESS_CONTENTS_H

#include <stdbool.h>
#include <stdint.h>

#define CONTENTS_PAGE         4096u
#define CONTENTS_STAMP_OFFSET (CONTENTS_PAGE - 8u)

/* Forgets everything. O(1). */
void contents_reset(void);
/* A serial for a new section life; from 1 in each program. */
uint32_t contents_new_section(void);

uint64_t contents_read(uint32_t serial, uint64_t byte_offset);
void contents_write(uint32_t serial, uint64_t byte_offset, uint64_t value);

/* The nth word, in the order in which they were first written; false: there are fewer. */
struct contents_word {
    uint32_t serial;
    uint64_t offset; /* in bytes */
    uint64_t value;
};
bool contents_nth(uint32_t n, struct contents_word *word);

/* Whether that word was written at all. */
bool contents_written(uint32_t serial, uint64_t byte_offset);
/* A section life that holds the value in some word: `preferred` if it does, 0 when none does, and for 0,
 * which is in every section from its beginning. Looks at every word there is. */
uint32_t contents_owner(uint64_t value, uint32_t preferred);

uint64_t contents_stamp(uint32_t serial, uint64_t page);
/* Whether a value is a stamp given in this program; then whose. */
bool contents_is_stamp(uint64_t value, uint32_t *serial, uint64_t *page);

#endif
