/*
 * Which clauses a campaign has seen in which situations, by which target's inputs, and which of those came
 * first: an input that a fuzzer found, one of the seeds, or one that was there from an earlier campaign.
 */
#ifndef HARNESS_REACHED_H
#define HARNESS_REACHED_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/campaign/record.h"
#include "harness/contract/contract.h"
#include "harness/contract/situation.h"

#define REACHED_TARGETS 16u
/* Column 0 is the clause itself, in whatever situation; the others are enum situation. */
#define REACHED_SITUATIONS ((unsigned)SITUATIONS)
_Static_assert(SITUATION_NONE == 0, "so that the clause itself can stand there");

enum reached_by {
    REACHED_FOUND,   /* by a fuzzer, in this campaign */
    REACHED_EARLIER, /* it was there when the campaign began */
    REACHED_SEED
};

/* Whether a situation is on one of the clause's axes. */
bool reached_has(unsigned clause, unsigned situation);

struct reached_input {
    char *path; /* "target/name" */
    unsigned target;
    enum reached_by by;
    double seconds; /* of one that was found: on the campaign's clock */
};

/* 1 + the number of an input; 0: none. Of those that were found the first. */
struct reached_cell {
    uint32_t found;
    uint32_t given;
};
typedef struct reached_cell reached_table[REACHED_TARGETS][CONTRACT_CLAUSE_COUNT][REACHED_SITUATIONS];

struct reached {
    char *targets[REACHED_TARGETS];
    unsigned target_count;
    struct reached_input *inputs;
    size_t input_count;
    void *tree;           /* of those that are known, by their paths */
    reached_table *cells; /* zeroed memory of the caller's, which children may share */
};

/* Reads reached.tsv, if it is there. False with a message when it is not as it should be. */
bool reached_read(const char *directory, struct reached *reached, reached_table *cells);
/* Writes it anew: a reader sees the old one or the new one. */
bool reached_write(const char *directory, const struct reached *reached);
void reached_free(struct reached *reached);

/* The number of the input in the file TARGET/NAME below a corpus, which was last written at `time`. One that
 * is known already has *is_new cleared. False with a message when there is no room. An engine names what it
 * finds by its SHA-1; all else is a seed. */
bool reached_input(struct reached *reached, const struct record *record, const char *target, const char *name,
                   double time, uint32_t *input, bool *is_new);
/* Sets when that was, for a caller that asks for the time only of what is new. */
void reached_date(struct reached *reached, const struct record *record, uint32_t input, double time);
/* What is counted of clauses (contract_counts, contract_seen) is what this input has done. */
void reached_note(struct reached *reached, uint32_t input);

/* What a cell of all targets comes to: the first input that was found, and one that was given. NULL: none. */
struct reached_first {
    const struct reached_input *found, *given;
};
struct reached_first reached_first(const struct reached *reached, unsigned clause, unsigned situation);

#endif
