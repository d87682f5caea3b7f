/*
 * Memory as a device sees it. The CPU's right to a page ends with its last view, and AddressSanitizer
 * is told so; the page's bytes live on at that place all the same, for DMA and for later views. These
 * functions move such bytes without asking the sanitizer, and do nothing else.
 */
#ifndef NT_RAW_H
#define NT_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NT_ASAN 1
#endif
#if __has_feature(memory_sanitizer)
#define NT_MSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define NT_ASAN 1
#endif
/* What looks for the pages to tell AddressSanitizer of. Where loads are traced it runs in every build, so
 * that all of them see the same. */
#if defined(NT_ASAN) || defined(NT_TRACED)
#define NT_WATCHED 1
#endif

/* `bytes` is a multiple of a page, at a page. */
void nt_raw_zero(uint8_t *to, size_t bytes);
/* Any range, any alignment; the ranges do not overlap. */
void nt_raw_copy(void *to, const void *from, size_t bytes);
/* Makes the page at `to` equal to the page at `from`, and writes nothing where it already is: pages
 * that nobody ever wrote stay untouched. The two may be one memory under two addresses. `zero` says
 * that `to` is known to be zeros, which saves reading it. */
void nt_raw_copy_page(uint8_t *to, const uint8_t *from, bool zero);

/* The CPU's right to a range. Without AddressSanitizer nothing happens. */
void nt_raw_forbid(const void *address, size_t bytes);
void nt_raw_permit(const void *address, size_t bytes);

/* mmap(), readable and writable, and munmap(). AddressSanitizer's own permit the whole range anew, which the
 * views have settled, and make its shadow anew, page by page. */
void *nt_raw_map(void *at, uint64_t bytes, int flags, int file, uint64_t offset);
void nt_raw_unmap(void *address, uint64_t bytes);

#endif
