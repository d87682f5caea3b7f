/* Parsing one operation. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/program/operands.h"
#include "harness/program/text_scan.h"
#include "harness/program/text_words.h"

/* What a statement has given: bits 0..31 stand for the bytes of the argument, the others for members. */
enum {
    CLAIM_ARGUMENT = 31, /* its last */
#define CLAIM(member, ...) CLAIM_##member,
    PROGRAM_MEMBERS(CLAIM)
#undef CLAIM
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
        if (text_take_delta(&rest, 'p', delta, &given) && rest.at == rest.end)
            return true;
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
    if (!minus && text_take_number(&rest, TEXT_BYTES, raw) && rest.at == rest.end)
        return true;
    return text_fail(parser, token, "%s", size_shape);
}

static bool parse_handle(struct text_parser *parser, struct text_span token, struct program_op *op) {
    static const char shape[] = "a handle: lead(N) own(N) issued(K) null handle(V) near(N,+V)";
    struct text_span word = token;
    struct text_span inner = {token.end, token.end};
    bool called = text_call(token, &word, &inner);
    if (!text_find(word, text_handles, PROGRAM_HANDLES, &op->handle) || called == (op->handle == HANDLE_NULL))
        return text_fail(parser, token, shape);
    uint64_t bits = BIT(CLAIM_handle);
    bool ok = true;
    switch ((enum program_handle)op->handle) {
    case HANDLE_LEAD:
    case HANDLE_OWN:
        bits |= BIT(CLAIM_adapter);
        ok = text_byte(parser, inner, PROGRAM_ADAPTERS - 1, &op->adapter);
        break;
    case HANDLE_NULL:
        break;
    case HANDLE_ISSUED:
    case HANDLE_RAW:
        bits |= BIT(CLAIM_value);
        ok = text_signed(parser, inner, -VALUE_MAX - 1, VALUE_MAX, &op->value);
        break;
    case HANDLE_NEAR: {
        const char *comma = memchr(inner.at, ',', (size_t)(inner.end - inner.at));
        if (!comma)
            return text_fail(parser, token, shape);
        bits |= BIT(CLAIM_adapter) | BIT(CLAIM_value);
        ok = text_byte(parser, (struct text_span){inner.at, comma}, PROGRAM_ADAPTERS - 1, &op->adapter) &&
             text_signed(parser, (struct text_span){comma + 1, inner.end}, -VALUE_MAX - 1, VALUE_MAX,
                         &op->value);
        break;
    }
    case PROGRAM_HANDLES:
        break;
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
        rest.at != rest.end)
        return text_fail(parser, token, shape);
    op->view = (uint8_t)value;
    return text_claim(parser, token,
                      BIT(CLAIM_view) | BIT(CLAIM_view_form) | (given ? BIT(CLAIM_offset_delta) : 0));
}

static bool parse_fail(struct text_parser *parser, struct text_span token, struct program_op *op) {
    struct text_span word = token;
    struct text_span inner;
    if (text_call(token, &word, &inner) &&
        !text_word(parser, inner, text_faults, SUT_FAULT_KINDS, &op->fail_kind))
        return false;
    return text_byte(parser, word, UINT8_MAX, &op->fail_nth) &&
           text_claim(parser, token, BIT(CLAIM_fail_nth) | BIT(CLAIM_fail_kind));
}

static uint64_t field_bytes(unsigned offset, unsigned width) {
    return (BIT(width) - 1) << offset;
}

/* Puts an operand's number into the argument. */
static bool set_number(struct text_parser *parser, struct text_span token, uint64_t claimed, uint64_t number,
                       const struct program_operand *operand, struct program_op *op) {
    if (!text_claim(parser, token, field_bytes(program_operand_at(operand), operand->width) | claimed))
        return false;
    program_operand_set(op, operand, number);
    return true;
}

static uint64_t largest(const struct program_operand *operand) {
    return operand->width == 8 ? UINT64_MAX : BIT(8 * operand->width) - 1;
}

static bool parse_formed(struct text_parser *parser, struct text_span token, struct text_span value,
                         const struct program_operand *operand, struct program_op *op) {
    bool by_size = operand->kind == OPERAND_SIZE;
    uint8_t *form = by_size ? &op->size_form : &op->offset_form;
    int8_t *delta = by_size ? &op->size_delta : &op->offset_delta;
    uint64_t form_bit = BIT(by_size ? CLAIM_size_form : CLAIM_offset_form);
    int8_t idle = *delta;
    uint64_t number = 0;
    if (!parse_form(parser, value, form, delta, &number))
        return false;
    if (*form != FORM_RAW)
        return text_claim(parser, token, form_bit | BIT(by_size ? CLAIM_size_delta : CLAIM_offset_delta));
    *delta = idle; /* with RAW it is idle, and may be given apart */
    return set_number(parser, token, form_bit, number, operand, op);
}

/* The low byte is shared with PreferContiguous, which claims it. */
static bool parse_reserved(struct text_parser *parser, struct text_span token, struct text_span value,
                           const struct program_operand *operand, struct program_op *op) {
    uint64_t reserved;
    if (!text_number(parser, value, TEXT_PLAIN, 0, UINT32_MAX >> 1, &reserved) ||
        !text_claim(parser, token, field_bytes(program_operand_at(operand) + 1u, 3)))
        return false;
    program_operand_set(op, operand, program_operand_get(op, operand) | reserved << 1);
    return true;
}

static bool parse_adapter(struct text_parser *parser, struct text_span token, struct text_span value,
                          struct program_op *op) {
    return text_byte(parser, value, PROGRAM_ADAPTERS - 1, &op->adapter) &&
           text_claim(parser, token, BIT(CLAIM_adapter));
}

static bool parse_flag(struct text_parser *parser, struct text_span token, const char *clear, const char *set,
                       struct program_op *op) {
    uint8_t state;
    if (!text_word(parser, token, (const char *const[]){clear, set}, 2, &state))
        return false;
    op->flag = state == 1;
    return text_claim(parser, token, BIT(CLAIM_flag));
}

/* padN=V: bytes of the argument that no member shows; 8 of them from a multiple of 8, else 4. */
static bool parse_pad(struct text_parser *parser, struct text_span token, struct text_span key,
                      struct text_span value, struct program_op *op) {
    uint64_t offset;
    if (!text_take_digits(&key, &offset) || key.at != key.end || offset >= sizeof(op->arg.raw) ||
        offset % 4 != 0)
        return text_fail(parser, token, "pad0, pad4 ... or pad28");
    unsigned width = offset % 8 == 0 ? 8 : 4;
    uint64_t number;
    if (!text_number(parser, value, TEXT_PLAIN, 0, width == 8 ? UINT64_MAX : UINT32_MAX, &number))
        return false;
    /* Where a member shares the eight bytes, the pad is the half that it leaves. */
    uint64_t bytes = field_bytes((unsigned)offset, width);
    if (number <= UINT32_MAX) {
        bytes = field_bytes((unsigned)offset, 4);
        width = 4;
    }
    if (!text_claim(parser, token, bytes))
        return false;
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
            !text_claim(parser, token, BIT(CLAIM_view)))
            return false;
        race.ops = (uint8_t)points;
    } else if (text_is(key, "first")) {
        if (!text_byte(parser, value, SUT_ACTORS - 1, &race.first) ||
            !text_claim(parser, token, BIT(CLAIM_actor)))
            return false;
    } else {
        bool locks = text_take(&value, "lock");
        if (!text_take_digits(&value, &points) || points == 0 || points > PROGRAM_POINTS_MAX ||
            !text_take(&value, ":") || !text_take_digits(&value, &actor) || actor >= SUT_ACTORS ||
            value.at != value.end || race.switches == PROGRAM_SWITCHES)
            return text_fail(parser, token, "%s", shape);
        race.at[race.switches++] = (struct program_switch){(uint32_t)points, (uint8_t)actor, locks};
    }
    program_race_set(op, &race);
    return true;
}

/* ---- operands ---- */

/* The operand that is written as `token`, whose value is what stands behind its '=', or all of it. */
static bool parse_operand(struct text_parser *parser, struct text_span token, struct text_span key,
                          struct text_span value, const struct program_operand *operand,
                          struct program_op *op) {
    uint64_t number;
    switch ((enum operand_kind)operand->kind) {
    case OPERAND_HANDLE:
        return parse_handle(parser, token, op);
    case OPERAND_CHAIN:
    case OPERAND_ADAPTER:
    case OPERAND_ABSENT:
    case OPERAND_GPU:
        return parse_adapter(parser, token, value, op);
    case OPERAND_JOINER:
        return text_signed(parser, value, -VALUE_MAX - 1, VALUE_MAX, &op->value) &&
               text_claim(parser, token, BIT(CLAIM_value));
    case OPERAND_D_STATE:
        return parse_flag(parser, token, "d3", "d0", op);
    case OPERAND_TDR:
        return parse_flag(parser, token, "end", "begin", op);
    case OPERAND_LEVEL:
        return text_word(parser, value, text_irqls, PROGRAM_IRQLS, &op->irql) &&
               text_claim(parser, token, BIT(CLAIM_irql));
    case OPERAND_SIZE:
    case OPERAND_OFFSET:
        return parse_formed(parser, token, value, operand, op);
    case OPERAND_FLAGS:
        return parse_reserved(parser, token, value, operand, op);
    case OPERAND_BASE:
    case OPERAND_VIEW:
        return parse_view(parser, value, op);
    case OPERAND_PIN:
        return text_byte(parser, value, UINT8_MAX, &op->view) && text_claim(parser, token, BIT(CLAIM_view));
    case OPERAND_COUNT:
        return text_number(parser, value, TEXT_PLAIN, 1, largest(operand) + 1, &number) &&
               set_number(parser, token, 0, number - 1, operand, op);
    case OPERAND_SPAN:
    case OPERAND_TIMES:
        return text_number(parser, value, TEXT_PLAIN, 1,
                           operand->kind == OPERAND_SPAN ? PROGRAM_REPEAT_OPS : PROGRAM_REPEAT_TIMES,
                           &number) &&
               set_number(parser, token, 0, number - 1, operand, op);
    case OPERAND_INDEX:
    case OPERAND_PAGE:
    case OPERAND_NUMBER:
    case OPERAND_OUT:
    case OPERAND_IN_PAGE:
    case OPERAND_IN_VIEW:
    case OPERAND_STAMP:
    case OPERAND_IDLE:
        return text_number(parser, value, TEXT_BYTES, 0, largest(operand), &number) &&
               set_number(parser, token, 0, number, operand, op);
    case OPERAND_SCHEDULE:
        return parse_race(parser, token, key, value, op);
    case OPERAND_KINDS:
        break;
    }
    return false;
}

/* Whether key= is this operand's. */
static bool is_named(const struct program_operand *operand, struct text_span key) {
    if (operand->kind == OPERAND_FLAGS)
        return text_is(key, "Reserved");
    if (operand->kind == OPERAND_SCHEDULE)
        return text_is(key, "ops") || text_is(key, "first") || text_is(key, "switch");
    return *operand->name && text_is(key, operand->name);
}

static bool is_nameless(const struct program_operand *operand) {
    return !*operand->name && operand->kind != OPERAND_SCHEDULE;
}

/* ---- operations ---- */

/* "a member of pin2: index CommitSize ... actor; or an unused one" */
static bool unknown_member(struct text_parser *parser, struct text_span token, const struct program_op *op) {
    char list[160];
    size_t length = 0;
    list[0] = 0;
    for (const struct program_operand *operand = program_operands(op->opcode); operand->name; operand++) {
        const char *name = operand->kind == OPERAND_FLAGS      ? "PreferContiguous Reserved"
                           : operand->kind == OPERAND_SCHEDULE ? "ops first switch"
                                                               : operand->name;
        if (*name)
            length += (size_t)snprintf(list + length, sizeof(list) - length, " %s", name);
    }
    return text_fail(parser, token, "a member of %s:%s%s%s%s; or an unused one (pinfuzz help programs)",
                     text_opcodes[op->opcode], list,
                     program_has(op->opcode, OPERAND_HANDLE) ? " null_arg" : "",
                     program_takes_fault(op->opcode) ? " fail_nth" : "",
                     program_has(op->opcode, OPERAND_SCHEDULE) ? "" : " actor");
}

/* Whether an operand has given the member another name, or another form. */
static bool is_renamed(struct text_span key, uint8_t opcode) {
    struct text_span pad = key;
    if (program_has(opcode, OPERAND_GPU) && text_is(key, "adapter"))
        return true;
    return program_has(opcode, OPERAND_SCHEDULE) &&
           (text_is(key, "view") || text_is(key, "actor") || text_take(&pad, "pad"));
}

/* A member by the name that any operation can give it, used or not. */
static bool parse_member(struct text_parser *parser, struct text_span token, struct text_span key,
                         struct text_span value, struct program_op *op) {
    if (is_renamed(key, op->opcode))
        return unknown_member(parser, token, op);
#define PARSE(member, coding, byte, bit, bits, count, written, words)                                        \
    PARSE_##written(member, coding, bits, count, words)
#define TYPE_INT8  int8_t
#define TYPE_INT40 int64_t
#define PARSE_NUMBER(member, coding, bits, count, words)                                                     \
    if (text_is(key, #member))                                                                               \
        return text_byte(parser, value, (count)-1, &op->member) &&                                           \
               text_claim(parser, token, BIT(CLAIM_##member));
#define PARSE_INTEGER(member, coding, bits, count, words)                                                    \
    if (text_is(key, #member)) {                                                                             \
        int64_t number;                                                                                      \
        const int64_t most = (INT64_C(1) << ((bits)-1)) - 1;                                                 \
        if (!text_signed(parser, value, -most - 1, most, &number) ||                                         \
            !text_claim(parser, token, BIT(CLAIM_##member)))                                                 \
            return false;                                                                                    \
        op->member = (TYPE_##coding)number;                                                                  \
        return true;                                                                                         \
    }
#define PARSE_WORD(member, coding, bits, count, words)                                                       \
    if (text_is(key, #member))                                                                               \
        return text_word(parser, value, words, count, &op->member) &&                                        \
               text_claim(parser, token, BIT(CLAIM_##member));
#define PARSE_SWITCH(member, coding, bits, count, words)
#define PARSE_FAULT(member, coding, bits, count, words)                                                      \
    if (text_is(key, #member))                                                                               \
        return parse_fail(parser, value, op);
#define PARSE_VIEW(member, coding, bits, count, words)                                                       \
    if (CLAIM_##member == CLAIM_view && text_is(key, "view"))                                                \
        return parse_view(parser, value, op);
#define PARSE_PADS(member, coding, bits, count, words)                                                       \
    if (text_take(&key, "pad"))                                                                              \
        return parse_pad(parser, token, key, value, op);
    PROGRAM_MEMBERS(PARSE)
    return unknown_member(parser, token, op);
}

/* A word without a value. */
static bool parse_switch(struct text_parser *parser, struct text_span token, struct program_op *op) {
#define SWITCH(member, coding, byte, bit, bits, count, written, words) SWITCH_##written(member)
#define SWITCH_SWITCH(member)                                                                                \
    if (text_is(token, #member)) {                                                                           \
        op->member = true;                                                                                   \
        return text_claim(parser, token, BIT(CLAIM_##member));                                               \
    }
#define SWITCH_NUMBER(member)
#define SWITCH_INTEGER(member)
#define SWITCH_WORD(member)
#define SWITCH_FAULT(member)
#define SWITCH_VIEW(member)
#define SWITCH_PADS(member)
    PROGRAM_MEMBERS(SWITCH)
    for (const struct program_operand *operand = program_operands(op->opcode); operand->name; operand++) {
        if (operand->kind == OPERAND_FLAGS && text_is(token, operand->name)) {
            program_operand_set(op, operand, program_operand_get(op, operand) | 1);
            return text_claim(parser, token, field_bytes(program_operand_at(operand), 1));
        }
    }
    return unknown_member(parser, token, op);
}

static bool parse_named(struct text_parser *parser, struct text_span token, struct program_op *op) {
    struct text_span key;
    struct text_span value;
    if (!text_split(token, &key, &value))
        return parse_switch(parser, token, op);
    for (const struct program_operand *operand = program_operands(op->opcode); operand->name; operand++)
        if (is_named(operand, key))
            return parse_operand(parser, token, key, value, operand, op);
    return parse_member(parser, token, key, value, op);
}

bool text_parse_op(struct text_parser *parser, struct text_span statement, uint8_t opcode) {
    struct program *program = parser->program;
    if (program->op_count == PROGRAM_OPS)
        return text_fail(parser, statement, "at most %u operations", PROGRAM_OPS);
    struct program_op *op = &program->ops[program->op_count++];
    memset(op, 0, sizeof(*op));
    op->opcode = opcode;
    parser->claimed = 0;
    for (const struct program_operand *operand = program_operands(opcode); operand->name; operand++) {
        if (is_nameless(operand)) {
            struct text_span token = text_next_token(parser);
            if (!parse_operand(parser, token, token, token, operand, op))
                return false;
        }
    }
    for (struct text_span token = text_next_token(parser); token.at < token.end;
         token = text_next_token(parser))
        if (!parse_named(parser, token, op))
            return false;
    return true;
}
