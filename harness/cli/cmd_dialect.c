/* What the implementation chose where the contract leaves a choice. */
#include <stdio.h>

#include "harness/cli/cmd.h"
#include "harness/cli/options.h"
#include "harness/contract/dialect.h"
#include "harness/drive/calibrate.h"

static const char *how(enum dialect id) {
    if (dialect_is_declared(id))
        return "declared";
    return dialect_is_learnt(id) ? "learnt" : "not seen";
}

static void print_one(enum dialect id) {
    const struct dialect_row *row = &dialect_table[id];
    printf("%s=%s  %s\n    %s: %s\n", row->word, dialect_choices[dialect_current[id]].word, how(id),
           contract_table[row->clause].id, row->question);
    for (unsigned choice = CHOICE_UNKNOWN + 1; choice < CHOICES; choice++)
        if (dialect_choices[choice].of == id)
            printf("    %c %-9s  %s\n", choice == dialect_current[id] ? '*' : ' ',
                   dialect_choices[choice].word, dialect_choices[choice].help);
}

static int main_dialect(int argc, char **argv) {
    bool brief = false;
    struct words words;
    if (!options_read(&cmd_dialect, argc, argv, &brief, &words))
        return CMD_BAD_INPUT;
    if (words.count > 0)
        return cmd_usage(&cmd_dialect, "no word is wanted, not '%s'", words.at[0]);
    calibrate();
    for (unsigned id = 0; id < DIALECTS; id++)
        if (brief)
            printf("%s=%s\n", dialect_table[id].word, dialect_choices[dialect_current[id]].word);
        else
            print_one((enum dialect)id);
    return CMD_KEPT;
}

static const struct option dialect_options[] = {{"--short", NULL, OPTION_FLAG, 0, 0, 0}};

const struct cmd cmd_dialect = {
    .name = "dialect",
    .summary = "say what the implementation chose where the contract leaves a choice",
    .main = main_dialect,
    CMD_OPTIONS(dialect_options),
    .help =
        "NAME\n"
        "    pinfuzz dialect - say what the implementation chose where the contract leaves a choice\n"
        "\n"
        "SYNOPSIS\n"
        "    pinfuzz dialect [--short]\n"
        "\n"
        "DESCRIPTION\n"
        "    Where a clause of the contract is of basis C an implementation may answer in several ways.\n"
        "    Before the first program of a process a few fixed machines are booted to see which way the\n"
        "    one that is linked in goes; programs are judged by that. What it does once it has to do\n"
        "    again: else DIALECT-STEADY is broken.\n"
        "\n"
        "    For each choice: what was chosen, and whether it was learnt, declared (harness/sut.h, dialect\n"
        "    and hold_chosen), or not seen, because the situation did not come about; then this project\n"
        "    goes by its own choice, the first of those listed. The others say how judging goes on.\n"
        "\n"
        "OPTIONS\n"
        "    --short   one line for each, as sut_get()->dialect takes them\n"
        "\n"
        "EXIT STATUS\n"
        "    0 done; 2 the command line, or a declaration, is faulty\n",
};
