/*
 * A finding as a page: what was called, what was expected, what came and where; and each step of the way
 * there. One HTML file that needs nothing beside it (harness/page/html.h).
 */
#ifndef HARNESS_FINDING_H
#define HARNESS_FINDING_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/picture/recording.h"
#include "harness/program/text.h"
#include "harness/verdict/verdict.h"

struct finding {
    const char *name;               /* of its file, for people and for commands */
    const struct program *original; /* what the program was made of; NULL: it is as it was found */
    const struct program *program;
    struct verdict verdict;
    unsigned timeout; /* seconds that a run may take */
    const char
        *sources; /* where src/ of the implementation lies, to show the lines that are named; NULL: nowhere */
    /* Out: what finding_record() has seen. */
    const struct recording *recording;
    const char *report; /* what the process said */
};

/* Runs the program in a child, and sees what happens: good until the next one is recorded. False with a
 * message when there can be no child. */
bool finding_record(struct finding *finding);
/* Writes the page of what was recorded last. What cannot be written, ferror() tells. */
void finding_write(FILE *to, const struct finding *finding);

/* ---- private to harness/picture ---- */

/* What the parts of a page are made of. */
struct picture {
    FILE *to;
    const struct finding *finding;
    const struct program *program;
    const struct recording *recording;
    const char *report; /* what the process said */
    bool died;
    bool found; /* it broke a clause, or died */
};

/* ---- finding_words.c ---- */

enum picture_limits {
    PICTURE_TEXT = TEXT_LINE_MAX,
    PICTURE_ROWS = 8 /* of the table of a device */
};

/* "3", "3 (pass 7)", "boot", "end". */
const char *picture_number(const struct recording_step *step, char *text, size_t size);
/* The operation as the text form has it; of boot and end what was called. */
const char *picture_operation(const struct picture *picture, const struct recording_step *step, char *text,
                              size_t size);
/* Who made it: "caller 1", "the bus", "the GPU of adapter 0". */
const char *picture_maker(const struct recording_step *step, char *text, size_t size);
/* What the model says it must answer, and what came. */
const char *picture_expected(const struct recording_step *step, char *text, size_t size);
const char *picture_answer(const struct picture *picture, const struct recording_step *step, char *text,
                           size_t size);
/* What the call came back with, of a step that has come to an end; "": it has nothing to come back with. */
const char *picture_returned(const struct picture *picture, const struct recording_step *step, char *text,
                             size_t size);
/* ". The handle is 0x1000, dead; ...": of a callback whose handle is not that of its chain's lead, else "".
 */
const char *picture_handle(const struct recording_step *step, char *text, size_t size);
/* How the status of the broken call is at odds with the one expected, in a sentence; NULL: that is not what
 * is wrong. */
const char *picture_mismatch(const struct picture *picture);
/* What the judge says, of callers: programs call them actors. */
const char *picture_spoken(const char *said, char *text, size_t size);
/* What came when a clause was broken; a bare number with what it counts, which is said of the expected one.
 */
const char *picture_got(const struct recording *recording, char *text, size_t size);
/* "success", "0xc000000d STATUS_INVALID_PARAMETER". */
const char *picture_status(NTSTATUS status, char *text, size_t size);
/* A call of a race: "pin2 lead(0) index=0 CommitSize=1p", "unpin, inside DxgkDdiStopDevice". */
const char *picture_racer(const struct picture *picture, const struct recording_call *call, char *text,
                          size_t size);
/* The number of the last operation of a race, counted from 1. */
uint32_t picture_race_end(const struct recording_step *step);
/* How a step ended, in a word that is a class of styles, too: "ok", "refused", "short", "broken", "died",
 * "skipped". */
const char *picture_outcome(const struct picture *picture, uint32_t step);
/* "4 KiB", "3 pages". */
const char *picture_size(uint64_t bytes, char *text, size_t size);
/* "started, in D3, in reset". */
const char *picture_device(const struct recording_device *device, char *text, size_t size);
/* The program's name for a pin's form. */
const char *picture_pin(const struct recording_device *device, char *text, size_t size);

/* A row of what there is to know about a device: by the model, and as the implementation showed it ("": it
 * was not asked). */
struct picture_row {
    const char *what;
    char model[160];
    char seen[160];
    bool differs;
};
unsigned picture_rows(const struct recording_device *device, struct picture_row rows[PICTURE_ROWS]);

/* ---- the parts of a page ---- */

void picture_timeline(const struct picture *picture); /* finding_timeline.c */
void picture_race(const struct picture *picture);     /* finding_race.c */
void picture_ledger(const struct picture *picture);   /* finding_tables.c */
void picture_pages(const struct picture *picture);
void picture_stack(const struct picture *picture); /* finding_stack.c */
void picture_data(const struct picture *picture);  /* finding_data.c */
/* finding_race.c: of two accesses that no lock orders each with its place and locks, as "A" and "B". */
bool picture_is_pair(const struct picture *picture);
void picture_pair(const struct picture *picture);
/* finding_tables.c: the first page that a GPU's read shows to be wrong; NULL: none. */
const struct recording_page *picture_probed(const struct picture *picture);
void picture_probe(const struct recording_page *page, char *text, size_t size);
void picture_glossary(FILE *to); /* finding_glossary.c */

/* The line of a source, with those around it, when it can be read: finding_sources.c. `place` is
 * "function src/dxgk/pin.c:128" or "/a/b/pin.c:128:5". */
void picture_source(const struct picture *picture, const char *place);

#endif
