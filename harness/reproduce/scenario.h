/* A scenario while it is written down, in memory that the child process which runs the program shares with
 * its parent: where the child dies, the parent finishes it. Private to harness/reproduce. */
#ifndef HARNESS_SCENARIO_H
#define HARNESS_SCENARIO_H

#include "harness/contract/held.h"
#include "harness/reproduce/names.h"
#include "harness/reproduce/reproduce.h"

/* A look of the oracle's: what was seen, and what the model says. */
enum look_kind {
    LOOK_DMA,
    LOOK_PAGE,
    LOOK_LEDGER,
    LOOK_ALIVE,
    LOOK_ACCESS,
    LOOK_DOMAIN
};

struct look {
    enum look_kind kind;
    uint8_t adapter;          /* DMA, DOMAIN: the device; PAGE: the lead */
    uint8_t index;            /* PAGE; DOMAIN: another device */
    bool write;               /* DMA */
    bool foreign;             /* DMA: by a GPU of another chain than the pin's */
    bool ok;                  /* DMA: no fault; PAGE: there is one; ALIVE, ACCESS: yes */
    bool wants_ok;            /* what the model says, and so on */
    bool wants_value;         /* DMA, PAGE: `wanted` is what is compared; DOMAIN: `index` tells */
    bool locked;              /* PAGE */
    bool wants_locked;        /* PAGE */
    bool pressed;             /* PAGE: compared with itself before memory pressure */
    uint16_t offset;          /* DMA: in the page; ACCESS: bytes */
    struct names_place place; /* DMA, ALIVE; PAGE: whose PFN it must have */
    uint64_t page;            /* PAGE */
    uint64_t value;           /* DMA: read or written; PAGE: PFN, UINT64_MAX: none; DOMAIN: id */
    uint64_t wanted;
    uint64_t address; /* ACCESS */
};

/* The call that is under way, or that has returned and not been written down yet: what follows it decides how
 * it is told. */
struct step {
    bool active;
    bool returned;
    bool inner;        /* drivers make calls in it */
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
    names_maker of;                     /* DMA: the pin's, CPU: the view's */
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
    uint32_t turn;       /* a number for what is behind the last statement */
    uint32_t heading;    /* the operation whose heading was written last */
    uint32_t headed;     /* operations that have one */
    uint32_t serials;    /* names_maker */
    unsigned entries;    /* miniport_acted when the step outside began */
    uint32_t entry;      /* that the last inner call was in */
    bool entered;        /* the function of the inner calls is not closed yet */
    char open[256];      /* a look that has not come back: where the process dies */
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
void steps_end(void);
/* "sut->set_irql(2);" */
void steps_circumstance(const char *function, unsigned value);

/* ---- looks.c ---- */
/* The implementation, watched. */
const struct sut *looks_watch(void);
void looks_begin(void);
/* The last look behind this step that the model contradicts: the judge stops there. NULL: none. */
const struct look *looks_wrong(void);
bool looks_counted(void); /* the ledger was looked at */
bool looks_locked(void);  /* a call has kept a lock */
bool looks_raised(void);  /* a call has changed its actor's IRQL */
/* What must be known from before the step. */
void looks_put_before(struct put *to, const struct look *look);
/* The check that shows it. */
void looks_put_check(struct put *to, const struct look *look);

/* ---- final.c ---- */
/* contract_on_violation(). */
void final_violated(enum contract_clause clause);

#endif
