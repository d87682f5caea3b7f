/* `pinfuzz schedules`: what its two ways of going through schedules share. */
#ifndef HARNESS_SWEEP_H
#define HARNESS_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/program/load.h"
#include "harness/program/program.h"

struct sweep_options {
    const char *out;
    enum load_form form;
    unsigned preemptions; /* BOUNDLESS: any number */
    unsigned timeout;
    unsigned depth; /* at random; 0: not so */
    unsigned runs;
    unsigned seconds;
    unsigned seed;
    bool all;
    bool accesses;
    bool plain;
    bool outcomes;
};
#define SWEEP_BOUNDLESS UINT32_MAX

/* Goes through schedules of the race, and prints a line; returns an exit status (cmd.h). Where something was
 * found, the race has the schedule that shows it, unless *shown is false: no program has that schedule. */
int sweep_explored(const struct sweep_options *options, const char *path, struct program *program,
                   uint32_t op, bool *shown);

#endif
