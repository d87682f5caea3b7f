/* The words of the text form, and telling text from bytes. */
#include "harness/program/text.h"

#include <string.h>

#include "harness/program/text_words.h"

#define OPERATION(name, number, word, ...) [OP_##name] = (word),
const char *const text_opcodes[] = {PROGRAM_OPERATIONS(OPERATION)};
_Static_assert(sizeof(text_opcodes) / sizeof(*text_opcodes) == PROGRAM_OPCODES, "each operation has a word");

#define WORD(name, word) [name] = (word),
const char *const text_handles[PROGRAM_HANDLES] = {PROGRAM_HANDLE_WORDS(WORD)};
const char *const text_forms[PROGRAM_FORMS] = {PROGRAM_FORM_WORDS(WORD)};
const char *const text_views[PROGRAM_VIEWS] = {PROGRAM_VIEW_WORDS(WORD)};
#define LEVEL_WORD(name, word, level) [name] = (word),
const char *const text_irqls[PROGRAM_IRQLS] = {PROGRAM_IRQL_WORDS(LEVEL_WORD)};

const char *const text_faults[SUT_FAULT_KINDS] = {
#define FAULT(name, word, ...) [SUT_FAULT_##name] = (word),
#include "harness/program/faults.def"
};

uint64_t text_arg_get(const struct program_op *op, unsigned offset, unsigned width) {
    uint64_t value = 0;
    for (unsigned i = 0; i < width; i++)
        value |= (uint64_t)op->arg.raw[offset + i] << (8 * i);
    return value;
}

void text_arg_set(struct program_op *op, unsigned offset, unsigned width, uint64_t value) {
    for (unsigned i = 0; i < width; i++)
        op->arg.raw[offset + i] = (uint8_t)(value >> (8 * i));
}

static bool is_statement(const char *word, size_t size) {
    const char *const others[] = {"machine", "adapter"};
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        if (strlen(others[i]) == size && memcmp(others[i], word, size) == 0)
            return true;
    for (unsigned i = 0; i < PROGRAM_OPCODES; i++)
        if (strlen(text_opcodes[i]) == size && memcmp(text_opcodes[i], word, size) == 0)
            return true;
    return false;
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

size_t text_mark(const char *text, size_t size) {
    static const char mark[] = "\xef\xbb\xbf";
    return size >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
}

bool text_detect(const char *content, size_t size) {
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)content[i];
        if ((c < 0x20 && !is_space((char)c)) || c == 0x7f)
            return false;
    }
    size_t start = text_mark(content, size);
    while (start < size && (is_space(content[start]) || content[start] == '#')) {
        if (content[start] == '#')
            while (start < size && content[start] != '\n')
                start++;
        else
            start++;
    }
    size_t end = start;
    while (end < size && !is_space(content[end]) && content[end] != '#')
        end++;
    return is_statement(content + start, end - start);
}
