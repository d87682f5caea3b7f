/* The table of situations, and which of them a clause has. */
#include "harness/contract/situation.h"

#include <stddef.h>

#include "harness/contract/count.h"

struct situation_set situation_now;
bool situation_wanted;

const struct situation_row situation_table[SITUATIONS] = {
#define IN(axis, id, word)         [SITUATION_##axis##_##id] = {AXIS_##axis, word, NULL},
#define NO(axis, id, word, reason) [SITUATION_##axis##_##id] = {AXIS_##axis, word, reason},
#include "harness/contract/situations.def"
};

const char *const situation_axes[SITUATION_AXES] = {
#define AXIS(id, word) [AXIS_##id] = word,
#include "harness/contract/situations.def"
};

static const struct {
    enum contract_clause clause;
    enum situation situation;
    const char *reason;
} exceptions[] = {
#define NOT(clause, axis, id, reason) {CLAUSE_##clause, SITUATION_##axis##_##id, reason},
#include "harness/contract/situations.def"
};

static const char *why_not(unsigned clause, enum situation situation) {
    for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++)
        if (exceptions[i].clause == clause && exceptions[i].situation == situation)
            return exceptions[i].reason;
    return situation_table[situation].never;
}

enum situation_state situation_state(unsigned clause, enum situation situation, const char **reason) {
    bool seen = situation_holds(&contract_seen[clause], situation);
    *reason = NULL;
    if (situation == SITUATION_NONE || !(contract_table[clause].axes >> situation_table[situation].axis & 1))
        return SITUATION_FOREIGN;
    *reason = why_not(clause, situation);
    if (*reason)
        return seen ? SITUATION_WRONGLY_SEEN : SITUATION_CANNOT_BE;
    return seen ? SITUATION_SEEN : SITUATION_UNSEEN;
}
