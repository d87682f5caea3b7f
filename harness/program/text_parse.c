/*
 * Parsing programs, one statement a line. Every value is checked against its range, and every member
 * may be given once: what a text says is what the program holds, or there is an error.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "harness/program/text_scan.h"
#include "harness/program/text_words.h"

#define BIT(n) (UINT64_C(1) << (n))

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
static bool machine_number(struct text_parser *parser, const struct text_span *value, enum text_unit unit,
                           uint64_t min, uint64_t max, uint64_t *number) {
    return value->at == NULL || text_number(parser, *value, unit, min, max, number);
}

static bool parse_machine_members(struct text_parser *parser, const struct text_span *values) {
    struct program_machine *machine = &parser->program->machine;
    uint64_t adapters = 1;
    uint64_t seed = 0;
    /* ram first: the limits and the plain values of others depend on it. */
    if (!machine_number(parser, &values[KEY_RAM], TEXT_PLAIN, 1, PROGRAM_PAGES_MAX, &machine->ram_pages)) {
        return false;
    }
    machine->highest_pfn = program_default_highest_pfn(machine->ram_pages);
    machine->commit_pages = program_default_commit(machine->ram_pages);
    if (!machine_number(parser, &values[KEY_ADAPTERS], TEXT_PLAIN, 1, PROGRAM_ADAPTERS, &adapters) ||
        !machine_number(parser, &values[KEY_HIGHEST], TEXT_PLAIN, machine->ram_pages - 1,
                        PROGRAM_PAGES_MAX - 1, &machine->highest_pfn) ||
        !machine_number(parser, &values[KEY_COMMIT], TEXT_PLAIN, 0, PROGRAM_COMMIT_MAX,
                        &machine->commit_pages) ||
        !machine_number(parser, &values[KEY_POOL], TEXT_BYTES, 0, PROGRAM_POOL_MAX, &machine->pool_bytes) ||
        !machine_number(parser, &values[KEY_VIEWS], TEXT_BYTES, 0, PROGRAM_VIEWS_MAX, &machine->view_bytes) ||
        !machine_number(parser, &values[KEY_SEED], TEXT_PLAIN, 0, UINT32_MAX, &seed)) {
        return false;
    }
    if (machine->view_bytes % (UINT64_C(64) << 10) != 0) {
        return text_fail(parser, values[KEY_VIEWS], "a multiple of 64K");
    }
    machine->adapters = (uint8_t)adapters;
    machine->pfn_seed = (uint32_t)seed;
    return values[KEY_IOMMU].at == NULL ||
           text_word(parser, values[KEY_IOMMU], text_iommus, SUT_IOMMU_KINDS, &machine->iommu);
}

static bool parse_machine(struct text_parser *parser, bool *adapters_given) {
    struct text_span values[MACHINE_KEYS] = {{0}};
    for (struct text_span token = text_next_token(parser); token.at < token.end;
         token = text_next_token(parser)) {
        struct text_span key = token;
        struct text_span value;
        uint8_t which;
        if (!text_split(token, &key, &value) || !text_find(key, machine_keys, MACHINE_KEYS, &which)) {
            return text_fail(parser, token,
                             "adapters= iommu= ram= highest_pfn= commit= pool= views= or seed=");
        }
        if (values[which].at != NULL) {
            return text_fail(parser, token, "each member once");
        }
        values[which] = value;
    }
    *adapters_given = values[KEY_ADAPTERS].at != NULL;
    return parse_machine_members(parser, values);
}

static bool parse_adapter_member(struct text_parser *parser, struct text_span token, unsigned ordinal,
                                 struct program_adapter *adapter) {
    struct text_span key;
    struct text_span value;
    unsigned bits;
    if (text_is(token, "stopped")) {
        adapter->stopped = true;
        return text_claim(parser, token, BIT(0));
    }
    if (text_is(token, "absent")) {
        adapter->absent = true;
        return text_claim(parser, token, BIT(1));
    }
    if (text_split(token, &key, &value)) {
        if (text_is(key, "joins")) {
            uint8_t chain;
            if (ordinal == 0) {
                return text_fail(parser, token,
                                 "no joins= in adapter 0: only earlier adapters can be joined");
            }
            if (!text_byte(parser, value, ordinal - 1, &chain)) {
                return false;
            }
            adapter->joins = (uint8_t)(chain + 1);
            return text_claim(parser, token, BIT(2));
        }
        if (text_is(key, "version")) {
            return text_word(parser, value, text_versions, PROGRAM_VERSIONS, &adapter->version) &&
                   text_claim(parser, token, BIT(3));
        }
        if (text_is(key, "caps")) {
            if (!text_bits(parser, value, text_caps, TEXT_CAPS, &bits)) {
                return false;
            }
            adapter->caps = (uint8_t)bits;
            return text_claim(parser, token, BIT(4));
        }
        if (text_is(key, "miniport")) {
            if (!text_bits(parser, value, text_miniports, TEXT_MINIPORTS, &bits)) {
                return false;
            }
            adapter->miniport = (uint16_t)bits;
            return text_claim(parser, token, BIT(5));
        }
        if (text_is(key, "maximum_size")) {
            return text_number(parser, value, TEXT_BYTES, 0, UINT64_MAX, &adapter->maximum_size) &&
                   text_claim(parser, token, BIT(6));
        }
        if (text_is(key, "highest_visible")) {
            return text_number(parser, value, TEXT_BYTES, 0, UINT64_MAX, &adapter->highest_visible) &&
                   text_claim(parser, token, BIT(7));
        }
    }
    return text_fail(parser, token,
                     "joins= stopped absent version= caps= miniport= maximum_size= or highest_visible=");
}

/* ---- statements ---- */

struct progress {
    bool machine; /* what has been seen */
    bool adapters_given;
    uint32_t adapters;
};

static bool parse_adapter(struct text_parser *parser, struct progress *progress) {
    struct program_machine *machine = &parser->program->machine;
    struct text_span token = text_next_token(parser);
    uint8_t ordinal;
    unsigned last = progress->adapters_given ? machine->adapters - 1u : PROGRAM_ADAPTERS - 1u;
    if (!text_byte(parser, token, last, &ordinal)) {
        return false;
    }
    if (progress->adapters >> ordinal & 1) {
        return text_fail(parser, token, "each adapter once");
    }
    progress->adapters |= 1u << ordinal;
    if (ordinal >= machine->adapters) {
        machine->adapters = (uint8_t)(ordinal + 1);
    }
    struct program_adapter *adapter = &parser->program->adapters[ordinal];
    parser->claimed = 0;
    for (token = text_next_token(parser); token.at < token.end; token = text_next_token(parser)) {
        if (!parse_adapter_member(parser, token, ordinal, adapter)) {
            return false;
        }
    }
    return true;
}

static bool parse_line(struct text_parser *parser, struct progress *progress) {
    struct text_span token = text_next_token(parser);
    if (token.at == token.end) {
        return true;
    }
    bool first = !progress->machine && progress->adapters == 0 && parser->program->op_count == 0;
    if (text_is(token, "machine")) {
        if (!first) {
            return text_fail(parser, token, "one machine line, before everything else");
        }
        progress->machine = true;
        return parse_machine(parser, &progress->adapters_given);
    }
    if (text_is(token, "adapter")) {
        if (parser->program->op_count != 0) {
            return text_fail(parser, token, "adapter lines before the first operation");
        }
        return parse_adapter(parser, progress);
    }
    uint8_t opcode;
    if (text_find(token, text_opcodes, PROGRAM_OPCODES, &opcode)) {
        return text_parse_op(parser, token, opcode);
    }
    return text_fail(parser, token, "machine, adapter or an operation (pin2, unpin, map, ...)");
}

/* The line from at: without its comment and its end. Control characters other than white space are refused.
 */
static bool begin_line(struct text_parser *parser, const char *at, const char *end) {
    parser->line++;
    parser->start = parser->at = at;
    parser->end = end;
    for (const char *c = at; c < end; c++) {
        unsigned char byte = (unsigned char)*c;
        if ((byte < 0x20 && !isspace(byte)) || byte == 0x7f) {
            parser->error->line = parser->line;
            parser->error->column = text_column(parser, c);
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
    struct text_parser parser = {.name = name, .program = program, .error = error};
    struct progress progress = {0};
    program_default_machine(&program->machine);
    for (unsigned i = 0; i < PROGRAM_ADAPTERS; i++) {
        program_default_adapter(&program->adapters[i]);
    }
    program->op_count = 0;
    const char *end = text + size;
    for (const char *at = text + text_mark(text, size); at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *line_end = newline ? newline : end;
        if (!begin_line(&parser, at, line_end) || !parse_line(&parser, &progress)) {
            return false;
        }
        at = line_end + 1;
    }
    return true;
}
