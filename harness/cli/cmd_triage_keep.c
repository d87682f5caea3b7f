/* What is known of a finding, and the folder it is kept in. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/cli/triage.h"
#include "harness/picture/finding.h"
#include "harness/program/text_words.h"
#include "harness/reproduce/reproduce.h"
#include "harness/verdict/death.h"

/* How many folders may differ in nothing but their numbers. */
#define NUMBERS 1000u
/* Of a file in a folder. */
#define FILE_PATH (TRIAGE_PATH + 16u)

/* ---- looking ---- */

/* The numbers of the death that is kept, where the report tells of the same: a larger one of the group may
 * have had others. */
static void find_said(struct verdict *verdict, const char *report) {
    char what[sizeof(verdict->what)];
    death_read(report, false, what, sizeof(what));
    if (verdict->died && strcmp(what, verdict->what) == 0)
        death_read(report, true, verdict->said, sizeof(verdict->said));
}

/* " /home/me/src/dxgk/pin.c:120:5" behind the name of the function. */
static void find_place(struct triage_group *group, const char *report) {
    size_t length;
    const char *at = death_find_function(report, &length);
    group->function[0] = group->file[0] = 0;
    group->line = 0;
    if (!at || at[length] == ')') /* an offset into a module names nothing */
        return;
    snprintf(group->function, sizeof(group->function), "%.*s", (int)length, at);
    at += length;
    size_t path = strcspn(at, ":\n");
    if (*at == ' ' && at[1] != '(' && at[path] == ':') {
        snprintf(group->file, sizeof(group->file), "%.*s", (int)path - 1, at + 1);
        group->line = (unsigned)strtoul(at + path + 1, NULL, 10);
    }
}

bool triage_look(struct triage_group *group, const struct program *program, unsigned timeout,
                 struct triage_look *look) {
    look->error[0] = 0;
    look->report = verdict_report(program, timeout);
    if (!look->report)
        return false;
    const struct reproducer *told = look->told = reproducer_quietly(program, timeout);
    if (!told) {
        snprintf(look->error, sizeof(look->error), "pinfuzz: no process for the reproducer of a finding");
        return false;
    }
    snprintf(group->expected, sizeof(group->expected), "%s", told->expected);
    snprintf(group->got, sizeof(group->got), "%s", told->got);
    group->op = told->op;
    if (group->op < program->op_count)
        text_print_op(&program->ops[group->op], group->operation, sizeof(group->operation));
    else
        snprintf(group->operation, sizeof(group->operation), "%s", run_where(group->op));
    find_said(&group->verdict, look->report);
    find_place(group, look->report);
    return true;
}

/* ---- keeping ---- */

/* Lower case, and a dash for all that is neither letter nor digit; of a long text the first words. */
static size_t append_words(char *name, size_t length, const char *text) {
    size_t whole = length;
    for (; *text != 0 && length < TRIAGE_NAME - 2; text++) {
        char c = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            name[length++] = c;
        } else if (length > 0 && name[length - 1] != '-') {
            whole = length;
            name[length++] = '-';
        }
    }
    length = *text != 0 && whole > 0 ? whole : length;
    while (length > 0 && name[length - 1] == '-')
        length--;
    name[length] = 0;
    return length;
}

/* The clause that a process names before it dies, as in "nt lock violation (RACE-LIVE)". */
static const char *named_clause(const char *words) {
    for (size_t i = 0; i < CONTRACT_CLAUSE_COUNT; i++) {
        const char *id = contract_table[i].id;
        for (const char *at = strchr(words, '('); at; at = strchr(at + 1, '('))
            if (strncmp(at + 1, id, strlen(id)) == 0 && at[1 + strlen(id)] == ')')
                return id;
    }
    return NULL;
}

void triage_name(const struct verdict *verdict, const struct program *program, uint32_t op, char *name) {
    char key[sizeof((struct triage_group *)0)->key];
    verdict_key(verdict, key, sizeof(key));
    const char *clause = verdict->died ? named_clause(key) : key;
    if (!clause) { /* a death's key says where it was */
        append_words(name, 0, key);
        return;
    }
    size_t length = append_words(name, 0, clause);
    name[length++] = '-';
    append_words(name, length,
                 op < program->op_count ? text_opcodes[program->ops[op].opcode]
                 : op == RUN_BOOT       ? "boot"
                                        : "end");
}

/* A comment may not end early. */
static void put_line(FILE *file, const char *format, ...) {
    char line[4 * RUN_TEXT_MAX];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof(line), format, list);
    va_end(list);
    for (char *c = line; *c != 0; c++)
        *c = (unsigned char)*c < ' ' || *c == 0x7f ? ' ' : *c;
    fprintf(file, "# %s\n", line);
}

static void put_program(FILE *file, const struct triage_group *group, const struct program *program,
                        const char *from) {
    if (group->verdict.died) {
        bool worded = strcmp(group->key, group->verdict.what) == 0;
        put_line(file, "%s", worded ? group->verdict.said : group->key);
    } else {
        put_line(file, "%s: %s", group->key, contract_table[group->verdict.outcome].title);
        put_line(file, "Expected: %s", group->expected);
        put_line(file, "Got: %s", group->got);
    }
    put_line(file, "From %s%s", from, group->files > 1 ? " and others like it" : "");
    text_write(program, file);
}

static bool fail(struct triage_look *look, const char *path) {
    snprintf(look->error, sizeof(look->error), "%s: %s", path, strerror(errno));
    return false;
}

/* Opens DIR/NAME; `path` gets its path. */
static FILE *create(struct triage_look *look, const char *directory, const char *name, char *path) {
    snprintf(path, FILE_PATH, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    if (!file)
        fail(look, path);
    return file;
}

static bool finish(struct triage_look *look, FILE *file, const char *path) {
    bool ok = fflush(file) == 0 && !ferror(file);
    return (fclose(file) == 0 && ok) || fail(look, path);
}

static bool write_all(const char *directory, const struct triage_group *group, const struct program *program,
                      const char *from, unsigned timeout, struct triage_look *look, const char **source) {
    const struct reproducer *told = look->told;
    char path[FILE_PATH];
    FILE *file = create(look, directory, "program.txt", path);
    if (!file)
        return false;
    put_program(file, group, program, from);
    if (!finish(look, file, path) || (file = create(look, directory, "verdict.txt", path)) == NULL)
        return false;
    verdict_print(file, &group->verdict, timeout);
    fprintf(file, "\n\n%s", look->report);
    if (!finish(look, file, path))
        return false;
    bool race = reproducer_race(program) < program->op_count;
    bool seen = told->end != REPRODUCER_HIDES && told->end != REPRODUCER_KEPT;
    *source = race             ? "a race has no source.c"
              : told->too_long ? "too much happens for a source.c"
              : seen           ? ""
                               : "source.c does not show it";
    if (race || told->too_long)
        return true;
    if ((file = create(look, directory, "source.c", path)) == NULL)
        return false;
    reproducer_write(file, "program.txt", program, &group->verdict);
    return finish(look, file, path);
}

/* Gives the folder its name, or the name with the first number that is free. */
static bool place_folder(struct triage_look *look, const char *made, const char *out, const char *name,
                         char *place) {
    for (unsigned number = 1; number < NUMBERS; number++) {
        int length = snprintf(place, TRIAGE_PATH, "%s/%s", out, name);
        if (number > 1)
            snprintf(place + length, TRIAGE_PATH - (size_t)length, "-%u", number);
        /* Fails where something is, but for an empty folder. */
        if (rename(made, place) == 0)
            return true;
        if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
            return fail(look, place);
    }
    snprintf(look->error, sizeof(look->error), "%s/%s: %u folders of that name are enough", out, name,
             NUMBERS - 1);
    return false;
}

/* In the folder, which has its name by now: the page gives commands with it. */
static bool write_page(const struct triage_group *group, const struct program *program,
                       const struct program *original, unsigned timeout, struct triage_look *look) {
    char name[FILE_PATH], path[FILE_PATH];
    snprintf(name, sizeof(name), "%s/program.txt", group->place);
    snprintf(path, sizeof(path), "%s/report.html", group->place);
    struct finding finding = {.name = name,
                              .original = original,
                              .program = program,
                              .verdict = group->verdict,
                              .timeout = timeout,
                              .sources = "."};
    look->error[0] = 0; /* what goes wrong there is said there */
    return finding_record(&finding) && triage_page(path, &finding);
}

bool triage_keep(struct triage_group *group, const struct program *program, const struct program *original,
                 const char *from, const struct triage_options *options, struct triage_look *look,
                 const char **source) {
    char name[TRIAGE_NAME];
    char made[TRIAGE_PATH];
    if (mkdir(options->out, 0777) != 0 && errno != EEXIST)
        return fail(look, options->out);
    /* Hidden: what a kill leaves half done is no finding. */
    snprintf(made, sizeof(made), "%s/.triage-%ld", options->out, (long)getpid());
    if (mkdir(made, 0777) != 0 && errno != EEXIST)
        return fail(look, made);
    triage_name(&group->verdict, program, group->op, name);
    if (!write_all(made, group, program, from, options->timeout, look, source) ||
        !place_folder(look, made, options->out, name, group->place)) {
        group->place[0] = 0;
        return false;
    }
    return write_page(group, program, original, options->timeout, look);
}
