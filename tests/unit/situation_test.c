/* Situations: their table is whole, a program is in those that its lines say, and one that cannot be is
 * noticed when it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness/contract/count.h"
#include "harness/contract/dialect.h"
#include "harness/drive/executor.h"
#include "harness/program/load.h"

static struct program program;

static void run_text(const char *text) {
    struct text_error error;
    if (!text_parse("test", text, strlen(text), &program, &error)) {
        fprintf(stderr, "%s\n", error.text);
        exit(1);
    }
    memset(contract_seen, 0, sizeof(contract_seen));
    executor_run(&program);
}

static bool seen(enum contract_clause clause, enum situation situation) {
    return situation_holds(&contract_seen[clause], situation);
}

/* ---- the table ---- */

static void words_tell_situations_apart(void) {
    for (unsigned i = SITUATION_NONE + 1; i < SITUATIONS; i++) {
        const struct situation_row *row = &situation_table[i];
        CHECK(row->word[0] && situation_axes[row->axis][0]);
        CHECK(!row->never || row->never[0]);
        for (unsigned k = SITUATION_NONE + 1; k < i; k++)
            CHECK(situation_table[k].axis != row->axis || strcmp(situation_table[k].word, row->word) != 0);
    }
}

/* An axis that no clause has would be counted for nobody; a clause whose situations are all impossible asks
 * for none. */
static void axes_and_clauses_have_each_other(void) {
    uint64_t used = 0;
    const char *reason;
    for (unsigned clause = 0; clause < CONTRACT_CLAUSE_COUNT; clause++) {
        unsigned possible = 0;
        used |= contract_table[clause].axes;
        for (unsigned i = 0; i < SITUATIONS; i++)
            possible += situation_state(clause, i, &reason) != SITUATION_FOREIGN && !reason;
        CHECK((possible > 0) == (contract_table[clause].axes != 0));
    }
    CHECK(used == (UINT64_C(1) << SITUATION_AXES) - 1);
}

/* What one clause cannot be seen in is a situation of its axes. */
static void exceptions_are_of_their_clauses(void) {
    static const struct {
        enum contract_clause clause;
        enum situation situation;
        const char *reason;
    } rows[] = {
#define NOT(clause, axis, id, reason) {CLAUSE_##clause, SITUATION_##axis##_##id, reason},
#include "harness/contract/situations.def"
    };
    const char *reason;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK(situation_state(rows[i].clause, rows[i].situation, &reason) != SITUATION_FOREIGN);
        CHECK(reason && strcmp(reason, rows[i].reason) == 0);
        CHECK(situation_table[rows[i].situation].never == NULL); /* said of all clauses, it says it twice */
    }
}

static void states_of_a_situation(void) {
    const char *reason;
    memset(contract_seen, 0, sizeof(contract_seen));
    situation_clear();
    CHECK(situation_state(CLAUSE_PIN_MAPPED, SITUATION_BASE_NULL, &reason) == SITUATION_FOREIGN);
    CHECK(situation_state(CLAUSE_PIN_MAPPED, SITUATION_PIN2_EARLY, &reason) == SITUATION_UNSEEN && !reason);
    CHECK(situation_state(CLAUSE_PIN_MAPPED, SITUATION_PIN2_CONTIGUOUS, &reason) == SITUATION_CANNOT_BE &&
          reason);
    CHECK(situation_state(CLAUSE_PIN_EXACT, SITUATION_PIN2_NO_IOMMU, &reason) == SITUATION_CANNOT_BE &&
          reason);
    CHECK(situation_state(CLAUSE_PIN_MAPPED, SITUATION_PIN2_NO_IOMMU, &reason) == SITUATION_UNSEEN);
    situation_enter(SITUATION_PIN2_EARLY);
    situation_enter(SITUATION_PIN2_CONTIGUOUS);
    contract_saw(CLAUSE_PIN_MAPPED, false);
    CHECK(situation_state(CLAUSE_PIN_MAPPED, SITUATION_PIN2_EARLY, &reason) == SITUATION_UNSEEN);
    contract_kept(CLAUSE_PIN_MAPPED, true);
    CHECK(situation_state(CLAUSE_PIN_MAPPED, SITUATION_PIN2_EARLY, &reason) == SITUATION_SEEN);
    CHECK(situation_state(CLAUSE_PIN_MAPPED, SITUATION_PIN2_CONTIGUOUS, &reason) == SITUATION_WRONGLY_SEEN &&
          reason);
    CHECK(situation_state(CLAUSE_PIN_EXACT, SITUATION_PIN2_CONTIGUOUS, &reason) == SITUATION_CANNOT_BE);
    situation_clear();
    contract_refused(CLAUSE_PIN_EXACT, true);
    CHECK(situation_state(CLAUSE_PIN_EXACT, SITUATION_PIN2_EARLY, &reason) == SITUATION_UNSEEN);
}

/* ---- programs ---- */

static void pins_are_told_apart(void) {
    run_text("machine iommu=none\npin2 lead(0) index=0 CommitSize=1p\n");
    CHECK(seen(CLAUSE_PIN_MAPPED, SITUATION_PIN2_NO_IOMMU) && !seen(CLAUSE_PIN_MAPPED, SITUATION_PIN2_EARLY));
    CHECK(seen(CLAUSE_PIN_MAPPED, SITUATION_INDEX_ALONE) && !seen(CLAUSE_PIN1_SAME, SITUATION_INDEX_ALONE));
    run_text("machine iommu=remap_always\nadapter 0 highest_visible=0x7fff\n"
             "pin2 lead(0) index=0 CommitSize=3p PreferContiguous\n");
    CHECK(seen(CLAUSE_PIN_MAPPED, SITUATION_REMAPPED_CONTIGUOUS));
    CHECK(seen(CLAUSE_PIN_CONTIG, SITUATION_PREFER_FREE) &&
          !seen(CLAUSE_PIN_CONTIG, SITUATION_PREFER_UNASKED));
    CHECK(!seen(CLAUSE_PIN_MAPPED, SITUATION_REMAPPED_ARRAY));
}

static void attaches_are_told_apart(void) {
    run_text(
        "machine iommu_flags=3\nadapter 0 version=wddm2.7 caps=supported\npin lead(0) index=0 CommitSize=1p\n"
        "unpin lead(0) index=0\n");
    CHECK(seen(CLAUSE_UNPIN_GONE, SITUATION_PIN1_WAITING) && !seen(CLAUSE_UNPIN_GONE, SITUATION_KEPT_PINNED));
    CHECK(seen(CLAUSE_INIT_DOMAIN, SITUATION_WAY_WAITING) && !seen(CLAUSE_INIT_DOMAIN, SITUATION_WAY_FORCED));
    run_text(
        "machine iommu_flags=3\nadapter 0 version=wddm2.7 caps=supported\npin lead(0) index=0 CommitSize=1p\n"
        "secure_vm 0\nunpin lead(0) index=0\n");
    CHECK(seen(CLAUSE_UNPIN_GONE, SITUATION_PIN1_LATE) && seen(CLAUSE_UNPIN_GONE, SITUATION_KEPT_PINNED));
    CHECK(seen(CLAUSE_ATTACH_KEEPS, SITUATION_HELD_PIN) && !seen(CLAUSE_ATTACH_KEEPS, SITUATION_HELD_VIEW));
    run_text("machine\nadapter 0 version=wddm2.7 caps=supported\npin lead(0) index=0 CommitSize=1p\n"
             "unpin lead(0) index=0\n");
    CHECK(seen(CLAUSE_UNPIN_GONE, SITUATION_PIN1_FORCED) && !seen(CLAUSE_UNPIN_GONE, SITUATION_PIN1_LATE));
    CHECK(seen(CLAUSE_ATTACH_PAIR, SITUATION_ATTACHES_FORCED));
}

/* Nothing of one call is left for the next. */
static void calls_are_told_apart(void) {
    run_text("machine\npin2 null index=0 CommitSize=1p\npin2 lead(0) index=0 CommitSize=1p fail_nth=1(lock)\n"
             "unpin lead(0) index=0\n");
    CHECK(seen(CLAUSE_ANY_LEAD, SITUATION_HANDLE_NULL_PIN2) &&
          !seen(CLAUSE_ANY_LEAD, SITUATION_HANDLE_NULL_UNPIN));
    CHECK(seen(CLAUSE_ANY_ROLLBACK, SITUATION_PIN2_FAULT_EARLY_LOCK));
    CHECK(!seen(CLAUSE_ANY_ROLLBACK, SITUATION_PIN2_FAULT_EARLY_POOL));
    CHECK(seen(CLAUSE_ANY_ROLLBACK, SITUATION_CALLBACK_UNPIN) &&
          !seen(CLAUSE_ANY_ROLLBACK, SITUATION_CALLBACK_MAP));
    CHECK(!seen(CLAUSE_UNPIN_NOTHING, SITUATION_PIN2_FAULT_EARLY_LOCK));
    run_text("machine\nadapter 0 miniport=call_in_start\n");
    CHECK(seen(CLAUSE_ANY_STATE, SITUATION_ENTRY_START_PIN2) &&
          seen(CLAUSE_ANY_STATE, SITUATION_ENTRY_QUERY_UNMAP));
    CHECK(!seen(CLAUSE_ANY_STATE, SITUATION_ENTRY_STOP_PIN2));
}

static void widths_are_told_apart(void) {
    run_text("machine\nadapter 0 maximum_size=256p\npin2 lead(0) index=0 CommitSize=255p\n"
             "pin2 lead(0) index=0 CommitSize=0x100001000\n");
    CHECK(seen(CLAUSE_PIN_COUNT, SITUATION_ARRAY_PAGES_255) &&
          !seen(CLAUSE_PIN_COUNT, SITUATION_ARRAY_PAGES_256));
    CHECK(seen(CLAUSE_PIN_MAX, SITUATION_PIN_CUT_BYTES) && !seen(CLAUSE_PIN_MAX, SITUATION_PIN_CUT_PAGES));
}

static void races_are_told_apart(void) {
    run_text(
        "machine\nadapter 1 joins=0\nrace ops=2 first=0 switch=lock2:1\npin2 lead(0) index=0 CommitSize=1p\n"
        "map lead(0) index=1 Size=1p actor=1\n");
    CHECK(seen(CLAUSE_RACE_ATOMIC, SITUATION_CALLS_PIN2_MAP) &&
          !seen(CLAUSE_RACE_ATOMIC, SITUATION_CALLS_MAP_PIN2));
    CHECK(!seen(CLAUSE_RACE_STOP, SITUATION_STOPPED_STOP_MAP));
}

/* Whoever does not ask is told nothing, and the rest is as ever. */
static void nobody_asks(void) {
    uint64_t pins = contract_counts[CLAUSE_PIN_MAPPED].kept;
    situation_wanted = false;
    run_text("machine\npin2 lead(0) index=0 CommitSize=1p\n");
    CHECK(!seen(CLAUSE_PIN_MAPPED, SITUATION_PIN2_EARLY));
    CHECK(contract_counts[CLAUSE_PIN_MAPPED].kept > pins);
}

int main(void) {
    situation_wanted = true;
    words_tell_situations_apart();
    axes_and_clauses_have_each_other();
    exceptions_are_of_their_clauses();
    states_of_a_situation();
    pins_are_told_apart();
    attaches_are_told_apart();
    calls_are_told_apart();
    widths_are_told_apart();
    races_are_told_apart();
    nobody_asks();
    return 0;
}
