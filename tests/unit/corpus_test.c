/* What fuzz/corpus commits: text as the printer prints it, named by hash, and not too much of it. And that
 * seeds have the whole world, each operation and operand. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/program/load.h"
#include "harness/program/operands.h"
#include "harness/program/text_words.h"
#include "harness/program/world.h"

/* For all targets together; a clone of the repository carries every version of it. */
#define GROWN_BYTES_MAX (512u << 10)
#define PATTERN         PINFUZZ_ROOT "/corpus/*/grown/"

static struct program program;
static char printed[TEXT_MAX];
static char stored[TEXT_MAX + 1];

static size_t read_whole(const char *path) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(stored, 1, sizeof(stored), file);
    fclose(file);
    return size;
}

/* Whether the text is as it is printed now. Bytes that were padding when a campaign found them may have a
 * member's name by now: a line with a pad is let through. */
static bool is_canonical(const char *text, const char *now) {
    while (*text && *now) {
        size_t size = strcspn(text, "\n"), size_now = strcspn(now, "\n");
        bool same = size == size_now && memcmp(text, now, size) == 0;
        const char *pad = strstr(text, " pad");
        if (!same && (!pad || pad >= text + size))
            return false;
        text += size + (text[size] == '\n');
        now += size_now + (now[size_now] == '\n');
    }
    return *text == *now;
}

static void grown_programs_are_canonical_text(void **state) {
    (void)state;
    glob_t found;
    if (glob(PATTERN "*", 0, NULL, &found) != 0)
        skip();
    size_t total = 0;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *path = found.gl_pathv[i];
        const char *name = strrchr(path, '/') + 1;
        struct text_error error;
        if (strspn(name, "0123456789abcdef") != 12 || strcmp(name + 12, ".txt") != 0)
            fail_msg("%s: the name is not twelve hexadecimal digits and .txt: seeds that people write belong "
                     "one directory up",
                     path);
        if (!program_load(path, LOAD_TEXT, &program, &error))
            fail_msg("%s", error.text);
        size_t size = read_whole(path);
        text_print(&program, printed, sizeof(printed));
        stored[size < sizeof(stored) ? size : sizeof(stored) - 1] = 0;
        if (!is_canonical(stored, printed))
            fail_msg("%s: not what `pinfuzz text` prints of it; fuzz/corpus makes it anew", path);
        total += size;
    }
    globfree(&found);
    if (total > GROWN_BYTES_MAX)
        fail_msg("%zu bytes of grown corpus, more than %u: fuzz/corpus --size makes it smaller", total,
                 GROWN_BYTES_MAX);
}

/* ---- what seeds say of the world ---- */

/* A bit for each word; bit 0 alone: something else than the plain value. */
static uint64_t said[WORLD_FIELDS];

static void look_at(const struct world_fields *fields, uint64_t *said_of, unsigned ordinal,
                    const void *base) {
    for (unsigned i = 0; i < fields->count; i++) {
        const struct world_field *field = &fields->field[i];
        uint64_t value = world_get(field, base);
        uint64_t plain = world_range(field, &program.machine, ordinal).plain;
        said_of[i] |= field->kind == WORLD_IS_WORD   ? UINT64_C(1) << value
                      : field->kind == WORLD_IS_BITS ? value ^ plain
                                                     : (uint64_t)(value != plain);
    }
}

static void demand(const struct world_field *field, uint64_t said_of) {
    if (!field->list && !said_of)
        fail_msg("no program in corpus/*/ has %s", field->word);
    for (unsigned i = 0; field->list && i < field->list->count; i++)
        if (!(said_of >> i & 1))
            fail_msg("no program in corpus/*/ has %s=%s (or without it, where it is plain)", field->word,
                     field->list->words[i]);
}

/* A row of world.def that no seed has is one that nobody tests. */
static void seeds_have_every_row_of_the_world(void **state) {
    (void)state;
    glob_t found;
    if (glob(PINFUZZ_ROOT "/corpus/*/*.txt", 0, NULL, &found) != 0)
        skip();
    memset(said, 0, sizeof(said));
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct text_error error;
        if (!program_load(found.gl_pathv[i], LOAD_TEXT, &program, &error))
            fail_msg("%s", error.text);
        look_at(&world_machine, said, 0, &program.machine);
        for (unsigned a = 0; a < program.machine.adapters; a++)
            look_at(&world_adapter, said + world_machine.count, a, &program.adapters[a]);
    }
    globfree(&found);
    for (unsigned i = 0; i < world_machine.count; i++)
        demand(&world_machine.field[i], said[i]);
    for (unsigned i = 0; i < world_adapter.count; i++)
        demand(&world_adapter.field[i], said[world_machine.count + i]);
}

#define OPERANDS_MAX 16u

static struct {
    bool operation;
    bool operand[OPERANDS_MAX];
} seen[PROGRAM_OPCODES];

/* Of the argument, and not what nobody reads. */
static bool matters(const struct program_operand *operand) {
    return operand->offset >= offsetof(struct program_op, arg) && operand->kind != OPERAND_IDLE &&
           operand->kind != OPERAND_SCHEDULE;
}

static void see(const struct program_op *op) {
    const struct program_operand *operands = program_operands(op->opcode);
    seen[op->opcode].operation = true;
    for (unsigned i = 0; operands[i].name; i++)
        if (matters(&operands[i]) && (program_operand_get(op, &operands[i]) != 0 ||
                                      (operands[i].kind == OPERAND_SIZE && op->size_form != FORM_RAW)))
            seen[op->opcode].operand[i] = true;
}

/* What no seed has is what nothing replays, unless a campaign happens to. */
static void each_operation_and_operand_has_a_seed(void **state) {
    (void)state;
    glob_t found;
    if (glob(PINFUZZ_ROOT "/corpus/*/*.txt", 0, NULL, &found) != 0)
        skip();
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct text_error error;
        if (!program_load(found.gl_pathv[i], LOAD_TEXT, &program, &error))
            fail_msg("%s", error.text);
        for (uint32_t op = 0; op < program.op_count; op++)
            see(&program.ops[op]);
    }
    globfree(&found);
    for (uint8_t opcode = 0; opcode < PROGRAM_OPCODES; opcode++) {
        const struct program_operand *operands = program_operands(opcode);
        if (!seen[opcode].operation)
            fail_msg("no seed in corpus/ has the operation '%s'", text_opcodes[opcode]);
        for (unsigned i = 0; operands[i].name; i++) {
            assert_true(i < OPERANDS_MAX);
            if (matters(&operands[i]) && !seen[opcode].operand[i])
                fail_msg("no seed in corpus/ says %s= of '%s'", operands[i].name, text_opcodes[opcode]);
        }
    }
}

static void only_lines_with_pads_may_differ(void **state) {
    (void)state;
    assert_true(is_canonical("machine\npin2 pad4=1\n", "machine\npin2 pad4=1\n"));
    assert_true(is_canonical("machine\npin2 pad4=1\nadd 1\n", "machine\npin2 Hint=1\nadd 1\n"));
    assert_false(is_canonical("machine\npin2 pad4=1\nadd 1\n", "machine\npin2 Hint=1\nadd 2\n"));
    assert_false(is_canonical("machine\npin2\nadd 1 pad4=1\n", "machine\npin\nadd 1 pad4=1\n"));
    assert_false(is_canonical("machine\n", "machine\nadd 1\n"));
    assert_false(is_canonical("machine\nadd 1\n", "machine\n"));
    assert_false(is_canonical("machine adapters=1 pad\nx", "machine adapters=1 pad\n"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_lines_with_pads_may_differ),
        cmocka_unit_test(grown_programs_are_canonical_text),
        cmocka_unit_test(seeds_have_every_row_of_the_world),
        cmocka_unit_test(each_operation_and_operand_has_a_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
