/* What a faulty command line is told. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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

bool cmd_parse_count(const char *text, unsigned min, unsigned max, unsigned *count) {
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != 0 || errno != 0 || value < min || value > max) {
        return false;
    }
    *count = (unsigned)value;
    return true;
}
