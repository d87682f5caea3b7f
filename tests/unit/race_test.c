/* The happens-before detector: what is a race and what is not, each check seen to fail once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/contract/contract.h"
#include "harness/interleave/race.h"
#include "harness/judge/state.h"

static _Alignas(16) uint8_t memory[8 * RACE_CELLS + 4096];
static int first_lock, second_lock;

/* Places are counted from race_begin() on, as the detector hashes them: an address of its own choice would
   give other hashes in every process, and now and then two that are the same. */
#define PLACE(offset) ((uintptr_t)&race_begin + (offset))
#define READ_PLACE    PLACE(0x1000)
#define WRITE_PLACE   PLACE(0x2000)

static enum race_outcome reads(unsigned actor, size_t at, size_t size) {
    return race_access(actor, &memory[at], size, false, READ_PLACE + at);
}

static enum race_outcome writes(unsigned actor, size_t at, size_t size) {
    return race_access(actor, &memory[at], size, true, WRITE_PLACE + at);
}

static void locks(unsigned actor, int *lock) {
    race_acquire(actor, lock, lock == &first_lock ? "first" : "second");
}

static void unlocks(unsigned actor, int *lock) {
    race_release(actor, lock);
}

static void needs_a_write(void **state) {
    (void)state;
    race_begin(2);
    assert_int_equal(reads(0, 0, 8), RACE_ALONE);
    assert_int_equal(reads(1, 0, 8), RACE_ALONE);
    assert_null(race_found());
    assert_int_equal(writes(1, 0, 8), RACE_CONFLICT);
    const struct race_conflict *found = race_found();
    assert_non_null(found);
    assert_int_equal(found->first.actor, 0);
    assert_false(found->first.write);
    assert_int_equal(found->first.pc, READ_PLACE);
    assert_int_equal(found->second.actor, 1);
    assert_true(found->second.write);
    assert_int_equal(found->second.pc, WRITE_PLACE);
    assert_int_equal(found->second.size, 8);
    race_end();
}

static void wants_the_same_actor_twice(void **state) {
    (void)state;
    race_begin(2);
    writes(0, 0, 8);
    assert_int_equal(writes(0, 0, 8), RACE_ALONE);
    assert_int_equal(reads(0, 0, 4), RACE_ALONE);
    assert_null(race_found());
    assert_int_equal(reads(1, 4, 1), RACE_CONFLICT); /* the write of before is remembered behind the read */
    race_end();
}

static void tells_bytes_apart(void **state) {
    (void)state;
    race_begin(2);
    writes(0, 0, 4);
    assert_int_equal(writes(1, 4, 4), RACE_SHARED); /* one granule, but other bytes */
    assert_int_equal(writes(0, 0, 4), RACE_SHARED);
    assert_null(race_found());
    assert_int_equal(reads(1, 3, 1), RACE_CONFLICT);
    race_end();
}

static void crosses_granules(void **state) {
    (void)state;
    /* 16 bytes at 5: the granules 0, 1 and 2. */
    for (unsigned at = 0; at < 24; at++) {
        race_begin(2);
        writes(0, 5, 16);
        enum race_outcome outcome = reads(1, at, 1);
        assert_int_equal(outcome == RACE_CONFLICT, at >= 5 && at < 21);
        race_end();
    }
}

static void a_lock_orders(void **state) {
    (void)state;
    for (int same = 0; same < 2; same++) {
        race_begin(2);
        locks(0, &first_lock);
        writes(0, 0, 8);
        unlocks(0, &first_lock);
        locks(1, same ? &first_lock : &second_lock);
        assert_int_equal(writes(1, 0, 8), same ? RACE_SHARED : RACE_CONFLICT);
        unlocks(1, same ? &first_lock : &second_lock);
        race_end();
    }
}

static void what_follows_a_release_is_not_ordered(void **state) {
    (void)state;
    race_begin(2);
    locks(0, &first_lock);
    writes(0, 0, 8);
    unlocks(0, &first_lock);
    writes(0, 8, 8); /* too late for whoever takes the lock next */
    locks(1, &first_lock);
    assert_int_equal(reads(1, 0, 8), RACE_SHARED);
    assert_int_equal(reads(1, 8, 8), RACE_CONFLICT);
    race_end();
}

/* An access in a later step to other bytes must not make the earlier one look later. */
static void a_later_neighbour_does_not_renew(void **state) {
    (void)state;
    race_begin(2);
    writes(0, 0, 4);
    locks(0, &first_lock);
    unlocks(0, &first_lock);
    writes(0, 4, 4);
    locks(1, &first_lock);
    assert_int_equal(reads(1, 0, 4), RACE_SHARED);
    assert_null(race_found());
    assert_int_equal(reads(1, 4, 4), RACE_CONFLICT);
    race_end();
}

static void order_is_handed_on(void **state) {
    (void)state;
    for (int handed = 0; handed < 2; handed++) {
        race_begin(3);
        locks(0, &first_lock);
        writes(0, 0, 8);
        unlocks(0, &first_lock);
        if (handed)
            locks(1, &first_lock);
        locks(1, &second_lock);
        unlocks(1, &second_lock);
        locks(2, &second_lock);
        assert_int_equal(reads(2, 0, 8), handed ? RACE_SHARED : RACE_CONFLICT);
        race_end();
    }
    for (int handed = 0; handed < 2; handed++) {
        race_begin(2);
        writes(0, 0, 8);
        if (handed)
            race_order(0, 1);
        assert_int_equal(writes(1, 0, 8), handed ? RACE_SHARED : RACE_CONFLICT);
        race_end();
    }
    race_begin(2);
    race_order(0, 1);
    writes(0, 0, 8); /* after what was handed on */
    assert_int_equal(writes(1, 0, 8), RACE_CONFLICT);
    race_end();
}

/* Both readers must be remembered: the writer is ordered after the second only. */
static void every_reader_counts(void **state) {
    (void)state;
    race_begin(3);
    reads(0, 0, 8);
    locks(1, &first_lock);
    reads(1, 0, 8);
    unlocks(1, &first_lock);
    locks(2, &first_lock);
    assert_int_equal(writes(2, 0, 8), RACE_CONFLICT);
    assert_int_equal(race_found()->first.actor, 0);
    race_end();
}

static void before_the_block_is_before(void **state) {
    (void)state;
    race_begin(2);
    writes(0, 0, 8);
    race_end();
    assert_int_equal(writes(1, 0, 8), RACE_ALONE); /* no block: nothing is looked at */
    race_begin(2);
    assert_int_equal(writes(1, 0, 8), RACE_ALONE);
    assert_null(race_found());
    race_end();
}

static void knows_who_held_what(void **state) {
    (void)state;
    char text[256];
    race_begin(2);
    locks(0, &first_lock);
    locks(0, &second_lock);
    assert_int_equal(race_held(0), 3);
    writes(0, 0, 4);
    unlocks(0, &second_lock);
    assert_int_equal(race_held(0), 1);
    assert_int_equal(reads(1, 2, 1), RACE_CONFLICT);
    race_describe(&race_found()->first, text, sizeof(text));
    assert_non_null(strstr(text, "write of 4 bytes by actor 0 at "));
    assert_non_null(strstr(text, "holding 'first' 'second'"));
    race_describe(&race_found()->second, text, sizeof(text));
    assert_non_null(strstr(text, "read of 1 byte by actor 1 at "));
    assert_non_null(strstr(text, "holding no lock"));
    assert_null(race_lock_name(2));
    race_end();
}

static __attribute__((noinline)) uintptr_t here(void) {
    return (uintptr_t)__builtin_return_address(0);
}

static void names_places(void **state) {
    (void)state;
    char text[256];
    uintptr_t pc = here();
    race_place(pc, text, sizeof(text));
    /* By name and line, or where nobody can tell them, by number. */
    assert_true((strstr(text, "names_places race_test.c:") != NULL) || strncmp(text, "offset 0x", 9) == 0);
    assert_null(strchr(text, '\n'));
    race_place(0, text, sizeof(text));
    assert_string_equal(text, "a place unknown");
}

static void fresh_memory_is_unknown(void **state) {
    (void)state;
    for (int fresh = 0; fresh < 2; fresh++) {
        race_begin(2);
        writes(0, 8, 8);
        writes(0, 64, 8);
        if (fresh)
            race_fresh(&memory[8], 8);
        assert_int_equal(writes(1, 8, 8), fresh ? RACE_ALONE : RACE_CONFLICT);
        if (fresh)
            assert_int_equal(writes(1, 64, 8), RACE_CONFLICT); /* the rest is known still */
        race_end();
    }
    /* Larger than what is known: the other way of going through it. */
    race_begin(2);
    writes(0, 8, 8);
    writes(0, 4096, 8);
    race_fresh(&memory[0], 4096);
    assert_int_equal(writes(1, 8, 8), RACE_ALONE);
    assert_int_equal(writes(1, 4096, 8), RACE_CONFLICT);
    race_end();
    /* Half a granule. */
    race_begin(2);
    writes(0, 0, 8);
    race_fresh(&memory[4], 8);
    assert_int_equal(reads(1, 4, 4), RACE_ALONE);
    assert_int_equal(reads(1, 0, 4), RACE_CONFLICT);
    race_end();
}

static void freeing_is_writing(void **state) {
    (void)state;
    /* Who used it before, */
    race_begin(2);
    reads(1, 16, 8);
    assert_int_equal(race_freed(0, &memory[0], 64, 7), RACE_CONFLICT);
    assert_true(race_found()->second.freed);
    assert_int_equal(race_found()->second.pc, 7);
    race_end();
    /* and who does afterwards, where nobody had been. */
    race_begin(2);
    assert_int_equal(race_freed(0, &memory[0], 64, 7), RACE_ALONE);
    assert_int_equal(reads(0, 8, 8), RACE_ALONE);
    assert_int_equal(reads(1, 64, 8), RACE_ALONE); /* beyond */
    assert_int_equal(reads(1, 16, 8), RACE_CONFLICT);
    assert_true(race_found()->first.freed);
    race_end();
    /* Had again, it is another's. */
    race_begin(2);
    race_freed(0, &memory[0], 64, 7);
    race_fresh(&memory[0], 32);
    assert_int_equal(reads(1, 16, 8), RACE_ALONE);
    race_end();
    /* Ordered, it is none. */
    race_begin(2);
    reads(1, 16, 8);
    race_order(1, 0);
    assert_int_equal(race_freed(0, &memory[0], 64, 7), RACE_ALONE);
    race_order(0, 1);
    assert_int_equal(writes(1, 24, 8), RACE_SHARED);
    assert_null(race_found());
    race_end();
    /* Twice at once is a race of two frees. */
    race_begin(2);
    race_freed(0, &memory[0], 64, 7);
    writes(0, 0, 1);
    assert_int_equal(race_freed(1, &memory[0], 64, 9), RACE_CONFLICT);
    race_end();
}

static void only_the_first_is_told(void **state) {
    (void)state;
    race_begin(2);
    writes(0, 0, 8);
    writes(0, 8, 8);
    assert_int_equal(writes(1, 0, 8), RACE_CONFLICT);
    assert_int_equal(writes(1, 8, 8), RACE_SHARED);
    assert_int_equal(race_found()->second.pc, WRITE_PLACE);
    race_end();
}

static void counts_what_was_put_to_the_test(void **state) {
    (void)state;
    struct contract_count *count = &contract_counts[CLAUSE_RACE_MEMORY];
    uint64_t kept = count->kept;
    race_begin(2);
    reads(0, 0, 8);
    reads(1, 0, 8);
    assert_int_equal(race_shared(), 0);
    race_end();
    assert_int_equal(count->kept, kept); /* no conflict was possible */
    race_begin(2);
    locks(0, &first_lock);
    writes(0, 0, 8);
    unlocks(0, &first_lock);
    locks(1, &first_lock);
    reads(1, 0, 8);
    reads(1, 0, 4);
    assert_int_equal(race_shared(), 1);
    race_end();
    assert_int_equal(count->kept, kept + 1);
    race_begin(2);
    writes(0, 0, 8);
    reads(1, 0, 8);
    race_end();
    assert_int_equal(count->kept, kept + 1);
}

static void says_when_it_is_full(void **state) {
    (void)state;
    race_begin(2);
    for (size_t i = 0; i < RACE_CELLS; i++)
        writes(0, i * 8, 8);
    assert_false(race_overflowed());
    assert_int_equal(writes(0, RACE_CELLS * 8, 8), RACE_ALONE);
    assert_true(race_overflowed());
    assert_int_equal(writes(1, RACE_CELLS * 8, 8), RACE_ALONE);        /* forgotten */
    assert_int_equal(writes(1, RACE_CELLS * 8 - 8, 8), RACE_CONFLICT); /* the rest is not */
    race_end();
    /* The next block has all of it again. */
    race_begin(2);
    writes(0, RACE_CELLS * 8, 8);
    assert_false(race_overflowed());
    race_end();
    /* A lock that is not known could order anything. */
    static int many[RACE_LOCKS + 1];
    for (unsigned extra = 0; extra < 2; extra++) {
        race_begin(2);
        for (unsigned i = 0; i < RACE_LOCKS + extra; i++)
            race_acquire(0, &many[i], "many");
        writes(0, 0, 8);
        assert_int_equal(writes(1, 0, 8), extra ? RACE_SHARED : RACE_CONFLICT);
        assert_int_equal(race_overflowed(), extra != 0);
        race_end();
    }
}

static uint32_t marked(uint32_t from, uint32_t count) {
    uint32_t marks = 0;
    for (uint32_t i = 0; i < count; i++)
        marks += race_counters[from + i] != 0;
    return marks;
}

static void alias_coverage(void **state) {
    (void)state;
    state_begin();
    race_begin(2);
    reads(0, 0, 8);
    reads(1, 0, 8);
    assert_int_equal(marked(RACE_AT_ALIASES, RACE_ALIASES), 0); /* reads do not interfere */
    writes(0, 8, 8);
    writes(0, 8, 8);
    assert_int_equal(marked(RACE_AT_ALIASES, RACE_ALIASES), 0);
    reads(1, 8, 8);
    assert_int_equal(marked(RACE_AT_ALIASES, RACE_ALIASES), 1);
    reads(1, 8, 8);
    assert_int_equal(marked(RACE_AT_ALIASES, RACE_ALIASES), 1);
    writes(0, 8, 8); /* the other way round */
    assert_int_equal(marked(RACE_AT_ALIASES, RACE_ALIASES), 2);
    race_end();
    /* An execution begins with none. */
    state_begin();
    assert_int_equal(marked(RACE_AT_ALIASES, RACE_ALIASES), 0);
}

static void lockset_coverage(void **state) {
    (void)state;
    state_begin();
    race_begin(2);
    reads(0, 0, 8);
    assert_int_equal(marked(RACE_AT_LOCKSETS, RACE_LOCKSETS), 1);
    reads(1, 0, 8); /* whoever it is */
    assert_int_equal(marked(RACE_AT_LOCKSETS, RACE_LOCKSETS), 1);
    locks(0, &first_lock);
    reads(0, 0, 8);
    assert_int_equal(marked(RACE_AT_LOCKSETS, RACE_LOCKSETS), 2);
    locks(0, &second_lock);
    unlocks(0, &first_lock);
    reads(0, 0, 8);
    assert_int_equal(marked(RACE_AT_LOCKSETS, RACE_LOCKSETS), 3);
    unlocks(0, &second_lock);
    reads(0, 0, 8);
    assert_int_equal(marked(RACE_AT_LOCKSETS, RACE_LOCKSETS), 3);
    race_end();
    state_begin();
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
        race_begin(SUT_ACTORS);
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
                    race_acquire(actor, &lock[which], "lock");
                    for (unsigned i = 0; i < SUT_ACTORS; i++)
                        if (left[which][i] > clocks[actor][i])
                            clocks[actor][i] = left[which][i];
                } else if (held_by[which] == (int)actor) {
                    held_by[which] = -1;
                    race_release(actor, &lock[which]);
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
            bool told = race_access(actor, &memory[now->at], now->size, now->write, 1) == RACE_CONFLICT;
            assert_int_equal(told, raced);
            if (race_overflowed())
                break; /* it may have forgotten one */
        }
        races += raced;
        full += race_overflowed();
        race_end();
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
        cmocka_unit_test(counts_what_was_put_to_the_test),
        cmocka_unit_test(says_when_it_is_full),
        cmocka_unit_test(alias_coverage),
        cmocka_unit_test(lockset_coverage),
        cmocka_unit_test(agrees_with_a_plain_telling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
