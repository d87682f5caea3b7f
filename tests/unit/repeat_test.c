/* Repetitions: their forms, the order in which their operations run, their limit, and how they are cut,
 * mended and minimized. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/contract/dry_run.h"
#include "harness/drive/executor.h"
#include "harness/judge/run.h"
#include "harness/minimize/minimize.h"
#include "harness/program/text.h"

static struct program program, again;
static struct model model;
static uint8_t bytes[PROGRAM_BYTES], canonical[PROGRAM_BYTES];

static void parse(const char *text) {
    struct text_error error;
    if (!text_parse("test", text, strlen(text), &program, &error))
        fail_msg("%s", error.text);
}

static void both_forms_say_the_same(void **state) {
    (void)state;
    static const char *const lines[] = {"repeat ops=1 times=1", "repeat ops=8 times=4097",
                                        "repeat ops=2 times=257 actor=1"};
    char printed[TEXT_LINE_MAX];
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        parse(lines[i]);
        program_decode(&again, bytes, program_encode(&program, bytes));
        text_print_op(&again.ops[0], printed, sizeof(printed));
        assert_string_equal(printed, lines[i]);
    }
}

static void all_bytes_are_repetitions(void **state) {
    (void)state;
    char printed[TEXT_LINE_MAX];
    struct text_error error;
    memset(bytes, 0, 3 * PROGRAM_RECORD);
    for (uint32_t seed = 0; seed < 0x10000; seed += 97) {
        uint8_t *record = bytes + 2 * PROGRAM_RECORD;
        record[0] = OP_REPEAT;
        record[16] = record[18] = (uint8_t)seed;
        record[17] = record[19] = (uint8_t)(seed >> 8);
        program_decode(&program, bytes, 3 * PROGRAM_RECORD);
        assert_in_range(program_span_wanted(&program.ops[0]), 1, PROGRAM_REPEAT_OPS);
        assert_in_range(program.ops[0].arg.repeat.times + 1u, 1, PROGRAM_REPEAT_TIMES);
        size_t size = program_encode(&program, canonical);
        text_print_op(&program.ops[0], printed, sizeof(printed));
        assert_true(text_parse("test", printed, strlen(printed), &again, &error));
        program_decode(&again, canonical, size);
        assert_int_equal(program_encode(&again, bytes), size);
        assert_memory_equal(bytes, canonical, size);
    }
}

static void limits_are_told(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } bad[] = {{"repeat ops=9 times=2", "a number from 1 to 8"},
               {"repeat ops=0 times=2", "a number from 1 to 8"},
               {"repeat ops=1 times=4098", "a number from 1 to 4097"},
               {"repeat ops=1 times=0", "a number from 1 to 4097"},
               {"repeat ops=1 often=2", "ops times"}};
    struct text_error error;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_false(text_parse("test", bad[i].text, strlen(bad[i].text), &program, &error));
        assert_non_null(strstr(error.text, bad[i].message));
    }
}

/* The operations that run, by number. */
static uint32_t order(uint32_t *ops, uint32_t most) {
    struct program_walk walk = {0};
    uint32_t at, count = 0;
    for (; program_walk_on(&walk, &program, &at); count++)
        if (count < most)
            ops[count] = at;
    return count;
}

static void operations_run_in_order(void **state) {
    (void)state;
    static const uint32_t wanted[] = {0, 2, 3, 2, 3, 2, 3, 4, 6, 6, 7};
    uint32_t ops[16];
    parse(
        "pressure\nrepeat ops=2 times=3\nstop 0\nstart 0\npressure\n"
        "repeat ops=8 times=2\npressure\nrace ops=1\npressure\nrepeat ops=3 times=9\nrepeat ops=1 times=5\n");
    /* The race ends the repetition before it, whose own operation comes next; the last two have none. */
    uint32_t count = order(ops, 16);
    assert_int_equal(count, 12);
    assert_memory_equal(ops, wanted, sizeof(wanted));
    assert_int_equal(ops[11], 8);
}

static void all_of_them_have_a_limit(void **state) {
    (void)state;
    uint32_t ops[1];
    parse("repeat ops=1 times=4097\npressure");
    assert_int_equal(order(ops, 1), 4097);
    parse("repeat ops=8 times=4097\nstop 0\nstart 0\npressure");
    assert_int_equal(order(ops, 1), 3 + 4096 / 3 * 3);
    parse("repeat ops=2 times=2000\nstop 0\nstart 0\nrepeat ops=1 times=4097\npressure\nrepeat ops=1 "
          "times=9\npressure");
    assert_int_equal(order(ops, 1), 2 * 2000 + 1 + (4096 - 2 * 1999) + 1);
}

/* 2^19 pages, whatever they are: 16 passes with 2^15 each, and the first one. */
static void so_have_their_pages(void **state) {
    (void)state;
    static const char *const lines[] = {"pin2 lead(0) index=0 CommitSize=128M",
                                        "map lead(0) index=0 Size=MaximumSize", "pressure", "stop 0",
                                        "reset 0 begin"};
    static const char *const few[] = {"pin2 lead(0) index=0 CommitSize=4p", "map lead(0) index=0 Size=0x4000",
                                      "unpin lead(0) index=0", "cpu_read view=0", "irql apc"};
    char text[256];
    uint32_t ops[1];
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        snprintf(text, sizeof(text),
                 "machine views=0\nadapter 0 maximum_size=1G\nrepeat ops=1 times=4097\n%s", lines[i]);
        parse(text);
        assert_int_equal(order(ops, 1), 17);
        snprintf(text, sizeof(text),
                 "machine views=0\nadapter 0 maximum_size=1G\nrepeat ops=1 times=4097\n%s", few[i]);
        parse(text);
        assert_int_equal(order(ops, 1), 4097);
    }
}

static void spans_follow_what_is_cut_and_put_in(void **state) {
    (void)state;
    parse("repeat ops=3 times=5\nstop 0\nstart 0\npressure\npressure");
    program_span_shrink(&program, 2, 1);
    assert_int_equal(program_span_wanted(&program.ops[0]), 2);
    program_span_grow(&program, 2, 4);
    assert_int_equal(program_span_wanted(&program.ops[0]), 6);
    program_span_grow(&program, 1, 400);
    assert_int_equal(program_span_wanted(&program.ops[0]), PROGRAM_REPEAT_OPS);
    program_span_shrink(&program, 1, 400);
    assert_int_equal(program_span_wanted(&program.ops[0]), 1);
    assert_int_equal(program.ops[0].arg.repeat.times, 4);
}

static void a_dry_run_repeats(void **state) {
    (void)state;
    parse("machine views=17M\nrepeat ops=1 times=257\nmap lead(0) index=0 Size=1p\npressure");
    dry_run(&model, &program, 1);
    assert_int_equal(model.view_count, 0);
    dry_run(&model, &program, 2);
    assert_int_equal(model.view_count, 257);
    assert_int_equal(model.base_count, 257);
}

/* Whatever scenes ask for: nothing is written behind the tables. */
static void a_dry_run_stays_within_its_tables(void **state) {
    (void)state;
    parse(
        "machine adapters=8\nadapter 1 joins=0\nadapter 2 joins=0\nadapter 3 joins=0\nadapter 4 joins=0\n"
        "adapter 5 joins=0\nadapter 6 joins=0\nadapter 7 joins=0\nrepeat ops=2 times=2049\nstop 0\nstart 0");
    dry_run(&model, &program, program.op_count);
    for (uint32_t i = 0; i < MODEL_HANDLES; i++) {
        dry_run_op(&model, &program.ops[1]);
        dry_run_op(&model, &program.ops[2]);
        assert_true(model.handle_count <= MODEL_HANDLES);
    }
}

static void the_executor_repeats(void **state) {
    (void)state;
    parse("repeat ops=2 times=300\nstop 0\nstart 0");
    executor_run(&program);
    assert_int_equal(run.model.handle_count, 301);
}

/* ---- minimizing ---- */

/* Shows where the 200th of so many maps is made. */
static bool too_many(const struct program *candidate, uint32_t *ended, void *context) {
    struct program_walk walk = {0};
    uint32_t at;
    (void)context;
    dry_run_boot(&model, candidate);
    while (program_walk_on(&walk, candidate, &at)) {
        dry_run_op(&model, &candidate->ops[at]);
        if (model.base_count < 200)
            continue;
        *ended = walk.pass ? walk.end - 1 : at;
        return true;
    }
    return false;
}

static void the_minimizer_finds_how_often(void **state) {
    (void)state;
    static const volatile sig_atomic_t stop;
    static char printed[TEXT_MAX];
    parse("pressure\nrepeat ops=4 times=1000\npressure\nmap lead(0) index=0 Size=2p\nunmap lead(0) index=0 "
          "view=0\n"
          "pressure\nrepeat ops=1 times=2\npressure");
    assert_true(minimize(&program, too_many, NULL, UINT32_MAX, &stop).finished);
    text_print(&program, printed, sizeof(printed));
    assert_string_equal(printed, "machine adapters=1\nrepeat ops=1 times=200\nmap lead(0) index=0 Size=1p\n");
}

/* What shows in the first pass needs no repetition. */
static bool one_pin(const struct program *candidate, uint32_t *ended, void *context) {
    (void)context;
    (void)ended;
    dry_run(&model, candidate, candidate->op_count);
    return model.pins == 1;
}

static void the_minimizer_takes_repetitions_away(void **state) {
    (void)state;
    static const volatile sig_atomic_t stop;
    parse("repeat ops=2 times=77\nunpin lead(0) index=0\npin2 lead(0) index=0 CommitSize=1p");
    assert_true(minimize(&program, one_pin, NULL, UINT32_MAX, &stop).finished);
    assert_int_equal(program.op_count, 1);
    assert_int_equal(program.ops[0].opcode, OP_PIN2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_say_the_same),
        cmocka_unit_test(all_bytes_are_repetitions),
        cmocka_unit_test(limits_are_told),
        cmocka_unit_test(operations_run_in_order),
        cmocka_unit_test(all_of_them_have_a_limit),
        cmocka_unit_test(so_have_their_pages),
        cmocka_unit_test(spans_follow_what_is_cut_and_put_in),
        cmocka_unit_test(a_dry_run_repeats),
        cmocka_unit_test(a_dry_run_stays_within_its_tables),
        cmocka_unit_test(the_executor_repeats),
        cmocka_unit_test(the_minimizer_finds_how_often),
        cmocka_unit_test(the_minimizer_takes_repetitions_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
