/* pinfuzz: the harness on the command line. */
#include <stdio.h>
#include <string.h>

#include "harness/cli/cmd.h"

#define PINFUZZ_VERSION "0.1"

static const struct cmd *const commands[] = {
    &cmd_run,    &cmd_faults, &cmd_minimize, &cmd_schedules, &cmd_enumerate, &cmd_triage,  &cmd_report,
    &cmd_source, &cmd_text,   &cmd_bytes,    &cmd_clauses,   &cmd_campaign,  &cmd_dialect, &cmd_info};
#define COMMANDS (sizeof(commands) / sizeof(*commands))

static const char help_head[] =
    "NAME\n"
    "    pinfuzz - run, read and write programs for the frame-buffer-save callbacks of Dxgkrnl\n"
    "\n"
    "SYNOPSIS\n"
    "    pinfuzz COMMAND [OPTION...] [FILE...]\n"
    "    pinfuzz help [COMMAND | programs]\n"
    "    pinfuzz --version\n"
    "\n"
    "DESCRIPTION\n"
    "    A program is a machine with display adapters and a list of operations: callbacks that drivers\n"
    "    make (DxgkCbPinFrameBufferForSave2 and related ones), DMA by their GPUs, CPU accesses, power\n"
    "    transitions, stops, removals, memory pressure. pinfuzz runs a program against an\n"
    "    implementation of the callbacks and a model of their contract, side by side, and reports\n"
    "    whether the contract was kept, or which clause was broken and how.\n"
    "\n"
    "    Programs have a byte form, which fuzzers make and crash files hold, and a text form, which people\n"
    "    write. Every command takes both, also in zip archives, in Base64 as libFuzzer prints it, and text\n"
    "    in UTF-16. `pinfuzz help programs` says how they are told apart; anything else is bytes.\n"
    "\n"
    "COMMANDS\n";

static const char help_tail[] =
    "\n"
    "    `pinfuzz help COMMAND` describes a command in full, `pinfuzz help programs` the text form.\n"
    "\n"
    "OPTIONS\n"
    "    -h, --help     print this page; after a command, that command's\n"
    "    --version      print the version, and the implementation that is linked in\n"
    "\n"
    "EXIT STATUS\n"
    "    0   done; all programs that were run kept the contract\n"
    "    1   a clause was broken, or the implementation crashed or hung\n"
    "    2   the command line or a program has an error, or a directory has no program; stderr says where\n"
    "\n"
    "FILES\n"
    "    corpus/TARGET/*.txt    seeds of the fuzz target TARGET, each named for the situation it shows\n"
    "    crashes/CLAUSE-WHAT/   findings, which are kept for ever: program.txt, and from `pinfuzz triage`\n"
    "                           verdict.txt, the report, source.c, the same without a harness, and\n"
    "                           report.html, the same to look at\n"
    "\n"
    "EXAMPLES\n"
    "    Does a crash file still break something?\n"
    "        pinfuzz run crash-3f1c\n"
    "\n"
    "    What happens in it?\n"
    "        pinfuzz text crash-3f1c\n"
    "\n"
    "    Try an idea without a file:\n"
    "        echo 'pin2 lead(0) index=0 CommitSize=MaximumSize+1p' | pinfuzz run -\n"
    "\n"
    "    Which clauses do the seeds test?\n"
    "        pinfuzz clauses corpus\n";

static const struct cmd *find(const char *name) {
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int print_help(void) {
    fputs(help_head, stdout);
    for (size_t i = 0; i < COMMANDS; i++)
        printf("    %-14s %s\n", commands[i]->name, commands[i]->summary);
    fputs(help_tail, stdout);
    return CMD_KEPT;
}

static int unknown(const char *name) {
    fprintf(stderr, "pinfuzz: no command '%s'. There are:", name);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(stderr, " %s", commands[i]->name);
    fprintf(stderr, ". Try 'pinfuzz --help'.\n");
    return CMD_BAD_INPUT;
}

static int help(const char *topic) {
    const struct cmd *cmd = find(topic);
    if (cmd || strcmp(topic, "programs") == 0) {
        fputs(cmd ? cmd->help : text_help(), stdout);
        return CMD_KEPT;
    }
    return unknown(topic);
}

static bool is_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "pinfuzz: a command is missing. Try 'pinfuzz --help'.\n");
        return CMD_BAD_INPUT;
    }
    if (is_help(argv[1]) || strcmp(argv[1], "help") == 0)
        return argc > 2 ? help(argv[2]) : print_help();
    if (strcmp(argv[1], "--version") == 0) {
        printf("pinfuzz %s\nimplementation under test: %s\n", PINFUZZ_VERSION, sut_get()->name);
        return CMD_KEPT;
    }
    const struct cmd *cmd = find(argv[1]);
    if (!cmd)
        return unknown(argv[1]);
    for (int i = 2; i < argc; i++) {
        if (is_help(argv[i])) {
            fputs(cmd->help, stdout);
            return CMD_KEPT;
        }
    }
    return cmd->main(argc - 1, argv + 1);
}
