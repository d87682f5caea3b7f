/*
 * A few processes take one file after the other. Each run is a child of theirs (verdict_of()), so that
 * nothing a file does reaches the next one.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/cli/triage.h"
#include "harness/verdict/child.h"

struct board {
    _Atomic uint32_t next;
    _Atomic bool stop;
    struct triage_file files[TRIAGE_FILES];
};

static struct board *board;

/* ---- one file ---- */

static void junk(struct triage_file *file, const char *why) {
    file->state = TRIAGE_JUNK;
    snprintf(file->why, sizeof(file->why), "%s", why);
}

/* Text that is no program: a log, a README, what AFL++ says of itself. Its bytes are a program all the same,
 * one that nobody meant. */
static bool is_prose(const char *path, const char *content, size_t size) {
    struct text_error error;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)content[i];
        if (c == 0x7f || (c < ' ' && (c < '\t' || c > '\r')))
            return false;
    }
    return load_kind(path, content, size, &error) == LOAD_IS_BYTES;
}

static bool load(const char *path, struct triage_file *file, struct program *program) {
    struct text_error error;
    struct stat status;
    enum load_form form = LOAD_DETECT;
    size_t size;
    if (!cmd_stat(path, &status)) {
        char why[TRIAGE_WHY];
        snprintf(why, sizeof(why), ": cannot be read: %s", strerror(errno));
        junk(file, why);
        return false;
    }
    if (!S_ISREG(status.st_mode)) {
        junk(file, ": no file, but a device or a pipe");
        return false;
    }
    char *content = cmd_read(&path, &form, &size, &error);
    bool ok = content && size > 0 && load_program(path, content, size, form, program, &error);
    if (ok) {
        file->prose = form == LOAD_DETECT && is_prose(path, content, size);
    } else if (content && size == 0) {
        junk(file, ": empty");
    } else {
        /* "path:LINE:COLUMN: expected ..." or "path: why". */
        size_t length = strlen(path);
        bool named = strncmp(error.text, path, length) == 0;
        junk(file, named ? error.text + length : ": cannot be read");
    }
    free(content);
    return ok;
}

static void replay(const char *path, struct triage_file *file, const struct triage_options *options) {
    static struct program program;
    static uint8_t bytes[PROGRAM_BYTES];
    if (!load(path, file, &program))
        return;
    file->size = (uint32_t)program_encode(&program, bytes);
    for (unsigned run = 0; run < options->runs; run++) {
        struct verdict *verdict = run == 0 ? &file->verdict : &file->other;
        if (board->stop)
            return;
        if (!verdict_of(&program, options->timeout, verdict)) {
            junk(file, ": cannot be run");
            return;
        }
        if (run > 0 && !verdict_same(verdict, &file->verdict)) {
            file->state = TRIAGE_FLAKY;
            return;
        }
    }
    if (file->verdict.died || file->verdict.outcome != VERDICT_KEPT)
        file->state = TRIAGE_FOUND;
    else if (file->prose)
        junk(file, ": text, but no program");
    else
        file->state = TRIAGE_KEPT;
}

/* ---- all of them ---- */

static _Noreturn void work(char *const *paths, size_t count, const struct triage_options *options,
                           pid_t parent) {
    /* A terminal sends it to everyone; the parent decides. */
    signal(SIGINT, SIG_IGN);
    while (!board->stop && getppid() == parent) {
        uint32_t i = atomic_fetch_add(&board->next, 1);
        if (i >= count)
            break;
        replay(paths[i], &board->files[i], options);
    }
    _exit(0);
}

void triage_replay_stop(void) {
    if (board)
        board->stop = true;
}

struct triage_file *triage_replay(char *const *paths, size_t count, const struct triage_options *options) {
    pid_t workers[TRIAGE_JOBS];
    pid_t parent = getpid();
    unsigned hired = 0;
    if (!board && (board = child_shared(sizeof(*board))) == NULL)
        return NULL;
    memset(board->files, 0, count * sizeof(board->files[0]));
    board->next = 0;
    board->stop = false;
    for (; hired < options->jobs && hired < count; hired++) {
        workers[hired] = child_fork();
        if (workers[hired] == 0)
            work(paths, count, options, parent);
        if (workers[hired] < 0)
            break;
    }
    if (hired == 0 && count > 0)
        return NULL;
    for (unsigned i = 0; i < hired; i++)
        (void)child_wait(workers[i]);
    return board->files;
}
