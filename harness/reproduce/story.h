/*
 * A story: what a run of a program did at the seam, told so that it can be told again in C. Operands are
 * named by what they are (the handle of adapter 1, page 3 of the pin that step 5 made), not by value.
 */
#ifndef HARNESS_STORY_H
#define HARNESS_STORY_H

#include "harness/contract/model.h"
#include "harness/judge/run.h"
#include "harness/verdict/verdict.h"

/* Calls: one an operation, three for each adapter at boot, one at the end, and those that drivers make from
 * inside: five in each of up to 8 + 2 + 8 entries of a start. What goes beyond is not told. */
#define STORY_STEPS 8192u
/* Looks of the oracle: some 40 after a pin. */
#define STORY_LOOKS   32768u
#define STORY_NOWHERE UINT32_MAX

/* A page of a pin, or the device page before or after it. */
struct story_place {
    uint32_t step; /* which made the pin; STORY_NOWHERE: address says where */
    int8_t beside; /* -1, 0, 1 */
    uint64_t page;
    uint64_t address; /* device page number */
};

enum story_symbol {
    SYMBOL_VALUE, /* a number */
    SYMBOL_ADAPTER,
    SYMBOL_ISSUED
};

enum story_kind {
    STEP_CALL,
    STEP_ACTOR, /* another caller's turn */
    STEP_IRQL   /* around what the bus does, which is at PASSIVE_LEVEL */
};

/* A call, or a change of the caller's circumstances. */
struct story_step {
    uint32_t op; /* of the program, RUN_BOOT or RUN_END */
    enum story_kind kind;
    KIRQL irql;     /* STEP_IRQL */
    uint8_t actor;  /* STEP_ACTOR */
    bool inside;    /* made by a driver, in its nth entry since the step around it */
    uint32_t entry; /* that n */
    bool returned;
    struct call before; /* operands */
    struct call after;  /* and results */
    struct model_answer answer;
    bool owed; /* PIN2: a contiguous range is free, and preferred */
    enum story_symbol handle;
    uint8_t handle_adapter;
    uint32_t handle_issued;
    int64_t handle_delta;
    uint8_t table;  /* whose interface */
    uint32_t maker; /* DMA: the step of the pin; UNMAP, CPU: of the view; STORY_NOWHERE: none */
    int64_t delta;  /* UNMAP, CPU: bytes from its base */
    uint64_t wanted[PROGRAM_DMA_PAGES]; /* DMA_READ, CPU_READ: what the model holds */
    bool wants_ok;                      /* DMA */
    uint8_t members[SUT_CHAIN_MAX];     /* START: of the chain, at the time */
    uint8_t member_count;
    uint32_t serial;    /* PIN, MAP: of the section */
    uint64_t marked[2]; /* MAP: pages that the oracle marked through the view, + 1; 0: none */
};

enum story_look_kind {
    LOOK_DMA,
    LOOK_PAGE,
    LOOK_LEDGER,
    LOOK_ALIVE,
    LOOK_ACCESS,
    LOOK_DOMAIN
};

struct story_look {
    uint32_t step; /* behind which */
    uint8_t kind;
    bool open;     /* it has not come back: the process died in it */
    bool bad;      /* the model says otherwise */
    bool ok;       /* DMA: no fault; PAGE: there is one; ALIVE, ACCESS: yes */
    bool write;    /* DMA */
    bool wants_ok; /* what the model says */
    bool wants_value;
    bool wants_locked;        /* PAGE */
    bool foreign;             /* DMA: by a GPU of another chain than the pin's */
    bool pressed;             /* PAGE: wanted is the PFN before memory pressure; else the pin's page number */
    uint8_t adapter;          /* DMA, DOMAIN: the device; PAGE: the lead */
    uint8_t index;            /* PAGE */
    uint16_t offset;          /* DMA, in the page */
    struct story_place place; /* DMA, ALIVE, PAGE */
    uint64_t value;           /* DMA: read or written; PAGE: PFN; DOMAIN: id */
    uint64_t wanted;
    uint64_t page; /* PAGE */
    bool locked;   /* PAGE */
    bool has_frame;
    uint32_t view_step; /* ACCESS: the step that made the view, and bytes from its base */
    int64_t view_delta;
    uint32_t size;
    struct sut_ledger ledger;
};

/* What is to be checked behind the last step, for it is what broke. */
enum story_final {
    FINAL_KEPT,
    FINAL_DIED,
    FINAL_STATUS,     /* of the last step */
    FINAL_ARGUMENT,   /* changed by a call that failed */
    FINAL_ADL,        /* what Pin2 or Pin made */
    FINAL_VIEW,       /* what Map made */
    FINAL_DMA,        /* an operation of the program */
    FINAL_CPU,        /* likewise */
    FINAL_DRIVER,     /* how a driver was called */
    FINAL_CALLED,     /* whether all of a chain's drivers were called */
    FINAL_LOOK,       /* look */
    FINAL_LEDGER,     /* counts, or the pool */
    FINAL_VIEW_READ,  /* a word through a view */
    FINAL_DESCRIPTOR, /* of a pin, changed since */
    FINAL_LOCK,       /* kept by a call that has returned */
    FINAL_UNKNOWN
};

struct story {
    bool truncated;
    uint32_t steps;
    uint32_t looks;
    enum story_final final;
    unsigned clause;
    uint32_t op; /* in which it broke */
    char expected[RUN_TEXT_MAX];
    char got[RUN_TEXT_MAX];
    uint32_t final_step;      /* behind which it broke; the last, but for drivers' own calls */
    bool in_driver;           /* it broke while a driver was called */
    struct story_look look;   /* FINAL_LOOK, FINAL_VIEW_READ; FINAL_DIED: the last one */
    uint32_t final_look;      /* its number; STORY_NOWHERE: none */
    struct sut_ledger ledger; /* FINAL_LEDGER: what the model says */
    bool pool;                /* FINAL_LEDGER: the counts are right, the pool is not */
    uint32_t pin_step;        /* FINAL_DESCRIPTOR; FINAL_LEDGER of an unpin: which made the pin */
    uint64_t visible_pages;   /* FINAL_ADL: of the chain; and whether its memory is remapped */
    bool remapped;
    struct story_step step[STORY_STEPS];
    struct story_look looked[STORY_LOOKS];
};

/*
 * Runs the program in a child and writes down what happens. NULL with a message when there can be no
 * child. The story is the next call's to overwrite.
 */
const struct story *story_of(const struct program *program, unsigned timeout);

#endif
