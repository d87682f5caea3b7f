/* pinfuzz source: a program as C that needs no harness. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness/cli/cmd.h"
#include "harness/reproduce/reproduce.h"

static int write_source(const char *path, const char *out) {
    static struct program program;
    struct verdict verdict;
    if (!cmd_load(path, LOAD_DETECT, &program))
        return CMD_BAD_INPUT;
    uint32_t race = reproducer_race(&program);
    if (race < program.op_count) {
        fprintf(stderr,
                "%s: operation %u is a race: its schedule counts loads and stores, which a C file of its own "
                "cannot switch at; pinfuzz run and pinfuzz schedules replay it\n",
                path, race + 1);
        return CMD_BAD_INPUT;
    }
    if (!verdict_of(&program, VERDICT_TIMEOUT, &verdict))
        return CMD_BAD_INPUT;
    const struct reproducer *told = reproducer_of(&program, VERDICT_TIMEOUT);
    if (!told)
        return CMD_BAD_INPUT;
    if (told->too_long) {
        fprintf(stderr, "%s: too much happens for a C file\n", path);
        return CMD_BAD_INPUT;
    }
    bool standard = !out || strcmp(out, "-") == 0;
    FILE *file = standard ? stdout : fopen(out, "w");
    if (!file) {
        fprintf(stderr, "%s: %s\n", out, strerror(errno));
        return CMD_BAD_INPUT;
    }
    reproducer_write(file, strcmp(path, "-") == 0 ? "standard input" : path, &program, &verdict);
    bool ok = fflush(file) == 0 && !ferror(file);
    if ((!standard && fclose(file) != 0) || !ok) {
        fprintf(stderr, "%s: %s\n", standard ? "standard output" : out, strerror(errno));
        return CMD_BAD_INPUT;
    }
    if (told->end == REPRODUCER_HIDES) {
        fprintf(stderr, "%s: what breaks %s cannot be seen from outside the harness\n", path,
                contract_table[told->clause].id);
        return CMD_VIOLATED;
    }
    return CMD_KEPT;
}

struct options {
    const char *out;
};

static const struct option option_table[] = {{"-o", NULL, OPTION_NAME, offsetof(struct options, out), 0, 0}};

static int main_source(int argc, char **argv) {
    struct options options = {0};
    struct words words;
    return options_read(&cmd_source, argc, argv, &options, &words) ? write_source(words.at[0], options.out)
                                                                   : CMD_BAD_INPUT;
}

const struct cmd cmd_source = {
    .name = "source",
    .summary = "write a program as C that needs no harness",
    .main = main_source,
    CMD_OPTIONS(option_table),
    .takes = "FILE",
    .takes_one = true,
    .help =
        "NAME\n"
        "    pinfuzz source - write a program as C that needs no harness\n"
        "\n"
        "SYNOPSIS\n"
        "    pinfuzz source FILE [-o OUT]\n"
        "\n"
        "DESCRIPTION\n"
        "    Runs the program in FILE (text or bytes; `-`: standard input), and writes what happened as\n"
        "    one C file: a machine, a small miniport, the callbacks with their arguments, DMA and CPU\n"
        "    accesses, and after the call that broke the contract the check that shows it. The file\n"
        "    needs an implementation behind harness/sut.h and the headers in src/include, and nothing\n"
        "    else of this project:\n"
        "\n"
        "        pinfuzz source crash-3f1c -o finding.c\n"
        "        cc -I . -I src -I src/include finding.c $(find src -name '*.c') -o finding && ./finding\n"
        "\n"
        "    To test another implementation, name its sources instead of the files that find lists.\n"
        "\n"
        "    The exit status of the compiled program is 0 if the contract is kept, 1 if the finding is\n"
        "    reproduced, and 2 if a call behaves differently than before. If the process died, the\n"
        "    program dies too.\n"
        "\n"
        "OPTIONS\n"
        "    -o OUT    where the file goes; default: standard output\n"
        "\n"
        "EXIT STATUS\n"
        "    0   written\n"
        "    1   written, but the finding cannot be observed from outside the harness\n"
        "    2   the program cannot be read, is too long, or the file cannot be written\n"
        "\n"
        "EXAMPLES\n"
        "    pinfuzz minimize crash-3f1c -o short.txt && pinfuzz source short.txt -o finding.c\n",
};
