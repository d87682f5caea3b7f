/* What a person reads when a clause is broken. */
#include <stdarg.h>
#include <stdio.h>

#include "harness/judge/report.h"

#include "harness/contract/dialect.h"
#include "harness/judge/run.h"
#include "harness/program/text.h"

/* Static: a report may be written with the heap in any state. */
static char text[TEXT_WORLD_MAX];

/* What is said behind the point at which a run was left is of no clause that is judged. */
void run_expected(const char *format, ...) {
    va_list args;
    if (run.abandoned)
        return;
    va_start(args, format);
    vsnprintf(run_expected_text, sizeof(run_expected_text), format, args);
    va_end(args);
}

const char *run_name_of(uint64_t value) {
    static char buffers[2][96];
    static unsigned next;
    char *buffer = buffers[next++ % 2];
    uint32_t serial;
    uint64_t page;
    if (contents_is_stamp(value, &serial, &page))
        snprintf(buffer, sizeof(buffers[0]), "0x%llx (the oracle's stamp of page %llu of section %u)",
                 (unsigned long long)value, (unsigned long long)page, serial);
    else
        snprintf(buffer, sizeof(buffers[0]), "0x%llx", (unsigned long long)value);
    return buffer;
}

static void print_program(void) {
    const struct program *program = run.program;
    text_print_world(program, text, sizeof(text));
    fprintf(stderr, "program so far:\n%s", text);
    uint32_t last = run.op == RUN_BOOT  ? 0
                    : run.op == RUN_END ? program->op_count
                                        : run.op + 1 + run.race_ops + run_repeated();
    for (uint32_t i = 0; i < last; i++) {
        text_print_op(&program->ops[i], text, sizeof(text));
        fprintf(stderr, "%s%s\n", text, i == run.op ? "   # <-- here" : "");
    }
}

void run_got(const char *format, ...) {
    va_list args;
    if (run.abandoned)
        return;
    va_start(args, format);
    vsnprintf(run_got_text, sizeof(run_got_text), format, args);
    va_end(args);
}

static void report(const struct contract_row *row, const char *basis) {
    fprintf(stderr, "contract violation: %s (%s)\n", row->id, row->title);
    fprintf(stderr, "  basis:     %s%s%s\n", basis, row->source[0] ? ", " : "", row->source);
    fprintf(stderr, "  broken by: the implementation (%s)\n", run.sut->name);
    char chosen[DIALECT_TEXT];
    dialect_differences(chosen);
    if (chosen[0])
        fprintf(stderr, "  it chose:  %s\n", chosen);
    fprintf(stderr, "  expected:  %s\n", run_expected_text);
    fprintf(stderr, "  got:       %s\n", run_got_text);
    if (run.explain)
        run.explain(stderr);
    if (run.op == RUN_BOOT || run.op == RUN_END) {
        fprintf(stderr, "  operation: %s", run_where(run.op));
    } else {
        text_print_op(&run.program->ops[run.op], text, sizeof(text));
        fprintf(stderr, "  operation: %u of %u: %s", run.op + 1, run.program->op_count, text);
        if (run.walk.pass)
            fprintf(stderr, ", pass %u", run.walk.pass + 1);
    }
    fprintf(stderr, "%s%s\n", run.inside ? ", in the driver's " : "", run.inside ? run.inside : "");
    if (run.caller_breaches)
        fprintf(stderr, "  caller:    broke its own duties %u times, first %s at %s\n", run.caller_breaches,
                contract_table[run.first_breach].id, run_where(run.first_breach_op));
    print_program();
    fflush(stderr);
}

/* Where it is not declared that concurrent calls come to what some order of them would, they may come to
 * something else, which nobody knows: the program is not judged on from there. */
static bool is_left(enum contract_clause clause) {
    return (clause == CLAUSE_RACE_ATOMIC || clause == CLAUSE_RACE_STOP) && !dialect_holds(DIALECT_SERIAL);
}

static bool violated(enum contract_clause clause, const char *basis) {
    if (run.abandoned)
        return false;
    if (is_left(clause)) {
        run.abandoned = true;
        run.left = RUN_LEFT_BY_CHOICE;
        run.left_clause = clause;
        run.left_op = run.op;
        return false;
    }
    if (!run.options->quiet)
        report(&contract_table[clause], basis);
    contract_fail(clause);
    return false;
}

bool run_violated(enum contract_clause clause) {
    return violated(clause, contract_table[clause].basis_text);
}

bool run_violated_choice(enum contract_clause clause) {
    return violated(clause, "C: the status is this project's choice");
}
