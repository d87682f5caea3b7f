/* The state of a run: begun and ended by the executor, looked at by the judge, asked afterwards. */
#include "harness/judge/run.h"

#include <string.h>

struct run run;

char run_expected_text[RUN_TEXT_MAX];
char run_got_text[RUN_TEXT_MAX];

bool run_boot(const struct program *program, const struct run_options *options) {
    static const struct run_options plain;
    const struct sut_machine_config config = program_machine_config(&program->machine);
    if (run.booted) {
        /* The last run was left in the middle, by a jump out of a violation. What the drivers see while
         * that machine goes down is judged no more. */
        run.abandoned = true;
        run.sut->shutdown();
    }
    run.options = options ? options : &plain;
    run.sut = run.options->subject ? run.options->subject : sut_get();
    run.booted = run.sut->boot(&config);
    run.left = run.booted ? RUN_NOT_LEFT : RUN_LEFT_AT_BOOT;
    run.open = false;
    memset(run.unmade, 0, sizeof(run.unmade));
    run.program = program;
    run.abandoned = false;
    run.unchecked = false;
    run.op = RUN_BOOT;
    run.race_ops = 0;
    run.walk = (struct program_walk){0};
    run.explain = NULL;
    run.inside = NULL;
    run.entry = SITUATE_OUTSIDE;
    run.ledger = (struct sut_ledger){0};
    run.caller_breaches = 0;
    run.stale_word = 0;
    run.stops = false;
    model_reset(&run.model, program);
    contents_reset();
    return run.booted;
}

void run_shut_down(void) {
    run.sut->shutdown();
    run.booted = false;
}

/* A driver that keeps its duties does not make calls that these clauses refuse. */
void run_note_breach(enum contract_clause clause) {
    switch (clause) {
    case CLAUSE_ANY_LEAD:
    case CLAUSE_ANY_IRQL:
    case CLAUSE_STOP_STALE:
    case CLAUSE_PIN_ALIGN:
    case CLAUSE_PIN_MAX:
    case CLAUSE_PIN_RESERVED:
    case CLAUSE_PIN_PAGES: /* Pages is read-only */
    case CLAUSE_PIN1_REMAP:
    case CLAUSE_MAP_ALIGN:
        if (run.caller_breaches++ == 0) {
            run.first_breach_op = run.op;
            run.first_breach = clause;
        }
        break;
    default:
        break;
    }
}

/* ---- what a run has come to ---- */

const char *run_where(uint32_t op) {
    static char where[64];
    if (op == RUN_BOOT)
        return "bringing the machine up";
    if (op == RUN_END)
        return "taking the machine down";
    int length = snprintf(where, sizeof(where), "operation %u of %u", op + 1, run.program->op_count);
    if (op == run.op && run.walk.pass)
        snprintf(where + length, sizeof(where) - (size_t)length, ", pass %u", run.walk.pass + 1);
    return where;
}

bool run_last_op(uint32_t *op) {
    *op = run.op + run.race_ops + run_repeated();
    return run.op != RUN_BOOT && run.op != RUN_END;
}

bool run_left_early(char *why, size_t size) {
    switch (run.left) {
    case RUN_NOT_LEFT:
        return false;
    case RUN_LEFT_AT_BOOT:
        snprintf(why, size, "not run, for the machine did not boot");
        return true;
    case RUN_LEFT_BY_CHOICE:
        break;
    }
    snprintf(why, size, "judged up to %s, which went another way than %s (expected %s; got %s)",
             run_where(run.left_op), contract_table[run.left_clause].id, run_expected_text, run_got_text);
    return true;
}

uint32_t run_caller_breaches(uint32_t *first_op, enum contract_clause *clause) {
    *first_op = run.first_breach_op;
    *clause = run.first_breach;
    return run.caller_breaches;
}
