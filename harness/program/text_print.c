/*
 * Printing programs. An operation is printed by taking shown members out of a copy: what is left is
 * printed by its plain name at the end, so nothing can be forgotten (no loss, whatever the bytes).
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "harness/program/operands.h"
#include "harness/program/text.h"
#include "harness/program/text_words.h"

struct out {
    char *buffer;
    size_t capacity;
    size_t length; /* what was asked for, written or not */
};

__attribute__((format(printf, 2, 3))) static void put(struct out *out, const char *format, ...) {
    size_t room = out->length < out->capacity ? out->capacity - out->length : 0;
    va_list list;
    va_start(list, format);
    int length = vsnprintf(room ? out->buffer + out->length : NULL, room, format, list);
    va_end(list);
    out->length += length > 0 ? (size_t)length : 0;
}

static struct out out_begin(char *buffer, size_t capacity) {
    struct out out = {buffer, capacity, 0};
    put(&out, "%s", "");
    return out;
}

static void put_hex(struct out *out, const char *name, uint64_t value) {
    put(out, value < 10 ? " %s=%" PRIu64 : " %s=0x%" PRIx64, name, value);
}

/* ---- operations ---- */

static void put_delta(struct out *out, int delta) {
    if (delta != 0)
        put(out, "%+dp", delta);
}

/* What a form is written with; a number stands for itself. */
static const char *form_word(enum program_form form) {
    switch (form) {
    case FORM_MAXIMUM:
    case FORM_MAXIMUM_BYTES:
        return "MaximumSize";
    case FORM_HALF:
        return "MaximumSize/2";
    case FORM_COUNT32:
        return "2^32p";
    case FORM_MDL_LIMIT:
        return "MdlLimit";
    case FORM_TOP:
        return "2^64";
    case FORM_RAW:
    case FORM_PAGES:
    case PROGRAM_FORMS:
        break;
    }
    return "";
}

static void put_form(struct out *out, const char *name, uint8_t form, int8_t delta, uint64_t raw) {
    if (form == FORM_RAW)
        put(out, raw < 10 ? " %s=%" PRIu64 : " %s=0x%" PRIx64, name, raw);
    else if (form == FORM_PAGES)
        put(out, " %s=%dp", name, delta);
    else if (form == FORM_MAXIMUM_BYTES)
        put(out, " %s=%s%+db", name, form_word(form), delta);
    else
        put(out, " %s=%s", name, form_word(form));
    if (form != FORM_RAW && form != FORM_PAGES && form != FORM_MAXIMUM_BYTES)
        put_delta(out, delta);
}

static void put_handle(struct out *out, struct program_op *rest) {
    const char *word = text_handles[rest->handle];
    switch ((enum program_handle)rest->handle) {
    case HANDLE_LEAD:
    case HANDLE_OWN:
        put(out, " %s(%u)", word, rest->adapter);
        rest->adapter = 0;
        break;
    case HANDLE_NULL:
        put(out, " %s", word);
        break;
    case HANDLE_ISSUED:
        put(out, " %s(%" PRId64 ")", word, rest->value);
        rest->value = 0;
        break;
    case HANDLE_RAW:
        put(out, rest->value < 0 ? " %s(-0x%" PRIx64 ")" : " %s(0x%" PRIx64 ")", word,
            rest->value < 0 ? (uint64_t)-rest->value : (uint64_t)rest->value);
        rest->value = 0;
        break;
    case HANDLE_NEAR:
        put(out, " %s(%u,%+" PRId64 ")", word, rest->adapter, rest->value);
        rest->adapter = 0;
        rest->value = 0;
        break;
    case PROGRAM_HANDLES:
        break;
    }
    rest->handle = 0;
}

static void put_view(struct out *out, struct program_op *rest, bool with_delta) {
    switch ((enum program_view)rest->view_form) {
    case VIEW_LIVE:
        put(out, " view=%u", rest->view);
        break;
    case VIEW_ISSUED:
        put(out, " view=issued(%u)", rest->view);
        break;
    case VIEW_RAW:
        put(out, " view=raw");
        if (rest->view != 0)
            put(out, "(%u)", rest->view);
        break;
    case PROGRAM_VIEWS:
        break;
    }
    rest->view_form = 0;
    rest->view = 0;
    if (with_delta) {
        put_delta(out, rest->offset_delta);
        rest->offset_delta = 0;
    }
}

/* A number of the argument, when it is not zero. */
static void put_number(struct out *out, const char *name, uint64_t value, bool hex) {
    if (value == 0)
        return;
    if (hex)
        put_hex(out, name, value);
    else
        put(out, " %s=%" PRIu64, name, value);
}

static void put_flags(struct out *out, uint64_t value) {
    if (value & 1)
        put(out, " PreferContiguous");
    put_number(out, "Reserved", value >> 1, true);
}

static void put_race(struct out *out, struct program_op *rest) {
    struct program_race race;
    program_race_get(rest, &race);
    put(out, " ops=%u", race.ops);
    if (race.first != 0)
        put(out, " first=%u", race.first);
    for (unsigned i = 0; i < race.switches; i++) {
        put(out, " switch=%s%" PRIu32 ":%u", race.at[i].locks ? "lock" : "", race.at[i].points,
            race.at[i].actor);
    }
    program_race_set(rest, &(struct program_race){.ops = 1});
}

/* A size or an offset; true when it shows what the structure holds. Its form covers that up else, and a pad
 * shows it. */
static bool put_formed(struct out *out, const char *name, uint8_t *form, int8_t *delta, uint64_t value,
                       bool always) {
    if (*form == FORM_RAW) {
        if (always || value != 0)
            put_form(out, name, FORM_RAW, 0, value);
        return true;
    }
    put_form(out, name, *form, *delta, value);
    *form = 0;
    *delta = 0;
    return false;
}

static void put_adapter_number(struct out *out, const char *name, struct program_op *rest) {
    put(out, *name ? " %s=%u" : " %s%u", name, rest->adapter);
    rest->adapter = 0;
}

static void put_state(struct out *out, struct program_op *rest, const char *set, const char *clear) {
    put(out, " %s", rest->flag ? set : clear);
    rest->flag = false;
}

/* Prints an operand and takes it out of the rest. */
static void put_operand(struct out *out, struct program_op *rest, const struct program_operand *operand) {
    const char *name = operand->name;
    bool in_arg = operand->offset >= offsetof(struct program_op, arg);
    uint64_t value = in_arg ? program_operand_get(rest, operand) : 0;
    switch ((enum operand_kind)operand->kind) {
    case OPERAND_HANDLE:
        put_handle(out, rest);
        break;
    case OPERAND_CHAIN:
    case OPERAND_ADAPTER:
    case OPERAND_ABSENT:
    case OPERAND_GPU:
        put_adapter_number(out, name, rest);
        break;
    case OPERAND_JOINER:
        put(out, " %" PRId64, rest->value);
        rest->value = 0;
        break;
    case OPERAND_D_STATE:
        put_state(out, rest, "d0", "d3");
        break;
    case OPERAND_TDR:
        put_state(out, rest, "begin", "end");
        break;
    case OPERAND_LEVEL:
        put(out, " %s", text_irqls[rest->irql]);
        rest->irql = 0;
        break;
    case OPERAND_INDEX:
        put(out, " %s=%" PRIu64, name, value);
        break;
    case OPERAND_SIZE:
        in_arg = put_formed(out, name, &rest->size_form, &rest->size_delta, value, true);
        break;
    case OPERAND_OFFSET:
        in_arg = put_formed(out, name, &rest->offset_form, &rest->offset_delta, value, false);
        break;
    case OPERAND_FLAGS:
        put_flags(out, value);
        break;
    case OPERAND_BASE:
    case OPERAND_VIEW:
        put_view(out, rest, true);
        break;
    case OPERAND_PIN:
        if (rest->view_form == VIEW_LIVE) { /* else `view` shows both */
            put(out, " %s=%u", name, rest->view);
            rest->view = 0;
        }
        break;
    case OPERAND_PAGE:
    case OPERAND_NUMBER:
        put_number(out, name, value, false);
        break;
    case OPERAND_COUNT:
        put_number(out, name, value ? value + 1 : 0, false);
        break;
    case OPERAND_SPAN:
    case OPERAND_TIMES:
        put_number(out, name, value + 1, false);
        break;
    case OPERAND_OUT:
    case OPERAND_IN_PAGE:
    case OPERAND_IN_VIEW:
    case OPERAND_STAMP:
    case OPERAND_IDLE:
        put_number(out, name, value, true);
        break;
    case OPERAND_SCHEDULE:
        put_race(out, rest);
        break;
    case OPERAND_KINDS:
        break;
    }
    if (in_arg)
        program_operand_set(rest, operand, 0);
}

/* ---- what no operand has shown ---- */

static void put_fault(struct out *out, struct program_op *rest) {
    put(out, " fail_nth=%u", rest->fail_nth);
    if (rest->fail_kind != 0)
        put(out, "(%s)", text_faults[rest->fail_kind]);
    rest->fail_kind = 0;
}

static void put_pads(struct out *out, const struct program_op *rest) {
    for (unsigned offset = 0; offset < sizeof(rest->arg.raw); offset += 8) {
        uint64_t low = text_arg_get(rest, offset, 4);
        if (low != 0) /* where members leave the low half bare, they leave the high half bare too */
            put(out, " pad%u=0x%" PRIx64, offset, text_arg_get(rest, offset, 8));
        else if (text_arg_get(rest, offset + 4, 4) != 0)
            put(out, " pad%u=0x%" PRIx64, offset + 4, text_arg_get(rest, offset + 4, 4));
    }
}

static void put_rest(struct out *out, struct program_op *rest) {
#define PUT(member, coding, byte, bit, bits, count, written, words) PUT_##written(member, words)
#define PUT_NUMBER(member, words)                                                                            \
    if (rest->member != 0)                                                                                   \
        put(out, " " #member "=%u", rest->member);
#define PUT_INTEGER(member, words)                                                                           \
    if (rest->member != 0)                                                                                   \
        put(out, " " #member "=%" PRId64, (int64_t)rest->member);
#define PUT_WORD(member, words)                                                                              \
    if (rest->member != 0)                                                                                   \
        put(out, " " #member "=%s", words[rest->member]);
#define PUT_SWITCH(member, words)                                                                            \
    if (rest->member)                                                                                        \
        put(out, " " #member);
#define PUT_FAULT(member, words)                                                                             \
    if (rest->member != 0)                                                                                   \
        put_fault(out, rest);
#define PUT_VIEW(member, words)                                                                              \
    if (rest->member != 0)                                                                                   \
        put_view(out, rest, false);
#define PUT_PADS(member, words) put_pads(out, rest);
    PROGRAM_MEMBERS(PUT)
}

static void put_op(struct out *out, const struct program_op *op) {
    struct program_op rest = *op;
    put(out, "%s", text_opcodes[op->opcode]);
    for (const struct program_operand *operand = program_operands(op->opcode); operand->name; operand++)
        put_operand(out, &rest, operand);
    put_rest(out, &rest);
}

size_t text_print_op(const struct program_op *op, char *buffer, size_t capacity) {
    struct out out = out_begin(buffer, capacity);
    put_op(&out, op);
    return out.length;
}

size_t text_print(const struct program *program, char *buffer, size_t capacity) {
    struct out out = {buffer, capacity, text_print_world(program, buffer, capacity)};
    for (uint32_t i = 0; i < program->op_count; i++) {
        put_op(&out, &program->ops[i]);
        put(&out, "\n");
    }
    return out.length;
}

/* Text printed whole would be the largest object of the process, which a leak checker reads at each exit. */
void text_write(const struct program *program, FILE *file) {
    char text[TEXT_WORLD_MAX];
    text_print_world(program, text, sizeof(text));
    fputs(text, file);
    for (uint32_t i = 0; i < program->op_count; i++) {
        text_print_op(&program->ops[i], text, sizeof(text));
        fprintf(file, "%s\n", text);
    }
}
