/* Adds up processor time, as Linux tells it in /proc. */
#define _XOPEN_SOURCE 700
#include "harness/cli/processor.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static double seconds_of(const struct timeval *time) {
    return (double)time->tv_sec + 1e-6 * (double)time->tv_usec;
}

double processor_own(void) {
    static const int who[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
    double sum = 0;
    for (size_t i = 0; i < 2; i++) {
        struct rusage usage;
        getrusage(who[i], &usage);
        sum += seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime);
    }
    return sum;
}

/* Of one process, with its children that have ended: fields 14 to 17 of its line, where the second is a name
 * in parentheses that may have blanks and parentheses in it. */
static bool add(pid_t process, double *sum) {
    char path[64], line[1024];
    unsigned long user, system, user_ended, system_ended;
    snprintf(path, sizeof(path), "/proc/%ld/stat", (long)process);
    FILE *file = fopen(path, "r");
    size_t length = file ? fread(line, 1, sizeof(line) - 1, file) : 0;
    if (file)
        fclose(file);
    line[length] = 0;
    const char *rest = strrchr(line, ')');
    if (!rest || sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu", &user, &system,
                        &user_ended, &system_ended) != 4)
        return false;
    *sum += (double)(user + system + user_ended + system_ended) / (double)sysconf(_SC_CLK_TCK);
    return true;
}

double processor_family(pid_t parent) {
    char path[64];
    double sum = 0;
    long child;
    snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children", (long)parent, (long)parent);
    FILE *file = fopen(path, "r");
    if (!file || !add(parent, &sum))
        sum = -1;
    while (sum >= 0 && fscanf(file, "%ld", &child) == 1)
        if (child != (long)getpid())
            add((pid_t)child, &sum); /* one that has just ended is in its parent's line */
    if (file)
        fclose(file);
    return sum;
}
