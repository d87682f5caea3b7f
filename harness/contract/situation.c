/* The table of situations, and which of them a clause has. */
#include "harness/contract/situation.h"

#include <stddef.h>

#include "harness/contract/contract.h"

struct situation_set situation_now;

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

bool situation_is_of(uint64_t axes, unsigned clause, enum situation situation, const char **why_not) {
    const struct situation_row *row = &situation_table[situation];
    if (situation == SITUATION_NONE || !(axes >> row->axis & 1))
        return false;
    *why_not = row->never;
    for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++)
        if (exceptions[i].clause == clause && exceptions[i].situation == situation)
            *why_not = exceptions[i].reason;
    return true;
}
