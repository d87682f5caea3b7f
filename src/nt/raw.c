/* Copies, zeroes and maps bytes without asking AddressSanitizer. */
#define _GNU_SOURCE
#include "nt/raw.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "nt/nt.h"

#ifdef NT_ASAN
#include <sanitizer/asan_interface.h>
#endif

/* No coverage either: these loops tell a fuzzer nothing, would cost it much, and how often they run depends
 * on what the host has of earlier boots. */
#define UNCHECKED __attribute__((no_sanitize("address"), no_sanitize("undefined"), noinline))

typedef struct __attribute__((packed, may_alias)) {
    uint64_t value;
} unaligned_word;

typedef uint64_t __attribute__((may_alias)) word;

/* A compiler that recognizes the loop as memcpy or memset would call the sanitizer's. */
#define KEEP_LOOP() __asm__ volatile("" ::: "memory")

NT_UNTRACED UNCHECKED void nt_raw_zero(uint8_t *to, size_t bytes) {
#if defined(__x86_64__) && !defined(NT_MSAN)
    /* As fast without optimization, where loads and stores are traced. MSan sees no assembly. */
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(0) : "memory");
#else
    for (size_t i = 0; i < bytes / sizeof(word); i++) {
        ((word *)to)[i] = 0;
        KEEP_LOOP();
    }
#endif
}

NT_UNTRACED UNCHECKED void nt_raw_copy(void *to, const void *from, size_t bytes) {
    uint8_t *target = to;
    const uint8_t *source = from;
    for (; bytes >= sizeof(word); bytes -= sizeof(word)) {
        ((unaligned_word *)target)->value = ((const unaligned_word *)source)->value;
        target += sizeof(word);
        source += sizeof(word);
        KEEP_LOOP();
    }
    while (bytes-- > 0) {
        *target++ = *source++;
        KEEP_LOOP();
    }
}

NT_UNTRACED UNCHECKED void nt_raw_copy_page(uint8_t *to, const uint8_t *from, bool zero) {
    word *target = (word *)to;
    const word *source = (const word *)from;
    for (unsigned i = 0; i < NT_PAGE_SIZE / sizeof(word); i += 8) {
        uint64_t difference = 0;
        for (unsigned j = i; j < i + 8; j++)
            difference |= zero ? source[j] : target[j] ^ source[j];
        if (difference == 0)
            continue;
        for (unsigned j = i; j < i + 8; j++)
            target[j] = source[j];
    }
}

void nt_raw_forbid(const void *address, size_t bytes) {
#ifdef NT_ASAN
    __asan_poison_memory_region(address, bytes);
#else
    (void)address;
    (void)bytes;
#endif
}

void nt_raw_permit(const void *address, size_t bytes) {
#ifdef NT_ASAN
    __asan_unpoison_memory_region(address, bytes);
#else
    (void)address;
    (void)bytes;
#endif
}

/* Processors of 32 bits have other calls, whose offsets are counted in pages. */
#if defined(NT_ASAN) && UINTPTR_MAX > UINT32_MAX
NT_UNTRACED void *nt_raw_map(void *at, uint64_t bytes, int flags, int file, uint64_t offset) {
    long address = syscall(SYS_mmap, at, bytes, PROT_READ | PROT_WRITE, flags, file, offset);
    return address == -1 ? MAP_FAILED : (void *)(uintptr_t)address;
}

NT_UNTRACED void nt_raw_unmap(void *address, uint64_t bytes) {
    (void)syscall(SYS_munmap, address, bytes);
}
#else
NT_UNTRACED void *nt_raw_map(void *at, uint64_t bytes, int flags, int file, uint64_t offset) {
    return mmap(at, bytes, PROT_READ | PROT_WRITE, flags, file, (off_t)offset);
}

NT_UNTRACED void nt_raw_unmap(void *address, uint64_t bytes) {
    (void)munmap(address, bytes);
}
#endif
