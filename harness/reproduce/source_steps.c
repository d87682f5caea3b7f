/* The steps of a source: calls with their operands, and what the GPUs do between them. */
#include <inttypes.h>
#include <string.h>

#include "harness/program/operands.h"
#include "harness/program/text.h"
#include "harness/program/text_words.h"
#include "harness/reproduce/source_parts.h"

static const struct story_step *step_at(const struct source *s, uint32_t number) {
    return &s->story->step[number];
}

/* ---- names ---- */

const char *source_suffix(const struct source *s, uint32_t number) {
    static char names[4][16];
    static unsigned next;
    const struct story_step *step = step_at(s, number);
    char *name = names[next++ % 4];
    if (step->op < s->program->op_count && !step->inside && step->kind == STEP_CALL)
        snprintf(name, sizeof names[0], "%u", step->op + 1);
    else
        snprintf(name, sizeof names[0], "s%u", number);
    return name;
}

static const struct {
    const char *variable;
    const char *type;
    const char *function;
} callbacks[PROGRAM_OPCODES] = {
#define CALLBACK(name, number, word, race, needs, undone_by, help, member, type, slot, ...)                  \
    [OP_##name] = {#member, #type, #slot},
    PROGRAM_CALLBACKS(CALLBACK)};

void source_put_arg(struct source *s, uint32_t number) {
    source_put(s, "%s_%s", callbacks[step_at(s, number)->before.opcode].variable, source_suffix(s, number));
}

/* What `went` calls a step: "3: unpin". */
static void put_label(struct source *s, uint32_t number) {
    const struct story_step *step = step_at(s, number);
    const char *name = text_opcodes[step->before.opcode];
    if (step->inside)
        source_put(s, "\"%s inside %s\"", name,
                   step->op == RUN_BOOT  ? "the boot"
                   : step->op == RUN_END ? "the end"
                                         : source_suffix(s, number));
    else if (step->op == RUN_BOOT)
        source_put(s, "\"boot: %s\"", name);
    else if (step->op == RUN_END)
        source_put(s, "\"end: %s\"", name);
    else
        source_put(s, "\"%u: %s\"", step->op + 1, name);
}

void source_put_place(struct source *s, const struct story_place *place) {
    if (place->step == STORY_NOWHERE) {
        source_put(s, "UINT64_C(0x%llx)", (unsigned long long)place->address);
        return;
    }
    source_put(s, "page_number(&pages_%s, ", source_suffix(s, place->step));
    source_put_number(s, place->page);
    source_put(s, place->beside == 0 ? ")" : place->beside > 0 ? ") + 1" : ") - 1");
}

void source_put_address(struct source *s, uint32_t view_step, int64_t delta) {
    source_put(s, "(char *)");
    source_put_arg(s, view_step);
    source_put(s, ".pBaseAddress");
    if (delta != 0) {
        source_put(s, delta < 0 ? " - " : " + ");
        source_put_number(s, delta < 0 ? (uint64_t)-delta : (uint64_t)delta);
    }
}

/* ---- variables ---- */

bool source_makes_pages(const struct source *s, uint32_t number) {
    const struct story_step *step = step_at(s, number);
    return step->kind == STEP_CALL && (step->before.opcode == OP_PIN2 || step->before.opcode == OP_PIN) &&
           step->returned && NT_SUCCESS(step->after.status) &&
           (number != s->story->final_step ||
            (s->story->final != FINAL_ADL && !source_final_wants_status(s->story)));
}

/* Looks of GPUs behind a step, as far as they can be told again. */
static bool is_told(const struct source *s, uint32_t look, uint32_t step) {
    const struct story_look *l = &s->story->looked[look];
    return l->step == step && l->kind == LOOK_DMA && l->place.step != STORY_NOWHERE &&
           look < s->story->final_look;
}

static uint32_t count_looks(const struct source *s, uint32_t step) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->story->looks && s->needs.looks; i++)
        count += is_told(s, i, step);
    return count;
}

static void put_looks(struct source *s, uint32_t step) {
    source_put(s, "static const struct look looks_%s[] = {\n", source_suffix(s, step));
    for (uint32_t i = 0; i < s->story->looks; i++) {
        const struct story_look *l = &s->story->looked[i];
        if (!is_told(s, i, step))
            continue;
        source_put(s, "    {%u, &pages_%s, ", l->adapter, source_suffix(s, l->place.step));
        source_put_number(s, l->place.page);
        source_put(s, ", %d, 0x%x, ", l->place.beside, l->offset);
        source_put(s, l->write ? "UINT64_C(0x%llx)},\n" : "0},\n", (unsigned long long)l->value);
    }
    source_put(s, "};\n");
}

void source_variables(struct source *s) {
    source_put(s, "/* ---- what the calls take and give; the numbers are the operations' ---- */\n\n");
    for (uint32_t i = 0; i < s->story->steps; i++) {
        const struct story_step *step = step_at(s, i);
        if (step->kind != STEP_CALL || !call_is_callback(step->before.opcode) || step->before.null_arg)
            continue;
        source_put(s, "static %s ", callbacks[step->before.opcode].type);
        source_put_arg(s, i);
        source_put(s, ";\n");
        if (source_makes_pages(s, i))
            source_put(s, "static struct pages pages_%s;\n", source_suffix(s, i));
    }
    for (uint32_t i = 0; i < s->story->steps; i++)
        if (count_looks(s, i))
            put_looks(s, i);
    source_put(s, "\n");
}

/* ---- callbacks ---- */

static void put_member(struct source *s, uint32_t number, const char *member, uint64_t value) {
    if (value == 0)
        return; /* the variables are static: zero */
    source_put(s, "    ");
    source_put_arg(s, number);
    source_put(s, ".%s = ", member);
    source_put_number(s, value);
    source_put(s, ";\n");
}

static void put_pointer(struct source *s, uint32_t number, const char *member, const void *value) {
    if (!value)
        return;
    source_put(s, "    ");
    source_put_arg(s, number);
    source_put(s, ".%s = (void *)(uintptr_t)0x%" PRIxPTR ";\n", member, (uintptr_t)value);
}

/* Bytes that no member shows, when somebody has set them. */
static void put_padding(struct source *s, uint32_t number, size_t offset) {
    uint32_t pad;
    memcpy(&pad, step_at(s, number)->before.arg.raw + offset, sizeof pad);
    if (pad == 0)
        return;
    source_put(s, "    memcpy((char *)&");
    source_put_arg(s, number);
    source_put(s, " + %zu, &(uint32_t){0x%" PRIx32 "}, 4); /* padding */\n", offset, pad);
}

/* "CommitSize" of "arg.pin2.CommitSize". */
static const char *member_name(const struct program_operand *operand) {
    return strchr(operand->member + strlen("arg."), '.') + 1;
}

static void put_operand(struct source *s, uint32_t number, const struct program_operand *operand) {
    const struct story_step *step = step_at(s, number);
    const char *name = member_name(operand);
    uint64_t value = 0;
    memcpy(&value, step->before.arg.raw + program_operand_at(operand), operand->width);
    if (operand->kind != OPERAND_OUT) {
        put_member(s, number, name, value);
    } else if (step->before.opcode != OP_UNMAP || step->maker == STORY_NOWHERE) {
        put_pointer(s, number, name, (const void *)(uintptr_t)value);
    } else {
        source_put(s, "    ");
        source_put_arg(s, number);
        source_put(s, ".%s = ", name);
        source_put_address(s, step->maker, step->delta);
        source_put(s, ";\n");
    }
}

static void put_operands(struct source *s, uint32_t number) {
    const struct call *call = &step_at(s, number)->before;
    if (call->null_arg)
        return;
    unsigned end = 0; /* of the member before */
    for (const struct program_operand *operand = program_operands(call->opcode); operand->name; operand++) {
        if (operand->offset < offsetof(struct program_op, arg))
            continue;
        unsigned at = program_operand_at(operand);
        if (at > end)
            put_padding(s, number, end);
        end = at + operand->width;
        put_operand(s, number, operand);
    }
}

static void put_handle(struct source *s, const struct story_step *step) {
    if (step->handle == SYMBOL_ISSUED) {
        source_put(s, "issued[%u]", step->handle_issued);
    } else if (step->handle == SYMBOL_ADAPTER && step->handle_delta == 0) {
        source_put(s, "adapter[%u].handle", step->handle_adapter);
    } else if (step->handle == SYMBOL_ADAPTER) {
        source_put(s, "(HANDLE)((uintptr_t)adapter[%u].handle %c 0x%llx)", step->handle_adapter,
                   step->handle_delta < 0 ? '-' : '+',
                   (unsigned long long)(step->handle_delta < 0 ? -step->handle_delta : step->handle_delta));
    } else if (step->handle_delta == 0) {
        source_put(s, "NULL");
    } else {
        source_put(s, "(HANDLE)(uintptr_t)0x%llx", (unsigned long long)step->handle_delta);
    }
}

/* The call, as an expression. */
static void put_callback(struct source *s, uint32_t number) {
    const struct story_step *step = step_at(s, number);
    source_put(s, "adapter[%u].dxgkrnl.%s(", step->table, callbacks[step->before.opcode].function);
    put_handle(s, step);
    if (step->before.null_arg) {
        source_put(s, ", NULL)");
    } else {
        source_put(s, ", &");
        source_put_arg(s, number);
        source_put(s, ")");
    }
}

/* ---- the bus ---- */

static void put_bus(struct source *s, const struct story_step *step) {
    const struct call *call = &step->before;
    switch ((enum program_bus)call->opcode) {
    case BUS_ADD:
        source_put(s, "add(%u)", call->device);
        break;
    case BUS_LINK:
        source_put(s, "sut->link(%u, %u)", call->device, call->joiner);
        break;
    case BUS_START:
        source_put(s, "sut->start(%u)", call->device);
        break;
    case BUS_STOP:
        source_put(s, "sut->stop(%u)", call->device);
        break;
    case BUS_REMOVE:
        source_put(s, "sut->remove(%u)", call->device);
        break;
    case BUS_SURPRISE_REMOVE:
        source_put(s, "sut->surprise_remove(%u)", call->device);
        break;
    case BUS_POWER:
        source_put(s, "sut->power(%u, %s)", call->device, call->flag ? "true /* D0 */" : "false /* D3 */");
        break;
    case BUS_RESET:
        source_put(s, "sut->reset(%u, %s)", call->device,
                   call->flag ? "true /* begin */" : "false /* end */");
        break;
    case BUS_PRESSURE: /* has no status */
        break;
    }
}

static void put_chain(struct source *s, const struct story_step *step) {
    if (!s->needs.chains || step->before.opcode != OP_START || step->member_count == 0)
        return;
    source_put(s, "    assemble(%u, (const unsigned[]){", step->member_count);
    for (uint32_t i = 0; i < step->member_count; i++)
        source_put(s, i ? ", %u" : "%u", step->members[i]);
    source_put(s, "});\n");
}

static void put_after_bus(struct source *s, const struct story_step *step) {
    if (!s->needs.strict)
        return;
    if (step->before.opcode == OP_START && step->member_count)
        source_put(s, "    adapter[%u].starting = false;\n", step->members[0]);
    else if (step->before.opcode == OP_SURPRISE_REMOVE && NT_SUCCESS(step->after.status))
        source_put(s, "    adapter[%u].gone = true;\n", step->before.device);
}

/* ---- DMA and CPU ---- */

/* One word of a DMA operation: `i` of several, or the only one. */
static void put_dma_word(struct source *s, uint32_t number, const char *indent) {
    const struct story_step *step = step_at(s, number);
    const struct call *call = &step->before;
    bool write = call->opcode == OP_DMA_WRITE;
    bool several = call->count > 1;
    source_put(s, "%sword = ", indent);
    source_put_number(s, write ? call->stamp : 0);
    source_put(s, several && write ? " + i;\n" : ";\n");
    source_put(s, "%sdone &= gpu_access(%u, &pages_%s, ", indent, call->device,
               source_suffix(s, step->maker));
    source_put_number(s, call->page);
    source_put(s, "%s, 0x%x, &word, %s);\n", several ? " + i" : "", call->offset, write ? "true" : "false");
    if (write || !step->wants_ok)
        return;
    if (several) {
        source_put(s, "%sstatic const uint64_t words[] = {", indent);
        for (uint32_t i = 0; i < call->count; i++)
            source_put(s, i ? ", 0x%llx" : "0x%llx", (unsigned long long)step->wanted[i]);
        source_put(s, "};\n");
    }
    bool final = number == s->story->final_step && s->story->final == FINAL_DMA;
    if (final) {
        source_put(s, "%sif (done && word != ", indent);
    } else {
        source_put(s, "%sif (done)\n%s    reads(", indent, indent);
        put_label(s, number);
        source_put(s, ", word, ");
    }
    if (several)
        source_put(s, "words[i]");
    else
        source_put_number(s, step->wanted[0]);
    if (final)
        source_put(s, ")\n%s    finding(\"0x%%llx\", (unsigned long long)word);\n", indent);
    else
        source_put(s, ");\n");
}

static void put_dma(struct source *s, uint32_t number) {
    const struct story_step *step = step_at(s, number);
    source_put(s, "    done = true;\n");
    if (step->before.count > 1) {
        source_put(s, "    for (uint64_t i = 0; i < %u; i++) {\n", step->before.count);
        put_dma_word(s, number, "        ");
        source_put(s, "    }\n");
    } else {
        put_dma_word(s, number, "    ");
    }
    if (number == s->story->final_step && s->story->final == FINAL_DMA) {
        source_put(s, step->wants_ok ? "    if (!done)\n        finding(\"a fault\");\n"
                                     : "    if (done)\n        finding(\"it went through\");\n");
        return;
    }
    source_put(s, "    went(");
    put_label(s, number);
    source_put(s, ", done ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL, %s);\n",
               step->after.dma_ok && step->returned ? "true" : "false");
}

static void put_cpu(struct source *s, uint32_t number) {
    const struct story_step *step = step_at(s, number);
    const struct call *call = &step->before;
    bool final = number == s->story->final_step && s->story->final == FINAL_CPU;
    if (call->opcode == OP_CPU_WRITE) {
        source_put(s, "    *(volatile uint64_t *)(");
        source_put_address(s, step->maker, step->delta);
        source_put(s, ") = UINT64_C(0x%llx);\n", (unsigned long long)call->stamp);
    } else if (final) {
        source_put(s, "    uint64_t word = *(volatile uint64_t *)(");
        source_put_address(s, step->maker, step->delta);
        source_put(s,
                   ");\n    if (word != UINT64_C(0x%llx))\n"
                   "        finding(\"0x%%llx\", (unsigned long long)word);\n",
                   (unsigned long long)step->wanted[0]);
    } else {
        source_put(s, "    reads(");
        put_label(s, number);
        source_put(s, ", *(volatile uint64_t *)(");
        source_put_address(s, step->maker, step->delta);
        source_put(s, "), UINT64_C(0x%llx));\n", (unsigned long long)step->wanted[0]);
    }
}

/* ---- a step ---- */

static const char *const fault_names[SUT_FAULT_KINDS] = {
    [SUT_FAULT_ANY] = "SUT_FAULT_ANY",       [SUT_FAULT_POOL] = "SUT_FAULT_POOL",
    [SUT_FAULT_LOCK] = "SUT_FAULT_LOCK",     [SUT_FAULT_DOMAIN] = "SUT_FAULT_DOMAIN",
    [SUT_FAULT_VIEW] = "SUT_FAULT_VIEW",     [SUT_FAULT_COMMIT] = "SUT_FAULT_COMMIT",
    [SUT_FAULT_ATTACH] = "SUT_FAULT_ATTACH",
};

/* A call that returns a status: a callback or the bus. */
static void put_status_call(struct source *s, uint32_t number) {
    const struct story_step *step = step_at(s, number);
    const struct call *call = &step->before;
    bool final = number == s->story->final_step;
    bool wants_status = final && source_final_wants_status(s->story);
    /* With a shortage both are right, and another implementation may do the other. */
    bool either = final && !wants_status && step->returned && NT_SUCCESS(step->after.status) &&
                  (step->after.fired || step->answer.expect == MAY_FAIL);
    bool armed = call->fail_nth != 0 && call_injects(sut_get());
    if (final && s->story->final == FINAL_ARGUMENT) {
        source_put(s, "    const %s was = ", callbacks[call->opcode].type);
        source_put_arg(s, number);
        source_put(s, ";\n");
    }
    if (armed)
        source_put(s, "    sut->arm_fault(%s, %u);\n", fault_names[call->fail_kind], call->fail_nth);
    if (wants_status || either) {
        source_put(s, "    NTSTATUS status = ");
    } else if (!step->returned) { /* nobody knows what it would have been */
        source_put(s, "    (void)");
    } else {
        source_put(s, "    went(");
        put_label(s, number);
        source_put(s, ", ");
    }
    if (call_is_callback(call->opcode))
        put_callback(s, number);
    else
        put_bus(s, step);
    if (wants_status || either || !step->returned)
        source_put(s, ";\n");
    else
        source_put(s, ", %s);\n", NT_SUCCESS(step->after.status) ? "true" : "false");
    if (armed)
        source_put(s, "    sut->arm_fault(SUT_FAULT_ANY, 0);\n");
    if (either)
        source_put(s, "    if (!NT_SUCCESS(status)) {\n"
                      "        printf(\"kept: it fails with 0x%%08x, as it may\\n\", (unsigned)status);\n"
                      "        return 0;\n"
                      "    }\n");
}

/* The word in the middle of each page that the CPU marked after a map. */
static void put_view_marks(struct source *s, uint32_t number) {
    const struct story_step *step = step_at(s, number);
    if (step->before.opcode != OP_MAP || !step->returned || !NT_SUCCESS(step->after.status))
        return;
    uint64_t first = step->before.arg.map.Offset - step->after.arg.map.Offset;
    for (unsigned i = 0; i < 2; i++) {
        if (step->marked[i] == 0)
            continue;
        uint64_t page = step->marked[i] - 1;
        source_put(s, "    *(volatile uint64_t *)(");
        source_put_address(s, number, (int64_t)(page * MODEL_PAGE + CONTENTS_STAMP_OFFSET - first));
        source_put(s, ") = UINT64_C(0x%llx); /* a mark */\n",
                   (unsigned long long)contents_stamp(step->serial, page));
    }
}

static bool has_inner(const struct source *s, uint32_t number) {
    return number + 1 < s->story->steps && s->story->step[number + 1].inside;
}

static void put_access(struct source *s, uint32_t number) {
    switch ((enum program_access)step_at(s, number)->before.opcode) {
    case ACCESS_DMA_READ:
    case ACCESS_DMA_WRITE:
        put_dma(s, number);
        break;
    case ACCESS_CPU_READ:
    case ACCESS_CPU_WRITE:
        put_cpu(s, number);
        break;
    }
}

static void put_bus_step(struct source *s, uint32_t number) {
    const struct story_step *step = step_at(s, number);
    if (step->before.opcode == OP_PRESSURE) {
        source_put(s, "    sut->memory_pressure();\n");
        return;
    }
    put_chain(s, step);
    put_status_call(s, number);
    put_after_bus(s, step);
}

static void put_self(struct source *s, const struct call *call) {
    switch ((enum program_self)call->opcode) {
    case SELF_IRQL:
        source_put(s, "    sut->set_irql(%u);\n", call->irql);
        break;
    }
}

static void put_call(struct source *s, uint32_t number) {
    const struct story_step *step = step_at(s, number);
    const struct call *call = &step->before;
    bool inner = !step->inside && has_inner(s, number);
    if (number == s->story->final_step)
        source_before_final(s);
    if (source_pool_of_pin(s->story, number))
        source_put(s, "    sut->ledger(&before_pin);\n");
    if (inner)
        source_put(s, "    within = within_%s;\n    entries = 0;\n", source_suffix(s, number));
    switch (program_class(call->opcode)) {
    case CLASS_CALLBACK:
        put_operands(s, number);
        put_status_call(s, number);
        break;
    case CLASS_ACCESS:
        put_access(s, number);
        break;
    case CLASS_BUS:
        put_bus_step(s, number);
        break;
    case CLASS_SELF:
        put_self(s, call);
        break;
    case CLASS_ORDER:
        break;
    }
    if (inner)
        source_put(s, "    within = NULL;\n");
    if (source_makes_pages(s, number)) {
        source_put(s, "    pages_%s = pages_of_%s(", source_suffix(s, number),
                   call->opcode == OP_PIN2 ? "adl" : "mdl");
        source_put_arg(s, number);
        source_put(s, call->opcode == OP_PIN2 ? ".pAdl);\n" : ".pMdl);\n");
    }
    put_view_marks(s, number);
    if (count_looks(s, number))
        source_put(s, "    LOOK(looks_%s);\n", source_suffix(s, number));
    if (source_pool_of_pin(s->story, number))
        source_put(s, "    sut->ledger(&after_pin);\n");
    if (number == s->story->final_step)
        source_final(s);
}

void source_within(struct source *s) {
    for (uint32_t i = 0; i < s->story->steps; i++) {
        if (s->story->step[i].inside || !has_inner(s, i))
            continue;
        source_put(s, "/* Calls of drivers in what follows from ");
        put_label(s, i);
        source_put(s, ", by the number of their entry. */\nstatic void within_%s(unsigned entry) {\n",
                   source_suffix(s, i));
        uint32_t entry = UINT32_MAX;
        for (uint32_t k = i + 1; k < s->story->steps && s->story->step[k].inside; k++) {
            if (s->story->step[k].entry != entry) {
                source_put(
                    s, entry == UINT32_MAX ? "    if (entry == %u) {\n" : "    }\n    if (entry == %u) {\n",
                    s->story->step[k].entry);
                entry = s->story->step[k].entry;
            }
            put_call(s, k);
        }
        source_put(s, "    }\n}\n\n");
    }
}

/* ---- all steps ---- */

static void put_heading(struct source *s, uint32_t op, uint32_t done) {
    static char text[TEXT_LINE_MAX];
    if (op == RUN_BOOT) {
        source_put(s, "\n    /* bringing the machine up */\n");
        return;
    }
    /* Operations without a call, for they found nothing to do. */
    for (uint32_t i = done; i < s->program->op_count && i <= op; i++) {
        text_print_op(&s->program->ops[i], text, sizeof text);
        source_put(s, "\n    /* %u: %s%s */\n", i + 1, text, i < op ? ": nothing to call" : "");
    }
    if (op == RUN_END)
        source_put(s, "\n    /* taking the machine down */\n");
}

void source_story(struct source *s) {
    const struct story *story = s->story;
    uint32_t heading = UINT32_MAX - 2; /* none */
    uint32_t done = 0;
    bool over = false;
    if (s->needs.dma)
        source_put(s, "    uint64_t word;\n    bool done;\n");
    if (story->steps == 0 && story->final != FINAL_KEPT)
        source_final(s);
    for (uint32_t i = 0; i < story->steps && !over; i++) {
        const struct story_step *step = step_at(s, i);
        if (step->inside)
            continue;
        if (step->op != heading) {
            put_heading(s, step->op, done);
            heading = step->op;
            done = heading < s->program->op_count ? heading + 1 : done;
        }
        if (step->kind == STEP_ACTOR)
            source_put(s, "    sut->set_actor(%u);\n", step->actor);
        else if (step->kind == STEP_IRQL)
            source_put(s, "    sut->set_irql(%u);\n", step->irql);
        else
            put_call(s, i);
        if (step->kind == STEP_CALL)
            continue;
        if (count_looks(s, i))
            source_put(s, "    LOOK(looks_%s);\n", source_suffix(s, i));
        if (i == story->final_step)
            source_final(s);
    }
    if (story->final == FINAL_DIED)
        source_final(s);
    if (story->final == FINAL_KEPT) {
        if (heading != RUN_END && story->steps)
            put_heading(s, RUN_END, done);
        source_final(s);
    }
    source_put(s, "\n    sut->shutdown();\n    printf(\"kept\\n\");\n    return 0;\n");
}
