/*
 * A file is swept in a child process, which keeps its place where the parent sees it: after a crash the
 * parent can still say which fault did it, and write the program.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/cmd.h"
#include "harness/judge/run.h"
#include "harness/verdict/child.h"
#include "harness/verdict/death.h"
#include "harness/verdict/verdict.h"

/* The largest fail_nth a program can say. An operation that passes more fault points is swept once more
 * for each kind of fault, up to here again: at most 7 kinds * 255 runs, and as many with a second try. */
#define NTH_MAX UINT8_MAX

struct options {
    const char *out;
    enum load_form form;
    unsigned timeout;
    bool written;
};

/* One fault in one run. */
struct place {
    bool boot;  /* in the program whose boot is operations */
    bool again; /* the operation comes a second time, without the fault */
    uint8_t kind;
    uint8_t nth; /* 0: none */
    uint32_t op;
};

struct sweep {
    struct place place;
    uint32_t ops;    /* that have been swept */
    uint32_t points; /* faults that were injected */
    uint32_t capped; /* operations that pass more points of one kind than NTH_MAX */
    uint32_t boot_ops;
    unsigned outcome;
    bool finished;
    struct program boot; /* the program with its boot as operations */
};

static struct sweep *sweep;
static struct program given; /* in the file */
static struct program swept;

/* ---- what happened to the operation that is swept ---- */

static struct {
    uint32_t op;
    bool fired;
    bool failed;
} seen;

static void observe(struct call *call, bool performed) {
    if (performed && !run.inside && run.op == seen.op) {
        seen.fired = call->fired;
        seen.failed = !NT_SUCCESS(call->status);
    }
}

/* A call of the boot becomes an operation. */
static void observe_boot(struct call *call, bool performed) {
    if (!performed || run.inside || run.op != RUN_BOOT)
        return;
    struct program_op *op = &sweep->boot.ops[sweep->boot_ops++];
    *op = (struct program_op){.opcode = call->opcode, .adapter = call->device, .value = call->joiner};
    if (call->opcode != OP_LINK)
        op->value = 0;
}
_Static_assert(3 * PROGRAM_ADAPTERS <= PROGRAM_OPS, "each adapter is added, linked and started once");

/* ---- programs with a fault ---- */

/* Runs the program as it is and takes its boot down; then the same program on an empty bus, with adding,
 * linking and starting as its first operations. Of a program that is too long the last are left out. */
static unsigned take_boot(void) {
    unsigned outcome = verdict_here(&given, &(struct run_options){.observe = observe_boot});
    struct program *boot = &sweep->boot;
    boot->machine = given.machine;
    for (uint32_t i = 0; i < given.machine.adapters; i++) {
        boot->adapters[i] = given.adapters[i];
        boot->adapters[i].joins = 0;
        boot->adapters[i].stopped = false;
        boot->adapters[i].absent = true;
    }
    uint32_t room = PROGRAM_OPS - sweep->boot_ops;
    uint32_t rest = given.op_count < room ? given.op_count : room;
    memcpy(boot->ops + sweep->boot_ops, given.ops, rest * sizeof(boot->ops[0]));
    boot->op_count = sweep->boot_ops + rest;
    return outcome;
}

/* Makes the program of a place in `swept`. */
static void make_program(const struct place *place) {
    program_copy(&swept, place->boot ? &sweep->boot : &given);
    if (place->nth == 0)
        return;
    struct program_op *op = &swept.ops[place->op];
    if (place->again) {
        memmove(op + 1, op, (swept.op_count - place->op) * sizeof(*op));
        swept.op_count++;
        op[1].fail_nth = 0;
        op[1].fail_kind = 0;
    }
    op->fail_nth = place->nth;
    op->fail_kind = place->kind;
}

/* ---- the sweep ---- */

/* True when the contract was kept. */
static bool run_place(const struct options *options, struct place place) {
    sweep->place = place;
    make_program(&place);
    seen.op = place.op;
    seen.fired = false;
    seen.failed = false;
    alarm(options->timeout);
    sweep->outcome = verdict_here(&swept, &(struct run_options){.observe = observe});
    return sweep->outcome == VERDICT_KEPT;
}

/* Fails the 1st, 2nd, ... fault point of a kind in one operation. When that fails the operation, the
 * program runs once more with a second try right behind, as of a driver that does not give up: then the
 * rest of the program meets the state it is about. False when a clause was broken. */
static bool sweep_kind(const struct options *options, struct place place, bool *more) {
    const struct program *program = place.boot ? &sweep->boot : &given;
    *more = true;
    for (unsigned nth = 1; nth <= NTH_MAX; nth++) {
        place.nth = (uint8_t)nth;
        place.again = false;
        if (!run_place(options, place))
            return false;
        if (!seen.fired) {
            *more = false;
            return true;
        }
        sweep->points++;
        place.again = seen.failed && program->op_count < PROGRAM_OPS;
        if (place.again && !run_place(options, place))
            return false;
    }
    return true;
}

static bool sweep_op(const struct options *options, bool boot, uint32_t op) {
    struct place place = {.boot = boot, .op = op};
    bool more;
    bool capped = false;
    if (!sweep_kind(options, place, &more))
        return false;
    /* The nth point of any kind is the mth of its own, so that the kinds alone add nothing, but for those
     * points that lie beyond. */
    for (place.kind = SUT_FAULT_ANY + 1; more && place.kind < SUT_FAULT_KINDS; place.kind++) {
        bool of_kind;
        if (!sweep_kind(options, place, &of_kind))
            return false;
        capped |= of_kind;
    }
    sweep->ops++;
    sweep->capped += capped;
    return true;
}

static bool sweep_ops(const struct options *options, bool boot, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        uint8_t opcode = (boot ? &sweep->boot : &given)->ops[i].opcode;
        if (program_takes_fault(opcode) && !sweep_op(options, boot, i))
            return false;
    }
    return true;
}

static void sweep_file(void *context) {
    const struct options *options = context;
    sweep->outcome = take_boot();
    if (sweep->outcome == VERDICT_KEPT && call_injects(sut_get())) {
        bool kept = run_place(options, (struct place){.boot = true}) &&
                    sweep_ops(options, true, sweep->boot_ops) && sweep_ops(options, false, given.op_count);
        (void)kept; /* sweep->outcome says it */
    }
    sweep->finished = true;
    child_end(sweep->outcome);
}

/* ---- what is said ---- */

static void print_place(void) {
    static char text[TEXT_LINE_MAX];
    const struct place *place = &sweep->place;
    make_program(place);
    if (place->nth == 0) {
        printf(place->boot ? " without a fault, with the boot as operations" : " without a fault");
        return;
    }
    text_print_op(&swept.ops[place->op], text, sizeof(text));
    printf(" at %soperation %u of %u: %s%s", place->boot ? "boot " : "", place->op + 1,
           place->boot ? sweep->boot_ops : given.op_count, text,
           place->again ? ", then once more without" : "");
}

static int say(struct options *options, const char *path, int status) {
    bool died = status != 0;
    printf("%s: ", path);
    if (died)
        death_print(stdout, status, options->timeout);
    else
        verdict_print_outcome(stdout, sweep->outcome);
    if (died && sweep->finished)
        printf(" after the sweep");
    else if (died || sweep->outcome != VERDICT_KEPT)
        print_place();
    else if (!call_injects(sut_get()))
        printf(" (without a fault: the implementation has no fault points)");
    else
        printf(" (%u operations, %u faults)", sweep->ops, sweep->points);
    if (sweep->capped) {
        printf("; %u of them met more than %u points of one kind, and not all were tried", sweep->capped,
               (unsigned)NTH_MAX);
    }
    printf("\n");
    fflush(stdout);
    if (!died && sweep->outcome == VERDICT_KEPT)
        return CMD_KEPT;
    if (options->out && !options->written) {
        make_program(&sweep->place);
        options->written = true;
        if (!cmd_save(options->out, LOAD_DETECT, &swept))
            return CMD_BAD_INPUT;
    }
    return CMD_VIOLATED;
}

static int run_file(struct options *options, const char *path) {
    int status;
    if (!cmd_load(path, options->form, &given))
        return CMD_BAD_INPUT;
    if (!sweep && (sweep = child_shared(sizeof(*sweep))) == NULL)
        return CMD_BAD_INPUT;
    memset(sweep, 0, sizeof(*sweep));
    sweep->outcome = VERDICT_KEPT;
    if (!child_run(sweep_file, options, -1, options->timeout, &status))
        return CMD_BAD_INPUT;
    return say(options, path, status);
}

static const struct option option_table[] = {
    {"-o", NULL, OPTION_NAME, offsetof(struct options, out), 0, 0},
    {"--timeout", NULL, OPTION_COUNT, offsetof(struct options, timeout), 0, VERDICT_TIMEOUT_MAX},
    OPTION_FORMS(struct options, form),
};

static int main_faults(int argc, char **argv) {
    struct options options = {.form = LOAD_DETECT, .timeout = VERDICT_TIMEOUT};
    struct cmd_files files = {0};
    struct words words;
    int result = CMD_KEPT;
    if (!options_read(&cmd_faults, argc, argv, &options, &words))
        return CMD_BAD_INPUT;
    for (int i = 0; i < words.count; i++)
        result = cmd_files_add(&files, words.at[i], options.form) ? result : CMD_BAD_INPUT;
    for (size_t i = 0; i < files.count; i++) {
        int one = run_file(&options, files.paths[i]);
        result = one == CMD_VIOLATED || result == CMD_KEPT ? one : result;
    }
    cmd_files_free(&files);
    return result;
}

const struct cmd cmd_faults = {
    .name = "faults",
    .summary = "run programs with every fault they can meet, one at a time",
    .main = main_faults,
    CMD_OPTIONS(option_table),
    .takes = "FILE",
    .help =
        "NAME\n"
        "    pinfuzz faults - run programs with every fault they can meet, one at a time\n"
        "\n"
        "SYNOPSIS\n"
        "    pinfuzz faults [OPTION...] FILE|DIR...\n"
        "\n"
        "DESCRIPTION\n"
        "    An implementation has fault points, at which a resource may run out (FAULTS in `pinfuzz help\n"
        "    programs`). For each operation of the program, runs the whole program with the operation's\n"
        "    1st fault point failing, then the 2nd, and so on until the operation has no more of them. If\n"
        "    the operation fails, runs the program once more with the operation repeated, as a driver\n"
        "    would try again, so that the rest of the program runs as intended. The other operations\n"
        "    keep the faults that the program gives them. Adding, linking and starting adapters at boot\n"
        "    are swept in the same way, as operations before the others. Operations of a race are not\n"
        "    swept.\n"
        "\n"
        "    Each run is judged as by `pinfuzz run`. Faults mostly test these clauses: ANY-ROLLBACK,\n"
        "    INIT-ROLLBACK, ANY-RELEASE, PIN-SUCCEEDS, MAP-MAYFAIL, END-ZERO.\n"
        "\n"
        "    Prints one line for each FILE. The sweep of a FILE ends at its first violation, whose report\n"
        "    goes to stderr:\n"
        "\n"
        "        FILE: kept (7 operations, 31 faults)\n"
        "        FILE: violated ANY-ROLLBACK at operation 3 of 7: pin2 lead(0) index=0 fail_nth=2\n"
        "        FILE: violated INIT-ROLLBACK at boot operation 2 of 2: start 0 fail_nth=4\n"
        "        FILE: crashed (signal 11) at operation 3 of 7: pin2 lead(0) index=0 fail_nth=2\n"
        "\n"
        "OPTIONS\n"
        "    -o OUT         write the program of the first violation, with its fault, to OUT: as text if\n"
        "                   the name ends in .txt, otherwise as bytes\n"
        "    --timeout S    one run of a program may take S seconds; 0: no limit; default: 60\n"
        "    --as-text, --as-bytes\n"
        "                   read every FILE as text, or as bytes, whatever it looks like\n"
        "\n"
        "EXIT STATUS\n"
        "    0   all programs kept the contract under every fault\n"
        "    1   a program broke a clause, crashed or hung\n"
        "    2   otherwise, if a program could not be read; the others were swept\n"
        "\n"
        "EXAMPLES\n"
        "    pinfuzz faults corpus\n"
        "    pinfuzz faults -o fault.txt story.txt && pinfuzz minimize fault.txt -o short.txt\n",
};
