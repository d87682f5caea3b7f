/*
 * Printing programs. An operation is printed by taking shown members out of a copy: what is left is
 * printed by its plain name at the end, so nothing can be forgotten (no loss, whatever the bytes).
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

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
    if (delta != 0) {
        put(out, "%+dp", delta);
    }
}

static void put_form(struct out *out, const char *name, uint8_t form, int8_t delta, uint64_t raw) {
    put(out, " %s=", name);
    switch (form) {
    case FORM_RAW:
        put(out, raw < 10 ? "%" PRIu64 : "0x%" PRIx64, raw);
        return;
    case FORM_MAXIMUM_BYTES:
        put(out, "MaximumSize%+db", delta);
        return;
    case FORM_PAGES:
        put(out, "%dp", delta);
        return;
    case FORM_MAXIMUM:
        put(out, "MaximumSize");
        break;
    case FORM_HALF:
        put(out, "MaximumSize/2");
        break;
    case FORM_COUNT32:
        put(out, "2^32p");
        break;
    case FORM_MDL_LIMIT:
        put(out, "MdlLimit");
        break;
    default:
        put(out, "2^64");
        break;
    }
    put_delta(out, delta);
}

static void put_handle(struct out *out, struct program_op *rest) {
    const char *word = text_handles[rest->handle];
    switch (rest->handle) {
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
    default:
        put(out, " %s(%u,%+" PRId64 ")", word, rest->adapter, rest->value);
        rest->adapter = 0;
        rest->value = 0;
        break;
    }
    rest->handle = 0;
}

static void put_operands(struct out *out, struct program_op *rest) {
    switch (text_operands[rest->opcode]) {
    case TEXT_NO_OPERAND:
        return;
    case TEXT_HANDLE:
        put_handle(out, rest);
        return;
    case TEXT_IRQL:
        put(out, " %s", text_irqls[rest->irql]);
        rest->irql = 0;
        return;
    case TEXT_ADAPTER:
        put(out, " %u", rest->adapter);
        break;
    case TEXT_ADAPTER_D:
        put(out, " %u %s", rest->adapter, rest->flag ? "d0" : "d3");
        rest->flag = false;
        break;
    case TEXT_ADAPTER_TDR:
        put(out, " %u %s", rest->adapter, rest->flag ? "begin" : "end");
        rest->flag = false;
        break;
    case TEXT_LINK:
        put(out, " %u %" PRId64, rest->adapter, rest->value);
        rest->value = 0;
        break;
    }
    rest->adapter = 0;
}

static void put_view(struct out *out, struct program_op *rest, bool with_delta) {
    switch (rest->view_form) {
    case VIEW_LIVE:
        put(out, " view=%u", rest->view);
        break;
    case VIEW_ISSUED:
        put(out, " view=issued(%u)", rest->view);
        break;
    default:
        put(out, " view=raw");
        if (rest->view != 0) {
            put(out, "(%u)", rest->view);
        }
        break;
    }
    rest->view_form = 0;
    rest->view = 0;
    if (with_delta) {
        put_delta(out, rest->offset_delta);
        rest->offset_delta = 0;
    }
}

static void put_field(struct out *out, struct program_op *rest, const struct text_field *field) {
    uint64_t value = text_arg_get(rest, field->offset, field->width);
    switch (field->kind) {
    case TEXT_SIZE:
        put_form(out, field->name, rest->size_form, rest->size_delta, value);
        if (rest->size_form != FORM_RAW) {
            rest->size_form = 0;
            rest->size_delta = 0;
            return; /* the structure's own value is covered up; pad shows it */
        }
        break;
    case TEXT_OFFSET:
        if (rest->offset_form != FORM_RAW) {
            put_form(out, field->name, rest->offset_form, rest->offset_delta, value);
            rest->offset_form = 0;
            rest->offset_delta = 0;
            return;
        }
        if (value != 0) {
            put_hex(out, field->name, value);
        }
        break;
    case TEXT_FLAGS:
        if (value & 1) {
            put(out, " PreferContiguous");
        }
        if (value >> 1) {
            put_hex(out, "Reserved", value >> 1);
        }
        break;
    case TEXT_COUNT:
        if (value != 0) {
            put(out, " %s=%" PRIu64, field->name, value + 1);
        }
        break;
    default:
        if (value != 0 || field->always) {
            if (field->kind == TEXT_HEX) {
                put_hex(out, field->name, value);
            } else {
                put(out, " %s=%" PRIu64, field->name, value);
            }
        }
        break;
    }
    text_arg_set(rest, field->offset, field->width, 0);
}

/* What no member has shown. */
static void put_rest(struct out *out, struct program_op *rest) {
    if (rest->handle != 0) {
        put(out, " handle=%s", text_handles[rest->handle]);
    }
    if (rest->adapter != 0) {
        put(out, " adapter=%u", rest->adapter);
    }
    if (rest->value != 0) {
        put(out, " value=%" PRId64, rest->value);
    }
    if (rest->size_form != 0) {
        put(out, " size_form=%s", text_forms[rest->size_form]);
    }
    if (rest->size_delta != 0) {
        put(out, " size_delta=%d", rest->size_delta);
    }
    if (rest->offset_form != 0) {
        put(out, " offset_form=%s", text_forms[rest->offset_form]);
    }
    if (rest->offset_delta != 0) {
        put(out, " offset_delta=%d", rest->offset_delta);
    }
    if (rest->view_form != 0 || rest->view != 0) {
        put_view(out, rest, false);
    }
    if (rest->irql != 0) {
        put(out, " irql=%s", text_irqls[rest->irql]);
    }
    if (rest->flag) {
        put(out, " flag");
    }
    for (unsigned offset = 0; offset < sizeof rest->arg.raw; offset += 8) {
        uint64_t low = text_arg_get(rest, offset, 4);
        if (low != 0) { /* where members leave the low half bare, they leave the high half bare too */
            put(out, " pad%u=0x%" PRIx64, offset, text_arg_get(rest, offset, 8));
        } else if (text_arg_get(rest, offset + 4, 4) != 0) {
            put(out, " pad%u=0x%" PRIx64, offset + 4, text_arg_get(rest, offset + 4, 4));
        }
    }
}

static void put_race(struct out *out, struct program_op *rest) {
    struct program_race race;
    program_race_get(rest, &race);
    put(out, " ops=%u", race.ops);
    if (race.first != 0) {
        put(out, " first=%u", race.first);
    }
    for (unsigned i = 0; i < race.switches; i++) {
        put(out, " switch=%s%" PRIu32 ":%u", race.at[i].locks ? "lock" : "", race.at[i].points,
            race.at[i].actor);
    }
    program_race_set(rest, &(struct program_race){.ops = 1});
}

static void put_op(struct out *out, const struct program_op *op) {
    struct program_op rest = *op;
    put(out, "%s", text_opcodes[op->opcode]);
    if (op->opcode == OP_RACE) {
        put_race(out, &rest);
    }
    put_operands(out, &rest);
    if (op->opcode == OP_DMA_WRITE || op->opcode == OP_DMA_READ) {
        put(out, " gpu=%u", op->adapter);
        rest.adapter = 0;
        if (op->view_form == VIEW_LIVE) {
            put(out, " pin=%u", op->view);
            rest.view = 0;
        }
    }
    if (op->opcode == OP_UNMAP) {
        put_field(out, &rest, text_fields(op->opcode)); /* index first, as everywhere */
    }
    if (text_has_view(op->opcode)) {
        put_view(out, &rest, true);
    }
    for (const struct text_field *field = text_fields(op->opcode); field->name != NULL; field++) {
        if (op->opcode != OP_UNMAP || !field->always) {
            put_field(out, &rest, field);
        }
    }
    if (op->null_arg) {
        put(out, " null_arg");
    }
    if (op->fail_nth != 0) {
        put(out, " fail_nth=%u", op->fail_nth);
        if (op->fail_kind != 0) {
            put(out, "(%s)", text_faults[op->fail_kind]);
        }
    } else if (op->fail_kind != 0) {
        put(out, " fail_kind=%s", text_faults[op->fail_kind]);
    }
    put_rest(out, &rest);
    if (rest.actor != 0) {
        put(out, " actor=%u", rest.actor);
    }
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
