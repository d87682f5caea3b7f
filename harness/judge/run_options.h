/* How a program is run, where it is not run as every target does. What is left zero is as there. */
#ifndef HARNESS_RUN_OPTIONS_H
#define HARNESS_RUN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct call;
struct schedule_guide;
struct schedule_turn;
struct sut;

/* A race that is watched: which, and what was seen of it. */
struct run_watch {
    uint32_t op; /* the number of its operation */
    struct schedule_turn *turns;
    uint32_t capacity;
    const struct schedule_guide *guide; /* NULL: it runs as the program says */
    /* Out: */
    bool ran;
    bool raced;          /* two accesses that no lock orders, whether or not that is a finding here */
    bool overflowed;     /* not all of its accesses could be looked at */
    bool stuck;          /* nobody could go on */
    uint32_t points;     /* passed */
    unsigned switched;   /* switches of its schedule that took place */
    uint32_t turn_count; /* as many as there were; those that fit have been written */
};

/* For measuring: the calls of a run, for executor_replay(). */
struct run_tape {
    struct call *calls;
    size_t capacity;
    size_t count; /* out: of those that fit */
};

struct run_options {
    bool quiet; /* a violation is not reported, only failed */
    /* The actors of a race are threads of the operating system, and its schedule is ignored: what comes of it
     * differs from run to run (threads.h). */
    bool threads;
    const struct sut *subject; /* instead of sut_get()'s: one that looks at what passes; NULL: none */
    /* Sees each call, those of drivers in their entry points too, before it is performed and after. NULL:
     * nobody looks. */
    void (*observe)(struct call *call, bool performed);
    /* Called when all operations are done, and adapters are still there; not for a run that ends before.
     * NULL: nobody. */
    void (*done)(void);
    /* Called after each operation with which the run did not end. NULL: nobody. */
    void (*step)(void);
    struct run_watch *watch; /* NULL: no race is watched */
    struct run_tape *tape;   /* NULL: nothing is recorded */
    /* Each race writes to this file: the number of its operation on a line of its own, then a line, indented,
     * for each switch that took place. NULL: none. */
    FILE *races;
};

#endif
