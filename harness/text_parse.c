/*
 * Parsing programs, one statement a line. Every value is checked against its range, and every member
 * may be given once: what a text says is what the program holds, or there is an error.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/text.h"
#include "harness/text_words.h"

struct parser {
    const char *name;
    const char *at;  /* in the current line */
    const char *end; /* of the current line */
    const char *start;
    unsigned line;
    struct program *program;
    struct text_error *error;
    uint64_t claimed; /* members that the current operation has given: CLAIM_* and argument bytes */
};

/* A stretch of the current line. */
struct span {
    const char *at;
    const char *end;
};

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

/* ---- errors ---- */

/* The column in characters, not bytes, so that editors agree. */
static unsigned column_of(const struct parser *parser, const char *at) {
    unsigned column = 1;
    for (const char *c = parser->start; c < at; c++) {
        column += ((unsigned char)*c & 0xc0) != 0x80;
    }
    return column;
}

/* "expected <format>, got '<got>'"; always false. */
__attribute__((format(printf, 3, 4))) static bool fail(struct parser *parser, struct span got,
                                                       const char *format, ...) {
    struct text_error *error = parser->error;
    error->line = parser->line;
    error->column = column_of(parser, got.at);
    char expected[200];
    va_list list;
    va_start(list, format);
    vsnprintf(expected, sizeof expected, format, list);
    va_end(list);
    char shown[44] = "end of line";
    if (got.at < got.end) {
        int length = got.end - got.at > 40 ? 40 : (int)(got.end - got.at);
        snprintf(shown, sizeof shown, "'%.*s'", length, got.at);
    }
    snprintf(error->text, sizeof error->text, "%.300s:%u:%u: expected %s, got %s", parser->name, error->line,
             error->column, expected, shown);
    return false;
}

static bool claim(struct parser *parser, struct span token, uint64_t bits) {
    if (parser->claimed & bits) {
        return fail(parser, token, "each member once");
    }
    parser->claimed |= bits;
    return true;
}

/* ---- words ---- */

static struct span next_token(struct parser *parser) {
    while (parser->at < parser->end && isspace((unsigned char)*parser->at)) {
        parser->at++;
    }
    struct span token = {parser->at, parser->at};
    while (token.end < parser->end && !isspace((unsigned char)*token.end)) {
        token.end++;
    }
    parser->at = token.end;
    return token;
}

static bool is(struct span token, const char *word) {
    size_t length = strlen(word);
    return (size_t)(token.end - token.at) == length && memcmp(token.at, word, length) == 0;
}

/* Takes word off the front when it is there. */
static bool take(struct span *token, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(token->end - token->at) < length || memcmp(token->at, word, length) != 0) {
        return false;
    }
    token->at += length;
    return true;
}

/* Splits key=value; false when there is no '='. */
static bool split(struct span token, struct span *key, struct span *value) {
    const char *equals = memchr(token.at, '=', (size_t)(token.end - token.at));
    if (equals == NULL) {
        return false;
    }
    *key = (struct span){token.at, equals};
    *value = (struct span){equals + 1, token.end};
    return true;
}

/* word(inner): true when the token has that shape. */
static bool call(struct span token, struct span *word, struct span *inner) {
    const char *open = memchr(token.at, '(', (size_t)(token.end - token.at));
    if (open == NULL || token.end[-1] != ')') {
        return false;
    }
    *word = (struct span){token.at, open};
    *inner = (struct span){open + 1, token.end - 1};
    return true;
}

static void list_words(char *list, size_t size, const char *const *words, unsigned count) {
    size_t length = 0;
    list[0] = 0;
    for (unsigned i = 0; i < count && length < size; i++) {
        length += (size_t)snprintf(list + length, size - length, "%s%s", i ? "|" : "", words[i]);
    }
}

static bool find(struct span token, const char *const *words, unsigned count, uint8_t *found) {
    for (unsigned i = 0; i < count; i++) {
        if (is(token, words[i])) {
            *found = (uint8_t)i;
            return true;
        }
    }
    return false;
}

static bool parse_word(struct parser *parser, struct span token, const char *const *words, unsigned count,
                       uint8_t *found) {
    if (find(token, words, count, found)) {
        return true;
    }
    char list[160];
    list_words(list, sizeof list, words, count);
    return fail(parser, token, "%s", list);
}

/* none, or words with commas between them. */
static bool parse_bits(struct parser *parser, struct span token, const char *const *words, unsigned count,
                       unsigned *bits) {
    *bits = 0;
    if (is(token, "none")) {
        return true;
    }
    while (true) {
        const char *comma = memchr(token.at, ',', (size_t)(token.end - token.at));
        struct span word = {token.at, comma ? comma : token.end};
        uint8_t bit;
        if (!parse_word(parser, word, words, count, &bit)) {
            return false;
        }
        *bits |= 1u << bit;
        if (comma == NULL) {
            return true;
        }
        token.at = comma + 1;
    }
}

/* ---- numbers ---- */

enum unit {
    PLAIN, /* K M G T P multiply */
    BYTES  /* p too */
};

/* Takes digits off the front: decimal or 0x. False when there are none or they do not fit. */
static bool take_digits(struct span *token, uint64_t *value) {
    struct span digits = *token;
    unsigned base = take(&digits, "0x") || take(&digits, "0X") ? 16 : 10;
    const char *first = digits.at;
    *value = 0;
    for (; digits.at < digits.end; digits.at++) {
        unsigned char c = (unsigned char)*digits.at;
        unsigned digit = isdigit(c) ? c - (unsigned)'0' : (c | 32u) - (unsigned)'a' + 10u;
        if ((!isdigit(c) && base == 10) || !isxdigit(c)) {
            break;
        }
        if (*value > (UINT64_MAX - digit) / base) {
            return false;
        }
        *value = *value * base + digit;
    }
    if (digits.at == first) {
        return false;
    }
    *token = digits;
    return true;
}

static bool take_number(struct span *token, enum unit unit, uint64_t *value) {
    static const char suffixes[] = "KMGTP";
    struct span rest = *token;
    if (!take_digits(&rest, value)) {
        return false;
    }
    unsigned shift = 0;
    if (rest.at < rest.end) {
        const char *suffix = memchr(suffixes, *rest.at, sizeof suffixes - 1);
        if (suffix != NULL) {
            shift = 10u * (unsigned)(suffix - suffixes + 1);
        } else if (*rest.at == 'p' && unit == BYTES) {
            shift = 12;
        }
        rest.at += shift != 0;
    }
    if (*value > UINT64_MAX >> shift) {
        return false;
    }
    *value <<= shift;
    *token = rest;
    return true;
}

static bool parse_number(struct parser *parser, struct span token, enum unit unit, uint64_t min, uint64_t max,
                         uint64_t *value) {
    struct span rest = token;
    if (take_number(&rest, unit, value) && rest.at == rest.end && *value >= min && *value <= max) {
        return true;
    }
    return fail(parser, token, "a number from %" PRIu64 " to %" PRIu64, min, max);
}

static bool parse_byte(struct parser *parser, struct span token, unsigned max, uint8_t *byte) {
    uint64_t value;
    if (!parse_number(parser, token, PLAIN, 0, max, &value)) {
        return false;
    }
    *byte = (uint8_t)value;
    return true;
}

static bool parse_signed(struct parser *parser, struct span token, int64_t min, int64_t max, int64_t *value) {
    struct span rest = token;
    bool minus = take(&rest, "-");
    if (!minus) {
        take(&rest, "+");
    }
    uint64_t magnitude;
    if (take_number(&rest, BYTES, &magnitude) && rest.at == rest.end &&
        magnitude <= (minus ? (uint64_t)-min : (uint64_t)max)) {
        *value = minus ? -(int64_t)magnitude : (int64_t)magnitude;
        return true;
    }
    return fail(parser, token, "a number from %" PRId64 " to %" PRId64, min, max);
}

/* Takes an optional ±N<unit> that ends the token. *given says whether it is there. */
static bool take_delta(struct span *token, char unit, int8_t *delta, bool *given) {
    struct span rest = *token;
    *given = false;
    bool minus = take(&rest, "-");
    if (!minus && !take(&rest, "+")) {
        return true;
    }
    uint64_t magnitude;
    if (!take_digits(&rest, &magnitude) || magnitude > (minus ? 128u : 127u) || rest.at == rest.end ||
        *rest.at != unit) {
        return false;
    }
    *delta = (int8_t)(minus ? -(int)magnitude : (int)magnitude);
    rest.at++;
    *token = rest;
    *given = true;
    return true;
}

/* ---- members of operations ---- */

static const char size_shape[] =
    "a size (0x8000, 32K, 8p, MaximumSize-1p, MaximumSize+1b, MaximumSize/2, MdlLimit, 2^32p, 2^64)";

/* A size or an offset by its form; *raw is what the structure is to hold. */
static bool parse_form(struct parser *parser, struct span token, uint8_t *form, int8_t *delta,
                       uint64_t *raw) {
    struct span rest = token;
    bool given;
    *form = FORM_RAW;
    if (take(&rest, "MaximumSize/2")) {
        *form = FORM_HALF;
    } else if (take(&rest, "MaximumSize")) {
        *form = FORM_MAXIMUM;
        struct span bytes = rest;
        if (take_delta(&bytes, 'b', delta, &given) && given && bytes.at == bytes.end) {
            *form = FORM_MAXIMUM_BYTES;
            return true;
        }
    } else if (take(&rest, "MdlLimit")) {
        *form = FORM_MDL_LIMIT;
    } else if (take(&rest, "2^32p")) {
        *form = FORM_COUNT32;
    } else if (take(&rest, "2^64")) {
        *form = FORM_TOP;
    }
    if (*form != FORM_RAW) {
        *delta = 0;
        if (take_delta(&rest, 'p', delta, &given) && rest.at == rest.end) {
            return true;
        }
        return fail(parser, token, "%s", size_shape);
    }
    /* Few pages, alone: a form of its own, so that the mutator can move it. */
    bool minus = take(&rest, "-");
    struct span digits = rest;
    uint64_t pages;
    if (take_digits(&digits, &pages) && is(digits, "p") && pages <= (minus ? 128u : 127u)) {
        *form = FORM_PAGES;
        *delta = (int8_t)(minus ? -(int)pages : (int)pages);
        return true;
    }
    if (!minus && take_number(&rest, BYTES, raw) && rest.at == rest.end) {
        return true;
    }
    return fail(parser, token, "%s", size_shape);
}

static bool parse_handle(struct parser *parser, struct span token, struct program_op *op) {
    static const char shape[] = "a handle: lead(N) own(N) issued(K) null handle(V) near(N,+V)";
    struct span word = token;
    struct span inner = {token.end, token.end};
    bool called = call(token, &word, &inner);
    if (!find(word, text_handles, PROGRAM_HANDLES, &op->handle) || called == (op->handle == HANDLE_NULL)) {
        return fail(parser, token, shape);
    }
    uint64_t bits = BIT(CLAIM_HANDLE);
    bool ok = true;
    switch (op->handle) {
    case HANDLE_LEAD:
    case HANDLE_OWN:
        bits |= BIT(CLAIM_ADAPTER);
        ok = parse_byte(parser, inner, PROGRAM_ADAPTERS - 1, &op->adapter);
        break;
    case HANDLE_NULL:
        break;
    case HANDLE_ISSUED:
    case HANDLE_RAW:
        bits |= BIT(CLAIM_VALUE);
        ok = parse_signed(parser, inner, -VALUE_MAX - 1, VALUE_MAX, &op->value);
        break;
    default: {
        const char *comma = memchr(inner.at, ',', (size_t)(inner.end - inner.at));
        if (comma == NULL) {
            return fail(parser, token, shape);
        }
        bits |= BIT(CLAIM_ADAPTER) | BIT(CLAIM_VALUE);
        ok = parse_byte(parser, (struct span){inner.at, comma}, PROGRAM_ADAPTERS - 1, &op->adapter) &&
             parse_signed(parser, (struct span){comma + 1, inner.end}, -VALUE_MAX - 1, VALUE_MAX, &op->value);
        break;
    }
    }
    return ok && claim(parser, token, bits);
}

static bool parse_view(struct parser *parser, struct span token, struct program_op *op) {
    static const char shape[] = "a view: K, live(K), issued(K) or raw, each with an optional +Np or -Np";
    struct span rest = token;
    bool closed = false;
    bool number = true;
    op->view = 0;
    if (take(&rest, "live(")) {
        closed = true;
    } else if (take(&rest, "issued(")) {
        op->view_form = VIEW_ISSUED;
        closed = true;
    } else if (take(&rest, "raw")) {
        op->view_form = VIEW_RAW;
        number = closed = take(&rest, "(");
    }
    uint64_t value = 0;
    bool given = false;
    if ((number && (!take_digits(&rest, &value) || value > UINT8_MAX)) || (closed && !take(&rest, ")")) ||
        !take_delta(&rest, 'p', &op->offset_delta, &given) || rest.at != rest.end) {
        return fail(parser, token, shape);
    }
    op->view = (uint8_t)value;
    return claim(parser, token, BIT(CLAIM_VIEW) | (given ? BIT(CLAIM_OFFSET_DELTA) : 0));
}

static bool parse_fail(struct parser *parser, struct span token, struct program_op *op) {
    struct span word = token;
    struct span inner;
    if (call(token, &word, &inner) &&
        !parse_word(parser, inner, text_faults, SUT_FAULT_KINDS, &op->fail_kind)) {
        return false;
    }
    return parse_byte(parser, word, UINT8_MAX, &op->fail_nth) && claim(parser, token, BIT(CLAIM_FAIL));
}

static uint64_t field_bytes(unsigned offset, unsigned width) {
    return (BIT(width) - 1) << offset;
}

static bool parse_field(struct parser *parser, struct span token, struct span value,
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
            return claim(parser, token, form_bit | BIT(by_size ? CLAIM_SIZE_DELTA : CLAIM_OFFSET_DELTA));
        }
        *delta = idle;
        bytes |= form_bit;
    } else if (field->kind == TEXT_COUNT) {
        if (!parse_number(parser, value, PLAIN, 1, max + 1, &number)) {
            return false;
        }
        number--;
    } else if (!parse_number(parser, value, BYTES, 0, max, &number)) {
        return false;
    }
    if (!claim(parser, token, bytes)) {
        return false;
    }
    text_arg_set(op, field->offset, field->width, number);
    return true;
}

/* padN=V: bytes of the argument that no member shows; 8 of them from a multiple of 8, else 4. */
static bool parse_pad(struct parser *parser, struct span token, struct span key, struct span value,
                      struct program_op *op) {
    uint64_t offset;
    if (!take_digits(&key, &offset) || key.at != key.end || offset >= sizeof op->arg.raw || offset % 4 != 0) {
        return fail(parser, token, "pad0, pad4 ... or pad28");
    }
    unsigned width = offset % 8 == 0 ? 8 : 4;
    uint64_t number;
    if (!parse_number(parser, value, PLAIN, 0, width == 8 ? UINT64_MAX : UINT32_MAX, &number)) {
        return false;
    }
    /* Where a member shares the eight bytes, the pad is the half that it leaves. */
    uint64_t bytes = field_bytes((unsigned)offset, width);
    if (number <= UINT32_MAX) {
        bytes = field_bytes((unsigned)offset, 4);
        width = 4;
    }
    if (!claim(parser, token, bytes)) {
        return false;
    }
    text_arg_set(op, (unsigned)offset, width, number);
    return true;
}

/* ---- operations ---- */

static bool unknown_member(struct parser *parser, struct span token, const struct program_op *op) {
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
    if (op->opcode == OP_START) {
        fails = " fail_nth";
    }
    return fail(parser, token, "a member of %s:%s%s actor", text_opcodes[op->opcode], list, fails);
}

/* A member that any operation can have, used or not. */
static bool parse_common(struct parser *parser, struct span token, struct span key, struct span value,
                         struct program_op *op) {
    bool dma = op->opcode == OP_DMA_WRITE || op->opcode == OP_DMA_READ;
    int64_t number = 0;
    if (is(key, "actor")) {
        return parse_byte(parser, value, SUT_ACTORS - 1, &op->actor) &&
               claim(parser, token, BIT(CLAIM_ACTOR));
    }
    if (is(key, "view")) {
        return parse_view(parser, value, op);
    }
    if (is(key, "fail_nth")) {
        return parse_fail(parser, value, op);
    }
    if (is(key, "fail_kind")) {
        return parse_word(parser, value, text_faults, SUT_FAULT_KINDS, &op->fail_kind) &&
               claim(parser, token, BIT(CLAIM_FAIL));
    }
    if (is(key, dma ? "gpu" : "adapter")) {
        return parse_byte(parser, value, PROGRAM_ADAPTERS - 1, &op->adapter) &&
               claim(parser, token, BIT(CLAIM_ADAPTER));
    }
    if (dma && is(key, "pin")) {
        return parse_byte(parser, value, UINT8_MAX, &op->view) && claim(parser, token, BIT(CLAIM_VIEW));
    }
    if (is(key, "handle")) {
        return parse_word(parser, value, text_handles, PROGRAM_HANDLES, &op->handle) &&
               claim(parser, token, BIT(CLAIM_HANDLE));
    }
    if (is(key, "value")) {
        return parse_signed(parser, value, -VALUE_MAX - 1, VALUE_MAX, &op->value) &&
               claim(parser, token, BIT(CLAIM_VALUE));
    }
    if (is(key, "size_form")) {
        return parse_word(parser, value, text_forms, PROGRAM_FORMS, &op->size_form) &&
               claim(parser, token, BIT(CLAIM_SIZE_FORM));
    }
    if (is(key, "offset_form")) {
        return parse_word(parser, value, text_forms, PROGRAM_FORMS, &op->offset_form) &&
               claim(parser, token, BIT(CLAIM_OFFSET_FORM));
    }
    if (is(key, "size_delta") || is(key, "offset_delta")) {
        bool size = is(key, "size_delta");
        if (!parse_signed(parser, value, INT8_MIN, INT8_MAX, &number) ||
            !claim(parser, token, BIT(size ? CLAIM_SIZE_DELTA : CLAIM_OFFSET_DELTA))) {
            return false;
        }
        *(size ? &op->size_delta : &op->offset_delta) = (int8_t)number;
        return true;
    }
    if (is(key, "irql")) {
        return parse_word(parser, value, text_irqls, PROGRAM_IRQLS, &op->irql) &&
               claim(parser, token, BIT(CLAIM_IRQL));
    }
    if (take(&key, "pad")) {
        return parse_pad(parser, token, key, value, op);
    }
    return unknown_member(parser, token, op);
}

static bool parse_named(struct parser *parser, struct span token, struct program_op *op) {
    struct span key;
    struct span value;
    if (!split(token, &key, &value)) {
        if (is(token, "null_arg")) {
            op->null_arg = true;
            return claim(parser, token, BIT(CLAIM_NULL));
        }
        if (is(token, "flag")) {
            op->flag = true;
            return claim(parser, token, BIT(CLAIM_FLAG));
        }
        if (op->opcode == OP_PIN2 && is(token, "PreferContiguous")) {
            op->arg.raw[offsetof(DXGKARGCB_PINFRAMEBUFFERFORSAVE2, Flags)] |= 1;
            return claim(parser, token, field_bytes(offsetof(DXGKARGCB_PINFRAMEBUFFERFORSAVE2, Flags), 1));
        }
        return unknown_member(parser, token, op);
    }
    for (const struct text_field *field = text_fields(op->opcode); field->name != NULL; field++) {
        if (field->kind != TEXT_FLAGS) {
            if (is(key, field->name)) {
                return parse_field(parser, token, value, field, op);
            }
        } else if (is(key, "Reserved")) {
            /* The low byte is shared with PreferContiguous, which claims it. */
            uint64_t reserved;
            if (!parse_number(parser, value, PLAIN, 0, UINT32_MAX >> 1, &reserved) ||
                !claim(parser, token, field_bytes(field->offset + 1u, 3))) {
                return false;
            }
            uint64_t flags = text_arg_get(op, field->offset, 4) | reserved << 1;
            text_arg_set(op, field->offset, 4, flags);
            return true;
        }
    }
    return parse_common(parser, token, key, value, op);
}

/* The nth word without a name; *more says whether another one follows. */
static bool parse_operand(struct parser *parser, struct span token, unsigned nth, struct program_op *op) {
    enum text_operands operands = text_operands[op->opcode];
    if (operands == TEXT_HANDLE) {
        return parse_handle(parser, token, op);
    }
    if (operands == TEXT_IRQL) {
        return parse_word(parser, token, text_irqls, PROGRAM_IRQLS, &op->irql) &&
               claim(parser, token, BIT(CLAIM_IRQL));
    }
    if (nth == 0) {
        return parse_byte(parser, token, PROGRAM_ADAPTERS - 1, &op->adapter) &&
               claim(parser, token, BIT(CLAIM_ADAPTER));
    }
    if (operands == TEXT_LINK) {
        return parse_signed(parser, token, -VALUE_MAX - 1, VALUE_MAX, &op->value) &&
               claim(parser, token, BIT(CLAIM_VALUE));
    }
    static const char *const d_states[] = {"d3", "d0"};
    static const char *const tdr_states[] = {"end", "begin"};
    uint8_t state;
    if (!parse_word(parser, token, operands == TEXT_ADAPTER_D ? d_states : tdr_states, 2, &state)) {
        return false;
    }
    op->flag = state == 1;
    return claim(parser, token, BIT(CLAIM_FLAG));
}

static bool parse_op(struct parser *parser, struct span statement, uint8_t opcode) {
    static const unsigned counts[] = {
        [TEXT_NO_OPERAND] = 0,  [TEXT_HANDLE] = 1, [TEXT_ADAPTER] = 1, [TEXT_ADAPTER_D] = 2,
        [TEXT_ADAPTER_TDR] = 2, [TEXT_LINK] = 2,   [TEXT_IRQL] = 1,
    };
    struct program *program = parser->program;
    if (program->op_count == PROGRAM_OPS) {
        return fail(parser, statement, "at most %u operations", PROGRAM_OPS);
    }
    struct program_op *op = &program->ops[program->op_count++];
    memset(op, 0, sizeof *op);
    op->opcode = opcode;
    parser->claimed = 0;
    unsigned count = counts[text_operands[opcode]];
    for (unsigned nth = 0; nth < count; nth++) {
        if (!parse_operand(parser, next_token(parser), nth, op)) {
            return false;
        }
    }
    for (struct span token = next_token(parser); token.at < token.end; token = next_token(parser)) {
        if (!parse_named(parser, token, op)) {
            return false;
        }
    }
    return true;
}

/* ---- the world ---- */

enum {
    KEY_ADAPTERS,
    KEY_IOMMU,
    KEY_RAM,
    KEY_HIGHEST,
    KEY_COMMIT,
    KEY_POOL,
    KEY_VIEWS,
    KEY_SEED,
    MACHINE_KEYS
};
static const char *const machine_keys[MACHINE_KEYS] = {"adapters", "iommu", "ram",   "highest_pfn",
                                                       "commit",   "pool",  "views", "seed"};

/* A member that was left out keeps what *number says. */
static bool machine_number(struct parser *parser, const struct span *value, enum unit unit, uint64_t min,
                           uint64_t max, uint64_t *number) {
    return value->at == NULL || parse_number(parser, *value, unit, min, max, number);
}

static bool parse_machine_members(struct parser *parser, const struct span *values) {
    struct program_machine *machine = &parser->program->machine;
    uint64_t adapters = 1;
    uint64_t seed = 0;
    /* ram first: the limits and the plain values of others depend on it. */
    if (!machine_number(parser, &values[KEY_RAM], PLAIN, 1, PROGRAM_PAGES_MAX, &machine->ram_pages)) {
        return false;
    }
    machine->highest_pfn = program_default_highest_pfn(machine->ram_pages);
    machine->commit_pages = program_default_commit(machine->ram_pages);
    if (!machine_number(parser, &values[KEY_ADAPTERS], PLAIN, 1, PROGRAM_ADAPTERS, &adapters) ||
        !machine_number(parser, &values[KEY_HIGHEST], PLAIN, machine->ram_pages - 1, PROGRAM_PAGES_MAX - 1,
                        &machine->highest_pfn) ||
        !machine_number(parser, &values[KEY_COMMIT], PLAIN, 0, PROGRAM_COMMIT_MAX, &machine->commit_pages) ||
        !machine_number(parser, &values[KEY_POOL], BYTES, 0, PROGRAM_POOL_MAX, &machine->pool_bytes) ||
        !machine_number(parser, &values[KEY_VIEWS], BYTES, 0, PROGRAM_VIEWS_MAX, &machine->view_bytes) ||
        !machine_number(parser, &values[KEY_SEED], PLAIN, 0, UINT32_MAX, &seed)) {
        return false;
    }
    if (machine->view_bytes % (UINT64_C(64) << 10) != 0) {
        return fail(parser, values[KEY_VIEWS], "a multiple of 64K");
    }
    machine->adapters = (uint8_t)adapters;
    machine->pfn_seed = (uint32_t)seed;
    return values[KEY_IOMMU].at == NULL ||
           parse_word(parser, values[KEY_IOMMU], text_iommus, SUT_IOMMU_KINDS, &machine->iommu);
}

static bool parse_machine(struct parser *parser, bool *adapters_given) {
    struct span values[MACHINE_KEYS] = {{0}};
    for (struct span token = next_token(parser); token.at < token.end; token = next_token(parser)) {
        struct span key = token;
        struct span value;
        uint8_t which;
        if (!split(token, &key, &value) || !find(key, machine_keys, MACHINE_KEYS, &which)) {
            return fail(parser, token, "adapters= iommu= ram= highest_pfn= commit= pool= views= or seed=");
        }
        if (values[which].at != NULL) {
            return fail(parser, token, "each member once");
        }
        values[which] = value;
    }
    *adapters_given = values[KEY_ADAPTERS].at != NULL;
    return parse_machine_members(parser, values);
}

static bool parse_adapter_member(struct parser *parser, struct span token, unsigned ordinal,
                                 struct program_adapter *adapter) {
    struct span key;
    struct span value;
    unsigned bits;
    if (is(token, "stopped")) {
        adapter->stopped = true;
        return claim(parser, token, BIT(0));
    }
    if (is(token, "absent")) {
        adapter->absent = true;
        return claim(parser, token, BIT(1));
    }
    if (split(token, &key, &value)) {
        if (is(key, "joins")) {
            uint8_t chain;
            if (ordinal == 0) {
                return fail(parser, token, "no joins= in adapter 0: only earlier adapters can be joined");
            }
            if (!parse_byte(parser, value, ordinal - 1, &chain)) {
                return false;
            }
            adapter->joins = (uint8_t)(chain + 1);
            return claim(parser, token, BIT(2));
        }
        if (is(key, "version")) {
            return parse_word(parser, value, text_versions, PROGRAM_VERSIONS, &adapter->version) &&
                   claim(parser, token, BIT(3));
        }
        if (is(key, "caps")) {
            if (!parse_bits(parser, value, text_caps, TEXT_CAPS, &bits)) {
                return false;
            }
            adapter->caps = (uint8_t)bits;
            return claim(parser, token, BIT(4));
        }
        if (is(key, "miniport")) {
            if (!parse_bits(parser, value, text_miniports, TEXT_MINIPORTS, &bits)) {
                return false;
            }
            adapter->miniport = (uint16_t)bits;
            return claim(parser, token, BIT(5));
        }
        if (is(key, "maximum_size")) {
            return parse_number(parser, value, BYTES, 0, UINT64_MAX, &adapter->maximum_size) &&
                   claim(parser, token, BIT(6));
        }
        if (is(key, "highest_visible")) {
            return parse_number(parser, value, BYTES, 0, UINT64_MAX, &adapter->highest_visible) &&
                   claim(parser, token, BIT(7));
        }
    }
    return fail(parser, token,
                "joins= stopped absent version= caps= miniport= maximum_size= or highest_visible=");
}

/* ---- statements ---- */

struct progress {
    bool machine; /* what has been seen */
    bool adapters_given;
    uint32_t adapters;
};

static bool parse_adapter(struct parser *parser, struct progress *progress) {
    struct program_machine *machine = &parser->program->machine;
    struct span token = next_token(parser);
    uint8_t ordinal;
    unsigned last = progress->adapters_given ? machine->adapters - 1u : PROGRAM_ADAPTERS - 1u;
    if (!parse_byte(parser, token, last, &ordinal)) {
        return false;
    }
    if (progress->adapters >> ordinal & 1) {
        return fail(parser, token, "each adapter once");
    }
    progress->adapters |= 1u << ordinal;
    if (ordinal >= machine->adapters) {
        machine->adapters = (uint8_t)(ordinal + 1);
    }
    struct program_adapter *adapter = &parser->program->adapters[ordinal];
    parser->claimed = 0;
    for (token = next_token(parser); token.at < token.end; token = next_token(parser)) {
        if (!parse_adapter_member(parser, token, ordinal, adapter)) {
            return false;
        }
    }
    return true;
}

static bool parse_line(struct parser *parser, struct progress *progress) {
    struct span token = next_token(parser);
    if (token.at == token.end) {
        return true;
    }
    bool first = !progress->machine && progress->adapters == 0 && parser->program->op_count == 0;
    if (is(token, "machine")) {
        if (!first) {
            return fail(parser, token, "one machine line, before everything else");
        }
        progress->machine = true;
        return parse_machine(parser, &progress->adapters_given);
    }
    if (is(token, "adapter")) {
        if (parser->program->op_count != 0) {
            return fail(parser, token, "adapter lines before the first operation");
        }
        return parse_adapter(parser, progress);
    }
    uint8_t opcode;
    if (find(token, text_opcodes, PROGRAM_OPCODES, &opcode)) {
        return parse_op(parser, token, opcode);
    }
    return fail(parser, token, "machine, adapter or an operation (pin2, unpin, map, ...)");
}

/* The line from at: without its comment and its end. Control characters other than white space are refused.
 */
static bool begin_line(struct parser *parser, const char *at, const char *end) {
    parser->line++;
    parser->start = parser->at = at;
    parser->end = end;
    for (const char *c = at; c < end; c++) {
        unsigned char byte = (unsigned char)*c;
        if ((byte < 0x20 && !isspace(byte)) || byte == 0x7f) {
            parser->error->line = parser->line;
            parser->error->column = column_of(parser, c);
            snprintf(parser->error->text, sizeof parser->error->text,
                     "%.300s:%u:%u: expected text, got byte 0x%02x", parser->name, parser->line,
                     parser->error->column, byte);
            return false;
        }
    }
    const char *comment = memchr(at, '#', (size_t)(end - at));
    if (comment != NULL) {
        parser->end = comment;
    }
    return true;
}

bool text_parse(const char *name, const char *text, size_t size, struct program *program,
                struct text_error *error) {
    struct parser parser = {.name = name, .program = program, .error = error};
    struct progress progress = {0};
    program_default_machine(&program->machine);
    for (unsigned i = 0; i < PROGRAM_ADAPTERS; i++) {
        program_default_adapter(&program->adapters[i]);
    }
    program->op_count = 0;
    const char *end = text + size;
    for (const char *at = text; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *line_end = newline ? newline : end;
        if (!begin_line(&parser, at, line_end) || !parse_line(&parser, &progress)) {
            return false;
        }
        at = line_end + 1;
    }
    return true;
}
