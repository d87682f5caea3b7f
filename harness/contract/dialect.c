/* The dialect of the implementation under test, as learnt and declared. */
#include "harness/contract/dialect.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "harness/contract/held.h"

const struct dialect_row dialect_table[DIALECTS] = {
#define DIALECT(id, word, clause, question) [DIALECT_##id] = {word, CLAUSE_##clause, question},
#include "harness/contract/dialects.def"
};

/* In the order of the rows, so that this project's comes first of each dialect's. */
const struct dialect_choices dialect_choices[CHOICES] = {
#define CHOICE(id, name, word, help) [CHOICE_##id##_##name] = {DIALECT_##id, word, help},
#include "harness/contract/dialects.def"
};

uint8_t dialect_current[DIALECTS];
bool dialect_held;
static bool learnt[DIALECTS];
static bool declared[DIALECTS];
struct held held;

void dialect_begin(void) {
    for (unsigned choice = CHOICES - 1; choice > CHOICE_UNKNOWN; choice--)
        dialect_current[dialect_choices[choice].of] = (uint8_t)choice;
    memset(learnt, 0, sizeof(learnt));
    memset(declared, 0, sizeof(declared));
    dialect_held = false;
}

void dialect_ours(void) {
    dialect_begin();
    memset(declared, 1, sizeof(declared));
    dialect_held = true;
}

void dialect_learn(enum dialect_choice choice) {
    enum dialect id = dialect_choices[choice].of;
    learnt[id] = true;
    if (!declared[id])
        dialect_current[id] = (uint8_t)choice;
}

/* "word=choice", up to a separator. */
static bool declare(const char *entry, size_t length) {
    const char *equals = memchr(entry, '=', length);
    for (unsigned choice = CHOICE_UNKNOWN + 1; equals && choice < CHOICES; choice++) {
        const char *word = dialect_table[dialect_choices[choice].of].word;
        size_t name = (size_t)(equals - entry);
        size_t value = length - name - 1;
        if (strlen(word) == name && memcmp(word, entry, name) == 0 &&
            strlen(dialect_choices[choice].word) == value &&
            memcmp(dialect_choices[choice].word, equals + 1, value) == 0) {
            declared[dialect_choices[choice].of] = true;
            dialect_current[dialect_choices[choice].of] = (uint8_t)choice;
            return true;
        }
    }
    return false;
}

bool dialect_declare(const char *declarations, const char **error) {
    static const char separators[] = " ,\n";
    for (const char *at = declarations; at && *(at += strspn(at, separators));) {
        size_t length = strcspn(at, separators);
        *error = at;
        if (!declare(at, length))
            return false;
        at += length;
    }
    return true;
}

bool dialect_is_learnt(enum dialect id) {
    return learnt[id];
}

bool dialect_is_declared(enum dialect id) {
    return declared[id];
}

/* A dialect's first choice is this project's. */
static bool is_first(unsigned choice) {
    return choice == CHOICE_UNKNOWN || choice == CHOICE_UNKNOWN + 1 ||
           dialect_choices[choice - 1].of != dialect_choices[choice].of;
}

void dialect_differences(char text[static DIALECT_TEXT]) {
    size_t used = 0;
    text[0] = 0;
    for (unsigned id = 0; id < DIALECTS; id++) {
        unsigned choice = dialect_current[id];
        if (!is_first(choice) && used < DIALECT_TEXT)
            used += (size_t)snprintf(text + used, DIALECT_TEXT - used, "%s%s=%s", used ? " " : "",
                                     dialect_table[id].word, dialect_choices[choice].word);
    }
}

bool dialect_is_ours(enum dialect id) {
    return is_first(dialect_current[id]);
}

bool dialect_holds(enum dialect id) {
    return declared[id] && dialect_is_ours(id);
}

void dialect_hold(void) {
    held = (struct held){.table = dialect_holds(DIALECT_TABLE),
                         .version = dialect_holds(DIALECT_TABLE_VERSION),
                         .handles = dialect_holds(DIALECT_STALE),
                         .adl_flags = dialect_holds(DIALECT_ADL_FLAGS),
                         .views = dialect_holds(DIALECT_VIEW),
                         .caps = dialect_holds(DIALECT_CAPS),
                         .order = dialect_holds(DIALECT_ORDER)};
}

enum contract_clause dialect_broken(enum dialect id) {
    return declared[id] ? dialect_table[id].clause : CLAUSE_DIALECT_STEADY;
}

bool dialect_frees(enum ledger_count count, uint64_t wanted, uint64_t found) {
    switch (count) {
    case LEDGER_locked_pages: /* of a whole section, where a part is pinned */
        return DIALECT_IS(LOCK, WHOLE) && wanted > 0 && found > wanted;
    case LEDGER_view_bytes:
        return DIALECT_IS(VIEW, OTHERWISE);
    case LEDGER_leaks:
        return DIALECT_IS(RECLAIM, UNCOUNTED);
    case LEDGER_breaches:
        return !dialect_held || DIALECT_IS(APC, ACCEPTED);
    case LEDGER_commit_pages:
    case LEDGER_pins:
    case LEDGER_domain_pages:
    case LEDGER_views:
    case LEDGER_handles:
        break;
    }
    return false;
}
