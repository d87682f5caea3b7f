/*
 * A run as it is shown to people: what was called, and after each step the state as the model has it and as
 * the implementation showed it. Taken down by a child process, in memory that it shares with its parent:
 * where it dies, what there was until then stays.
 *
 * Between steps the implementation is asked what has no effect: its ledger, which pages are locked, whether a
 * device is attached. GPUs read at the end only, when the finding is made: what they read before may stay in
 * a cache.
 */
#ifndef HARNESS_RECORDING_H
#define HARNESS_RECORDING_H

#include "harness/judge/run.h"
#include "harness/verdict/verdict.h"

enum recording_limits {
    /* Each operation once, in a repetition twice (its first pass and the last one); the adapters as they come
     * and go. */
    RECORDING_STEPS = 2 * PROGRAM_OPS + 2 * SUT_DEVICES + 8,
    RECORDING_VIEWS = 4,  /* of an area, that are listed */
    RECORDING_INNER = 8,  /* calls from inside a driver, of a step */
    RECORDING_LOOKS = 64, /* pages that are looked at after a step, of all areas together */
    RECORDING_PAGES = 40, /* rows of the table at the end */
    /* Locks asked for, got and given back, switches. A call has some tens. */
    RECORDING_EVENTS = 2048,
    RECORDING_PLACE = 160
};

/* A device and its save area. */
struct recording_device {
    bool present;
    bool gone;
    bool d3;
    bool in_reset;
    bool attached;
    uint8_t phase; /* enum model_phase, of its chain */
    uint8_t mode;  /* enum model_mode */
    uint8_t chain;
    uint8_t position;
    bool legacy;
    bool contiguous;
    uint32_t serial;  /* of its section; 0: none */
    uint64_t maximum; /* bytes */
    uint64_t pinned;  /* pages; 0: not pinned */
    uint64_t address; /* device page of the first */
    uint64_t mapped;  /* pages that the domain of its chain maps */
    uint32_t views;
    struct {
        uint64_t offset;
        uint64_t size;
    } view[RECORDING_VIEWS];
    /* Of the pages that were looked at: how many there are by the model, and how many were found. */
    uint32_t looked;
    uint32_t locked;
    uint32_t viewed;
    /* What the implementation showed. */
    bool asked_domain;
    bool asked_mapped;
    bool asked_pages;
    bool seen_attached;
    uint64_t seen_mapped;
    uint32_t seen_locked;
    uint32_t seen_viewed;
};

struct recording_state {
    struct recording_device device[SUT_DEVICES];
    KIRQL irql[SUT_ACTORS];
    bool counted; /* the implementation has a ledger */
    struct sut_ledger wanted;
    struct sut_ledger found;
};

enum recording_kind {
    STEP_CALL,
    STEP_RACE,
    STEP_SKIPPED /* there was no call to make */
};

/* What came of a step. */
enum recording_end {
    END_UNKNOWN, /* it did not return: the process died in it, or its own end was not seen */
    END_DONE,
    END_REFUSED, /* it failed, as it had to */
    END_SHORT,   /* it failed for a shortage, as it may */
    END_BROKEN   /* here a clause was broken */
};

/* One call of a race, or of a driver inside a step. */
struct recording_call {
    uint32_t op;
    uint8_t opcode;
    uint8_t actor;
    uint8_t device;
    bool returned;
    NTSTATUS status;
    const char *inside; /* the driver's entry point, or NULL */
    /* Of a race: points at which it began and ended, as near as is known. */
    uint32_t begins, ends;
};

struct recording_step {
    uint8_t kind;   /* enum recording_kind */
    uint8_t end;    /* enum recording_end */
    uint8_t opcode; /* also of RUN_BOOT and RUN_END: ADD, START, REMOVE */
    uint8_t actor;
    uint8_t device;
    bool fired; /* the injected fault was met */
    bool dma_ok;
    bool judged;   /* `answer` is what the model says */
    bool returned; /* `status` is what came back */
    /* A callback's: its handle, whose that is (SUT_DEVICES: nobody's, now), whether it was ever issued; and
     * that of the lead of the device's chain, 0 while there is none. */
    bool was_issued;
    uint8_t holder;
    uint64_t handle;
    uint64_t live;
    uint32_t op; /* RUN_BOOT, RUN_END */
    uint32_t pass;
    NTSTATUS status;
    struct model_answer answer;
    uint32_t inner_count;
    struct recording_call inner[RECORDING_INNER]; /* of a race: its calls */
    struct recording_state after;
};

/* ---- a race ---- */

enum recording_event_kind {
    EVENT_RUNS,  /* the actor goes on */
    EVENT_WANTS, /* a lock */
    EVENT_HAS,   /* it */
    EVENT_RELEASES
};

struct recording_event {
    uint8_t kind; /* enum recording_event_kind */
    uint8_t actor;
    uint8_t call; /* of the race, that the actor is in; UINT8_MAX: none */
    uint32_t point;
    const char *lock; /* its name; the programs' own, and so good in the parent, too */
    const void *which;
};

/* Where the processor changed hands, and the two accesses of a conflict. */
struct recording_switch {
    uint8_t from, to;
    bool planned; /* by the schedule; else the actor waited, or had ended */
    uint32_t point;
    char what[RECORDING_PLACE]; /* "before reading 8 bytes at ..." */
};

struct recording_access {
    uint8_t actor;
    bool write;
    uint8_t size;
    uint32_t point;
    char place[RECORDING_PLACE]; /* "function src/dxgk/pin.c:128" */
    char locks[RECORDING_PLACE]; /* "'chain' 'memory'"; "": none */
};

struct recording_race {
    uint32_t step; /* UINT32_MAX: there was no race */
    uint32_t points;
    uint32_t event_count; /* as many as there were; RECORDING_EVENTS at most are here */
    struct recording_event event[RECORDING_EVENTS];
    uint32_t switch_count;
    struct recording_switch switches[32];
    bool conflict;
    struct recording_access access[2];
};

/* ---- pages, when the finding was made ---- */

struct recording_page {
    uint8_t device;
    uint8_t gpu;      /* the adapter whose GPU has read there */
    uint64_t page;    /* of the section */
    uint64_t address; /* device page; `beside`: which is in no pin, next to one */
    bool beside;
    bool pinned;       /* by the model */
    bool ended;        /* the pin has ended in this step */
    bool asked_page;   /* the implementation was asked for the page */
    bool there;        /* and has it */
    bool locked;       /* it says */
    bool asked_dma;    /* a GPU of the chain has read there */
    bool reachable;    /* it should have got there, */
    bool reached;      /* and did */
    uint64_t expected; /* the oracle's word there */
    uint64_t read;
    bool wrong;
};

struct recording {
    bool complete; /* the run came to its end, or broke a clause: the process did not die */
    unsigned outcome;
    uint32_t op; /* of the finding */
    uint32_t pass;
    bool midway;        /* in a step that the model was not told of yet */
    const char *inside; /* the driver's entry point it was made in */
    char expected[RUN_TEXT_MAX];
    char got[RUN_TEXT_MAX];
    char left[RUN_WHY]; /* why it was not judged to its end; "" */
    char chosen[DIALECT_TEXT];
    uint32_t breaches;
    uint32_t breach_op;
    enum contract_clause breach;
    uint32_t count;  /* steps */
    uint32_t broken; /* the step of the finding, or the one the process died in; `count`: none */
    struct recording_step step[RECORDING_STEPS];
    struct recording_race race; /* the last one */
    uint32_t page_count;
    struct recording_page page[RECORDING_PAGES];
};

/*
 * Runs the program in a child and takes it down. *report is what the child printed, of a clause or a death,
 * *status its wait status (0 also where it broke a clause). Both are good until the next call. NULL with a
 * message when there can be no child.
 */
const struct recording *recording_of(const struct program *program, unsigned timeout, const char **report,
                                     int *status);

/* Whether what the implementation showed after a step is not as the model has it. */
bool recording_differs(const struct recording_state *state, const struct recording_device *device);
bool recording_ledger_differs(const struct recording_state *state);

/* ---- private to harness/picture: recording_race.c ---- */

/* The implementation, watched while its actors race. */
const struct sut *recording_watch(struct recording *recording, void (*begin_race)(void));
/* What there is to say of a race that has just ended, or of one that has broken something. */
void recording_race_end(void);

#endif
