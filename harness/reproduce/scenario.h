/* A scenario while it is written down, in memory that the child process which runs the program shares with
 * its parent: where the child dies, the parent finishes it. Private to harness/reproduce. */
#ifndef HARNESS_SCENARIO_H
#define HARNESS_SCENARIO_H

#include "harness/contract/held.h"
#include "harness/reproduce/names.h"
#include "harness/reproduce/passes.h"
#include "harness/reproduce/reproduce.h"

/* The longest is of a ledger: 9 counts, each with its name of 13 characters and a number of 28 at most. */
#define LOOKS_STATEMENT 512

/* The call that is under way, or that has returned and not been written down yet: what follows it decides how
 * it is told. */
struct step {
    bool active;
    bool returned;
    bool inner;        /* drivers make calls in it */
    bool repeated;     /* it is made more than once */
    names_maker maker; /* its number */
    char label[48];
    char operands[1024]; /* statements before it */
    char call[512];      /* an expression; a statement when it has no status; nothing */
    struct call before;  /* operands */
    struct call after;   /* and results */
    struct model_answer answer;
    const char *array;                  /* PIN2: why the ADL must not be contiguous; NULL: it may be */
    bool owed;                          /* PIN2: a contiguous range is free, and preferred */
    uint32_t serial;                    /* PIN2, PIN, MAP: of the section */
    uint64_t marks[2];                  /* MAP: pages without a mark before it, + 1; 0: none */
    uint32_t of;                        /* DMA: the pin's names_maker, CPU: the view's names_base */
    int64_t distance;                   /* CPU: from the view's base */
    bool wants_ok;                      /* DMA */
    uint64_t wanted[PROGRAM_DMA_PAGES]; /* DMA_READ, CPU_READ: what the model holds */
    struct put looks;                   /* statements behind it */
    unsigned rows;                      /* of a table of looks that is not closed yet */
};

/* How a step is told. */
enum telling {
    TELL_RESULT, /* as it went */
    TELL_DEATH,  /* nobody knows what it would have returned */
    TELL_FINAL,  /* it breaks the contract */
    TELL_STATUS, /* by its status */
    TELL_ARGUMENT
};

struct scenario {
    struct reproducer told;
    struct held held;     /* what the implementation is held to */
    struct put variables; /* what the calls take and give */
    struct put inner;     /* functions of what drivers do when they are entered */
    struct put main;
    struct step step[2]; /* outside and inside of drivers */
    struct passes passes;
    uint32_t turn;              /* a number for what is behind the last statement */
    uint32_t heading;           /* the operation whose heading was written last */
    uint32_t headed;            /* operations that have one */
    uint32_t serials;           /* names_maker */
    unsigned entries;           /* miniport_acted when the step outside began */
    uint32_t entry;             /* that the last inner call was in */
    bool entered;               /* the function of the inner calls is not closed yet */
    char look[LOOKS_STATEMENT]; /* of a look that has not come back: where the process dies */
};

extern struct scenario *scenario;

/* Where it is written now: what drivers do, or what happens to them. */
static inline struct step *scenario_step(void) {
    return &scenario->step[run.inside != NULL];
}
static inline struct put *scenario_text(const struct step *step) {
    return step == scenario->step ? &scenario->main : &scenario->inner;
}

/* ---- steps.c ---- */
/* run_options.observe. */
void steps_observe(struct call *call, bool performed);
/* Drivers make calls from here on: to be told in a function that they enter. */
void steps_enter(void);
/* Writes the step down, and what is before it. */
void steps_tell(struct step *step, enum telling how);
/* Writes down what is left, and closes what is open. */
void steps_end(enum telling how);
/* "sut->set_irql(2);" */
void steps_circumstance(const char *function, unsigned value);

/* ---- looks.c ---- */
/* The implementation, watched. */
const struct sut *looks_watch(void);
/* What was seen behind the last statement. */
struct looks_seen {
    bool counted; /* the ledger was looked at */
    bool locked;  /* a call has kept a lock */
    bool raised;  /* a call has changed its actor's IRQL */
    /* The statement that shows the last look which the model contradicts: the judge stops there. "": none. */
    char wrong[LOOKS_STATEMENT];
    char before[96]; /* and what it must know from before the step */
};
const struct looks_seen *looks_seen(void);

/* ---- settings.c ---- */
/* "    {.version = ...}" of adapter `device`, which answers as adapter `as`. */
void settings_put(struct put *to, const struct program *program, uint8_t device, uint8_t as);

/* ---- final.c ---- */
/* contract_on_violation(). */
void final_violated(enum contract_clause clause);

#endif
