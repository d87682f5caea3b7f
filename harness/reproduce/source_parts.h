/* What the parts of the source writer share. Private to harness/source*.c. */
#ifndef HARNESS_SOURCE_PARTS_H
#define HARNESS_SOURCE_PARTS_H

#include "harness/reproduce/source.h"

/* What the drivers of a story must be able to do; what none needs is not written. */
struct source_needs {
    bool chains; /* of two or more; or a strict driver */
    bool faults; /* of their own: enum program_miniport bits */
    bool within; /* they make calls in their entry points */
    bool issued; /* handles are counted */
    bool strict; /* they see how they are called */
    bool dma;    /* words go through pins */
    bool looks;
    bool reads; /* words that are compared */
};

struct source {
    FILE *file;
    const struct program *program;
    const struct story *story;
    struct source_needs needs;
};

void source_put(struct source *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A number as one would write it: small ones decimal, others hexadecimal. */
void source_put_number(struct source *s, uint64_t value);

/* ---- source_drivers.c ---- */
/* struct adapter, the adapters of the program, their entry points. */
void source_drivers(struct source *s);

/* ---- source_steps.c ---- */
/* "3" for the call of operation 3, "s17" for what has no operation of its own: ends names of variables. */
const char *source_suffix(const struct source *s, uint32_t step);
/* The name of a callback's argument variable: "pin2_3". */
void source_put_arg(struct source *s, uint32_t step);
/* "page_number(&pages_3, 7)", or the plain device page number. */
void source_put_place(struct source *s, const struct story_place *place);
/* "(char *)map_3.pBaseAddress + 0x40". */
void source_put_address(struct source *s, uint32_t view_step, int64_t delta);
/* Whether a step's pin is taken into a struct pages. */
bool source_makes_pages(const struct source *s, uint32_t step);
/* The variables of all steps, and the tables of looks. */
void source_variables(struct source *s);
/* Calls that drivers make from inside. */
void source_within(struct source *s);
/* Everything that happens. */
void source_story(struct source *s);

/* ---- source_final.c ---- */
/* What must be known from before the last step, and what is checked behind it. */
void source_before_final(struct source *s);
void source_final(struct source *s);
/* Functions that the check calls. */
void source_final_helpers(struct source *s);
/* Whether it wants the status of its step in a variable. */
bool source_final_wants_status(const struct story *story);
/* Whether the pool around this step's pin is compared with what its unpin gives back. */
bool source_pool_of_pin(const struct story *story, uint32_t step);

#endif
