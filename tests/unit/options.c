/* What engines are told of the targets in fuzz/NAME.options agrees with the code. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/program/load.h"
#include "harness/program/program.h"

/* The max_len of an options file; 0 when it has none. */
static unsigned long read_max_len(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    char line[256];
    unsigned long value = 0;
    while (fgets(line, sizeof(line), file))
        if (sscanf(line, " max_len = %lu", &value) == 1)
            break;
    fclose(file);
    return value;
}

/* A race wants a short program: the schedules of a long one are too many to search. */
#define RACE_RECORDS 32u

/* A shorter limit would keep engines from programs that the harness runs. */
static void every_target_takes_the_longest_program(void **state) {
    (void)state;
    glob_t targets;
    assert_int_equal(glob(PINFUZZ_ROOT "/fuzz/*_fuzzer.c", 0, NULL, &targets), 0);
    for (size_t i = 0; i < targets.gl_pathc; i++) {
        char options[4096];
        size_t stem = strlen(targets.gl_pathv[i]) - strlen(".c");
        snprintf(options, sizeof options, "%.*s.options", (int)stem, targets.gl_pathv[i]);
        unsigned long wanted =
            strstr(strrchr(options, '/'), "race") ? RACE_RECORDS * PROGRAM_RECORD : PROGRAM_BYTES;
        if (read_max_len(options) != wanted)
            fail_msg("%s wants max_len = %lu", options, wanted);
    }
    globfree(&targets);
}

/* libFuzzer cuts off what is longer when it loads it, and with it what the program is there for. */
static void no_seed_is_cut(void **state) {
    (void)state;
    static const char *const places[] = {"*.txt", "grown/*.txt"};
    static struct program program;
    static uint8_t bytes[PROGRAM_BYTES];
    glob_t targets;
    size_t seeds = 0;
    assert_int_equal(glob(PINFUZZ_ROOT "/corpus/*_fuzzer", 0, NULL, &targets), 0);
    for (size_t i = 0; i < targets.gl_pathc * 2; i++) {
        const char *target = targets.gl_pathv[i / 2];
        char path[4096];
        glob_t files;
        snprintf(path, sizeof path, PINFUZZ_ROOT "/fuzz/%s.options", strrchr(target, '/') + 1);
        unsigned long most = read_max_len(path); /* 0: no limit but the format's */
        snprintf(path, sizeof(path), "%s/%s", target, places[i % 2]);
        if (glob(path, 0, NULL, &files) != 0)
            continue;
        for (size_t j = 0; j < files.gl_pathc; j++, seeds++) {
            struct text_error error;
            if (!program_load(files.gl_pathv[j], LOAD_TEXT, &program, &error))
                fail_msg("%s", error.text);
            if (program_encode(&program, bytes) > most && most != 0)
                fail_msg("%s is longer than the %lu bytes of its target", files.gl_pathv[j], most);
        }
        globfree(&files);
    }
    globfree(&targets);
    assert_true(seeds > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_target_takes_the_longest_program),
                                       cmocka_unit_test(no_seed_is_cut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
