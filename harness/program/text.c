/* The words of the text form, and telling text from bytes. */
#include "harness/program/text.h"

#include <string.h>

#include "harness/program/text_words.h"

const char *const text_opcodes[PROGRAM_OPCODES] = {
    [OP_PIN2] = "pin2",
    [OP_UNPIN] = "unpin",
    [OP_MAP] = "map",
    [OP_UNMAP] = "unmap",
    [OP_PIN] = "pin",
    [OP_DMA_WRITE] = "dma_write",
    [OP_DMA_READ] = "dma_read",
    [OP_CPU_WRITE] = "cpu_write",
    [OP_CPU_READ] = "cpu_read",
    [OP_PRESSURE] = "pressure",
    [OP_STOP] = "stop",
    [OP_START] = "start",
    [OP_POWER] = "power",
    [OP_RESET] = "reset",
    [OP_IRQL] = "irql",
    [OP_LINK] = "link",
    [OP_REMOVE] = "remove",
    [OP_ADD] = "add",
    [OP_SURPRISE_REMOVE] = "surprise_remove",
    [OP_RACE] = "race",
};

const char *const text_handles[PROGRAM_HANDLES] = {
    [HANDLE_LEAD] = "lead", [HANDLE_OWN] = "own",    [HANDLE_ISSUED] = "issued",
    [HANDLE_NULL] = "null", [HANDLE_RAW] = "handle", [HANDLE_NEAR] = "near",
};

const char *const text_forms[PROGRAM_FORMS] = {
    [FORM_RAW] = "raw",
    [FORM_MAXIMUM] = "maximum",
    [FORM_MAXIMUM_BYTES] = "maximum_bytes",
    [FORM_HALF] = "half",
    [FORM_PAGES] = "pages",
    [FORM_COUNT32] = "count32",
    [FORM_MDL_LIMIT] = "mdl_limit",
    [FORM_TOP] = "top",
};

const char *const text_views[PROGRAM_VIEWS] = {
    [VIEW_LIVE] = "live",
    [VIEW_ISSUED] = "issued",
    [VIEW_RAW] = "raw",
};

const char *const text_faults[SUT_FAULT_KINDS] = {
#define FAULT(name, word, ...) [SUT_FAULT_##name] = (word),
#include "harness/program/faults.def"
};

const char *const text_irqls[PROGRAM_IRQLS] = {"passive", "apc", "dispatch", "high"};

const enum text_operands text_operands[PROGRAM_OPCODES] = {
    [OP_PIN2] = TEXT_HANDLE,       [OP_UNPIN] = TEXT_HANDLE,
    [OP_MAP] = TEXT_HANDLE,        [OP_UNMAP] = TEXT_HANDLE,
    [OP_PIN] = TEXT_HANDLE,        [OP_STOP] = TEXT_ADAPTER,
    [OP_START] = TEXT_ADAPTER,     [OP_POWER] = TEXT_ADAPTER_D,
    [OP_RESET] = TEXT_ADAPTER_TDR, [OP_IRQL] = TEXT_IRQL,
    [OP_LINK] = TEXT_LINK,         [OP_REMOVE] = TEXT_ADAPTER,
    [OP_ADD] = TEXT_ADAPTER,       [OP_SURPRISE_REMOVE] = TEXT_ADAPTER,
};

const struct text_field *text_fields(uint8_t opcode) {
#define AT(structure, member) offsetof(structure, member), sizeof(((structure *)0)->member)
    static const struct text_field none[] = {{0}};
    static const struct text_field pin2[] = {
        {"index", TEXT_NUMBER, AT(DXGKARGCB_PINFRAMEBUFFERFORSAVE2, PhysicalAdapterIndex), true},
        {"CommitSize", TEXT_SIZE, AT(DXGKARGCB_PINFRAMEBUFFERFORSAVE2, CommitSize), true},
        {"Flags", TEXT_FLAGS, AT(DXGKARGCB_PINFRAMEBUFFERFORSAVE2, Flags), false},
        {"pAdl", TEXT_HEX, AT(DXGKARGCB_PINFRAMEBUFFERFORSAVE2, pAdl), false},
        {0},
    };
    static const struct text_field pin[] = {
        {"index", TEXT_NUMBER, AT(DXGKARGCB_PINFRAMEBUFFERFORSAVE, PhysicalAdapterIndex), true},
        {"CommitSize", TEXT_SIZE, AT(DXGKARGCB_PINFRAMEBUFFERFORSAVE, CommitSize), true},
        {"pMdl", TEXT_HEX, AT(DXGKARGCB_PINFRAMEBUFFERFORSAVE, pMdl), false},
        {0},
    };
    static const struct text_field unpin[] = {
        {"index", TEXT_NUMBER, AT(DXGKARGCB_UNPINFRAMEBUFFERFORSAVE, PhysicalAdapterIndex), true},
        {0},
    };
    static const struct text_field map[] = {
        {"index", TEXT_NUMBER, AT(DXGKARGCB_MAPFRAMEBUFFERPOINTER, PhysicalAdapterIndex), true},
        {"Size", TEXT_SIZE, AT(DXGKARGCB_MAPFRAMEBUFFERPOINTER, Size), true},
        {"Offset", TEXT_OFFSET, AT(DXGKARGCB_MAPFRAMEBUFFERPOINTER, Offset), false},
        {"pBaseAddress", TEXT_HEX, AT(DXGKARGCB_MAPFRAMEBUFFERPOINTER, pBaseAddress), false},
        {0},
    };
    static const struct text_field unmap[] = {
        {"index", TEXT_NUMBER, AT(DXGKARGCB_UNMAPFRAMEBUFFERPOINTER, PhysicalAdapterIndex), true},
        {"pBaseAddress", TEXT_HEX, AT(DXGKARGCB_UNMAPFRAMEBUFFERPOINTER, pBaseAddress), false},
        {0},
    };
#undef AT
#define AT(member)                                                                                           \
    offsetof(struct program_op, arg.member) - offsetof(struct program_op, arg),                              \
        sizeof(((struct program_op *)0)->arg.member)
    static const struct text_field dma[] = {
        {"page", TEXT_NUMBER, AT(dma.page), false},
        {"offset", TEXT_HEX, AT(dma.offset), false},
        {"count", TEXT_COUNT, AT(dma.count), false},
        {"stamp", TEXT_HEX, AT(dma.stamp), false},
        {0},
    };
    static const struct text_field cpu[] = {
        {"offset", TEXT_HEX, AT(cpu.offset), false},
        {"stamp", TEXT_HEX, AT(cpu.stamp), false},
        {0},
    };
#undef AT
    switch (opcode) {
    case OP_PIN2:
        return pin2;
    case OP_PIN:
        return pin;
    case OP_UNPIN:
        return unpin;
    case OP_MAP:
        return map;
    case OP_UNMAP:
        return unmap;
    case OP_DMA_WRITE:
    case OP_DMA_READ:
        return dma;
    case OP_CPU_WRITE:
    case OP_CPU_READ:
        return cpu;
    default:
        return none;
    }
}

bool text_has_view(uint8_t opcode) {
    return opcode == OP_UNMAP || opcode == OP_CPU_WRITE || opcode == OP_CPU_READ;
}

uint64_t text_arg_get(const struct program_op *op, unsigned offset, unsigned width) {
    uint64_t value = 0;
    for (unsigned i = 0; i < width; i++) {
        value |= (uint64_t)op->arg.raw[offset + i] << (8 * i);
    }
    return value;
}

void text_arg_set(struct program_op *op, unsigned offset, unsigned width, uint64_t value) {
    for (unsigned i = 0; i < width; i++) {
        op->arg.raw[offset + i] = (uint8_t)(value >> (8 * i));
    }
}

static bool is_statement(const char *word, size_t size) {
    const char *const others[] = {"machine", "adapter"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strlen(others[i]) == size && memcmp(others[i], word, size) == 0) {
            return true;
        }
    }
    for (unsigned i = 0; i < PROGRAM_OPCODES; i++) {
        if (strlen(text_opcodes[i]) == size && memcmp(text_opcodes[i], word, size) == 0) {
            return true;
        }
    }
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
        if ((c < 0x20 && !is_space((char)c)) || c == 0x7f) {
            return false;
        }
    }
    size_t start = text_mark(content, size);
    while (start < size && (is_space(content[start]) || content[start] == '#')) {
        if (content[start] == '#') {
            while (start < size && content[start] != '\n') {
                start++;
            }
        } else {
            start++;
        }
    }
    size_t end = start;
    while (end < size && !is_space(content[end]) && content[end] != '#') {
        end++;
    }
    return is_statement(content + start, end - start);
}
