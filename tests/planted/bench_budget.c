/*
 * Linked into what tests/planted/bench runs: ends the process, in good order, when it has used as much
 * processor time as PLANTED_CPU_SECONDS says. libFuzzer's own limit is on a clock's time, of which a busy
 * machine gives a process any share it likes.
 */
#define _DEFAULT_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* libFuzzer ends after the execution it is in, with its statistics, when it gets this signal. */
static void over(int signal) {
    (void)signal;
    kill(getpid(), SIGUSR1);
}

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("PLANTED_CPU_SECONDS");
    char *end = NULL;
    double seconds = text ? strtod(text, &end) : 0;
    if (!text)
        return;
    if (end == text || *end || !(seconds > 0 && seconds < 1e6)) {
        fprintf(stderr, "PLANTED_CPU_SECONDS: '%s' is no number of seconds\n", text);
        _exit(2);
    }
    struct sigaction action = {.sa_handler = over, .sa_flags = SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGXCPU};
    const struct itimerspec when = {.it_value.tv_sec = (time_t)seconds,
                                    .it_value.tv_nsec =
                                        (long)((seconds - (double)(time_t)seconds) * 1e9) + 1};
    timer_t timer;
    if (sigaction(SIGXCPU, &action, NULL) != 0 ||
        timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer) != 0 ||
        timer_settime(timer, 0, &when, NULL) != 0) {
        perror("PLANTED_CPU_SECONDS");
        _exit(2);
    }
}
