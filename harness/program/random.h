/*
 * Random numbers that a seed decides, on every machine alike: SplitMix64, an addition and three
 * multiplications' worth of mixing for each number. Nothing here needs more quality or less time.
 */
#ifndef HARNESS_RANDOM_H
#define HARNESS_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

static inline uint64_t random_next(struct random *random) {
    uint64_t x = random->state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* 0..count-1, and 0 when count is 0. The bias is below count / 2^32. */
static inline uint32_t random_below(struct random *random, uint32_t count) {
    return (uint32_t)((random_next(random) >> 32) * count >> 32);
}

static inline bool random_one_in(struct random *random, uint32_t count) {
    return random_below(random, count) == 0;
}

/* first..last. */
static inline uint32_t random_between(struct random *random, uint32_t first, uint32_t last) {
    return first + random_below(random, last - first + 1);
}

/* One of a list. */
#define RANDOM_PICK(random, list) ((list)[random_below((random), sizeof(list) / sizeof((list)[0]))])

#endif
