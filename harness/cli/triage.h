/*
 * Triage: what the parts of `pinfuzz triage` (cmd_triage*.c) share. Files are replayed, those that break the
 * same thing are a group, and of each group one program is made small and kept.
 */
#ifndef HARNESS_TRIAGE_H
#define HARNESS_TRIAGE_H

#include <stdio.h>

#include "harness/cli/cmd.h"
#include "harness/judge/run.h"

/* 640 bytes each: 160 MiB of memory when it is full, and a day of hangs. */
#define TRIAGE_FILES (UINT32_C(1) << 18)
/* Every clause, and far more deaths than one implementation has. */
#define TRIAGE_GROUPS 512u
#define TRIAGE_JOBS   64u
#define TRIAGE_RUNS   1000u
#define TRIAGE_WHY    240u
#define TRIAGE_PATH   4096u
#define TRIAGE_NAME   66u /* of a folder, or a page */

struct reproducer;
struct finding;

struct triage_options {
    const char *out;
    const char *sarif; /* NULL: none */
    unsigned jobs;
    unsigned runs;
    unsigned timeout;
    unsigned candidates;
    bool dry;
    bool verbose;
};

/* ---- cmd_triage_replay.c ---- */

enum triage_state {
    TRIAGE_WAITING, /* not tried: interrupted, or a process was killed from outside */
    TRIAGE_JUNK,    /* no program: why */
    TRIAGE_KEPT,
    TRIAGE_FLAKY, /* verdict, then other */
    TRIAGE_FOUND  /* verdict, each time */
};

struct triage_file {
    uint8_t state; /* enum triage_state */
    bool prose;    /* text, but no program that anybody wrote as one */
    uint32_t size; /* bytes of the canonical form */
    struct verdict verdict;
    struct verdict other;
    char why[TRIAGE_WHY]; /* JUNK: what follows the path in a message; KEPT: likewise, or "" */
};

/*
 * Runs each file options->runs times, options->jobs files at a time, and gives what came of them, in the
 * order of the paths. What it gives is the next call's to overwrite. NULL with a message when there can be no
 * processes. Call it before anything else here runs a program: its processes do so on their own.
 */
struct triage_file *triage_replay(char *const *paths, size_t count, const struct triage_options *options);
/* Lets it end behind the files that are running. For a signal handler. */
void triage_replay_stop(void);

/* ---- cmd_triage_keep.c ---- */

struct triage_group {
    char key[192]; /* verdict_key() */
    struct verdict verdict;
    uint32_t files;
    uint32_t smallest; /* of the files that were given */
    bool kept_before;
    char place[TRIAGE_PATH]; /* the folder with its program; "": none */
    /* What triage_look() finds. */
    uint32_t op; /* it breaks in; RUN_BOOT, RUN_END */
    char operation[TEXT_LINE_MAX];
    char expected[RUN_TEXT_MAX];
    char got[RUN_TEXT_MAX];
    char function[128]; /* of a death; "": not known */
    char file[TRIAGE_PATH];
    unsigned line;
};

/* What triage_look() brings for triage_keep(); good until the next verdict. */
struct triage_look {
    const char *report;
    const struct reproducer *told;
    /* What went wrong in one of the two, whose caller is in the middle of a line. "": that has been said. */
    char error[TRIAGE_PATH + 160];
};

/* Runs the program once more, and takes down what a reader of the finding wants to know. False with
 * look->error when there can be no process. */
bool triage_look(struct triage_group *group, const struct program *program, unsigned timeout,
                 struct triage_look *look);

/*
 * Writes the program that triage_look() was called with into a folder of its own in options->out, which is
 * named for what broke and where, and sets group->place. A folder that is there already is left alone: the
 * name then gets a number. The folder appears at once, with all that is in it. `from` is for the comment.
 * *source is what there is to say of source.c, "" when the finding is seen in it, too: there is none of a
 * race, nor where too much happens. Last comes the page, which shows what the program was made of,
 * `original`, beside it; NULL: it is as it was. False with look->error when something cannot be written.
 */
bool triage_keep(struct triage_group *group, const struct program *program, const struct program *original,
                 const char *from, const struct triage_options *options, struct triage_look *look,
                 const char **source);

/* What a finding is called in the names of files: "pin-count-pin2". `op` is the operation it breaks in. */
void triage_name(const struct verdict *verdict, const struct program *program, uint32_t op, char *name);

/* ---- cmd_triage_page.c ---- */

/* Writes the page of a finding that has been recorded. The file appears at once. False with a message when it
 * cannot be written. */
bool triage_page(const char *path, const struct finding *finding);

/* ---- cmd_triage_sarif.c ---- */

/* The finding of each group as SARIF 2.1.0. `paths` are those of group->smallest. False with a message when
 * the file cannot be written. */
bool triage_sarif(const char *name, const struct triage_group *groups, size_t count, char *const *paths,
                  bool complete);

#endif
