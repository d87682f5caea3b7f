/* The files of a command: loading a program, and finding those in directories, archives and lists. */
#define _XOPEN_SOURCE 700

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/cli/cmd.h"
#include "harness/cli/members.h"

/* Directories may nest that deep: a ring of symbolic links ends here. */
#define DEPTH_MAX 16

bool cmd_load(const char *path, enum load_form form, struct program *program) {
    struct text_error error;
    size_t size;
    char *content = cmd_read(&path, &form, &size, &error);
    bool ok = content && load_program(path, content, size, form, program, &error);
    free(content);
    if (!ok && error.text[0] != 0)
        fprintf(stderr, "%s\n", error.text);
    return ok;
}

bool cmd_save(const char *path, enum load_form form, const struct program *program) {
    struct text_error error;
    if (!program_save(path, form, program, &error)) {
        fprintf(stderr, "%s\n", error.text);
        return false;
    }
    return true;
}

bool cmd_is_directory(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool is_regular(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static bool complain(const char *path) {
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    return false;
}

/* ---- lists of paths ---- */

static bool append(void *context, const char *path) {
    struct cmd_files *files = context;
    char **paths = realloc(files->paths, (files->count + 1) * sizeof(*paths));
    if (!paths)
        return complain(path);
    files->paths = paths;
    paths[files->count] = strdup(path);
    return paths[files->count] ? (files->count++, true) : complain(path);
}

void cmd_files_free(struct cmd_files *files) {
    for (size_t i = 0; i < files->count; i++)
        free(files->paths[i]);
    free(files->paths);
    *files = (struct cmd_files){0};
}

static bool is_visible(const char *name) {
    return name[0] != '.';
}

/* What stands beside programs, and is none. */
static bool holds_program(const char *name) {
    static const char *const suffixes[] = {".md", ".c", ".html"};
    const char *suffix = strrchr(name, '.');
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes) && suffix; i++)
        if (strcmp(suffix, suffixes[i]) == 0)
            return false;
    return is_visible(name) && strcmp(name, "verdict") != 0 && strcmp(name, "verdict.txt") != 0;
}

/* The filters again for a path in an archive, of which each part is the name of a directory or a file. */
static bool each_part(const char *path, archive_wanted *wanted) {
    char name[256]; /* longer than any file's on Linux */
    for (size_t length; *path != 0; path += length + (path[length] != 0)) {
        length = strcspn(path, "/");
        snprintf(name, sizeof(name), "%.*s", (int)length, path);
        if (length > 0 && !wanted(name))
            return false;
    }
    return true;
}

static bool is_visible_inside(const char *path) {
    return each_part(path, is_visible);
}

static bool holds_program_inside(const char *path) {
    return each_part(path, holds_program);
}

/* ---- members ---- */

/* The part of `path` in front of a colon that is a file; NULL when there is none. */
static char *outside(const char *path) {
    for (const char *colon = strchr(path, ':'); colon; colon = strchr(colon + 1, ':')) {
        char *file = strndup(path, (size_t)(colon - path));
        if (file && is_regular(file))
            return file;
        free(file);
    }
    return NULL;
}

/* Adds those of `all` that are `path` or below it, as in a directory. */
static bool append_below(struct cmd_files *files, const struct cmd_files *all, const char *path) {
    size_t length = strlen(path);
    length -= length > 0 && path[length - 1] == '/';
    bool ok = true;
    for (size_t i = 0; i < all->count; i++) {
        const char *inner = all->paths[i] + length;
        if (strncmp(all->paths[i], path, length) == 0 && strchr("/:", *inner) != NULL)
            ok = append(files, all->paths[i]) && ok;
    }
    return ok;
}

/* `path` is no file: adds the member it names, or those below it. MEMBERS_NONE: there are none. */
static enum members add_inside(struct cmd_files *files, const char *path, archive_wanted *wanted) {
    struct cmd_files all = {0};
    char *file = outside(path);
    size_t before = files->count;
    enum members result = file ? members_of(file, wanted, append, &all) : MEMBERS_NONE;
    /* One that is passed over where all are meant may still be named. */
    if (result == MEMBERS_ADDED && !append_below(files, &all, path))
        result = MEMBERS_FAILED;
    else if (result == MEMBERS_ADDED && files->count == before)
        result = MEMBERS_NONE;
    cmd_files_free(&all);
    free(file);
    return result;
}

/* Looks into the file that `path` is in, if it is a member's. */
static const struct member *find_member(const char *path) {
    struct cmd_files all = {0};
    const struct member *member = member_find(path);
    struct stat status;
    if (!member && strchr(path, ':') != NULL && stat(path, &status) != 0) {
        add_inside(&all, path, is_visible_inside);
        member = member_find(path);
    }
    cmd_files_free(&all);
    return member;
}

/* The one program in an archive. */
static const struct member *only_member(const char *path, struct text_error *error) {
    struct cmd_files all = {0};
    const struct member *member = NULL;
    if (members_of(path, holds_program_inside, append, &all) == MEMBERS_FAILED) {
        *error = (struct text_error){0}; /* that has been said */
    } else if (all.count != 1) {
        load_fail(error, path, "%zu programs, where one is wanted%s%s", all.count,
                  all.count > 0 ? "; the first is " : "", all.count > 0 ? all.paths[0] : "");
    } else {
        member = member_find(all.paths[0]);
    }
    cmd_files_free(&all);
    return member;
}

bool cmd_stat(const char *path, struct stat *status) {
    const struct member *member = find_member(path);
    if (!member)
        return stat(path, status) == 0;
    *status = (struct stat){.st_mode = S_IFREG, .st_size = (off_t)member->size};
    return true;
}

static char *read_member(const struct member *member, enum load_form *form, size_t *size,
                         struct text_error *error) {
    if (member->why) {
        *error = (struct text_error){0};
        snprintf(error->text, sizeof(error->text), "%s", member->why);
        return NULL;
    }
    char *content = malloc(member->size + 1);
    if (!content) {
        load_fail(error, member->path, "%s", strerror(errno));
        return NULL;
    }
    memcpy(content, member->content, member->size);
    *size = member->size;
    *form = *form == LOAD_DETECT ? member->form : *form;
    return content;
}

char *cmd_read(const char **path, enum load_form *form, size_t *size, struct text_error *error) {
    const struct member *member = find_member(*path);
    if (!member && *form == LOAD_DETECT && member_is_archive(*path) && is_regular(*path)) {
        member = only_member(*path, error);
        if (!member)
            return NULL;
        *path = member->path;
    }
    return member ? read_member(member, form, size, error) : load_read(*path, LOAD_MAX, size, error);
}

/* ---- directories ---- */

/* By bytes, not by locale: the same order everywhere. */
static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Which names are wanted; and those in archives. */
struct filter {
    archive_wanted *name;
    archive_wanted *inside;
    enum load_form form;
};

static bool add(struct cmd_files *files, const char *path, const struct filter *wanted, unsigned depth);

static bool add_directory(struct cmd_files *files, const char *path, const struct filter *wanted,
                          unsigned depth) {
    if (depth == DEPTH_MAX) {
        fprintf(stderr, "%s: more than %d directories deep\n", path, DEPTH_MAX);
        return false;
    }
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, by_name);
    if (count < 0)
        return complain(path);
    bool ok = true;
    for (int i = 0; i < count; i++) {
        size_t length = strlen(path);
        size_t size = length + strlen(entries[i]->d_name) + 2;
        char *child = wanted->name(entries[i]->d_name) ? malloc(size) : NULL;
        if (child) {
            snprintf(child, size, "%s%s%s", path, length && path[length - 1] == '/' ? "" : "/",
                     entries[i]->d_name);
            ok &= add(files, child, wanted, depth + 1);
        } else if (wanted->name(entries[i]->d_name)) {
            ok = complain(path);
        }
        free(child);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static bool add(struct cmd_files *files, const char *path, const struct filter *wanted, unsigned depth) {
    struct stat status;
    bool there = stat(path, &status) == 0;
    if (there && S_ISDIR(status.st_mode))
        return add_directory(files, path, wanted, depth);
    enum members members = MEMBERS_NONE;
    if (there && S_ISREG(status.st_mode) && wanted->form == LOAD_DETECT)
        members = members_of(path, wanted->inside, append, files);
    else if (!there)
        members = add_inside(files, path, wanted->inside);
    return members == MEMBERS_NONE ? append(files, path) : members == MEMBERS_ADDED;
}

bool cmd_files_add_if_any(struct cmd_files *files, const char *path) {
    static const struct filter programs = {holds_program, holds_program_inside, LOAD_DETECT};
    return add(files, path, &programs, 0);
}

bool cmd_files_add(struct cmd_files *files, const char *path, enum load_form form) {
    const struct filter programs = {holds_program, holds_program_inside, form};
    size_t before = files->count;
    bool ok = add(files, path, &programs, 0);
    if (ok && files->count == before) {
        fprintf(stderr, "%s: no programs\n", path);
        ok = false;
    }
    return ok;
}

bool cmd_files_add_all(struct cmd_files *files, const char *path) {
    static const struct filter visible = {is_visible, is_visible_inside, LOAD_DETECT};
    return add(files, path, &visible, 0);
}

bool cmd_is_folder(const char *path) {
    struct cmd_files all = {0};
    if (cmd_is_directory(path) || (member_is_archive(path) && is_regular(path)))
        return true;
    bool file = cmd_files_add_if_any(&all, path) && all.count == 1 && strcmp(all.paths[0], path) == 0;
    cmd_files_free(&all);
    return !file;
}
