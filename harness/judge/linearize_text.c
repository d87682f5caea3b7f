/* What a person reads of a history that no serial order explains. */
#include <stdio.h>
#include <string.h>

#include "harness/contract/ledger.h"
#include "harness/judge/linearize.h"
#include "harness/program/operands.h"
#include "harness/program/text_words.h"

/* ---- the final state ---- */

bool linearize_ledger_fits(const struct model *model, const struct sut_ledger *found) {
    const struct sut_ledger wanted = model_ledger(model);
    bool fits = true;
#define COMPARE(member, what, ...)                                                                           \
    fits &= found->member == wanted.member || dialect_frees(LEDGER_##member, wanted.member, found->member);
    LEDGER_COUNTS(COMPARE)
    return fits;
}

const char *linearize_ledger_tells(const struct model *model, const struct sut_ledger *found, char *text,
                                   size_t size) {
    const struct sut_ledger wanted = model_ledger(model);
    size_t used = 0;
    text[0] = 0;
#define TELL(member, what, ...)                                                                              \
    if (found->member != wanted.member && used < size)                                                       \
        used +=                                                                                              \
            (size_t)snprintf(text + used, size - used, "%s%llu %s, not %llu", used ? "; " : "",              \
                             (unsigned long long)found->member, what, (unsigned long long)wanted.member);
    LEDGER_COUNTS(TELL)
    return text;
}

/* ---- the history ---- */

static void put_callback(const struct call *call, const char *word, char *text, size_t size) {
    int used = snprintf(text, size, "%s index %u", word, call->arg.unpin.PhysicalAdapterIndex);
    for (const struct program_operand *o = program_operands(call->opcode); o->name; o++) {
        SIZE_T bytes;
        if (o->kind != OPERAND_SIZE && o->kind != OPERAND_OFFSET)
            continue;
        memcpy(&bytes, call->arg.raw + program_operand_at(o), sizeof(bytes));
        if (used >= 0 && (size_t)used < size)
            used += snprintf(text + used, size - (size_t)used,
                             o->kind == OPERAND_SIZE ? ", 0x%llx bytes" : " at 0x%llx",
                             (unsigned long long)bytes);
    }
}

static void put_bus(const struct call *call, const char *word, char *text, size_t size) {
    switch ((enum program_bus)call->opcode) {
    case BUS_PRESSURE:
        snprintf(text, size, "%s", word);
        break;
    case BUS_POWER:
        snprintf(text, size, "%s %u %s", word, call->device, call->flag ? "d0" : "d3");
        break;
    case BUS_RESET:
        snprintf(text, size, "%s %u %s", word, call->device, call->flag ? "begin" : "end");
        break;
    case BUS_START:
    case BUS_STOP:
    case BUS_ADD:
    case BUS_REMOVE:
    case BUS_SURPRISE_REMOVE:
    case BUS_LINK:
    case BUS_SECURE_VM:
        snprintf(text, size, "%s %u", word, call->device);
        break;
    }
}

/* "pin2 index 0, 0x8000 bytes" */
static void put_call(const struct call *call, char *text, size_t size) {
    const char *word = text_opcodes[call->opcode];
    if (call_is_callback(call->opcode) && call->null_arg) {
        snprintf(text, size, "%s (no argument)", word);
        return;
    }
    switch (program_class(call->opcode)) {
    case CLASS_CALLBACK:
        put_callback(call, word, text, size);
        break;
    case CLASS_BUS:
        put_bus(call, word, text, size);
        break;
    case CLASS_ACCESS:
        if (call->opcode == OP_OVERWRITE) {
            snprintf(text, size, "%s member %llu with 0x%llx", word, (unsigned long long)call->page,
                     (unsigned long long)call->stamp);
            break;
        }
        snprintf(text, size, "%s gpu %u, page 0x%llx of index %u", word, call->device,
                 (unsigned long long)call->page, call->pin_index);
        break;
    case CLASS_SELF:
    case CLASS_ORDER:
        snprintf(text, size, "%s", word);
        break;
    }
}

static void put_answer(const struct call *call, char *text, size_t size) {
    if (call->opcode == OP_PRESSURE)
        snprintf(text, size, "done");
    else if (call->opcode == OP_OVERWRITE)
        snprintf(text, size, "%s", call->dma_ok ? "written" : "no other call");
    else if (program_class(call->opcode) == CLASS_ACCESS)
        snprintf(text, size, "%s", call->dma_ok ? "through" : "a fault");
    else if (NT_SUCCESS(call->status))
        snprintf(text, size, "success");
    else
        snprintf(text, size, "0x%08x", (unsigned)call->status);
}

static const char *part_of(const struct linearize_event *event) {
    static const char *const names[] = {
        [EVENT_CALL] = "",
        [EVENT_BEGIN] = " begins",
        [EVENT_DEAD] = ": handles are dead",
        [EVENT_STOPPED] = ": stopped",
        [EVENT_LEAVE] = ": gone",
    };
    return names[event->kind];
}

static void put_history(const struct linearize_call *calls, uint32_t count, FILE *to) {
    fprintf(to, "history (each call from its invocation to its answer, on one clock):\n");
    uint32_t printed = 0;
    for (uint32_t n = 0; n < count; n++) {
        uint32_t next = count;
        for (uint32_t i = 0; i < count; i++)
            if (!(printed >> i & 1) && (next == count || calls[i].invoked < calls[next].invoked))
                next = i;
        printed |= 1u << next;
        char what[96], answer[16];
        put_call(calls[next].asked, what, sizeof(what));
        size_t used = strlen(what);
        if (calls[next].within)
            snprintf(what + used, sizeof(what) - used, ", within %c", 'a' + calls[next].within - 1);
        put_answer(calls[next].answered, answer, sizeof(answer));
        fprintf(to, "  %c  actor %u  %3u..%-3u %-44s -> %s\n", (char)('a' + next), calls[next].asked->actor,
                calls[next].invoked, calls[next].returned, what, answer);
    }
}

void linearize_explain(const struct linearize_call *calls, uint32_t count,
                       const struct linearize_result *result, FILE *to) {
    put_history(calls, count, to);
    if (result->explained)
        fprintf(to, "a serial order that explains it:");
    else
        fprintf(to, "as far as a serial order explains it:");
    for (uint32_t i = 0; i < result->order.count; i++) {
        const struct linearize_event *event = &result->order.events[i];
        fprintf(to, "%s %c%s", i ? "," : "", (char)('a' + event->call), part_of(event));
    }
    fprintf(to, "%s\n", result->order.count ? "" : " not at all");
    if (result->explained || result->gave_up)
        return;
    if (result->culprit == LINEARIZE_CALLS) {
        fprintf(to, "there every answer fits; but of %u such order%s none ends in the state that was found\n",
                result->orders, result->orders == 1 ? "" : "s");
        return;
    }
    const struct model_answer *wanted = &result->wanted;
    fprintf(to, "there %c should have answered ", (char)('a' + result->culprit));
    if (wanted->expect == MUST_FAIL)
        fprintf(to, "0x%08x (%s)\n", (unsigned)wanted->status, contract_table[wanted->clause].id);
    else
        fprintf(to, "success%s\n", wanted->expect == MAY_FAIL ? " or a shortage" : "");
}
