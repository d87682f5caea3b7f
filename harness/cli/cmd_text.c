/* pinfuzz text: a program in text form, and where the switches of its races take place. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/cmd.h"
#include "harness/program/text.h"
#include "harness/verdict/child.h"
#include "harness/verdict/verdict.h"

/* The races of a program, and where it is told of them. */
struct races {
    const struct program *program;
    FILE *file;
};

static void run_races(void *context) {
    const struct races *races = context;
    (void)verdict_here(races->program, &(struct run_options){.quiet = true, .races = races->file});
    _exit(0);
}

/* Prints the comments behind the number of this operation. *line is the next line of the file. */
static void put_switches(FILE *file, uint32_t op, char *line, int size) {
    unsigned number;
    if (sscanf(line, "%u", &number) != 1 || number != op)
        return;
    while (fgets(line, size, file) && line[0] == ' ')
        printf("#%s", line);
}

/* With the switches of each race, from a run in a child: it may die of what it shows. */
static int print_switches(const struct program *program) {
    char text[TEXT_WORLD_MAX];
    char line[512] = "";
    int status;
    FILE *file = tmpfile();
    if (!file) {
        perror("pinfuzz text: tmpfile");
        return CMD_BAD_INPUT;
    }
    if (!child_run(run_races, &(struct races){program, file}, -1, VERDICT_TIMEOUT, &status)) {
        fclose(file);
        return CMD_BAD_INPUT;
    }
    rewind(file);
    text_print_world(program, text, sizeof(text));
    printf("%s", text);
    if (!fgets(line, sizeof(line), file))
        line[0] = 0;
    for (uint32_t i = 0; i < program->op_count; i++) {
        text_print_op(&program->ops[i], text, sizeof(text));
        printf("%s\n", text);
        put_switches(file, i, line, (int)sizeof(line));
    }
    fclose(file);
    return CMD_KEPT;
}

struct options {
    enum load_form form;
    bool switches;
};

static const struct option option_table[] = {
    {"--switches", NULL, OPTION_FLAG, offsetof(struct options, switches), 0, 0},
    OPTION_FORMS(struct options, form),
};

static int main_text(int argc, char **argv) {
    static struct program program;
    struct options options = {.form = LOAD_DETECT};
    struct words words;
    if (!options_read(&cmd_text, argc, argv, &options, &words) ||
        !cmd_load(words.at[0], options.form, &program))
        return CMD_BAD_INPUT;
    if (options.switches)
        return print_switches(&program);
    return cmd_save("-", LOAD_TEXT, &program) ? CMD_KEPT : CMD_BAD_INPUT;
}

const struct cmd cmd_text = {
    .name = "text",
    .summary = "print a program in text form",
    .main = main_text,
    CMD_OPTIONS(option_table),
    .takes = "FILE",
    .takes_one = true,
    .help = "NAME\n"
            "    pinfuzz text - print a program in text form\n"
            "\n"
            "SYNOPSIS\n"
            "    pinfuzz text [OPTION...] FILE\n"
            "\n"
            "DESCRIPTION\n"
            "    Prints the program in FILE (`-`: standard input) to standard output, in the form that\n"
            "    `pinfuzz help programs` describes. Nothing is lost: `pinfuzz bytes` makes the canonical\n"
            "    bytes of the same program from it. Members with their plain value are left out. Comments\n"
            "    of a FILE that is already text are not kept.\n"
            "\n"
            "OPTIONS\n"
            "    --as-text, --as-bytes\n"
            "                read FILE as text, or as bytes, whatever it looks like\n"
            "    --switches  run the program, and show in comments below each race where each switch took\n"
            "                place: in which operation, at which access in which line\n"
            "\n"
            "EXIT STATUS\n"
            "    0 printed; 2 FILE cannot be read, or its text has an error\n"
            "\n"
            "EXAMPLES\n"
            "    pinfuzz text crash-3f1c > story.txt    # then shorten it, comment it, keep it\n",
};
