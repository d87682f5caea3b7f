/*
 * An engine that only replays: runs a fuzz target over the files named, and over the files in the
 * directories named. For compilers without libFuzzer, debuggers, and bisecting.
 *
 * Options of libFuzzer (-runs=..., -timeout=...) are accepted and ignored, so that one command line
 * serves both. Exit status: 0 every input ran, 1 an input could not be read, 2 usage. A finding ends
 * the process by its own signal or sanitizer.
 */
#define _DEFAULT_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Far above any corpus (a program takes 50 KiB): what is larger is a wrong argument. */
#define INPUT_BYTES_MAX ((size_t)16 << 20)
/* Directories in directories; a corpus has one level, crashes/ two. */
#define DEPTH_MAX 8u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

static unsigned long ran;
static unsigned long unread;

static void complain(const char *path, const char *why) {
    fprintf(stderr, "standalone: %s: %s\n", path, why);
    unread++;
}

static void run_file(const char *path, size_t size) {
    if (size > INPUT_BYTES_MAX) {
        complain(path, "larger than 16 MiB");
        return;
    }
    FILE *file = fopen(path, "rb");
    if (!file) {
        complain(path, strerror(errno));
        return;
    }
    /* A block of exactly the input's size, so that AddressSanitizer sees a read beyond it. */
    uint8_t *data = malloc(size ? size : 1);
    if (!data || fread(data, 1, size, file) != size) {
        complain(path, data ? "cannot be read" : "out of memory");
    } else {
        fprintf(stderr, "Running: %s\n", path);
        if (LLVMFuzzerTestOneInput(data, size) == 0)
            fprintf(stderr, "Executed %s (%zu bytes)\n", path, size);
        else
            fprintf(stderr, "Rejected %s: it holds an operation that is not this target's\n", path);
        ran++;
    }
    free(data);
    fclose(file);
}

static int visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static void run_path(const char *path, unsigned depth) {
    struct stat status;
    if (stat(path, &status) != 0) {
        complain(path, strerror(errno));
        return;
    }
    if (!S_ISDIR(status.st_mode)) {
        run_file(path, (size_t)status.st_size);
        return;
    }
    if (depth == DEPTH_MAX) {
        complain(path, "directories nest too deep");
        return;
    }
    struct dirent **entries = NULL;
    /* Sorted: the same inputs run in the same order on every file system. */
    int count = scandir(path, &entries, visible, alphasort);
    if (count < 0) {
        complain(path, strerror(errno));
        return;
    }
    for (int i = 0; i < count; i++) {
        size_t length = strlen(path) + strlen(entries[i]->d_name) + 2;
        char *inner = malloc(length);
        if (inner) {
            snprintf(inner, length, "%s/%s", path, entries[i]->d_name);
            run_path(inner, depth + 1);
            free(inner);
        } else {
            complain(path, "out of memory");
        }
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv) {
    if (LLVMFuzzerInitialize)
        LLVMFuzzerInitialize(&argc, &argv);
    unsigned paths = 0;
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-') {
            paths++;
            run_path(argv[i], 0);
        }
    }
    if (paths == 0) {
        fprintf(stderr,
                "usage: %s FILE|DIRECTORY...\n"
                "\n"
                "Runs the fuzz target once over each file, and over each file below each directory.\n"
                "This build only replays inputs; to fuzz, build with clang (fuzz/run does).\n"
                "Inputs are bytes; `pinfuzz bytes` makes them from the text form.\n",
                argc > 0 ? argv[0] : "target");
        return 2;
    }
    fprintf(stderr, "Done %lu runs\n", ran);
    return unread ? 1 : 0;
}
