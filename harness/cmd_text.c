#include <stdio.h>
#include <string.h>

#include "harness/cmd.h"

static int main_text(int argc, char **argv) {
    enum load_form form = LOAD_DETECT;
    const char *path = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--as-bytes") == 0) {
            form = LOAD_BYTES;
        } else if (argv[i][0] == '-' && argv[i][1] != 0) {
            return cmd_usage(&cmd_text, "unknown option '%s'", argv[i]);
        } else if (path != NULL) {
            return cmd_usage(&cmd_text, "one FILE only, not also '%s'", argv[i]);
        } else {
            path = argv[i];
        }
    }
    if (path == NULL) {
        return cmd_usage(&cmd_text, "FILE is missing");
    }
    if (!cmd_load(path, form)) {
        return CMD_BAD_INPUT;
    }
    return cmd_save("-", LOAD_TEXT, &cmd_program) ? CMD_KEPT : CMD_BAD_INPUT;
}

const struct cmd cmd_text = {
    .name = "text",
    .summary = "print a program in text form",
    .main = main_text,
    .help = "NAME\n"
            "    pinfuzz text - print a program in text form\n"
            "\n"
            "SYNOPSIS\n"
            "    pinfuzz text [--as-bytes] FILE\n"
            "\n"
            "DESCRIPTION\n"
            "    Prints the program in FILE (`-`: standard input) to standard output, in the form that\n"
            "    `pinfuzz help programs` describes. Nothing is lost: `pinfuzz bytes` makes the canonical\n"
            "    bytes of the same program from it. What has its plain value is left out; comments of a\n"
            "    FILE that is text already are not kept.\n"
            "\n"
            "OPTIONS\n"
            "    --as-bytes  take FILE for bytes, whatever it looks like\n"
            "\n"
            "EXIT STATUS\n"
            "    0 printed; 2 FILE cannot be read or is faulty text\n"
            "\n"
            "EXAMPLES\n"
            "    pinfuzz text crash-3f1c > story.txt    # then shorten it, comment it, keep it\n",
};
