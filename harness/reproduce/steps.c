/* Calls, as statements: written down when it is known what came of them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/contract/reach.h"
#include "harness/contract/resolve.h"
#include "harness/drive/driver.h"
#include "harness/program/operands.h"
#include "harness/program/text.h"
#include "harness/program/text_words.h"
#include "harness/program/world.h"
#include "harness/reproduce/scenario.h"

struct scenario *scenario;

static bool is_pin(uint8_t opcode) {
    return opcode == OP_PIN2 || opcode == OP_PIN;
}

static bool is_memory(uint8_t opcode) {
    return program_class(opcode) == CLASS_ACCESS;
}

/* ---- callbacks ---- */

static const struct {
    const char *type;
    const char *slot; /* in DXGKRNL_INTERFACE */
} callbacks[PROGRAM_OPCODES] = {
#define CALLBACK(name, number, word, race, needs, undone_by, help, member, type, slot, ...)                  \
    [OP_##name] = {#type, #slot},
    PROGRAM_CALLBACKS(CALLBACK)};

/* Bytes of the argument that no member shows, before the one at `end`. */
static void put_padding(struct put *to, const struct step *step, unsigned at, unsigned end) {
    uint32_t value;
    for (; at < end; at += 4) {
        memcpy(&value, step->before.arg.raw + at, sizeof(value));
        if (value == 0)
            continue;
        put(to, "    memcpy((char *)&");
        names_put_argument(to, step->before.opcode, step->maker);
        put(to, " + %u, &(uint32_t){0x%" PRIx32 "}, 4); /* padding */\n", at, value);
    }
}

/* "Flags.Value" of "arg.pin2.Flags.Value". */
static const char *member_name(const struct program_operand *operand) {
    return strchr(strchr(operand->member, '.') + 1, '.') + 1;
}

static void put_member(struct put *to, const struct step *step, const struct program_operand *operand) {
    uint64_t value = 0;
    memcpy(&value, step->before.arg.raw + program_operand_at(operand), operand->width);
    if (value == 0)
        return; /* the variables are static: zero */
    put(to, "    ");
    names_put_argument(to, step->before.opcode, step->maker);
    put(to, operand->kind == OPERAND_OUT ? ".%s = (void *)(uintptr_t)" : ".%s = ", member_name(operand));
    put_number(to, value);
    put(to, ";\n");
}

/* The base of a view, or near one; false when it is any number. */
static bool put_base(struct put *to, const struct step *step) {
    const struct model *m = &run.model;
    uint64_t base = (uint64_t)(uintptr_t)step->before.arg.unmap.pBaseAddress;
    int64_t delta = 0;
    if (!run.inside) {
        const struct program_op *op = &run.program->ops[run.op];
        if ((op->view_form == VIEW_LIVE && !m->view_count) ||
            (op->view_form == VIEW_ISSUED && !m->base_count) || op->view_form == VIEW_RAW)
            return false;
        delta = (int64_t)op->offset_delta * (int64_t)MODEL_PAGE;
    }
    names_base meant = names_of_base(base - (uint64_t)delta);
    if (!meant)
        return false;
    put(to, "    ");
    names_put_argument(to, OP_UNMAP, step->maker);
    put(to, ".pBaseAddress = (char *)");
    names_put_base(to, meant);
    put_delta(to, delta);
    put(to, ";\n");
    return true;
}

/* What the call takes and gives: once, if it is repeated. */
static void put_variable(const struct step *step) {
    const char *suffix = names_suffix(step->maker);
    uint8_t opcode = step->before.opcode;
    char line[128];
    snprintf(line, sizeof(line), "static %s %s_%s;\n", callbacks[opcode].type, text_opcodes[opcode], suffix);
    if (step->repeated && strstr(scenario->variables.text, line))
        return;
    put(&scenario->variables, "%s", line);
    if (step->repeated && opcode == OP_MAP)
        put(&scenario->variables, "static PVOID bases_%s[%u];\nstatic unsigned issued_%s;\n", suffix,
            PROGRAM_REPEAT_TIMES, suffix);
}

static void put_callback(struct put *operands, struct put *call, const struct step *step) {
    uint8_t opcode = step->before.opcode;
    unsigned table = 0;
    for (uint8_t i = 0; i < run.program->machine.adapters; i++)
        if (step->before.table == &drivers[i].dxgkrnl)
            table = i;
    put(call, "adapter[%u].dxgkrnl.%s(", table, callbacks[opcode].slot);
    names_put_handle(call, &step->before);
    if (step->before.null_arg) {
        put(call, ", NULL)");
        return;
    }
    put(call, ", &");
    names_put_argument(call, opcode, step->maker);
    put(call, ")");
    put_variable(step);
    if (step->repeated) {
        put(operands, "    ");
        names_put_argument(operands, opcode, step->maker);
        put(operands, " = (%s){0};\n", callbacks[opcode].type);
    }
    bool based = opcode == OP_UNMAP && put_base(operands, step);
    unsigned end = 0;
    for (const struct program_operand *operand = program_operands(opcode); operand->name; operand++) {
        if (operand->offset < offsetof(struct program_op, arg))
            continue;
        put_padding(operands, step, end, program_operand_at(operand));
        end = program_operand_at(operand) + operand->width;
        if (!based || operand->kind != OPERAND_OUT)
            put_member(operands, step, operand);
    }
}

/* ---- the bus ---- */

/* The members of a chain, and perhaps one that joins it: ", 2, (const uint8_t[]){0, 1}". */
static void put_chain(struct put *to, const uint8_t *members, uint32_t count, const struct call *link) {
    put(to, ", %u, (const uint8_t[]){", count + (link != NULL));
    for (uint32_t i = 0; i < count; i++)
        put(to, i ? ", %u" : "%u", members[i]);
    if (link)
        put(to, ", %u", link->joiner);
    put(to, "}");
}

/* Whom its driver names as its chain: at boot the world's, later itself alone. */
static void put_add(struct put *to, const struct call *call) {
    struct resolve_chains chains;
    resolve_chains(run.program, &chains);
    bool boots = run.op == RUN_BOOT;
    put(to, "bus_add(%u", call->device);
    put_chain(to, boots ? chains.member[call->joiner] : &call->device, boots ? call->count : 1, NULL);
    put(to, ")");
}

/* Whether a start that succeeds, or a secure VM, attaches the chain. */
static bool attaches(const struct call *call, uint8_t chain) {
    const struct model_caps caps = run.model.caps[chain];
    if (call->opcode == OP_SECURE_VM)
        return !run.model.chains[chain].attached;
    bool denied = false; /* a Begin fails */
    for (uint32_t i = 0; i < run.model.chains[chain].count; i++)
        denied |= drivers[run.model.chains[chain].members[i]].settings.wrong & PROGRAM_MP_FAIL_BEGIN;
    return caps.forced && !denied && !(caps.let_go && call->fail_nth);
}

static void put_bus(struct put *to, const struct call *call) {
    const struct model_device *device = &run.model.devices[call->device];
    const struct model_chain *chain = &run.model.chains[device->chain];
    bool starting = device->present && chain->phase == PHASE_STARTING;
    bool joins = call->opcode == OP_LINK && drivers[call->joiner].lead == &drivers[call->device] &&
                 run.model.devices[call->joiner].chain != device->chain;
    switch ((enum program_bus)call->opcode) {
    case BUS_START:
        put(to, starting ? "bus_start(%u" : "sut->start(%u", call->device);
        if (starting) {
            put_chain(to, chain->members, chain->count, NULL);
            put(to, ", %s", attaches(call, device->chain) ? "true /* attaches */" : "false");
        }
        put(to, ")");
        break;
    case BUS_ADD:
        put_add(to, call);
        break;
    case BUS_LINK:
        if (joins) {
            put(to, "bus_link(%u, %u", call->device, call->joiner);
            put_chain(to, chain->members, chain->count, call);
            put(to, ")");
        } else {
            put(to, "sut->link(%u, %u)", call->device, call->joiner);
        }
        break;
    case BUS_SECURE_VM:
        put(to, "bus_secure_vm(%u, %s)", call->device,
            attaches(call, device->chain) ? "true /* attaches */" : "false");
        break;
    case BUS_POWER:
        put(to, "sut->power(%u, %s)", call->device, call->flag ? "true /* D0 */" : "false /* D3 */");
        break;
    case BUS_RESET:
        put(to, "sut->reset(%u, %s)", call->device, call->flag ? "true /* begin */" : "false /* end */");
        break;
    case BUS_STOP:
    case BUS_REMOVE:
    case BUS_SURPRISE_REMOVE:
        put(to, "bus_%s(%u)", text_opcodes[call->opcode], call->device);
        break;
    case BUS_PRESSURE: /* told by itself */
        break;
    }
}

/* ---- what is known only before the call ---- */

/* The model as it was before the executor let it know what is about to happen. */
static struct model_answer ask(const struct call *call) {
    struct model *m = &run.model;
    struct model_chain *chain = &m->chains[m->devices[call->device].chain];
    enum model_phase phase = chain->phase;
    if (call->opcode == OP_START && phase == PHASE_STARTING)
        chain->phase = PHASE_STOPPED;
    if ((call->opcode == OP_STOP || call->opcode == OP_REMOVE) && phase == PHASE_STOPPING)
        chain->phase = PHASE_STARTED;
    struct model_answer answer = resolve_answer(m, call);
    chain->phase = phase;
    return answer;
}

/* Of a page that a map shows, its first or its last: where its mark is in the section. */
static uint64_t mark_at(const struct call *call, unsigned which) {
    uint64_t at = call->arg.map.Offset + (which ? call->arg.map.Size - 1 : 0);
    return at / MODEL_PAGE * MODEL_PAGE + CONTENTS_STAMP_OFFSET;
}

static void know_area(struct step *step) {
    const struct call *call = &step->before;
    const struct model_chain *chain = &run.model.chains[step->answer.chain];
    bool remapped = chain->mode == MODE_REMAPPED;
    bool prefer = call->opcode == OP_PIN2 && call->arg.pin2.Flags.PreferContiguous;
    if ((!is_pin(call->opcode) && call->opcode != OP_MAP) || step->answer.expect == MUST_FAIL)
        return;
    step->serial = chain->areas[step->answer.index].serial;
    step->array = !prefer                               ? "PreferContiguous was not set"
                  : remapped || !sut_get()->hold_chosen ? NULL
                                                        : "memory is not remapped";
    step->owed =
        prefer && remapped && sut_get()->hold_chosen &&
        model_contiguous_free(&run.model, step->answer.chain, call->arg.pin2.CommitSize / MODEL_PAGE);
    for (unsigned i = 0; call->opcode == OP_MAP && i < 2; i++) {
        uint64_t at = mark_at(call, i);
        bool marked = contents_read(step->serial, at) != 0 || (i && at == mark_at(call, 0));
        step->marks[i] = marked ? 0 : at / MODEL_PAGE + 1;
    }
}

static void know_memory(struct step *step) {
    const struct call *call = &step->before;
    uint32_t serial = run.model.chains[call->pin_chain].areas[call->pin_index].serial;
    if (call->opcode == OP_SCRIBBLE) {
        step->of = names_of_pin(call->pin_chain, call->pin_index);
        return;
    }
    if (call->opcode == OP_CPU_WRITE || call->opcode == OP_CPU_READ) {
        step->of = names_of_address(call->address[0], &step->distance);
        step->wanted[0] = contents_read(serial, call->page);
        return;
    }
    const struct model_device *gpu = &run.model.devices[call->device];
    bool mine = gpu->present && gpu->chain == call->pin_chain;
    step->of = names_of_pin(call->pin_chain, call->pin_index);
    step->wants_ok =
        reach_can_dma(&run.model, call->device) && (mine || reach_is_physical(&run.model, call->device));
    for (uint32_t i = 0; i < call->count; i++)
        step->wanted[i] = contents_read(serial, (call->page + i) * MODEL_PAGE + call->offset);
}

/* ---- telling a step ---- */

static void put_memory(struct put *to, const struct step *step, enum telling how) {
    const struct call *call = &step->before;
    bool reaches = step->returned && how != TELL_FINAL ? step->after.dma_ok : step->wants_ok;
    if (call->opcode == OP_SCRIBBLE) {
        put(to, "    driver_writes(pages_%s.%s, %llu, ", names_suffix(step->of),
            call->flag ? "said.array" : "descriptor", (unsigned long long)call->page);
        put_number(to, call->stamp);
        put(to, ");\n");
        return;
    }
    if (call->opcode == OP_CPU_WRITE || call->opcode == OP_CPU_READ) {
        put(to, call->opcode == OP_CPU_WRITE ? "    *cpu_word(" : "    cpu_reads(");
        names_put_base(to, step->of);
        put(to, ", %lld", (long long)step->distance);
        put(to, call->opcode == OP_CPU_WRITE ? ") = " : ", ");
        put_number(to, call->opcode == OP_CPU_WRITE ? call->stamp : step->wanted[0]);
        put(to, call->opcode == OP_CPU_WRITE ? ";\n" : ");\n");
        return;
    }
    put(to, "    gpu_%s(%u, &pages_%s, ", call->opcode == OP_DMA_WRITE ? "writes" : "reads", call->device,
        names_suffix(step->of));
    put_number(to, call->page);
    put(to, ", %u, 0x%x, ", call->count, call->offset);
    if (call->opcode == OP_DMA_WRITE) {
        put_number(to, call->stamp);
    } else {
        for (uint32_t i = 0; i < call->count; i++) {
            put(to, i ? ", " : "(const uint64_t[]){");
            put_number(to, step->wanted[i]);
        }
        put(to, "}");
    }
    put(to, ", %s);\n", reaches ? "true" : "false");
}

static const char *status_name(NTSTATUS status) {
#define NAME(name)                                                                                           \
    if (status == name)                                                                                      \
        return #name;
    NAME(STATUS_UNSUCCESSFUL)
    NAME(STATUS_INVALID_HANDLE)
    NAME(STATUS_INVALID_PARAMETER)
    NAME(STATUS_NOT_SUPPORTED)
    NAME(STATUS_COMMITMENT_LIMIT)
    NAME(STATUS_INVALID_LEVEL)
    NAME(STATUS_INVALID_DEVICE_STATE)
    return "STATUS_INSUFFICIENT_RESOURCES";
}

static void put_legal(struct put *to, const struct step *step) {
    const struct legal legal = resolve_legal(&step->answer, &step->after);
    put(to, ", (struct legal){%s", legal.success ? ".success = true" : ".failure = true");
    put(to, "%s", legal.success && legal.failure ? ", .failure = true" : "");
    if (legal.status)
        put(to, ", .status = %s", status_name(legal.status));
    put(to, "%s%s%s}", legal.failure && legal.shortage ? ", .shortage = true" : "",
        legal.failure && legal.commitment ? ", .commitment = true" : "", legal.any ? ", .any = true" : "");
}

static void put_call(struct put *to, const struct step *step, enum telling how) {
    const struct call *call = &step->before;
    bool success = NT_SUCCESS(step->after.status);
    /* With a shortage both are right, and another implementation may do the other. */
    bool either = how == TELL_FINAL && success && (step->after.fired || step->answer.expect == MAY_FAIL);
    bool unknown = how == TELL_DEATH && !step->returned;
    const char *function = how == TELL_STATUS     ? "judged("
                           : how == TELL_ARGUMENT ? "unchanged("
                           : unknown              ? "(void)("
                           : either               ? "may_fail("
                                                  : "went(";
    put(to, "    %s%s", function, step->call);
    if (how == TELL_STATUS) {
        put_legal(to, step);
    } else if (how == TELL_ARGUMENT) {
        put(to, ", &was, &");
        names_put_argument(to, call->opcode, step->maker);
        put(to, ", sizeof was");
    } else if (!unknown && !either) {
        put(to, ", %s", success ? "true" : "false");
    }
    put(to, ");\n");
}

/* Whether the contract lets it be looked at what the call has made. */
static bool has_made(const struct step *step, enum telling how) {
    return !step->before.null_arg && step->returned && NT_SUCCESS(step->after.status) && how != TELL_STATUS &&
           step->answer.expect != MUST_FAIL;
}

static void put_pages(const struct step *step) {
    char line[48];
    snprintf(line, sizeof(line), "static struct pages pages_%s;\n", names_suffix(step->maker));
    if (!step->repeated || !strstr(scenario->variables.text, line))
        put(&scenario->variables, "%s", line);
}

static void put_made(struct put *to, const struct step *step) {
    const struct call *call = &step->before;
    const char *suffix = names_suffix(step->maker);
    if (call->opcode == OP_MAP) {
        put(to, "    descriptor_check_view(&map_%s, ", suffix);
        put_number(to, call->arg.map.Offset);
        put(to, ");\n");
        if (step->repeated)
            put(to, "    bases_%s[issued_%s++] = map_%s.pBaseAddress;\n", suffix, suffix, suffix);
    } else if (is_pin(call->opcode)) {
        bool legacy = call->opcode == OP_PIN;
        put_pages(step);
        put(to,
            legacy ? "    pages_%s = pages_of_mdl(pin_%s.pMdl, "
                   : "    pages_%s = pages_of_adl(pin2_%s.pAdl, ",
            suffix, suffix);
        put_number(to, legacy ? call->arg.pin.CommitSize : call->arg.pin2.CommitSize / MODEL_PAGE);
        if (!legacy && step->array)
            put(to, ", \"%s\"", step->array);
        put(to, legacy ? ");\n" : step->array ? ");\n" : ", NULL);\n");
    }
}

/* The word in the middle of each page that the CPU marked after a map: the executor does it where nobody
 * sees. */
static void put_marks(struct put *to, const struct step *step) {
    uint64_t first = step->before.arg.map.Offset - step->after.arg.map.Offset;
    for (unsigned i = 0; i < 2 && step->before.opcode == OP_MAP; i++) {
        uint64_t page = step->marks[i] - 1;
        if (step->marks[i] == 0 || contents_read(step->serial, mark_at(&step->before, i)) == 0)
            continue;
        put(to, "    *cpu_word(map_%s.pBaseAddress, 0x%llx) = ", names_suffix(step->maker),
            (unsigned long long)(page * MODEL_PAGE + CONTENTS_STAMP_OFFSET - first));
        put_number(to, contents_stamp(step->serial, page));
        put(to, "; /* a mark */\n");
    }
}

static void put_step(struct put *to, const struct step *step, enum telling how) {
    const struct call *call = &step->before;
    bool armed = call->fail_nth != 0 && call_injects(sut_get());
    if (program_class(call->opcode) == CLASS_SELF)
        return; /* what it does is told by itself */
    put(to, "    step(\"%s\");\n%s", step->label, step->operands);
    if (how == TELL_ARGUMENT) {
        put(to, "    const %s was = ", callbacks[call->opcode].type);
        names_put_argument(to, call->opcode, step->maker);
        put(to, ";\n");
    }
    if (armed)
        put(to, "    sut->arm_fault(%s, %u);\n", world_faults[call->fail_kind].name, call->fail_nth);
    if (step->answer.stops)
        put(to, "    stops = true;\n");
    if (step->inner)
        put(to, "    enters(within_%s);\n", names_suffix(step->maker));
    if (is_memory(call->opcode))
        put_memory(to, step, how);
    else if (call->opcode == OP_PRESSURE)
        put(to, "    sut->memory_pressure();\n");
    else
        put_call(to, step, how);
    if (step->answer.stops)
        put(to, "    finding(\"a call that returns\");\n");
    if (step->inner)
        put(to, "    enters(NULL);\n");
    if (armed)
        put(to, "    sut->arm_fault(SUT_FAULT_ANY, 0);\n");
    if (has_made(step, how))
        put_made(to, step);
    if (has_made(step, how) && how != TELL_DEATH) /* else it is another process that knows */
        put_marks(to, step);
}

static void flush(struct step *step, enum telling how) {
    if (step->rows)
        put(&step->looks, ");\n");
    step->rows = 0;
    if (step->active)
        put_step(scenario_text(step), step, how);
    put(scenario_text(step), "%s", step->looks.text);
    scenario->main.full |= step->looks.full;
    step->looks.used = 0;
    step->looks.text[0] = 0;
    step->active = false;
}

static void leave(enum telling how) {
    if (!scenario->entered)
        return;
    flush(&scenario->step[1], how);
    put(&scenario->inner, "    }\n}\n\n");
    scenario->entered = false;
}

void steps_tell(struct step *step, enum telling how) {
    if (step == scenario->step)
        leave(TELL_RESULT);
    flush(step, how);
}

void steps_end(enum telling how) {
    leave(how);
    flush(scenario->step, how);
    passes_end(&scenario->passes, &scenario->main);
}

/* ---- what happens ---- */

/* Up to the operation `last`. */
static void put_headings(uint32_t last) {
    static char text[TEXT_LINE_MAX];
    if (scenario->heading == run.op)
        return;
    scenario->heading = run.op;
    if (run.op == RUN_BOOT)
        put(&scenario->main, "\n    /* bringing the machine up */\n");
    /* Operations without a call, for they found nothing to do. */
    for (; scenario->headed < run.program->op_count && scenario->headed <= last && run.op != RUN_BOOT;
         scenario->headed++) {
        const struct program_op *op = &run.program->ops[scenario->headed];
        bool idle = scenario->headed < run.op && op->opcode != OP_REPEAT;
        text_print_op(op, text, sizeof(text));
        put(&scenario->main, "\n    /* %u: %s%s */\n", scenario->headed + 1, text,
            idle ? ": nothing to call" : "");
    }
    if (run.op == RUN_END)
        put(&scenario->main, "\n    /* taking the machine down */\n");
}

/* A pass begins, or the first of several, or what comes behind them. */
static void turn_pass(void) {
    struct passes *passes = &scenario->passes;
    const struct program_walk *walk = &run.walk;
    if (passes->open && (walk->passes < 2 || walk->end != passes->end))
        passes_end(passes, &scenario->main);
    if (walk->passes < 2)
        return;
    if (passes->open && walk->pass != passes->pass) {
        passes_next(passes, &scenario->main);
    } else if (!passes->open) {
        put_headings(walk->end - 1);
        passes_begin(passes, &scenario->main, walk->end);
    }
    passes->pass = walk->pass;
}

void steps_enter(void) {
    struct step *outer = &scenario->step[0];
    uint32_t entry = miniport_acted - scenario->entries;
    bool first = !scenario->entered;
    if (first)
        put(&scenario->inner,
            "/* Calls of drivers in what follows from %s, by the number of their entry. */\n"
            "static void within_%s(unsigned entry) {\n",
            outer->label, names_suffix(outer->maker));
    if (first || entry != scenario->entry)
        put(&scenario->inner, first ? "    if (entry == %u) {\n" : "    }\n    if (entry == %u) {\n", entry);
    outer->inner = true;
    scenario->entered = true;
    scenario->entry = entry;
}

void steps_circumstance(const char *function, unsigned value) {
    steps_tell(scenario->step, TELL_RESULT);
    turn_pass();
    put_headings(run.op);
    scenario->turn++;
    put(&scenario->main, "    sut->%s(%u);\n", function, value);
}

static void name_step(struct step *step, uint8_t opcode) {
    const char *word = text_opcodes[opcode];
    bool own = run.op < run.program->op_count;
    /* What drivers do within it is a function each time, and has its name. */
    bool alone = own && !run.inside && (!step->repeated || call_is_callback(opcode));
    step->maker = alone ? NAMES_OP(run.op) : NAMES_SERIAL(scenario->serials++);
    char number[16];
    snprintf(number, sizeof(number), "%u", run.op + 1);
    const char *where = own ? number : run.op == RUN_BOOT ? "boot" : "end";
    snprintf(step->label, sizeof(step->label), run.inside ? "%s, inside: %s" : "%s: %s", where, word);
}

static void put_answers(struct put *to, const struct call *call) {
    put(to, "    adapter[%u].settings = (struct miniport_settings)\n", call->device);
    settings_put(to, run.program, call->device, call->joiner);
    put(to, ";\n");
}

static void begin(const struct call *call) {
    struct step *step = scenario_step();
    struct put operands, expression, looks = step->looks;
    if (run.inside) {
        if (step->active)
            flush(step, TELL_RESULT);
        steps_enter();
        flush(step, TELL_RESULT); /* what was looked at before its first call */
    } else {
        steps_tell(step, TELL_RESULT);
        turn_pass();
        put_headings(run.op);
        scenario->entries = miniport_acted;
    }
    scenario->turn++;
    looks.used = 0;
    *step = (struct step){.active = true,
                          .repeated = run.walk.passes > 1 && !run.inside,
                          .before = *call,
                          .looks = looks,
                          .answer = ask(call)};
    scenario->told.op = run.op;
    name_step(step, call->opcode);
    know_area(step);
    put_begin(&operands, step->operands, sizeof(step->operands));
    put_begin(&expression, step->call, sizeof(step->call));
    if (call_is_callback(call->opcode))
        put_callback(&operands, &expression, step);
    else if (is_memory(call->opcode))
        know_memory(step);
    else if (program_class(call->opcode) == CLASS_BUS && call->opcode != OP_PRESSURE)
        put_bus(&expression, call);
    else if (call->opcode == OP_ANSWERS)
        put_answers(&scenario->main, call);
    scenario->main.full |= operands.full || expression.full;
    if (call->opcode == OP_UNPIN || call->opcode == OP_STOP || call->opcode == OP_REMOVE)
        names_ending();
}

static void end(const struct call *call) {
    struct step *step = scenario_step();
    step->after = *call;
    step->returned = true;
    if (!NT_SUCCESS(call->status) || step->answer.expect == MUST_FAIL)
        return;
    if (is_pin(call->opcode))
        names_pinned(step->answer.chain, step->answer.index, step->maker);
    else if (call->opcode == OP_MAP)
        names_mapped(step->maker);
}

void steps_observe(struct call *call, bool performed) {
    if (performed)
        end(call);
    else
        begin(call);
}
