/* What a faulty command line is told. */
#include <stdarg.h>
#include <stdio.h>

#include "harness/cli/cmd.h"

int cmd_usage(const struct cmd *cmd, const char *format, ...) {
    va_list list;
    va_start(list, format);
    fprintf(stderr, "pinfuzz %s: ", cmd->name);
    vfprintf(stderr, format, list);
    fprintf(stderr, "\nTry 'pinfuzz help %s'.\n", cmd->name);
    va_end(list);
    return CMD_BAD_INPUT;
}
