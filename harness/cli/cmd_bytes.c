/* pinfuzz bytes: programs as the bytes that fuzz targets read. */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <search.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/cli/cmd.h"

static bool complain(const char *path) {
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    return false;
}

static bool convert(const char *path, const char *out) {
    static struct program program;
    return cmd_load(path, LOAD_DETECT, &program) && cmd_save(out, LOAD_BYTES, &program);
}

/* mkdir -p. Changes path in between. */
static bool make_directories(char *path) {
    for (char *slash = path + 1;; slash++) {
        if (*slash != '/' && *slash != 0)
            continue;
        char kept = *slash;
        *slash = 0;
        bool ok = mkdir(path, 0777) == 0 || (errno == EEXIST && cmd_is_directory(path));
        if (!ok)
            complain(path);
        *slash = kept;
        if (!ok || kept == 0)
            return ok;
    }
}

/* OUT/a-b for DIR/a/b.txt: flat, as engines want a corpus. */
static char *flat_name(const char *directory, const char *path, const char *out) {
    const char *inner = path + strlen(directory);
    inner += strspn(inner, "/:");
    size_t length = strlen(inner);
    if (length > 4 && strcmp(inner + length - 4, ".txt") == 0)
        length -= 4;
    size_t size = strlen(out) + 1 + length + 1;
    char *name = malloc(size);
    if (name) {
        int prefix = snprintf(name, size, "%s/", out);
        for (size_t i = 0; i < length; i++)
            name[(size_t)prefix + i] = inner[i] == '/' ? '-' : inner[i];
        name[(size_t)prefix + length] = 0;
    }
    return name;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool convert_directory(const char *directory, char *out) {
    struct cmd_files files = {0};
    bool ok = make_directories(out) && cmd_files_add_if_any(&files, directory);
    char **names = calloc(files.count + 1, sizeof(*names));
    if (!names)
        ok = complain(out);
    size_t converted = 0;
    void *tree = NULL;
    for (size_t i = 0; names && i < files.count; i++) {
        names[i] = flat_name(directory, files.paths[i], out);
        if (!names[i]) {
            ok = complain(out);
            break;
        }
        /* What is in the tree is where in names it stands. */
        char **const *first = tsearch(&names[i], &tree, by_text);
        if (!first) {
            ok = complain(out);
            break;
        }
        bool taken = *first != &names[i];
        if (taken) {
            fprintf(stderr, "%s and %s would both become %s\n", files.paths[*first - names], files.paths[i],
                    names[i]);
        }
        bool done = !taken && convert(files.paths[i], names[i]);
        converted += done;
        ok &= done;
    }
    for (size_t i = 0; names && i < files.count && names[i]; i++) {
        tdelete(&names[i], &tree, by_text);
        free(names[i]);
    }
    free(names);
    cmd_files_free(&files);
    if (ok)
        printf("%s: %zu programs\n", out, converted);
    return ok;
}

struct options {
    const char *out;
};

static const struct option option_table[] = {{"-o", NULL, OPTION_NAME, offsetof(struct options, out), 0, 0}};

static int main_bytes(int argc, char **argv) {
    struct options options = {0};
    struct words words;
    if (!options_read(&cmd_bytes, argc, argv, &options, &words))
        return CMD_BAD_INPUT;
    if (!options.out || *options.out == 0)
        return cmd_usage(&cmd_bytes, "-o OUT is missing");
    const char *path = words.at[0];
    char *out = (char *)(uintptr_t)options.out; /* a word of argv: it may be changed */
    bool ok = cmd_is_folder(path) ? convert_directory(path, out) : convert(path, out);
    return ok ? CMD_KEPT : CMD_BAD_INPUT;
}

const struct cmd cmd_bytes = {
    .name = "bytes",
    .summary = "write the canonical bytes of programs",
    .main = main_bytes,
    CMD_OPTIONS(option_table),
    .takes = "FILE",
    .takes_one = true,
    .help =
        "NAME\n"
        "    pinfuzz bytes - write the canonical bytes of programs\n"
        "\n"
        "SYNOPSIS\n"
        "    pinfuzz bytes FILE -o OUT\n"
        "    pinfuzz bytes DIR|ARCHIVE -o OUTDIR\n"
        "\n"
        "DESCRIPTION\n"
        "    Writes the byte form of the program in FILE (text or bytes; `-`: standard input) to OUT\n"
        "    (`-`: standard output). Fuzz targets read this form. The bytes are canonical: whatever\n"
        "    decoding ignores is zero, and whatever it brings into range is in range.\n"
        "\n"
        "    Each program below DIR becomes a file in OUTDIR, which is made if missing: DIR/a/b.txt\n"
        "    becomes OUTDIR/a-b. Hidden files, *.md and files called `verdict` are skipped. Two programs\n"
        "    that would get the same name are an error. The same holds for a zip archive, and for a\n"
        "    file with several programs in Base64, which are named by the numbers of their lines.\n"
        "\n"
        "EXIT STATUS\n"
        "    0 everything is written; 2 something cannot be read or written, or a text has an error\n"
        "\n"
        "EXAMPLES\n"
        "    pinfuzz bytes corpus/pin_unpin_fuzzer -o /tmp/seeds\n"
        "    pin_unpin_fuzzer /tmp/found /tmp/seeds\n",
};
