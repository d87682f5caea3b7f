#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/cli/cmd.h"

struct program cmd_program;

/* Directories may nest that deep: a ring of symbolic links ends here. */
#define DEPTH_MAX 16

bool cmd_load(const char *path, enum load_form form) {
    struct text_error error;
    if (!program_load(path, form, &cmd_program, &error)) {
        fprintf(stderr, "%s\n", error.text);
        return false;
    }
    return true;
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

static bool complain(const char *path) {
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    return false;
}

static bool append(struct cmd_files *files, const char *path) {
    char **paths = realloc(files->paths, (files->count + 1) * sizeof *paths);
    if (paths == NULL) {
        return complain(path);
    }
    files->paths = paths;
    paths[files->count] = strdup(path);
    return paths[files->count] != NULL ? (files->count++, true) : complain(path);
}

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static int holds_program(const struct dirent *entry) {
    const char *suffix = strrchr(entry->d_name, '.');
    return is_visible(entry) &&
           (suffix == NULL || (strcmp(suffix, ".md") != 0 && strcmp(suffix, ".c") != 0)) &&
           strcmp(entry->d_name, "verdict") != 0 && strcmp(entry->d_name, "verdict.txt") != 0;
}

/* By bytes, not by locale: the same order everywhere. */
static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

typedef int filter(const struct dirent *entry);

static bool add(struct cmd_files *files, const char *path, filter *wanted, unsigned depth) {
    if (!cmd_is_directory(path)) {
        return append(files, path);
    }
    if (depth == DEPTH_MAX) {
        fprintf(stderr, "%s: more than %d directories deep\n", path, DEPTH_MAX);
        return false;
    }
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, wanted, by_name);
    if (count < 0) {
        return complain(path);
    }
    bool ok = true;
    for (int i = 0; i < count; i++) {
        size_t size = strlen(path) + strlen(entries[i]->d_name) + 2;
        char *child = malloc(size);
        if (child == NULL) {
            ok = complain(path);
        } else {
            size_t length = strlen(path);
            snprintf(child, size, "%s%s%s", path, length && path[length - 1] == '/' ? "" : "/",
                     entries[i]->d_name);
            ok &= add(files, child, wanted, depth + 1);
        }
        free(child);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

bool cmd_files_add_if_any(struct cmd_files *files, const char *path) {
    return add(files, path, holds_program, 0);
}

bool cmd_files_add(struct cmd_files *files, const char *path) {
    size_t before = files->count;
    bool ok = cmd_files_add_if_any(files, path);
    if (ok && files->count == before) {
        fprintf(stderr, "%s: no programs\n", path);
        ok = false;
    }
    return ok;
}

bool cmd_files_add_all(struct cmd_files *files, const char *path) {
    return add(files, path, is_visible, 0);
}

void cmd_files_free(struct cmd_files *files) {
    for (size_t i = 0; i < files->count; i++) {
        free(files->paths[i]);
    }
    free(files->paths);
    *files = (struct cmd_files){0};
}
