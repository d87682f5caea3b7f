/* How often each clause was put to the test, and in which situations. */
#ifndef HARNESS_COUNT_H
#define HARNESS_COUNT_H

#include "harness/contract/contract.h"
#include "harness/contract/situation.h"

/* What was seen of each clause since the process began: kept where something was granted, kept by a
 * refusal, kept while a fault was injected. */
struct contract_count {
    uint64_t kept;
    uint64_t refused;
    uint64_t faulted;
};

extern struct contract_count contract_counts[CONTRACT_CLAUSE_COUNT];

/* And in which situations, as far as one has been seen in them. */
extern struct situation_set contract_seen[CONTRACT_CLAUSE_COUNT];

/* It was put to the test just now, in the situation of this moment, if it was: */
static inline void contract_saw(enum contract_clause clause, bool is) {
    for (unsigned i = 0; is && situation_wanted && i < SITUATION_WORDS; i++)
        contract_seen[clause].word[i] |= situation_now.word[i];
}

static inline void contract_kept(enum contract_clause clause, bool is) {
    contract_counts[clause].kept += is;
    contract_saw(clause, is);
}

static inline void contract_refused(enum contract_clause clause, bool is) {
    contract_counts[clause].refused += is;
    contract_saw(clause, is);
}

static inline void contract_faulted(enum contract_clause clause, bool is) {
    contract_counts[clause].faulted += is;
    contract_saw(clause, is);
}

#endif
