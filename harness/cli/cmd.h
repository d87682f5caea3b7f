/* The command line: what pinfuzz.c and the commands share. */
#ifndef HARNESS_CMD_H
#define HARNESS_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "harness/cli/options.h"
#include "harness/program/load.h"
#include "harness/verdict/verdict.h"

/* Exit statuses. */
enum {
    CMD_KEPT = 0,
    CMD_VIOLATED = 1,
    CMD_BAD_INPUT = 2, /* of a file or of the command line */
    CMD_INCOMPLETE = 3 /* nothing so far, and not everything was tried */
};

struct cmd {
    const char *name;
    const char *summary;
    const char *help; /* the whole manual page */
    const struct option *options;
    size_t option_count;
    const char *takes; /* beside options: "FILE"; NULL: words that it can do without */
    bool takes_one;
    int (*main)(int argc, char **argv);
};

extern const struct cmd cmd_run, cmd_faults, cmd_minimize, cmd_schedules, cmd_enumerate, cmd_triage,
    cmd_report, cmd_source, cmd_text, cmd_bytes, cmd_clauses, cmd_campaign, cmd_dialect, cmd_info;

/* "pinfuzz NAME: what" to stderr, with a pointer to the help; returns CMD_BAD_INPUT. */
int cmd_usage(const struct cmd *cmd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The table of a command's options, for struct cmd. */
#define CMD_OPTIONS(table) .options = table, .option_count = sizeof(table) / sizeof(table[0])

/* ---- cmd_files.c, members.c ---- */

/*
 * Paths of files, and of members: what lies in a zip archive, "seeds.zip:inner/name", and the programs in a
 * file of Base64, "lines.b64:3". A member's path is as good as a file's everywhere here.
 */
struct cmd_files {
    char **paths;
    size_t count;
};
/* Adds a file, or everything below a directory or in an archive in the order of its names: all but hidden
 * files, and what holds no program: *.md, *.c, *.html, "verdict" and "verdict.txt". Of a file with several
 * programs in Base64 each is added. Where the form is not LOAD_DETECT, files are added as they are. False
 * with a message when something cannot be read, or when there is none: a mistyped directory must not pass for
 * one whose programs keep the contract. */
bool cmd_files_add(struct cmd_files *files, const char *path, enum load_form form);
/* The same where it is no mistake that there is none. */
bool cmd_files_add_if_any(struct cmd_files *files, const char *path);
/* The same with all but hidden files; there need be none. */
bool cmd_files_add_all(struct cmd_files *files, const char *path);
void cmd_files_free(struct cmd_files *files);
bool cmd_is_directory(const char *path);
/* Whether there is a directory, an archive, a directory in an archive, or a file of several programs. */
bool cmd_is_folder(const char *path);

/* stat(); a member is a regular file of its content's size. */
bool cmd_stat(const char *path, struct stat *status);
/* The content of a file or a member, malloc()ed, and its form where `form` is LOAD_DETECT and it is known.
 * NULL, and *error says why. An archive with one program stands for that, and *path becomes its path. */
char *cmd_read(const char **path, enum load_form *form, size_t *size, struct text_error *error);

/* Reads the program in a file or a member; an error goes to stderr. */
bool cmd_load(const char *path, enum load_form form, struct program *program);
/* program_save(); an error goes to stderr. */
bool cmd_save(const char *path, enum load_form form, const struct program *program);

#endif
