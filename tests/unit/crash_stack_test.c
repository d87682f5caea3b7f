/*
 * The stacks that crash triage sees: of a clause that is broken, and of a callback that crashes, alone or as
 * one of a race. Where no sanitizer can print one there is nothing to test.
 */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/contract/contract.h"
#include "harness/drive/perform.h"
#include "harness/interleave/fiber.h"
#include "unit/alike.h"

/* Of every sanitizer's runtime. */
void __sanitizer_print_stack_trace(void) __attribute__((weak));

#define SAID 65536u

/* What `act` writes to standard error. */
static char *hear(void (*act)(unsigned), unsigned argument) {
    static char said[SAID];
    FILE *file = tmpfile();
    int error = dup(STDERR_FILENO);
    assert_non_null(file);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    act(argument);
    fflush(stderr);
    dup2(error, STDERR_FILENO);
    close(error);
    rewind(file);
    said[fread(said, 1, SAID - 1, file)] = 0;
    fclose(file);
    return said;
}

/* The function in the next frame; *at is behind it then. */
static void frame(const char **at, char name[NAME_MAX_LENGTH + 1]) {
    const char *in = strstr(*at, " in ");
    assert_non_null(in);
    size_t length = strcspn(in + 4, " \n(");
    snprintf(name, NAME_MAX_LENGTH + 1, "%.*s", (int)length, in + 4);
    *at = in + 4 + length;
}

/* ---- a clause ---- */

static sigjmp_buf aborted;

static void on_abort(int signal) {
    (void)signal;
    __sanitizer_print_stack_trace();
    siglongjmp(aborted, 1);
}

static void fail_clause(unsigned clause) {
    if (sigsetjmp(aborted, 1) == 0)
        contract_fail((enum contract_clause)clause);
}

/* Behind a frame that triage skips come the clause's own function and the one caller. A jump in place of a
 * call, or one body for two functions, would show here. */
static void shows_the_clause(void **state) {
    (void)state;
    char wanted[128], name[NAME_MAX_LENGTH + 1];
    struct sigaction action = {.sa_handler = on_abort}, before;
    if (!__sanitizer_print_stack_trace)
        skip();
    sigaction(SIGABRT, &action, &before);
    bool symbols = true;
    for (unsigned i = 0; i < CONTRACT_CLAUSE_COUNT && symbols; i++) {
        const char *said = hear(fail_clause, i);
        snprintf(wanted, sizeof(wanted), "ASSERTION FAILED: %s\n", contract_table[i].function);
        assert_non_null(strstr(said, wanted));
        const char *at = strstr(said, " in contract_assert_failed");
        symbols = at != NULL;
        if (symbols) {
            assert_true(passed_over("contract_assert_failed"));
            at += strlen(" in ");
            frame(&at, name);
            assert_string_equal(name, contract_table[i].function);
            frame(&at, name);
            assert_string_equal(name, "contract_fail");
        }
    }
    sigaction(SIGABRT, &before, NULL);
    if (!symbols)
        skip(); /* no symbolizer */
}

/* ---- a callback ---- */

/* Each prints the stack it would crash in. */
static NTSTATUS pin2(HANDLE handle, DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *arg) {
    (void)handle, (void)arg;
    __sanitizer_print_stack_trace();
    return STATUS_SUCCESS;
}
static NTSTATUS pin(HANDLE handle, DXGKARGCB_PINFRAMEBUFFERFORSAVE *arg) {
    (void)handle, (void)arg;
    __sanitizer_print_stack_trace();
    return STATUS_SUCCESS;
}
static NTSTATUS unpin(HANDLE handle, const DXGKARGCB_UNPINFRAMEBUFFERFORSAVE *arg) {
    (void)handle, (void)arg;
    __sanitizer_print_stack_trace();
    return STATUS_SUCCESS;
}
static NTSTATUS map(HANDLE handle, DXGKARGCB_MAPFRAMEBUFFERPOINTER *arg) {
    (void)handle, (void)arg;
    __sanitizer_print_stack_trace();
    return STATUS_SUCCESS;
}
static NTSTATUS unmap(HANDLE handle, const DXGKARGCB_UNMAPFRAMEBUFFERPOINTER *arg) {
    (void)handle, (void)arg;
    __sanitizer_print_stack_trace();
    return STATUS_SUCCESS;
}

/* What src/ calls them: names can hardly be more alike. */
static const struct callback {
    enum program_opcode opcode;
    const char *function;
} callbacks[] = {{OP_PIN2, "dxgk_cb_pin2"},
                 {OP_PIN, "dxgk_cb_pin"},
                 {OP_UNPIN, "dxgk_cb_unpin"},
                 {OP_MAP, "dxgk_cb_map"},
                 {OP_UNMAP, "dxgk_cb_unmap"}};
#define CALLBACKS (sizeof(callbacks) / sizeof(callbacks[0]))

/* A call: the callback, and how it is made. */
enum {
    NULL_ARG = 1u << 4,
    IN_A_RACE = 1u << 5
};

static void on_fiber(void *call) {
    call_perform_beside(NULL, call); /* a callback: it goes through its table */
}

static void make_call(unsigned which) {
    static const DXGKRNL_INTERFACE table = {.DxgkCbPinFrameBufferForSave2 = pin2,
                                            .DxgkCbPinFrameBufferForSave = pin,
                                            .DxgkCbUnpinFrameBufferForSave = unpin,
                                            .DxgkCbMapFrameBufferPointer = map,
                                            .DxgkCbUnmapFrameBufferPointer = unmap};
    static const struct sut sut;
    struct call call = {.opcode = (uint8_t)callbacks[which % NULL_ARG].opcode,
                        .null_arg = (which & NULL_ARG) != 0,
                        .table = &table};
    if (which & IN_A_RACE) {
        assert_true(fiber_begin(1, on_fiber, &call));
        fiber_go(1);
        assert_true(fiber_ended(1));
    } else {
        call_perform(&sut, &call);
    }
}

struct state {
    char line[3][NAME_MAX_LENGTH + 1];
};

/* The state of a crash in the callback; false without symbols. */
static bool crash(unsigned which, struct state *state) {
    const char *at = strstr(hear(make_call, which), "#1 ");
    assert_non_null(at);
    at = strstr(at, " in ");
    if (!at)
        return false;
    frame(&at, state->line[0]); /* the stand-in: the implementation's has its own name */
    snprintf(state->line[0], sizeof(state->line[0]), "%s", callbacks[which % NULL_ARG].function);
    frame(&at, state->line[1]);
    frame(&at, state->line[2]);
    for (unsigned i = 0; i < 3; i++)
        assert_false(passed_over(state->line[i]));
    return true;
}

static void apart(const struct state *a, const struct state *b) {
    unsigned equal[4][4] = {{0}}; /* lines in common, in their order, of the first i and j */
    double sum = 0;
    for (unsigned i = 0; i < 3; i++) {
        sum += alike(a->line[i], b->line[i]);
        for (unsigned j = 0; j < 3; j++) {
            unsigned longer = equal[i][j + 1] > equal[i + 1][j] ? equal[i][j + 1] : equal[i + 1][j];
            equal[i + 1][j + 1] = strcmp(a->line[i], b->line[j]) == 0 ? equal[i][j] + 1 : longer;
        }
    }
    if (equal[3][3] > 1 || sum / 3 > ALIKE)
        print_error("%s, %s, %s and %s, %s, %s: %u in common, alike by %.3f\n", a->line[0], a->line[1],
                    a->line[2], b->line[0], b->line[1], b->line[2], equal[3][3], sum / 3);
    assert_true(equal[3][3] <= 1);
    assert_true(sum / 3 <= ALIKE);
}

static void tell_callbacks_apart(unsigned how) {
    struct state with[CALLBACKS], without, deeper;
    if (!__sanitizer_print_stack_trace)
        skip();
    for (unsigned i = 0; i < CALLBACKS; i++) {
        if (!crash(i | how, &with[i]))
            skip(); /* no symbolizer */
        for (unsigned k = 0; k < i; k++)
            apart(&with[i], &with[k]);
        /* A null pointer that is read at once, and a crash in what the callback calls. */
        assert_true(crash(i | how | NULL_ARG, &without));
        deeper = with[i];
        memmove(deeper.line[1], deeper.line[0], 2 * sizeof(deeper.line[0]));
        snprintf(deeper.line[0], sizeof(deeper.line[0]), "dxgk%s", callbacks[i].function + strlen("dxgk_cb"));
        apart(&without, &deeper);
    }
}

static void keeps_callbacks_apart(void **state) {
    (void)state;
    tell_callbacks_apart(0);
}

static void keeps_those_of_a_race_apart(void **state) {
    (void)state;
    tell_callbacks_apart(IN_A_RACE);
}

/* One bug is one finding, whether a race came upon it or not; and a fiber's stack can be walked. */
static void a_race_changes_no_name(void **state) {
    (void)state;
    struct state alone, beside;
    if (!__sanitizer_print_stack_trace)
        skip();
    for (unsigned i = 0; i < 2 * CALLBACKS; i++) {
        unsigned which = i % CALLBACKS | (i < CALLBACKS ? 0 : NULL_ARG);
        if (!crash(which, &alone) || !crash(which | IN_A_RACE, &beside))
            skip();                               /* no symbolizer */
        for (unsigned line = 0; line < 2; line++) /* two in common are one */
            assert_string_equal(alone.line[line], beside.line[line]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_the_clause),
        cmocka_unit_test(keeps_callbacks_apart),
        cmocka_unit_test(keeps_those_of_a_race_apart),
        cmocka_unit_test(a_race_changes_no_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
