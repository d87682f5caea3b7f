/* A worker, its parent, and the memory and the pipe that they share. */
#define _POSIX_C_SOURCE 200809L

#include "harness/verdict/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/judge/run.h"
#include "harness/verdict/child.h"
#include "harness/verdict/verdict.h"

struct exchange {
    struct program program;
    unsigned timeout;
    struct worker_answer answer;
};

static struct exchange *exchange;
static pid_t pid; /* 0: no worker */
static int line;  /* to it a byte: run; from it a byte: done */

static bool hear(int file) {
    char byte;
    ssize_t done;
    do {
        done = recv(file, &byte, 1, 0);
    } while (done < 0 && errno == EINTR);
    return done == 1;
}

static bool say(int file) {
    ssize_t done;
    do {
        done = send(file, "", 1, MSG_NOSIGNAL); /* one that is dead is noticed, not died of */
    } while (done < 0 && errno == EINTR);
    return done == 1;
}

static _Noreturn void work(int file) {
    child_hush();             /* what an assertion says before it dies */
    signal(SIGINT, SIG_IGN);  /* the terminal sends it to both; the parent decides */
    signal(SIGTERM, SIG_IGN); /* and so may who runs it for a limited time */
    const struct run_options options = {.quiet = true};
    while (hear(file)) {
        struct worker_answer *answer = &exchange->answer;
        alarm(exchange->timeout);
        answer->outcome = verdict_here(&exchange->program, &options);
        alarm(0);
        if (!run_last_op(&answer->ended))
            answer->ended = PROGRAM_OPS;
        if (!say(file))
            break;
    }
    _exit(0);
}

static bool hire(void) {
    int ends[2];
    if (!exchange && (exchange = child_shared(sizeof(*exchange))) == NULL)
        return false;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) {
        perror("pinfuzz: socketpair");
        return false;
    }
    pid_t child = child_fork();
    if (child == 0) {
        close(ends[0]);
        work(ends[1]);
    }
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return false;
    }
    pid = child;
    line = ends[0];
    return true;
}

void worker_end(void) {
    if (pid != 0) {
        close(line);
        (void)child_wait(pid);
        pid = 0;
    }
}

bool worker_run(const struct program *program, unsigned timeout, struct worker_answer *answer) {
    if (pid == 0 && !hire())
        return false;
    program_copy(&exchange->program, program);
    exchange->timeout = timeout;
    if (!say(line) || !hear(line)) {
        worker_end();
        *answer = (struct worker_answer){.died = true, .outcome = VERDICT_KEPT, .ended = PROGRAM_OPS};
        return true;
    }
    *answer = exchange->answer;
    return true;
}
