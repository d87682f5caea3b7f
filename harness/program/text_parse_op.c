/* Parsing one operation. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/program/text_scan.h"
#include "harness/program/text_words.h"

/* Bits 0..31 stand for the bytes of the argument structure. */
enum {
    CLAIM_HANDLE = 32,
    CLAIM_ADAPTER,
    CLAIM_VALUE,
    CLAIM_SIZE_FORM,
    CLAIM_SIZE_DELTA,
    CLAIM_OFFSET_FORM,
    CLAIM_OFFSET_DELTA,
    CLAIM_VIEW,
    CLAIM_IRQL,
    CLAIM_FLAG,
    CLAIM_NULL,
    CLAIM_FAIL,
    CLAIM_ACTOR
};
#define BIT(n) (UINT64_C(1) << (n))

#define VALUE_MAX ((INT64_C(1) << 39) - 1) /* 40 bits, signed */

/* ---- members ---- */

static const char size_shape[] =
    "a size (0x8000, 32K, 8p, MaximumSize-1p, MaximumSize+1b, MaximumSize/2, MdlLimit, 2^32p, 2^64)";

/* A size or an offset by its form; *raw is what the structure is to hold. */
static bool parse_form(struct text_parser *parser, struct text_span token, uint8_t *form, int8_t *delta,
                       uint64_t *raw) {
    struct text_span rest = token;
    bool given;
    *form = FORM_RAW;
    if (text_take(&rest, "MaximumSize/2")) {
        *form = FORM_HALF;
    } else if (text_take(&rest, "MaximumSize")) {
        *form = FORM_MAXIMUM;
        struct text_span bytes = rest;
        if (text_take_delta(&bytes, 'b', delta, &given) && given && bytes.at == bytes.end) {
            *form = FORM_MAXIMUM_BYTES;
            return true;
        }
    } else if (text_take(&rest, "MdlLimit")) {
        *form = FORM_MDL_LIMIT;
    } else if (text_take(&rest, "2^32p")) {
        *form = FORM_COUNT32;
    } else if (text_take(&rest, "2^64")) {
        *form = FORM_TOP;
    }
    if (*form != FORM_RAW) {
        *delta = 0;
        if (text_take_delta(&rest, 'p', delta, &given) && rest.at == rest.end) {
            return true;
        }
        return text_fail(parser, token, "%s", size_shape);
    }
    /* Few pages, alone: a form of its own, so that the mutator can move it. */
    bool minus = text_take(&rest, "-");
    struct text_span digits = rest;
    uint64_t pages;
    if (text_take_digits(&digits, &pages) && text_is(digits, "p") && pages <= (minus ? 128u : 127u)) {
        *form = FORM_PAGES;
        *delta = (int8_t)(minus ? -(int)pages : (int)pages);
        return true;
    }
    if (!minus && text_take_number(&rest, TEXT_BYTES, raw) && rest.at == rest.end) {
        return true;
    }
    return text_fail(parser, token, "%s", size_shape);
}

static bool parse_handle(struct text_parser *parser, struct text_span token, struct program_op *op) {
    static const char shape[] = "a handle: lead(N) own(N) issued(K) null handle(V) near(N,+V)";
    struct text_span word = token;
    struct text_span inner = {token.end, token.end};
    bool called = text_call(token, &word, &inner);
    if (!text_find(word, text_handles, PROGRAM_HANDLES, &op->handle) ||
        called == (op->handle == HANDLE_NULL)) {
        return text_fail(parser, token, shape);
    }
    uint64_t bits = BIT(CLAIM_HANDLE);
    bool ok = true;
    switch (op->handle) {
    case HANDLE_LEAD:
    case HANDLE_OWN:
        bits |= BIT(CLAIM_ADAPTER);
        ok = text_byte(parser, inner, PROGRAM_ADAPTERS - 1, &op->adapter);
        break;
    case HANDLE_NULL:
        break;
    case HANDLE_ISSUED:
    case HANDLE_RAW:
        bits |= BIT(CLAIM_VALUE);
        ok = text_signed(parser, inner, -VALUE_MAX - 1, VALUE_MAX, &op->value);
        break;
    default: {
        const char *comma = memchr(inner.at, ',', (size_t)(inner.end - inner.at));
        if (comma == NULL) {
            return text_fail(parser, token, shape);
        }
        bits |= BIT(CLAIM_ADAPTER) | BIT(CLAIM_VALUE);
        ok = text_byte(parser, (struct text_span){inner.at, comma}, PROGRAM_ADAPTERS - 1, &op->adapter) &&
             text_signed(parser, (struct text_span){comma + 1, inner.end}, -VALUE_MAX - 1, VALUE_MAX,
                         &op->value);
        break;
    }
    }
    return ok && text_claim(parser, token, bits);
}

static bool parse_view(struct text_parser *parser, struct text_span token, struct program_op *op) {
    static const char shape[] = "a view: K, live(K), issued(K) or raw, each with an optional +Np or -Np";
    struct text_span rest = token;
    bool closed = false;
    bool number = true;
    op->view = 0;
    if (text_take(&rest, "live(")) {
        closed = true;
    } else if (text_take(&rest, "issued(")) {
        op->view_form = VIEW_ISSUED;
        closed = true;
    } else if (text_take(&rest, "raw")) {
        op->view_form = VIEW_RAW;
        number = closed = text_take(&rest, "(");
    }
    uint64_t value = 0;
    bool given = false;
    if ((number && (!text_take_digits(&rest, &value) || value > UINT8_MAX)) ||
        (closed && !text_take(&rest, ")")) || !text_take_delta(&rest, 'p', &op->offset_delta, &given) ||
        rest.at != rest.end) {
        return text_fail(parser, token, shape);
    }
    op->view = (uint8_t)value;
    return text_claim(parser, token, BIT(CLAIM_VIEW) | (given ? BIT(CLAIM_OFFSET_DELTA) : 0));
}

static bool parse_fail(struct text_parser *parser, struct text_span token, struct program_op *op) {
    struct text_span word = token;
    struct text_span inner;
    if (text_call(token, &word, &inner) &&
        !text_word(parser, inner, text_faults, SUT_FAULT_KINDS, &op->fail_kind)) {
        return false;
    }
    return text_byte(parser, word, UINT8_MAX, &op->fail_nth) && text_claim(parser, token, BIT(CLAIM_FAIL));
}

static uint64_t field_bytes(unsigned offset, unsigned width) {
    return (BIT(width) - 1) << offset;
}

static bool parse_field(struct text_parser *parser, struct text_span token, struct text_span value,
                        const struct text_field *field, struct program_op *op) {
    uint64_t number = 0;
    uint64_t max = field->width == 8 ? UINT64_MAX : BIT(8 * field->width) - 1;
    uint64_t bytes = field_bytes(field->offset, field->width);
    bool by_size = field->kind == TEXT_SIZE;
    if (by_size || field->kind == TEXT_OFFSET) {
        uint8_t *form = by_size ? &op->size_form : &op->offset_form;
        int8_t *delta = by_size ? &op->size_delta : &op->offset_delta;
        /* With RAW the delta is idle and may be given apart. */
        int8_t idle = *delta;
        if (!parse_form(parser, value, form, delta, &number)) {
            return false;
        }
        uint64_t form_bit = BIT(by_size ? CLAIM_SIZE_FORM : CLAIM_OFFSET_FORM);
        if (*form != FORM_RAW) {
            return text_claim(parser, token, form_bit | BIT(by_size ? CLAIM_SIZE_DELTA : CLAIM_OFFSET_DELTA));
        }
        *delta = idle;
        bytes |= form_bit;
    } else if (field->kind == TEXT_COUNT) {
        if (!text_number(parser, value, TEXT_PLAIN, 1, max + 1, &number)) {
            return false;
        }
        number--;
    } else if (!text_number(parser, value, TEXT_BYTES, 0, max, &number)) {
        return false;
    }
    if (!text_claim(parser, token, bytes)) {
        return false;
    }
    text_arg_set(op, field->offset, field->width, number);
    return true;
}

/* padN=V: bytes of the argument that no member shows; 8 of them from a multiple of 8, else 4. */
static bool parse_pad(struct text_parser *parser, struct text_span token, struct text_span key,
                      struct text_span value, struct program_op *op) {
    uint64_t offset;
    if (!text_take_digits(&key, &offset) || key.at != key.end || offset >= sizeof op->arg.raw ||
        offset % 4 != 0) {
        return text_fail(parser, token, "pad0, pad4 ... or pad28");
    }
    unsigned width = offset % 8 == 0 ? 8 : 4;
    uint64_t number;
    if (!text_number(parser, value, TEXT_PLAIN, 0, width == 8 ? UINT64_MAX : UINT32_MAX, &number)) {
        return false;
    }
    /* Where a member shares the eight bytes, the pad is the half that it leaves. */
    uint64_t bytes = field_bytes((unsigned)offset, width);
    if (number <= UINT32_MAX) {
        bytes = field_bytes((unsigned)offset, 4);
        width = 4;
    }
    if (!text_claim(parser, token, bytes)) {
        return false;
    }
    text_arg_set(op, (unsigned)offset, width, number);
    return true;
}

/* ops=, first= and switch=, which comes once for each switch. */
static bool parse_race(struct text_parser *parser, struct text_span token, struct text_span key,
                       struct text_span value, struct program_op *op) {
    static const char shape[] =
        "a switch: POINTS:ACTOR or lockPOINTS:ACTOR, POINTS from 1 to 2^24 - 1, ACTOR to 3; at most 8";
    struct program_race race;
    program_race_get(op, &race);
    uint64_t points;
    uint64_t actor;
    if (text_is(key, "ops")) {
        if (!text_number(parser, value, TEXT_PLAIN, 1, PROGRAM_RACE_OPS, &points) ||
            !text_claim(parser, token, BIT(CLAIM_VIEW))) {
            return false;
        }
        race.ops = (uint8_t)points;
    } else if (text_is(key, "first")) {
        if (!text_byte(parser, value, SUT_ACTORS - 1, &race.first) ||
            !text_claim(parser, token, BIT(CLAIM_ACTOR))) {
            return false;
        }
    } else {
        bool locks = text_take(&value, "lock");
        if (!text_take_digits(&value, &points) || points == 0 || points > PROGRAM_POINTS_MAX ||
            !text_take(&value, ":") || !text_take_digits(&value, &actor) || actor >= SUT_ACTORS ||
            value.at != value.end || race.switches == PROGRAM_SWITCHES) {
            return text_fail(parser, token, "%s", shape);
        }
        race.at[race.switches++] = (struct program_switch){(uint32_t)points, (uint8_t)actor, locks};
    }
    program_race_set(op, &race);
    return true;
}

/* ---- operations ---- */

/* parse_common() takes these; few who mistype a member mean one of them. */
#define UNUSED_TOO "; or an unused one (pinfuzz help programs)"

static bool unknown_member(struct text_parser *parser, struct text_span token, const struct program_op *op) {
    char list[160];
    size_t length = 0;
    list[0] = 0;
    if (op->opcode == OP_DMA_WRITE || op->opcode == OP_DMA_READ) {
        length = (size_t)snprintf(list, sizeof list, " gpu pin");
    }
    if (text_has_view(op->opcode)) {
        length = (size_t)snprintf(list, sizeof list, " view");
    }
    for (const struct text_field *field = text_fields(op->opcode); field->name != NULL; field++) {
        const char *name = field->kind == TEXT_FLAGS ? "PreferContiguous Reserved" : field->name;
        length += (size_t)snprintf(list + length, sizeof list - length, " %s", name);
    }
    const char *fails = text_operands[op->opcode] == TEXT_HANDLE ? " null_arg fail_nth" : "";
    if (op->opcode == OP_RACE) {
        return text_fail(parser, token, "a member of race: ops first switch" UNUSED_TOO);
    }
    if (op->opcode == OP_START) {
        fails = " fail_nth";
    }
    return text_fail(parser, token, "a member of %s:%s%s actor" UNUSED_TOO, text_opcodes[op->opcode], list,
                     fails);
}

/* A member that any operation can have, used or not. */
static bool parse_common(struct text_parser *parser, struct text_span token, struct text_span key,
                         struct text_span value, struct program_op *op) {
    bool dma = op->opcode == OP_DMA_WRITE || op->opcode == OP_DMA_READ;
    bool race = op->opcode == OP_RACE;
    int64_t number = 0;
    if (race && (text_is(key, "ops") || text_is(key, "first") || text_is(key, "switch"))) {
        return parse_race(parser, token, key, value, op);
    }
    struct text_span pad = key;
    if (race && (text_is(key, "view") || text_is(key, "actor") || text_take(&pad, "pad"))) {
        return unknown_member(parser, token, op);
    }
    if (text_is(key, "actor")) {
        return text_byte(parser, value, SUT_ACTORS - 1, &op->actor) &&
               text_claim(parser, token, BIT(CLAIM_ACTOR));
    }
    if (text_is(key, "view")) {
        return parse_view(parser, value, op);
    }
    if (text_is(key, "fail_nth")) {
        return parse_fail(parser, value, op);
    }
    if (text_is(key, "fail_kind")) {
        return text_word(parser, value, text_faults, SUT_FAULT_KINDS, &op->fail_kind) &&
               text_claim(parser, token, BIT(CLAIM_FAIL));
    }
    if (text_is(key, dma ? "gpu" : "adapter")) {
        return text_byte(parser, value, PROGRAM_ADAPTERS - 1, &op->adapter) &&
               text_claim(parser, token, BIT(CLAIM_ADAPTER));
    }
    if (dma && text_is(key, "pin")) {
        return text_byte(parser, value, UINT8_MAX, &op->view) && text_claim(parser, token, BIT(CLAIM_VIEW));
    }
    if (text_is(key, "handle")) {
        return text_word(parser, value, text_handles, PROGRAM_HANDLES, &op->handle) &&
               text_claim(parser, token, BIT(CLAIM_HANDLE));
    }
    if (text_is(key, "value")) {
        return text_signed(parser, value, -VALUE_MAX - 1, VALUE_MAX, &op->value) &&
               text_claim(parser, token, BIT(CLAIM_VALUE));
    }
    if (text_is(key, "size_form")) {
        return text_word(parser, value, text_forms, PROGRAM_FORMS, &op->size_form) &&
               text_claim(parser, token, BIT(CLAIM_SIZE_FORM));
    }
    if (text_is(key, "offset_form")) {
        return text_word(parser, value, text_forms, PROGRAM_FORMS, &op->offset_form) &&
               text_claim(parser, token, BIT(CLAIM_OFFSET_FORM));
    }
    if (text_is(key, "size_delta") || text_is(key, "offset_delta")) {
        bool size = text_is(key, "size_delta");
        if (!text_signed(parser, value, INT8_MIN, INT8_MAX, &number) ||
            !text_claim(parser, token, BIT(size ? CLAIM_SIZE_DELTA : CLAIM_OFFSET_DELTA))) {
            return false;
        }
        *(size ? &op->size_delta : &op->offset_delta) = (int8_t)number;
        return true;
    }
    if (text_is(key, "irql")) {
        return text_word(parser, value, text_irqls, PROGRAM_IRQLS, &op->irql) &&
               text_claim(parser, token, BIT(CLAIM_IRQL));
    }
    if (text_take(&key, "pad")) {
        return parse_pad(parser, token, key, value, op);
    }
    return unknown_member(parser, token, op);
}

static bool parse_named(struct text_parser *parser, struct text_span token, struct program_op *op) {
    struct text_span key;
    struct text_span value;
    if (!text_split(token, &key, &value)) {
        if (text_is(token, "null_arg")) {
            op->null_arg = true;
            return text_claim(parser, token, BIT(CLAIM_NULL));
        }
        if (text_is(token, "flag")) {
            op->flag = true;
            return text_claim(parser, token, BIT(CLAIM_FLAG));
        }
        if (op->opcode == OP_PIN2 && text_is(token, "PreferContiguous")) {
            op->arg.raw[offsetof(DXGKARGCB_PINFRAMEBUFFERFORSAVE2, Flags)] |= 1;
            return text_claim(parser, token,
                              field_bytes(offsetof(DXGKARGCB_PINFRAMEBUFFERFORSAVE2, Flags), 1));
        }
        return unknown_member(parser, token, op);
    }
    for (const struct text_field *field = text_fields(op->opcode); field->name != NULL; field++) {
        if (field->kind != TEXT_FLAGS) {
            if (text_is(key, field->name)) {
                return parse_field(parser, token, value, field, op);
            }
        } else if (text_is(key, "Reserved")) {
            /* The low byte is shared with PreferContiguous, which claims it. */
            uint64_t reserved;
            if (!text_number(parser, value, TEXT_PLAIN, 0, UINT32_MAX >> 1, &reserved) ||
                !text_claim(parser, token, field_bytes(field->offset + 1u, 3))) {
                return false;
            }
            uint64_t flags = text_arg_get(op, field->offset, 4) | reserved << 1;
            text_arg_set(op, field->offset, 4, flags);
            return true;
        }
    }
    return parse_common(parser, token, key, value, op);
}

/* The nth word without a name. */
static bool parse_operand(struct text_parser *parser, struct text_span token, unsigned nth,
                          struct program_op *op) {
    enum text_operands operands = text_operands[op->opcode];
    if (operands == TEXT_HANDLE) {
        return parse_handle(parser, token, op);
    }
    if (operands == TEXT_IRQL) {
        return text_word(parser, token, text_irqls, PROGRAM_IRQLS, &op->irql) &&
               text_claim(parser, token, BIT(CLAIM_IRQL));
    }
    if (nth == 0) {
        return text_byte(parser, token, PROGRAM_ADAPTERS - 1, &op->adapter) &&
               text_claim(parser, token, BIT(CLAIM_ADAPTER));
    }
    if (operands == TEXT_LINK) {
        return text_signed(parser, token, -VALUE_MAX - 1, VALUE_MAX, &op->value) &&
               text_claim(parser, token, BIT(CLAIM_VALUE));
    }
    static const char *const d_states[] = {"d3", "d0"};
    static const char *const tdr_states[] = {"end", "begin"};
    uint8_t state;
    if (!text_word(parser, token, operands == TEXT_ADAPTER_D ? d_states : tdr_states, 2, &state)) {
        return false;
    }
    op->flag = state == 1;
    return text_claim(parser, token, BIT(CLAIM_FLAG));
}

bool text_parse_op(struct text_parser *parser, struct text_span statement, uint8_t opcode) {
    static const unsigned counts[] = {
        [TEXT_NO_OPERAND] = 0,  [TEXT_HANDLE] = 1, [TEXT_ADAPTER] = 1, [TEXT_ADAPTER_D] = 2,
        [TEXT_ADAPTER_TDR] = 2, [TEXT_LINK] = 2,   [TEXT_IRQL] = 1,
    };
    struct program *program = parser->program;
    if (program->op_count == PROGRAM_OPS) {
        return text_fail(parser, statement, "at most %u operations", PROGRAM_OPS);
    }
    struct program_op *op = &program->ops[program->op_count++];
    memset(op, 0, sizeof *op);
    op->opcode = opcode;
    parser->claimed = 0;
    unsigned count = counts[text_operands[opcode]];
    for (unsigned nth = 0; nth < count; nth++) {
        if (!parse_operand(parser, text_next_token(parser), nth, op)) {
            return false;
        }
    }
    for (struct text_span token = text_next_token(parser); token.at < token.end;
         token = text_next_token(parser)) {
        if (!parse_named(parser, token, op)) {
            return false;
        }
    }
    return true;
}
