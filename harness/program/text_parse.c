/*
 * Parsing programs, one statement a line. Every value is checked against its range, and every member
 * may be given once: what a text says is what the program holds, or there is an error.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "harness/program/text_scan.h"
#include "harness/program/text_words.h"
#include "harness/program/text_world.h"

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
    if (!text_byte(parser, token, last, &ordinal))
        return false;
    if (progress->adapters >> ordinal & 1)
        return text_fail(parser, token, "each adapter once");
    progress->adapters |= 1u << ordinal;
    if (ordinal >= machine->adapters)
        machine->adapters = (uint8_t)(ordinal + 1);
    return text_parse_adapter(parser, ordinal);
}

static bool parse_line(struct text_parser *parser, struct progress *progress) {
    struct text_span token = text_next_token(parser);
    if (token.at == token.end)
        return true;
    bool first = !progress->machine && progress->adapters == 0 && parser->program->op_count == 0;
    if (text_is(token, "machine")) {
        if (!first)
            return text_fail(parser, token, "one machine line, before everything else");
        progress->machine = true;
        return text_parse_machine(parser, &progress->adapters_given);
    }
    if (text_is(token, "adapter")) {
        if (parser->program->op_count != 0)
            return text_fail(parser, token, "adapter lines before the first operation");
        return parse_adapter(parser, progress);
    }
    uint8_t opcode;
    if (text_find(token, text_opcodes, PROGRAM_OPCODES, &opcode))
        return text_parse_op(parser, token, opcode);
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
            snprintf(parser->error->text, sizeof(parser->error->text),
                     "%.300s:%u:%u: expected text, got byte 0x%02x", parser->name, parser->line,
                     parser->error->column, byte);
            return false;
        }
    }
    const char *comment = memchr(at, '#', (size_t)(end - at));
    if (comment)
        parser->end = comment;
    return true;
}

bool text_parse(const char *name, const char *text, size_t size, struct program *program,
                struct text_error *error) {
    struct text_parser parser = {.name = name, .program = program, .error = error};
    struct progress progress = {0};
    program_default_machine(&program->machine);
    for (unsigned i = 0; i < PROGRAM_ADAPTERS; i++)
        program_default_adapter(&program->adapters[i]);
    program->op_count = 0;
    const char *end = text + size;
    for (const char *at = text + text_mark(text, size); at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *line_end = newline ? newline : end;
        if (!begin_line(&parser, at, line_end) || !parse_line(&parser, &progress))
            return false;
        at = line_end + 1;
    }
    return true;
}
