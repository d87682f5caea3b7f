/* pinfuzz minimize: the smallest program with the same verdict. */
#define _POSIX_C_SOURCE 200809L

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "harness/cli/cmd.h"
#include "harness/verdict/shrink.h"

/* A candidate that runs longer is no good: most run in a millisecond, the original may take this long. */
#define TIMEOUT 10u

struct options {
    const char *out;
    enum load_form form;
    unsigned limit;
    unsigned timeout;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal) {
    (void)signal;
    interrupted = 1;
}

static int minimize_file(const char *path, const struct options *options) {
    static struct program program, best;
    const char *out = options->out;
    unsigned timeout = options->timeout;
    struct verdict verdict;
    if (!cmd_load(path, options->form, &program))
        return CMD_BAD_INPUT;
    if (!verdict_of(&program, timeout, &verdict))
        return CMD_BAD_INPUT;
    FILE *tell = strcmp(out, "-") == 0 ? stderr : stdout;
    bool shows = verdict.died || verdict.outcome != VERDICT_KEPT;
    /* Now OUT can be written, and whatever ends this leaves a program there. Not over FILE itself. */
    bool stays = strcmp(out, "-") != 0 && strcmp(out, path) != 0;
    if (shows && stays && !cmd_save(out, LOAD_DETECT, &program))
        return CMD_BAD_INPUT;
    fprintf(tell, "%s: ", path);
    verdict_print(tell, &verdict, timeout);
    if (!shows) {
        fprintf(tell, ": nothing to minimize\n");
        return CMD_VIOLATED;
    }
    fflush(tell);
    program_copy(&best, &program);
    struct minimize_result result = shrink(&best, &verdict, options->limit, timeout, &interrupted);
    if (result.kept == 0) {
        fprintf(tell, ": not every time: nothing to minimize by\n");
        return CMD_VIOLATED;
    }
    fprintf(tell, ": %u operations, %u adapters, %u members -> %u, %u, %u (%u candidates%s)\n",
            program.op_count, program.machine.adapters, minimize_members(&program), best.op_count,
            best.machine.adapters, minimize_members(&best), result.tried,
            result.finished ? ""
            : interrupted   ? ", interrupted"
                            : ", no more allowed");
    return cmd_save(out, LOAD_DETECT, &best) ? CMD_KEPT : CMD_BAD_INPUT;
}

static const struct option option_table[] = {
    {"-o", NULL, OPTION_NAME, offsetof(struct options, out), 0, 0},
    {"--candidates", NULL, OPTION_COUNT, offsetof(struct options, limit), 1, UINT32_MAX},
    {"--timeout", NULL, OPTION_COUNT, offsetof(struct options, timeout), 1, VERDICT_TIMEOUT_MAX},
    OPTION_FORMS(struct options, form),
};

static int main_minimize(int argc, char **argv) {
    struct options options = {.form = LOAD_DETECT, .timeout = TIMEOUT};
    struct words words;
    if (!options_read(&cmd_minimize, argc, argv, &options, &words))
        return CMD_BAD_INPUT;
    if (!options.out)
        return cmd_usage(&cmd_minimize, "-o OUT is missing");
    /* Without SA_RESTART, and the second one kills. */
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return minimize_file(words.at[0], &options);
}

const struct cmd cmd_minimize = {
    .name = "minimize",
    .summary = "make a program that breaks something as small as it gets",
    .main = main_minimize,
    CMD_OPTIONS(option_table),
    .takes = "FILE",
    .takes_one = true,
    .help =
        "NAME\n"
        "    pinfuzz minimize - make a program that breaks something as small as it gets\n"
        "\n"
        "SYNOPSIS\n"
        "    pinfuzz minimize [OPTION...] FILE -o OUT\n"
        "\n"
        "DESCRIPTION\n"
        "    Runs the program in FILE (`-`: standard input), and looks for the smallest program that breaks\n"
        "    the same clause. If the process dies, looks for the smallest one that dies in the same way:\n"
        "    with the same sanitizer report in the same function, the same signal, or the same hang.\n"
        "    Writes it to OUT, as text if the name ends in .txt, otherwise as bytes.\n"
        "\n"
        "    Removes operations first: whole ranges, then those that belong together, such as a pin and its\n"
        "    unpin, then single ones. Then it removes adapters, and sets parameters of the machine and the\n"
        "    adapters, and members of operations, to their plain values. Each candidate is smaller than\n"
        "    the best program so far, so the search ends, and the result is never larger than the input.\n"
        "    Ctrl-C or SIGTERM ends it early and writes the smallest program so far. Until then, OUT holds\n"
        "    the program as it was given.\n"
        "\n"
        "    Prints one line:\n"
        "\n"
        "        FILE: violated PIN-COUNT: 214 operations, 3 adapters, 1630 members -> 2, 1, 7 (4211\n"
        "        candidates)\n"
        "\n"
        "    where members are the words of the text form, without the first word of each line.\n"
        "\n"
        "OPTIONS\n"
        "    -o OUT            where the result goes; `-`: standard output, as bytes, and the line to "
        "stderr\n"
        "    --candidates N    try at most N programs; default: 300000, or 20000 if the process dies,\n"
        "                      because each candidate then needs a process of its own\n"
        "    --timeout S       a program that runs longer than S seconds hangs; default: 10\n"
        "    --as-text, --as-bytes\n"
        "                      read FILE as text, or as bytes, whatever it looks like\n"
        "\n"
        "EXIT STATUS\n"
        "    0   OUT is written\n"
        "    1   the program breaks nothing, or not every time\n"
        "    2   the program cannot be read, or OUT cannot be written\n"
        "\n"
        "EXAMPLES\n"
        "    pinfuzz minimize crash-3f1c -o short.txt\n"
        "\n"
        "    Without slow symbolization by the sanitizer:\n"
        "        ASAN_OPTIONS=symbolize=0 pinfuzz minimize crash-3f1c -o short.txt\n",
};
