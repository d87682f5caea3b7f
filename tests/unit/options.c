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

#include "harness/program.h"

/* The max_len of an options file; 0 when it has none. */
static unsigned long read_max_len(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    char line[256];
    unsigned long value = 0;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, " max_len = %lu", &value) == 1)
            break;
    }
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
        unsigned long wanted = strstr(options, "race") ? RACE_RECORDS * PROGRAM_RECORD : PROGRAM_BYTES;
        if (read_max_len(options) != wanted)
            fail_msg("%s wants max_len = %lu", options, wanted);
    }
    globfree(&targets);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_target_takes_the_longest_program)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
