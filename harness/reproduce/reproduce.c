/* The run of a program that becomes a scenario, and the file around it. */
#define _POSIX_C_SOURCE 200809L

#include "harness/reproduce/reproduce.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "harness/drive/calibrate.h"
#include "harness/drive/driver.h"
#include "harness/drive/executor.h"
#include "harness/program/text.h"
#include "harness/program/world.h"
#include "harness/reproduce/embedded.h"
#include "harness/reproduce/scenario.h"
#include "harness/verdict/child.h"

/* A program has up to 1024 operations. A pin is some 40 looks, of 50 characters each; a start in which
 * drivers call is 5 calls in each of up to 18 entries, of 300 characters each. */
#define VARIABLES_MAX ((size_t)1 << 20)
#define INNER_MAX     ((size_t)4 << 20)
#define MAIN_MAX      ((size_t)8 << 20)
#define LOOKS_MAX     ((size_t)1 << 20) /* of one step */

static struct {
    struct scenario scenario;
    char variables[VARIABLES_MAX];
    char inner[INNER_MAX];
    char main[MAIN_MAX];
    char looks[2][LOOKS_MAX];
} * shared;

uint32_t reproducer_race(const struct program *program) {
    uint32_t op = 0;
    while (op < program->op_count && program->ops[op].opcode != OP_RACE)
        op++;
    return op;
}

/* ---- the run ---- */

static void run_watched(void *context) {
    const struct run_options options = {.quiet = true, .subject = looks_watch(), .observe = steps_observe};
    names_begin();
    run_expected_text[0] = 0;
    contract_on_violation(final_violated);
    calibrate();
    scenario->held = held;
    executor_run_with(context, &options);
    steps_end(TELL_RESULT);
    scenario->told.end = REPRODUCER_KEPT;
}

static bool begin(void) {
    if (!shared && !(shared = child_shared(sizeof(*shared))))
        return false;
    scenario = &shared->scenario;
    *scenario = (struct scenario){.heading = RUN_END - 1, .serials = 0};
    scenario->told.end = REPRODUCER_DIED;
    scenario->told.clause = VERDICT_KEPT;
    scenario->told.op = RUN_BOOT;
    put_begin(&scenario->variables, shared->variables, VARIABLES_MAX);
    put_begin(&scenario->inner, shared->inner, INNER_MAX);
    put_begin(&scenario->main, shared->main, MAIN_MAX);
    for (unsigned i = 0; i < 2; i++)
        put_begin(&scenario->step[i].looks, shared->looks[i], LOOKS_MAX);
    return true;
}

const struct reproducer *reproducer_of(const struct program *program, unsigned timeout) {
    static struct program copy;
    int status;
    program_copy(&copy, program);
    if (!begin() || !child_run(run_watched, &copy, -1, timeout, &status))
        return NULL;
    if (scenario->told.end == REPRODUCER_DIED) {
        bool inside = scenario->entered && !scenario->step[0].returned;
        struct put *to = inside ? &scenario->inner : &scenario->main;
        steps_tell(&scenario->step[inside], TELL_DEATH);
        if (scenario->look[0])
            put(to, "\n    /* where the process dies: a look of the oracle's */\n%s", scenario->look);
        steps_end(TELL_DEATH);
    } else if (scenario->told.end == REPRODUCER_KEPT) {
        put(&scenario->main, "    nothing_is_out();\n");
    }
    scenario->told.too_long = scenario->variables.full || scenario->inner.full || scenario->main.full;
    return &scenario->told;
}

const struct reproducer *reproducer_quietly(const struct program *program, unsigned timeout) {
    int error = dup(STDERR_FILENO);
    int null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    const struct reproducer *told = reproducer_of(program, timeout);
    dup2(error, STDERR_FILENO);
    close(error);
    close(null);
    return told;
}

/* ---- the file ---- */

static void put_what_breaks(FILE *file, const struct program *program, const struct verdict *verdict) {
    static char text[TEXT_LINE_MAX];
    const struct reproducer *told = &scenario->told;
    if (told->end == REPRODUCER_DIED) {
        fprintf(file, " * The process dies: ");
        verdict_print(file, verdict, VERDICT_TIMEOUT);
        fprintf(file, ".\n");
        return;
    }
    if (told->end == REPRODUCER_KEPT) {
        fprintf(file, " * The contract is kept.\n");
        return;
    }
    const struct contract_row *row = &contract_table[told->clause];
    fprintf(file, row->source[0] ? " * %s: %s [%s].\n *\n" : " * %s: %s%s.\n *\n", row->id, row->title,
            row->source);
    fprintf(file, " * expected: %s\n * got:      %s\n", told->expected, told->got);
    if (told->op < program->op_count) {
        text_print_op(&program->ops[told->op], text, sizeof(text));
        fprintf(file, " * at:       operation %u, %s\n", told->op + 1, text);
    } else {
        fprintf(file, " * at:       %s\n", run_where(told->op));
    }
}

static void put_head(FILE *file, const char *name) {
    fprintf(
        file,
        " *\n"
        " * What follows plays the bus, the drivers and their GPUs, as %s tells it, for an implementation\n"
        " * of the frame-buffer-save callbacks that stands behind harness/sut.h:\n"
        " *\n"
        " *     cc -I ROOT -I ROOT/src -I ROOT/src/include THIS.c $(find ROOT/src -name '*.c') && ./a.out\n"
        " *\n"
        " * ROOT is where this project lies; the sources of another implementation go in place of what find\n"
        " * lists. What happens, and what should have, is in main(), at the end; before it comes what all "
        "such\n"
        " * files have.\n"
        " *\n"
        " * Exit status: 0 the contract is kept; 1 it is broken as told above; 2 something else happens.\n"
        " * Written by pinfuzz source.\n"
        " */\n\n",
        name);
}

static void put_finding(struct put *to) {
    const struct reproducer *told = &scenario->told;
    bool broken = told->clause < CONTRACT_CLAUSE_COUNT;
    bool died = told->end == REPRODUCER_DIED;
    put(to, "#define FINDING_CLAUSE   ");
    put_string(to, broken ? contract_table[told->clause].id : died ? "" : "END-ZERO");
    put(to, "\n#define FINDING_EXPECTED ");
    put_string(to, broken ? told->expected
                   : died ? "what the model says"
                          : "nothing is left when the last adapter is gone");
    put(to, "\n\n/* What a miniport does wrong, or beside the point. */\nenum program_miniport {\n");
    for (unsigned bit = 0; bit < world_miniports.count; bit++)
        put(to, "    PROGRAM_MP_%s = 1 << %u, /* %s */\n", world_miniports.names[bit], bit,
            world_miniports.help[bit]);
    put(to, "};\n\n");
}

static void put_world(struct put *to, const struct program *program) {
    struct world_setting setting;
    put(to, "static const struct miniport_settings adapters[] = {\n");
    for (uint8_t i = 0; i < program->machine.adapters; i++)
        settings_put(to, program, i, i), put(to, ",\n");
    const struct held *holds = &scenario->held;
    put(to, "};\n\nstruct held held = {.table = %d, .version = %d, .handles = %d,\n", holds->table,
        holds->version, holds->handles);
    put(to, "                    .adl_flags = %d, .views = %d, .caps = %d, .order = %d};\n\n",
        holds->adl_flags, holds->views, holds->caps, holds->order);
    put(to, "static const struct sut_machine_config machine = {\n");
    for (unsigned i = 0; world_setting(&program->machine, i, &setting); i++) {
        put(to, "    .%s = ", setting.member);
        if (setting.name)
            put(to, "%s", setting.name);
        else
            put_number(to, setting.value);
        put(to, ",\n");
    }
    put(to, "};\n\n");
}

void reproducer_write(FILE *file, const char *name, const struct program *program,
                      const struct verdict *verdict) {
    static char text[1 << 14]; /* 16 adapters of 200 characters, in two languages */
    struct put part;
    fprintf(file, "/*\n");
    put_what_breaks(file, program, verdict);
    put_head(file, name);
    put_begin(&part, text, sizeof(text));
    put_finding(&part);
    fputs(text, file);
    for (const char *const *line = reproduce_embedded; *line; line++)
        fputs(*line, file);
    put_begin(&part, text, sizeof(text));
    put_world(&part, program);
    fprintf(file,
            "/* ---- the scenario ---- */\n\n%s"
            "/* What the calls take and give; the numbers are the operations'. */\n%s\n%s"
            "int main(void) {\n    boot(&machine, adapters, %u);\n%s\n    return finish();\n}\n",
            text, scenario->variables.text, scenario->inner.text, program->machine.adapters,
            scenario->main.text);
}
