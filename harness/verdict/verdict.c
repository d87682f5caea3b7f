/* Runs a program here or in a child, and compares and prints what came of it. */
#define _POSIX_C_SOURCE 200809L

#include "harness/verdict/verdict.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "harness/contract/call.h"
#include "harness/drive/executor.h"
#include "harness/program/text_words.h"
#include "harness/verdict/child.h"
#include "harness/verdict/death.h"

void verdict_print_outcome(FILE *file, unsigned outcome) {
    if (outcome == VERDICT_KEPT)
        fprintf(file, "kept");
    else
        fprintf(file, "violated %s", contract_table[outcome].id);
}

/* ---- in this process ---- */

static jmp_buf violation;
static unsigned violated;

static void on_violation(enum contract_clause clause) {
    violated = clause;
    longjmp(violation, 1);
}

unsigned verdict_here(const struct program *program, const struct run_options *options) {
    violated = VERDICT_KEPT;
    contract_on_violation(on_violation);
    if (setjmp(violation) == 0)
        executor_run_with(program, options);
    contract_on_violation(NULL);
    return violated;
}

/* ---- in a child ---- */

/* A report names the bug in its first lines; stacks follow. 64 KiB hold several. */
static char report[VERDICT_REPORT_MAX];

struct job {
    const struct program *program;
    const struct run_options *options;
    volatile unsigned outcome;
    volatile unsigned opcode; /* of the last call that began; PROGRAM_OPCODES: none has */
};

static struct job *job;

static void note_call(struct call *call, bool performed) {
    if (!performed)
        job->opcode = call->opcode;
}

static void run_job(void *context) {
    (void)context;
    job->outcome = verdict_here(job->program, job->options);
    child_end(job->outcome);
}

/* Runs the program in a child of its own; what that says goes to `report`. */
static bool run_in_child(const struct program *program, const struct run_options *options, unsigned timeout,
                         int *status) {
    if (!job && (job = child_shared(sizeof(*job))) == NULL)
        return false;
    FILE *file = tmpfile();
    if (!file) {
        perror("pinfuzz: tmpfile");
        return false;
    }
    *job = (struct job){
        .program = program, .options = options, .outcome = VERDICT_KEPT, .opcode = PROGRAM_OPCODES};
    bool done = child_run(run_job, NULL, fileno(file), timeout, status);
    rewind(file);
    report[fread(report, 1, sizeof(report) - 1, file)] = 0;
    fclose(file);
    return done;
}

bool verdict_of(const struct program *program, unsigned timeout, struct verdict *verdict) {
    const struct run_options options = {.quiet = true, .observe = note_call};
    *verdict = (struct verdict){.outcome = VERDICT_KEPT};
    if (!run_in_child(program, &options, timeout, &verdict->status))
        return false;
    verdict->outcome = job->outcome;
    verdict->died = verdict->status != 0;
    if (verdict->died) {
        death_read(report, false, verdict->what, sizeof(verdict->what));
        death_read(report, true, verdict->said, sizeof(verdict->said));
        if (verdict->what[0] == 0 && job->opcode < PROGRAM_OPCODES) {
            snprintf(verdict->what, sizeof(verdict->what), "in %s", text_opcodes[job->opcode]);
            snprintf(verdict->said, sizeof(verdict->said), "%s", verdict->what);
        }
    }
    return true;
}

const char *verdict_report(const struct program *program, unsigned timeout) {
    static const struct run_options aloud;
    int status;
    return run_in_child(program, &aloud, timeout, &status) ? report : NULL;
}

/* ---- verdicts ---- */

bool verdict_same(const struct verdict *a, const struct verdict *b) {
    if (!a->died && !b->died)
        return a->outcome == b->outcome;
    return a->died && b->died && a->status == b->status && strcmp(a->what, b->what) == 0;
}

void verdict_print(FILE *file, const struct verdict *verdict, unsigned timeout) {
    if (!verdict->died) {
        verdict_print_outcome(file, verdict->outcome);
        return;
    }
    death_print(file, verdict->status, timeout);
    if (verdict->said[0] != 0)
        fprintf(file, ": %s", verdict->said);
}

void verdict_key(const struct verdict *verdict, char *key, size_t capacity) {
    /* Where nothing was said, verdict.what is where it was only. */
    bool silent = strncmp(verdict->what, "in ", 3) == 0;
    char name[32];
    if (!verdict->died) {
        snprintf(key, capacity, "%s", contract_table[verdict->outcome].id);
    } else if (verdict->what[0] != 0 && !silent && !death_is_hang(verdict->status)) {
        snprintf(key, capacity, "%s", verdict->what);
    } else {
        death_name(verdict->status, name, sizeof(name));
        snprintf(key, capacity, "%s%s%s", name, silent ? " " : "", silent ? verdict->what : "");
    }
}
