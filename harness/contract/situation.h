/*
 * Where a clause was seen: situations.def as numbers, and the situation of the call in progress. Whoever
 * makes a call clears it and enters what is the case (situate.h); what is counted of a clause (count.h) is
 * seen in that.
 */
#ifndef HARNESS_SITUATION_H
#define HARNESS_SITUATION_H

#include <stdbool.h>
#include <stdint.h>

enum situation_axis {
#define AXIS(id, word) AXIS_##id,
#include "harness/contract/situations.def"
    SITUATION_AXES
};

enum situation {
    SITUATION_NONE, /* nothing of interest */
#define IN(axis, id, word)         SITUATION_##axis##_##id,
#define NO(axis, id, word, reason) SITUATION_##axis##_##id,
#include "harness/contract/situations.def"
    SITUATIONS
};

/* A clause's axes, in its row: AXES(PIN2) | AXES(PIN1). */
#define AXES(id) (UINT64_C(1) << AXIS_##id)
_Static_assert(SITUATION_AXES <= 64, "a bit for each axis");

struct situation_row {
    enum situation_axis axis;
    const char *word;
    const char *never; /* NULL: it can be; else why it cannot */
};

extern const struct situation_row situation_table[SITUATIONS];
extern const char *const situation_axes[SITUATION_AXES]; /* their words */

#define SITUATION_WORDS ((SITUATIONS + 63) / 64)
struct situation_set {
    uint64_t word[SITUATION_WORDS];
};

/* Of the call in progress. Kept where somebody asks for it: what a campaign has reached is counted when its
 * corpus is run again, and its hot loop has no part in it. */
extern struct situation_set situation_now;
extern bool situation_wanted;

static inline void situation_clear(void) {
    for (unsigned i = 0; i < SITUATION_WORDS; i++)
        situation_now.word[i] = 0;
}

static inline void situation_enter(enum situation situation) {
    situation_now.word[situation / 64] |= UINT64_C(1) << situation % 64;
}

static inline void situation_enter_if(bool is, enum situation situation) {
    situation_now.word[situation / 64] |= (uint64_t)is << situation % 64;
}

static inline bool situation_holds(const struct situation_set *set, enum situation situation) {
    return set->word[situation / 64] >> situation % 64 & 1;
}

enum situation_state {
    SITUATION_FOREIGN, /* of no axis of the clause */
    SITUATION_UNSEEN,
    SITUATION_SEEN,
    SITUATION_CANNOT_BE,
    SITUATION_WRONGLY_SEEN /* though it cannot be: then the reason is none */
};
/* Where a clause (enum contract_clause) was seen so far; *reason: why it cannot be seen there, or NULL. */
enum situation_state situation_state(unsigned clause, enum situation situation, const char **reason);

#endif
