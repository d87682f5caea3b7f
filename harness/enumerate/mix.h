/* Hashes of 64 bits: of n things two are taken for one by a chance of n * n / 2^65. */
#ifndef HARNESS_ENUMERATE_MIX_H
#define HARNESS_ENUMERATE_MIX_H

#include <stdint.h>

#define MIX_BEGIN UINT64_C(0x9E3779B97F4A7C15)

static inline uint64_t mix(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * UINT64_C(0xD6E8FEB86659FD93);
    return hash ^ hash >> 32;
}

#endif
