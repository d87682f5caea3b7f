/* The text form of the world's lines: the rows of world.def. */
#include "harness/program/text_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/program/text_out.h"
#include "harness/program/world.h"

/* ---- what the rows come to ---- */

enum {
    WORDS_OF_caps = 0
#define CAP(name, word, ...) +sizeof(word)
#include "harness/program/world.def"
};
enum {
    WORDS_OF_miniports = 0
#define MINIPORT(name, word, ...) +sizeof(word)
#include "harness/program/world.def"
};
_Static_assert(WORDS_OF_miniports < TEXT_EXPECTED_MAX, "a message can list all words");

#define WORLD_NUMBER(member, type, word, ...)     +sizeof(" =18446744073709551615K" word)
#define WORLD_FLAG(member, word, ...)             +sizeof(" " word)
#define WORLD_WORD(member, word, ...)             +sizeof(" =a word of sixteen" word)
#define WORLD_BITS(member, type, word, list, ...) +sizeof(" =" word) + WORDS_OF_##list
#define WORLD_JOINS(member, word, ...)            +sizeof(" =15" word)
#define WORLD_ADAPTER
_Static_assert(sizeof("adapter 15\n")
#include "harness/program/world.def"
                   < TEXT_LINE_MAX,
               "an adapter's line fits");
#define WORLD_NUMBER(member, type, word, ...)     +sizeof(" =18446744073709551615K" word)
#define WORLD_FLAG(member, word, ...)             +sizeof(" " word)
#define WORLD_WORD(member, word, ...)             +sizeof(" =a word of sixteen" word)
#define WORLD_BITS(member, type, word, list, ...) +sizeof(" =" word) + WORDS_OF_##list
#define WORLD_MACHINE
_Static_assert(sizeof("machine\n")
#include "harness/program/world.def"
                   < TEXT_LINE_MAX,
               "a machine's line fits");

/* ---- parsing ---- */

/* What a line says of each field: its value, or the word itself for a flag. */
struct line {
    const struct world_fields *fields;
    unsigned ordinal;
    struct text_span said[WORLD_FIELDS];
};

/* "adapters= iommu= ... or seed=" */
static void list_fields(const struct world_fields *fields, char *list, size_t size) {
    size_t length = 0;
    for (unsigned i = 0; i < fields->count && length < size; i++) {
        length += (size_t)snprintf(list + length, size - length, "%s%s%s%s", i ? " " : "",
                                   i > 0 && i + 1 == fields->count ? "or " : "", fields->field[i].word,
                                   fields->field[i].kind == WORLD_IS_FLAG ? "" : "=");
    }
}

static bool read_token(struct text_parser *parser, struct line *line, struct text_span token) {
    const struct world_fields *fields = line->fields;
    struct text_span key = token;
    struct text_span value = token;
    bool split = text_split(token, &key, &value);
    unsigned i = 0;
    while (i < fields->count &&
           !(text_is(key, fields->field[i].word) && split == (fields->field[i].kind != WORLD_IS_FLAG)))
        i++;
    if (i == fields->count) {
        char list[TEXT_EXPECTED_MAX];
        list_fields(fields, list, sizeof(list));
        return text_fail(parser, token, "%s", list);
    }
    if (line->said[i].at)
        return text_fail(parser, token, "each member once");
    if (fields->field[i].kind == WORLD_IS_JOINS && line->ordinal == 0) {
        return text_fail(parser, token, "no %s= in adapter 0: only earlier adapters can be joined",
                         fields->field[i].word);
    }
    line->said[i] = value;
    return true;
}

static bool parse_number(struct text_parser *parser, struct text_span said, const struct world_field *field,
                         struct world_range range, uint64_t *value) {
    bool bytes = field->unit >= WORLD_UNIT_BYTES;
    if (!text_number(parser, said, bytes ? TEXT_BYTES : TEXT_PLAIN, range.least, range.most, value))
        return false;
    if (*value % field->step != 0) {
        char step[TEXT_NUMBER_MAX];
        return text_fail(parser, said, "a multiple of %s", text_short_number(field->step, step));
    }
    return true;
}

static bool parse_field(struct text_parser *parser, struct text_span said, const struct world_field *field,
                        struct world_range range, uint64_t *value) {
    uint8_t word = 0;
    unsigned bits = 0;
    bool read = true;
    switch (field->kind) {
    case WORLD_IS_NUMBER:
    case WORLD_IS_COUNT:
        return parse_number(parser, said, field, range, value);
    case WORLD_IS_FLAG:
        *value = true;
        return true;
    case WORLD_IS_WORD:
        read = text_word(parser, said, field->list->words, field->list->count, &word);
        *value = word;
        return read;
    case WORLD_IS_BITS:
        read = text_bits(parser, said, field->list->words, field->list->count, &bits);
        *value = bits;
        return read;
    case WORLD_IS_JOINS:
        read = text_number(parser, said, TEXT_PLAIN, 0, range.most - 1, value);
        *value += 1;
        return read;
    }
    return false;
}

/* Members in the order of the rows: what is left out, and what is in range, may depend on rows above. */
static bool parse_line(struct text_parser *parser, struct line *line, void *base) {
    for (struct text_span token = text_next_token(parser); token.at < token.end;
         token = text_next_token(parser))
        if (!read_token(parser, line, token))
            return false;
    for (unsigned i = 0; i < line->fields->count; i++) {
        const struct world_field *field = &line->fields->field[i];
        struct world_range range = world_range(field, &parser->program->machine, line->ordinal);
        uint64_t value = range.plain;
        if (line->said[i].at && !parse_field(parser, line->said[i], field, range, &value))
            return false;
        world_set(field, base, value);
    }
    return true;
}

bool text_parse_machine(struct text_parser *parser, bool *adapters_given) {
    struct line line = {.fields = &world_machine};
    if (!parse_line(parser, &line, &parser->program->machine))
        return false;
    *adapters_given = false;
    for (unsigned i = 0; i < world_machine.count; i++)
        *adapters_given |= world_machine.field[i].kind == WORLD_IS_COUNT && line.said[i].at;
    return true;
}

bool text_parse_adapter(struct text_parser *parser, unsigned ordinal) {
    struct line line = {.fields = &world_adapter, .ordinal = ordinal};
    return parse_line(parser, &line, &parser->program->adapters[ordinal]);
}

/* ---- printing ---- */

static void put_number(struct text_out *out, const struct world_field *field, uint64_t value) {
    switch (field->unit) {
    case WORLD_UNIT_COUNTED:
    case WORLD_UNIT_PAGES:
    case WORLD_UNIT_BYTES:
        text_put(out, "%" PRIu64, value);
        return;
    case WORLD_UNIT_KIBIBYTES:
        text_put(out, "%" PRIu64 "K", value / 1024);
        return;
    case WORLD_UNIT_FRAME:
    case WORLD_UNIT_SIZE:
    case WORLD_UNIT_ADDRESS:
        text_put(out, value < 10 ? "%" PRIu64 : "0x%" PRIx64, value);
        return;
    }
}

static void put_bits(struct text_out *out, const struct world_list *list, uint64_t bits) {
    const char *comma = "";
    for (unsigned i = 0; i < list->count; i++) {
        if (bits >> i & 1) {
            text_put(out, "%s%s", comma, list->words[i]);
            comma = ",";
        }
    }
    text_put(out, "%s", bits == 0 ? "none" : "");
}

static void put_field(struct text_out *out, const struct world_field *field, uint64_t value) {
    text_put(out, " %s%s", field->word, field->kind == WORLD_IS_FLAG ? "" : "=");
    switch (field->kind) {
    case WORLD_IS_NUMBER:
    case WORLD_IS_COUNT:
        put_number(out, field, value);
        return;
    case WORLD_IS_FLAG:
        return;
    case WORLD_IS_WORD:
        text_put(out, "%s", field->list->words[value]);
        return;
    case WORLD_IS_BITS:
        put_bits(out, field->list, value);
        return;
    case WORLD_IS_JOINS:
        text_put(out, "%" PRIu64, value - 1);
        return;
    }
}

static bool is_plain(const struct world_field *field, const struct program_machine *machine, unsigned ordinal,
                     const void *base) {
    return field->kind != WORLD_IS_COUNT &&
           world_get(field, base) == world_range(field, machine, ordinal).plain;
}

static bool all_plain(const struct world_fields *fields, const struct program_machine *machine,
                      unsigned ordinal, const void *base) {
    unsigned i = 0;
    while (i < fields->count && is_plain(&fields->field[i], machine, ordinal, base))
        i++;
    return i == fields->count;
}

static void put_fields(struct text_out *out, const struct world_fields *fields,
                       const struct program_machine *machine, unsigned ordinal, const void *base) {
    for (unsigned i = 0; i < fields->count; i++)
        if (!is_plain(&fields->field[i], machine, ordinal, base))
            put_field(out, &fields->field[i], world_get(&fields->field[i], base));
    text_put(out, "\n");
}

size_t text_print_world(const struct program *program, char *buffer, size_t capacity) {
    const struct program_machine *machine = &program->machine;
    struct text_out out = {buffer, capacity, 0};
    text_put(&out, "machine");
    put_fields(&out, &world_machine, machine, 0, machine);
    for (unsigned i = 0; i < machine->adapters; i++) {
        if (!all_plain(&world_adapter, machine, i, &program->adapters[i])) {
            text_put(&out, "adapter %u", i);
            put_fields(&out, &world_adapter, machine, i, &program->adapters[i]);
        }
    }
    return out.length;
}
