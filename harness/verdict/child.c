/* Children of this process. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "harness/verdict/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/verdict/verdict.h"

void *child_shared(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("pinfuzz: mmap");
        return NULL;
    }
    return memory;
}

pid_t child_fork(void) {
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        perror("pinfuzz: fork");
    return child;
}

int child_wait(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

void child_hush(void) {
    int null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    close(null);
}

void child_end(unsigned outcome) {
    if (outcome != VERDICT_KEPT) {
        fflush(stdout);
        _exit(0);
    }
}

bool child_run(void (*body)(void *context), void *context, int error, unsigned timeout, int *status) {
    pid_t child = child_fork();
    if (child < 0)
        return false;
    if (child == 0) {
        if (error >= 0)
            dup2(error, STDERR_FILENO);
        alarm(timeout);
        body(context);
        exit(0); /* not _exit(): see the header */
    }
    *status = child_wait(child);
    return true;
}
