/* A race's schedule in its forms: switches that count all points and such that count those of locks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/program/program.h"
#include "harness/program/text.h"

static struct program program, again;

static void parse(const char *text, struct program *to) {
    struct text_error error;
    if (!text_parse("test", text, strlen(text), to, &error))
        fail_msg("%s", error.text);
}

static void both_kinds_survive(void **state) {
    (void)state;
    static const char text[] = "machine\n"
                               "race ops=2 first=1 switch=lock3:0 switch=16777215:3 switch=lock1:2\n"
                               "pin2 lead(0) index=0 CommitSize=1p\n";
    static uint8_t bytes[PROGRAM_BYTES];
    static char printed[TEXT_MAX];
    parse(text, &program);
    program_decode(&again, bytes, program_encode(&program, bytes));
    text_print_op(&again.ops[0], printed, sizeof(printed));
    assert_string_equal(printed, "race ops=2 first=1 switch=lock3:0 switch=16777215:3 switch=lock1:2");
    struct program_race race;
    program_race_get(&again.ops[0], &race);
    assert_int_equal(race.switches, 3);
    assert_true(race.at[0].locks);
    assert_int_equal(race.at[0].points, 3);
    assert_false(race.at[1].locks);
    assert_int_equal(race.at[1].actor, 3);
    assert_true(race.at[2].locks);
}

/* Whatever is in the bytes decodes to a schedule, and to the same one when encoded again. */
static void all_bytes_are_schedules(void **state) {
    (void)state;
    for (uint32_t seed = 0; seed < 500; seed++) {
        struct program_op op = {.opcode = OP_RACE}, canonical = {.opcode = OP_RACE};
        struct program_race race, same;
        uint32_t random = seed;
        for (unsigned i = 0; i < sizeof(op.arg.raw); i++) {
            random = random * 1664525u + 1013904223u;
            op.arg.raw[i] = (uint8_t)(seed % 3 && (random >> 28) < 9 ? 0 : random >> 20);
        }
        program_race_get(&op, &race);
        program_race_set(&canonical, &race);
        program_race_get(&canonical, &same);
        assert_int_equal(same.switches, race.switches);
        for (unsigned i = 0; i < race.switches; i++) {
            assert_int_equal(same.at[i].points, race.at[i].points);
            assert_int_equal(same.at[i].actor, race.at[i].actor);
            assert_int_equal(same.at[i].locks, race.at[i].locks);
            assert_true(race.at[i].actor < SUT_ACTORS && race.at[i].points != 0);
        }
    }
}

static void what_is_no_switch_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"switch=lock:1",  "switch=locks3:1", "switch=lock0:1",
                                      "switch=lock3:4", "switch=lock3",    "switch=3lock:1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[96] = "machine\nrace ops=2 ";
        struct text_error error;
        strcat(text, bad[i]);
        assert_false(text_parse("test", text, strlen(text), &program, &error));
        assert_non_null(strstr(error.text, "lockPOINTS:ACTOR"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_kinds_survive),
        cmocka_unit_test(all_bytes_are_schedules),
        cmocka_unit_test(what_is_no_switch_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
