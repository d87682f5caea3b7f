/* The happens-before detector: what is a race and what is not, each check seen to fail once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/interleave/place.h"

static _Alignas(16) uint8_t memory[8 * ACCESSES_CELLS + 4096];
static int first_lock, second_lock;

/* Places are counted from accesses_begin() on, as the detector hashes them: an address of its own choice
   would give other hashes in every process, and now and then two that are the same. */
#define PLACE(offset) ((uintptr_t)&accesses_begin + (offset))
#define READ_PLACE    PLACE(0x1000)
#define WRITE_PLACE   PLACE(0x2000)

static enum accesses_outcome reads(unsigned actor, size_t at, size_t size) {
    return accesses_see(actor, &memory[at], size, false, READ_PLACE + at);
}

static enum accesses_outcome writes(unsigned actor, size_t at, size_t size) {
    return accesses_see(actor, &memory[at], size, true, WRITE_PLACE + at);
}

static void locks(unsigned actor, int *lock) {
    accesses_acquire(actor, lock, lock == &first_lock ? "first" : "second");
}

static void unlocks(unsigned actor, int *lock) {
    accesses_release(actor, lock);
}

static void needs_a_write(void **state) {
    (void)state;
    accesses_begin(2);
    assert_int_equal(reads(0, 0, 8), ACCESSES_ALONE);
    assert_int_equal(reads(1, 0, 8), ACCESSES_ALONE);
    assert_null(accesses_found());
    assert_int_equal(writes(1, 0, 8), ACCESSES_CONFLICT);
    const struct accesses_conflict *found = accesses_found();
    assert_non_null(found);
    assert_int_equal(found->first.actor, 0);
    assert_false(found->first.write);
    assert_int_equal(found->first.pc, READ_PLACE);
    assert_int_equal(found->second.actor, 1);
    assert_true(found->second.write);
    assert_int_equal(found->second.pc, WRITE_PLACE);
    assert_int_equal(found->second.size, 8);
    accesses_end();
}

static void wants_the_same_actor_twice(void **state) {
    (void)state;
    accesses_begin(2);
    writes(0, 0, 8);
    assert_int_equal(writes(0, 0, 8), ACCESSES_ALONE);
    assert_int_equal(reads(0, 0, 4), ACCESSES_ALONE);
    assert_null(accesses_found());
    assert_int_equal(reads(1, 4, 1),
                     ACCESSES_CONFLICT); /* the write of before is remembered behind the read */
    accesses_end();
}

static void tells_bytes_apart(void **state) {
    (void)state;
    accesses_begin(2);
    writes(0, 0, 4);
    assert_int_equal(writes(1, 4, 4), ACCESSES_SHARED); /* one granule, but other bytes */
    assert_int_equal(writes(0, 0, 4), ACCESSES_SHARED);
    assert_null(accesses_found());
    assert_int_equal(reads(1, 3, 1), ACCESSES_CONFLICT);
    accesses_end();
}

static void crosses_granules(void **state) {
    (void)state;
    /* 16 bytes at 5: the granules 0, 1 and 2. */
    for (unsigned at = 0; at < 24; at++) {
        accesses_begin(2);
        writes(0, 5, 16);
        enum accesses_outcome outcome = reads(1, at, 1);
        assert_int_equal(outcome == ACCESSES_CONFLICT, at >= 5 && at < 21);
        accesses_end();
    }
}

static void a_lock_orders(void **state) {
    (void)state;
    for (int same = 0; same < 2; same++) {
        accesses_begin(2);
        locks(0, &first_lock);
        writes(0, 0, 8);
        unlocks(0, &first_lock);
        locks(1, same ? &first_lock : &second_lock);
        assert_int_equal(writes(1, 0, 8), same ? ACCESSES_SHARED : ACCESSES_CONFLICT);
        unlocks(1, same ? &first_lock : &second_lock);
        accesses_end();
    }
}

static void what_follows_a_release_is_not_ordered(void **state) {
    (void)state;
    accesses_begin(2);
    locks(0, &first_lock);
    writes(0, 0, 8);
    unlocks(0, &first_lock);
    writes(0, 8, 8); /* too late for whoever takes the lock next */
    locks(1, &first_lock);
    assert_int_equal(reads(1, 0, 8), ACCESSES_SHARED);
    assert_int_equal(reads(1, 8, 8), ACCESSES_CONFLICT);
    accesses_end();
}

/* An access in a later step to other bytes must not make the earlier one look later. */
static void a_later_neighbour_does_not_renew(void **state) {
    (void)state;
    accesses_begin(2);
    writes(0, 0, 4);
    locks(0, &first_lock);
    unlocks(0, &first_lock);
    writes(0, 4, 4);
    locks(1, &first_lock);
    assert_int_equal(reads(1, 0, 4), ACCESSES_SHARED);
    assert_null(accesses_found());
    assert_int_equal(reads(1, 4, 4), ACCESSES_CONFLICT);
    accesses_end();
}

static void order_is_handed_on(void **state) {
    (void)state;
    for (int handed = 0; handed < 2; handed++) {
        accesses_begin(3);
        locks(0, &first_lock);
        writes(0, 0, 8);
        unlocks(0, &first_lock);
        if (handed)
            locks(1, &first_lock);
        locks(1, &second_lock);
        unlocks(1, &second_lock);
        locks(2, &second_lock);
        assert_int_equal(reads(2, 0, 8), handed ? ACCESSES_SHARED : ACCESSES_CONFLICT);
        accesses_end();
    }
    for (int handed = 0; handed < 2; handed++) {
        accesses_begin(2);
        writes(0, 0, 8);
        if (handed)
            accesses_order(0, 1);
        assert_int_equal(writes(1, 0, 8), handed ? ACCESSES_SHARED : ACCESSES_CONFLICT);
        accesses_end();
    }
    accesses_begin(2);
    accesses_order(0, 1);
    writes(0, 0, 8); /* after what was handed on */
    assert_int_equal(writes(1, 0, 8), ACCESSES_CONFLICT);
    accesses_end();
}

/* Both readers must be remembered: the writer is ordered after the second only. */
static void every_reader_counts(void **state) {
    (void)state;
    accesses_begin(3);
    reads(0, 0, 8);
    locks(1, &first_lock);
    reads(1, 0, 8);
    unlocks(1, &first_lock);
    locks(2, &first_lock);
    assert_int_equal(writes(2, 0, 8), ACCESSES_CONFLICT);
    assert_int_equal(accesses_found()->first.actor, 0);
    accesses_end();
}

static void before_the_block_is_before(void **state) {
    (void)state;
    accesses_begin(2);
    writes(0, 0, 8);
    accesses_end();
    assert_int_equal(writes(1, 0, 8), ACCESSES_ALONE); /* no block: nothing is looked at */
    accesses_begin(2);
    assert_int_equal(writes(1, 0, 8), ACCESSES_ALONE);
    assert_null(accesses_found());
    accesses_end();
}

static void knows_who_held_what(void **state) {
    (void)state;
    char text[256];
    accesses_begin(2);
    locks(0, &first_lock);
    locks(0, &second_lock);
    assert_int_equal(accesses_held(0), 3);
    writes(0, 0, 4);
    unlocks(0, &second_lock);
    assert_int_equal(accesses_held(0), 1);
    assert_int_equal(reads(1, 2, 1), ACCESSES_CONFLICT);
    place_describe(&accesses_found()->first, text, sizeof(text));
    assert_non_null(strstr(text, "write of 4 bytes by actor 0 at "));
    assert_non_null(strstr(text, "holding 'first' 'second'"));
    place_describe(&accesses_found()->second, text, sizeof(text));
    assert_non_null(strstr(text, "read of 1 byte by actor 1 at "));
    assert_non_null(strstr(text, "holding no lock"));
    assert_null(accesses_lock_name(2));
    accesses_end();
}

static __attribute__((noinline)) uintptr_t here(void) {
    return (uintptr_t)__builtin_return_address(0);
}

static void names_places(void **state) {
    (void)state;
    char text[256];
    uintptr_t pc = here();
    place_of(pc, text, sizeof(text));
    /* By name and line, or where nobody can tell them, by number. */
    assert_true((strstr(text, "names_places accesses_test.c:") != NULL) ||
                strncmp(text, "offset 0x", 9) == 0);
    assert_null(strchr(text, '\n'));
    place_of(0, text, sizeof(text));
    assert_string_equal(text, "a place unknown");
}

static void fresh_memory_is_unknown(void **state) {
    (void)state;
    for (int fresh = 0; fresh < 2; fresh++) {
        accesses_begin(2);
        writes(0, 8, 8);
        writes(0, 64, 8);
        if (fresh)
            accesses_fresh(&memory[8], 8);
        assert_int_equal(writes(1, 8, 8), fresh ? ACCESSES_ALONE : ACCESSES_CONFLICT);
        if (fresh)
            assert_int_equal(writes(1, 64, 8), ACCESSES_CONFLICT); /* the rest is known still */
        accesses_end();
    }
    /* Larger than what is known: the other way of going through it. */
    accesses_begin(2);
    writes(0, 8, 8);
    writes(0, 4096, 8);
    accesses_fresh(&memory[0], 4096);
    assert_int_equal(writes(1, 8, 8), ACCESSES_ALONE);
    assert_int_equal(writes(1, 4096, 8), ACCESSES_CONFLICT);
    accesses_end();
    /* Half a granule. */
    accesses_begin(2);
    writes(0, 0, 8);
    accesses_fresh(&memory[4], 8);
    assert_int_equal(reads(1, 4, 4), ACCESSES_ALONE);
    assert_int_equal(reads(1, 0, 4), ACCESSES_CONFLICT);
    accesses_end();
}

static void freeing_is_writing(void **state) {
    (void)state;
    /* Who used it before, */
    accesses_begin(2);
    reads(1, 16, 8);
    assert_int_equal(accesses_freed(0, &memory[0], 64, 7), ACCESSES_CONFLICT);
    assert_true(accesses_found()->second.freed);
    assert_int_equal(accesses_found()->second.pc, 7);
    accesses_end();
    /* and who does afterwards, where nobody had been. */
    accesses_begin(2);
    assert_int_equal(accesses_freed(0, &memory[0], 64, 7), ACCESSES_ALONE);
    assert_int_equal(reads(0, 8, 8), ACCESSES_ALONE);
    assert_int_equal(reads(1, 64, 8), ACCESSES_ALONE); /* beyond */
    assert_int_equal(reads(1, 16, 8), ACCESSES_CONFLICT);
    assert_true(accesses_found()->first.freed);
    accesses_end();
    /* Had again, it is another's. */
    accesses_begin(2);
    accesses_freed(0, &memory[0], 64, 7);
    accesses_fresh(&memory[0], 32);
    assert_int_equal(reads(1, 16, 8), ACCESSES_ALONE);
    accesses_end();
    /* Ordered, it is none. */
    accesses_begin(2);
    reads(1, 16, 8);
    accesses_order(1, 0);
    assert_int_equal(accesses_freed(0, &memory[0], 64, 7), ACCESSES_ALONE);
    accesses_order(0, 1);
    assert_int_equal(writes(1, 24, 8), ACCESSES_SHARED);
    assert_null(accesses_found());
    accesses_end();
    /* Twice at once is a race of two frees. */
    accesses_begin(2);
    accesses_freed(0, &memory[0], 64, 7);
    writes(0, 0, 1);
    assert_int_equal(accesses_freed(1, &memory[0], 64, 9), ACCESSES_CONFLICT);
    accesses_end();
}

static void only_the_first_is_told(void **state) {
    (void)state;
    accesses_begin(2);
    writes(0, 0, 8);
    writes(0, 8, 8);
    assert_int_equal(writes(1, 0, 8), ACCESSES_CONFLICT);
    assert_int_equal(writes(1, 8, 8), ACCESSES_SHARED);
    assert_int_equal(accesses_found()->second.pc, WRITE_PLACE);
    accesses_end();
}

static void says_whether_anything_was_put_to_the_test(void **state) {
    (void)state;
    accesses_begin(2);
    reads(0, 0, 8);
    reads(1, 0, 8);
    assert_int_equal(accesses_shared(), 0);
    accesses_end();
    assert_false(accesses_ordered()); /* no conflict was possible */
    accesses_begin(2);
    locks(0, &first_lock);
    writes(0, 0, 8);
    unlocks(0, &first_lock);
    locks(1, &first_lock);
    reads(1, 0, 8);
    reads(1, 0, 4);
    assert_int_equal(accesses_shared(), 1);
    accesses_end();
    assert_true(accesses_ordered());
    accesses_begin(2);
    writes(0, 0, 8);
    reads(1, 0, 8);
    accesses_end();
    assert_false(accesses_ordered());
}

static void says_when_it_is_full(void **state) {
    (void)state;
    accesses_begin(2);
    for (size_t i = 0; i < ACCESSES_CELLS; i++)
        writes(0, i * 8, 8);
    assert_false(accesses_overflowed());
    assert_int_equal(writes(0, ACCESSES_CELLS * 8, 8), ACCESSES_ALONE);
    assert_true(accesses_overflowed());
    assert_int_equal(writes(1, ACCESSES_CELLS * 8, 8), ACCESSES_ALONE);        /* forgotten */
    assert_int_equal(writes(1, ACCESSES_CELLS * 8 - 8, 8), ACCESSES_CONFLICT); /* the rest is not */
    accesses_end();
    /* The next block has all of it again. */
    accesses_begin(2);
    writes(0, ACCESSES_CELLS * 8, 8);
    assert_false(accesses_overflowed());
    accesses_end();
    /* A lock that is not known could order anything. */
    static int many[ACCESSES_LOCKS + 1];
    for (unsigned extra = 0; extra < 2; extra++) {
        accesses_begin(2);
        for (unsigned i = 0; i < ACCESSES_LOCKS + extra; i++)
            accesses_acquire(0, &many[i], "many");
        writes(0, 0, 8);
        assert_int_equal(writes(1, 0, 8), extra ? ACCESSES_SHARED : ACCESSES_CONFLICT);
        assert_int_equal(accesses_overflowed(), extra != 0);
        accesses_end();
    }
}

static uint32_t marked(uint32_t from, uint32_t count) {
    uint32_t marks = 0;
    for (uint32_t i = 0; i < count; i++)
        marks += accesses_counters[from + i] != 0;
    return marks;
}

static void alias_coverage(void **state) {
    (void)state;
    accesses_coverage_begin();
    accesses_begin(2);
    reads(0, 0, 8);
    reads(1, 0, 8);
    assert_int_equal(marked(ACCESSES_AT_ALIASES, ACCESSES_ALIASES), 0); /* reads do not interfere */
    writes(0, 8, 8);
    writes(0, 8, 8);
    assert_int_equal(marked(ACCESSES_AT_ALIASES, ACCESSES_ALIASES), 0);
    reads(1, 8, 8);
    assert_int_equal(marked(ACCESSES_AT_ALIASES, ACCESSES_ALIASES), 1);
    reads(1, 8, 8);
    assert_int_equal(marked(ACCESSES_AT_ALIASES, ACCESSES_ALIASES), 1);
    writes(0, 8, 8); /* the other way round */
    assert_int_equal(marked(ACCESSES_AT_ALIASES, ACCESSES_ALIASES), 2);
    accesses_end();
    /* An execution begins with none. */
    accesses_coverage_begin();
    assert_int_equal(marked(ACCESSES_AT_ALIASES, ACCESSES_ALIASES), 0);
}

static void lockset_coverage(void **state) {
    (void)state;
    accesses_coverage_begin();
    accesses_begin(2);
    reads(0, 0, 8);
    assert_int_equal(marked(ACCESSES_AT_LOCKSETS, ACCESSES_LOCKSETS), 1);
    reads(1, 0, 8); /* whoever it is */
    assert_int_equal(marked(ACCESSES_AT_LOCKSETS, ACCESSES_LOCKSETS), 1);
    locks(0, &first_lock);
    reads(0, 0, 8);
    assert_int_equal(marked(ACCESSES_AT_LOCKSETS, ACCESSES_LOCKSETS), 2);
    locks(0, &second_lock);
    unlocks(0, &first_lock);
    reads(0, 0, 8);
    assert_int_equal(marked(ACCESSES_AT_LOCKSETS, ACCESSES_LOCKSETS), 3);
    unlocks(0, &second_lock);
    reads(0, 0, 8);
    assert_int_equal(marked(ACCESSES_AT_LOCKSETS, ACCESSES_LOCKSETS), 3);
    accesses_end();
    accesses_coverage_begin();
}

/*
 * Against a slow and plain telling of the same: every access of a random history is kept with the clocks
 * it was made at, and compared with every other.
 */
enum {
    STEPS = 60,
    PLACES = 6,
    LOCKS = 3
};

static uint32_t next_random(uint32_t *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

struct past {
    unsigned actor;
    unsigned at, size;
    bool write;
    uint32_t clock[SUT_ACTORS];
};

static void agrees_with_a_plain_telling(void **state) {
    (void)state;
    static int held_by[LOCKS], lock[LOCKS];
    unsigned races = 0, full = 0;
    for (uint32_t round = 0; round < 4000; round++) {
        uint32_t seed = round;
        struct past past[STEPS];
        uint32_t clocks[SUT_ACTORS][SUT_ACTORS] = {{0}}, left[LOCKS][SUT_ACTORS] = {{0}};
        unsigned count = 0;
        bool raced = false;
        accesses_begin(SUT_ACTORS);
        for (unsigned i = 0; i < SUT_ACTORS; i++)
            clocks[i][i] = 1;
        for (unsigned i = 0; i < LOCKS; i++)
            held_by[i] = -1;
        for (unsigned step = 0; step < STEPS && !raced; step++) {
            unsigned actor = next_random(&seed) % SUT_ACTORS;
            unsigned what = next_random(&seed) % 8;
            unsigned which = next_random(&seed) % LOCKS;
            if (what < 4) {
                if (held_by[which] < 0) {
                    held_by[which] = (int)actor;
                    accesses_acquire(actor, &lock[which], "lock");
                    for (unsigned i = 0; i < SUT_ACTORS; i++)
                        if (left[which][i] > clocks[actor][i])
                            clocks[actor][i] = left[which][i];
                } else if (held_by[which] == (int)actor) {
                    held_by[which] = -1;
                    accesses_release(actor, &lock[which]);
                    memcpy(left[which], clocks[actor], sizeof(left[which]));
                    clocks[actor][actor]++;
                }
                continue;
            }
            struct past *now = &past[count++];
            now->actor = actor;
            now->size = 1u << next_random(&seed) % 3;
            now->at = next_random(&seed) % PLACES * 4 / now->size * now->size;
            now->write = next_random(&seed) % 20 == 0;
            memcpy(now->clock, clocks[actor], sizeof(now->clock));
            for (unsigned i = 0; i + 1 < count; i++) {
                const struct past *old = &past[i];
                bool common = old->at < now->at + now->size && now->at < old->at + old->size;
                bool ordered = old->actor == actor || old->clock[old->actor] <= now->clock[old->actor];
                raced |= common && !ordered && (old->write || now->write);
            }
            bool told = accesses_see(actor, &memory[now->at], now->size, now->write, 1) == ACCESSES_CONFLICT;
            assert_int_equal(told, raced);
            if (accesses_overflowed())
                break; /* it may have forgotten one */
        }
        races += raced;
        full += accesses_overflowed();
        accesses_end();
    }
    /* Both kinds must have come about. */
    assert_in_range(races, 400, 3600);
    assert_in_range(full, 0, 400);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(needs_a_write),
        cmocka_unit_test(wants_the_same_actor_twice),
        cmocka_unit_test(tells_bytes_apart),
        cmocka_unit_test(crosses_granules),
        cmocka_unit_test(a_lock_orders),
        cmocka_unit_test(what_follows_a_release_is_not_ordered),
        cmocka_unit_test(a_later_neighbour_does_not_renew),
        cmocka_unit_test(order_is_handed_on),
        cmocka_unit_test(every_reader_counts),
        cmocka_unit_test(before_the_block_is_before),
        cmocka_unit_test(knows_who_held_what),
        cmocka_unit_test(names_places),
        cmocka_unit_test(fresh_memory_is_unknown),
        cmocka_unit_test(freeing_is_writing),
        cmocka_unit_test(only_the_first_is_told),
        cmocka_unit_test(says_whether_anything_was_put_to_the_test),
        cmocka_unit_test(says_when_it_is_full),
        cmocka_unit_test(alias_coverage),
        cmocka_unit_test(lockset_coverage),
        cmocka_unit_test(agrees_with_a_plain_telling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
