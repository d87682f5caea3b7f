/* Reads the options of a command by its table. */
#include "harness/cli/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cli/cmd.h"

static const struct option *find(const struct cmd *cmd, const char *word) {
    for (size_t i = 0; i < cmd->option_count; i++) {
        const struct option *option = &cmd->options[i];
        if (strcmp(word, option->word) == 0 || (option->other && strcmp(word, option->other) == 0))
            return option;
    }
    return NULL;
}

/* A decimal number. */
static bool read_count(const char *text, unsigned min, unsigned max, unsigned *count) {
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != 0 || errno != 0 || value < min || value > max)
        return false;
    *count = (unsigned)value;
    return true;
}

/* `value` is the word behind the option, NULL when there is none. */
static bool take(const struct cmd *cmd, const struct option *option, const char *word, const char *value,
                 void *values) {
    void *member = (char *)values + option->member;
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)member = true;
        return true;
    case OPTION_FORM:
        *(enum load_form *)member = (enum load_form)option->min;
        return true;
    case OPTION_NAME:
        *(const char **)member = value;
        return value || (cmd_usage(cmd, "%s wants a name", word), false);
    case OPTION_COUNT:
        break;
    }
    return (value && read_count(value, option->min, option->max, member)) ||
           (cmd_usage(cmd, "%s wants a number from %u to %u", word, option->min, option->max), false);
}

bool options_read(const struct cmd *cmd, int argc, char **argv, void *values, struct words *words) {
    bool words_only = false;
    words->at = argv;
    words->count = 0;
    for (int i = 1; i < argc; i++) {
        char *word = argv[i];
        if (!words_only && strcmp(word, "--") == 0) {
            words_only = true;
            continue;
        }
        if (words_only || word[0] != '-' || word[1] == 0) {
            if (cmd->takes_one && words->count == 1) {
                cmd_usage(cmd, "one %s only, not also '%s'", cmd->takes, word);
                return false;
            }
            argv[words->count++] = word;
            continue;
        }
        const struct option *option = find(cmd, word);
        if (!option) {
            cmd_usage(cmd, "unknown option '%s'", word);
            return false;
        }
        bool valued = option->kind == OPTION_NAME || option->kind == OPTION_COUNT;
        i += valued;
        if (!take(cmd, option, word, valued && i < argc ? argv[i] : NULL, values))
            return false;
    }
    if (words->count == 0 && cmd->takes) {
        cmd_usage(cmd, "%s is missing", cmd->takes);
        return false;
    }
    return true;
}
