/* What scripts need to know of the byte form and of the operations. */
#include <stdio.h>
#include <string.h>

#include "harness/cli/cmd.h"
#include "harness/program/operands.h"
#include "harness/program/text_words.h"
#include "harness/sut.h"

static bool wanted(const char *key, const char *name) {
    return !key || strcmp(key, name) == 0;
}

/* With the key alone the value alone is printed. */
static bool put(const char *key, const char *name, const char *word, unsigned value) {
    if (!wanted(key, name))
        return false;
    if (!key)
        printf("%s ", name);
    printf("%s%s%u\n", word, *word ? " " : "", value);
    return true;
}

/* Members of callbacks' arguments that are operands, by the structures' names. */
static bool put_members(const char *key) {
#define TYPE(name, number, word, race, needs, undone_by, help, member, type, ...) [OP_##name] = #type,
    static const char *const types[PROGRAM_OPCODES] = {PROGRAM_CALLBACKS(TYPE)};
    bool any = false;
    for (uint8_t opcode = 0; opcode < PROGRAM_OPCODES; opcode++) {
        const struct program_operand *operand = program_operands(opcode);
        for (; types[opcode] && operand->name; operand++) {
            if (operand->offset >= offsetof(struct program_op, arg)) {
                const char *member = strchr(strchr(operand->member, '.') + 1, '.') + 1;
                char name[96];
                size_t length = strcspn(member, "."); /* Flags, of Flags.Value */
                snprintf(name, sizeof(name), "%s.%.*s", types[opcode], (int)length, member);
                any |= put(key, "member", name, program_operand_at(operand));
            }
        }
    }
    return any;
}

static int main_info(int argc, char **argv) {
    const char *key = argc > 1 ? argv[1] : NULL;
    bool any = false;
    if (argc > 2)
        return cmd_usage(&cmd_info, "one KEY only, not also '%s'", argv[2]);
    any |= put(key, "record", "", PROGRAM_RECORD);
    any |= put(key, "adapters", "", PROGRAM_ADAPTERS);
    any |= put(key, "operations", "", PROGRAM_OPS);
    any |= put(key, "bytes", "", PROGRAM_BYTES);
    any |= put(key, "one_thread", "", sut_get()->one_thread);
    for (unsigned opcode = 0; opcode < PROGRAM_OPCODES; opcode++)
        any |= put(key, "operation", text_opcodes[opcode], opcode);
    any |= put_members(key);
    return any ? CMD_KEPT : cmd_usage(&cmd_info, "no key is called '%s'", key);
}

const struct cmd cmd_info = {
    .name = "info",
    .summary = "print facts of programs for scripts",
    .main = main_info,
    .help = "NAME\n"
            "    pinfuzz info - print facts of programs for scripts\n"
            "\n"
            "SYNOPSIS\n"
            "    pinfuzz info [KEY]\n"
            "\n"
            "DESCRIPTION\n"
            "    Prints a key and its value on each line; given a KEY, only its values.\n"
            "\n"
            "        record N           the bytes of a record of the byte form\n"
            "        adapters N         the most adapters a machine has\n"
            "        operations N       the most operations a program has\n"
            "        bytes N            the longest byte form\n"
            "        one_thread N       1: the implementation is declared to have no races (harness/sut.h)\n"
            "        operation WORD N   an operation, and its number in the first byte of its record\n"
            "        member S.M N       a member of a callback's argument that programs set, and its offset\n"
            "\n"
            "EXIT STATUS\n"
            "    0 done; 2 the KEY does not exist\n"
            "\n"
            "EXAMPLES\n"
            "    pinfuzz info record\n",
};
