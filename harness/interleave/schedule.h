/*
 * The scheduler: actors on fibers, switched where the program says.
 *
 * A point is where an actor may lose the processor: before each call that it makes, before it asks for a
 * lock and after it has released one, and before each load and store that the implementation makes to
 * memory that is not its own stack (harness/interleave/trace.c; where the compiler cannot trace those there
 * are only the others). The schedule counts points, whoever passes them: after so many since the last switch
 * that it named (of all, or of those of locks alone), the next actor goes on. A switch to an actor that has
 * ended, waits for a lock or is running already happens to nobody. With no switch left the running actor goes
 * on to its end, then the lowest that can run.
 *
 * Between points nothing is concurrent, so a run depends on nothing but the program.
 */
#ifndef HARNESS_SCHEDULE_H
#define HARNESS_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "harness/program/program.h"

/* Locks held or waited for at once: each actor one of each rank and one to wait for. */
#define SCHEDULE_LOCKS 32u
/* Switches remembered for a report: the schedule's own, and as many that had to be. Beyond, forgotten. */
#define SCHEDULE_MARKS 32u

enum schedule_kind {
    POINT_CALL,
    POINT_ACQUIRE,
    POINT_RELEASE,
    POINT_LOAD,
    POINT_STORE,
    POINT_BLOCKED, /* no point: a switch that had to be, for the actor waits for a lock */
    POINT_ENDED    /* or has done all it had to */
};

struct schedule_mark {
    uint8_t kind; /* enum schedule_kind: what the actor `from` was about to do, or had done */
    uint8_t from;
    uint8_t to;
    uint8_t size;   /* of the access, in bytes */
    uint32_t point; /* how many points had been passed, this one included */
    uint32_t since; /* the same since the last switch that the schedule named */
    uintptr_t pc;   /* of the access: a return address; 0: none */
    const char *lock;
    int32_t call; /* what schedule_calls() was last told by `from`; -1: nothing yet */
};

struct schedule {
    bool running;       /* an actor is */
    bool inside;        /* actors can be switched inside a call: its loads and stores are points */
    uint8_t actor;      /* which */
    uint32_t countdown; /* points to the next switch; UINT32_MAX: there is none */
    uint32_t points;    /* passed in this run */
    uintptr_t stack;    /* the lowest address of the actor's stack */
};
extern struct schedule schedule;

enum schedule_outcome {
    SCHEDULE_DONE,
    SCHEDULE_STUCK,   /* everybody who has not ended waits */
    SCHEDULE_STOPPED, /* by schedule_stop() */
    SCHEDULE_CUT,     /* by the guide */
    SCHEDULE_FAILED   /* no memory for stacks: nothing was run */
};

/*
 * Runs body(actor) for each actor in the set (bit i: actor i) under the schedule, until all have returned
 * or no one can go on: then what is left of them has been forgotten. to_actor is called before an actor
 * goes on. Returns on the stack it was called on.
 */
enum schedule_outcome schedule_run(const struct program_race *race, unsigned actors,
                                   void (*body)(unsigned actor), void (*to_actor)(unsigned actor));

/* ---- from an actor ---- */

/* The switch is due. */
void schedule_switch(enum schedule_kind kind, const void *address, unsigned size, uintptr_t pc);

static inline void schedule_access(enum schedule_kind kind, const void *address, unsigned size,
                                   uintptr_t pc) {
    schedule.points++;
    if (__builtin_expect(--schedule.countdown == 0, 0))
        schedule_switch(kind, address, size, pc);
}

static inline void schedule_point(enum schedule_kind kind, unsigned size, uintptr_t pc) {
    schedule_access(kind, NULL, size, pc);
}

/* A call begins: its number, for marks; a point. */
void schedule_call(int32_t call);
/* Returns when the lock is this actor's. Both are points. name outlives the run. */
void schedule_acquire(const void *lock, const char *name);
void schedule_release(const void *lock);
/* The call begins now, as the judge takes it; or ends. No points but to a guide, to which the end is one. */
enum schedule_deed {
    DEED_BEGAN,
    DEED_RETURNED,
    DEED_RELEASED,
    DEED_REACHED /* memory, as a device does: past all locks, so that it depends on what is done under any */
};
void schedule_did(enum schedule_deed deed);
/* Memory is about to be freed. No point but to a guide, which sees all of it written. */
void schedule_free(const void *address, size_t size);
/* A lock that this actor holds; NULL: none. */
const char *schedule_holds(void);
/* Whether no other actor was left between two accesses to memory, in the middle of something that hardware
 * would do at once. */
bool schedule_settled(void);
/* Ends the run: nobody goes on. */
_Noreturn void schedule_stop(void);

/* ---- guided runs ---- */

/*
 * Instead of the program's switches: who goes on is asked for wherever an actor is about to take a lock,
 * begins a call that is not its first, is about to return from one, or has ended; and before each access, if
 * accesses are points.
 */
struct schedule_guide {
    void *context;
    bool accesses;
    bool releases; /* where a lock has been released is a point, too: a device comes past all locks */
    /* The actor that runs is about to do this: to the lock or the memory `object`. */
    void (*arrive)(void *context, enum schedule_kind kind, const void *object, size_t size);
    /* It has done this, between two points. object: the lock. */
    void (*did)(void *context, enum schedule_deed deed, const void *object);
    /* Sets: actors that can go on, and those that wait for a lock that is held. SUT_ACTORS: none is to, and
     * the run is cut; when none can, it is over anyway. */
    unsigned (*choose)(void *context, unsigned enabled, unsigned waiting);
};
/* For the next runs; outlives them. NULL: not any more. */
void schedule_guide(const struct schedule_guide *guide);

/* ---- after a run ---- */

/* From which point on who ran, and who else could have: bit i is actor i. For who wants to know where a
 * switch would take place; noted only when asked for. */
struct schedule_turn {
    uint32_t after; /* holds for the points behind this one */
    uint8_t running;
    uint8_t can_run;
};
/* Noted in the next runs, as many as fit; NULL: not any more. */
void schedule_note(struct schedule_turn *turns, uint32_t capacity);
/* How many there were, of the last run; more than fit: the rest is missing. */
uint32_t schedule_noted(void);

/* Whether an actor had to wait for a lock. */
bool schedule_waited(void);
/* How many of the race's switches took place. */
unsigned schedule_switched(void);
const struct schedule_mark *schedule_marks(unsigned *count);
/* The marks, a line each: "  point    17: actor 0 before reading 8 bytes at range_at src/dxgk/domain.c:51
 * (operation 3) -> actor 1 (by the schedule)". ops[c] is the operation that call c came from. */
void schedule_print(FILE *to, const uint32_t *ops);
/* SCHEDULE_STUCK: who holds what, and who waits for what; one line. Returns text. */
const char *schedule_stuck(char *text, size_t size);

#endif
