/* What is known of a finding, and the folder it is kept in. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/cli/triage.h"
#include "harness/program/text_words.h"
#include "harness/reproduce/source.h"
#include "harness/reproduce/story.h"

/* Several stacks of a sanitizer; what is beyond them is left out. */
#define REPORT_MAX (UINT32_C(64) << 10)
/* Of a folder's name; and how many may differ in nothing else. */
#define NAME_MAX_LENGTH 64u
#define NUMBERS         1000u
/* Of a file in a folder. */
#define FILE_PATH (TRIAGE_PATH + 16u)

static char report[REPORT_MAX];
static const struct story *story;
char triage_error[TRIAGE_PATH + 160];

void triage_key(const struct verdict *verdict, char *key, size_t capacity) {
    bool silent = strncmp(verdict->what, "in ", 3) == 0;
    if (!verdict->died) {
        snprintf(key, capacity, "%s", contract_table[verdict->outcome].id);
    } else if (WIFSIGNALED(verdict->status) && WTERMSIG(verdict->status) == SIGALRM) {
        snprintf(key, capacity, "hang%s%s", silent ? " " : "", silent ? verdict->what : "");
    } else if (verdict->what[0] != 0 && !silent) {
        snprintf(key, capacity, "%s", verdict->what);
    } else if (WIFSIGNALED(verdict->status)) {
        snprintf(key, capacity, "signal %d%s%s", WTERMSIG(verdict->status), silent ? " " : "", verdict->what);
    } else {
        snprintf(key, capacity, "exit status %d%s%s", WEXITSTATUS(verdict->status), silent ? " " : "",
                 verdict->what);
    }
}

/* ---- looking ---- */

static void run_aloud(void *context) {
    if (verdict_here(context, NULL) != VERDICT_KEPT) {
        _exit(0);
    }
}

static bool take_report(const struct program *program, unsigned timeout) {
    static struct program copy;
    int status;
    FILE *file = tmpfile();
    if (file == NULL) {
        snprintf(triage_error, sizeof triage_error, "pinfuzz: tmpfile: %s", strerror(errno));
        return false;
    }
    program_copy(&copy, program);
    bool done = verdict_child(run_aloud, &copy, fileno(file), timeout, &status);
    rewind(file);
    report[fread(report, 1, sizeof report - 1, file)] = 0;
    fclose(file);
    return done;
}

/* The numbers of the death that is kept, where the report tells of the same: a larger one of the group may
 * have had others. */
static void find_said(struct verdict *verdict) {
    char what[sizeof verdict->what];
    verdict_read_report(report, false, what, sizeof what);
    if (verdict->died && strcmp(what, verdict->what) == 0) {
        verdict_read_report(report, true, verdict->said, sizeof verdict->said);
    }
}

/* " /home/me/src/dxgk/pin.c:120:5" behind the name of the function. */
static void find_place(struct triage_group *group) {
    size_t length;
    const char *at = verdict_find_function(report, &length);
    group->function[0] = group->file[0] = 0;
    group->line = 0;
    if (at == NULL || at[length] == ')') { /* an offset into a module names nothing */
        return;
    }
    snprintf(group->function, sizeof group->function, "%.*s", (int)length, at);
    at += length;
    size_t path = strcspn(at, ":\n");
    if (*at == ' ' && at[1] != '(' && at[path] == ':') {
        snprintf(group->file, sizeof group->file, "%.*s", (int)path - 1, at + 1);
        group->line = (unsigned)strtoul(at + path + 1, NULL, 10);
    }
}

/* The operation it broke in, or the last that began. */
static uint32_t last_op(void) {
    return story->final != FINAL_DIED ? story->op
           : story->steps             ? story->step[story->steps - 1].op
                                      : RUN_BOOT;
}

/* story_of() without what the process says once more: that is in the report. */
static const struct story *quiet_story_of(const struct program *program, unsigned timeout) {
    int error = dup(STDERR_FILENO);
    int null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    const struct story *told = story_of(program, timeout);
    dup2(error, STDERR_FILENO);
    close(error);
    close(null);
    if (told == NULL) {
        snprintf(triage_error, sizeof triage_error, "pinfuzz: no process for the story of a finding");
    }
    return told;
}

bool triage_look(struct triage_group *group, const struct program *program, unsigned timeout) {
    triage_error[0] = 0;
    if (!take_report(program, timeout) || (story = quiet_story_of(program, timeout)) == NULL) {
        return false;
    }
    bool told = story->final != FINAL_DIED && story->final != FINAL_KEPT;
    snprintf(group->expected, sizeof group->expected, "%s", told ? story->expected : "");
    snprintf(group->got, sizeof group->got, "%s", told ? story->got : "");
    group->op = last_op();
    if (group->op < program->op_count) {
        text_print_op(&program->ops[group->op], group->operation, sizeof group->operation);
    } else {
        snprintf(group->operation, sizeof group->operation, "%s", run_where(group->op));
    }
    find_said(&group->verdict);
    find_place(group);
    return true;
}

/* ---- keeping ---- */

/* Lower case, and a dash for all that is neither letter nor digit; of a long text the first words. */
static size_t append_words(char *name, size_t length, const char *text) {
    size_t whole = length;
    for (; *text != 0 && length < NAME_MAX_LENGTH; text++) {
        char c = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            name[length++] = c;
        } else if (length > 0 && name[length - 1] != '-') {
            whole = length;
            name[length++] = '-';
        }
    }
    length = *text != 0 && whole > 0 ? whole : length;
    while (length > 0 && name[length - 1] == '-') {
        length--;
    }
    name[length] = 0;
    return length;
}

/* The clause that a process names before it dies, as in "nt lock violation (RACE-LIVE)". */
static const char *named_clause(const char *words) {
    for (size_t i = 0; i < CONTRACT_CLAUSE_COUNT; i++) {
        const char *id = contract_table[i].id;
        for (const char *at = strchr(words, '('); at != NULL; at = strchr(at + 1, '(')) {
            if (strncmp(at + 1, id, strlen(id)) == 0 && at[1 + strlen(id)] == ')') {
                return id;
            }
        }
    }
    return NULL;
}

static void name_folder(const struct triage_group *group, const struct program *program, char *name) {
    const char *clause = group->verdict.died ? named_clause(group->key) : group->key;
    if (clause == NULL) { /* a death's key says where it was */
        append_words(name, 0, group->key);
        return;
    }
    size_t length = append_words(name, 0, clause);
    name[length++] = '-';
    append_words(name, length,
                 group->op < program->op_count ? text_opcodes[program->ops[group->op].opcode]
                 : group->op == RUN_BOOT       ? "boot"
                                               : "end");
}

/* A comment may not end early. */
static void put_line(FILE *file, const char *format, ...) {
    char line[4 * RUN_TEXT_MAX];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    for (char *c = line; *c != 0; c++) {
        *c = (unsigned char)*c < ' ' || *c == 0x7f ? ' ' : *c;
    }
    fprintf(file, "# %s\n", line);
}

static void put_program(FILE *file, const struct triage_group *group, const struct program *program,
                        const char *from) {
    static char text[TEXT_MAX];
    if (group->verdict.died) {
        bool worded = strcmp(group->key, group->verdict.what) == 0;
        put_line(file, "%s", worded ? group->verdict.said : group->key);
    } else {
        put_line(file, "%s: %s", group->key, contract_table[group->verdict.outcome].title);
        put_line(file, "Expected: %s", group->expected);
        put_line(file, "Got: %s", group->got);
    }
    put_line(file, "From %s%s", from, group->files > 1 ? " and others like it" : "");
    text_print(program, text, sizeof text);
    fputs(text, file);
}

static bool fail(const char *path) {
    snprintf(triage_error, sizeof triage_error, "%s: %s", path, strerror(errno));
    return false;
}

/* Opens DIR/NAME; `path` gets its path. */
static FILE *create(const char *directory, const char *name, char *path) {
    snprintf(path, FILE_PATH, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        fail(path);
    }
    return file;
}

static bool finish(FILE *file, const char *path) {
    bool ok = fflush(file) == 0 && !ferror(file);
    return (fclose(file) == 0 && ok) || fail(path);
}

static bool write_all(const char *directory, const struct triage_group *group, const struct program *program,
                      const char *from, unsigned timeout, const char **source) {
    char path[FILE_PATH];
    FILE *file = create(directory, "program.txt", path);
    if (file == NULL) {
        return false;
    }
    put_program(file, group, program, from);
    if (!finish(file, path) || (file = create(directory, "verdict.txt", path)) == NULL) {
        return false;
    }
    verdict_print(file, &group->verdict, timeout);
    fprintf(file, "\n\n%s", report);
    if (!finish(file, path)) {
        return false;
    }
    bool seen = story->final != FINAL_UNKNOWN && story->final != FINAL_KEPT;
    *source = source_race(program) < program->op_count ? "a race has no source.c"
              : story->truncated                       ? "too long a story for a source.c"
              : seen                                   ? ""
                                                       : "source.c does not show it";
    if (source_race(program) < program->op_count || story->truncated) {
        return true;
    }
    if ((file = create(directory, "source.c", path)) == NULL) {
        return false;
    }
    source_write(file, "program.txt", program, story, &group->verdict);
    return finish(file, path);
}

/* Gives the folder its name, or the name with the first number that is free. */
static bool place_folder(const char *made, const char *out, const char *name, char *place) {
    for (unsigned number = 1; number < NUMBERS; number++) {
        int length = snprintf(place, TRIAGE_PATH, "%s/%s", out, name);
        if (number > 1) {
            snprintf(place + length, TRIAGE_PATH - (size_t)length, "-%u", number);
        }
        /* Fails where something is, but for an empty folder. */
        if (rename(made, place) == 0) {
            return true;
        }
        if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR) {
            return fail(place);
        }
    }
    snprintf(triage_error, sizeof triage_error, "%s/%s: %u folders of that name are enough", out, name,
             NUMBERS - 1);
    return false;
}

bool triage_keep(struct triage_group *group, const struct program *program, const char *from,
                 const struct triage_options *options, const char **source) {
    char name[NAME_MAX_LENGTH + 2];
    char made[TRIAGE_PATH];
    if (mkdir(options->out, 0777) != 0 && errno != EEXIST) {
        return fail(options->out);
    }
    /* Hidden: what a kill leaves half done is no finding. */
    snprintf(made, sizeof made, "%s/.triage-%ld", options->out, (long)getpid());
    if (mkdir(made, 0777) != 0 && errno != EEXIST) {
        return fail(made);
    }
    name_folder(group, program, name);
    if (!write_all(made, group, program, from, options->timeout, source) ||
        !place_folder(made, options->out, name, group->place)) {
        group->place[0] = 0;
        return false;
    }
    return true;
}
