/* The command line: what pinfuzz.c and the commands share. */
#ifndef HARNESS_CMD_H
#define HARNESS_CMD_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "harness/minimize/minimize.h"
#include "harness/program/load.h"
#include "harness/verdict/verdict.h"

/* Exit statuses. */
enum {
    CMD_KEPT = 0,
    CMD_VIOLATED = 1,
    CMD_BAD_INPUT = 2 /* of a file or of the command line */
};

struct cmd {
    const char *name;
    const char *summary;
    const char *help; /* the whole manual page */
    int (*main)(int argc, char **argv);
};

extern const struct cmd cmd_run, cmd_faults, cmd_minimize, cmd_schedules, cmd_triage, cmd_source, cmd_text,
    cmd_bytes, cmd_clauses, cmd_info;

/* "pinfuzz NAME: what" to stderr, with a pointer to the help; returns CMD_BAD_INPUT. */
int cmd_usage(const struct cmd *cmd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A decimal number from min to max. */
bool cmd_parse_count(const char *text, unsigned min, unsigned max, unsigned *count);

/* ---- cmd_files.c ---- */

struct cmd_files {
    char **paths;
    size_t count;
};
/* Adds a file, or everything below a directory in the order of its names: all but hidden files, and what
 * holds no program: *.md, *.c, "verdict" and "verdict.txt". False with a message when it cannot be read, or
 * when there is none: a mistyped directory must not pass for one whose programs keep the contract. */
bool cmd_files_add(struct cmd_files *files, const char *path);
/* The same where it is no mistake that there is none. */
bool cmd_files_add_if_any(struct cmd_files *files, const char *path);
/* The same with all but hidden files; there need be none. */
bool cmd_files_add_all(struct cmd_files *files, const char *path);
void cmd_files_free(struct cmd_files *files);
bool cmd_is_directory(const char *path);

/* The program all commands work on: too large for the stack. */
extern struct program cmd_program;
/* program_load() into it; an error goes to stderr. */
bool cmd_load(const char *path, enum load_form form);
/* program_save(); an error goes to stderr. */
bool cmd_save(const char *path, enum load_form form, const struct program *program);

/* ---- cmd_shrink.c ---- */

/*
 * minimize() to the smallest program that has the verdict `wanted`. `limit` candidates at most; 0: 300000,
 * or 20000 where the process dies, for each then takes a process of its own. A candidate may take `timeout`
 * seconds. Ends when *stop is set, and sets it when there can be no process.
 */
struct minimize_result cmd_shrink(struct program *program, const struct verdict *wanted, uint32_t limit,
                                  unsigned timeout, volatile sig_atomic_t *stop);

#endif
