/*
 * The dialect of the implementation under test: what it chose where a clause is of basis C.
 *
 * It is learnt once in a process, before the first program (drive/calibrate.c), and does not change after
 * that: the same bytes mean the same verdict. An owner can declare entries of it (sut.h). The model follows
 * it; an answer that is another column's breaks DIALECT-STEADY, or where the entry was declared the clause
 * itself.
 */
#ifndef HARNESS_DIALECT_H
#define HARNESS_DIALECT_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/contract/contract.h"
#include "harness/contract/ledger.h"

enum dialect {
#define DIALECT(id, ...) DIALECT_##id,
#include "harness/contract/dialects.def"
    DIALECTS
};

/* Of all dialects, numbered through. */
enum dialect_choice {
    CHOICE_UNKNOWN, /* calibration did not show it; the model takes this project's */
#define CHOICE(id, name, ...) CHOICE_##id##_##name,
#include "harness/contract/dialects.def"
    CHOICES
};

struct dialect_choices {
    enum dialect of;
    const char *word;
    const char *help;
};

struct dialect_row {
    const char *word;
    enum contract_clause clause;
    const char *question;
};

extern const struct dialect_row dialect_table[DIALECTS];
extern const struct dialect_choices dialect_choices[CHOICES];

extern uint8_t dialect_current[DIALECTS]; /* enum dialect_choice */

/* Asked of choices that are not this project's: what is not known is as here. */
#define DIALECT_IS(id, name) (dialect_current[DIALECT_##id] == CHOICE_##id##_##name)
/* This project's whole column is declared (sut.h, hold_chosen). Where it is not, what only a choice promises,
 * and no dialect tells, is not demanded. */
extern bool dialect_held;

/* This project's whole column, declared: of the core, and of others but for what they declare after that. */
void dialect_ours(void);
/* This project's column, for the calibration to change, and nothing declared. */
void dialect_begin(void);
void dialect_learn(enum dialect_choice choice);
/*
 * An owner's declarations, "word=choice word=choice ...", separated by spaces or commas; NULL: none. False,
 * with *error at the first word that is wrong.
 */
bool dialect_declare(const char *declarations, const char **error);
/* After all declarations: what they promise is demanded (held.h). */
void dialect_hold(void);
bool dialect_is_learnt(enum dialect id);
bool dialect_is_declared(enum dialect id);
/* This project's choice is declared. */
bool dialect_holds(enum dialect id);
/* As far as is known, what this project chose. */
bool dialect_is_ours(enum dialect id);

/* Room for every choice, "word=choice " each; words and choices have at most 24 characters together. */
#define DIALECT_TEXT (DIALECTS * 32)
/* The choices that are not this project's, "word=choice word=choice ..."; "" where there are none. */
void dialect_differences(char text[static DIALECT_TEXT]);

/* Whether another number in the ledger is as right. */
bool dialect_frees(enum ledger_count count, uint64_t wanted, uint64_t found);

/* What is broken by an answer of another column. */
enum contract_clause dialect_broken(enum dialect id);

#endif
